"""Parquet: a file for each table, with the descriptions of the warehouse in the metadata."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quarterdeck.exports.datapackage import Resource
from quarterdeck.exports.tables import About, Source


def write(source: Source, folder: Path, what: About) -> Resource:
    """Write `<table>.parquet`. Each field carries `description`, the schema also `primary_key` and where it is from."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{source.name}.parquet"
    reader = source.reader()
    schema = _described(reader.schema, source, what)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in reader:
            if batch.num_rows:
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
    return Resource(
        name=f"{source.name.replace('_', '-')}-parquet",
        path=f"parquet/{path.name}",
        description=source.table.description,
        format="parquet",
        mediatype="application/vnd.apache.parquet",
        rows=source.rows,
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
            "warehouse_built_at": what.built_at.isoformat(),
            "quarterdeck_version": what.version,
            "disclosure": what.rule.value,
            "edition": what.edition if source.is_cut else "",
            "licence": "Open Government Licence v3.0",
        },
    )
