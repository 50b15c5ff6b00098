"""Raw Parquet: building a declared table, writing tables at once, and checking what lies on disk."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.intake.schemas import RawTable


class SchemaViolation(Exception):
    """Raw data that its declared schema does not allow; names table, column and value."""


def build(table: RawTable, columns: Mapping[str, list[Any]]) -> pa.Table:
    """An Arrow table in the declared schema. Raises SchemaViolation."""
    try:
        built = pa.Table.from_arrays(
            [pa.array(columns[field.name], field.type) for field in table.schema], schema=table.schema
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SchemaViolation(f"{table.name}: {error}") from error
    if faults := _faults(table, built):
        raise SchemaViolation("; ".join(faults))
    return built


def from_rows(table: RawTable, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """As ``build``, from one mapping a row."""
    rows = list(rows)
    return build(table, {name: [row.get(name) for row in rows] for name in table.schema.names})


def write(table: pa.Table, path: Path) -> None:
    """Write one Parquet file. The tables are small; neither statistics nor dictionaries would pay."""
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)


def replace_file(table: pa.Table, path: Path) -> None:
    """Write a Parquet file beside the target and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(table, aside)
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def fingerprint(tables: Mapping[str, pa.Table | None]) -> str:
    """Hash of what tables hold, by name, however they were written. None stands for one that cannot be read."""
    digest = hashlib.sha256()
    for name, table in sorted(tables.items()):
        rows = None if table is None else table.to_pylist()
        digest.update(json.dumps([name, rows], default=str, sort_keys=True).encode())
    return digest.hexdigest()


def fingerprint_on_disk(folder: Path, names: Iterable[str]) -> str:
    """The ``fingerprint`` of the Parquet files of these names in a folder."""
    return fingerprint({name: _table_or_none(folder / f"{name}.parquet") for name in names})


def _table_or_none(path: Path) -> pa.Table | None:
    try:
        return pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError):
        return None


def replace_folder(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write tables into a folder that takes the place of the one before at once."""
    with replacing(folder) as aside:
        for name, table in tables.items():
            write(table, aside / f"{name}.parquet")


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder beside ``folder`` to write into; it takes its place at the end, unless something is raised."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    try:
        yield aside
        os.chmod(aside, 0o755)
        if folder.exists():
            gone = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
            os.replace(folder, gone)
            os.replace(aside, folder)
            shutil.rmtree(gone, ignore_errors=True)
        else:
            os.replace(aside, folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def violations(table: RawTable, path: Path) -> list[str]:
    """What a Parquet file has against its declared schema: columns, types, nulls, values, keys. Empty when sound."""
    if not path.exists():
        return [f"{table.name}: {path.name} is missing"]
    try:
        found = pq.read_table(path, partitioning=None)
    except (pa.ArrowInvalid, OSError) as error:
        return [f"{table.name}: {path.name} cannot be read: {error}"]
    return _faults(table, found)


def _faults(table: RawTable, found: pa.Table) -> list[str]:
    faults: list[str] = []
    expected, actual = table.schema.names, found.schema.names
    if missing := [name for name in expected if name not in actual]:
        faults.append(f"{table.name}: columns missing: {', '.join(missing)}")
    if surplus := [name for name in actual if name not in expected]:
        faults.append(f"{table.name}: columns not declared: {', '.join(surplus)}")
    for spec in table.schema:
        if spec.name not in actual:
            continue
        column = found.column(spec.name)
        if column.type != spec.type:
            faults.append(f"{table.name}.{spec.name}: type {column.type}, declared {spec.type}")
        elif not spec.nullable and column.null_count:
            faults.append(f"{table.name}.{spec.name}: {column.null_count} nulls where none is allowed")
        if spec.name in table.allowed:
            strange = set(column.to_pylist()) - set(table.allowed[spec.name]) - ({None} if spec.nullable else set())
            if strange:
                faults.append(f"{table.name}.{spec.name}: values not allowed: {sorted(map(str, strange))[:5]}")
    if table.key and not faults:
        keys = Counter(zip(*(found.column(name).to_pylist() for name in table.key), strict=True))
        if doubled := [key for key, count in keys.items() if count > 1]:
            faults.append(f"{table.name}: key {table.key} doubled: {doubled[:3]}")
    return faults
