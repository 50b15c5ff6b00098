"""The dbt project against small raw tables made up here: what analysts get, whatever was received.

One home for all of them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import dbt, without_national_files

from ingest import edition_folders
from ingest.intake import raw_tables, schemas

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
HERE = "E10000018"
ELSEWHERE = "E06000017"

HOSTILE_LABELS = [
    "'; drop table marts.dim_edition; --",
    "{{ 7 * 7 }} {% raw %} {# no comment",
    '"quoted" \\ back\\slash % _ ^ $ [a-z]+ (((',
    "Zażółć gęślą jaźń 😀 ​",
    "line\nbreak\ttab\x00nul",
    "x" * 20_000,
    "  ",
    None,
]
HOSTILE_VALUES = [
    "NaN",
    "inf",
    "-inf",
    "1e309",
    "9" * 400,
    "٣٤%",
    "０９",
    "--5",
    "%",
    "()",
    " | ",
    "| | |",
    "1.2.3",
    "'",
    "0x1F",
    "1_000",
]


class Home:
    """A project home with raw tables; `build` runs dbt over them and `query` reads what came of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "build" / "quarterdeck.duckdb"
        self.database.parent.mkdir(parents=True)

    def write(self, editions: list[dict], rejected: list[dict] = (), suggestions: list[dict] = ()) -> None:
        folder = self.path / "raw"
        shutil.rmtree(folder, ignore_errors=True)
        edition_folders.ensure_empty(folder)
        without_national_files(folder)
        for edition in editions:
            for table in schemas.EDITION_TABLES:
                _write(table, edition[table.name], folder / "editions" / edition["folder"] / f"{table.name}.parquet")
        files = [item["file"] for item in (*editions, *rejected)]
        areas = [_area(HERE, "Leicestershire", True), _area(ELSEWHERE, "Rutland", False)]
        problems = [problem for item in rejected for problem in item["problems"]]
        _write(schemas.RECEIVED_FILES, files, folder / "received_files.parquet")
        _write(schemas.AREAS, areas, folder / "areas.parquet")
        _write(schemas.LABEL_SUGGESTIONS, suggestions, folder / "label_suggestions.parquet")
        _write(schemas.PROBLEMS, problems, folder / "rejected_problems.parquet")

    def build(self, *flags: str) -> dict[str, str]:
        """States of all nodes, by name."""
        self.database.unlink(missing_ok=True)
        built = dbt(self.path, "build", "--exclude-resource-type", "exposure", *flags)
        return {item.node.name: str(item.status) for item in built.results}

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def facts(self) -> dict[str, list[tuple]]:
        """All rows of what must not depend on the order of arrival."""
        tables = self.query("select table_name from duckdb_tables() where schema_name = 'marts'")
        return {
            table: self.query(f"select * from marts.{table} order by all")
            for (table,) in tables
            if table not in ("source_file", "build_info")
        }


def _write(table: schemas.RawTable, rows: Iterable[dict], path: Path) -> None:
    raw_tables.replace_file(raw_tables.from_rows(table, rows), path)


def _area(code: str, name: str, default: bool) -> dict:
    return {
        "area_code": code,
        "area_name": name,
        "la_number": 1,
        "area_type": "county",
        "region_name": "East Midlands",
        "is_default": default,
    }


def _file(key: str, sha: str, outcome: str = "loaded", day: int = 1, **more) -> dict:
    return {
        "source_sha256": sha,
        "source_file": f"{key}-dashboard.txt",
        "size_bytes": 1,
        "received_at": dt.datetime(2026, 1, day, tzinfo=dt.UTC),
        "outcome": outcome,
        "in_force": outcome == "loaded",
        **more,
    }


def edition(key: str, rows: list[dict], *, version: str = "", in_force: bool = True, problems: list[dict] = ()) -> dict:
    """An edition version whose rows are given by their text cells. One line a row."""
    sha = hashlib.sha256(f"{key}{version}".encode()).hexdigest()
    about = {"edition_key": key, "source_sha256": sha}
    return {
        "folder": f"{key}/{sha[:16]}",
        "file": _file(
            key,
            sha,
            edition_key=key,
            area_code=ELSEWHERE if key.endswith("rutland") else HERE,
            financial_year=f"{key[:4]}/{key[5:7]}",
            quarter=int(key[9]),
            edition_source="content",
            area_source="default",
            layout="made_up",
            comparator_text="England average",
            encoding="utf-8",
            line_count=len(rows),
            row_count=len(rows),
            version_number=2 if in_force else 1,
            in_force=in_force,
        ),
        "lines": [
            {**about, "line_number": n, "disposition": "row", "row_number": n, "line_text": "text"}
            for n in range(1, len(rows) + 1)
        ],
        "rows": [{**about, "row_number": n, "line_from": n, "line_to": n, **row} for n, row in enumerate(rows, 1)],
        "problems": [
            {**about, "source_file": f"{key}.txt", "severity": "warning", "message": "A message.", **problem}
            for problem in problems
        ],
    }


def row(label: str | None, period: str | None, value: str | None, **cells: str) -> dict:
    return {"label_text": label, "period_text": period, "value_text": value, **cells}


HOME_EDUCATED = "No. of Children Electively Educated at Home"
NEET = "NEET young people aged 16-17"
REVIEWS = "% child protection cases which were reviewed within timescales."
ASSESSMENTS = "% Single assessments completed within 45 days"

OLDER = edition(
    "2020-21-q2",
    [
        row(HOME_EDUCATED, "Q2", "718", comparison_text="Lower"),
        row(NEET, "Aug-20", "2.8% (380)", rag_text="A", quartile_text="7", benchmark_text="3.0%", target_text="<2.0%"),
        row(REVIEWS, "Q2", "194.6%", rag_text="Z", comparison_text="Soaring"),
        row(ASSESSMENTS, "someday", "95.7%"),
    ],
)
NEWER = edition(
    "2020-21-q3",
    [
        row(HOME_EDUCATED, "Q3", "7,35", previous_period_text="Q2 2020/21", previous_value_text="720"),
        row(NEET, "Nov-20", "2. | .9%", previous_period_text="Aug-20", previous_value_text="9: | 1.5%"),
        row(HOME_EDUCATED, "Q2 2020/21", "999"),
        row("Children who juggle", "Q3", "12"),
        row(REVIEWS, "Q4", "94.6% (10"),
    ],
)
SUPERSEDED = edition("2020-21-q3", [row(HOME_EDUCATED, "Q3", "1")], version="first", in_force=False)
NEIGHBOUR = edition("2020-21-q2-rutland", [row(HOME_EDUCATED, "Q2", "40")])
HOSTILE = edition(
    "2021-22-q1",
    [row(label, "Q1", "1") for label in HOSTILE_LABELS]
    + [
        row(
            REVIEWS,
            value,
            value,
            benchmark_text=value,
            target_text=value,
            rag_text=value,
            quartile_text=value,
            comparison_text=value,
        )
        for value in HOSTILE_VALUES
    ],
    problems=[{"issue_code": "unrecognised_line", "line_from": 3, "line_to": 3}],
)
REJECTED = {
    "file": _file("letter", "0" * 64, outcome="rejected", error_code="unknown_layout", error_message="No layout fits."),
    "problems": [
        {
            "source_sha256": "0" * 64,
            "source_file": "letter-dashboard.txt",
            "issue_code": "unknown_layout",
            "severity": "error",
            "message": "No layout fits.",
        }
    ],
}
SUGGESTIONS = [
    {
        "printed_label": "Children who juggle",
        "suggested_indicator_key": "electively-home-educated",
        "suggestion_score": 41.5,
    },
    {"printed_label": NEET, "suggested_indicator_key": "neet-16-17", "suggestion_score": 100.0},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    # What means something in SQL, in a pattern of files or in an address must reach none of them.
    return Home(tmp_path_factory.mktemp("home") / 'o\'clock [1], "*" {a=b} (c) %20; $HOME ~é')


@pytest.fixture(scope="module")
def empty(home: Home) -> dict[str, str]:
    home.write([])
    states = home.build()
    return {**states, "editions": home.query("select count(*) from marts.dim_edition")[0][0]}


@pytest.fixture(scope="module")
def received(home: Home, empty: dict[str, str]) -> Home:
    home.write([OLDER, SUPERSEDED, NEWER, NEIGHBOUR, HOSTILE], [REJECTED], SUGGESTIONS)
    home.states = home.build("--exclude-resource-type", "unit_test")
    return home


def test_an_empty_warehouse_builds_and_every_unit_test_passes(empty: dict[str, str]) -> None:
    assert empty.pop("editions") == 0
    assert {name: state for name, state in empty.items() if state not in ("success", "pass")} == {}


def test_hostile_text_passes_every_test_but_that_of_unmapped_labels(received: Home) -> None:
    odd = {name: state for name, state in received.states.items() if state not in ("success", "pass")}
    assert odd == {"labels_are_mapped": "warn"}


def test_analysts_see_the_marts_only_and_no_view_on_files(received: Home) -> None:
    assert received.query("select distinct schema_name from duckdb_tables()") == [("marts",)]
    views = received.query("select schema_name, sql from duckdb_views() where not internal")
    assert {schema for schema, _ in views} <= {"marts"}
    assert not [sql for _, sql in views if re.search("read_|parquet|staging|intermediate|seeds", sql)]
    assert received.query(
        "select tags['storage_version'] from duckdb_databases() where database_name = 'quarterdeck'"
    ) == [("v1.0.0+",)]


def test_hostile_text_is_kept_and_never_becomes_a_number(received: Home) -> None:
    hostile = "edition_key = '2021-22-q1' and row_number"
    labels = received.query(
        "select printed_label, indicator_key from marts.bridge_indicator_label "
        f"where {hostile} <= {len(HOSTILE_LABELS)} order by row_number"
    )
    assert [label for label, _ in labels] == [(label or "").strip(" ") for label in HOSTILE_LABELS]
    assert {key for _, key in labels} == {None}
    assert received.query(
        f"select distinct value from marts.fct_observation where {hostile} > {len(HOSTILE_LABELS)}"
    ) == [(None,)]
    assert received.query(
        "select distinct rag, quartile, benchmark_value, target_value from marts.fct_assessment "
        f"where {hostile} > {len(HOSTILE_LABELS)}"
    ) == [(None, None, None, None)]


def test_an_unknown_label_keeps_its_figure_and_gets_a_suggestion(received: Home) -> None:
    suggestions = "select indicator_key, suggested_indicator_key, suggestion_score from marts.bridge_indicator_label"
    assert received.query(f"{suggestions} where printed_label = 'Children who juggle'") == [
        (None, "electively-home-educated", 41.5)
    ]
    assert received.query(f"{suggestions} where printed_label = '{NEET}'") == [("neet-16-17", None, None)] * 2
    assert received.query(
        "select value, unit, is_current from marts.fct_observation where edition_key = '2020-21-q3' and row_number = 4"
    ) == [(12, None, False)]


def test_the_newest_edition_is_current_area_by_area(received: Home) -> None:
    current = received.query(
        "select area_code, edition_key, row_number, role, value from marts.fct_observation "
        "where is_current and indicator_key = 'electively-home-educated' and period_key = '2020-21-q2' order by 1"
    )
    assert current == [(ELSEWHERE, "2020-21-q2-rutland", 1, "latest", 40), (HERE, "2020-21-q3", 3, "latest", 999)]
    # The newer edition's figure for August is damaged, so the older one stays.
    assert received.query(
        "select edition_key, value, numerator from marts.mart_indicator_trend where period_key = 'month-2020-08'"
    ) == [("2020-21-q2", 2.8, 380)]


def test_a_superseded_version_stays_traceable_and_out_of_the_facts(received: Home) -> None:
    assert received.query(
        "select count(*), count(*) filter (where in_force) from marts.source_file where edition_key = '2020-21-q3'"
    ) == [(2, 1)]
    assert received.query("select count(*) from marts.fct_assessment where edition_key = '2020-21-q3'") == [(5,)]
    assert received.query("select outcome, error_code from marts.source_file where edition_key is null") == [
        ("rejected", "unknown_layout")
    ]


def test_problems_of_files_that_do_not_count_are_told_apart(received: Home) -> None:
    found = received.query("select distinct issue_code from marts.data_quality_issue where not in_force")
    assert found == [("unknown_layout",)]
    assert received.query("select count(*) > 1 from marts.data_quality_issue where in_force") == [(True,)]


def test_every_doubt_is_an_issue(received: Home) -> None:
    issues = received.query(
        "select edition_key, row_number, issue_code, column_name from marts.data_quality_issue "
        "where edition_key is null or edition_key < '2021'"
    )
    assert set(issues) == {
        (None, None, "unknown_layout", None),
        ("2020-21-q2", 2, "unreadable_quartile", "quartile_text"),
        ("2020-21-q2", 3, "impossible_figure", "value_text"),
        ("2020-21-q2", 3, "unreadable_colour", "rag_text"),
        ("2020-21-q2", 3, "unknown_comparison", "comparison_text"),
        ("2020-21-q2", 4, "unreadable_period", "period_text"),
        ("2020-21-q3", 1, "damaged_figure", "value_text"),
        ("2020-21-q3", 2, "repaired_figure", "value_text"),
        ("2020-21-q3", 2, "damaged_figure", "previous_value_text"),
        ("2020-21-q3", 4, "unmapped_label", "label_text"),
        ("2020-21-q3", 5, "period_after_edition", "period_text"),
        ("2020-21-q3", 5, "damaged_numerator", "value_text"),
    }
    assert received.query("select found_by from marts.data_quality_issue where issue_code = 'unrecognised_line'") == [
        ("ingestion",)
    ]


def test_the_order_of_arrival_changes_no_fact(received: Home) -> None:
    before = received.facts()
    files = [HOSTILE, NEIGHBOUR, NEWER, OLDER, SUPERSEDED]
    again = [
        {**item, "file": item["file"] | {"received_at": dt.datetime(2026, 2, day, tzinfo=dt.UTC)}}
        for day, item in enumerate(files, 1)
    ]
    received.write(again, [REJECTED], SUGGESTIONS[::-1])
    received.build("--exclude-resource-type", "unit_test", "test")
    assert received.facts() == before


def test_every_public_column_is_declared_with_type_and_description() -> None:
    beside = [path for path in (PROJECT / "models").rglob("*.yml") if path.with_suffix(".sql").exists()]
    assert len(beside) > 35
    for model in [yaml.safe_load(path.read_text())["models"][0] for path in beside]:
        assert model["description"].startswith("One row"), model["name"]
        for column in model["columns"]:
            assert column["data_type"] and column["description"].endswith("."), (model["name"], column["name"])
