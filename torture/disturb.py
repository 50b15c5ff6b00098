"""Ways to disturb a refresh. Each starts one, spoils it and returns what it said when it has ended."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGES = (
    "Refreshing",
    "Loading the asset graph",
    "Receiving files",
    "Reading dashboards",
    "Reading national files",
    "Writing the catalogue",
    "Building the warehouse",
    "Publishing ...",
    "Publishing the site",
    "Publishing the exports",
)
_PATIENCE_SECONDS = 600


@dataclass(frozen=True)
class Said:
    """How a command ended, and its words."""

    code: int
    out: str
    err: str


def command(home: Path, *arguments: str, limit_bytes: int | None = None) -> subprocess.Popen[str]:
    """The command of this project on a home, from the folder above it."""

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUARTERDECK_") and k != "DAGSTER_HOME"}
    return subprocess.Popen(
        [sys.executable, "-m", "quarterdeck", *arguments],
        cwd=home.parent,
        env={**kept, "QUARTERDECK_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
    )


def run(home: Path, *arguments: str, limit_bytes: int | None = None) -> Said:
    """Run a command to its end."""
    process = command(home, *arguments, limit_bytes=limit_bytes)
    out, err = process.communicate(timeout=_PATIENCE_SECONDS)
    return Said(process.returncode, out, err)


def _signalled(sign: signal.Signals) -> Callable[[Path, random.Random, float], Said]:
    def disturb(home: Path, rng: random.Random, seconds: float) -> Said:
        """At any moment, or shortly after a stage was announced, which is where most is written."""
        process = command(home, "refresh")
        stage, before = rng.choice(STAGES), []
        if rng.random() < 0.3:
            time.sleep(rng.uniform(0, seconds))
        else:
            for line in process.stdout or ():
                before.append(line)
                if line.startswith(stage):
                    break
            time.sleep(rng.choice((0, 0.01, 0.1, rng.uniform(0, seconds / 4))))
        process.send_signal(sign)
        out, err = process.communicate(timeout=_PATIENCE_SECONDS)
        return Said(process.returncode, "".join(before) + out, err)

    return disturb


def small_files(home: Path, rng: random.Random, seconds: float) -> Said:
    """No file may grow beyond so many bytes, as on a full disk."""
    return run(home, "refresh", limit_bytes=int(10 ** rng.uniform(2, 7)))


def nobody_listens(home: Path, rng: random.Random, seconds: float) -> Said:
    """As `refresh | head`: whoever read its words has gone. The refresh must run to its end all the same."""
    process = command(home, "refresh")
    for _ in range(rng.randrange(4)):
        process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    code = process.wait(timeout=_PATIENCE_SECONDS)
    return Said(code, "", err)


def full_disk(home: Path, rng: random.Random, seconds: float) -> Said:
    """The home on a small disk of its own, which fills up at some point; what is there afterwards is taken back."""
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file() and not path.is_symlink())
    disk = home.with_name(f"{home.name}-disk")
    # A refresh looks for room beforehand: enough for that, too little for the rest.
    with small_disk(disk, size + int(rng.uniform(0.02, 1.2) * 80 * 2**20)):
        shutil.copytree(home, disk / "home", symlinks=True)
        said = run(disk / "home", "refresh")
        shutil.rmtree(home)
        shutil.copytree(disk / "home", home, symlinks=True)
    return said


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """A disk in memory of so many bytes. OSError where this machine does not let us mount one."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        folder.rmdir()
        raise OSError(done.stderr.strip() or "mount failed")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


def disk_can_be_small(folder: Path) -> str | None:
    """Why no small disk can be made here; None when one can."""
    if os.geteuid() != 0:
        return "only root may mount one"
    try:
        with small_disk(folder / "probe", 2**20):
            return None
    except OSError as error:
        return str(error)


WAYS: Mapping[str, Callable[[Path, random.Random, float], Said]] = {
    "killed": _signalled(signal.SIGKILL),
    "interrupted": _signalled(signal.SIGINT),
    "terminated": _signalled(signal.SIGTERM),
    "files may not grow": small_files,
    "nobody listens": nobody_listens,
    "the disk is full": full_disk,
}
