"""Publishing: the finished build becomes the warehouse in one atomic step, and can be taken back.

`warehouse/quarterdeck.duckdb` is what people open. `warehouse/previous/` keeps the earlier ones, each
named after the instant at which it was built. A file is never changed after it was published, so its
time stamp identifies it: when a newer one than the published lies in `previous/`, somebody has rolled back.
What is deleted, linked or replaced here is always a whole file; whoever has one open keeps it.
`warehouse/versions.json` notes what each version was made from. It may lag behind after a kill, which costs
one refresh that was not needed.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PUBLISHED_NAME = "quarterdeck.duckdb"
PREVIOUS_DIR = "previous"
NOTES_NAME = "versions.json"
_STAMP = "%Y%m%dT%H%M%S"


class PublishingError(Exception):
    """Nothing was published; what was published before stands as it was."""


@dataclass(frozen=True, order=True)
class Version:
    """One published warehouse. `built_ns` orders them; `current` is the one that people open."""

    built_ns: int
    path: Path
    current: bool

    @property
    def built_at(self) -> datetime:
        return datetime.fromtimestamp(self.built_ns / 1e9, UTC)


def publish(build_path: Path, warehouse_dir: Path, keep: int = 5, note: Mapping[str, Any] | None = None) -> Path:
    """Replace the published warehouse by the file at `build_path` and keep `keep` earlier ones.

    `note` is stored with the version, see `note_of`. The build must be closed. PublishingError when it is
    missing or open, or when the disk is full.
    """
    if not build_path.is_file():
        raise PublishingError(f"There is no build at {build_path}; run a refresh.")
    if _wal(build_path).exists():
        raise PublishingError(f"{build_path} is still open or was not closed cleanly; run the refresh again.")
    with _explained(warehouse_dir):
        _previous(warehouse_dir).mkdir(parents=True, exist_ok=True)
        published = warehouse_dir / PUBLISHED_NAME
        _sync(build_path)
        _keep_current(warehouse_dir)
        withdrawn = withdrawn_versions(warehouse_dir)
        _write_notes(warehouse_dir, {**_notes(warehouse_dir), str(build_path.stat().st_mtime_ns): dict(note or {})})
        _replace(build_path, published)
        _sync(build_path.parent)
        for version in withdrawn:
            version.path.unlink()
        _prune(warehouse_dir, keep)
    return published


def published_versions(warehouse_dir: Path) -> list[Version]:
    """Every warehouse that could be opened or brought back, the newest first."""
    published = warehouse_dir / PUBLISHED_NAME
    current_ns = published.stat().st_mtime_ns if published.exists() else None
    versions = {
        (built_ns := path.stat().st_mtime_ns): Version(built_ns, path, current=False)
        for path in _previous(warehouse_dir).glob("*.duckdb")
    }
    if current_ns is not None:
        versions[current_ns] = Version(current_ns, published, current=True)
    return sorted(versions.values(), reverse=True)


def withdrawn_versions(warehouse_dir: Path) -> list[Version]:
    """The versions that are newer than the published one, because somebody rolled back; newest first."""
    versions = published_versions(warehouse_dir)
    if not any(version.current for version in versions):
        return []
    return versions[: next(i for i, version in enumerate(versions) if version.current)]


def note_of(version: Version, warehouse_dir: Path) -> dict[str, Any]:
    """What was noted when the version was published; empty when the file was changed since."""
    return _notes(warehouse_dir).get(str(version.built_ns), {})


def current_version(warehouse_dir: Path) -> Version | None:
    """The version that people open now; None before the first refresh."""
    return next((version for version in published_versions(warehouse_dir) if version.current), None)


def rollback(warehouse_dir: Path, *, forward: bool = False) -> Version:
    """Publish the version before the current one again, or with `forward` the one after it.

    PublishingError when there is none. Going back leaves the newer ones where they are until something
    new is published, so every step back can be taken forward again.
    """
    versions = published_versions(warehouse_dir)
    position = next((i for i, version in enumerate(versions) if version.current), None)
    if position is None and not versions:
        raise PublishingError("Nothing has been published yet; run `quarterdeck refresh` first.")
    if position is None:
        target = versions[0]
    elif forward:
        if position == 0:
            raise PublishingError("The newest warehouse is published already; there is nothing to go forward to.")
        target = versions[position - 1]
    else:
        if position + 1 == len(versions):
            raise PublishingError("There is no earlier warehouse to go back to.")
        target = versions[position + 1]
    with _explained(warehouse_dir):
        _keep_current(warehouse_dir)
        # A copy, not a link: a person may open the published file for writing.
        incoming = warehouse_dir / f".{PUBLISHED_NAME}.incoming"
        shutil.copy2(target.path, incoming)
        _sync(incoming)
        _replace(incoming, warehouse_dir / PUBLISHED_NAME)
    return Version(target.built_ns, warehouse_dir / PUBLISHED_NAME, current=True)


def _keep_current(warehouse_dir: Path) -> None:
    """Give the published file a second name, so that replacing it does not lose it."""
    published = warehouse_dir / PUBLISHED_NAME
    if not published.exists():
        return
    built_ns = published.stat().st_mtime_ns
    stamp = datetime.fromtimestamp(built_ns // 10**9, UTC).strftime(_STAMP)
    kept = _previous(warehouse_dir) / f"{stamp}.{built_ns % 10**9:09d}Z.duckdb"
    if kept.exists() and kept.stat().st_mtime_ns == built_ns:
        return
    incoming = kept.with_suffix(".incoming")
    incoming.unlink(missing_ok=True)
    try:
        os.link(published, incoming)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EXDEV, errno.EMLINK):
            raise
        shutil.copy2(published, incoming)
        _sync(incoming)
    os.replace(incoming, kept)
    _sync(kept.parent)


def _replace(source: Path, published: Path) -> None:
    # A WAL that a person's session left beside the old file would make the new one impossible to open.
    _wal(published).unlink(missing_ok=True)
    os.replace(source, published)
    _wal(published).unlink(missing_ok=True)
    _sync(published.parent)


def _prune(warehouse_dir: Path, keep: int) -> None:
    earlier = [version for version in published_versions(warehouse_dir) if not version.current]
    for version in earlier[keep:]:
        version.path.unlink()
    for leftover in _previous(warehouse_dir).glob("*.incoming"):
        leftover.unlink()
    known = {str(version.built_ns) for version in published_versions(warehouse_dir)}
    _write_notes(warehouse_dir, {key: note for key, note in _notes(warehouse_dir).items() if key in known})


def _notes(warehouse_dir: Path) -> dict[str, dict[str, Any]]:
    try:
        return json.loads((warehouse_dir / NOTES_NAME).read_text())
    except (FileNotFoundError, ValueError):
        return {}


def _write_notes(warehouse_dir: Path, notes: Mapping[str, Mapping[str, Any]]) -> None:
    incoming = warehouse_dir / f".{NOTES_NAME}.incoming"
    incoming.write_text(json.dumps(notes, indent=2, sort_keys=True))
    os.replace(incoming, warehouse_dir / NOTES_NAME)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turns the errors of a full or unwritable disk into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            reason = "the disk is full; free some space and run the refresh again"
        else:
            reason = error.strerror or str(error)
        raise PublishingError(f"Could not write to {folder}: {reason}.") from error


def _previous(warehouse_dir: Path) -> Path:
    return warehouse_dir / PREVIOUS_DIR


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
