"""The data dictionary as a document, made from the descriptions that dbt enforces.

``make dictionary`` writes docs/data-dictionary.md; a test compares the two, so the document cannot fall behind.
"""

from __future__ import annotations

from pathlib import Path

from publishing.public_models import models

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "data-dictionary.md"

_INTRODUCTION = """# Data dictionary

Every table of the schema `marts` in `warehouse/quarterdeck.duckdb`, with its grain first. Types are DuckDB's. The same
texts are comments in the file itself: `select table_name, comment from duckdb_tables()` and
`select column_name, comment from duckdb_columns()`.

Made by `make dictionary` from the YAML beside each public model in `dbt_project/models`; edit that.
"""


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
