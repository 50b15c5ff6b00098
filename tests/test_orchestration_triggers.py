"""What starts a run without a person, and what is told when one fails."""

from __future__ import annotations

import json
import os
import shutil
import time
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from ingest.intake.quarters import ended_quarter
from orchestration.checks import freshness
from orchestration.definitions import build_definitions
from orchestration.schedules import quarter_crons
from runtime.alerts import AlertError, post_failure
from runtime.settings import Settings


@pytest.fixture
def landing(refreshed, tmp_path) -> Path:
    """A landing folder that holds what the shared home has received; its archive and warehouse are that home's."""
    shutil.copytree(refreshed.home.landing, tmp_path / "landing")
    return tmp_path / "landing"


@pytest.fixture
def definitions(refreshed, landing) -> dg.Definitions:
    return build_definitions(Settings(home=refreshed.home.path, landing_dir=landing))


def settle(landing: Path) -> None:
    """Make the landed files look as if they had lain there for a while."""
    for path in landing.iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))


def tick(
    definitions: dg.Definitions, cursor: str | None = None, instance: dg.DagsterInstance | None = None
) -> dg.SensorResult:
    sensor = definitions.resolve_sensor_def("new_content_in_landing")
    context = dg.build_sensor_context(cursor=cursor, repository_def=definitions.get_repository_def(), instance=instance)
    return sensor.evaluate_tick(context)


def test_the_sensor_is_silent_when_all_content_is_known(landing, definitions):
    settle(landing)
    first = tick(definitions)
    assert first.run_requests == []
    assert "new" in first.skip_message
    again = tick(definitions, first.cursor)
    assert again.run_requests == [] and "not changed" in again.skip_message


def test_new_content_asks_for_one_run_of_its_quarter(landing, definitions):
    source = (landing / "2020-21-q2-dashboard.txt").read_text()
    (landing / "corrected-2020-21-q2.txt").write_text(source.replace("25.3% (49)", "25.4% (49)"))
    settle(landing)
    found = tick(definitions)
    assert [request.partition_key for request in found.run_requests] == ["2020-21-q2"]
    assert found.run_requests[0].run_key.isalnum() and len(found.run_requests[0].run_key) == 64


def test_the_same_bytes_have_the_same_key_whatever_they_are_called(landing, definitions):
    source = (landing / "2020-21-q2-dashboard.txt").read_text().replace("25.3% (49)", "25.4% (49)")
    (landing / "corrected-2020-21-q2.txt").write_text(source)
    settle(landing)
    first = tick(definitions)
    (landing / "copy-2020-21-q2.txt").write_text(source)
    settle(landing)
    second = tick(definitions, first.cursor)
    assert {request.run_key for request in second.run_requests} == {first.run_requests[0].run_key}


def test_a_file_that_says_no_edition_leads_to_a_run_too(landing, definitions):
    (landing / "minutes.txt").write_text("Minutes of a meeting.\nApologies: none.\n")
    settle(landing)
    found = tick(definitions)
    assert [request.partition_key for request in found.run_requests] == [None]


def test_a_note_put_beside_a_file_leads_to_another_run(refreshed, landing, definitions):
    record = next((refreshed.home.path / "archive" / "records").glob("*.json"))
    name = json.loads(record.read_text())["source_file"]
    (landing / name).with_suffix(".yml").write_text("origin: sent by post\n")
    settle(landing)
    requests = tick(definitions).run_requests
    assert len(requests) == 1 and requests[0].run_key.startswith(record.stem + "-")


def test_a_file_that_is_still_being_written_waits(landing, definitions):
    (landing / "2021-22-q1.txt").write_text("half of a")
    found = tick(definitions)
    assert found.run_requests == [] and "being written" in found.skip_message
    assert not found.cursor


def test_a_missing_landing_folder_is_said_and_does_not_stop_the_sensor(landing, definitions):
    shutil.rmtree(landing)
    assert "does not exist" in tick(definitions).skip_message


def evaluate(definitions: dg.Definitions, when: datetime):
    schedule = definitions.resolve_schedule_def("quarter_has_ended")
    context = dg.build_schedule_context(scheduled_execution_time=when, repository_def=definitions.get_repository_def())
    return schedule.evaluate_tick(context)


NOVEMBER = datetime(2026, 11, 14, 6, tzinfo=ZoneInfo("Europe/London"))


def test_the_schedule_skips_when_nothing_is_new(definitions):
    skipped = evaluate(definitions, NOVEMBER)
    assert not skipped.run_requests
    assert "2026-27-q2" in skipped.skip_message


def test_the_schedule_asks_for_the_quarter_that_has_ended(landing, definitions):
    (landing / "2026-27-q2.txt").write_text("Minutes of a meeting.\n")
    (request,) = evaluate(definitions, NOVEMBER).run_requests
    assert request.tags["dagster/partition"] == "2026-27-q2"
    assert request.run_key == "2026-27-q2"


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2026, 5, 15), "2025-26-q4"),
        (date(2026, 5, 14), "2025-26-q3"),
        (date(2026, 8, 14), "2026-27-q1"),
        (date(2026, 11, 14), "2026-27-q2"),
        (date(2027, 2, 14), "2026-27-q3"),
    ],
)
def test_each_day_of_the_schedule_is_the_first_on_which_the_quarter_is_due(day, quarter):
    assert ended_quarter(day, 45).key == quarter
    assert f"0 6 {day.day} {day.month} *" in quarter_crons(45) or day == date(2026, 5, 14)


def test_freshness_names_the_edition_that_is_overdue():
    late = freshness(Settings(), dg.AssetKey("x"), [("2026/27", 1)], date(2026, 11, 14))
    assert not late.passed and late.severity == dg.AssetCheckSeverity.WARN
    assert "2026-27-q2 ended on 30 September 2026" in late.description
    assert freshness(Settings(), dg.AssetKey("x"), [("2026/27", 1)], date(2026, 11, 13)).passed
    assert freshness(Settings(), dg.AssetKey("x"), [("2026/27", 2)], date(2026, 11, 14)).passed


def failed_run(instance: dg.DagsterInstance, tags: dict[str, str] | None = None) -> dg.ExecuteInProcessResult:
    @dg.op
    def broken():
        raise dg.Failure("The shelf fell over.")

    @dg.job(name="quarterly_refresh")
    def refresh():
        broken()

    return refresh.execute_in_process(instance=instance, raise_on_error=False, tags=tags)


def tell(refreshed, instance, result, url: str | None):
    definitions = build_definitions(Settings(home=refreshed.home.path, webhook_url=url))
    sensor = definitions.resolve_sensor_def("tell_of_failure")
    context = dg.build_run_status_sensor_context(
        sensor_name="tell_of_failure",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    ).for_run_failure()
    return sensor(context)


def test_a_failed_run_is_posted_with_its_reason(refreshed, webhook):
    url, received = webhook
    with dg.DagsterInstance.ephemeral() as instance:
        result = failed_run(instance)
        assert tell(refreshed, instance, result, url) is None
    (message,) = received
    assert message["job"] == "quarterly_refresh"
    assert message["step"] == "broken"
    assert message["run_id"] == result.run_id
    assert message["reason"] == "The shelf fell over."
    assert "quarterly_refresh failed in broken" in message["text"]


def test_a_failure_of_the_command_line_is_not_posted_twice_and_none_without_an_address(refreshed, webhook):
    url, received = webhook
    with dg.DagsterInstance.ephemeral() as instance:
        result = failed_run(instance, {"quarterdeck/started_by": "command line"})
        assert isinstance(tell(refreshed, instance, result, url), dg.SkipReason)
        assert isinstance(tell(refreshed, instance, failed_run(instance), None), dg.SkipReason)
    assert received == []


def test_an_address_that_does_not_answer_is_an_error_of_one_sentence(webhook):
    with pytest.raises(AlertError, match="QUARTERDECK_WEBHOOK_URL"):
        post_failure("http://127.0.0.1:9/hook", job="j", run_id="r", step=None, reason="because")
