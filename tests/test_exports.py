"""The files that need no server: each figure in them is the warehouse's, and nothing in them runs."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
from conftest import new_home
from hypothesis import given
from hypothesis import strategies as st
from warehouses import empty_warehouse

from publishing import disclosure
from publishing.exports import ExportFormat, build_exports, export
from publishing.exports import workbook as workbook_module
from publishing.exports.csv_files import GUARDED, guarded
from publishing.exports.workbook import WORDS, clean, number_format, sheet_name
from publishing.queries import WarehouseError

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "'quoted",
    "＝1+1",
    "https://example.org/click",
    "mailto:x@example.org",
    "\u202eright to left\u202c",
    'a "quote", a comma\r\nand a second line',
    "\x07bell and \ufffe",
    "_x0041_ is no A",
    "{=1}",
    "x" * 500,
    "x" * 40_000,
)
#: Not in the workbook, but named in it.
FOR_MACHINES = (
    "source_line", "source_cell", "report_line", "report_number", "fct_national_cell", "fct_national_place",
    "fct_national_trend",
)  # fmt: skip
#: Tables without a key in the dbt project: a problem can be found twice, and what tells groups apart can be null.
WITHOUT_KEY = {"data_quality_issue", "bridge_comparator_member", "mart_comparator_value"}


@pytest.fixture(scope="module")
def warehouse(refreshed) -> Path:
    return refreshed.home.published


@pytest.fixture(scope="module")
def published(warehouse, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("published") / "publish" / "exports"
    build_exports(warehouse, target)
    return target


@pytest.fixture(scope="module")
def hostile(warehouse, tmp_path_factory) -> tuple[Path, Path]:
    """A warehouse whose printed labels and cells are hostile, and its exports."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "hostile.duckdb"
    shutil.copy(warehouse, path)
    with duckdb.connect(str(path)) as connection:
        for number, text in enumerate(HOSTILE, start=1):
            where = "where edition_key = '2018-19-q1' and row_number = ?"
            connection.execute(
                f"update marts.mart_dashboard set printed_label = ?, theme_text = ?, value_text = ? {where}",
                [text, text, text, number],
            )
            connection.execute(f"update marts.bridge_indicator_label set printed_label = ? {where}", [text, number])
            connection.execute(f"update marts.source_line set line_text = ? {where}", [text, number])
        connection.execute(
            "update marts.mart_dashboard set value_status = 'damaged', value = null "
            "where edition_key = '2018-19-q1' and row_number <= ?",
            [len(HOSTILE)],
        )
        connection.execute("update marts.dim_area set area_name = '=cmd()'")
    build_exports(path, folder / "exports")
    return path, folder / "exports"


@contextmanager
def as_dbt_built_it(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file under the name that its views use."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as quarterdeck (read_only)")
        connection.execute("use quarterdeck.marts")
        yield connection


def rows_of(path: Path, table: str) -> tuple[list[str], list[tuple]]:
    with as_dbt_built_it(path) as connection:
        cursor = connection.execute(f"select * from {table}")
        return [column[0] for column in cursor.description], cursor.fetchall()


def tables_of(path: Path) -> list[str]:
    with as_dbt_built_it(path) as connection:
        found = connection.execute("select table_name from information_schema.tables where table_schema = 'marts'")
        return sorted(name for (name,) in found.fetchall())


def unordered(rows) -> list[tuple]:
    return sorted((tuple(row) for row in rows), key=repr)


# --- Parquet ---------------------------------------------------------------------------------------------------------


def test_every_public_table_is_there_as_parquet_and_csv(published, warehouse):
    for kind in ("parquet", "csv"):
        assert sorted(path.stem for path in (published / kind).iterdir()) == tables_of(warehouse)


def test_parquet_holds_the_same_rows_types_and_descriptions(published, warehouse):
    with as_dbt_built_it(warehouse) as connection:
        comments = dict(
            connection.execute(
                "select table_name, comment from duckdb_tables() "
                "union all select view_name, comment from duckdb_views()"
            ).fetchall()
        )
        described = connection.execute(
            "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = 'marts'"
        ).fetchall()
    for table in tables_of(warehouse):
        names, rows = rows_of(warehouse, table)
        path = published / "parquet" / f"{table}.parquet"
        with duckdb.connect() as connection:
            again = connection.execute(f"from '{path}'")
            types = {column[0]: str(column[1]) for column in again.description}
            assert unordered(again.fetchall()) == unordered(rows), table
        schema = pq.read_schema(path)
        assert schema.metadata[b"description"].decode() == comments[table]
        assert schema.names == names
        for owner, column, data_type, comment in described:
            if owner == table:
                assert schema.field(column).metadata[b"description"].decode() == comment
                assert types[column] == data_type


def test_parquet_is_sorted_by_its_key(published):
    found = pq.read_table(published / "parquet" / "fct_observation.parquet")
    key = found.schema.metadata[b"primary_key"].decode().split(",")
    assert key == ["edition_key", "row_number", "role"]
    keys = [tuple(row[name] for name in key) for row in found.to_pylist()]
    assert keys == sorted(keys) and len(set(keys)) == len(keys)


# --- CSV -------------------------------------------------------------------------------------------------------------


def read_back(text: str, data_type: str):
    if text == "":
        return None
    if data_type in ("INTEGER", "BIGINT"):
        return int(text)
    if data_type == "DOUBLE":
        return float(text)
    if data_type == "BOOLEAN":
        return {"true": True, "false": False}[text]
    if data_type == "DATE":
        return date.fromisoformat(text)
    if data_type == "TIMESTAMP":
        return datetime.fromisoformat(text.removesuffix("Z"))
    return text[1:] if text[0] == "'" else text


def csv_rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


@pytest.mark.parametrize("which", ["published", "hostile"])
def test_csv_gives_back_every_value(which, request, warehouse):
    if which == "hostile":
        path, folder = request.getfixturevalue("hostile")
    else:
        path, folder = warehouse, request.getfixturevalue("published")
    for table in tables_of(path):
        with as_dbt_built_it(path) as connection:
            cursor = connection.execute(f"select * from {table}")
            types = [str(column[1]) for column in cursor.description]
            # Null and an empty text are both an empty field to most readers.
            expected = [tuple(None if value == "" else value for value in row) for row in cursor.fetchall()]
        header, *lines = csv_rows(folder / "csv" / f"{table}.csv")
        assert len(header) == len(types)
        found = [tuple(map(read_back, line, types)) for line in lines]
        assert unordered(found) == unordered(expected), table


def test_csv_has_no_cell_that_a_spreadsheet_runs(hostile):
    path, folder = hostile
    numbers = 0
    for file in (folder / "csv").iterdir():
        with duckdb.connect(str(path), read_only=True) as connection:
            types = dict(
                connection.execute(
                    "select column_name, data_type from duckdb_columns() where table_name = ?", [file.stem]
                ).fetchall()
            )
        header, *lines = csv_rows(file)
        for line in lines:
            for name, text in zip(header, line, strict=True):
                if types[name] == "VARCHAR":
                    assert not text.startswith(tuple("=+-@\t\r\n＝＋－＠")), (file.name, name, text[:20])
                else:
                    numbers += text.startswith("-")
    assert numbers > 0, "negative numbers stay numbers"


def test_csv_is_utf_8_with_crlf_and_quotes(published):
    raw = (published / "csv" / "mart_dashboard.csv").read_bytes()
    raw.decode("utf-8")
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == 136 and raw.endswith(b"\r\n")


@given(st.text(max_size=20))
def test_a_guarded_text_comes_back_and_is_never_a_formula(text):
    safe = guarded(text)
    assert not safe.startswith(tuple(GUARDED.replace("'", "")))
    assert (safe[1:] if safe.startswith("'") else safe) == text


# --- the workbook ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(published):
    return openpyxl.load_workbook(published / "quarterdeck.xlsx")


def test_every_cell_of_every_table_in_the_workbook_is_the_warehouse_s(opened, warehouse):
    for table in tables_of(warehouse):
        if table in FOR_MACHINES:
            assert table not in opened.sheetnames
            continue
        names, rows = rows_of(warehouse, table)
        header, *found = opened[table].iter_rows(values_only=True)
        assert list(header) == names
        # A date is a date-time of midnight to Excel.
        dates = {place for row in rows for place, value in enumerate(row) if type(value) is date}
        found = [
            tuple(
                value.date() if isinstance(value, datetime) and place in dates else value
                for place, value in enumerate(row)
            )
            for row in found
        ]
        assert len(found) == len(rows), table
        for shown, kept in zip(in_order(found), in_order(rows), strict=True):
            assert all(map(is_same, shown, kept)), (table, shown, kept)


def in_order(rows) -> list[tuple]:
    """Sorted by what a spreadsheet keeps exactly: it counts days in doubles, and works with 15 digits of a number."""

    def exact(row) -> list[str]:
        numbers = [f"{v:.6g}" if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v in row]
        return [repr(value) for value in numbers if not isinstance(value, datetime)]

    return sorted((tuple(row) for row in rows), key=exact)


def is_same(shown, kept) -> bool:
    if isinstance(kept, datetime):
        return abs((shown - kept).total_seconds()) < 0.01
    if isinstance(kept, float):
        return math.isclose(shown, kept, rel_tol=1e-14)
    return shown == kept


def test_every_figure_of_every_dashboard_sheet_is_the_mart_s(opened, warehouse):
    compared = 0
    for edition in ("2016-17-q2", "2018-19-q1", "2020-21-q2", "2022-23-q1"):
        names, rows = rows_of(warehouse, "mart_dashboard")
        marts = {
            row["row_number"]: row
            for row in (dict(zip(names, row, strict=True)) for row in rows)
            if row["edition_key"] == edition
        }
        sheet = opened[edition]
        heading = [cell.value for cell in sheet[3]]
        for cells in sheet.iter_rows(min_row=4, max_row=3 + len(marts)):
            shown = dict(zip(heading, cells, strict=True))
            mart = marts.pop(shown["Row"].value)
            for column, name in (
                ("Figure", "value"),
                ("Previous figure", "previous_value"),
                ("Benchmark", "benchmark_value"),
            ):
                if mart[name] is None:
                    assert not isinstance(shown[column].value, (int, float))
                else:
                    assert shown[column].value == mart[name]
                    compared += 1
            assert shown["Count"].value == mart["numerator"]
            assert shown["Quartile"].value == mart["quartile"]
            assert shown["Indicator"].value == mart["printed_label"]
            assert (shown["Status"].value or "").lower().endswith(mart["rag"] or "")
            assert bool(shown["Status"].value) == bool(mart["rag"])
            target = mart["target_value"] if mart["target_kind"] == "number" else mart["target_text"]
            assert shown["Target"].value == target
            assert shown["Direction"].value == (None if mart["direction"] == "none" else mart["direction"].capitalize())
        assert not marts
    assert compared == 182


def test_figures_are_shown_with_the_decimals_that_were_printed(opened):
    sheet = opened["2022-23-q1"]
    by_row = {row[0].value: row for row in sheet.iter_rows(min_row=4, max_row=28)}
    assert by_row[12][5].value == 62.3 and by_row[12][5].number_format == '#,##0.00"%"'
    assert by_row[23][5].value == 1.4 and by_row[23][5].number_format.startswith("#,##0.0")
    assert number_format(0, False) == "#,##0" and number_format(None, True) == '#,##0"%"'


def test_what_is_not_a_plain_figure_has_a_word_and_a_note(opened, warehouse):
    names, rows = rows_of(warehouse, "mart_dashboard")
    for row in (dict(zip(names, row, strict=True)) for row in rows):
        cells = opened[row["edition_key"]][3 + row["row_number"]]
        for figure, word, status in ((5, 7, row["value_status"]), (9, 10, row["previous_value_status"])):
            if status in (None, "reported"):
                assert bool(cells[figure].comment) == (cells[word].value == "See note")
            else:
                assert cells[word].value == WORDS[status]
                assert len(cells[figure].comment.text) > 10
    repaired = opened["2022-23-q1"]["J15"]
    assert (repaired.value, "overlaps" in repaired.comment.text) == (58.5, True)
    out_of_place = opened["2022-23-q1"][6]
    assert out_of_place[9].value == 2291 and out_of_place[10].value == "See note"


def test_sheets_are_made_to_be_read(opened):
    for sheet in opened.worksheets[1:]:
        assert sheet.freeze_panes and sheet.auto_filter.ref, sheet.title
        assert sheet.column_dimensions["A"].width
    first = opened.worksheets[0]
    words = " ".join(str(cell.value) for row in first.iter_rows() for cell in row if cell.value)
    for wanted in ("Open Government Licence", "built", "Leicestershire", "source_line", "2020-21-q2-dashboard.txt"):
        assert wanted in words


def test_nothing_in_the_workbook_runs(hostile):
    _, folder = hostile
    with zipfile.ZipFile(folder / "quarterdeck.xlsx") as archive:
        names = archive.namelist()
        assert not [name for name in names if "vba" in name.lower() or "externalLink" in name]
        for name in names:
            if name.startswith("xl/worksheets/sheet"):
                xml = archive.read(name).decode("utf-8")
                assert "<f>" not in xml and "<f " not in xml and "<hyperlink" not in xml
    opened = openpyxl.load_workbook(folder / "quarterdeck.xlsx")
    labels = [row[3].value for row in opened["2018-19-q1"].iter_rows(min_row=4, max_row=3 + len(HOSTILE))]
    for text, found in zip(HOSTILE, labels, strict=True):
        assert found == clean(text), text[:30]
    assert all(cell.data_type != "f" for sheet in opened for row in sheet.iter_rows() for cell in row)
    assert opened["2018-19-q1"]["A1"].value.startswith("=cmd()")
    damaged = opened["2018-19-q1"]["F5"]
    assert damaged.value == HOSTILE[1] and damaged.comment


@given(st.lists(st.text(max_size=60), max_size=12))
def test_sheet_names_are_such_as_excel_takes(wanted):
    taken: list[str] = []
    for text in wanted:
        taken.append(sheet_name(text, taken))
    assert len({name.lower() for name in taken}) == len(taken)
    for name in taken:
        assert 0 < len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name)
        assert not name.startswith("'") and not name.endswith("'") and name.lower() != "history"


def test_a_table_too_long_for_a_sheet_is_named_and_left_to_the_other_files(warehouse, tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_module, "SHEET_ROWS", 100)
    monkeypatch.setattr(workbook_module.write, "__defaults__", (100,))
    export(warehouse, tmp_path, formats=ExportFormat.xlsx)
    opened = openpyxl.load_workbook(tmp_path / "quarterdeck.xlsx")
    assert "mart_dashboard" not in opened.sheetnames and "dim_indicator" in opened.sheetnames
    said = {row[0]: row[2] for row in opened["Contents"].iter_rows(values_only=True)}
    assert "Too many rows for a sheet; in Parquet and CSV" in said["mart_dashboard"]


def test_the_workbook_is_the_same_when_rows_are_written_through_to_disk(opened, warehouse, tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_module, "_CELLS_IN_MEMORY", 1)
    export(warehouse, tmp_path, formats=ExportFormat.xlsx)
    other = openpyxl.load_workbook(tmp_path / "quarterdeck.xlsx")
    assert opened.sheetnames == other.sheetnames
    for sheet in opened:
        assert list(sheet.values) == list(other[sheet.title].values), sheet.title


# --- the description -------------------------------------------------------------------------------------------------


def test_the_data_package_describes_every_file(published, warehouse):
    package = json.loads((published / "datapackage.json").read_text(encoding="utf-8"))
    assert package["licenses"] and package["created"] and package["name"] == "quarterdeck"
    files = {str(path.relative_to(published)) for path in published.rglob("*") if path.is_file()}
    assert {resource["path"] for resource in package["resources"]} == files - {"datapackage.json", "README.txt"}
    for resource in package["resources"]:
        # The specifications: names of a-z 0-9 . _ -, relative paths, a profile, the types of Table Schema.
        assert re.fullmatch(r"[a-z0-9._-]+", resource["name"]) and ".." not in resource["path"]
        content = (published / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        if resource["format"] != "csv":
            assert resource["profile"] == "data-resource"
            continue
        assert resource["profile"] == "tabular-data-resource" and resource["encoding"] == "utf-8"
        schema = resource["schema"]
        header, *rows = csv_rows(published / resource["path"])
        assert [field["name"] for field in schema["fields"]] == header and resource["rows"] == len(rows)
        checks = {"integer": int, "number": float, "date": date.fromisoformat, "boolean": {"true": 1, "false": 0}.get}
        for position, field in enumerate(schema["fields"]):
            assert field["type"] in ("string", "integer", "number", "boolean", "date", "datetime")
            assert field["description"]
            for row in rows:
                if row[position]:
                    assert checks.get(field["type"], str)(row[position]) is not None
                else:
                    assert not field.get("constraints", {}).get("required")
        if "primaryKey" in schema:
            places = [header.index(name) for name in schema["primaryKey"]]
            keys = [tuple(row[place] for place in places) for row in rows]
            assert len(set(keys)) == len(keys)
    keyed = {r["name"].replace("-", "_") for r in package["resources"] if r.get("schema", {}).get("primaryKey")}
    assert keyed == set(tables_of(warehouse)) - WITHOUT_KEY


# --- national tables: long, and mostly the same as before -------------------------------------------------------------

LONG = 260_000
#: Long enough to be linked, and for no sheet of the workbook.
LINKED = 51_000


def make_national(path: Path, rows: int) -> None:
    """A made-up warehouse with a long national table, and a view on it as dbt leaves one."""
    with empty_warehouse(path) as connection:
        connection.execute(f"""
            insert into build_info (product, quarterdeck_version, built_at, inputs_sha256)
                values ('Quarterdeck', '0', timestamp '2026-11-22', 'x');
            insert into dim_measure (measure_key, measure_name) values ('CPR', 'Reviews');
            insert into dim_national_population (population_number, measure_key, period_text)
                select i, 'CPR', (2000 + i)::varchar from range(20) as t(i);
            insert into fct_national_cell (population_number, la_number, value, value_text, is_repeated, source_row)
                select i % 20, i % 150, i / 7, (i / 7)::varchar, false, i from range({rows}) as t(i);
            drop table marts.fct_national_value;
        """)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as quarterdeck")
        connection.execute(
            "create view quarterdeck.marts.fct_national_value as "
            "select p.measure_key, p.source_file, c.source_row, c.value "
            "from quarterdeck.marts.fct_national_cell as c "
            "join quarterdeck.marts.dim_national_population as p using (population_number)"
        )


@pytest.fixture(scope="module")
def national(tmp_path_factory) -> Path:
    """A warehouse with a national table longer than a CSV file may be."""
    path = tmp_path_factory.mktemp("national") / "national.duckdb"
    make_national(path, LONG)
    return path


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """A folder with a warehouse whose national tables can be linked, and its exports."""
    folder = tmp_path_factory.mktemp("exported")
    make_national(folder / "national.duckdb", LINKED)
    build_exports(folder / "national.duckdb", folder / "publish" / "exports")
    return folder


@pytest.fixture
def linkable(exported, tmp_path) -> tuple[Path, Path]:
    """That warehouse and its exports, to do to them what one likes."""
    shutil.copytree(exported, tmp_path / "own", symlinks=True)
    return tmp_path / "own" / "national.duckdb", tmp_path / "own" / "publish" / "exports"


def change(path: Path, sql: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as quarterdeck")
        connection.execute("use quarterdeck.marts")
        connection.execute(sql)


def test_a_table_too_long_for_csv_is_parquet_and_everything_says_so(national, tmp_path):
    target = tmp_path / "exports"
    build_exports(national, target)
    for name in ("fct_national_cell", "fct_national_value"):
        assert pq.read_metadata(target / "parquet" / f"{name}.parquet").num_rows == LONG
        assert not (target / "csv" / f"{name}.csv").exists()
    assert {path.stem for path in (target / "parquet").iterdir()} == set(tables_of(national))
    words = "fct_national_cell (260,000 rows), fct_national_value (260,000 rows)"
    assert words in (target / "README.txt").read_text(encoding="utf-8")
    assert words in json.loads((target / "datapackage.json").read_text(encoding="utf-8"))["description"]
    opened = openpyxl.load_workbook(target / "quarterdeck.xlsx")
    said = {row[0]: row[2] for row in opened["Contents"].iter_rows(values_only=True)}
    assert said["fct_national_cell"].startswith("Not in this workbook, but in Parquet only: One row per figure")
    assert said["fct_national_value"].startswith("Too many rows for a sheet; in Parquet only: ")


def test_a_long_table_that_is_asked_for_by_name_is_csv(national, tmp_path):
    written = export(national, tmp_path / "mine", formats=ExportFormat.csv, tables=["fct_national_cell"])
    assert tmp_path / "mine" / "csv" / "fct_national_cell.csv" in written
    with (tmp_path / "mine" / "csv" / "fct_national_cell.csv").open("rb") as file:
        assert sum(1 for _ in file) == LONG + 1
    assert "no CSV file" not in (tmp_path / "mine" / "README.txt").read_text(encoding="utf-8")


def inodes(target: Path) -> dict[str, int]:
    return {path.stem: path.stat().st_ino for path in (target / "parquet").iterdir()}


@pytest.mark.parametrize(
    ("sql", "rule", "written_again"),
    [
        ("update build_info set built_at = timestamp '2026-11-23'", "none", set()),
        (
            "update fct_national_cell set value = 1 where source_row = 8",
            "none",
            {"fct_national_cell", "fct_national_value"},
        ),
        (
            "update dim_national_population set measure_key = 'X' where population_number = 3",
            "none",
            {"fct_national_value"},
        ),
        ("insert into source_file (source_sha256, source_file) values ('x', 'x')", "none", set()),
        ("comment on table fct_national_cell is 'Said otherwise.'", "none", {"fct_national_cell"}),
        ("select 1", "small_counts", {"fct_national_cell", "fct_national_value"}),
    ],
)
def test_what_has_not_changed_since_the_last_export_is_linked(
    linkable, tmp_path, monkeypatch, sql, rule, written_again
):
    national, target = linkable
    listed = {"link": "none", "keep": "all"}
    monkeypatch.setattr(disclosure, "listing", lambda: dict.fromkeys(tables_of(national), listed))
    before = inodes(target)
    change(national, sql)
    build_exports(national, target, rule)
    long_ones = {"fct_national_cell", "fct_national_value"}
    assert {name for name, inode in inodes(target).items() if inode != before[name]} & long_ones == written_again
    assert inodes(target)["build_info"] != before["build_info"]
    build_exports(national, tmp_path / "afresh", rule)
    assert digests(target.resolve()) == digests((tmp_path / "afresh").resolve())


def test_a_published_file_that_somebody_changed_is_not_linked(linkable):
    national, target = linkable
    good = digests(target.resolve())
    with (target / "parquet" / "fct_national_cell.parquet").open("ab") as file:
        file.write(b"x")
    (target / "parquet" / "fct_national_value.parquet").unlink()
    build_exports(national, target)
    assert digests(target.resolve()) == good
    (target / "datapackage.json").write_text("{")
    build_exports(national, target)
    assert digests(target.resolve()) == good


# --- publishing, and the command -------------------------------------------------------------------------------------


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_failure_leaves_the_published_files(published, warehouse, tmp_path, monkeypatch):
    shutil.copytree(published.parent, tmp_path / "publish", symlinks=True)
    target = tmp_path / "publish" / "exports"
    before = digests(target.resolve())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workbook_module, "write", full)
    with pytest.raises(OSError, match="No space"):
        build_exports(warehouse, target)
    assert digests(target.resolve()) == before
    with pytest.raises(OSError, match="No space"):
        export(warehouse, tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []


def test_the_command_publishes_everything_and_the_same_warehouse_gives_the_same_bytes(published, warehouse, tmp_path):
    home = new_home(tmp_path / "home")
    home.published.parent.mkdir()
    shutil.copy(warehouse, home.published)
    said = home.run("export")
    assert said.returncode == 0, said.stderr
    folder = home.path / "publish" / "exports"
    assert folder.is_symlink() and (folder / "quarterdeck.xlsx").exists()
    assert "publish/exports" in said.stdout
    assert digests(folder.resolve()) == digests(published.resolve())


def test_the_command_exports_a_selection(refreshed, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    said = refreshed.home.run(
        "export", "--edition", "2020-21-q2", "--format", "csv", "--table", "mart_dashboard", "--to", str(tmp_path)
    )
    assert said.returncode == 0, said.stderr
    assert sorted(os.listdir(tmp_path)) == ["README.txt", "csv", "datapackage.json", "mine.txt"]
    header, *rows = csv_rows(tmp_path / "csv" / "mart_dashboard.csv")
    assert len(rows) == 24 and {row[header.index("edition_key")] for row in rows} == {"2020-21-q2"}


def test_the_workbook_of_one_edition_has_its_sheet_only(warehouse, tmp_path):
    export(warehouse, tmp_path, formats=ExportFormat.xlsx, edition="2020-21-q2")
    opened = openpyxl.load_workbook(tmp_path / "quarterdeck.xlsx")
    assert opened.sheetnames[:3] == ["Contents", "2020-21-q2", "bridge_comparator_member"]
    assert opened["mart_dashboard"].max_row == 25


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--edition", "2020-21-q9"), 1, "There is no edition 2020-21-q9. Loaded: 2016-17-q2"),
        (("--table", "nope"), 1, "There is no public table nope. There are: bridge_comparator_member"),
        (("--format", "pdf"), 2, "pdf"),
    ],
)
def test_what_cannot_be_exported_is_said(refreshed, tmp_path, arguments, code, words):
    said = refreshed.home.run("export", *arguments, "--to", str(tmp_path / "x"))
    assert said.returncode == code and words in said.stderr
    assert not list(tmp_path.rglob("*.csv"))


def test_without_a_warehouse_the_command_says_what_to_do(tmp_path):
    said = new_home(tmp_path / "home").run("export")
    assert said.returncode == 1 and "Run `quarterdeck refresh` first" in said.stderr
    with pytest.raises(WarehouseError):
        export(tmp_path / "none.duckdb", tmp_path / "out")
