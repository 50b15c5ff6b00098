"""Lines to rows of text cells, with an account of every line.

``read`` walks a file once in a known layout. Each source line gets exactly one disposition; what
fits nothing is ``unrecognised`` and a problem. ``ingest.tables`` and ``ingest.flow`` decide which lines
belong together, ``ingest.alignment`` which words belong to which column.
"""

from __future__ import annotations

from ingest.errors import FileRejected
from ingest.flow import FlowWalk
from ingest.layouts import CompiledLayout
from ingest.tables import TableWalk
from ingest.walk import CUT, Problem, Reading, Row

__all__ = ["CUT", "Problem", "Reading", "Row", "read"]


#: The longest line of a dashboard, in characters, that is read: the patterns of a layout look at whole lines.
MAX_LINE = 20_000


def read(lines: list[str], layout: CompiledLayout, *, area_name: str = "", ends_with_newline: bool = True) -> Reading:
    """Read the lines of one file in ``layout``.

    ``area_name`` stands for ``{area}`` in the layout's headings. Raises FileRejected (no_rows,
    two_editions, unknown_layout, too_costly) when the lines do not make one edition in this layout.
    """
    _check_lines(lines)
    walk = (TableWalk if layout.spec.shape == "table" else FlowWalk)(lines, layout, area_name)
    walk.run()
    walk.finish(ends_with_newline)
    return Reading(layout.name, walk.dispositions, walk.row_of_line, walk.rows, walk.problems)


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
