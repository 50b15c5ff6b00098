"""Which edition of which council a file is: what it says, else its name, else the note beside it.

Sources that contradict each other stop the file; nothing is chosen silently.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict

from ingest.dashboards.layouts import CompiledLayout
from ingest.intake.areas import Area, Areas
from ingest.intake.characters import squash
from ingest.intake.errors import FileRejected
from ingest.intake.quarters import ReportingQuarter, find_quarters

#: So far down a title is looked for that follows the council's name.
_HEAD_SEARCHED = 20


class Sidecar(BaseModel):
    """What a ``.yml`` beside a file may state about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    edition: str | None = None
    area: str | int | None = None
    accept: bool = False
    origin: str | None = None
    licence: str | None = None
    published: date | None = None


@dataclass(frozen=True)
class Identity:
    """The edition and council of a file, and which source said so."""

    reporting_quarter: ReportingQuarter
    area: Area
    edition_source: str
    area_source: str

    @property
    def edition_key(self) -> str:
        key = self.reporting_quarter.key
        return key if self.area.default else f"{key}-{self.area.slug}"


def identify(
    lines: list[str], source_file: str, sidecar: Sidecar | None, layout: CompiledLayout, areas: Areas
) -> Identity:
    """Edition and council of a file.

    ``source_file`` is its name relative to the landing folder, with forward slashes. Raises FileRejected
    (edition_unknown, edition_conflict, edition_implausible, two_editions, area_conflict, area_unknown).
    """
    quarter, edition_source = agreed_edition(_title(lines, layout), source_file, sidecar)
    area, area_source = _area(lines, source_file, sidecar, layout, areas)
    return Identity(quarter, area, edition_source, area_source)


def agreed_edition(
    title: tuple[ReportingQuarter, int, str] | None, source_file: str, sidecar: Sidecar | None
) -> tuple[ReportingQuarter, str]:
    """The edition that the text, the file's name and the note beside it agree upon, and which of them said so.

    ``title`` is what the text says: the quarter, the line and the words. Raises FileRejected (edition_unknown,
    edition_conflict, edition_implausible).
    """
    said: list[tuple[ReportingQuarter, str, str]] = []
    if title is not None:
        said.append((title[0], "content", f"line {title[1]} says {title[2]!r}"))
    name = source_file.rsplit("/", 1)[-1]
    try:
        named = find_quarters(name)
        noted = [ReportingQuarter.parse(sidecar.edition)] if sidecar and sidecar.edition else []
    except ValueError as error:
        raise FileRejected("edition_implausible", f"{error}. Rename the file or mend the note beside it.") from error
    if len(named) > 1:
        raise FileRejected(
            "edition_conflict",
            f"The file's name states {' and '.join(q.key for q in named)}. Rename it after one edition.",
        )
    said += [(quarter, "file_name", f"the file's name says {quarter.key}") for quarter in named]
    said += [(quarter, "sidecar", f"the note beside the file says {quarter.key}") for quarter in noted]
    if not said:
        raise FileRejected(
            "edition_unknown",
            "Neither a title line nor the file's name says which edition this is. Rename the file like "
            "2020-21-q2-dashboard.txt, or put a note beside it: a .yml file of the same name with "
            "'edition: 2020-21-q2'.",
        )
    if len({quarter for quarter, _, _ in said}) > 1:
        raise FileRejected(
            "edition_conflict",
            f"The file contradicts itself: {'; '.join(words for _, _, words in said)}. "
            "Find out which is right and rename the file or correct the note.",
            line_from=title[1] if title else None,
            printed_text=title[2] if title else None,
        )
    return said[0][0], said[0][1]


def _title(lines: list[str], layout: CompiledLayout) -> tuple[ReportingQuarter, int, str] | None:
    if layout.title is None:
        return None
    found: list[tuple[ReportingQuarter, int, str]] = []
    for number, line in enumerate(lines, start=1):
        title = layout.title_of(line)
        if title is None:
            continue
        phrase = title.phrase
        try:
            quarters = find_quarters(phrase)
        except ValueError as error:
            raise FileRejected(
                "edition_implausible", f"Line {number}: {error}.", line_from=number, printed_text=phrase
            ) from error
        for quarter in quarters:
            if all(quarter != other for other, _, _ in found):
                found.append((quarter, number, phrase))
    if len(found) > 1:
        said = " and ".join(f"{phrase!r} in line {number}" for _, number, phrase in found)
        raise FileRejected(
            "two_editions",
            f"The file holds two editions: {said}. Split it into one file an edition.",
            line_from=found[0][1],
            line_to=found[1][1],
        )
    return found[0] if found else None


def _area(
    lines: list[str], source_file: str, sidecar: Sidecar | None, layout: CompiledLayout, areas: Areas
) -> tuple[Area, str]:
    text = squash(" ".join(lines))
    titles = " ".join(squash(line) for line in lines if layout.title_of(line) is not None)
    own: list[Area | str] = [*_headed_areas(text, layout, areas), *areas.named_in(titles)]
    strangers: list[Stranger] = [
        Stranger(name, f"a heading of its text names {name}", from_text=True) for name in own if isinstance(name, str)
    ]
    head = _lines_of_head(lines, layout)
    for number, line in enumerate(lines, start=1):
        named, others = _line_names(line, layout, areas)
        if number in head and not (named or others) and (whose := areas.alone(line)) is not None:
            named, others = ([whose], []) if isinstance(whose, Area) else ([], [whose])
        own += named
        strangers += [Stranger(name, f"line {number} of its text names {name}", True, number) for name in others]
    of_text = {area.area_code: area for area in own if isinstance(area, Area)}
    return agreed_area(of_text, areas.named_in(text), source_file, sidecar, areas, strangers)


def _line_names(line: str, layout: CompiledLayout, areas: Areas) -> tuple[list[Area], list[str]]:
    """The councils whose document a line says that it is: a title, or a line that begins with a council in full."""
    first = squash(line.split("\t", 1)[0])
    if layout.title_of(line) is not None:
        listed, others = areas.in_title(first)
        # "Leicester, Leicestershire and Rutland" is a partnership: the listed one is enough.
        return listed, [] if listed else others
    if "\t" in line.strip():
        return [], []
    head = areas.heads(first)
    return ([head], []) if isinstance(head, Area) else ([], [head] if head else [])


def _lines_of_head(lines: list[str], layout: CompiledLayout) -> set[int]:
    """The printed lines before the title, or the first ones: a name that stands there alone is whose document it is."""
    printed = [number for number, line in enumerate(lines[:_HEAD_SEARCHED], start=1) if line.strip()]
    title = next((number for number in printed if layout.title_of(lines[number - 1]) is not None), None)
    return {number for number in printed if number < title} if title else set(printed[:1])


@dataclass(frozen=True)
class Stranger:
    """A council that is not listed, and where it is named; ``from_text``: by the text, and not by folder or name."""

    name: str
    words: str
    from_text: bool = False
    line: int | None = None


def agreed_area(
    named: dict[str, Area],
    mentioned: list[Area],
    source_file: str,
    sidecar: Sidecar | None,
    areas: Areas,
    strangers: Sequence[Stranger] = (),
) -> tuple[Area, str]:
    """The council that the text, the folder, the file's name and the note beside it agree upon, and which said so.

    ``named`` are councils that the text names as its own, ``mentioned`` those that stand anywhere in it, ``strangers``
    councils that the text names as its own and that are not listed. The default council owns what names none. Raises
    FileRejected (area_conflict, area_unknown).
    """
    of_text = tuple(named.values()) or (mentioned if len(mentioned) == 1 else ())
    said = [(area, "content", f"its text names {area.area_name}") for area in of_text]
    of_places: list[Stranger] = []
    *folders, name = source_file.split("/")
    for source, place, words in (
        *(("folder", folder, f"it lies in the folder {folder} of") for folder in folders),
        ("file_name", name.rsplit(".", 1)[0], "its name says"),
    ):
        listed, others = areas.in_name(place)
        said += [(area, source, f"{words} {area.area_name}") for area in listed]
        of_places += [Stranger(other, f"{words} {other}") for other in others]
    if sidecar and sidecar.area is not None:
        area = areas.find(str(sidecar.area))
        if area is None:
            of_places.append(Stranger(str(sidecar.area), f"the note beside it names {str(sidecar.area)!r}"))
        else:
            said.append((area, "sidecar", f"the note beside it says {area.area_name}"))
    if of_places or strangers:
        # A council that merely stands in the text does not make it its own.
        raise _stranger(of_places, strangers, [one for one in said if named or one[1] != "content"], areas)
    if not said:
        if len(mentioned) > 1:
            raise FileRejected(
                "area_conflict",
                f"The file names several councils: {', '.join(area.area_name for area in mentioned)}. Say whose it is: "
                "put it into a folder of that name, or put a note beside it: a .yml file of the same name with "
                "'area: …'.",
            )
        return areas.default, "default"
    if len({area.area_code for area, _, _ in said}) > 1:
        raise FileRejected(
            "area_conflict",
            f"The file contradicts itself about the council: {'; '.join(words for _, _, words in said)}. "
            "Find out which is right and move or rename the file or correct the note.",
        )
    return said[0][0], said[0][1]


def _stranger(
    of_places: Sequence[Stranger],
    of_text: Sequence[Stranger],
    said: Sequence[tuple[Area, str, str]],
    areas: Areas,
) -> FileRejected:
    """Why a file that names a council that is not listed is refused: what names it, and what to do."""
    first = (*of_places, *of_text)[0]
    spoken = "; ".join(dict.fromkeys(stranger.words for stranger in (*of_places, *of_text)))
    if said and not of_places:
        others = "; ".join(dict.fromkeys(words for _, _, words in said))
        return FileRejected(
            "area_conflict",
            f"The file contradicts itself about the council: {spoken}, but {others}. Find out which is right and move "
            f"or rename the file. {areas.how_to_list(first.name)}",
            line_from=first.line,
            printed_text=first.name,
        )
    return FileRejected(
        "area_unknown",
        f"The file is of {first.name}, which is not among the councils of config/areas.yml: {spoken}. "
        f"{areas.how_to_list(first.name)} If it is of {areas.default.area_name}, move or rename it.",
        line_from=first.line,
        printed_text=first.name,
    )


def _headed_areas(text: str, layout: CompiledLayout, areas: Areas) -> list[Area | str]:
    """The councils that headings with a place for a name state; as text where the council is not listed."""
    found: list[Area | str] = []
    for heading in layout.spec.sections:
        if "{area}" not in heading:
            continue
        before, after = heading.split("{area}", 1)
        pattern = re.escape(squash(before)) + r" (.{3,40}?) " + re.escape(" ".join(after.split()[:3]))
        found += [areas.council(name) or name for name in re.findall(pattern, text, re.IGNORECASE)]
    return found
