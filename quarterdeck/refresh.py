"""Running the job from the command line: the job that the UI, the schedule and the sensor run too.

Dagster and dbt are imported only here, and only when there is something to do.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from ingest.pipeline import LAYOUT_REFUSED
from publishing.pending import Outlook
from runtime.alerts import AlertError, post_failure, root_sentence
from runtime.progress import Progress
from runtime.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

_LOCK_ERROR = "RefreshInProgress"
#: What an interrupt is called by whoever met it first: Dagster, Python, DuckDB.
_INTERRUPTS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt", "InterruptException")
_AGAIN_SECONDS = 0.1


@dataclass
class Outcome:
    """How a run ended. `rejected` are files of this run, `failed_checks` (asset, check, why) blocked publishing.

    `published` speaks of the warehouse: when the site or the exports failed after it, `failure` says so all the same.
    """

    published: bool
    run_id: str
    rejected: list[tuple[str, str]] = field(default_factory=list)
    failed_checks: list[tuple[str, str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str, str]] = field(default_factory=list)
    failure: str | None = None
    failed_step: str | None = None
    lock_taken: bool = False
    interrupted: bool = False
    alert_error: str | None = None


def run_refresh(
    settings: Settings,
    outlook: Outlook,
    progress: Progress,
    *,
    quarters: Collection[str] | None = None,
    force: bool = False,
    only_pages: bool = False,
    allow_fewer: bool = False,
) -> Outcome:
    """Run the job in this process. `quarters` limits what is read, `force` reads it again.

    With `allow_fewer` also a warehouse is published that has fewer editions or figures than the published one.
    With `only_pages` the site and the exports are published from the warehouse that is there, and nothing else is done.

    KeyboardInterrupt when a person stops it; everything else that goes wrong is in the outcome.
    """
    _prepare_dagster_home(settings)
    import dagster as dg

    from orchestration import jobs
    from orchestration.assets.keys import FEWER, LOCK, PUBLISHED_EXPORTS, PUBLISHED_SITE
    from orchestration.dbt import DbtError
    from orchestration.definitions import build_definitions
    from orchestration.partitions import pending_quarters

    progress.stage("Loading the asset graph")
    try:
        job = build_definitions(settings, progress=progress).resolve_job_def(jobs.JOB_NAME)
    except DbtError as error:
        return Outcome(published=False, run_id="", failure=str(error))
    if quarters is None and not only_pages:
        quarters = pending_quarters(settings, outlook, force=force)
    with dg.DagsterInstance.get() as instance, interrupts_delivered_again():
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags={jobs.STARTED_BY: jobs.COMMAND_LINE, **jobs.partition_tags(quarters or ())},
            asset_selection=[PUBLISHED_SITE, PUBLISHED_EXPORTS] if only_pages else None,
            run_config={
                **({} if only_pages else jobs.reading_config(force=force)),
                "resources": {
                    LOCK: {"config": {"wait_seconds": 0}},
                    **({FEWER: {"config": {"allow": True}}} if allow_fewer else {}),
                },
                "loggers": {"console": {"config": {"log_level": settings.log_level.upper()}}},
            },
        )
    outcome = _outcome(result)
    if outcome.interrupted:
        raise KeyboardInterrupt
    outcome.published |= only_pages
    outcome.rejected = _rejected(settings.raw_dir, {sha256 for _, sha256 in outlook.new_files})
    if outcome.failure and not outcome.lock_taken and settings.webhook_url:
        try:
            post_failure(
                settings.webhook_url,
                job=jobs.JOB_NAME,
                run_id=outcome.run_id,
                step=outcome.failed_step,
                reason=outcome.failure,
            )
        except AlertError as error:
            outcome.alert_error = str(error)
    return outcome


@contextmanager
def interrupts_delivered_again() -> Iterator[None]:
    """Python drops what is raised in a finaliser or a weak reference's callback, an interrupt too: send it again."""
    before = sys.unraisablehook

    def hook(found: sys.UnraisableHookArgs) -> None:
        if found.exc_type.__name__ in _INTERRUPTS:
            threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            before(found)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _prepare_dagster_home(settings: Settings) -> None:
    """A home of its own has no dagster.yaml yet; without one Dagster would send telemetry and log slowly."""
    path = Path(os.environ.setdefault("DAGSTER_HOME", str(settings.home))) / "dagster.yaml"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(settings.root / "dagster.yaml", path)


def _rejected(raw_dir: Path, new_files: set[str]) -> list[tuple[str, str]]:
    """Files of this run that were rejected, and layouts that are refused; each with the reason."""
    columns = ["source_sha256", "source_file", "outcome", "error_message"]
    catalogues = (raw_dir / "received_files.parquet", raw_dir / "national" / "national_files.parquet")
    found = [
        (row["source_file"], row["error_message"] or "")
        for path in catalogues
        if path.exists()
        for row in pq.read_table(path, columns=columns, partitioning=None).to_pylist()
        if row["outcome"] == "rejected" and row["source_sha256"] in new_files
    ]
    problems = raw_dir / "rejected_problems.parquet"
    rows = pq.read_table(problems, partitioning=None).to_pylist() if problems.exists() else []
    return found + [(row["source_file"], row["message"]) for row in rows if row["issue_code"] == LAYOUT_REFUSED]


def _outcome(result: dg.ExecuteInProcessResult) -> Outcome:
    from orchestration.assets.keys import PUBLISHED_WAREHOUSE

    outcome = Outcome(published=result.success, run_id=result.run_id)
    for event in result.all_events:
        data: Any = event.event_specific_data
        if event.event_type_value == "ASSET_CHECK_EVALUATION" and not data.passed:
            found = (data.asset_key.to_user_string(), data.check_name, data.description or "")
            (outcome.failed_checks if data.severity.name == "ERROR" else outcome.warnings).append(found)
        elif event.event_type_value == "STEP_FAILURE" and outcome.failure is None:
            outcome.failed_step = event.step_key
            outcome.interrupted = _is_caused_by(data.error, *_INTERRUPTS)
            said = data.user_failure_data.description if data.user_failure_data else None
            outcome.failure = said or root_sentence(data.error)
        elif event.event_type_value == "PIPELINE_FAILURE" and outcome.failure is None:
            outcome.failure = root_sentence(data.error) or "The run failed."
            outcome.lock_taken = _is_caused_by(data.error, _LOCK_ERROR)
            # Between two steps, or while the lock was waited for.
            outcome.interrupted = _is_caused_by(data.error, *_INTERRUPTS)
        elif event.event_type_value == "ASSET_MATERIALIZATION" and event.asset_key == PUBLISHED_WAREHOUSE:
            outcome.published = True
    return outcome


def _is_caused_by(error: Any, *names: str) -> bool:
    while error is not None:
        if error.cls_name in names:
            return True
        error = error.cause
    return False
