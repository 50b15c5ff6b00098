"""What lies in a landing folder: the files, the notes beside them, and which of them are news."""

from __future__ import annotations

import json
import math
import os
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ingest.intake.archive import ReceivedFile, write_atomically
from ingest.intake.errors import ConfigurationError
from ingest.intake.files import SourceUnreadable, name_as_text, sha256_of
from ingest.intake.notes import read_note

SIDECAR_SUFFIXES = (".yml", ".yaml")
#: What systems, editors, Office and programs that copy or synchronise leave beside files, and names of copies in
#: progress, which are taken up once they have their real name. In lower case.
_LEFTOVERS = re.compile(
    r"thumbs\.db|ehthumbs(?:_vista)?\.db|desktop\.ini|icon\r|\.ds_store|\.~lock\..*#|[.~]\$?.*|"
    r".*(?:~|\.(?:part|partial|filepart|tmp|temp|crdownload|download|opdownload|aria2|sw[op]|lock|lnk))"
)
_LEFTOVER_FOLDERS = ("__macosx", "$recycle.bin", "system volume information")
#: Below the archive: what lay in each landing folder when it was last received.
SEEN = "landing.json"


@dataclass(frozen=True)
class LandingFile:
    """A file in the landing folder; ``name`` is relative to it, with forward slashes."""

    path: Path
    name: str
    modified: float
    sha256: str
    sidecar: dict[str, Any] | None
    sidecar_error: str | None
    #: The file's state when it was hashed, by which a later change is told.
    state: os.stat_result | None = None

    @property
    def size(self) -> int:
        return self.state.st_size if self.state else self.path.stat().st_size


@dataclass
class Scan:
    """What lies in the landing folder, name and message of what cannot be read there, and names of leftovers."""

    files: list[LandingFile] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def scan(landing_dir: Path, note: type[BaseModel], *, folder: str | None = None, without: str | None = None) -> Scan:
    """List and hash the landing folder, its subfolders included.

    ``note`` says what a note beside a file may state. With ``folder`` only that folder below the landing
    folder, which may be missing; ``without`` leaves one folder below it out. Raises ConfigurationError when
    the landing folder is missing.
    """
    if not landing_dir.is_dir():
        raise ConfigurationError(
            f"The landing folder {landing_dir} does not exist. Create it, or name another with --landing."
        )
    found = Scan()
    top = landing_dir / folder if folder else landing_dir
    if not top.is_dir():
        return found

    def unreadable(path: Path, error: OSError) -> None:
        name = _relative(path, landing_dir)
        if isinstance(error, SourceUnreadable) and not isinstance(error.__cause__, PermissionError):
            message = f"{name} is not read: {error}."
        else:
            said = error.strerror or error
            message = f"{name} cannot be read: {said}. Give the refresh the right to read it."
        found.unreadable.append((name, message))

    for here, folders, names in os.walk(top, onerror=lambda error: unreadable(Path(error.filename or top), error)):
        left_out = {without} if Path(here) == landing_dir else set()
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name.lower() not in _LEFTOVER_FOLDERS and name not in left_out
        )
        for name in folders:
            if os.path.islink(link := os.path.join(here, name)):
                unreadable(Path(link), SourceUnreadable("it is a link to a folder, which is not followed"))
        for name in sorted(names):
            path = Path(here) / name
            if name.endswith(SIDECAR_SUFFIXES) or name.upper().startswith("README"):
                continue
            if is_leftover(name):
                found.ignored.append(_relative(path, landing_dir))
                continue
            try:
                sha256, state = sha256_of(path, within=landing_dir)
            except SourceUnreadable as failed:
                # A file that went away meanwhile is no trouble.
                if os.path.lexists(path):
                    unreadable(path, failed)
                continue
            sidecar, error = _sidecar_of(path, note, landing_dir)
            found.files.append(
                LandingFile(path, _relative(path, landing_dir), state.st_mtime, sha256, sidecar, error, state)
            )
    return found


def arrivals(
    scanned: Scan, records: Mapping[str, ReceivedFile], tells: Callable[[LandingFile], int] = lambda file: 0
) -> list[LandingFile]:
    """Files that are new, were renamed, or have another note beside them; in the order of their last change.

    The same bytes under a second name are a copy and change nothing, as long as the first name is there. Of names
    that came together, or when the first one was rejected, it is the one that ``tells`` most.
    """
    by_content: dict[str, dict[str, LandingFile]] = defaultdict(dict)
    # Within one arrival the file that was written last is the newest.
    for file in sorted(scanned.files, key=lambda f: (f.modified, f.name.rsplit(".", 1)[0])):
        by_content[file.sha256][file.name] = file
    found = []
    for sha256, files in by_content.items():
        record = records.get(sha256)
        file = files.get(record.source_file) if record else None
        best = max(reversed(files.values()), key=tells)
        if file is None or (record.outcome == "rejected" and tells(best) > tells(file)):
            file = best
        if record is None or (record.source_file, record.sidecar) != (file.name, file.sidecar):
            found.append(file)
    return found


def is_leftover(name: str) -> bool:
    """Whether a file's name is one that systems, editors, Office or programs that copy files leave behind."""
    return _LEFTOVERS.fullmatch(name.lower()) is not None


def last_seen(archive_dir: Path, landing_dir: Path) -> dict[str, float] | None:
    """Hash and newest time of what lay in this landing folder when it was last received; None if it never was."""
    return _memory(archive_dir).get(str(landing_dir.absolute()))


def remember(archive_dir: Path, landing_dir: Path, scanned: Scan) -> None:
    """Note what lies in the landing folder now. Raises OSError."""
    memory = _memory(archive_dir)
    here = {**memory, str(landing_dir.absolute()): _times(scanned)}
    if here != memory:
        write_atomically(archive_dir / SEEN, json.dumps(here, sort_keys=True).encode())


def lying(archive_dir: Path, landing_dir: Path, scanned: Scan) -> set[str]:
    """Hashes of what lies in this landing folder now, and in others that were received and are still there."""
    others = (
        times
        for folder, times in _memory(archive_dir).items()
        if Path(folder) != landing_dir.absolute() and Path(folder).is_dir()
    )
    return {file.sha256 for file in scanned.files}.union(*others)


def dropped_again(scanned: Scan, seen: Mapping[str, float] | None) -> set[str]:
    """Hashes of files that were away when the folder was last received, or that were written again since."""
    if seen is None:
        return set()
    return {sha256 for sha256, modified in _times(scanned).items() if modified > seen.get(sha256, -math.inf)}


def _times(scanned: Scan) -> dict[str, float]:
    times: dict[str, float] = {}
    for file in scanned.files:
        times[file.sha256] = max(file.modified, times.get(file.sha256, file.modified))
    return times


def _memory(archive_dir: Path) -> dict[str, dict[str, float]]:
    """By folder. What cannot be read is forgotten: then nothing counts as dropped again until the next time."""
    try:
        content = json.loads((archive_dir / SEEN).read_text(encoding="utf-8"))
        return {folder: {sha: float(time) for sha, time in times.items()} for folder, times in content.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _relative(path: Path, folder: Path) -> str:
    try:
        return name_as_text(path.relative_to(folder).as_posix() or path.name)
    except ValueError:
        return name_as_text(path.name)


def notes_of(path: Path) -> list[Path]:
    """Where a note beside a file may lie, the first that is there counts."""
    return [
        *(path.with_name(path.name + suffix) for suffix in SIDECAR_SUFFIXES),
        *(path.with_suffix(suffix) for suffix in SIDECAR_SUFFIXES),
    ]


def _sidecar_of(path: Path, note: type[BaseModel], within: Path) -> tuple[dict[str, Any] | None, str | None]:
    for candidate in notes_of(path):
        if os.path.lexists(candidate):
            return read_note(candidate, note, within=within)
    return None, None
