"""The page of an indicator in one council: what it is, its series, its place in the country, every printed row."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from publishing.site import audit, cells, charts, naming, process_control, words
from publishing.site.charts import Dot, spoken
from publishing.site.frame import (
    Frame,
    Lazy,
    Page,
    crumbs_of,
    edition_name,
    edition_path,
    indicator_path,
    overview_path,
)
from publishing.site.model import Area, Council, Finding, Indicator, Place, Point, Position, Row, grouped, values_of


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
    target_text: str | None
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
                    _series(indicator, place, kind, unit, part, list(zip(rows, positions.values(), strict=True)))
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
        crumbs=crumbs_of(frame, area),
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


def _wanted(row: Row, indicator: Indicator) -> str:
    """Which side of the target is wanted: the printed operator says so, else the polarity."""
    by_operator = {">": "high_is_good", ">=": "high_is_good", "<": "low_is_good", "<=": "low_is_good"}
    return by_operator.get(row.target_operator or "", indicator.polarity)


def _series(
    indicator: Indicator,
    place: int,
    kind: str,
    unit: str | None,
    points: tuple[Point, ...],
    rows: Sequence[tuple[Row, Position | None]],
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
    # Only what the mart could compare with its figure is of the series' unit.
    printed = [
        (at[row.period_key].end_date, row, position)
        for row, position in rows
        if position and row.period_key in at and row.unit in (unit, None)
    ]
    benchmarks = [(end, row.benchmark_value) for end, row, position in printed if position.benchmark_gap is not None]
    targets = [(end, row.target_value) for end, row, position in printed if position.target_gap is not None]
    newest = printed[-1] if printed else None
    aim = newest[1] if newest and newest[2].target_gap is not None else None
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
        assurance=limits and aim and process_control.assurance(limits, aim.target_value, _wanted(aim, indicator)),
        target_text=aim.target_text if aim else None,
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
            f"{spoken(dots)}. The table below has the same figures.",
        ),
    )
