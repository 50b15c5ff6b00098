"""What must hold for every reading, however damaged its text: each breach is named."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import product

from fuzz.damage import Damaged
from fuzz.editions import FIGURES, PERIOD_OF, Edition, Printed, number_of
from ingest.dashboards import cells as kinds
from ingest.dashboards.reader import CUT, HEADING_COLUMNS, Reading, Row
from ingest.intake.characters import fold
from ingest.intake.schemas import PIECE_BREAK

#: As the conversion reads figures (dbt_project/macros/figures.sql): whole numbers, with what may stand after them.
_WHOLE = re.compile(
    r"[<>=]*\s?(?P<number>[-+]?(?:0|[1-9][0-9]{0,11}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,6})?) ?%?"
    r"(?: \((?P<bracket>[0-9][0-9,]*)\))?"
)
#: A quarter of a financial year, whose years the conversion reads in two digits or four.
_YEARS = r"(?:20)?([0-9]{2}) ?[-/] ?(?:20)?([0-9]{2})"
_QUARTER_OF_YEARS = re.compile(rf"q ?([1-4])[-. ,]?{_YEARS}")
_YEARS_OF_QUARTER = re.compile(rf"{_YEARS}[-. ,]?q ?([1-4])")


@dataclass(frozen=True)
class Breach:
    """An invariant that does not hold: which, and what was seen."""

    kind: str
    seen: str


def numbers_taken(text: str) -> list[str]:
    """The numbers that a cell's text becomes; none where it is not whole."""
    found = _WHOLE.fullmatch(text)
    if found is None or ("%" in text and float(found["number"].replace(",", "")) > 100):
        return []
    return [str(number_of(group.lstrip("+-"))) for group in found.groups() if group]


def judge(edition: Edition, text: Damaged, reading: Reading) -> list[Breach]:
    """The breaches of one reading of one damaged edition."""
    return [
        *_account(text, reading),
        *_invented(edition, text, reading),
        *_misplaced(edition, text, reading),
        *_lost(edition, text, reading),
    ]


def _account(text: Damaged, reading: Reading) -> list[Breach]:
    out = []
    if not len(text.lines) == len(reading.dispositions) == len(reading.row_of_line):
        return [Breach("line without an account", f"{len(text.lines)} lines")]
    for index, (disposition, number) in enumerate(zip(reading.dispositions, reading.row_of_line, strict=True)):
        if (number is not None) != (disposition in ("row", "continuation")):
            out.append(Breach("line without an account", f"line {index + 1} is {disposition} of row {number}"))
        if disposition == "unrecognised" and not _problem_at(reading, index + 1, index + 1):
            out.append(Breach("line without an account", f"line {index + 1} fits nothing and nothing says so"))
    return out


def _invented(edition: Edition, text: Damaged, reading: Reading) -> list[Breach]:
    out = []
    everywhere = set(" ".join(text.lines).split())
    for row in reading.rows:
        own = "\n".join(text.lines[row.line_from - 1 : row.line_to])
        for pattern, to in edition.layout.substitutions:
            own = "\n".join(pattern.sub(to, line) for line in own.split("\n"))
        used = Counter(
            word
            for column, cell in row.cells.items()
            if column not in HEADING_COLUMNS
            for word in cell.removesuffix(CUT).replace(PIECE_BREAK, " ").split()
        )
        if missing := used - Counter(own.split()):
            out.append(Breach("text that is not printed", f"row {row.number}: {sorted(missing)}"))
        for column in HEADING_COLUMNS:
            if not set(row.cells.get(column, "").split()) <= everywhere:
                out.append(Breach("text that is not printed", f"row {row.number}: {row.cells[column]!r}"))
    return out


def _problem_at(reading: Reading, first: int, last: int, row: int | None = None) -> bool:
    return any(
        problem.severity != "info"
        # What is said of a row's topic says nothing of its figures.
        and problem.column not in HEADING_COLUMNS
        and (
            (row is not None and problem.row_number == row)
            or (problem.line_from is not None and problem.line_from <= last and (problem.line_to or 0) >= first)
        )
        for problem in reading.problems
    )


def _is_said(edition: Edition, reading: Reading, row: Row) -> bool:
    """Whether somebody is told about the row: by the reading, or by the conversion, which knows the forms of cells."""
    known = {fold(label) for label in edition.labels}
    if _label(row) not in known:
        return True
    if not kinds.is_period(row.cells.get("period_text", "")) and numbers_taken(row.cells.get("value_text", "")):
        return True
    if any(_is_damaged(row.cells.get(column, "")) for column in FIGURES):
        return True
    quartile = row.cells.get("quartile_text", "n/a")
    if quartile not in ("1", "2", "3", "4") and not kinds.is_missing(quartile) and not kinds.is_glyph(quartile):
        return True
    return _problem_at(reading, row.line_from, row.line_to, row.number)


def _is_damaged(text: str) -> bool:
    return any(character.isdigit() for character in text) and not numbers_taken(text)


def _misplaced(edition: Edition, text: Damaged, reading: Reading) -> list[Breach]:
    out = []
    for row in reading.rows:
        said = None
        for column in FIGURES:
            cell = row.cells.get(column, "")
            for number in numbers_taken(cell):
                fault = _fault(edition, text, row, column, number)
                if fault is None:
                    continue
                said = _is_said(edition, reading, row) if said is None else said
                if not said or (fault == "piece of a figure" and not _doubled(reading, row)):
                    out.append(Breach(fault, f"row {row.number} {column} {cell!r} in {row.cells}"))
    return out


def _doubled(reading: Reading, row: Row) -> bool:
    """Whether it is said that the row's quartile, printed twice, may be the beginning of a split number."""
    return any(
        p.code == "cell_doubled" and p.severity != "info" and p.row_number == row.number for p in reading.problems
    )


def _fault(edition: Edition, text: Damaged, row: Row, column: str, number: str) -> str | None:
    """What is wrong with a number where it arrived; None where nothing is.

    A damaged number can come to look like another figure of the file: what arrives may be either of the two.
    """
    own = edition.printed.get(number)
    if number in text.cut and (own is None or (fold(own.label), own.column) != (_label(row), column)):
        return "cut over the gap between two words"
    meanings = {number, text.changed.get(number, number)}
    faults = [_fault_of(edition, text, row, column, number, edition.printed.get(meant)) for meant in sorted(meanings)]
    return None if None in faults else max(filter(None, faults), key=lambda fault: fault.startswith("under"))


def _fault_of(
    edition: Edition, text: Damaged, row: Row, column: str, number: str, printed: Printed | None
) -> str | None:
    if printed is None:
        if number in text.strays:
            return None
        whole = text.pieces.get(number, "")
        cut = edition.printed.get(text.changed.get(whole, whole))
        if cut is not None and (fold(cut.label) == _label(row) or not _stands(edition, number)):
            return "piece of a figure"
        return "number that was no figure"
    if number in text.copied:
        return None
    if fold(printed.label) != _label(row):
        return "under another indicator"
    if printed.column != column:
        return "under another column"
    period = row.cells.get(PERIOD_OF.get(column, "period_text"), "")
    if column in PERIOD_OF and kinds.is_period(period) and printed.period and _alike(period) != _alike(printed.period):
        # What was written otherwise, no reader can know.
        own = " ".join(text.lines[row.line_from - 1 : row.line_to]).split()
        ways = [{word} if word in own else text.rewritten.get(word, {word}) for word in printed.period.split()]
        if _alike(period) in {_alike(" ".join(words)) for words in product(*ways)}:
            return None
        # Where words are gone, and the edition prints periods of the form that is left, none can miss them.
        left = [word for word in printed.period.split() if word in own]
        if _alike(period) != _alike(" ".join(left)) or _form(period) not in _forms(edition, column):
            return "under another period"
    return None


def _label(row: Row) -> str:
    return fold(row.cells.get("label_text", ""))


def _form(period: str) -> str:
    return re.sub("[0-9]", "0", period)


def _forms(edition: Edition, column: str) -> set[str]:
    """The forms of the periods that an edition prints for a column's figures."""
    return {_form(printed.period or "") for printed in edition.printed.values() if printed.column == column}


def _stands(edition: Edition, number: str) -> bool:
    """Whether a number stands in the undamaged edition, as the digit of a quartile does: it need not be a piece."""
    return any(number_of(word) == number for line in edition.lines for word in line.split())


def _alike(period: str) -> str:
    """The period in one form for what the conversion (dbt_project/macros/periods.sql) reads as one."""
    period = period.lower().replace("quarter", "q")
    if found := _QUARTER_OF_YEARS.fullmatch(period):
        return "q{}{}{}".format(*found.groups())
    if found := _YEARS_OF_QUARTER.fullmatch(period):
        return "q{2}{0}{1}".format(*found.groups())
    return re.sub(r"[^a-z0-9]|\bterm\b", "", period)


def _lost(edition: Edition, text: Damaged, reading: Reading) -> list[Breach]:
    out = []
    # The numbers of pages are listed in a remark; other remarks are no place where a figure is kept.
    told = " ".join(
        problem.printed_text or ""
        for problem in reading.problems
        if problem.severity != "info" or problem.code == "page_numbers"
    )
    for index, line in enumerate(text.lines):
        for word in line.split():
            number = number_of(word)
            if number not in edition.printed or number in text.strays:
                continue
            row_number = reading.row_of_line[index]
            row = reading.rows[row_number - 1] if row_number else None
            if row is not None and any(
                word in cell.removesuffix(CUT).replace(PIECE_BREAK, " ").split() for cell in row.cells.values()
            ):
                continue
            if word in told.split() or _problem_at(reading, index + 1, index + 1, row_number):
                continue
            out.append(Breach("figure lost", f"{word!r} of line {index + 1} ({reading.dispositions[index]})"))
    return out
