"""The data dictionary as a document, made from the descriptions that dbt enforces.

``make dictionary`` writes docs/data-dictionary.md; a test compares the two, so the document cannot fall behind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parent.parent
MARTS = ROOT / "dbt_project" / "models" / "marts"
DOCUMENT = ROOT / "docs" / "data-dictionary.md"

_INTRODUCTION = """# Data dictionary

Every table of the schema `marts` in `warehouse/quarterdeck.duckdb`, with its grain first. Types are DuckDB's. The same
texts are comments in the file itself: `select table_name, comment from duckdb_tables()` and
`select column_name, comment from duckdb_columns()`.

Made by `make dictionary` from `dbt_project/models/marts/*.yml`; edit those.
"""


def models() -> list[dict[str, Any]]:
    """The public models as their YAML declares them, dimensions first."""
    order = ("_dimensions", "_facts", "_claims", "_marts", "_national", "_audit_findings", "_audit", "_lineage")
    files = [path for path in MARTS.rglob("_*.yml") if path.stem in order]
    files.sort(key=lambda path: (order.index(path.stem), path))
    return [model for path in files for model in read_yaml(path)["models"]]


def render() -> str:
    """The whole document."""
    declared = models()
    parts = [_INTRODUCTION, *(f"- [`{model['name']}`](#{model['name']})" for model in declared)]
    for model in declared:
        parts += [
            "",
            f"## {model['name']}",
            _plain(model["description"]),
            "",
            "| column | type | meaning |",
            "|---|---|---|",
        ]
        parts += [
            f"| `{column['name']}` | {column['data_type']} | {_plain(column['description'])} |"
            for column in model["columns"]
        ]
    return "\n".join(parts) + "\n"


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(render(), encoding="utf-8")
