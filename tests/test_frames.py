"""The warehouse as pandas frames: types, nulls, descriptions, and refusals in words."""

from __future__ import annotations

import re
import subprocess
import sys

import duckdb
import pandas as pd
import pytest

import quarterdeck
from tests.conftest import ROOT
from tests.warehouses import empty_warehouse, insert


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    path = tmp_path_factory.mktemp("frames") / "warehouse.duckdb"
    with empty_warehouse(path) as connection:
        insert(
            connection,
            "dim_edition",
            [
                {"edition_key": "2020-21-q2", "quarter": 2, "period_start": "2020-07-01", "row_count": 24},
                {"edition_key": "2021-22-q1", "quarter": None, "period_start": None, "row_count": 3},
            ],
        )
        connection.execute("create view marts.mart_view as select edition_key from dim_edition")
        connection.execute("comment on view marts.mart_view is 'One row per edition.'")
    return path


def test_frames_are_typed_and_nulls_stay_nulls(warehouse):
    frame = quarterdeck.read(
        "select edition_key, quarter, period_start, row_count / 8 as share, row_count > 5 as large, "
        "sum(row_count) over () as total, 1.5::decimal(4, 1) as exact from dim_edition order by 1",
        warehouse=warehouse,
    )
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "edition_key": "string",
        "quarter": "Int32",
        "period_start": "datetime64[ms]",
        "share": "float64",
        "large": "boolean",
        "total": "float64",
        "exact": "float64",
    }
    assert frame["quarter"].tolist() == [2, pd.NA] and frame["period_start"].isna().tolist() == [False, True]
    assert frame["share"].tolist() == [3.0, 0.375] and frame["exact"].tolist() == [1.5, 1.5]


def test_values_are_parameters_and_not_text(warehouse):
    frame = quarterdeck.read(
        "select edition_key from dim_edition where edition_key = ?", ["x' or true --"], warehouse=warehouse
    )
    assert frame.empty and list(frame.columns) == ["edition_key"]


def test_every_public_table_is_listed_and_described(warehouse):
    listed = quarterdeck.tables(warehouse=warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        (expected,) = connection.execute(
            "select count(distinct table_name) from duckdb_columns() where schema_name = 'marts'"
        ).fetchone()
    assert len(listed) == expected and "mart_view" in set(listed["table_name"])
    assert (listed["description"].str.len() > 0).all() and (listed["column_count"] > 0).all()
    for table in listed["table_name"]:
        columns = quarterdeck.describe(table, warehouse=warehouse)
        assert list(columns.columns) == ["column_name", "data_type", "description"]
        assert len(columns) == listed.set_index("table_name").loc[table, "column_count"]
        assert table == "mart_view" or (columns["description"].str.len() > 0).all()


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("delete from dim_edition", "only read"),
        ("select 1; select 2", "One statement"),
        ("select * from read_csv('/etc/passwd')", "disabled"),
        ("selec 1", "syntax error"),
    ],
)
def test_what_does_not_only_read_is_refused(warehouse, sql, why):
    with pytest.raises(quarterdeck.WarehouseError, match=why):
        quarterdeck.read(sql, warehouse=warehouse)


def test_a_table_that_is_not_there_names_those_spelt_alike(warehouse):
    with pytest.raises(quarterdeck.WarehouseError, match="Did you mean dim_edition"):
        quarterdeck.describe("dim_editions", warehouse=warehouse)


def test_without_a_warehouse_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path))
    with pytest.raises(quarterdeck.WarehouseError, match="quarterdeck refresh"):
        quarterdeck.tables()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = quarterdeck.nothing


def test_importing_it_loads_none_of_them():
    code = "import sys, quarterdeck; print(sorted({'pandas', 'duckdb', 'dagster', 'dbt'} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_the_example_of_the_readme_runs(refreshed, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(refreshed.home.path))
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    exec(example, names)
    assert len(names["red"]) > 0 and set(names["red"].columns) == {"edition_key", "indicator_name", "value", "unit"}
