"""CSV files: their encoding, and their records with the physical line on which each begins."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import FileRejected

_CHUNK = 1 << 20


@dataclass(frozen=True)
class TextFacts:
    """What one pass over the bytes says. ``assumed``: the encoding is none that the bytes prove."""

    encoding: str
    assumed: bool
    line_count: int
    ends_with_newline: bool


def require_text(path: Path) -> None:
    """Look at the first bytes. Raises FileRejected (undecodable_file)."""
    with path.open("rb") as stream:
        first = stream.read(1024)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in first:
        raise FileRejected("undecodable_file", "The file is UTF-16 or no text. Save it as UTF-8 and drop it again.")


def text_facts(path: Path) -> TextFacts:
    """Encoding and lines of a text file, read in pieces.

    UTF-8, with or without a byte-order mark; bytes that are none are read as Windows-1252. Raises
    FileRejected (empty_file, undecodable_file).
    """
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    lines, last, blank = 0, b"", True
    require_text(path)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            lines += chunk.count(b"\n")
            last, blank = chunk[-1:], blank and not chunk.strip(b"\xef\xbb\xbf \t\r\n")
            try:
                if utf8 is not None:
                    utf8.decode(chunk)
            except UnicodeDecodeError:
                utf8 = None
    if blank:
        raise FileRejected("empty_file", "The file is empty. Download it again.")
    whole = last == b"\n"
    if utf8 is not None and utf8.getstate()[0] and whole:
        utf8 = None
    # A download that stopped inside a letter is still UTF-8; its end is reported by whoever reads the records.
    encoding = "utf-8-sig" if utf8 is not None else "cp1252"
    return TextFacts(encoding, utf8 is None, lines + (not whole), whole)


def records(path: Path, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """Line (from 1) and fields of each record; blank lines are left out, a quoted field may span lines.

    Raises FileRejected: ``file_cut_off`` where the file ends inside a quoted field, ``csv_damaged`` where
    quotation marks do not pair.
    """
    with path.open(encoding=encoding, newline="", errors="replace") as stream:
        reader = csv.reader(stream, strict=True)
        line = 1
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _damaged(str(error), line, reader.line_num) from error
            if fields and fields != [""]:
                yield line, fields
            line = reader.line_num + 1


def _damaged(error: str, line_from: int, line_to: int) -> FileRejected:
    if "unexpected end" in error:
        return FileRejected(
            "file_cut_off",
            f"The file ends inside a quoted cell that begins on line {line_from}: the download stopped half-way. "
            "Download it again.",
            line_from=line_from,
        )
    return FileRejected(
        "csv_damaged",
        f"The quotation marks of the record on lines {line_from} to {line_to} do not pair ({error}). "
        "Download the file again, or mend that record.",
        line_from=line_from,
        line_to=line_to,
    )
