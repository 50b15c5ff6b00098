"""Whether a file is a covering report, and of which edition of which council."""

from __future__ import annotations

import re

from ingest.dashboards.identity import Identity, Sidecar, Stranger, agreed_area, agreed_edition
from ingest.intake.areas import Area, Areas
from ingest.intake.characters import normal, squash
from ingest.intake.errors import FileRejected
from ingest.intake.quarters import ReportingQuarter, find_quarters
from ingest.reports.numbers import Period, mark
from ingest.reports.paragraphs import Structure, cut, view_of
from ingest.reports.rules import Rules

#: A report says what it is at its beginning, and once more at its end.
_HEAD, _TAIL, _WIDTH = 400, 200, 20_000
#: Whose report it is stands in its first lines; councils further on may be those it is compared with.
_HEAD_LINES = 15
#: Paragraphs in which a report speaks of itself: the first ones, and those under headings such as these.
_FIRST = 3
_OF_ITSELF = re.compile(r"purpose|introduction|summary|conclusion|background|overview", re.IGNORECASE)
#: A heading further down that is the title of a report, and lines on places and persons, which name no council.
_OF_A_TITLE = re.compile(r"\b(?:performance|dashboard|scorecard|quarter|q[1-4]|report)\b", re.IGNORECASE)
_OF_A_PLACE = re.compile(
    r"\b(?:hall|house|road|street|lane|room|chamber|venue|time|tel|telephone|e-?mail|contact|officer|author|mr|mrs|ms|miss|dr"
    r"|cllr|councillor)\b|@|\b[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}\b",
    re.IGNORECASE,
)
_ON_ITSELF = re.compile(r"\b(?:report|dashboard|scorecard)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"^\s*\(?\d{1,3}(?:\.\d{1,3}){0,2}[.)]?\s+[\"'(]?[A-Z0-9][^\t]*$")
_NAMED = re.compile(r"(?:^|[-_ ])report\.[a-z]+$", re.IGNORECASE)
_WORDS_OF_A_SENTENCE = 6


def is_report(lines: list[str], source_file: str, rules: Rules, *, fits_a_layout: bool) -> bool:
    """Whether this is a covering report: by its numbered prose and its headings, or by its name.

    ``fits_a_layout``: its text shows the signs of a dashboard, so that more must speak for a report.
    """
    views = _views(lines)
    printed = [view for view in views if view.strip()]
    numbered = sum(1 for view in views if _NUMBERED.match(view) and len(view.split()) >= _WORDS_OF_A_SENTENCE)
    prose = any(len(view.split()) >= _WORDS_OF_A_SENTENCE and "\t" not in view.strip() for view in printed)
    text = squash(" ".join(views))
    signs = sum(
        1
        for sign in rules.signs
        if (any(sign.search(squash(view)) for view in printed) if sign.pattern.startswith("^") else sign.search(text))
    )
    if fits_a_layout:
        return numbered >= 3 and signs >= 2
    if _NAMED.search(normal(source_file.rsplit("/", 1)[-1])):
        return prose
    if any(rules.structure["not_a_report"].match(squash(view)) for view in printed[:5]):
        return False
    return (numbered >= 3 and signs >= 2) or (numbered >= 1 and signs >= 3)


def identify_report(
    lines: list[str], source_file: str, sidecar: Sidecar | None, areas: Areas, rules: Rules
) -> Identity:
    """Edition and council of a report, by the same sources as those of a dashboard.

    Raises FileRejected (edition_unknown, edition_conflict, edition_implausible, area_conflict, area_unknown).
    """
    some = [line[:_WIDTH] for line in (lines if len(lines) <= _HEAD + _TAIL else [*lines[:_HEAD], *lines[-_TAIL:]])]
    structure = cut(some, rules)
    stated = _own_editions(structure, len(lines) - len(some), rules)
    quarter, edition_source = agreed_edition(_chosen(stated, source_file, sidecar), source_file, sidecar)
    text = squash(" ".join(lines))
    named, others = _councils(text, areas)
    mentioned = areas.named_in(text)
    head = squash(" ".join([line for line in lines if line.strip()][:_HEAD_LINES]))
    of_head, strangers = _councils(head, areas)
    if of_head or areas.named_in(head):
        strangers = []
    if not named and not mentioned:
        strangers = others
    words = [Stranger(name, f"its text names {name!r} as its council", from_text=True) for name in strangers]
    words += _named_by_titles(structure, areas, rules)
    area, area_source = agreed_area(named, mentioned, source_file, sidecar, areas, words)
    return Identity(quarter, area, edition_source, area_source)


def _views(lines: list[str]) -> list[str]:
    some = lines if len(lines) <= _HEAD + _TAIL else [*lines[:_HEAD], *lines[-_TAIL:]]
    return [view_of(normal(line[:_WIDTH])) for line in some]


def _named_by_titles(structure: Structure, areas: Areas, rules: Rules) -> list[Stranger]:
    """The councils that are not listed and that titles, headings or a sentence on the report itself name as its own."""
    first = structure.paragraphs[0].line_from if structure.paragraphs else len(structure.lines) + 1
    found: list[Stranger] = []
    for number, (line, what) in enumerate(zip(structure.lines, structure.dispositions, strict=True), start=1):
        ours = number < first or _OF_A_TITLE.search(line)
        if what not in ("title", "heading") or not ours or _OF_A_PLACE.search(line):
            continue
        listed, others = areas.in_title(squash(line))
        if listed:
            return []
        found += [Stranger(name, f"line {number} of its text names {name}", True, number) for name in others]
    for paragraph in structure.paragraphs[:_FIRST]:
        for sentence in re.split(r"(?<=[a-z)]\.) ", paragraph.text):
            of_edition = mark(sentence, rules, None).text if _ON_ITSELF.search(sentence) else ""
            if any(own.search(of_edition) for own in rules.own_edition):
                listed, others = areas.presented_in(sentence)
                words = f"its paragraph in line {paragraph.line_from} presents figures of"
                found += [Stranger(name, f"{words} {name}", True, paragraph.line_from) for name in others if not listed]
    return found


def _own_editions(structure: Structure, shift: int, rules: Rules) -> list[tuple[ReportingQuarter, int, str]]:
    """The quarters of which the report says that it covers them: quarter, line, words; each once.

    ``shift`` lines were left out between the beginning and the end.
    """
    texts = [*structure.title, *structure.headings, *structure.references]
    texts += [
        (paragraph.line_from, paragraph.text)
        for place, paragraph in enumerate(structure.paragraphs)
        if place < _FIRST or _OF_ITSELF.search(paragraph.heading or "")
    ]
    found: dict[ReportingQuarter, tuple[ReportingQuarter, int, str]] = {}
    for number, text in sorted(texts):
        marked = mark(text, rules, None)
        places = {match.start("edition") for pattern in rules.own_edition for match in pattern.finditer(marked.text)}
        for period in marked.periods:
            left = marked.text[max(0, period.start - 100) : period.start]
            compared = any(rule.pattern.search(left) for rule in rules.lists["compared_periods"])
            if period.start not in places or compared:
                continue
            words = squash(text[period.start : period.end])
            line = number if number <= _HEAD else number + shift
            if (quarter := _quarter(period, line, words)) is not None:
                found.setdefault(quarter, (quarter, line, words))
    return list(found.values())


def _quarter(period: Period, line: int, words: str) -> ReportingQuarter | None:
    try:
        if period.form == "quarter" and "/" in (period.text or ""):
            return ReportingQuarter.parse(period.text or "")
    except ValueError as error:
        raise FileRejected(
            "edition_implausible", f"Line {line}: {error}.", line_from=line, printed_text=words
        ) from error
    span = re.fullmatch(r"([A-Z][a-z]+) (\d{4}) - ([A-Z][a-z]+) (\d{4})", period.text or "")
    starts = {"April": (1, "June"), "July": (2, "September"), "October": (3, "December"), "January": (4, "March")}
    if span and span[1] in starts and starts[span[1]][1] == span[3] and span[2] == span[4]:
        number = starts[span[1]][0]
        return ReportingQuarter(int(span[2]) - (number == 4), number)
    return None


def _chosen(
    stated: list[tuple[ReportingQuarter, int, str]], source_file: str, sidecar: Sidecar | None
) -> tuple[ReportingQuarter, int, str] | None:
    """What the text says; where it speaks of several quarters, the one that the name or the note confirms."""
    if len(stated) <= 1:
        return stated[0] if stated else None
    try:
        others = find_quarters(source_file.rsplit("/", 1)[-1])
        others += find_quarters(sidecar.edition) if sidecar and sidecar.edition else []
    except ValueError:
        others = []
    confirmed = [item for item in stated if item[0] in others]
    if confirmed:
        return confirmed[0]
    said = " and ".join(f"{words!r} in line {line}" for _, line, words in stated)
    raise FileRejected(
        "edition_conflict",
        f"The report says of several quarters that it covers them: {said}. Name the file after its edition, like "
        "2020-21-q2-report.txt.",
        line_from=stated[0][1],
        printed_text=stated[0][2],
    )


def _councils(text: str, areas: Areas) -> tuple[dict[str, Area], list[str]]:
    """The listed councils that are named as councils, and the names of others."""
    named: dict[str, Area] = {}
    strangers: list[str] = []
    for council in areas.councils_in(text[: _WIDTH * 10]):
        if isinstance(council, Area):
            named[council.area_code] = council
        elif council:
            strangers.append(council)
    return named, strangers
