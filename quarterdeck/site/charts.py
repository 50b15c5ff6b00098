"""Charts as SVG text: the large ones with Altair and vl-convert, the tiny ones in table cells by hand.

Altair takes 20 ms to describe a chart and a sparkline 0.02 ms to write (November 2026). So a large chart is described
once a process, compiled to Vega once, and filled with each page's numbers; and what stands in every row of a table is
written here. No text of the data goes into a large chart: only numbers and days do.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from quarterdeck.site.words import milliseconds

INK, LINE, MUTED, STRONG, WARM = "#0b0c0c", "#1d4f8b", "#505a5f", "#00703c", "#a33300"
_WIDTH, _HEIGHT = 640, 240
_ONE_DAY = timedelta(days=1)
_AXIS = {
    "domainColor": "#b1b4b6",
    "tickColor": "#b1b4b6",
    "labelColor": INK,
    "labelFontSize": 12,
    "gridColor": "#e4e6e7",
}


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
    """A row of the spine chart: places from -1 (worst) to 1 (best), 0 is the benchmark. None: not known."""

    figure: float | None
    target: float | None = None
    worst: float | None = None
    poorer_quarter: float | None = None
    better_quarter: float | None = None
    best: float | None = None
    judged: bool = True
    favourable: bool | None = None


def spine(row: Spine, label: str) -> Markup:
    """A row of the spine chart, 220 x 26: grey bars of the country where known, the benchmark's line, the dot."""
    width, height, edge = 220, 26, 10

    def x(place: float) -> float:
        return width / 2 + max(-1.0, min(1.0, place)) * (width / 2 - edge)

    middle = height / 2
    marks = []
    if row.worst is not None and row.best is not None:
        marks.append(_bar("range", x(row.worst), x(row.best), middle, 6))
    if row.poorer_quarter is not None and row.better_quarter is not None:
        marks.append(_bar("quarters", x(row.poorer_quarter), x(row.better_quarter), middle, 12))
    marks.append(f'<line class="axis" x1="{edge}" x2="{width - edge}" y1="{middle}" y2="{middle}"/>')
    marks.append(f'<line class="benchmark" x1="{width / 2}" x2="{width / 2}" y1="2" y2="{height - 2}"/>')
    if row.target is not None:
        at = x(row.target)
        marks.append(
            f'<path class="target" d="M{at:.1f} {middle - 8}L{at + 4:.1f} {middle - 2}L{at:.1f} {middle + 4}'
            f'L{at - 4:.1f} {middle - 2}Z"/>'
        )
    if row.figure is not None:
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


def _bar(kind: str, a: float, b: float, middle: float, thick: float) -> str:
    left, wide = min(a, b), abs(b - a)
    return f'<rect class="{kind}" x="{left:.1f}" y="{middle - thick / 2}" width="{wide:.1f}" height="{thick}"/>'


def trend(shown: Trend, ident: str, title: str, description: str) -> Markup:
    """The series of an indicator. `title` and `description` are what a screen reader says of it."""
    dots = shown.dots
    values = [dot.value for dot in dots]
    values += [value for _, value in (*shown.benchmarks, *shown.targets)] + list(shown.limits or ())
    days = [milliseconds(dot.end) for dot in dots]
    days += [milliseconds(when) for when, _ in (*shown.benchmarks, *shown.targets)]
    flagged = set(shown.flagged)
    lines = [
        {"x": milliseconds(dot.end), "y": dot.value, "part": part}
        for part, stretch in enumerate(segments(dots))
        if len(stretch) > 1
        for dot in stretch
    ]
    bounds: list[dict[str, Any]] = []
    if shown.limits is not None and shown.mean is not None:
        ends = (milliseconds(dots[shown.limits_from].end), milliseconds(dots[-1].end))
        bounds = [
            {"x": when, "y": value, "part": part}
            for part, value in (("mean", shown.mean), ("lower", shown.limits[0]), ("upper", shown.limits[1]))
            for when in ends
        ]
    filled = {
        "line": lines,
        "ordinary": [{"x": milliseconds(d.end), "y": d.value} for i, d in enumerate(dots) if i not in flagged],
        "flagged": [{"x": milliseconds(d.end), "y": d.value} for i, d in enumerate(dots) if i in flagged],
        "benchmark": [{"x": milliseconds(when), "y": value} for when, value in shown.benchmarks],
        "target": [{"x": milliseconds(when), "y": value} for when, value in shown.targets],
        "mean": [one for one in bounds if one["part"] == "mean"],
        "limits": [one for one in bounds if one["part"] != "mean"],
    }
    domains = {"x": _padded(days, least=86_400_000.0 * 120), "y": _padded(values, least=abs(max(values)) * 0.05 or 1)}
    return _labelled(_rendered(_trend_chart, filled, domains), ident, title, description)


def distribution(
    values: Sequence[float], own: float, points: tuple[float, float, float] | None, ident: str, title: str, text: str
) -> Markup:
    """Where a council stands among all: a tick for each authority, the bands of the quartile points, its own mark."""
    low, high = _padded([*values, own, *(points or ())], least=abs(own) * 0.05 or 1)
    edges = [low, *points, high] if points else []
    filled = {
        "bands": [
            {"x": left, "x2": right, "shade": index % 2}
            for index, (left, right) in enumerate(itertools.pairwise(edges))
        ],
        "ticks": [{"x": value} for value in values],
        "own": [{"x": own}],
    }
    return _labelled(_rendered(_distribution_chart, filled, {"x": [low, high]}), ident, title, text)


def _padded(values: Sequence[float], least: float) -> list[float]:
    low, high = min(values), max(values)
    room = max((high - low) * 0.06, (least - (high - low)) / 2, 0.0)
    if not math.isfinite(room):
        raise ValueError("A chart was asked for a figure that is not a number.")
    return [low - room, high + room]


def _trend_chart() -> Any:
    import altair as alt

    x = alt.X("x:T", scale=alt.Scale(type="utc", nice=False), axis=alt.Axis(title=None, tickCount=6, grid=False))
    y = alt.Y("y:Q", scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(title=None, tickCount=5))

    def layer(name: str) -> Any:
        return alt.Chart(alt.NamedData(name)).encode(x=x, y=y)

    return alt.layer(
        layer("limits").mark_line(color=MUTED, strokeDash=[6, 4], strokeWidth=1.2).encode(detail="part:N"),
        layer("mean").mark_line(color=MUTED, strokeWidth=1.2),
        layer("target").mark_point(shape="stroke", color=STRONG, size=260, strokeWidth=2.5),
        layer("benchmark").mark_point(shape="diamond", color=MUTED, size=70, strokeWidth=1.6),
        layer("line").mark_line(color=LINE, strokeWidth=2.2).encode(detail="part:N"),
        layer("ordinary").mark_point(shape="circle", filled=True, color=LINE, size=46, opacity=1),
        layer("flagged").mark_point(
            shape="triangle-up", filled=True, color=WARM, stroke=INK, strokeWidth=1, size=130, opacity=1
        ),
    )


def _distribution_chart() -> Any:
    import altair as alt

    x = alt.X("x:Q", scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(title=None, tickCount=6, grid=False))
    bands = (
        alt.Chart(alt.NamedData("bands"))
        .mark_rect()
        .encode(x=x, x2="x2:Q", color=alt.Color("shade:O", scale=alt.Scale(range=["#f3f2f1", "#dde1e4"]), legend=None))
    )
    ticks = alt.Chart(alt.NamedData("ticks")).mark_tick(color=MUTED, thickness=1.4, height=26).encode(x=x)
    own = alt.Chart(alt.NamedData("own")).mark_point(
        shape="triangle-down", filled=True, color=LINE, stroke=INK, strokeWidth=1, size=220, opacity=1, yOffset=-20
    )
    return alt.layer(bands, ticks, own.encode(x=x)).properties(height=64)


@cache
def _compiled(describe: Callable[[], Any]) -> str:
    """A chart's description in Vega, without data: made once a process."""
    import vl_convert

    chart = (
        describe()
        .properties(width=_WIDTH)
        .configure(
            axis=_AXIS, view={"stroke": None}, background="transparent", font="Arial, Helvetica, sans-serif", aria=False
        )
    )
    described = chart.to_dict()
    described.setdefault("height", _HEIGHT)
    described["datasets"] = {}
    return json.dumps(vl_convert.vegalite_to_vega(described))


def _rendered(describe: Callable[[], Any], filled: dict[str, list], domains: dict[str, list]) -> str:
    import vl_convert

    vega = json.loads(_compiled(describe))
    for data in vega["data"]:
        if data["name"] in filled:
            data["values"] = filled[data["name"]]
    for scale in vega["scales"]:
        if scale["name"] in domains:
            scale["domain"] = domains[scale["name"]]
    return vl_convert.vega_to_svg(vega)


_OPENING = re.compile(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>")
#: The chart is one picture: its parts say nothing of their own, and a strict policy allows no style in an attribute.
_PARTS = re.compile(r' (?:role|aria-[a-z]+|pointer-events|style|class)="[^"]*"')
_BACKGROUND = re.compile(r'<path d="M[^"]*Z"/>|<path d="" display="none"/>')


def _labelled(svg: str, ident: str, title: str, description: str) -> Markup:
    found = _OPENING.match(svg)
    if not found:
        raise ValueError("The chart was not drawn as an SVG with a view box.")
    inside = _BACKGROUND.sub("", _PARTS.sub("", svg[found.end() :]))
    return Markup(
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="{found[1]}" role="img" '
        f'aria-labelledby="{escape(ident)}-title {escape(ident)}-text"><title id="{escape(ident)}-title">'
        f'{escape(title)}</title><desc id="{escape(ident)}-text">{escape(description)}</desc>{inside}'
    )
