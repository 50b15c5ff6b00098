"""How the pages say things: numbers, periods, names of files. No other module of the site puts figures into words."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime
from functools import lru_cache

MINUS = "\u2212"

UNITS = {
    "percent": "per cent",
    "count": "number",
    "rate": "rate",
    "score": "score",
    "points": "points",
    "ratio": "ratio",
}
POLARITIES = {"high_is_good": "high is good", "low_is_good": "low is good", "neutral": "neither high nor low is good"}
BASES = {
    "in_quarter": "in the quarter",
    "at_period_end": "at the end of the period",
    "year_to_date": "year to date",
    "rolling_12_months": "rolling twelve months",
    "annual": "in the year",
    "term": "in the school term",
    "month": "in the month",
}
PERIOD_TYPES = {
    "quarter": "Quarters",
    "financial_year": "Financial years",
    "calendar_year": "Calendar years",
    "academic_year": "Academic years",
    "school_term": "School terms",
    "month": "Months",
    "rolling_year": "Rolling years",
    "multi_year": "Several years together",
}
DIRECTIONS = {"up": ("▲", "Up"), "down": ("▼", "Down"), "same": ("=", "No change")}
COLOURS = {
    "green": ("G", "Green"),
    "amber": ("A", "Amber"),
    "red": ("R", "Red"),
    "green_amber": ("G/A", "Green to amber"),
    "amber_red": ("A/R", "Amber to red"),
    "blue": ("B", "Blue"),
}
#: What stands where a figure should, and why in general; a note of the reading says more.
STATUSES = {
    "repaired": ("Repaired", "The figure was printed in pieces; the characters that are there determine it."),
    "damaged": ("Damaged", "What is printed is incomplete or cannot be right, so it is not taken as a number."),
    "not_available": ("Not available", "The edition says that there is no figure."),
    "see_appendix": ("See appendix", "The edition points to an appendix for this figure."),
    "withheld": ("Withheld by the edition", "The edition prints a sign that stands for a number kept back."),
    "blank": ("Blank", "No figure is printed here."),
    "suppressed": ("Suppressed", "A count of 1 to 4, or what would give one away, is withheld."),
}
#: What the audit says, and what that means.
VERDICTS = {
    "disagrees": ("disagrees", "the two cannot both be right"),
    "unit_clash": ("is in another unit", "figures of two kinds are held against each other, and do not compare"),
    "differs_in_basis": ("is on another basis", "another period, group or purpose explains the difference"),
    "depends_on_method": ("depends on the method", "a limit that is not printed decides"),
    "cannot_tell": ("cannot be checked", "what is needed is not printed, not readable or not at hand"),
    "agrees": ("agrees", "nothing printed speaks against it"),
    "suppressed": ("is withheld", "a small number could be told from it"),
}
#: Where check and verdict together read badly.
FINDINGS = {
    ("indicator_changed", "differs_in_basis"): "Another indicator than before",
    ("bracket_meaning", "differs_in_basis"): "Number in brackets may mean something else",
}
#: What a check of the audit is about, as the subject of a verdict. Other checks go by their own name.
CHECKS = {
    "bracket_possible": "Number in brackets",
    "previous_figure": "Earlier figure",
    "claim_value": "Figure in the report",
    "claim_numerator": "Number in the report",
    "claim_previous": "Earlier figure in the report",
    "claim_period": "Period in the report",
    "claim_direction": "Direction in the report",
    "claim_quartile": "Quartile in the report",
    "claim_availability": "Availability in the report",
    "tally": "Count in the report",
    "printed_quartile": "Quartile",
    "printed_colour": "Colour",
    "printed_direction": "Direction",
    "printed_polarity": "Polarity",
    "printed_target": "Target",
    "printed_benchmark": "Benchmark",
    "implied_cohort": "Number of children",
    "bracket_meaning": "Number in brackets",
    "indicator_changed": "Indicator",
}
SEVERITIES = ("error", "warning", "info")
#: What became of an indicator in an edition; {} is the related one.
STEPS = {
    "first_seen": "First printed",
    "continued": "Printed",
    "renamed": "Renamed",
    "absent": "Not printed",
    "successor": "First printed, in place of",
    "basis_changed": "First printed, in place of",
    "population_changed": "First printed, in place of",
}
#: What a related indicator is to the one whose page it is, as a heading above a list.
RELATIONS = {
    "successor": "It continues",
    "predecessor": "It is continued by",
    "other_basis": "The same on another basis",
    "other_population": "The same of another group",
    "other_measure": "Other measures of the same matter",
}
COMPARED = {
    "better": "better, and not by chance alone",
    "worse": "worse, and not by chance alone",
    "similar": "within what chance explains",
}
DENOMINATORS = {
    "none_fits": "no whole number fits",
    "no_upper_end": "no upper end",
    "not_computed": "too large to tell",
}
TRENDS = {
    "increasing": "Over the last five years it is increasing.",
    "decreasing": "Over the last five years it is decreasing.",
    "no_significant_change": "Over the last five years there is no significant change.",
}
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]|[\ud800-\udfff]")
_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


@lru_cache(20_000, typed=True)
def number(value: float | None, decimals: int | None = None) -> str:
    """A number with its printed decimals and thousands set apart: 1,016 or 94.60. All its digits without decimals."""
    if value is None:
        return ""
    if decimals is None:
        text = f"{value:,.6f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"
        text = "0" if text in ("-0", "") else text
    else:
        text = f"{value:,.{decimals}f}"
    return text.replace("-", MINUS)


def figure(value: float | None, decimals: int | None, unit: str | None) -> str:
    """A figure as a person writes it: with its sign of per cent, without the other units, which stand elsewhere."""
    return number(value, decimals) + ("%" if unit == "percent" and value is not None else "")


@lru_cache(20_000, typed=True)
def rounded(value: float | None) -> str:
    """A computed number: to two decimals, or to three significant digits where that is finer."""
    if value is None:
        return ""
    if 0 < abs(value) < 1:
        return number(float(f"{value:.3g}"))
    return number(round(value, 2))


@lru_cache(20_000, typed=True)
def change(value: float | None, unit: str | None) -> str:
    """A difference with its sign; percentages differ in percentage points."""
    if value is None:
        return ""
    sign = "+" if value > 0 else ""
    return f"{sign}{number(value)}" + (" pts" if unit == "percent" else "")


def day(value: date | datetime | None) -> str:
    """A date in words: 30 June 2018."""
    return f"{value.day} {value:%B %Y}" if value else ""


def moment(value: datetime | None) -> str:
    """An instant in words, UTC."""
    return f"{day(value)}, {value:%H:%M} UTC" if value else ""


@lru_cache(20_000, typed=True)
def lines(first: int | None, last: int | None) -> str:
    """Lines of a file: `line 4` or `lines 4 to 6`."""
    if first is None:
        return ""
    return f"line {first}" if last in (None, first) else f"lines {first} to {last}"


_YEARS = {"fy": "Financial year", "ay": "Academic year", "cy": "Calendar year"}


def year_name(key: str) -> str:
    """A national year by its key, where the warehouse has no period for it: `fy-2019-20` is Financial year 2019/20."""
    kind, _, years = key.partition("-")
    return f"{_YEARS[kind]} {years.replace('-', '/')}" if kind in _YEARS else key


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 figure`, `2 figures`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def clean(text: str) -> str:
    """Printed text without what HTML cannot hold: control characters become the replacement character."""
    # No control character is printable, and to ask that is faster than to look for them.
    return text if text.isprintable() else _CONTROLS.sub("\ufffd", text)


def isolated(text: str) -> str:
    """Printed text without marks that end an isolate which they did not begin."""
    if "\u2069" not in text:
        return text
    kept, depth = [], 0
    for letter in text:
        depth += (letter in "\u2066\u2067\u2068") - (letter == "\u2069")
        if depth < 0:
            depth = 0
            continue
        kept.append(letter)
    return "".join(kept)


def plain(text: str) -> str:
    """Printed text for titles and labels, where its direction cannot be isolated: without marks that turn it."""
    return _BIDI_CONTROLS.sub("", clean(text))


@lru_cache(20_000, typed=True)
def file_name(key: str) -> str:
    """A key as the name of a file on any system. Keys that need changing get a hash, so that no two names meet."""
    low = key.lower()
    if _PLAIN_NAME.fullmatch(low) and (key == low or key.isupper()):
        return low
    stem = re.sub("[^a-z0-9]+", "-", low).strip("-")[:60] or "page"
    return f"{stem}-{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


@lru_cache(20_000, typed=True)
def milliseconds(value: date) -> int:
    """A day as a chart's axis counts it."""
    return int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp() * 1000)
