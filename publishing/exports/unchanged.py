"""What an export can take from the one before: the files of long tables that have not changed, as hard links.

A file is taken when its fingerprint is the same, which covers the rows, the descriptions, the rule and the code, and
when it still has the hash that was noted beside it. The fingerprint of rows is a sum of DuckDB's hashes over them,
which takes a tenth of the time of writing. It is no guard against intent.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow

from publishing.exports.tables import About, Source
from publishing.folders import code_fingerprint

if TYPE_CHECKING:
    from publishing.exports.datapackage import Resource

#: Shorter tables are written sooner than they are compared.
LINKED_ROWS = 10_000


class Unchanged:
    """The files of the export before (`before`, None when there is none) that can stand in `folder` again."""

    def __init__(self, before: Path | None, folder: Path, what: About) -> None:
        self._before = before
        self._folder = folder
        self._what = what
        self._noted = _noted(before)

    def fingerprint(self, source: Source) -> str | None:
        """What decides the bytes of the table's files; None for a table that is not worth it."""
        if source.rows < LINKED_ROWS:
            return None
        said = [
            *(
                code_fingerprint(Path(__file__).parent),
                duckdb.__version__,
                pyarrow.__version__,
                self._what.version,
                self._what.rule.value,
            ),
            *(source.edition if source.is_cut else None, source.name, source.table.description, list(source.key)),
            [[column.name, column.type, column.description] for column in source.table.columns],
            _rows(source),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def link(self, resource: Resource) -> bool:
        """Put the earlier file in the new folder. False when there is none with the same content."""
        noted = self._noted.get(resource.path)
        if self._before is None or noted is None or not resource.fingerprint:
            return False
        if noted.get("fingerprint") != resource.fingerprint:
            return False
        earlier, path = self._before / resource.path, self._folder / resource.path
        try:
            with earlier.open("rb") as file:
                if noted.get("hash") != f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}":
                    return False
            path.parent.mkdir(exist_ok=True)
            os.link(earlier, path)
        except OSError:
            return False
        return True


def _noted(before: Path | None) -> Mapping[str, Mapping[str, Any]]:
    """Path to what the data package of the export before says of it; nothing when it cannot be read."""
    if before is None:
        return {}
    try:
        package = json.loads((before / "datapackage.json").read_text(encoding="utf-8"))
        return {resource["path"]: resource for resource in package["resources"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _rows(source: Source) -> list[Any]:
    """What tells the rows from others. A view takes as long to compute as to write: it is told by the queries of all
    views and the tables that these name."""
    connection = source.connection
    views = dict(
        connection.execute(
            "select view_name, sql from duckdb_views() where database_name = 'warehouse' and schema_name = 'marts' "
            "order by view_name"
        ).fetchall()
    )
    if source.name not in views or source.is_cut:
        return [_sum(connection, f'select * from marts."{source.name}"{source.where()}', source.values())]
    tables = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'marts' order by 1"
    ).fetchall()
    queries = " ".join(views.values())
    # With the schema before it, because columns have names of tables too.
    named = [name for (name,) in tables if re.search(rf'\bmarts"?\."?{re.escape(name)}\b', queries)]
    return [queries, *([name, _sum(connection, f'select * from warehouse.marts."{name}"')] for name in named)]


def _sum(connection: duckdb.DuckDBPyConnection, query: str, values: list[Any] | None = None) -> list[str]:
    ((*sums,),) = connection.execute(
        f"select count(*)::varchar, sum(hash(t)::hugeint)::varchar, bit_xor(hash(t))::varchar from ({query}) as t",
        values,
    ).fetchall()
    return sums
