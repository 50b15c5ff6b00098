"""The two lists that are published as workbooks: authorities, and their statistical neighbours.

``source_row`` is the row of the sheet, counted from 1 as a person sees it. Words are kept as printed, so the
spellings of two lists may differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.intake import raw_tables
from ingest.intake.errors import FileRejected
from ingest.intake.schemas import RawTable
from ingest.national.kinds import (
    AUTHORITIES_LIST,
    CLOSENESS,
    NEIGHBOURS_LIST,
    SN_COLUMNS,
    Table,
    find_table,
    fold,
)
from ingest.national.problems import Problems
from ingest.national.readings import NationalReading
from ingest.national.schemas import AUTHORITIES, NEIGHBOURS
from ingest.national.workbooks import sheets_of

_YEAR = re.compile(r"(?<![0-9])20[0-9]{2}(?![0-9])")
#: An authority that is too new for a list has a dash in each cell.
_NOBODY = ("", "-")
_NUMBER = re.compile(r"([0-9]{1,9})(?:\.0*)?")


def read_authorities(path: Path, source_sha256: str, source_file: str, out_path: Path) -> NationalReading:
    """The list of authorities to ``out_path`` in the schema AUTHORITIES. Raises FileRejected (no_rows and others)."""
    table = find_table(sheets_of(path), AUTHORITIES_LIST.name)
    problems = Problems(source_sha256, source_file)
    rows: list[dict[str, Any]] = []
    listed = list(_rows(table, problems))
    for row, cells in listed:
        number = _authority(cells, row, "LA Number", problems)
        if number is None:
            continue
        name = cells[fold("LA Name")]
        if not name:
            message = f"Row {row} names no authority and is left out."
            problems.add("row_without_name", "warning", row, "LA Name", str(number), message)
            continue
        rows.append(
            {
                "source_sha256": source_sha256,
                "source_row": row,
                "la_number": number,
                "la_name": name,
                "region_name": cells[fold("Region")] or None,
                "type_text": cells[fold("Type")] or None,
            }
        )
    _listed_twice(rows, problems)
    return _written(AUTHORITIES, rows, len(listed), problems, out_path)


def read_neighbours(
    path: Path, source_sha256: str, source_file: str, out_path: Path, list_version: str | None = None
) -> NationalReading:
    """A list of neighbours to ``out_path`` in the schema NEIGHBOURS, one row an authority and neighbour.

    ``list_version`` is what the note beside the file says; else the year in the file's name, else the one in
    the sheet's name or above its headings. ``row_count`` is the rows of the sheet. An authority that is its own
    neighbour or a neighbour that is listed twice is kept and a problem; one that is no number is a problem
    and no row. Raises FileRejected (list_version_unknown, missing_column, no_rows and others).
    """
    table = find_table(sheets_of(path), NEIGHBOURS_LIST.name)
    version = list_version or _version(source_file, table)
    pairs = _pairs(table)
    problems = Problems(source_sha256, source_file)
    rows: list[dict[str, Any]] = []
    authorities: list[dict[str, Any]] = []
    listed = list(_rows(table, problems))
    for row, cells in listed:
        number = _authority(cells, row, "LA num", problems)
        if number is None:
            continue
        own = {
            "source_sha256": source_sha256,
            "source_row": row,
            "list_version": version,
            "la_number": number,
            "la_name": cells[fold("LA Name")] or None,
            "region_name": cells[fold("GOReg")] or None,
        }
        authorities.append(own)
        printed = table.sheet.rows[row - 1]
        rows += [{**own, **found} for found in _neighbours_of(number, row, printed, pairs, problems)]
    _listed_twice(authorities, problems)
    reading = _written(NEIGHBOURS, rows, len(listed), problems, out_path)
    reading.release_label = version
    return reading


def _neighbours_of(
    number: int, row: int, printed: list[str], pairs: list[tuple[int, int]], problems: Problems
) -> Iterator[dict[str, Any]]:
    seen: dict[int, str] = {}
    for rank, (place, beside) in enumerate(pairs, start=1):
        text, column = printed[place], SN_COLUMNS[rank - 1]

        def problem(code: str, message: str, text: str = text, column: str = column) -> None:
            problems.add(code, "warning", row, column, text, message)

        if text.strip() in _NOBODY:
            continue
        neighbour = _number(text)
        if neighbour is None:
            problem("neighbour_no_number", f"Row {row}: {text!r} in {column} is no authority's number; it is left out.")
            continue
        if neighbour == number:
            problem("neighbour_is_itself", f"Row {row}: authority {number} is its own neighbour in {column}.")
        if neighbour in seen:
            problem(
                "neighbour_listed_twice",
                f"Row {row}: authority {number} has the neighbour {neighbour} in {seen[neighbour]} and in {column}.",
            )
        seen.setdefault(neighbour, column)
        yield {
            "neighbour_rank": rank,
            "neighbour_la_number": neighbour,
            "closeness_text": printed[beside] or None,
        }
    if (found := len(seen.keys() - {number})) < len(pairs):
        problems.add(
            "neighbours_missing",
            "warning",
            row,
            None,
            None,
            f"Row {row}: authority {number} has {found} different neighbours of {len(pairs)}. Averages are over those; "
            "if cells are formulas, open the workbook, let it calculate and save it.",
        )


def _pairs(table: Table) -> list[tuple[int, int]]:
    """For each rank the columns of the neighbour and of its closeness, which stands right of it or bears its number."""
    headings = [fold(heading) for heading in table.headings]
    pairs = []
    for rank, name in enumerate(SN_COLUMNS, start=1):
        place = headings.index(fold(name))
        numbered = fold(f"{CLOSENESS}{rank}")
        if numbered in headings:
            pairs.append((place, headings.index(numbered)))
        elif headings[place + 1 : place + 2] == [fold(CLOSENESS)]:
            pairs.append((place, place + 1))
        else:
            raise FileRejected(
                "missing_column",
                f"The column {CLOSENESS} is missing right of {name} in row {table.heading_row + 1} of the sheet "
                f"{table.sheet.name!r}: how close that neighbour is cannot be told. Put it there.",
            )
    return pairs


def _version(source_file: str, table: Table) -> str:
    above = " ".join(cell for row in table.sheet.rows[: table.heading_row] for cell in row)
    for text in (source_file.rsplit("/", 1)[-1], table.sheet.name, above):
        years = sorted(set(_YEAR.findall(text)))
        if len(years) == 1:
            return years[0]
        if years:
            raise _version_unknown(
                f"{' and '.join(years)} stand in {text[:80]!r}, so the year of the list is not clear"
            )
    raise _version_unknown("Neither the file's name nor its sheet says of which year the list is")


def _version_unknown(reason: str) -> FileRejected:
    return FileRejected(
        "list_version_unknown",
        f"{reason}. Name the file like sn_2025.xlsx, or put a note beside it: a .yml file of the same name with "
        "'list_version: 2025'.",
    )


def _rows(table: Table, problems: Problems) -> Iterator[tuple[int, dict[str, str]]]:
    """Sheet row and cells by folded heading, of the rows below the headings that are not blank.

    A row with one cell alone is a remark such as "Old SNs:", noted and no row.
    """
    headings = [fold(heading) for heading in table.headings]
    same = {fold(name): fold(other) for name, other in table.kind.spellings if fold(name) not in headings}
    for index, cells in enumerate(table.sheet.rows[table.heading_row + 1 :], start=table.heading_row + 2):
        filled = [cell for cell in cells if cell]
        if len(filled) == 1:
            problems.add("remark", "info", index, None, filled[0], f"Row {index} is a remark and no row of the list.")
        elif filled:
            by_heading: dict[str, str] = {}
            for heading, cell in zip(headings, cells, strict=False):
                by_heading.setdefault(heading, cell)
            yield index, by_heading | {name: by_heading[other] for name, other in same.items() if other in by_heading}


def _authority(cells: dict[str, str], row: int, heading: str, problems: Problems) -> int | None:
    text = cells[fold(heading)]
    number = _number(text)
    if number is None:
        what = f"{text!r} in {heading} is no number" if text else f"{heading} is empty"
        message = f"Row {row}: {what}; the row is left out."
        problems.add("row_without_authority", "warning", row, heading, text or None, message)
    return number


def _number(text: str) -> int | None:
    match = _NUMBER.fullmatch(text.strip())
    return int(match[1]) if match else None


def _listed_twice(rows: list[dict[str, Any]], problems: Problems) -> None:
    first: dict[int, int] = {}
    for row in rows:
        before = first.setdefault(row["la_number"], row["source_row"])
        if before != row["source_row"]:
            message = (
                f"Authority {row['la_number']} stands in row {before} and in row {row['source_row']}. Both are kept."
            )
            printed = str(row["la_number"])
            problems.add("authority_listed_twice", "warning", row["source_row"], None, printed, message)


def _written(
    table: RawTable, rows: list[dict[str, Any]], count: int, problems: Problems, out_path: Path
) -> NationalReading:
    if not rows:
        raise FileRejected("no_rows", "Below its headings the list has no row that can be read. Download it again.")
    raw_tables.write(raw_tables.from_rows(table, rows), out_path)
    problems.finish()
    return NationalReading(count, problems.rows())
