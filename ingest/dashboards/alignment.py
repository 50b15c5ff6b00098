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
from functools import lru_cache
from itertools import takewhile

from ingest.dashboards import cells
from ingest.dashboards.layouts import CompiledLayout
from ingest.intake.budget import spend

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
#: A longer word is no cell of a row; the patterns of the kinds look at no such word.
LONGEST_WORD = 200
#: A text of more words is not one printed row: its tabs say nothing of columns, and its form is not remembered.
LONGEST_ROW = 80
#: Work units for laying one word against one column, in the runs that may begin with it.
COST_OF_A_WORD = 10

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
    (re.compile(r"[0-9]{4}[/-][0-9]{2,4}"), ("2001/02", "2002/03", "2003/04", "2004/05")),
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
        return -1, "(0)" if len(word) == 3 else "(00)"
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
    count = sum(map(len, row))
    # Counted whether or not the form is remembered: a file stops in the same line whatever was read before it.
    spend(COST_OF_A_WORD * count * len(layout.data_columns) + len(row))
    return _align(layout, _forms(row)) if count <= LONGEST_ROW else _cheapest(layout, row)


@lru_cache(maxsize=65536)
def _align(layout: CompiledLayout, row: tuple[tuple[str, ...], ...]) -> Alignment:
    return _cheapest(layout, row)


#: Where the assignment stands beside its word and column: by how many cells the columns are moved, and whether the
#: column before took words, so that a column that shares its cell is expected.
_Offset = tuple[int, bool]
#: Words taken (or dropped) by a column, their cost without the shift, how many cells the columns are moved after it.
_Option = tuple[int, float, int, bool, float]


class _Rows:
    """The words of one row laid against the columns: what each run would cost where."""

    def __init__(self, layout: CompiledLayout, row: tuple[tuple[str, ...], ...]) -> None:
        self.words = [word for cell in row for word in cell]
        self.cell_of = [index for index, cell in enumerate(row) for _ in cell]
        self.columns, self.positions = layout.data_columns, layout.positions
        self.end, self.width = len(self.words), len(self.columns)
        self.tabular = layout.spec.shape == "table" and self.end <= LONGEST_ROW
        beginnings = (" ".join(self.words[:count]) for count in range(1, min(self.end, LONGEST_RUN) + 1))
        says_no_data = any(map(cells.is_no_data, beginnings)) or (
            self.tabular and any(cell and cells.says_no_data(" ".join(cell)) for cell in row)
        )
        self.required = 0.0 if says_no_data else MISSING_REQUIRED
        self.drops = [_drop_cost(word) for word in self.words]

    def fills_cells(self, first: int, last: int) -> bool:
        """Whether the words fill one printed table cell."""
        cell = self.cell_of[first]
        return (
            self.tabular
            and cell == self.cell_of[last - 1]
            and (first == 0 or self.cell_of[first - 1] != cell)
            and (last == self.end or self.cell_of[last] != cell)
        )

    def options(self, word: int, column: int) -> list[_Option]:
        """Runs from ``word`` on that could stand in ``column``, the longest first."""
        spec = self.columns[column]
        found = []
        for length, cost, doubled in _runs(spec.kind, spec.overflows, tuple(self.words[word : word + LONGEST_RUN])):
            last, after, fitted = word + length, 0, cost
            if cost >= LENIENT and length > 1 and spec.kind in ("period", "value", "target"):
                # Words of unknown form are one text only where they fill a printed cell.
                if not self.fills_cells(word, last):
                    continue
                cost += MANY_WORDS * max(0, length - 3)
            if self.tabular:
                cell = self.cell_of[word]
                borders = self.cell_of[last - 1] - cell
                if spec.overflows and borders:
                    # A tail that spilled over the border does not move the columns that follow.
                    borders -= 1
                    after = cell - self.positions[column]
                else:
                    after = self.cell_of[last - 1] - self.positions[column]
                cost += (MOVED_A_CELL if doubled else CROSSES_A_BORDER) * borders
            found.append((length, cost, after, doubled, fitted))
        return found

    def moved(self, word: int, column: int, shift: int) -> float:
        return MOVED_A_CELL * abs(self.cell_of[word] - self.positions[column] - shift) if self.tabular else 0.0

    def empty(self, column: int, shared_open: bool) -> float:
        """Cost of leaving a column without words."""
        spec = self.columns[column]
        return (self.required if spec.required else 0.0) + (
            ONLY_FIRST_OF_SHARED_CELL if spec.shares_cell and shared_open else 0.0
        )

    def opens(self, column: int) -> bool:
        return column + 1 < self.width and self.columns[column + 1].shares_cell


def _cheapest(layout: CompiledLayout, row: tuple[tuple[str, ...], ...]) -> Alignment:
    """The cheapest assignment. Forward, which states can be reached; backward, the cheapest way on from each."""
    rows = _Rows(layout, row)
    end, width = rows.end, rows.width
    options = [[rows.options(word, column) for column in range(width)] for word in range(end)]
    reached: list[list[set[_Offset]]] = [[set() for _ in range(width + 1)] for _ in range(end + 1)]
    reached[0][0].add((0, False))
    for word in range(end + 1):
        for column in range(width):
            states = reached[word][column]
            if not states:
                continue
            reached[word][column + 1].update((shift, False) for shift, _ in states)
            if word < end:
                reached[word + 1][column] |= states
                opens = rows.opens(column)
                for length, _, after, _, _ in options[word][column]:
                    reached[word + length][column + 1].add((after, opens))
    # Each state's cost from there to the end, and the step that is taken in it.
    left = [0.0] * (end + 1)
    for word in reversed(range(end)):
        left[word] = rows.drops[word] + left[word + 1]
    costs: list[list[dict[_Offset, float]]] = [[{} for _ in range(width)] for _ in range(end + 1)]
    steps: dict[tuple[int, int, _Offset], _Option | None] = {}
    for word in reversed(range(end + 1)):
        for column in reversed(range(width)):
            for state in reached[word][column]:
                cheapest, step = _step(rows, options, costs, left, word, column, state)
                costs[word][column][state] = cheapest
                steps[word, column, state] = step
    return _traced(rows, steps, costs[0][0][(0, False)])


def _step(
    rows: _Rows,
    options: list[list[list[_Option]]],
    costs: list[list[dict[_Offset, float]]],
    left: list[float],
    word: int,
    column: int,
    state: _Offset,
) -> tuple[float, _Option | None]:
    """The cheapest cost from a state to the end, and its step: a run, a dropped word, or None for an empty column."""
    shift, shared_open = state
    last_column = column + 1 == rows.width
    cheapest = float("inf")
    step: _Option | None = None
    if word < rows.end:
        moved, opens = rows.moved(word, column, shift), rows.opens(column)
        for option in options[word][column]:
            cost = option[1] + moved
            if cost >= cheapest:
                continue
            last = word + option[0]
            rest = left[last] if last_column else costs[last][column + 1][option[2], opens]
            if cost + rest < cheapest - 1e-9:
                cheapest, step = cost + rest, option
    empty = rows.empty(column, shared_open)
    if empty < cheapest:
        rest = left[word] if last_column else costs[word][column + 1][shift, False]
        if empty + rest < cheapest - 1e-9:
            cheapest, step = empty + rest, None
    if word < rows.end and (cost := rows.drops[word]) < cheapest:
        rest = costs[word + 1][column][state]
        if cost + rest < cheapest - 1e-9:
            cheapest, step = cost + rest, (0, cost, shift, shared_open, cost)
    return cheapest, step


def _traced(rows: _Rows, steps: dict[tuple[int, int, _Offset], _Option | None], cost: float) -> Alignment:
    """The placements and dropped words of the cheapest way from the first word and column on."""
    placements, dropped = [], []
    word = column = 0
    state: _Offset = (0, False)
    while column < rows.width:
        step = steps[word, column, state]
        if step is None:
            column, state = column + 1, (state[0], False)
            continue
        length, _, after, doubled, fitted = step
        if not length:
            dropped.append(word)
            word += 1
            continue
        placements.append(Placement(column, word, word + length, rows.cell_of[word], doubled, fitted))
        state = (after, rows.opens(column))
        word, column = word + length, column + 1
    return Alignment(cost, tuple(placements), (*dropped, *range(word, rows.end)))


def _drop_cost(word: str) -> float:
    if not cells.is_glyph(word):
        return UNPLACED_WORD
    return DROPPED_LETTER if word.isalpha() else DROPPED_GLYPH


@lru_cache(maxsize=65536)
def _runs(kind_name: str, overflows: bool, words: tuple[str, ...]) -> tuple[tuple[int, float, bool], ...]:
    """The runs at the beginning of ``words`` that could be such a cell: length, cost, whether printed twice."""
    kind = cells.KINDS[kind_name]
    words = tuple(takewhile(lambda word: len(word) <= LONGEST_WORD, words))
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
