"""dbt projects of a few tables for tests of what runs dbt, where the real one would only cost time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent

_PROJECT = """
    name: quarterdeck
    version: 1.0.0
    profile: quarterdeck
    # Reading needs the seeds' files, dbt does not.
    seed-paths: [no_seeds]
    models: {quarterdeck: {marts: {+schema: marts, +access: public, +materialized: table}}}
"""
_COPIED = (
    "profiles.yml",
    "macros/generate_schema_name.sql",
    "models/staging/_sources.yml",
    "models/staging/national/_sources.yml",
)
#: The public tables that the job looks at itself: columns that it reads, and where they are from.
_TABLES = {
    "dim_edition": (
        "edition_key source_file source_sha256 financial_year quarter",
        "{{ source('raw', 'received_files') }} where outcome = 'loaded'",
    ),
    "fct_assessment": ("edition_key row_number", "{{ source('raw', 'rows') }}"),
    "fct_observation": (
        "edition_key row_number value_status",
        "(select *, 'reported' as value_status from {{ ref('fct_assessment') }})",
    ),
    "mart_published_audit": (
        "audit_key severity verdict check_code edition_key row_number paragraph indicator_key evidence claim_text "
        "expected_text method source_file source_line_from source_line_to other_source_file other_line_from "
        "other_line_to",
        "{{ ref('dim_edition') }} where false",
    ),
}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder; their text may be indented as the test is."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))


def project_of_the_job(folder: Path) -> dict[str, list[str]]:
    """A project with the real sources and the few public tables that the job cannot do without; their columns."""
    columns = {name: names.split() for name, (names, _) in _TABLES.items()}
    models = [{"name": name, "columns": [{"name": column} for column in names]} for name, names in columns.items()]
    write(folder, {"dbt_project.yml": _PROJECT, "models/marts/_models.yml": json.dumps({"models": models})})
    for name, (_, origin) in _TABLES.items():
        shown = columns[name]
        if name == "mart_published_audit":
            shown = [f"null as {column}" for column in shown]
        write(folder, {f"models/marts/{name}.sql": f"select {', '.join(shown)} from {origin}"})
    for name in _COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "dbt_project" / name, folder / name)
    shutil.copytree(ROOT / "dbt_project" / "seeds", folder / "seeds")
    return columns
