"""What the files are: datapackage.json by the Frictionless specifications for programs, README.txt for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from publishing.disclosure import Column
from publishing.exports.tables import CSV_ROWS, LICENCE, About, Source

_TYPES = {
    "VARCHAR": "string",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "SMALLINT": "integer",
    "DOUBLE": "number",
    "FLOAT": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
}

_README = """{title}
{rule}
{sentences}

{files}
{left_out}

CSV files are UTF-8 with commas. An empty field is null, two quotation marks are an empty text. A text that begins with
= + - @, a tab, a line break or an apostrophe has an apostrophe put in front, so that a spreadsheet does not run it:
take it away to have the text back.
Percentages are in percent: 94.6 means 94.6 %. datapackage.json says the same for programs, with types and checksums.
"""


@dataclass(frozen=True)
class Resource:
    """One file; `fields` and `key` for those that are tables of text."""

    name: str
    path: str
    description: str
    format: str
    mediatype: str
    rows: int | None = None
    fields: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    key: Sequence[str] = ()
    #: Tells whether a later export would write the same; null where that is not worth telling.
    fingerprint: str | None = None


def field_of(column: Column, required: bool) -> dict[str, Any]:
    """A column as a Table Schema field."""
    described: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES.get(column.type.split("(")[0], "number" if column.type.startswith("DECIMAL") else "any"),
        "description": column.description,
    }
    if described["type"] == "boolean":
        described |= {"trueValues": ["true"], "falseValues": ["false"]}
    if described["type"] == "datetime":
        described["format"] = "any"
    if required:
        described["constraints"] = {"required": True}
    return described


def write(folder: Path, what: About, resources: Sequence[Resource], too_long: Sequence[Source]) -> None:
    """Write datapackage.json and README.txt for the files that lie in `folder`; `too_long` has no CSV file there."""
    left_out = (
        f"Tables with more than {CSV_ROWS:,} rows are Parquet only and have no CSV file: "
        f"{', '.join(f'{source.name} ({source.rows:,} rows)' for source in too_long)}. To have one as CSV, run "
        f"`quarterdeck export --table {too_long[0].name} --format csv --to FOLDER`."
        if too_long
        else ""
    )
    package = {
        "profile": "data-package",
        "name": "quarterdeck",
        "title": what.title,
        "description": " ".join([*what.sentences, left_out]).strip(),
        "version": what.version,
        "created": f"{what.built_at:%Y-%m-%dT%H:%M:%SZ}",
        "licenses": [LICENCE],
        "sources": [{"title": f"Quarterly dashboards published by {name}"} for name in what.publishers],
        "disclosure": what.rule.value,
        "inputs_sha256": what.inputs_sha256,
        "resources": [_described(folder, resource) for resource in resources],
    }
    if not package["sources"]:
        del package["sources"]
    (folder / "datapackage.json").write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    files = [
        f"{resource.path}{f' ({resource.rows} rows)' if resource.rows is not None else ''}\n    {resource.description}"
        for resource in resources
    ]
    (folder / "README.txt").write_text(
        _README.format(
            title=what.title,
            rule="=" * len(what.title),
            sentences="\n".join(what.sentences),
            files="\n".join(files),
            left_out=f"\n{left_out}\n" if left_out else "",
        ),
        encoding="utf-8",
    )


def _described(folder: Path, resource: Resource) -> dict[str, Any]:
    path = folder / resource.path
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    described: dict[str, Any] = {
        "name": resource.name,
        "path": resource.path,
        "profile": "tabular-data-resource" if resource.fields else "data-resource",
        "description": resource.description,
        "format": resource.format,
        "mediatype": resource.mediatype,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
    }
    if resource.rows is not None:
        described["rows"] = resource.rows
    if resource.fingerprint:
        described["fingerprint"] = resource.fingerprint
    if resource.fields:
        described |= {
            "encoding": "utf-8",
            "dialect": {
                "delimiter": ",",
                "lineTerminator": "\r\n",
                "quoteChar": '"',
                "doubleQuote": True,
                "header": True,
            },
            "schema": {
                "fields": list(resource.fields),
                "missingValues": [""],
                **({"primaryKey": list(resource.key)} if resource.key else {}),
            },
        }
    return described
