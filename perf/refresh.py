"""The orchestrated refresh of the bundled editions against bare ``dbt build`` of the same project, in turn.

Both run warm: everything was parsed and built once before. The bare build gets the raw tables that the refresh
made and the same profile, so the difference is Python, Dagster, ingestion, checks and publishing.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from perf.measure import ROOT, Measured, interleave, median, run

COMMAND = [sys.executable, "-m", "quarterdeck", "refresh"]
DBT = [
    sys.executable,
    "-c",
    "import sys; from dbt.cli.main import cli; sys.exit(cli())",
    "--quiet",
    "build",
    "--project-dir",
    str(ROOT / "dbt_project"),
    "--profiles-dir",
    str(ROOT / "dbt_project"),
]


def measure(folder: Path, rounds: int) -> dict[str, list[Measured]]:
    """Seconds and peak memory of a full refresh, of a refresh with nothing new, and of the bare build."""
    note = folder / "measured"
    homes = {name: folder / name for name in ("refresh", "bare")}
    environments = {
        name: {
            "QUARTERDECK_HOME": str(home),
            "QUARTERDECK_LANDING_DIR": str(ROOT / "landing"),
            "DBT_TARGET_PATH": str(home / "target"),
            "DBT_LOG_PATH": str(home / "logs"),
            "DO_NOT_TRACK": "1",
        }
        for name, home in homes.items()
    }
    first = run(COMMAND, environments["refresh"], note)
    (homes["bare"] / "build").mkdir(parents=True)
    shutil.copytree(homes["refresh"] / "raw", homes["bare"] / "raw")

    def bare() -> Measured:
        for file in (homes["bare"] / "build").glob("*"):
            file.unlink()
        return run(DBT, environments["bare"], note)

    bare()
    found = interleave(
        rounds,
        {
            "dbt build alone": bare,
            "refresh, all anew": lambda: run([*COMMAND, "--rebuild"], environments["refresh"], note),
            "refresh, nothing new": lambda: run(COMMAND, environments["refresh"], note),
        },
    )
    return {"first refresh ever (parses dbt)": [first], **found}


def report(console: Console, found: dict[str, list[Measured]]) -> None:
    """Print medians, memory and the ratios that the goals speak of."""
    base = median(found["dbt build alone"])
    table = Table(title="Refresh of the bundled editions")
    for heading in ("what", "median s", "fastest s", "peak MB", "x dbt build"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name, runs in found.items():
        table.add_row(
            name,
            f"{median(runs):.2f}",
            f"{min(one.seconds for one in runs):.2f}",
            f"{max(one.peak_mb for one in runs):.0f}",
            f"{median(runs) / base:.2f}",
        )
    console.print(table)
    peak = max(one.peak_mb for one in found["refresh, all anew"])
    full, nothing = median(found["refresh, all anew"]), median(found["refresh, nothing new"])
    console.print(
        f"Refresh / dbt build: {full / base:.2f} (goal: at most 1.35). "
        f"Nothing new / full: {nothing / full:.2f} (goal: under 0.5). "
        f"Peak memory of the refresh: {peak:.0f} MB (goal: under 600)."
    )
