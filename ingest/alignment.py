"""Which words of a row belong to which column.

Text extraction loses tabs, adds tabs and moves pieces across cell borders. The words of a row keep
their order, and every kind of cell knows what it may look like; so the columns are found by the
cheapest assignment of consecutive words to consecutive columns (dynamic programming). Tabs count as
strong hints: each place where the assignment does not follow them has a cost.

The cost of a row depends on the forms of its words and not on their digits, so assignments are
remembered by form: a thousand rows of the same form are aligned once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ingest import cells
from ingest.layouts import CompiledLayout

MISSING_REQUIRED = 2.0
MOVED_A_CELL = 1.0
CROSSES_A_BORDER = 3.0
DROPPED_GLYPH = 1.5
DROPPED_LETTER = 4.0
UNPLACED_WORD = 8.0
DOUBLED = 0.5
ONLY_FIRST_OF_SHARED_CELL = 1.5
LONGEST_RUN = 7

_DIGITS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Placement:
    """Words ``first`` to ``last`` (exclusive) of a row stand in data column ``column``; ``cell`` is where they begin."""

    column: int
    first: int
    last: int
    cell: int
    doubled: bool


@dataclass(frozen=True)
class Alignment:
    """The cheapest assignment: its cost, the columns' words and the words that belong to none."""

    cost: float
    placements: tuple[Placement, ...]
    dropped: tuple[int, ...]


@lru_cache(maxsize=65536)
def form(word: str) -> str:
    """A word with its digits made alike, unless they tell its kind (periods, short numbers, words)."""
    if len(word) <= 2 or _LETTER.search(word) or cells.is_period(word):
        return word
    return _DIGITS.sub("0", word)


def align(layout: CompiledLayout, row: tuple[tuple[str, ...], ...]) -> Alignment:
    """Assign the words of ``row`` (one tuple of words per table cell after the label) to data columns."""
    return _align(layout, tuple(tuple(map(form, cell)) for cell in row))


@lru_cache(maxsize=65536)
def _align(layout: CompiledLayout, row: tuple[tuple[str, ...], ...]) -> Alignment:
    words = [word for cell in row for word in cell]
    cell_of = [index for index, cell in enumerate(row) for _ in cell]
    columns = layout.data_columns
    positions = layout.positions
    tabular = layout.spec.shape == "table"
    says_no_data = any(
        cells.is_no_data(" ".join(words[:count])) for count in range(1, min(len(words), LONGEST_RUN) + 1)
    )
    required = 0.0 if says_no_data else MISSING_REQUIRED
    end, width = len(words), len(columns)

    @lru_cache(maxsize=None)
    def best(word: int, column: int, shift: int, shared_open: bool) -> tuple[float, tuple, tuple[int, ...]]:
        if word == end and column == width:
            return 0.0, (), ()
        found: tuple[float, tuple, tuple[int, ...]] | None = None

        def consider(cost: float, placement: Placement | None, dropped: int | None, rest: tuple) -> None:
            nonlocal found
            total = cost + rest[0]
            if found is None or total < found[0] - 1e-9:
                placements = rest[1] if placement is None else (placement, *rest[1])
                found = (total, placements, rest[2] if dropped is None else (dropped, *rest[2]))

        if column < width:
            spec = columns[column]
            kind = cells.KINDS[spec.kind]
            for last in range(word + 1, min(end, word + LONGEST_RUN) + 1):
                borders = cell_of[last - 1] - cell_of[word]
                if spec.overflows:
                    borders = max(0, borders - 1)
                text = " ".join(words[word:last])
                cost, doubled = _fit(kind, text, words[word:last])
                if cost is None:
                    cost = _fit_pieces(kind, words[word:last]) if spec.overflows else None
                    if cost is None:
                        continue
                moved = 0
                if tabular:
                    moved = abs(cell_of[word] - positions[column] - shift)
                    cost += MOVED_A_CELL * moved + (DOUBLED if doubled else CROSSES_A_BORDER) * borders
                after = cell_of[last - 1] - positions[column] if tabular else 0
                if spec.overflows and tabular and cell_of[last - 1] > cell_of[word]:
                    # A tail that spilled over the border does not move the columns that follow.
                    after = cell_of[word] - positions[column]
                opens = column + 1 < width and columns[column + 1].shares_cell
                consider(
                    cost,
                    Placement(column, word, last, cell_of[word], doubled),
                    None,
                    best(last, column + 1, after, opens),
                )
            empty = required if spec.required else 0.0
            if spec.shares_cell and shared_open:
                empty += ONLY_FIRST_OF_SHARED_CELL
            consider(empty, None, None, best(word, column + 1, shift, False))
        if word < end:
            if not cells.is_glyph(words[word]):
                cost = UNPLACED_WORD
            else:
                cost = DROPPED_LETTER if words[word].isalpha() else DROPPED_GLYPH
            consider(cost, None, word, best(word + 1, column, shift, shared_open))
        assert found is not None
        return found

    cost, placements, dropped = best(0, 0, 0, False)
    return Alignment(cost, placements, dropped)


def _fit(kind: cells.Kind, text: str, words: list[str]) -> tuple[float | None, bool]:
    cost = kind.fit(text)
    half = len(words) // 2
    if (
        (cost is None or cost > DOUBLED)
        and kind.name not in ("value", "benchmark", "target")
        and len(words) == 2 * half
        and half
        and words[:half] == words[half:]
        and not cells.is_missing(words[0])
    ):
        once = kind.fit(" ".join(words[:half]))
        if once is not None:
            return once + DOUBLED, True
    return cost, False


def _fit_pieces(kind: cells.Kind, words: list[str]) -> float | None:
    """Cost of a value cut in two by a cell border; each piece is a damaged value of its own."""
    if len(words) != 2:
        return None
    costs = [kind.fit(word) for word in words]
    return None if None in costs else max(costs) + DOUBLED  # type: ignore[type-var]
