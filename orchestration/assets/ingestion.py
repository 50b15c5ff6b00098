"""Received files, the raw dashboards by reporting quarter, and the raw tables that dbt reads.

Belongs here: calling ingest/ and showing what it says. How a file is read belongs in ingest/, what its
figures mean in dbt_project/.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest import edition_folders, pipeline
from ingest.intake import raw_tables as raw
from ingest.intake.archive import FileRecord
from ingest.intake.schemas import CATALOGUE_TABLES, EDITION_TABLES, PROBLEMS, ROWS, RawTable
from ingest.national.files import NationalRecord
from ingest.reports.schemas import REPORT_TABLES
from orchestration import markdown
from orchestration.assets.dbt_models import asset_key_of, columns_of
from orchestration.assets.keys import LOCK, OWNERS, PROGRESS, RAW_DASHBOARDS, RECEIVED_FILES
from orchestration.dbt import Graph
from orchestration.retries import clear_failures
from runtime.settings import Settings

GROUP = "ingestion"
SOURCE = "raw"
EDITION_IDENTIFIED = "edition_identified"
RAW_SCHEMA = "raw_schema"
EVERY_FILE_READ = "every_file_read"
EVERY_LINE_ACCOUNTED_FOR = "every_line_accounted_for"

_PREVIEW_COLUMNS = ("row_number", "label_text", "period_text", "value_text", "rag_text", "target_text")
_PREVIEW_ROWS = 5


class ReadingConfig(dg.Config):
    """`force` reads also what the present rules have read before."""

    force: bool = False


def ingestion_assets(
    settings: Settings, graph: Graph, partitions: dg.PartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The three steps before dbt. The last one materializes each source that the dbt project declares."""

    @dg.asset(
        key=RECEIVED_FILES,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python", "file"},
        description="Every file that was dropped in the landing folder, kept unchanged under its SHA-256, "
        "with what it was taken for. The same bytes again change nothing.",
        check_specs=[
            dg.AssetCheckSpec(
                EDITION_IDENTIFIED,
                asset=RECEIVED_FILES,
                description="Each file that this run received says which edition of which council it is. "
                "Lists the files that do not, and why. A rejected file never stops the others.",
            )
        ],
        required_resource_keys={LOCK, PROGRESS},
    )
    def received_files(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        progress = context.resources.progress
        progress.stage("Receiving files")
        workspace = settings.workspace()
        with clear_failures(context.retry_number):
            touched = pipeline.receive(workspace, progress=progress.step)
            archived = list(workspace.archive.records())
        rejected = [record for record in touched if record.outcome == "rejected"]
        return dg.MaterializeResult(
            metadata={
                "files in the archive": len(archived),
                "received or identified anew": len(touched),
                "rejected": len(rejected),
                "files": dg.MetadataValue.md(
                    markdown.table(
                        ("file", "edition", "layout", "bytes", "SHA-256", "outcome"),
                        [
                            (r.source_file, r.edition_key, r.layout, r.size_bytes, r.source_sha256[:16], r.outcome)
                            for r in touched or archived
                        ],
                    )
                ),
            },
            check_results=[none_rejected(EDITION_IDENTIFIED, rejected)],
        )

    @dg.asset(
        key=RAW_DASHBOARDS,
        deps=[RECEIVED_FILES],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python", "parquet"},
        description="The dashboards as text cells: each line of a file accounted for, each indicator row cut "
        "into its columns, nothing converted; and the reports on them as paragraphs and claims. One partition a "
        "reporting quarter, every version that was received.",
        check_specs=[
            dg.AssetCheckSpec(
                RAW_SCHEMA,
                asset=RAW_DASHBOARDS,
                blocking=True,
                description="The Parquet files that this run wrote agree with the schemas that "
                "ingest/intake/schemas.py declares: columns, types, nulls, allowed values, keys.",
            ),
            dg.AssetCheckSpec(
                EVERY_FILE_READ,
                asset=RAW_DASHBOARDS,
                description="Each file of these quarters could be read. Lists those that could not, and why.",
            ),
            dg.AssetCheckSpec(
                EVERY_LINE_ACCOUNTED_FOR,
                asset=RAW_DASHBOARDS,
                blocking=True,
                description="Each source line has exactly one disposition; together they add up to the file.",
            ),
        ],
        required_resource_keys={LOCK, PROGRESS},
    )
    def raw_dashboards(context: dg.AssetExecutionContext, config: ReadingConfig) -> dg.MaterializeResult:
        progress = context.resources.progress
        progress.stage("Reading dashboards")
        workspace = settings.workspace()
        partitioned = context.has_partition_key or context.has_partition_key_range
        quarters = context.partition_keys if partitioned else None
        started = time.perf_counter()
        with clear_failures(context.retry_number):
            read = pipeline.read_editions(workspace, quarters, force=config.force, progress=progress.step)
        seconds = time.perf_counter() - started
        loaded = [record for record in read if record.outcome == "loaded"]
        by_quarter = defaultdict(list)
        for record in workspace.archive.records():
            by_quarter[record.reporting_quarter].append(record)
        for quarter in quarters or ():
            if quarter in by_quarter:
                metadata = _quarter_metadata(workspace.raw_dir, by_quarter[quarter])
                context.add_asset_metadata(metadata, partition_key=quarter)
        return dg.MaterializeResult(
            metadata={
                "files read by this run": len(read),
                "rows read by this run": sum(record.row_count or 0 for record in loaded),
                "rejected": len(read) - len(loaded),
                "seconds of reading": round(seconds, 3),
            },
            check_results=[
                schema_check(RAW_DASHBOARDS, _edition_violations(workspace.raw_dir, loaded)),
                _lines_check(workspace.raw_dir, loaded),
                none_rejected(EVERY_FILE_READ, [record for record in read if record.outcome == "rejected"]),
            ],
        )

    sources = {
        node.name: node for node in graph.nodes.values() if node.resource_type == "source" and node.layer == SOURCE
    }
    catalogue = {table.name: table for table in CATALOGUE_TABLES} | {"rejected_problems": PROBLEMS}
    of_files = {table.name: table for table in (*EDITION_TABLES, *REPORT_TABLES)}

    @dg.multi_asset(
        name="raw_tables",
        specs=[
            dg.AssetSpec(
                asset_key_of(node),
                deps=[RECEIVED_FILES, RAW_DASHBOARDS],
                description=node.description,
                group_name=GROUP,
                owners=OWNERS,
                kinds={"python", "parquet"},
                metadata={"dagster/column_schema": columns_of(node) or _columns(name)},
            )
            for name, node in sources.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(
                RAW_SCHEMA,
                asset=asset_key_of(sources[name]),
                blocking=True,
                description="What dbt is about to read agrees with the schema that ingest/intake/schemas.py declares: "
                "a catalogue table in full, the files of editions by their columns and types.",
            )
            for name in sources
        ],
        required_resource_keys={LOCK, PROGRESS},
    )
    def raw_tables(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        context.resources.progress.stage("Writing the catalogue")
        workspace = settings.workspace()
        with clear_failures(context.retry_number):
            written = pipeline.write_catalogue(workspace)
        loaded = [record for record in written.records if record.outcome == "loaded"]
        for name, node in sources.items():
            rows, violations = 0, []
            if name in catalogue:
                path = workspace.raw_dir / f"{name}.parquet"
                rows, violations = pq.read_metadata(path).num_rows, raw.violations(catalogue[name], path)
            elif name in of_files:
                holding = [record for record in loaded if of_files[name] in edition_folders.tables_of(record)]
                rows, violations = _edition_footers(workspace.raw_dir, holding, of_files[name])
            else:
                violations = [f"ingest/intake/schemas.py declares no table {name}"]
            yield dg.MaterializeResult(
                asset_key=asset_key_of(node),
                metadata={"dagster/row_count": rows},
                check_results=[schema_check(asset_key_of(node), violations)],
            )

    return [received_files, raw_dashboards, raw_tables]


def none_rejected(
    check: str, rejected: Sequence[FileRecord | NationalRecord], key: dg.AssetKey | None = None
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check,
        passed=not rejected,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(rejected)} rejected" if rejected else None,
        metadata={
            "rejected files": dg.MetadataValue.md(
                markdown.table(
                    ("file", "code", "reason"),
                    [(record.source_file, record.error_code, record.error_message) for record in rejected],
                )
            )
        }
        if rejected
        else {},
    )


def schema_check(key: dg.AssetKey, violations: list[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=RAW_SCHEMA,
        passed=not violations,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(violations[:5]) or None,
        metadata={"violations": dg.MetadataValue.json(violations)} if violations else {},
    )


def _edition_violations(raw_dir: Path, loaded: list[FileRecord]) -> list[str]:
    return [
        f"{record.edition_key}: {violation}"
        for record in loaded
        for table in edition_folders.tables_of(record)
        for violation in raw.violations(table, _table_path(raw_dir, record, table))
    ]


def _edition_footers(raw_dir: Path, loaded: list[FileRecord], table: RawTable) -> tuple[int, list[str]]:
    """Rows of all files of an edition table, and what their columns have against the declared ones.

    Only the footers are read: what the files hold was checked when they were written.
    """
    rows, violations = 0, []
    for record in loaded:
        path = _table_path(raw_dir, record, table)
        try:
            footer = pq.read_metadata(path)
        except (OSError, pa.ArrowInvalid) as error:
            violations.append(f"{record.edition_key}: {path.name} cannot be read: {error}")
            continue
        rows += footer.num_rows
        if not footer.schema.to_arrow_schema().equals(table.schema):
            violations += [f"{record.edition_key}: {found}" for found in raw.violations(table, path)]
    return rows, violations


def _lines_check(raw_dir: Path, loaded: list[FileRecord]) -> dg.AssetCheckResult:
    faults, counts = [], {}
    for record in loaded:
        counts[f"{record.edition_key} report" if record.is_report else record.edition_key] = record.dispositions
        faults += _line_faults(
            record, pq.read_table(_table_path(raw_dir, record, edition_folders.lines_of(record)), partitioning=None)
        )
    return dg.AssetCheckResult(
        asset_key=RAW_DASHBOARDS,
        check_name=EVERY_LINE_ACCOUNTED_FOR,
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(faults[:5]) or None,
        metadata={
            "lines by disposition": dg.MetadataValue.json(counts),
            "faults": dg.MetadataValue.json(faults),
        },
    )


def _line_faults(record: FileRecord, lines: pa.Table) -> list[str]:
    faults = []
    counted = sum(record.dispositions.values())
    if counted != record.line_count:
        faults.append(f"{record.source_file}: {counted} lines have a disposition, the file has {record.line_count}")
    if lines["line_number"].to_pylist() != list(range(1, (record.line_count or 0) + 1)):
        faults.append(f"{record.source_file}: the lines are not numbered 1 to {record.line_count}, each once")
    written = {pair["values"]: pair["counts"] for pair in pc.value_counts(lines["disposition"]).to_pylist()}
    if written != {name: count for name, count in record.dispositions.items() if count}:
        faults.append(f"{record.source_file}: written {written}, counted {record.dispositions}")
    return faults


def _quarter_metadata(raw_dir: Path, records: list[FileRecord]) -> dict[str, dg.MetadataValue]:
    shown = [record for record in records if record.outcome == "loaded"]
    metadata = {
        "versions": dg.MetadataValue.md(
            markdown.table(
                ("file", "SHA-256", "edition", "layout", "lines", "rows", "outcome"),
                [
                    (r.source_file, r.source_sha256[:16], r.edition_key, r.layout, r.line_count, r.row_count, r.outcome)
                    for r in records
                ],
            )
        ),
        "dagster/partition_row_count": dg.MetadataValue.int(sum(record.row_count or 0 for record in shown)),
        "problems": dg.MetadataValue.int(sum(len(record.problems) for record in shown)),
    }
    dashboards = [record for record in shown if not record.is_report]
    if dashboards:
        rows = pq.read_table(
            _table_path(raw_dir, dashboards[-1], ROWS), partitioning=None, columns=list(_PREVIEW_COLUMNS)
        )
        preview = [tuple(row.values()) for row in rows.slice(0, _PREVIEW_ROWS).to_pylist()]
        metadata["preview"] = dg.MetadataValue.md(markdown.table(_PREVIEW_COLUMNS, preview))
    return metadata


def _columns(source: str) -> dg.TableSchema:
    declared = {table.name: table for table in (*EDITION_TABLES, *REPORT_TABLES, *CATALOGUE_TABLES)} | {
        "rejected_problems": PROBLEMS
    }
    return table_columns(declared[source]) if source in declared else dg.TableSchema([])


def table_columns(table: RawTable) -> dg.TableSchema:
    return dg.TableSchema(
        [
            dg.TableColumn(field.name, str(field.type), constraints=dg.TableColumnConstraints(nullable=field.nullable))
            for field in table.schema
        ]
    )


def _table_path(raw_dir: Path, record: FileRecord, table: RawTable) -> Path:
    return edition_folders.folder_of(raw_dir, record) / f"{table.name}.parquet"
