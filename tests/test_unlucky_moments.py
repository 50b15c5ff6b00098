"""A refresh that ends at any moment: the next one sees what is not published, and makes it good.

The steps are those of the job, in this process; in place of dbt's build stands a file that holds what dbt would read,
because a build takes twenty seconds and there are dozens of moments. One test kills a real refresh.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest import pipeline
from ingest.national import files as national
from publishing import warehouse_versions
from publishing.pending import look, made_from
from runtime.settings import Settings
from tests.conftest import LANDING, copied_home

pytestmark = pytest.mark.slow

EDITION = "2020-21-q2-dashboard.txt"
AUTHORITIES = "la_number,la_name,ons_code\n"


class Killed(BaseException):
    """Nobody catches it, as nobody catches a kill."""


def settings_of(home: Path) -> Settings:
    return Settings(home=home)


def ingest(settings: Settings) -> None:
    workspace = settings.workspace()
    pipeline.receive(workspace)
    pipeline.read_editions(workspace)
    pipeline.write_catalogue(workspace)
    national.receive_and_read(workspace)
    national.write_catalogue(workspace)


def refresh(settings: Settings) -> None:
    """All steps up to the published warehouse, in the order of the job."""
    ingest(settings)
    inputs = made_from(settings)
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    settings.build_path.write_text(json.dumps(what_dbt_reads(settings.raw_dir)))
    warehouse_versions.publish(settings.build_path, settings.warehouse_dir, note={"made_from": inputs})


def what_dbt_reads(raw_dir: Path) -> dict[str, list]:
    """The outcome of each file, and the figures of the editions in force."""
    files = pq.read_table(raw_dir / "received_files.parquet").to_pylist()
    in_force = {file["source_sha256"] for file in files if file["in_force"]}
    figures = [
        (row["edition_key"], row["row_number"], row["value_text"])
        for path in raw_dir.glob("editions/*/*/rows.parquet")
        for row in pq.read_table(path, partitioning=None).to_pylist()
        if row["source_sha256"] in in_force
    ]
    nation = pq.read_table(raw_dir / "national" / "national_files.parquet").to_pylist()
    return {
        "files": sorted([file["source_file"], file["outcome"], file["in_force"]] for file in (*files, *nation)),
        "figures": sorted(map(list, figures)),
    }


def published(settings: Settings) -> dict[str, list]:
    return json.loads(settings.published_path.read_text())


def drop_news(settings: Settings) -> None:
    """A corrected edition, a file that will be rejected, and a national one that will be."""
    text = (LANDING / EDITION).read_text()
    (settings.landing_dir / "corrected-2020-21-q2.txt").write_text(text.replace("25.3% (49)", "25.4% (49)"))
    (settings.landing_dir / "minutes.txt").write_text("Minutes of a meeting.\n")
    (settings.landing_dir / "national").mkdir(exist_ok=True)
    (settings.landing_dir / "national" / "table.csv").write_text("a,b\n1,2\n")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one edition published."""
    home = tmp_path_factory.mktemp("moments") / "home"
    (home / "landing").mkdir(parents=True)
    shutil.copy(LANDING / EDITION, home / "landing")
    refresh(settings_of(home))
    return home


@pytest.fixture(scope="module")
def undisturbed(before: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    settings = settings_of(shutil.copytree(before, tmp_path_factory.mktemp("undisturbed") / "home"))
    drop_news(settings)
    refresh(settings)
    assert ["corrected-2020-21-q2.txt", "loaded", True] in published(settings)["files"]
    assert published(settings) != json.loads((before / "warehouse" / "quarterdeck.duckdb").read_text())
    return published(settings)


@contextmanager
def ending_at(moment: int, how: Callable[[], BaseException]) -> Iterator[list[str]]:
    """Whatever is put in place, renamed or written as a table is counted; the one of this number never happens."""
    seen: list[str] = []

    def counted(function, name):
        def call(*arguments, **named):
            seen.append(f"{name} {arguments[-1]}")
            if len(seen) == moment:
                raise how()
            return function(*arguments, **named)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", counted(os.replace, "replace"))
        patch.setattr(pq, "write_table", counted(pq.write_table, "write"))
        yield seen


def moments(before: Path, folder: Path) -> list[str]:
    settings = settings_of(shutil.copytree(before, folder))
    drop_news(settings)
    with ending_at(0, Killed) as seen:
        refresh(settings)
    return seen


HOW = {
    "killed": Killed,
    "the disk is full": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "a right is missing": lambda: PermissionError(errno.EACCES, "Permission denied"),
}


@pytest.mark.parametrize("how", HOW)
def test_whenever_a_refresh_ends_the_next_one_publishes_what_it_would_have(before, undisturbed, tmp_path, how):
    seen = moments(before, tmp_path / "counted")
    assert len(seen) > 20
    # A full disk and a missing right end at the same places as a kill: every sixth place for each of them.
    chosen = range(1, len(seen) + 1) if how == "killed" else range(1, len(seen) + 1, 6)
    for moment in chosen:
        settings = settings_of(shutil.copytree(before, tmp_path / str(moment)))
        drop_news(settings)
        with ending_at(moment, HOW[how]), pytest.raises((Killed, OSError, warehouse_versions.PublishingError)):
            refresh(settings)
        if published(settings) != undisturbed:
            outlook = look(settings)
            assert outlook, f"lost in silence after {seen[moment - 1]}"
        refresh(settings)
        assert published(settings) == undisturbed, seen[moment - 1]
        assert not look(settings), seen[moment - 1]


def test_what_a_rollback_withdrew_is_not_asked_for_again_and_news_after_it_are(before, tmp_path):
    settings = settings_of(shutil.copytree(before, tmp_path / "home"))
    drop_news(settings)
    refresh(settings)
    warehouse_versions.rollback(settings.warehouse_dir)
    outlook = look(settings)
    assert not outlook and outlook.withdrawn and outlook.unpublished is None
    shutil.copy(LANDING / "2018-19-q1-dashboard.txt", settings.landing_dir)
    ingest(settings)
    outlook = look(settings)
    assert not outlook.new_files and not outlook.to_read
    assert outlook.reasons == ["what was received is not what is published"]


def test_a_report_a_national_file_and_a_file_that_is_gone_are_seen(before, tmp_path):
    """Each after ingestion alone: nothing is new then, and nothing of it is published."""
    report = (
        "2020-21-q2-report.txt",
        ("Quarter 2 2020/21 performance report\n\nThe figure for NEET young people was 2.0%, which is better.\n"),
    )
    for number, (name, text) in enumerate([report, ("national/authorities.csv", AUTHORITIES)]):
        settings = settings_of(shutil.copytree(before, tmp_path / str(number)))
        (settings.landing_dir / name).parent.mkdir(exist_ok=True)
        (settings.landing_dir / name).write_text(text)
        ingest(settings)
        assert look(settings).reasons == ["what was received is not what is published"], name
        refresh(settings)
        assert not look(settings)
    (record,) = (settings.archive_dir / "records").glob("*.json")
    shutil.move(record, tmp_path)
    os.unlink(settings.landing_dir / EDITION)
    assert look(settings).unpublished


def test_rows_that_were_read_again_by_other_rules_and_not_published_are_seen(before, tmp_path, monkeypatch):
    """A national file whose outcome is the same but whose rows may not be: the note holds the rules of reading too."""
    settings = settings_of(shutil.copytree(before, tmp_path / "home"))
    monkeypatch.setattr(national, "reader_fingerprint", lambda ws: "other rules")
    ingest(settings)
    assert "the rules of reading changed" in look(settings).reasons


def test_a_kill_between_reading_and_the_catalogue_is_not_nothing_new(refreshed, tmp_path):
    """A real refresh and a real SIGKILL, because no exception stands for one; `status` asks without building."""
    home = copied_home(refreshed.home, tmp_path / "home")
    text = (home.landing / EDITION).read_text()
    (home.landing / "corrected-2020-21-q2.txt").write_text(text.replace("25.3% (49)", "25.4% (49)"))
    process = home.start("refresh")
    for line in process.stdout:
        if line.startswith("Reading dashboards"):
            break
    # The record of the reading is the last that is written before the catalogue.
    records = home.path / "archive" / "records"
    while not any(is_new_and_read(path) for path in records.glob("*.json")):
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    said = home.run("status")
    assert "Not current: " in said.stdout
    assert look(Settings(home=home.path)).unpublished


def is_new_and_read(path: Path) -> bool:
    record = json.loads(path.read_text())
    return record["source_file"].startswith("corrected") and record["outcome"] == "loaded"


@pytest.mark.parametrize("left", ["", "half", "[]", "{}", "\x00\x00"])
@pytest.mark.parametrize("lies_there", [True, False])
def test_a_record_that_a_loss_of_power_damaged_is_named_and_made_again(before, tmp_path, left, lies_there):
    settings = settings_of(shutil.copytree(before, tmp_path / "home"))
    (record,) = (settings.archive_dir / "records").glob("*.json")
    record.write_text(record.read_text()[:200] if left == "half" else left)
    if not lies_there:
        os.unlink(settings.landing_dir / EDITION)
    outlook = look(settings)
    assert outlook and any(record.name in note and "made again" in note for note in outlook.notes)
    figures = published(settings)["figures"]
    refresh(settings)
    assert published(settings)["figures"] == figures
    assert look(settings).notes == [] and not look(settings)
    ((name, *_),) = published(settings)["files"]
    assert name == EDITION if lies_there else name.startswith("recovered-")
