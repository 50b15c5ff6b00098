"""Raw Parquet: building the declared tables, writing a folder at once, and checking what lies on disk."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.archive import FileRecord
from ingest.reader import Problem, Reading
from ingest.reports.reader import ReportReading
from ingest.reports.schemas import (
    CLAIM_CANDIDATES,
    CLAIMS,
    REPORT_LINES,
    REPORT_NUMBERS,
    REPORT_PARAGRAPHS,
    REPORT_PROBLEMS,
    REPORT_TABLES,
)
from ingest.schemas import CELL_COLUMNS, EDITION_TABLES, LINES, PROBLEMS, ROWS, RawTable

EDITIONS = "editions"
REPORTS = "reports"
#: Holds the tables with no row, so that a reader's pattern always finds a file.
NO_EDITION = Path("_none") / "_none"


class SchemaViolation(Exception):
    """Raw data that its declared schema does not allow; names table, column and value."""


def folder_of(raw_dir: Path, record: FileRecord) -> Path:
    """Folder of an edition version, or of a version of the report on an edition."""
    kind = REPORTS if record.is_report else EDITIONS
    return raw_dir / kind / str(record.edition_key) / record.source_sha256[:16]


def tables_of(record: FileRecord) -> tuple[RawTable, ...]:
    """The tables that lie in the folder of a file's reading."""
    return REPORT_TABLES if record.is_report else EDITION_TABLES


def lines_of(record: FileRecord) -> RawTable:
    """The table that accounts for each line of a file."""
    return REPORT_LINES if record.is_report else LINES


def is_whole(raw_dir: Path, record: FileRecord) -> bool:
    """Whether all tables of a file's reading lie in its folder."""
    folder = folder_of(raw_dir, record)
    return all((folder / f"{table.name}.parquet").is_file() for table in tables_of(record))


def problem_row(problem: Problem, record: FileRecord) -> dict[str, Any]:
    """A problem as a row of the raw table ``problems``."""
    return {
        "edition_key": record.edition_key,
        "source_sha256": record.source_sha256,
        "source_file": record.source_file,
        "issue_code": problem.code,
        "severity": problem.severity,
        "row_number": problem.row_number,
        "line_from": problem.line_from,
        "line_to": problem.line_to,
        "column_name": problem.column,
        "printed_text": problem.printed_text,
        "message": problem.message,
    }


def build(table: RawTable, columns: Mapping[str, list[Any]]) -> pa.Table:
    """An Arrow table in the declared schema. Raises SchemaViolation."""
    try:
        built = pa.Table.from_arrays(
            [pa.array(columns[field.name], field.type) for field in table.schema], schema=table.schema
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SchemaViolation(f"{table.name}: {error}") from error
    if faults := _faults(table, built):
        raise SchemaViolation("; ".join(faults))
    return built


def from_rows(table: RawTable, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """As ``build``, from one mapping a row."""
    rows = list(rows)
    return build(table, {name: [row.get(name) for row in rows] for name in table.schema.names})


def write(table: pa.Table, path: Path) -> None:
    """Write one Parquet file. The tables are small; neither statistics nor dictionaries would pay."""
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)


def replace_file(table: pa.Table, path: Path) -> None:
    """Write a Parquet file beside the target and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(table, aside)
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_edition(raw_dir: Path, record: FileRecord, lines: list[str], reading: Reading) -> list[dict[str, Any]]:
    """Write the tables of one edition version into its folder, at once; gives the problems as rows."""
    key, sha = record.edition_key, record.source_sha256
    count = len(lines)
    problems = [problem_row(problem, record) for problem in reading.problems]
    tables = {
        LINES.name: build(
            LINES,
            {
                "edition_key": [key] * count,
                "source_sha256": [sha] * count,
                "line_number": list(range(1, count + 1)),
                "disposition": reading.dispositions,
                "row_number": reading.row_of_line,
                "line_text": lines,
            },
        ),
        ROWS.name: build(
            ROWS,
            {
                "edition_key": [key] * len(reading.rows),
                "source_sha256": [sha] * len(reading.rows),
                "row_number": [row.number for row in reading.rows],
                "line_from": [row.line_from for row in reading.rows],
                "line_to": [row.line_to for row in reading.rows],
                **{column: [row.cells.get(column) for row in reading.rows] for column in CELL_COLUMNS},
            },
        ),
        PROBLEMS.name: from_rows(PROBLEMS, problems),
    }
    _replace_folder(folder_of(raw_dir, record), tables)
    return problems


def write_report(raw_dir: Path, record: FileRecord, reading: ReportReading) -> list[dict[str, Any]]:
    """Write the tables of one report version into its folder, at once; gives the problems as rows."""
    about = {"edition_key": record.edition_key, "source_sha256": record.source_sha256}
    problems = [problem_row(problem, record) for problem in reading.problems]
    contents = (
        (REPORT_LINES, reading.lines),
        (REPORT_PARAGRAPHS, reading.paragraphs),
        (CLAIMS, reading.claims),
        (CLAIM_CANDIDATES, reading.candidates),
        (REPORT_NUMBERS, reading.numbers),
    )
    tables = {table.name: from_rows(table, (row | about for row in rows)) for table, rows in contents}
    tables[REPORT_PROBLEMS.name] = from_rows(REPORT_PROBLEMS, problems)
    _replace_folder(folder_of(raw_dir, record), tables)
    return problems


def fingerprint(tables: Mapping[str, pa.Table | None]) -> str:
    """Hash of what tables hold, by name, however they were written. None stands for one that cannot be read."""
    digest = hashlib.sha256()
    for name, table in sorted(tables.items()):
        rows = None if table is None else table.to_pylist()
        digest.update(json.dumps([name, rows], default=str, sort_keys=True).encode())
    return digest.hexdigest()


def fingerprint_on_disk(folder: Path, names: Iterable[str]) -> str:
    """The ``fingerprint`` of the Parquet files of these names in a folder."""
    return fingerprint({name: _table_or_none(folder / f"{name}.parquet") for name in names})


def _table_or_none(path: Path) -> pa.Table | None:
    try:
        return pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError):
        return None


def ensure_empty(raw_dir: Path) -> None:
    """Write the tables without rows, unless they lie there in the present schema."""
    for kind, tables in ((EDITIONS, EDITION_TABLES), (REPORTS, REPORT_TABLES)):
        folder = raw_dir / kind / NO_EDITION
        if any(violations(table, folder / f"{table.name}.parquet") for table in tables):
            _replace_folder(folder, {table.name: table.schema.empty_table() for table in tables})


def _replace_folder(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    with replacing(folder) as aside:
        for name, table in tables.items():
            write(table, aside / f"{name}.parquet")


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder beside ``folder`` to write into; it takes its place at the end, unless something is raised."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    try:
        yield aside
        os.chmod(aside, 0o755)
        if folder.exists():
            gone = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
            os.replace(folder, gone)
            os.replace(aside, folder)
            shutil.rmtree(gone, ignore_errors=True)
        else:
            os.replace(aside, folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def prune(raw_dir: Path, keep: set[Path]) -> None:
    """Remove folders of editions that no record speaks for, and what an interrupted run left."""
    for editions in (raw_dir / EDITIONS, raw_dir / REPORTS):
        for edition in editions.iterdir() if editions.is_dir() else ():
            for version in edition.iterdir() if edition.is_dir() else ():
                if version not in keep and version != editions / NO_EDITION:
                    shutil.rmtree(version, ignore_errors=True)
            if edition.is_dir() and not any(edition.iterdir()):
                edition.rmdir()


def violations(table: RawTable, path: Path) -> list[str]:
    """What a Parquet file has against its declared schema: columns, types, nulls, values, keys. Empty when sound."""
    if not path.exists():
        return [f"{table.name}: {path.name} is missing"]
    try:
        found = pq.read_table(path, partitioning=None)
    except (pa.ArrowInvalid, OSError) as error:
        return [f"{table.name}: {path.name} cannot be read: {error}"]
    return _faults(table, found)


def _faults(table: RawTable, found: pa.Table) -> list[str]:
    faults: list[str] = []
    expected, actual = table.schema.names, found.schema.names
    if missing := [name for name in expected if name not in actual]:
        faults.append(f"{table.name}: columns missing: {', '.join(missing)}")
    if surplus := [name for name in actual if name not in expected]:
        faults.append(f"{table.name}: columns not declared: {', '.join(surplus)}")
    for spec in table.schema:
        if spec.name not in actual:
            continue
        column = found.column(spec.name)
        if column.type != spec.type:
            faults.append(f"{table.name}.{spec.name}: type {column.type}, declared {spec.type}")
        elif not spec.nullable and column.null_count:
            faults.append(f"{table.name}.{spec.name}: {column.null_count} nulls where none is allowed")
        if spec.name in table.allowed:
            strange = set(column.to_pylist()) - set(table.allowed[spec.name]) - ({None} if spec.nullable else set())
            if strange:
                faults.append(f"{table.name}.{spec.name}: values not allowed: {sorted(map(str, strange))[:5]}")
    if table.key and not faults:
        keys = Counter(zip(*(found.column(name).to_pylist() for name in table.key), strict=True))
        if doubled := [key for key, count in keys.items() if count > 1]:
            faults.append(f"{table.name}: key {table.key} doubled: {doubled[:3]}")
    return faults
