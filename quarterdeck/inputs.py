"""What a warehouse is made from, and whether any of it has changed since the published one was made.

Cheap and without side effects: neither Dagster nor dbt nor DuckDB is imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from ingest import pipeline
from ingest.national import files as national
from ingest.national.schemas import NATIONAL_CATALOGUE
from ingest.schemas import CATALOGUE_TABLES
from quarterdeck.publishing import current_version, note_of, withdrawn_versions

if TYPE_CHECKING:
    from ingest.archive import FileRecord
    from quarterdeck.settings import Settings

_PROJECT_FILES = (".sql", ".yml", ".yaml", ".csv", ".md", ".py")
_REJECTED = "rejected_problems.parquet"


@dataclass
class Outlook:
    """What a refresh would do. False when the published warehouse is what it would make again.

    `new_files` holds name and hash; `reasons` says in words why there is something to do; `problems` are
    files that cannot be read now; `withdrawn` is set while a rollback stands.
    """

    new_files: list[tuple[str, str]] = field(default_factory=list)
    to_read: list[FileRecord] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Mapping[str, Any]] = field(default_factory=list)
    withdrawn: bool = False

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
    if _unreadable(pending.problems) != _unreadable_before(settings.raw_dir):
        outlook.reasons.append("other files than before cannot be read")
    if current is None:
        outlook.reasons.append("nothing is published yet")
        return outlook
    # After a rollback the newest one still says what has been dealt with.
    newest = withdrawn[0] if withdrawn else current
    before, now = note_of(newest, settings.warehouse_dir).get("made_from", {}), made_from(settings)
    words = {"project": "the dbt project changed", "reader": "the rules of reading changed"}
    if not before:
        outlook.reasons.append("what the published warehouse was made from is not known")
    else:
        outlook.reasons += [text for key, text in words.items() if before.get(key) != now[key]]
        if not outlook.reasons and before.get("received") != now["received"]:
            outlook.reasons.append("the received files changed")
    return outlook


def made_from(settings: Settings) -> dict[str, str]:
    """Hashes of the three things that shape a warehouse: dbt project, rules of reading, received files."""
    return {
        "project": project_fingerprint(settings.dbt_project_dir),
        "reader": pipeline.reader_fingerprint(settings.workspace()),
        "received": _received_fingerprint(settings.raw_dir),
    }


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


def _received_fingerprint(raw_dir: Path) -> str:
    # The edition folders need not be hashed: the catalogue names each by the hash of its file, and
    # the rules by which it was read are hashed by themselves.
    digest = hashlib.sha256()
    names = [f"{table.name}.parquet" for table in CATALOGUE_TABLES] + [_REJECTED]
    names += [f"national/{table.name}.parquet" for table in NATIONAL_CATALOGUE]
    for name in names:
        path = raw_dir / name
        digest.update(f"{name}\n".encode())
        digest.update(path.read_bytes() if path.exists() else b"-")
    return digest.hexdigest()


def _unreadable(problems: list[Mapping[str, Any]]) -> set[str]:
    return {problem["source_file"] for problem in problems}


def _unreadable_before(raw_dir: Path) -> set[str]:
    path = raw_dir / _REJECTED
    if not path.exists():
        return set()
    rows = pq.read_table(path, columns=["source_file", "issue_code"]).to_pylist()
    return {row["source_file"] for row in rows if row["issue_code"] == "unreadable"}


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
