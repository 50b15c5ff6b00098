"""Homes of the four editions, with the public national files or without: made once for all test files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import LANDING, ROOT, dbt, shared

from ingest import pipeline
from ingest.national import files

NATIONAL = ROOT.parent / "shared" / "national"
#: All national models, as dbt selects them.
MODELS = (
    "path:seeds/national",
    "path:models/staging/national",
    "path:models/intermediate/national",
    "path:models/dimensions/national",
    "int_population_points",
    "path:models/facts/national",
    "int_national_problems_found",
    "path:models/marts/national",
    "dim_area",
    "stg_raw__areas",
)
#: Tables between raw ones and marts stay, to be looked at.
KEPT = ("--vars", "keep_working_tables: true")


def audited_home(factory: pytest.TempPathFactory, with_national_files: bool) -> Path:
    """The home; its warehouse lies where dbt builds it. With the national files all national models are in it."""

    def make(home: Path) -> None:
        shutil.copytree(LANDING, home / "landing")
        selected = ["+mart_published_audit", "+mart_benchmark_position"]
        if with_national_files:
            (home / "landing" / "national").mkdir(exist_ok=True)
            for path in NATIONAL.rglob("*.*"):
                shutil.copyfile(path, home / "landing" / "national" / path.name)
            selected += MODELS
        seeds = ROOT / "dbt_project" / "seeds"
        workspace = pipeline.Workspace(
            *(home / name for name in ("landing", "archive", "raw")),
            ROOT / "config" / "areas.yml",
            *(seeds / name for name in ("indicator_labels.csv", "indicators.csv")),
        )
        pipeline.receive(workspace)
        pipeline.read_editions(workspace)
        pipeline.write_catalogue(workspace)
        files.receive_and_read(workspace)
        files.write_catalogue(workspace)
        types = ("--resource-type", "seed", "--resource-type", "model")
        result = dbt(home, "build", "--select", *selected, *types, *KEPT)
        assert [item.message for item in result.results if str(item.status) != "success"] == []

    return shared(factory, f"audited-{'files' if with_national_files else 'seed'}", make)
