"""Tables: one line a row, tabs between cells; labels, headings and cells may wrap."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.dashboards import cells as kinds
from ingest.dashboards.alignment import LENIENT, LONGEST_ROW, UNPLACED_WORD, Alignment, align
from ingest.dashboards.layouts import CompiledLayout
from ingest.dashboards.rows import DANGLING, HAS_LETTER, LONGEST_LABEL, Row, Text, Walk
from ingest.intake.budget import at_line
from ingest.intake.characters import squash


@dataclass
class Parsed:
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


class TableWalk(Walk):
    """One line a row, tabs between cells; labels, headings and cells may wrap."""

    def __init__(self, lines: list[str], layout: CompiledLayout, area_name: str) -> None:
        super().__init__(lines, layout, area_name)
        self.texts: list[Text] = []
        self.last: tuple[Parsed, int] | None = None
        #: How many problems were known before the last row was begun.
        self.problems_before = 0
        self.width = len(layout.text_columns) + layout.positions[-1] + 1
        self.noise = set(layout.spec.heading_noise)
        self.themes = {word for column in layout.text_columns for word in column.words}
        self.topic_above: str | None = None
        self.headings = [column.heading for column in layout.spec.columns]
        #: Cells before the head of the row at hand, for which the row has no place.
        self.left_before: list[str] = []

    def run(self) -> None:
        for index, line in enumerate(self.lines):
            at_line(index + 1, 20 + len(line) // 4)
            for pattern, to in self.layout.substitutions:
                line = pattern.sub(to, line)
            self.take(index, line)
        self.leave_texts(at_end=True)

    def take(self, index: int, line: str) -> None:
        disposition, line = self.plain_disposition(index, line)
        if disposition == "lone_number":
            self.leave_texts()
            return
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
                self.texts.append(Text(index, title.rest))
            return
        filled = [cell for cell in table_cells if cell]
        label_at = len(self.layout.text_columns) - 1
        if (not any(table_cells[: label_at + 1]) or self.last_breaks_off()) and self.take_fragment(index, table_cells):
            return
        if len(filled) in (2, 3) and self.known_heading(joined := " ".join(filled)):
            self.texts.append(Text(index, joined))
            return
        if all(self.layout.is_column_heading(cell) or self.is_noise(cell) for cell in filled):
            if any(self.layout.is_column_heading(cell) for cell in filled):
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
        if len(filled) == 2 and filled[0] in self.themes and HAS_LETTER.search(filled[1]):
            # Theme and the beginning of a label; the rest of the row stands in the next line.
            self.texts.append(Text(index, filled[1], filled[0]))
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
        self.texts.append(Text(index, text))

    def lengthen_label(self, index: int, text: str) -> None:
        """Join the rest of a label to the row above."""
        row = self.rows[-1]
        label = row.cells.get("label_text", "")
        self.lengthening[index] = DANGLING.search(label) is None
        row.cells["label_text"] = squash(f"{label} {text}")
        row.line_to = index + 1
        if self.row_lines[-1][-1] != index:
            self.mark(index, "continuation")
            self.row_of_line[index] = row.number
            self.row_lines[-1].append(index)

    def breaks_off(self, index: int, column: str) -> bool:
        """Whether the line of a row ends with this column, though the layout has more cells."""
        names = [spec.column for spec in self.layout.data_columns]
        in_last_cell = self.layout.positions[names.index(column)] == self.layout.positions[-1]
        return not in_last_cell and self.lines[index].rstrip().count("\t") + 1 < self.width

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

    def parse(self, table_cells: list[str]) -> Parsed | None:
        """The line as a row, or None where it holds no data that a row would hold."""
        self.left_before = []
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
        parsed = Parsed(head, row, align(layout, row), stripped)
        words = head[-1].split()
        moved = [
            Parsed(
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
            filled = [cell for cell in head if cell]
            start = max(0, len(filled) - count)
            while start < len(filled) - 1 and not self.may_head_a_row(filled[start]):
                start += 1
            self.left_before, filled = filled[:start], filled[start:]
            head = [*[""] * (count - len(filled)), *filled]
        elif at < count or not head[-2]:
            head = self.part_head(head or [""], count)
        elif not head[-1] and head[-2] not in self.themes and len(head[-2].split()) > 3:
            # Theme and label ran together, and an empty cell follows them.
            head = self.part_head(head[:-1], count)
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

    def is_row(self, parsed: Parsed) -> bool:
        layout = self.layout
        if not parsed.alignment.placements:
            return False
        if not HAS_LETTER.search(parsed.label) and any(map(self.is_figure_or_period, parsed.head)):
            # The cells of a broken row, shifted to where labels stand.
            return False
        words = [word for cell in parsed.data for word in cell]
        if all(word in self.noise for word in words):
            return False
        if parsed.alignment.cost >= UNPLACED_WORD * max(1, len(parsed.alignment.placements)):
            return False
        if not HAS_LETTER.search(parsed.label) and not (self.texts and self.texts_open_label(parsed.label)):
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

    def may_head_a_row(self, cell: str) -> bool:
        """Whether a cell could be a topic or a theme; what assesses the row before it is neither."""
        return cell in self.themes or not all(map(kinds.is_tail_word, cell.split()))

    def is_figure_or_period(self, cell: str) -> bool:
        """Whether a cell holds what never stands before a label's end: a number or a period."""
        return kinds.is_number(cell) or kinds.is_period(cell)

    def take_row(self, index: int, parsed: Parsed) -> None:
        indexes = [index]
        label = parsed.label
        if self.texts and self.texts_open_label(label):
            opening = self.texts.pop()
            pieces, length = [opening], len(opening.text)
            # A label seldom takes more than three lines; what stands before it is a heading.
            while self.texts and length <= LONGEST_LABEL and DANGLING.search(self.texts[-1].text):
                opening = self.texts.pop()
                pieces.insert(0, opening)
                length += len(opening.text)
            indexes = [*(piece.index for piece in pieces), index]
            label = squash(" ".join([*(piece.text for piece in pieces), label]))
            if opening.theme and len(parsed.head) > 1 and not parsed.head[-2]:
                parsed.head[-2] = opening.theme
        self.leave_texts()
        if not self.has_section_column:
            heading, label = self.split_heading(label)
            if heading:
                self.section_in_row(heading, index)
        self.problems_before = len(self.problems)
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
        if self.left_before:
            self.problem(
                "two_rows_in_a_line",
                "warning",
                "Cells stand before this row in its line for which it has no place, as where two rows were joined. "
                "They are kept here only: compare with the document.",
                index,
                row_number=len(self.rows) + 1,
                printed_text=" | ".join(self.left_before),
            )
        self.add_row(indexes, index, cells, heading_cell or self.topic_above)
        self.topic_above = None
        self.last = (parsed, index)

    def texts_open_label(self, label: str) -> bool:
        """Whether the text line above is the beginning of this label rather than a heading."""
        text = self.texts[-1].text
        if self.level_of(self.texts) or self.known_heading(text):
            return False
        if self.dispositions[self.texts[-1].index] == "title":
            return False
        return (
            not label
            or label[:1].islower()
            or label[:1] in "()"
            or text.count("(") > text.count(")")
            or DANGLING.search(text) is not None
            or (self.starts_label(text) and not self.starts_label(label))
        )

    def continues_label(self, text: str) -> bool:
        if self.last is None or not self.rows or self.begins_known_heading(text) or self.known_heading(text):
            return False
        label = self.rows[-1].cells.get("label_text", "")
        return len(label) <= LONGEST_LABEL and (
            text[:1].islower()
            or text[:1] in "()'0123456789"
            or label.count("(") > label.count(")")
            or DANGLING.search(label) is not None
        )

    def take_fragment(self, index: int, table_cells: list[str]) -> bool:
        """Cells that belong to the row above: a wrapped cell, or the rest of a broken line."""
        if self.last is None or self.texts:
            return False
        before, at = self.last
        words = [word for cell in table_cells for word in cell.split()]
        if not words or max(len(words) + sum(map(len, before.data)), len(before.data)) > LONGEST_ROW:
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
                    seam = (*whole[-1], *pieces[0])
                    # A period that the line break cut in two says that the rest of the row follows.
                    allowed = 2.5 if pieces[0] and kinds.is_period(" ".join(seam)) else 0.5
                    options.append(((*whole[:-1], seam, *pieces[1:]), allowed))
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
        self.problems[self.problems_before :] = [
            p
            for p in self.problems[self.problems_before :]
            if p.row_number != row.number or p.code in ("section_missing", "label_lost", "two_rows_in_a_line")
        ]
        fresh = self.cells_of(best, alignment, indexes, row.number)
        for column in self.layout.data_columns:
            row.cells.pop(column.column, None)
        row.cells.update(fresh)
        row.line_to = index + 1
        self.row_lines[-1] = indexes
        self.row_of_line[index] = row.number
        self.mark(index, "continuation")
        self.last = (Parsed(before.head, best, alignment), at)
        return True

    # -- headings ------------------------------------------------------------------------------

    def heading_text(self, table_cells: list[str]) -> str | None:
        """The one text of a line whose other cells hold nothing but marks."""
        texts = [cell for cell in table_cells if cell and cell not in self.noise]
        if len(texts) != 1 or not HAS_LETTER.search(texts[0]) or len(texts[0]) < 4:
            return None
        return texts[0]

    def leave_texts(self, at_end: bool = False) -> None:
        texts, self.texts = self.texts, []
        end = len(texts)
        while end and self.is_bare_label(texts[end - 1]):
            end -= 1
        self.leave_headings(texts[:end], at_end)
        for bare in texts[end:]:
            self.add_row([bare.index], bare.index, {"label_text": bare.text})
            # What follows is no piece of the row above it.
            self.last = None

    def leave_headings(self, texts: list[Text], at_end: bool) -> None:
        if not texts:
            return
        known = self.level_of(texts) is not None
        if not known and (at_end or self.has_section_column):
            return
        self.last = None
        if self.has_section_column:
            for text in texts:
                self.mark(text.index, "section")
            self.topic_above = squash(" ".join(t.text for t in texts))
        else:
            self.take_headings(texts)

    def is_bare_label(self, text: Text) -> bool:
        """Whether a text line is a row whose every cell is empty: it begins as labels do and has its tabs."""
        return (
            self.starts_label(text.text)
            and self.dispositions[text.index] != "title"
            and self.lines[text.index].count("\t") + 1 >= self.width
        )

    def is_short(self, row: Row) -> bool:
        own = self.row_lines[row.number - 1][-1]
        return self.lines[own].count("\t") + 1 < self.width
