"""From the lines of a report to numbered paragraphs; every line gets one disposition.

What is known of the structure: numbered paragraphs whose lines wrap and may be torn apart by page breaks, headings
between them, bullet points inside them, sections that name persons, lists of appendices.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.intake.characters import normal, normal_places, squash
from ingest.reports.footnotes import marks_in
from ingest.reports.redaction import WITHHELD, names_in_contacts, withhold
from ingest.reports.rules import Rules

_MARKUP = re.compile(r"<(?:!--|/?[A-Za-z])[^<>]{0,400}>|&(?:#x?[0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
#: Character references that say what a number is.
_SIGNS = {"&pound;": "£", "&#163;": "£"}
_START = re.compile(r"^\s*\(?(?P<label>\d{1,3}(?:\.\d{1,3}){0,2})(?P<mark>[.)]{0,2})(?P<gap>\s+|$)(?P<rest>.*)$")
_BULLET = re.compile(r"^\s*(?:[•●▪◦‣·*\uf0b7]|[-o](?=\s)|\(?[a-z]{1,2}\)|\(?[ivx]{1,4}[.)])\s+(?=\S)")
_TERMINATED = re.compile(r"[.!?:;][\"')\]]*$")
_BARE_NUMBER = re.compile(r"^\W*\d{1,3}\W*$")
#: A heading is no longer than this; the longest seen has 108 characters (November 2026).
_LONGEST_HEADING = 200
_HEADING_LINES = 3


def view_of(text: str) -> str:
    """A text in normal form as the patterns see it, character for character: without markup."""
    if "<" in text or "&" in text:
        text = _MARKUP.sub(lambda found: _SIGNS.get(found.group(), "").ljust(len(found.group())), text)
    return text


@dataclass
class Paragraph:
    """A paragraph: its printed label, the heading above it, its lines, and its words in one line of text.

    ``text`` is what is judged: in normal form and without footnote marks. ``printed`` gives the words as they stand.
    """

    number: int
    label: str | None
    heading: str | None
    line_from: int
    line_to: int
    pieces: list[tuple[int, str]] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    text: str = ""
    starts: list[int] = field(default_factory=list)
    #: The footnote marks that were taken out: the place in ``text`` where each stood, and the mark.
    marks: list[tuple[int, str]] = field(default_factory=list)
    _printed: str = ""
    _places: list[int] = field(default_factory=list)

    def add(self, line_number: int, text: str, *, bullet: bool = False) -> None:
        self.pieces.append((line_number, text))
        self.line_to = line_number
        if bullet:
            self.breaks.append(len(self.pieces) - 1)

    def close(self) -> None:
        """Join the pieces; a word that a line end tore apart at its hyphen is joined without a blank."""
        parts: list[str] = []
        printed: list[str] = []
        offsets: list[int] = []
        length = printed_length = 0
        for _, piece in self.pieces:
            torn = bool(parts) and (re.search(r"\w-$", parts[-1][-2:]) or printed[-1].endswith("\u00ad"))
            joiner = "" if not parts or torn else " "
            judged, places, marks = _judged(piece)
            offsets.append(length + len(joiner))
            self.marks += [(offsets[-1] + place, mark) for place, mark in marks]
            self._places += [printed_length] * len(joiner)
            self._places += [printed_length + len(joiner) + place for place in places]
            parts.append(joiner + judged)
            printed.append(joiner + piece)
            length += len(parts[-1])
            printed_length += len(printed[-1])
        self._places.append(printed_length)
        self.text, self._printed, self.starts = "".join(parts), "".join(printed), offsets
        self.breaks = [offsets[index] for index in self.breaks]

    def printed(self, start: int = 0, end: int | None = None) -> str:
        """The words between two places of ``text`` as they are printed."""
        return self._printed[self._places[start] : self._places[len(self.text) if end is None else end]]

    def line_at(self, offset: int) -> int:
        return self.pieces[max(0, bisect_right(self.starts, offset) - 1)][0]


def _judged(piece: str) -> tuple[str, Sequence[int], list[tuple[int, str]]]:
    """A piece as it is judged, the place in the piece of each of its characters, and the marks left out."""
    text, places = normal_places(piece)
    kept: list[str] = []
    kept_places: list[int] = []
    marks: list[tuple[int, str]] = []
    at = length = 0
    for start, end in [*marks_in(text), (len(text), len(text))]:
        kept.append(text[at:start])
        kept_places += places[at:start]
        length += start - at
        if end > start:
            marks.append((length, text[start:end].strip()))
        at = end
    return "".join(kept), kept_places, marks


@dataclass
class Structure:
    """The lines as they may be kept, what became of each, and the paragraphs."""

    lines: list[str]
    dispositions: list[str]
    paragraph_of_line: list[int | None]
    paragraphs: list[Paragraph]
    title: list[tuple[int, str]]
    headings: list[tuple[int, str]]
    references: list[tuple[int, str]]
    numbered: int


class _Cutter:
    def __init__(self, lines: list[str], rules: Rules) -> None:
        self.lines = lines
        self.rules = rules.structure
        self.views = [squash(view_of(normal(line))) for line in lines]
        self.starts = self._numbered_starts()
        self.dispositions = ["blank"] * len(lines)
        self.owner: list[Paragraph | None] = [None] * len(lines)
        self.paragraphs: list[Paragraph] = []
        self.title: list[tuple[int, str]] = []
        self.headings: list[tuple[int, str]] = []
        self.references: list[tuple[int, str]] = []
        self.current: Paragraph | None = None
        self.heading: str | None = None
        self.mode = ""

    def _numbered_starts(self) -> dict[int, tuple[str, str]]:
        """Index of each line that begins a numbered paragraph, with label and rest; only what continues the count."""
        found: dict[int, tuple[str, str]] = {}
        last: tuple[int, ...] | None = None
        for index, text in enumerate(self.views):
            match = _START.match(text)
            if match is None or not self._may_start(index, match):
                continue
            label = tuple(int(part) for part in match["label"].split("."))
            if _follows(label, last, free=not (index and self.views[index - 1])):
                found[index] = (match["label"], match["rest"])
                last = label
        return found

    def _may_start(self, index: int, match: re.Match[str]) -> bool:
        if match["mark"]:
            return True
        # Without a mark after it a number is also how a wrapped line may begin; one in two parts hardly is.
        if match["rest"][:1].islower():
            return False
        alone = not (index and self.views[index - 1])
        return "." in match["label"] or (alone and len(match["rest"].split()) > 3 and match["rest"][:1].isupper())

    def cut(self) -> None:
        index = 0
        while index < len(self.lines):
            index = self._step(index)

    def _step(self, index: int) -> int:
        text = self.views[index]
        if not text:
            return index + 1
        if self._is_furniture(index):
            self.dispositions[index] = "page_furniture"
            return index + 1
        contact = self.rules["contact_headings"].match(text)
        if contact and self._is_contact_heading(index, contact):
            self.dispositions[index] = "contact"
            self.mode = "contact line" if contact["rest"].strip() else "contact"
            self.current = None
            return index + 1
        if self.mode.startswith("contact"):
            return self._in_contacts(index)
        if index in self.starts:
            if self._is_numbered_heading(index):
                return self._head(index, index + 1)
            self._open(index, *self.starts[index])
            return index + 1
        return self._block(index)

    def _is_numbered_heading(self, index: int) -> bool:
        """Whether a number stands before a heading: a few words, and below them a number of the next depth."""
        label, rest = self.starts[index]
        if not rest or len(rest.split()) > 12 or not self._looks_like_heading(rest):
            return False
        following = next((at for at in range(index + 1, min(index + 9, len(self.lines))) if self.views[at]), None)
        if following not in self.starts:
            return False
        depth = self.starts[following][0].count(".")
        return depth > label.count(".") or (depth == 1 and label.endswith(".0"))

    def _is_contact_heading(self, index: int, match: re.Match[str]) -> bool:
        text = self.views[index]
        if index in self.starts or len(text) > 120:
            return False
        # A sentence of a paragraph may begin with such a word.
        if self.current is not None and index and self.views[index - 1] and not _TERMINATED.search(text):
            return not match["rest"].strip() and bool(_TERMINATED.search(self.views[index - 1]))
        rest = match["rest"].strip()
        return not rest or text.rstrip()[-1] != "." or rest[:1].isupper()

    def _in_contacts(self, index: int) -> int:
        text = self.views[index]
        names_someone = withhold(self.lines[index]) != self.lines[index]
        if self.mode == "contact line" and not names_someone:
            self.mode = ""
            return index
        if self.rules["known_headings"].match(text) or self.rules["reference_headings"].match(text):
            self.mode = ""
            return self._block(index)
        if index in self.starts and len(text.split()) >= 8 and not names_someone:
            self.mode = ""
            return index
        self.dispositions[index] = "contact"
        return index + 1

    def _open(self, index: int, label: str | None, rest: str) -> None:
        self.mode = ""
        self.current = Paragraph(0, label, self.heading, index + 1, index + 1)
        self.paragraphs.append(self.current)
        # The piece is cut from the line itself, not from its view, so that words stay as printed.
        printed = self.lines[index]
        if label is not None:
            judged, places = normal_places(printed)
            after = places[view_of(judged).index(label) + len(label)]
            printed = printed[after:].lstrip().lstrip(".)") if rest else ""
        self._take(index, squash(printed))

    def _take(self, index: int, piece: str) -> None:
        assert self.current is not None
        bullet = bool(_BULLET.match(piece))
        self.current.add(index + 1, piece, bullet=bullet)
        self.dispositions[index] = "paragraph"
        self.owner[index] = self.current

    def _block(self, index: int) -> int:
        """Lines up to the next blank line or numbered paragraph: a heading, a reference, or more of a paragraph."""
        end = index
        while end < len(self.lines) and self.views[end] and (end not in self.starts or end == index):
            end += 1
            if end - index > 400:
                break
        block = " ".join(self.views[index:end])
        follows_on = self.current is not None and index > 0 and self.owner[index - 1] is self.current
        if self.rules["reference_headings"].match(self.views[index]) and not follows_on:
            return self._mark(index, end, "reference", self.references)
        known = bool(self.rules["known_headings"].match(self.views[index]))
        if known and (not follows_on or _TERMINATED.search(self.views[index - 1])):
            return self._head(index, index + 1)
        if follows_on:
            return self._continue(index, end)
        complete = self.current is None or self._complete(self.current)
        if complete and self._heads(block, end - index, index, end):
            return self._head(index, end)
        if self.current is None or (complete and not self.starts):
            if not self.paragraphs and not self.headings and not _TERMINATED.search(block):
                return self._mark(index, end, "title", self.title)
            self._open(index, None, self.views[index])
            return index + 1
        self._take(index, squash(self.lines[index]))
        return index + 1

    def _continue(self, index: int, end: int) -> int:
        assert self.current is not None
        last = self.current.pieces[-1][1]
        tail = end - index
        starts_next = self._before_a_start(end)
        if (
            tail <= 2
            and starts_next
            and re.search(r"[.!?][\"')\]]*$", view_of(normal(last)).strip())
            and self._looks_like_heading(" ".join(self.views[index:end]))
        ):
            return self._head(index, end)
        self._take(index, squash(self.lines[index]))
        return index + 1

    def _complete(self, paragraph: Paragraph) -> bool:
        last = view_of(normal(paragraph.pieces[-1][1])).strip()
        return bool(_TERMINATED.search(last)) or sum(len(piece.split()) for _, piece in paragraph.pieces[:3]) <= 4

    def _heads(self, block: str, lines: int, index: int, end: int) -> bool:
        if lines > _HEADING_LINES or not self._looks_like_heading(block):
            return False
        return (not self.paragraphs and not self.starts) or self._before_a_start(end) or len(block.split()) <= 12

    def _looks_like_heading(self, block: str) -> bool:
        return (
            len(block) <= _LONGEST_HEADING
            and (block[:1].isupper() or block[:1] in "'\"")
            and not re.search(r"[.!?;,]$", block)
            and not re.search(r"\d ?%|\(\d+\)", block)
        )

    def _before_a_start(self, end: int) -> bool:
        for following in range(end, min(end + 8, len(self.lines))):
            if self.views[following]:
                return following in self.starts
        return False

    def _head(self, index: int, end: int) -> int:
        self.current = None
        self.mode = ""
        self.heading = " ".join(squash(line) for line in self.lines[index:end])
        return self._mark(index, end, "heading", self.headings)

    def _mark(self, index: int, end: int, disposition: str, kept: list[tuple[int, str]]) -> int:
        for number in range(index, end):
            self.dispositions[number] = disposition
        kept.append((index + 1, " ".join(squash(line) for line in self.lines[index:end])))
        if disposition == "reference":
            self.current = None
        return end

    def _is_furniture(self, index: int) -> bool:
        text = self.views[index]
        if self.rules["page_furniture"].search(text):
            return True
        around = [self.views[at] for at in (index - 1, index + 1) if 0 <= at < len(self.views)]
        return bool(_BARE_NUMBER.match(text)) and index not in self.starts and not all(around)


def _follows(label: tuple[int, ...], last: tuple[int, ...] | None, *, free: bool) -> bool:
    """Whether a label continues the count; after a blank line it may leave some out, or begin anew."""
    if last is None:
        return label[0] <= 3 or free
    if len(label) == len(last) == 1:
        return label[0] == last[0] + 1 or (free and (last[0] < label[0] <= last[0] + 5 or label[0] == 1))
    if label[: len(last)] == last and len(label) == len(last) + 1:
        return label[-1] in (0, 1)
    for depth in range(min(len(label), len(last))):
        if label[:depth] == last[:depth] and label[depth] == last[depth] + 1:
            return all(part <= 1 for part in label[depth + 1 :])
    return free and label > last and label[0] <= last[0] + 2


def cut(lines: list[str], rules: Rules) -> Structure:
    """Cut a report into paragraphs, without personal data. Linear in the length of the text."""
    first = _Cutter(lines, rules)
    first.cut()
    contacts = [line for line, kind in zip(lines, first.dispositions, strict=True) if kind == "contact"]
    names = frozenset(names_in_contacts(contacts))
    kept = [
        WITHHELD if kind == "contact" else withhold(line, names)
        for line, kind in zip(lines, first.dispositions, strict=True)
    ]
    if kept != lines:
        # Cut again from what may be kept, so that no piece of a paragraph holds what was withheld; what was told
        # from the words themselves stays as it was found.
        contact_lines = {index for index, kind in enumerate(first.dispositions) if kind == "contact"}
        second = _Cutter([("" if index in contact_lines else line) for index, line in enumerate(kept)], rules)
        second.cut()
        for index in contact_lines:
            second.dispositions[index] = "contact"
        second.lines = kept
        first = second
    for paragraph in first.paragraphs:
        paragraph.close()
    _number(first.paragraphs)
    return Structure(
        lines=kept,
        dispositions=first.dispositions,
        paragraph_of_line=[owner.number if owner else None for owner in first.owner],
        paragraphs=first.paragraphs,
        title=first.title,
        headings=first.headings,
        references=first.references,
        numbered=len(first.starts),
    )


def _number(paragraphs: list[Paragraph]) -> None:
    """The printed number where all are plain and different, those without one behind the last; else their place."""
    labels = [paragraph.label for paragraph in paragraphs if paragraph.label is not None]
    plain = labels and all(label.isdigit() for label in labels) and max(Counter(labels).values()) == 1
    following = max((int(label) for label in labels if label.isdigit()), default=0)
    for place, paragraph in enumerate(paragraphs, start=1):
        if not plain:
            paragraph.number = place
        elif paragraph.label is not None:
            paragraph.number = int(paragraph.label)
        else:
            following += 1
            paragraph.number = following
