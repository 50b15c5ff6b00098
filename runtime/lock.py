"""One refresh at a time.

The kernel holds the lock and frees it when its process dies, so a stale lock never has to be broken
by hand. What the dead owner wrote into the file tells the next one that a refresh was cut short.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Owner:
    """Who holds the lock, or died holding it."""

    pid: int
    host: str
    since: str
    purpose: str

    def __str__(self) -> str:
        return f"{self.purpose} (process {self.pid} on {self.host})"


class RefreshInProgress(Exception):
    """Another refresh holds the lock. `owner` is None in the instant before it has signed."""

    def __init__(self, owner: Owner | None):
        self.owner = owner
        self.since = owner.since if owner else None
        who = f"{owner}, since {owner.since}" if owner else "another process"
        super().__init__(f"A refresh is running: {who}. Wait for it to end, then try again.")


@dataclass(frozen=True)
class HeldLock:
    """`stale_owner` is whoever died while holding the lock before us, else None."""

    stale_owner: Owner | None


@contextmanager
def refresh_lock(path: Path, *, purpose: str = "refresh", wait_seconds: float = 0) -> Iterator[HeldLock]:
    """Hold the lock at `path`; RefreshInProgress when another still holds it after `wait_seconds`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Never unlinked: two processes could then each lock a file of the same name.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, wait_seconds)
        stale = _read_owner(descriptor)
        owner = Owner(
            pid=os.getpid(),
            host=socket.gethostname(),
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            purpose=purpose,
        )
        _write(descriptor, json.dumps(asdict(owner)))
        try:
            yield HeldLock(stale)
        finally:
            _write(descriptor, "")
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class LockState:
    """`running` holds the lock now; `died` held it when its process ended. At most one is set."""

    running: Owner | None = None
    died: Owner | None = None


def lock_state(path: Path) -> LockState:
    """Look at the lock without taking it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return LockState()
    try:
        owner = _read_owner(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return LockState(running=owner)
        return LockState(died=owner)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, wait_seconds: float) -> None:
    # Looking at the lock holds it shared for an instant, hence a second try at least.
    deadline = time.monotonic() + max(wait_seconds, 0.1)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise RefreshInProgress(_read_owner(descriptor)) from None
            time.sleep(min(0.1 + wait_seconds / 100, 1.0))


def _read_owner(descriptor: int) -> Owner | None:
    text = os.pread(descriptor, 4096, 0)
    try:
        return Owner(**json.loads(text)) if text.strip() else None
    except (ValueError, TypeError):
        return None


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
    os.fsync(descriptor)
