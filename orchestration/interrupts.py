"""Ctrl-C while a library runs that swallows it.

Belongs here: signals, and nothing of what the library does. The runner of dbt turns every exception into a result, and
it ends its threads in order only when it meets a KeyboardInterrupt, which Dagster's handler does not raise.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts_not_swallowed() -> Iterator[None]:
    """Whoever handles an interrupt outside, in here it is a KeyboardInterrupt, raised once more at the end.

    Signals that are ignored or have no handler stay so; outside the main thread nothing is done.
    """
    handled = {sign: signal.getsignal(sign) for sign in _SIGNALS if callable(signal.getsignal(sign))}
    came = False

    def handle(*_: object) -> None:
        nonlocal came
        came = True
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    try:
        for sign in handled:
            signal.signal(sign, handle)
        yield
    finally:
        for sign, before in handled.items():
            signal.signal(sign, before)
        if came:
            raise KeyboardInterrupt
