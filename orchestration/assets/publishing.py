"""The published warehouse: the one asset that people outside see.

Belongs here: when the build may be published. How it is published belongs in quarterdeck/publishing.py.
"""

import dagster as dg

from orchestration.assets.dbt_models import asset_key_of, checked_build
from orchestration.assets.keys import LOCK, OWNERS, PROGRESS, PUBLISHED_WAREHOUSE
from orchestration.contract import in_words, public_nodes, table_faults
from orchestration.dbt import Graph
from quarterdeck.publishing import PublishingError, publish, published_versions
from quarterdeck.settings import Settings


def publishing_assets(settings: Settings, graph: Graph) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=PUBLISHED_WAREHOUSE,
        deps=[asset_key_of(node) for node in public_nodes(graph).values()],
        group_name="publishing",
        owners=OWNERS,
        kinds={"duckdb"},
        description="warehouse/quarterdeck.duckdb, which analysts open: the build, once its blocking checks have "
        "passed, in one atomic step. Readers of the one before go on undisturbed; the last few stay for "
        "`quarterdeck rollback`.",
        required_resource_keys={LOCK, PROGRESS},
    )
    def published_warehouse(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        context.resources.progress.stage("Publishing")
        mark = checked_build(settings)
        if mark is None:
            raise dg.Failure(
                "There is no build that has passed its tests; run the job quarterly_refresh.",
                allow_retries=False,
            )
        faults = {name: found for name, found in table_faults(settings.build_path, graph).items() if found}
        if faults:
            said = "; ".join(f"{name or 'schema marts'}: {in_words(found)}" for name, found in faults.items())
            raise dg.Failure(f"The build breaks the contract: {said}.", allow_retries=False)
        try:
            path = publish(
                settings.build_path,
                settings.warehouse_dir,
                settings.keep_published,
                note={"made_from": mark["made_from"], "run_id": context.run_id},
            )
        except PublishingError as error:
            raise dg.Failure(f"{error}", allow_retries=False) from error
        versions = published_versions(settings.warehouse_dir)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(path)),
                "bytes": path.stat().st_size,
                "earlier versions kept": len(versions) - 1,
                **{f"made from: {name}": digest[:16] for name, digest in mark["made_from"].items()},
            }
        )

    return [published_warehouse]
