"""The seed `national_quartile_points.csv`: what stands in for the national files where they are absent.

    python -m scripts.seed_quartile_points ../shared/national

Reads the LAIT long file, its dictionary and the lists of neighbours from one folder and writes one row a measure and
period: quartile points and mean of all authorities, England, and the county's own value and neighbours' mean. Facts
derived from the data of the Department for Education (Open Government Licence v3.0); no row of its files is kept.

Belongs here: one computation in plain Python, on purpose none of the SQL that fills the marts, so that each checks the
other. Definitions: docs/methods.md of the shared material, section 1.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import math
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "dbt_project" / "seeds"
SEED = SEEDS / "national" / "national_quartile_points.csv"

COLUMNS = (
    "measure_key",
    "period_key",
    "period_text",
    "n",
    "england",
    "authorities_mean",
    "p25",
    "p50",
    "p75",
    "area_code",
    "area_value",
    "neighbours_mean",
    "neighbours_n",
    "neighbours_version",
)

#: The authority that the bundled dashboards are of.
AREA_CODE, AREA_NUMBER = "E10000018", 855
ENGLAND_NUMBER = 970
#: LAIT numbers of England and the regions begin here; authorities lie below.
FIRST_AGGREGATE_NUMBER = 970
#: A national figure has at most five decimals; six keep a mean of ten of them to well below its last printed digit.
DECIMALS = 6
#: List of neighbours by the first day on which it holds; the first one holds for all time before as well.
NEIGHBOURS_FROM = {"2021": dt.date.min, "2025": dt.date(2025, 5, 1)}

Neighbours = Mapping[str, Mapping[int, tuple[int, ...]]]


@dataclass(frozen=True)
class Period:
    """A typed period: its key as in `dim_period`, and its last day."""

    key: str
    end: dt.date


def read_period(text: str, year_type: str) -> Period:
    """The period that a year of the long file means, by the dictionary's `Year_Type`.

    "2016" of a financial year is the year that ended in March 2016. ValueError for any other form: the measures of this
    seed have no other, and a new one needs a decision.
    """
    pair = re.fullmatch(r"(20\d\d)/(\d\d)", text)
    single = re.fullmatch(r"20\d\d", text)
    if pair and int(pair[2]) == (int(pair[1]) + 1) % 100:
        first = int(pair[1])
    elif single:
        first = int(text) - 1
    else:
        raise ValueError(f"'{text}' is no period that this command knows")
    span = f"{first}-{(first + 1) % 100:02d}"
    if year_type == "Financial Year":
        return Period(f"fy-{span}", dt.date(first + 1, 3, 31))
    if year_type == "Academic Year":
        return Period(f"ay-{span}", dt.date(first + 1, 8, 31))
    if year_type == "Calendar Year" and single:
        return Period(f"cy-{text}", dt.date(int(text), 12, 31))
    raise ValueError(f"'{text}' is no period of the year type '{year_type}'")


def quartile_points(values: Iterable[float]) -> tuple[float, float, float]:
    """p25, p50 and p75 by linear interpolation (R type 7), of at least one value."""
    found = sorted(values)
    if len(found) == 1:
        return (found[0],) * 3
    return tuple(statistics.quantiles(found, n=4, method="inclusive"))


def neighbours_mean(
    values: Mapping[int, float], period_end: dt.date, neighbours: Neighbours, area: int = AREA_NUMBER
) -> tuple[float | None, int, str | None]:
    """Unweighted mean over the neighbours that have a value, how many those are, and the version of the list.

    The newest list that holds on the period's last day and names the area. The area is never its own neighbour.
    """
    held = [version for version, first_day in NEIGHBOURS_FROM.items() if first_day <= period_end]
    version = max((version for version in held if area in neighbours.get(version, {})), default=None)
    if version is None:
        return None, 0, None
    found = [values[number] for number in neighbours[version][area] if number in values and number != area]
    return (statistics.fmean(found) if found else None), len(found), version


def derive(folder: Path, measures: Iterable[str]) -> list[dict[str, object]]:
    """Rows of the seed, ordered by measure and period. KeyError for a measure that the dictionary does not know.

    `folder` holds the files as the department names them: bds_long_0.parquet, lait_data_dictionary.csv and sn_*.xlsx.
    """
    year_types = _year_types(folder / "lait_data_dictionary.csv")
    neighbours = {path.stem[-4:]: _neighbours(path) for path in sorted(folder.glob("sn_*.xlsx"))}
    cells = _numeric_cells(folder / "bds_long_0.parquet", set(measures))
    rows = []
    for measure, period_text in sorted(cells):
        by_number = cells[measure, period_text]
        authorities = {number: value for number, value in by_number.items() if number < FIRST_AGGREGATE_NUMBER}
        if not authorities:
            continue
        period = read_period(period_text, year_types[measure])
        mean, found, version = neighbours_mean(authorities, period.end, neighbours)
        numbers = (
            by_number.get(ENGLAND_NUMBER),
            statistics.fmean(authorities.values()),
            *quartile_points(authorities.values()),
            authorities.get(AREA_NUMBER),
            mean,
        )
        *spread, area_value, mean = (None if v is None else round(v, DECIMALS) for v in numbers)
        row = (measure, period.key, period_text, len(authorities), *spread)
        rows.append(dict(zip(COLUMNS, (*row, AREA_CODE, area_value, mean, found, version), strict=True)))
    return sorted(rows, key=lambda row: (row["measure_key"], row["period_key"]))


def measures_of_dashboards(seeds: Path = SEEDS) -> list[str]:
    """The national measures that indicators of the dashboards are compared with."""
    with (seeds / "indicators.csv").open(encoding="utf-8", newline="") as stream:
        return sorted({row["national_measure"] for row in csv.DictReader(stream)} - {""})


def write(rows: Iterable[Mapping[str, object]], path: Path = SEED) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _year_types(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {row["Measure_short"]: row["Year_Type"] for row in csv.DictReader(stream)}


def _neighbours(path: Path) -> dict[int, tuple[int, ...]]:
    """Number of an authority to those of its neighbours, the closest first."""
    lines = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("LA SN Groups").to_python()
    heading = next(line for line in lines if line[0] == "LA num")
    places = [place for place, name in enumerate(heading) if re.fullmatch(r"SN\d+", str(name))]
    authorities = [line for line in lines if isinstance(line[0], float) and isinstance(line[1], str)]
    # An authority without ten neighbours has '-' in the places that are left.
    return {
        int(line[0]): tuple(int(line[place]) for place in places if isinstance(line[place], float))
        for line in authorities
    }


def _numeric_cells(path: Path, measures: set[str]) -> dict[tuple[str, str], dict[int, float]]:
    """Measure and printed period to the values by LAIT number; '-' and other texts are no value."""
    table = pq.read_table(path, columns=["Short Desc", "Years", "LA Number", "Values"])
    cells: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for measure, period, number, text in zip(*(column.to_pylist() for column in table.columns), strict=True):
        value = _number(text) if measure in measures and number is not None else None
        if value is not None:
            cells[measure, period][int(number)] = value
    return cells


def _number(text: str | None) -> float | None:
    """None for '-' and whatever else is no finite number."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the seed of quartile points from a folder of national files.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", type=Path, default=SEED)
    arguments = parser.parse_args()
    write(derive(arguments.folder, measures_of_dashboards()), arguments.to)
