"""Why a file could not be taken in, in words that say what to do."""

from __future__ import annotations


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


class LayoutError(Exception):
    """A layout file is wrong; names the file and the key."""


class ConfigurationError(Exception):
    """The list of councils or another configuration file is wrong; names the file and the key."""
