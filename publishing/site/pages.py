"""Which pages there are, and what those of councils, indicators at large, data quality and tables are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from publishing.disclosure import Table
from publishing.site import words
from publishing.site.benchmarks import benchmark_page
from publishing.site.editions import History, edition_page
from publishing.site.frame import (
    DICTIONARY,
    HOME,
    QUALITY,
    Frame,
    Link,
    Page,
    area_path,
    benchmarks_path,
    edition_name,
    edition_path,
    indicator_path,
    overview_path,
    quality_path,
)
from publishing.site.indicators import indicator_page
from publishing.site.model import (
    Area,
    Council,
    Edition,
    Indicator,
    Issue,
    IssueCount,
    Point,
    SourceFile,
    grouped,
    values_of,
)

#: A list of all problems stands on the page itself up to here; a longer one is left to the pages of the editions.
_MOST_ISSUES = 400


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
