"""What reading one national file gives: counts, and problems as rows of ``national_problems``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

#: So many problems of one code are listed a file; the rest is one row that counts them.
LISTED = 50


@dataclass
class NationalReading:
    """``row_count`` is the rows of the source; ``release_label`` what the content itself says of its release."""

    row_count: int
    problems: list[dict[str, Any]]
    release_label: str | None = None
    checks: list[dict[str, Any]] = field(default_factory=list)


class ProblemLog:
    """Problems of one file. Each is counted; the first of a code are listed with their place."""

    def __init__(self, source_sha256: str, source_file: str) -> None:
        self._file = {"source_sha256": source_sha256, "source_file": source_file}
        self._rows: list[dict[str, Any]] = []
        self._listed: Counter[str] = Counter()
        self._more: Counter[tuple[str, str]] = Counter()

    def room(self, code: str) -> int:
        """How many problems of this code can still be listed."""
        return max(0, LISTED - self._listed[code])

    def add(
        self,
        code: str,
        severity: str,
        message: str,
        *,
        source_row: int | None = None,
        column: str | None = None,
        printed: str | None = None,
    ) -> None:
        if not self.room(code):
            self.count(code, severity, 1)
            return
        self._listed[code] += 1
        self._rows.append(
            {
                **self._file,
                "issue_code": code,
                "severity": severity,
                "source_row": source_row,
                "column_name": column,
                "printed_text": None if printed is None else printed[:200],
                "message": message,
            }
        )

    def count(self, code: str, severity: str, number: int) -> None:
        """Problems of a code that are counted without being listed."""
        if number:
            self._more[code, severity] += number

    def rows(self) -> list[dict[str, Any]]:
        """Rows of ``national_problems``: what is listed, then one row a code for what is not."""
        rest = [
            {
                **self._file,
                "issue_code": code,
                "severity": severity,
                "source_row": None,
                "column_name": None,
                "printed_text": None,
                "message": f"{number + self._listed[code]:,} problems of this kind were found in the file: the first "
                f"{self._listed[code]} are listed, {number:,} more are not.",
            }
            for (code, severity), number in self._more.items()
        ]
        return [*self._rows, *rest]
