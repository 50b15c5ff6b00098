"""Opening what others put there: only regular files, without blocking, and names as text that can be stored.

A pipe, a device or a link that leads out of the landing folder is never opened; a file that changes while it is read
waits for the next refresh. Each is the trouble of that one file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 20
#: Windows has neither; there is nothing to block on there.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)


class SourceUnreadable(OSError):
    """One file that was put there cannot be read, or not yet; the message says why, without the file's name."""


def open_regular(path: Path, *, within: Path | None = None) -> BinaryIO:
    """Open a regular file for reading, without waiting for anybody to write to it.

    With ``within`` a link is followed only to what lies in that folder. Raises SourceUnreadable for anything that is
    no such file, and for one without the right to read it.
    """
    try:
        if within is not None and os.path.realpath(path, strict=True) != os.path.abspath(path):
            _check_link(path, within)
        handle = os.open(path, _FLAGS)
    except SourceUnreadable:
        raise
    except OSError as error:
        said = "it is a link that leads to itself; put the file itself there" if error.errno == errno.ELOOP else None
        raise SourceUnreadable(said or error.strerror or str(error)) from error
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        what = next((words for is_kind, words in _KINDS if is_kind(mode)), "no file")
        raise SourceUnreadable(f"it is {what}, and only regular files are read")
    return os.fdopen(handle, "rb")


def _check_link(path: Path, within: Path) -> None:
    target, folder = os.path.realpath(path, strict=True), os.path.realpath(within)
    if os.path.commonpath((target, folder)) != folder:
        raise SourceUnreadable("it is a link that leads out of the landing folder; put the file itself there")


def sha256_of(path: Path, *, within: Path | None = None) -> tuple[str, os.stat_result]:
    """Hash of a file's bytes, read in pieces, and its state; as ``open_regular``. Raises SourceUnreadable."""
    digest = hashlib.sha256()
    with open_regular(path, within=within) as stream:
        before = os.fstat(stream.fileno())
        _read_to_end(stream, before.st_size, digest.update)
        check_unchanged(before, os.fstat(stream.fileno()))
    return digest.hexdigest(), before


def copy(path: Path, target: BinaryIO) -> str:
    """Copy a regular file's bytes; gives their hash. Raises SourceUnreadable; OSError where the target is full."""
    digest = hashlib.sha256()

    def take(chunk: bytes) -> None:
        digest.update(chunk)
        target.write(chunk)

    with open_regular(path) as stream:
        before = os.fstat(stream.fileno())
        _read_to_end(stream, before.st_size, take)
        check_unchanged(before, os.fstat(stream.fileno()))
    return digest.hexdigest()


def _read_to_end(stream: BinaryIO, size: int, take) -> None:
    """Read what the file had when it was opened and one piece more; a file that grows has no end to wait for."""
    left = size + _CHUNK
    while left > 0:
        try:
            chunk = stream.read(_CHUNK)
        except OSError as error:
            raise SourceUnreadable(error.strerror or str(error)) from error
        if not chunk:
            return
        take(chunk)
        left -= len(chunk)


def check_unchanged(before: os.stat_result, now: os.stat_result) -> None:
    """Raises SourceUnreadable when a file was written to between two looks at it."""
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (now.st_size, now.st_mtime_ns, now.st_ino):
        raise SourceUnreadable("it changed while it was read; it is taken up by the next refresh")


def name_as_text(name: str) -> str:
    """A name as text that can be stored: bytes that are no UTF-8 stand as ``\\xe9``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
