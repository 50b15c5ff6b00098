"""Published folders: filled aside, then put in place with one rename, so that a reader never sees half of one.

What is in them can be linked from elsewhere, and is made anew when the code that shapes it changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from runtime import __version__

#: Where the folders lie that the published links point to.
VERSIONS = ".versions"


@cache
def code_fingerprint(folder: Path) -> str:
    """A hash of a package's code, templates and static files, and of the version."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def link_or_copy(source: Path, target: Path) -> None:
    """The same file at `target`, copied where the file system has no links. FileNotFoundError without a source."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, target)


def is_ours(target: Path) -> bool:
    """Whether `target` is a link that `publish_tree` made, to a folder that is there."""
    return target.is_symlink() and target.is_dir() and target.resolve().parent == (target.parent / VERSIONS).resolve()


def publish_tree(target: Path, fill: Callable[[Path, Path | None], None], *, keep_before: bool = True) -> None:
    """Fill a new folder and let `target` point to it; the one before it is deleted by the next call.

    `fill` gets the new, empty folder and the one that stands now (None the first time): what has not changed can be
    linked from there with os.link. When it fails, `target` stays as it was. `target` is a symbolic link into
    `.versions` beside it, because a folder that is not empty cannot be replaced in one step. Who has followed the link
    goes on reading the one before, unless that holds what may not be read any more (`keep_before` false).
    """
    versions = target.parent / VERSIONS
    versions.mkdir(parents=True, exist_ok=True)
    before = target.resolve() if is_ours(target) else None
    made = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=versions))
    try:
        os.chmod(made, 0o755)
        fill(made, before)
        pointer = versions / f".{made.name}"
        pointer.symlink_to(os.path.relpath(made, target.parent), target_is_directory=True)
        if target.exists() and not is_ours(target):
            raise FileExistsError(f"{target} is somebody else's. Move it away; Quarterdeck publishes there.")
        os.replace(pointer, target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        (versions / f".{made.name}").unlink(missing_ok=True)
        raise
    kept = (made, before) if keep_before else (made,)
    for older in versions.glob(f"{target.name}-*"):
        if older not in kept:
            shutil.rmtree(older, ignore_errors=True)
