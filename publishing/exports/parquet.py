"""Parquet: a file for each table, with the descriptions of the warehouse in the metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from publishing.exports.datapackage import Resource
from publishing.exports.tables import About, Source


@contextmanager
def sink(source: Source, path: Path, schema: pa.Schema, what: About) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Write the batches that the yielded function is given.

    Each field carries `description`, the schema also `primary_key` and where it is from; not when it was built, so that
    the same rows are the same bytes.
    """
    path.parent.mkdir(exist_ok=True)
    described = _described(schema, source, what)
    with pq.ParquetWriter(path, described, compression="zstd") as writer:

        def write(batch: pa.RecordBatch) -> None:
            if batch.num_rows:
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=described))

        yield write


def resource(source: Source, fingerprint: str | None) -> Resource:
    """What the file is."""
    return Resource(
        name=f"{source.name.replace('_', '-')}-parquet",
        path=f"parquet/{source.name}.parquet",
        description=source.table.description,
        format="parquet",
        mediatype="application/vnd.apache.parquet",
        rows=source.rows,
        fingerprint=fingerprint,
    )


def _described(schema: pa.Schema, source: Source, what: About) -> pa.Schema:
    fields = [
        pa.field(
            field.name,
            field.type,
            nullable=field.name not in source.key,
            metadata={"description": source.columns[field.name].description},
        )
        for field in schema
    ]
    return pa.schema(
        fields,
        metadata={
            "description": source.table.description,
            "primary_key": ",".join(source.key),
            "quarterdeck_version": what.version,
            "disclosure": what.rule.value,
            "edition": what.edition if source.is_cut else "",
            "licence": "Open Government Licence v3.0",
        },
    )
