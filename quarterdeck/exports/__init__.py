"""Files that need no server, from a warehouse file and nothing else: Parquet, CSV, a workbook and a description.

`build_exports` publishes everything; `export` writes a selection elsewhere. The same warehouse gives the same bytes.

    parquet/<table>.parquet   typed, sorted by key; descriptions in the metadata of table and columns
    csv/<table>.csv           the same rows, UTF-8, RFC 4180, safe to open in a spreadsheet (see csv_files.py)
    quarterdeck.xlsx          the dashboards as committees know them, and the tables that fit on a sheet
    datapackage.json          what each file holds, for programs (Frictionless Data Package)
    README.txt                the same for people
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from quarterdeck.disclosure import Rule, open_disclosed
from quarterdeck.trees import publish_tree
from quarterdeck.warehouse import WarehouseError


class ExportFormat(StrEnum):
    """Which files an export has."""

    parquet = "parquet"
    csv = "csv"
    xlsx = "xlsx"
    all = "all"


def build_exports(warehouse: Path, target: Path, disclosure: Rule | str | None = None) -> None:
    """Publish everything of `warehouse` at `target`, at once; what stood there before stays until it is complete.

    WarehouseError when the warehouse is missing, cannot be opened, or the rule does not know a table of it.
    """
    if not warehouse.exists():
        raise WarehouseError(f"There is no warehouse at {warehouse} yet. Run `quarterdeck refresh` first.")
    publish_tree(target, lambda folder, before: _write(warehouse, folder, Rule(disclosure or Rule.none)))


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

    `edition` leaves only its rows in tables that know editions. WarehouseError for an unknown edition or table.
    """
    if folder.exists() and not folder.is_dir():
        raise WarehouseError(f"{folder} is a file. Name a folder to write into.")
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
    try:
        rule = Rule(disclosure or Rule.none)
        _write(warehouse, aside, rule, formats, edition=edition, tables=tables)
        written = sorted(path.relative_to(aside) for path in aside.rglob("*") if path.is_file())
        for path in written:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(aside / path, folder / path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [folder / path for path in written]


def _write(
    warehouse: Path,
    folder: Path,
    rule: Rule,
    formats: ExportFormat = ExportFormat.all,
    *,
    edition: str | None = None,
    tables: Sequence[str] = (),
) -> None:
    # Here, because the command must answer at once also when it exports nothing.
    from quarterdeck.exports import csv_files, datapackage, parquet, workbook
    from quarterdeck.exports.tables import Selection, about, sources

    selection = Selection(edition=edition, tables=tuple(tables))
    with open_disclosed(warehouse, rule) as connection:
        what = about(connection, rule, selection)
        chosen = sources(connection, selection)
        resources: list[datapackage.Resource] = []
        for source in chosen:
            if formats in (ExportFormat.parquet, ExportFormat.all):
                resources.append(parquet.write(source, folder / "parquet", what))
            if formats in (ExportFormat.csv, ExportFormat.all):
                resources.append(csv_files.write(source, folder / "csv"))
        if formats in (ExportFormat.xlsx, ExportFormat.all):
            resources.append(workbook.write(connection, chosen, folder / "quarterdeck.xlsx", what, selection))
    datapackage.write(folder, what, resources)
