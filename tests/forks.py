"""The command as a process of its own, without paying for its imports each time.

One server process imports what the command is slow to load (Dagster, dbt, DuckDB, Arrow) and forks for each call.
What a test starts is a real process: its own exit code, signals, streams, environment and folder. The module of the
command itself is loaded in the child, since it looks at its streams when it is loaded.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

#: What the command imports at some time and what none of its tests has to see being imported.
HEAVY = (
    "duckdb", "pyarrow.parquet", "pyarrow.csv", "typer", "rich.console", "rich.table", "rich.progress",
    "pydantic_settings", "rapidfuzz", "python_calamine", "jinja2", "altair", "vl_convert", "xlsxwriter",
    "dagster", "dbt.cli.main", "dbt.adapters.duckdb", "orchestration.definitions", "ingest.pipeline",
    "ingest.national.files", "quarterdeck.refresh", "publishing.site", "publishing.exports", "publishing.pending",
)  # fmt: skip


class Forked:
    """A running command with the face of `subprocess.Popen` that the tests use."""

    def __init__(self, pid: int, args: Sequence[str], ended: socket.socket, stdin, stdout, stderr) -> None:
        self.pid, self.args = pid, list(args)
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            # A timeout of zero asks without waiting, which a socket would call another mode of reading.
            self._ended.settimeout(max(timeout, 0.001) if timeout is not None else None)
            try:
                said = self._ended.recv(32)
            except TimeoutError:
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            assert said, "the server that forks the commands is gone"
            self.returncode = int(said)
            self._ended.close()
        return self.returncode

    def send_signal(self, sign: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, sign)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def communicate(self, typed: str = "", timeout: float | None = None) -> tuple[str, str]:
        said = {"stdout": "", "stderr": ""}

        def drain(name: str) -> None:
            said[name] = getattr(self, name).read()

        # Daemons: whoever outlives a killed process (Dagster's log followers) may hold its pipes for long.
        readers = [
            threading.Thread(target=drain, args=(name,), daemon=True) for name in said if not getattr(self, name).closed
        ]
        for reader in readers:
            reader.start()
        if self.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.stdin.write(typed)
                self.stdin.close()
        self.wait(timeout)
        for reader in readers:
            reader.join(timeout)
        return said["stdout"], said["stderr"]

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()


class Server:
    """The process that forks; started on first use and ended with `close`."""

    def __init__(self, root: Path) -> None:
        self._here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        code = f"from tests.forks import serve; serve({there.fileno()})"
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
        )
        there.close()

    def start(self, arguments: Sequence[str], cwd: Path, env: dict[str, str], stdin: bool) -> Forked:
        streams = [os.pipe(), os.pipe(), os.pipe()]
        ended_here, ended_there = socket.socketpair()
        (child_in, our_in), (our_out, child_out), (our_err, child_err) = streams
        theirs = [child_in, child_out, child_err, ended_there.fileno()]
        request = json.dumps({"arguments": list(arguments), "cwd": str(cwd), "env": env}).encode()
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", theirs))]
        self._here.sendmsg([len(request).to_bytes(4, "big")], rights)
        self._here.sendall(request)
        for descriptor in theirs[:3]:
            os.close(descriptor)
        ended_there.close()
        if not stdin:
            os.close(our_in)
        pid = int.from_bytes(_exactly(self._here, 4), "big")
        return Forked(
            pid,
            ["quarterdeck", *arguments],
            ended_here,
            open(our_in, "w", encoding="utf-8") if stdin else None,
            open(our_out, encoding="utf-8"),
            open(our_err, encoding="utf-8"),
        )

    def close(self) -> None:
        self._here.close()
        self._process.wait(timeout=30)


def serve(descriptor: int) -> None:
    """The server's life: fork for each request, say how each child ended, end with the connection."""
    for name in HEAVY:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    connection = socket.socket(fileno=descriptor)
    while True:
        request = _request(connection)
        if request is None:
            break
        asked, (child_in, child_out, child_err, ended) = request
        # The keeper waits for the child, so that no signal handler and no thread has to live here.
        reading, writing = os.pipe()
        keeper = os.fork()
        if keeper == 0:
            connection.close()
            os.close(reading)
            _keep(asked, (child_in, child_out, child_err), ended, writing)
        for one in (child_in, child_out, child_err, ended, writing):
            os.close(one)
        connection.sendall(os.read(reading, 4))
        os.close(reading)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _keep(asked: dict, streams: tuple[int, int, int], ended: int, writing: int) -> None:
    pid = os.fork()
    if pid == 0:
        os.close(ended)
        os.close(writing)
        _become(asked, streams)
    os.write(writing, pid.to_bytes(4, "big"))
    os.close(writing)
    for one in streams:
        os.close(one)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        os.write(ended, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(asked: dict, streams: tuple[int, int, int]) -> None:
    """Be the command: its streams, folder, environment and arguments; never returns."""
    for to, descriptor in enumerate(streams):
        os.dup2(descriptor, to)
        os.close(descriptor)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    # Where tests run in the background, an interrupt is ignored and would be ignored by the child too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["quarterdeck", *asked["arguments"]]
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the command lives
    code = 1
    try:
        importlib.import_module("quarterdeck.cli").main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        # As an interpreter ends: exit handlers run, what is buffered is written, a pipe that closed is no error.
        threading._shutdown()
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _request(connection: socket.socket) -> tuple[dict, list[int]] | None:
    head, ancillary, _, _ = connection.recvmsg(4, socket.CMSG_SPACE(4 * 4))
    if not head:
        return None
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(content)
    return json.loads(_exactly(connection, int.from_bytes(head, "big"))), list(descriptors)


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        more = connection.recv(count - len(received))
        assert more, "the server that forks the commands is gone"
        received += more
    return received


@functools.cache
def server(root: Path) -> Server:
    """The server of this test process; ended with it."""
    made = Server(root)
    atexit.register(made.close)
    return made
