"""The job run in this process: what it materializes, and what keeps it from publishing.

The run of the real dbt project is that of the command, from its records; whatever is about locks, checks, disks and
changed projects runs the job on a project of a few tables.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from orchestration import contract
from orchestration.definitions import build_definitions
from orchestration.jobs import partition_tags, reading_config
from publishing.warehouse_versions import published_versions
from runtime.lock import lock_state, refresh_lock
from runtime.settings import Settings
from tests.conftest import BUNDLED, LANDING, Home, new_home
from tests.projects import project_of_the_job

pytestmark = pytest.mark.slow


class OwnProject(Settings):
    """Settings whose dbt project is a copy in the home, so that a test can change it."""

    @property
    def dbt_project_dir(self) -> Path:
        return self.home / "dbt_project"


@pytest.fixture(scope="module")
def small_home(tmp_path_factory) -> Home:
    """Another home, for the dbt project of a few tables."""
    return new_home(tmp_path_factory.mktemp("small") / "home", "2020-21-q2")


@pytest.fixture(scope="module")
def promises(small_home) -> Iterator[dict[str, list[str]]]:
    """The contract holds the tables of the small project only."""
    promised = project_of_the_job(small_home.path / "dbt_project")
    path = small_home.path / "contract.yml"
    path.write_text(yaml.safe_dump(promised))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contract, "PROMISES", path)
        yield promised


@pytest.fixture(scope="module")
def small(small_home, promises, instance) -> Settings:
    """Its settings, after a first run: its pages cannot be written from so few tables, its warehouse is published."""
    settings = OwnProject(home=small_home.path)
    result = run(settings, instance)
    assert "published_warehouse" in materialized(result)
    assert [event.step_key for event in result.get_step_failure_events()] == ["published_exports", "published_site"]
    assert len(published_versions(settings.warehouse_dir)) == 1
    return settings


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def run(settings: Settings, instance: dg.DagsterInstance, quarters=(), *, force=False, wait_seconds=0.0):
    job = build_definitions(settings).resolve_job_def("quarterly_refresh")
    return job.execute_in_process(
        instance=instance,
        raise_on_error=False,
        tags=partition_tags(quarters),
        run_config={
            **reading_config(force=force),
            "resources": {"refresh_lock": {"config": {"wait_seconds": wait_seconds}}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
    )


def evaluations(result) -> dict[tuple[str, str], dg.AssetCheckEvaluation]:
    return {
        (found.asset_key.to_user_string(), found.check_name): found for found in result.get_asset_check_evaluations()
    }


def materialized(result) -> dict[str, dict]:
    return {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in result.get_asset_materialization_events()
    }


@dataclass(frozen=True)
class Recorded:
    """A run as the instance remembers it, asked as a result in this process is."""

    events: list[dg.DagsterEvent]

    def get_asset_materialization_events(self) -> list[dg.DagsterEvent]:
        return [event for event in self.events if event.is_step_materialization]

    def get_asset_check_evaluations(self) -> list[dg.AssetCheckEvaluation]:
        return [
            event.event_specific_data
            for event in self.events
            if isinstance(event.event_specific_data, dg.AssetCheckEvaluation)
        ]


@pytest.fixture(scope="module")
def first(refreshed, tmp_path_factory) -> Recorded:
    """The first refresh of the bundled editions by the command, from its records."""
    records = tmp_path_factory.mktemp("records") / "dagster"
    shutil.copytree(refreshed.home.path, records, ignore=shutil.ignore_patterns("publish", "raw", "build", "warehouse"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(records))
        with dg.DagsterInstance.get() as instance:
            (run,) = instance.get_runs()
            entries = instance.all_logs(run.run_id)
    return Recorded([entry.dagster_event for entry in entries if entry.dagster_event])


def test_everything_is_materialized_with_what_an_engineer_wants_to_see(first, refreshed):
    home, settings = refreshed.home, Settings(home=refreshed.home.path)
    found = materialized(first)
    assert set(found) == {spec.key.to_user_string() for spec in build_definitions(settings).resolve_all_asset_specs()}
    assert found["received_files"]["received or identified anew"].value == len(BUNDLED)
    assert all(f"{edition}-dashboard.txt" in found["received_files"]["files"].value for edition in BUNDLED)
    ((rows,),) = home.query("select sum(row_count) from marts.dim_edition")
    assert found["raw/rows"]["dagster/row_count"].value == rows == 135
    assert found["marts/fct_assessment"]["dagster/row_count"].value == rows
    assert "edition_key" in found["marts/dim_edition"]["preview"].value
    assert found["published_warehouse"]["path"].value == str(home.published)


def test_each_quarter_of_the_range_is_a_partition_of_its_own(first):
    quarters = {
        event.partition: event.materialization.metadata
        for event in first.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey("raw_dashboards")
    }
    assert {*BUNDLED, "2020-21-q3"} <= set(quarters)
    assert min(quarters) == min(BUNDLED) and max(quarters) == max(BUNDLED)
    assert quarters["2020-21-q2"]["dagster/partition_row_count"].value == 24
    assert (
        "% of Single assessments" in quarters["2020-21-q2"]["preview"].value
        or "label_text" in quarters["2020-21-q2"]["preview"].value
    )
    assert "dagster/partition_row_count" not in quarters["2020-21-q3"]


def test_every_check_was_evaluated_and_only_people_are_warned(first, refreshed):
    found = evaluations(first)
    settings = Settings(home=refreshed.home.path)
    declared = build_definitions(settings).resolve_asset_graph().asset_check_keys
    assert {(key.asset_key.to_user_string(), key.name) for key in declared} == set(found)
    failed = {key for key, evaluation in found.items() if not evaluation.passed}
    assert failed == {
        ("marts/dim_edition", "newest_edition_in_time"),
        ("marts/mart_published_audit", "published_words_agree"),
        ("marts/bridge_indicator_label", "labels_are_mapped"),
    }
    lines = found[("raw_dashboards", "every_line_accounted_for")].metadata["lines by disposition"].value
    for edition in BUNDLED:
        text = (LANDING / f"{edition}-dashboard.txt").read_text()
        assert sum(lines[edition].values()) == len(text.splitlines())


def test_the_lock_is_free_after_a_run_and_keeps_one_out_meanwhile(small, instance, small_home):
    assert lock_state(small.lock_path).running is None
    with refresh_lock(small.lock_path, purpose="somebody else"):
        refused = run(small, instance)
    assert not refused.success
    assert not refused.get_step_failure_events()
    assert "RefreshInProgress" in refused.get_run_failure_event().event_specific_data.error.to_string()
    assert len(published_versions(small.warehouse_dir)) == 1


def publish_by_hand(settings: Settings, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """A click on the last asset alone."""
    return (
        build_definitions(settings)
        .resolve_implicit_global_asset_job_def()
        .execute_in_process(
            instance=instance,
            raise_on_error=False,
            asset_selection=[dg.AssetKey("published_warehouse")],
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    )


def reason(result: dg.ExecuteInProcessResult) -> str:
    return result.get_step_failure_events()[0].event_specific_data.user_failure_data.description


def unpublished(result, settings: Settings, before: list) -> None:
    assert not result.success
    assert "published_warehouse" not in materialized(result)
    assert published_versions(settings.warehouse_dir) == before
    assert lock_state(settings.lock_path).running is None


def test_raw_data_of_another_schema_stops_before_dbt(small, instance, small_home):
    before = published_versions(small.warehouse_dir)
    (path,) = (small_home.path / "raw" / "editions" / "2020-21-q2").glob("*/rows.parquet")
    whole = path.read_bytes()
    rows = pq.read_table(path, partitioning=None)
    pq.write_table(rows.drop_columns(["value_text"]).append_column("surprise", pa.nulls(len(rows))), path)
    try:
        result = run(small, instance)
    finally:
        path.write_bytes(whole)
    unpublished(result, small, before)
    found = evaluations(result)[("raw/rows", "raw_schema")]
    assert not found.passed
    assert "value_text" in found.description and "surprise" in found.description
    assert "marts/dim_edition" not in materialized(result)


def test_a_promised_column_that_is_gone_keeps_the_warehouse_from_being_published(small, promises, instance):
    before = published_versions(small.warehouse_dir)
    more = {**promises, "dim_edition": [*promises["dim_edition"], "colour_of_the_cover"], "dim_weather": []}
    contract.PROMISES.write_text(yaml.safe_dump(more))
    try:
        result = run(small, instance)
        by_hand = publish_by_hand(small, instance)
    finally:
        contract.PROMISES.write_text(yaml.safe_dump(promises))
    unpublished(result, small, before)
    found = evaluations(result)[("marts/dim_edition", "published_columns")]
    assert found.description == "missing: colour_of_the_cover; tables missing: dim_weather"
    assert found.severity == dg.AssetCheckSeverity.ERROR
    unpublished(by_hand, small, before)
    assert "missing: colour_of_the_cover" in reason(by_hand)


def test_a_failing_dbt_test_shows_its_rows_and_nothing_is_published(small, instance, small_home):
    before = published_versions(small.warehouse_dir)
    tests = small_home.path / "dbt_project" / "tests"
    tests.mkdir()
    (tests / "no_second_row.sql").write_text(
        "select edition_key, row_number from {{ ref('fct_assessment') }} where row_number = 2"
    )
    (tests / "no_third_row.sql").write_text(
        "{{ config(severity='warn') }}\nselect row_number from {{ ref('fct_assessment') }} where row_number = 3"
    )
    try:
        result = run(small, instance)
        by_hand = publish_by_hand(small, instance)
    finally:
        for name in ("no_second_row", "no_third_row"):
            (tests / f"{name}.sql").unlink()
    unpublished(result, small, before)
    found = evaluations(result)
    failed = found[("marts/fct_assessment", "no_second_row")]
    assert not failed.passed and failed.severity == dg.AssetCheckSeverity.ERROR
    assert failed.description == "1 row, the first: edition_key 2020-21-q2, row_number 2"
    assert "| 2020-21-q2 | 2 |" in failed.metadata["offending rows"].value
    warned = found[("marts/fct_assessment", "no_third_row")]
    assert not warned.passed and warned.severity == dg.AssetCheckSeverity.WARN
    unpublished(by_hand, small, before)
    assert "has passed its tests" in reason(by_hand)


def test_a_project_that_changed_after_loading_is_not_run_with_the_old_graph(small, instance, small_home):
    job = build_definitions(small).resolve_job_def("quarterly_refresh")
    extra = small_home.path / "dbt_project" / "models" / "marts" / "extra.sql"
    extra.write_text("select 1 as x")
    try:
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    finally:
        extra.unlink()
    assert not result.success
    assert "Reload it" in result.get_step_failure_events()[0].event_specific_data.user_failure_data.description


def test_what_may_go_away_by_itself_is_tried_again_and_what_may_not_is_not(small, monkeypatch):
    import errno

    from ingest import pipeline
    from orchestration import retries

    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 0)
    tries: list[int] = []

    def failing(number: int):
        def receive(*_, **__):
            tries.append(number)
            raise OSError(number, "said the disk", "/somewhere")

        return receive

    def receive_with(number: int) -> dg.ExecuteInProcessResult:
        tries.clear()
        monkeypatch.setattr(pipeline, "receive", failing(number))
        job = build_definitions(small).resolve_job_def("quarterly_refresh")
        with dg.DagsterInstance.ephemeral() as instance:
            return job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )

    assert not receive_with(errno.EIO).success
    assert len(tries) == 4
    refused = receive_with(errno.EACCES)
    assert len(tries) == 1
    said = refused.get_step_failure_events()[0].event_specific_data.user_failure_data.description
    assert said == "said the disk at /somewhere."


def test_a_disk_that_is_nearly_full_is_said_before_dbt_begins(small, instance, monkeypatch):
    from collections import namedtuple

    from runtime import space

    before = published_versions(small.warehouse_dir)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _: usage(2**40, 2**40, 5 * 2**20))
    result = run(small, instance)
    unpublished(result, small, before)
    assert result.get_step_failure_events()[0].step_key == "dbt_build"
    assert "5 MB are free" in reason(result) and "Free some space" in reason(result)


def test_a_run_whose_process_is_gone_does_not_block_the_queue(small, instance):
    """Dead are those that are said to run and do not hold the lock; one that may be waiting for it is not."""
    from dagster._core.test_utils import create_run_for_test

    from orchestration.dead_runs import bury_dead_runs, purpose_of

    def started(**tags: str) -> str:
        created = create_run_for_test(instance, job_name="quarterly_refresh", tags=tags)
        instance.report_dagster_event(
            dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, "quarterly_refresh"), run_id=created.run_id
        )
        return created.run_id

    dead = started(**{"quarterdeck/started_by": "command line"})
    waiting = started()
    assert bury_dead_runs(instance, small) == [], "it may not have come to its lock yet"
    with refresh_lock(small.lock_path, purpose=purpose_of(dead)):
        assert bury_dead_runs(instance, small, holder="another") == []
    assert bury_dead_runs(instance, small, holder="another") == [dead]
    buried = instance.get_run_by_id(dead)
    assert buried.status == dg.DagsterRunStatus.FAILURE and "quarterdeck/cut_short" in buried.tags
    assert instance.get_run_by_id(waiting).status == dg.DagsterRunStatus.STARTED
    impatient = small.model_copy(update={"lock_wait_seconds": -61})
    sensor = build_definitions(impatient).resolve_sensor_def("runs_cut_short")
    assert waiting in sensor.evaluate_tick(dg.build_sensor_context(instance=instance)).skip_message
    assert instance.get_run_by_id(waiting).status == dg.DagsterRunStatus.FAILURE
