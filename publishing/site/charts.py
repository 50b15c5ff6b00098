"""Charts as SVG text: the large ones with Altair and vl-convert, the tiny ones in table cells by hand.

Altair takes 20 ms to describe a chart and a sparkline 0.02 ms to write (November 2026). So a large chart is described
once a process, compiled to Vega once, and filled with each page's numbers; and what stands in every row of a table is
written here. No text of the data goes into a large chart: only numbers and days do.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from publishing.site.words import milliseconds, number, plural

INK, LINE, MUTED, STRONG, WARM = "#0b0c0c", "#1d4f8b", "#505a5f", "#00703c", "#a33300"
_WIDTH, _HIGH, _LOW = 640, 240, 64
#: Room for the numbers at the axes; fixed, so that nothing has to be measured.
_PADDING = {"left": 52, "right": 14, "top": 10, "bottom": 26}
_NO_FIT = {"type": "none"}
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dot:
    """A figure of a series: the stretch of time that it is of, and its value."""

    start: date
    end: date
    value: float


@dataclass(frozen=True)
class Trend:
    """What a series' chart shows. `flagged` are places in `dots` that the process limits call out of the ordinary;
    limits apply from the place `limits_from` on."""

    dots: Sequence[Dot]
    benchmarks: Sequence[tuple[date, float]] = ()
    targets: Sequence[tuple[date, float]] = ()
    mean: float | None = None
    limits: tuple[float, float] | None = None
    limits_from: int = 0
    flagged: Sequence[int] = field(default_factory=tuple)


def segments(dots: Sequence[Dot]) -> list[list[Dot]]:
    """The series in unbroken stretches: each period begins the day after the one before it ended."""
    parts: list[list[Dot]] = []
    for dot in dots:
        if parts and parts[-1][-1].end + _ONE_DAY == dot.start:
            parts[-1].append(dot)
        else:
            parts.append([dot])
    return parts


def spoken(dots: Sequence[Dot]) -> str:
    """A series in words, for those who do not see the line."""
    if len(dots) == 1:
        return f"1 figure, of {dots[0].end:%B %Y}"
    breaks = len(segments(dots)) - 1
    said = f"{plural(len(dots), 'figure')} from {dots[0].end:%B %Y} to {dots[-1].end:%B %Y}"
    return said + (f", with {plural(breaks, 'gap')}" if breaks > 0 else "")


def sparkline(dots: Sequence[Dot], label: str) -> Markup:
    """A series in a table cell, 96 x 24: unbroken stretches as lines, lone figures and the last one as dots."""
    if not dots:
        return Markup("")
    width, height, edge = 96, 24, 4
    low, high = min(dot.value for dot in dots), max(dot.value for dot in dots)
    first, last = dots[0].end.toordinal(), dots[-1].end.toordinal()
    across, up = (width - 2 * edge) / ((last - first) or 1), (height - 2 * edge) / ((high - low) or 1)

    def x(dot: Dot) -> float:
        return edge + (dot.end.toordinal() - first) * across if last > first else width / 2

    def y(dot: Dot) -> float:
        return height - edge - (dot.value - low) * up if high > low else height / 2

    marks = []
    for part in segments(dots):
        if len(part) > 1:
            path = " ".join(f"{x(dot):.1f},{y(dot):.1f}" for dot in part)
            marks.append(f'<polyline points="{path}"/>')
        else:
            marks.append(f'<circle cx="{x(part[0]):.1f}" cy="{y(part[0]):.1f}" r="2.2"/>')
    marks.append(f'<circle class="last" cx="{x(dots[-1]):.1f}" cy="{y(dots[-1]):.1f}" r="3"/>')
    return Markup(
        f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(label)}">{"".join(marks)}</svg>'
    )


@dataclass(frozen=True, slots=True)
class Spine:
    """A row of the spine chart: places from -1 (worst) to 1 (best), 0 is the benchmark; `quarters` are those of the
    first and third quartile point of the country. None: not known."""

    figure: float
    target: float | None = None
    quarters: tuple[float, float] | None = None
    favourable: bool | None = None


def spine(row: Spine, label: str) -> Markup:
    """A row of the spine chart, 220 x 26: a bar for the middle half of the country, the benchmark's line, the dot."""
    width, height, edge = 220, 26, 10

    def x(place: float) -> float:
        return width / 2 + max(-1.0, min(1.0, place)) * (width / 2 - edge)

    middle = height / 2
    marks = []
    if row.quarters is not None:
        left, right = sorted(map(x, row.quarters))
        marks.append(f'<rect class="quarters" x="{left:.1f}" y="7" width="{right - left:.1f}" height="12"/>')
    marks.append(f'<line class="axis" x1="{edge}" x2="{width - edge}" y1="{middle}" y2="{middle}"/>')
    marks.append(f'<line class="benchmark" x1="{width / 2}" x2="{width / 2}" y1="2" y2="{height - 2}"/>')
    if row.target is not None:
        at = x(row.target)
        marks.append(
            f'<path class="target" d="M{at:.1f} {middle - 8}L{at + 4:.1f} {middle - 2}L{at:.1f} {middle + 4}'
            f'L{at - 4:.1f} {middle - 2}Z"/>'
        )
    kind = {True: "good", False: "poor"}.get(row.favourable, "plain")
    at = x(row.figure)
    if abs(row.figure) > 1:
        tip = 7 if row.figure > 0 else -7
        marks.append(
            f'<path class="{kind}" d="M{at - tip / 2:.1f} {middle - 6}L{at + tip:.1f} {middle}'
            f'L{at - tip / 2:.1f} {middle + 6}Z"/>'
        )
    elif kind == "poor":
        marks.append(f'<rect class="poor" x="{at - 5:.1f}" y="{middle - 5}" width="10" height="10"/>')
    else:
        marks.append(f'<circle class="{kind}" cx="{at:.1f}" cy="{middle}" r="5.5"/>')
    return Markup(
        f'<svg class="spine" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(label)}">{"".join(marks)}</svg>'
    )


def trend(shown: Trend, ident: str, title: str, description: str) -> Markup:
    """The series of an indicator. `title` and `description` are what a screen reader says of it."""
    dots = shown.dots
    values = [dot.value for dot in dots]
    values += [value for _, value in (*shown.benchmarks, *shown.targets)] + list(shown.limits or ())
    days = [milliseconds(dot.end) for dot in dots]
    days += [milliseconds(when) for when, _ in (*shown.benchmarks, *shown.targets)]
    flagged = set(shown.flagged)
    bounds: dict[str, float] = {}
    if shown.limits is not None and shown.mean is not None:
        bounds = {"mean": shown.mean, "lower": shown.limits[0], "upper": shown.limits[1]}
    ends = (milliseconds(dots[shown.limits_from].end), milliseconds(dots[-1].end))
    level = {part: {"x": ends[0], "x2": ends[1], "y": value} for part, value in bounds.items()}
    filled = {
        "line": _broken(
            [(milliseconds(dot.end), dot.value) for dot in stretch] for stretch in segments(dots) if len(stretch) > 1
        ),
        "ordinary": [{"x": milliseconds(d.end), "y": d.value} for i, d in enumerate(dots) if i not in flagged],
        "flagged": [{"x": milliseconds(d.end), "y": d.value} for i, d in enumerate(dots) if i in flagged],
        "benchmark": [{"x": milliseconds(when), "y": value} for when, value in shown.benchmarks],
        "target": [{"x": milliseconds(when), "y": value} for when, value in shown.targets],
        "mean": [level["mean"]] if level else [],
        "limits": [level["lower"], level["upper"]] if level else [],
    }
    x = Scale(_padded(days, least=86_400_000.0 * 120), _WIDTH, _day_ticks)
    y = Scale(_padded(values, least=abs(max(values)) * 0.05 or 1), _HIGH, _number_ticks)
    return _labelled(_rendered(_trend_chart, filled, {"x": x, "y": y}), ident, title, description, x, y, _HIGH)


def _broken(parts: Iterable[Sequence[tuple[int, float]]]) -> list[dict[str, float | None]]:
    """Lines as one, broken between its parts by a row without a value; a line for each part takes twice the time."""
    rows: list[dict[str, float | None]] = []
    for part in parts:
        if rows:
            # Between the two: Vega sorts by x.
            rows.append({"x": (rows[-1]["x"] + part[0][0]) / 2, "y": None})
        rows += [{"x": x, "y": y} for x, y in part]
    return rows


def distribution(
    values: Sequence[float], own: float, points: tuple[float, float, float] | None, ident: str, title: str, text: str
) -> Markup:
    """Where a council stands among all: a tick for each authority, the bands of the quartile points, its own mark."""
    x = Scale(_padded([*values, own, *(points or ())], least=abs(own) * 0.05 or 1), _WIDTH, _number_ticks)
    edges = [x.domain[0], *points, x.domain[1]] if points else []
    filled = {
        "bands": [{"x": left, "x2": right, "shade": index % 2} for index, (left, right) in enumerate(pairwise(edges))],
        "ticks": [{"x": value} for value in values],
        "own": [{"x": own}],
    }
    return _labelled(_rendered(_distribution_chart, filled, {"x": x}), ident, title, text, x, None, _LOW)


@dataclass(frozen=True)
class Scale:
    """An axis: the domain, its length in pixels, and how its ticks are found."""

    domain: tuple[float, float]
    length: int
    find_ticks: Callable[[float, float], list[tuple[float, str]]]

    @property
    def ticks(self) -> list[tuple[float, str]]:
        return self.find_ticks(*self.domain)

    def at(self, value: float) -> float:
        return (value - self.domain[0]) / (self.domain[1] - self.domain[0]) * self.length


def _padded(values: Sequence[float], least: float) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = max((high - low) * 0.06, (least - (high - low)) / 2, 0.0)
    if not math.isfinite(room):
        raise ValueError("A chart was asked for a figure that is not a number.")
    return low - room, high + room


def _number_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Four to nine round numbers."""
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step = next(step * times for times in (1, 2, 5, 10) if (high - low) / (step * times) <= 8)
    first = math.ceil(low / step)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [
        (round(place * step, 12), number(round(place * step, 12), decimals))
        for place in range(first, math.floor(high / step) + 1)
    ]


def _day_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """New Year's days; in a short series the first of each quarter."""
    first, last = (datetime.fromtimestamp(end / 1000, UTC).year for end in (low, high))
    every = max(1, math.ceil((last - first) / 12))
    days = [(date(year, 1, 1), f"{year}") for year in range(first, last + 1, every)]
    if high - low < 2.5 * 365 * 86_400_000:
        months = ((1, "Jan"), (4, "Apr"), (7, "Jul"), (10, "Oct"))
        days = [(date(year, m, 1), f"{name} {year}") for year in range(first, last + 1) for m, name in months]
    return [(milliseconds(day), said) for day, said in days if low <= milliseconds(day) <= high]


def _trend_chart() -> Any:
    import altair as alt

    # The axes are drawn in `_labelled`. Days are numbers and points are all valid: neither needs an expression, and
    # Vega compiles each of those anew for every chart (6 ms a chart with them, 3.5 ms without; November 2026).
    x = alt.X("x:Q", scale=alt.Scale(zero=False, nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(zero=False, nice=False), axis=None)

    def layer(name: str) -> Any:
        return alt.Chart(alt.NamedData(name)).encode(x=x, y=y)

    return alt.layer(
        layer("limits").mark_rule(invalid=None, color=MUTED, strokeDash=[6, 4], strokeWidth=1.2).encode(x2="x2"),
        layer("mean").mark_rule(invalid=None, color=MUTED, strokeWidth=1.2).encode(x2="x2"),
        layer("target").mark_point(invalid=None, shape="stroke", color=STRONG, size=260, strokeWidth=2.5),
        layer("benchmark").mark_point(invalid=None, shape="diamond", color=MUTED, size=70, strokeWidth=1.6),
        layer("line").mark_line(color=LINE, strokeWidth=2.2, strokeJoin="round"),
        layer("ordinary").mark_point(invalid=None, shape="circle", filled=True, color=LINE, size=46, opacity=1),
        layer("flagged").mark_point(
            invalid=None, shape="triangle-up", filled=True, color=WARM, stroke=INK, strokeWidth=1, size=130, opacity=1
        ),
    ).properties(height=_HIGH)


def _distribution_chart() -> Any:
    import altair as alt

    x = alt.X("x:Q", scale=alt.Scale(zero=False, nice=False), axis=None)
    shades = alt.Color("shade:O", scale=alt.Scale(domain=[0, 1], range=["#f3f2f1", "#dde1e4"]), legend=None)
    bands = alt.Chart(alt.NamedData("bands")).mark_rect().encode(x=x, x2="x2:Q", color=shades)
    ticks = alt.Chart(alt.NamedData("ticks")).mark_tick(color=MUTED, thickness=1.4, height=26).encode(x=x)
    own = alt.Chart(alt.NamedData("own")).mark_point(
        shape="triangle-down", filled=True, color=LINE, stroke=INK, strokeWidth=1, size=220, opacity=1, yOffset=-20
    )
    return alt.layer(bands, ticks, own.encode(x=x)).properties(height=_LOW)


@cache
def _compiled(describe: Callable[[], Any]) -> str:
    """A chart's description in Vega, without data: made once a process."""
    import vl_convert

    chart = (
        describe()
        .properties(width=_WIDTH, autosize=_NO_FIT, padding=_PADDING)
        .configure(view={"stroke": None}, background="transparent", aria=False)
    )
    vega = vl_convert.vegalite_to_vega(chart.to_dict())
    for mark in vega["marks"]:
        # All but the breaks of a line is valid: what should be done with the rest is left out, and only that.
        drawn = mark["encode"]["update"]
        drawn |= {at: rule[-1] for at, rule in drawn.items() if isinstance(rule, list)}
    return json.dumps(vega)


def _rendered(describe: Callable[[], Any], filled: Mapping[str, list], scales: Mapping[str, Scale]) -> str:
    import vl_convert

    vega = json.loads(_compiled(describe))
    empty = {name for name, rows in filled.items() if not rows}
    empty |= {data["name"] for data in vega["data"] if data.get("source") in empty}
    vega["data"] = [data for data in vega["data"] if data["name"] not in empty]
    vega["marks"] = [mark for mark in vega["marks"] if mark["from"].get("facet", mark["from"])["data"] not in empty]
    for data in vega["data"]:
        if data["name"] in filled:
            data["values"] = filled[data["name"]]
    for scale in vega["scales"]:
        if scale["name"] in scales:
            scale["domain"] = list(scales[scale["name"]].domain)
    return vl_convert.vega_to_svg(vega)


_OPENING = re.compile(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>")
#: The chart is one picture: its parts say nothing of their own, and a strict policy allows no style in an attribute.
_PARTS = re.compile(r' (?:role|aria-[a-z]+|pointer-events|style|class)="[^"]*"')
_BACKGROUND = re.compile(r'<path d="M[^"]*Z"/>|<path d="" display="none"/>')


def _labelled(svg: str, ident: str, title: str, description: str, x: Scale, y: Scale | None, height: int) -> Markup:
    """The chart as one picture, with its axes: they take vl-convert 20 ms a chart, most of it for measuring text."""
    found = _OPENING.match(svg)
    if not found:
        raise ValueError("The chart was not drawn as an SVG with a view box.")
    inside = _BACKGROUND.sub("", _PARTS.sub("", svg[found.end() :])).removesuffix("</svg>")
    left, top = _PADDING["left"], _PADDING["top"]
    bottom, width = top + height, left + x.length + _PADDING["right"]
    grid, labels = [f'<path d="M{left} {bottom}H{left + x.length}"/>'], []
    for at, said in x.ticks:
        grid.append(f'<path d="M{left + x.at(at):.1f} {bottom}v5"/>')
        labels.append(f'<text x="{left + x.at(at):.1f}" y="{bottom + 18}" text-anchor="middle">{escape(said)}</text>')
    for at, said in y.ticks if y else ():
        place = bottom - y.at(at)
        grid.append(f'<path class="grid" d="M{left} {place:.1f}H{left + x.length}"/>')
        labels.append(f'<text x="{left - 8}" y="{place + 4:.1f}" text-anchor="end">{escape(said)}</text>')
    return Markup(
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 26}" role="img" '
        f'aria-labelledby="{escape(ident)}-title {escape(ident)}-text"><title id="{escape(ident)}-title">'
        f'{escape(title)}</title><desc id="{escape(ident)}-text">{escape(description)}</desc><g class="axes">'
        f"{''.join(grid)}</g>{inside}<g>{''.join(labels)}</g></svg>"
    )
