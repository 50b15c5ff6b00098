"""What people outside see: the published warehouse, and the site and the exports that are made from it.

Belongs here: when something may be published. How it is published belongs in publishing/warehouse_versions.py and
publishing/site_and_exports.py.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration.assets.dbt_models import asset_key_of, checked_build
from orchestration.assets.keys import (
    FEWER,
    LOCK,
    OWNERS,
    PROGRESS,
    PUBLISHED_EXPORTS,
    PUBLISHED_SITE,
    PUBLISHED_WAREHOUSE,
)
from orchestration.contract import in_words, public_nodes, table_faults
from orchestration.dbt import Graph
from publishing.losses import losses
from publishing.queries import WarehouseError
from publishing.site.lineage import nodes_of
from publishing.site_and_exports import publish_exports, publish_site
from publishing.warehouse_versions import PublishingError, publish, published_versions
from runtime.settings import Settings


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
        required_resource_keys={LOCK, PROGRESS, FEWER},
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
        # Who materializes this asset alone has passed by the check.
        lost = losses(settings.build_path, settings.published_path, settings.most_figures_lost)
        if lost and not context.resources.fewer_than_published:
            raise dg.Failure(f"The build has less than what is published: {'; '.join(lost)}.", allow_retries=False)
        try:
            path = publish(
                settings.build_path,
                settings.warehouse_dir,
                settings.keep_published,
                note={"made_from": mark["made_from"], "run_id": context.run.run_id},
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

    @dg.asset(
        key=PUBLISHED_SITE,
        deps=[PUBLISHED_WAREHOUSE],
        group_name="publishing",
        owners=OWNERS,
        kinds={"html"},
        description="publish/site: the dashboards, the indicators, the benchmarks and the data's quality as pages that "
        "need no server, from the published warehouse and replaced in one step. Only pages whose data changed are "
        "written anew.",
        required_resource_keys={LOCK, PROGRESS},
    )
    def published_site(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        context.resources.progress.stage("Publishing the site")
        with _said_clearly("site"):
            built = publish_site(settings, nodes_of(graph))
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(settings.site_dir)),
                "pages": built.pages,
                "pages written anew": built.written,
                "disclosure": settings.disclosure.value,
            }
        )

    @dg.asset(
        key=PUBLISHED_EXPORTS,
        deps=[PUBLISHED_WAREHOUSE],
        group_name="publishing",
        owners=OWNERS,
        kinds={"parquet", "csv", "excel"},
        description="publish/exports: every public table as Parquet and CSV, a workbook, and a description of them, "
        "from the published warehouse and replaced in one step.",
        required_resource_keys={LOCK, PROGRESS},
    )
    def published_exports(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        context.resources.progress.stage("Publishing the exports")
        with _said_clearly("exports"):
            publish_exports(settings)
        files = [path for path in settings.exports_dir.rglob("*") if path.is_file()]
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(settings.exports_dir)),
                "files": len(files),
                "bytes": sum(path.stat().st_size for path in files),
                "disclosure": settings.disclosure.value,
            }
        )

    return [published_warehouse, published_site, published_exports]


@contextmanager
def _said_clearly(what: str) -> Iterator[None]:
    """What stopped the publishing of pages in one sentence. The warehouse is published by then, and stays so."""
    try:
        yield
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        said = f"{error.strerror}{where}" if error.strerror else str(error).rstrip(".")
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            said += ". Make room on that disk and run the refresh again"
        raise dg.Failure(f"The {what} could not be published: {said}.", allow_retries=False) from error
    except WarehouseError as error:
        raise dg.Failure(f"The {what} could not be published: {error}", allow_retries=False) from error
