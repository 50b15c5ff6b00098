"""Bytes to numbered lines: encodings, control characters and what is no text at all."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from ingest.intake.errors import FileRejected

#: A dashboard is a few thousand bytes. Something a thousand times larger is another document.
MAX_BYTES = 5 * 1024 * 1024
#: The most lines that are read.
MAX_LINES = 50_000

_LINE_END = re.compile(r"\r\n|\n|\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]")
#: First bytes of files that are no text, and what such a file is.
SIGNATURES = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive (an Office document?)",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}


@dataclass(frozen=True)
class DecodedText:
    """The lines of a file, numbered from 1 by their place in ``lines``; ``controls`` are (line, text)."""

    lines: list[str]
    encoding: str
    assumed: bool
    controls: list[tuple[int, str]] = field(default_factory=list)
    ends_with_newline: bool = True


def decode(content: bytes, *, max_bytes: int = MAX_BYTES, total_bytes: int | None = None) -> DecodedText:
    """Decode a received file.

    UTF-8 and UTF-16 (with or without a byte-order mark) are recognised; other bytes are read as
    Windows-1252, which every byte of a British office file fits, and ``assumed`` says so. A control
    character inside text becomes U+FFFD so that the damage stays visible.

    Raises FileRejected (empty_file, file_too_large, binary_file, too_costly).
    """
    if (size := total_bytes or len(content)) > max_bytes:
        raise FileRejected(
            "file_too_large",
            f"The file has {size:,} bytes; a dashboard has a few thousand and the limit is "
            f"{max_bytes:,}. Drop the dashboard alone, as text.",
        )
    for signature, what in SIGNATURES.items():
        if content.startswith(signature):
            raise FileRejected(
                "binary_file",
                f"The file is {what}, not text. Extract the dashboard's text and drop that.",
            )
    text, encoding, assumed = _to_text(content)
    if not text.strip("\ufeff \t\r\n\f\x00"):
        raise FileRejected("empty_file", "The file holds no text. Drop the dashboard again.")
    lines = _LINE_END.split(text) if "\r" in text else text.split("\n")
    ends_with_newline = lines[-1] == ""
    if ends_with_newline:
        lines.pop()
    controls: list[tuple[int, str]] = []
    if _CONTROL.search(text):
        bad = sum(1 for _ in _CONTROL.finditer(text))
        if bad > max(20, len(text) // 20):
            raise FileRejected(
                "binary_file",
                f"The file is not text: {bad:,} of its {len(text):,} characters are control characters. "
                "Extract the dashboard's text and drop that.",
            )
        for number, line in enumerate(lines, start=1):
            if _CONTROL.search(line):
                controls.append((number, line))
                lines[number - 1] = _CONTROL.sub("\ufffd", line)
    _check_lines(lines)
    return DecodedText(lines, encoding, assumed, controls, ends_with_newline)


def _check_lines(lines: list[str]) -> None:
    if len(lines) > MAX_LINES:
        raise FileRejected(
            "too_costly",
            f"The file has {len(lines):,} lines; a dashboard or report has a few hundred, and at most {MAX_LINES:,} "
            "are read. Take out what does not belong to it and drop it again.",
            line_from=MAX_LINES + 1,
        )


def _to_text(content: bytes) -> tuple[str, str, bool]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(content, "utf-16"), "utf-16", False
    if content.startswith(codecs.BOM_UTF8):
        content = content[len(codecs.BOM_UTF8) :]
    if b"\x00" in content:
        # Latin text in UTF-16 has a NUL in nearly every second byte; stray NULs do not.
        half = len(content) // 2 or 1
        if content[1::2].count(0) > 0.6 * half:
            return _strict(content, "utf-16-le"), "utf-16-le", False
        if content[0::2].count(0) > 0.6 * half:
            return _strict(content, "utf-16-be"), "utf-16-be", False
    try:
        return content.decode("utf-8"), "utf-8", False
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252"), "cp1252", True
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1", True


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileRejected(
            "undecodable_file",
            f"The file begins like {encoding.upper()} text but byte {error.start:,} does not fit it. "
            "Save it as UTF-8 and drop it again.",
        ) from error
