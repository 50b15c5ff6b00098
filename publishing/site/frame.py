"""What all pages have: where they lie, what leads to them, and of which data they are.

A page is a template and its context. `made_of` is the data that the context holds, as plain values: while it, the
templates and the code stay the same, the page stays the same and is not written again. Charts are drawn only for a
page that is written, so they stand in the context as `Lazy` values or as functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from publishing.site import words
from publishing.site.model import Area, Edition, Indicator, Relation

HOME = "index.html"
QUALITY = "quality.html"
DICTIONARY = "dictionary.html"
LINEAGE = "lineage.html"


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
    withholds: bool = False

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


def crumbs_of(frame: Frame, area: Area) -> tuple[Link, ...]:
    if frame.only:
        return (Link(HOME, "Dashboards"),)
    return (Link(HOME, "Dashboards"), Link(area_path(area.area_code), area.area_name))
