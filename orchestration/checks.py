"""Checks of the finished build that are not dbt tests: its public shape, and what a person must look at.

Belongs here: comparing the build with the contract. Rules on the data belong in dbt tests; checks on raw
files stand beside the asset that writes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import yaml

from orchestration.assets.dbt_models import asset_key_of
from orchestration.dbt import Graph, Node
from quarterdeck.quarters import ended_quarter, last_day
from quarterdeck.settings import Settings

PUBLISHED_COLUMNS = "published_columns"
FRESHNESS = "newest_edition_in_time"

CONTRACT_PATH = Path(__file__).parent / "public_contract.yml"
PUBLIC_SCHEMA = "marts"


def promised_columns() -> dict[str, list[str]]:
    """Table to the columns that must exist: the part of the contract that only a major version may change."""
    return yaml.safe_load(CONTRACT_PATH.read_text())


def column_faults(
    declared: Sequence[str], promised: Sequence[str], actual: Sequence[str] | None
) -> dict[str, list[str]]:
    """What is missing and what is surplus, by name; empty when the table is as it should be.

    `declared` is what the dbt project says of the table, `promised` the contract, `actual` None without a table.
    """
    if actual is None:
        return {"missing": sorted({*declared, *promised})}
    missing = [name for name in dict.fromkeys([*promised, *declared]) if name not in actual]
    surplus = [name for name in actual if name not in declared]
    undeclared = [name for name in promised if name not in declared and name in actual]
    return {
        kind: names
        for kind, names in {
            "missing": missing,
            "surplus": surplus,
            "promised but not declared": undeclared,
        }.items()
        if names
    }


def warehouse_checks(settings: Settings, graph: Graph) -> list[dg.AssetChecksDefinition]:
    public = {node.name: node for node in graph.nodes.values() if node.is_public}
    promised = promised_columns()
    # A promised table that the project has lost has no asset left to show it.
    stand_in = public.get("dim_edition") or next(iter(public.values()))
    keys = {name: asset_key_of(node) for name, node in public.items()}
    specs = [
        dg.AssetCheckSpec(
            PUBLISHED_COLUMNS,
            asset=key,
            blocking=True,
            description="The table has the columns that the project declares and the contract promises, "
            "no fewer and no others.",
        )
        for key in keys.values()
    ]
    if "dim_edition" in public:
        specs.append(
            dg.AssetCheckSpec(
                FRESHNESS,
                asset=keys["dim_edition"],
                description=f"{settings.schedule_delay_days} days after a quarter has ended, its edition is there.",
            )
        )

    @dg.multi_asset_check(specs=specs, name="warehouse_checks")
    def warehouse() -> Iterator[dg.AssetCheckResult]:
        import duckdb

        with duckdb.connect(str(settings.build_path), read_only=True) as connection:
            actual = _actual_columns(connection)
            lost = [name for name in promised if name not in public]
            for name, node in public.items():
                faults = column_faults(list(node.columns), promised.get(name, []), actual.get(name))
                if node is stand_in and lost:
                    faults["tables missing"] = lost
                yield _columns_check(node, faults, actual.get(name))
            if "dim_edition" in actual:
                editions = connection.execute("select distinct financial_year, quarter from marts.dim_edition")
                yield freshness(settings, keys["dim_edition"], editions.fetchall(), date.today())

    return [warehouse]


def freshness(
    settings: Settings, key: dg.AssetKey, editions: Sequence[tuple[str, int]], today: date
) -> dg.AssetCheckResult:
    """Whether the edition of the quarter that ended last, and whose delay is over, is among `editions`."""
    due = ended_quarter(today, settings.schedule_delay_days)
    passed = (due.financial_year, due.quarter) in editions
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=FRESHNESS,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=None
        if passed
        else f"{due.key} ended on {last_day(due):%d %B %Y} and its dashboard has not been received",
        metadata={"due": due.key},
    )


def _columns_check(node: Node, faults: Mapping[str, list[str]], actual: list[str] | None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset_key_of(node),
        check_name=PUBLISHED_COLUMNS,
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(f"{kind}: {', '.join(names)}" for kind, names in faults.items()) or None,
        metadata={
            "expected": dg.MetadataValue.json(list(node.columns)),
            "actual": dg.MetadataValue.json(actual),
        }
        if faults
        else {},
    )


def _actual_columns(connection) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = ? order by table_name, column_index",
        [PUBLIC_SCHEMA],
    ).fetchall():
        columns.setdefault(table, []).append(column)
    return columns
