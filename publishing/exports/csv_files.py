"""CSV: a file for each table, UTF-8, RFC 4180 (comma, CRLF, quotes where needed), header first.

An empty field is null; an empty text is `""`. A spreadsheet would take a text that begins with = + - @ (or their
full-width forms), a tab or a line break as a formula: such a text gets an apostrophe in front, and so does one that
begins with an apostrophe, so that taking one away gives back every text. Numbers are never changed: -0.1 stays -0.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from publishing.exports.datapackage import Resource, field_of
from publishing.exports.tables import About, Source

GUARDED = "=+-@\t\r\n＝＋－＠'"
_GUARDED_PATTERN = r"^[=+\-@\t\r\n＝＋－＠']"


@contextmanager
def sink(source: Source, path: Path, schema: pa.Schema, what: About) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Write the batches that the yielded function is given."""
    path.parent.mkdir(exist_ok=True)
    written = pa.schema([pa.field(field.name, _written_type(field.type)) for field in schema])
    options = pa_csv.WriteOptions(eol="\r\n", quoting_style="needed", quoting_header="needed")
    with pa_csv.CSVWriter(path, written, write_options=options) as writer:

        def write(batch: pa.RecordBatch) -> None:
            columns = [_written(column) for column in batch.columns]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=written))

        yield write


def resource(source: Source, fingerprint: str | None) -> Resource:
    """What the file is."""
    return Resource(
        name=source.name.replace("_", "-"),
        path=f"csv/{source.name}.csv",
        description=source.table.description,
        format="csv",
        mediatype="text/csv",
        rows=source.rows,
        fields=[field_of(column, required=column.name in source.key) for column in source.table.columns],
        key=source.key,
        fingerprint=fingerprint,
    )


def guarded(text: str) -> str:
    """The text as it stands in a CSV file."""
    return f"'{text}" if text[:1] and text[:1] in GUARDED else text


def _written_type(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_timestamp(kind) else kind


def _written(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    if not pa.types.is_string(column.type):
        return column
    risky = pc.fill_null(pc.match_substring_regex(column, _GUARDED_PATTERN), False)
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
