"""From a landing folder to raw Parquet: receive, read, catalogue. Every step can be repeated.

``receive`` archives and identifies, ``read_editions`` reads what is identified (all of it, or some
reporting quarters), ``write_catalogue`` decides which version of each edition is in force and rewrites
the tables that speak of all files. ``pending`` says beforehand, without writing, what is new and what the
catalogue would be, so that whoever publishes can tell whether that is what was published.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest import edition_folders
from ingest.dashboards.identity import Identity, Sidecar, identify
from ingest.dashboards.layouts import CompiledLayout, load_layouts, recognise, rivals, score
from ingest.dashboards.reader import read
from ingest.dashboards.suggestions import suggest
from ingest.intake import budget, landing, raw_tables
from ingest.intake.archive import FileRecord, fingerprint_of
from ingest.intake.areas import AUTHORITIES, REFERENCE_DIR, Areas, load_areas
from ingest.intake.characters import normal, squash
from ingest.intake.decisions import load_decisions
from ingest.intake.decoding import MAX_BYTES, DecodedText, decode
from ingest.intake.errors import ConfigurationError, FileRejected, LayoutError, reader_failed
from ingest.intake.files import SourceUnreadable
from ingest.intake.landing import Scan, arrivals
from ingest.intake.problems import Problem, problem_row
from ingest.intake.quarters import ReportingQuarter, find_quarters
from ingest.intake.schemas import AREAS, DOCUMENTS, LABEL_SUGGESTIONS, PROBLEMS, RECEIVED_FILES
from ingest.intake.versions import decide_versions, how_to_restore, place_of, superseded, without_edition
from ingest.intake.workspace import NATIONAL, Workspace
from ingest.reports.attribution import load_labels
from ingest.reports.identity import identify_report, is_report
from ingest.reports.reader import read_report
from ingest.reports.redaction import withhold
from ingest.reports.rules import load_rules

#: The table of problems of files that are not in force; it has the columns of ``problems``.
REJECTED_PROBLEMS = "rejected_problems"
LAYOUT_REFUSED = "layout_refused"
_NAMES_SHOWN = 10


@dataclass
class Pending:
    """What a refresh would do. False when there is nothing to receive and nothing to read.

    ``catalogue`` is the fingerprint of the catalogue that would be written now, whatever lies on disk.
    """

    new_files: list[tuple[str, str]]
    to_read: list[FileRecord]
    notes: list[str]
    problems: list[dict[str, Any]]
    catalogue: str = ""

    def __bool__(self) -> bool:
        return bool(self.new_files or self.to_read)


@dataclass
class Catalogue:
    """All records as they stand after a refresh, and the version of each edition that is in force."""

    records: list[FileRecord]
    in_force: dict[str, str]
    versions: dict[str, int]
    problems: list[dict[str, Any]]
    reports_in_force: dict[str, str] = field(default_factory=dict)

    @property
    def loaded(self) -> list[FileRecord]:
        return [
            record for record in self.records if self.in_force.get(record.edition_key or "") == record.source_sha256
        ]

    @property
    def reports(self) -> list[FileRecord]:
        """The reports in force, also those of editions that are not loaded."""
        in_force = set(self.reports_in_force.values())
        return [record for record in self.records if record.source_sha256 in in_force]


def reader_fingerprint(ws: Workspace) -> str:
    """Hash of all that decides how a file is read: the code of these rooms, the layouts, the councils."""
    here = Path(__file__).parent
    rooms = (here, *(here / room for room in ("intake", "dashboards", "reports")))
    code = [path for room in rooms for path in sorted(room.glob("*.[py][ym]*"))]
    data = [*sorted(ws.layouts_dir.glob("*.yml")), ws.areas_path, (ws.reference_dir or REFERENCE_DIR) / AUTHORITIES]
    return fingerprint_of((*code, *data), f"{ws.first_quarter} {ws.last_quarter}")


def _read_with(record: FileRecord, ws: Workspace, fingerprint: str) -> str:
    """What a file's reading depends on: of a report also the labels, by which its claims are attributed."""
    return fingerprint_of((ws.labels_path, ws.indicators_path), fingerprint) if record.is_report else fingerprint


def scan(landing_dir: Path) -> Scan:
    """As ``landing.scan``, without the national files, which are received elsewhere."""
    return landing.scan(landing_dir, Sidecar, without=NATIONAL)


def pending(ws: Workspace) -> Pending:
    """What a refresh would do, without writing anything."""
    archive = ws.archive
    records = {record.source_sha256: record for record in archive.records()}
    fingerprint = reader_fingerprint(ws)
    scanned = scan(ws.landing_dir)
    new = [(file.name, file.sha256) for file in arrivals(scanned, records, _tells)]
    new += [(records[sha256].source_file, sha256) for sha256 in _dropped_again(ws, scanned, records)]
    stale = [record for record in records.values() if _is_stale(record, fingerprint, ws)]
    notes = _notes(ws, scanned, records) + [
        f"{archive.records_dir / sha256}.json is damaged; it is made again from the archived file."
        for sha256 in archive.mended
    ]
    _, tables = _catalogue(ws, list(records.values()), scanned)
    return Pending(new, stale, notes, _unreadable(scanned), raw_tables.fingerprint(tables))


def _tells(file: landing.LandingFile) -> int:
    """How much a file's note and name say of its edition: of two copies the one that says more is taken."""
    try:
        named = len(find_quarters(file.path.name)) == 1
    except ValueError:
        named = False
    return 2 * (file.sidecar is not None and not file.sidecar_error) + named


def _is_stale(record: FileRecord, fingerprint: str, ws: Workspace) -> bool:
    if record.identified_with != fingerprint or record.outcome == "received":
        return True
    return record.outcome == "loaded" and (
        record.read_with != _read_with(record, ws, fingerprint) or not edition_folders.is_whole(ws.raw_dir, record)
    )


def _notes(ws: Workspace, scanned: Scan, records: dict[str, FileRecord]) -> list[str]:
    notes = []
    if scanned.ignored:
        names = ", ".join(scanned.ignored[:_NAMES_SHOWN])
        more = f" and {len(scanned.ignored) - _NAMES_SHOWN} more" if len(scanned.ignored) > _NAMES_SHOWN else ""
        what = "1 leftover file is" if len(scanned.ignored) == 1 else f"{len(scanned.ignored)} leftover files are"
        notes.append(f"{what} ignored: {names}{more}.")
    versions = decide_versions(records.values(), load_decisions(ws.archive_dir))
    again = set(_dropped_again(ws, scanned, records))
    here = {file.sha256 for file in scanned.files}
    for file in scanned.files:
        record = records.get(file.sha256)
        if record is None or record.edition_key is None or file.sha256 in again or file.sha256 in versions.withdrawn:
            continue
        current = versions.in_force.get(place_of(record))
        if current is not None and current not in here and records[current].stated_key() > record.stated_key():
            notes.append(
                f"{file.name} holds bytes that were received before; a newer version of {record.edition_key}, from "
                f"{records[current].source_file}, stays in force. To take this one: {how_to_restore(record)}"
            )
    return notes


def _dropped_again(ws: Workspace, scanned: Scan, records: Mapping[str, FileRecord]) -> list[str]:
    """Hashes of versions that others have displaced and that were dropped again: a statement that they are right.

    Where the version in force was dropped again too, as when a whole folder is restored, nothing is stated.
    """
    again = landing.dropped_again(scanned, landing.last_seen(ws.archive_dir, ws.landing_dir))
    if not again & records.keys():
        return []
    versions = decide_versions(records.values(), load_decisions(ws.archive_dir))
    return [
        sha256
        for sha256 in sorted(again & records.keys(), key=lambda sha256: records[sha256].sequence_key)
        if records[sha256].outcome == "loaded"
        and sha256 not in versions.withdrawn
        and versions.in_force.get(place_of(records[sha256])) not in (None, *again)
    ]


def receive(ws: Workspace, progress: Callable[[str], None] | None = None) -> list[FileRecord]:
    """Archive and identify what is new in the landing folder, and identify anew what other rules were applied to.

    One record a file: ``received`` with its edition and council, or ``rejected`` with the reason. Files that
    were identified by the present rules are not touched. Raises OSError where the archive cannot be written.
    """
    archive = ws.archive
    fingerprint = reader_fingerprint(ws)
    areas, layouts = load_areas(ws.areas_path, ws.reference_dir), load_layouts(ws.layouts_dir)
    records = {record.source_sha256: record for record in archive.records()}
    scanned = scan(ws.landing_dir)
    now = datetime.now(UTC).isoformat()
    touched: dict[str, FileRecord] = {}
    for sha256 in _dropped_again(ws, scanned, records):
        records[sha256].restated_at = now
        archive.save(records[sha256])
        touched[sha256] = records[sha256]
    for sequence, file in enumerate(arrivals(scanned, records, _tells)):
        record = records.get(file.sha256)
        if record is None:
            try:
                # What is too large to be read is not kept either; its record says so.
                if file.size <= MAX_BYTES:
                    archive.keep(file.path, file.sha256)
            except SourceUnreadable:
                # It vanished, or is still being written: it waits for the next refresh, and the others go on.
                continue
            record = FileRecord(file.sha256, file.name, file.size, now, sequence=sequence)
        elif (file.sidecar or {}).get("accept") and not (record.sidecar or {}).get("accept"):
            record.restated_at = now
        record.source_file, record.sidecar, record.identified_with = file.name, file.sidecar, ""
        records[file.sha256] = touched[file.sha256] = record
        if file.sidecar_error:
            _reject(record, FileRejected("sidecar_invalid", file.sidecar_error), fingerprint)
            archive.save(record)
    refused: set[str] | None = None
    # What is loaded first: a layout that would take an edition away is not asked about what is new.
    for record in sorted(records.values(), key=lambda record: record.outcome != "loaded"):
        if record.identified_with == fingerprint:
            continue
        if record.outcome != "loaded" and refused is None:
            refused = set(_refused_layouts(records.values(), fingerprint))
        if "unreadable" in (record.sidecar or {}):
            # The note is as wrong as it was; a mended one makes the file an arrival.
            record.identified_with = record.read_with = fingerprint
        else:
            _identify(record, ws, areas, layouts, fingerprint, refused or ())
        archive.save(record)
        touched[record.source_sha256] = record
        if progress:
            progress(record.source_file)
    landing.remember(ws.archive_dir, ws.landing_dir, scanned)
    return list(touched.values())


def _refused_layouts(records: Iterable[FileRecord], fingerprint: str) -> dict[str, list[str]]:
    """Layouts without an edition of their own that would take loaded editions of others, and these editions."""
    dashboards = [
        record
        for record in records
        if record.outcome in ("loaded", "received") and record.layout and record.identified_with == fingerprint
    ]
    own = {record.layout for record in dashboards}
    taken: dict[str, set[str]] = defaultdict(set)
    for record in dashboards:
        for rival in set(record.rivals) - own:
            taken[rival].add(str(record.edition_key))
    return {name: sorted(editions) for name, editions in sorted(taken.items())}


def _layout_problems(ws: Workspace, records: Iterable[FileRecord]) -> list[dict[str, Any]]:
    """A refused layout as a problem of its file."""
    found = []
    for name, editions in _refused_layouts(records, reader_fingerprint(ws)).items():
        shown = ", ".join(editions[:_NAMES_SHOWN]) + (" and others" if len(editions) > _NAMES_SHOWN else "")
        message = (
            f"The layout {name} is refused: it would take {len(editions)} loaded edition(s) of other layouts, which "
            f"keep theirs: {shown}. Give 'recognise' in {name}.yml signs that only its own editions show, or put "
            "what only the others show under 'none_of'."
        )
        problem = Problem(LAYOUT_REFUSED, "error", message)
        found.append(problem_row(problem, FileRecord("", f"{ws.layouts_dir.name}/{name}.yml", 0, "")))
    return found


def _identify(
    record: FileRecord,
    ws: Workspace,
    areas: Areas,
    layouts: tuple[CompiledLayout, ...],
    fingerprint: str,
    refused: Collection[str],
) -> None:
    before = (record.document, record.edition_key, record.layout)
    record.was_loaded |= record.outcome == "loaded"
    known = record.layout if record.outcome == "loaded" else None
    try:
        with one_file():
            text = _text_of(record, ws)
            sidecar = Sidecar.model_validate(record.sidecar) if record.sidecar else None
            record.document = None
            layout, identity = recognise_document(text, record.source_file, sidecar, layouts, areas, known, refused)
        record.document = "dashboard" if layout else "report"
        _within_calendar(identity.reporting_quarter, ws)
    except FileRejected as error:
        record.edition_key = record.area_code = record.financial_year = record.quarter = record.layout = None
        record.edition_source = record.area_source = record.comparator_text = record.vocabulary = None
        record.rivals = []
        _reject(record, error, fingerprint)
        return
    record.edition_key = identity.edition_key
    record.area_code = identity.area.area_code
    record.financial_year = identity.reporting_quarter.financial_year
    record.quarter = identity.reporting_quarter.quarter
    record.edition_source, record.area_source = identity.edition_source, identity.area_source
    record.layout = layout.name if layout else None
    record.rivals = rivals(layout, text.lines, layouts) if layout else []
    record.comparator_text = layout.spec.comparator if layout else None
    record.vocabulary = layout.spec.vocabulary if layout else None
    record.encoding, record.line_count = text.encoding, len(text.lines)
    record.identified_with = fingerprint
    if record.outcome != "loaded" or before != (record.document, record.edition_key, record.layout):
        record.read_with = ""
        record.outcome = "received"
        record.error_code = record.error_message = None
        record.problems = []


def recognise_document(
    text: DecodedText,
    source_file: str,
    sidecar: Sidecar | None,
    layouts: tuple[CompiledLayout, ...],
    areas: Areas,
    known: str | None = None,
    refused: Collection[str] = (),
) -> tuple[CompiledLayout | None, Identity]:
    """Layout, edition and council of a file; no layout: it is a report. Raises FileRejected.

    ``known`` and ``refused`` as in ``recognise``.
    """
    rules = load_rules()
    lines = [normal(line) for line in text.lines]
    unknown: FileRejected | None = None
    try:
        layout = recognise(lines, layouts, known, refused)
    except FileRejected as error:
        unknown = error
    if is_report(lines, source_file, rules, fits_a_layout=unknown is None or unknown.code != "unknown_layout"):
        return None, identify_report(lines, source_file, sidecar, areas, rules)
    if unknown is not None:
        raise _nearest(text, layouts) if unknown.code == "unknown_layout" else unknown
    return layout, identify(lines, source_file, sidecar, layout, areas)


def _within_calendar(quarter: ReportingQuarter, ws: Workspace) -> None:
    first = ReportingQuarter.parse(ws.first_quarter)
    if quarter < first:
        raise FileRejected(
            "edition_outside_calendar",
            f"The edition {quarter.key} lies before the first reporting quarter, {first.key}. "
            "Check its title, or set QUARTERDECK_FIRST_QUARTER.",
        )
    if ws.last_quarter and quarter > ReportingQuarter.parse(ws.last_quarter):
        raise FileRejected(
            "edition_outside_calendar",
            f"The edition {quarter.key} lies after the last reporting quarter of the calendar, {ws.last_quarter}. "
            "Check its title or name.",
        )


def read_editions(
    ws: Workspace,
    quarters: Iterable[str] | None = None,
    *,
    force: bool = False,
    progress: Callable[[str], None] | None = None,
) -> list[FileRecord]:
    """Read archived files of these reporting quarters (all, if None) into raw Parquet.

    Only files that the present rules have not yet read, unless ``force``. A file that cannot be read is
    rejected and the others go on. Gives the records that were read, loaded or rejected.
    """
    archive = ws.archive
    fingerprint = reader_fingerprint(ws)
    areas = {area.area_code: area for area in load_areas(ws.areas_path, ws.reference_dir).areas}
    layouts = {layout.name: layout for layout in load_layouts(ws.layouts_dir)}
    wanted = set(quarters) if quarters is not None else None
    done: list[FileRecord] = []
    for record in archive.records():
        if record.edition_key is None or (wanted is not None and record.reporting_quarter not in wanted):
            continue
        if not force and not _is_stale(record, fingerprint, ws):
            continue
        area = areas.get(record.area_code or "")
        layout = layouts.get(record.layout or "")
        if area is None or (layout is None and not record.is_report):
            continue
        try:
            if layout is None:
                _read_report(record, ws)
            else:
                _read(record, ws, layout, area.area_name)
            record.read_with = _read_with(record, ws, fingerprint)
        except FileRejected as error:
            _reject(record, error, fingerprint)
        archive.save(record)
        done.append(record)
        if progress:
            progress(record.source_file)
    return done


@contextmanager
def one_file() -> Iterator[None]:
    """Whatever goes wrong in reading one file is that file's outcome, also a fault of the reader.

    Raises FileRejected; faults of the disk and of the configuration stay what they are.
    """
    with budget.limited() as work:
        try:
            yield
        except (FileRejected, LayoutError, ConfigurationError, OSError):
            raise
        except Exception as error:
            raise reader_failed(error, work.line) from error


def _read(record: FileRecord, ws: Workspace, layout: CompiledLayout, area_name: str) -> None:
    with one_file():
        text = _text_of(record, ws)
        reading = read(text.lines, layout, area_name=area_name, ends_with_newline=text.ends_with_newline)
    reading.problems.extend(_text_problems(text))
    expected = layout.spec.ends_with
    if expected and expected not in reading.dispositions[reading.rows[-1].line_to :]:
        what = "rating key" if expected == "key" else "end of the page"
        reading.problems.append(
            Problem(
                "end_missing",
                "warning",
                f"The {what} that this layout has after its rows is missing: the file may be cut off. "
                "Compare the last rows with the document.",
                reading.rows[-1].line_from,
                reading.rows[-1].line_to,
                reading.rows[-1].number,
            )
        )
    record.problems = edition_folders.write_edition(ws.raw_dir, record, text.lines, reading)
    record.line_count, record.row_count = len(text.lines), len(reading.rows)
    record.dispositions = reading.disposition_counts
    record.labels = [row.cells.get("label_text", "") for row in reading.rows]
    last = next(i for i in reversed(range(len(text.lines))) if text.lines[i].strip())
    record.torn = not text.ends_with_newline and reading.dispositions[last] == "unrecognised"
    record.cut_off = any(problem.code == "row_cut_off" for problem in reading.problems)
    record.outcome, record.error_code, record.error_message, record.was_loaded = "loaded", None, None, True


def _read_report(record: FileRecord, ws: Workspace) -> None:
    rules = load_rules()
    labels = load_labels(ws.labels_path, ws.indicators_path, rules)
    with one_file():
        text = _text_of(record, ws)
        reading = read_report(text.lines, rules, labels, ReportingQuarter.parse(record.reporting_quarter or ""))
    reading.problems.extend(_text_problems(text))
    record.problems = edition_folders.write_report(ws.raw_dir, record, reading)
    record.line_count, record.row_count = len(text.lines), len(reading.paragraphs)
    record.dispositions = reading.disposition_counts
    record.labels, record.cut_off, record.torn = [], False, False
    record.outcome, record.error_code, record.error_message, record.was_loaded = "loaded", None, None, True


def write_catalogue(ws: Workspace) -> Catalogue:
    """Decide versions, rewrite the tables that speak of all files, remove raw folders nobody speaks for."""
    edition_folders.ensure_empty(ws.raw_dir)
    landed = scan(ws.landing_dir) if ws.landing_dir.is_dir() else Scan()
    catalogue, tables = _catalogue(ws, list(ws.archive.records()), landed)
    labels = {label for record in catalogue.loaded for label in record.labels}
    suggested = raw_tables.from_rows(LABEL_SUGGESTIONS, suggest(labels, ws.labels_path, ws.indicators_path))
    for name, table in {**tables, LABEL_SUGGESTIONS.name: suggested}.items():
        raw_tables.replace_file(table, ws.raw_dir / f"{name}.parquet")
    edition_folders.prune(
        ws.raw_dir,
        {edition_folders.folder_of(ws.raw_dir, record) for record in catalogue.records if record.outcome == "loaded"},
    )
    return catalogue


def catalogue_fingerprint(raw_dir: Path) -> str:
    """Fingerprint of the catalogue that lies on disk: ``Pending.catalogue`` while nothing is pending."""
    return raw_tables.fingerprint_on_disk(raw_dir, (RECEIVED_FILES.name, REJECTED_PROBLEMS, AREAS.name))


def _catalogue(ws: Workspace, records: list[FileRecord], landed: Scan) -> tuple[Catalogue, dict[str, pa.Table]]:
    """What the records come to, and the tables that say so by name; writes nothing."""
    for record in records:
        if record.outcome == "loaded" and not edition_folders.is_whole(ws.raw_dir, record):
            # Its raw tables are gone, and this run did not read it: it counts again once it is read.
            record.outcome = "received"
    versions = decide_versions(records, load_decisions(ws.archive_dir))
    in_force = versions.in_force
    records = _without_gone(ws, landed, records)
    problems = [problem for record in records if record.outcome == "rejected" for problem in record.problems]
    problems += [problem_row(problem, record) for record, problem in (*versions.held, *versions.decided)]
    problems += _unreadable(landed) + _layout_problems(ws, records)
    here = {file.sha256 for file in landed.files}
    by_sha = {record.source_sha256: record for record in records}
    held_back = {record.source_sha256: problem for record, problem in versions.held}
    problems += [
        problem_row(superseded(record, newest, here), record)
        for record in records
        if record.outcome == "loaded"
        and record.source_sha256 not in held_back.keys() | versions.withdrawn
        and (newest := by_sha[in_force[place_of(record)]]) is not record
    ]
    problems += [
        problem_row(without_edition(record), record)
        for record in records
        if record.is_report and versions.is_in_force(record) and ("dashboard", record.edition_key) not in in_force
    ]
    rows = []
    for record in records:
        problem = held_back.get(record.source_sha256)
        rows.append(
            {
                **{name: getattr(record, name, None) for name in RECEIVED_FILES.schema.names},
                "received_at": record.received,
                "outcome": "rejected" if problem else record.outcome,
                "error_code": problem.code if problem else record.error_code,
                "error_message": problem.message if problem else record.error_message,
                "version_number": versions.numbers.get(record.source_sha256),
                "in_force": versions.is_in_force(record),
            }
        )
    areas = [
        {**area.model_dump(), "is_default": area.default} for area in load_areas(ws.areas_path, ws.reference_dir).areas
    ]
    tables = {
        RECEIVED_FILES.name: raw_tables.from_rows(RECEIVED_FILES, rows),
        REJECTED_PROBLEMS: raw_tables.from_rows(PROBLEMS, problems),
        AREAS.name: raw_tables.from_rows(AREAS, areas),
    }
    of_kind = {
        kind: {edition: sha for (document, edition), sha in in_force.items() if document == kind} for kind in DOCUMENTS
    }
    return Catalogue(records, of_kind["dashboard"], versions.numbers, problems, of_kind["report"]), tables


def _without_gone(ws: Workspace, landed: Scan, records: list[FileRecord]) -> list[FileRecord]:
    """Without files that were never loaded and lie in no landing folder any more: their errors are dealt with."""
    lying = landing.lying(ws.archive_dir, ws.landing_dir, landed)
    return [
        record
        for record in records
        if record.outcome != "rejected" or record.was_loaded or record.source_sha256 in lying
    ]


def _text_of(record: FileRecord, ws: Workspace) -> DecodedText:
    path = ws.archive.path_of(record.source_sha256)
    if record.size_bytes > MAX_BYTES:
        # Not kept: the size says enough.
        return decode(b"", total_bytes=record.size_bytes)
    return decode(path.read_bytes())


def _nearest(text: DecodedText, layouts: tuple[CompiledLayout, ...]) -> FileRejected:
    """The error of an unknown layout: the layout that leaves the fewest lines over, and the first of those lines."""
    best: tuple[int, str, list[int]] | None = None
    for layout in layouts:
        try:
            reading = read(text.lines[:400], layout)
        except FileRejected:
            continue
        over = [index for index, disposition in enumerate(reading.dispositions) if disposition == "unrecognised"]
        if best is None or len(over) < best[0]:
            best = (len(over), layout.name, over)
    printed = [index for index, line in enumerate(text.lines) if line.strip()]
    if best is None:
        whole = "\n".join(map(normal, text.lines[:400]))
        name = max(layouts, key=lambda layout: score(layout, whole)).name
        over = printed
    else:
        name, over = best[1], best[2] or printed
    # The first lines of a letter or of minutes may name persons.
    shown = "; ".join(f"line {index + 1}: {withhold(squash(text.lines[index]))[:80]!r}" for index in over[:3])
    return FileRejected(
        "unknown_layout",
        f"No layout fits this file. The nearest is {name}; the first lines that do not fit it: {shown}. "
        "Describe the layout in ingest/layouts (docs/adding-a-layout.md).",
        line_from=over[0] + 1 if over else None,
        printed_text=withhold(squash(text.lines[over[0]]))[:200] if over else None,
    )


def _text_problems(text: DecodedText) -> list[Problem]:
    problems = []
    if text.assumed:
        problems.append(
            Problem(
                "encoding_assumed",
                "info",
                f"The file is not UTF-8; it was read as {text.encoding}. Check its quotation marks and accents.",
            )
        )
    problems += [
        Problem(
            "control_character",
            "warning",
            "A control character stands in this line; it is shown as U+FFFD. Compare with the document.",
            number,
            number,
            printed_text=withhold(squash(line.replace("\x00", "\ufffd")))[:200],
        )
        for number, line in text.controls
    ]
    return problems


def _reject(record: FileRecord, error: FileRejected, fingerprint: str) -> None:
    record.outcome, record.error_code, record.error_message = "rejected", error.code, error.message
    record.identified_with = record.read_with = fingerprint
    record.row_count, record.labels, record.dispositions = None, [], {}
    record.cut_off = record.torn = False
    problem = Problem(
        error.code, "error", error.message, error.line_from, error.line_to, printed_text=error.printed_text
    )
    record.problems = [problem_row(problem, record)]


def _unreadable(scanned: Scan) -> list[dict[str, Any]]:
    return [
        problem_row(Problem("unreadable", "error", message), FileRecord("", name, 0, ""))
        for name, message in scanned.unreadable
    ]
