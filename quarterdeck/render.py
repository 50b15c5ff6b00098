"""Query results as a table for people, or as CSV or JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from publishing.queries import Result

NULL = "null"
_GAP = 3
#: A column that has at least this many characters can be read although it wraps.
_READABLE = 30


#: What acts on a terminal instead of being shown: control characters, and marks that turn the direction of writing.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BREAKS = {"\n": "\\n", "\t": "\\t"}


def printable(text: str) -> str:
    """Text from data as it may stand on a terminal: what would act there is written out, as ``\\x1b``."""
    return _ACTS.sub(_written_out, text)


def one_line(text: str) -> str:
    """As ``printable``, with line ends and tabs written out too: a name cannot pass for a line of its own."""
    return printable(text).translate(str.maketrans(_BREAKS))


def _written_out(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


class _Escaped:
    """Something to print, of whose words nothing acts on the terminal."""

    def __init__(self, content: ConsoleRenderable) -> None:
        self._content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self._content, options):
            yield Segment(text if control else printable(text), style, control)


class _EscapeAll(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Escaped(content) for content in renderables]


def console_of(stream: TextIO, **options: Any) -> Console:
    """A console on which nothing that comes from data acts; whatever the command prints goes through one."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False, **options)
    console.push_render_hook(_EscapeAll())
    return console


class Format(StrEnum):
    """How a result is printed."""

    table = "table"
    csv = "csv"
    json = "json"


class _EscapingStream:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(printable(text))


def show(result: Result, how: Format, console: Console, limit: int = 0) -> None:
    """Print a result. `limit` cuts tables only, and says so; 0 shows everything."""
    # A program gets the text as it is; on a terminal nothing in it may act.
    stream = _EscapingStream(console.file) if console.is_terminal else console.file
    if how is Format.csv:
        _write_csv(result, stream)
    elif how is Format.json:
        _write_json(result, stream)
    else:
        _print_table(result, console, limit)


def text_of(value: Any) -> str:
    """A value as a person reads it: no trailing zeros of a decimal, no microseconds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _print_table(result: Result, console: Console, limit: int) -> None:
    if not result.rows:
        console.print(f"No rows. Columns: {', '.join(result.columns)}", style="dim", highlight=False, markup=False)
        return
    shown = result.rows[:limit] if limit else result.rows
    widths = [
        max(len(column), *(len(NULL if row[index] is None else one_line(text_of(row[index]))) for row in shown))
        for index, column in enumerate(result.columns)
    ]
    # In a narrow terminal one column may wrap, the widest; where that is not enough, rows are printed as records.
    widest = max(range(len(widths)), key=widths.__getitem__)
    rest = sum(widths) - widths[widest] + _GAP * (len(widths) - 1)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index, column in enumerate(result.columns):
        numbers = all(isinstance(row[index], (int, float, Decimal, type(None))) for row in shown)
        table.add_column(
            Text(one_line(column)), justify="right" if numbers else "left", overflow="fold", no_wrap=index != widest
        )
    for row in shown:
        table.add_row(
            *(Text(NULL, style="dim italic") if value is None else Text(one_line(text_of(value))) for value in row)
        )
    if console.is_terminal and rest + min(widths[widest], _READABLE) > console.width:
        _print_records(result.columns, shown, console)
    elif console.is_terminal:
        console.print(table)
    else:
        # A pipe has no width: nothing is wrapped or cut for it.
        wide = console_of(console.file, width=100_000, color_system=None)
        with wide.capture() as captured:
            wide.print(table)
        console.file.write("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")
    if len(shown) < len(result.rows):
        console.print(
            f"{len(shown)} of {len(result.rows)} rows; --limit 0 shows all of them.",
            style="dim",
            highlight=False,
        )


def _print_records(columns: Sequence[str], rows: Sequence[Sequence[Any]], console: Console) -> None:
    """Each row as lines of column and value: for a terminal too narrow for the table."""
    width = max(len(column) for column in columns)
    for number, row in enumerate(rows, start=1):
        console.rule(f"{number}", align="left", style="dim")
        for column, value in zip(columns, row, strict=True):
            line = Text(f"{column:<{width}}  ", style="bold")
            line.append(
                NULL if value is None else one_line(text_of(value)), style="dim italic" if value is None else "not bold"
            )
            console.print(line)


def _write_csv(result: Result, stream: TextIO) -> None:
    for row in (result.columns, *result.rows):
        stream.write(",".join(_csv_field(value) for value in row) + "\n")


def _csv_field(value: Any) -> str:
    # Null is an empty field, an empty text is a quoted one: the two stay apart.
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, (date, datetime)) else text_of(value)
    if text == "" or any(mark in text for mark in ',"\n\r') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def _write_json(result: Result, stream: TextIO) -> None:
    columns = _distinct(result.columns)
    rows = [dict(zip(columns, row, strict=True)) for row in result.rows]
    lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False, default=_json_value) for row in rows)
    stream.write(f"[\n{lines}\n]\n" if rows else "[]\n")


def _json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def _distinct(columns: Sequence[str]) -> list[str]:
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names
