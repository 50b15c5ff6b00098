"""Reporting quarters: `2020-21-q2` is July to September 2020 (financial years run April to March)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_KEY = re.compile(r"(\d{4})-(\d{2})-q([1-4])")


@dataclass(frozen=True, order=True)
class Quarter:
    """One quarter of the financial year that begins in April of `year`."""

    year: int
    number: int

    @classmethod
    def parse(cls, key: str) -> Quarter:
        """The quarter of a key such as `2020-21-q2`; ValueError says what is wrong with another."""
        match = _KEY.fullmatch(key)
        if match is None:
            raise ValueError(f"{key!r} is not a reporting quarter such as 2020-21-q2")
        year, short, number = int(match[1]), int(match[2]), int(match[3])
        if short != (year + 1) % 100:
            raise ValueError(f"{key!r}: the financial year after {year} ends in {(year + 1) % 100:02d}")
        return cls(year, number)

    @classmethod
    def of(cls, day: date) -> Quarter:
        """The quarter that `day` lies in."""
        return cls(day.year if day.month >= 4 else day.year - 1, (day.month - 4) % 12 // 3 + 1)

    @property
    def key(self) -> str:
        return f"{self.year}-{(self.year + 1) % 100:02d}-q{self.number}"

    @property
    def start(self) -> date:
        return date(self.year, 3 * self.number + 1, 1) if self.number < 4 else date(self.year + 1, 1, 1)

    @property
    def end(self) -> date:
        """The last day, inclusive."""
        return self.plus(1).start - timedelta(days=1)

    def plus(self, quarters: int) -> Quarter:
        index = self.year * 4 + self.number - 1 + quarters
        return Quarter(index // 4, index % 4 + 1)


def ended_quarter(day: date, delay_days: int = 0) -> Quarter:
    """The newest quarter that had ended at least `delay_days` before `day`."""
    return Quarter.of(day - timedelta(days=delay_days)).plus(-1)


def quarter_keys(first: str, last: str) -> list[str]:
    """Every quarter's key from `first` to `last`, both included."""
    quarter, end, keys = Quarter.parse(first), Quarter.parse(last), []
    while quarter <= end:
        keys.append(quarter.key)
        quarter = quarter.plus(1)
    return keys


def quarter_of_edition(edition_key: str) -> str:
    """`2020-21-q2` of `2020-21-q2` or of another council's `2020-21-q2-rutland`."""
    return "-".join(edition_key.split("-")[:3])
