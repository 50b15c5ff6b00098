"""Pieces of HTML that stand in every row of a table: written here and not in templates because they are many.

A template's macro takes 30 microseconds a call and these take 1 to 3 (November 2026). Each gives markup; whatever comes
from the data goes through `printed` or `escape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from publishing.site import words
from publishing.site.audit import Said, Where

#: How many are remembered. By type too: 2 and 2.0 are the same key and not the same text.
_KEPT = 20_000


@lru_cache(_KEPT, typed=True)
def printed(text: Any) -> Markup:
    """Text of the data: escaped, and its direction kept to itself."""
    if text is None or text == "":
        return Markup("")
    # A mark that ends an isolate which the text did not begin would end ours.
    return Markup(f"<bdi>{escape(words.isolated(words.clean(str(text))))}</bdi>")


def link(href: str, text: str | None) -> Markup:
    """A link with printed words."""
    return Markup(f'<a href="{escape(href)}">{printed(text)}</a>')


def source_of(file: str, first: int | None, last: int | None) -> Markup:
    """A file and lines of it."""
    return Markup(f"{printed(file)}, {words.lines(first, last)}")


def places_of(places: Sequence[Where]) -> Markup:
    """Where something stands, in brackets."""
    if not places:
        return Markup("")
    shown = "; ".join(f"{printed(one.file)}, {one.lines}" if one.file else one.lines for one in places)
    return Markup(f'<span class="where">({shown})</span>')


def finding_of(said: Said) -> Markup:
    """A finding of the audit as a sentence."""
    return Markup(f"<b>{escape(said.about)}.</b> {printed(said.finding.evidence)} {places_of(said.places)}")


@lru_cache
def status_tag(rag: str | None) -> Markup:
    """A status as a coloured tag with its letter and word."""
    found = words.COLOURS.get(rag or "")
    if not found:
        return Markup("")
    return Markup(f'<span class="tag tag-{rag}"><b>{found[0]}</b> {found[1]}</span>')


@lru_cache(_KEPT, typed=True)
def data_of(value: float | None, shown: str) -> Markup:
    """A number as a person reads it, with the number itself in the element; nothing where there is none."""
    return Markup("") if value is None else Markup(f'<data value="{value}">{escape(shown)}</data>')


@lru_cache(_KEPT, typed=True)
def count_of(value: int | None) -> Markup:
    """A count as it stands in a table of counts."""
    return data_of(value, str(value))


@lru_cache(_KEPT, typed=True)
def computed(value: float | None) -> Markup:
    """A computed number, rounded for the eye; the element keeps all its digits."""
    return data_of(value, words.rounded(value))


@lru_cache(_KEPT, typed=True)
def span_of(low: float | None, high: float | None) -> Markup:
    """What lies between two computed numbers: `10.65 to 11.44`, or the one number where they are the same."""
    if low is None or high is None:
        return computed(low)
    return computed(low) if low == high else computed(low) + " to " + computed(high)


@lru_cache(_KEPT, typed=True)
def behind_of(behind: tuple[float | None, float | None], gap: tuple[float | None, float | None]) -> Markup:
    """Children behind or ahead; without a polarity more or fewer. Both ends of what is implied."""
    for (low, high), (more, fewer) in ((behind, (" behind", " ahead")), (gap, (" more", " fewer"))):
        if low is None or high is None:
            continue
        if low == high == 0:
            return computed(0.0)
        if low >= 0:
            return span_of(low, high) + more
        if high <= 0:
            return span_of(-high, -low) + fewer
        return computed(-low) + fewer + " to " + computed(high) + more
    return Markup("")


@lru_cache(_KEPT, typed=True)
def value_of(value: float | None, decimals: int | None, unit: str | None, numerator: int | None = None) -> Markup:
    """A figure, with its count in brackets."""
    shown = data_of(value, words.figure(value, decimals, unit))
    if value is None or numerator is None:
        return shown
    return Markup(f'{shown} <span class="count">({data_of(numerator, words.number(numerator, 0))})</span>')


@lru_cache(_KEPT, typed=True)
def figure_of(
    value: float | None,
    decimals: int | None,
    unit: str | None,
    numerator: int | None,
    status: str | None,
    text: str | None,
) -> Markup:
    """A printed figure: the number, or in its place why there is none and what is printed."""
    shown = value_of(value, decimals, unit, numerator)
    if not status or status == "reported":
        return shown
    known = words.STATUSES.get(status)
    kind = "repaired" if status == "repaired" else "lost"
    shown += Markup(f' <span class="state state-{kind}">{escape(known[0] if known else status)}</span>')
    if text and status in ("damaged", "repaired"):
        shown += Markup(f'<span class="asprinted">printed: {printed(text)}</span>')
    return shown


@lru_cache
def direction_of(direction: str | None, judgement: str | None) -> Markup:
    """Which way, with its sign, and whether that is better or worse, in words."""
    found = words.DIRECTIONS.get(direction or "")
    parts = []
    if found:
        parts.append(f'<span class="sign" aria-hidden="true">{found[0]}</span> {found[1]}')
    if judgement and judgement != "none" and not (direction == "same" and judgement == "similar"):
        parts.append(f'<span class="judged">{escape(judgement)}</span>')
    return Markup(", ".join(parts))


@lru_cache(_KEPT, typed=True)
def benchmark_of(text: str | None, value: float | None) -> Markup:
    """A benchmark as printed, with the number that it is."""
    return printed(text) if value is None else Markup(f'<data value="{value}">{printed(text)}</data>')


@lru_cache(_KEPT, typed=True)
def target_of(text: str | None, is_met: bool | None) -> Markup:
    """A target as printed, and whether it is met."""
    shown = printed(text)
    if is_met is not None:
        shown += Markup(f' <span class="met">{"met" if is_met else "not met"}</span>')
    return shown
