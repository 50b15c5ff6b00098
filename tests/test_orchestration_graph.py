"""The code location as the server builds it: what is in it, compared with lists."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from ingest.intake.quarters import ReportingQuarter
from orchestration.assets.dbt_models import dbt_project
from orchestration.contract import column_faults, promised_columns
from orchestration.definitions import build_definitions
from orchestration.jobs import partition_tags
from runtime.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
RAW_TABLES = {"areas", "label_suggestions", "lines", "problems", "received_files", "rejected_problems", "rows"}
NATIONAL_TABLES = {
    "authorities",
    "lait_dictionary",
    "lait_long",
    "national_files",
    "national_problems",
    "neighbours",
    "open_data",
    "open_data_checks",
}
LAYERS = {"staging", "intermediate", "dimensions", "facts", "marts", "audit"}
RAW_TABLES |= {"claims", "claim_candidates", "report_lines", "report_numbers", "report_paragraphs", "report_problems"}


@pytest.fixture(scope="module")
def definitions(refreshed) -> dg.Definitions:
    return build_definitions(Settings(home=refreshed.home.path))


@pytest.fixture(scope="module")
def specs(definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


@pytest.fixture(scope="module")
def checks(definitions) -> dict[tuple[str, str], dg.AssetCheckSpec]:
    graph = definitions.resolve_asset_graph()
    return {(key.asset_key.to_user_string(), key.name): graph.get_check_spec(key) for key in graph.asset_check_keys}


def models() -> dict[str, str]:
    """Each model's schema, by its place: public ones have a YAML beside them."""
    folder = ROOT / "dbt_project" / "models"
    return {
        path.stem: "marts"
        if path.with_suffix(".yml").exists()
        else "staging"
        if path.relative_to(folder).parts[0] == "staging"
        else "intermediate"
        for path in folder.rglob("*.sql")
    }


def test_every_table_and_file_is_an_asset_and_nothing_else_is(specs):
    expected = {"received_files", "raw_dashboards", "published_warehouse", "published_site", "published_exports"}
    expected |= {f"raw/{name}" for name in RAW_TABLES} | {f"national/{name}" for name in NATIONAL_TABLES}
    expected |= {f"seeds/{path.stem}" for path in (ROOT / "dbt_project" / "seeds").rglob("*.csv")}
    expected |= {f"{schema}/{name}" for name, schema in models().items()}
    assert set(specs) == expected


def test_every_asset_says_what_it_is_and_whose(specs):
    for key, spec in specs.items():
        assert spec.description, key
        assert spec.owners, key
        assert spec.kinds, key
        assert spec.group_name in {*LAYERS, "ingestion", "seeds", "publishing"}, key
    groups = {name: specs[f"{schema}/{name}"].group_name for name, schema in models().items()}
    assert set(groups.values()) == LAYERS
    assert (groups["dim_edition"], groups["source_line"], groups["int_audit__claim"]) == (
        "dimensions",
        "facts",
        "audit",
    )
    assert specs["marts/fct_observation"].kinds == {"dbt", "duckdb"}
    columns = specs["marts/fct_observation"].metadata["dagster/column_schema"].columns
    assert {"value", "value_status", "is_current"} <= {column.name for column in columns}
    assert all(column.description for column in columns)


def test_what_depends_on_what(specs):
    parents = {key: {dep.asset_key.to_user_string() for dep in spec.deps} for key, spec in specs.items()}
    assert parents["received_files"] == set()
    assert parents["raw_dashboards"] == {"received_files"}
    assert all(parents[f"raw/{name}"] == {"received_files", "raw_dashboards"} for name in RAW_TABLES)
    assert all(parents[f"national/{name}"] == {"received_files"} for name in NATIONAL_TABLES)
    assert parents["published_warehouse"] == {key for key in parents if key.startswith("marts/")}
    assert parents["published_site"] == parents["published_exports"] == {"published_warehouse"}
    assert any(key.startswith("raw/") for key in parents["staging/stg_raw__lines"])
    # The dimensional layer is a boundary: marts are made of dimensions and facts, and of tables of their own layer.
    for key in (key for key in parents if key.startswith("marts/mart_")):
        assert not {specs[parent].group_name for parent in parents[key]} & {"ingestion", "staging", "intermediate"}, key


def test_only_the_dashboards_are_partitioned_by_reporting_quarter(definitions):
    graph = definitions.resolve_asset_graph()
    partitioned = [key for key in graph.get_all_asset_keys() if graph.get(key).partitions_def is not None]
    assert partitioned == [dg.AssetKey("raw_dashboards")]
    keys = graph.get(partitioned[0]).partitions_def.get_partition_keys()
    assert keys[:5] == ["2016-17-q1", "2016-17-q2", "2016-17-q3", "2016-17-q4", "2017-18-q1"]
    assert len(keys) == len(set(keys))
    # Four more than the running one may be received.
    assert keys[-5] == ReportingQuarter.of(date.today()).key
    assert graph.get(partitioned[0]).backfill_policy == dg.BackfillPolicy.single_run()


def test_the_job_is_everything_and_runs_in_one_process(definitions, specs):
    job = definitions.resolve_job_def("quarterly_refresh")
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == set(specs)
    assert job.executor_def.name == "in_process"
    assert {node.name for node in job.nodes} == {
        "received_files",
        "raw_dashboards",
        "raw_tables",
        "national_tables",
        "dbt_build",
        "warehouse_checks",
        "published_warehouse",
        "published_site",
        "published_exports",
    }


def test_schedule_and_sensors(definitions):
    schedule = definitions.resolve_schedule_def("quarter_has_ended")
    assert schedule.execution_timezone == "Europe/London"
    assert sorted(schedule.cron_schedule) == ["0 6 14 11 *", "0 6 14 2 *", "0 6 14 8 *", "0 6 15 5 *"]
    assert schedule.job_name == "quarterly_refresh"
    assert definitions.resolve_sensor_def("new_content_in_landing").job_name == "quarterly_refresh"
    repository = definitions.get_repository_def()
    assert {sensor.name for sensor in repository.sensor_defs} == {
        "new_content_in_landing",
        "runs_cut_short",
        "tell_of_failure",
    }
    assert {schedule.name for schedule in repository.schedule_defs} == {"quarter_has_ended"}


def test_checks_that_keep_a_wrong_warehouse_from_being_published(checks):
    blocking = {key for key, spec in checks.items() if spec.blocking}
    assert {
        ("raw_dashboards", "raw_schema"),
        ("raw_dashboards", "every_line_accounted_for"),
        *((f"raw/{name}", "raw_schema") for name in RAW_TABLES),
        *((f"marts/{name}", "published_columns") for name, schema in models().items() if schema == "marts"),
    } <= blocking
    for_people = {
        ("received_files", "edition_identified"),
        ("raw_dashboards", "every_file_read"),
        ("marts/dim_edition", "newest_edition_in_time"),
        ("marts/bridge_indicator_label", "labels_are_mapped"),
        ("marts/mart_published_audit", "published_words_agree"),
    }
    assert for_people <= set(checks)
    assert not for_people & blocking


def test_every_dbt_test_is_a_check(refreshed, checks):
    manifest = dbt_project(Settings(home=refreshed.home.path)).manifest()
    tests = [node for node in manifest.nodes.values() if node.resource_type == "test"]
    assert len(tests) > 10
    shown = {name for _, name in checks}
    assert {test.name for test in tests} <= shown
    severity = {test.name: test.config.severity.lower() for test in tests}
    assert all(spec.blocking == (severity[name] == "error") for (_, name), spec in checks.items() if name in severity)


#: Tables that came after the contract was agreed.
PROMISED_SINCE = {
    "build_info",
    "dim_measure",
    "fct_claim",
    "fct_national_value",
    "fct_open_data_value",
    "bridge_comparator_member",
    "bridge_indicator_relation",
    "mart_children_behind",
    "mart_comparator_value",
    "mart_indicator_lineage",
    "mart_national_position",
    "mart_published_audit",
    "source_national_file",
    "source_open_data_check",
}


def test_the_contract_is_kept_as_it_was_agreed():
    document = ROOT.parent / "shared" / "docs" / "contract.md"
    if not document.exists():
        pytest.skip("the agreed contract lies beside the project only where it is developed")
    text = document.read_text()
    for table, columns in promised_columns().items():
        line = next((line for line in text.splitlines() if line.startswith(f"| `{table}` |")), None)
        assert line or table in PROMISED_SINCE, f"{table} is not in the contract"
        for column in columns if line else ():
            assert column in line, f"{table}.{column} is not in the contract"
    agreed = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert agreed <= set(promised_columns())


def test_promised_columns_are_in_the_published_warehouse(refreshed):
    rows = refreshed.home.query("select table_name, column_name from duckdb_columns() where schema_name = 'marts'")
    actual = {table: {column for name, column in rows if name == table} for table, _ in rows}
    for table, columns in promised_columns().items():
        assert set(columns) <= actual[table]


def test_missing_and_surplus_columns_are_both_named():
    assert column_faults(["a", "b"], ["a"], ["a", "b"]) == {}
    assert column_faults(["a", "b"], ["a"], ["b", "c"]) == {"missing": ["a"], "surplus": ["c"]}
    assert column_faults(["a"], ["a", "z"], ["a", "z"]) == {
        "surplus": ["z"],
        "promised but not declared": ["z"],
    }
    assert column_faults(["a"], ["z"], None) == {"missing": ["a", "z"]}


def test_tags_ask_for_one_quarter_for_a_range_or_for_whatever_is_unread():
    assert partition_tags(["2020-21-q2"]) == {"dagster/partition": "2020-21-q2"}
    assert partition_tags({"2022-23-q1", "2016-17-q2"}) == {
        "dagster/asset_partition_range_start": "2016-17-q2",
        "dagster/asset_partition_range_end": "2022-23-q1",
    }
    assert partition_tags([]) == {}


def test_overrides_replace_resources(refreshed):
    listener = object()
    built = build_definitions(Settings(home=refreshed.home.path), progress=listener)
    assert built.resolve_job_def("quarterly_refresh").resource_defs["progress"].resource_fn(None) is listener


def test_dagster_itself_loads_the_location(refreshed):
    """As `dagster dev` does: from pyproject.toml, in another process, with an instance from dagster.yaml."""
    validated = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate"],
        cwd=ROOT,
        env=refreshed.home.environment(DAGSTER_HOME=str(refreshed.home.path)),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert validated.returncode == 0, validated.stdout + validated.stderr
    assert "quarterdeck" in validated.stdout + validated.stderr


def test_one_version_everywhere():
    import tomllib

    import yaml

    from quarterdeck import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    warehouse = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text())["vars"]["quarterdeck_version"]
    assert project == warehouse == __version__
