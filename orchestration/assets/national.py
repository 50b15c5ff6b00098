"""The national files as raw tables that dbt reads.

Belongs here: calling ingest/national/ and showing what it says. Which table comes from which file belongs there,
what its values mean in dbt_project/.
"""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from ingest.intake import raw_tables
from ingest.national import files
from ingest.national.schemas import NATIONAL_CATALOGUE, NATIONAL_TABLES, RawTable
from orchestration import markdown
from orchestration.assets.dbt_models import asset_key_of, columns_of
from orchestration.assets.ingestion import GROUP, RAW_SCHEMA, none_rejected, schema_check, table_columns
from orchestration.assets.keys import LOCK, OWNERS, PROGRESS, RECEIVED_FILES
from orchestration.dbt import Graph
from orchestration.retries import clear_failures
from runtime.settings import Settings

SOURCE = "national"
NATIONAL_FILES_READ = "national_files_read"
OPEN_DATA_STANDARD = "open_data_standard"
OP_NAME = "national_tables"


def national_assets(settings: Settings, graph: Graph) -> list[dg.AssetsDefinition]:
    """One step that reads every national file that is new, and materializes each table that dbt reads of them."""
    sources = {
        node.name: node for node in graph.nodes.values() if node.resource_type == "source" and node.layer == SOURCE
    }
    catalogue = {table.name: table for table in NATIONAL_CATALOGUE}
    tables = {table.name: table for table in NATIONAL_TABLES}

    @dg.multi_asset(
        name=OP_NAME,
        specs=[
            dg.AssetSpec(
                asset_key_of(node),
                deps=[RECEIVED_FILES],
                description=node.description,
                group_name=GROUP,
                owners=OWNERS,
                kinds={"python", "parquet"},
                metadata={"dagster/column_schema": columns_of(node) or table_columns((catalogue | tables)[name])},
            )
            for name, node in sources.items()
        ],
        check_specs=[
            *(
                dg.AssetCheckSpec(
                    RAW_SCHEMA,
                    asset=asset_key_of(node),
                    blocking=True,
                    description="What dbt is about to read agrees with the schema that ingest/national/schemas.py "
                    "declares: a catalogue table in full, the others by their columns and types.",
                )
                for node in sources.values()
            ),
            dg.AssetCheckSpec(
                NATIONAL_FILES_READ,
                asset=asset_key_of(sources["national_files"]),
                description="Each national file could be read. Lists those that could not, and why.",
            ),
            dg.AssetCheckSpec(
                OPEN_DATA_STANDARD,
                asset=asset_key_of(sources["open_data_checks"]),
                description="Each open-data file keeps the standard it is published in. Lists what it fails.",
            ),
        ],
        required_resource_keys={LOCK, PROGRESS},
    )
    def national_tables(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        progress = context.resources.progress
        progress.stage("Reading national files")
        workspace = settings.workspace()
        with clear_failures(context.retry_number):
            files.receive_and_read(workspace, progress=progress.step)
            written = files.write_catalogue(workspace)
        folder = workspace.raw_dir / SOURCE
        for name, node in sources.items():
            key = asset_key_of(node)
            if name in catalogue:
                path = folder / f"{name}.parquet"
                rows, violations = pq.read_metadata(path).num_rows, raw_tables.violations(catalogue[name], path)
            else:
                rows, violations = _footers(folder / name, tables[name])
            checks = [schema_check(key, violations)]
            if name == "national_files":
                rejected = [record for record in written.records if record.outcome == "rejected"]
                checks.append(none_rejected(NATIONAL_FILES_READ, rejected, key))
            elif name == "open_data_checks":
                checks.append(_standard_check(key, folder / f"{name}.parquet"))
            yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": rows}, check_results=checks)

    return [national_tables]


def _footers(folder: Path, table: RawTable) -> tuple[int, list[str]]:
    """Rows of all versions of a table, and what their columns have against the declared ones."""
    rows, violations = 0, []
    for path in sorted(folder.glob("[!.]*/rows.parquet")):
        footer = pq.read_metadata(path)
        rows += footer.num_rows
        if not footer.schema.to_arrow_schema().equals(table.schema):
            violations.append(f"{path.parent.name}: not the columns and types that ingest/national/schemas.py declares")
    return rows, violations


def _standard_check(key: dg.AssetKey, path: Path) -> dg.AssetCheckResult:
    found = [row for row in pq.read_table(path).to_pylist() if row["result"] != "passed"]
    failed = [row for row in found if row["result"] == "failed"]
    columns = ("source_file", "stage", "check_name", "result", "row_count", "message")
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=OPEN_DATA_STANDARD,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{failed[0]['source_file']}: {failed[0]['message']}" if failed else None,
        metadata={
            "failed": len(failed),
            "warned": len(found) - len(failed),
            "findings": dg.MetadataValue.md(
                markdown.table(columns, [tuple(row[column] for column in columns) for row in found])
            ),
        },
    )
