"""One refresh at a time: a real second process, one that dies, one that waits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.lock import RefreshInProgress, lock_state, refresh_lock

ROOT = Path(__file__).resolve().parent.parent
HOLDING = """
import sys, time
from pathlib import Path
from runtime.lock import refresh_lock
with refresh_lock(Path(sys.argv[1]), purpose="a test"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def hold(path: Path, seconds: float = 60) -> subprocess.Popen[str]:
    """Another process that has the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(path), str(seconds)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "warehouse" / "refresh.lock"


def test_a_second_refresh_is_told_who_is_first_and_since_when(path):
    other = hold(path)
    try:
        with pytest.raises(RefreshInProgress) as refused, refresh_lock(path):
            pass
        assert refused.value.owner.pid == other.pid
        assert refused.value.since.startswith("20")
        assert "a test" in str(refused.value) and str(other.pid) in str(refused.value)
        assert lock_state(path).running.pid == other.pid
    finally:
        other.kill()
        other.wait()


def test_the_lock_of_a_killed_process_is_free_and_the_next_one_hears_of_it(path):
    other = hold(path)
    other.send_signal(signal.SIGKILL)
    other.wait()
    state = lock_state(path)
    assert state.running is None
    assert state.died.pid == other.pid
    with refresh_lock(path) as held:
        assert held.stale_owner.pid == other.pid
    assert lock_state(path) == type(state)()


def test_waiting_gets_the_lock_when_the_other_ends(path):
    other = hold(path, seconds=1)
    with refresh_lock(path, wait_seconds=20) as held:
        assert held.stale_owner is None
    other.wait()


def test_a_refresh_that_fails_gives_the_lock_back(path):
    with pytest.raises(RuntimeError), refresh_lock(path):
        raise RuntimeError
    with refresh_lock(path) as held:
        assert held.stale_owner is None


def test_looking_takes_nothing(path):
    assert lock_state(path).running is None
    assert not path.exists()
    with refresh_lock(path):
        pass
    assert lock_state(path).died is None
