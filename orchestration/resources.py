"""What the assets share: the lock, who listens to the progress, and whether a warehouse may shrink.

Belongs here: things with a life of their own during a run. Settings are not a resource; they shape the
graph, so `build_definitions` takes them.
"""

import dagster as dg

from orchestration.dead_runs import bury_dead_runs, purpose_of
from runtime.lock import refresh_lock
from runtime.settings import Settings


def lock_resource(settings: Settings) -> dg.ResourceDefinition:
    """The lock, taken before the first step and freed after the last, whoever started the run.

    RefreshInProgress fails the run when another refresh does not end within `wait_seconds`.
    """

    @dg.resource(config_schema={"wait_seconds": dg.Field(dg.Noneable(float), is_required=False)})
    def lock(context: dg.InitResourceContext):
        configured = context.resource_config.get("wait_seconds")
        wait_seconds = settings.lock_wait_seconds if configured is None else configured
        run_id = context.run.run_id if context.run else ""
        with refresh_lock(settings.lock_path, purpose=purpose_of(run_id), wait_seconds=wait_seconds) as held:
            if context.instance is not None:
                bury_dead_runs(context.instance, settings, holder=run_id)
            if held.stale_owner and context.log:
                context.log.warning(
                    f"The refresh before this one was cut short: {held.stale_owner}, since {held.stale_owner.since}."
                )
            yield held

    return lock


def fewer_resource(settings: Settings) -> dg.ResourceDefinition:
    """Whether a warehouse with fewer editions or figures than the published one may be published."""

    @dg.resource(config_schema={"allow": dg.Field(dg.Noneable(bool), is_required=False)})
    def fewer(context: dg.InitResourceContext) -> bool:
        configured = context.resource_config.get("allow")
        return settings.allow_fewer if configured is None else configured

    return fewer
