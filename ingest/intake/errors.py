"""Why a file could not be taken in, in words that say what to do."""

from __future__ import annotations

import traceback
from pathlib import Path


class FileRejected(Exception):
    """One received file cannot become an edition; the others go on.

    ``code`` is the stable ``issue_code``, ``message`` one or two sentences for a person,
    ``line_from`` / ``line_to`` the source lines (1-based) where there are any.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        line_from: int | None = None,
        line_to: int | None = None,
        printed_text: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line_from = line_from
        self.line_to = line_to if line_to is not None else line_from
        self.printed_text = printed_text


def reader_failed(error: Exception, line: int | None = None) -> FileRejected:
    """The outcome of a file on which the reader itself failed: a fault of the program, with its kind and place."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    where = f" in line {line}" if line else ""
    return FileRejected(
        "reader_failed",
        f"The reader failed on this file{where}: {type(error).__name__}{place}. Nothing was taken from it; the file is "
        "kept. This is a fault of the program: report it with the file.",
        line_from=line,
    )


class LayoutError(Exception):
    """A layout file is wrong; names the file and the key."""


class ConfigurationError(Exception):
    """The list of councils or another configuration file is wrong; names the file and the key."""
