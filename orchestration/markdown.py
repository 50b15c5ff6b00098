"""Small tables for the UI.

Belongs here: turning rows into Markdown that a person can read in a metadata pane. No meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

_LONGEST_CELL = 120


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; long cells are cut, null is a dash."""
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "\N{EN DASH}"
    text = " ".join(str(value).split()).replace("|", "\\|")
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "\N{HORIZONTAL ELLIPSIS}"
