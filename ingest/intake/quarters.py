"""The calendar of reporting quarters, and how a text names one: `2020-21-q2` is July to September 2020."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from ingest.intake.characters import normal, squash

_NAMED = {"one": "1", "two": "2", "three": "3", "four": "4"}
_DASH = r"[ _]?[-\u2013_]?[ _]?"
_FIRST, _SECOND = r"(?:FY ?)?(20[0-9]{2})[ _]?[/\u2013_-]?[ _]?", r"((?:20)?[0-9]{2})"
_QUARTER = r"(?:Q|Qtr[ _]?|Quarter[ _])([1-4]|one|two|three|four)(?![0-9a-z])"
_YEARS_QUARTER = re.compile(rf"{_FIRST}{_SECOND},?{_DASH}{_QUARTER}", re.I)
_QUARTER_YEARS = re.compile(rf"{_QUARTER},?{_DASH}(?:of )?{_FIRST}{_SECOND}(?![0-9])", re.I)


@dataclass(frozen=True, order=True)
class ReportingQuarter:
    """A quarter of a financial year that begins in April; ``year`` is the year in which it begins."""

    year: int
    quarter: int

    @property
    def key(self) -> str:
        return f"{self.year}-{(self.year + 1) % 100:02d}-q{self.quarter}"

    @property
    def financial_year(self) -> str:
        return f"{self.year}/{(self.year + 1) % 100:02d}"

    @property
    def start(self) -> date:
        return date(self.year + self.quarter // 4, (3 * self.quarter) % 12 + 1, 1)

    def next(self) -> ReportingQuarter:
        return ReportingQuarter(self.year + self.quarter // 4, self.quarter % 4 + 1)

    @classmethod
    def of(cls, day: date) -> ReportingQuarter:
        """The reporting quarter in which a day lies."""
        return cls(day.year - (day.month < 4), (day.month - 4) % 12 // 3 + 1)

    @classmethod
    def parse(cls, text: str) -> ReportingQuarter:
        """From a key such as ``2020-21-q2``, or a phrase such as ``2020/21 Quarter 2``. Raises ValueError."""
        found = find_quarters(text)
        if len(found) != 1:
            raise ValueError(f"{text!r} is not a reporting quarter such as 2020-21-q2")
        return found[0]


def find_quarters(text: str) -> list[ReportingQuarter]:
    """All reporting quarters named in a text. Raises ValueError for years that do not follow each other."""
    text = normal(text)
    found = [(m.group(1), m.group(2), m.group(3), m.group(0)) for m in _YEARS_QUARTER.finditer(text)]
    found += [(m.group(2), m.group(3), m.group(1), m.group(0)) for m in _QUARTER_YEARS.finditer(text)]
    quarters: list[ReportingQuarter] = []
    for first, second, quarter, phrase in found:
        if int(second) % 100 != (int(first) + 1) % 100:
            raise ValueError(f"{squash(phrase)!r} is no financial year: {second} does not follow {first}")
        candidate = ReportingQuarter(int(first), int(_NAMED.get(quarter.lower(), quarter)))
        if candidate not in quarters:
            quarters.append(candidate)
    return quarters


def last_day(quarter: ReportingQuarter) -> date:
    """The quarter's last day."""
    return quarter.next().start - timedelta(days=1)


def ended_quarter(day: date, delay_days: int = 0) -> ReportingQuarter:
    """The newest quarter that had ended at least `delay_days` before `day`."""
    # A quarter that ends on 31 March has ended for 45 days on 15 May.
    running = ReportingQuarter.of(day - timedelta(days=delay_days) + timedelta(days=1))
    return ReportingQuarter.of(running.start - timedelta(days=1))


def quarter_keys(first: str, last: str) -> list[str]:
    """Every quarter's key from `first` to `last`, both included."""
    quarter, end, keys = ReportingQuarter.parse(first), ReportingQuarter.parse(last), []
    while quarter <= end:
        keys.append(quarter.key)
        quarter = quarter.next()
    return keys


def quarters_after(day: date, count: int) -> ReportingQuarter:
    """The quarter that lies `count` quarters after the one that `day` lies in."""
    quarter = ReportingQuarter.of(day)
    for _ in range(count):
        quarter = quarter.next()
    return quarter
