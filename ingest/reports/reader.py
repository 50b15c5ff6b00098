"""A report from its lines to the rows of the raw tables."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ingest.intake.budget import at_line
from ingest.intake.problems import Problem
from ingest.intake.quarters import ReportingQuarter
from ingest.reports.attribution import Labels
from ingest.reports.claims import Claim, Engine, Found
from ingest.reports.paragraphs import Paragraph, Structure, cut
from ingest.reports.rules import Rules
from ingest.reports.schemas import CLAIMS

_SPANS = ("value_text", "period_words", "comparison_words", "comparator_text", "reason_words")
#: Work units for reading one character of a paragraph: some hundred rules look at it.
COST_OF_A_CHARACTER = 6
_NO_CLAIM_ROLES = ("wording", "markup")


@dataclass
class ReportReading:
    """What a report was taken for: the rows of each raw table without their edition and hash, and problems."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    paragraphs: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def disposition_counts(self) -> dict[str, int]:
        return dict(Counter(line["disposition"] for line in self.lines))


def read_report(
    lines: list[str], rules: Rules, labels: Labels, edition: ReportingQuarter | None = None
) -> ReportReading:
    """Read a report. ``edition`` is the quarter that it covers, by which a bare "quarter 1" is understood.

    Never raises: what no rule fits is kept and counted. Personal data is withheld from all that comes back.
    """
    structure = cut(lines, rules)
    reading = ReportReading()
    reading.lines = [
        {"line_number": number, "disposition": disposition, "paragraph": paragraph, "line_text": line}
        for number, (line, disposition, paragraph) in enumerate(
            zip(structure.lines, structure.dispositions, structure.paragraph_of_line, strict=True), start=1
        )
    ]
    engine = Engine(rules, labels, edition)
    for paragraph in structure.paragraphs:
        at_line(paragraph.line_from, COST_OF_A_CHARACTER * len(paragraph.text))
        _take(reading, paragraph, engine.read(paragraph))
    _outside(reading, structure)
    for order, number in enumerate(reading.numbers, start=1):
        number["number_order"] = order
    reading.problems += _problems(reading)
    return reading


def _take(reading: ReportReading, paragraph: Paragraph, found: Found) -> None:
    reading.claims += [_row(paragraph, claim) for claim in found.claims]
    for claim in found.claims:
        reading.candidates += [
            {
                "paragraph": paragraph.number,
                "claim_number": claim.number,
                "place": place,
                "indicator_key": candidate.indicator_key,
                "score": candidate.score,
                "method": claim.method,
                "matched_words": candidate.words,
            }
            for place, candidate in enumerate(claim.candidates, start=1)
        ]
    if paragraph.label is not None:
        reading.numbers.append(_number(paragraph, paragraph.line_from, paragraph.label, "paragraph_number", None))
    reading.numbers += [
        _number(paragraph, paragraph.line_at(start), paragraph.printed(start, end), role, claim)
        for start, end, role, claim in found.numbers
    ]
    reading.numbers += [
        _number(paragraph, paragraph.line_at(place), mark, "footnote_mark", None) for place, mark in paragraph.marks
    ]
    roles = {role for _, _, role, _ in found.numbers}
    outcome = (
        "unread"
        if "unexplained" in roles
        else "claims"
        if found.claims
        else "no_claim"
        if roles - set(_NO_CLAIM_ROLES)
        else "no_figure"
    )
    reading.paragraphs.append(
        {
            "paragraph": paragraph.number,
            "paragraph_label": paragraph.label,
            "heading_text": paragraph.heading,
            "line_from": paragraph.line_from,
            "line_to": paragraph.line_to,
            "outcome": outcome,
            "claim_count": len(found.claims),
            "paragraph_text": paragraph.printed(),
        }
    )


def _row(paragraph: Paragraph, claim: Claim) -> dict[str, Any]:
    text = paragraph.text
    start, end = claim.start, claim.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    said = {name: value for name, value in claim.said.items() if name in CLAIMS.schema.names}
    for name in _SPANS:
        place = said.get(name)
        if place is not None and not isinstance(place, str):
            first, last = place if isinstance(place, tuple) else (place.start, place.end)
            said[name] = paragraph.printed(first, last).strip()
    return {
        **said,
        "is_latest_available": bool(said.get("is_latest_available")),
        "paragraph": paragraph.number,
        "claim_number": claim.number,
        "claim_kind": claim.kind,
        "words": paragraph.printed(start, end),
        "line_from": paragraph.line_at(start),
        "line_to": paragraph.line_at(max(start, end - 1)),
    }


def _number(paragraph: Paragraph | None, line: int, printed: str, role: str, claim: Claim | None) -> dict[str, Any]:
    return {
        "line_number": line,
        "paragraph": paragraph.number if paragraph else None,
        "claim_number": claim.number if claim else None,
        "printed_text": printed.strip(),
        "role": role,
    }


def _outside(reading: ReportReading, structure: Structure) -> None:
    """Numbers of titles, headings and lists of appendices name something; they state no figure."""
    for line in reading.lines:
        if line["disposition"] in ("title", "heading", "reference", "page_furniture"):
            reading.numbers += [
                _number(None, line["line_number"], found, "reference", None)
                for found in re.findall(r"[0-9]+(?:[.,/][0-9]+)*", line["line_text"])
            ]
    reading.numbers.sort(key=lambda number: number["line_number"])


def _problems(reading: ReportReading) -> list[Problem]:
    problems = [
        Problem(
            "unexplained_number",
            "warning",
            "No rule says what this number is, so no claim was made of it. Compare it with the report, and extend "
            "ingest/reports/claim_rules.yml.",
            number["line_number"],
            number["line_number"],
            printed_text=number["printed_text"],
        )
        for number in reading.numbers
        if number["role"] == "unexplained"
    ]
    problems += [
        Problem(
            "footnote_mark",
            "info",
            "This is read as the mark of a footnote and as no part of the figure beside it. Look for the note.",
            number["line_number"],
            number["line_number"],
            printed_text=number["printed_text"],
        )
        for number in reading.numbers
        if number["role"] == "footnote_mark"
    ]
    if not any(claim["claim_kind"] in ("figure", "tally") for claim in reading.claims):
        problems.append(
            Problem(
                "report_without_figures",
                "warning",
                "The report states no figure, so there is nothing to compare with the dashboard. Check that it is the "
                "right document and that its text was extracted whole.",
            )
        )
    return problems
