"""Running lines without tabs: a label over some lines, then its figures over some lines."""

from __future__ import annotations

import re

from ingest.dashboards import cells as kinds
from ingest.dashboards.alignment import align
from ingest.dashboards.doubts import is_possible
from ingest.dashboards.layouts import CompiledLayout
from ingest.dashboards.rows import CUT, DANGLING, LONGEST_LABEL, Row, Text, Walk
from ingest.intake.budget import at_line
from ingest.intake.characters import squash

#: A row's figures and what assesses them have no more words than this; what goes on is the next row's or nobody's.
LONGEST_TAIL = 120
#: A label ends at most so many words behind the end of its line; the longest seen goes four words into the figures.
FURTHEST_START = 40
#: What stands behind a period in the same line has no more words than this.
LONGEST_REST = 10

#: From this share of the rows on, a blank line below the label is how a file is printed.
MOST_APART = 0.3
_LONE_DIGITS = re.compile(r"[0-9]{1,3}")


class FlowWalk(Walk):
    """No tabs: a label over some lines, then its figures over some lines."""

    def __init__(self, lines: list[str], layout: CompiledLayout, area_name: str) -> None:
        super().__init__(lines, layout, area_name)
        self.labels: list[Text] = []
        self.tails: list[Text] = []
        self.label_is_whole = False
        self.apart: list[tuple[int, list[Text], list[Text]]] = []

    def run(self) -> None:
        for index, line in enumerate(self.lines):
            at_line(index + 1, 20 + len(line) // 4)
            for pattern, to in self.layout.substitutions:
                line = pattern.sub(to, line)
            disposition, rest = self.plain_disposition(index, line)
            if _LONE_DIGITS.fullmatch(line.strip()) and self.may_be_figure():
                # A lone number within an open row is a piece of it, not the number of a page.
                disposition, rest = None, line
            if disposition == "lone_number":
                continue
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
                    self.labels.append(Text(index, title.rest))
                continue
            if self.layout.is_column_heading(text):
                self.close_row()
                self.mark(index, "column_heading")
                continue
            self.take(index, text)
        self.close_row(at_end=True)
        self.say_apart()

    def say_apart(self) -> None:
        """Name the labels that stand apart from their figures, where that is not how the file is printed."""
        if len(self.apart) > MOST_APART * len(self.rows):
            return
        for number, label, tails in self.apart:
            self.problem(
                "label_apart",
                "warning",
                "A blank line stands between this label and its figures. If a line is lost there, they are another "
                "row's: compare with the document.",
                label[0].index,
                tails[-1].index,
                row_number=number,
                column="label_text",
                printed_text=label[-1].text,
            )

    def may_be_figure(self) -> bool:
        """Whether a number on a line of its own can be a piece of the row at hand."""
        if self.tails:
            return not self.tail_is_full()
        return bool(self.labels) and self.layout.data_columns[0].kind == "value"

    def take(self, index: int, text: str) -> None:
        words = text.split()
        start = self.tail_start(words)
        if start == 0 and self.tails and self.tail_is_full():
            self.close_row()
        if start == 0 and not self.labels and not self.tails and not self.begins_row(words):
            # Figures that belong to no row, or a page's own date: never to the row above.
            if kinds.is_period(text):
                self.mark(index, "page_furniture")
            else:
                self.note_more_figures(index)
            return
        if start is None and self.is_last_word_of_row(index, words):
            start = 0
        if start is None:
            if self.tails:
                self.close_row()
            self.labels.append(Text(index, text))
            return
        if start > 0:
            if self.tails:
                self.close_row()
            self.labels.append(Text(index, " ".join(words[:start])))
            self.tails.append(Text(index, " ".join(words[start:])))
            return
        if self.tails and kinds.leading_period(words, 0):
            if self.tail_complete():
                self.close_row()
            elif self.labels and len(self.tails) == 1 and self.year_of_label():
                self.labels.append(self.tails.pop())
                self.label_is_whole = True
        self.tails.append(Text(index, text))

    def is_last_word_of_row(self, index: int, words: list[str]) -> bool:
        """Whether words on a line of their own are the direction that ends each row of this layout.

        The next printed line tells: a label has figures below it, and here another label or the end follows.
        """
        last = self.layout.data_columns[-1]
        if not self.tails or last.kind != "comparison" or not last.required or last.column in self.tail_columns():
            return False
        below = next((line for line in self.lines[index + 1 :] if line.strip()), None)
        return len(words) <= 4 and (below is None or self.tail_start(below.split()) is None)

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
            if first >= start and (first + period < len(words) or len(words[first]) > 3):
                return first
            if self.goes_on_as_tail(words[first + period : first + period + LONGEST_REST + 1]):
                return first
        assessing = sum(map(kinds.is_assessing, words[start:]))
        for first in range(start, len(words)):
            assessing -= kinds.is_assessing(words[first])
            if kinds.is_number(words[first]) and assessing >= 2:
                return first
        for first in range(max(0, start - 4), len(words)):
            # Behind the words that say so, only words that stand after labels.
            for last in range(min(len(words), first + 4), max(first, start - 1), -1):
                if kinds.is_no_data(" ".join(words[first:last])):
                    return first
        if self.tails and not self.tail_is_full() and self.goes_on_as_tail(words, already=True):
            return 0
        if self.layout.data_columns[0].kind != "period" and any(map(kinds.is_number, words[start:])):
            # Rows without a period: the figures at the end of the label's line are where the row's cells begin.
            return start
        return None

    def goes_on_as_tail(self, words: list[str], already: bool = False) -> bool:
        """Whether most of these words stand after labels, though one or two of them are damaged or unknown."""
        if not words or len(words) > LONGEST_REST or 2 * sum(map(kinds.is_tail_word, words)) < len(words):
            return False
        if already:
            return sum(map(kinds.is_assessing, words)) >= 1
        return any(character.isdigit() for character in words[0]) or sum(map(kinds.is_assessing, words)) >= 2

    def tail_columns(self) -> set[str]:
        words = tuple(word for tail in self.tails for word in tail.text.split())
        return {self.layout.data_columns[p.column].column for p in align(self.layout, (words,)).placements}

    def tail_words(self) -> int:
        return sum(len(tail.text.split()) for tail in self.tails)

    def tail_complete(self) -> bool:
        return {"period_text", "value_text"} <= self.tail_columns()

    def tail_is_full(self) -> bool:
        return (
            self.tail_words() > LONGEST_TAIL
            or {column.column for column in self.layout.data_columns if column.required} <= self.tail_columns()
        )

    def close_row(self, at_end: bool = False) -> None:
        labels, tails = self.labels, self.tails
        self.labels, self.tails = [], []
        if not tails:
            if not at_end or self.level_of(labels) is not None:
                self.take_stranded(labels)
            return
        headings, label = self.part_labels(self.nearest(labels))
        if headings:
            self.take_headings(headings)
        elif len(label) == 1 and (parts := self.split_heading(label[0].text))[0]:
            self.section_in_row(parts[0], label[0].index)
            label = [Text(label[0].index, parts[1])]
        self.note_apart(headings, label, tails)
        if not label:
            self.note_more_figures(tails[0].index)
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
            self.doubt_value_after(text, cells, indexes)
        self.add_row(indexes, own, cells)

    def nearest(self, labels: list[Text]) -> list[Text]:
        """The text lines above a row that can be its label or headings; those further up stay unrecognised."""
        start, length = len(labels), 0
        while start and length <= LONGEST_LABEL:
            start -= 1
            length += len(labels[start].text)
        return labels[start:]

    def note_more_figures(self, index: int) -> None:
        """Say that figures without a label follow those of the row above at once: either may be that row's."""
        above = next((i for i in reversed(range(index)) if self.lines[i].strip()), None)
        if above is None or not self.rows or self.row_of_line[above] != self.rows[-1].number:
            return
        self.problem(
            "figures_without_label",
            "warning",
            "Figures without a label follow the figures of this row, so a line was lost or moved and either may be its "
            "own. Compare with the document.",
            self.row_lines[-1][0],
            index,
            row_number=self.rows[-1].number,
            printed_text=squash(self.lines[index]),
        )

    def note_apart(self, headings: list[Text], label: list[Text], tails: list[Text]) -> None:
        """Say where a line may be lost between a label and the figures below it: they may be another row's."""
        number = len(self.rows) + 1
        stranded = [text for text in headings if self.starts_label(text.text)]
        if stranded and self.level_of(headings) is None:
            self.problem(
                "label_without_figures",
                "warning",
                "No figures follow this label before the next one, so a line may be lost and these figures may be "
                "those of another. Compare with the document.",
                stranded[0].index,
                tails[-1].index,
                row_number=number,
                column="label_text",
                printed_text=" ".join(text.text for text in stranded),
            )
        elif self.rows and kinds.is_period(self.rows[-1].cells.get("period_text", "")):
            # A row that has a period is to have a figure, or words that say why it has none.
            above = self.rows[-1]
            if "value_text" not in above.cells:
                self.problem(
                    "label_without_figures",
                    "warning",
                    "The row above this one has a period and no figure, so a line may be lost or moved and these "
                    "figures may be its own. Compare with the document.",
                    above.line_from - 1,
                    tails[-1].index,
                    row_number=number,
                    column="label_text",
                    printed_text=above.cells.get("label_text"),
                )
        said = any(p.row_number == number and p.code == "label_without_figures" for p in self.problems[-1:])
        if label and not said and any(not line.strip() for line in self.lines[label[-1].index : tails[0].index]):
            self.apart.append((number, label, tails))

    def breaks_off(self, index: int, column: str) -> bool:
        """Whether the row of a line ends with this column, and the row below may begin with the rest of the number."""
        row = self.rows[(self.row_of_line[index] or 0) - 1]
        below = self.rows[row.number] if row.number < len(self.rows) else None
        return below is not None and not below.cells.get("period_text") and self.may_go_on(row, below.cells)

    def may_go_on(self, row: Row, cells: dict[str, str]) -> bool:
        """Whether a row ends with its figure, and the figure of these cells may be the rest of that."""
        names = [column.column for column in self.layout.data_columns]
        last = next((name for name in reversed(names) if name in row.cells), None)
        rest = cells.get("value_text", "").removesuffix(CUT).split()
        return last == "value_text" and bool(rest) and is_possible(row.cells[last].removesuffix(CUT) + rest[0])

    def doubt_value_after(self, label: str, cells: dict[str, str], indexes: list[int]) -> None:
        """Without a period between them, digits before a label's figure may be its first ones, as may the row above."""
        value = cells.get("value_text", "")
        if cells.get("period_text") or self.layout.data_columns[0].kind != "period":
            return
        at_end = label[-1:] in "0123456789.,"
        if kinds.is_number(value) and (at_end or (self.rows and self.may_go_on(self.rows[-1], cells))):
            cells["value_text"] = value + CUT
            self.problem(
                "figures_run_together",
                "warning",
                f"No period stands before this number, and the {'label' if at_end else 'row above'} ends in digits: "
                "they may be its first ones. It is not taken: compare with the document.",
                indexes[0],
                indexes[-1],
                row_number=len(self.rows) + 1,
                column="value_text",
                printed_text=value,
            )

    def best_start(self, words: list[str], lead: int, earliest: int) -> int:
        """Where the label ends: at a period from which on all words fit the columns best."""
        candidates = [lead] + [
            start
            for start in range(earliest, min(len(words), lead + FURTHEST_START))
            if start != lead
            and kinds.leading_period(words, start)
            # A number at the end of a label's line is the label's ("by age 19"), not a day.
            and (start > lead or not words[start].isdigit() or len(words[start]) == 4)
        ]
        costs = {start: align(self.layout, (tuple(words[start:]),)).cost for start in candidates}
        return min(candidates, key=lambda start: (costs[start], start))

    def take_stranded(self, labels: list[Text]) -> None:
        """Text lines with no figures after them: headings where the layout knows them, else unrecognised."""
        start = 0
        while start < len(labels):
            for end in range(self.furthest_end(labels, start), start, -1):
                level = self.level_of(labels[start:end])
                if level is not None:
                    self.take_heading(
                        squash(" ".join(t.text for t in labels[start:end])), [t.index for t in labels[start:end]], level
                    )
                    start = end
                    break
            else:
                start += 1

    def part_labels(self, labels: list[Text]) -> tuple[list[Text], list[Text]]:
        """Split the text lines before a row's figures into headings and the lines of its label."""
        for end in range(len(labels), 0, -1):
            for start in range(self.furthest_start(labels, end), end):
                if self.level_of(labels[start:end]) is not None:
                    return labels[:end], labels[end:]
        wrapping = self.layout.spec.wrapping
        for end in range(len(labels) - 1, 0, -1):
            above, below = labels[end - 1].text, labels[end].text
            if self.starts_label(below) and len(above) < wrapping.full_line_from and not DANGLING.search(above):
                return labels[:end], labels[end:]
        return [], labels

    def is_short(self, row: Row) -> bool:
        return any(column.required and column.column not in row.cells for column in self.layout.data_columns)
