"""The one job. The command line, the schedule, the sensor and the UI all run this object.

Belongs here: what a refresh consists of, and which tags ask it for which quarters.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg
from dagster import AssetSelection

from orchestration.assets.keys import RAW_DASHBOARDS

JOB_NAME = "quarterly_refresh"
#: Tag that says who started a run; the command line posts its own failures.
STARTED_BY = "quarterdeck/started_by"
COMMAND_LINE = "command line"

_PARTITION = "dagster/partition"
_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"


def refresh_job():
    """Everything, in one process: each extra process costs seconds of imports and the same memory again."""
    return dg.define_asset_job(
        JOB_NAME,
        selection=AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Receive what lies in the landing folder, read it, build the warehouse, check it, publish it. "
        "Choose a quarter, or a range of them; without any, all that is unread is read.",
    )


def partition_tags(quarters: Iterable[str]) -> dict[str, str]:
    """Tags that ask one run to read these quarters and those between them; none to read whatever is unread."""
    ordered = sorted(quarters)
    if not ordered:
        return {}
    if ordered[0] == ordered[-1]:
        return {_PARTITION: ordered[0]}
    return {_RANGE_START: ordered[0], _RANGE_END: ordered[-1]}


def reading_config(*, force: bool) -> dict:
    """Run config; `force` reads also what the present rules have read before."""
    return {"ops": {RAW_DASHBOARDS.to_python_identifier(): {"config": {"force": force}}}}
