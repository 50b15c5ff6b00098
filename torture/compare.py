"""Two warehouses held against each other, table by table."""

from __future__ import annotations

from pathlib import Path

import duckdb

#: When something was done differs from run to run, and what was made from it.
_OF_THE_RUN = ("received_at", "built_at", "inputs_sha256")

#: Table to its number of rows and a sum over what they hold.
Contents = dict[str, tuple[int, int]]


def contents(warehouse: Path) -> Contents:
    """What the public tables hold, whatever order the rows lie in. duckdb.Error when the file cannot be opened."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and not internal "
            "order by table_name, column_index"
        ).fetchall():
            columns.setdefault(table, [])
            if column not in _OF_THE_RUN:
                columns[table].append(f'"{column}"')
        return {
            table: connection.execute(
                f"select count(*), coalesce(sum(hash({', '.join(names)})::hugeint), 0) from marts.{table}"
            ).fetchone()
            for table, names in columns.items()
        }


def differences(found: Contents, expected: Contents) -> list[str]:
    """The tables that are not the same, in words; none when all are."""
    return [
        f"{table}: {found.get(table, ('no', 0))[0]} rows, {expected.get(table, ('no', 0))[0]} expected"
        for table in sorted(found.keys() | expected.keys())
        if found.get(table) != expected.get(table)
    ]
