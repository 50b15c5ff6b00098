"""The Local Authority Interactive Tool: its long file and its dictionary, to text.

The long file is read and written in pieces, so that its size does not matter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.intake import raw_tables
from ingest.intake.errors import FileRejected
from ingest.national.csv_blocks import WINDOWS, Block, CsvFile, NotUtf8, OddRecord, open_csv
from ingest.national.kinds import (
    LAIT_DICTIONARY_FILE,
    LAIT_LONG_FILE,
    Kind,
    fold,
    parquet_headings,
    parquet_unreadable,
)
from ingest.national.problems import MAX_PROBLEMS, Problems
from ingest.national.readings import NationalReading
from ingest.national.schemas import LAIT_DICTIONARY, LAIT_LONG

#: Rows of a Parquet file that are held in memory at once.
PIECE = 65_536
_NUMBER = r"^\s*(?P<number>[0-9]{1,9})(?:\.0*)?\s*$"
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: What must be the same wherever the dictionary lists a measure again.
_DEFINING = ("polarity_text", "decimals_text", "year_type_text", "no_quartile_text")
_KEY = ("measure_short", "period_text", "la_number")

#: Source rows, their cells by raw column, and whether these are records of another width.
Piece = tuple[np.ndarray, dict[str, pa.Array], bool]


def read_long(path: Path, source_sha256: str, source_file: str, out_path: Path) -> NationalReading:
    """The long file, Parquet or CSV, to ``out_path`` in the schema LAIT_LONG; empty cells become null.

    A row without measure, period or authority, a row printed twice and two values for one measure, period
    and authority are kept, each a problem. A record of a CSV file that has more or fewer cells than headings
    is kept without an authority. Raises FileRejected (no_rows, parquet_unreadable, and those of
    ``csv_blocks``).
    """
    with path.open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    if is_parquet:
        return _LongFile(source_sha256, source_file).write(_parquet_pieces(path), out_path)

    def write(file: CsvFile) -> NationalReading:
        long_file = _LongFile(source_sha256, source_file)
        _note_encoding(file, long_file.problems)
        return long_file.write(_csv_pieces(file, long_file.problems), out_path)

    return _in_its_encoding(path, write)


class _LongFile:
    """Writes the pieces of a long file and accounts for their rows."""

    def __init__(self, source_sha256: str, source_file: str) -> None:
        self.sha256 = source_sha256
        self.problems = Problems(source_sha256, source_file)
        self._ids: dict[str, dict[Any, int]] = defaultdict(dict)
        self._keys: list[np.ndarray] = []

    def write(self, pieces: Iterator[Piece], out_path: Path) -> NationalReading:
        row_count = 0
        with pq.ParquetWriter(out_path, LAIT_LONG.schema, compression="zstd") as writer:
            for lines, columns, misshapen in pieces:
                batch = self._batch(lines, columns, misshapen)
                row_count += batch.num_rows
                writer.write_batch(batch)
        if not row_count:
            raise FileRejected("no_rows", "The file has its headings and no row. Download it again.")
        self._repeated(out_path)
        self.problems.finish()
        return NationalReading(row_count, self.problems.rows())

    def _batch(self, lines: np.ndarray, columns: dict[str, pa.Array], misshapen: bool) -> pa.RecordBatch:
        if misshapen:
            columns = {**columns, "la_number": pa.nulls(len(lines), pa.int32())}
        else:
            printed = columns["la_number"]
            columns = {**columns, "la_number": _whole_numbers(printed)}
            self._check(lines, columns, printed)
        self._keys.append(self._key(columns))
        own = {"source_sha256": pa.repeat(self.sha256, len(lines)), "source_row": pa.array(lines)}
        return pa.RecordBatch.from_pydict({**own, **columns}, schema=LAIT_LONG.schema)

    def _check(self, lines: np.ndarray, columns: dict[str, pa.Array], printed: pa.Array) -> None:
        for column, heading, code in (
            ("measure_short", "Short Desc", "row_without_measure"),
            ("period_text", "Years", "row_without_period"),
            ("la_number", "LA Number", "row_without_authority"),
        ):
            unusable = pc.is_null(columns[column])
            if pc.any(unusable).as_py():
                is_number = column == "la_number"
                self.problems.add_rows(
                    code,
                    "warning",
                    lines,
                    pc.indices_nonzero(unusable).to_numpy(),
                    heading,
                    lambda row, is_number=is_number: printed[row].as_py() if is_number else None,
                    f"{heading} is {'empty or no number' if is_number else 'empty'}: the row is kept and counts "
                    "nowhere.",
                )

    def _key(self, columns: dict[str, pa.Array]) -> np.ndarray:
        """One number a row for measure, period and authority; -1 where one of them is missing."""
        key = np.zeros(len(columns["la_number"]), np.int64)
        missing = np.zeros(len(key), bool)
        for column in _KEY:
            encoded = columns[column].dictionary_encode()
            ids = self._ids[column]
            numbers = np.array([ids.setdefault(text, len(ids)) for text in encoded.dictionary.to_pylist()], np.int64)
            missing |= encoded.indices.is_null().to_numpy(zero_copy_only=False)
            # Numbers that outgrow their place can only make rows look alike, which the texts then tell apart.
            key = (key << 20) + np.append(numbers, 0)[encoded.indices.fill_null(len(numbers)).to_numpy()]
        key[missing] = -1
        return key

    def _repeated(self, out_path: Path) -> None:
        keys = np.concatenate(self._keys)
        self._keys.clear()
        ordered = np.sort(keys)
        repeated = np.unique(ordered[1:][(ordered[1:] == ordered[:-1]) & (ordered[1:] != -1)])
        del ordered
        if not len(repeated):
            return
        rows = _rows_with(out_path, np.isin(keys, repeated))
        groups = rows.group_by(list(_KEY)).aggregate(
            [
                ("value_text", "count_distinct", pc.CountOptions(mode="all")),
                ("source_row", "count"),
                ("source_row", "min"),
                ("source_row", "max"),
            ]
        )
        groups = groups.filter(pc.greater(groups["source_row_count"], 1)).sort_by("source_row_min")
        conflict = pc.greater(groups["value_text_count_distinct"], 1)
        self._note_repeated(groups.filter(conflict), "values_conflict", "warning", "other values")
        self._note_repeated(groups.filter(pc.invert(conflict)), "row_repeated", "info", "the same value")

    def _note_repeated(self, groups: pa.Table, code: str, severity: str, what: str) -> None:
        for group in groups.slice(0, MAX_PROBLEMS).to_pylist():
            message = (
                f"{group['measure_short']}, {group['period_text']}, authority {group['la_number']} is printed "
                f"{group['source_row_count']} times with {what}, from row {group['source_row_min']} to row "
                f"{group['source_row_max']}. All are kept."
            )
            self.problems.add(code, severity, group["source_row_max"], "Values", None, message)
        self.problems.counts[code] += max(0, groups.num_rows - MAX_PROBLEMS)


def _rows_with(path: Path, wanted: np.ndarray) -> pa.Table:
    """The written rows for which ``wanted`` is true."""
    found, start = [], 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(PIECE, columns=[*_KEY, "value_text", "source_row"]):
            mask = pa.array(wanted[start : start + batch.num_rows])
            start += batch.num_rows
            found.append(pa.Table.from_batches([batch]).filter(mask))
    return pa.concat_tables(found)


def _whole_numbers(texts: pa.Array) -> pa.Array:
    """Texts such as ``855`` and ``855.0`` as int32; null where it is no whole number."""
    encoded = texts.dictionary_encode()
    numbers = pc.struct_field(pc.extract_regex(encoded.dictionary, _NUMBER), "number")
    return pc.cast(numbers, pa.int32()).take(encoded.indices)


def _blank_to_null(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(texts), ""), None, texts)


def _names_in_file(kind: Kind, headings: list[str]) -> dict[str, str]:
    """Raw column to heading as this file spells it."""
    by_fold = {fold(heading): heading for heading in headings}
    return {column: by_fold[fold(name)] for name, column in kind.columns.items() if column}


def _parquet_pieces(path: Path) -> Iterator[Piece]:
    names = _names_in_file(LAIT_LONG_FILE, parquet_headings(path))
    start = 1
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(PIECE, columns=list(names.values())):
                rows = np.arange(start, start + batch.num_rows)
                start += batch.num_rows
                # A number is cast to the shortest text that gives it back.
                texts = {column: _blank_to_null(_as_text(batch.column(name))) for column, name in names.items()}
                yield rows, texts, False
    except (pa.ArrowException, OSError) as error:
        raise parquet_unreadable(error) from error


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return pc.cast(column, pa.string())


def _in_its_encoding(path: Path, read: Callable[[CsvFile], NationalReading]) -> NationalReading:
    """Read a text file as UTF-8, or as Windows-1252 where it is none. Raises FileRejected (mixed_encoding)."""
    try:
        return read(open_csv(path))
    except NotUtf8 as error:
        if error.was_utf8:
            raise FileRejected(
                "mixed_encoding",
                f"Line {error.line:,} is no UTF-8 although lines before it are. Save the file as UTF-8.",
                line_from=error.line,
            ) from None
    return read(open_csv(path, WINDOWS))


def _places(kind: Kind, file: CsvFile) -> dict[str, int]:
    """Raw column to its place in the file."""
    return {column: file.heading.index(name) for column, name in _names_in_file(kind, file.heading).items()}


def _csv_pieces(file: CsvFile, problems: Problems) -> Iterator[Piece]:
    places = _places(LAIT_LONG_FILE, file)
    for block in file.blocks():
        if len(block):
            yield block.lines, _cells(block, places), False
        if block.odd:
            _note_odd(block.odd, len(file.heading), problems)
            fields = {
                column: [odd.fields[place] if place < len(odd.fields) else None for odd in block.odd]
                for column, place in places.items()
            }
            texts = {column: _blank_to_null(pa.array(cells, pa.string())) for column, cells in fields.items()}
            yield np.array([odd.line for odd in block.odd]), texts, True


def _cells(block: Block, places: dict[str, int]) -> dict[str, pa.Array]:
    return {column: _blank_to_null(block.columns[place].dictionary_decode()) for column, place in places.items()}


def _note_odd(records: list[OddRecord], width: int, problems: Problems) -> None:
    for odd in records:
        message = (
            f"The record on line {odd.line} has {len(odd.fields)} cells where the headings have {width}, so which is "
            "which is not known: it counts nowhere. Mend the file."
        )
        problems.add("row_of_other_width", "warning", odd.line, None, None, message)


def read_dictionary(path: Path, source_sha256: str, source_file: str, out_path: Path) -> NationalReading:
    """The dictionary to ``out_path`` in the schema LAIT_DICTIONARY; ``source_row`` is the line where a record begins.

    The column that names data owners is never read, and an e-mail address in a description is left out. A row
    without a measure's short name, or with more or fewer cells than headings, is a problem and no row. Raises
    FileRejected as ``read_long``.
    """
    return _in_its_encoding(path, lambda file: _read_dictionary(file, source_sha256, source_file, out_path))


def _read_dictionary(file: CsvFile, source_sha256: str, source_file: str, out_path: Path) -> NationalReading:
    problems = Problems(source_sha256, source_file)
    _note_encoding(file, problems)
    rows: list[dict[str, Any]] = []
    places = _places(LAIT_DICTIONARY_FILE, file)
    count = 0
    for block in file.blocks():
        count += len(block) + len(block.odd)
        _note_odd(block.odd, len(file.heading), problems)
        cells = {column: texts.to_pylist() for column, texts in _cells(block, places).items()}
        for place, line in enumerate(block.lines.tolist()):
            row = {column: texts[place] for column, texts in cells.items()}
            if row["measure_short"] is None:
                message = "Measure_short is empty: the row describes no measure and is left out."
                problems.add("row_without_measure", "warning", line, "Measure_short", None, message)
                continue
            own = {"source_sha256": source_sha256, "source_row": line}
            rows.append({**own, **_without_addresses(row, line, problems)})
    if not rows:
        raise FileRejected("no_rows", "The file has its headings and no row. Download it again.")
    _note_defined_twice(rows, problems)
    problems.finish()
    raw_tables.write(raw_tables.from_rows(LAIT_DICTIONARY, rows), out_path)
    return NationalReading(count, problems.rows())


def _without_addresses(row: dict[str, Any], line: int, problems: Problems) -> dict[str, Any]:
    for column, text in row.items():
        if text and _ADDRESS.search(text):
            row[column] = _ADDRESS.sub("[e-mail address left out]", text)
            message = "A cell prints an e-mail address, which is left out."
            problems.add("address_left_out", "info", line, column, None, message)
    return row


def _note_defined_twice(rows: list[dict[str, Any]], problems: Problems) -> None:
    headings = {column: heading for heading, column in LAIT_DICTIONARY_FILE.columns.items()}
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        before = first.setdefault(row["measure_short"], row)
        for column in _DEFINING:
            if row[column] != before[column]:
                message = (
                    f"{row['measure_short']} has {headings[column]} {row[column]} here and {before[column]} on line "
                    f"{before['source_row']}. Both rows are kept."
                )
                problems.add(
                    "measure_defined_twice", "warning", row["source_row"], headings[column], row[column], message
                )


def _note_encoding(file: CsvFile, problems: Problems) -> None:
    if file.encoding == WINDOWS:
        message = "The file is not UTF-8; it was read as Windows-1252. Check its quotation marks and accents."
        problems.add("encoding_assumed", "info", None, None, None, message)
