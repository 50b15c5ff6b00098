"""Lines to rows of text cells, with an account of every line.

``read`` walks a file once in a known layout. Each source line gets exactly one disposition; what
fits nothing is ``unrecognised`` and a problem. Which characters belong to which column is decided
by ``ingest.alignment``; this module decides which lines belong together.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from rapidfuzz import fuzz

from ingest import cells as kinds
from ingest.alignment import LENIENT, UNPLACED_WORD, Alignment, align
from ingest.errors import FileRejected
from ingest.layouts import CompiledLayout, fold, squash
from ingest.schemas import PIECE_BREAK

#: Stands at the end of a cell that the end of the file cut off, so that no part of it becomes a number.
CUT = "\u2026"
#: A heading is taken for a known one from this likeness on (0..100): one or two wrong letters in a line.
SAME_HEADING = 92
#: A repeated run of this many labels with other figures is a second edition, not a slip.
SECOND_EDITION_ROWS = 5
#: A file of which more lines than this share fit nothing is not in the layout that it seemed to have.
UNRECOGNISED_SHARE = 0.3

_DANGLING = re.compile(
    r"(?:\b(?:of|and|in|the|for|to|or|with|a|an|by|at|on|from|as|per|who|that|which|their|no|not|under|over|aged|between"
    r"|than|least|most|more|less|within|into|during|after|before|are|is|was|were|be|been|have|has|had|being)|[,(/&\u2013-])$",
    re.I,
)
_CONTINUED = re.compile(r"\s*\((?:continued|cont(?:[.]|inued|'d)?)\)$", re.IGNORECASE)
_HAS_LETTER = re.compile(r"[^\W\d_]")


@dataclass
class Problem:
    """Something in a source that a person may want to see; line numbers are 1-based and inclusive."""

    code: str
    severity: str
    message: str
    line_from: int | None = None
    line_to: int | None = None
    row_number: int | None = None
    column: str | None = None
    printed_text: str | None = None


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


def read(lines: list[str], layout: CompiledLayout, *, area_name: str = "", ends_with_newline: bool = True) -> Reading:
    """Read the lines of one file in ``layout``.

    ``area_name`` stands for ``{area}`` in the layout's headings. Raises FileRejected (no_rows,
    two_editions, unknown_layout) when the lines do not make one edition in this layout.
    """
    walk = (_TableWalk if layout.spec.shape == "table" else _FlowWalk)(lines, layout, area_name)
    walk.run()
    walk.finish(ends_with_newline)
    return Reading(layout.name, walk.dispositions, walk.row_of_line, walk.rows, walk.problems)


@dataclass
class _Text:
    """A line of text that is a heading, or the beginning of a label."""

    index: int
    text: str
    theme: str | None = None


@dataclass
class _Parsed:
    """A line taken as a row: the cells before the data, the data cells and their alignment."""

    head: list[str]
    data: tuple[tuple[str, ...], ...]
    alignment: Alignment
    heading_words: bool = False

    @property
    def label(self) -> str:
        return self.head[-1]

    def has(self, layout: CompiledLayout, *names: str) -> bool:
        """Whether one of these columns holds a text of a form that it should have."""
        return any(
            layout.data_columns[placement.column].column in names
            for placement in self.alignment.placements
            if placement.cost < LENIENT
        )


class _Walk:
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
        self.known = {fold(text.replace("{area}", area_name)): 1 for text in layout.spec.sections}
        self.known.update({fold(text.replace("{area}", area_name)): 2 for text in layout.spec.subsections})

    # -- lines ---------------------------------------------------------------------------------

    def mark(self, index: int, disposition: str) -> None:
        self.dispositions[index] = disposition

    def problem(self, code: str, severity: str, message: str, index: int, last: int | None = None, **more) -> None:
        self.problems.append(Problem(code, severity, message, index + 1, (index if last is None else last) + 1, **more))

    def plain_disposition(self, line: str) -> tuple[str | None, str]:
        """The disposition of a line that its own words settle, and what is left of the line if they do not."""
        text = line.strip()
        if not text:
            return "blank", ""
        layout = self.layout
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

    # -- headings ------------------------------------------------------------------------------

    def starts_label(self, text: str) -> bool:
        """Whether a text begins as the labels of this layout begin."""
        return text.startswith(tuple(self.layout.spec.wrapping.label_starts))

    def known_heading(self, text: str) -> int | None:
        """Level of a heading that the layout lists, allowing for a wrong letter or two."""
        folded = fold(_CONTINUED.sub("", text))
        if folded in self.known:
            return self.known[folded]
        for known, level in self.known.items():
            if abs(len(known) - len(folded)) <= 4 and fuzz.ratio(known, folded) >= SAME_HEADING:
                return level
        return None

    def begins_known_heading(self, text: str) -> bool:
        folded = fold(text)
        if len(folded) < 8:
            return False
        return any(
            len(known) > len(folded) + 2 and fuzz.ratio(known[: len(folded)], folded) >= SAME_HEADING
            for known in self.known
        )

    def take_headings(self, texts: list[_Text]) -> None:
        """Make headings of consecutive text lines; a broken heading is put together again."""
        start = 0
        while start < len(texts):
            level: int | None = None
            for end in range(len(texts), start, -1):
                level = self.known_heading(" ".join(t.text for t in texts[start:end]))
                if level is not None:
                    break
            else:
                end = start + 1
                while end < len(texts) and (texts[end].text[:1].islower() or _DANGLING.search(texts[end - 1].text)):
                    end += 1
            self.take_heading(
                squash(" ".join(t.text for t in texts[start:end])), [t.index for t in texts[start:end]], level
            )
            start = end

    def split_heading(self, label: str) -> tuple[str | None, str]:
        """A known heading that ran into the label of its first row, and the label."""
        words = label.split()
        for end in range(len(words) - 2, 1, -1):
            if fold(" ".join(words[:end])) in self.known and self.starts_label(" ".join(words[end:])):
                return " ".join(words[:end]), " ".join(words[end:])
        return None, label

    def take_heading(self, text: str, indexes: list[int], level: int | None) -> None:
        text = _CONTINUED.sub("", text)
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
        if not label or not _HAS_LETTER.search(label):
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
        """Text cells of the aligned words; what was dropped, doubled or out of place becomes a problem."""
        words = [word for cell in data for word in cell]
        cell_of = [index for index, cell in enumerate(data) for _ in cell]
        columns, positions = self.layout.data_columns, self.layout.positions
        found: dict[str, str] = {}
        at = (indexes[0], indexes[-1])
        for placement in alignment.placements:
            spec = columns[placement.column]
            first, last = placement.first, placement.last
            if placement.doubled:
                printed = " ".join(words[first:last])
                last = first + (last - first) // 2
                if words[first:last] != words[last : placement.last]:
                    last = placement.last
                else:
                    self.problem(
                        "cell_doubled",
                        "info",
                        "The text of this cell is printed twice; it is taken once.",
                        *at,
                        row_number=number,
                        column=spec.column,
                        printed_text=printed,
                    )
            if spec.overflows and cell_of[first] != cell_of[last - 1]:
                cut = next(i for i in range(first, last) if cell_of[i] != cell_of[first])
                text = " ".join(words[first:cut]) + PIECE_BREAK + " ".join(words[cut:last])
            else:
                text = " ".join(words[first:last])
            if spec.kind == "rag" and last - first == 2 and not placement.doubled:
                icon, colour = words[first:last]
                self.problem(
                    "glyph_dropped",
                    "info",
                    f"The mark {icon!r} before the colour is a misread status icon; the colour is {colour}.",
                    *at,
                    row_number=number,
                    column=spec.column,
                    printed_text=text,
                )
                text = colour
            if (
                spec.overflows
                and self.layout.spec.shape == "table"
                and placement.cell > positions[placement.column]
                and kinds.is_number(text)
            ):
                self.problem(
                    "figure_out_of_place",
                    "warning",
                    "This figure stands in the cell after its own; digits before it may be hidden behind the border. "
                    "It is taken as printed: compare with the document.",
                    *at,
                    row_number=number,
                    column=spec.column,
                    printed_text=text,
                )
            found[spec.column] = text
        for index in alignment.dropped:
            word = words[index]
            glyph = kinds.is_glyph(word)
            self.problem(
                "glyph_dropped" if glyph else "text_unplaced",
                "info" if glyph else "warning",
                "This mark belongs to no column."
                if glyph
                else "This text fits no column of the row. It is kept here only: compare with the document.",
                *at,
                row_number=number,
                printed_text=word,
            )
        self._note_lone_target(found, at, number)
        return found

    def _note_lone_target(self, found: dict[str, str], at: tuple[int, int], number: int) -> None:
        for index, spec in enumerate(self.layout.data_columns):
            if not spec.shares_cell or spec.column not in found:
                continue
            before = self.layout.data_columns[index - 1].column
            text = found[spec.column]
            if before not in found and kinds.is_number(text):
                self.problem(
                    "lone_number_in_shared_cell",
                    "info",
                    f"One number stands where {before.removesuffix('_text')} and {spec.column.removesuffix('_text')} "
                    f"are printed together. It is read as the {spec.column.removesuffix('_text')}, because this layout "
                    "prints words where that is missing.",
                    *at,
                    row_number=number,
                    column=spec.column,
                    printed_text=text,
                )

    def section_in_row(self, heading: str, index: int) -> None:
        """Take a heading that stands in the line of its first row; the line stays the row's."""
        self.take_heading(heading, [index], self.known_heading(heading))

    # -- the finished file ---------------------------------------------------------------------

    def finish(self, ends_with_newline: bool) -> None:
        self.close_section()
        self._section_cells()
        self._repeated_rows()
        self._cut_end(ends_with_newline)
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
            if not _HAS_LETTER.search(label):
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

    def _cut_end(self, ends_with_newline: bool) -> None:
        printed = [i for i, line in enumerate(self.lines) if line.strip()]
        if ends_with_newline or not printed or self.row_of_line[printed[-1]] is None:
            return
        row = self.rows[self.row_of_line[printed[-1]] - 1]  # type: ignore[operator]
        last_word = self.lines[printed[-1]].split()[-1]
        filled = [column.column for column in self.layout.spec.columns if column.column in row.cells]
        column = next((name for name in reversed(filled) if row.cells[name].endswith(last_word)), filled[-1])
        cut = self.is_short(row) or self._lacks_percent(row, column)
        if cut:
            row.cells[column] += CUT
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

    def _lacks_percent(self, row: Row, column: str) -> bool:
        """Whether a number at the end of the file lacks the percent sign that the others of its column have."""
        if not kinds.is_number(row.cells[column]) or "%" in row.cells[column]:
            return False
        others = [text for r in self.rows if r is not row and kinds.is_number(text := r.cells.get(column, ""))]
        return len(others) >= 3 and sum("%" in text for text in others) > 0.7 * len(others)

    def is_short(self, row: Row) -> bool:
        raise NotImplementedError

    def run(self) -> None:
        raise NotImplementedError


def _figures(row: Row) -> tuple[str | None, ...]:
    return tuple(
        row.cells.get(column) for column in ("period_text", "value_text", "previous_period_text", "previous_value_text")
    )


class _TableWalk(_Walk):
    """One line a row, tabs between cells; labels, headings and cells may wrap."""

    def __init__(self, lines: list[str], layout: CompiledLayout, area_name: str) -> None:
        super().__init__(lines, layout, area_name)
        self.texts: list[_Text] = []
        self.last: tuple[_Parsed, int] | None = None
        self.width = len(layout.text_columns) + layout.positions[-1] + 1
        self.noise = set(layout.spec.heading_noise)
        self.themes = {word for column in layout.text_columns for word in column.words}
        self.topic_above: str | None = None
        self.headings = [column.heading for column in layout.spec.columns]

    def run(self) -> None:
        for index, line in enumerate(self.lines):
            for pattern, to in self.layout.substitutions:
                line = pattern.sub(to, line)
            self.take(index, line)
        self.leave_texts(at_end=True)

    def take(self, index: int, line: str) -> None:
        disposition, line = self.plain_disposition(line)
        if disposition is not None:
            self.mark(index, disposition)
            if disposition == "blank":
                if self.layout.spec.blank_line_ends_section and not self.texts and self.section_rows:
                    self.close_section()
                    self.section = self.theme = self.section_line = None
                    self.section_rows, self.section_lost = 0, True
            else:
                self.leave_texts()
            if disposition != "page_furniture":
                self.last = None
            return
        table_cells = [squash(cell) for cell in line.split("\t")]
        title = self.layout.title_of(line)
        if title is not None:
            self.leave_texts()
            self.mark(index, "title")
            self.last = None
            if title.rest:
                self.texts.append(_Text(index, title.rest))
            return
        filled = [cell for cell in table_cells if cell]
        label_at = len(self.layout.text_columns) - 1
        if (not any(table_cells[: label_at + 1]) or self.last_breaks_off()) and self.take_fragment(index, table_cells):
            return
        if len(filled) in (2, 3) and self.known_heading(joined := " ".join(filled)):
            self.texts.append(_Text(index, joined))
            return
        if all(self.layout.heading.search(cell) or self.is_noise(cell) for cell in filled):
            if any(self.layout.heading.search(cell) for cell in filled):
                self.mark(index, "column_heading")
                return
            self.take_marks(index, filled)
            return
        if table_cells[label_at : label_at + 1] != [""] and self.take_wrapped(index, table_cells):
            return
        parsed = self.parse(table_cells)
        if parsed is not None:
            self.take_row(index, parsed)
            return
        if self.take_fragment(index, table_cells):
            return
        if len(filled) == 2 and filled[0] in self.themes and _HAS_LETTER.search(filled[1]):
            # Theme and the beginning of a label; the rest of the row stands in the next line.
            self.texts.append(_Text(index, filled[1], filled[0]))
            return
        text = self.heading_text(table_cells)
        if text is None:
            self.leave_texts()
            return
        if self.continues_label(text) and not self.texts:
            self.lengthen_label(index, text)
            return
        if label_at == 0 and not table_cells[0]:
            # Headings of this layout stand in the first cell.
            self.leave_texts()
            return
        self.texts.append(_Text(index, text))

    def lengthen_label(self, index: int, text: str) -> None:
        """Join the rest of a label to the row above."""
        row = self.rows[-1]
        row.cells["label_text"] = squash(f"{row.cells.get('label_text', '')} {text}")
        row.line_to = index + 1
        if self.row_lines[-1][-1] != index:
            self.mark(index, "continuation")
            self.row_of_line[index] = row.number
            self.row_lines[-1].append(index)

    def last_breaks_off(self) -> bool:
        """Whether the row above has fewer cells than the layout, as when its line was broken."""
        return (
            self.last is not None
            and bool(self.rows)
            and self.lines[self.row_lines[-1][-1]].rstrip().count("\t") + 1 < self.width - 1
        )

    def take_wrapped(self, index: int, table_cells: list[str]) -> bool:
        """A line that goes on with the label of the row above and with some of its cells."""
        label_at = len(self.layout.text_columns) - 1
        if self.last is None or self.texts or label_at >= len(table_cells):
            return False
        text = table_cells[label_at]
        if any(table_cells[:label_at]) or not self.continues_label(text) or self.starts_label(text):
            return False
        pieces = [*[""] * (label_at + 1), *table_cells[label_at + 1 :]]
        if not any(pieces) or not self.take_fragment(index, pieces):
            return False
        self.lengthen_label(index, text)
        return True

    def take_marks(self, index: int, filled: list[str]) -> None:
        """A line of nothing but marks: beside an open heading it is part of it, else it is furniture."""
        self.mark(index, "page_furniture")
        if not self.texts:
            self.problem(
                "glyph_dropped",
                "info",
                "This line holds nothing but marks.",
                index,
                printed_text=" ".join(filled),
            )

    def is_noise(self, cell: str) -> bool:
        return cell in self.noise

    # -- rows ----------------------------------------------------------------------------------

    def parse(self, table_cells: list[str]) -> _Parsed | None:
        """The line as a row, or None where it holds no data that a row would hold."""
        table_cells, stripped = self.strip_headings(table_cells)
        layout = self.layout
        count = len(layout.text_columns)
        first = layout.data_columns[0]
        if count > 1:
            table_cells = self.place_head(table_cells, count)
        head, data = table_cells[:count], table_cells[count:]
        if len(head) < count and not data:
            head = [*head, *[""] * (count - len(head))]
        tail = data
        if count == 1 and not head[0] and data and self.looks_like_label(data[0]):
            head, tail = [data[0]], data[1:]
        elif (
            count > 1
            and data
            and (not head[-1] or head[-1] in self.themes)
            and kinds.KINDS[first.kind].fit(data[0]) != 0
            and self.looks_like_label(data[0])
        ):
            head, tail = [*head[1:], data[0]], data[1:]
        elif count == 1 and self.texts and data and kinds.KINDS[first.kind].fit(head[0]) == 0:
            # The label stands in the line above, and the tab before the figures is lost.
            head, tail = [""], [head[0], *data]
        splits = self.label_tails(head[-1])
        if not splits and not any(cell and cell not in self.noise for cell in tail):
            return None
        row = tuple(tuple(cell.split()) for cell in tail)
        parsed = _Parsed(head, row, align(layout, row), stripped)
        words = head[-1].split()
        moved = [
            _Parsed(
                [*head[:-1], " ".join(words[:split])],
                (cells := (tuple(words[split:]), *row)),
                align(layout, cells),
                stripped,
            )
            for split in splits
        ]
        own_first = bool(tail) and kinds.KINDS[first.kind].fit(tail[0]) == 0 and not kinds.is_missing(tail[0])
        if moved and not own_first:
            # Where two places fit alike, the earlier: the longer piece is the whole period.
            best = min(reversed(moved), key=lambda option: option.alignment.cost)
            if best.alignment.cost + 0.5 < parsed.alignment.cost or not parsed.has(layout, "period_text", "value_text"):
                parsed = best
        return parsed if self.is_row(parsed) else None

    def place_head(self, table_cells: list[str], count: int) -> list[str]:
        """The cells with the first data column where the layout has it; its vocabulary tells where the head ends."""
        fit = kinds.KINDS[self.layout.data_columns[0].kind].fit
        at = next((i for i, cell in enumerate(table_cells) if fit(cell) == 0 and not kinds.is_missing(cell)), None)
        if at is None:
            for i, cell in enumerate(table_cells[:count]):
                words = cell.split()
                # A cell of its own begins with a capital; "at the end of the quarter" belongs to a label.
                start = next((s for s in range(1, len(words)) if fit(" ".join(words[s:])) == 0), None)
                if start is not None and words[start][:1].isupper():
                    table_cells = [
                        *table_cells[:i],
                        " ".join(words[:start]),
                        " ".join(words[start:]),
                        *table_cells[i + 1 :],
                    ]
                    at = i + 1
                    break
        if at is None:
            return table_cells
        head = table_cells[:at]
        if at > count:
            filled = [cell for cell in head if cell][-count:]
            head = [*[""] * (count - len(filled)), *filled]
        elif at < count or not head[-2]:
            head = self.part_head(head or [""], count)
        return [*head, *table_cells[at:]]

    def strip_headings(self, table_cells: list[str]) -> tuple[list[str], bool]:
        """Column headings that ran into the cells of the first row are taken off them."""
        out = list(table_cells)
        found = 0
        for position, words in enumerate(self.headings):
            if position >= len(out):
                break
            for word in words:
                if out[position] == word or out[position].startswith(word + " "):
                    out[position] = out[position][len(word) :].strip()
                    found += 1
                    break
        if found >= 4 and found > len([cell for cell in table_cells if cell]) // 2:
            return out, True
        return table_cells, False

    def part_head(self, head: list[str], count: int) -> list[str]:
        """Text cells of a row that lost a tab among them; the theme's vocabulary tells where."""
        last = head[-1]
        for theme in sorted(self.themes, key=len, reverse=True):
            if last.startswith(theme + " "):
                parts = [*head[:-1], theme, last[len(theme) :].strip()]
                return [*[""] * (count - len(parts)), *parts][-count:]
        if last in self.themes and len(head) < count:
            return [*[""] * (count - len(head) - 1), *head, ""]
        return [*[""] * (count - len(head)), *head]

    def looks_like_label(self, text: str) -> bool:
        words = text.split()
        return len(words) >= 2 and sum(1 for word in words if not kinds.is_tail_word(word)) >= 2

    def label_tails(self, label: str) -> list[int]:
        """Where in a label the columns after it may begin (a lost tab), as indexes of words, the last first."""
        words = label.split()
        first = kinds.KINDS[self.layout.data_columns[0].kind]
        starts = []
        for start in range(len(words) - 1, max(0, len(words) - 30), -1):
            if not kinds.is_tail_word(words[start]) and first.fit(words[start]) != 0:
                break
            rest = words[start:]
            leads = (" ".join(rest[:count]) for count in range(1, len(rest) + 1))
            if any(
                (first.fit(lead) == 0 and not kinds.is_missing(lead)) or kinds.is_period(lead) or kinds.is_no_data(lead)
                for lead in leads
            ):
                starts.append(start)
        return starts

    def is_row(self, parsed: _Parsed) -> bool:
        layout = self.layout
        if not parsed.alignment.placements:
            return False
        words = [word for cell in parsed.data for word in cell]
        if all(word in self.noise for word in words):
            return False
        if parsed.alignment.cost >= UNPLACED_WORD * max(1, len(parsed.alignment.placements)):
            return False
        if not _HAS_LETTER.search(parsed.label) and not (self.texts and self.texts_open_label(parsed.label)):
            # Without a label only a period together with a figure makes a row; less is a piece of one.
            return parsed.has(layout, "period_text", "previous_period_text") and parsed.has(
                layout, "value_text", "previous_value_text"
            )
        if kinds.is_tail_word(parsed.label) and not (self.texts and self.texts_open_label(parsed.label)):
            return False
        return (
            parsed.has(layout, "period_text", "value_text", "previous_period_text", "previous_value_text")
            or sum(placement.cost < LENIENT for placement in parsed.alignment.placements) >= 2
            or (kinds.is_no_data(" ".join(words)))
        )

    def take_row(self, index: int, parsed: _Parsed) -> None:
        indexes = [index]
        label = parsed.label
        if self.texts and self.texts_open_label(label):
            opening = self.texts.pop()
            # A label seldom takes more than three lines; what stands before it is a heading.
            while self.texts and _DANGLING.search(self.texts[-1].text):
                indexes.insert(0, opening.index)
                label = f"{opening.text} {label}"
                opening = self.texts.pop()
            indexes.insert(0, opening.index)
            label = squash(f"{opening.text} {label}")
            if opening.theme and len(parsed.head) > 1 and not parsed.head[-2]:
                parsed.head[-2] = opening.theme
        self.leave_texts()
        if not self.has_section_column:
            heading, label = self.split_heading(label)
            if heading:
                self.section_in_row(heading, index)
        cells = self.cells_of(parsed.data, parsed.alignment, indexes, len(self.rows) + 1)
        heading_cell = None
        for column, text in zip(self.layout.text_columns[:-1], parsed.head[:-1], strict=False):
            if not text:
                continue
            if column.kind == "section":
                heading_cell = text
            else:
                cells[column.column] = text
        if label:
            cells["label_text"] = label
        self.add_row(indexes, index, cells, heading_cell or self.topic_above)
        self.topic_above = None
        self.last = (parsed, index)

    def texts_open_label(self, label: str) -> bool:
        """Whether the text line above is the beginning of this label rather than a heading."""
        text = self.texts[-1].text
        if self.known_heading(" ".join(t.text for t in self.texts)) or self.known_heading(text):
            return False
        if self.dispositions[self.texts[-1].index] == "title":
            return False
        return (
            not label
            or label[:1].islower()
            or label[:1] in "()"
            or text.count("(") > text.count(")")
            or _DANGLING.search(text) is not None
            or (self.starts_label(text) and not self.starts_label(label))
        )

    def continues_label(self, text: str) -> bool:
        if self.last is None or not self.rows or self.begins_known_heading(text) or self.known_heading(text):
            return False
        label = self.rows[-1].cells.get("label_text", "")
        return (
            text[:1].islower()
            or text[:1] in "()\u2018'0123456789"
            or label.count("(") > label.count(")")
            or _DANGLING.search(label) is not None
        )

    def take_fragment(self, index: int, table_cells: list[str]) -> bool:
        """Cells that belong to the row above: a wrapped cell, or the rest of a broken line."""
        if self.last is None or self.texts:
            return False
        before, at = self.last
        words = [word for cell in table_cells for word in cell.split()]
        if not words:
            return False
        plain = all(kinds.is_tail_word(word) for word in words)
        count = len(self.layout.text_columns)
        below = not any(table_cells[:count])
        if not plain and not below:
            return False
        # Each way of joining the words to the row above, with the most that it may add to the row's cost.
        options: list[tuple[tuple[tuple[str, ...], ...], float]] = []
        if below:
            fragment = [tuple(cell.split()) for cell in table_cells[count:]]
            length = max(len(before.data), len(fragment))
            joined = tuple(
                (*(before.data[i] if i < len(before.data) else ()), *(fragment[i] if i < len(fragment) else ()))
                for i in range(length)
            )
            options.append((joined, 1.5 if plain else -0.1))
        elif plain:
            pieces = [tuple(cell.split()) for cell in table_cells]
            options.append(((*before.data, *(piece for piece in pieces if piece)), 1.5))
            if before.data and len(pieces) > 1:
                whole = tuple(before.data)
                while whole and not whole[-1]:
                    whole = whole[:-1]
                if whole:
                    options.append(((*whole[:-1], (*whole[-1], *pieces[0]), *pieces[1:]), 0.5))
            options += [
                ((*before.data[:i], (*before.data[i], *words), *before.data[i + 1 :]), -0.1)
                for i in range(len(before.data))
                if before.data[i]
            ]
        fitting = [
            (alignment.cost, option, alignment)
            for option, allowed in options
            if (alignment := align(self.layout, option)).cost <= before.alignment.cost + allowed
            and len(alignment.dropped) <= len(before.alignment.dropped)
        ]
        if not fitting:
            return False
        _, best, alignment = min(fitting, key=lambda candidate: candidate[0])
        row = self.rows[-1]
        indexes = [*self.row_lines[-1], index]
        self.problems = [
            p for p in self.problems if p.row_number != row.number or p.code in ("section_missing", "label_lost")
        ]
        fresh = self.cells_of(best, alignment, indexes, row.number)
        for column in self.layout.data_columns:
            row.cells.pop(column.column, None)
        row.cells.update(fresh)
        row.line_to = index + 1
        self.row_lines[-1] = indexes
        self.row_of_line[index] = row.number
        self.mark(index, "continuation")
        self.last = (_Parsed(before.head, best, alignment), at)
        return True

    # -- headings ------------------------------------------------------------------------------

    def heading_text(self, table_cells: list[str]) -> str | None:
        """The one text of a line whose other cells hold nothing but marks."""
        texts = [cell for cell in table_cells if cell and cell not in self.noise]
        if len(texts) != 1 or not _HAS_LETTER.search(texts[0]) or len(texts[0]) < 4:
            return None
        return texts[0]

    def leave_texts(self, at_end: bool = False) -> None:
        texts, self.texts = self.texts, []
        while texts and self.is_bare_label(texts[-1]):
            bare = texts.pop()
            if texts:
                self.texts, later = texts, bare
                self.leave_texts(at_end)
                texts, bare = [], later
            self.add_row([bare.index], bare.index, {"label_text": bare.text})
        if not texts:
            return
        known = self.known_heading(" ".join(t.text for t in texts)) is not None
        if not known and (at_end or self.has_section_column):
            return
        self.last = None
        if self.has_section_column:
            for text in texts:
                self.mark(text.index, "section")
            self.topic_above = squash(" ".join(t.text for t in texts))
        else:
            self.take_headings(texts)

    def is_bare_label(self, text: _Text) -> bool:
        """Whether a text line is a row whose every cell is empty: it begins as labels do and has its tabs."""
        return (
            self.starts_label(text.text)
            and self.dispositions[text.index] != "title"
            and self.lines[text.index].count("\t") + 1 >= self.width
        )

    def is_short(self, row: Row) -> bool:
        own = self.row_lines[row.number - 1][-1]
        return self.lines[own].count("\t") + 1 < self.width


class _FlowWalk(_Walk):
    """No tabs: a label over some lines, then its figures over some lines."""

    def __init__(self, lines: list[str], layout: CompiledLayout, area_name: str) -> None:
        super().__init__(lines, layout, area_name)
        self.labels: list[_Text] = []
        self.tails: list[_Text] = []
        self.label_is_whole = False

    def run(self) -> None:
        for index, line in enumerate(self.lines):
            for pattern, to in self.layout.substitutions:
                line = pattern.sub(to, line)
            disposition, rest = self.plain_disposition(line)
            if disposition == "page_furniture" and line.strip().isdigit() and self.tails and not self.tail_is_full():
                # A lone number within an open row is a piece of it, not the number of a page.
                disposition = None
            else:
                line = rest
            if disposition is not None:
                self.mark(index, disposition)
                if disposition not in ("blank", "page_furniture"):
                    self.close_row()
                continue
            text = squash(line)
            title = self.layout.title_of(line)
            if title is not None and (not title.rest or self.tail_start(text.split()) is None):
                self.close_row()
                self.mark(index, "title")
                if title.rest:
                    self.labels.append(_Text(index, title.rest))
                continue
            if self.layout.heading.search(text):
                self.close_row()
                self.mark(index, "column_heading")
                continue
            self.take(index, text)
        self.close_row(at_end=True)

    def take(self, index: int, text: str) -> None:
        words = text.split()
        start = self.tail_start(words)
        if start == 0 and self.tails and self.tail_is_full():
            self.close_row()
        if start == 0 and not self.labels and not self.tails and not self.begins_row(words):
            # Figures that belong to no row, or a page's own date: never to the row above.
            if kinds.is_period(text):
                self.mark(index, "page_furniture")
            return
        if start is None:
            if self.tails:
                self.close_row()
            self.labels.append(_Text(index, text))
            return
        if start > 0:
            if self.tails:
                self.close_row()
            self.labels.append(_Text(index, " ".join(words[:start])))
            self.tails.append(_Text(index, " ".join(words[start:])))
            return
        if self.tails and kinds.leading_period(words, 0):
            if self.tail_complete():
                self.close_row()
            elif self.labels and len(self.tails) == 1 and self.year_of_label():
                self.labels.append(self.tails.pop())
                self.label_is_whole = True
        self.tails.append(_Text(index, text))

    def begins_row(self, words: list[str]) -> bool:
        """Whether a line without a label can be a row that lost it: a period, a figure, and what assesses it."""
        period = kinds.leading_period(words, 0)
        return period > 0 and len(words) > period and any(map(kinds.is_assessing, words[period:]))

    def year_of_label(self) -> bool:
        """Whether the open tail is nothing but a year at the end of a label's line; the next line has the period."""
        tail = self.tails[0]
        return tail.text.isdigit() and self.labels[-1].index == tail.index

    def tail_start(self, words: list[str]) -> int | None:
        """Index of the first word that stands after the label; 0 for a line of figures only, None for text only."""
        start = len(words)
        while start > 0 and kinds.is_tail_word(words[start - 1]):
            start -= 1
        if start == 0:
            return 0 if self.labels or self.tails or len(words) > 1 else None
        for first in range(len(words)):
            period = kinds.leading_period(words, first)
            if not period:
                continue
            after = words[first + period :]
            if first >= start and (after or len(words[first]) > 3):
                return first
            if self.goes_on_as_tail(after):
                return first
        for first in range(start, len(words)):
            if kinds.is_number(words[first]) and sum(map(kinds.is_assessing, words[first + 1 :])) >= 2:
                return first
        for first in range(len(words)):
            for last in range(min(len(words), first + 4), first, -1):
                if kinds.is_no_data(" ".join(words[first:last])) and all(map(kinds.is_tail_word, words[last:])):
                    return first
        if self.tails and not self.tail_is_full() and self.goes_on_as_tail(words, already=True):
            return 0
        return None

    def goes_on_as_tail(self, words: list[str], already: bool = False) -> bool:
        """Whether most of these words stand after labels, though one or two of them are damaged or unknown."""
        tail = sum(map(kinds.is_tail_word, words))
        if not words or 2 * tail < len(words) or len(words) > 10:
            return False
        if already:
            return sum(map(kinds.is_assessing, words)) >= 1
        return any(character.isdigit() for character in words[0]) or sum(map(kinds.is_assessing, words)) >= 2

    def tail_columns(self) -> set[str]:
        words = tuple(word for tail in self.tails for word in tail.text.split())
        return {self.layout.data_columns[p.column].column for p in align(self.layout, (words,)).placements}

    def tail_complete(self) -> bool:
        return {"period_text", "value_text"} <= self.tail_columns()

    def tail_is_full(self) -> bool:
        return {column.column for column in self.layout.data_columns if column.required} <= self.tail_columns()

    def close_row(self, at_end: bool = False) -> None:
        labels, tails = self.labels, self.tails
        self.labels, self.tails = [], []
        if not tails:
            if not at_end or self.known_heading(" ".join(t.text for t in labels)):
                self.take_stranded(labels)
            return
        headings, label = self.part_labels(labels)
        if headings:
            self.take_headings(headings)
        elif len(label) == 1 and (parts := self.split_heading(label[0].text))[0]:
            self.section_in_row(parts[0], label[0].index)
            label = [_Text(label[0].index, parts[1])]
        words = [word for piece in (*label, *tails) for word in piece.text.split()]
        lead = sum(len(piece.text.split()) for piece in label)
        start = self.best_start(words, lead, lead if self.label_is_whole else max(0, lead - 4))
        self.label_is_whole = False
        data = (tuple(words[start:]),)
        alignment = align(self.layout, data)
        indexes = sorted({piece.index for piece in (*label, *tails)})
        own = tails[0].index
        cells = self.cells_of(data, alignment, indexes, len(self.rows) + 1)
        text = " ".join(words[:start])
        if text:
            cells["label_text"] = text
        self.add_row(indexes, own, cells)

    def best_start(self, words: list[str], lead: int, earliest: int) -> int:
        """Where the label ends: at a period from which on all words fit the columns best."""
        candidates = [lead] + [
            start
            for start in range(earliest, len(words))
            if start != lead
            and kinds.leading_period(words, start)
            # A number at the end of a label's line is the label's ("by age 19"), not a day.
            and (start > lead or not words[start].isdigit() or len(words[start]) == 4)
        ]
        costs = {start: align(self.layout, (tuple(words[start:]),)).cost for start in candidates}
        return min(candidates, key=lambda start: (costs[start], start))

    def take_stranded(self, labels: list[_Text]) -> None:
        """Text lines with no figures after them: headings where the layout knows them, else unrecognised."""
        start = 0
        while start < len(labels):
            for end in range(len(labels), start, -1):
                level = self.known_heading(" ".join(t.text for t in labels[start:end]))
                if level is not None:
                    self.take_heading(
                        squash(" ".join(t.text for t in labels[start:end])), [t.index for t in labels[start:end]], level
                    )
                    start = end
                    break
            else:
                start += 1

    def part_labels(self, labels: list[_Text]) -> tuple[list[_Text], list[_Text]]:
        """Split the text lines before a row's figures into headings and the lines of its label."""
        for end in range(len(labels), 0, -1):
            for start in range(end):
                if self.known_heading(" ".join(t.text for t in labels[start:end])) is not None:
                    return labels[:end], labels[end:]
        wrapping = self.layout.spec.wrapping
        for end in range(len(labels) - 1, 0, -1):
            above, below = labels[end - 1].text, labels[end].text
            if self.starts_label(below) and len(above) < wrapping.full_line_from and not _DANGLING.search(above):
                return labels[:end], labels[end:]
        return [], labels

    def is_short(self, row: Row) -> bool:
        return any(column.required and column.column not in row.cells for column in self.layout.data_columns)
