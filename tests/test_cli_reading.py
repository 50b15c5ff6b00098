"""The commands that only read: status, sql, problems, trace, settings."""

from __future__ import annotations

import csv
import io
import json

import pytest

from runtime.settings import Settings


@pytest.fixture(scope="module")
def home(refreshed):
    return refreshed.home


def test_help_is_short_and_documents_the_exit_codes(home):
    said, imported = home.imports_of("--help")
    assert said.returncode == 0
    for word in (
        "refresh",
        "status",
        "sql",
        "problems",
        "audit",
        "trace",
        "rollback",
        "settings",
        "Exit codes",
        "5 another",
    ):
        assert word in said.stdout
    assert "quarterdeck.cli" in imported
    assert not imported & {"dagster", "dbt", "duckdb", "pyarrow"}


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["sql"], ["trace", "2020-21-q2", "first"], ["refresh", "--edition", "May"]]
)
def test_what_is_not_understood_is_2(home, arguments):
    said = home.run(*arguments)
    assert said.returncode == 2
    assert "Traceback" not in said.stderr


def test_a_wrong_setting_names_its_variable(home):
    said = home.run("status", QUARTERDECK_SCHEDULE_DELAY_DAYS="soon")
    assert said.returncode == 2
    assert "QUARTERDECK_SCHEDULE_DELAY_DAYS" in said.stderr and "Traceback" not in said.stderr


@pytest.mark.parametrize("name", ["who?", "back\\slash", "#1"])
def test_a_home_in_which_no_database_can_lie_is_refused(home, tmp_path, name):
    said = home.run("status", QUARTERDECK_HOME=str(tmp_path / name))
    assert said.returncode == 2
    assert "QUARTERDECK_HOME" in said.stderr and "no database can lie" in said.stderr


def test_status_shows_each_edition_its_file_and_what_is_open(home):
    said = home.run("status")
    assert said.returncode == 0, said.stderr
    for row in home.query("select edition_key, source_file, layout, row_count from marts.dim_edition"):
        line = next(line for line in said.stdout.splitlines() if line.startswith(row[0]))
        assert all(str(value) in line for value in row)
    warnings = home.query("select count(*) from marts.data_quality_issue where severity = 'warning'")[0][0]
    assert f"{warnings} warning" in said.stdout
    assert "home/warehouse/quarterdeck.duckdb" in said.stdout
    assert "Not current" not in said.stdout


def test_sql_prints_a_table_csv_or_json(home):
    query = (
        "select edition_key, row_count, null as nothing, '' as empty, 'a,\"b\"' as quoted from dim_edition order by 1"
    )
    table = home.run("sql", query)
    assert table.returncode == 0
    assert "null" in table.stdout and "2016-17-q2" in table.stdout
    rows = list(csv.reader(io.StringIO(home.run("sql", "-f", "csv", query).stdout)))
    assert rows[0] == ["edition_key", "row_count", "nothing", "empty", "quoted"]
    assert rows[1] == ["2016-17-q2", "38", "", "", 'a,"b"']
    assert ',,"",' in home.run("sql", "-f", "csv", query).stdout, "null and an empty text must stay apart"
    found = json.loads(home.run("sql", "--format", "json", query).stdout)
    assert found[0] == {
        "edition_key": "2016-17-q2",
        "row_count": 38,
        "nothing": None,
        "empty": "",
        "quoted": 'a,"b"',
    }


def test_figures_are_printed_as_they_were_printed(home):
    query = "select value, start_date from fct_observation join dim_period using (period_key) where value = 94.6"
    assert json.loads(home.run("sql", "-f", "json", query).stdout)[0] == {"value": 94.6, "start_date": "2020-07-01"}
    assert "94.6,2020-07-01" in home.run("sql", "-f", "csv", query).stdout
    assert "94.6   2020-07-01" in home.run("sql", query).stdout


def test_a_table_is_cut_and_says_so_the_other_formats_are_whole(home):
    said = home.run("sql", "--limit", "3", "select * from fct_assessment")
    assert "3 of 135 rows" in said.stdout
    assert len(said.stdout.strip().splitlines()) == 6
    assert len(json.loads(home.run("sql", "-f", "json", "-n", "3", "select 1 from fct_assessment").stdout)) == 135
    assert "No rows" in home.run("sql", "select 1 as one where false").stdout


@pytest.mark.parametrize(
    "query",
    ["from dim_edition", "describe dim_edition", "show tables", "summarize dim_area", "explain select 1", "values (1)"],
)
def test_whatever_reads_is_allowed(home, query):
    assert home.run("sql", query).returncode == 0


@pytest.mark.parametrize(
    "query",
    [
        "drop table dim_edition",
        "delete from dim_edition",
        "insert into dim_area select * from dim_area",
        "create table marts.mine as select 1",
        "create temp table mine as select 1",
        "copy dim_edition to '{folder}/stolen.csv'",
        "attach '{folder}/other.duckdb'",
        "select * from read_csv('/etc/hostname')",
        "with x as (insert into dim_area select * from dim_area returning *) select * from x",
        "set memory_limit = '1GB'",
        "checkpoint",
        "select 1; select 2",
        "select 1; drop table dim_edition",
        "",
        "selct 1",
        "select * from no_such_table",
    ],
)
def test_whatever_does_not_only_read_is_refused_in_words(home, tmp_path, query):
    before = home.published.read_bytes()
    said = home.run("sql", query.format(folder=tmp_path))
    assert said.returncode == 1
    assert said.stderr.strip() and "Traceback" not in said.stderr
    assert home.published.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_sql_from_standard_input_and_into_a_pipe_that_closes(home):
    process = home.start("sql", "-f", "csv", "select * from range(200000)")
    assert process.stdout.readline() == "range\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    process.wait(timeout=60)
    assert home.run("sql", "-f", "csv", "-", typed="select 42 as answer").stdout == "answer\n42\n"


def test_problems_are_filtered(home):
    all_of_them = json.loads(home.run("problems", "-f", "json").stdout)
    assert len(all_of_them) == home.query("select count(*) from marts.data_quality_issue")[0][0]
    assert [p["severity"] for p in all_of_them] == sorted(
        (p["severity"] for p in all_of_them), key=["error", "warning", "info"].index
    )

    def found(*arguments: str) -> list[dict]:
        return json.loads(home.run("problems", "-f", "json", *arguments).stdout)

    assert found("--severity", "warning") == [p for p in all_of_them if p["severity"] == "warning"] != []
    assert found("--edition", "2020-21-q2") == [p for p in all_of_them if p["edition_key"] == "2020-21-q2"] != []
    assert found("--code", "damaged_figure") == [p for p in all_of_them if p["issue_code"] == "damaged_figure"] != []
    assert found("--file", "2022") == [p for p in all_of_them if "2022" in p["source_file"]] != []
    both = found("--severity", "info", "--severity", "error", "--edition", "2022-23-q1")
    assert both == [p for p in all_of_them if p["severity"] != "warning" and p["edition_key"] == "2022-23-q1"]
    table = home.run("problems", "--code", "label_lost").stdout
    assert "2022-23-q1-dashboard.txt:" in table


def test_trace_shows_lines_cells_and_facts(home):
    lines = (home.landing / "2020-21-q2-dashboard.txt").read_text().splitlines()
    number = next(i for i, line in enumerate(lines, 1) if "second or subsequent" in line)
    row = home.query(
        f"select row_number from marts.source_line where edition_key = '2020-21-q2' and line_number = {number}"
    )[0][0]
    said = home.run("trace", "2020-21-q2", str(row))
    assert said.returncode == 0, said.stderr
    assert "% of children becoming subject to a child protection plan for second or subsequent time" in said.stdout
    assert f"{number}  " in said.stdout
    for text in ("25.3% (49)", "S R", "value         25.3", "numerator     49", "2020-07-01", "low_is_good", "rag"):
        assert text in said.stdout, text
    assert "2020-21-q2-dashboard.txt" in said.stdout


def test_trace_of_what_is_not_there_says_what_is(home):
    said = home.run("trace", "2020-21-q2", "99")
    assert said.returncode == 1 and "numbered 1 to 24" in said.stderr
    said = home.run("trace", "1999-00-q1", "1")
    assert said.returncode == 1 and "2016-17-q2, 2018-19-q1, 2020-21-q2, 2022-23-q1" in said.stderr


def test_settings_prints_every_variable_with_value_and_meaning(home):
    said = home.run("settings", QUARTERDECK_KEEP_PUBLISHED="7")
    for name, field in Settings.model_fields.items():
        assert f"QUARTERDECK_{name.upper()} = " in said.stdout
        assert field.description in said.stdout
    assert "QUARTERDECK_KEEP_PUBLISHED = 7" in said.stdout
    assert f"QUARTERDECK_HOME = {home.path}" in said.stdout


@pytest.mark.parametrize(
    "arguments", [["status"], ["sql", "select 1"], ["problems"], ["trace", "2020-21-q2", "1"], ["rollback"]]
)
def test_before_the_first_refresh_everything_says_what_to_do(tmp_path, arguments):
    from tests.conftest import new_home

    said = new_home(tmp_path / "home").run(*arguments)
    assert said.returncode == 1
    assert "quarterdeck refresh" in said.stderr and "Traceback" not in said.stderr
