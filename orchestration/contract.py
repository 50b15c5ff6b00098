"""The public shape of a warehouse: which tables and columns it must have, and what a file has against that.

Belongs here: comparing a DuckDB file with what the dbt project declares and what public_contract.yml promises.
Knows nothing of Dagster; rules on the data belong in dbt tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.intake.yaml_files import read_yaml
from orchestration.dbt import Graph, Node

PROMISES = Path(__file__).parent / "public_contract.yml"
PUBLIC_SCHEMA = "marts"

#: Kind of fault to the names concerned; empty when all is well.
Faults = dict[str, list[str]]


def promised_columns() -> dict[str, list[str]]:
    """Table to the columns that must exist: the part that only a major version may change."""
    return read_yaml(PROMISES)


def public_nodes(graph: Graph) -> dict[str, Node]:
    """The tables that analysts see, by name."""
    return {node.name: node for node in graph.nodes.values() if node.is_public}


def table_faults(path: Path, graph: Graph) -> dict[str, Faults]:
    """Faults by public table, one entry each, sound ones included, and `""` for tables as a whole."""
    actual = _actual_columns(path)
    promised, public = promised_columns(), public_nodes(graph)
    faults = {
        name: column_faults(list(node.columns), promised.get(name, []), actual.get(name))
        for name, node in public.items()
    }
    lost = [name for name in promised if name not in public]
    strange = [name for name in actual if name not in public]
    faults[""] = {kind: names for kind, names in {"tables missing": lost, "tables surplus": strange}.items() if names}
    return faults


def column_faults(declared: Sequence[str], promised: Sequence[str], actual: Sequence[str] | None) -> Faults:
    """What is missing and what is surplus, by name.

    `declared` is what the dbt project says of the table, `promised` the contract, `actual` None without a table.
    """
    if actual is None:
        return {"missing": sorted({*declared, *promised})}
    found = {
        "missing": [name for name in dict.fromkeys([*promised, *declared]) if name not in actual],
        "surplus": [name for name in actual if name not in declared],
        "promised but not declared": [name for name in promised if name not in declared and name in actual],
    }
    return {kind: names for kind, names in found.items() if names}


def in_words(faults: Mapping[str, list[str]]) -> str:
    """`missing: a, b; surplus: c`."""
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in faults.items())


def _actual_columns(path: Path) -> dict[str, list[str]]:
    import duckdb

    columns: dict[str, list[str]] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name = ? and not internal order by table_name, column_index",
            [PUBLIC_SCHEMA],
        ).fetchall()
    for table, column in rows:
        columns.setdefault(table, []).append(column)
    return columns
