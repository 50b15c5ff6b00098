"""Runs whose process is gone: Dagster would count them as running for good, and the queue would wait for them.

Belongs here: telling a dead run from a living one. The lock knows: whoever runs holds it.
"""

from datetime import UTC, datetime

import dagster as dg

from orchestration.jobs import COMMAND_LINE, STARTED_BY
from runtime.lock import lock_state
from runtime.settings import Settings

#: A tag of runs that were found dead; nobody else has told of their end.
CUT_SHORT = "quarterdeck/cut_short"
#: Between its start and its lock a run is alive and holds nothing yet.
_GRACE_SECONDS = 60


def purpose_of(run_id: str) -> str:
    """What a run signs the lock with."""
    return f"Dagster run {run_id[:8]}"


def bury_dead_runs(instance: dg.DagsterInstance, settings: Settings, *, holder: str | None = None) -> list[str]:
    """Mark runs as failed that are said to run and cannot; their ids.

    `holder` is the run that has the lock and asks. A run of the command line never waits for the lock; one that
    the UI, the schedule or the sensor started may.
    """
    owner = lock_state(settings.lock_path).running
    buried = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        run = record.dagster_run
        if run.run_id == holder or (owner is not None and owner.purpose == purpose_of(run.run_id)):
            continue
        if run.tags.get(STARTED_BY) == COMMAND_LINE:
            patience = 0 if holder else _GRACE_SECONDS
        else:
            patience = settings.lock_wait_seconds + _GRACE_SECONDS
        began = datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), UTC)
        if (datetime.now(UTC) - began).total_seconds() < patience:
            continue
        instance.add_run_tags(run.run_id, {CUT_SHORT: "true"})
        instance.report_run_failed(run, "The refresh was cut short: its process is gone.")
        buried.append(run.run_id)
    return buried
