"""What the project's mappings find no more in the newest national files, and the nearest thing that stands there.

A newer release may call an indicator, a filter or one of its items otherwise, add a filter, leave an area out or carry
another name: then the mapping finds nothing, and figures would stop in silence.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from rapidfuzz import fuzz, process

from ingest.intake.areas import Area

MAP = "national_measure_map.csv"
#: A name this much like a mapped one (0..100) is likely the same thing renamed.
RENAMED = 85
#: Combinations of filters beyond this number are not remembered, and not looked for.
MOST_COMBINATIONS = 20_000

_COLUMNS = {
    "open_data": {"indicator": "indicators", "filters": "filters", "la_number_text": "areas", "la_name": "names"},
    "lait_long": {"measure_short": "measures"},
}


@dataclass(frozen=True)
class Unmatched:
    """One thing that a mapping names and a file does not hold; ``kind`` says what it is."""

    kind: str
    wanted: str
    message: str


@dataclass(frozen=True)
class Held:
    """What a file of the newest release holds, and what older files of the same data set held."""

    source_file: str
    dataset_key: str
    release_label: str
    now: Mapping[str, Sequence[str]]
    before: Mapping[str, Sequence[str]]


def content_of(kind: str, rows: Path) -> dict[str, list[str]]:
    """The names that mappings look for in the rows of a file, by what they are; empty for other kinds of file."""
    columns = _COLUMNS.get(kind)
    if columns is None:
        return {}
    found: dict[str, set[str]] = {name: set() for name in columns.values()}
    for batch in pq.ParquetFile(rows).iter_batches(columns=list(columns)):
        for column, name in columns.items():
            if len(found[name]) <= MOST_COMBINATIONS:
                found[name].update(pc.unique(batch[column]).to_pylist())
    return {name: sorted(text for text in texts if text) for name, texts in found.items()}


def load_map(reference_dir: Path | None) -> list[dict[str, str]]:
    """The rows of the map of measures; none without a reference folder."""
    path = reference_dir / MAP if reference_dir else None
    if path is None or not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def national_measures(indicators_path: Path) -> list[str]:
    """The national measures that the project's indicators name."""
    if not indicators_path.is_file():
        return []
    with indicators_path.open(encoding="utf-8", newline="") as stream:
        return sorted({row["national_measure"] for row in csv.DictReader(stream) if row.get("national_measure")})


def unmatched(held: Held, rows: Sequence[Mapping[str, str]], areas: Iterable[Area]) -> list[Unmatched]:
    """What the map of measures and the list of councils find no more in an open-data file; each thing once."""
    mine = [row for row in rows if row["dataset_key"] == held.dataset_key]
    where = f"in {held.source_file} (data set {held.dataset_key}, release {held.release_label})"
    if not mine:
        return list(_renamed(held, rows))
    measures: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in mine:
        for kind, wanted, hint in _missing(row, held):
            if row["measure_key"] not in measures[kind, wanted, hint]:
                measures[kind, wanted, hint].append(row["measure_key"])
    found = [
        Unmatched(
            kind,
            wanted,
            f"national_measure_map names the {kind} {wanted!r}, which is not {where}: {', '.join(sorted(keys))} cannot "
            f"be found there. {hint} Enter the new name in dbt_project/seeds/national/{MAP}.",
        )
        for (kind, wanted, hint), keys in measures.items()
    ]
    return [*found, *_areas_gone(held, areas, where)]


def measures_unmatched(held: Held, measures: Iterable[str], mapped: Iterable[str]) -> list[Unmatched]:
    """National measures of the project's indicators that the long file holds no more, or under another name."""
    now, before, elsewhere = held.now.get("measures", ()), set(held.before.get("measures", ())), set(mapped)
    found = []
    for wanted in measures:
        if wanted in now or wanted in elsewhere:
            continue
        near = process.extractOne(wanted, now, scorer=fuzz.ratio)
        if wanted in before or (near and near[1] >= RENAMED):
            found.append(
                Unmatched(
                    "measure",
                    wanted,
                    f"An indicator names the national measure {wanted!r}, which is not in {held.source_file} (release "
                    f"{held.release_label}). {_nearest(wanted, now)} Enter the new name in "
                    "dbt_project/seeds/indicators.csv.",
                )
            )
    return found


def _missing(row: Mapping[str, str], held: Held) -> Iterator[tuple[str, str, str]]:
    """Kind and name of what a row of the map names in vain, and a hint."""
    indicators = held.now.get("indicators", ())
    for column in ("value_indicator", "numerator_indicator", "denominator_indicator"):
        if row[column] and row[column] not in indicators:
            yield "indicator", row[column], _nearest(row[column], indicators)
    texts = held.now.get("filters", ())
    if len(texts) > MOST_COMBINATIONS:
        return
    there = [json.loads(text) for text in texts] or [{}]
    for column in ("filters", "denominator_filters"):
        if row[column]:
            yield from _missing_filters(json.loads(row[column]), there)


def _missing_filters(wanted: dict[str, str], there: list[dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    if wanted in there:
        return
    names = sorted({name for one in there for name in one})
    said = False
    for name in sorted(wanted.keys() - set(names)):
        said = True
        yield "filter", name, _nearest(name, [other for other in names if other not in wanted])
    for name in sorted(wanted.keys() & set(names)):
        items = sorted({one[name] for one in there if name in one})
        if wanted[name] not in items:
            said = True
            yield "item", f"{name}: {wanted[name]}", _nearest(wanted[name], items)
    added = [name for name in names if name not in wanted]
    if added and not said:
        items = sorted({one.get(added[0], "") for one in there} - {""})
        total = next((item for item in items if item.lower() in ("total", "all")), items[0] if items else "")
        yield (
            "filter",
            json.dumps(wanted, ensure_ascii=False),
            f"The file has the filter {', '.join(added)} beside it; its nearest item is {total!r}.",
        )
    elif not said:
        near = process.extractOne(json.dumps(wanted), [json.dumps(one) for one in there], scorer=fuzz.ratio)
        hint = f"Nearest is {near[0]}." if near else ""
        yield "combination of items", json.dumps(wanted, ensure_ascii=False), hint


def _renamed(held: Held, rows: Sequence[Mapping[str, str]]) -> Iterator[Unmatched]:
    """A data set that the map does not know, but whose name and indicators are those of one that it knows."""
    near = process.extractOne(held.dataset_key, sorted({row["dataset_key"] for row in rows}), scorer=fuzz.ratio)
    if near is None or near[1] < RENAMED:
        return
    indicators = {row["value_indicator"] for row in rows if row["dataset_key"] == near[0]}
    if indicators & set(held.now.get("indicators", ())):
        yield Unmatched(
            "data set",
            held.dataset_key,
            f"{held.source_file} is of the data set {held.dataset_key}, which national_measure_map does not name. "
            f"Nearest is {near[0]!r}. If it is that one, give the file its name; if it was renamed, enter the new "
            f"name in dbt_project/seeds/national/{MAP}.",
        )


def _areas_gone(held: Held, areas: Iterable[Area], where: str) -> Iterator[Unmatched]:
    there, names = set(held.now.get("areas", ())), held.now.get("names", ())
    for area in areas:
        number = str(area.la_number)
        if area.la_number is None or not there or number in there:
            continue
        near = process.extractOne(area.area_name, names, scorer=fuzz.ratio)
        if number in held.before.get("areas", ()) or (near and near[1] >= RENAMED):
            yield Unmatched(
                "area",
                number,
                f"config/areas.yml names {area.area_name} with the number {number}, which is not {where}. "
                f"{_nearest(area.area_name, names)}",
            )


def _nearest(wanted: str, there: Sequence[str]) -> str:
    near = process.extractOne(wanted, there, scorer=fuzz.ratio)
    return f"Nearest is {near[0]!r}." if near else "Nothing of that kind stands there."
