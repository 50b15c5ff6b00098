"""The sensor and runs that did not do what they were asked for."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration import sensors
from orchestration.definitions import build_definitions
from orchestration.jobs import JOB_NAME
from runtime.settings import Settings
from tests.conftest import copied_home
from tests.test_orchestration_triggers import settle, tick
from tests.test_publishing_lock import hold


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def landing(refreshed, tmp_path) -> Path:
    """What the shared home has received, and one new file. Nothing receives it: every run here fails before."""
    shutil.copytree(refreshed.home.landing, tmp_path / "landing")
    source = (tmp_path / "landing" / "2020-21-q2-dashboard.txt").read_text()
    (tmp_path / "landing" / "corrected-2020-21-q2.txt").write_text(source.replace("25.3% (49)", "25.4% (49)"))
    settle(tmp_path / "landing")
    return tmp_path / "landing"


@pytest.fixture
def definitions(refreshed, landing) -> dg.Definitions:
    return build_definitions(Settings(home=refreshed.home.path, landing_dir=landing))


def run_for(instance: dg.DagsterInstance, request: dg.RunRequest, *, fails: bool = True) -> dg.DagsterRun:
    """A run as the daemon starts it for a request; it has failed, or is still under way."""
    run = instance.create_run_for_job(
        _empty_job(), tags={**request.tags, sensors.RUN_KEY: request.run_key}, status=dg.DagsterRunStatus.STARTED
    )
    if fails:
        instance.report_run_failed(run, "A refresh is running.")
    return run


def _empty_job() -> dg.JobDefinition:
    @dg.op
    def nothing() -> None:
        pass

    @dg.job(name=JOB_NAME)
    def job() -> None:
        nothing()

    return job


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.time()
    monkeypatch.setattr(sensors.time, "time", lambda: now + seconds)


def test_a_run_that_failed_before_it_had_its_file_is_followed_by_another(definitions, instance, monkeypatch):
    keys, waited = [], 0.0
    for attempt in range(1, sensors.MOST_ATTEMPTS + 1):
        found = tick(definitions, instance=instance)
        (request,) = found.run_requests
        assert request.tags["quarterdeck/attempt"] == str(attempt) and request.partition_key == "2020-21-q2"
        assert not found.cursor, "the folder is done with when its files are published, not when they were asked for"
        keys.append(request.run_key)
        run_for(instance, request)
        if attempt == sensors.MOST_ATTEMPTS:
            break
        said = tick(definitions, instance=instance)
        assert said.run_requests == [] and f"attempt {attempt + 1} of {sensors.MOST_ATTEMPTS}" in said.skip_message
        assert "corrected-2020-21-q2.txt" in said.skip_message
        waited += sensors.FIRST_WAIT_SECONDS * 2 ** (attempt - 1) + 1
        later(monkeypatch, waited)
    assert len(set(keys)) == len(keys), "Dagster drops a key that was used"
    later(monkeypatch, 100 * waited)
    said = tick(definitions, instance=instance)
    assert said.run_requests == [] and "touch a file" in said.skip_message


def test_a_folder_that_was_touched_gives_attempts_again(definitions, instance, landing, monkeypatch):
    monkeypatch.setattr(sensors, "MOST_ATTEMPTS", 1)
    (request,) = tick(definitions, instance=instance).run_requests
    run_for(instance, request)
    later(monkeypatch, 1000)
    assert tick(definitions, instance=instance).run_requests == []
    monkeypatch.setattr(sensors, "MOST_ATTEMPTS", 2)
    (landing / "2020-21-q2-dashboard.txt").touch()
    monkeypatch.undo()
    later(monkeypatch, 1000)
    (again,) = tick(definitions, instance=instance).run_requests
    assert again.run_key != request.run_key


def test_while_its_run_waits_or_runs_no_second_one_is_asked_for(definitions, instance):
    (request,) = tick(definitions, instance=instance).run_requests
    run = run_for(instance, request, fails=False)
    said = tick(definitions, instance=instance)
    assert said.run_requests == [] and f"run {run.run_id[:8]} is under way" in said.skip_message


def test_another_attempt_waits_for_the_lock_and_says_so(refreshed, landing, instance, monkeypatch, tmp_path):
    home = copied_home(refreshed.home, tmp_path / "home")
    definitions = build_definitions(Settings(home=home.path, landing_dir=landing))
    (request,) = tick(definitions, instance=instance).run_requests
    run_for(instance, request)
    later(monkeypatch, 1000)
    other = hold(home.path / "warehouse" / "refresh.lock")
    try:
        said = tick(definitions, instance=instance)
        assert said.run_requests == [] and str(other.pid) in said.skip_message
    finally:
        other.kill()
        other.wait()
    assert len(tick(definitions, instance=instance).run_requests) == 1


def test_what_was_received_and_not_published_is_asked_for_too(refreshed, landing, instance, tmp_path):
    """The run had its file and failed after it: nothing is new any more."""
    from tests.test_unlucky_moments import ingest

    home = copied_home(refreshed.home, tmp_path / "home")
    settings = Settings(home=home.path, landing_dir=landing)
    ingest(settings)
    definitions = build_definitions(settings)
    (request,) = tick(definitions, instance=instance).run_requests
    assert request.run_key.startswith("unpublished-") and request.partition_key is None
    run_for(instance, request, fails=False)
    assert tick(definitions, instance=instance).run_requests == []


def test_an_empty_folder_and_no_warehouse_are_no_reason_for_a_run(tmp_path, instance):
    (tmp_path / "landing").mkdir()
    said = tick(build_definitions(Settings(home=tmp_path)), instance=instance)
    assert said.run_requests == [] and "Nothing" in said.skip_message
