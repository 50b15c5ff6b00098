"""Checks of the finished build that are not dbt tests: its public shape, and whether an edition is overdue.

Belongs here: turning findings on the whole build into check results. Rules on the data belong in dbt tests;
checks on raw files stand beside the asset that writes them.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg

from orchestration.assets.dbt_models import asset_key_of
from orchestration.assets.keys import LOCK
from orchestration.contract import Faults, in_words, public_nodes, table_faults
from orchestration.dbt import Graph
from quarterdeck.quarters import ended_quarter, last_day
from quarterdeck.settings import Settings

PUBLISHED_COLUMNS = "published_columns"
FRESHNESS = "newest_edition_in_time"
#: Shows what no table of its own can show: tables that are gone or should not be there.
FIRST_TABLE = "dim_edition"


def warehouse_checks(settings: Settings, graph: Graph) -> list[dg.AssetChecksDefinition]:
    """The checks between dbt and publishing, in one step."""
    keys = {name: asset_key_of(node) for name, node in public_nodes(graph).items()}
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
    specs.append(
        dg.AssetCheckSpec(
            FRESHNESS,
            asset=keys[FIRST_TABLE],
            description=f"{settings.schedule_delay_days} days after a quarter has ended, its edition is there.",
        )
    )

    @dg.multi_asset_check(specs=specs, name="warehouse_checks", required_resource_keys={LOCK})
    def warehouse() -> Iterator[dg.AssetCheckResult]:
        path = next((path for path in (settings.build_path, settings.published_path) if path.exists()), None)
        if path is None:
            raise dg.Failure("There is no warehouse to check yet; run the job quarterly_refresh.", allow_retries=False)
        faults = table_faults(path, graph)
        faults[FIRST_TABLE] |= faults[""]
        for name, key in keys.items():
            yield _columns_check(key, faults[name])
        if "missing" not in faults[FIRST_TABLE]:
            yield freshness(settings, keys[FIRST_TABLE], _editions(path), date.today())

    return [warehouse]


def freshness(
    settings: Settings, key: dg.AssetKey, editions: Sequence[tuple[str, int]], today: date
) -> dg.AssetCheckResult:
    """Whether the edition of the quarter that ended last, and whose delay is over, is among `editions`."""
    due = ended_quarter(today, settings.schedule_delay_days)
    passed = (due.financial_year, due.quarter) in editions
    overdue = f"{due.key} ended on {last_day(due):%d %B %Y} and its dashboard has not been received"
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=FRESHNESS,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=None if passed else overdue,
        metadata={"due": due.key},
    )


def _columns_check(key: dg.AssetKey, faults: Faults) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=PUBLISHED_COLUMNS,
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR,
        description=in_words(faults) or None,
    )


def _editions(path) -> list[tuple[str, int]]:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select distinct financial_year, quarter from marts.dim_edition").fetchall()
