"""What the audit and the covering report say, and where on the edition's page that stands.

A finding stands at its row when a person should read it there; what agrees or cannot be checked is listed once, below.
Of the report's words those stand at a row that say why a figure is as it is, or is not there; the rest is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from publishing.site import words
from publishing.site.model import Claim, Finding, Row, grouped

_REASONS = ("no_data", "reason")
_CHECKS, _VERDICTS = list(words.CHECKS), list(words.VERDICTS)


@dataclass(frozen=True, slots=True)
class Where:
    """Lines of a file; `file` is None where it is the edition's own."""

    file: str | None
    lines: str


@dataclass(frozen=True, slots=True)
class Said:
    """A finding as a sentence: what it is about with its verdict, the sentence, and the places not yet named."""

    finding: Finding
    about: str
    places: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the covering report: of which rows, where they stand, and whether the dashboard says the same."""

    paragraph: int
    words: str | None
    rows: tuple[int, ...]
    place: Where
    verdict: str


def is_told(finding: Finding) -> bool:
    """Whether a finding stands at its row: not what agrees, nor what cannot be checked unless somebody raised that."""
    if finding.verdict == "cannot_tell":
        return finding.severity != "info"
    return finding.verdict not in ("agrees", "suppressed")


def told(findings: Iterable[Finding], rows: Iterable[Row], own_file: str | None) -> dict[int | None, tuple[Said, ...]]:
    """The findings that a person should read, by row, the worst first; row None: of the whole edition."""
    by_number = {row.row_number: row for row in rows}
    kept = sorted((one for one in findings if is_told(one)), key=_weight)
    return {
        number: tuple(said(one, by_number.get(number), own_file) for one in ones)
        for number, ones in grouped(kept, lambda one: one.row_number).items()
    }


def said(finding: Finding, row: Row | None, own_file: str | None) -> Said:
    """A finding as it stands on a page whose own file is `own_file`, beside the lines of `row`."""
    subject = words.CHECKS.get(finding.check_code, finding.check_code.replace("_", " ").capitalize())

    def where(file: str | None, first: int | None, last: int | None) -> Where:
        return Where(None if file == own_file else file, words.lines(first, last))

    places = {
        where(finding.source_file, finding.source_line_from, finding.source_line_to): None,
        where(finding.other_source_file, finding.other_line_from, finding.other_line_to): None,
    }
    if row:
        places.pop(where(row.source_file, row.source_line_from, row.source_line_to), None)
    about = words.FINDINGS.get((finding.check_code, finding.verdict)) or f"{subject} {_verdict(finding.verdict)}"
    return Said(finding, about, tuple(place for place in places if place.lines))


def _verdict(verdict: str) -> str:
    return words.VERDICTS.get(verdict, (verdict.replace("_", " "), ""))[0]


def _weight(finding: Finding) -> tuple[int, int, int]:
    return (
        _place_in(words.SEVERITIES, finding.severity),
        _place_in(_VERDICTS, finding.verdict),
        _place_in(_CHECKS, finding.check_code),
    )


def _place_in(order: Sequence[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


def tally(findings: Iterable[Finding]) -> list[tuple[str, str, int]]:
    """(word, meaning, how often) of each verdict given, in the order of words.VERDICTS."""
    counts = {verdict: len(found) for verdict, found in grouped(findings, lambda one: one.verdict).items()}
    return [
        (_verdict(verdict), words.VERDICTS.get(verdict, ("", ""))[1], counts[verdict])
        for verdict in sorted(counts, key=lambda one: (_place_in(_VERDICTS, one), one))
    ]


def quotes(
    claims: Sequence[Claim], rows: Sequence[Row], findings: Sequence[Finding]
) -> tuple[dict[int, list[Quote]], list[Quote]]:
    """The report's words: those that stand at a row as its reason, by row, and the others in the report's order."""
    numbers: dict[str, list[int]] = {}
    for row in rows:
        if row.indicator_key:
            numbers.setdefault(row.indicator_key, []).append(row.row_number)
    held = grouped(
        (one for one in findings if one.paragraph is not None),
        lambda one: (one.paragraph, one.source_line_from, one.source_line_to),
    )
    at_rows: dict[int, list[Quote]] = {}
    others = []
    for same in _wholes(claims):
        first = same[0]
        concerned = dict.fromkeys(number for one in same for number in numbers.get(one.indicator_key or "", ()))
        quote = Quote(
            first.paragraph,
            first.words,
            tuple(concerned),
            Where(first.source_file, words.lines(first.source_line_from, first.source_line_to)),
            _held((found for one in same for found in held.get(_lines_of(one), ())), concerned),
        )
        if concerned and first.words and any(one.claim_kind in _REASONS or one.reason for one in same):
            for number in concerned:
                at_rows.setdefault(number, []).append(quote)
        else:
            others.append(quote)
    return at_rows, others


def _lines_of(claim: Claim) -> tuple[int, int | None, int | None]:
    return claim.paragraph, claim.source_line_from, claim.source_line_to


def _wholes(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Claims whose words are the same or part of another's of their paragraph, together; the longest words first."""
    found = []
    for ones in grouped(claims, lambda one: one.paragraph).values():
        groups: list[list[Claim]] = []
        for claim in sorted(ones, key=lambda one: -len(one.words or "")):
            group = next((group for group in groups if (claim.words or "") in (group[0].words or "")), None)
            if group is None:
                groups.append([claim])
            else:
                group.append(claim)
        found += sorted(groups, key=lambda group: min(one.claim_number for one in group))
    return found


def _held(findings: Iterable[Finding], rows: Mapping[int, None]) -> str:
    """What came of holding words against the dashboard, in words; nothing where nothing was held."""
    verdicts = {one.verdict for one in findings if one.row_number is None or one.row_number in rows}
    worst = [verdict for verdict in _VERDICTS if verdict in verdicts]
    if not worst:
        return ""
    if set(worst) == {"agrees", "cannot_tell"}:
        return "agrees as far as it can be checked"
    return _verdict(worst[0])
