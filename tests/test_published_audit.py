"""Whether a printed quartile or average follows from the national figures: the seed of quartile points, and the audit.

The counts of the four editions were checked by hand, row by row, against the national file with pandas: of 35 printed
quartiles for which national figures of their time are at hand, 29 follow. docs/benchmarks.md tells of the others.
"""

from __future__ import annotations

import csv
import datetime as dt
import statistics
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from nationals import NATIONAL, audited_home

from scripts import seed_quartile_points

pytestmark = pytest.mark.slow

SEEDS = ROOT / "dbt_project" / "seeds" / "national"

needs_national_files = pytest.mark.skipif(
    not NATIONAL.is_dir(), reason=f"the national files are not at hand in {NATIONAL}"
)


class Audited:
    """A warehouse of the four editions, with the national files or without."""

    def __init__(self, home: Path, with_national_files: bool) -> None:
        self.has_files = with_national_files
        self.database = home / "build" / "quarterdeck.duckdb"

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def quartiles(self) -> dict[tuple[str, int], tuple]:
        """Edition and row to indicator, verdict, what is expected, method and evidence."""
        rows = self.query(
            "select edition_key, row_number, indicator_key, verdict, expected_text, method, evidence "
            "from marts.mart_published_audit where check_code = 'printed_quartile'"
        )
        return {row[:2]: row[2:] for row in rows}


@pytest.fixture(
    scope="module", params=["seed", pytest.param("national files", marks=needs_national_files)], ids=["seed", "files"]
)
def audited(request, tmp_path_factory) -> Audited:
    with_files = request.param != "seed"
    return Audited(audited_home(tmp_path_factory, with_files), with_files)


#: Printed quartiles that do not follow from the newest national figures published by then: edition, row and indicator.
NOT_AS_PRINTED = {
    ("2018-19-q1", 5, "child-protection-plans-two-years-open", "disagrees"),
    ("2018-19-q1", 29, "entitlement-take-up-three-and-four-year-olds", "disagrees"),
    ("2020-21-q2", 7, "placement-stability-two-years", "disagrees"),
    ("2020-21-q2", 19, "entitlement-take-up-two-year-olds", "disagrees"),
    ("2020-21-q2", 24, "neet-16-17", "depends_on_method"),
    ("2022-23-q1", 23, "neet-16-17", "disagrees"),
}


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# The seed of quartile points


@needs_national_files
def test_the_seed_is_what_the_command_derives(tmp_path):
    path = tmp_path / "points.csv"
    seed_quartile_points.write(
        seed_quartile_points.derive(NATIONAL, seed_quartile_points.measures_of_dashboards()), path
    )
    assert path.read_text() == seed_quartile_points.SEED.read_text(), "make it anew: docs/benchmarks.md says how"


def test_every_measure_of_the_dashboards_has_points():
    measures = {row["measure_key"] for row in _seed("national_quartile_points")}
    assert measures == set(seed_quartile_points.measures_of_dashboards())


def test_points_are_in_order_and_no_period_is_doubled():
    rows = _seed("national_quartile_points")
    keys = Counter((row["measure_key"], row["period_key"]) for row in rows)
    assert [key for key, count in keys.items() if count > 1] == []
    assert [row for row in rows if not float(row["p25"]) <= float(row["p50"]) <= float(row["p75"])] == []


@pytest.mark.parametrize(
    ("text", "year_type", "key", "end"),
    [
        ("2016", "Financial Year", "fy-2015-16", dt.date(2016, 3, 31)),
        ("2016/17", "Financial Year", "fy-2016-17", dt.date(2017, 3, 31)),
        ("2016", "Academic Year", "ay-2015-16", dt.date(2016, 8, 31)),
        ("2099/00", "Academic Year", "ay-2099-00", dt.date(2100, 8, 31)),
        ("2016", "Calendar Year", "cy-2016", dt.date(2016, 12, 31)),
    ],
)
def test_a_national_year_by_its_year_type(text, year_type, key, end):
    assert seed_quartile_points.read_period(text, year_type) == seed_quartile_points.Period(key, end)


@pytest.mark.parametrize(
    ("text", "year_type"),
    [("2016/18", "Financial Year"), ("0", "Financial Year"), ("2016/17", "Calendar Year"), ("2016", "Term")],
)
def test_a_year_of_another_form_is_refused(text, year_type):
    with pytest.raises(ValueError, match=text):
        seed_quartile_points.read_period(text, year_type)


def test_the_vector_of_the_methods():
    assert seed_quartile_points.quartile_points([10, 20, 20, 30, 40, 50, 60, 70, 80]) == (20, 40, 60)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=160))
def test_points_by_their_definition(values):
    ordered = sorted(values)
    for share, point in zip((0.25, 0.5, 0.75), seed_quartile_points.quartile_points(values), strict=True):
        place = (len(ordered) - 1) * share
        below = ordered[int(place)]
        above = ordered[min(int(place) + 1, len(ordered) - 1)]
        assert point == pytest.approx(below + (place - int(place)) * (above - below), abs=1e-6)


@given(st.dictionaries(st.integers(1, 20), st.floats(-100, 100), max_size=20), st.dates())
def test_neighbours_are_those_of_the_list_of_their_day_without_the_area(values, day):
    lists = {"2021": {7: (1, 2, 3, 7)}, "2025": {7: (4, 5)}}
    mean, found, version = seed_quartile_points.neighbours_mean(values, day, lists, area=7)
    expected = [values[number] for number in ((4, 5) if day >= dt.date(2025, 5, 1) else (1, 2, 3)) if number in values]
    assert version == ("2025" if day >= dt.date(2025, 5, 1) else "2021")
    assert found == len(expected)
    assert mean == (pytest.approx(statistics.fmean(expected)) if expected else None)


def test_an_area_missing_from_the_newer_list_keeps_the_older_one():
    lists = {"2021": {7: (1,)}, "2025": {8: (1,)}}
    assert seed_quartile_points.neighbours_mean({1: 5.0}, dt.date(2026, 1, 1), lists, area=7) == (5.0, 1, "2021")
    assert seed_quartile_points.neighbours_mean({1: 5.0}, dt.date(2026, 1, 1), {}, area=7) == (None, 0, None)


# The audit of the four editions


def test_every_printed_quartile_and_average_is_audited(audited: Audited):
    printed = audited.query(
        "select 'printed_quartile:' || edition_key || ':' || row_number "
        "from marts.fct_assessment where quartile is not null "
        "union all select 'printed_benchmark:' || edition_key || ':' || row_number "
        "from marts.fct_assessment where benchmark_value is not null"
    )
    keys = audited.query(
        "select audit_key from marts.mart_published_audit where check_code in ('printed_quartile', 'printed_benchmark')"
    )
    assert sorted(keys) == sorted(printed)
    assert len(audited.quartiles()) == 60


def test_how_many_printed_quartiles_follow(audited: Audited):
    quartiles = audited.quartiles()
    agreeing = Counter(edition for (edition, _), (_, verdict, *_) in quartiles.items() if verdict == "agrees")
    assert agreeing == {"2016-17-q2": 7, "2018-19-q1": 11, "2020-21-q2": 8, "2022-23-q1": 3}
    others = {(*key, *row[:2]) for key, row in quartiles.items() if row[1] not in ("agrees", "cannot_tell")}
    assert others == NOT_AS_PRINTED


def test_the_same_placement_quartile_of_2020_does_not_follow(audited: Audited):
    _, verdict, expected, method, evidence = audited.quartiles()["2020-21-q2", 7]
    assert (verdict, expected, method) == ("disagrees", "quartile 4", "lait")
    for words in ("60.6", "64, 68 and 71", "year to March 2019", "not 2", "65", "5 December 2019", "No national year"):
        assert words in evidence
    assert ("need the national files" in evidence) is not audited.has_files


def test_a_figure_on_a_boundary_follows_and_says_so(audited: Audited):
    _, verdict, *_, evidence = audited.quartiles()["2016-17-q2", 1]
    assert verdict == "agrees"
    assert "exactly on a boundary" in evidence


def test_the_quartile_of_the_yearly_figure_beside_another_figure(audited: Audited):
    _, verdict, expected, method, evidence = audited.quartiles()["2020-21-q2", 24]
    assert (verdict, expected, method) == ("depends_on_method", "quartile 3", "own national figure, lait")
    assert "not of the figure printed beside it" in evidence


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (("2020-21-q2", 20), "another population"),
        (("2022-23-q1", 6), "no readable figure"),
        (("2018-19-q1", 7), "not among the national figures at hand"),
        (("2018-19-q1", 48), "No national figures are known to have been published by 14 August 2018"),
        (("2018-19-q1", 31), "No national measure"),
    ],
)
def test_what_cannot_be_told_says_why(audited: Audited, key, words):
    _, verdict, expected, method, evidence = audited.quartiles()[key]
    assert (verdict, expected, method) == ("cannot_tell", None, None)
    assert words in evidence


def test_an_average_headed_national_that_is_the_neighbours(audited: Audited):
    found = dict(
        audited.query(
            "select row_number, evidence from marts.mart_published_audit "
            "where check_code = 'printed_benchmark' and edition_key = '2022-23-q1' and verdict = 'disagrees' "
            "and evidence like '%mean of statistical neighbours (list of 2021)%'"
        )
    )
    assert sorted(found) == [6, 24, 25]
    assert "24.29" in found[6] and "England's figure was 22.1" in found[6]


def test_no_average_is_that_of_neighbours_drawn_up_later(audited: Audited):
    assert (
        audited.query(
            "select audit_key from marts.mart_published_audit where check_code = 'printed_benchmark' "
            "and verdict <> 'cannot_tell' and edition_key < '2021' and expected_text like '%neighbours%'"
        )
        == []
    )


def test_averages_agree_where_counted(audited: Audited):
    rows = audited.query(
        "select edition_key, row_number, expected_text from marts.mart_published_audit "
        "where check_code = 'printed_benchmark' and verdict = 'agrees' order by all"
    )
    found = {(edition, row): text for edition, row, text in rows}
    expected = {("2020-21-q2", 3): "mean of all English authorities", ("2020-21-q2", 4): "published figure of England"}
    if audited.has_files:
        expected |= {("2018-19-q1", 5): "East Midlands", ("2018-19-q1", 29): "county authorities"}
    assert found.keys() == expected.keys()
    assert [key for key, words in expected.items() if words not in found[key]] == []


def test_evidence_is_told_for_every_claim(audited: Audited):
    assert (
        audited.query(
            "select audit_key from marts.mart_published_audit "
            "where check_code in ('printed_quartile', 'printed_benchmark') and (length(evidence) < 30 "
            "or not regexp_matches(evidence, '[.]$') or verdict <> 'cannot_tell' and expected_text is null)"
        )
        == []
    )


def test_the_computed_side_stands_beside_the_printed_figure(audited: Audited):
    ((*then,),) = audited.query(
        "select value, quartile, national_measure, comparability, then_period_key, then_published_on, then_n, "
        "then_p25, then_p50, then_p75, then_band, then_distance_to_boundary, then_area_value, then_area_band, "
        "then_neighbours_mean, then_neighbours_n, then_neighbours_version, then_england, now_period_key, now_band, "
        "then_points_source from marts.mart_benchmark_position where edition_key = '2020-21-q2' and row_number = 7"
    )
    assert then == [
        *(60.6, 2, "LAC_LongStable%", "in_quarter_against_annual", "fy-2018-19", dt.date(2019, 12, 5), 150),
        *(64.0, 68.0, 71.0, 4, 3.4, 65.0, 3, 68.0, 10, "2021", 68.0, "fy-2024-25", 4),
        "national_file" if audited.has_files else "seed",
    ]


def test_no_figure_is_placed_in_figures_of_later_days(audited: Audited):
    assert (
        audited.query(
            "select edition_key, row_number from marts.mart_benchmark_position "
            "where then_published_on > edition_published_on "
            "or comparability in ('other_population', 'other_unit', 'no_national_measure') "
            "and (then_band is not null or now_band is not null or national_measure is not null)"
        )
        == []
    )
    ((days_after_the_quarter,),) = audited.query(
        "select max(edition_published_on - period_end) "
        "from marts.mart_benchmark_position join marts.dim_edition using (edition_key)"
    )
    assert days_after_the_quarter == 45


@pytest.mark.parametrize("audited", [pytest.param("national files", marks=needs_national_files)], indirect=True)
def test_the_seed_says_what_the_national_files_say(audited: Audited):
    """The models' own computation over the files against the seed, every measure and period of the dashboards."""
    seeded = {(row["measure_key"], row["period_key"]): row for row in _seed("national_quartile_points")}
    rows = audited.query(
        "select measure_key, period_key, n, p25, p50, p75, england_value, value, neighbours_mean, neighbours_n, "
        "neighbours_version from marts.mart_national_position "
        f"where is_current and term_marker is null and area_code = '{seed_quartile_points.AREA_CODE}'"
    )
    computed = {row[:2]: row[2:] for row in rows if row[:2] in seeded}
    assert computed.keys() == seeded.keys()
    names = ("n", "p25", "p50", "p75", "england", "area_value", "neighbours_mean", "neighbours_n", "neighbours_version")
    different = [
        (key, name, row[name], found)
        for key, row in seeded.items()
        for name, found in zip(names, computed[key], strict=True)
        if (row[name] or None) != (None if found is None else str(found))
        and abs(float(row[name] or "nan") - float(found if found is not None else "nan")) > 1e-6
    ]
    assert different == []
