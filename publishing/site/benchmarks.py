"""The page of benchmarks: the spine chart of a council's indicators, and where the quartiles come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from publishing.site import charts, words
from publishing.site.frame import (
    Frame,
    Lazy,
    Page,
    benchmarks_path,
    crumbs_of,
    edition_name,
    edition_path,
    indicator_path,
)
from publishing.site.model import Council, Edition, Position, Row, values_of


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
        crumbs=() if frame.only else crumbs_of(frame, area),
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
    # What the row itself prints of it may be withheld; then the indicator's own polarity holds.
    turn = -1 if (position.polarity or row.polarity) == "low_is_good" else 1

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
    points = f"percentage point{'' if size == '1' else 's'} " if position.unit == "percent" else ""
    return f"{size} {points}{side} the benchmark{judged}"
