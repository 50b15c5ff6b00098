"""From a landing folder to raw Parquet: receive, read, catalogue. Every step can be repeated.

``receive`` archives and identifies, ``read_editions`` reads what is identified (all of it, or some
reporting quarters), ``write_catalogue`` decides which version of each edition is in force and rewrites
the tables that speak of all files. ``pending`` says beforehand, without writing, whether there is
anything to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest import budget, landing, raw
from ingest.archive import Archive, FileRecord, fingerprint_of
from ingest.areas import Areas, load_areas
from ingest.decoding import MAX_BYTES, DecodedText, decode
from ingest.errors import ConfigurationError, FileRejected, LayoutError, reader_failed
from ingest.files import SourceUnreadable
from ingest.identity import Identity, ReportingQuarter, Sidecar, find_quarters, identify
from ingest.landing import Scan, arrivals
from ingest.layouts import LAYOUTS_DIR, CompiledLayout, load_layouts, recognise, score, squash
from ingest.reader import Problem, read
from ingest.reports.attribution import load_labels
from ingest.reports.identity import identify_report, is_report
from ingest.reports.reader import read_report
from ingest.reports.redaction import withhold
from ingest.reports.rules import load_rules
from ingest.schemas import AREAS, DOCUMENTS, LABEL_SUGGESTIONS, PROBLEMS, RECEIVED_FILES
from ingest.suggestions import suggest

#: The folder below the landing folder that ``ingest.national`` receives.
NATIONAL = "national"
#: A newer version with fewer rows than this share of the version in force is held back.
FEWEST_ROWS = 0.8


@dataclass(frozen=True)
class Workspace:
    """Where ingestion reads and writes; nothing depends on the current folder."""

    landing_dir: Path
    archive_dir: Path
    raw_dir: Path
    areas_path: Path
    labels_path: Path
    indicators_path: Path
    layouts_dir: Path = LAYOUTS_DIR
    #: Holds authorities.csv and area_changes.csv; without it codes of areas are not looked up.
    reference_dir: Path | None = None
    first_quarter: str = "2016-17-q1"
    last_quarter: str | None = None

    @property
    def archive(self) -> Archive[FileRecord]:
        return Archive(self.archive_dir, FileRecord)


@dataclass
class Pending:
    """What a refresh would do. False when there is nothing to do."""

    new_files: list[tuple[str, str]]
    to_read: list[FileRecord]
    notes: list[str]
    problems: list[dict[str, Any]]

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
    """Hash of all that decides how a file is read: the code of this package, the layouts, the councils."""
    here = Path(__file__).parent
    code = [*sorted(here.glob("*.py")), *sorted((here / "reports").glob("*.[py][ym]*"))]
    data = [*sorted(ws.layouts_dir.glob("*.yml")), ws.areas_path]
    return fingerprint_of((*code, *data), f"{ws.first_quarter} {ws.last_quarter}")


def _read_with(record: FileRecord, ws: Workspace, fingerprint: str) -> str:
    """What a file's reading depends on: of a report also the labels, by which its claims are attributed."""
    return fingerprint_of((ws.labels_path, ws.indicators_path), fingerprint) if record.is_report else fingerprint


def scan(landing_dir: Path) -> Scan:
    """As ``landing.scan``, without the national files, which are received elsewhere."""
    return landing.scan(landing_dir, Sidecar, without=NATIONAL)


def pending(ws: Workspace) -> Pending:
    """What a refresh would do, without writing anything."""
    records = {record.source_sha256: record for record in ws.archive.records()}
    fingerprint = reader_fingerprint(ws)
    scanned = scan(ws.landing_dir)
    new = [(file.name, file.sha256) for file in arrivals(scanned, records, _tells)]
    stale = [record for record in records.values() if _is_stale(record, fingerprint, ws)]
    return Pending(new, stale, _notes(scanned, records), _unreadable(scanned))


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
        record.read_with != _read_with(record, ws, fingerprint) or not raw.is_whole(ws.raw_dir, record)
    )


def _notes(scanned: Scan, records: dict[str, FileRecord]) -> list[str]:
    newest = {key: records[sha] for key, sha in _decide(list(records.values()))[0].items()}
    here = {file.sha256 for file in scanned.files}
    notes = []
    for file in scanned.files:
        record = records.get(file.sha256)
        if record is None or record.edition_key is None:
            continue
        current = newest.get(_place_of(record))
        if current is not None and current.source_sha256 not in here and current.sequence_key > record.sequence_key:
            notes.append(
                f"{file.name} holds bytes that were received before; a newer version of {record.edition_key}, from "
                f"{current.source_file}, stays in force."
            )
    return notes


def receive(ws: Workspace, progress: Callable[[str], None] | None = None) -> list[FileRecord]:
    """Archive and identify what is new in the landing folder, and identify anew what other rules were applied to.

    One record a file: ``received`` with its edition and council, or ``rejected`` with the reason. Files that
    were identified by the present rules are not touched. Raises OSError where the archive cannot be written.
    """
    archive = ws.archive
    fingerprint = reader_fingerprint(ws)
    areas, layouts = load_areas(ws.areas_path), load_layouts(ws.layouts_dir)
    records = {record.source_sha256: record for record in archive.records()}
    scanned = scan(ws.landing_dir)
    now = datetime.now(UTC).isoformat()
    touched: dict[str, FileRecord] = {}
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
        record.source_file, record.sidecar, record.identified_with = file.name, file.sidecar, ""
        records[file.sha256] = touched[file.sha256] = record
        if file.sidecar_error:
            _reject(record, FileRejected("sidecar_invalid", file.sidecar_error), fingerprint)
            archive.save(record)
    for record in records.values():
        if record.identified_with == fingerprint:
            continue
        if "unreadable" in (record.sidecar or {}):
            # The note is as wrong as it was; a mended one makes the file an arrival.
            record.identified_with = record.read_with = fingerprint
        else:
            _identify(record, ws, areas, layouts, fingerprint)
        archive.save(record)
        touched[record.source_sha256] = record
        if progress:
            progress(record.source_file)
    return list(touched.values())


def _identify(
    record: FileRecord, ws: Workspace, areas: Areas, layouts: tuple[CompiledLayout, ...], fingerprint: str
) -> None:
    before = (record.document, record.edition_key, record.layout)
    try:
        with one_file():
            text = _text_of(record, ws)
            sidecar = Sidecar.model_validate(record.sidecar) if record.sidecar else None
            record.document = None
            layout, identity = recognise_document(text, record.source_file, sidecar, layouts, areas)
        record.document = "dashboard" if layout else "report"
        _within_calendar(identity.reporting_quarter, ws)
    except FileRejected as error:
        record.edition_key = record.area_code = record.financial_year = record.quarter = record.layout = None
        record.edition_source = record.area_source = record.comparator_text = None
        _reject(record, error, fingerprint)
        return
    record.edition_key = identity.edition_key
    record.area_code = identity.area.area_code
    record.financial_year = identity.reporting_quarter.financial_year
    record.quarter = identity.reporting_quarter.quarter
    record.edition_source, record.area_source = identity.edition_source, identity.area_source
    record.layout = layout.name if layout else None
    record.comparator_text = layout.spec.comparator if layout else None
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
) -> tuple[CompiledLayout | None, Identity]:
    """Layout, edition and council of a file; no layout: it is a report. Raises FileRejected."""
    rules = load_rules()
    unknown: FileRejected | None = None
    try:
        layout = recognise(text.lines, layouts)
    except FileRejected as error:
        unknown = error
    if is_report(text.lines, source_file, rules, fits_a_layout=unknown is None or unknown.code != "unknown_layout"):
        return None, identify_report(text.lines, source_file, sidecar, areas, rules)
    if unknown is not None:
        raise _nearest(text, layouts) if unknown.code == "unknown_layout" else unknown
    return layout, identify(text.lines, source_file, sidecar, layout, areas)


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
    areas = {area.area_code: area for area in load_areas(ws.areas_path).areas}
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
    record.problems = raw.write_edition(ws.raw_dir, record, text.lines, reading)
    record.line_count, record.row_count = len(text.lines), len(reading.rows)
    record.dispositions = reading.disposition_counts
    record.labels = [row.cells.get("label_text", "") for row in reading.rows]
    last = next(i for i in reversed(range(len(text.lines))) if text.lines[i].strip())
    record.torn = not text.ends_with_newline and reading.dispositions[last] == "unrecognised"
    record.cut_off = any(problem.code == "row_cut_off" for problem in reading.problems)
    record.outcome, record.error_code, record.error_message = "loaded", None, None


def _read_report(record: FileRecord, ws: Workspace) -> None:
    rules = load_rules()
    labels = load_labels(ws.labels_path, ws.indicators_path, rules)
    with one_file():
        text = _text_of(record, ws)
        reading = read_report(text.lines, rules, labels, ReportingQuarter.parse(record.reporting_quarter or ""))
    reading.problems.extend(_text_problems(text))
    record.problems = raw.write_report(ws.raw_dir, record, reading)
    record.line_count, record.row_count = len(text.lines), len(reading.paragraphs)
    record.dispositions = reading.disposition_counts
    record.labels, record.cut_off, record.torn = [], False, False
    record.outcome, record.error_code, record.error_message = "loaded", None, None


def write_catalogue(ws: Workspace) -> Catalogue:
    """Decide versions, rewrite the tables that speak of all files, remove raw folders nobody speaks for."""
    raw.ensure_empty(ws.raw_dir)
    records = list(ws.archive.records())
    for record in records:
        if record.outcome == "loaded" and not raw.is_whole(ws.raw_dir, record):
            # Its raw tables are gone, and this run did not read it: it counts again once it is read.
            record.outcome = "received"
    in_force, versions, held = _decide(records)
    problems = [problem for record in records if record.outcome == "rejected" for problem in record.problems]
    problems += [raw.problem_row(problem, record) for record, problem in held]
    landed = scan(ws.landing_dir) if ws.landing_dir.is_dir() else Scan()
    problems += _unreadable(landed)
    here = {file.sha256 for file in landed.files}
    by_sha = {record.source_sha256: record for record in records}
    held_back = {record.source_sha256: problem for record, problem in held}
    problems += [
        raw.problem_row(_superseded(record, newest, here), record)
        for record in records
        if record.outcome == "loaded"
        and record.source_sha256 not in held_back
        and (newest := by_sha[in_force[_place_of(record)]]) is not record
    ]
    problems += [
        raw.problem_row(_without_edition(record), record)
        for record in records
        if record.is_report and _is_in_force(record, in_force) and ("dashboard", record.edition_key) not in in_force
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
                "version_number": versions.get(record.source_sha256),
                "in_force": _is_in_force(record, in_force),
            }
        )
    areas = load_areas(ws.areas_path)
    labels = {label for record in records if _is_in_force(record, in_force) for label in record.labels}
    for table, content in (
        (RECEIVED_FILES, rows),
        (AREAS, [{**area.model_dump(), "is_default": area.default} for area in areas.areas]),
        (LABEL_SUGGESTIONS, suggest(labels, ws.labels_path, ws.indicators_path)),
    ):
        raw.replace_file(raw.from_rows(table, content), ws.raw_dir / f"{table.name}.parquet")
    raw.replace_file(raw.from_rows(PROBLEMS, problems), ws.raw_dir / "rejected_problems.parquet")
    raw.prune(ws.raw_dir, {raw.folder_of(ws.raw_dir, record) for record in records if record.outcome == "loaded"})
    of_kind = {
        kind: {edition: sha for (document, edition), sha in in_force.items() if document == kind} for kind in DOCUMENTS
    }
    return Catalogue(records, of_kind["dashboard"], versions, problems, of_kind["report"])


#: What versions are versions of: a kind of document on an edition.
Place = tuple[str, str]


def _place_of(record: FileRecord) -> Place:
    return (record.document or "", record.edition_key or "")


def _is_in_force(record: FileRecord, in_force: dict[Place, str]) -> bool:
    return in_force.get(_place_of(record)) == record.source_sha256


def _decide(
    records: list[FileRecord],
) -> tuple[dict[Place, str], dict[str, int], list[tuple[FileRecord, Problem]]]:
    """For each edition and kind of document the version in force, each file's version number, and those held back."""
    by_edition: dict[Place, list[FileRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda r: r.sequence_key):
        if record.edition_key is not None:
            by_edition[_place_of(record)].append(record)
    in_force: dict[Place, str] = {}
    versions: dict[str, int] = {}
    held: list[tuple[FileRecord, Problem]] = []
    for key, versions_of in by_edition.items():
        current: FileRecord | None = None
        for number, record in enumerate(versions_of, start=1):
            versions[record.source_sha256] = number
            if record.outcome != "loaded":
                continue
            if current is not None and (reason := _worse(record, current)):
                held.append((record, Problem("version_held_back", "error", reason)))
                continue
            current = record
        if current is not None:
            in_force[key] = current.source_sha256
    return in_force, versions, held


def _without_edition(report: FileRecord) -> Problem:
    return Problem(
        "report_without_edition",
        "warning",
        f"This is a report on {report.edition_key}, of which no dashboard is loaded. Its claims are kept and are "
        "compared as soon as the dashboard is there.",
    )


def _superseded(older: FileRecord, newest: FileRecord, here: set[str]) -> Problem:
    """Two files of one edition in the landing folder need a person's eye; a correction that took its place does not."""
    both = {older.source_sha256, newest.source_sha256} <= here
    return Problem(
        "version_superseded",
        "warning" if both else "info",
        f"{older.source_file} and {newest.source_file} are the same edition with other content; {newest.source_file}, "
        "which came last, is in force. If that is wrong, drop the right figures again as a new file.",
    )


def _worse(newer: FileRecord, current: FileRecord) -> str | None:
    if newer.sidecar and newer.sidecar.get("accept"):
        return None
    advice = "If it is right all the same, put a note beside it: a .yml file of the same name with 'accept: true'."
    if newer.cut_off and not current.cut_off:
        return f"This newer version ends in the middle of a row, so {current.source_file} stays in force. {advice}"
    fewer = (newer.row_count or 0) < (current.row_count or 0)
    what = "paragraphs" if newer.is_report else "rows"
    if fewer and (newer.torn or (newer.labels and newer.labels == current.labels[: len(newer.labels)])):
        return (
            f"This newer version breaks off after {newer.row_count} rows where the one in force, "
            f"{current.source_file}, has {current.row_count}; that one stays in force. {advice}"
        )
    if (newer.row_count or 0) < FEWEST_ROWS * (current.row_count or 0):
        return (
            f"This newer version has {newer.row_count} {what} where the one in force, {current.source_file}, has "
            f"{current.row_count}; that one stays in force. {advice}"
        )
    return None


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
        whole = "\n".join(text.lines[:400])
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
    record.problems = [raw.problem_row(problem, record)]


def _unreadable(scanned: Scan) -> list[dict[str, Any]]:
    return [
        raw.problem_row(Problem("unreadable", "error", message), FileRecord("", name, 0, ""))
        for name, message in scanned.unreadable
    ]
