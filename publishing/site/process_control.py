"""Statistical process control: XmR limits, rules and icons as in "Making Data Count" (methods, section 5).

Plain numbers in, plain numbers out; knows nothing of pages or of the warehouse. Points are equally spaced and
unbroken: whoever calls cuts the series at its last gap.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

#: With fewer points there are no limits.
LEAST_POINTS = 13
_RUN = 7
_LIMIT = 2.66
_TWO_SIGMA = 1.7733
_SCREEN = 3.267


class Rule(StrEnum):
    """Why a point is out of the ordinary, in the order in which the rules are tried."""

    beyond_limit = "beyond_limit"
    trend = "trend"
    two_of_three = "two_of_three"
    shift = "shift"


class Assurance(StrEnum):
    """What the limits say of the target: whether the process will meet it as it runs."""

    passes = "passes"
    fails = "fails"
    hit_or_miss = "hit_or_miss"


@dataclass(frozen=True)
class Limits:
    """Mean, limits and two-sigma lines of a series, in its unit; `rules` has one entry a point, None: ordinary.

    `high` says on which side the flagged points lie or into which direction the trend runs.
    """

    mean: float
    lower: float
    upper: float
    two_sigma_lower: float
    two_sigma_upper: float
    rules: tuple[Rule | None, ...]
    high: tuple[bool | None, ...]


def limits(values: Sequence[float]) -> Limits | None:
    """The limits of an unbroken series; None when it is too short. The whole series is the baseline."""
    if len(values) < LEAST_POINTS:
        return None
    mean = sum(values) / len(values)
    moving = [abs(after - before) for before, after in itertools.pairwise(values)]
    average = sum(moving) / len(moving)
    # Screened once: a jump must not widen the limits by which it is judged. The mean stays.
    kept = [one for one in moving if one < _SCREEN * average]
    if kept:
        average = sum(kept) / len(kept)
    lower, upper = mean - _LIMIT * average, mean + _LIMIT * average
    sigma_lower, sigma_upper = mean - _TWO_SIGMA * average, mean + _TWO_SIGMA * average
    found = _flags(values, mean, (lower, upper), (sigma_lower, sigma_upper))
    return Limits(
        mean, lower, upper, sigma_lower, sigma_upper, tuple(one[0] for one in found), tuple(one[1] for one in found)
    )


def assurance(found: Limits, target: float, polarity: str | None) -> Assurance | None:
    """Whether the process passes the target for sure, fails it for sure, or neither; None without a polarity."""
    if polarity not in ("high_is_good", "low_is_good"):
        return None
    if target > found.upper:
        return Assurance.fails if polarity == "high_is_good" else Assurance.passes
    if target < found.lower:
        return Assurance.passes if polarity == "high_is_good" else Assurance.fails
    return Assurance.hit_or_miss


def _flags(
    values: Sequence[float], mean: float, outer: tuple[float, float], inner: tuple[float, float]
) -> list[tuple[Rule | None, bool | None]]:
    found: list[tuple[Rule | None, bool | None]] = [(None, None)] * len(values)

    def flag(index: int, rule: Rule, high: bool) -> None:
        if found[index][0] is None:
            found[index] = (rule, high)

    for index, value in enumerate(values):
        if value > outer[1] or value < outer[0]:
            flag(index, Rule.beyond_limit, value > mean)
    for high in (True, False):
        for start, end in _runs([a < b if high else a > b for a, b in itertools.pairwise(values)]):
            # Seven points are six steps; the first point belongs to them (as NHSRplotthedots counts).
            if end - start >= _RUN - 1:
                for index in range(start, end + 1):
                    flag(index, Rule.trend, high)
    for high in (True, False):
        side = [value > mean if high else value < mean for value in values]
        far = [value > inner[1] if high else value < inner[0] for value in values]
        for start in range(len(values) - 2):
            window = range(start, start + 3)
            if all(side[index] for index in window) and sum(far[index] for index in window) >= 2:
                for index in window:
                    if far[index]:
                        flag(index, Rule.two_of_three, high)
    for high in (True, False):
        for start, end in _runs([value > mean if high else value < mean for value in values]):
            if end - start >= _RUN:
                for index in range(start, end):
                    flag(index, Rule.shift, high)
    return found


def _runs(marks: Sequence[bool]) -> list[tuple[int, int]]:
    """Stretches of true marks, as (first, one after the last)."""
    runs, start = [], None
    for index, mark in enumerate([*marks, False]):
        if mark and start is None:
            start = index
        elif not mark and start is not None:
            runs.append((start, index))
            start = None
    return runs
