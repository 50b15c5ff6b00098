"""What happens to a text on its way: lines lost, doubled, joined, broken and moved, cells and characters damaged."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fuzz.editions import number_of

LOOK_ALIKES = {"0": "O", "1": "l", "5": "S", "8": "B", "2": "Z", ".": ",", "%": "\ufffd", "/": "|", "6": "b"}
STRAY = "|.,%()0123456789-–•:_GAR£<>'\ufffd"


@dataclass
class Damaged:
    """A text that is being damaged, and what became of the figures that were touched themselves."""

    lines: list[str]
    rng: random.Random
    done: list[str] = field(default_factory=list)
    #: A figure that reads otherwise now, by the number it shows: what it was. No reader could tell.
    changed: dict[str, str] = field(default_factory=dict)
    #: Numbers that are a part of one that was cut by a space or a line break, and that whole number.
    pieces: dict[str, str] = field(default_factory=dict)
    #: Numbers that a cut over the gap between two words left, so that they look whole.
    cut: set[str] = field(default_factory=set)
    #: Figures that were printed a second time, in another line's words.
    copied: set[str] = field(default_factory=set)
    #: Numbers that were put in anywhere: they are printed where they stand.
    strays: set[str] = field(default_factory=set)
    #: Words that were written otherwise, and in which ways; periods and labels among them.
    rewritten: dict[str, set[str]] = field(default_factory=dict)

    def pick(self, holds: Callable[[str], bool] = str.strip) -> int | None:
        """The index of a random line with something printed in it."""
        places = [index for index, line in enumerate(self.lines) if holds(line)]
        return self.rng.choice(places) if places else None

    def put(self, index: int, line: str) -> None:
        """Write a line anew and note which of its figures became others, or pieces."""
        before, after = self.lines[index].split(), line.split()
        self.lines[index] = line
        start = 0
        while start < min(len(before), len(after)) and before[start] == after[start]:
            start += 1
        end = 0
        while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
            end += 1
        old, new = before[start : len(before) - end], after[start : len(after) - end]
        if len(old) == len(new):
            for was, now in zip(old, new, strict=True):
                self.rewritten.setdefault(was, set()).add(now)
                shown, meant = number_of(now), number_of(was)
                if shown and meant and shown != meant:
                    self.changed[shown] = self.changed.get(meant, meant)
        elif len(old) == 2 and len(new) == 1 and new[0] != "".join(old):
            # A cut over the gap between two words leaves one that looks whole.
            shown, meant = number_of(new[0]), number_of(old[1]) or number_of(old[0])
            if shown and meant:
                self.changed[shown] = self.changed.get(meant, meant)
                self.cut.add(shown)
        elif len(old) == 1 and not new and (whole := self.pieces.pop(number_of(old[0]) or "", None)):
            # With one piece gone, the other is a figure that lost characters.
            for piece in [piece for piece, of in self.pieces.items() if of == whole]:
                del self.pieces[piece]
                self.changed[piece] = self.changed.get(whole, whole)
        elif len(new) > len(old) and "".join(new) == "".join(old):
            whole = number_of("".join(old)) or ""
            self.pieces.update({number: whole for word in new if (number := number_of(word))})


Damage = Callable[[Damaged], None]


def lose_line(text: Damaged) -> None:
    if (at := text.pick()) is not None:
        del text.lines[at]


def lose_lines(text: Damaged) -> None:
    """A run of lines is lost and leaves a gap: where a label met the figures of another, no reader could tell."""
    if (at := text.pick()) is not None:
        text.lines[at : at + text.rng.randrange(2, 6)] = [""]


def double_line(text: Damaged) -> None:
    if (at := text.pick()) is not None:
        text.lines.insert(at + 1, text.lines[at])


def join_lines(text: Damaged) -> None:
    at = text.pick()
    if at is not None and at + 1 < len(text.lines):
        glue = text.rng.choice((" ", "\t", ""))
        text.lines[at : at + 2] = [text.lines[at] + glue + text.lines[at + 1]]


def break_line(text: Damaged) -> None:
    if (at := text.pick()) is None:
        return
    line = text.lines[at]
    gaps = [found.start() for found in re.finditer(r"(?<=\S)[ \t]", line.rstrip())]
    if gaps:
        cut = text.rng.choice(gaps)
        rest = line[cut + 1 :] if text.rng.random() < 0.5 else line[cut:]
        text.lines[at : at + 1] = [line[:cut], *([""] if text.rng.random() < 0.2 else []), rest]


def break_word(text: Damaged) -> None:
    if (at := text.pick()) is None:
        return
    line = text.lines[at]
    places = [i for i in range(1, len(line)) if not line[i - 1].isspace() and not line[i].isspace()]
    if places:
        cut = text.rng.choice(places)
        text.put(at, f"{line[:cut]} {line[cut:]}")
        text.lines[at : at + 1] = [text.lines[at][:cut], text.lines[at][cut + 1 :]]


def move_line(text: Damaged) -> None:
    if (at := text.pick()) is not None:
        line = text.lines.pop(at)
        near = max(0, min(len(text.lines), at + text.rng.choice((-3, -2, -1, 1, 2, 3))))
        text.lines.insert(near if text.rng.random() < 0.7 else text.rng.randrange(len(text.lines) + 1), line)


def insert_blank(text: Damaged) -> None:
    if (at := text.pick()) is not None:
        text.lines.insert(at, "")


def _at_one(text: Damaged, pattern: str, to: str) -> None:
    at = text.pick(lambda line: re.search(pattern, line) is not None)
    if at is None:
        return
    found = text.rng.choice(list(re.finditer(pattern, text.lines[at])))
    text.put(at, text.lines[at][: found.start()] + to + text.lines[at][found.end() :])


def tab_to_space(text: Damaged) -> None:
    _at_one(text, r"\t", " ")


def lose_tab(text: Damaged) -> None:
    _at_one(text, r"\t", "")


def space_to_tab(text: Damaged) -> None:
    _at_one(text, r"(?<=\S) (?=\S)", "\t")


def add_tab(text: Damaged) -> None:
    _at_one(text, r"(?<=\t)(?=[^\t])|(?<=[^\t])(?=\t)", "\t")


def lose_space(text: Damaged) -> None:
    _at_one(text, r"(?<=\S) (?=\S)", "")


def glue_figure(text: Damaged) -> None:
    """The gap before a figure is lost."""
    _at_one(text, r"(?<=\S)[ \t]+(?=[0-9])", "")


def split_figure(text: Damaged) -> None:
    """A space within a figure."""
    gap = text.rng.choice((" ", " ", " ", "\t"))
    _at_one(text, r"(?<=[0-9.,])(?=[0-9.,]+%?(?:\s|\)|$))", gap)


def split_anywhere(text: Damaged) -> None:
    _at_one(text, r"(?<=\S)(?=\S)", " ")


def look_alike(text: Damaged) -> None:
    at = text.pick(lambda line: any(sign in line for sign in LOOK_ALIKES))
    if at is not None:
        line = text.lines[at]
        place = text.rng.choice([i for i, sign in enumerate(line) if sign in LOOK_ALIKES])
        text.put(at, line[:place] + LOOK_ALIKES[line[place]] + line[place + 1 :])


def cut_characters(text: Damaged) -> None:
    if (at := text.pick()) is not None:
        line = text.lines[at]
        place = text.rng.randrange(len(line))
        text.put(at, line[:place] + line[place + text.rng.randrange(1, 4) :])


def stray_character(text: Damaged) -> None:
    if (at := text.pick()) is not None:
        line = text.lines[at]
        place = text.rng.randrange(len(line) + 1)
        text.put(at, line[:place] + text.rng.choice(STRAY) + line[place:])


def stray_word(text: Damaged) -> None:
    word = text.rng.choice((" 7 ", " 12 ", " • ", " - ", " * ", " x ", " 3.4 ", "\t5\t", " o "))
    text.strays.update(number for part in word.split() if (number := number_of(part)))
    _at_one(text, r"(?<=\S)[ \t](?=\S)", word)


def lose_word(text: Damaged) -> None:
    _at_one(text, r"\S+", "")


def double_word(text: Damaged) -> None:
    at = text.pick()
    if at is not None:
        found = text.rng.choice(list(re.finditer(r"\S+", text.lines[at])))
        line = text.lines[at]
        text.lines[at] = f"{line[: found.end()]} {found.group()}{line[found.end() :]}"


def word_of_neighbour(text: Damaged) -> None:
    """A word of a line nearby stands in this one, too, or instead."""
    at = text.pick()
    if at is None:
        return
    near = [i for i in range(max(0, at - 3), min(len(text.lines), at + 4)) if i != at and text.lines[i].strip()]
    if not near:
        return
    source = text.rng.choice(near)
    word = text.rng.choice(text.lines[source].split())
    if number := number_of(word):
        text.copied.add(number)
    found = text.rng.choice(list(re.finditer(r"\S+", text.lines[at])))
    line = text.lines[at]
    text.lines[at] = f"{line[: found.start()]}{word} {line[found.start() :]}"
    if text.rng.random() < 0.4:
        kept = text.lines[source].split(" ")
        text.lines[source] = " ".join(w for w in kept if w != word)


DAMAGES: tuple[Damage, ...] = (
    lose_line, lose_line, lose_lines, double_line, join_lines, join_lines, break_line, break_line, break_word,
    move_line, insert_blank, tab_to_space, lose_tab, space_to_tab, add_tab, lose_space, glue_figure, split_figure,
    split_figure, split_anywhere, look_alike, cut_characters, stray_character, stray_word, lose_word, double_word,
    word_of_neighbour,
)  # fmt: skip


def damage(lines: tuple[str, ...], rng: random.Random, times: int) -> Damaged:
    """The lines after ``times`` damages drawn from ``rng``."""
    text = Damaged(list(lines), rng)
    for _ in range(times):
        kind = rng.choice(DAMAGES)
        kind(text)
        text.done.append(kind.__name__)
    return text
