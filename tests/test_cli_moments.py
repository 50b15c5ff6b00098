"""Signals and streams at the wrong moment: what the command makes of them."""

from __future__ import annotations

import io
import os
import signal
import threading

import pytest

from orchestration.interrupts import interrupts_not_swallowed
from quarterdeck import cli
from quarterdeck.refresh import _INTERRUPTS, _is_caused_by
from tests.conftest import copied_home


def test_an_interrupt_that_a_library_swallows_is_raised_all_the_same():
    reached = []
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), interrupts_not_swallowed():
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException as error:
            reached.append(type(error))
        reached.append("the end")
    assert reached == [KeyboardInterrupt, "the end"], "in there it is what dbt knows, not what Dagster raises"
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_without_an_interrupt_nothing_is_raised_and_an_ignored_one_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts_not_swallowed():
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    done = []

    def elsewhere() -> None:
        with interrupts_not_swallowed():
            done.append(True)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert done == [True]


def test_whoever_meets_it_first_an_interrupt_is_one():
    class Error:
        def __init__(self, name: str, cause: Error | None = None) -> None:
            self.cls_name, self.cause = name, cause

    for name in ("KeyboardInterrupt", "DagsterExecutionInterruptedError", "InterruptException"):
        assert _is_caused_by(Error("Failure", Error(name)), *_INTERRUPTS)
    assert not _is_caused_by(Error("Failure", Error("OSError")), *_INTERRUPTS)


def test_words_that_nobody_reads_stop_nothing():
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as stream:
        console = cli._console(stream)
        for _ in range(3):
            console.print("Receiving files ...")
        stream.write("also what is written past it")
        stream.flush()


def test_a_command_behind_head_ends_as_it_would(refreshed, tmp_path):
    home = copied_home(refreshed.home, tmp_path / "home")
    process = home.start("refresh")
    process.stdout.close()
    said = process.stderr.read()
    assert (process.wait(60), said) == (0, "")


def test_an_interrupt_outside_a_refresh_is_said_in_one_word(monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    said = io.StringIO()
    monkeypatch.setattr(cli.console, "print_settings", interrupted)
    monkeypatch.setattr(cli, "err", cli._console(said))
    monkeypatch.setattr("sys.argv", ["quarterdeck", "settings"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, said.getvalue()) == (130, "Interrupted.\n")
