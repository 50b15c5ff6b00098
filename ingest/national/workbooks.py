"""Workbooks: opened with care, their sheets as rows of text.

A workbook is a zip archive made by somebody else: before any of it is unpacked in memory its size,
its sums and the extent of its sheets are looked at.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ingest.intake.errors import FileRejected

#: The lists have a hundred rows or two and unpack to less than a megabyte.
MAX_UNPACKED = 64 * 1024 * 1024
MAX_PARTS = 2_000
MAX_CELLS = 2_000_000
_CHUNK = 1 << 20

_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=\"([A-Z]{1,3})([0-9]{1,7})\"")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True)
class Sheet:
    """A worksheet; ``rows[0]`` is row 1. A number without a fraction is text without a point."""

    name: str
    visible: bool
    rows: list[list[str]]


def is_old_office(start: bytes) -> bool:
    return start.startswith(b"\xd0\xcf\x11\xe0")


def sheets_of(path: Path) -> list[Sheet]:
    """All worksheets. Raises FileRejected (workbook_protected, workbook_unreadable, workbook_too_large)."""
    with path.open("rb") as stream:
        start = stream.read(8)
        if is_old_office(start):
            raise _old_office(start + stream.read(MAX_UNPACKED))
    _look_inside(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        return [
            Sheet(
                about.name,
                about.visible == SheetVisibleEnum.Visible,
                [
                    [_text(cell) for cell in row]
                    for row in workbook.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
                ],
            )
            for about in workbook.sheets_metadata
            if about.typ == SheetTypeEnum.WorkSheet
        ]
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a fault inside calamine arrives as a panic, which is no Exception
        raise _unreadable(str(error)) from error


def _old_office(content: bytes) -> FileRejected:
    if _ENCRYPTED in content:
        return FileRejected(
            "workbook_protected", "The workbook is protected by a password. Save it without one and drop it again."
        )
    return FileRejected(
        "workbook_unreadable", "The file is an old Office document (.xls). Save it as .xlsx and drop it again."
    )


def _unreadable(reason: str) -> FileRejected:
    return FileRejected(
        "workbook_unreadable",
        f"The workbook is damaged or cut off ({reason[:120]}). Download it again.",
    )


def _look_inside(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise FileRejected(
                    "workbook_protected", "Parts of the file are protected by a password. Save it without one."
                )
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MAX_UNPACKED or len(parts) > MAX_PARTS:
                raise FileRejected(
                    "workbook_too_large",
                    f"The workbook has {len(parts):,} parts and unpacks to {unpacked:,} bytes; such a list has a few "
                    f"hundred thousand and the limit is {MAX_UNPACKED:,}. Drop the workbook as it was published.",
                )
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise FileRejected(
                    "unknown_kind",
                    "The file is a zip archive and no .xlsx workbook. Save a workbook as .xlsx; unpack another "
                    "archive and drop the files that it holds.",
                )
            for part in parts:
                # Reading a part also compares its size and sum with what the archive says of it.
                _within_extent(archive, part)
    # zipfile says NotImplementedError of a part that is packed in a way that it does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise _unreadable(str(error)) from error


def _within_extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    is_sheet = part.filename.startswith("xl/worksheets/")
    last_row = last_column = 1
    with archive.open(part) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            if not is_sheet:
                continue
            for column, row in _CELL.findall(tail + chunk):
                last_row, last_column = max(last_row, int(row)), max(last_column, _column_number(column))
            tail = chunk[-200:]
    if last_row * last_column > MAX_CELLS:
        raise FileRejected(
            "workbook_too_large",
            f"A sheet of the workbook reaches to row {last_row:,} and column {last_column:,}; such a list has a few "
            "hundred rows. Delete what stands far outside the list and save the workbook again.",
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _text(cell: Any) -> str:
    """A cell as text; a cell of spaces is blank. Workbooks keep whole numbers as floats."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    text = str(cell)
    return text if text.strip() else ""
