"""The page of an edition: the dashboard as its committee knows it, with what was found at each row."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from markupsafe import Markup, escape

from publishing.site import audit, cells, charts, words
from publishing.site.charts import Dot, spoken
from publishing.site.frame import Frame, Lazy, Link, Page, crumbs_of, edition_name, edition_path, indicator_path
from publishing.site.model import Council, Edition, Finding, Issue, Position, Row, grouped, values_of


@dataclass(frozen=True)
class Line:
    """A row of the edition page with all that is said of it."""

    row: Row
    position: Position | None
    said: Sequence[Markup]
    notes: tuple[tuple[int, Issue], ...]
    spark: Markup
    href: str | None
    findings: tuple[audit.Said, ...] = ()
    quotes: Sequence[audit.Quote] = ()


def edition_page(frame: Frame, council: Council, history: History, place: int) -> Page:
    """The dashboard of one edition."""
    edition = council.editions[place]
    key, area = edition.edition_key, council.area
    rows = council.rows.get(key, ())
    findings, claims = council.findings.get(key, ()), council.claims.get(key, ())
    at_rows, others = audit.quotes(claims, rows, findings)
    quoted = {quote.place for quote in others}
    issues = [issue for issue in council.issues.get(key, ()) if not _is_quoted(issue, edition, quoted)]
    notes = tuple(enumerate(issues, start=1))
    by_row = grouped((note for note in notes if note[1].row_number is not None), lambda note: note[1].row_number)
    summaries = council.summaries.get(key, ())
    positions = [council.positions.get((key, row.row_number)) for row in rows]

    def lines() -> list[tuple[str | None, list[Line]]]:
        groups: list[tuple[str | None, list[Line]]] = []
        told = audit.told(findings, rows, edition.source_file)
        for row, position in zip(rows, positions, strict=True):
            of_row = by_row.get(row.row_number, ())
            dots = history.until(row)
            line = Line(
                row=row,
                position=position,
                said=_reasons(row, [issue for _, issue in of_row]),
                notes=of_row,
                spark=charts.sparkline(dots, spoken(dots)) if len(dots) > 1 else Markup(""),
                href=indicator_path(area.area_code, row.indicator_key)
                if row.indicator_key in frame.indicators
                else None,
                findings=told.get(row.row_number, ()),
                quotes=at_rows.get(row.row_number, ()),
            )
            heading = _heading(row, rows)
            if not groups or groups[-1][0] != heading:
                groups.append((heading, []))
            groups[-1][1].append(line)
        return groups

    earlier = council.editions[place - 1] if place else None
    later = council.editions[place + 1] if place + 1 < len(council.editions) else None
    name = edition_name(edition)
    return Page(
        path=edition_path(area.area_code, key),
        title=f"{name}, {area.area_name}",
        template="edition.html.j2",
        context={
            "edition": edition,
            "area": area,
            "name": name,
            "groups": Lazy(lines),
            "notes": notes,
            "summaries": summaries,
            "findings": findings,
            "tally": audit.tally(findings),
            "of_edition": Lazy(lambda: audit.told(findings, rows, edition.source_file).get(None, ())),
            "untold": Lazy(lambda: _untold(findings, rows, edition.source_file)),
            "quotes": others,
            "quoted_files": sorted({quote.place.file for quote in others if quote.place.file}),
            "columns": _columns(rows, history),
            "comparators": sorted({row.comparator for row in rows if row.comparator}),
            "earlier": earlier and Link(edition_path(area.area_code, earlier.edition_key), edition_name(earlier)),
            "later": later and Link(edition_path(area.area_code, later.edition_key), edition_name(later)),
        },
        made_of=(
            values_of(edition),
            values_of(area),
            [values_of(row) for row in rows],
            [position and values_of(position) for position in positions],
            [values_of(issue) for issue in issues],
            [values_of(summary) for summary in summaries],
            [values_of(finding) for finding in findings],
            [values_of(claim) for claim in claims],
            [history.key(row) for row in rows],
            [row.indicator_key in frame.indicators for row in rows],
            earlier and values_of(earlier)[:4],
            later and values_of(later)[:4],
        ),
        crumbs=crumbs_of(frame, area),
    )


def _untold(findings: Sequence[Finding], rows: Sequence[Row], own_file: str) -> list[tuple[str, str, list[audit.Said]]]:
    """What does not stand at its row, by verdict: a word to link to, a heading, the findings."""
    by_number = {row.row_number: row for row in rows}
    kept = grouped((one for one in findings if not audit.is_told(one)), lambda one: one.verdict)
    return [
        (
            verdict.replace("_", "-"),
            words.VERDICTS[verdict][0],
            [audit.said(one, by_number.get(one.row_number), own_file) for one in kept[verdict]],
        )
        for verdict in words.VERDICTS
        if verdict in kept and verdict != "suppressed"
    ]


_NEEDS_NO_WORDS = ("reported", "repaired", "suppressed", "blank")


def _reasons(row: Row, issues: Sequence[Issue]) -> list[Markup]:
    """Why a figure is not there or is not as printed, a sentence each."""
    said = []
    if row.value_status not in _NEEDS_NO_WORDS:
        said.append(escape(words.STATUSES.get(row.value_status, ("", row.value_status))[1]))
        if row.value_text and row.value_status != "damaged":
            said[0] += Markup(" Printed: {}.").format(cells.printed(row.value_text))
    for issue in issues:
        if issue.severity == "info" and row.value_status != "repaired":
            continue
        column = issue.column_name or ""
        if (row.value_status, issue.issue_code, column) != ("damaged", "damaged_figure", "value_text"):
            said.append(("Figure before: " if column.startswith("previous_") else "") + cells.printed(issue.message))
    return said


def _is_quoted(issue: Issue, edition: Edition, quoted: Container[audit.Where]) -> bool:
    """Whether a note for the record is about words of the covering report that the page has anyway."""
    place = audit.Where(issue.source_file, words.lines(issue.source_line_from, issue.source_line_to))
    return issue.severity == "info" and issue.source_file != edition.source_file and place in quoted


def _heading(row: Row, rows: Sequence[Row]) -> str | None:
    """What stands above the row: the printed heading; where the edition prints none at all, the conformed topic."""
    if any(one.section_text for one in rows):
        return row.section_text
    if any(one.theme_text for one in rows):
        return row.theme_text
    return row.topic


@dataclass(frozen=True)
class Columns:
    """Which columns an edition needs: one that it never fills is left out."""

    previous: bool
    target: bool
    status: bool
    quartile: bool
    benchmark: bool
    series: bool

    @property
    def count(self) -> int:
        return 4 + sum(dataclasses.astuple(self))


def _columns(rows: Sequence[Row], history: History) -> Columns:
    return Columns(
        previous=any(row.previous_value_text or row.previous_value is not None for row in rows),
        target=any(row.target_text for row in rows),
        status=any(row.rag for row in rows),
        quartile=any(row.quartile for row in rows),
        benchmark=any(row.benchmark_text or row.benchmark_value is not None for row in rows),
        series=any(len(history.until(row)) > 1 for row in rows),
    )


@dataclass(frozen=True)
class History:
    """A council's series by indicator and period: all figures of its kind, how many of them are no later than that
    period, and a hash of these."""

    found: Mapping[tuple[str, str], tuple[list[Dot], int, bytes]]

    @classmethod
    def of(cls, council: Council) -> History:
        found = {}
        for key, points in council.points.items():
            for part in grouped(points, lambda point: (point.period_type, point.unit)).values():
                ordered = sorted(part, key=lambda point: (point.end_date, point.start_date))
                dots = [Dot(point.start_date, point.end_date, point.value) for point in ordered]
                digest = b""
                for count, point in enumerate(ordered, start=1):
                    told = (point.start_date.toordinal(), point.end_date.toordinal(), point.value)
                    digest = blake2b(digest + repr(told).encode(), digest_size=12).digest()
                    found[key, point.period_key] = (dots, count, digest)
        return cls(found)

    def until(self, row: Row) -> list[Dot]:
        """The series as far as the row's own period: what a committee that meets then can see of it."""
        dots, count, _ = self.found.get((row.indicator_key or "", row.period_key or ""), ([], 0, b""))
        return dots[:count]

    def key(self, row: Row) -> bytes:
        return self.found.get((row.indicator_key or "", row.period_key or ""), ([], 0, b""))[2]
