"""The site: generated warehouses of many councils to pages, and what one more edition costs."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from perf.measure import ROOT, Measured, run

sys.path.insert(0, str(ROOT / "tests"))
from warehouses import generate

_BUILD = """
import json, resource, sys
from pathlib import Path
from publishing.site import build_site
if __name__ == "__main__":
    built = build_site(Path(sys.argv[1]), Path(sys.argv[2]))
    Path(sys.argv[3]).write_text(json.dumps([built.pages, built.written, built.bytes]))
"""


@dataclass(frozen=True)
class Found:
    """One build: seconds and peak memory of its largest process; pages, how many were written, and their size."""

    name: str
    measured: Measured
    pages: int
    written: int
    megabytes: float


def measure(folder: Path, councils: int, editions: int = 40, rows: int = 45) -> list[Found]:
    """Everything anew, the same again, and with one more edition of one council."""
    script, all_but_one, everything = folder / "build.py", folder / "before.duckdb", folder / "after.duckdb"
    script.write_text(_BUILD)
    generate(everything, councils, editions, rows)
    generate(all_but_one, councils, editions, rows)
    with duckdb.connect(str(all_but_one)) as connection:
        newest = connection.execute(
            "select edition_key from marts.dim_edition order by area_code, period_start desc limit 1"
        ).fetchall()[0][0]
        for (table,) in connection.execute(
            "select table_name from duckdb_columns() where schema_name = 'marts' and column_name = 'edition_key'"
        ).fetchall():
            connection.execute(f"delete from marts.{table} where edition_key = ?", [newest])
    found = []
    for name, warehouse in (("anew", all_but_one), ("the same", all_but_one), ("one more edition", everything)):
        note = folder / "built.json"
        measured = run(
            [sys.executable, str(script), str(warehouse), str(folder / "publish" / "site"), str(note)],
            {"PYTHONPATH": str(ROOT)},
            folder / "note",
        )
        pages, written, size = json.loads(note.read_text())
        found.append(Found(name, measured, pages, written, size / 1e6))
    return found
