"""What the command prints for people: progress, summary, status, traces. No decisions are taken here."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from publishing import site_and_exports, warehouse_versions
from publishing.queries import Result, Summary, Trace, WarehouseError, problems, summary
from publishing.sql_page import NO_ENGINE
from publishing.sql_page.engine import is_installed
from quarterdeck.render import NULL, Format, one_line, show, text_of
from runtime.lock import lock_state
from runtime.progress import Progress
from runtime.settings import Settings

if TYPE_CHECKING:
    from publishing.pending import Outlook
    from quarterdeck.refresh import Outcome

#: More than this many problems are for `quarterdeck problems`, not for a summary.
_PROBLEMS_SHOWN = 10
_STYLES = {"error": "red", "warning": "yellow", "info": "dim"}


@contextmanager
def drawn_progress(console: Console) -> Iterator[Progress]:
    """A bar on a terminal, one line a stage elsewhere."""
    if not console.is_terminal:
        yield _PlainProgress(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}", style="dim", markup=False),
    )
    with RichProgress(*columns, console=console, transient=True) as drawn:
        yield _BarProgress(drawn)


class _PlainProgress(Progress):
    def __init__(self, console: Console):
        self._console = console

    def stage(self, text: str, total: int | None = None) -> None:
        self._console.print(f"{text} ...")


class _BarProgress(Progress):
    def __init__(self, drawn: RichProgress):
        self._drawn = drawn
        self._task = None

    def stage(self, text: str, total: int | None = None) -> None:
        if self._task is not None:
            self._drawn.remove_task(self._task)
        self._task = self._drawn.add_task(text, total=total, step="")

    def step(self, text: str) -> None:
        if self._task is not None:
            self._drawn.update(self._task, advance=1, step=one_line(text[:50]))


def print_notes(console: Console, outlook: Outlook) -> None:
    """What a person should know before the refresh: files that cannot be read, and files without effect."""
    for problem in outlook.problems:
        console.print(Text(one_line(problem["message"]), style="yellow"))
    for note in outlook.notes:
        console.print(Text(one_line(note), style="dim"))


def print_nothing_new(console: Console, settings: Settings) -> None:
    current = warehouse_versions.current_version(settings.warehouse_dir)
    built = f", built {moment(current.built_at)}" if current else ""
    console.print(f"Nothing new in {nearby(settings.landing_dir)}.")
    console.print(f"The warehouse is {nearby(settings.published_path)}{built}.")
    console.print(f"Try: {command()} status", style="dim")


def print_withdrawn(console: Console, settings: Settings) -> None:
    """After a rollback: not current, and how to go on."""
    current = warehouse_versions.current_version(settings.warehouse_dir)
    console.print(
        f"Nothing new in {nearby(settings.landing_dir)}, but the published warehouse was rolled back "
        f"to the one built {moment(current.built_at)}: a newer one is withdrawn.",
        style="yellow",
    )
    console.print(f"Go forward to the next newer one: {command()} rollback --forward")
    console.print(f"Or build a new one from all files: {command()} refresh --rebuild")


def print_failure(console: Console, outcome: Outcome, settings: Settings) -> None:
    if outcome.failed_checks:
        console.print(f"{_counted(len(outcome.failed_checks), 'blocking check')} failed:", style="red")
        for asset, check, why in outcome.failed_checks[:_PROBLEMS_SHOWN]:
            console.print(Text(f"  {asset}: {check}{f' - {why}' if why else ''}"))
    else:
        console.print(Text(outcome.failure or "The run failed.", style="red"))
    stands = warehouse_versions.current_version(settings.warehouse_dir)
    console.print(
        f"Nothing was published. The warehouse built {moment(stands.built_at)} stands as it was."
        if stands
        else "Nothing was published."
    )
    if outcome.run_id:
        console.print(f"Details: make dev, then the run {outcome.run_id[:8]}.", style="dim")


def print_summary(console: Console, outcome: Outcome, settings: Settings, seconds: float) -> None:
    held = summary(settings.published_path)
    console.print()
    _print_editions(console, held, ("edition", "file", "rows", "figures", "repaired", "damaged", "unmapped"))
    console.print()
    console.print(
        f"{_counted(len(held.by_edition.rows), 'edition')}, {held.rows} rows, {held.figures} figures: "
        f"{held.repaired} repaired, {held.damaged} damaged, {held.unavailable} not available"
        f"{f', {held.withheld} withheld' if held.withheld else ''}; "
        f"{_counted(held.unmapped, 'row')} unmapped."
    )
    _print_national(console, held)
    for file, reason in outcome.rejected:
        console.print(Text.assemble(("Rejected ", "red"), one_line(f"{file}: {reason}")))
    for asset, check, why in outcome.warnings:
        # What these say stands in the lines above and among the problems below, with file and line.
        if check not in ("edition_identified", "every_file_read", "labels_are_mapped", "national_files_read"):
            console.print(Text.assemble(("Look at ", "yellow"), f"{check} ({asset}): {why}"))
    _print_worst(console, settings)
    console.print()
    console.print(f"Published in {seconds:.0f} s: {nearby(settings.published_path)}")
    _print_pages(console, settings)
    console.print(
        f'Try: {command()} sql "select indicator_name, period_label, value from mart_indicator_trend limit 5"',
        style="dim",
    )


def print_pages(console: Console, settings: Settings, seconds: float) -> None:
    """After the site and the exports alone were published."""
    console.print(f"Published in {seconds:.0f} s:")
    _print_pages(console, settings)


def _print_pages(console: Console, settings: Settings) -> None:
    if not site_and_exports.behind(settings):
        console.print(f"Site: {nearby(settings.site_dir)} (look at it: {command()} serve)")
        console.print(f"Files: {nearby(settings.exports_dir)}")
        if not is_installed():
            console.print(NO_ENGINE, style="dim")


def print_status(console: Console, settings: Settings) -> None:
    state = lock_state(settings.lock_path)
    if state.running:
        console.print(f"A refresh is running: {state.running}, since {state.running.since}.", style="yellow")
    elif state.died:
        console.print(f"The last refresh was cut short: {state.died}, since {state.died.since}.", style="yellow")
    current = warehouse_versions.current_version(settings.warehouse_dir)
    if current is None:
        raise WarehouseError(
            f"There is no warehouse at {settings.published_path} yet. Run `quarterdeck refresh` first."
        )
    held = summary(settings.published_path)
    _print_editions(
        console,
        held,
        (
            "edition",
            "received",
            "file",
            "layout",
            "rows",
            "figures",
            "damaged",
            "unmapped",
            "errors",
            "warnings",
        ),
    )
    console.print()
    _print_national(console, held)
    if held.rejected.rows:
        console.print(f"{_counted(len(held.rejected.rows), 'file')} rejected:", style="red")
        for row in held.rejected.dicts():
            reason = one_line(f"{row['file']} (received {text_of(row['received'])}): {row['reason']}")
            console.print(Text(f"  {reason}"))
    issues = ", ".join(f"{held.issues.get(severity, 0)} {severity}" for severity in _STYLES)
    console.print(f"Problems in the sources: {issues}. List them: {command()} problems")
    console.print(f"Warehouse: {nearby(settings.published_path)}, built {moment(current.built_at)}.")
    if behind := site_and_exports.behind(settings):
        console.print(f"Not of this warehouse: {' and '.join(behind)}. Run: {command()} refresh", style="yellow")
    _print_pages(console, settings)
    from publishing.pending import look

    outlook = look(settings)
    for note in outlook.notes:
        console.print(Text(note, style="dim"))
    if outlook.withdrawn:
        print_withdrawn(console, settings)
    elif outlook:
        console.print(f"Not current: {', '.join(outlook.reasons)}. Run: {command()} refresh", style="yellow")


def print_problems(console: Console, found: Result, limit: int) -> None:
    """The list for a person: place, cell and words; the other formats hold every column."""
    columns = ("severity", "row_number", "issue_code", "column_name", "printed_text", "message")
    rows = [(_place(row), *(row[name] for name in columns)) for row in found.dicts()]
    header = ("file:line", "severity", "row", "code", "column", "printed", "message")
    show(Result(header, rows), Format.table, console, limit)


def print_audit(console: Console, found: Result, severities: Sequence[str], limit: int) -> None:
    """A sentence for each finding, with its place in both sources; then how many comparisons came to which verdict.

    `found` holds every comparison of an edition, whatever its severity.
    """
    everything = found.dicts()
    findings = [row for row in everything if row["severity"] in (severities or ("error", "warning"))]
    for row in findings[: limit or None]:
        about = (
            f"row {row['row_number']}" if row["row_number"] is not None else None,
            f"paragraph {row['paragraph']}" if row["paragraph"] is not None else None,
        )
        place = ", ".join(filter(None, about))
        console.print(
            Text.assemble(
                (row["severity"], _STYLES[row["severity"]]),
                f"  {row['check_code']}{f', {place}' if place else ''}: {row['verdict'].replace('_', ' ')}",
            )
        )
        console.print(Text(one_line(f"  {row['evidence']}")))
        console.print(Text(f"  {_both_places(row)}", style="dim"))
    if limit and len(findings) > limit:
        console.print(f"{limit} of {len(findings)} findings; --limit 0 shows all of them.", style="dim")
    if findings:
        console.print()
    verdicts = Counter(row["verdict"].replace("_", " ") for row in everything)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    console.print(f"{_counted(len(everything), 'comparison')}{f': {counts}' if counts else ''}.")
    by_severity = Counter(row["severity"] for row in everything)
    console.print(", ".join(f"{by_severity[severity]} {severity}" for severity in _STYLES) + ".")
    if not severities and by_severity["info"]:
        console.print(f"Those of severity info: {command()} audit {everything[0]['edition_key']} --severity info")


def _both_places(row: Mapping[str, Any]) -> str:
    """Where the claim stands and, where it is another line, what it is held against."""
    here = _place(row)
    if row["other_source_file"] is None:
        return here
    there = _place(
        {
            "source_file": row["other_source_file"],
            "source_line_from": row["other_line_from"],
            "source_line_to": row["other_line_to"],
        }
    )
    return here if there == here else f"{here} against {there}"


def print_trace(console: Console, found: Trace) -> None:
    label, of = found.indicator, found.edition
    console.print(
        Text(
            f"{of['edition_key']}, {one_line(of['source_file'])}, layout {of['layout']}",
            style="bold",
        )
    )
    if label["indicator_key"]:
        console.print(Text(f"Indicator: {label['indicator_name']} ({label['indicator_key']})"))
    else:
        hint = (
            f"; most like {label['suggested_indicator_key']} ({label['suggestion_score']:.0f})"
            if label["suggested_indicator_key"]
            else ""
        )
        console.print(Text(f"Indicator: none is known for this label{hint}", style="yellow"))
    _heading(console, "Printed lines")
    for row in found.lines.dicts():
        console.print(
            Text.assemble(
                (f"{row['line_number']:>5}  ", "dim"),
                row["line_text"].replace("\t", " \N{RIGHTWARDS ARROW} "),
            )
        )
    _heading(console, "Cells")
    _pairs(console, {row["column_name"]: row["cell_text"] for row in found.cells.dicts()})
    for fact in found.observations.dicts():
        _heading(console, f"Figure, {fact.pop('role')}")
        _pairs(console, fact)
    for fact in found.assessment.dicts():
        _heading(console, "Assessment")
        _pairs(console, fact)
    if found.issues.rows:
        _heading(console, "Problems")
        for row in found.issues.dicts():
            where = f"line {row['source_line_from']}, " if row["source_line_from"] else ""
            console.print(
                Text.assemble(
                    (row["severity"], _STYLES[row["severity"]]),
                    f"  {row['issue_code']}: {where}{row['message']}",
                )
            )


def print_versions(console: Console, settings: Settings) -> None:
    versions = warehouse_versions.published_versions(settings.warehouse_dir)
    for version in versions:
        mark = "published  " if version.current else "           "
        console.print(Text(f"{mark}built {moment(version.built_at, seconds=True)}   {nearby(version.path)}"))
    if not versions:
        console.print("Nothing has been published yet.")


def print_settings(console: Console, settings: Settings) -> None:
    for name, declared in type(settings).model_fields.items():
        value = getattr(settings, name)
        shown = ("not set", "dim") if value is None else str(value)
        console.print(Text.assemble((f"QUARTERDECK_{name.upper()}", "bold"), " = ", shown))
        console.print(Text(f"    {declared.description}"))


def moment(when: datetime, *, seconds: bool = False) -> str:
    """A time as the person's clock shows it."""
    local = when.replace(tzinfo=when.tzinfo or UTC).astimezone()
    return f"{local.day} {local.strftime('%B %Y, %H:%M:%S' if seconds else '%B %Y, %H:%M')}"


def nearby(path: Path) -> str:
    """A path as it can be typed here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def command() -> str:
    """How this command is called from here."""
    if shutil.which("quarterdeck"):
        return "quarterdeck"
    return nearby(Path(sys.executable).with_name("quarterdeck"))


def _print_editions(console: Console, held: Summary, columns: tuple[str, ...]) -> None:
    rows = [tuple(row[name] for name in columns) for row in held.by_edition.dicts()]
    show(Result(columns, rows), Format.table, console)


def _print_national(console: Console, held: Summary) -> None:
    if held.national_files:
        console.print(
            f"{_counted(held.national_files, 'national file')}: {held.national_figures:,} figures "
            f"of {_counted(held.national_measures, 'measure')}."
        )


def _print_worst(console: Console, settings: Settings) -> None:
    found = problems(settings.published_path, severities=("error", "warning")).dicts()
    if not found:
        console.print("No problems in the sources.")
        return
    console.print(
        f"{_counted(len(found), 'problem')} in the sources, the first:"
        if len(found) > _PROBLEMS_SHOWN
        else "Problems in the sources:"
    )
    for row in found[:_PROBLEMS_SHOWN]:
        console.print(
            Text.assemble(
                "  ",
                (row["severity"], _STYLES[row["severity"]]),
                one_line(f"  {_place(row)}  {_quoted(row)}{row['message']}"),
            )
        )
    if len(found) > _PROBLEMS_SHOWN:
        console.print(f"  ... {len(found) - _PROBLEMS_SHOWN} more: {command()} problems", style="dim")


def _quoted(row: Mapping[str, Any]) -> str:
    """What is printed there, where it is short enough to stand in a line."""
    printed = row["printed_text"]
    return f"'{printed}': " if printed and len(printed) <= 30 else ""


def _place(row: Mapping[str, Any]) -> str:
    if row["source_line_from"] is None:
        return one_line(row["source_file"])
    last = row["source_line_to"]
    span = f"-{last}" if last is not None and last != row["source_line_from"] else ""
    return f"{one_line(row['source_file'])}:{row['source_line_from']}{span}"


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _pairs(console: Console, values: Mapping[str, Any]) -> None:
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        shown = (NULL, "dim italic") if value is None else one_line(text_of(value))
        console.print(Text.assemble((f"  {name:<{width}}  ", "dim"), shown))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
