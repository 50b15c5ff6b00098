"""The public models as the YAML files of the dbt project declare them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.intake.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "dbt_project" / "models"


def models() -> list[dict[str, Any]]:
    """The public models as their YAML declares them: those that have one of their own beside them.

    In the order in which the exposure `exports` names them, dimensions first; others follow.
    """
    exposures = {one["name"]: one for one in read_yaml(MODELS / "_exposures.yml")["exposures"]}
    order = [reference.split("'")[1] for reference in exposures["exports"]["depends_on"]]
    files = {path.stem: path for path in sorted(MODELS.rglob("*.yml")) if path.with_suffix(".sql").exists()}
    return [read_yaml(files[name])["models"][0] for name in [*order, *sorted(files.keys() - set(order))]]
