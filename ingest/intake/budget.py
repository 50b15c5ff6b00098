"""How much work the reading of one file may take.

Work is counted in units and not in seconds, so that the same file stops in the same line on every machine; a unit is
about a pattern held against a text, a second holds about a million. What takes more is no dashboard and no report: the
file is rejected as ``too_costly`` and the others go on. The processor time is a second net, for a pattern without end.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from ingest.intake.errors import FileRejected

#: Work units for one reading of one file. The bundled editions take 18,000 to 58,000.
MAX_WORK = 6_000_000
#: Seconds of processor time (a busy machine takes none of it), for work that the units do not see.
MAX_SECONDS = 60.0


@dataclass
class Budget:
    """Work that one file has taken so far, and the source line (1-based) that is being read."""

    limit: int = MAX_WORK
    seconds: float = MAX_SECONDS
    spent: int = 0
    line: int | None = None
    _started: float = field(default_factory=time.thread_time)

    def spend(self, units: int) -> None:
        self.spent += units
        if self.spent > self.limit:
            raise self._too_costly(f"more than {self.limit:,} steps of work")
        if time.thread_time() - self._started > self.seconds:
            raise self.out_of_time()

    def out_of_time(self) -> FileRejected:
        return self._too_costly(f"more than {self.seconds:.0f} seconds of the processor")

    def _too_costly(self, what: str) -> FileRejected:
        where = f"; the reading stopped in line {self.line}" if self.line else ""
        return FileRejected(
            "too_costly",
            f"Reading this file takes {what}{where}. A dashboard or report takes far less: something in it is repeated "
            "or is no text of one. Split the file, or take out what does not belong to it, and drop it again.",
            line_from=self.line,
        )


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def limited(limit: int = MAX_WORK, seconds: float = MAX_SECONDS) -> Iterator[Budget]:
    """Count the work done within; raises FileRejected (too_costly) from whatever spends more than ``limit``."""
    budget = Budget(limit, seconds)
    token = _current.set(budget)
    try:
        with _alarm(budget):
            yield budget
    finally:
        _current.reset(token)


@contextmanager
def _alarm(budget: Budget) -> Iterator[None]:
    """Let the processor time also interrupt one long search for a pattern, which counts nothing while it lasts."""
    usable = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    if not usable or signal.getitimer(signal.ITIMER_VIRTUAL)[0]:
        # Somebody else's timer stays theirs; ``spend`` looks at the time all the same.
        yield
        return

    def ring(*_: object) -> None:
        raise budget.out_of_time()

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, budget.seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def spend(units: int = 1) -> None:
    """Count work against the file that is being read; nothing where no file is."""
    if (budget := _current.get()) is not None:
        budget.spend(units)


def at_line(number: int, units: int = 1) -> None:
    """Say which source line (1-based) is being read, and count the work that every line takes."""
    if (budget := _current.get()) is not None:
        budget.line = number
        budget.spend(units)
