"""What the tests share: homes of their own, the command as a person runs it, and one finished refresh."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.forks import Forked, server

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

    def start(self, *arguments: str, stdin: int | None = None, **environment: str) -> Forked:
        """Start the command; from another folder, because nothing may depend on the current one."""
        return server(ROOT).start(arguments, self.path.parent, self.environment(**environment), stdin is not None)

    def imports_of(self, *arguments: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
        """Run the command in an interpreter of its own; what it printed, and the modules that it loaded."""
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "quarterdeck", *arguments],
            cwd=self.path.parent,
            env=self.environment(PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
            timeout=300,
        )
        times = [line for line in done.stderr.splitlines() if line.startswith("import time")]
        return done, {line.rsplit("|", 1)[-1].strip() for line in times}

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
    from ingest.intake import raw_tables
    from ingest.national import schemas

    for table in schemas.NATIONAL_TABLES:
        raw_tables.replace_file(
            table.schema.empty_table(), raw_dir / "national" / table.name / "_none" / "rows.parquet"
        )
    for table in schemas.NATIONAL_CATALOGUE:
        raw_tables.replace_file(table.schema.empty_table(), raw_dir / "national" / f"{table.name}.parquet")


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


def built(home: Home, *select: str) -> Home:
    """What a refresh makes of what lies in the landing folder, without the orchestrator, site and exports.

    For tests on what the tables say. `select` names what dbt shall build (`+mart_published_audit`, or `*`), without its
    tests; by default everything is built and tested, and no test may fail.
    """
    from ingest import pipeline
    from ingest.national import files as national
    from orchestration.assets.dbt_models import dbt_project
    from publishing.warehouse_versions import publish
    from runtime.settings import Settings

    settings = Settings(home=home.path)
    workspace = settings.workspace()
    pipeline.receive(workspace)
    national.receive_and_read(workspace)
    pipeline.read_editions(workspace)
    pipeline.write_catalogue(workspace)
    national.write_catalogue(workspace)
    settings.build_dir.mkdir(exist_ok=True)
    settings.build_path.unlink(missing_ok=True)
    results = dbt_project(settings).build(select=select, tests=not select)
    assert [result for result in results if not result.good] == []
    publish(settings.build_path, settings.warehouse_dir)
    return home


def dbt(home: Path, *arguments: str) -> Any:
    """dbt's answer to a command on the real project, for this home; parsed once for all tests."""
    from dbt.cli.main import dbtRunner

    from orchestration.dbt import DbtProject, close_database

    (home / "build").mkdir(parents=True, exist_ok=True)
    project = DbtProject(ROOT / "dbt_project", home / "build" / "dbt", home)
    manifest = project.manifest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUARTERDECK_HOME", str(home))
        try:
            result = dbtRunner(manifest=manifest).invoke([*arguments, *project.flags(), "--no-write-json"])
        finally:
            close_database()
    assert result.exception is None, result.exception
    return result.result


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that is made once for all processes of a test run. Read it, never change it."""
    root = factory.getbasetemp()
    folder = (root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root) / "shared" / name
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.with_suffix(".made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            folder.with_suffix(".made").touch()
    return folder


#: Files that take long as a whole, the longest first: begun last, they would run on alone while other processes idle.
LONG_FILES = (
    "test_site_browser", "test_sql_page", "test_killed_at_stages", "test_cli_refresh", "test_dbt_project",
    "test_publication", "test_disclosure", "test_national_positions", "test_reports", "test_orchestration_job",
    "test_exports", "test_site_pages", "test_audit_checks", "test_national_open_data", "test_ingest_reading",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a browser is slow, in whichever file it stands; long files come first."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    places = {name: place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session", autouse=True)
def _environment_of_its_own() -> Iterator[None]:
    """Settings of the person who runs the tests must not reach them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("QUARTERDECK_") or name == "DAGSTER_HOME":
                patch.delenv(name)
        patch.setenv("DO_NOT_TRACK", "1")
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell lets what it starts in the background ignore interrupts, and there are tests of interrupts.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        yield


@dataclass(frozen=True)
class Refreshed:
    """A home after its first refresh, and what the command said."""

    home: Home
    said: subprocess.CompletedProcess[str]
    seconds: float


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """The bundled editions after `quarterdeck refresh`. Shared by all tests: read it, never change it.

    A whole refresh, because what it says and leaves (runs, site, exports) is looked at, too.
    """

    def make(folder: Path) -> None:
        home = new_home(folder / "home", *BUNDLED)
        started = time.monotonic()
        said = home.run("refresh")
        assert said.returncode == 0, said.stdout + said.stderr
        about = {"out": said.stdout, "err": said.stderr, "seconds": time.monotonic() - started}
        (folder / "said.json").write_text(json.dumps(about))

    folder = shared(tmp_path_factory, "refreshed", make)
    about = json.loads((folder / "said.json").read_text())
    said = subprocess.CompletedProcess(["quarterdeck", "refresh"], 0, about["out"], about["err"])
    return Refreshed(Home(folder / "home"), said, about["seconds"])


@pytest.fixture(scope="session")
def refreshed_one(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after `quarterdeck refresh` of one edition: for copies in which something is refreshed again."""

    def make(folder: Path) -> None:
        said = new_home(folder / "home", "2020-21-q2").run("refresh")
        assert said.returncode == 0, said.stdout + said.stderr

    return Home(shared(tmp_path_factory, "refreshed one", make) / "home")


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
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", received
    server.shutdown()
