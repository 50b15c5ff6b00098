"""Positions of every authority against an independent computation, and the rules for periods, numbers and neighbours.

One home and one build for all real files, one without any.
"""

from __future__ import annotations

import csv
import math
import shutil
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, dbt
from hypothesis import given, settings
from hypothesis import strategies as st
from nationals import KEPT, MODELS, audited_home
from nationals import NATIONAL as SHARED

from ingest import edition_folders, pipeline
from ingest.intake import raw_tables, schemas
from ingest.national import files
from ingest.national import schemas as national
from scripts import seed_authorities

pytestmark = pytest.mark.slow

PROJECT = ROOT / "dbt_project"
needs_files = pytest.mark.skipif(not SHARED.is_dir(), reason="the public national files are not beside the project")
COUNCIL = {
    "area_code": "E10000018",
    "area_name": "Leicestershire",
    "la_number": 855,
    "area_type": "county",
    "region_name": "East Midlands",
    "is_default": True,
}


class Home:
    """A home with raw national tables, built by dbt."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "build" / "quarterdeck.duckdb"

    def prepare(self) -> None:
        """Raw tables without an edition."""
        self.database.parent.mkdir(parents=True, exist_ok=True)
        edition_folders.ensure_empty(self.path / "raw")
        for table, name, rows in (
            (schemas.RECEIVED_FILES, "received_files", []),
            (schemas.AREAS, "areas", [COUNCIL]),
            (schemas.LABEL_SUGGESTIONS, "label_suggestions", []),
            (schemas.PROBLEMS, "rejected_problems", []),
        ):
            raw_tables.replace_file(raw_tables.from_rows(table, rows), self.path / "raw" / f"{name}.parquet")

    def receive(self) -> None:
        """Raw national tables as they lie when no national file was ever received."""
        seeds = PROJECT / "seeds"
        workspace = pipeline.Workspace(
            landing_dir=self.path / "landing",
            archive_dir=self.path / "archive",
            raw_dir=self.path / "raw",
            areas_path=ROOT / "config" / "areas.yml",
            labels_path=seeds / "indicator_labels.csv",
            indicators_path=seeds / "indicators.csv",
        )
        (self.path / "landing" / "national").mkdir(parents=True)
        files.receive_and_read(workspace)
        files.write_catalogue(workspace)

    def frame(self, sql: str) -> pd.DataFrame:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).df()

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def _build(home: Home) -> None:
    """Build the national models and seeds; working tables stay."""
    excluded = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    result = dbt(home.path, "build", "--select", *MODELS, *excluded, *KEPT)
    odd = {item.node.name: item.message for item in result.results if item.status != "success"}
    assert odd == {}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home(tmp_path_factory.mktemp("national"))
    made.prepare()
    return made


@pytest.fixture(scope="module")
def empty(home: Home) -> dict[str, int]:
    """Rows of the national tables when no national file was ever received."""
    home.receive()
    _build(home)
    names = (
        "fct_national_value",
        "mart_national_position",
        "dim_measure",
        "mart_comparator_value",
        "fct_open_data_value",
    )
    counts = {name: home.rows(f"select count(*) from marts.{name}")[0][0] for name in names}
    return {**counts, "areas": home.rows("select count(*) from marts.dim_area")[0][0]}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(audited_home(tmp_path_factory, with_national_files=True))


def test_without_national_files_everything_is_there_and_empty(empty: dict[str, int]) -> None:
    assert empty["fct_national_value"] == empty["mart_national_position"] == empty["fct_open_data_value"] == 0
    assert empty["mart_comparator_value"] == 0
    # The seeds stand by themselves: areas, and the measures that open data is mapped to.
    assert empty["areas"] == 170
    assert empty["dim_measure"] == 21


# The independent computation: pandas and numpy over the files themselves.


@pytest.fixture(scope="module")
def lait() -> pd.DataFrame:
    frame = pd.read_parquet(SHARED / "bds_long_0.parquet")
    frame.columns = ["measure", "item", "period", "area", "text", "number", "region"]
    frame["number"] = frame.number.astype(int)
    frame["value"] = pd.to_numeric(frame.text, errors="coerce")
    return frame


@pytest.fixture(scope="module")
def dictionary() -> dict[str, dict[str, str]]:
    """Polarity, quartile flag, decimals and kind of year by measure: a known value beats NA, any N counts."""
    found: dict[str, dict[str, str]] = {}
    with (SHARED / "lait_data_dictionary.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            kept = found.setdefault(
                row["Measure_short"], {"dps": "NA", "Polarity": "NA", "Year_Type": "NA", "flag": ""}
            )
            for name in ("dps", "Polarity", "Year_Type"):
                kept[name] = kept[name] if kept[name] != "NA" else row[name]
            kept["flag"] = kept["flag"] or ("N" if row["No_Quartile"] == "N" else "")
    return found


@pytest.fixture(scope="module")
def neighbours() -> dict[str, dict[int, list[int]]]:
    """Members by list and area, read with calamine alone."""
    from python_calamine import CalamineWorkbook

    lists: dict[str, dict[int, list[int]]] = {}
    for version, name in (("2021", "sn_april_2021.xlsx"), ("2025", "sn_may_2025.xlsx")):
        rows = CalamineWorkbook.from_path(str(SHARED / name)).get_sheet_by_name("LA SN Groups").to_python()
        members = {
            int(row[0]): [int(n) for n in row[5:25:2] if isinstance(n, float)]
            for row in rows[3:]
            if isinstance(row[0], float)
        }
        lists[version] = {number: found for number, found in members.items() if found}
    return lists


@pytest.fixture(scope="module")
def mart(real: Home) -> pd.DataFrame:
    return real.frame(
        "select p.*, g.period_end from marts.mart_national_position p "
        "join marts.dim_national_population g using (population_number) where p.source_kind = 'lait'"
    )


def _expected(values: np.ndarray, polarity: str, flag: str) -> dict[str, np.ndarray]:
    """Rank, points and bands of one population by the letter of methods.md."""
    n = len(values)
    p25, p50, p75 = np.quantile(values, [0.25, 0.5, 0.75], method="linear")
    above = (values[None, :] > values[:, None]).sum(axis=1)
    below = (values[None, :] < values[:, None]).sum(axis=1)
    found = {"p25": np.full(n, p25), "p50": np.full(n, p50), "p75": np.full(n, p75), "ties": n - above - below - 1}
    nothing = np.full(n, np.nan)
    low, high = polarity == "Low", polarity == "High"
    found["rank"] = (below if low else above) + 1.0 if low or high else nothing
    if flag == "N" or not (low or high):
        return {
            **found,
            "band_lait": nothing,
            "band_mirrored": nothing,
            "band_ntile": nothing,
            "band_exclusive": nothing,
        }
    up = 1 + (values > p25) + (values > p50) + (values > p75)
    found["band_lait"] = up if low else 5 - up
    down = 1 + (values < p75) + (values < p50) + (values < p25)
    found["band_mirrored"] = up if low else down
    order = np.lexsort((np.arange(n), values))
    order = order if low else order[::-1]
    ntile = np.empty(n)
    for band, part in enumerate(np.array_split(order, 4), start=1):
        ntile[part] = band
    found["band_ntile"] = ntile
    if n < 3:
        return {**found, "band_exclusive": nothing}
    e25, e50, e75 = np.quantile(values, [0.25, 0.5, 0.75], method="weibull")
    up = 1 + (values > e25) + (values > e50) + (values > e75)
    down = 1 + (values < e75) + (values < e50) + (values < e25)
    return {**found, "band_exclusive": up if low else down}


@needs_files
def test_every_rank_point_and_band_equals_an_independent_computation(
    mart: pd.DataFrame, lait: pd.DataFrame, dictionary: dict[str, dict[str, str]]
) -> None:
    authorities = lait[lait.number < 970]
    # No row of the source is lost, and none is added.
    assert len(mart) == len(authorities) == 595_818
    joined = authorities.merge(
        mart,
        left_on=["measure", "period", "number"],
        right_on=["measure_key", "period_text", "la_number"],
        validate="1:1",
    )
    assert len(joined) == len(mart)
    np.testing.assert_array_equal(joined.value_x, joined.value_y)
    columns = ["rank", "p25", "p50", "p75", "band_lait", "band_mirrored", "band_ntile", "band_exclusive", "ties"]
    blank = joined[joined.value_x.isna()]
    assert blank[[name for name in columns if not name.startswith("p")]].isna().all(axis=None)
    cells = joined[joined.value_x.notna()].sort_values(["measure", "period", "number"])
    assert len(cells) == 506_926
    expected = defaultdict(list)
    for (measure, _), part in cells.groupby(["measure", "period"], sort=False):
        about = dictionary[measure]
        for name, column in _expected(part.value_x.to_numpy(), about["Polarity"], about["flag"]).items():
            expected[name].append(column)
        expected["n"].append(np.full(len(part), len(part)))
    for name, parts in expected.items():
        ours, theirs = cells[name].astype(float).to_numpy(), np.concatenate(parts).astype(float)
        wrong = ~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))
        if name in ("p25", "p50", "p75"):
            wrong &= ~np.isclose(ours, theirs, rtol=1e-12, atol=1e-12)
        assert not wrong.any(), cells[wrong][["measure", "period", "number", "value_x", name]].head()


@needs_files
def test_every_neighbours_mean_and_median_equals_an_independent_computation(
    mart: pd.DataFrame, lait: pd.DataFrame, neighbours: dict[str, dict[int, list[int]]]
) -> None:
    wide = lait[lait.number < 970].pivot(index=["measure", "period"], columns="number", values="value")
    ends = mart.drop_duplicates(["measure_key", "period_text"]).set_index(["measure_key", "period_text"]).period_end
    is_new = (pd.to_datetime(ends).reindex(wide.index) >= pd.Timestamp("2025-05-01")).to_numpy()
    assert is_new.any() and not is_new.all()
    ours = mart.set_index(["measure_key", "period_text", "la_number"])
    ours = (
        ours[["neighbours_mean", "neighbours_median", "neighbours_n", "neighbours_version"]]
        .unstack("la_number")
        .reindex(wide.index)
    )
    checked = 0
    for rows, order in ((is_new, ("2025", "2021")), (~is_new, ("2021", "2025"))):
        ours_then, wide_then = ours[rows].swaplevel(axis=1).sort_index(axis=1), wide[rows]
        for number in wide.columns:
            version = next((v for v in order if number in neighbours[v]), None)
            found = ours_then[number]
            if version is None:
                assert found.neighbours_mean.isna().all() and (found.neighbours_n == 0).all()
                continue
            members = wide_then[neighbours[version][number]]
            np.testing.assert_array_equal(found.neighbours_n.astype(float), members.notna().sum(axis=1))
            np.testing.assert_allclose(
                found.neighbours_mean.astype(float), members.mean(axis=1), rtol=1e-12, atol=1e-12
            )
            np.testing.assert_allclose(
                found.neighbours_median.astype(float), members.median(axis=1), rtol=1e-12, atol=1e-12
            )
            assert set(found.neighbours_version.dropna()) <= {version}
            checked += int(members.notna().any(axis=1).sum())
    assert checked == mart.neighbours_mean.notna().sum() > 500_000


@needs_files
def test_england_region_change_and_distance_follow_from_the_file(mart: pd.DataFrame, lait: pd.DataFrame) -> None:
    wide = lait.pivot(index=["measure", "period"], columns="number", values="value")
    key = pd.MultiIndex.from_frame(mart[["measure_key", "period_text"]])
    np.testing.assert_array_equal(mart.england_value.astype(float), wide[970].reindex(key))
    regions = {
        name.lower(): number for number, name in lait[lait.number > 970][["number", "area"]].drop_duplicates().values
    }
    regions |= {"inner london": 987, "outer london": 988}
    of_area = {n: regions[r.lower()] for n, r in lait[lait.number < 970][["number", "region"]].drop_duplicates().values}
    region = wide.loc[:, sorted(set(of_area.values()))].stack(future_stack=True)
    places = pd.MultiIndex.from_arrays([mart.measure_key, mart.period_text, mart.la_number.map(of_area)])
    np.testing.assert_array_equal(mart.region_value.astype(float), region.reindex(places))
    # Years by their last two digits; every series of the file is annual.
    first = mart.period_text.str.extract(r"(20[0-9]{2})")[0].astype(float)
    marked = mart.term_marker.fillna("").astype(str)
    series = pd.Series(
        mart.value.to_numpy(), index=pd.MultiIndex.from_arrays([mart.measure_key, mart.la_number, first, marked])
    )
    assert series.index[series.notna()].is_unique
    before = series.reindex(pd.MultiIndex.from_arrays([mart.measure_key, mart.la_number, first - 1, marked])).to_numpy()
    np.testing.assert_array_equal(mart.change.astype(float), mart.value - before)
    assert mart.change.notna().sum() > 400_000
    points = mart[["p25", "p50", "p75"]].to_numpy(float)
    gaps = mart.value.to_numpy(float)[:, None] - points
    has = ~np.isnan(gaps).any(axis=1)
    nearest = np.abs(gaps[has]).min(axis=1)
    np.testing.assert_array_equal(np.abs(mart.distance_to_boundary.to_numpy(float)[has]), nearest)
    named = mart.nearest_boundary[has].map({"p25": 0, "p50": 1, "p75": 2}).to_numpy(int)
    np.testing.assert_array_equal(
        mart.distance_to_boundary.to_numpy(float)[has], gaps[has][np.arange(has.sum()), named]
    )


@needs_files
def test_every_row_of_the_long_file_is_a_value_with_its_place(real: Home, lait: pd.DataFrame) -> None:
    ours = real.frame(
        "select source_row, value_text, value, reason_code, area_code, la_number, is_current, source_file "
        "from marts.fct_national_value where source_kind = 'lait' order by source_row"
    )
    assert ours.source_row.tolist() == list(range(1, 641_071))
    assert (ours.value_text == lait.text).all() and (ours.la_number == lait.number).all()
    assert ours.is_current.all() and set(ours.source_file.str.split("/").str[-1]) == {"bds_long_0.parquet"}
    suppressed = lait.text == "-"
    assert (ours.value.isna() == suppressed).all()
    assert set(ours.reason_code[suppressed]) == {"suppressed_or_missing"} and ours.reason_code[~suppressed].isna().all()
    assert ours.area_code.notna().all() and not ours.area_code.str.startswith("la-").any()


@needs_files
def test_numbers_are_printed_half_up_with_the_dictionarys_decimals(
    real: Home, dictionary: dict[str, dict[str, str]]
) -> None:
    printed = real.rows(
        "select distinct measure_key, value, value_printed from marts.fct_national_value "
        "where source_kind = 'lait' and value is not null"
    )
    assert len(printed) > 150_000
    for measure, value, text in printed:
        decimals = dictionary[measure]["dps"]
        exact = Decimal(repr(value))
        if decimals == "NA":
            shown = Decimal(f"{value:.12g}") if len(exact.as_tuple().digits) > 12 else exact
            assert Decimal(text) == shown and "e" not in text.lower() and not text.endswith(".0"), (
                measure,
                value,
                text,
            )
        else:
            # Zero has no sign.
            shown = exact.quantize(Decimal(1).scaleb(-int(decimals)), ROUND_HALF_UP)
            assert text == str(shown if shown else abs(shown)), (measure, value, text)


@needs_files
def test_every_period_of_the_file_is_typed_but_the_fault(real: Home, lait: pd.DataFrame) -> None:
    typed = real.frame(
        "select distinct period_text, year_type, period_key, period_start, period_end, revision_status, term_marker "
        "from marts.dim_national_population join marts.dim_measure using (measure_key) where source_kind = 'lait'"
    )
    assert set(typed.period_text) == set(lait.period) and lait.period.nunique() == 65
    assert set(typed.period_text[typed.period_key.isna()]) == {"0"}
    found = {(row.period_text, row.year_type): row for row in typed.itertuples()}
    for text, kind, key in [
        ("2016", "Financial Year", "fy-2015-16"),
        ("2016", "Academic Year", "ay-2015-16"),
        ("2016", "Calendar Year", "cy-2016"),
        ("2016", "Annual", "fy-2015-16"),
        ("2016", "Annual (end of Sept)", "ry-2016-09"),
        ("2016", "Annual - January", "month-2016-01"),
        ("2016/17", "Academic Year", "ay-2016-17"),
        ("2016-17", "Financial Year", "fy-2016-17"),
        ("2014-16", "Calendar Year", "my-2014-2016"),
        ("2013/14-15/16", "Financial Year", "my-2013-14-2015-16"),
        ("2016-17 (OT)", "Financial Year", "fy-2016-17"),
    ]:
        assert found[text, kind].period_key == key
    assert found["2016-17 (OT)", "Financial Year"].term_marker == "OT"
    assert str(found["2013/14-15/16", "Financial Year"].period_start)[:10] == "2013-04-01"
    assert str(found["2013/14-15/16", "Financial Year"].period_end)[:10] == "2016-03-31"
    assert {r.revision_status for r in typed.itertuples() if "(Rev)" in r.period_text} == {"revised"}
    assert {r.revision_status for r in typed.itertuples() if "(prov)" in r.period_text} == {"provisional"}
    assert {
        r.revision_status for r in typed.itertuples() if "(Final)" in r.period_text or "(" not in r.period_text
    } == {"final"}
    unreadable = real.rows(
        "select printed_text, message from intermediate.int_national_problems_found "
        "where issue_code = 'national_period_unreadable'"
    )
    assert [text for text, _ in unreadable] == ["0"] and "170 rows" in unreadable[0][1]


@needs_files
def test_the_map_of_open_data_is_confirmed_by_values(real: Home) -> None:
    """Every mapped cell that both sources print is the same number: the measures, and the years, are the same."""
    compared = real.rows(
        "select a.measure_key, count(*), count(*) filter (where abs(a.value - b.value) > 1e-9) "
        "from marts.fct_national_value a join marts.fct_national_value b "
        "on a.measure_key = b.measure_key and a.period_key = b.period_key and a.area_code = b.area_code "
        "where a.source_kind = 'lait' and b.source_kind = 'open_data' and a.value is not null and b.value is not null "
        "and a.la_number < 970 group by 1"
    )
    assert len(compared) == 21
    for measure, cells, differing in compared:
        assert cells >= 300 and differing <= cells * 0.01, (measure, cells, differing)
    doubled = real.rows(
        "select measure_key, area_code, period_key, term_marker from marts.fct_national_value "
        "where is_current and period_key is not null group by all having count(*) > 1"
    )
    assert doubled == []


@needs_files
def test_pooled_rates_and_published_values_stand_beside_the_mean(real: Home) -> None:
    rows = real.frame(
        "select * from marts.mart_comparator_value where measure_key = 'ReReferral' and period_key = 'fy-2024-25'"
    ).set_index("comparator_key")
    assert {"england", "region-east-midlands", "counties", "own-east-midlands-counties", "neighbours-2021"} <= set(
        rows.index
    )
    england = rows.loc["england"]
    # Government prints the pooled rate, to one decimal; the mean of authorities is another number.
    assert abs(england.pooled_rate - england.published_value) < 0.06 < abs(england["mean"] - england.published_value)
    assert rows.loc["neighbours-2021"].base_area_code == "E10000018" and rows.loc["neighbours-2021"].n == 10
    middle = rows.loc["region-east-midlands"]
    values = real.rows(
        "select value from marts.mart_national_position join marts.dim_area using (area_code) "
        "where measure_key = 'ReReferral' and period_key = 'fy-2024-25' and region_name = 'East Midlands' "
        "and value is not null and source_kind = 'lait'"
    )
    assert middle.n == len(values) == 10 and math.isclose(middle["mean"], np.mean(values))
    # England is whoever has a figure, also an authority that was abolished within the year.
    unlike = real.rows(
        "select count(*) from marts.mart_comparator_value as c join marts.dim_national_population as p "
        "using (measure_key, period_key, release_key, revision_status) "
        "where c.comparator_key = 'england' and p.is_current and c.term_marker is not distinct from p.term_marker "
        "and c.n <> p.n"
    )
    assert unlike == [(0,)]
    # A county that became a unitary authority leaves the counties on that day.
    members = "select member_la_number, cast(valid_to as text) from marts.bridge_comparator_member"
    ends = dict(real.rows(f"{members} where comparator_key = 'counties'"))
    assert ends[815] == "2023-03-31" and ends[825] == "2020-03-31" and ends[928] == "2021-03-31" and ends[855] is None


@needs_files
def test_recent_trend_equals_an_independent_computation(real: Home) -> None:
    counts = real.frame(
        "select measure_key, la_number, period_key, numerator c, denominator d, period_start "
        "from intermediate.int_national_counts"
    )
    counts["year"] = pd.to_datetime(counts.period_start).dt.year
    by_series = {key: part.set_index("year") for key, part in counts.groupby(["measure_key", "la_number"])}
    trends = real.frame(
        "select distinct measure_key, la_number, period_key, recent_trend, trend_chi_squared "
        "from marts.mart_national_position where recent_trend <> 'no_counts' and la_number in (855, 857, 926, 201)"
    )
    assert set(trends.recent_trend) == {"increasing", "decreasing", "no_significant_change", "too_short"}
    for row in trends.itertuples():
        part = by_series[row.measure_key, row.la_number]
        end = int(part.index[part.period_key == row.period_key][0])
        years = [year for year in range(end - 4, end + 1) if year in part.index]
        expected, statistic = _trend([(part.c[y], part.d[y]) for y in years])
        assert row.recent_trend == expected, row
        if len(years) == 5 and statistic is not None:
            assert math.isclose(row.trend_chi_squared, statistic, rel_tol=1e-9, abs_tol=1e-9)


def _trend(points: list[tuple[float, float]]) -> tuple[str, float | None]:
    """methods.md section 6 by its formula."""
    if len(points) < 5:
        return "too_short", None

    def slope(kept: list[tuple[int, float, float]]) -> float:
        total_c, total_d = sum(c for _, c, _ in kept), sum(d for _, _, d in kept)
        return total_d * sum(c * t for t, c, _ in kept) - total_c * sum(d * t for t, _, d in kept)

    timed = [(t, c, d) for t, (c, d) in enumerate(points, start=1)]
    big_c, big_n = sum(c for _, c, _ in timed), sum(d for _, _, d in timed)
    below = (
        big_c * (big_n - big_c) * (big_n * sum(d * t * t for t, _, d in timed) - sum(d * t for t, _, d in timed) ** 2)
    )
    if not below:
        return "no_significant_change", None
    statistic = big_n * slope(timed) ** 2 / below
    signs = {np.sign(slope([p for p in timed if p is not left])) for left in timed}
    if statistic > 9.549536 and len(signs) == 1 and signs <= {1.0, -1.0}:
        return ("increasing" if signs == {1.0} else "decreasing"), statistic
    return "no_significant_change", statistic


def test_the_trend_vector_of_the_methods() -> None:
    word, statistic = _trend(list(zip((994, 1023, 1199, 1332, 1367), (40299, 41527, 42811, 44064, 44701), strict=True)))
    assert word == "increasing" and round(statistic, 3) == 47.897


@needs_files
def test_the_seeds_of_areas_are_what_the_files_give(real: Home, tmp_path: Path) -> None:
    seed_authorities.write(seed_authorities.read_raw(real.path / "raw"), tmp_path)
    for name in ("authorities", "area_changes"):
        committed = (seed_authorities.SEEDS / f"{name}.csv").read_text(encoding="utf-8")
        assert (tmp_path / f"{name}.csv").read_text(encoding="utf-8") == committed


# Small made-up populations through the models.

#: Made-up values by polarity; the first is the vector of methods.md.
VECTOR = [10, 20, 20, 30, 40, 50, 60, 70, 80]
#: Period, authority and cell of a measure whose years are financial: forms to come, and what is none.
ODD_ROWS = [
    ("2027 (prov)", 301, "1.05"),
    ("2027", 301, "1.15"),
    ("2027", 301, "9"),
    ("2027-28 (Revised)", 301, "-0.25"),
    ("202829", 301, "2.5E-2"),
    ("2029-30 (OT) (prov)", 301, "1,234"),
    ("2030/31-32/33", 301, "c"),
    ("2040-50", 301, "5"),
    ("spring", 301, "low"),
    ("2031", 999, "7"),
    ("2032", 301, "about 5"),
    ("2033", 301, ""),
]


def _small(home: Home, populations: dict[str, list[float | None]]) -> pd.DataFrame:
    """Positions of made-up measures: one a population, authorities 301, 302 and so on."""
    folder = home.path / "raw" / "national"
    cells, lines = [], []
    for name, values in populations.items():
        for polarity in ("High", "Low"):
            lines.append(
                {
                    "source_sha256": "d" * 64,
                    "source_row": len(lines) + 2,
                    "measure_short": f"{name} {polarity}",
                    "measure": name,
                    "polarity_text": polarity,
                    "year_type_text": "Financial Year",
                    "decimals_text": "NA",
                    "no_quartile_text": "NA",
                }
            )
            for number, value in enumerate(values):
                cells.append(
                    {
                        "source_sha256": "a" * 64,
                        "source_row": len(cells) + 1,
                        "measure_short": f"{name} {polarity}",
                        "period_text": "2020",
                        "area_name": str(number),
                        "value_text": "-" if value is None else repr(value),
                        "la_number": 301 + number,
                        "region_name": "Outer London",
                    }
                )
    lines.append({**lines[-1], "source_row": len(lines) + 2, "measure_short": "odd", "decimals_text": "1"})
    for period, number, text in ODD_ROWS:
        cells.append(
            {
                **cells[-1],
                "source_row": len(cells) + 1,
                "measure_short": "odd",
                "period_text": period,
                "la_number": number,
                "value_text": text,
            }
        )
    catalogue = [
        {
            "source_sha256": sha * 64,
            "source_file": f"{kind}.csv",
            "size_bytes": 1,
            "received_at": pd.Timestamp("2026-01-01", tz="UTC").to_pydatetime(),
            "kind": kind,
            "dataset_key": kind,
            "release_label": "made-up",
            "outcome": "loaded",
            "version_number": 1,
            "in_force": True,
            "is_newest_release": True,
        }
        for sha, kind in (("a", "lait_long"), ("d", "lait_dictionary"))
    ]
    shutil.rmtree(folder, ignore_errors=True)
    for table in national.NATIONAL_TABLES:
        rows = {"lait_long": cells, "lait_dictionary": lines}.get(table.name, [])
        raw_tables.replace_file(raw_tables.from_rows(table, rows), folder / table.name / "made-up" / "rows.parquet")
    raw_tables.replace_file(raw_tables.from_rows(national.NATIONAL_FILES, catalogue), folder / "national_files.parquet")
    for table in (national.OPEN_DATA_CHECKS, national.NATIONAL_PROBLEMS):
        raw_tables.replace_file(raw_tables.from_rows(table, []), folder / f"{table.name}.parquet")
    home.database.unlink(missing_ok=True)
    _build(home)
    positions = home.frame("select * from marts.mart_national_position order by measure_key, la_number")
    positions.attrs["odd"] = home.rows(
        "select period_text, period_key, revision_status, term_marker, value, value_printed, value_status, "
        "reason_code, is_current from marts.fct_national_value where measure_key = 'odd' order by source_row"
    )
    positions.attrs["problems"] = home.rows(
        "select issue_code, printed_text from intermediate.int_national_problems_found order by all"
    )
    return positions


@pytest.fixture(scope="module")
def examples() -> dict[str, list[float | None]]:
    """The vector, and populations that hypothesis finds interesting: ties, blanks, one value, none."""
    found: list[list[float | None]] = []
    values = st.one_of(st.none(), st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, allow_subnormal=False))

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(st.lists(values, min_size=1, max_size=12))
    def collect(population: list[float | None]) -> None:
        found.append(population)

    collect()
    return {"vector": VECTOR, **{f"example {number}": population for number, population in enumerate(found)}}


@pytest.fixture(scope="module")
def small(home: Home, empty: dict[str, int], examples: dict[str, list[float | None]]) -> pd.DataFrame:
    return _small(home, examples)


def test_the_vector_of_the_methods(small: pd.DataFrame) -> None:
    high = small[small.measure_key == "vector High"]
    low = small[small.measure_key == "vector Low"]
    for part in (high, low):
        assert part[["p25", "p50", "p75"]].drop_duplicates().values.tolist() == [[20, 40, 60]]
        assert set(part.n) == {9}
    assert low.band_lait.tolist() == [1, 1, 1, 2, 2, 3, 3, 4, 4]
    assert high.band_lait.tolist() == [4, 4, 4, 3, 3, 2, 2, 1, 1]
    assert high["rank"].tolist() == [9, 7, 7, 6, 5, 4, 3, 2, 1]
    assert low["rank"].tolist() == [1, 2, 2, 4, 5, 6, 7, 8, 9]
    assert high.ties.tolist() == [0, 1, 1, 0, 0, 0, 0, 0, 0]


def test_small_populations_equal_the_definitions(small: pd.DataFrame, examples: dict[str, list[float | None]]) -> None:
    checked = 0
    for name, population in examples.items():
        values = np.array([value for value in population if value is not None], dtype=float)
        for polarity in ("High", "Low"):
            part = small[small.measure_key == f"{name} {polarity}"]
            assert len(part) == len(population)
            blank = part[part.value.isna()]
            assert blank[["rank", "band_lait", "band_ntile", "ties"]].isna().all(axis=None)
            assert set(part.n) == {len(values)}
            if not len(values):
                continue
            cells = part[part.value.notna()]
            for column, expected in _expected(values, polarity, "").items():
                ours = cells[column].astype(float).to_numpy()
                if column.startswith("p"):
                    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)
                else:
                    np.testing.assert_array_equal(ours, expected, err_msg=f"{column} of {population}")
                checked += 1
    assert checked > 500


def test_odd_periods_and_cells_are_kept_and_told(home: Home, small: pd.DataFrame) -> None:
    """Nothing is dropped, nothing that is no number becomes one, and each fault is a problem."""
    rows = [tuple(row) for row in small.attrs["odd"]]
    assert rows == [
        ("2027 (prov)", "fy-2026-27", "provisional", None, 1.05, "1.1", "reported", None, False),
        ("2027", "fy-2026-27", "final", None, 1.15, "1.2", "reported", None, True),
        # The second row of one measure, period and area counts nowhere.
        ("2027", "fy-2026-27", "final", None, 9.0, "9.0", "reported", None, False),
        ("2027-28 (Revised)", "fy-2027-28", "revised", None, -0.25, "-0.3", "reported", None, True),
        ("202829", "fy-2028-29", "final", None, 0.025, "0.0", "reported", None, True),
        ("2029-30 (OT) (prov)", "fy-2029-30", "provisional", "OT", None, None, "damaged", None, True),
        ("2030/31-32/33", "my-2030-31-2032-33", "final", None, None, None, "not_available", "suppressed", True),
        ("2040-50", None, "final", None, 5.0, "5.0", "reported", None, True),
        ("spring", None, "final", None, None, None, "not_available", "rounds_to_zero", True),
        ("2031", "fy-2030-31", "final", None, 7.0, "7.0", "reported", None, True),
        ("2032", "fy-2031-32", "final", None, None, None, "damaged", None, True),
        ("2033", "fy-2032-33", "final", None, None, None, "blank", None, True),
    ]
    assert small.attrs["problems"] == [
        ("national_period_unreadable", "2040-50"),
        ("national_period_unreadable", "spring"),
        ("national_value_damaged", "1,234"),
        ("national_value_damaged", "about 5"),
        ("national_value_repeated", "9"),
    ]


def test_the_raw_tables_of_this_module_are_the_declared_ones(home: Home, small: pd.DataFrame) -> None:
    for table in national.NATIONAL_TABLES:
        path = home.path / "raw" / "national" / table.name / "made-up" / "rows.parquet"
        assert pq.read_schema(path).equals(table.schema)
