"""What the shim relies on in dbt, on a project of three tables: an upgrade that changes it fails here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration import dbt
from orchestration.dbt import DbtError, DbtProject, offending_rows
from tests.projects import write

FILES = {
    "dbt_project.yml": """
        name: tiny
        version: 1.0.0
        profile: tiny
        seeds: {tiny: {+schema: seeds}}
        models: {tiny: {+schema: marts, +group: doublings, +access: public, +materialized: table}}
    """,
    "profiles.yml": """
        tiny:
          target: local
          outputs:
            local: {type: duckdb, path: "{{ env_var('QUARTERDECK_HOME') }}/tiny.duckdb", keep_open: false}
    """,
    "macros/generate_schema_name.sql": (
        "{% macro generate_schema_name(name, node) -%}{{ name or target.schema }}{%- endmacro %}"
    ),
    "seeds/numbers.csv": "number,word\n1,one\n2,two\n3,three\n",
    "models/doubled.sql": "select number * 2 as doubled, word from {{ ref('numbers') }}",
    "models/schema.yml": """
        groups:
          - {name: doublings, owner: {name: Somebody}}
        exposures:
          - {name: page, type: dashboard, owner: {name: Somebody}, depends_on: [ref('doubled')]}
        models:
          - name: doubled
            description: One row per number.
            columns:
              - name: doubled
                description: Twice the number.
                data_type: integer
                data_tests:
                  - accepted_values: {arguments: {values: [2, 4], quote: false}, config: {severity: warn}}
    """,
    "tests/no_row_is_six.sql": "select * from {{ ref('doubled') }} where doubled = 6",
    "tests/seed_is_small.sql": "select * from {{ ref('numbers') }} where number > 100",
}


def parsed(project: DbtProject) -> list[Path]:
    project.graph()
    return sorted(path for path in project.parsed_dir.iterdir() if path.is_file())


@pytest.fixture(scope="module")
def parsed_once(tmp_path_factory) -> Path:
    """The project, parsed; a copy of it is parsed, too."""
    folder = tmp_path_factory.mktemp("tiny")
    write(folder / "project", FILES)
    DbtProject(folder / "project", folder / "target", folder).graph()
    return folder / "project"


@pytest.fixture
def project(tmp_path, parsed_once) -> DbtProject:
    shutil.copytree(parsed_once, tmp_path / "project")
    (tmp_path / "home").mkdir()
    return DbtProject(tmp_path / "project", tmp_path / "target", tmp_path / "home")


def test_the_graph_a_build_and_what_it_tells(project, tmp_path):
    graph = project.graph()
    assert [node.name for node in graph.nodes.values()] == ["numbers", "doubled"]
    doubled = graph.nodes["model.tiny.doubled"]
    assert (doubled.layer, doubled.schema, doubled.is_public, doubled.materialized) == ("marts", "marts", True, "table")
    assert doubled.group == "doublings"
    assert doubled.depends_on == ["seed.tiny.numbers"]
    assert doubled.columns == {"doubled": {"type": "integer", "description": "Twice the number."}}
    attached = {test.name.split("_doubled")[0]: (test.attached_to, test.severity) for test in graph.tests.values()}
    assert attached == {
        "accepted_values": ("model.tiny.doubled", "warn"),
        "no_row_is_six": ("model.tiny.doubled", "error"),
        "seed_is_small": ("seed.tiny.numbers", "error"),
    }

    events: list[tuple[str, str]] = []
    results = {r.unique_id.split(".")[2].split("_doubled")[0]: r for r in project.build(lambda *e: events.append(e))}
    assert {name: (r.status, r.failing_rows, r.good) for name, r in results.items()} == {
        "numbers": ("success", 0, True),
        "seed_is_small": ("pass", 0, True),
        "doubled": ("success", 0, True),
        "accepted_values": ("warn", 1, True),
        "no_row_is_six": ("fail", 1, False),
    }
    assert ("start", "model.tiny.doubled") in events
    assert ("success", "model.tiny.doubled") in events
    assert sum(state == "start" for state, _ in events) == len(results)
    header, rows = offending_rows(tmp_path / "home" / "tiny.duckdb", results["no_row_is_six"].compiled_code)
    assert (header, rows) == (["doubled", "word"], [(6, "three")])


def test_the_graph_is_parsed_once_and_again_when_a_file_changed(project, tmp_path, monkeypatch):
    monkeypatch.setattr(dbt, "_PARSED_KEPT", 2)
    first = project.graph()
    (stored,) = project.parsed_dir.glob("graph-*.json")
    before = stored.stat()
    assert project.graph() == first
    assert project.build()[0].good
    assert (stored.stat().st_ino, stored.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "parsed again"

    write(tmp_path / "project", {"models/tripled.sql": "select number * 3 as tripled from {{ ref('numbers') }}"})
    second = project.graph()
    assert "model.tiny.tripled" in second.nodes
    assert second.fingerprint != first.fingerprint
    write(tmp_path / "project", {"models/tripled.sql": "select number * 4 as tripled from {{ ref('numbers') }}"})
    project.graph()
    assert not stored.exists(), "what is long out of date must not lie about"


def test_a_broken_store_is_parsed_anew(project, tmp_path):
    first = project.graph()
    for stored in (*project.parsed_dir.glob("graph-*.json"), *project.parsed_dir.glob("manifest-*.msgpack")):
        stored.write_bytes(stored.read_bytes()[:100])
    assert project.graph() == first
    assert all(result.good for result in project.build(select=["numbers"]))


def test_one_parse_serves_every_home(project, tmp_path):
    assert not any(str(project.home).encode() in path.read_bytes() for path in parsed(project))
    other = DbtProject(project.project_dir, tmp_path / "other target", tmp_path / "other")
    (tmp_path / "other").mkdir()
    before = {path: path.stat().st_mtime_ns for path in parsed(project)}
    assert other.graph() == project.graph()
    assert other.build(select=["numbers"])[0].good
    assert {path: path.stat().st_mtime_ns for path in parsed(project)} == before
    assert (tmp_path / "other" / "tiny.duckdb").exists() and not (project.home / "tiny.duckdb").exists()


def test_a_selection_builds_what_it_names(project):
    built = {result.unique_id.split(".")[2] for result in project.build(select=["numbers"])}
    assert built == {"numbers", "seed_is_small"}


def test_a_project_that_cannot_be_parsed_says_why(project, tmp_path):
    write(tmp_path / "project", {"models/lost.sql": "select * from {{ ref('nowhere') }}"})
    with pytest.raises(DbtError, match="nowhere"):
        project.graph()
    with pytest.raises(DbtError, match="nowhere"):
        project.build()


def test_a_model_that_fails_keeps_what_follows_from_being_built(project, tmp_path):
    write(
        tmp_path / "project", {"models/doubled.sql": "select number / 'two' as doubled, word from {{ ref('numbers') }}"}
    )
    results = {result.unique_id.split(".")[2]: result for result in project.build()}
    assert results["doubled"].status == "error" and not results["doubled"].good
    assert "Conversion Error" in results["doubled"].message
    assert results["no_row_is_six"].status == "skipped"


def test_an_interrupt_before_dbt_has_read_its_flags_says_nothing(tmp_path, monkeypatch, capfd):
    import argparse

    from dbt import flags
    from dbt.cli import requires

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    write(tmp_path, FILES)
    project = DbtProject(tmp_path, tmp_path / "build", tmp_path)
    monkeypatch.setattr(flags, "GLOBAL_FLAGS", argparse.Namespace(USE_COLORS=True))
    monkeypatch.setattr(requires, "Flags", interrupted)
    with pytest.raises(DbtError):
        project.graph()
    assert capfd.readouterr() == ("", "")
