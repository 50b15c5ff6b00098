"""The public models as the YAML files of the dbt project declare them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.intake.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parent.parent
MARTS = ROOT / "dbt_project" / "models" / "marts"


def models() -> list[dict[str, Any]]:
    """The public models as their YAML declares them, dimensions first."""
    order = ("_dimensions", "_facts", "_claims", "_marts", "_national", "_audit_findings", "_audit", "_lineage")
    files = [path for path in MARTS.rglob("_*.yml") if path.stem in order]
    files.sort(key=lambda path: (order.index(path.stem), path))
    return [model for path in files for model in read_yaml(path)["models"]]
