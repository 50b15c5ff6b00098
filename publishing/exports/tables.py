"""What is exported: the public tables in the order of their keys, and what is said about all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from publishing.disclosure import Column, Table, public_tables
from publishing.public_models import models
from publishing.queries import WarehouseError
from runtime.settings import Rule

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

LICENCE = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
#: A longer table is left to Parquet: its CSV file would be of no use to a spreadsheet and take longer than all others.
CSV_ROWS = 250_000
_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Selection:
    """What is wanted: everything unless an edition or tables are named."""

    edition: str | None = None
    tables: Sequence[str] = ()


@dataclass(frozen=True)
class About:
    """What holds for all files of an export."""

    built_at: datetime
    version: str
    inputs_sha256: str
    rule: Rule
    edition: str | None
    publishers: Sequence[str]

    @property
    def title(self) -> str:
        return f"Quarterdeck, edition {self.edition}" if self.edition else "Quarterdeck"

    @property
    def sentences(self) -> list[str]:
        """What a reader should know, one sentence or two each."""
        said = [
            "Quarterly dashboards of children's services, as printed by the councils that published them: "
            f"{', '.join(self.publishers) or 'none yet'}.",
            "No figure is invented: what could not be read is kept as text, flagged and counted, and every figure "
            "names its source file and lines.",
            f"Made from the warehouse built {self.built_at:%d %B %Y %H:%M} UTC by Quarterdeck {self.version}.",
            "Contains public sector information licensed under the Open Government Licence v3.0.",
        ]
        if self.edition:
            said.append(f"Tables that know editions hold only the rows of {self.edition}.")
        if self.rule is Rule.small_counts:
            said.append(
                "Counts of 1 to 4, and figures that would give them away, are suppressed: they have no value, the text "
                "c and the status suppressed."
            )
        return said


@dataclass(frozen=True)
class Source:
    """A table to write: which rows, in which order."""

    table: Table
    key: Sequence[str]
    rows: int
    edition: str | None
    connection: duckdb.DuckDBPyConnection
    is_named: bool = False

    @property
    def fits_csv(self) -> bool:
        """Whether it gets a CSV file: it is not too long, or was asked for by name."""
        return self.is_named or self.rows <= CSV_ROWS

    @property
    def name(self) -> str:
        return self.table.name

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.table.columns}

    def reader(self) -> pa.RecordBatchReader:
        """The rows, sorted. The connection is busy until all are read."""
        order = ", ".join(f'"{name}"' for name in self.key) or "all"
        query = f'select * from marts."{self.name}"{self.where()} order by {order}'
        return self.connection.sql(query, params=self.values() or None).to_arrow_reader(_BATCH_ROWS)

    def where(self) -> str:
        """The condition with a parameter, and `values` for it, where only an edition is wanted."""
        return " where edition_key = $1" if self.edition and "edition_key" in self.columns else ""

    def values(self) -> list[Any]:
        return [self.edition] if self.where() else []

    @property
    def is_cut(self) -> bool:
        """Whether only the rows of one edition are here."""
        return bool(self.where())


def about(connection: duckdb.DuckDBPyConnection, rule: Rule, selection: Selection) -> About:
    """What holds for the whole export. WarehouseError when the edition is unknown."""
    known = [row[0] for row in connection.execute("select edition_key from dim_edition order by 1").fetchall()]
    if selection.edition and selection.edition not in known:
        raise WarehouseError(f"There is no edition {selection.edition}. Loaded: {', '.join(known) or 'none'}.")
    ((built_at, version, inputs),) = connection.execute(
        "select built_at, quarterdeck_version, inputs_sha256 from build_info"
    ).fetchall()
    publishers = connection.execute(
        "select distinct area_name from dim_area where area_code in "
        "(select area_code from dim_edition where edition_key = coalesce($1, edition_key)) order by 1",
        [selection.edition],
    ).fetchall()
    return About(built_at, version, inputs, rule, selection.edition, [name for (name,) in publishers])


def sources(connection: duckdb.DuckDBPyConnection, selection: Selection) -> list[Source]:
    """The tables that were chosen, by name. WarehouseError when there is no such table."""
    tables = {table.name: table for table in public_tables(connection)}
    if unknown := [name for name in selection.tables if name not in tables]:
        raise WarehouseError(f"There is no public table {', '.join(unknown)}. There are: {', '.join(tables)}.")
    return [
        _source(connection, table, selection)
        for name, table in tables.items()
        if not selection.tables or name in selection.tables
    ]


def _source(connection: duckdb.DuckDBPyConnection, table: Table, selection: Selection) -> Source:
    key = [name for name in declared_keys().get(table.name, ()) if name in table.column_names]
    counted = Source(table, (), 0, selection.edition, connection, table.name in selection.tables)
    columns = ", ".join(f'"{name}"' for name in key)
    # A key that does not hold in this file, an older one perhaps, is not claimed.
    ((rows, distinct),) = connection.execute(
        f'select count(*), {f"count(distinct ({columns}))" if key else 0} from marts."{table.name}"{counted.where()}',
        counted.values(),
    ).fetchall()
    return replace(counted, key=key if rows == distinct else (), rows=rows)


@cache
def declared_keys() -> Mapping[str, Sequence[str]]:
    """Table to its key, as the dbt project declares and tests it."""
    keys = {}
    for model in models():
        for test in model.get("data_tests", ()):
            if isinstance(test, dict) and "valid_table" in test:
                keys[model["name"]] = tuple(test["valid_table"]["arguments"].get("key", ()))
    return keys
