"""Figures that what is printed around them puts in doubt: one rule for all layouts, on the aligned row.

A figure is never the tail or the neighbour of what is printed. What was taken is held against the words that were
left over beside it, and against the cells next to it: a number that may be a part of another one, or two in one,
stays text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from ingest.dashboards import cells as kinds
from ingest.dashboards.alignment import LENIENT, Alignment, Placement
from ingest.dashboards.layouts import Column, CompiledLayout

FIGURES = ("value", "benchmark", "target")
#: What text extraction makes of an arrow.
ARROW_READ_AS = "5"
#: From this cost on a kind of figure takes a text for damaged.
DAMAGED = 2.0
#: From this cost on the words of a direction are none that is known.
UNKNOWN_WORDS = 4.0
#: A word that may be a number, a part of one or the sign before one; letters that digits are misread as.
_NUMBERISH = re.compile(r".*[0-9].*|[<>\u2264\u2265]=?|[lIOoSBZ|.,]", re.DOTALL)
#: A period that says no year: what follows it may have been the year.
_OPEN_PERIOD = re.compile(
    r"(?:Q|Qtr|Quarter) ?[1-4]|(?:spring|summer|autumn)(?: term)?|H[12]|[a-z]{3,9}", re.IGNORECASE
)
#: A word that is rather a piece of a figure than of a year, and a mark that is neither.
_PIECE = re.compile(r"[0-9.,]{1,3}%?|[0-9.,]+%|[lIOoSBZ|]|[\u2022\u00b7_*:;~^`'-]")
#: What is left of a quarter beside its year.
_QUARTER_PIECE = re.compile(r"Q[1-4lIOoSBZ]?|[1-4]Q", re.IGNORECASE)
#: What may be the end of a number, before a period that is whole without it.
_END_OF_NUMBER = re.compile(r"[0-9.,]+")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_BARE_DIGITS = re.compile(r"[<>]?[0-9]+")
_DECIMAL = re.compile(r"[<>]?[0-9]+[.][0-9]+")
_NO_PERCENT = re.compile(r"[<>]?[0-9]+(?:[.][0-9]+)?")
_LONE_DIGIT = re.compile(r"[0-9]")
_REST = re.compile(r"[0-9.,]+%?")
_TAIL = re.compile(r"[.,][0-9]+%?")
_QUARTILE = re.compile(r"[1-4]")
_SWALLOWED = {
    "quartile": re.compile(r"[1-4](?P<rest>[0-9]+(?:\.[0-9]+)?%?)"),
    "period": re.compile(r"(?:Q[1-4]|(?:19|20)[0-9]{2})(?P<rest>[0-9][0-9.,]*%?)"),
}


def attach(layout: CompiledLayout, words: list[str], cell_of: list[int], alignment: Alignment) -> Alignment:
    """The alignment with left-over numbers given to the figure that they stand beside, which so is none any more."""
    columns = layout.data_columns
    placements = list(alignment.placements)
    dropped = set(alignment.dropped)
    _give_up_digits(layout, words, cell_of, placements, dropped)
    _give_up_years(layout, words, placements, dropped)
    _give_up_days(layout, words, cell_of, placements, dropped)
    _settle_doubled_quartile(layout, words, placements)
    taken: set[int] = set()
    for run in _runs(sorted(dropped), words, cell_of):
        left = next((i for i, placed in enumerate(placements) if placed.last == run[0]), None)
        right = next((i for i, placed in enumerate(placements) if placed.first == run[-1] + 1), None)
        owner = _owner(columns, words, cell_of, placements, run, left, right)
        if owner is None:
            continue
        placed = placements[owner]
        if owner == left and columns[placed.column].kind != "period":
            run = run[: 1 + max(i for i, index in enumerate(run) if _NUMBERISH.fullmatch(words[index]))]
        placements[owner] = replace(
            placed, first=min(placed.first, run[0]), last=max(placed.last, run[-1] + 1), doubled=False
        )
        taken.update(run)
    return replace(alignment, placements=tuple(placements), dropped=tuple(sorted(dropped - taken)))


def _give_up_digits(
    layout: CompiledLayout, words: list[str], cell_of: list[int], placements: list[Placement], dropped: set[int]
) -> None:
    """A digit beside a figure is no direction and no quartile printed twice, unless it has a cell of its own."""
    columns = layout.data_columns
    for placed in list(placements):
        place = placements.index(placed)
        kind, at = columns[placed.column].kind, placed.first
        if kind == "comparison" and placed.last == at + 1 and words[at].isdigit():
            before = next((o for o in placements if o.last == at and columns[o.column].kind in FIGURES), None)
            after = next((o for o in placements if o.first == at + 1 and columns[o.column].kind in FIGURES), None)
            # What became of an arrow stands alone in its cell; another digit than the usual may be a figure's.
            alone = layout.spec.shape == "table" and cell_of.count(cell_of[at]) == 1
            if words[at] == ARROW_READ_AS:
                # A cell more than the layout has follows: the digit may have been broken off the figure before it.
                whole = not (before and words[at - 1][-1:].isdigit() and _is_moved_behind(layout, placements, place))
            else:
                whole = not (before and _DECIMAL.fullmatch(words[at - 1])) and not (
                    after and is_possible(words[at] + words[at + 1])
                )
            if (before or after) and not (alone and whole):
                placements.remove(placed)
                dropped.add(at)
        elif kind == "comparison" and placed.cost >= UNKNOWN_WORDS and placed.last in dropped:
            # "1 out of 9": unknown words between a figure and a number belong to the two.
            if (
                any(o.last == at and columns[o.column].kind in FIGURES for o in placements)
                and words[placed.last].isdigit()
            ):
                placements.remove(placed)
                dropped.update(range(at, placed.last))
        elif (
            kind in FIGURES
            and placed.last - at > 1
            and words[placed.last - 1].isdigit()
            and words[placed.last - 2].endswith("%")
            and cell_of[placed.last - 1] != cell_of[placed.last - 2]
        ):
            # A digit in the next cell is no mark of a footnote.
            placements[place] = replace(placed, last=placed.last - 1)
            dropped.add(placed.last - 1)
        elif (
            kind == "quartile"
            and placed.doubled
            and cell_of[at : placed.last + 1].count(cell_of[at]) == 3
            and is_possible(words[at] + words[placed.last])
        ):
            placements[place] = replace(placed, last=at + 1, doubled=False)
            dropped.add(at + 1)


def _is_moved_behind(layout: CompiledLayout, placements: list[Placement], place: int) -> bool:
    """Whether the columns after one stand further to the right of their places than it does itself."""
    if place + 1 == len(placements):
        return False
    own, after = placements[place], placements[place + 1]
    return after.cell - layout.positions[after.column] > own.cell - layout.positions[own.column]


def _give_up_years(layout: CompiledLayout, words: list[str], placements: list[Placement], dropped: set[int]) -> None:
    """Digits that make a period of the text before them are the rest of its year and no figure."""
    columns = layout.data_columns
    for one, two in list(pairwise(placements)):
        if columns[one.column].kind != "period" or columns[two.column].kind not in FIGURES or one.last != two.first:
            continue
        period = " ".join(words[one.first : one.last])
        if two.last == two.first + 1 and not kinds.is_period(period) and kinds.is_period(period + words[two.first]):
            placements.remove(two)
            dropped.add(two.first)


def _give_up_days(
    layout: CompiledLayout, words: list[str], cell_of: list[int], placements: list[Placement], dropped: set[int]
) -> None:
    """Digits between a number and a period that is whole without them are no day: they may be the number's last."""
    columns, positions = layout.data_columns, layout.positions
    for one, two in list(pairwise(placements)):
        if columns[one.column].kind not in FIGURES or columns[two.column].kind != "period" or one.last != two.first:
            continue
        rest = " ".join(words[two.first + 1 : two.last])
        if not words[one.last - 1][-1:].isdigit() or not _END_OF_NUMBER.fullmatch(words[two.first]):
            continue
        in_place = cell_of[two.first] > cell_of[one.last - 1] and one.cell <= positions[one.column]
        if kinds.is_period(rest) and not (in_place and kinds.is_period(" ".join(words[two.first : two.last]))):
            placements[placements.index(two)] = replace(two, first=two.first + 1)
            dropped.add(two.first)


def _settle_doubled_quartile(layout: CompiledLayout, words: list[str], placements: list[Placement]) -> None:
    """The digit of the quartile in the place of a target, with no colour between, is the quartile printed twice."""
    columns = layout.data_columns
    for one, two in list(pairwise(placements)):
        if columns[one.column].kind != "target" or columns[two.column].kind != "quartile" or two.doubled:
            continue
        texts = words[one.first : two.last]
        if one.last == two.first and len(texts) == 2 and texts[0] == texts[1] and _QUARTILE.fullmatch(texts[0]):
            placements[placements.index(two)] = replace(two, first=one.first, doubled=True)
            placements.remove(one)


def _runs(indexes: list[int], words: list[str], cell_of: list[int]) -> list[list[int]]:
    """Indexes grouped into runs without a gap; a border parts numbers from other words."""

    def goes_on(index: int) -> bool:
        pair = words[index - 1 : index + 1]
        return cell_of[index] == cell_of[index - 1] or all(map(_NUMBERISH.fullmatch, pair))

    runs: list[list[int]] = []
    for index in indexes:
        if runs and runs[-1][-1] == index - 1 and goes_on(index):
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _owner(
    columns: tuple[Column, ...],
    words: list[str],
    cell_of: list[int],
    placements: list[Placement],
    run: list[int],
    left: int | None,
    right: int | None,
) -> int | None:
    """Which placement the left-over words of a run belong to; None where they touch no figure and no open period."""

    def kind(place: int | None) -> str:
        return "" if place is None else columns[placements[place].column].kind

    texts = [words[index] for index in run]
    if left is not None and kind(left) == "period":
        period = " ".join(words[placements[left].first : placements[left].last])
        if kinds.is_period(period + texts[0]) and not kinds.is_period(period):
            return left
        if _OPEN_PERIOD.fullmatch(period) and not all(map(_PIECE.fullmatch, texts)):
            return left
        if _QUARTER_PIECE.fullmatch(texts[0]):
            return left
    if right is not None and kind(right) == "period" and _QUARTER_PIECE.fullmatch(texts[-1]):
        return right
    if not any(map(_NUMBERISH.fullmatch, texts)):
        return None
    if not any(character.isdigit() for text in texts for character in text):
        # A letter or a sign may be a misread digit or a point only where it leads a figure.
        if right is None or kind(right) not in FIGURES:
            return None
        if texts[-1] not in (".", ",") and cell_of[run[-1]] != cell_of[placements[right].first]:
            return None
    figures = [place for place in (left, right) if kind(place) in FIGURES]
    if len(figures) == 2 and left is not None and right is not None:
        # The beginning of a number belongs to what follows; what is whole or ends a number, to what stands before.
        same_cell = cell_of[run[-1]] == cell_of[placements[right].first]
        if texts[-1].endswith(("%", ")")):
            return left
        ended = not words[run[0] - 1][-1:].isdigit() and is_possible(texts[-1] + words[placements[right].first])
        return right if same_cell or ended else left
    if figures:
        return figures[0]
    return next((place for place in (left, right) if kind(place) == "quartile"), None)


def without_room(layout: CompiledLayout, cell_of: list[int], placements: tuple[Placement, ...]) -> set[str]:
    """Columns whose text leaves no table cell for the empty column before it; in running lines all of them."""
    columns, positions = layout.data_columns, layout.positions
    if layout.spec.shape == "flow":
        return {column.column for column in columns}
    out = set()
    before = -1
    ended = -1
    for placed in placements:
        missing = len({positions[column] for column in range(before + 1, placed.column)} - {positions[placed.column]})
        if placed.cell - ended - 1 < missing:
            out.add(columns[placed.column].column)
        before, ended = placed.column, cell_of[placed.last - 1]
    return out


def run_together(layout: CompiledLayout, found: dict[str, str], cramped: set[str]) -> list[tuple[str, str | None]]:
    """Columns whose number may be a part of another or two in one, with the reason; None where the one before says it.

    ``cramped`` are the columns that leave no room for an empty one before them.
    """
    out: list[tuple[str, str | None]] = []
    columns = layout.data_columns
    for index in range(1, len(columns)):
        first, second = columns[index - 1], columns[index]
        if second.shares_cell and _may_be_one(found, first, second):
            reason = (
                "Two numbers stand in one cell that may be one with a space in it. Neither is taken: compare with the "
                "document."
            )
            out += [(first.column, reason), (second.column, None)]
        elif (
            first.kind in _SWALLOWED
            and first.column not in found
            and second.column in cramped
            and (text := found.get(second.column))
            and second.kind in FIGURES
            and (swallowed := _SWALLOWED[first.kind].fullmatch(text))
            and kinds.is_number(swallowed["rest"])
        ):
            name = first.column.removesuffix("_text").replace("_", " ")
            out.append(
                (
                    second.column,
                    f"The {name} before this number is missing, and the number begins as one: the two may have run "
                    "together. It is not taken: compare with the document.",
                )
            )
    return out


def _may_be_one(found: dict[str, str], first: Column, second: Column) -> bool:
    """Whether two texts of one printed cell may be one number with a space in it."""
    one, two, value = found.get(first.column), found.get(second.column), found.get("value_text", "")
    two = two.split()[0] if two else None
    if not one or not two or not _REST.fullmatch(two):
        return False
    if _BARE_DIGITS.fullmatch(one):
        return "%" in two or "." in two or "%" in value or "." in value
    # A point in the first: the second would be its last decimals, of which two are usual.
    decimals = one.partition(".")[2] + two.rstrip("%")
    whole = len(decimals) > 2 and (kinds.KINDS[second.kind].fit(found[second.column]) or 0.0) < LENIENT
    return _DECIMAL.fullmatch(one) is not None and decimals.isdigit() and not whole


def broken_off(layout: CompiledLayout, words: list[str], placements: tuple[Placement, ...]) -> dict[str, bool]:
    """Columns with one half of a number of which the other stands in the column beside it; False where that says so."""
    out: dict[str, bool] = {}
    _part_at_points(layout, words, placements, out)
    for one, two in pairwise(placements):
        first, second = layout.data_columns[one.column], layout.data_columns[two.column]
        if first.kind not in (*FIGURES, "quartile", "period") or second.kind not in FIGURES or one.last != two.first:
            continue
        left, right = words[one.last - 1], words[two.first]
        if first.kind == "period":
            period = " ".join(words[one.first : one.last])
            if any(is_possible(digits + right) for digits in _digits_too_many(period)):
                out.setdefault(second.column, True)
            continue
        if first.kind == "quartile":
            before = next((placed for placed in placements if placed.last == one.first), None)
            if left.isdigit() and is_possible(left + right) and _is_no_quartile(layout, words, one, before):
                out.setdefault(second.column, True)
            continue
        side_by_side = two.column > one.column + 1 and two.cell <= one.cell + 1
        parted = side_by_side and ("%" in right or "." in left + right)
        if parted and _NO_PERCENT.fullmatch(left) and _REST.fullmatch(right):
            # Nothing stands between the two where something should.
            out.setdefault(first.column, True)
            out.setdefault(second.column, second.kind == "value")
        if left.endswith((".", ",")) and right[:1].isdigit():
            out.setdefault(second.column, True)
        if left[-1:].isdigit() and _TAIL.fullmatch(right):
            out.setdefault(first.column, True)
    return out


def _part_at_points(
    layout: CompiledLayout, words: list[str], placements: tuple[Placement, ...], out: dict[str, bool]
) -> None:
    """Add the figures beside a point that stands alone between digits: it is a number's and no mark of its own."""
    for one, point, two in zip(placements, placements[1:], placements[2:], strict=False):
        if point.last != point.first + 1 or words[point.first] not in (".", ","):
            continue
        if one.last != point.first or two.first != point.last:
            continue
        if words[one.last - 1][-1:].isdigit() and words[two.first][:1].isdigit():
            columns = [layout.data_columns[placed.column] for placed in (one, two)]
            out.update((column.column, True) for column in columns if column.kind in FIGURES)


def _digits_too_many(text: str) -> list[str]:
    """The ends of a text that is no period, each of digits without which it would be one."""
    if kinds.is_period(text):
        return []
    digits = len(text) - len(text.rstrip("0123456789.,"))
    return [text[-count:] for count in range(1, digits + 1) if kinds.is_period(text[:-count])]


def _is_no_quartile(layout: CompiledLayout, words: list[str], one: Placement, before: Placement | None) -> bool:
    """Whether a digit in the place of the quartile may be the first one of the number after it."""
    if not _QUARTILE.fullmatch(words[one.last - 1]):
        return True
    if one.first and _LONE_DIGIT.fullmatch(words[one.first - 1]):
        # Another digit stands before it, which may be the quartile.
        return True
    # The quartile's own place says n/a: the digit is one more.
    in_its_place = (
        before is not None and before.cell == layout.positions[one.column] and before.last == before.first + 1
    )
    return layout.spec.shape == "table" and in_its_place and kinds.is_missing(words[before.first])


def is_possible(text: str) -> bool:
    """Whether a text is a number and, as a percentage, not above 100."""
    return kinds.is_number(text) and not (text.endswith("%") and float(text[:-1].replace(",", "").strip()) > 100)


def lone_half(layout: CompiledLayout, found: dict[str, str]) -> list[tuple[str, str, str]]:
    """Quartiles without an average and averages without a quartile: code, column and what a person is told."""
    for quartile, benchmark in zip(layout.data_columns, layout.data_columns[1:], strict=False):
        if (quartile.kind, benchmark.kind) != ("quartile", "benchmark"):
            continue
        place, average = found.get(quartile.column), found.get(benchmark.column)
        value = found.get("value_text", "")
        if not average and _is_damaged_beside(layout, found, benchmark):
            # The average is in what the shared cell holds, which is no number and says so.
            return []
        if place and _QUARTILE.fullmatch(place) and not average:
            return [
                (
                    "average_missing",
                    benchmark.column,
                    "A quartile is printed and no average beside it. Compare with the document.",
                )
            ]
        if place and _QUARTILE.fullmatch(place) and average == place:
            return [
                (
                    "average_missing",
                    benchmark.column,
                    "What stands in the place of the average is the digit of the quartile again; the average may be "
                    "lost. Compare with the document.",
                )
            ]
        if place and _QUARTILE.fullmatch(place) and _LONE_DIGIT.fullmatch(average or "") and "%" in value:
            message = (
                "The figure of this row is a percentage and its average a single digit, so the average may be lost. It "
                "is taken as printed: compare with the document."
            )
            return [("average_missing", benchmark.column, message)]
        if average and _QUARTILE.fullmatch(average) and place and kinds.is_missing(place):
            message = "The average is a digit as a quartile is, and the quartile is n/a. Compare with the document."
            return [("quartile_missing", quartile.column, message)]
        if average and kinds.is_number(average) and (not place or kinds.is_glyph(place)):
            return [
                (
                    "quartile_missing",
                    quartile.column,
                    "An average is printed and no quartile beside it. Compare with the document.",
                )
            ]
    return []


def _is_damaged_beside(layout: CompiledLayout, found: dict[str, str], column: Column) -> bool:
    """Whether the column that shares a cell with this one holds a text that is no such figure."""
    after = next((other for one, other in pairwise(layout.data_columns) if one is column and other.shares_cell), None)
    text = found.get(after.column, "") if after else ""
    return bool(text and after) and (kinds.KINDS[after.kind].fit(text) or 0.0) >= DAMAGED


def unlikely(layout: CompiledLayout, found: dict[str, str]) -> list[tuple[str, str, str]]:
    """Figures that are taken as printed and are rather something else: code, column and what a person is told."""
    out = []
    for first, second in pairwise(layout.data_columns):
        one = found.get(first.column, "")
        if second.shares_cell and one == found.get(second.column) and kinds.is_number(one.lstrip("<>=")):
            out.append(
                (
                    "figures_alike",
                    second.column,
                    "The same figure stands twice in a cell that two columns share, so it may be one that is printed "
                    "twice. Both are taken: compare with the document.",
                )
            )
    has_colours = any(column.kind == "rag" for column in layout.data_columns)
    if has_colours and _LONE_DIGIT.fullmatch(found.get("target_text", "")) and "rag_text" not in found:
        out.append(
            (
                "target_without_colour",
                "target_text",
                "A single digit stands in the place of the target, and no colour beside it, so it may be none. It is "
                "taken as printed: compare with the document.",
            )
        )
    for column in layout.data_columns:
        if column.kind in FIGURES and _YEAR.fullmatch(found.get(column.column, "")):
            out.append(
                (
                    "year_as_figure",
                    column.column,
                    "This number looks like a year, and a word of a period may have come into its cell. It is taken "
                    "as printed: compare with the document.",
                )
            )
    return out


def target_is_quartile(found: dict[str, str]) -> bool:
    """Whether there is no figure, and the target is the digit of the quartile, which then is printed twice."""
    target = found.get("target_text", "")
    return (
        _QUARTILE.fullmatch(target) is not None and target == found.get("quartile_text") and "value_text" not in found
    )


def two_periods(
    layout: CompiledLayout, words: list[str], cell_of: list[int], placements: tuple[Placement, ...]
) -> list[str]:
    """Columns whose period is put together from two table cells of which each holds a whole one."""
    out = []
    for placed in placements:
        if layout.data_columns[placed.column].kind != "period" or placed.doubled:
            continue
        cut = next((i for i in range(placed.first, placed.last) if cell_of[i] != cell_of[placed.first]), None)
        if cut is None:
            continue
        if all(kinds.is_period(" ".join(words[a:b])) for a, b in ((placed.first, cut), (cut, placed.last))):
            out.append(layout.data_columns[placed.column].column)
    return out
