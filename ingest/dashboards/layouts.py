"""Layouts as data: what one file in ``ingest/layouts/`` may say, and which layout a file has."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.dashboards.cells import KINDS, TEXT_KINDS
from ingest.intake.characters import normal, squash
from ingest.intake.errors import FileRejected, LayoutError
from ingest.intake.schemas import CELL_COLUMNS
from ingest.intake.workspace import LAYOUTS_DIR
from ingest.intake.yaml_files import read_yaml

#: Keys that every layout of a folder takes over unless it states its own.
SHARED = "_shared.yml"

_YEARS = r"(?:FY ?)?20[0-9]{2} ?[/-] ?(?:20)?[0-9]{2}"
_QUARTER = r"(?:Q|Qtr ?|Quarter )(?:[1-4]|one|two|three|four)\b"
#: The words by which a dashboard names its own quarter; ``{edition}`` in a layout's title pattern.
EDITION_PHRASE = rf"(?:{_YEARS},? ?-? ?{_QUARTER}|{_QUARTER},? ?-? ?(?:of )?{_YEARS})"
#: What follows a period in a row, and never a title's edition: a figure, or the next cell's.
_FIGURE = re.compile(r"[-+(<>]?[0-9.,]")
#: Marks that stand at the last word of a title's phrase; the text after it begins with the next word.
_MARKS_AT_WORD = re.compile(r"[^\w\s]+(?!\S)")
#: Places of one sign that are looked at.
_PLACES = 200


class Column(BaseModel):
    """One column of a layout, in printed order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: Literal[CELL_COLUMNS]  # type: ignore[valid-type]
    kind: str
    heading: list[str] = Field(default_factory=list, description="heading words that may run into the first row")
    required: bool = Field(False, description="a row without this cell is suspect")
    skips: int = Field(0, ge=0, description="empty table cells that stand before this column")
    shares_cell: bool = Field(False, description="printed in the same table cell as the column before")
    overflows: bool = Field(False, description="its text may run on into the next table cell")
    words: list[str] = Field(default_factory=list, description="the vocabulary of a theme column")

    @model_validator(mode="after")
    def _known_kind(self) -> Column:
        if self.kind not in KINDS and self.kind not in TEXT_KINDS:
            raise ValueError(f"kind {self.kind!r} is not one of {', '.join([*TEXT_KINDS, *KINDS])}")
        return self


class Recognise(BaseModel):
    """Signs of a layout. Each is a regular expression searched in the whole text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signs: list[str]
    at_least: int = 1
    none_of: list[str] = Field(default_factory=list)


class Wrapping(BaseModel):
    """How lines of this layout break."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    full_line_from: int = Field(80, description="a text line at least this long may have been broken")
    label_starts: list[str] = Field(default_factory=list, description="how the label of a new row begins")


class Layout(BaseModel):
    """One layout file. ``shape`` is ``table`` (cells between tabs) or ``flow`` (label, then figures, in lines)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layout: str
    description: str
    shape: Literal["table", "flow"]
    comparator: str | None = Field(None, description="who the printed average is of, in the edition's words")
    recognise: Recognise
    title: str | None = Field(None, description="pattern of the title line; {edition} stands for its quarter")
    page_furniture: list[str] = Field(default_factory=list)
    key: list[str] = Field(default_factory=list)
    footnotes: list[str] = Field(default_factory=list)
    column_headings: list[str] = Field(default_factory=list)
    sections: list[str] = Field(default_factory=list)
    subsections: list[str] = Field(default_factory=list)
    stars_withhold: bool = Field(False, description="a star in place of a figure says that it is withheld")
    arrows: Literal["figure", "performance"] | None = Field(
        None, description="what an arrow's direction tells: how the figure moved, or whether that is better or worse"
    )
    colours: dict[str, Literal["green", "amber", "red", "green_amber", "amber_red", "blue"]] = Field(
        default_factory=dict,
        description="colours beside green, amber and red, by the letters or words they are printed as",
    )
    ends_with: Literal["key", "page_furniture"] | None = Field(
        None, description="what a whole file has after its rows; its absence is a sign of a cut"
    )
    blank_line_ends_section: bool = False
    substitutions: dict[str, str] = Field(default_factory=dict, description="glyph faults: pattern to replacement")
    heading_noise: list[str] = Field(default_factory=list, description="marks that mean nothing beside a heading")
    wrapping: Wrapping = Field(default_factory=Wrapping)
    columns: list[Column]

    @property
    def vocabulary(self) -> str:
        """What signs mean in this layout, in one text for the catalogue: ``|stars=withheld|rag:b=blue|``."""
        said = [f"rag:{normal(printed).lower()}={colour}" for printed, colour in self.colours.items()]
        said += ["stars=withheld"] if self.stars_withhold else []
        said += [f"arrows={self.arrows}"] if self.arrows else []
        return "".join(f"|{part}" for part in said) + "|" if said else ""

    @model_validator(mode="after")
    def _one_label(self) -> Layout:
        kinds = [column.kind for column in self.columns]
        if kinds.count("label") != 1:
            raise ValueError("exactly one column has kind 'label'")
        label = kinds.index("label")
        if any(kind in TEXT_KINDS for kind in kinds[label + 1 :]) or any(
            kind not in TEXT_KINDS for kind in kinds[:label]
        ):
            raise ValueError("text columns (section, theme, label) stand first and the label last among them")
        names = [column.column for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("a column is named twice")
        for pattern in (
            *self.recognise.signs,
            *self.recognise.none_of,
            *self.page_furniture,
            *self.key,
            *self.footnotes,
            *self.column_headings,
            *self.substitutions,
            *([self.title.replace("{edition}", EDITION_PHRASE)] if self.title else []),
        ):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return self


@dataclass(frozen=True, eq=False)
class CompiledLayout:
    """A layout with its patterns compiled; the form that the reader uses."""

    spec: Layout
    signs: tuple[re.Pattern[str], ...]
    none_of: tuple[re.Pattern[str], ...]
    title: re.Pattern[str] | None
    furniture: re.Pattern[str]
    key: re.Pattern[str]
    footnote: re.Pattern[str]
    heading: re.Pattern[str]
    substitutions: tuple[tuple[re.Pattern[str], str], ...]
    text_columns: tuple[Column, ...]
    data_columns: tuple[Column, ...]
    positions: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.spec.layout

    def is_column_heading(self, cell: str) -> bool:
        """Whether a cell's text is one of this layout's column headings."""
        return _is_column_heading(self, cell)

    def title_of(self, line: str) -> Title | None:
        """The title in a line; None where there is none, or where a figure follows as in a row."""
        if self.title is None:
            return None
        first, *others = line.split("\t")
        text = squash(first)
        found = _title_match(self, text)
        if found is None:
            return None
        after = text[found.end() :]
        marks = _MARKS_AT_WORD.match(after)
        rest = after[marks.end() if marks else 0 :].strip()
        following = after.strip() or next((cell.strip() for cell in others if cell.strip()), "")
        if _FIGURE.match(following):
            return None
        return Title(found.group("edition"), rest)


@dataclass(frozen=True)
class Title:
    """The phrase of a title line that names the edition, and what the line goes on with."""

    phrase: str
    rest: str


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) if patterns else r"(?!)", re.IGNORECASE)


# Labels, headings and words recur from edition to edition; the patterns need not look at them again.
@lru_cache(maxsize=65536)
def _is_column_heading(layout: CompiledLayout, cell: str) -> bool:
    return layout.heading.search(cell) is not None


@lru_cache(maxsize=65536)
def _title_match(layout: CompiledLayout, text: str) -> re.Match[str] | None:
    return layout.title.match(text) if layout.title else None


def compile_layout(spec: Layout) -> CompiledLayout:
    """Compile a validated layout."""
    label = next(index for index, column in enumerate(spec.columns) if column.kind == "label")
    data = spec.columns[label + 1 :]
    positions: list[int] = []
    for column in data:
        previous = positions[-1] if positions else -1
        positions.append(previous if column.shares_cell else previous + 1 + column.skips)
    return CompiledLayout(
        spec=spec,
        signs=tuple(re.compile(sign, re.IGNORECASE | re.MULTILINE) for sign in spec.recognise.signs),
        none_of=tuple(re.compile(sign, re.IGNORECASE | re.MULTILINE) for sign in spec.recognise.none_of),
        title=re.compile(spec.title.replace("{edition}", f"(?P<edition>{EDITION_PHRASE})"), re.IGNORECASE)
        if spec.title
        else None,
        furniture=_any_of(spec.page_furniture),
        key=_any_of(spec.key),
        footnote=_any_of(spec.footnotes),
        heading=_any_of(spec.column_headings),
        substitutions=tuple((re.compile(pattern), to) for pattern, to in spec.substitutions.items()),
        text_columns=tuple(spec.columns[: label + 1]),
        data_columns=tuple(data),
        positions=tuple(positions),
    )


def load_layout(path: Path) -> CompiledLayout:
    """Read one layout file. Raises LayoutError that names the file and the key at fault."""
    try:
        shared = path.with_name(SHARED)
        content = {
            **(read_yaml(shared) if shared.exists() else {}),
            **read_yaml(path),
        }
    except OSError as error:
        raise LayoutError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except (yaml.YAMLError, TypeError, ValueError, OverflowError, RecursionError) as error:
        # Impossible dates, numbers of thousands of digits and bytes that are no UTF-8 are ValueErrors of the loader.
        said = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise LayoutError(f"{path.name} is not a YAML mapping: {said}") from error
    try:
        spec = Layout.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise LayoutError(f"{path.name} is not a layout: {faults}") from error
    if spec.layout != path.stem:
        raise LayoutError(f"{path.name} calls itself {spec.layout!r}; file and layout have the same name")
    return compile_layout(spec)


@lru_cache(maxsize=8)
def _load_all(folder: Path, _stamp: tuple[tuple[str, int, int], ...]) -> tuple[CompiledLayout, ...]:
    return tuple(load_layout(path) for path in sorted(folder.glob("*.yml")) if path.name != SHARED)


def load_layouts(folder: Path = LAYOUTS_DIR) -> tuple[CompiledLayout, ...]:
    """All layouts of a folder, in the order of their names."""
    stamp = tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.glob("*.yml")))
    if not stamp:
        raise LayoutError(f"no layout (*.yml) stands in {folder.name}/")
    return _load_all(folder, stamp)


def score(layout: CompiledLayout, text: str) -> int:
    """How many signs of the layout the text shows; 0 when it shows one that excludes the layout."""
    if any(pattern.search(text) for pattern in layout.none_of):
        return 0
    return sum(1 for sign in layout.signs if sign.search(text))


def evidence(layout: CompiledLayout, text: str) -> int:
    """How many independent signs of the layout the text shows: two that are only ever seen in one place count once."""
    if any(pattern.search(text) for pattern in layout.none_of):
        return 0
    places = [[match.span() for match in islice(sign.finditer(text), _PLACES)] for sign in layout.signs]
    independent: list[list[tuple[int, int]]] = []
    # The sign with the fewest places first: it is the one that says most.
    for found in sorted(filter(None, places), key=len):
        if not any(_within(found, other) or _within(other, found) for other in independent):
            independent.append(found)
    return len(independent)


def _within(some: list[tuple[int, int]], others: list[tuple[int, int]]) -> bool:
    """Whether each place overlaps one of the others; both are in the order of the text."""
    position = 0
    for start, end in some:
        while position < len(others) and others[position][1] <= start:
            position += 1
        if position == len(others) or others[position][0] >= end:
            return False
    return True


def fits(layout: CompiledLayout, text: str) -> bool:
    """Whether the text shows as many signs of the layout as it asks for, and none that excludes it."""
    return score(layout, text) >= layout.spec.recognise.at_least


def rivals(layout: CompiledLayout, lines: list[str], layouts: tuple[CompiledLayout, ...]) -> list[str]:
    """Names of other layouts that would take a text of this layout for theirs.

    A layout does when it fits and the text shows no less of it than of the text's own layout, or all signs that it has:
    then it has none that tells its own editions from this one.
    """
    text = "\n".join(map(normal, lines))
    candidates = [other for other in layouts if other.name != layout.name and fits(other, text)]
    own = evidence(layout, text) if candidates else 0
    return [
        other.name for other in candidates if evidence(other, text) >= own or score(other, text) == len(other.signs)
    ]


def recognise(
    lines: list[str],
    layouts: tuple[CompiledLayout, ...],
    known: str | None = None,
    refused: Collection[str] = (),
) -> CompiledLayout:
    """The one layout of which the text shows most: the number of independent signs decides, and not their share.

    ``known`` is the layout by which the file was read before; it stays so while that layout is there and fits.
    ``refused`` layouts are not asked. Raises FileRejected (unknown_layout, ambiguous_layout). The error names the
    nearest layout and the first lines that would not fit it.
    """
    text = "\n".join(map(normal, lines))
    fitting = {layout.name: layout for layout in layouts if layout.name not in refused and fits(layout, text)}
    if known in fitting:
        return fitting[known]
    if len(fitting) > 1:
        found = {name: evidence(layout, text) for name, layout in fitting.items()}
        fitting = {name: layout for name, layout in fitting.items() if found[name] == max(found.values())}
    if not fitting:
        raise FileRejected("unknown_layout", "")
    if len(fitting) > 1:
        raise FileRejected(
            "ambiguous_layout",
            f"The file shows the signs of several layouts alike: {', '.join(fitting)}. "
            "Sharpen 'recognise' in one of them.",
        )
    return next(iter(fitting.values()))
