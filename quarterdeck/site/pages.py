"""Which pages there are, and what each is made of.

A page is a template and its context. `made_of` is the data that the context holds, as plain values: while it, the
templates and the code stay the same, the page stays the same and is not written again. Charts are drawn only for a
page that is written, so they stand in the context as `Lazy` values or as functions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any

from markupsafe import Markup, escape

from quarterdeck.disclosure import Table
from quarterdeck.site import audit, cells, charts, naming, process_control, words
from quarterdeck.site.charts import Dot
from quarterdeck.site.model import (
    Area,
    Council,
    Edition,
    Finding,
    Indicator,
    Issue,
    IssueCount,
    Place,
    Point,
    Position,
    Relation,
    Row,
    SourceFile,
    grouped,
    values_of,
)

HOME = "index.html"
QUALITY = "quality.html"
DICTIONARY = "dictionary.html"
LINEAGE = "lineage.html"
#: A list of all problems stands on the page itself up to here; a longer one is left to the pages of the editions.
_MOST_ISSUES = 400


class Lazy:
    """A value of a context that is made only for a page that is written."""

    def __init__(self, made: Callable[[], Any]) -> None:
        self.made = made


@dataclass(frozen=True)
class Link:
    """A place to go to: an address from the root of the site, and its words."""

    href: str
    text: str


@dataclass(frozen=True)
class Page:
    """A page to be: where it lies below the root, its template and context, and the data it is made of."""

    path: str
    title: str
    template: str
    context: Mapping[str, Any]
    made_of: tuple
    crumbs: tuple[Link, ...] = ()
    here: str = ""


@dataclass(frozen=True)
class Frame:
    """What all pages share: the councils, the indicators, what the menu offers."""

    areas: tuple[Area, ...]
    indicators: Mapping[str, Indicator]
    has_lineage: bool = False
    values: Mapping[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)
    relations: Mapping[str, tuple[Relation, ...]] = field(default_factory=dict)
    periods: Mapping[str, str] = field(default_factory=dict)
    more: tuple[Link, ...] = ()

    @property
    def only(self) -> Area | None:
        """The council, where there is only one."""
        return self.areas[0] if len(self.areas) == 1 else None

    def period_name(self, key: str) -> str:
        """The words for a period."""
        return self.periods.get(key) or words.year_name(key)

    def menu(self) -> tuple[Link, ...]:
        found = [Link(HOME, "Dashboards")]
        if self.only:
            found.append(Link(benchmarks_path(self.only.area_code), "Benchmarks"))
        else:
            found.append(Link("indicators.html", "Indicators"))
        found += [Link(QUALITY, "Data quality"), Link(DICTIONARY, "Data dictionary")]
        if self.has_lineage:
            found.append(Link(LINEAGE, "Lineage"))
        return (*found, *self.more)


def area_path(area_code: str) -> str:
    return f"areas/{words.file_name(area_code)}/index.html"


def edition_path(area_code: str, edition_key: str) -> str:
    return f"areas/{words.file_name(area_code)}/editions/{words.file_name(edition_key)}.html"


def indicator_path(area_code: str, indicator_key: str) -> str:
    return f"areas/{words.file_name(area_code)}/indicators/{words.file_name(indicator_key)}.html"


def benchmarks_path(area_code: str) -> str:
    return f"areas/{words.file_name(area_code)}/benchmarks.html"


def quality_path(area_code: str) -> str:
    return f"areas/{words.file_name(area_code)}/quality.html"


def overview_path(indicator_key: str) -> str:
    return f"indicators/{words.file_name(indicator_key)}.html"


def edition_name(edition: Edition) -> str:
    return f"Quarter {edition.quarter} {edition.financial_year}"


# --------------------------------------------------------------------------------------------------- one council


def council_pages(frame: Frame, council: Council) -> Iterator[Page]:
    """Every page of one council."""
    yield council_page(frame, council)
    yield benchmark_page(frame, council)
    yield quality_of_council(frame, council)
    history = History.of(council)
    for place in range(len(council.editions)):
        yield edition_page(frame, council, history, place)
    rows = grouped(
        (row for edition in council.editions for row in council.rows.get(edition.edition_key, ()) if row.indicator_key),
        lambda row: row.indicator_key,
    )
    shown = {*rows, *council.points} & frame.indicators.keys()
    for key in sorted(shown):
        yield indicator_page(frame, council, frame.indicators[key], rows.get(key, ()), shown)


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
                spark=charts.sparkline(dots, _spoken(dots)) if len(dots) > 1 else Markup(""),
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
        crumbs=_crumbs(frame, area),
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


def _spoken(dots: Sequence[Dot]) -> str:
    breaks = len(charts.segments(dots)) - 1
    said = f"{words.plural(len(dots), 'figure')} from {dots[0].end:%B %Y} to {dots[-1].end:%B %Y}"
    return said + (f", with {words.plural(breaks, 'gap')}" if breaks > 0 else "")


# ----------------------------------------------------------------------------------------------------- indicator


@dataclass(frozen=True)
class Series:
    """Figures of one kind of period and unit, which may be compared and drawn as one line."""

    ident: str
    period_type: str
    unit: str | None
    points: tuple[Point, ...]
    breaks: frozenset[int]
    limits: process_control.Limits | None
    limits_from: int
    control: str
    assurance: process_control.Assurance | None
    target: float | None
    chart: Callable[[], Markup]


def indicator_page(
    frame: Frame, council: Council, indicator: Indicator, rows: Sequence[Row], shown: Container[str]
) -> Page:
    """One indicator of one council: what it is, what it was called, its series, and every printed row of it.

    `shown` are the indicators of which this council has a page.
    """
    area, key = council.area, indicator.indicator_key
    editions = {edition.edition_key: edition for edition in council.editions}
    points = council.points.get(key, ())
    at = [(row.edition_key, row.row_number) for row in rows]
    positions = {place: council.positions.get(place) for place in at}
    behind = [council.behind[place] for place in at if place in council.behind]
    steps = council.steps.get(key, ())
    names = naming.names(steps)
    late = {one.edition_key: one.silence for one in steps if one.silence in ("late", "not_due") and one.row_number}
    related = naming.related(frame.relations.get(key, ()), frame.indicators, shown.__contains__)
    findings = {place: council.findings_at.get(place, ()) for place in at}
    parts = grouped(points, lambda point: (point.period_type, point.unit))
    places = council.places.get(indicator.national_measure or "", ())
    everybody = frame.values.get((places[-1].measure_key, places[-1].period_key), ()) if places else ()
    path = indicator_path(area.area_code, key)
    root = "../" * path.count("/")

    def link_to(edition_key: str, row_number: int) -> Markup:
        href = f"{root}{edition_path(area.area_code, edition_key)}#row-{row_number}"
        return cells.link(href, edition_name(editions[edition_key]))

    return Page(
        path=path,
        title=f"{indicator.indicator_name}, {area.area_name}",
        template="indicator.html.j2",
        context={
            "indicator": indicator,
            "area": area,
            "names": names,
            "name_of_indicator": lambda one: frame.indicators[one].indicator_name if one in frame.indicators else one,
            "has_page": shown.__contains__,
            "indicator_link": lambda one: indicator_path(area.area_code, one),
            "related": related,
            "late": late,
            "behind": behind,
            "rows": rows,
            "editions": editions,
            "positions": positions,
            "series": Lazy(
                lambda: [
                    _series(indicator, place, kind, unit, part, rows)
                    for place, ((kind, unit), part) in enumerate(parts.items())
                ]
            ),
            "places": places,
            "period_name": frame.period_name,
            "distribution": lambda: _distribution(indicator, area, places[-1], everybody),
            "everybody": len(everybody),
            "findings": Lazy(lambda: [(row.edition_key, one) for row in rows for one in _told(findings, row)]),
            "sources": {(row.edition_key, row.row_number): row for row in rows},
            "link_to": link_to,
            "name_of": lambda edition_key: edition_name(editions[edition_key]),
            "overview": None if frame.only else overview_path(key),
        },
        made_of=(
            values_of(indicator),
            values_of(area),
            [values_of(row) for row in rows],
            [values_of(point) for point in points],
            [position and values_of(position) for position in positions.values()],
            [values_of(editions[edition_key])[:9] for edition_key in {row.edition_key: None for row in rows}],
            [(values_of(place), frame.period_name(place.period_key)) for place in places],
            everybody,
            [values_of(one) for ones in findings.values() for one in ones if audit.is_told(one)],
            [values_of(one) for one in names],
            [frame.indicators[one.related].indicator_name for one in names if one.related in frame.indicators],
            [(kind, [values_of(one) for one in ones]) for kind, ones in related],
            sorted(late.items()),
            [values_of(one) for one in behind],
            frame.only is None,
        ),
        crumbs=_crumbs(frame, area),
    )


def _told(findings: Mapping[tuple[str, int], Sequence[Finding]], row: Row) -> Sequence[audit.Said]:
    found = findings[row.edition_key, row.row_number]
    return audit.told(found, [row], row.source_file).get(row.row_number, ())


def _distribution(indicator: Indicator, area: Area, place: Place, everybody: Sequence[float]) -> Markup:
    points = None if None in (place.p25, place.p50, place.p75) else (place.p25, place.p50, place.p75)
    return charts.distribution(
        everybody,
        place.value,
        points,
        "national",
        words.plain(f"{indicator.indicator_name}: {area.area_name} among {place.n} authorities"),
        "A line for each authority; the shaded bands are the four quarters; the triangle is the council. "
        "The table below says the same in figures.",
    )


_UNEQUAL = {
    "school_term": "School terms are not equally long, so no process limits are drawn.",
    "rolling_year": "Rolling years overlap, so no process limits are drawn.",
    "multi_year": "Periods of several years overlap, so no process limits are drawn.",
}


def _series(
    indicator: Indicator, place: int, kind: str, unit: str | None, points: tuple[Point, ...], rows: Sequence[Row]
) -> Series:
    dots = [Dot(point.start_date, point.end_date, point.value) for point in points]
    stretches = charts.segments(dots)
    last = stretches[-1]
    limits, control = None, _UNEQUAL.get(kind, "")
    if not control and indicator.basis == "year_to_date":
        control = "These figures are of the year to date and start anew every year, so no process limits are drawn."
    if not control:
        limits = process_control.limits([dot.value for dot in last])
        if limits is None:
            control = (
                f"Too few points for process limits: the last unbroken stretch has "
                f"{words.plural(len(last), 'point')}, and {process_control.LEAST_POINTS} are needed."
            )
    at = {point.period_key: point for point in points}
    printed = [row for row in rows if row.period_key in at and row.unit in (unit, None)]
    benchmarks = [
        (at[row.period_key].end_date, row.benchmark_value) for row in printed if row.benchmark_value is not None
    ]
    targets = [(at[row.period_key].end_date, row.target_value) for row in printed if row.target_value is not None]
    target = next((row.target_value for row in reversed(printed) if row.target_value is not None), None)
    breaks, count = [], 0
    for stretch in stretches[:-1]:
        count += len(stretch)
        breaks.append(count)
    start = len(dots) - len(last)
    ident = f"series-{place + 1}"
    title = f"{indicator.indicator_name}: {words.PERIOD_TYPES.get(kind, kind).lower()}"
    return Series(
        ident=ident,
        period_type=kind,
        unit=unit,
        points=points,
        breaks=frozenset(breaks),
        limits=limits,
        limits_from=start,
        control=control,
        assurance=process_control.assurance(limits, target, indicator.polarity)
        if limits and target is not None
        else None,
        target=target,
        chart=lambda: charts.trend(
            charts.Trend(
                dots=dots,
                benchmarks=benchmarks,
                targets=targets,
                mean=limits.mean if limits else None,
                limits=(limits.lower, limits.upper) if limits else None,
                limits_from=start,
                flagged=[start + i for i, rule in enumerate(limits.rules) if rule] if limits else (),
            ),
            ident,
            words.plain(title),
            f"{_spoken(dots)}. The table below has the same figures.",
        ),
    )


# ---------------------------------------------------------------------------------------------------- benchmarks


@dataclass(frozen=True)
class Assessed:
    """A row of the benchmark page."""

    row: Row
    position: Position
    edition: Edition
    topic: str
    spine: Markup
    said: str
    #: The gap in per cent of the benchmark, positive on the good side; what the column is sorted by.
    relative: float | None


def benchmark_page(frame: Frame, council: Council) -> Page:
    """Every benchmarked indicator of a council, each with its newest assessed figure."""
    area = council.area
    newest: dict[str, tuple[Row, Position, Edition]] = {}
    places = {(one.measure_key, one.period_key): one.ties for ones in council.places.values() for one in ones}
    for edition in council.editions:
        for row in council.rows.get(edition.edition_key, ()):
            position = council.positions.get((edition.edition_key, row.row_number))
            if position is None or (position.benchmark_value is None and position.quartile is None):
                continue
            newest[row.indicator_key or f"{row.edition_key}/{row.row_number}"] = (row, position, edition)
    chosen = sorted(
        newest.values(), key=lambda one: (one[0].topic or "~", one[0].indicator_name or "", one[0].row_number)
    )
    passports = [one for row, position, _ in chosen for one in _passports(frame, row, position, places)]
    return Page(
        path=benchmarks_path(area.area_code),
        title=f"Benchmarks, {area.area_name}",
        template="benchmarks.html.j2",
        context={
            "area": area,
            "passports": passports,
            "assessed": Lazy(lambda: [_assessed(*one) for one in chosen]),
            "topics": sorted({row.topic for row, _, _ in chosen if row.topic}),
            "edition_link": lambda key: edition_path(area.area_code, key),
            "indicator_link": lambda key: indicator_path(area.area_code, key) if key in frame.indicators else None,
            "name_of": edition_name,
        },
        made_of=(
            values_of(area),
            [(values_of(r), values_of(p), values_of(e)[:9]) for r, p, e in chosen],
            [values_of(one) for one in passports],
        ),
        crumbs=() if frame.only else _crumbs(frame, area),
        here=benchmarks_path(area.area_code),
    )


@dataclass(frozen=True)
class Passport:
    """Where a quartile comes from: of which figures, how many, and how near to another quartile.

    `when` is then or now; `rows` is how many rows the indicator has, in the first of them, and 0 in the next.
    """

    row: str
    name: str | None
    rows: int
    printed: int | None
    when: str
    period: str | None
    band: int | None
    n: int
    points: tuple[float | None, ...]
    distance: float | None
    ties: int | None
    release: str
    note: str | None


def _passports(
    frame: Frame, row: Row, position: Position, places: Mapping[tuple[str, str], int | None]
) -> list[Passport]:
    """What is known of the figure's place among the national figures of its time, and among the newest."""
    found = []
    known = [when for when in ("then", "now") if getattr(position, f"{when}_n")]
    for when in known:
        period = getattr(position, f"{when}_period_key")
        found.append(
            Passport(
                row=f"{row.edition_key}/{row.row_number}",
                name=row.indicator_name or row.printed_label,
                rows=0 if found else len(known),
                printed=position.quartile,
                when=when,
                period=period and frame.period_name(period),
                band=getattr(position, f"{when}_band"),
                n=getattr(position, f"{when}_n"),
                points=tuple(getattr(position, f"{when}_{point}") for point in ("p25", "p50", "p75")),
                distance=getattr(position, f"{when}_distance_to_boundary"),
                ties=places.get((position.national_measure or "", period or "")),
                release=_release(position, when),
                note=position.comparability_note,
            )
        )
    return found


def _release(position: Position, when: str) -> str:
    """The publication and its day; what the day rests on follows its name after a colon, and is said here instead."""
    name = (getattr(position, f"{when}_release") or "").split(":")[0]
    known, published = getattr(position, f"{when}_certainty"), getattr(position, f"{when}_published_on")
    if published is None:
        return name
    shown = f"{published:%B %Y}" if known == "month_known" else words.day(published)
    return f"{name}, {shown}{' (day assumed)' if known == 'assumed' else ''}"


#: The edge of the picture lies at a gap of this share of the benchmark.
_EDGE = 0.5


def _assessed(row: Row, position: Position, edition: Edition) -> Assessed:
    benchmark = position.benchmark_value
    comparable = position.benchmark_gap is not None and benchmark
    # On the picture, better is right. Without a polarity, higher is right and no side is called good.
    turn = -1 if position.polarity == "low_is_good" else 1

    def place(value: float | None) -> float | None:
        return None if value is None or not comparable else turn * (value - benchmark) / abs(benchmark) / _EDGE

    # The country as it was known then; like the benchmark it is of percentages or whatever the figure is of.
    quarters = (position.then_p25, position.then_p75) if position.then_n else (position.now_p25, position.now_p75)
    said = _said(position)
    figure = place(position.value)
    return Assessed(
        row=row,
        position=position,
        edition=edition,
        topic=row.topic or "No topic",
        spine=charts.spine(
            charts.Spine(
                figure=figure,
                target=place(None if position.target_gap is None else position.value - position.target_gap),
                quarters=tuple(place(point) for point in quarters) if None not in quarters else None,
                favourable=position.benchmark_is_favourable,
            ),
            said,
        )
        if figure is not None
        else Markup(""),
        said=said,
        relative=None if figure is None else figure * _EDGE * 100,
    )


def _said(position: Position) -> str:
    if position.benchmark_gap is None:
        return "Not comparable with a benchmark"
    if position.benchmark_gap == 0:
        return "Equal to the benchmark"
    side = "above" if position.benchmark_gap > 0 else "below"
    judged = {True: ", the better side", False: ", the worse side"}.get(position.benchmark_is_favourable, "")
    size = words.number(abs(position.benchmark_gap))
    return f"{size} {'percentage points ' if position.unit == 'percent' else ''}{side} the benchmark{judged}"


# --------------------------------------------------------------------------------------- council, quality, index


def council_page(frame: Frame, council: Council) -> Page:
    """What there is of one council."""
    context, made_of = _council_listing(frame, council)
    return Page(
        path=area_path(council.area.area_code),
        title=council.area.area_name,
        template="council.html.j2",
        context=context,
        made_of=made_of,
        crumbs=() if frame.only else (Link(HOME, "Dashboards"),),
    )


def _council_listing(frame: Frame, council: Council) -> tuple[dict[str, Any], tuple]:
    area = council.area
    totals = {key: next((one for one in ones if one.is_total), None) for key, ones in council.summaries.items()}
    used = sorted(
        (
            frame.indicators[key]
            for key in {
                *(row.indicator_key for rows in council.rows.values() for row in rows),
                *council.points,
            }
            if key in frame.indicators
        ),
        key=lambda one: (one.topic, one.indicator_name, one.indicator_key),
    )
    context = {
        "area": area,
        "editions": [
            (
                edition,
                Link(edition_path(area.area_code, edition.edition_key), edition_name(edition)),
                totals.get(edition.edition_key),
            )
            for edition in reversed(council.editions)
        ],
        "topics": list(grouped(used, lambda one: one.topic).items()),
        "indicator_link": lambda key: indicator_path(area.area_code, key),
        "benchmarks": benchmarks_path(area.area_code),
        "quality": quality_path(area.area_code),
    }
    made_of = (
        values_of(area),
        [values_of(edition) for edition in council.editions],
        [total and values_of(total) for total in totals.values()],
        [values_of(one) for one in used],
    )
    return context, made_of


def quality_of_council(frame: Frame, council: Council) -> Page:
    """What was found wrong or odd in the editions of one council, and what became of their lines."""
    area = council.area
    issues = [issue for edition in council.editions for issue in council.issues.get(edition.edition_key, ())]
    listed = [issue for issue in issues if issue.severity != "info"]
    counts = [
        IssueCount(edition.edition_key, code, severity, len(found))
        for edition in council.editions
        for (severity, code), found in grouped(
            council.issues.get(edition.edition_key, ()), lambda one: (one.severity, one.issue_code)
        ).items()
    ]
    lines = [one for edition in council.editions for one in council.lines.get(edition.edition_key, ())]
    examples = {issue.issue_code: issue.message for issue in reversed(issues)}
    return Page(
        path=quality_path(area.area_code),
        title=f"Data quality, {area.area_name}",
        template="quality_council.html.j2",
        context={
            "area": area,
            "editions": council.editions,
            "totals": {
                key: next((one for one in ones if one.is_total), None) for key, ones in council.summaries.items()
            },
            "kinds": _kinds(counts),
            "examples": examples,
            "by_edition": grouped(counts, lambda one: one.edition_key),
            "lines": {(one.edition_key, one.disposition): one.count for one in lines},
            "dispositions": sorted({one.disposition for one in lines}),
            "listed": listed if len(listed) <= _MOST_ISSUES else [],
            "too_many": len(listed) > _MOST_ISSUES,
            "edition_link": lambda key: edition_path(area.area_code, key),
            "name_of": edition_name,
        },
        made_of=(
            values_of(area),
            [values_of(edition) for edition in council.editions],
            [values_of(one) for one in counts],
            [values_of(one) for one in lines],
            [values_of(one) for one in listed[: _MOST_ISSUES + 1]],
            [values_of(one) for ones in council.summaries.values() for one in ones if one.is_total],
            examples,
        ),
        crumbs=(Link(QUALITY, "Data quality"),),
        here=QUALITY,
    )


def _kinds(counts: Sequence[IssueCount]) -> list[tuple[str, str, int, int]]:
    """(severity, code, how often, in how many editions), the worst first."""
    found = grouped(counts, lambda one: (one.severity, one.issue_code))
    return sorted(
        (
            (severity, code, sum(one.count for one in ones), len({one.edition_key for one in ones} - {None}))
            for (severity, code), ones in found.items()
        ),
        key=lambda one: (words.SEVERITIES.index(one[0]) if one[0] in words.SEVERITIES else 9, -one[2], one[1]),
    )


@dataclass(frozen=True)
class Common:
    """What the pages of no single council are made of."""

    editions: Sequence[Edition]
    counts: Sequence[IssueCount]
    stray: Sequence[Issue]
    files: Sequence[SourceFile]
    built: Mapping[str, Any]
    tables: Sequence[Table]
    latest: Mapping[str, Sequence[tuple[Area, Point, date]]] = field(default_factory=dict)


def common_pages(frame: Frame, common: Common, only: Council | None) -> Iterator[Page]:
    """The pages that are of no single council. `only` is the council, where there is only one."""
    yield index_page(frame, common, only)
    yield quality_page(frame, common)
    yield dictionary_page(common)
    if not frame.only:
        yield indicators_page(frame)


def index_page(frame: Frame, common: Common, only: Council | None) -> Page:
    """The first page: the only council's dashboards, or the councils."""
    built = {key: common.built.get(key) for key in ("built_at", "quarterdeck_version", "inputs_sha256")}
    if only is not None:
        context, made_of = _council_listing(frame, only)
        return Page(
            path=HOME,
            title=f"Children's services dashboards, {only.area.area_name}",
            template="council.html.j2",
            context={**context, "built": built},
            made_of=(made_of, sorted(built.items())),
            here=HOME,
        )
    by_area = grouped(common.editions, lambda one: one.area_code)
    rows = [(area, by_area.get(area.area_code, ())) for area in frame.areas]
    return Page(
        path=HOME,
        title="Children's services dashboards",
        template="index.html.j2",
        context={
            "rows": rows,
            "built": built,
            "area_link": area_path,
            "edition_link": edition_path,
            "benchmarks_link": benchmarks_path,
            "name_of": edition_name,
        },
        made_of=(
            [(values_of(area), [values_of(one) for one in editions[-1:]], len(editions)) for area, editions in rows],
            sorted(built.items()),
        ),
        here=HOME,
    )


def indicators_page(frame: Frame) -> Page:
    """All indicators, where there are several councils."""
    return Page(
        path="indicators.html",
        title="Indicators",
        template="indicators.html.j2",
        context={
            "topics": list(grouped(frame.indicators.values(), lambda one: one.topic).items()),
            "overview_link": overview_path,
        },
        made_of=([values_of(one) for one in frame.indicators.values()],),
        here="indicators.html",
    )


def overview_page(frame: Frame, indicator: Indicator, councils: Sequence[tuple[Area, Point | None]]) -> Page:
    """An indicator across councils: the newest figure of each."""
    return Page(
        path=overview_path(indicator.indicator_key),
        title=indicator.indicator_name,
        template="overview.html.j2",
        context={
            "indicator": indicator,
            "councils": councils,
            "indicator_link": indicator_path,
        },
        made_of=(values_of(indicator), [(values_of(area), point and values_of(point)) for area, point in councils]),
        crumbs=(Link("indicators.html", "Indicators"),),
        here="indicators.html",
    )


def quality_page(frame: Frame, common: Common) -> Page:
    """What was found wrong or odd in all sources."""
    of_area = {edition.edition_key: edition.area_code for edition in common.editions}
    by_area: dict[str, list[IssueCount]] = {}
    for count in common.counts:
        if count.edition_key in of_area:
            by_area.setdefault(of_area[count.edition_key], []).append(count)
    outcomes = grouped(common.files, lambda one: (one.outcome, one.in_force))
    rejected = [one for one in common.files if one.outcome == "rejected"]
    superseded = [one for one in common.files if one.outcome == "loaded" and not one.in_force]
    per_area = [
        (
            area,
            {
                level: sum(c.count for c in by_area.get(area.area_code, ()) if c.severity == level)
                for level in words.SEVERITIES
            },
        )
        for area in frame.areas
    ]
    return Page(
        path=QUALITY,
        title="Data quality",
        template="quality.html.j2",
        context={
            "kinds": _kinds(common.counts),
            "per_area": per_area,
            "rejected": rejected[:_MOST_ISSUES],
            "superseded": superseded[:_MOST_ISSUES],
            "stray": common.stray[:_MOST_ISSUES],
            "received": len(common.files),
            "in_force": sum(len(ones) for (_, in_force), ones in outcomes.items() if in_force),
            "all_rejected": len(rejected),
            "all_superseded": len(superseded),
            "all_stray": len(common.stray),
            "quality_link": quality_path,
            "editions": len(common.editions),
        },
        made_of=(
            _kinds(common.counts),
            [(values_of(area), sorted(counts.items())) for area, counts in per_area],
            [values_of(one) for one in (*rejected, *superseded)],
            [values_of(one) for one in common.stray],
            len(common.files),
            len(common.editions),
        ),
        here=QUALITY,
    )


def dictionary_page(common: Common) -> Page:
    """Every public table and column, in dbt's own words."""
    return Page(
        path=DICTIONARY,
        title="Data dictionary",
        template="dictionary.html.j2",
        context={"tables": common.tables},
        made_of=(
            [(table.name, table.description, [values_of(one) for one in table.columns]) for table in common.tables],
        ),
        here=DICTIONARY,
    )


def _crumbs(frame: Frame, area: Area) -> tuple[Link, ...]:
    if frame.only:
        return (Link(HOME, "Dashboards"),)
    return (Link(HOME, "Dashboards"), Link(area_path(area.area_code), area.area_name))
