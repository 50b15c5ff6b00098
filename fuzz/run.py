"""Damage, read, judge: as many files as there is time for."""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TextIO

from fuzz.damage import damage
from fuzz.editions import Edition, bundled, read_edition
from fuzz.judge import Breach, judge, numbers_taken
from ingest.intake.errors import FileRejected

#: Processor seconds that the reading of one damaged edition may take.
BUDGET = 2.0
#: Most damages to one file.
MOST = 4


@dataclass(frozen=True)
class Found:
    """A breach with what makes it again: the edition, the number of the file and the damages done to it."""

    breach: Breach
    edition: str
    file: int
    done: tuple[str, ...]


@dataclass
class Outcome:
    """What a run read and found."""

    seed: int
    files: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    figures: int = 0
    slowest: float = 0.0
    breaches: list[Found] = field(default_factory=list)

    def print(self, out: TextIO, show: int) -> None:
        """Counts, then the first breaches of each kind in full."""
        print(
            f"seed {self.seed}: {self.files:,} files, {self.figures:,} figures arrived, "
            f"{sum(self.rejected.values()):,} files refused with a reason, slowest {self.slowest:.2f} s, "
            f"{len(self.breaches)} breaches",
            file=out,
        )
        kinds = Counter((found.breach.kind, found.edition) for found in self.breaches)
        for (kind, edition), count in sorted(kinds.items()):
            print(f"  {count:6} {kind} ({edition})", file=out)
        for found in self.breaches[:show]:
            print(f"\n{found.breach.kind}: {found.edition}, file {found.file}, {' + '.join(found.done)}", file=out)
            print(f"  {found.breach.seen}", file=out)


def run(*, seed: int, minutes: float = 1.0, files: int | None = None) -> Outcome:
    """Read damaged editions for ``minutes``, or ``files`` of them; the same seed damages the same files alike."""
    editions = bundled(seed)
    outcome = Outcome(seed)
    end = time.monotonic() + 60 * minutes
    while (outcome.files < files) if files is not None else (time.monotonic() < end):
        outcome.files += 1
        one(editions, outcome, outcome.files)
    return outcome


def one(editions: list[Edition], outcome: Outcome, number: int) -> None:
    """Damage, read and judge file ``number`` of a run."""
    rng = random.Random(f"{outcome.seed} {number}")
    edition = editions[number % len(editions)]
    text = damage(edition.lines, rng, rng.choice((1, 1, 1, 2, 3, MOST)))
    begun = time.process_time()
    breaches: list[Breach] = []
    try:
        reading = read_edition(text.lines, edition.layout, edition.ends_with_newline)
    except FileRejected as refusal:
        outcome.rejected[refusal.code] += 1
    except Exception:
        breaches.append(Breach("crash", traceback.format_exc()))
    else:
        outcome.figures += sum(len(numbers_taken(text)) for row in reading.rows for text in row.cells.values())
        breaches += judge(edition, text, reading)
    took = time.process_time() - begun
    outcome.slowest = max(outcome.slowest, took)
    if took > BUDGET:
        breaches.append(Breach("over the budget", f"{took:.1f} s"))
    outcome.breaches += [Found(breach, edition.name, number, tuple(text.done)) for breach in breaches]
