"""Every received file unchanged under the hash of its bytes, and a record of what became of it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from ingest.intake.files import SourceUnreadable, copy
from ingest.intake.quarters import ReportingQuarter


def fingerprint_of(paths: Iterable[Path], extra: str = "") -> str:
    """Hash of the names and contents of these files, those that exist; computed anew only when one changed."""
    stamps = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in paths if path.exists())
    return _hash_of_files(stamps, extra)


@lru_cache(maxsize=8)
def _hash_of_files(stamps: tuple[tuple[str, int, int], ...], extra: str) -> str:
    digest = hashlib.sha256(extra.encode())
    for name, _, _ in stamps:
        path = Path(name)
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the target and rename, so that a reader sees the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@dataclass
class ReceivedFile:
    """What is known of any received file; ``problems`` are rows of the raw table that lists them.

    ``restated_at``: when the same bytes were dropped again, or a note accepted them, after others took their place.
    ``was_loaded``: that it counted once, so that its error stands even when the file has left the landing folder.
    """

    source_sha256: str
    source_file: str
    size_bytes: int
    received_at: str
    outcome: str = "received"
    error_code: str | None = None
    error_message: str | None = None
    row_count: int | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    sidecar: dict[str, Any] | None = None
    read_with: str = ""
    sequence: int = 0
    restated_at: str | None = None
    was_loaded: bool = False

    @property
    def sequence_key(self) -> tuple[str, int, str]:
        """Order of arrival."""
        return (self.received_at, self.sequence, self.source_file)

    @property
    def stated_at(self) -> str:
        """When these bytes were last said to be right."""
        return self.restated_at or self.received_at

    def stated_key(self, decided_at: str = "") -> tuple[str, int, str]:
        """Order of the newest statement, a person's decision at ``decided_at`` included."""
        return (max(self.stated_at, decided_at), self.sequence, self.source_file)

    @property
    def received(self) -> datetime:
        return datetime.fromisoformat(self.received_at)


@dataclass
class FileRecord(ReceivedFile):
    """What is known of one received dashboard or report.

    ``document`` is ``dashboard`` or ``report``; None while the file was recognised as neither.
    ``outcome`` is ``received`` (identified, its edition not yet read), ``loaded`` or ``rejected``.
    ``problems`` hold the columns of the raw table of that name. ``identified_with`` and ``read_with`` are
    fingerprints of the reading code, layouts and councils by which the outcome was reached. ``rivals`` are other
    layouts that would take the file for theirs.
    """

    edition_key: str | None = None
    area_code: str | None = None
    financial_year: str | None = None
    quarter: int | None = None
    edition_source: str | None = None
    area_source: str | None = None
    layout: str | None = None
    comparator_text: str | None = None
    vocabulary: str | None = None
    encoding: str | None = None
    line_count: int | None = None
    dispositions: dict[str, int] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    cut_off: bool = False
    torn: bool = False
    identified_with: str = ""
    document: str | None = "dashboard"
    rivals: list[str] = field(default_factory=list)

    @property
    def is_report(self) -> bool:
        return self.document == "report"

    @property
    def reporting_quarter(self) -> str | None:
        """Partition of the edition, such as ``2020-21-q2``; None while the file is not identified."""
        if self.financial_year is None or self.quarter is None:
            return None
        return ReportingQuarter(int(self.financial_year[:4]), self.quarter).key


Record = TypeVar("Record", bound=ReceivedFile)


class Archive(Generic[Record]):
    """Received files and their records below one folder; both are only ever added or replaced whole."""

    def __init__(self, folder: Path, record_type: type[Record]) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.records_dir = folder / "records"
        self.record_type = record_type
        #: Hashes of files whose record could not be read the last time, and was made again.
        self.mended: list[str] = []

    def path_of(self, sha256: str) -> Path:
        return self.files / sha256

    def keep(self, path: Path, sha256: str) -> None:
        """Store a file's bytes under their hash.

        Raises SourceUnreadable for a file that cannot be read or changed meanwhile, which is not kept, and OSError
        where the archive cannot be written.
        """
        target = self.path_of(sha256)
        if target.exists():
            return
        self.files.mkdir(parents=True, exist_ok=True)
        aside = self.files / f".incoming.{sha256}.{os.getpid()}"
        try:
            with aside.open("wb") as stream:
                copied = copy(path, stream)
            if copied != sha256:
                raise SourceUnreadable("it changed while it was read; it is taken up by the next refresh")
            os.chmod(aside, 0o444)
            os.replace(aside, target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise

    def save(self, record: Record) -> None:
        content = json.dumps(vars(record), ensure_ascii=False, separators=(",", ":"))
        write_atomically(self.records_dir / f"{record.source_sha256}.json", content.encode())

    def records(self) -> Iterator[Record]:
        """All records, in the order in which the files were received.

        For one that a loss of power left damaged there is a new one, as of a file that was just received; ``mended``
        names it.
        """
        known = {spec.name for spec in fields(self.record_type)}
        found = []
        self.mended = []
        if self.records_dir.is_dir():
            for entry in os.scandir(self.records_dir):
                if entry.name.endswith(".json") and not entry.name.startswith("."):
                    try:
                        with open(entry.path, encoding="utf-8") as stream:
                            content = json.load(stream)
                        found.append(self.record_type(**{key: value for key, value in content.items() if key in known}))
                    except (ValueError, TypeError, AttributeError):
                        found += self._made_again(entry.name.removesuffix(".json"))
        yield from sorted(found, key=lambda record: record.sequence_key)

    def _made_again(self, sha256: str) -> list[Record]:
        """A record of an archived file of which nothing else is known; none where the file is gone, too."""
        path = self.path_of(sha256)
        if not path.is_file():
            return []
        self.mended.append(sha256)
        stat = path.stat()
        received = datetime.fromtimestamp(stat.st_mtime, UTC).isoformat()
        # While the file still lies in the landing folder, its name there is news and is taken.
        return [self.record_type(sha256, f"recovered-{sha256[:12]}", stat.st_size, received)]
