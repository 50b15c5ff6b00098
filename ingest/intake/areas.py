"""The councils whose dashboards are held, from one configuration file, and how a text names a council at all."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from rapidfuzz import fuzz, process

from ingest.intake.characters import normal, squash
from ingest.intake.errors import ConfigurationError
from ingest.intake.yaml_files import read_yaml

#: The seeds with every authority of England, listed or not.
REFERENCE_DIR = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "national"
AUTHORITIES = "authorities.csv"
#: A printed name is taken for a listed council's from this likeness on (0..100): a misread letter, not another name.
SAME_NAME = 85

_KINDS = r"(?:(?:County|City|Borough|Metropolitan|District|Unitary|Royal|London) )"
_WORD = r"[A-Z][A-Za-z'\u2019.]+"
#: "Rutland County Council", "Bath and North East Somerset Council"; "Borough of Poole", "City of York Council".
_COUNCIL = re.compile(
    rf"\b(?P<name>{_WORD}(?:[ -](?:and |& |upon |on |of |with |in )?{_WORD}){{0,5}}?),? {_KINDS}{{1,4}}Council\b"
    rf"|\b{_KINDS}{{0,3}}(?:Borough|City|County) of (?P<of>{_WORD}(?:[ -](?:and |upon |on )?{_WORD}){{0,3}}?)"
    r"(?= Council\b|$|[,.;:]| [^A-Z])"
)
#: "Cardiff Council": a name and no kind, where a name or a title may state one.
_BARE_COUNCIL = re.compile(rf"\b(?P<name>{_WORD}(?:[ -](?:and |upon |on )?{_WORD}){{0,2}}) Council\b")
#: Words with which "Council" is none of a place ("Children in Care Council"), or none at all ("Report to Council").
_NO_PLACE = re.compile(
    r"\b(?:youth|young|people|students?|pupils?|schools?|parish|town|care|children|childrens|health|arts|research|design"
    r"|british|national|privy|shadow|full|joint|to|cabinet|scrutiny|committee|meeting|agenda|minutes|reports?|in|our"
    r"|local|county|city|borough|metropolitan|district|unitary)\b"
)
#: Words that stand before "Council" without being of its name.
_NO_NAME = re.compile(
    r"^(?:.*\b(?:q[1-4]|[0-9]+|quarter(?:ly)?|annual|performance|reports?|dashboards?|scorecards?|child(?:rens?)?|"
    r"famil(?:y|ies)|services?|social|care|data|final|draft|copy|part)(?: |$))?(?:(?:the|of|for|and|a|by|from)(?: |$))*"
)
#: A point of the compass before a council's name makes it another's: North West Leicestershire is a district.
_QUALIFIED = re.compile(r"(?:^| )((?:(?:north|south|east|west|mid) )+)$")
#: The one name of an authority that is an ordinary word in the names of files: counted where it stands alone, or
#: beside words that say no more than that this is a council's dashboard, and of when.
_ORDINARY_WORDS = frozenset({"reading"})
_SAYS_NO_MORE = re.compile(
    r"\b(?:council|borough|bc|dashboards?|scorecards?|reports?|quarterly|performance|childrens?|famil(?:y|ies)|services?"
    r"|department|and|for|fy|quarter|q ?[1-4]|[0-9]+)\b"
)
#: What may stand beside a council's name on a line that is nothing else.
_KIND_ALONE = re.compile(r"\b(?:the|county|city|borough|metropolitan|district|unitary|royal|london|council|of)\b")
#: A county that is in no list. Yorkshire is (half) a region.
_SHIRE = re.compile(r"\b(?!yorkshire)[a-z]{3,}shire\b")
_OTHER_NAMES = {
    "bristol city of": ("bristol",),
    "herefordshire county of": ("herefordshire",),
    "kingston upon hull city of": ("kingston upon hull", "hull"),
    "durham": ("county durham",),
    "bedford borough": ("bedford",),
    "st helens": ("st helen",),
    "bath and north east somerset": ("banes",),
    "bournemouth christchurch and poole": ("bcp",),
    "hammersmith and fulham": ("lbhf",),
    "kensington and chelsea": ("rbkc",),
}
#: How the names of counties are abbreviated.
_ABBREVIATED = {
    "beds": "bedfordshire",
    "berks": "berkshire",
    "bucks": "buckinghamshire",
    "cambs": "cambridgeshire",
    "derbys": "derbyshire",
    "glos": "gloucestershire",
    "hants": "hampshire",
    "herts": "hertfordshire",
    "lancs": "lancashire",
    "leics": "leicestershire",
    "lincs": "lincolnshire",
    "northants": "northamptonshire",
    "notts": "nottinghamshire",
    "oxon": "oxfordshire",
    "staffs": "staffordshire",
    "warks": "warwickshire",
    "wilts": "wiltshire",
    "worcs": "worcestershire",
}
_SHORT_FORM = re.compile(rf"\b(?:{'|'.join(_ABBREVIATED)})\b")


class Area(BaseModel):
    """One authority: ONS code, name, LA number, type, region, and the slug that marks its editions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area_code: str = Field(pattern=r"^[A-Z][0-9]{8}$")
    area_name: str
    la_number: int | None = None
    area_type: str | None = None
    region_name: str | None = None
    slug: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    default: bool = False


class Areas(BaseModel):
    """All councils; exactly one is the default, which owns files that name no council.

    ``others`` are the authorities of the country that are not listed: whose files are nobody's here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    areas: tuple[Area, ...]
    others: tuple[Area, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Areas:
        for attribute in ("area_code", "area_name", "slug"):
            values = [getattr(area, attribute).lower() for area in self.areas]
            if len(set(values)) != len(values):
                raise ValueError(f"{attribute} is used twice")
        if sum(area.default for area in self.areas) != 1:
            raise ValueError("exactly one area has default: true")
        return self

    @property
    def default(self) -> Area:
        return next(area for area in self.areas if area.default)

    def find(self, text: str) -> Area | None:
        """The listed area with this code, slug, LA number or name (any case)."""
        wanted = squash(normal(text)).lower()
        for area in self.areas:
            if wanted in (area.area_code.lower(), area.slug, area.area_name.lower(), str(area.la_number)):
                return area
        return None

    def named_in(self, text: str) -> list[Area]:
        """The listed areas whose names stand in the text as whole words."""
        found = {match.group().lower() for match in _names_pattern(self).finditer(normal(text))}
        return [area for area in self.areas if area.area_name.lower() in found]

    def council(self, name: str) -> Area | str | None:
        """The listed council of this name, a letter misread or not; else the name, of a council that is not listed.

        None where the words before "Council" are no name ("Quarterly Performance County Council").
        """
        names, wanted = _plain_names(self), plain(name)
        own = next((match for match in _plain_pattern(self).finditer(wanted) if match.end() == len(wanted)), None)
        if own and not _QUALIFIED.search(wanted[: own.start()]):
            wanted = own.group()
        else:
            wanted = _NO_NAME.sub("", wanted)
            near = process.extractOne(wanted, list(names), scorer=fuzz.ratio, score_cutoff=SAME_NAME)
            wanted = near[0] if near else wanted
        if not wanted:
            return None
        area = names.get(wanted)
        return wanted.title() if area is None else area if area in self.areas else area.area_name

    def in_name(self, text: str) -> tuple[list[Area], list[str]]:
        """The councils that a folder's or a file's name states: those listed, and the names of others.

        Those that stand after words such as "compared with" do not count. A name of which no word is a known authority,
        a county or of a council says nothing.
        """
        text = _COMPARED.split(normal(text), maxsplit=1)[0]
        spaced = re.sub(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])", " ", text.title() if text.islower() else text)
        found = [*self._in_full(re.sub(r"[_ -]+", " ", spaced), bare=True)]
        for words in dict.fromkeys((plain(text), plain(spaced))):
            found += self._in_words(words) or self._in_short(words)
        if (area := self.find(text) or _by_code(self.others, text)) is not None:
            found.append(area if area in self.areas else area.area_name)
        return _told_apart(found)

    def in_title(self, text: str) -> tuple[list[Area], list[str]]:
        """As ``in_name``, of a title; those that stand after words such as "compared with" do not count."""
        text = _COMPARED.split(normal(text), maxsplit=1)[0]
        return _told_apart([*self._in_full(text, bare=True), *self._in_words(plain(text))])

    def heads(self, line: str) -> Area | str | None:
        """The council that a line states as its own, in full at its beginning: alone or in a title; else None.

        A sentence about a council ("Rutland County Council's figures are not included") states none.
        """
        found = _COUNCIL.match(line) or _bare(line)
        if found is None or not _REST_OF_TITLE.fullmatch(line[found.end() :]) or _COMPARED.search(line):
            return None
        return self.council(found["name"] or found.groupdict().get("of") or "")

    def alone(self, line: str) -> Area | str | None:
        """The authority whose name is all that the line holds, with its kind or without: "Kent", "Nottingham City"."""
        words, names = plain(line), _plain_names(self)
        area = names.get(words) or names.get(squash(_KIND_ALONE.sub(" ", words)))
        return area if area is None or area in self.areas else area.area_name

    def presented_in(self, sentence: str) -> tuple[list[Area], list[str]]:
        """The authorities whose figures a sentence about its own report presents; a comparison with one is none."""
        words = _LIKENED.split(plain(_COMPARED.split(sentence, maxsplit=1)[0]), maxsplit=1)[0]
        found = [words[match.end() :] for match in _PRESENTED.finditer(words)]
        areas = [_plain_names(self)[name.group()] for rest in found if (name := _plain_pattern(self).match(rest))]
        return _told_apart([area if area in self.areas else area.area_name for area in areas])

    def councils_in(self, text: str) -> list[Area | str | None]:
        """The councils that running text names as councils: "Kent County Council", "City of York", "Medway Council"."""
        return [*self._in_full(text), *self._before_council(plain(text))]

    def _before_council(self, words: str) -> Iterator[Area | str]:
        names = _plain_names(self)
        for match in _plain_pattern(self).finditer(words):
            if words.startswith(" council", match.end()) and not _QUALIFIED.search(words[: match.start()][-20:]):
                area = names[match.group()]
                yield area if area in self.areas else area.area_name

    def _in_full(self, text: str, *, bare: bool = False) -> Iterator[Area | str | None]:
        """The councils that are named with their kind; with ``bare``, where there are none, those named without."""
        found = list(_COUNCIL.finditer(text))
        for match in found:
            yield self.council(match["name"] or match["of"])
        if bare and not found:
            for match in _BARE_COUNCIL.finditer(text):
                if not _NO_PLACE.search(plain(match["name"])):
                    yield self.council(match["name"])

    def _in_words(self, words: str) -> list[Area | str]:
        found: list[Area | str] = []
        words = _SHORT_FORM.sub(lambda short: _ABBREVIATED[short.group()], words)
        names, rest = _plain_names(self), words
        for match in _plain_pattern(self).finditer(words):
            name = match.group()
            rest = rest.replace(name, " ")
            qualified = _QUALIFIED.search(words[: match.start()])
            if qualified:
                found.append((qualified[1] + name).title())
            elif name not in _ORDINARY_WORDS or squash(_SAYS_NO_MORE.sub(" ", words)) == name:
                area = names[name]
                found.append(area if area in self.areas else area.area_name)
        return [*found, *(shire.title() for shire in _SHIRE.findall(rest))]

    def _in_short(self, words: str) -> list[Area | str]:
        """The councils whose names stand in the words by their first part alone: "southend", "newcastle"."""
        short = _first_parts(self)
        found = [short[part] for part in dict.fromkeys(re.findall(_any_of(short), words))]
        return [one if isinstance(one, str) or one in self.areas else one.area_name for one in found]

    def how_to_list(self, name: str) -> str:
        """What to add to the configuration so that files of this council are taken in."""
        area = _plain_names(self).get(plain(name))
        if area is None or area in self.areas:
            return (
                f"If {name} is a council whose dashboards are wanted, add it to config/areas.yml (area_code, "
                "area_name, la_number, slug)."
            )
        return (
            f"To take its dashboards in, add to config/areas.yml: {{area_code: {area.area_code}, area_name: "
            f"{area.area_name!r}, la_number: {area.la_number}, area_type: {area.area_type}, region_name: "
            f"{area.region_name}, slug: {area.slug}}}."
        )


def _bare(line: str) -> re.Match[str] | None:
    """A place and "Council" at the beginning of a line."""
    match = _BARE_COUNCIL.match(line)
    return None if match is None or _NO_PLACE.search(plain(match["name"])) else match


#: What follows is whom the figures are compared with, not whose they are.
_COMPARED = re.compile(
    r"\b(?:compar(?:e[sd]?|ing|ators?|isons?)|versus|vs|against|benchmark(?:s|ed|ing)?|neighbours?|averages?)\b", re.I
)


#: What stands before an authority in a sentence of a report that is about it ("the performance of Kent").
_PRESENTED = re.compile(r"\b(?:in|of|for|across|by|presents?|shows?)(?: the)? (?=[a-z])")
_LIKENED = re.compile(r"\b(?:like|unlike|than|similar|such as|learning)\b")


#: What may follow the council in a title: nothing, or words that a title has, and none of a sentence.
_REST_OF_TITLE = re.compile(
    r"(?!.*\b(?:is|are|was|were|has|have|had|does|did|will|which|that|who|not|data|figures?)\b)(?:\W*|"
    r"(?!['\u2019]).*\b(?:performance|dashboard|scorecard|report|children|families|page|quarter|q[1-4]|20[0-9]{2})\b.*)",
    re.I,
)


def plain(text: str) -> str:
    """A name for comparing: in normal form and lower case, words alone, "&" as "and"."""
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"'(?:s\b)?", "", normal(text).lower().replace("&", " and "))))


def _told_apart(found: list[Area | str | None]) -> tuple[list[Area], list[str]]:
    listed = dict.fromkeys(area for area in found if isinstance(area, Area))
    return list(listed), list(dict.fromkeys(name for name in found if isinstance(name, str)))


def _by_code(areas: tuple[Area, ...], text: str) -> Area | None:
    wanted = text.strip().lower()
    return next((area for area in areas if wanted in (area.area_code.lower(), str(area.la_number))), None)


@lru_cache(maxsize=4)
def _names_pattern(areas: Areas) -> re.Pattern[str]:
    # The longest name first, so that a name that begins with another is found whole.
    names = sorted((re.escape(area.area_name) for area in areas.areas), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])", re.IGNORECASE)


@lru_cache(maxsize=4)
def _plain_names(areas: Areas) -> dict[str, Area]:
    """Every way of writing a council's name, to the council; a listed one's own name comes first."""
    names: dict[str, Area] = {}
    for area in (*areas.areas, *areas.others):
        own = plain(area.area_name)
        joined = own.replace(" ", "")
        for name in (own, plain(area.slug), joined, *_OTHER_NAMES.get(own, ())):
            names.setdefault(name, area)
    return names


@lru_cache(maxsize=4)
def _first_parts(areas: Areas) -> dict[str, Area | str]:
    """What stands before "upon", "on", "and" or "with" in a council's name; as text where it begins several names."""
    names = _plain_names(areas)
    parts: dict[str, Area | str] = {}
    for area in (*areas.areas, *areas.others):
        part, *rest = re.split(r" (?:upon|on|and|with) ", plain(area.area_name), maxsplit=1)
        if rest and part not in names:
            parts[part] = area if parts.get(part, area) == area else part.title()
    return parts


@lru_cache(maxsize=4)
def _plain_pattern(areas: Areas) -> re.Pattern[str]:
    return _any_of(_plain_names(areas))


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    # The longest name first, so that a name that begins with another is found whole.
    longest_first = sorted((re.escape(name) for name in names), key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(longest_first) or '(?!)'})(?![a-z0-9])")


def load_areas(path: Path, reference_dir: Path | None = None) -> Areas:
    """Read the councils, and beside them the other authorities from ``reference_dir`` (the project's own, if None).

    Raises ConfigurationError that names the file and the key at fault.
    """
    try:
        content = read_yaml(path)
        areas = Areas.model_validate(content)
    except OSError as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, RecursionError):
            faults = "it is nested too deep"
        elif isinstance(error, ValidationError):
            faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        else:
            faults = str(error)
        raise ConfigurationError(f"{path.name} is wrong: {faults}") from error
    codes, numbers = {area.area_code for area in areas.areas}, {area.la_number for area in areas.areas}
    listed = {plain(area.area_name) for area in areas.areas}
    others = tuple(
        area
        for area in _authorities((reference_dir or REFERENCE_DIR) / AUTHORITIES)
        if not (area.area_code in codes or area.la_number in numbers or plain(area.area_name) in listed)
    )
    return Areas(areas=areas.areas, others=others)


def _authorities(path: Path) -> tuple[Area, ...]:
    """Every authority of the seed, those of the past too."""
    try:
        stamp = path.stat()
        return _read_authorities(path, stamp.st_mtime_ns, stamp.st_size)
    except OSError as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error.strerror}") from error


@lru_cache(maxsize=4)
def _read_authorities(path: Path, _modified: int, _size: int) -> tuple[Area, ...]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["area_type"] not in ("region", "country")]
    return tuple(
        Area(
            area_code=row["area_code"],
            area_name=(name := row["area_name"].removesuffix(" (Pre LG)")),
            la_number=int(row["la_number"]),
            area_type=row["area_type"] or None,
            region_name=row["region_name"] or None,
            slug=plain(name).replace(" ", "-"),
        )
        for row in rows
    )
