"""The code location: one function builds all of it, for the server, the command line and the tests.

Belongs here: putting the parts together. Nothing is defined here.
"""

from __future__ import annotations

import warnings

import dagster as dg

from orchestration.assets.dbt_models import dbt_assets, dbt_project
from orchestration.assets.ingestion import ingestion_assets
from orchestration.assets.keys import FEWER, LOCK, PROGRESS
from orchestration.assets.national import national_assets
from orchestration.assets.publishing import publishing_assets
from orchestration.checks import warehouse_checks
from orchestration.jobs import refresh_job
from orchestration.partitions import reporting_quarters
from orchestration.resources import fewer_resource, lock_resource
from orchestration.schedules import quarter_ended_schedule
from orchestration.sensors import dead_run_sensor, failure_sensor, landing_sensor
from runtime.progress import Progress
from runtime.settings import Settings


def build_definitions(settings: Settings | None = None, **resources) -> dg.Definitions:
    """All assets, checks, the job, the schedule and the sensors.

    `settings` and each named resource (`progress`, `refresh_lock`) override the default. The dbt project is
    parsed only when it changed since the last time; DbtError when it cannot be.
    """
    settings = settings or Settings()
    # The one beta parameter that is used here; a person at the command line can do nothing about it.
    warnings.filterwarnings("ignore", message=".*`backfill_policy`", category=dg.BetaWarning)
    graph = dbt_project(settings).graph()
    partitions = reporting_quarters(settings)
    job = refresh_job()
    return dg.Definitions(
        assets=[
            *ingestion_assets(settings, graph, partitions),
            *national_assets(settings, graph),
            dbt_assets(settings, graph),
            *publishing_assets(settings, graph),
        ],
        asset_checks=warehouse_checks(settings, graph),
        jobs=[job],
        schedules=[quarter_ended_schedule(settings, job)],
        sensors=[landing_sensor(settings, job), failure_sensor(settings), dead_run_sensor(settings)],
        resources={LOCK: lock_resource(settings), FEWER: fewer_resource(settings), PROGRESS: Progress(), **resources},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    return build_definitions()
