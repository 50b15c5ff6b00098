"""What reading a table and reading running lines share: the account of lines, headings, and checks on the rows.

Belongs here: which lines make a row, a heading or a page; what is said about a row that is finished. How a
layout's lines are walked belongs to ``ruled_tables`` and ``lines``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz

from ingest.dashboards import cells as kinds
from ingest.dashboards.alignment import Alignment, Placement
from ingest.dashboards.columns_compared import periods_in_doubt, quartiles_once
from ingest.dashboards.doubts import (
    FIGURES,
    attach,
    broken_off,
    is_possible,
    lone_half,
    run_together,
    target_is_quartile,
    two_periods,
    unlikely,
    without_room,
)
from ingest.dashboards.layouts import Column, CompiledLayout
from ingest.intake.budget import spend
from ingest.intake.characters import fold, squash
from ingest.intake.errors import FileRejected
from ingest.intake.problems import Problem
from ingest.intake.schemas import PIECE_BREAK

#: Stands at the end of a cell that the end of the file cut off, so that no part of it becomes a number.
CUT = "\u2026"
#: A heading is taken for a known one from this likeness on (0..100): one or two wrong letters in a line.
SAME_HEADING = 92
#: By how many letters a heading and the known one may differ in length.
MORE_OR_LESS = 4
#: A broken heading takes no more lines than this, also where its lines hold nothing but marks.
HEADING_LINES = 12
#: A label has no more characters than this; the longest seen has 190.
LONGEST_LABEL = 1_000
#: A repeated run of this many labels with other figures is a second edition, not a slip.
SECOND_EDITION_ROWS = 5
#: A file of which more lines than this share fit nothing is not in the layout that it seemed to have.
UNRECOGNISED_SHARE = 0.3

DANGLING = re.compile(
    r"(?:\b(?:of|and|in|the|for|to|or|with|a|an|by|at|on|from|as|per|who|that|which|their|no|not|under|over|aged|between"
    r"|than|least|most|more|less|within|into|during|after|before|are|is|was|were|be|been|have|has|had|being)|[,(/&-])$",
    re.I,
)
CONTINUED = re.compile(r"\s*\((?:continued|cont(?:[.]|inued|'d)?)\)$", re.IGNORECASE)
#: A line that is nothing but a number, as pages have it.
_LONE_NUMBER = re.compile(r"(?P<number>[0-9]{1,4})")
#: Two numbers that are the numbers of pages have a page between them.
FEWEST_LINES_OF_A_PAGE = 5
#: What is a figure wherever it stands: a percentage, a decimal number, a count in brackets.
_PLAIN_FIGURE = re.compile(r"[<>]?[0-9][0-9,]*(?:\.[0-9]+)?%|[0-9][0-9,]*\.[0-9]+|\([0-9][0-9,]*\)")
#: In a heading or a remark a count is none of its words, too, unless it may be a year.
_FIGURE_IN_TEXT = re.compile(rf"{_PLAIN_FIGURE.pattern}|(?!(?:19|20)[0-9]{{2}}$)[<>]?[0-9][0-9,]{{2,}}")
#: How a line begins that may go on with a number.
_GOES_ON = re.compile(r"\s*(?:[.,]\s*)?[0-9%)]|\s*[.,]\s*$")
#: A figure at the beginning of a text: with a percent sign, or decimals.
_FIGURE_FIRST = re.compile(r"[0-9]*[.,]?[0-9]+%|[0-9]*[.,][0-9]+")
#: Problems after which a figure is not taken, the most telling first.
_TELLING = ("row_cut_off", "row_broken", "figures_run_together", "figures_alike")
HAS_LETTER = re.compile(r"[^\W\d_]")


@dataclass
class Row:
    """One indicator row: its source lines (1-based, inclusive) and its text cells by column name."""

    line_from: int
    line_to: int
    cells: dict[str, str]
    number: int = 0
    heading_cell: str | None = None


@dataclass
class Reading:
    """What a file says. ``dispositions`` and ``row_of_line`` have one entry a source line."""

    layout: str
    dispositions: list[str]
    row_of_line: list[int | None]
    rows: list[Row]
    problems: list[Problem]

    @property
    def disposition_counts(self) -> dict[str, int]:
        """Lines by disposition; the counts add up to the lines of the file."""
        return dict(Counter(self.dispositions))


@dataclass
class Text:
    """A line of text that is a heading, or the beginning of a label."""

    index: int
    text: str
    theme: str | None = None


@dataclass
class _RowNotes:
    """What is said about the cells of one row while they are made."""

    walk: Walk
    lines: tuple[int, int]
    number: int

    def note(self, code: str, severity: str, message: str, column: str | None, printed: str | None) -> None:
        self.walk.problem(
            code, severity, message, *self.lines, row_number=self.number, column=column, printed_text=printed
        )

    def once(self, column: Column, words: list[str], first: int, last: int) -> int:
        """The end of a text that is printed twice, taken once; its full end where the halves differ."""
        half = first + (last - first) // 2
        if words[first:half] != words[half:last]:
            return last
        severity, message = "info", "The text of this cell is printed twice; it is taken once."
        if column.kind == "quartile" and last < len(words) and is_possible(words[last - 1] + words[last]):
            severity = "warning"
            message += " But its second digit may be the first one of the number after it: compare with the document."
        self.note("cell_doubled", severity, message, column.column, " ".join(words[first:last]))
        return half

    def left_over(self, words: list[str], cell_of: list[int], dropped: Iterable[int]) -> None:
        """Say that words belong to no column; those that stand together in a cell are one text."""
        text: list[int] = []
        for index in (*sorted(dropped), None):
            glyph = index is not None and kinds.is_glyph(words[index])
            if text and (index is None or glyph or index != text[-1] + 1 or cell_of[index] != cell_of[text[-1]]):
                message = "This text fits no column of the row. It is kept here only: compare with the document."
                self.note("text_unplaced", "warning", message, None, " ".join(words[at] for at in text))
                text = []
            if glyph:
                self.note("glyph_dropped", "info", "This mark belongs to no column.", None, words[index])
            elif index is not None:
                text.append(index)


class Walk(ABC):
    """What both shapes share: bookkeeping, headings, and the checks on the finished rows."""

    def __init__(self, lines: list[str], layout: CompiledLayout, area_name: str) -> None:
        self.lines = lines
        self.layout = layout
        self.dispositions: list[str] = ["unrecognised"] * len(lines)
        self.row_of_line: list[int | None] = [None] * len(lines)
        self.rows: list[Row] = []
        self.row_lines: list[list[int]] = []
        self.problems: list[Problem] = []
        self.section: str | None = None
        self.theme: str | None = None
        self.section_line: int | None = None
        self.section_rows = 0
        self.section_lost = False
        self.has_section_column = any(column.kind == "section" for column in layout.text_columns)
        #: Lines that go on with the label of the row above them, and whether that was whole without them.
        self.lengthening: dict[int, bool] = {}
        self.page_numbers = self.find_page_numbers()
        self.known = {fold(text.replace("{area}", area_name)): 1 for text in layout.spec.sections}
        self.known.update({fold(text.replace("{area}", area_name)): 2 for text in layout.spec.subsections})
        self.longest_heading = max(map(len, self.known), default=0) + MORE_OR_LESS

    # -- lines ---------------------------------------------------------------------------------

    def mark(self, index: int, disposition: str) -> None:
        self.dispositions[index] = disposition

    def problem(self, code: str, severity: str, message: str, index: int, last: int | None = None, **more) -> None:
        self.problems.append(Problem(code, severity, message, index + 1, (index if last is None else last) + 1, **more))

    def plain_disposition(self, index: int, line: str) -> tuple[str | None, str]:
        """The disposition of a line that its own words settle, and what is left of the line if they do not."""
        text = line.strip()
        if not text:
            return "blank", ""
        layout = self.layout
        if _LONE_NUMBER.fullmatch(text) and layout.furniture.fullmatch(text):
            # A number on its own is the number of a page only where such numbers stand.
            return ("page_furniture" if index in self.page_numbers else "lone_number"), text
        if found := layout.furniture.match(text):
            rest = text[found.end() :].strip()
            if not rest:
                return "page_furniture", ""
            return None, rest
        if layout.key.match(text):
            return "key", ""
        if layout.footnote.match(text):
            return "footnote", ""
        return None, line

    def _note_figures_in_text(self) -> None:
        """Lines that hold figures and are taken for headings, keys or remarks."""
        for index, disposition in enumerate(self.dispositions):
            if disposition not in ("title", "section", "column_heading", "key", "footnote", "page_furniture"):
                continue
            # The numbers of pages are listed by themselves.
            figure = _PLAIN_FIGURE if disposition == "page_furniture" else _FIGURE_IN_TEXT
            if found := [word for word in self.lines[index].split() if figure.fullmatch(word)]:
                self.problem(
                    "figures_in_text",
                    "warning",
                    f"This line is taken for text ({disposition.replace('_', ' ')}), but it holds what looks like "
                    "figures. They are kept here only: compare with the document.",
                    index,
                    printed_text=" ".join(found),
                )

    def find_page_numbers(self) -> set[int]:
        """Indexes of the lines that hold the number of a page: at the edge of one, or in sequence with another."""
        printed = [index for index, line in enumerate(self.lines) if line.strip()]
        texts = {index: self.lines[index].strip() for index in printed}
        lone = [(index, int(found["number"])) for index in printed if (found := _LONE_NUMBER.fullmatch(texts[index]))]
        edges = {*printed[:1], *printed[-1:]}
        for before, after in pairwise(printed):
            for own, other in ((before, texts[after]), (after, texts[before])):
                if self.layout.furniture.fullmatch(other) and not _LONE_NUMBER.fullmatch(other):
                    edges.add(own)
        numbers = {index for index, _ in lone if index in edges}
        place = {index: number for number, index in enumerate(printed)}
        for (one, first), (two, second) in pairwise(lone):
            if second == first + 1 and place[two] - place[one] > FEWEST_LINES_OF_A_PAGE:
                numbers |= {one, two}
        return numbers

    def _note_furniture(self) -> None:
        """Say once which lines look like figures and are taken for the numbers and years of pages."""
        lines = [
            index
            for index, disposition in enumerate(self.dispositions)
            if disposition == "page_furniture" and _LONE_NUMBER.fullmatch(self.lines[index].strip())
        ]
        if lines:
            shown = "; ".join(f"line {index + 1}: {self.lines[index].strip()}" for index in lines[:20])
            self.problem(
                "page_numbers",
                "info",
                f"{len(lines)} lines hold nothing but a number and are taken for page numbers and years: {shown}.",
                lines[0],
                lines[-1],
                printed_text=" ".join(self.lines[index].strip() for index in lines),
            )

    # -- headings ------------------------------------------------------------------------------

    def starts_label(self, text: str) -> bool:
        """Whether a text begins as the labels of this layout begin."""
        return text.startswith(tuple(self.layout.spec.wrapping.label_starts))

    def known_heading(self, text: str) -> int | None:
        """Level of a heading that the layout lists, allowing for a wrong letter or two."""
        folded = fold(CONTINUED.sub("", text))
        spend(1 + len(self.known) // 8)
        if folded in self.known:
            return self.known[folded]
        if len(folded) > self.longest_heading:
            return None
        for known, level in self.known.items():
            if abs(len(known) - len(folded)) <= MORE_OR_LESS and fuzz.ratio(known, folded) >= SAME_HEADING:
                return level
        return None

    def level_of(self, texts: list[Text]) -> int | None:
        """Level of the known heading that these text lines make together."""
        return self.known_heading(" ".join(t.text for t in texts)) if len(texts) <= HEADING_LINES else None

    def furthest_end(self, texts: list[Text], start: int) -> int:
        """Behind which line a heading that begins in line ``start`` has ended, by its length."""
        end, length = start, 0
        while end < min(len(texts), start + HEADING_LINES):
            length += len(fold(CONTINUED.sub("", texts[end].text)))
            if length > self.longest_heading and end > start:
                break
            end += 1
        return end

    def furthest_start(self, texts: list[Text], end: int) -> int:
        """From which line on a heading that ends before line ``end`` has begun, by its length."""
        start, length = end, 0
        while start > max(0, end - HEADING_LINES):
            length += len(fold(CONTINUED.sub("", texts[start - 1].text)))
            if length > self.longest_heading and start < end:
                break
            start -= 1
        return start

    def begins_known_heading(self, text: str) -> bool:
        folded = fold(text)
        if len(folded) < 8:
            return False
        return any(
            len(known) > len(folded) + 2 and fuzz.ratio(known[: len(folded)], folded) >= SAME_HEADING
            for known in self.known
        )

    def take_headings(self, texts: list[Text]) -> None:
        """Make headings of consecutive text lines; a broken heading is put together again."""
        start = 0
        while start < len(texts):
            level: int | None = None
            for end in range(self.furthest_end(texts, start), start, -1):
                level = self.level_of(texts[start:end])
                if level is not None:
                    break
            else:
                end = start + 1
                while end < len(texts) and (texts[end].text[:1].islower() or DANGLING.search(texts[end - 1].text)):
                    end += 1
            self.take_heading(
                squash(" ".join(t.text for t in texts[start:end])), [t.index for t in texts[start:end]], level
            )
            start = end

    def split_heading(self, label: str) -> tuple[str | None, str]:
        """A known heading that ran into the label of its first row, and the label."""
        if not fold(label).startswith(tuple(self.known)):
            return None, label
        words = label.split()
        for end in range(min(len(words) - 2, self.longest_heading), 1, -1):
            if fold(" ".join(words[:end])) in self.known and self.starts_label(" ".join(words[end:])):
                return " ".join(words[:end]), " ".join(words[end:])
        return None, label

    def take_heading(self, text: str, indexes: list[int], level: int | None) -> None:
        text = CONTINUED.sub("", text)
        for index in indexes:
            if self.dispositions[index] != "title":
                self.mark(index, "section")
        first, last = indexes[0], indexes[-1]
        if level is None:
            level = 2 if self.section_line is not None and not self.section_rows and not self.theme else 1
            self.problem(
                "section_unlisted",
                "warning",
                "This heading is not among those that the layout lists; it is kept as printed. "
                "Add it to 'sections' of the layout if it is one.",
                first,
                last,
                printed_text=text,
            )
        if level == 1:
            self.close_section()
            self.section, self.theme = text, None
            self.section_line, self.section_rows = first, 0
        else:
            self.theme = text
        self.section_lost = False

    def close_section(self) -> None:
        if self.section is not None and self.section_line is not None and not self.section_rows:
            self.problem(
                "section_without_rows",
                "info",
                "No row follows this heading before the next one.",
                self.section_line,
                printed_text=self.section,
            )

    # -- rows ----------------------------------------------------------------------------------

    def add_row(self, indexes: list[int], own: int, cells: dict[str, str], heading_cell: str | None = None) -> Row:
        row = Row(indexes[0] + 1, indexes[-1] + 1, cells, len(self.rows) + 1, heading_cell)
        self.rows.append(row)
        self.row_lines.append(list(indexes))
        for index in indexes:
            self.mark(index, "row" if index == own else "continuation")
            self.row_of_line[index] = row.number
        if not self.has_section_column:
            self.section_rows += 1
            if self.section:
                cells["section_text"] = self.section
            elif self.section_lost:
                self.problem(
                    "section_missing",
                    "warning",
                    "The heading above this row is lost, so its topic is not known. Compare with the document.",
                    indexes[0],
                    indexes[-1],
                    row_number=row.number,
                    column="section_text",
                )
                self.section_lost = False
            if self.theme:
                cells["theme_text"] = self.theme
        label = cells.get("label_text")
        if not label or not HAS_LETTER.search(label):
            self.problem(
                "label_lost",
                "warning",
                "The name of this indicator is lost; the row is kept and belongs to no indicator. "
                "Compare with the document.",
                indexes[0],
                indexes[-1],
                row_number=row.number,
                column="label_text",
                printed_text=label,
            )
        return row

    def cells_of(
        self, data: tuple[tuple[str, ...], ...], alignment: Alignment, indexes: list[int], number: int
    ) -> dict[str, str]:
        """Text cells of the aligned words; what was dropped, doubled, out of place or in doubt becomes a problem."""
        words = [word for cell in data for word in cell]
        cell_of = [index for index, cell in enumerate(data) for _ in cell]
        columns = self.layout.data_columns
        row = _RowNotes(self, (indexes[0], indexes[-1]), number)
        as_aligned = {placement.column: placement for placement in alignment.placements}
        alignment = attach(self.layout, words, cell_of, alignment)
        found: dict[str, str] = {}
        for placement in alignment.placements:
            spec = columns[placement.column]
            first, last = placement.first, placement.last
            if placement.doubled:
                last = row.once(spec, words, first, last)
            if spec.overflows and cell_of[first] != cell_of[last - 1] and placement == as_aligned[placement.column]:
                cut = next(i for i in range(first, last) if cell_of[i] != cell_of[first])
                text = " ".join(words[first:cut]) + PIECE_BREAK + " ".join(words[cut:last])
            else:
                text = " ".join(words[first:last])
            if spec.kind == "rag" and last - first == 2 and len(words[first]) == 1 and not placement.doubled:
                icon, colour = words[first:last]
                row.note(
                    "glyph_dropped",
                    "info",
                    f"The mark {icon!r} before the colour is a misread status icon; the colour is {colour}.",
                    spec.column,
                    text,
                )
                text = colour
            found[spec.column] = text
            if spec.overflows and self.layout.spec.shape == "table" and kinds.is_number(text):
                self._note_border(placement, words, cell_of, row, text)
        row.left_over(words, cell_of, alignment.dropped)
        for column in two_periods(self.layout, words, cell_of, alignment.placements):
            message = "Two periods stand in cells side by side and are read as one. Compare with the document."
            row.note("period_in_two_cells", "warning", message, column, found[column])
        for column, is_said in broken_off(self.layout, words, alignment.placements).items():
            reason = "The other half of this number may stand in the cell beside it. It is not taken: see the document."
            if is_said:
                row.note("figures_run_together", "warning", reason, column, found[column])
            found[column] += CUT
        self._settle_lone_number(found, row)
        self._settle_doubts(found, without_room(self.layout, cell_of, alignment.placements), row)
        return found

    def _settle_doubts(self, found: dict[str, str], cramped: set[str], row: _RowNotes) -> None:
        """Say which numbers may be parts of others or two in one; what is marked so is no number any more."""
        for column, reason in run_together(self.layout, found, cramped):
            if found[column].endswith(CUT):
                continue
            if reason:
                row.note("figures_run_together", "warning", reason, column, found[column])
            found[column] += CUT
        for code, column, message in lone_half(self.layout, found):
            row.note(code, "warning", message, column, None)
        for code, column, message in unlikely(self.layout, found):
            row.note(code, "warning", message, column, found[column])
        if target_is_quartile(found):
            message = (
                "There is no figure, and this is the digit of the quartile again. It is not taken: see the document."
            )
            row.note("figures_alike", "warning", message, "target_text", found["target_text"])
            found["target_text"] += CUT

    def _note_border(
        self, placement: Placement, words: list[str], cell_of: list[int], row: _RowNotes, text: str
    ) -> None:
        """Say where the border on which a figure is often broken is crossed or lost, so that it may not be whole."""
        column = self.layout.data_columns[placement.column].column
        if placement.cell > self.layout.positions[placement.column]:
            why = "This figure stands in the cell after its own; digits before it may be hidden behind the border."
        elif placement.last < len(words) and cell_of[placement.last] == cell_of[placement.last - 1]:
            why = "The border after this figure is lost; two pieces that it parted may have run together."
        else:
            return
        message = f"{why} It is taken as printed: compare with the document."
        row.note("figure_out_of_place", "warning", message, column, text)

    def _settle_lone_number(self, found: dict[str, str], row: _RowNotes) -> None:
        """One number in a cell that two columns share: the average where a quartile is printed, else the target."""
        for index, spec in enumerate(self.layout.data_columns):
            if not spec.shares_cell or spec.column not in found:
                continue
            before = self.layout.data_columns[index - 1].column
            text = found[spec.column]
            if before in found or not kinds.is_number(text):
                continue
            column, why, severity = spec.column, "this layout prints words where that is missing", "info"
            place = found.get("quartile_text", "")
            if (not place or kinds.is_glyph(place)) and text[:1] in "1234":
                why, severity = f"{why}; but there is no quartile, and the number may have swallowed it", "warning"
            elif place in kinds.QUARTILES:
                # Where a quartile is printed, both are usual: one of the two is lost.
                column, why, severity = before, "a quartile is printed, which is one of that", "warning"
                found[column] = found.pop(spec.column)
            row.note(
                "lone_number_in_shared_cell",
                severity,
                f"One number stands where {before.removesuffix('_text')} and {spec.column.removesuffix('_text')} "
                f"are printed together. It is read as the {column.removesuffix('_text')}, because {why}.",
                column,
                text,
            )

    def section_in_row(self, heading: str, index: int) -> None:
        """Take a heading that stands in the line of its first row; the line stays the row's."""
        self.take_heading(heading, [index], self.known_heading(heading))

    # -- the finished file ---------------------------------------------------------------------

    def finish(self, ends_with_newline: bool) -> None:
        self.close_section()
        self._section_cells()
        self._repeated_rows()
        self._broken_rows()
        self._compare_rows()
        self._note_furniture()
        self._note_figures_in_text()
        self._cut_end(ends_with_newline)
        self._one_doubt_a_figure()
        unrecognised = [i for i, disposition in enumerate(self.dispositions) if disposition == "unrecognised"]
        printed = sum(1 for disposition in self.dispositions if disposition != "blank")
        shown = "; ".join(f"line {i + 1}: {squash(self.lines[i])[:80]}" for i in unrecognised[:3])
        if not self.rows:
            raise FileRejected(
                "no_rows",
                f"No indicator row was found, though the file shows signs of the layout {self.layout.name}. "
                f"First lines that did not fit: {shown or 'none'}.",
                line_from=unrecognised[0] + 1 if unrecognised else 1,
            )
        if len(unrecognised) > max(3, UNRECOGNISED_SHARE * printed):
            raise FileRejected(
                "unknown_layout",
                f"{len(unrecognised)} of {printed} printed lines do not fit the nearest layout, {self.layout.name}. "
                f"First of them: {shown}. Mend the file, or describe its layout in ingest/layouts.",
                line_from=unrecognised[0] + 1,
            )
        for index in unrecognised:
            self.problem(
                "unrecognised_line",
                "warning",
                "This line fits nothing that the layout knows; nothing was taken from it. Compare with the document.",
                index,
                printed_text=squash(self.lines[index])[:500],
            )

    def _section_cells(self) -> None:
        """Topics of a layout whose topic cells are merged over rows: only what is certain is filled in."""
        if not self.has_section_column:
            return
        block: list[Row] = []
        current: str | None = None
        lost_from: Row | None = None

        def settle() -> tuple[str | None, bool]:
            text = squash(" ".join(row.heading_cell or "" for row in block))
            spend(len(text) // 20)
            inside = [known for known in self.known if known in fold(text)] or [
                known
                for known in self.known
                if fuzz.partial_ratio(known, fold(text)) >= 95 and len(known) <= len(fold(text))
            ]
            if len(inside) == 1 or (not inside and len(block) == 1):
                return text, False
            return None, True

        for position, row in enumerate([*self.rows, None]):
            if row is not None and row.heading_cell:
                block.append(row)
                continue
            if block:
                current, merged = settle()
                if merged:
                    lost_from = block[0]
                    self.problem(
                        "section_merged",
                        "warning",
                        "Several topics are printed in one merged cell, so the topic of this row and of those below, "
                        "up to the next topic, is not known. Compare with the document.",
                        block[0].line_from - 1,
                        block[-1].line_to - 1,
                        row_number=block[0].number,
                        column="section_text",
                        printed_text=squash(" ".join(r.heading_cell or "" for r in block)),
                    )
                for member in block:
                    if current:
                        member.cells["section_text"] = current
                block = []
            if row is not None and current:
                row.cells["section_text"] = current
            if row is not None and current is None and lost_from is None and position == 0:
                lost_from = row
                self.problem(
                    "section_missing",
                    "warning",
                    "No topic is printed above this row, so its topic is not known. Compare with the document.",
                    row.line_from - 1,
                    row_number=row.number,
                    column="section_text",
                )

    def _repeated_rows(self) -> None:
        """A page printed twice is kept once; the same labels with other figures are told apart from that."""
        first_of: dict[str, Row] = {}
        same: list[Row] = []
        other: list[tuple[Row, Row]] = []
        for row in self.rows:
            label = row.cells.get("label_text", "")
            if not HAS_LETTER.search(label):
                continue
            earlier = first_of.setdefault(fold(label), row)
            if earlier is row:
                continue
            if _figures(earlier) == _figures(row):
                same.append(row)
            else:
                other.append((earlier, row))
        if len(other) >= SECOND_EDITION_ROWS and len(other) > len(same):
            earlier, row = other[0]
            raise FileRejected(
                "two_editions",
                f"{len(other)} indicators stand twice with different figures, first {row.cells['label_text']!r} in "
                f"line {earlier.line_from} and line {row.line_from}: the file seems to hold two editions. "
                "Split it into one file an edition.",
                line_from=earlier.line_from,
                line_to=row.line_to,
                printed_text=row.cells["label_text"],
            )
        for earlier, row in other:
            self.problem(
                "row_repeated_differently",
                "warning",
                f"This indicator stands already in line {earlier.line_from}, with other figures. Both rows are kept.",
                row.line_from - 1,
                row.line_to - 1,
                row_number=row.number,
                column="label_text",
                printed_text=row.cells["label_text"],
            )
        if len(same) == 1:
            self.problem(
                "row_repeated",
                "warning",
                "This row stands already above with the same figures. Both rows are kept.",
                same[0].line_from - 1,
                same[0].line_to - 1,
                row_number=same[0].number,
                column="label_text",
                printed_text=same[0].cells["label_text"],
            )
        elif same:
            self._drop_repeated_page(same)

    def _drop_repeated_page(self, same: list[Row]) -> None:
        gone = {row.number for row in same}
        self.problem(
            "page_repeated",
            "warning",
            f"{len(same)} rows from line {same[0].line_from} to line {same[-1].line_to} repeat rows above, figure for "
            "figure: a page printed twice. They are taken once.",
            same[0].line_from - 1,
            same[-1].line_to - 1,
        )
        for row in same:
            for index in self.row_lines[row.number - 1]:
                self.mark(index, "page_furniture")
        renumbered: dict[int, int] = {}
        kept = [row for row in self.rows if row.number not in gone]
        lines = [self.row_lines[row.number - 1] for row in kept]
        for new, row in enumerate(kept, start=1):
            renumbered[row.number] = new
            row.number = new
        self.rows, self.row_lines = kept, lines
        self.row_of_line = [renumbered.get(number) if number else None for number in self.row_of_line]
        self.problems = [p for p in self.problems if p.row_number is None or p.row_number in renumbered]
        for problem in self.problems:
            if problem.row_number is not None:
                problem.row_number = renumbered[problem.row_number]

    def _broken_rows(self) -> None:
        """The last number of a line is none where its row breaks off there, or the next line goes on with digits."""
        for row, indexes in zip(self.rows, self.row_lines, strict=True):
            for index in indexes:
                below = next((i for i in range(index + 1, len(self.lines)) if self.lines[i].strip()), None)
                if below is None or not (index == indexes[-1] or below in self.lengthening):
                    continue
                column = self._last_column(row, index)
                if column is None or not row.cells[column][-1:].isdigit():
                    continue
                if (index == indexes[-1] and self.breaks_off(index, column)) or self._goes_on(row, column, below):
                    self._break_row(row, column, index, below)

    def _break_row(self, row: Row, column: str, index: int, below: int) -> None:
        self.problem(
            "row_broken",
            "warning",
            "This row breaks off, or the next line goes on with digits that fit no row, so its last number may be "
            "cut. It is not taken: compare with the document.",
            index,
            below,
            row_number=row.number,
            column=column,
            printed_text=row.cells[column],
        )
        row.cells[column] += CUT

    def _compare_rows(self) -> None:
        """Say which periods and averages lack what the other rows print."""
        rows = {row.number: row.cells for row in self.rows}
        quartiles = {column.column for column in self.layout.data_columns if column.kind == "quartile"}
        doubled = {p.row_number for p in self.problems if p.code == "cell_doubled" and p.column in quartiles}
        findings = (*periods_in_doubt(self.layout, rows), *quartiles_once(self.layout, rows, doubled))
        for number, column, code, message in findings:
            row = self.rows[number - 1]
            self.problem(
                code,
                "warning",
                message,
                row.line_from - 1,
                row.line_to - 1,
                row_number=number,
                column=column,
                printed_text=row.cells[column],
            )

    def _goes_on(self, row: Row, column: str, index: int) -> bool:
        """Whether a line begins with digits that may be the last ones of the number that ends the line before it."""
        if not _GOES_ON.match(self.lines[index]):
            return False
        other = self.row_of_line[index]
        if other is None:
            return True
        if index in self.lengthening:
            # Where the label is unfinished without the line, its digits are the label's ("aged 16 to | 18").
            return self.lengthening[index]
        label = self.rows[other - 1].cells.get("label_text", "")
        if not HAS_LETTER.search(label):
            return True
        # A row that seems to be named "2.4%Similar" begins with the rest of a figure.
        first = _FIGURE_FIRST.match(label)
        return first is not None and other == row.number + 1 and is_possible(row.cells[column].split()[-1] + first[0])

    def breaks_off(self, index: int, column: str) -> bool:
        """Whether the line of a row ends with this column, though the layout has more cells."""
        return False

    def _last_column(self, row: Row, index: int) -> str | None:
        """The column whose text ends a line of a row; None where it is the label."""
        last_word = self.lines[index].split()[-1]
        figures = [column.column for column in self.layout.data_columns if column.kind in FIGURES]
        return next((name for name in reversed(figures) if row.cells.get(name, "").endswith(last_word)), None)

    def _cut_end(self, ends_with_newline: bool) -> None:
        printed = [i for i, line in enumerate(self.lines) if line.strip()]
        if ends_with_newline or not printed or self.row_of_line[printed[-1]] is None:
            return
        row = self.rows[self.row_of_line[printed[-1]] - 1]  # type: ignore[operator]
        last_word = self.lines[printed[-1]].split()[-1]
        filled = [column.column for column in self.layout.spec.columns if column.column in row.cells]
        column = next(
            (name for name in reversed(filled) if row.cells[name].removesuffix(CUT).endswith(last_word)), filled[-1]
        )
        cut = self.is_short(row) or self._lacks_percent(row, column)
        if cut:
            # The number may be marked already, because another one ran into it.
            row.cells[column] = row.cells[column].removesuffix(CUT) + CUT
        self.problem(
            "row_cut_off" if cut else "file_ends_in_a_row",
            "error" if cut else "info",
            "The file ends in the middle of this row; its last cell is no figure. Drop the whole file again."
            if cut
            else "The file ends with this row, without a line end. If the document goes on, drop the whole file again.",
            row.line_from - 1,
            row.line_to - 1,
            row_number=row.number,
            column=column if cut else None,
            printed_text=squash(self.lines[printed[-1]])[-200:],
        )

    def _one_doubt_a_figure(self) -> None:
        """Of several warnings on one figure keep the one that says most: that it is not taken, and why."""
        figures = {column.column for column in self.layout.data_columns if column.kind in FIGURES}
        kept: dict[tuple[int | None, str], Problem] = {}
        for problem in self.problems:
            if problem.severity != "info" and problem.column in figures:
                place = (problem.row_number, problem.column)
                kept[place] = min(kept.get(place, problem), problem, key=_weight)
        doubts = {id(problem) for problem in kept.values()}
        self.problems = [p for p in self.problems if p.severity == "info" or p.column not in figures or id(p) in doubts]

    def _lacks_percent(self, row: Row, column: str) -> bool:
        """Whether a number at the end of the file lacks the percent sign that the others of its column have."""
        if not kinds.is_number(row.cells[column]) or "%" in row.cells[column]:
            return False
        others = [text for r in self.rows if r is not row and kinds.is_number(text := r.cells.get(column, ""))]
        return len(others) >= 3 and sum("%" in text for text in others) > 0.7 * len(others)

    @abstractmethod
    def is_short(self, row: Row) -> bool:
        """Whether cells are missing at the end of a row, as where a file was cut."""

    @abstractmethod
    def run(self) -> None:
        """Walk all lines: mark each and add the rows."""


def _weight(problem: Problem) -> int:
    """Which of several problems of one figure says most: the lower."""
    return _TELLING.index(problem.code) if problem.code in _TELLING else len(_TELLING)


def _figures(row: Row) -> tuple[str | None, ...]:
    return tuple(
        row.cells.get(column) for column in ("period_text", "value_text", "previous_period_text", "previous_value_text")
    )
