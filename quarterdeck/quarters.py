"""The calendar of reporting quarters: `2020-21-q2` is July to September 2020."""

from __future__ import annotations

from datetime import date, timedelta

from ingest.identity import ReportingQuarter


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
