"""Somebody who opens what is published, again and again, while refreshes come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import duckdb

from torture.compare import Contents, contents


class Reader:
    """Opens the warehouse, the site and the exports until it is told to stop; keeps what it found wrong."""

    def __init__(self, home: Path, allowed: Callable[[], list[Contents]]):
        self._home, self._allowed = home, allowed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.opened = 0
        self.faults: list[str] = []

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stop.wait(0.2):
            try:
                found = contents(self._home / "warehouse" / "quarterdeck.duckdb")
                if found not in self._allowed():
                    self.faults.append("a reader saw a warehouse that is neither the one before nor the one after")
                for name in ("site/index.html", "exports/datapackage.json"):
                    if not (self._home / "publish" / name).read_bytes():
                        self.faults.append(f"a reader found publish/{name} empty")
            except (duckdb.Error, OSError) as error:
                self.faults.append(f"a reader could not open what is published: {error}")
            self.opened += 1
