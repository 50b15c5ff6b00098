"""When the job runs by the calendar.

Belongs here: the days. Files that arrive on other days are the sensor's.
"""

from datetime import timedelta

import dagster as dg

from ingest.intake.errors import ConfigurationError, LayoutError
from ingest.intake.quarters import ReportingQuarter, ended_quarter, last_day
from orchestration.jobs import partition_tags
from orchestration.partitions import pending_quarters
from publishing.pending import look
from runtime.settings import Settings

TIMEZONE = "Europe/London"
_HOUR = 6


def quarter_crons(delay_days: int) -> list[str]:
    """Four days a year, `delay_days` after each quarter's end, at six in the morning."""
    ends = (last_day(ReportingQuarter(2021, number)) for number in (1, 2, 3, 4))
    days = [end + timedelta(days=delay_days) for end in ends]
    return [f"0 {_HOUR} {day.day} {day.month} *" for day in days]


def quarter_ended_schedule(settings: Settings, job) -> dg.ScheduleDefinition:
    @dg.schedule(
        job=job,
        name="quarter_has_ended",
        cron_schedule=quarter_crons(settings.schedule_delay_days),
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{settings.schedule_delay_days} days after the end of a quarter, at 06:00 {TIMEZONE}: by then "
        "its dashboard is expected (QUARTERDECK_SCHEDULE_DELAY_DAYS). Skips when nothing is new.",
    )
    def quarter_has_ended(context: dg.ScheduleEvaluationContext):
        due = ended_quarter(context.scheduled_execution_time.date(), settings.schedule_delay_days)
        try:
            outlook = look(settings)
        except (ConfigurationError, LayoutError) as error:
            return dg.SkipReason(str(error))
        if not outlook:
            return dg.SkipReason(f"Nothing new for {due.key}: the published warehouse holds all that was received.")
        quarters = {due.key, *pending_quarters(settings, outlook)}
        return dg.RunRequest(run_key=due.key, tags=partition_tags(quarters))

    return quarter_has_ended
