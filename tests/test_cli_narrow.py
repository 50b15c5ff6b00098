"""Results in a terminal that is too narrow for them stay readable: nothing is cut to a few letters."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from publishing.queries import Result
from quarterdeck.render import Format, show

RESULT = Result(
    ["edition_key", "layout", "value", "message"],
    [
        (
            "2020-21-q2",
            "compared_to_previous_2020",
            94.6,
            "The heading above this row is lost, so its topic is not known.",
        )
    ],
)


def printed(width: int) -> str:
    stream = io.StringIO()
    show(RESULT, Format.table, Console(file=stream, force_terminal=True, width=width, color_system=None))
    return stream.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_every_short_value_is_printed_whole_at_any_width(width: int) -> None:
    text = printed(width)
    for value in ("2020-21-q2", "compared_to_previous_2020", "94.6", "edition_key"):
        assert value in text
    assert all(len(line) <= width for line in text.splitlines())


def test_a_wide_terminal_shows_a_table_and_a_narrow_one_records() -> None:
    assert len(printed(200).splitlines()) == 3
    assert len(printed(40).splitlines()) > 4
