"""Derived facts about authorities for the seeds ``authorities.csv`` and ``area_changes.csv``.

    python -m scripts.seed_authorities        writes both anew from the raw national tables

Sources: the pairs of number and ONS code, year by year, of the open-data files in ``raw/national/open_data``, and
names and regions of ``raw/national/authorities``. What neither says is in the constants below: which authority came
after which, and codes that changed before the files begin or after they end. What is announced for later, without a
number or a code yet, is in the seed ``announced_area_changes.csv``, which is kept by hand.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "dbt_project" / "seeds" / "national"

#: Abolished authority -> those that took over its area (orders under the Local Government and Public Involvement in
#: Health Act 2007: Dorset 2019, Northamptonshire 2021, Cumbria 2023).
SUCCESSORS = {835: (838, 839), 836: (839,), 837: (839,), 928: (940, 941), 909: (942, 943)}
#: Number -> code before, day of the change, where it lies before the files' first year (ONS Code History Database).
EARLIER_CODES = {390: ("E08000020", "2013-04-01"), 929: ("E06000048", "2013-04-01")}
#: Number -> code after, day of the change, for changes that the files at hand are too old to show (The Barnsley and
#: Sheffield (Boundary Change) Order 2024, SI 2024/1328). Files that print the code bear it out.
LATER_CODES = {370: ("E08000038", "2025-04-01"), 373: ("E08000039", "2025-04-01")}
#: The kind of authority is in its code; only London's two kinds are not.
KIND_OF_CODE = {
    "E06": "unitary",
    "E08": "metropolitan_district",
    "E09": "london_borough",
    "E10": "county",
    "E12": "region",
    "E13": "region",
    "E92": "country",
}
#: Names of the list of authorities that the open-data files print otherwise.
OTHER_REGION_NAMES = {"London (Inner)": "Inner London", "London (Outer)": "Outer London"}

AUTHORITY_COLUMNS = ("la_number", "area_code", "area_name", "area_type", "region_name", "valid_from", "valid_to")
CHANGE_COLUMNS = (
    "change_date",
    "change_kind",
    "from_la_number",
    "from_area_code",
    "from_area_name",
    "to_la_number",
    "to_area_code",
    "to_area_name",
)


@dataclass(frozen=True)
class Reference:
    """Rows of the two seeds, as text, in the order in which they are written."""

    authorities: list[dict[str, str]]
    changes: list[dict[str, str]]


def derive(listed: Iterable[dict[str, Any]], printed: Iterable[dict[str, Any]]) -> Reference:
    """The seeds from rows of the raw tables ``authorities`` and ``open_data``.

    Files restate earlier years under later codes, but never later years under earlier ones: a code that is last printed
    for reporting year Y (to 31 March Y), while the number or its successor goes on, ended on that day. Authorities
    without a code in the open data, and discontinued lines of the list, are left out.
    """
    codes, regions = _codes(printed)
    listed = sorted(listed, key=lambda row: row["la_number"])
    names = {row["la_number"]: row["la_name"] for row in listed}
    ends = {old: codes[old][-1][0] for old, new in SUCCESSORS.items() if old in codes and codes.keys() >= set(new)}
    begins = {new: max(ends[old] for old in ends if new in SUCCESSORS[old]) for old in ends for new in SUCCESSORS[old]}
    authorities, changes = [], []
    for row in listed:
        number, name = row["la_number"], row["la_name"]
        region = OTHER_REGION_NAMES.get(name, name).lower()
        history = codes.get(number) or ([(0, regions[region])] if region in regions else [])
        if not history:
            continue
        steps = [(_first_of_april(year), old, new) for (year, old), (_, new) in pairwise(history)]
        if number in EARLIER_CODES:
            old, day = EARLIER_CODES[number]
            steps.insert(0, (day, old, history[0][1]))
        code = history[-1][1]
        if number in LATER_CODES:
            later, day = LATER_CODES[number]
            steps = [step for step in steps if step[2] != later]
            before = next((old for _, old in reversed(history) if old != later), code)
            steps.append((day, before, later))
            code = later
        start = steps[-1][0] if steps else _first_of_april(begins[number]) if number in begins else ""
        is_area = KIND_OF_CODE[code[:3]] in ("region", "country")
        authorities.append(
            {
                "la_number": str(number),
                "area_code": code,
                "area_name": name,
                "area_type": KIND_OF_CODE[code[:3]],
                "region_name": "" if is_area else row["region_name"],
                "valid_from": start,
                "valid_to": f"{ends[number]}-03-31" if number in ends else "",
            }
        )
        changes += [_change(day, "new_code", (number, old, name), (number, new, name)) for day, old, new in steps]
        changes += [
            _change(
                _first_of_april(ends[number]), "replaced", (number, code, name), (new, codes[new][-1][1], names[new])
            )
            for new in SUCCESSORS.get(number, ())
            if number in ends
        ]
    changes.sort(key=lambda row: (row["change_date"], int(row["from_la_number"]), int(row["to_la_number"])))
    return Reference(authorities, changes)


def _codes(printed: Iterable[dict[str, Any]]) -> tuple[dict[int, list[tuple[int, str]]], dict[str, str]]:
    """Number -> (last reporting year, code) in order of time, and region name in lower case -> code."""
    last: dict[tuple[int, str], int] = {}
    regions: dict[str, str] = {}
    for row in printed:
        if row["country_code"] and row["geographic_level"] == "National":
            regions["england"] = row["country_code"]
        if row["region_code"] and row["geographic_level"] == "Regional":
            regions[row["region_name"].lower()] = row["region_code"]
        is_authority = row["la_code"] and (row["la_number_text"] or "").isdigit()
        # Files with a row for every area and year hold symbols where the area was none.
        if is_authority and row["time_identifier"] == "Reporting year" and (row["value_text"] or "x")[0].isdigit():
            key = (int(row["la_number_text"]), row["la_code"])
            last[key] = max(last.get(key, 0), int(row["time_period"]))
    codes: dict[int, list[tuple[int, str]]] = {}
    for (number, code), year in sorted(last.items(), key=lambda item: (item[1], item[0])):
        codes.setdefault(number, []).append((year, code))
    return codes, regions


def _first_of_april(year: int) -> str:
    return f"{year}-04-01"


def _change(day: str, kind: str, old: tuple[int, str, str], new: tuple[int, str, str]) -> dict[str, str]:
    return dict(zip(CHANGE_COLUMNS, (day, kind, *map(str, old), *map(str, new)), strict=True))


def read_raw(raw_dir: Path) -> Reference:
    """`derive` over all raw national files below ``raw_dir``."""

    def rows(table: str, columns: list[str]) -> list[dict[str, Any]]:
        found = []
        for path in sorted((raw_dir / "national" / table).glob("[!.]*/rows.parquet")):
            found += pq.read_table(path, columns=columns).group_by(columns).aggregate([]).to_pylist()
        return found

    return derive(
        rows("authorities", ["la_number", "la_name", "region_name", "type_text"]),
        rows(
            "open_data",
            [
                "time_period",
                "time_identifier",
                "geographic_level",
                "country_code",
                "region_code",
                "region_name",
                "la_code",
                "la_number_text",
                "value_text",
            ],
        ),
    )


def write(reference: Reference, folder: Path) -> None:
    """Both seeds as CSV files in ``folder``."""
    for name, columns, rows in (
        ("authorities", AUTHORITY_COLUMNS, reference.authorities),
        ("area_changes", CHANGE_COLUMNS, reference.changes),
    ):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    write(read_raw(Path(os.environ.get("QUARTERDECK_HOME", ROOT)) / "raw"), SEEDS)
