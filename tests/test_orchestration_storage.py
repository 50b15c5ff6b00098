"""The event storage: the same files as Dagster's own, only faster."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.storage import EventLogStorage

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def dagster_home(tmp_path, monkeypatch) -> Path:
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def materialize(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    @dg.asset(check_specs=[dg.AssetCheckSpec("fine", asset="thing")])
    def thing():
        return dg.MaterializeResult(
            metadata={"rows": 3}, check_results=[dg.AssetCheckResult(check_name="fine", passed=True)]
        )

    return dg.materialize([thing], instance=instance)


def test_the_instance_uses_it_and_dagsters_own_class_reads_the_same_files(dagster_home):
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage) is EventLogStorage
        run = materialize(instance)
        written = [event.message for event in instance.all_logs(run.run_id)]
        assert len(written) > 10
    text = (dagster_home / "dagster.yaml").read_text()
    start = text.index("event_log_storage:")
    (dagster_home / "dagster.yaml").write_text(text[:start] + text[text.index("# A shared deployment") :])
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        assert [event.message for event in instance.all_logs(run.run_id)] == written
        last = instance.get_latest_materialization_event(dg.AssetKey("thing"))
        assert last.asset_materialization.metadata["rows"].value == 3


def test_many_runs_do_not_keep_their_files_open(dagster_home):
    with dg.DagsterInstance.get() as instance:
        runs = [materialize(instance).run_id for _ in range(10)]
        assert all(instance.all_logs(run) for run in runs)
        assert len(instance.event_log_storage._engines) <= 8


def test_what_is_overridden_still_exists_in_dagster():
    """Private names of Dagster that the class builds upon; an upgrade that renames one must fail here."""
    for name in ("_connect", "_initdb", "conn_string_for_shard", "has_table", "supports_asset_checks", "dispose"):
        assert hasattr(SqliteEventLogStorage, name), name


def test_nothing_goes_out_and_one_refresh_runs_at_a_time(dagster_home):
    with dg.DagsterInstance.get() as instance:
        assert not instance.telemetry_enabled
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert instance.run_monitoring_enabled


def test_without_a_home_it_lies_in_a_passing_folder(tmp_path, monkeypatch):
    """As Dagster's own commands open it in a fresh checkout."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    with dg.DagsterInstance.from_ref(dg._core.instance.InstanceRef.from_dir(str(tmp_path))) as instance:
        run = materialize(instance)
        folder = Path(instance.event_log_storage._base_dir)
        assert folder.is_dir() and tmp_path not in folder.parents
        assert len(instance.all_logs(run.run_id)) > 10
    instance.event_log_storage.dispose()
    del instance
    import gc

    gc.collect()
    assert not folder.exists()
