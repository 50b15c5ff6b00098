"""Which words of a row belong to which column.

Text extraction loses tabs, adds tabs and moves pieces across cell borders. The words of a row keep
their order, and every kind of cell knows what it may look like; so the columns are found by the
cheapest assignment of consecutive words to consecutive columns (dynamic programming). Tabs count as
strong hints: each place where the assignment does not follow them has a cost.

The cost of a row depends on the forms of its words and not on which digits they have, so assignments
are remembered by form: a thousand rows of the same form are aligned once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from ingest import cells
from ingest.layouts import CompiledLayout

MISSING_REQUIRED = 2.0
MOVED_A_CELL = 1.0
CROSSES_A_BORDER = 4.0
DROPPED_GLYPH = 1.5
DROPPED_LETTER = 4.0
UNPLACED_WORD = 8.0
DOUBLED = 0.5
ONLY_FIRST_OF_SHARED_CELL = 1.5
#: From this cost on a kind takes a text for standing in its place rather than for its form.
LENIENT = 2.4
MANY_WORDS = 1.0
LONGEST_RUN = 12

_DIGITS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+")
_LETTER = re.compile(r"[^\W\d_]")
_MONTH = re.compile(r"[A-Za-z]{3,9}")
_EMPTY: tuple[tuple[int, float, bool], ...] = ()


@dataclass(frozen=True)
class Placement:
    """Words ``first`` to ``last`` (exclusive) of a row stand in data column ``column`` and begin in ``cell``."""

    column: int
    first: int
    last: int
    cell: int
    doubled: bool
    cost: float


@dataclass(frozen=True)
class Alignment:
    """The cheapest assignment: its cost, the columns' words and the words that belong to none."""

    cost: float
    placements: tuple[Placement, ...]
    dropped: tuple[int, ...]


#: Words of a class are interchangeable for the cost of a row, as long as equal ones stay equal.
_CLASSES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(?:19|20)[0-9]{2}"), ("2001", "2002", "2003", "2004")),
    (re.compile(r"[0-9]{4}[/\u2013-][0-9]{2,4}"), ("2001/02", "2002/03", "2003/04", "2004/05")),
    (
        re.compile(r"better|worse|similar|same|higher|lower|increase|decrease|new", re.I),
        ("Better", "Worse", "Similar", "Same"),
    ),
    (re.compile(r"[GAR]"), ("G", "A", "R")),
    (re.compile(r"green|amber|red", re.I), ("Green", "Amber", "Red")),
    (re.compile(r"[1-4]"), ("1", "2", "3", "4")),
    (re.compile(r"Q[1-4]"), ("Q1", "Q2", "Q3", "Q4")),
)
_PERCENT = re.compile(rf"{cells.NUMBER}(?<=%)")
_COUNT = re.compile(r"\([0-9][0-9,]*\)")


@lru_cache(maxsize=65536)
def _form(word: str) -> tuple[int, str]:
    """A word with its digits made alike, or the number of the class whose members are named by the row."""
    for number, (pattern, _) in enumerate(_CLASSES):
        if pattern.fullmatch(word) and (number > 1 or cells.is_period(word)):
            return number, word
    if _PERCENT.fullmatch(word):
        return -1, "00.0%"
    if len(word) > 2 and cells.is_number(word):
        return -1, "00.0"
    if _COUNT.fullmatch(word):
        return -1, "(00)"
    if len(word) == 1 or _LETTER.search(word):
        return -1, word
    return -1, _DIGITS.sub(lambda digits: "0" if len(digits.group()) == 1 else "00", word)


def _forms(row: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The row in forms. Within a class equal words get equal names and different ones different names."""
    names: dict[tuple[int, str], str] = {}
    used = [0] * len(_CLASSES)
    out = []
    for cell in row:
        words = []
        for at, word in enumerate(cell):
            number, form = _form(word)
            if number >= 0:
                key = (number, word)
                if key not in names:
                    known = _CLASSES[number][1]
                    names[key] = known[used[number]] if used[number] < len(known) else word
                    used[number] += 1
                form = names[key]
            elif len(word) == 2 and at and word.isdigit() and _MONTH.fullmatch(cell[at - 1]):
                form = word
            words.append(form)
        out.append(tuple(words))
    return tuple(out)


def align(layout: CompiledLayout, row: tuple[tuple[str, ...], ...]) -> Alignment:
    """Assign the words of ``row`` (one tuple of words per table cell after the label) to data columns."""
    return _align(layout, _forms(row))


@lru_cache(maxsize=65536)
def _align(layout: CompiledLayout, row: tuple[tuple[str, ...], ...]) -> Alignment:
    words = [word for cell in row for word in cell]
    cell_of = [index for index, cell in enumerate(row) for _ in cell]
    columns = layout.data_columns
    positions = layout.positions
    tabular = layout.spec.shape == "table"
    end, width = len(words), len(columns)
    cell_starts = {at for at in range(end) if at == 0 or cell_of[at - 1] != cell_of[at]}
    cell_ends = {at for at in range(1, end + 1) if at == end or cell_of[at - 1] != cell_of[at]}
    says_no_data = any(cells.is_no_data(" ".join(words[:count])) for count in range(1, min(end, LONGEST_RUN) + 1)) or (
        tabular and any(cell and cells.says_no_data(" ".join(cell)) for cell in row)
    )
    required = 0.0 if says_no_data else MISSING_REQUIRED
    runs = [
        [_runs(spec.kind, spec.overflows, tuple(words[word : word + LONGEST_RUN])) for word in range(end)]
        for spec in columns
    ]

    @cache
    def best(word: int, column: int, shift: int, shared_open: bool) -> tuple[float, tuple, tuple[int, ...]]:
        if column == width:
            if word == end:
                return 0.0, (), ()
            rest = best(word + 1, column, 0, False)
            return _drop_cost(words[word]) + rest[0], rest[1], (word, *rest[2])
        spec = columns[column]
        cheapest = float("inf")
        choice: tuple[float, tuple, tuple[int, ...]] | None = None
        if word < end:
            cell = cell_of[word]
            moved = MOVED_A_CELL * abs(cell - positions[column] - shift) if tabular else 0.0
            for length, cost, doubled in runs[column][word]:
                last = word + length
                after = 0
                fitted = cost
                if cost >= LENIENT and length > 1 and spec.kind in ("period", "value", "target"):
                    # Words of unknown form are one text only where they fill a printed cell.
                    if not (tabular and word in cell_starts and last in cell_ends and cell == cell_of[last - 1]):
                        continue
                    cost += MANY_WORDS * max(0, length - 3)
                if tabular:
                    borders = cell_of[last - 1] - cell
                    if spec.overflows and borders:
                        # A tail that spilled over the border does not move the columns that follow.
                        borders -= 1
                        after = cell - positions[column]
                    else:
                        after = cell_of[last - 1] - positions[column]
                    cost += moved + (MOVED_A_CELL if doubled else CROSSES_A_BORDER) * borders
                if cost >= cheapest:
                    continue
                opens = column + 1 < width and columns[column + 1].shares_cell
                rest = best(last, column + 1, after, opens)
                if cost + rest[0] < cheapest - 1e-9:
                    cheapest = cost + rest[0]
                    choice = (cheapest, (Placement(column, word, last, cell, doubled, fitted), *rest[1]), rest[2])
        empty = (required if spec.required else 0.0) + (
            ONLY_FIRST_OF_SHARED_CELL if spec.shares_cell and shared_open else 0.0
        )
        if empty < cheapest:
            rest = best(word, column + 1, shift, False)
            if empty + rest[0] < cheapest - 1e-9:
                cheapest = empty + rest[0]
                choice = (cheapest, rest[1], rest[2])
        if word < end and (cost := _drop_cost(words[word])) < cheapest:
            rest = best(word + 1, column, shift, shared_open)
            if cost + rest[0] < cheapest - 1e-9:
                choice = (cost + rest[0], rest[1], (word, *rest[2]))
        assert choice is not None
        return choice

    cost, placements, dropped = best(0, 0, 0, False)
    return Alignment(cost, placements, dropped)


def _drop_cost(word: str) -> float:
    if not cells.is_glyph(word):
        return UNPLACED_WORD
    return DROPPED_LETTER if word.isalpha() else DROPPED_GLYPH


@lru_cache(maxsize=65536)
def _runs(kind_name: str, overflows: bool, words: tuple[str, ...]) -> tuple[tuple[int, float, bool], ...]:
    """The runs at the beginning of ``words`` that could be such a cell: length, cost, whether printed twice."""
    kind = cells.KINDS[kind_name]
    found = []
    # The longest first: of two readings that fit alike, the one that keeps words together.
    for length in range(min(len(words), kind.longest), 0, -1):
        run = words[:length]
        cost, doubled = _fit(kind, run)
        if cost is None and overflows:
            cost = _fit_pieces(kind, run)
        if cost is not None:
            found.append((length, cost, doubled))
    return tuple(found) or _EMPTY


def _fit(kind: cells.Kind, run: tuple[str, ...]) -> tuple[float | None, bool]:
    cost = kind.fit(" ".join(run))
    half = len(run) // 2
    if (
        (cost is None or cost > DOUBLED)
        and kind.name not in ("value", "benchmark", "target")
        and half
        and len(run) == 2 * half
        and run[:half] == run[half:]
        and not cells.is_missing(run[0])
    ):
        once = kind.fit(" ".join(run[:half]))
        if once is not None:
            return once + DOUBLED, True
    return cost, False


def _fit_pieces(kind: cells.Kind, run: tuple[str, ...]) -> float | None:
    """Cost of a value cut in two by a cell border; each piece is a damaged value of its own."""
    if len(run) != 2:
        return None
    costs = [0.6 if word == "-" else cost for word in run if word == "-" or (cost := kind.fit(word)) is not None]
    return max(costs) + DOUBLED if len(costs) == 2 else None
