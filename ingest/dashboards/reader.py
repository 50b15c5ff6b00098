"""Lines to rows of text cells, with an account of every line.

``read`` walks a file once in a known layout. Each source line gets exactly one disposition; what
fits nothing is ``unrecognised`` and a problem. ``ruled_tables`` and ``lines`` decide which lines belong
together, ``alignment`` which words belong to which column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ingest.dashboards.layouts import CompiledLayout
from ingest.dashboards.lines import FlowWalk
from ingest.dashboards.rows import CUT, Reading, Row
from ingest.dashboards.ruled_tables import TableWalk
from ingest.intake.characters import normal, words_as_printed
from ingest.intake.errors import FileRejected

HEADING_COLUMNS = frozenset({"section_text", "theme_text"})

__all__ = ["CUT", "Reading", "Row", "read"]


#: The longest line of a dashboard, in characters, that is read: the patterns of a layout look at whole lines.
MAX_LINE = 20_000


def read(lines: list[str], layout: CompiledLayout, *, area_name: str = "", ends_with_newline: bool = True) -> Reading:
    """Read the lines of one file in ``layout``.

    ``area_name`` stands for ``{area}`` in the layout's headings. Raises FileRejected (no_rows,
    two_editions, unknown_layout, too_costly) when the lines do not make one edition in this layout.
    """
    _check_lines(lines)
    judged = [normal(line) for line in lines]
    walk = (TableWalk if layout.spec.shape == "table" else FlowWalk)(judged, layout, area_name)
    walk.run()
    walk.finish(ends_with_newline)
    reading = Reading(layout.name, walk.dispositions, walk.row_of_line, walk.rows, walk.problems)
    other = {index for index, line in enumerate(lines) if line != judged[index]}
    if other:
        _as_printed(reading, lines, other, [column.column for column in layout.spec.columns])
    return reading


def _check_lines(lines: list[str]) -> None:
    longest = max(map(len, lines), default=0)
    if longest > MAX_LINE:
        number = next(number for number, line in enumerate(lines, start=1) if len(line) > MAX_LINE)
        raise FileRejected(
            "too_costly",
            f"Line {number} has {len(lines[number - 1]):,} characters; a line of a dashboard has a few "
            f"hundred, and at most {MAX_LINE:,} are read. Break it where the document does and drop the file again.",
            line_from=number,
        )


def _as_printed(reading: Reading, lines: list[str], other: set[int], columns: list[str]) -> None:
    """Give the cells and problems of lines that were judged in another form the words that are printed."""
    lines_of: dict[int, list[int]] = defaultdict(list)
    for index, number in enumerate(reading.row_of_line):
        if number is not None:
            lines_of[number].append(index)
    # A heading stands above its rows, or in the line of the first of them.
    headings = _Printed(line for line, kind in zip(lines, reading.dispositions, strict=True) if kind == "section")
    everything = _Printed(lines)
    for row in reading.rows:
        for column in HEADING_COLUMNS & row.cells.keys():
            row.cells[column] = everything.look_up(headings.look_up(row.cells[column]))
        if other.isdisjoint(lines_of[row.number]):
            continue
        printed = _Printed(lines[index] for index in lines_of[row.number])
        for column in columns:
            if column in row.cells and column not in HEADING_COLUMNS:
                row.cells[column] = printed.take(row.cells[column])
    for problem in reading.problems:
        if problem.printed_text and problem.line_from:
            about = range(problem.line_from - 1, problem.line_to or problem.line_from)
            if not other.isdisjoint(about):
                problem.printed_text = _Printed(lines[index] for index in about).take(problem.printed_text)


class _Printed:
    """The words of some lines as printed, to be looked up by their normal form, each occurrence once."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.forms: dict[str, list[str]] = {}
        for line in lines:
            for alike, printed in words_as_printed(line):
                self.forms.setdefault(alike, []).append(printed)

    def look_up(self, text: str) -> str:
        """The text as it is printed where its words stand first."""
        return " ".join(self.forms.get(word, [word])[0] for word in text.split(" "))

    def take(self, text: str) -> str:
        """The text as it is printed where its words stand that were not yet taken."""
        return " ".join(map(self._take, text.split(" ")))

    def _take(self, word: str) -> str:
        whole = word.removesuffix(CUT)
        forms = self.forms.get(whole)
        if not forms:
            return word
        # The last occurrence is never used up: a problem may repeat what a cell holds.
        return (forms.pop(0) if len(forms) > 1 else forms[0]) + word[len(whole) :]
