"""The analyst's door: the published warehouse as pandas frames.

Belongs here: what `quarterdeck.read`, `tables` and `describe` return. Reading itself belongs in publishing/queries.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publishing.queries import WarehouseError, arrow_of

if TYPE_CHECKING:
    import pandas as pd

_TABLES = """
    select table_name, count(*) as column_count, any_value(about.comment) as description
    from duckdb_columns() as c
    join (
        select table_name, comment from duckdb_tables() where schema_name = 'marts'
        union all select view_name, comment from duckdb_views() where schema_name = 'marts' and not internal
    ) as about using (table_name)
    where c.schema_name = 'marts' and not c.internal
    group by table_name order by table_name
"""
_COLUMNS = """
    select column_name, data_type, comment as description
    from duckdb_columns() where schema_name = 'marts' and not internal and table_name = ? order by column_index
"""


def read(sql: str, parameters: Sequence[Any] = (), *, warehouse: str | Path | None = None) -> pd.DataFrame:
    """Run one statement that only reads and return its rows as a frame.

    Table names need no schema. `parameters` are the values of the `?` in the statement. `warehouse` is a DuckDB file;
    without it the published one is read, as the command finds it (QUARTERDECK_HOME).

    Types: text is `string`, whole numbers `Int64` or smaller and truth values `boolean`, each with `<NA>` for null;
    other numbers are `float64` with NaN; dates and times are `datetime64`. Units are those of the columns:
    `describe(table)`.

    WarehouseError when there is no warehouse, when the statement would write, or when it is mistaken.
    """
    return _frame(arrow_of(_path(warehouse), sql, parameters))


def tables(*, warehouse: str | Path | None = None) -> pd.DataFrame:
    """One row per public table: `table_name`, `column_count`, `description` with its grain first."""
    return read(_TABLES, warehouse=warehouse)


def describe(table: str, *, warehouse: str | Path | None = None) -> pd.DataFrame:
    """One row per column of a public table: `column_name`, `data_type` of DuckDB, `description` with its unit.

    WarehouseError when there is no such table; it names those that are spelt alike.
    """
    columns = read(_COLUMNS, [table], warehouse=warehouse)
    if columns.empty:
        names = tables(warehouse=warehouse)["table_name"].tolist()
        near = difflib.get_close_matches(table, names, n=3) or names
        raise WarehouseError(f"There is no table {table!r}. Did you mean {', '.join(near)}?")
    return columns


def _path(warehouse: str | Path | None) -> Path:
    if warehouse is not None:
        return Path(warehouse)
    from runtime.settings import Settings

    return Settings().published_path


def _frame(table: Any) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    nullable = {
        pa.string(): pd.StringDtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.uint8(): pd.UInt8Dtype(),
        pa.uint16(): pd.UInt16Dtype(),
        pa.uint32(): pd.UInt32Dtype(),
        pa.uint64(): pd.UInt64Dtype(),
    }
    whole = [
        field.with_type(pa.float64() if pa.types.is_decimal(field.type) else _narrowed(field.type))
        for field in table.schema
    ]
    return table.cast(pa.schema(whole)).to_pandas(types_mapper=nullable.get, date_as_object=False)


def _narrowed(kind: Any) -> Any:
    """Text of any width as one type; everything else as it is."""
    import pyarrow as pa

    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind
