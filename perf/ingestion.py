"""Ingestion alone: generated editions from the landing folder to raw Parquet, and how that grows.

The editions are made up in the four layouts (tests/dashboards.py), 25 councils and 40 quarters at most. A row is an
indicator row of a dashboard, with all its cells, its source lines and its share of the three Parquet files of its
edition.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ingest.dashboards.layouts import load_layouts, recognise
from ingest.dashboards.reader import read
from ingest.intake.budget import limited
from ingest.intake.errors import FileRejected
from ingest.intake.workspace import Workspace
from ingest.pipeline import read_editions, receive, write_catalogue
from perf.measure import ROOT

sys.path.insert(0, str(ROOT / "tests"))
from dashboards import LAYOUTS, TABLE_NOISE, Edition, frame, make_edition, render, table_cells

#: Rows of an edition; the four bundled ones have 24 to 48.
ROWS = 36


def generate(folder: Path, editions: int, noisy: float = 0.3) -> tuple[Workspace, list[str], int]:
    """Write a landing folder of generated editions; gives the workspace, the texts and the number of rows.

    ``noisy`` is the share of table rows that carry one fault (a lost, added or doubled cell, a misread icon).
    """
    rng = random.Random(20)
    landing = folder / "landing"
    councils = []
    texts = []
    rows = 0
    for number in range(editions):
        council, place = divmod(number, 40)
        edition = make_edition(rng, LAYOUTS[number % 4], 2016 + place // 4, place % 4 + 1, rows=ROWS)
        edition.area = f"Council {council:03d}"
        if place == 0:
            councils.append(
                f"  - {{area_code: E9{council:07d}, area_name: Council {council:03d}, slug: council{council:03d}, "
                f"default: {str(council == 0).lower()}}}"
            )
        text = _noisy(edition, rng, noisy)
        path = landing / f"council{council:03d}" / f"{edition.key}-dashboard.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        texts.append(text)
        rows += len(edition.rows)
    areas = folder / "areas.yml"
    areas.write_text("areas:\n" + "\n".join(councils) + "\n", encoding="utf-8")
    seeds = ROOT / "dbt_project" / "seeds"
    workspace = Workspace(
        landing_dir=landing,
        archive_dir=folder / "archive",
        raw_dir=folder / "raw",
        areas_path=areas,
        labels_path=seeds / "indicator_labels.csv",
        indicators_path=seeds / "indicators.csv",
    )
    return workspace, texts, rows


def _noisy(edition: Edition, rng: random.Random, share: float) -> str:
    if edition.layout == "flowing_2018":
        return render(edition, rng)
    before, after = frame(edition)
    lines = list(before)
    for row in edition.rows:
        line = "\t".join(table_cells(edition.layout, row.cells))
        if rng.random() < share:
            line = rng.choice(TABLE_NOISE[:4])(line, rng)
        lines.append(line)
    return "\n".join([*lines, *after])


def measure(folder: Path, editions: int) -> dict[str, float]:
    """Rows a second of reading alone (lines to cells, in memory) and of the whole ingestion."""
    workspace, texts, rows = generate(folder, editions)
    layouts = load_layouts()
    begin = time.perf_counter()
    for text in texts:
        lines = text.split("\n")
        read(lines, recognise(lines, layouts))
    reading = time.perf_counter() - begin
    begin = time.perf_counter()
    receive(workspace)
    done = read_editions(workspace)
    catalogue = write_catalogue(workspace)
    whole = time.perf_counter() - begin
    assert len(done) == editions and len(catalogue.loaded) == editions, "not every generated edition was loaded"
    return {"editions": editions, "rows": rows, "reading": rows / reading, "whole": rows / whole, "seconds": whole}


def growth(sizes: tuple[int, ...] = (1, 4, 16, 48)) -> list[dict[str, Any]]:
    """Seconds and work units of reading one file alone, of so many editions' lines one below the other, by layout.

    Such a file is no edition (it is rejected at the end, as two editions), but all its lines are read: where reading is
    linear, seconds and units for a thousand lines stay the same.
    """
    measured = []
    for layout in load_layouts():
        for size in sizes:
            rng = random.Random(7)
            texts = (render(make_edition(rng, layout.name, 2019, 2, rows=ROWS), rng) for _ in range(size))
            lines = [line for text in texts for line in text.split("\n")]
            begin = time.process_time()
            with limited(limit=10**9) as budget, suppress(FileRejected):
                read(lines, layout)
            seconds = time.process_time() - begin
            thousands = len(lines) / 1000
            measured.append(
                {
                    "layout": layout.name,
                    "lines": len(lines),
                    "seconds": seconds / thousands,
                    "units": budget.spent / thousands,
                }
            )
    return measured
