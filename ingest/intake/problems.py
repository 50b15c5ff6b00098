"""A problem in a source, and the row of a raw table that it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingest.intake.archive import FileRecord


@dataclass
class Problem:
    """Something in a source that a person may want to see; line numbers are 1-based and inclusive."""

    code: str
    severity: str
    message: str
    line_from: int | None = None
    line_to: int | None = None
    row_number: int | None = None
    column: str | None = None
    printed_text: str | None = None


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
