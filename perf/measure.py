"""Running a command and measuring it: wall-clock seconds, and peak memory of the process and its children."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_CHILD = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:], stdout=subprocess.DEVNULL)
with open(sys.argv[1], "w") as out:
    out.write(f"{code} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
"""


@dataclass(frozen=True)
class Measured:
    """One run: seconds, and the peak resident memory of its largest process in megabytes."""

    seconds: float
    peak_mb: float


def run(command: Sequence[str], environment: Mapping[str, str], note: Path, expect: int = 0) -> Measured:
    """Run a command and measure it. Raises RuntimeError when its exit code is another than ``expect``."""
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", _CHILD, str(note), *command], env={**os.environ, **environment}, check=True, cwd=ROOT
    )
    seconds = time.perf_counter() - begin
    code, kilobytes = note.read_text().split()
    if int(code) != expect:
        raise RuntimeError(f"{' '.join(command)} ended with exit code {code}")
    return Measured(seconds, int(kilobytes) / 1024)


def interleave(rounds: int, contenders: Mapping[str, Callable[[], Measured]]) -> dict[str, list[Measured]]:
    """Measure the contenders in turn, round after round, so that a busy moment of the machine hits them alike."""
    found: dict[str, list[Measured]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            found[name].append(contender())
    return found


def median(measured: Sequence[Measured]) -> float:
    return statistics.median(one.seconds for one in measured)
