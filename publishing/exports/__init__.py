"""Files that need no server, from a warehouse file and nothing else: Parquet, CSV, a workbook and a description.

`build_exports` publishes everything; `export` writes a selection elsewhere. The same warehouse gives the same bytes.

    parquet/<table>.parquet   typed, sorted by key; descriptions in the metadata of table and columns
    csv/<table>.csv           the same rows, UTF-8, RFC 4180, safe to open in a spreadsheet (see csv_files.py); tables
                              of more than CSV_ROWS rows are left to Parquet unless they are asked for by name
    quarterdeck.xlsx          the dashboards as committees know them, and the tables that fit on a sheet
    datapackage.json          what each file holds, for programs (Frictionless Data Package)
    README.txt                the same for people
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from publishing.disclosure import open_disclosed
from publishing.folders import publish_tree
from publishing.queries import WarehouseError
from runtime.settings import Rule

if TYPE_CHECKING:
    from publishing.exports.datapackage import Resource
    from publishing.exports.tables import About, Source
    from publishing.exports.unchanged import Unchanged


class ExportFormat(StrEnum):
    """Which files an export has."""

    parquet = "parquet"
    csv = "csv"
    xlsx = "xlsx"
    all = "all"


def build_exports(
    warehouse: Path, target: Path, disclosure: Rule | str | None = None, *, keep_before: bool = True
) -> None:
    """Publish everything of `warehouse` at `target`, at once; what stood there before stays until it is complete.

    `keep_before` as in `publish_tree`. WarehouseError when the warehouse is missing, cannot be opened, or the rule does
    not know a table of it.
    """
    if not warehouse.exists():
        raise WarehouseError(f"There is no warehouse at {warehouse} yet. Run `quarterdeck refresh` first.")
    rule = Rule(disclosure or Rule.none)
    publish_tree(target, lambda folder, before: _write(warehouse, folder, rule, before=before), keep_before=keep_before)


def export(
    warehouse: Path,
    folder: Path,
    *,
    formats: ExportFormat = ExportFormat.all,
    edition: str | None = None,
    tables: Sequence[str] = (),
    disclosure: Rule | str | None = None,
) -> list[Path]:
    """Write a selection into `folder`, made when missing; other files there stay. Returns what was written.

    `edition` leaves only its rows in tables that know editions. WarehouseError for an unknown edition or table, and
    when a file of somebody else's has the name of one that would be written.
    """
    if folder.exists() and not folder.is_dir():
        raise WarehouseError(f"{folder} is a file. Name a folder to write into.")
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
    try:
        rule = Rule(disclosure or Rule.none)
        _write(warehouse, aside, rule, formats, edition=edition, tables=tables)
        written = sorted(path.relative_to(aside) for path in aside.rglob("*") if path.is_file())
        taken = [str(path) for path in written if (folder / path).exists()]
        if taken and not _is_export(folder):
            raise WarehouseError(f"{folder} holds {', '.join(taken[:3])} of somebody else's. Name another folder.")
        for path in written:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(aside / path, folder / path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [folder / path for path in written]


def _is_export(folder: Path) -> bool:
    """Whether an earlier export lies in the folder."""
    try:
        return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["name"] == "quarterdeck"
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write(
    warehouse: Path,
    folder: Path,
    rule: Rule,
    formats: ExportFormat = ExportFormat.all,
    *,
    edition: str | None = None,
    tables: Sequence[str] = (),
    before: Path | None = None,
) -> None:
    # Here, because the command must answer at once also when it exports nothing.
    from publishing.exports import datapackage, workbook
    from publishing.exports.tables import Selection, about, sources
    from publishing.exports.unchanged import Unchanged

    selection = Selection(edition=edition, tables=tuple(tables))
    with open_disclosed(warehouse, rule) as connection:
        what = about(connection, rule, selection)
        chosen = sources(connection, selection)
        unchanged = Unchanged(before, folder, what)
        resources: list[datapackage.Resource] = []
        for source in chosen:
            resources += _write_table(source, folder, what, formats, unchanged)
        if formats in (ExportFormat.xlsx, ExportFormat.all):
            resources.append(workbook.write(connection, chosen, folder / "quarterdeck.xlsx", what, selection))
    asked_for_csv = formats in (ExportFormat.csv, ExportFormat.all)
    too_long = [source for source in chosen if asked_for_csv and not source.fits_csv]
    datapackage.write(folder, what, resources, too_long)


def _write_table(
    source: Source, folder: Path, what: About, formats: ExportFormat, unchanged: Unchanged
) -> list[Resource]:
    """Parquet and CSV from one reading of the rows; none where the files of the export before hold the same."""
    from publishing.exports import csv_files, parquet

    kinds = []
    if formats in (ExportFormat.parquet, ExportFormat.all):
        kinds.append(parquet)
    if formats in (ExportFormat.csv, ExportFormat.all) and source.fits_csv:
        kinds.append(csv_files)
    resources = [kind.resource(source, unchanged.fingerprint(source)) for kind in kinds]
    missing = [
        (kind, resource) for kind, resource in zip(kinds, resources, strict=True) if not unchanged.link(resource)
    ]
    if missing:
        with ExitStack() as files:
            rows = source.reader()
            sinks = [
                files.enter_context(kind.sink(source, folder / resource.path, rows.schema, what))
                for kind, resource in missing
            ]
            for batch in rows:
                for sink in sinks:
                    sink(batch)
    return resources
