"""What the rest of a table puts in doubt: what a whole column prints, held against each of its rows.

``doubts`` looks at one row; here all rows of a file are known. Nothing is changed: a person is told.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from ingest.dashboards import cells as kinds
from ingest.dashboards.doubts import FIGURES
from ingest.dashboards.layouts import CompiledLayout

#: A row's number, the column, the code of the problem and what a person is told.
Finding = tuple[int, str, str, str]

#: A quarter or a month, and one with its year.
_WITHOUT_YEAR = re.compile(r"(?:Q|Qtr|Quarter) ?[1-4]|[A-Za-z]{3,9}")
_WITH_YEAR = re.compile(r"(?:(?:Q|Qtr|Quarter) ?[1-4]|[A-Za-z]{3,9})[ -].*[0-9]{2}|[0-9]{4}/[0-9]{2,4} Q[1-4]")
#: Of so many periods that could lack their year, only this share does where the year belongs to them.
MOST_WITHOUT_YEAR = 0.2
FEWEST_WITH_YEAR = 5
#: A quarter with its year, before or behind it; a year alone.
_QUARTER_AND_YEAR = re.compile(r"(?:Q|Q |Qtr ?|Quarter )(?P<quarter>[1-4]) (?P<year>[0-9]{4}(?:[/-][0-9]{2,4})?)", re.I)
_YEAR_AND_QUARTER = re.compile(r"(?P<year>[0-9]{4}(?:[/-][0-9]{2,4})?) (?:Q|Q |Qtr ?|Quarter )(?P<quarter>[1-4])", re.I)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?:[/-][0-9]{2})?")
_ANY_YEAR = re.compile(
    r"^(?:FY|AY|academic|financial|rolling|(?:19|20)[0-9]{2}(?:[/-][0-9]{2,4})?\W*(?:(?:19|20)[0-9]{2}|$))", re.I
)
_FINER_THAN_YEARS = re.compile(r".*\b(?:quarter|qtr|term|month|mth)(?:ly)?\b.*", re.I)
#: Among so many quarters, terms and months a single year is not how the column is printed.
FEWEST_PARTS = 8
#: So many quarters of a year show how far it has gone.
FEWEST_QUARTERS = 3
#: So many rows on either side show how often the quartile is printed there, and at least so many in all.
ROWS_BESIDE = 2
#: A number before a period that is whole without it.
_DAY_BEFORE = re.compile(r"[0-9]{1,2} (?P<rest>.+)")


def periods_in_doubt(layout: CompiledLayout, rows: dict[int, dict[str, str]]) -> Iterator[Finding]:
    """Periods that lack what the other rows print, one finding a period. ``rows`` are the cells by row number."""
    columns = [column.column for column in layout.data_columns if column.kind == "period"]
    for column in columns:
        texts = {number: cells.get(column, "") for number, cells in rows.items()}
        others = [name for name in columns if name != column]
        yield from _lost_years(column, texts)
        yield from _other_years(column, texts)
        yield from _lost_parts(column, texts, rows, others)
        yield from _strange_days(layout, column, texts, rows)


def quartiles_once(layout: CompiledLayout, rows: dict[int, dict[str, str]], doubled: set[int]) -> Iterator[Finding]:
    """Averages behind a quartile that is printed once where the rows beside it, ``doubled``, print it twice."""
    for quartile, benchmark in pairwise(layout.data_columns):
        if (quartile.kind, benchmark.kind) != ("quartile", "benchmark"):
            continue
        numbers = [number for number, cells in rows.items() if cells.get(quartile.column, "") in kinds.QUARTILES]
        for place, number in enumerate(numbers):
            beside = {*numbers[max(0, place - ROWS_BESIDE) : place], *numbers[place + 1 : place + 1 + ROWS_BESIDE]}
            if number in doubled or len(beside) < ROWS_BESIDE or not beside <= doubled:
                continue
            if kinds.is_number(rows[number].get(benchmark.column, "")):
                message = (
                    "The rows beside this one print their quartile twice and this one prints it once, so a cell is "
                    "lost, and the beginning of this number may be, too. Compare with the document."
                )
                yield number, benchmark.column, "cell_lost", message


def _lost_years(column: str, texts: dict[int, str]) -> Iterator[Finding]:
    """Periods without a year in a column that prints it: it may be lost, and need not be the edition's."""
    without = [number for number, text in texts.items() if _WITHOUT_YEAR.fullmatch(text)]
    with_year = sum(_WITH_YEAR.fullmatch(text) is not None for text in texts.values())
    if with_year < FEWEST_WITH_YEAR or len(without) > MOST_WITHOUT_YEAR * with_year:
        return
    message = (
        "This period has no year, as the others of its column have, so the year may be lost. Compare with the document."
    )
    for number in without:
        yield number, column, "year_missing", message


def _other_years(column: str, texts: dict[int, str]) -> Iterator[Finding]:
    """Quarters whose year has another form than the years of the other quarters: characters of it may be lost."""
    forms = {
        number: _form(found["year"])
        for number, text in texts.items()
        if (found := _QUARTER_AND_YEAR.fullmatch(text) or _YEAR_AND_QUARTER.fullmatch(text))
    }
    usual, count = Counter(forms.values()).most_common(1)[0] if forms else ("", 0)
    if count < FEWEST_WITH_YEAR or len(forms) - count > MOST_WITHOUT_YEAR * count:
        return
    message = "The years of the other quarters are printed in another form, so this one may be cut. See the document."
    for number, form in forms.items():
        if form != usual:
            yield number, column, "year_of_other_form", message


def _lost_parts(
    column: str, texts: dict[int, str], rows: dict[int, dict[str, str]], others: list[str]
) -> Iterator[Finding]:
    """Years where the row, or what the column prints of the same year, says that a part of the year is expected."""
    seen: dict[str, list[int]] = defaultdict(list)
    for text in texts.values():
        if found := _quarter_of(text):
            seen[found[0]].append(found[1])
    years = Counter(_form(text) for text in texts.values() if _ANY_YEAR.search(text))
    parts = sum(kinds.is_period(text) and not _ANY_YEAR.search(text) for text in texts.values())
    for number, text in texts.items():
        if not _YEAR.fullmatch(text) or (len(text) > 4 and (int(text[2:4]) + 1) % 100 != int(text[5:])):
            # Several years are a period of their own.
            continue
        cells = rows[number]
        if _FINER_THAN_YEARS.fullmatch(cells.get("frequency_text", "")):
            why = f"the row says how often it is printed: {cells['frequency_text']}"
        elif any(kinds.is_period(period := cells.get(other, "")) and not _ANY_YEAR.search(period) for other in others):
            why = "the other period of the row is none"
        elif len(quarters := seen.get(text, [])) >= FEWEST_QUARTERS and max(quarters) < 4:
            why = f"no figure of the column is newer than quarter {max(quarters)} of it"
        elif parts >= FEWEST_PARTS and (
            years.total() == 1 or (years[_form(text)] == 1 and _form(text) in map(_form, seen))
        ):
            why = "no other period of the column is printed so"
        else:
            continue
        message = f"This period is a year, but {why}; a quarter, term or month may be lost. Compare with the document."
        yield number, column, "part_of_year_missing", message


def _form(text: str) -> str:
    """The text with its digits made alike."""
    return re.sub("[0-9]", "0", text)


def _quarter_of(text: str) -> tuple[str, int] | None:
    found = _QUARTER_AND_YEAR.fullmatch(text) or _YEAR_AND_QUARTER.fullmatch(text)
    return (found["year"], int(found["quarter"])) if found else None


def _strange_days(
    layout: CompiledLayout, column: str, texts: dict[int, str], rows: dict[int, dict[str, str]]
) -> Iterator[Finding]:
    """A day that no other period of the column has, behind an empty cell: it may be what is left of a figure."""
    names = [spec.column for spec in layout.data_columns]
    at = names.index(column)
    if not at or layout.data_columns[at - 1].kind not in FIGURES:
        return
    with_day = [
        number
        for number, text in texts.items()
        if (found := _DAY_BEFORE.fullmatch(text)) and kinds.is_period(found["rest"])
    ]
    if len(with_day) == 1 and names[at - 1] not in rows[with_day[0]]:
        message = (
            "The figure before this period is missing, and no other period of the column has a day: the number may be "
            "what is left of the figure. Compare with the document."
        )
        yield with_day[0], column, "figure_before_period", message
