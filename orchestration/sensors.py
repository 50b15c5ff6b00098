"""What starts or follows a run without a person: new content in the landing folder, and a failure.

Belongs here: seeing that something happened. What then happens is the job's.
"""

import hashlib
import json
import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from ingest.intake.errors import ConfigurationError, LayoutError
from ingest.intake.files import SourceUnreadable, open_regular
from ingest.intake.landing import notes_of
from ingest.intake.notes import MAX_BYTES
from orchestration.dead_runs import CUT_SHORT, bury_dead_runs
from orchestration.jobs import COMMAND_LINE, JOB_NAME, STARTED_BY
from orchestration.partitions import quarters_of_files
from publishing.pending import Outlook, look
from runtime.alerts import AlertError, post_failure, root_sentence
from runtime.lock import lock_state
from runtime.settings import Settings

_SETTLED_SECONDS = 2
#: Dagster's own tag, and ours beside it.
RUN_KEY, ATTEMPT = "dagster/run_key", "quarterdeck/attempt"
_UNDER_WAY = [status for status in dg.DagsterRunStatus if status.name not in ("SUCCESS", "FAILURE", "CANCELED")]
#: 1, 2, 4 ... 64 minutes after a run that failed: a lock is free by then, a full disk often is.
MOST_ATTEMPTS, FIRST_WAIT_SECONDS = 8, 60


def landing_sensor(settings: Settings, job) -> dg.SensorDefinition:
    @dg.sensor(
        job=job,
        name="new_content_in_landing",
        minimum_interval_seconds=settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts one run for each new content in the landing folder, for the quarter that the file "
        "says it is for; a file that does not say gets a run too, so that its rejection becomes visible. "
        "Content counts, not times: the same bytes start no second run, unless their name or note changed. "
        f"What a failed run has not done is asked for again, more slowly each time, {MOST_ATTEMPTS} times in all.",
    )
    def new_content_in_landing(context: dg.SensorEvaluationContext):
        seen, newest = _listing(settings.landing_dir)
        if seen == context.cursor:
            return dg.SkipReason("The landing folder has not changed.")
        if 0 <= time.time() - newest < _SETTLED_SECONDS:
            return dg.SkipReason("A file in the landing folder may still be being written.")
        try:
            outlook = look(settings)
        except (ConfigurationError, LayoutError) as error:
            return dg.SkipReason(str(error))
        wanted = _wanted(settings, outlook)
        if not wanted:
            # Only now: what was asked for is not what was done.
            context.update_cursor(seen)
            return dg.SkipReason("Nothing in the landing folder is new.")
        quarters = quarters_of_files(settings, [name for name, _ in outlook.new_files])
        requests, waits = [], []
        for key, name in wanted.items():
            attempt, wait = _attempt(context, settings, key, seen, received=name is None)
            if wait:
                waits.append(f"{name or 'What was received and is not published'}: {wait}")
                continue
            tags = {ATTEMPT: str(attempt), **({"quarterdeck/file": name} if name else {})}
            run_key = _run_key(key, seen, attempt)
            requests.append(dg.RunRequest(run_key=run_key, partition_key=quarters.get(name or ""), tags=tags))
        return requests or dg.SkipReason(" ".join(waits))

    return new_content_in_landing


def _wanted(settings: Settings, outlook: Outlook) -> dict[str, str | None]:
    """What there should be a run for, by key: the name of each new file, or None for what is received already."""
    if outlook.new_files:
        return {_content_key(settings, name, sha256): name for name, sha256 in outlook.new_files}
    return {f"unpublished-{outlook.unpublished[:32]}": None} if outlook.unpublished else {}


def _run_key(key: str, seen: str, attempt: int) -> str:
    """Dagster takes a key once, also for a run that failed. A folder that changed gives as many attempts again."""
    return key if attempt == 1 else f"{key}-{seen[:8]}-{attempt}"


def _attempt(
    context: dg.SensorEvaluationContext, settings: Settings, key: str, seen: str, *, received: bool
) -> tuple[int, str | None]:
    """Which attempt is due, and why not yet: None when it is. `received`: some run has the file already."""
    running = lock_state(settings.lock_path).running
    if received and (under_way := _records(context, dg.RunsFilter(job_name=JOB_NAME, statuses=_UNDER_WAY))):
        return 0, f"run {under_way[0].dagster_run.run_id[:8]} is under way."
    if received and running:
        return 0, f"a refresh is running: {running}."
    keys = [_run_key(key, seen, attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]
    runs = _records(context, dg.RunsFilter(tags={RUN_KEY: keys}))
    if not runs:
        return 1, None
    newest = runs[0]
    run = f"run {newest.dagster_run.run_id[:8]}"
    if not newest.dagster_run.is_finished:
        return len(runs), f"{run} is under way."
    if len(runs) == MOST_ATTEMPTS:
        return len(runs), (
            f"{run} was the last of {MOST_ATTEMPTS} and has not done it. See why, then change or touch a file in "
            "the landing folder, or start the job."
        )
    ended = newest.end_time or newest.update_timestamp.timestamp()
    due = ended + FIRST_WAIT_SECONDS * 2 ** (len(runs) - 1)
    if time.time() < due:
        at = datetime.fromtimestamp(due, UTC).astimezone()
        return len(runs), f"{run} has not done it; attempt {len(runs) + 1} of {MOST_ATTEMPTS} follows at {at:%H:%M:%S}."
    if running:
        return len(runs), f"{run} has not done it; the next attempt waits for another refresh: {running}."
    return len(runs) + 1, None


def _records(context: dg.SensorEvaluationContext, filters: dg.RunsFilter) -> list[dg.RunRecord]:
    try:
        return list(context.instance.get_run_records(filters))
    except dg.DagsterInvariantViolationError:
        # Evaluated by hand, without an instance: no run is known.
        return []


def dead_run_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name="runs_cut_short",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks runs as failed whose process is gone, after a power cut or a kill: the queue would wait "
        "for them for good.",
    )
    def runs_cut_short(context: dg.SensorEvaluationContext):
        buried = bury_dead_runs(context.instance, settings)
        return dg.SkipReason(f"Marked as failed: {', '.join(buried)}" if buried else "No run was cut short.")

    return runs_cut_short


def failure_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="tell_of_failure",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Posts a failed run to QUARTERDECK_WEBHOOK_URL, if that is set. A refresh from the command "
        "line posts by itself.",
    )
    def tell_of_failure(context: dg.RunFailureSensorContext):
        if settings.webhook_url is None:
            return dg.SkipReason("QUARTERDECK_WEBHOOK_URL is not set.")
        tags = context.dagster_run.tags
        if tags.get(STARTED_BY) == COMMAND_LINE and CUT_SHORT not in tags:
            return dg.SkipReason("The command line has told of it.")
        steps = context.get_step_failure_events()
        try:
            post_failure(
                settings.webhook_url,
                job=context.dagster_run.job_name,
                run_id=context.dagster_run.run_id,
                step=steps[0].step_key if steps else None,
                reason=_reason(context, steps),
            )
        except AlertError as error:
            context.log.error(str(error))
            return dg.SkipReason(str(error))
        return None

    return tell_of_failure


def _reason(context: dg.RunFailureSensorContext, steps) -> str:
    for event in steps:
        data = event.event_specific_data
        failure = getattr(data, "user_failure_data", None)
        if failure is not None and failure.description:
            return failure.description
        if data.error is not None:
            return root_sentence(data.error)
    error = getattr(context.failure_event.event_specific_data, "error", None)
    return root_sentence(error) or context.failure_event.message or "No reason was given."


def _listing(folder: Path) -> tuple[str, float]:
    """A hash of names, sizes and times below the folder, so that unchanged files are not read; the newest time."""
    entries, newest = [], 0.0
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            try:
                stat = os.stat(os.path.join(parent, name))
            except OSError:
                continue
            entries.append((os.path.join(parent, name), stat.st_size, stat.st_mtime_ns))
            newest = max(newest, stat.st_mtime)
    return hashlib.sha256(json.dumps(entries).encode()).hexdigest(), newest


def _content_key(settings: Settings, name: str, sha256: str) -> str:
    """The hash of the file; of a file received before also its new name and note, which decide what it is taken for."""
    if not settings.workspace().archive.path_of(sha256).exists():
        return sha256
    path = settings.landing_dir / name
    digest = hashlib.sha256(name.encode())
    for note in notes_of(path):
        with suppress(SourceUnreadable), open_regular(note, within=settings.landing_dir) as stream:
            digest.update(stream.read(MAX_BYTES))
    return f"{sha256}-{digest.hexdigest()[:12]}"
