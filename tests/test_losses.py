"""A warehouse that shrinks is not published without being told to. Made-up warehouses; figures are invented."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.checks import nothing_lost
from orchestration.resources import fewer_resource
from publishing.losses import losses
from runtime.settings import Settings

KEY = dg.AssetKey(["marts", "dim_edition"])


def warehouse(path: Path, figures: dict[str, int], rejected: dict[str, str] | None = None) -> Path:
    """Editions with so many figures and one damaged each; files that are rejected with their code.

    Only the tables and columns that are looked at: a whole warehouse takes seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.dim_edition (edition_key text, source_file text, source_sha256 text)")
        connection.execute("create table marts.fct_observation (edition_key text, value_status text)")
        connection.execute("create table marts.source_file (source_sha256 text, error_code text, outcome text)")
        for edition, count in figures.items():
            values = [edition, f"{edition}.txt", f"sha of {edition}"]
            connection.execute("insert into marts.dim_edition values (?, ?, ?)", values)
            insert = (
                "insert into marts.fct_observation select ?, 'reported' from range(?) union all select ?, 'damaged'"
            )
            connection.execute(insert, [edition, count, edition])
        for edition, code in (rejected or {}).items():
            connection.execute("insert into marts.source_file values (?, ?, 'rejected')", [f"sha of {edition}", code])
    return path


PUBLISHED = {"2018-19-q1": 20, "2018-19-q2": 20, "2020-21-q2": 10}
BUILDS = {
    "the same": (PUBLISHED, {}, []),
    "more": ({**PUBLISHED, "2022-23-q1": 1}, {}, []),
    "one figure of twenty": ({**PUBLISHED, "2018-19-q1": 19}, {}, []),
    "one figure of ten": ({**PUBLISHED, "2020-21-q2": 9}, {}, ["2020-21-q2 (9 for 10)"]),
    "an edition emptied": ({**PUBLISHED, "2018-19-q1": 0, "2022-23-q1": 90}, {}, ["2018-19-q1 (0 for 20)"]),
    "an edition rejected": (
        {"2018-19-q1": 20, "2018-19-q2": 20},
        {"2020-21-q2": "ambiguous_layout"},
        ["1 of 3 published editions", "2020-21-q2 (2020-21-q2.txt is rejected: ambiguous_layout)"],
    ),
    "an edition withdrawn, another in its place": (
        {"2018-19-q1": 20, "2018-19-q2": 20, "2022-23-q1": 40},
        {},
        ["2020-21-q2 (2020-21-q2.txt is not in force any more)"],
    ),
    "nothing left": ({}, {}, ["3 of 3 published editions"]),
}


@pytest.mark.parametrize("build", BUILDS)
def test_what_a_new_warehouse_lacks_is_named(tmp_path: Path, build: str) -> None:
    figures, rejected, expected = BUILDS[build]
    settings = Settings(home=tmp_path)
    warehouse(settings.published_path, PUBLISHED)
    new = warehouse(tmp_path / "build.duckdb", figures, rejected)
    for allowed in (False, True):
        found = nothing_lost(settings, KEY, new, allowed=allowed)
        assert found.passed == (not expected)
        assert all(words in (found.description or "") for words in expected), found.description
        if expected:
            assert found.severity is (dg.AssetCheckSeverity.WARN if allowed else dg.AssetCheckSeverity.ERROR)
            assert ("--allow-fewer" in found.description) != allowed


def test_without_a_readable_warehouse_before_nothing_is_lost(tmp_path: Path) -> None:
    new = warehouse(tmp_path / "build.duckdb", {"2018-19-q1": 1})
    assert losses(new, tmp_path / "none.duckdb", 0.05) == []
    (tmp_path / "damaged.duckdb").write_bytes(b"no database" * 1000)
    assert losses(new, tmp_path / "damaged.duckdb", 0.05) == []


def test_the_share_is_a_setting(tmp_path: Path) -> None:
    published = warehouse(tmp_path / "old.duckdb", {"2018-19-q1": 10})
    new = warehouse(tmp_path / "new.duckdb", {"2018-19-q1": 6})
    assert losses(new, published, 0.5) == []
    assert losses(new, published, 0.3) != []


@pytest.mark.parametrize(
    ("setting", "configured", "allowed"),
    [(False, None, False), (False, True, True), (True, None, True), (True, False, False)],
)
def test_the_configuration_of_a_run_comes_before_the_setting(
    tmp_path: Path, setting: bool, configured: bool | None, allowed: bool
) -> None:
    resource = fewer_resource(Settings(home=tmp_path, allow_fewer=setting))
    context = dg.build_init_resource_context(config={} if configured is None else {"allow": configured})
    assert resource(context) is allowed
