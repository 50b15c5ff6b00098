"""Problems of a national file: the first of each code in full, the rest as a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

#: Problem rows of one code and file; one more row sums up the rest.
MAX_PROBLEMS = 50
_MAX_TEXT = 500


class Problems:
    """Rows of NATIONAL_PROBLEMS: the first of each code in full, the rest as a number."""

    def __init__(self, sha: str, source_file: str):
        self._sha, self._file = sha, source_file
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self.counts: Counter = Counter()

    def add(
        self, code: str, severity: str, line: int | None, column: str | None, text: str | None, message: str
    ) -> None:
        self.counts[code] += 1
        kept = self._rows.setdefault(code, [])
        if len(kept) < MAX_PROBLEMS:
            kept.append(self._row(code, severity, line, column, text, message))

    def add_rows(
        self,
        code: str,
        severity: str,
        lines: np.ndarray,
        rows: np.ndarray,
        column: str | None,
        text_of: Callable[[int], str | None],
        message: str,
    ) -> None:
        """As ``add`` for many rows of a block that have one column and message."""
        self.add_described(code, severity, lines, rows, lambda row: (column, text_of(row), message))

    def add_described(
        self,
        code: str,
        severity: str,
        lines: np.ndarray,
        rows: np.ndarray,
        describe: Callable[[int], tuple[str | None, str | None, str]],
    ) -> None:
        """As ``add_rows``; ``describe`` gives column, text and message of a row that is listed."""
        kept = self._rows.setdefault(code, [])
        for row in rows[: max(0, MAX_PROBLEMS - len(kept))].tolist():
            kept.append(self._row(code, severity, int(lines[row]), *describe(row)))
        self.counts[code] += len(rows)

    def finish(self) -> None:
        """Say how many rows are not listed."""
        for code, kept in self._rows.items():
            if kept and (more := self.counts[code] - len(kept)):
                severity = kept[0]["severity"]
                message = f"{more:,} more rows with this problem; {self.counts[code]:,} in all."
                kept.append(self._row(code, severity, None, None, None, message))

    def rows(self) -> list[dict[str, Any]]:
        return [row for code in self._rows for row in self._rows[code]]

    def _row(
        self, code: str, severity: str, line: int | None, column: str | None, text: str | None, message: str
    ) -> dict[str, Any]:
        return {
            "source_sha256": self._sha,
            "source_file": self._file,
            "issue_code": code,
            "severity": severity,
            "source_row": line,
            "column_name": column,
            "printed_text": text[:_MAX_TEXT] if text else None,
            "message": message,
        }
