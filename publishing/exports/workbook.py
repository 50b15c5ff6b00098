"""One Excel workbook: contents, a sheet for each edition as its committee knows it, and the tables that fit on a sheet.

Figures are numbers with the decimals that were printed. What is not a plain figure has a word beside it and a note on
the cell with the reason; a colour never stands alone. Texts are written as texts, never as a formula or a link. There
are no macros.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from publishing.disclosure import SUPPRESSED
from publishing.exports.datapackage import Resource
from publishing.exports.tables import LICENCE, About, Selection, Source

if TYPE_CHECKING:
    import duckdb
    from xlsxwriter.worksheet import Worksheet

EXCEL_ROWS = 1_048_575
#: Beyond this a sheet is slow to open and slow to write: Parquet and CSV hold such a table.
SHEET_ROWS = 50_000
#: The newest editions get a sheet as the committee knows it; a workbook of thousands of sheets does not open.
DASHBOARD_SHEETS = 60
#: Text as it was cut from the files, and the stored halves of wide national tables: for a machine, and long.
_FOR_MACHINES = (
    "source_line", "source_cell", "report_line", "report_number", "fct_national_cell", "fct_national_place",
    "fct_national_trend",
)  # fmt: skip
_CELL_CHARACTERS = 32_000
_EXACT = 2**53
#: From this many cells on the rows are written through to disk instead of being kept.
_CELLS_IN_MEMORY = 1_000_000
_WIDEST = 60
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SHEET_ILLEGAL = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]")

#: Heading and width in characters: together they are read on A4 across without a lens.
_HEADINGS = (
    ("Row", 5),
    ("Topic", 16),
    ("Theme", 11),
    ("Indicator", 38),
    ("Period", 12),
    ("Figure", 9),
    ("Count", 8),
    ("Note", 10),
    ("Previous period", 12),
    ("Previous figure", 9),
    ("Previous note", 10),
    ("Direction", 9),
    ("Judged", 8),
    ("Target", 9),
    ("Status", 9),
    ("Quartile", 8),
    ("Benchmark", 11),
    ("Benchmark of", 16),
    ("As printed", 18),
    ("Source lines", 12),
)
#: The columns after this many lead back to the source: they are on the screen and not on the paper.
_ON_PAPER = 18
_CONTENTS_WIDTHS = (34, 10, 100)
#: Status to the word beside the figure; a plain figure has none.
WORDS = {
    "reported": None,
    "repaired": "Repaired",
    "damaged": "Damaged",
    "not_available": "Not available",
    "see_appendix": "See appendix",
    "withheld": "Withheld by the edition",
    "blank": "Blank",
    SUPPRESSED: "Suppressed",
}
_REASONS = {
    "repaired": "The figure was printed broken; the characters that are present leave one reading.",
    "damaged": "The figure is incomplete or cannot be right, so it is no number here; compare it with the document.",
    "not_available": "The edition says that there is no figure.",
    "see_appendix": "The edition points to an appendix.",
    "withheld": "The edition prints a sign that stands for a number kept back.",
    "blank": "Nothing is printed here.",
    SUPPRESSED: "Withheld: a count of 1 to 4, or a figure that would give one away.",
}
_COLOURS = {
    "green": ("G Green", "#CCE2D8"),
    "amber": ("A Amber", "#FFF1C2"),
    "red": ("R Red", "#F6D7D2"),
    "green_amber": ("G/A Green to amber", "#E6E9CA"),
    "amber_red": ("A/R Amber to red", "#FBE4CA"),
    "blue": ("B Blue", "#D2E2F1"),
}

_DASHBOARD = """
    select
        d.*, p.unit as previous_unit, a.benchmark_has_percent, a.target_has_percent
    from mart_dashboard as d
    left join fct_observation as p
        on p.edition_key = d.edition_key and p.row_number = d.row_number and p.role = 'previous'
    left join fct_assessment as a on a.edition_key = d.edition_key and a.row_number = d.row_number
    where d.edition_key = $1
    order by d.row_number
"""


def write(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    path: Path,
    what: About,
    selection: Selection,
    sheet_rows: int = SHEET_ROWS,
) -> Resource:
    """Write the workbook.

    Tables with more than `sheet_rows` rows, and those that are for machines unless they were asked for by name, are
    named on the first sheet and left out.
    """
    tables = [source for source in sources if selection.tables or source.name not in _FOR_MACHINES]
    fitting = [source for source in tables if source.rows <= min(sheet_rows, EXCEL_ROWS)]
    cells = sum(source.rows * len(source.table.columns) for source in fitting)
    book = _Book(path, what, constant_memory=cells > _CELLS_IN_MEMORY)
    editions, untold = _editions(connection, selection)
    contents = book.sheet("Contents")
    for edition in editions:
        _write_dashboard(connection, book, edition)
    for source in fitting:
        _write_table(book, source)
    _write_contents(connection, book, contents, sources, fitting, untold)
    book.close()
    return Resource(
        name="workbook",
        path=path.name,
        description="The dashboards as committees know them, and the tables that fit on a sheet, as an Excel workbook.",
        format="xlsx",
        mediatype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def sheet_name(wanted: str, taken: Sequence[str]) -> str:
    """A name that Excel takes: 31 characters, none of []:*?/\\, no apostrophe at an end, not used before."""
    plain = _SHEET_ILLEGAL.sub(" ", clean(wanted)).strip(" '") or "Sheet"
    if plain.lower() == "history":
        plain = "History of"
    used = {name.lower() for name in taken}
    name, number = plain[:31].strip(" '"), 1
    while name.lower() in used:
        number += 1
        name = f"{plain[: 28 - len(str(number))].strip()} ({number})"
    return name


def clean(text: str) -> str:
    """The text without characters that XML cannot hold: each becomes the sign for a character that is none (U+FFFD).

    A line break is a line feed there; a text longer than a cell is cut and says so.
    """
    text = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > _CELL_CHARACTERS:
        return f"{text[:_CELL_CHARACTERS]} ... (cut here: {len(text)} characters; whole in Parquet and CSV)"
    return text


@dataclass
class _Book:
    """A workbook with its formats, each made once."""

    path: Path
    what: About
    constant_memory: bool
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._book = xlsxwriter.Workbook(
            str(self.path),
            {
                "constant_memory": self.constant_memory,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": False,
                "tmpdir": str(self.path.parent),
            },
        )
        self._book.set_properties(
            {
                "title": self.what.title,
                "subject": "Dashboards of children's services",
                "author": "Quarterdeck",
                "comments": " ".join(self.what.sentences),
                # The clock would make two files of one warehouse differ.
                "created": self.what.built_at,
            }
        )
        self._formats: dict[tuple, Any] = {}

    def sheet(self, wanted: str) -> Worksheet:
        """A new sheet; printed, it is A4 across and one page wide."""
        self.names.append(sheet_name(wanted, self.names))
        made = self._book.add_worksheet(self.names[-1])
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        return made

    def format(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items())) if properties else ()
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"valign": "top", "font_size": 10, **properties})
        return self._formats[key]

    @property
    def heading(self) -> Any:
        return self.format(bold=True, text_wrap=True, bottom=2, bg_color="#F3F2F1")

    @property
    def title(self) -> Any:
        return self.format(bold=True, font_size=14)

    def close(self) -> None:
        try:
            self._book.close()
        except FileCreateError as error:
            # XlsxWriter wraps what the disk said.
            raise error.args[0] if error.args and isinstance(error.args[0], OSError) else error from error


def _put(sheet: Worksheet, row: int, column: int, value: Any, book: _Book, **look: Any) -> None:
    """Write a value as what it is; nothing for null."""
    if value is None:
        if look:
            sheet.write_blank(row, column, None, book.format(**look))
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, book.format(**look))
    elif isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= _EXACT:
        sheet.write_number(row, column, value, book.format(**look))
    elif isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(row, column, value, book.format(num_format="yyyy-mm-dd hh:mm:ss", **look))
    elif isinstance(value, date) and value.year >= 1900:
        sheet.write_datetime(row, column, value, book.format(num_format="yyyy-mm-dd", **look))
    else:
        sheet.write_string(row, column, clean(str(value)), book.format(**look))


def number_format(decimals: int | None, percent: bool) -> str:
    """The format in which a figure is shown as printed: its decimals, and % without scaling."""
    digits = "#,##0" + (f".{'0' * decimals}" if decimals else "")
    return f'{digits}"%"' if percent else digits


# --- a dashboard --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Edition:
    key: str
    area_name: str
    financial_year: str
    quarter: int
    source_file: str


def _editions(connection: duckdb.DuckDBPyConnection, selection: Selection) -> tuple[list[_Edition], int]:
    """The editions that get a sheet, newest first, and how many do not."""
    rows = connection.execute(
        """
        select edition_key, coalesce(area_name, area_code), financial_year, quarter, source_file
        from dim_edition left join dim_area using (area_code)
        where edition_key = coalesce($1, edition_key) order by period_start desc, edition_key
        """,
        [selection.edition],
    ).fetchall()
    if selection.tables:
        return [], 0
    return [_Edition(*row) for row in rows[:DASHBOARD_SHEETS]], max(0, len(rows) - DASHBOARD_SHEETS)


def _write_dashboard(connection: duckdb.DuckDBPyConnection, book: _Book, edition: _Edition) -> None:
    sheet = book.sheet(edition.key)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.repeat_rows(2)
    sheet.freeze_panes(3, 4)
    title = f"{edition.area_name}: dashboard of {edition.financial_year}, quarter {edition.quarter}"
    _put(sheet, 0, 0, title, book, bold=True, font_size=14)
    _put(sheet, 1, 0, f"Figures as printed in {edition.source_file}. Notes on cells give reasons.", book, italic=True)
    sheet.set_row(2, _height([(heading, width) for heading, width in _HEADINGS]))
    for column, (heading, _) in enumerate(_HEADINGS):
        sheet.write_string(2, column, heading, book.heading)
    cursor = connection.execute(_DASHBOARD, [edition.key])
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    reasons = _reasons(connection, edition.key)
    filled: set[int] = set()
    for line, row in enumerate(rows, start=3):
        cells = list(_dashboard_cells(row, reasons))
        sheet.set_row(line, _height([(cell.value, width) for cell, (_, width) in zip(cells, _HEADINGS, strict=True)]))
        for column, cell in enumerate(cells):
            _put(sheet, line, column, cell.value, book, border=1, border_color="#B1B4B6", **cell.look)
            if cell.value is not None:
                filled.add(column)
            if cell.note:
                sheet.write_comment(line, column, clean(cell.note), {"author": "Quarterdeck", "x_scale": 2})
    for column, (_, width) in enumerate(_HEADINGS):
        # A column that this edition never fills keeps its place, and takes no room.
        sheet.set_column(column, column, width, None, {"hidden": column not in filled})
    last = max(2 + len(rows), 3)
    sheet.autofilter(2, 0, last, len(_HEADINGS) - 1)
    sheet.print_area(0, 0, last, _ON_PAPER - 1)


def _height(cells: Sequence[tuple[Any, int]]) -> float:
    """The height of a row in points, from its values and the widths of its columns: not every program finds it."""
    lines = max(math.ceil(len(str(value)) / (width * 0.9)) if isinstance(value, str) else 1 for value, width in cells)
    return min(13.5 * lines + 3, 400)


@dataclass(frozen=True)
class _Cell:
    value: Any
    note: str | None = None
    look: Mapping[str, Any] = field(default_factory=dict)


def _dashboard_cells(row: Mapping[str, Any], reasons: Mapping[tuple[int, str], str]) -> Iterator[_Cell]:
    wrapped = {"text_wrap": True}
    yield _Cell(row["row_number"])
    yield _Cell(row["topic"] or row["section_text"], look=wrapped)
    yield _Cell(row["theme_text"], look=wrapped)
    yield _Cell(row["printed_label"] or row["indicator_name"], look=wrapped)
    yield _Cell(row["period_label"] or row["period_text"], look=wrapped)
    yield _figure(row, "value", row["decimals"], row["unit"], reasons)
    yield _Cell(row["numerator"], look={"num_format": "#,##0"})
    yield _Cell(_word(row, "value", reasons), look=wrapped)
    yield _Cell(row["previous_period_label"] or row["previous_period_text"], look=wrapped)
    yield _figure(row, "previous_value", row.get("previous_decimals"), row["previous_unit"], reasons)
    yield _Cell(_word(row, "previous_value", reasons), look=wrapped)
    yield _Cell(_worded(row["direction"]))
    yield _Cell(_worded(row["judgement"]))
    if row["target_kind"] == "number":
        yield _printed_number(row["target_value"], row["target_text"], row["target_has_percent"])
    else:
        yield _Cell(row["target_text"], look={**wrapped, "align": "right"})
    word, fill = _COLOURS.get(row["rag"], (None, None))
    yield _Cell(word, look={"bg_color": fill} if fill else {})
    yield _Cell(row["quartile"])
    if row["benchmark_value"] is None:
        yield _Cell(row["benchmark_text"], look={**wrapped, "align": "right"})
    else:
        yield _printed_number(row["benchmark_value"], row["benchmark_text"], row["benchmark_has_percent"])
    yield _Cell(row["comparator"], look=wrapped)
    yield _Cell(row["value_text"], look=wrapped)
    lines = sorted({row["source_line_from"], row["source_line_to"]} - {None})
    yield _Cell("-".join(str(number) for number in lines))


def _figure(
    row: Mapping[str, Any], name: str, decimals: int | None, unit: str | None, reasons: Mapping[tuple[int, str], str]
) -> _Cell:
    """A figure as a number; where there is none, what is printed in its place; a note unless it is a plain figure."""
    note = _note(row, name, reasons)
    if row[name] is None:
        printed = row[f"{name}_text"] if row[f"{name}_status"] else None
        return _Cell(printed, note, {"align": "right", "italic": True, "text_wrap": True})
    return _Cell(row[name], note, {"num_format": number_format(decimals, unit == "percent")})


def _note(row: Mapping[str, Any], name: str, reasons: Mapping[tuple[int, str], str]) -> str | None:
    """Why the figure is not a plain one: what was found at its cell, else what its status means."""
    status = row[f"{name}_status"]
    found = None if status == SUPPRESSED else reasons.get((row["row_number"], f"{name}_text"))
    return found or (None if status in (None, "reported") else _REASONS.get(status, status))


def _word(row: Mapping[str, Any], name: str, reasons: Mapping[tuple[int, str], str]) -> str | None:
    status = row[f"{name}_status"]
    if status == "reported":
        return "See note" if _note(row, name, reasons) else None
    return WORDS.get(status, status)


def _printed_number(value: float, text: str | None, percent: bool | None) -> _Cell:
    digits = re.search(r"[.]([0-9]+)", text or "")
    return _Cell(value, look={"num_format": number_format(len(digits[1]) if digits else 0, bool(percent))})


def _worded(word: str | None) -> str | None:
    return None if word in (None, "none") else word.capitalize()


def _reasons(connection: duckdb.DuckDBPyConnection, edition_key: str) -> dict[tuple[int, str], str]:
    """(row number, text column) to what was found wrong there."""
    found: dict[tuple[int, str], str] = {}
    for row_number, column, message in connection.execute(
        """
        select row_number, column_name, message from data_quality_issue
        where edition_key = $1 and row_number is not null and column_name is not null order by all
        """,
        [edition_key],
    ).fetchall():
        earlier = found.get((row_number, column))
        found[row_number, column] = f"{earlier} {message}" if earlier else message
    return found


# --- tables -------------------------------------------------------------------------------------------------------


def _write_table(book: _Book, source: Source) -> None:
    sheet = book.sheet(source.name)
    names = source.table.column_names
    for column, name in enumerate(names):
        sheet.write_string(0, column, clean(name), book.heading)
        if not book.constant_memory:
            sheet.write_comment(
                0, column, clean(source.columns[name].description), {"author": "Quarterdeck", "x_scale": 2}
            )
    sheet.freeze_panes(1, 0)
    widths = [len(name) for name in names]
    figures = names.index("value") if {"value", "decimals"} <= set(names) else None
    line = 0
    for batch in source.reader():
        columns = [batch.column(name).to_pylist() for name in names]
        decimals = batch.column("decimals").to_pylist() if figures is not None else []
        units = batch.column("unit").to_pylist() if figures is not None and "unit" in names else None
        for place, record in enumerate(zip(*columns, strict=True)):
            line += 1
            for column, value in enumerate(record):
                if value is None:
                    continue
                look = {}
                if column == figures:
                    # A table that knows decimals and unit shows its figures with them.
                    is_percent = units is not None and units[place] == "percent"
                    look["num_format"] = number_format(decimals[place], is_percent)
                _put(sheet, line, column, value, book, **look)
                if line <= 500:
                    widths[column] = max(widths[column], min(len(str(value)), _WIDEST))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(max(width + 2, 8), _WIDEST))
    sheet.autofilter(0, 0, max(line, 1), len(names) - 1)
    sheet.repeat_rows(0)


# --- contents -----------------------------------------------------------------------------------------------------


def _write_contents(
    connection: duckdb.DuckDBPyConnection,
    book: _Book,
    sheet: Worksheet,
    sources: Sequence[Source],
    fitting: Sequence[Source],
    untold: int,
) -> None:
    # In constant memory a row cannot be returned to: everything from top to bottom. The sheet is the first one made,
    # and writing others in between is allowed.
    for column, width in enumerate(_CONTENTS_WIDTHS):
        sheet.set_column(column, column, width)
    line = 0
    _put(sheet, line, 0, book.what.title, book, bold=True, font_size=14)
    for sentence in book.what.sentences:
        line += 1
        _put(sheet, line, 0, sentence, book)
    line += 1
    _put(sheet, line, 0, f"{LICENCE['title']}: {LICENCE['path']}", book)
    line = _section(sheet, book, line + 2, ("Sheet or table", "Rows", "What it holds"), _listed(book, sources, fitting))
    if untold:
        line += 1
        _put(sheet, line, 0, f"{untold} older editions have no sheet of their own; mart_dashboard holds them.", book)
    words = [("See note", None, "The figure is taken as printed, with a doubt that the note on its cell names.")]
    words += [(word, None, _REASONS[status]) for status, word in WORDS.items() if word]
    line = _section(sheet, book, line + 2, ("Word beside a figure", "", "What it means"), words)
    editions = connection.execute(
        """
        select edition_key || ': ' || source_file, row_count,
            coalesce(area_name, area_code) || ', ' || financial_year || ' quarter ' || quarter || ', SHA-256 '
            || source_sha256
        from dim_edition left join dim_area using (area_code)
        where edition_key = coalesce($1, edition_key) order by period_start desc, edition_key
        """,
        [book.what.edition],
    ).fetchall()
    _section(sheet, book, line + 2, ("Source", "Rows", "Whose, when, and the file's hash"), editions)


def _listed(book: _Book, sources: Sequence[Source], fitting: Sequence[Source]) -> Iterator[tuple[str, int | None, str]]:
    held = {source.name for source in fitting}
    names = iter(book.names[1:])
    tables = [source.name for source in fitting]
    for name in names:
        if name not in tables:
            yield name, None, "The dashboard of this edition, as its committee knows it."
    for source in sources:
        if source.name in held:
            yield source.name, source.rows, source.table.description
            continue
        why = "Not in this workbook, but" if source.name in _FOR_MACHINES else "Too many rows for a sheet;"
        where = "in Parquet and CSV" if source.fits_csv else "in Parquet only"
        yield source.name, source.rows, f"{why} {where}: {source.table.description}"


def _section(sheet: Worksheet, book: _Book, line: int, headings: Sequence[str], rows: Any) -> int:
    for column, heading in enumerate(headings):
        sheet.write_string(line, column, heading, book.heading)
    for row in rows:
        line += 1
        sheet.set_row(line, _height(list(zip(row, _CONTENTS_WIDTHS, strict=True))))
        for column, value in enumerate(row):
            _put(sheet, line, column, value, book, text_wrap=True, num_format="#,##0")
    return line
