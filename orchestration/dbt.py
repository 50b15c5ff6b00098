"""The shim between Dagster and dbt: what the project holds, and one build of it in this process.

Belongs here: everything that knows dbt's Python runner, its events and its artifacts. Knows nothing of
Dagster. dagster-dbt is not used: it runs dbt as a subprocess and costs 2 s of imports, which together is as
long as the whole build takes. What is relied on are dbt's documented parts: `dbtRunner`, `manifest.json`
and the run results; tests/test_orchestration_dbt.py fails when an upgrade changes one of them.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.interrupts import interrupts_not_swallowed
from publishing.pending import project_fingerprint

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

#: Result states of dbt that mean that a node did what it should.
_GOOD = ("success", "pass", "warn", "no-op")
_MATERIALIZED_TYPES = ("model", "seed", "snapshot")
#: Unit tests check the project's code, not this refresh's data, and took 10 of a build's 23 s of node time
#: (November 2026): `make test` runs them. An exposure is nothing to build. The artifacts that dbt writes after
#: a run are read by nobody.
_BUILD_FLAGS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure", "--no-write-json")


#: Who goes back and forth between two states of the project need not wait for a parse each time.
_PARSED_KEPT = 4

_HOME_VARIABLE = "QUARTERDECK_HOME"
_KEEP_OPEN_VARIABLE = "QUARTERDECK_KEEP_OPEN"


class DbtError(Exception):
    """dbt could not parse or could not run; the message is dbt's own."""


@dataclass(frozen=True)
class Node:
    """A model, seed or source. `group` is the layer that a model stands in; empty where the project names none."""

    unique_id: str
    resource_type: str
    name: str
    layer: str
    group: str
    schema: str
    description: str
    columns: Mapping[str, Mapping[str, str]]
    depends_on: Sequence[str]
    tags: Sequence[str]
    materialized: str
    path: str
    access: str

    @property
    def is_public(self) -> bool:
        return self.access == "public"


@dataclass(frozen=True)
class Test:
    """A data test. `attached_to` is the model, seed or source whose check it becomes."""

    __test__ = False

    unique_id: str
    name: str
    description: str
    attached_to: str
    severity: str
    column: str | None


@dataclass(frozen=True)
class Graph:
    """What the dbt project holds, parents before children. Fingerprinted: see `DbtProject.graph`."""

    fingerprint: str
    nodes: Mapping[str, Node]
    tests: Mapping[str, Test]


@dataclass(frozen=True)
class NodeResult:
    """What became of a node. `failing_rows` counts what a test found."""

    unique_id: str
    resource_type: str
    status: str
    message: str
    seconds: float
    failing_rows: int
    compiled_code: str | None

    @property
    def good(self) -> bool:
        return self.status in _GOOD


@dataclass(frozen=True)
class DbtProject:
    """The dbt project, where its builds may write, and the home whose raw tables they read and whose build they make.

    The parsed project names no home, so it is kept with the project (`parsed_dir`) and serves every home.
    """

    project_dir: Path
    target_dir: Path
    home: Path

    def fingerprint(self) -> str:
        """A hash of all that shapes the graph. It holds no paths, so it stays true when the folder is moved."""
        return project_fingerprint(self.project_dir)

    @property
    def parsed_dir(self) -> Path:
        """Where the parsed project lies: beside the project, or with the build where that cannot be written."""
        beside = self.project_dir / "target"
        return beside if os.access(beside if beside.exists() else self.project_dir, os.W_OK) else self.target_dir

    def graph(self) -> Graph:
        """What the project holds now; parsed only when it changed since the last time.

        The file's name holds the fingerprint, so a stale graph is never found.
        """
        fingerprint = self.fingerprint()
        try:
            return _read_graph(self._graph_path(fingerprint))
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            self._parse(fingerprint)
            return _read_graph(self._graph_path(fingerprint))

    def build(
        self, on_event: Callable[[str, str], None] = lambda *_: None, select: Sequence[str] = (), tests: bool = True
    ) -> list[NodeResult]:
        """Run and test everything, or what dbt's selection `select` names; without `tests` only run it.

        `on_event` gets (`start` or the state at the end, unique id) as it happens. Returns one result per node, failed
        ones too. DbtError when dbt itself could not run.
        """

        def forward(event: Any) -> None:
            if event.info.name == "NodeStart":
                on_event("start", event.data.node_info.unique_id)
            elif event.info.name == "NodeFinished":
                on_event(event.data.node_info.node_status, event.data.node_info.unique_id)

        chosen = (*(("--select", *select) if select else ()), *(() if tests else ("--exclude-resource-type", "test")))
        result = self._invoke("build", *_BUILD_FLAGS, *chosen, manifest=self.manifest(), callbacks=[forward])
        if result.result is None:
            raise DbtError(_said(result.exception))
        return [
            NodeResult(
                unique_id=item.node.unique_id,
                resource_type=str(item.node.resource_type),
                status=str(item.status),
                message=(item.message or "").strip(),
                seconds=item.execution_time,
                failing_rows=item.failures or 0,
                compiled_code=getattr(item.node, "compiled_code", None),
            )
            for item in result.result.results
        ]

    def manifest(self) -> Manifest:
        """The parsed project as dbt's own object. A new one at each call, because a build writes into it."""
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        fingerprint = self.fingerprint()
        try:
            packed = self._manifest_path(fingerprint).read_bytes()
            manifest = Manifest.from_msgpack(packed, extended_mashumuro_decoder)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return self._parse(fingerprint)
        for node in manifest.nodes.values():
            if node.resource_type == "seed":
                # The one place that dbt notes in it; the folder may have been moved or copied since.
                node.root_path = str(self.project_dir)
        return manifest

    def _graph_path(self, fingerprint: str) -> Path:
        return self.parsed_dir / f"graph-{fingerprint[:16]}.json"

    def _manifest_path(self, fingerprint: str) -> Path:
        return self.parsed_dir / f"manifest-{fingerprint[:16]}.msgpack"

    def _parse(self, fingerprint: str) -> Manifest:
        self.parsed_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".parsing-", dir=self.parsed_dir) as scratch:
            result = self._invoke("parse", "--no-partial-parse", target=Path(scratch))
            if not result.success:
                raise DbtError(f"The dbt project cannot be parsed: {_said(result.exception)}")
            manifest = json.loads((Path(scratch) / "manifest.json").read_text())
            # As dbt keeps it for itself to read again.
            packed = (Path(scratch) / "partial_parse.msgpack").read_bytes()
        _replace(self._manifest_path(fingerprint), packed)
        _replace(self._graph_path(fingerprint), json.dumps(asdict(_graph(manifest, fingerprint))).encode())
        for pattern in ("graph-*.json", "manifest-*.msgpack"):
            stored = sorted(self.parsed_dir.glob(pattern), key=lambda path: path.stat().st_mtime_ns)
            for path in stored[:-_PARSED_KEPT]:
                path.unlink(missing_ok=True)
        return result.result

    def _invoke(
        self,
        *arguments: str,
        target: Path | None = None,
        manifest: Manifest | None = None,
        callbacks: Sequence[Callable[[Any], None]] = (),
    ) -> Any:
        from dbt.cli.main import dbtRunner
        from dbt.flags import get_flags

        # dbt looks at it in its end, and an interrupt before it has read its flags would be followed by words on it.
        vars(get_flags()).setdefault("upload_to_artifacts_ingest_api", False)
        try:
            with (
                interrupts_not_swallowed(),
                _environment({_HOME_VARIABLE: str(self.home), _KEEP_OPEN_VARIABLE: "true"}),
            ):
                runner = dbtRunner(manifest=manifest, callbacks=list(callbacks))
                result = runner.invoke([*arguments, *self.flags(target)])
        finally:
            close_database()
        return result

    def flags(self, target: Path | None = None) -> list[str]:
        """What every call of dbt is told: where things lie (`target`: what it writes), and to say nothing."""
        target = target or self.target_dir
        return [
            *("--project-dir", str(self.project_dir)),
            *("--profiles-dir", str(self.project_dir)),
            *("--target-path", str(target)),
            *("--log-path", str(target / "logs")),
            *("--log-level", "none", "--log-level-file", "none"),
            "--no-version-check",
            "--no-send-anonymous-usage-stats",
            "--no-print",
            "--no-use-colors",
        ]


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    """The profile and the sources find these in the environment; whoever called keeps theirs."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def close_database() -> None:
    """The profile leaves the file open between models, and dbt between runs; readers and publishing wait for it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def offending_rows(build_path: Path, compiled_code: str, limit: int = 10) -> tuple[list[str], list[tuple]]:
    """Column names and the first rows that a failed test found; empty when its tables are gone."""
    import duckdb

    try:
        with duckdb.connect(str(build_path), read_only=True) as connection:
            cursor = connection.execute(f"select * from ({compiled_code}) as failed limit {limit}")
            return [column[0] for column in cursor.description], cursor.fetchall()
    except duckdb.Error:
        return [], []


def _graph(manifest: Mapping[str, Any], fingerprint: str) -> Graph:
    nodes = {
        unique_id: _node(node)
        for unique_id, node in {**manifest["sources"], **manifest["nodes"]}.items()
        if node["resource_type"] in ("source", *_MATERIALIZED_TYPES)
    }
    nodes = {unique_id: nodes[unique_id] for unique_id in _parents_first(nodes)}
    position = {unique_id: index for index, unique_id in enumerate(nodes)}
    tests = {}
    for unique_id, test in manifest["nodes"].items():
        if test["resource_type"] != "test":
            continue
        attached = test.get("attached_node")
        if attached not in nodes:
            # A test of its own may read many tables: it belongs to the one that is built last.
            candidates = [parent for parent in test["depends_on"]["nodes"] if parent in nodes]
            if not candidates:
                continue
            attached = max(candidates, key=position.__getitem__)
        tests[unique_id] = Test(
            unique_id=unique_id,
            name=test["name"],
            description=test.get("description") or "",
            attached_to=attached,
            severity=str(test["config"].get("severity") or "error").lower(),
            column=test.get("column_name"),
        )
    return Graph(fingerprint, nodes, tests)


def _node(node: Mapping[str, Any]) -> Node:
    source = node["resource_type"] == "source"
    return Node(
        unique_id=node["unique_id"],
        resource_type=node["resource_type"],
        name=node["name"],
        layer=node["source_name"] if source else node["schema"],
        group=str(node.get("group") or ""),
        schema=node["schema"],
        description=node.get("description") or "",
        columns={
            name: {"type": column.get("data_type") or "", "description": column.get("description") or ""}
            for name, column in node.get("columns", {}).items()
        },
        depends_on=[] if source else list(node.get("depends_on", {}).get("nodes", [])),
        tags=list(node.get("tags", [])),
        materialized="source" if source else node["config"].get("materialized") or node["resource_type"],
        path=node["original_file_path"],
        access=str(node.get("access") or ""),
    )


def _parents_first(nodes: Mapping[str, Node]) -> list[str]:
    ordered: dict[str, None] = {}

    def visit(unique_id: str) -> None:
        if unique_id in ordered or unique_id not in nodes:
            return
        for parent in sorted(nodes[unique_id].depends_on):
            visit(parent)
        ordered[unique_id] = None

    for unique_id in sorted(nodes):
        visit(unique_id)
    return list(ordered)


def _replace(path: Path, content: bytes) -> None:
    incoming = path.with_suffix(f".{os.getpid()}.incoming")
    incoming.write_bytes(content)
    os.replace(incoming, path)


def _read_graph(path: Path) -> Graph:
    stored = json.loads(path.read_text())
    return Graph(
        fingerprint=stored["fingerprint"],
        nodes={unique_id: Node(**node) for unique_id, node in stored["nodes"].items()},
        tests={unique_id: Test(**test) for unique_id, test in stored["tests"].items()},
    )


def _said(error: BaseException | None) -> str:
    return " ".join(str(error).split()) if error else "dbt gave no reason"


if __name__ == "__main__":
    # `make setup` parses, so that the first refresh need not.
    from runtime.settings import Settings

    _settings = Settings()
    DbtProject(_settings.dbt_project_dir, _settings.dbt_target_dir, _settings.home).graph()
