"""``make bench``: every measurement, with its goal beside it."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from perf import ingestion, national, refresh, site


def main() -> None:
    """Measure and print. Nothing fails on a slow machine; the numbers are for people."""
    parser = argparse.ArgumentParser(prog="python -m perf", description=__doc__)
    parser.add_argument("--editions", type=int, default=1000, help="generated editions for ingestion (default 1000)")
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds of a measurement (default 5; national positions at most 3)"
    )
    parser.add_argument("--only", choices=("ingestion", "refresh", "national", "site"))
    parser.add_argument("--councils", type=int, default=150, help="generated councils for the site (default 150)")
    arguments = parser.parse_args()
    console = Console(width=118)
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")

    if arguments.only in (None, "ingestion"):
        table = Table(title="Ingestion alone (one process), generated editions, 30 % of table rows with a fault")
        for heading in ("editions", "rows", "seconds", "whole: rows/s", "reading alone: rows/s"):
            table.add_column(heading, justify="right")
        for editions in (arguments.editions // 10, arguments.editions):
            with tempfile.TemporaryDirectory() as folder:
                found = ingestion.measure(Path(folder), editions)
            table.add_row(
                f"{editions:,}",
                f"{found['rows']:,}",
                f"{found['seconds']:.2f}",
                f"{found['whole']:,.0f}",
                f"{found['reading']:,.0f}",
            )
        console.print(table)
        console.print("Goal: 40,000 rows/s, and the same speed at ten times the editions.\n")
        table = Table(title="Reading one file alone, by its length (linear: the same in every line of a layout)")
        for heading in ("layout", "lines", "CPU s / 1,000 lines", "work units / 1,000 lines"):
            table.add_column(heading, justify="right")
        for found in ingestion.growth():
            table.add_row(found["layout"], f"{found['lines']:,}", f"{found['seconds']:.2f}", f"{found['units']:,.0f}")
        console.print(table)

    if arguments.only in (None, "refresh"):
        with tempfile.TemporaryDirectory() as folder:
            refresh.report(console, refresh.measure(Path(folder), arguments.rounds))

    if arguments.only in (None, "site"):
        table = Table(title=f"The site, {arguments.councils} councils x 40 editions x 45 rows, two processes")
        for heading in ("build", "pages", "written", "MB written", "seconds", "MB of the largest process"):
            table.add_column(heading, justify="right")
        with tempfile.TemporaryDirectory() as folder:
            for found in site.measure(Path(folder), arguments.councils):
                table.add_row(
                    found.name,
                    f"{found.pages:,}",
                    f"{found.written:,}",
                    f"{found.megabytes:,.0f}",
                    f"{found.measured.seconds:.1f}",
                    f"{found.measured.peak_mb:.0f}",
                )
        console.print(table)
        console.print("Goal: at most 120 s and 1.5 GB for 150 councils on two cores.\n")

    if arguments.only in (None, "national"):
        if not national.SHARED.is_dir():
            console.print(f"National positions are not measured: there are no public files in {national.SHARED}.")
            return
        with tempfile.TemporaryDirectory() as folder:
            national.report(console, national.measure(Path(folder), min(arguments.rounds, 3)))


if __name__ == "__main__":
    main()
