"""Which kind of national file this is: by the headings of its table, never by its name."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.intake.characters import normal, squash
from ingest.intake.decoding import SIGNATURES
from ingest.intake.errors import FileRejected
from ingest.national.csv_blocks import WINDOWS, NotUtf8, open_csv
from ingest.national.workbooks import Sheet, is_old_office, sheets_of

CSV, PARQUET, WORKBOOK = "a CSV file", "a Parquet file", "an .xlsx workbook"
#: The heading of a table stands in one of the first rows of a sheet.
HEADING_ROWS = 40
#: From this share of the headings on, a file is taken for a damaged one of that kind.
LOOKS_LIKE = 0.5

SN_COLUMNS = tuple(f"SN{rank}" for rank in range(1, 11))
CLOSENESS = "SNP"


@dataclass(frozen=True)
class Kind:
    """A kind of file: its headings and the raw columns that they become (None: used, not kept by itself).

    ``known`` are headings that may be there and are left out without a word. A heading of ``columns`` may
    have another spelling in ``spellings``.
    """

    name: str
    words: str
    formats: tuple[str, ...]
    columns: dict[str, str | None]
    known: tuple[str, ...] = ()
    spellings: tuple[tuple[str, str], ...] = ()

    def missing(self, headings: Iterable[str]) -> list[str]:
        there = {fold(heading) for heading in headings}
        there |= {fold(name) for name, other in self.spellings if fold(other) in there}
        return [name for name in self.columns if fold(name) not in there]

    def surplus(self, headings: Iterable[str]) -> list[str]:
        """Headings of columns that nobody reads and that are not known to be there."""
        expected = {fold(name) for name in (*self.columns, *self.known, *(other for _, other in self.spellings))}
        return [
            heading
            for heading in headings
            if fold(heading) and fold(heading) not in expected and not fold(heading).startswith(_PERSONS)
        ]


#: Headings of columns that name officers; such a column is never read.
_PERSONS = "data owner"

LAIT_LONG_FILE = Kind(
    "lait_long",
    "the long file of the Local Authority Interactive Tool",
    (CSV, PARQUET),
    {
        "Short Desc": "measure_short",
        "Data item": "data_item",
        "Years": "period_text",
        "LA and Regions": "area_name",
        "Values": "value_text",
        "LA Number": "la_number",
        "Region": "region_name",
    },
)
LAIT_DICTIONARY_FILE = Kind(
    "lait_dictionary",
    "the dictionary of the Local Authority Interactive Tool",
    (CSV,),
    {
        "Measure_code": "measure_code",
        "Topic": "topic",
        "Measure": "measure",
        "Chart_title": "chart_title",
        "Measure_short": "measure_short",
        "Polarity": "polarity_text",
        "y_axis_name": "unit_text",
        "Description": "description",
        "Last Update": "last_update_text",
        "Next Update": "next_update_text",
        "dps": "decimals_text",
        "Year_Type": "year_type_text",
        "No_Quartile": "no_quartile_text",
    },
    known=("state_funded_flag", "Table_status", "Methodology", "Hyperlink(s)"),
)
NEIGHBOURS_LIST = Kind(
    "neighbours",
    "a list of statistical neighbours",
    (WORKBOOK,),
    {
        "LA num": "la_number",
        "LA Name": "la_name",
        "GOReg": "region_name",
        **dict.fromkeys(SN_COLUMNS),
        CLOSENESS: None,
    },
    known=("GOInd",),
    spellings=(("LA num", "LA number"), *((CLOSENESS, f"{CLOSENESS}{rank}") for rank in range(1, 11))),
)
AUTHORITIES_LIST = Kind(
    "authorities",
    "the list of authorities",
    (WORKBOOK,),
    {"LA Number": "la_number", "LA Name": "la_name", "Region": "region_name", "Type": "type_text"},
)
OPEN_DATA_FILE = Kind(
    "open_data",
    "a file of the explore-education-statistics standard",
    (CSV,),
    {"time_period": None, "time_identifier": None, "geographic_level": None},
)
KNOWN_KINDS = (LAIT_LONG_FILE, LAIT_DICTIONARY_FILE, NEIGHBOURS_LIST, AUTHORITIES_LIST, OPEN_DATA_FILE)


@dataclass(frozen=True)
class Table:
    """The table of a workbook: ``heading_row`` is its place in ``sheet.rows``, counted from 0."""

    kind: Kind
    sheet: Sheet
    heading_row: int

    @property
    def headings(self) -> list[str]:
        return self.sheet.rows[self.heading_row]


def fold(heading: str) -> str:
    """A heading without what does not distinguish it: odd characters, case, spaces at its ends and doubled ones."""
    return squash(normal(heading)).casefold()


def recognise(path: Path, source_file: str, stated: str | None = None) -> tuple[Kind, list[str]]:
    """The kind of a file, and its headings. ``stated`` is what the note beside it says, which decides.

    Raises FileRejected: unknown_kind, missing_column, column_doubled, two_tables, empty_file,
    and what opening a text, a Parquet file or a workbook raises.
    """
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise FileRejected("empty_file", "The file is empty. Download it again.")
    if start.startswith(b"PAR1"):
        headings = parquet_headings(path)
        return _by_headings(headings, PARQUET, stated, source_file), headings
    if start.startswith(b"PK") or is_old_office(start):
        table = find_table(sheets_of(path), stated)
        return table.kind, table.headings
    for signature, what in SIGNATURES.items():
        if start.startswith(signature):
            raise FileRejected(
                "unknown_kind", f"The file is {what}. Drop the CSV, Parquet or .xlsx file as it was published."
            )
    headings = csv_headings(path)
    return _by_headings(headings, CSV, stated, source_file), headings


def parquet_headings(path: Path) -> list[str]:
    """Column names of a Parquet file. Raises FileRejected (parquet_unreadable)."""
    try:
        with pq.ParquetFile(path) as file:
            return list(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        raise parquet_unreadable(error) from error


def parquet_unreadable(error: Exception) -> FileRejected:
    return FileRejected(
        "parquet_unreadable",
        f"The Parquet file is damaged or cut off ({str(error)[:120]}). Download it again.",
    )


def csv_headings(path: Path) -> list[str]:
    """The first record of a text file. Raises FileRejected (empty_file, html_file, undecodable_file and others)."""
    try:
        try:
            return open_csv(path).heading
        except NotUtf8:
            return open_csv(path, WINDOWS).heading
    except csv.Error as error:
        raise FileRejected(
            "unknown_kind", f"The file's first line is no heading of a table ({error}). Drop the file as published."
        ) from error


def _by_headings(headings: list[str], form: str, stated: str | None, source_file: str) -> Kind:
    kind = _stated(stated) or _fitting(headings, form)
    if form == CSV and len(headings) <= 2 and (separated := _separated_otherwise(headings)):
        raise separated
    if kind is None:
        raise _unknown(headings, form, source_file)
    if form not in kind.formats:
        raise FileRejected(
            "unknown_kind", f"This is {form}, but {kind.words} is read from {' or '.join(kind.formats)}. Drop that."
        )
    _each_once(kind, headings)
    # What a file of the standard lacks is said by the standard's own checks.
    if kind is not OPEN_DATA_FILE and (missing := kind.missing(headings)):
        raise _missing(kind, missing, f"Its headings are {_listed(headings)}.")
    return kind


#: Characters that stand between cells where a comma should.
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def _separated_otherwise(headings: list[str]) -> FileRejected | None:
    """Why a file is refused whose one heading holds all those of a known kind, with something else than commas."""
    line = ",".join(headings)
    for separator, words in _SEPARATORS.items():
        kind = _fitting([heading.strip(' "') for heading in line.split(separator)], CSV)
        if separator in line and kind is not None and CSV in kind.formats:
            return FileRejected(
                "wrong_separator",
                f"This is {kind.words}, but its cells stand between {words} instead of commas, as some programs save "
                "it. Drop the file as it was published, or save it as CSV with commas.",
                line_from=1,
                printed_text=line[:200],
            )
    return None


def _stated(stated: str | None) -> Kind | None:
    return next((kind for kind in KNOWN_KINDS if kind.name == stated), None)


def _share(kind: Kind, headings: list[str]) -> float:
    return 1 - len(kind.missing(headings)) / len(kind.columns)


def _fitting(headings: list[str], form: str) -> Kind | None:
    """The kind whose headings are there, or most of them; one that is read from this form of file comes first."""
    return max(
        (kind for kind in KNOWN_KINDS if _share(kind, headings) >= LOOKS_LIKE),
        key=lambda kind: (form in kind.formats, _share(kind, headings), len(kind.columns)),
        default=None,
    )


def _each_once(kind: Kind, headings: list[str]) -> None:
    folded = [fold(heading) for heading in headings]
    doubled = [name for name in kind.columns if name != CLOSENESS and folded.count(fold(name)) > 1]
    if doubled:
        raise FileRejected(
            "column_doubled",
            f"The column {_listed(doubled)} stands there twice. Delete the one that is not meant.",
        )


def _missing(kind: Kind, missing: list[str], found: str) -> FileRejected:
    what = "the column" if len(missing) == 1 else "the columns"
    return FileRejected(
        "missing_column",
        f"This looks like {kind.words}, but {what} {_listed(missing)} cannot be found. {found} "
        "Download the file again, or give the column its published heading.",
    )


def _unknown(headings: list[str], form: str, source_file: str) -> FileRejected:
    nearest = max(KNOWN_KINDS, key=lambda kind: (_share(kind, headings), form in kind.formats))
    not_so = "Its name says .xlsx, but it is plain text. " if source_file.lower().endswith(".xlsx") else ""
    return FileRejected(
        "unknown_kind",
        f"{not_so}No kind of national file has these headings: {_listed(headings)}. The nearest kind is "
        f"{nearest.words}; it lacks {_listed(nearest.missing(headings))}. Drop the file as it was published, or move "
        "it out of landing/national.",
    )


def find_table(sheets: list[Sheet], stated: str | None = None) -> Table:
    """The one table of a workbook: its headings in any visible sheet, whatever the sheet is called.

    Raises FileRejected (unknown_kind, missing_column, two_tables, column_doubled).
    """
    kinds = [kind for kind in KNOWN_KINDS if WORKBOOK in kind.formats and stated in (None, kind.name)]
    if not kinds:
        raise FileRejected(
            "unknown_kind", f"The note says that this is {stated}, which is not read from a workbook. Mend the note."
        )
    candidates = [
        Table(kind, sheet, row)
        for sheet in sheets
        for row, cells in enumerate(sheet.rows[:HEADING_ROWS])
        for kind in kinds
        if sheet.visible and _share(kind, cells) >= LOOKS_LIKE
    ]
    whole = [table for table in candidates if not table.kind.missing(table.headings)]
    if not whole:
        raise _no_table(sheets, kinds, candidates)
    most = max(len(table.kind.columns) for table in whole)
    first, *others = [table for table in whole if len(table.kind.columns) == most]
    if others:
        places = ", ".join(f"{t.sheet.name!r} row {t.heading_row + 1}" for t in (first, *others))
        raise FileRejected(
            "two_tables", f"The workbook holds more than one such table: {places}. Keep the one that is meant."
        )
    _each_once(first.kind, first.headings)
    return first


def _no_table(sheets: list[Sheet], kinds: list[Kind], candidates: list[Table]) -> FileRejected:
    if candidates:
        best = max(candidates, key=lambda table: _share(table.kind, table.headings))
        place = f"The headings stand in row {best.heading_row + 1} of the sheet {best.sheet.name!r}."
        return _missing(best.kind, best.kind.missing(best.headings), place)
    names = ", ".join(repr(sheet.name) + ("" if sheet.visible else " (hidden)") for sheet in sheets) or "none"
    expected = "; or ".join(f"{kind.words}: {_listed(kind.columns)}" for kind in kinds)
    return FileRejected(
        "unknown_kind",
        f"No visible sheet of the workbook holds a known table. Its sheets: {names}. Expected in one row of a visible "
        f"sheet are the headings of {expected}. Drop the workbook as it was published, or show the sheet and give its "
        "columns these headings.",
    )


def _listed(names: Iterable[str]) -> str:
    names = [" ".join(name.split())[:40] for name in names]
    return ", ".join(names[:25]) + (f" and {len(names) - 25} more" if len(names) > 25 else "")
