"""What a warehouse is made from, and whether any of it has changed since the published one was made.

What is pending is decided by what is published, never by what was read: the note beside the published warehouse says
of which catalogue it is, and it is held against the catalogue that the archive's records come to now. So a refresh that
ended anywhere between receiving a file and publishing it is made good by the next one.

Cheap and without side effects: neither Dagster nor dbt nor DuckDB is imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest import pipeline
from ingest.national import files as national
from publishing.warehouse_versions import current_version, note_of, withdrawn_versions

if TYPE_CHECKING:
    from ingest.intake.archive import FileRecord
    from runtime.settings import Settings

_PROJECT_FILES = (".sql", ".yml", ".yaml", ".csv", ".md", ".py")


@dataclass
class Outlook:
    """What a refresh would do. False when the published warehouse is what it would make again.

    `new_files` holds name and hash; `reasons` says in words why there is something to do; `problems` are
    files that cannot be read now; `withdrawn` is set while a rollback stands. `unpublished` is a fingerprint of what
    was received, while that is not what is published.
    """

    new_files: list[tuple[str, str]] = field(default_factory=list)
    to_read: list[FileRecord] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Mapping[str, Any]] = field(default_factory=list)
    withdrawn: bool = False
    unpublished: str | None = None

    def __bool__(self) -> bool:
        return bool(self.reasons)


def look(settings: Settings) -> Outlook:
    """Compare what lies there now with what the published warehouse was made from.

    ConfigurationError or LayoutError of ingest/ when the landing folder or a configuration file is wrong.
    """
    workspace = settings.workspace()
    pending, of_nation = pipeline.pending(workspace), national.pending(workspace)
    current, withdrawn = current_version(settings.warehouse_dir), withdrawn_versions(settings.warehouse_dir)
    outlook = Outlook(
        new_files=[*pending.new_files, *of_nation.new_files],
        to_read=pending.to_read,
        notes=pending.notes,
        problems=[*pending.problems, *of_nation.problems],
        withdrawn=bool(withdrawn),
    )
    if outlook.new_files:
        outlook.reasons.append(_counted(len(outlook.new_files), "new file"))
    if again := len(pending.to_read) + len(of_nation.to_read):
        outlook.reasons.append(f"{_counted(again, 'file')} to read again")
    received = _received(pending.catalogue, of_nation.catalogue)
    if current is None:
        outlook.reasons.append("nothing is published yet")
        anything = any(
            True for archive in (workspace.archive, national.archive_of(workspace)) for _ in archive.records()
        )
        outlook.unpublished = received if anything else None
        return outlook
    # After a rollback the newest one still says what has been dealt with.
    newest = withdrawn[0] if withdrawn else current
    before = note_of(newest, settings.warehouse_dir).get("made_from", {})
    if not before:
        outlook.reasons.append("what the published warehouse was made from is not known")
        return outlook
    outlook.reasons += [text for key, text in _CHANGED.items() if before.get(key) != _RULES[key](settings)]
    if before.get("received") != received:
        outlook.unpublished = received
        if not outlook.reasons:
            outlook.reasons.append("what was received is not what is published")
    return outlook


def made_from(settings: Settings) -> dict[str, str]:
    """Hashes of the three things that shape a warehouse: dbt project, rules of reading, received files.

    For whoever builds: the received files are those of the catalogue on disk, which is what dbt reads.
    """
    workspace = settings.workspace()
    received = _received(pipeline.catalogue_fingerprint(workspace.raw_dir), national.catalogue_fingerprint(workspace))
    return {**{key: rule(settings) for key, rule in _RULES.items()}, "received": received}


def _received(*catalogues: str) -> str:
    return hashlib.sha256(" ".join(catalogues).encode()).hexdigest()


def _reader_fingerprint(settings: Settings) -> str:
    workspace = settings.workspace()
    return _received(pipeline.reader_fingerprint(workspace), national.reader_fingerprint(workspace))


def project_fingerprint(project_dir: Path) -> str:
    """A hash of the files of a dbt project and of the versions of what builds it; the same on any machine."""
    digest = hashlib.sha256()
    for package in ("dbt-core", "dbt-duckdb", "duckdb"):
        digest.update(f"{package}=={version(package)}\n".encode())
    for path in sorted(_project_files(project_dir)):
        digest.update(f"{path.relative_to(project_dir).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _project_files(project_dir: Path) -> Iterator[Path]:
    for entry in project_dir.iterdir():
        if entry.name in ("target", "logs", "dbt_packages") or entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from (path for path in entry.rglob("*") if path.suffix in _PROJECT_FILES)
        elif entry.suffix in _PROJECT_FILES:
            yield entry


_RULES: Mapping[str, Callable[[Settings], str]] = {
    "project": lambda settings: project_fingerprint(settings.dbt_project_dir),
    "reader": _reader_fingerprint,
}
_CHANGED = {"project": "the dbt project changed", "reader": "the rules of reading changed"}


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
