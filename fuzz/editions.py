"""The bundled editions with every figure replaced by one that stands nowhere else in the file."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

from ingest.dashboards.layouts import CompiledLayout, load_layouts, recognise
from ingest.dashboards.reader import Reading, read
from ingest.intake.decoding import decode

ROOT = Path(__file__).resolve().parent.parent
AREA = "Leicestershire"
FIGURES = ("value_text", "previous_value_text", "benchmark_text", "target_text")
PERIOD_OF = {"value_text": "period_text", "previous_value_text": "previous_period_text"}

_NUMBER = re.compile(r"(?P<before>[<>]?[-\u2212]?\(?)(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)(?P<after>%?\)?)")
#: A previous figure of which the border of its cell cut the beginning off; the document printed it whole.
_CUT_FIGURES = re.compile(
    r"\t(Q[1-4] 20[0-9/]+|\w+ 20[0-9]{2})\t[^\t]*\t[0-9.,]+%? (Q[1-4] 20[0-9/]+|\w+ 20[0-9]{2})\t[^\t]*\t"
)


@dataclass(frozen=True)
class Printed:
    """Where a figure is printed: the row's label, the column, and the period that the row prints for it."""

    label: str
    column: str
    period: str | None


@dataclass(frozen=True)
class Edition:
    """A file in which no figure stands twice; ``printed`` has one entry a figure, by its number."""

    name: str
    layout: CompiledLayout
    lines: tuple[str, ...]
    ends_with_newline: bool
    printed: dict[str, Printed]
    labels: frozenset[str]


def number_of(word: str) -> str | None:
    """The number that a word holds, in one form for all ways of printing it; None for other words."""
    found = _NUMBER.fullmatch(word)
    return None if found is None else format(float(found["number"].replace(",", "")), "g")


def read_edition(lines: list[str], layout: CompiledLayout, ends_with_newline: bool) -> Reading:
    """Read lines as the ingestion does. Raises FileRejected."""
    return read(lines, layout, area_name=AREA, ends_with_newline=ends_with_newline)


class _Numbers:
    """Draws numbers that were not drawn before and stand nowhere in the lines, in the form of a given one."""

    def __init__(self, rng: random.Random, lines: list[str]) -> None:
        self.rng = rng
        self.used: set[str] = set()
        self.standing = {number_of(word) for line in lines for word in line.split()}

    def like(self, word: str) -> str:
        found = _NUMBER.fullmatch(word)
        assert found is not None
        while True:
            if "%" in found["after"]:
                text = f"{self.rng.uniform(10, 99.9):.{self.rng.choice((0, 1, 1, 2, 2))}f}"
            elif "." in found["number"]:
                text = f"{self.rng.uniform(0.1, 30):.{self.rng.choice((2, 3))}f}"
            else:
                count = self.rng.choice((self.rng.randrange(102, 1000), self.rng.randrange(2200, 9999)))
                text = f"{count:,}" if "(" not in found["before"] and self.rng.random() < 0.7 else str(count)
            number = number_of(text)
            if number not in self.used and number not in self.standing:
                self.used.add(str(number))
                return f"{found['before']}{text}{found['after']}"


def bundled(seed: int) -> list[Edition]:
    """The four bundled editions with unique figures, and the one with cut figures also as it was printed."""
    layouts = load_layouts()
    out = []
    for path in sorted((ROOT / "landing").glob("*-dashboard.txt")):
        text = decode(path.read_bytes())
        layout = recognise(text.lines, layouts)
        variants = {path.name: list(text.lines)}
        mended = [_CUT_FIGURES.sub("\t\\1\t34.8%\t\\2\t56.7%\t", line) for line in text.lines]
        if mended != text.lines:
            variants[f"{path.name}, mended"] = mended
        for name, lines in variants.items():
            rng = random.Random(f"{name} {seed}")
            out.append(_with_unique_figures(name, layout, lines, text.ends_with_newline, _Numbers(rng, lines)))
    return out


def _with_unique_figures(
    name: str, layout: CompiledLayout, lines: list[str], ends_with_newline: bool, numbers: _Numbers
) -> Edition:
    lines = list(lines)
    reading = read_edition(lines, layout, ends_with_newline)
    for row in reading.rows:
        _replace(lines, row.line_from - 1, row.line_to, row.cells, layout, numbers)
    again = read_edition(lines, layout, ends_with_newline)
    assert [sorted(row.cells) for row in again.rows] == [sorted(row.cells) for row in reading.rows], name
    printed: dict[str, Printed] = {}
    for row in again.rows:
        for column in FIGURES:
            for word in row.cells.get(column, "").split():
                number = number_of(word)
                if number in numbers.used:
                    assert number not in printed, (name, number)
                    period = row.cells.get(PERIOD_OF.get(column, "period_text"))
                    printed[number] = Printed(row.cells.get("label_text", ""), column, period)
    labels = frozenset(row.cells.get("label_text", "") for row in again.rows)
    return Edition(name, layout, tuple(lines), ends_with_newline, printed, labels)


def _replace(
    lines: list[str], first: int, end: int, cells: dict[str, str], layout: CompiledLayout, numbers: _Numbers
) -> None:
    """Write new figures into the lines of one row: its words are found one after the other, in printed order."""
    meant: list[tuple[str, str]] = [("label_text", word) for word in cells.get("label_text", "").split()]
    for column in layout.data_columns:
        meant += [(column.column, word) for word in cells.get(column.column, "").split()]
    words = [(index, found) for index in range(first, end) for found in re.finditer(r"\S+", lines[index])]
    changes: list[tuple[int, int, int, str]] = []
    at = 0
    for column, word in meant:
        place = next((i for i in range(at, len(words)) if words[i][1].group() == word), None)
        if place is None:
            continue
        index, found = words[place]
        at = place + 1
        if column in FIGURES and _NUMBER.fullmatch(word):
            changes.append((index, found.start(), found.end(), numbers.like(word)))
    for index, start, stop, text in reversed(changes):
        lines[index] = lines[index][:start] + text + lines[index][stop:]
