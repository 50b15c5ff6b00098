"""The dbt models and seeds as assets of their own, and their tests as checks, built by one step.

Belongs here: how a dbt node looks in Dagster. What dbt is and how it runs belongs in orchestration/dbt.py,
SQL in dbt_project/.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration import markdown
from orchestration.assets.keys import LOCK, OWNERS, PROGRESS
from orchestration.dbt import DbtError, DbtProject, Graph, Node, NodeResult, Test, offending_rows
from orchestration.retries import clear_failures
from publishing.pending import made_from
from runtime.settings import Settings
from runtime.space import require_space

_PREVIEW_ROWS = 5


def dbt_project(settings: Settings) -> DbtProject:
    return DbtProject(settings.dbt_project_dir, settings.dbt_target_dir, settings.home)


def asset_key_of(node: Node) -> dg.AssetKey:
    """`marts/dim_edition`, `staging/stg_raw__rows`, `seeds/indicators`, `raw/lines`."""
    return dg.AssetKey([node.layer, node.name])


def columns_of(node: Node) -> dg.TableSchema | None:
    """The declared columns; None when the project declares none."""
    if not node.columns:
        return None
    return dg.TableSchema(
        [
            dg.TableColumn(name, column["type"] or "string", column["description"] or None)
            for name, column in node.columns.items()
        ]
    )


def dbt_assets(settings: Settings, graph: Graph) -> dg.AssetsDefinition:
    """One multi-asset for the whole project: dbt parses, connects and builds once."""
    built = {uid: node for uid, node in graph.nodes.items() if node.resource_type != "source"}
    tests = {uid: test for uid, test in graph.tests.items() if _checked_asset(test, graph) is not None}

    @dg.multi_asset(
        name="dbt_build",
        specs=[_asset_spec(node, graph) for node in built.values()],
        check_specs=[_check_spec(test, _checked_asset(test, graph)) for test in tests.values()],
        required_resource_keys={LOCK, PROGRESS},
    )
    def dbt_build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        progress = context.resources.progress
        project = dbt_project(settings)
        if project.fingerprint() != graph.fingerprint:
            raise dg.Failure(
                "The dbt project was changed after this code location was loaded. Reload it and run again.",
                allow_retries=False,
            )
        with clear_failures(context.retry_number):
            _clear_build(settings)
            inputs = made_from(settings)
        progress.stage("Building the warehouse", total=len(built) + len(tests))

        def on_event(state: str, unique_id: str) -> None:
            if state != "start":
                progress.step(unique_id.split(".")[2] if unique_id.count(".") > 1 else unique_id)

        try:
            results = {result.unique_id: result for result in project.build(on_event)}
        except DbtError as error:
            raise dg.Failure(f"dbt could not run: {error}", allow_retries=False) from error

        rows, previews = _look_into(settings, built)
        for unique_id, node in built.items():
            result = results.get(unique_id)
            if result is not None and result.good:
                yield dg.MaterializeResult(
                    asset_key=asset_key_of(node), metadata=_built_metadata(node, result, rows, previews)
                )
        blocked = False
        for unique_id, test in tests.items():
            result = results.get(unique_id)
            if result is not None and result.status != "skipped":
                check = _check_result(settings, test, result, _checked_asset(test, graph))
                blocked |= not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
                yield check
        broken = [
            f"{uid.split('.')[-1]}: {result.message}"
            for uid, result in results.items()
            if not result.good and result.status != "skipped" and uid not in tests
        ]
        if broken:
            raise dg.Failure(f"dbt could not build {'; '.join(broken[:3])}", allow_retries=False)
        if not blocked:
            _mark_checked(settings, context.run.run_id, inputs)

    return dbt_build


def checked_build(settings: Settings) -> Mapping[str, Any] | None:
    """What was noted when the build passed its tests; None when the build is another one, or did not."""
    try:
        mark = json.loads(_mark_path(settings).read_text())
        return mark if mark["built_ns"] == settings.build_path.stat().st_mtime_ns else None
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _mark_checked(settings: Settings, run_id: str, inputs: Mapping[str, str]) -> None:
    mark = {"built_ns": settings.build_path.stat().st_mtime_ns, "run_id": run_id, "made_from": dict(inputs)}
    _mark_path(settings).write_text(json.dumps(mark))


def _mark_path(settings: Settings):
    return settings.build_dir / "checked.json"


def _clear_build(settings: Settings) -> None:
    """An empty place for dbt: what an interrupted build left would be built upon."""
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    for path in (_mark_path(settings), settings.build_path, settings.build_path.with_suffix(".duckdb.wal")):
        path.unlink(missing_ok=True)
    require_space(settings)


def _asset_spec(node: Node, graph: Graph) -> dg.AssetSpec:
    columns = columns_of(node)
    return dg.AssetSpec(
        asset_key_of(node),
        deps=[asset_key_of(graph.nodes[parent]) for parent in node.depends_on if parent in graph.nodes],
        description=node.description or None,
        group_name=node.group or node.layer,
        owners=OWNERS,
        kinds={"duckdb", "dbt", "csv"} if node.resource_type == "seed" else {"duckdb", "dbt"},
        skippable=True,
        metadata={
            "file": f"dbt_project/{node.path}",
            "dagster/table_name": f"{node.schema}.{node.name}",
            **({"dagster/column_schema": columns} if columns else {}),
        },
    )


def _checked_asset(test: Test, graph: Graph) -> dg.AssetKey | None:
    """The asset that shows the test. A test of a source is shown on the first model that reads the source."""
    node = graph.nodes[test.attached_to]
    if node.resource_type == "source":
        readers = (child for child in graph.nodes.values() if node.unique_id in child.depends_on)
        node = next(readers, None)
    return asset_key_of(node) if node else None


def _check_spec(test: Test, key: dg.AssetKey | None) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        test.name,
        asset=key,
        description=test.description or None,
        blocking=test.severity == "error",
    )


def _check_result(settings: Settings, test: Test, result: NodeResult, key: dg.AssetKey | None) -> dg.AssetCheckResult:
    if result.status == "pass":
        return dg.AssetCheckResult(asset_key=key, check_name=test.name, passed=True)
    said, metadata = result.message, {"dbt says": result.message}
    if result.compiled_code and result.failing_rows:
        header, rows = offending_rows(settings.build_path, result.compiled_code)
        if rows:
            first = ", ".join(f"{name} {value}" for name, value in zip(header, rows[0], strict=True))
            said = f"{result.failing_rows} {'row' if result.failing_rows == 1 else 'rows'}, the first: {first}"
            metadata["offending rows"] = dg.MetadataValue.md(markdown.table(header, rows))
            metadata["how many"] = result.failing_rows
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=test.name,
        passed=False,
        severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
        description=said,
        metadata=metadata,
    )


def _look_into(settings: Settings, built: Mapping[str, Node]) -> tuple[dict[tuple[str, str], int], dict[str, str]]:
    """Row counts of the tables that the build holds, and a preview of the public ones."""
    import duckdb

    if not settings.build_path.exists():
        return {}, {}
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        found = connection.execute("select schema_name, table_name, estimated_size from duckdb_tables()").fetchall()
        rows = {(schema, name): count for schema, name, count in found}
        previews = {}
        for unique_id, node in built.items():
            if node.is_public and (node.schema, node.name) in rows:
                cursor = connection.execute(f'select * from "{node.schema}"."{node.name}" limit {_PREVIEW_ROWS}')
                header = [column[0] for column in cursor.description]
                previews[unique_id] = markdown.table(header, cursor.fetchall())
    return rows, previews


def _built_metadata(
    node: Node, result: NodeResult, rows: Mapping[tuple[str, str], int], previews: Mapping[str, str]
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"seconds": round(result.seconds, 3)}
    if (node.schema, node.name) in rows:
        metadata["dagster/row_count"] = rows[(node.schema, node.name)]
    if node.unique_id in previews:
        metadata["preview"] = dg.MetadataValue.md(previews[node.unique_id])
    return metadata
