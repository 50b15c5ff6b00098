"""The Local Authority Interactive Tool: its long file and its dictionary, to text.

The long file is read in pieces, so that its size does not matter. A sound CSV file goes through Arrow's reader;
the line of a record follows from the records before it and the ends of line inside their cells. Where that does
not give the lines that the file has, or a record is too short or too long, the slower reader reads it, which
knows on which line a record begins and says what is wrong.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from ingest import raw
from ingest.errors import FileRejected
from ingest.national.csv_text import TextFacts, records, text_facts
from ingest.national.kinds import (
    LAIT_DICTIONARY_FILE,
    LAIT_LONG_FILE,
    Kind,
    csv_headings,
    fold,
    parquet_headings,
    parquet_unreadable,
)
from ingest.national.outcome import NationalReading, ProblemLog
from ingest.national.schemas import LAIT_DICTIONARY, LAIT_LONG

#: Rows that are held in memory at once, and rows of one group of the Parquet file written.
PIECE = 65_536
_BLOCK = 4 * 1024 * 1024
_NUMBER = r"^\s*(?P<number>[0-9]{1,9})(?:\.0*)?\s*$"
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: What must be the same wherever the dictionary lists a measure again.
_DEFINING = ("polarity_text", "decimals_text", "year_type_text", "no_quartile_text")

Piece = tuple[pa.Array, dict[str, pa.Array]]


class _Irregular(Exception):
    """A CSV file has blank lines or a fault."""


def read_long(path: Path, source_sha256: str, source_file: str, out_path: Path) -> NationalReading:
    """The long file, Parquet or CSV, to ``out_path`` in the schema LAIT_LONG; empty cells become null.

    A row without measure, period or authority, a row printed twice and two values for one measure, period
    and authority are kept, each a problem. Raises FileRejected (parquet_unreadable, file_cut_off,
    csv_damaged, no_rows, empty_file, undecodable_file).
    """
    with path.open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    if is_parquet:
        return _LongFile(source_sha256, source_file).write(_parquet_pieces(path), out_path)
    facts = text_facts(path)
    try:
        return _LongFile(source_sha256, source_file, facts).write(_quick_pieces(path, facts), out_path)
    except _Irregular:
        long_file = _LongFile(source_sha256, source_file, facts)
        return long_file.write(_careful_pieces(path, facts, long_file), out_path)


class _LongFile:
    """Writes the pieces of a long file and accounts for their rows."""

    def __init__(self, source_sha256: str, source_file: str, facts: TextFacts | None = None) -> None:
        self.sha256 = source_sha256
        self.log = ProblemLog(source_sha256, source_file)
        self._ids: dict[str, dict[Any, int]] = defaultdict(dict)
        self._keys: list[pa.Array] = []
        #: Lines of records that are too short or too long: which cell is which is not known.
        self.misshapen: list[int] = []
        if facts is not None:
            _note_encoding(facts, self.log)

    def write(self, pieces: Iterator[Piece], out_path: Path) -> NationalReading:
        row_count = 0
        with pq.ParquetWriter(out_path, LAIT_LONG.schema, compression="zstd") as writer:
            for source_rows, columns in pieces:
                batch = self._batch(source_rows, columns)
                row_count += batch.num_rows
                writer.write_batch(batch)
        if not row_count:
            raise FileRejected("no_rows", "The file has its headings and no row. Download it again.")
        self._repeated(out_path)
        return NationalReading(row_count, self.log.rows())

    def _batch(self, source_rows: pa.Array, columns: dict[str, pa.Array]) -> pa.RecordBatch:
        printed = columns["la_number"]
        columns = {**columns, "la_number": _whole_numbers(printed)}
        self._check(source_rows, columns, printed)
        self._keys.append(self._key(columns))
        own = {"source_sha256": pa.repeat(self.sha256, len(source_rows)), "source_row": source_rows}
        return pa.RecordBatch.from_pydict({**own, **columns}, schema=LAIT_LONG.schema)

    def _check(self, source_rows: pa.Array, columns: dict[str, pa.Array], printed: pa.Array) -> None:
        for column, heading, code in (
            ("measure_short", "Short Desc", "row_without_measure"),
            ("period_text", "Years", "row_without_period"),
            ("la_number", "LA Number", "row_without_authority"),
        ):
            unusable = pc.is_null(columns[column])
            if self.misshapen:
                misshapen = pc.is_in(source_rows, value_set=pa.array(self.misshapen, pa.int64()))
                unusable = pc.and_not(unusable, misshapen)
            count = pc.sum(unusable).as_py() or 0
            if not count:
                continue
            listed = pc.indices_nonzero(unusable).slice(0, self.log.room(code)).to_pylist()
            for index in listed:
                text = printed[index].as_py() if column == "la_number" else None
                what = f"{text!r} in {heading} is no number" if text else f"{heading} is empty"
                self.log.add(
                    code,
                    "warning",
                    f"{what}: the row is kept and counts nowhere.",
                    source_row=source_rows[index].as_py(),
                    column=heading,
                    printed=text,
                )
            self.log.count(code, "warning", count - len(listed))

    def _key(self, columns: dict[str, pa.Array]) -> pa.Array:
        """One number a row for measure, period and authority; null where one of them is missing."""
        key = None
        for column in ("measure_short", "period_text", "la_number"):
            encoded = columns[column].dictionary_encode()
            ids = self._ids[column]
            numbers = pa.array([ids.setdefault(text, len(ids)) for text in encoded.dictionary.to_pylist()], pa.int64())
            part = numbers.take(encoded.indices)
            key = part if key is None else pc.add(pc.multiply(key, 1 << 20), part)
        return key

    def _repeated(self, out_path: Path) -> None:
        keys = pa.chunked_array(self._keys)
        counts = pc.value_counts(keys.combine_chunks().drop_null())
        repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        if not len(repeated):
            return
        rows = _rows_with(out_path, keys, repeated)
        key = ["measure_short", "period_text", "la_number"]
        groups = rows.group_by(key).aggregate(
            [
                ("value_text", "count_distinct", pc.CountOptions(mode="all")),
                ("source_row", "count"),
                ("source_row", "min"),
                ("source_row", "max"),
            ]
        )
        groups = groups.filter(pc.greater(groups["source_row_count"], 1)).sort_by("source_row_min")
        conflict = pc.greater(groups["value_text_count_distinct"], 1)
        self._list_repeated(groups.filter(conflict), "values_conflict", "warning", "other values")
        self._list_repeated(groups.filter(pc.invert(conflict)), "row_repeated", "info", "the same value")

    def _list_repeated(self, groups: pa.Table, code: str, severity: str, what: str) -> None:
        listed = groups.slice(0, self.log.room(code)).to_pylist()
        for group in listed:
            self.log.add(
                code,
                severity,
                f"{group['measure_short']}, {group['period_text']}, authority {group['la_number']} is printed "
                f"{group['source_row_count']} times with {what}, from row {group['source_row_min']} to row "
                f"{group['source_row_max']}. All are kept.",
                source_row=group["source_row_max"],
                column="Values",
            )
        self.log.count(code, severity, groups.num_rows - len(listed))


def _rows_with(path: Path, keys: pa.ChunkedArray, wanted: pa.Array) -> pa.Table:
    """The written rows whose key is among these."""
    names = ["measure_short", "period_text", "la_number", "value_text", "source_row"]
    found, start = [], 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(PIECE, columns=names):
            mask = pc.is_in(keys.slice(start, batch.num_rows), value_set=wanted)
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
                rows = pa.array(range(start, start + batch.num_rows), pa.int64())
                start += batch.num_rows
                # A number is cast to the shortest text that gives it back.
                texts = {column: _blank_to_null(_as_text(batch.column(name))) for column, name in names.items()}
                yield rows, texts
    except (pa.ArrowException, OSError) as error:
        raise parquet_unreadable(error) from error


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return pc.cast(column, pa.string())


def _quick_pieces(path: Path, facts: TextFacts) -> Iterator[Piece]:
    """Pieces of a sound CSV file. Raises _Irregular where it is not sound or its lines do not add up."""
    headings = csv_headings(path)
    if not facts.ends_with_newline or len(set(headings)) < len(headings):
        raise _Irregular
    names = _names_in_file(LAIT_LONG_FILE, headings)
    irregular: list[Any] = []

    def remember(row: Any) -> str:
        irregular.append(row.actual_columns)
        return "skip"

    line = 2 + sum(heading.count("\n") for heading in headings)
    try:
        reader = pacsv.open_csv(
            path,
            read_options=pacsv.ReadOptions(
                use_threads=False, block_size=_BLOCK, encoding=facts.encoding.replace("utf-8-sig", "utf8")
            ),
            parse_options=pacsv.ParseOptions(invalid_row_handler=remember, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(headings, pa.string()), null_values=[""], strings_can_be_null=True
            ),
        )
        for batch in reader:
            rows, line = _lines_of(batch, line)
            yield rows, {column: _blank_to_null(batch.column(name)) for column, name in names.items()}
    except (pa.ArrowInvalid, KeyError) as error:
        raise _Irregular from error
    if irregular or line - 1 != facts.line_count:
        raise _Irregular


def _lines_of(batch: pa.RecordBatch, first: int) -> tuple[pa.Array, int]:
    """The line on which each record begins, and the line after the last."""
    lines = pa.repeat(pa.scalar(1, pa.int64()), batch.num_rows)
    for column in batch.columns:
        lines = pc.add(lines, pc.coalesce(pc.cast(pc.count_substring(column, "\n"), pa.int64()), 0))
    ends = pc.cumulative_sum(lines, start=first)
    return pc.subtract(ends, lines), (ends[-1].as_py() if batch.num_rows else first)


def _careful_pieces(path: Path, facts: TextFacts, long_file: _LongFile) -> Iterator[Piece]:
    """Pieces of any CSV file; a record that is too short or too long keeps its cells and gets no authority."""
    found = _checked_records(path, facts, long_file.log)
    _, headings, _ = next(found)
    places = {column: headings.index(name) for column, name in _names_in_file(LAIT_LONG_FILE, headings).items()}
    authority = places["la_number"]
    while piece := list(islice(found, PIECE)):
        for line, fields, sound in piece:
            if not sound:
                fields[authority] = ""
                long_file.misshapen.append(line)
        lines = pa.array([line for line, _, _ in piece], pa.int64())
        yield (
            lines,
            {
                column: _blank_to_null(pa.array([fields[place] for _, fields, _ in piece], pa.string()))
                for column, place in places.items()
            },
        )


def _checked_records(path: Path, facts: TextFacts, log: ProblemLog) -> Iterator[tuple[int, list[str], bool]]:
    """Line, cells and whether there are as many as headings, the headings first; cells are filled up or cut to that.

    Raises FileRejected (file_cut_off, csv_damaged).
    """
    found = records(path, facts.encoding)
    line, headings = next(found)
    width = len(headings)
    yield line, [heading.replace("\ufeff", "") for heading in headings], True
    for line, fields in found:
        if len(fields) == width:
            yield line, fields, True
            continue
        if len(fields) < width and not facts.ends_with_newline and line == facts.line_count:
            raise FileRejected(
                "file_cut_off",
                f"The file ends inside the record on line {line}, which has {len(fields)} of {width} cells: the "
                "download stopped half-way. Download it again.",
                line_from=line,
            )
        log.add(
            "row_of_other_width",
            "warning",
            f"The record on line {line} has {len(fields)} cells where the headings have {width}, so which is which is "
            "not known: it counts nowhere. Mend the file.",
            source_row=line,
        )
        yield line, [*fields, *[""] * (width - len(fields))][:width], False


def read_dictionary(path: Path, source_sha256: str, source_file: str, out_path: Path) -> NationalReading:
    """The dictionary to ``out_path`` in the schema LAIT_DICTIONARY; ``source_row`` is the line where a record begins.

    The column that names data owners is never read, and an e-mail address in a description is left out. A row
    without a measure's short name, or with more or fewer cells than headings, is a problem and no row. Raises
    FileRejected as ``read_long``.
    """
    log = ProblemLog(source_sha256, source_file)
    facts = text_facts(path)
    _note_encoding(facts, log)
    found = _checked_records(path, facts, log)
    _, headings, _ = next(found)
    places = {column: headings.index(name) for column, name in _names_in_file(LAIT_DICTIONARY_FILE, headings).items()}
    rows: list[dict[str, Any]] = []
    count = 0
    for line, fields, sound in found:
        count += 1
        if not sound:
            continue
        row: dict[str, Any] = {column: fields[place] or None for column, place in places.items()}
        if not (row["measure_short"] or "").strip():
            log.add(
                "row_without_measure",
                "warning",
                "Measure_short is empty: the row describes no measure and is left out.",
                source_row=line,
                column="Measure_short",
            )
            continue
        rows.append({"source_sha256": source_sha256, "source_row": line, **_without_addresses(row, line, log)})
    if not rows:
        raise FileRejected("no_rows", "The file has its headings and no row. Download it again.")
    _defined_twice(rows, log)
    raw.write(raw.from_rows(LAIT_DICTIONARY, rows), out_path)
    return NationalReading(count, log.rows())


def _without_addresses(row: dict[str, Any], line: int, log: ProblemLog) -> dict[str, Any]:
    for column, text in row.items():
        if text and _ADDRESS.search(text):
            row[column] = _ADDRESS.sub("[e-mail address left out]", text)
            log.add(
                "address_left_out",
                "info",
                "A cell prints an e-mail address, which is left out.",
                source_row=line,
                column=column,
            )
    return row


def _defined_twice(rows: list[dict[str, Any]], log: ProblemLog) -> None:
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        before = first.setdefault(row["measure_short"], row)
        for column in _DEFINING:
            if row[column] != before[column]:
                heading = next(name for name, raw_name in LAIT_DICTIONARY_FILE.columns.items() if raw_name == column)
                log.add(
                    "measure_defined_twice",
                    "warning",
                    f"{row['measure_short']} has {heading} {row[column]} here and {before[column]} on line "
                    f"{before['source_row']}. Both rows are kept.",
                    source_row=row["source_row"],
                    column=heading,
                    printed=row[column],
                )


def _note_encoding(facts: TextFacts, log: ProblemLog) -> None:
    if facts.assumed:
        log.add(
            "encoding_assumed",
            "info",
            "The file is not UTF-8; it was read as Windows-1252. Check its quotation marks and accents.",
        )
