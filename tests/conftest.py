"""What the tests share: homes of their own, the command as a person runs it, and one finished refresh."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LANDING = ROOT / "landing"
BUNDLED = ("2016-17-q2", "2018-19-q1", "2020-21-q2", "2022-23-q1")


@dataclass(frozen=True)
class Home:
    """A project home: its own state, its own landing folder, and the command run upon it."""

    path: Path

    @property
    def landing(self) -> Path:
        return self.path / "landing"

    @property
    def published(self) -> Path:
        return self.path / "warehouse" / "quarterdeck.duckdb"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUARTERDECK_") and k != "DAGSTER_HOME"}
        return {**kept, "QUARTERDECK_HOME": str(self.path), "COLUMNS": "200", **more}

    def start(self, *arguments: str, stdin: int | None = None, **environment: str) -> subprocess.Popen[str]:
        """Start the command; from another folder, because nothing may depend on the current one."""
        return subprocess.Popen(
            [sys.executable, "-m", "quarterdeck", *arguments],
            cwd=self.path.parent,
            env=self.environment(PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="1", **environment),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Where tests run in the background, an interrupt is ignored and would be ignored by the child too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def run(self, *arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end; `typed` is what it finds on its standard input."""
        process = self.start(*arguments, stdin=subprocess.PIPE, **environment)
        out, err = process.communicate(typed, timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def query(self, sql: str) -> list[tuple]:
        """Rows of the published warehouse, read by another client than the command."""
        import duckdb

        with duckdb.connect(str(self.published), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def without_national_files(raw_dir: Path) -> None:
    """The raw national tables with no row in them, as they lie when no national file was ever received."""
    from ingest import raw
    from ingest.national import schemas

    for table in schemas.NATIONAL_TABLES:
        raw.replace_file(table.schema.empty_table(), raw_dir / "national" / table.name / "_none" / "rows.parquet")
    for table in schemas.NATIONAL_CATALOGUE:
        raw.replace_file(table.schema.empty_table(), raw_dir / "national" / f"{table.name}.parquet")


def new_home(path: Path, *editions: str) -> Home:
    """A home with these bundled editions in its landing folder."""
    home = Home(path)
    home.landing.mkdir(parents=True)
    for edition in editions:
        shutil.copy(LANDING / f"{edition}-dashboard.txt", home.landing)
    return home


def copied_home(home: Home, path: Path) -> Home:
    """A copy of a home, to do to it what one likes; without the records of its runs."""
    shutil.copytree(home.path, path, symlinks=True, ignore=shutil.ignore_patterns("history", "storage"))
    return Home(path)


@pytest.fixture(scope="session", autouse=True)
def _environment_of_its_own() -> Iterator[None]:
    """Settings of the person who runs the tests must not reach them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("QUARTERDECK_") or name == "DAGSTER_HOME":
                patch.delenv(name)
        patch.setenv("DO_NOT_TRACK", "1")
        yield


@dataclass(frozen=True)
class Refreshed:
    """A home after its first refresh, and what the command said."""

    home: Home
    said: subprocess.CompletedProcess[str]
    seconds: float


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """The bundled editions after `quarterdeck refresh`. Shared by all tests: read it, never change it."""
    import time

    home = new_home(tmp_path_factory.mktemp("refreshed") / "home", *BUNDLED)
    started = time.monotonic()
    said = home.run("refresh")
    assert said.returncode == 0, said.stdout + said.stderr
    return Refreshed(home, said, time.monotonic() - started)


@pytest.fixture
def webhook():
    """A local server that keeps what is posted to it."""
    received: list[dict] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Keep)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", received
    server.shutdown()
