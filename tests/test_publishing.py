"""Publishing and rolling back: always a whole warehouse, whatever is killed, read or full."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from publishing import warehouse_versions
from publishing.warehouse_versions import (
    PublishingError,
    current_version,
    note_of,
    publish,
    published_versions,
    rollback,
)

ROOT = Path(__file__).resolve().parent.parent


def build(folder: Path, number: int) -> Path:
    """A finished build that says which one it is."""
    path = folder / "build" / "quarterdeck.duckdb"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.build as select {number} as number from range(1000)")
    return path


def published_number(folder: Path) -> int:
    with duckdb.connect(str(folder / "warehouse" / "quarterdeck.duckdb"), read_only=True) as connection:
        return connection.execute("select distinct number from marts.build").fetchone()[0]


def publish_number(folder: Path, number: int, keep: int = 5) -> None:
    publish(build(folder, number), folder / "warehouse", keep, note={"number": number})


def numbers(folder: Path) -> list[int]:
    """The numbers of all kept versions, newest first."""
    return [note_of(version, folder / "warehouse")["number"] for version in published_versions(folder / "warehouse")]


def test_publishing_moves_the_build_and_keeps_the_last_ones(tmp_path):
    for number in range(1, 9):
        publish_number(tmp_path, number, keep=5)
        assert published_number(tmp_path) == number
    assert numbers(tmp_path) == [8, 7, 6, 5, 4, 3]
    assert len(list((tmp_path / "warehouse" / "previous").iterdir())) == 5
    assert not (tmp_path / "build" / "quarterdeck.duckdb").exists()


def test_what_a_version_was_made_from_stays_with_it(tmp_path):
    warehouse = tmp_path / "warehouse"
    publish_number(tmp_path, 1)
    publish_number(tmp_path, 2)
    assert note_of(current_version(warehouse), warehouse) == {"number": 2}
    rollback(warehouse)
    assert note_of(current_version(warehouse), warehouse) == {"number": 1}


def test_a_published_file_that_somebody_changed_is_no_longer_what_was_noted(tmp_path):
    publish_number(tmp_path, 1)
    with duckdb.connect(str(tmp_path / "warehouse" / "quarterdeck.duckdb")) as connection:
        connection.execute("create table scratch as select 1")
    assert note_of(current_version(tmp_path / "warehouse"), tmp_path / "warehouse") == {}


def test_an_unclosed_or_missing_build_is_refused(tmp_path):
    publish_number(tmp_path, 1)
    with pytest.raises(PublishingError, match="no build"):
        publish(tmp_path / "build" / "quarterdeck.duckdb", tmp_path / "warehouse")
    path = build(tmp_path, 2)
    path.with_name(path.name + ".wal").write_bytes(b"unfinished")
    with pytest.raises(PublishingError, match="not closed"):
        publish(path, tmp_path / "warehouse")
    assert published_number(tmp_path) == 1


def test_a_log_left_by_a_session_does_not_spoil_the_new_warehouse(tmp_path):
    publish_number(tmp_path, 1)
    (tmp_path / "warehouse" / "quarterdeck.duckdb.wal").write_bytes(b"left by a session that was killed")
    publish_number(tmp_path, 2)
    assert published_number(tmp_path) == 2


def test_rolling_back_goes_one_further_each_time_and_forward_again(tmp_path):
    warehouse = tmp_path / "warehouse"
    for number in (1, 2, 3):
        publish_number(tmp_path, number)
    rollback(warehouse)
    assert published_number(tmp_path) == 2
    rollback(warehouse)
    assert published_number(tmp_path) == 1
    with pytest.raises(PublishingError, match="no earlier"):
        rollback(warehouse)
    assert len(warehouse_versions.withdrawn_versions(warehouse)) == 2
    rollback(warehouse, forward=True)
    rollback(warehouse, forward=True)
    assert published_number(tmp_path) == 3
    with pytest.raises(PublishingError, match="newest"):
        rollback(warehouse, forward=True)


def test_what_was_withdrawn_does_not_come_back_after_something_new_is_published(tmp_path):
    for number in (1, 2, 3):
        publish_number(tmp_path, number)
    rollback(tmp_path / "warehouse")
    publish_number(tmp_path, 4)
    assert numbers(tmp_path) == [4, 2, 1]
    rollback(tmp_path / "warehouse")
    assert published_number(tmp_path) == 2


def test_a_version_is_brought_back_as_it_was_published_whatever_was_done_to_the_published_file(tmp_path):
    warehouse = tmp_path / "warehouse"
    publish_number(tmp_path, 1)
    publish_number(tmp_path, 2)
    rollback(warehouse)
    with duckdb.connect(str(warehouse / "quarterdeck.duckdb")) as connection:
        connection.execute("update marts.build set number = 99")
    rollback(warehouse)
    assert published_number(tmp_path) == 2
    rollback(warehouse)
    assert published_number(tmp_path) == 1


def test_nothing_to_roll_back_is_said(tmp_path):
    with pytest.raises(PublishingError, match="Nothing has been published"):
        rollback(tmp_path / "warehouse")


@pytest.mark.parametrize("call", ["fsync", "link", "replace"])
def test_a_full_disk_is_one_sentence_and_the_old_warehouse_stands(tmp_path, monkeypatch, call):
    publish_number(tmp_path, 1)
    path = build(tmp_path, 2)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(PublishingError, match="disk is full; free some space"):
        publish(path, tmp_path / "warehouse")
    monkeypatch.undo()
    assert published_number(tmp_path) == 1
    publish(path, tmp_path / "warehouse")
    assert published_number(tmp_path) == 2


def test_without_hard_links_the_file_before_is_copied(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "link", unsupported)
    publish_number(tmp_path, 1)
    publish_number(tmp_path, 2)
    rollback(tmp_path / "warehouse")
    assert published_number(tmp_path) == 1


#: Kills itself for good just before the n-th call that touches the disk.
DYING = """
import os, signal, sys
from pathlib import Path
action, folder, fatal = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
from publishing import warehouse_versions
calls = 0
def dying(original):
    def call(*arguments, **keywords):
        global calls
        calls += 1
        if calls == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **keywords)
    return call
for name in ("fsync", "link", "replace", "unlink", "mkdir"):
    setattr(os, name, dying(getattr(os, name)))
if action == "publish":
    warehouse_versions.publish(folder / "build" / "quarterdeck.duckdb", folder / "warehouse", 2, note={"number": 3})
else:
    warehouse_versions.rollback(folder / "warehouse")
"""


def die(folder: Path, action: str, fatal: int) -> bool:
    """Run the action and kill it before its n-th call; False when it ended before there was one."""
    ended = subprocess.run(
        [sys.executable, "-c", DYING, action, str(folder), str(fatal)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    return ended.returncode != 0


@pytest.mark.parametrize("action", ["publish", "rollback"])
def test_a_kill_at_any_call_leaves_a_whole_warehouse_and_a_second_try_succeeds(tmp_path, action):
    after = {"publish": 3, "rollback": 1}[action]
    fatal, killed = 0, True
    while killed:
        fatal += 1
        folder = tmp_path / str(fatal)
        folder.mkdir()
        publish_number(folder, 1)
        publish_number(folder, 2)
        build(folder, 3)
        killed = die(folder, action, fatal)
        found = published_number(folder)
        assert found in (2, after), f"killed before call {fatal}"
        if found == 2:
            if not (folder / "build" / "quarterdeck.duckdb").exists():
                build(folder, 3)
            assert not die(folder, action, 0)
            assert published_number(folder) == after
        assert len(published_versions(folder / "warehouse")) <= 3
    assert fatal > 5, "the action makes more calls than that: nothing was tested"


def test_readers_go_on_while_warehouses_are_published(tmp_path):
    """One reader that keeps its file open, and many that open it anew: no error, and never half of a build."""
    publish_number(tmp_path, 0)
    path = str(tmp_path / "warehouse" / "quarterdeck.duckdb")
    reading = (
        "import duckdb, sys, time\n"
        "ends = time.monotonic() + 4\n"
        "seen = set()\n"
        "while time.monotonic() < ends:\n"
        "    with duckdb.connect(sys.argv[1], read_only=True) as connection:\n"
        "        found = connection.execute('select number, count(*) from marts.build group by 1').fetchall()\n"
        "    assert len(found) == 1 and found[0][1] == 1000, found\n"
        "    seen.add(found[0][0])\n"
        "print(len(seen))\n"
    )
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", reading, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    faults: list[BaseException] = []
    stop = threading.Event()

    def keep_open() -> None:
        try:
            with duckdb.connect(path, read_only=True) as connection:
                while not stop.is_set():
                    assert connection.execute("select distinct number from marts.build").fetchall() == [(0,)]
                    time.sleep(0.02)
        except BaseException as error:
            faults.append(error)

    steady = threading.Thread(target=keep_open)
    steady.start()
    ends, number = time.monotonic() + 3.5, 0
    while time.monotonic() < ends:
        number += 1
        publish_number(tmp_path, number, keep=2)
    stop.set()
    steady.join()
    assert not faults
    for reader in readers:
        out, err = reader.communicate(timeout=30)
        assert reader.returncode == 0, err
        assert int(out) > 1, "the reader never saw a newer warehouse"
