"""From ``landing/national/`` to raw Parquet: receive, recognise, read, catalogue. Every step can be repeated.

``receive_and_read`` archives what is new, tells its kind by its content and reads it; ``write_catalogue``
decides which version of each release is in force and which release of each dataset is the newest, and
rewrites the tables that speak of all files. ``pending`` says beforehand, without writing, what is new and what
the catalogue would be. All files are optional, the folder too.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ingest.intake import landing, raw_tables
from ingest.intake.archive import Archive, ReceivedFile, fingerprint_of
from ingest.intake.areas import load_areas
from ingest.intake.decisions import PUT_IN_FORCE, WITHDRAW, Decision, latest, load_decisions
from ingest.intake.errors import ConfigurationError, FileRejected, LayoutError, reader_failed
from ingest.intake.files import SourceUnreadable
from ingest.intake.landing import LandingFile, Scan
from ingest.intake.schemas import RawTable
from ingest.intake.versions import FEWEST_ROWS
from ingest.intake.workspace import NATIONAL, Workspace
from ingest.national import lait, lists, mappings
from ingest.national.kinds import OPEN_DATA_FILE, recognise
from ingest.national.readings import NationalReading
from ingest.national.schemas import (
    NATIONAL_CATALOGUE,
    NATIONAL_FILES,
    NATIONAL_PROBLEMS,
    NATIONAL_TABLES,
    OPEN_DATA_CHECKS,
)

NO_FILE = "_none"
META = ".meta.csv"
#: Modules that no file is read with.
_NOT_READING = ("fetch.py",)
_BY_NAME = {table.name: table for table in NATIONAL_TABLES}


class NationalSidecar(BaseModel):
    """What a ``.yml`` beside a national file may state about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    release: str | None = Field(None, min_length=1)
    published: date | None = None
    list_version: str | None = Field(None, min_length=1)
    kind: Literal["lait_long", "lait_dictionary", "neighbours", "authorities", "open_data"] | None = None
    accept: bool = False

    @field_validator("release", "list_version", mode="before")
    @classmethod
    def _as_printed(cls, value: Any) -> Any:
        if isinstance(value, float):
            raise ValueError(f"put {value} into quotation marks, or its last noughts are lost")
        return str(value) if isinstance(value, int | date) and not isinstance(value, bool) else value


@dataclass
class NationalRecord(ReceivedFile):
    """What is known of one received national file; ``outcome`` is ``received`` until it has been read.

    ``label_stated``: the release label comes from a note or the content, and not from the hash. ``torn``: a
    text file without an end of line at its end. ``meta_sha256`` is the description that lies beside a file.
    ``content`` are the names in it that mappings look for.
    """

    kind: str | None = None
    dataset_key: str | None = None
    release_label: str | None = None
    label_stated: bool = False
    published_on: str | None = None
    torn: bool = False
    checks: list[dict[str, Any]] = field(default_factory=list)
    sidecar_error: str | None = None
    meta_sha256: str | None = None
    content: dict[str, list[str]] = field(default_factory=dict)

    @property
    def published(self) -> date | None:
        return date.fromisoformat(self.published_on) if self.published_on else None

    @property
    def release(self) -> tuple[str, str] | None:
        """What versions share; None while it is not known."""
        return (self.dataset_key, self.release_label) if self.dataset_key and self.release_label else None


@dataclass
class NationalPending:
    """What a refresh would do with national files. False when there is nothing to receive and nothing to read.

    ``catalogue`` is the fingerprint of the catalogue that would be written now, whatever lies on disk.
    """

    new_files: list[tuple[str, str]]
    to_read: list[NationalRecord]
    problems: list[dict[str, Any]]
    catalogue: str = ""

    def __bool__(self) -> bool:
        return bool(self.new_files or self.to_read)


@dataclass
class NationalCatalogue:
    """All records as they stand: ``in_force`` and ``newest`` are hashes, ``versions`` numbers by hash."""

    records: list[NationalRecord]
    in_force: set[str]
    newest: set[str]
    versions: dict[str, int]
    problems: list[dict[str, Any]]

    @property
    def loaded(self) -> list[NationalRecord]:
        """The files that count: loaded, and the version in force of their release."""
        return [record for record in self.records if record.source_sha256 in self.in_force]


@dataclass(frozen=True)
class _Arrival:
    file: LandingFile
    meta: LandingFile | None


def reader_fingerprint(ws: Workspace) -> str:
    """Hash of all that decides how a national file is read: the code, and the authorities that are known."""
    code = (path for path in sorted(Path(__file__).parent.glob("*.py")) if path.name not in _NOT_READING)
    return fingerprint_of([*code, *_reference_files(ws)])


def _reference_files(ws: Workspace) -> tuple[Path, ...]:
    return (ws.reference_dir / "authorities.csv", ws.reference_dir / "area_changes.csv") if ws.reference_dir else ()


def known_areas(ws: Workspace) -> dict[str, str]:
    """Names of the authorities by ONS code, codes of the past included, and by local-authority number."""
    known: dict[str, str] = {}
    if ws.reference_dir:
        authorities, changes = _reference_files(ws)
        with authorities.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                known[row["area_code"]] = known[row["la_number"]] = row["area_name"]
        with changes.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                known.setdefault(row["from_area_code"], row["from_area_name"])
                known.setdefault(row["from_la_number"], row["from_area_name"])
    # The tool marks what was replaced; a publication of that time does not.
    return {key: name.removesuffix(" (Pre LG)") for key, name in known.items()}


def archive_of(ws: Workspace) -> Archive[NationalRecord]:
    return Archive(ws.archive_dir / NATIONAL, NationalRecord)


def raw_path(ws: Workspace, table: RawTable, source_sha256: str) -> Path:
    """Where the rows of a file lie."""
    return ws.raw_dir / NATIONAL / table.name / source_sha256[:16] / "rows.parquet"


def loaded_records(ws: Workspace) -> list[NationalRecord]:
    """Records of all files that were read, older versions too, in the order of their arrival."""
    return [record for record in archive_of(ws).records() if record.outcome == "loaded"]


def pending(ws: Workspace) -> NationalPending:
    """What a refresh would do, without writing anything."""
    records = {record.source_sha256: record for record in archive_of(ws).records()}
    fingerprint = reader_fingerprint(ws)
    scanned = _scan(ws)
    new = [(arrival.file.name, arrival.file.sha256) for arrival in _arrivals(scanned, records)]
    new += [(records[sha256].source_file, sha256) for sha256 in _dropped_again(ws, scanned, records)]
    stale = [record for record in records.values() if _is_stale(record, fingerprint, ws)]
    _, tables = _catalogue(ws, list(records.values()), scanned)
    return NationalPending(new, stale, _landing_problems(scanned, records), raw_tables.fingerprint(tables))


def catalogue_fingerprint(ws: Workspace) -> str:
    """Fingerprint of the catalogue that lies on disk: ``NationalPending.catalogue`` while nothing is pending."""
    return raw_tables.fingerprint_on_disk(ws.raw_dir / NATIONAL, (table.name for table in NATIONAL_CATALOGUE))


def receive_and_read(
    ws: Workspace, *, force: bool = False, progress: Callable[[str], None] | None = None
) -> list[NationalRecord]:
    """Archive, recognise and read what is new or was read by other rules; everything with ``force``.

    Gives the records that were read, loaded or rejected: a file that cannot be read stops no other. Raises
    OSError where archive or raw folder cannot be written.
    """
    archive = archive_of(ws)
    fingerprint = reader_fingerprint(ws)
    records = {record.source_sha256: record for record in archive.records()}
    now = datetime.now(UTC).isoformat()
    scanned = _scan(ws)
    for sha256 in _dropped_again(ws, scanned, records):
        records[sha256].restated_at = now
        archive.save(records[sha256])
    for sequence, arrival in enumerate(_arrivals(scanned, records)):
        file, meta = arrival.file, arrival.meta
        try:
            archive.keep(file.path, file.sha256)
            if meta:
                archive.keep(meta.path, meta.sha256)
        except SourceUnreadable:
            # It vanished, or is still being written: it waits for the next refresh, and the others go on.
            continue
        record = records.get(file.sha256)
        if record is None:
            size = archive.path_of(file.sha256).stat().st_size
            record = NationalRecord(file.sha256, file.name, size, now, sequence=sequence)
        elif (file.sidecar or {}).get("accept") and not (record.sidecar or {}).get("accept"):
            record.restated_at = now
        record.source_file, record.sidecar, record.sidecar_error = file.name, file.sidecar, file.sidecar_error
        record.meta_sha256 = meta.sha256 if meta else None
        record.read_with = ""
        archive.save(record)
        records[file.sha256] = record
    if ws.landing_dir.is_dir():
        landing.remember(archive.folder, ws.landing_dir, scanned)
    done = []
    for record in records.values():
        if not force and not _is_stale(record, fingerprint, ws):
            continue
        _read(record, ws)
        record.read_with = fingerprint
        archive.save(record)
        done.append(record)
        if progress:
            progress(record.source_file)
    return done


def write_catalogue(ws: Workspace) -> NationalCatalogue:
    """Decide versions and releases, rewrite the tables that speak of all files, remove raw rows nobody speaks for."""
    for table in NATIONAL_TABLES:
        empty = raw_path(ws, table, NO_FILE)
        if raw_tables.violations(table, empty):
            raw_tables.replace_file(table.schema.empty_table(), empty)
    catalogue, tables = _catalogue(ws, list(archive_of(ws).records()), _scan(ws))
    for name, table in tables.items():
        raw_tables.replace_file(table, ws.raw_dir / NATIONAL / f"{name}.parquet")
    _prune(ws, catalogue.records)
    return catalogue


def _catalogue(
    ws: Workspace, records: list[NationalRecord], scanned: Scan
) -> tuple[NationalCatalogue, dict[str, pa.Table]]:
    """What the records come to, and the tables that say so by name; writes nothing."""
    records = [_as_it_lies(record, ws) for record in records]
    decisions = load_decisions(ws.archive_dir)
    versions, in_force, held, withdrawn = _decide_versions(records, decisions)
    newest, outdone = _decide_newest([record for record in records if record.source_sha256 in in_force])
    lying = landing.lying(archive_of(ws).folder, ws.landing_dir, scanned)
    records = [
        record
        for record in records
        if record.outcome != "rejected" or record.was_loaded or record.source_sha256 in lying
    ]
    problems = [problem for record in records for problem in record.problems]
    problems += [_problem(record, "version_held_back", "error", reason) for record, reason in held.values()]
    problems += [_problem(record, "release_held_back", "warning", reason) for record, reason in outdone]
    problems += _superseded(records, in_force, {*held, *withdrawn}, {file.sha256 for file in scanned.files})
    problems += _decided(records, latest(decisions))
    problems += _unmatched(ws, [record for record in records if record.source_sha256 in newest], records)
    problems += _landing_problems(scanned, {record.source_sha256: record for record in records})
    rows = [
        {
            **{name: getattr(record, name, None) for name in NATIONAL_FILES.schema.names},
            "received_at": record.received,
            "published_on": record.published,
            "outcome": "loaded" if record.outcome == "loaded" else "rejected",
            "version_number": versions.get(record.source_sha256),
            "in_force": record.source_sha256 in in_force,
            "is_newest_release": record.source_sha256 in newest,
        }
        for record in records
    ]
    for row in rows:
        if row["source_sha256"] in held:
            reason = held[row["source_sha256"]][1]
            row |= {"outcome": "rejected", "error_code": "version_held_back", "error_message": reason}
    contents = (
        (NATIONAL_FILES, rows),
        (OPEN_DATA_CHECKS, [check for record in records for check in record.checks]),
        (NATIONAL_PROBLEMS, problems),
    )
    tables = {table.name: raw_tables.from_rows(table, content) for table, content in contents}
    return NationalCatalogue(records, in_force, newest, versions, problems), tables


def _scan(ws: Workspace) -> Scan:
    return landing.scan(ws.landing_dir, NationalSidecar, folder=NATIONAL) if ws.landing_dir.is_dir() else Scan()


def _is_meta(name: str) -> bool:
    return name.lower().endswith(META)


def _data_name(meta_name: str) -> str:
    return f"{meta_name[: -len(META)]}.csv"


def _arrivals(scanned: Scan, records: dict[str, NationalRecord]) -> list[_Arrival]:
    """As ``landing.arrivals``; a description beside a file is no file of its own, and a changed one is news of it."""
    data = [file for file in scanned.files if not _is_meta(file.name)]
    metas = {_data_name(file.name).lower(): file for file in scanned.files if _is_meta(file.name)}
    news = landing.arrivals(Scan(data), records)
    known = {file.sha256 for file in news}
    for file in data:
        record = records.get(file.sha256)
        meta = metas.get(file.name.lower())
        described = record and record.source_file == file.name and file.sha256 not in known
        if described and record.meta_sha256 != (meta.sha256 if meta else None):
            news.append(file)
    return [_Arrival(file, metas.get(file.name.lower())) for file in news]


def _dropped_again(ws: Workspace, scanned: Scan, records: dict[str, NationalRecord]) -> list[str]:
    """Hashes of displaced versions that were dropped again, unless what displaced them was dropped again too."""
    folder = archive_of(ws).folder
    again = landing.dropped_again(scanned, landing.last_seen(folder, ws.landing_dir)) & records.keys()
    if not again:
        return []
    _, in_force, _, withdrawn = _decide_versions(list(records.values()), load_decisions(ws.archive_dir))
    confirmed = {records[sha256].release for sha256 in in_force & again}
    return [
        sha256
        for sha256 in sorted(again - in_force - withdrawn, key=lambda sha256: records[sha256].sequence_key)
        if records[sha256].outcome == "loaded" and records[sha256].release not in confirmed
    ]


def _is_stale(record: NationalRecord, fingerprint: str, ws: Workspace) -> bool:
    if record.read_with != fingerprint or record.outcome == "received":
        return True
    return record.outcome == "loaded" and not raw_path(ws, _BY_NAME[str(record.kind)], record.source_sha256).is_file()


def _read(record: NationalRecord, ws: Workspace) -> None:
    """Recognise and read one archived file; sets its outcome."""
    blank = NationalRecord("", "", 0, "")
    for name in ("kind", "dataset_key", "release_label", "published_on", "error_code", "error_message", "row_count"):
        setattr(record, name, getattr(blank, name))
    record.label_stated, record.torn, record.problems, record.checks, record.content = False, False, [], [], {}
    try:
        _read_as_stated(record, ws)
        record.outcome, record.was_loaded = "loaded", True
    except (LayoutError, ConfigurationError, OSError):
        raise
    except Exception as failure:
        error = failure if isinstance(failure, FileRejected) else reader_failed(failure)
        record.outcome, record.error_code, record.error_message = "rejected", error.code, error.message
        record.row_count = None
        record.checks = list(getattr(error, "checks", None) or [])
        record.problems = [
            *(getattr(error, "problems", None) or []),
            _problem(record, error.code, "error", error.message, error.line_from, error.printed_text),
        ]


def _read_as_stated(record: NationalRecord, ws: Workspace) -> None:
    if record.sidecar_error:
        raise FileRejected("sidecar_invalid", record.sidecar_error)
    note = NationalSidecar.model_validate(record.sidecar or {})
    record.published_on = note.published.isoformat() if note.published else None
    record.release_label, record.label_stated = note.release, note.release is not None
    path = archive_of(ws).path_of(record.source_sha256)
    kind, headings = recognise(path, record.source_file, note.kind)
    record.kind = kind.name
    record.dataset_key = _dataset_key(record)
    target = raw_path(ws, _BY_NAME[kind.name], record.source_sha256)
    with raw_tables.replacing(target.parent) as aside:
        reading = _reading(record, note, path, aside / target.name, ws)
        record.content = mappings.content_of(kind.name, aside / target.name)
    record.row_count, record.problems, record.checks = reading.row_count, reading.problems, reading.checks
    record.label_stated = bool(record.release_label or reading.release_label)
    record.release_label = record.release_label or reading.release_label or record.source_sha256[:8]
    if kind is not OPEN_DATA_FILE and (surplus := kind.surplus(headings)):
        message = f"The file has columns that are not read: {', '.join(surplus)[:300]}."
        record.problems.append(_problem(record, "column_left_out", "info", message))
    record.torn = _is_torn(path)
    if record.torn and not any(problem["issue_code"] == "end_missing" for problem in record.problems):
        record.problems.append(
            _problem(
                record,
                "end_missing",
                "warning",
                "The last line has no end: the file may be cut off. Compare its last row with the publication.",
            )
        )


def _dataset_key(record: NationalRecord) -> str:
    if record.kind != OPEN_DATA_FILE.name:
        return str(record.kind)
    from ingest.national.open_data import dataset_key_of

    return dataset_key_of(record.source_file)


def _reading(record: NationalRecord, note: NationalSidecar, path: Path, out: Path, ws: Workspace) -> NationalReading:
    sha256, name = record.source_sha256, record.source_file
    match record.kind:
        case "lait_long":
            return lait.read_long(path, sha256, name, out)
        case "lait_dictionary":
            return lait.read_dictionary(path, sha256, name, out)
        case "authorities":
            return lists.read_authorities(path, sha256, name, out)
        case "neighbours":
            return lists.read_neighbours(path, sha256, name, out, note.list_version)
    from ingest.national.open_data import read_open_data

    meta = archive_of(ws).path_of(record.meta_sha256) if record.meta_sha256 else None
    return read_open_data(path, sha256, name, out, meta_path=meta, known_areas=known_areas(ws))


def _is_torn(path: Path) -> bool:
    """Whether a text file ends without an end of line."""
    with path.open("rb") as stream:
        if stream.read(4) in (b"PAR1", b"PK\x03\x04"):
            return False
        stream.seek(max(0, stream.seek(0, 2) - 2))
        # A line end in UTF-16 is a line feed beside a zero.
        return stream.read().strip(b"\x00")[-1:] not in (b"\n", b"\r")


def _as_it_lies(record: NationalRecord, ws: Workspace) -> NationalRecord:
    """The record, unless its rows are gone or were not read yet: then it counts again once it is read."""
    gone = record.outcome == "received" or (
        record.outcome == "loaded" and not raw_path(ws, _BY_NAME[str(record.kind)], record.source_sha256).is_file()
    )
    if not gone:
        return record
    message = "The file was received and is not read yet. Run a refresh."
    return replace(record, outcome="received", error_code="not_read", error_message=message, problems=[])


def _decide_versions(
    records: list[NationalRecord], decisions: list[Decision]
) -> tuple[dict[str, int], set[str], dict[str, tuple[NationalRecord, str]], set[str]]:
    """Version numbers, the version in force of each release, loaded versions held back with the reason, and withdrawn.

    Of versions with a date of publication the one published last counts, unless a person decided.
    """
    by_release: dict[tuple[str, str], list[NationalRecord]] = defaultdict(list)
    for record in records:
        if record.release:
            by_release[record.release].append(record)
    decision_on = latest(decisions)
    put = {sha256: one.decided_at for sha256, one in decision_on.items() if one.action == PUT_IN_FORCE}
    withdrawn = {sha256 for sha256, one in decision_on.items() if one.action == WITHDRAW}
    versions: dict[str, int] = {}
    in_force: set[str] = set()
    held: dict[str, tuple[NationalRecord, str]] = {}
    for of_release in by_release.values():
        dated = all(record.published_on for record in of_release)

        def by_statement(record: NationalRecord, dated: bool = dated) -> Any:
            decided_at = put.get(record.source_sha256, "")
            return (decided_at if dated else "", record.published_on if dated else "", record.stated_key(decided_at))

        first = sorted(of_release, key=lambda r: (r.published_on if dated else "", r.sequence_key))
        versions |= {record.source_sha256: number for number, record in enumerate(first, start=1)}
        current: NationalRecord | None = None
        for record in sorted(of_release, key=by_statement):
            if record.outcome != "loaded" or record.source_sha256 in withdrawn:
                continue
            by_person = put.get(record.source_sha256, "") >= record.stated_at
            if current is not None and not by_person and (reason := _worse(record, current)):
                held[record.source_sha256] = (record, reason)
                continue
            current = record
        if current is not None:
            in_force.add(current.source_sha256)
    return versions, in_force, held, withdrawn & {record.source_sha256 for record in records}


def _worse(newer: NationalRecord, current: NationalRecord) -> str | None:
    if (newer.sidecar or {}).get("accept"):
        return None
    new, old = newer.row_count or 0, current.row_count or 0
    if new >= FEWEST_ROWS * old and not (newer.torn and not current.torn and new < old):
        return None
    return (
        f"{newer.source_file} has {new:,} rows where {current.source_file}, which came before, has {old:,}; that one "
        "stays in force. If the newer one is right all the same, put a note beside it: a .yml file of the same name "
        "with 'accept: true'."
    )


def _decide_newest(records: list[NationalRecord]) -> tuple[set[str], list[tuple[NationalRecord, str]]]:
    """Of each dataset the file of the newest release; and files that would be it, were they not cut off.

    Of releases with a date the one published last, of those with a label alone the last in natural order, of
    the others the last to arrive; between those three what both have decides: labels, else arrival.
    """
    by_dataset: dict[str, list[NationalRecord]] = defaultdict(list)
    for record in records:
        by_dataset[str(record.dataset_key)].append(record)
    newest: set[str] = set()
    outdone: list[tuple[NationalRecord, str]] = []
    for of_dataset in by_dataset.values():
        chosen = _newest(of_dataset)
        whole = [record for record in of_dataset if not record.torn]
        if chosen.torn and whole and (reason := _worse(chosen, _newest(whole))):
            outdone.append((chosen, reason))
            chosen = _newest(whole)
        newest.add(chosen.source_sha256)
    return newest, outdone


def _newest(records: list[NationalRecord]) -> NationalRecord:
    def by_label(record: NationalRecord) -> Any:
        return (_natural(record.release_label), record.sequence_key)

    dated = [record for record in records if record.published_on]
    labelled = [record for record in records if record.label_stated and not record.published_on]
    others = [record for record in records if not record.label_stated and not record.published_on]
    candidates = [
        *([max(dated, key=lambda record: (record.published_on, by_label(record)))] if dated else []),
        *([max(labelled, key=by_label)] if labelled else []),
    ]
    if len(candidates) == 2 and all(record.label_stated for record in candidates):
        candidates = [max(candidates, key=by_label)]
    return max([*candidates, *others], key=lambda record: record.sequence_key)


def _natural(label: str | None) -> list[tuple[int, int, str]]:
    """Sorts 'release 9' before 'release 10'."""
    parts = re.findall(r"[0-9]+|[^0-9]+", label or "")
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts]


def _superseded(
    records: list[NationalRecord], in_force: set[str], held: Iterable[str], here: set[str]
) -> list[dict[str, Any]]:
    """Two files of one release in the landing folder need a person's eye; a correction that took its place does not."""
    current = {record.release: record for record in records if record.source_sha256 in in_force}
    found = []
    for record in records:
        if record.outcome != "loaded" or record.source_sha256 in in_force or record.source_sha256 in held:
            continue
        newer = current[record.release]
        both = {record.source_sha256, newer.source_sha256} <= here
        found.append(
            _problem(
                record,
                "version_superseded",
                "warning" if both else "info",
                f"{record.source_file} and {newer.source_file} are the same release with other content; "
                f"{newer.source_file} is in force. If they are two releases, name them: a .yml file beside each, with "
                "'release: …'.",
            )
        )
    return found


def _decided(records: list[NationalRecord], decision_on: dict[str, Decision]) -> list[dict[str, Any]]:
    """What persons decided, as lines among the problems."""
    return [
        _problem(
            record,
            f"version_{'withdrawn' if decision.action == WITHDRAW else PUT_IN_FORCE}",
            "info",
            f"{record.source_file} was {decision.words.removesuffix('.')}.",
        )
        for record in records
        if (decision := decision_on.get(record.source_sha256)) is not None
    ]


def _unmatched(ws: Workspace, newest: list[NationalRecord], records: list[NationalRecord]) -> list[dict[str, Any]]:
    """What the project's mappings find no more in the newest files."""
    rows = mappings.load_map(ws.reference_dir)
    mapped = {row["measure_key"] for row in rows}
    measures = mappings.national_measures(ws.indicators_path)
    areas = load_areas(ws.areas_path, ws.reference_dir).areas if newest else ()
    found = []
    for record in newest:
        before: dict[str, list[str]] = defaultdict(list)
        for older in records:
            if older.dataset_key == record.dataset_key and older.outcome == "loaded" and older is not record:
                for name, texts in older.content.items():
                    before[name] += texts
        held = mappings.Held(
            record.source_file, str(record.dataset_key), str(record.release_label), record.content, before
        )
        if record.kind == "open_data":
            unmatched = mappings.unmatched(held, rows, areas)
        elif record.kind == "lait_long":
            unmatched = mappings.measures_unmatched(held, measures, mapped)
        else:
            continue
        found += [
            _problem(record, "mapping_unmatched", "warning", one.message, printed_text=one.wanted) for one in unmatched
        ]
    return found


def _landing_problems(scanned: Scan, records: dict[str, NationalRecord]) -> list[dict[str, Any]]:
    problems = [
        _problem(NationalRecord("", name, 0, ""), "unreadable", "error", message)
        for name, message in scanned.unreadable
    ]
    names = {file.name.lower() for file in scanned.files} | {r.source_file.lower() for r in records.values()}
    problems += [
        _problem(
            NationalRecord(file.sha256, file.name, 0, ""),
            "description_alone",
            "info",
            f"{file.name} describes {_data_name(file.name)}, which does not lie beside it. Drop that file too.",
        )
        for file in scanned.files
        if _is_meta(file.name) and _data_name(file.name).lower() not in names
    ]
    return problems


def _problem(
    record: NationalRecord,
    code: str,
    severity: str,
    message: str,
    source_row: int | None = None,
    printed_text: str | None = None,
) -> dict[str, Any]:
    return {
        "source_sha256": record.source_sha256 or None,
        "source_file": record.source_file,
        "issue_code": code,
        "severity": severity,
        "source_row": source_row,
        "column_name": None,
        "printed_text": printed_text,
        "message": message,
    }


def _prune(ws: Workspace, records: list[NationalRecord]) -> None:
    """Remove rows of files that are not loaded, and what an interrupted run left; the archive keeps every file."""
    keep = {
        raw_path(ws, _BY_NAME[str(record.kind)], record.source_sha256).parent
        for record in records
        if record.outcome == "loaded"
    }
    for table in NATIONAL_TABLES:
        none = raw_path(ws, table, NO_FILE).parent
        for folder in none.parent.iterdir():
            if folder not in keep and folder != none:
                shutil.rmtree(folder, ignore_errors=True)
