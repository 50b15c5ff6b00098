"""`python -m torture --minutes 5 --seed 7`: exit code 1 when a fault was found."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from torture.compare import Contents, contents, differences
from torture.disturb import ROOT, WAYS, Said, disk_can_be_small, run
from torture.readers import Reader

FIRST, NEWS = ("2016-17-q2", "2020-21-q2"), "2018-19-q1"
#: Codes with which a disturbed refresh may end: by a signal, failed, blocked, interrupted, or done all the same.
_MAY_END = {0, 1, 3, 4, 130, -2, -9, -15}


@dataclass
class Case:
    """A home before the news, what its warehouse holds, and what it holds after an undisturbed refresh of them."""

    home: Path
    before: Contents
    after: Contents
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng, ends_at = random.Random(chosen.seed), time.monotonic() + 60 * chosen.minutes
    with tempfile.TemporaryDirectory(prefix="quarterdeck-torture-") as name:
        folder = Path(name)
        ways = dict(WAYS)
        if why := disk_can_be_small(folder):
            print(f"Left out, the disk is full: {why}.", flush=True)
            del ways["the disk is full"]
        case = prepare(folder)
        print(f"An undisturbed refresh takes {case.seconds:.0f} s here. Seed {chosen.seed}.", flush=True)
        done, faults, opened = Counter[str](), [], 0
        while time.monotonic() < ends_at:
            names = [rng.choice(sorted(ways)) for _ in range(rng.choice((1, 1, 2, 3)))]
            found, seen = torment(case, folder / "tormented", names, rng)
            opened += seen
            done.update(names)
            faults += [f"{', then '.join(names)}: {fault}" for fault in found]
            print(f"{'FAULT' if found else 'sound'}  {', then '.join(names)}", *found, sep="\n    ", flush=True)
    print(f"{sum(done.values())} disturbed refreshes ({', '.join(f'{n} {way}' for way, n in done.items())}), ")
    print(f"{opened} opens by readers: {len(faults)} faults.")
    return 1 if faults else 0


def prepare(folder: Path) -> Case:
    """Two homes of the same editions; the second has had the news. RuntimeError when even that does not work."""
    home, other = folder / "home", folder / "undisturbed"
    (home / "landing").mkdir(parents=True)
    for edition in FIRST:
        shutil.copy(ROOT / "landing" / f"{edition}-dashboard.txt", home / "landing")
    _must_work(run(home, "refresh"))
    shutil.copytree(home, other, symlinks=True)
    drop_news(other)
    started = time.monotonic()
    _must_work(run(other, "refresh"))
    seconds = time.monotonic() - started
    before, after = (contents(one / "warehouse" / "quarterdeck.duckdb") for one in (home, other))
    return Case(home, before, after, seconds)


def _must_work(said: Said) -> None:
    if said.code not in (0, 3):
        raise RuntimeError(f"An undisturbed refresh ended with {said.code}: {said.err}")


def drop_news(home: Path) -> None:
    """A new edition, a correction of a figure, and a file that will be rejected."""
    landing = home / "landing"
    shutil.copy(ROOT / "landing" / f"{NEWS}-dashboard.txt", landing)
    corrected = (ROOT / "landing" / "2020-21-q2-dashboard.txt").read_text(encoding="utf-8")
    (landing / "corrected-2020-21-q2.txt").write_text(corrected.replace("25.3% (49)", "25.4% (49)"), encoding="utf-8")
    (landing / "minutes.txt").write_text("Minutes of a meeting.\n", encoding="utf-8")


def torment(case: Case, home: Path, names: list[str], rng: random.Random) -> tuple[list[str], int]:
    """Disturb one or more refreshes of the news in a copy of the home; faults, and how often readers opened it."""
    shutil.copytree(case.home, home, symlinks=True)
    try:
        drop_news(home)
        faults: list[str] = []
        opened = 0
        for name in names:
            # A small disk takes the home away for a moment: nobody reads it then.
            if name == "the disk is full":
                faults += after_disturbance(case, home, name, WAYS[name](home, rng, case.seconds))
                continue
            with Reader(home, lambda: [case.before, case.after]) as reader:
                faults += after_disturbance(case, home, name, WAYS[name](home, rng, case.seconds))
            faults += sorted(set(reader.faults))
            opened += reader.opened
        with Reader(home, lambda: [case.before, case.after]) as reader:
            said = run(home, "refresh")
        faults += sorted(set(reader.faults))
        if said.code not in (0, 3):
            faults.append(f"the refresh after it ended with {said.code}: {said.err.strip()[-300:]}")
        faults += differences(contents(home / "warehouse" / "quarterdeck.duckdb"), case.after)
        again = run(home, "refresh")
        if again.code != 0 or "Nothing new" not in again.out:
            faults.append(f"there is still something to do: {again.code} {again.out.strip()[:200]}")
        return faults, opened + reader.opened
    finally:
        shutil.rmtree(home, ignore_errors=True)


def after_disturbance(case: Case, home: Path, name: str, said: Said) -> list[str]:
    """What is wrong right after it: nothing may be published but what was or what will be, and nothing is forgotten."""
    faults = []
    if said.code not in _MAY_END:
        faults.append(f"ended with {said.code}")
    if "Traceback" in said.err:
        faults.append(f"a traceback: {said.err.strip()[-300:]}")
    if name == "interrupted" and said.code not in (0, 3, 130):
        faults.append(f"an interrupt ended with {said.code}: {said.err.strip()[-200:]}")
    if name == "nobody listens" and said.code not in (0, 3):
        faults.append(f"it did not run on to its end: {said.code} {said.err.strip()[-200:]}")
    found = contents(home / "warehouse" / "quarterdeck.duckdb")
    if found not in (case.before, case.after):
        faults += [f"what is published is neither before nor after: {one}" for one in differences(found, case.after)]
    elif found == case.before and "Not current" not in (status := run(home, "status")).out:
        faults.append(f"lost in silence: {status.out.strip()[-200:]} {status.err.strip()[-200:]}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
