"""Trying again: only what may go away by itself, and more slowly each time.

Belongs here: which errors are transient. A file that is wrong, a right that is missing or a full disk is
not, and is reported at once.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from ingest.intake.errors import ConfigurationError, LayoutError
from runtime.space import DiskFull

MAX_RETRIES = 3
FIRST_WAIT_SECONDS = 2

_LASTING = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EFBIG,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


@contextmanager
def clear_failures(retry_number: int) -> Iterator[None]:
    """Turns errors into a retry (2 s, 4 s, 8 s) or into a failure of one sentence."""
    try:
        yield
    except (ConfigurationError, LayoutError, DiskFull) as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except OSError as error:
        if error.errno not in _LASTING:
            raise dg.RetryRequested(MAX_RETRIES, FIRST_WAIT_SECONDS * 2**retry_number) from error
        raise dg.Failure(_sentence(error), allow_retries=False) from error


def _sentence(error: OSError) -> str:
    place = f" at {error.filename}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{place}. Free some space and run the refresh again."
    return f"{error.strerror or error}{place}."
