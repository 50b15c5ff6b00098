"""Real refreshes, killed for good at each stage that they announce, one after the other in one home.

Processes and SIGKILL, because no exception stands for a kill, and whole refreshes, because the stages are those of all
parts together. Each refresh takes up what the one before left and goes one stage further, so that only the last stages
cost a build. tests/test_unlucky_moments.py stops at every write between them.
"""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from publishing.pending import look, made_from
from publishing.site_and_exports import behind
from publishing.warehouse_versions import publish
from runtime.settings import Settings
from tests.conftest import BUNDLED, LANDING, Home, new_home
from tests.test_unlucky_moments import ingest
from torture.compare import contents, differences
from torture.disturb import STAGES

pytestmark = pytest.mark.slow


NEWS = "2018-19-q1"


def home_without_news(path: Path, refreshed: Home) -> Home:
    """A home of the other bundled editions; its warehouse is that of `refreshed` without the news: it costs no build.

    The site and the exports are those of `refreshed`, and so behind.
    """
    home = new_home(path, *(edition for edition in BUNDLED if edition != NEWS))
    settings = Settings(home=home.path)
    ingest(settings)
    settings.build_dir.mkdir()
    shutil.copy(refreshed.published, settings.build_path)
    with duckdb.connect(str(settings.build_path)) as connection:
        tables = connection.execute(
            "select table_name from duckdb_columns() where column_name = 'edition_key' and schema_name = 'marts' "
            "and table_name in (select table_name from duckdb_tables() where schema_name = 'marts')"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"delete from marts.{table} where edition_key = ?", [NEWS])
    publish(settings.build_path, settings.warehouse_dir, note={"made_from": made_from(settings)})
    shutil.copytree(refreshed.path / "publish", home.path / "publish", symlinks=True)
    return home


def pages(home: Home) -> list[str]:
    """The pages of the published site, as somebody finds them there."""
    site = (home.path / "publish" / "site").resolve()
    return sorted(str(path.relative_to(site)) for path in site.rglob("*.html") if path.read_bytes())


def killed_at_a_new_stage(home: Home, stages: list[str]) -> bool:
    """Kill a refresh as soon as it announces a stage that is not among `stages`, and add it; False when it ended."""
    with home.start("refresh") as process:
        said = []
        for line in process.stdout:
            said.append(line)
            new = line.startswith("Refreshing") or line.rstrip().endswith(" ...")
            stage = line.split(":")[0].split(" ...")[0].rstrip()
            if new and stage not in stages:
                process.send_signal(signal.SIGKILL)
                process.communicate(timeout=60)
                assert process.returncode == -signal.SIGKILL, said
                stages.append(stage)
                return True
        _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 3), f"{said} {err}"
    return False


def test_a_refresh_killed_at_any_stage_is_made_good_by_the_next(refreshed, tmp_path: Path, monkeypatch):
    home, undisturbed = home_without_news(tmp_path / "home", refreshed.home), contents(refreshed.home.published)
    settings, before = Settings(home=home.path), contents(home.published)
    assert before != undisturbed and not look(settings)
    shutil.copy(LANDING / f"{NEWS}-dashboard.txt", home.landing)
    stages: list[str] = []
    while killed_at_a_new_stage(home, stages):
        assert pages(home) == pages(refreshed.home), f"half a site: killed at {stages[-1]}"
        published = contents(home.published)
        if published == before:
            assert look(settings), f"lost in silence: killed at {stages[-1]}"
        else:
            assert differences(published, undisturbed) == [], f"killed at {stages[-1]}"
            assert behind(settings), stages[-1]
    assert set(stages) == {stage.removesuffix(" ...") for stage in STAGES}, "the stages that `make torture` disturbs"
    assert differences(contents(home.published), undisturbed) == []
    assert not look(settings) and behind(settings) == [] and pages(home) == pages(refreshed.home)
    monkeypatch.setenv("DAGSTER_HOME", str(home.path))
    with dg.DagsterInstance.get() as instance:
        ended = Counter(run.status.value for run in instance.get_runs())
    assert set(ended) == {"FAILURE", "SUCCESS"} and ended["SUCCESS"] == 1, "a dead run would block the queue"
    folders = [path.name for path in (home.path / "publish" / ".versions").iterdir() if path.is_dir()]
    kept = sorted(name.rsplit("-", 1)[0] for name in folders)
    assert kept == ["exports", "exports", "site", "site"], "each and the one before; what the killed ones left is gone"
