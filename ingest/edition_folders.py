"""One folder of raw tables per version of an edition or a report: writing it at once, finding it whole, removing it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ingest.dashboards.reader import Reading
from ingest.intake.archive import FileRecord
from ingest.intake.problems import problem_row
from ingest.intake.raw_tables import build, from_rows, replace_folder, violations
from ingest.intake.schemas import CELL_COLUMNS, EDITION_TABLES, LINES, PROBLEMS, ROWS, RawTable
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

EDITIONS = "editions"
REPORTS = "reports"
#: Holds the tables with no row, so that a reader's pattern always finds a file.
NO_EDITION = Path("_none") / "_none"


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
    replace_folder(folder_of(raw_dir, record), tables)
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
    replace_folder(folder_of(raw_dir, record), tables)
    return problems


def ensure_empty(raw_dir: Path) -> None:
    """Write the tables without rows, unless they lie there in the present schema."""
    for kind, tables in ((EDITIONS, EDITION_TABLES), (REPORTS, REPORT_TABLES)):
        folder = raw_dir / kind / NO_EDITION
        if any(violations(table, folder / f"{table.name}.parquet") for table in tables):
            replace_folder(folder, {table.name: table.schema.empty_table() for table in tables})


def prune(raw_dir: Path, keep: set[Path]) -> None:
    """Remove folders of editions that no record speaks for, and what an interrupted run left."""
    for editions in (raw_dir / EDITIONS, raw_dir / REPORTS):
        for edition in editions.iterdir() if editions.is_dir() else ():
            for version in edition.iterdir() if edition.is_dir() else ():
                if version not in keep and version != editions / NO_EDITION:
                    shutil.rmtree(version, ignore_errors=True)
            if edition.is_dir() and not any(edition.iterdir()):
                edition.rmdir()
