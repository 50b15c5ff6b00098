"""Checks of the finished build that are not dbt tests: its public shape, and whether an edition is overdue.

Belongs here: turning findings on the whole build into check results. Rules on the data belong in dbt tests;
checks on raw files stand beside the asset that writes them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from ingest.intake.quarters import ended_quarter, last_day
from orchestration.assets.dbt_models import asset_key_of
from orchestration.assets.keys import FEWER, LOCK
from orchestration.contract import Faults, in_words, public_nodes, table_faults
from orchestration.dbt import Graph
from publishing.losses import losses
from publishing.queries import audit
from runtime.settings import Settings

PUBLISHED_COLUMNS = "published_columns"
FRESHNESS = "newest_edition_in_time"
#: Shows what no table of its own can show: tables that are gone or should not be there.
FIRST_TABLE = "dim_edition"
NOTHING_LOST = "nothing_published_is_lost"
WORDS_AGREE = "published_words_agree"
AUDIT_TABLE = "mart_published_audit"
_SENTENCES_SHOWN = 20


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

    specs.append(
        dg.AssetCheckSpec(
            NOTHING_LOST,
            asset=keys[FIRST_TABLE],
            blocking=True,
            description="Every published edition is in the new warehouse, with no fewer than "
            f"{1 - settings.most_figures_lost:.0%} of its figures; unless fewer are allowed.",
        )
    )
    specs.append(
        dg.AssetCheckSpec(
            WORDS_AGREE,
            asset=keys[AUDIT_TABLE],
            description="The audit has no finding of severity error or warning: what is published agrees with itself.",
        )
    )

    @dg.multi_asset_check(specs=specs, name="warehouse_checks", required_resource_keys={LOCK, FEWER})
    def warehouse(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        path = next((path for path in (settings.build_path, settings.published_path) if path.exists()), None)
        if path is None:
            raise dg.Failure("There is no warehouse to check yet; run the job quarterly_refresh.", allow_retries=False)
        faults = table_faults(path, graph)
        faults[FIRST_TABLE] |= faults[""]
        for name, key in keys.items():
            yield _columns_check(key, faults[name])
        yield nothing_lost(settings, keys[FIRST_TABLE], path, allowed=context.resources.fewer_than_published)
        if "missing" in faults[FIRST_TABLE]:
            yield _not_judged(FRESHNESS, keys[FIRST_TABLE])
        else:
            yield freshness(settings, keys[FIRST_TABLE], _editions(path), date.today())
        if "missing" in faults[AUDIT_TABLE]:
            yield _not_judged(WORDS_AGREE, keys[AUDIT_TABLE])
        else:
            yield words_agree(keys[AUDIT_TABLE], audit(path).dicts())

    return [warehouse]


def nothing_lost(settings: Settings, key: dg.AssetKey, build: Path, *, allowed: bool) -> dg.AssetCheckResult:
    """Whether the new warehouse has what the published one has; with `allowed` a loss is said and does not block."""
    found = losses(build, settings.published_path, settings.most_figures_lost)
    said = "; ".join(found)
    advice = "If that is meant: quarterdeck refresh --allow-fewer."
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=NOTHING_LOST,
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN if allowed else dg.AssetCheckSeverity.ERROR,
        description=(f"{said}. It was allowed." if allowed else f"{said}. {advice}") if found else None,
    )


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


def words_agree(key: dg.AssetKey, findings: Sequence[Mapping[str, Any]]) -> dg.AssetCheckResult:
    """Whether the audit found nothing of severity error or warning; `findings` are those, the worst first."""
    by_edition: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for finding in findings:
        by_edition[finding["edition_key"]].append(finding)
    editions = sorted(by_edition)
    counted = f"{len(findings)} finding{'' if len(findings) == 1 else 's'} of the audit"
    several = f" in {len(editions)} editions, the newest" if len(editions) > 1 else ""
    metadata: dict[str, Any] = {"findings": len(findings)}
    for edition in editions:
        mine = by_edition[edition]
        said = [
            f"{finding['severity']}, {finding['check_code']}, {finding['source_file']}:{finding['source_line_from']}: "
            f"{finding['evidence']}"
            for finding in mine[:_SENTENCES_SHOWN]
        ]
        if len(mine) > _SENTENCES_SHOWN:
            said.append(f"and {len(mine) - _SENTENCES_SHOWN} more: quarterdeck audit {edition}")
        metadata[edition] = dg.MetadataValue.text("\n".join(said))
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=WORDS_AGREE,
        passed=not findings,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{counted}{several}: quarterdeck audit {editions[-1]}" if findings else None,
        metadata=metadata,
    )


def _not_judged(name: str, key: dg.AssetKey) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Not judged: the table lacks columns, see {PUBLISHED_COLUMNS}.",
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
