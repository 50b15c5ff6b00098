"""The `quarterdeck` command. What it does lies in the modules beside it; here stand words and exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO, cast

import typer
from pydantic import ValidationError
from rich.console import Console
from typer.core import TyperGroup

from ingest.intake.errors import ConfigurationError, LayoutError
from publishing import queries, site_and_exports, warehouse_versions
from publishing.exports import ExportFormat
from quarterdeck import __version__, console
from quarterdeck.render import Format, console_of, show
from runtime import lock, space
from runtime.settings import Settings

if TYPE_CHECKING:
    from ingest.national.fetch import Wanted
    from publishing.pending import Outlook
    from quarterdeck.refresh import Outcome

OK = 0
FAILED = 1
USAGE = 2
SOME_REJECTED = 3
CHECK_FAILED = 4
BUSY = 5
_INTERRUPTED = 130

_EXIT_CODES = """
Exit codes: 0 done, or nothing new; 1 failed; 2 the command was not understood; 3 done, but a new file was rejected or a
layout is refused; 4 a blocking check failed and nothing was published; 5 another refresh is running.
"""
_FETCH_EXIT_CODES = """
Exit codes: 0 fetched, or there already; 1 failed; 2 the command was not understood; 3 what came is no sound file and
was not taken; 5 another command is fetching it.
"""


class _Commands(TyperGroup):
    """The commands; an interrupt that none of them has explained is said in one word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _fail("Interrupted.", _INTERRUPTED)


class _Patient:
    """A stream that nobody may be listening to any more, as behind `head`: the command runs on to its end."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._to_nobody():
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._to_nobody():
            self._stream.flush()

    @contextlib.contextmanager
    def _to_nobody(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            # What is still in the buffer goes the same way, and nothing is said of it at the end.
            nobody = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nobody, self._stream.fileno())
            os.close(nobody)


app = typer.Typer(
    name="quarterdeck",
    cls=_Commands,
    help="Quarterly dashboards of children's services, as one warehouse that can be queried.\n\n" + _EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _console(stream: TextIO) -> Console:
    """Names of files and printed words are data: nothing in them is markup or acts. A pipe has no width to wrap at."""
    return console_of(cast(TextIO, _Patient(stream)), soft_wrap=not stream.isatty())


out, err = _console(sys.stdout), _console(sys.stderr)

FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=0, help="Most rows of a table; 0 for all of them.")]


class Severity(StrEnum):
    """How bad a problem is."""

    error = "error"
    warning = "warning"
    info = "info"


def main() -> NoReturn:
    """Run the command; every known error becomes one sentence and an exit code."""
    try:
        app()
    except (
        ConfigurationError,
        LayoutError,
        warehouse_versions.PublishingError,
        space.DiskFull,
        queries.WarehouseError,
    ) as error:
        _fail(str(error))
    except lock.RefreshInProgress as error:
        _fail(str(error), BUSY)
    except ValidationError as error:
        _fail(
            "; ".join(f"QUARTERDECK_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()),
            USAGE,
        )
    except OSError as error:
        _fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.")
    except Exception as error:
        if os.environ.get("QUARTERDECK_LOG_LEVEL", "").lower() == "debug":
            raise
        _fail(f"{type(error).__name__}: {error}. To see where, set QUARTERDECK_LOG_LEVEL=debug and run it again.")
    finally:
        out.file.flush()
    sys.exit(OK)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        out.print(f"quarterdeck {__version__}")
        raise typer.Exit(OK)


@app.command(epilog=_EXIT_CODES)
def refresh(
    edition: Annotated[
        str | None, typer.Option(help="Read only this edition, such as 2020-21-q2, and read it again.")
    ] = None,
    landing: Annotated[
        Path | None, typer.Option(help="Read the files in this folder instead of the landing folder.")
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read, build and publish everything anew.")] = False,
    allow_fewer: Annotated[
        bool,
        typer.Option("--allow-fewer", help="Publish also if editions or figures that are published would be gone."),
    ] = False,
) -> None:
    """Read what is new in the landing folder, build the warehouse, check it and publish it.

    With nothing new it says so and does nothing. The same job runs from the UI (`make dev`).
    """
    from publishing import pending

    started = time.perf_counter()
    settings = Settings(landing_dir=landing) if landing else Settings()
    quarters = [_quarter(edition)] if edition else None
    state = lock.lock_state(settings.lock_path)
    if state.running:
        raise lock.RefreshInProgress(state.running)
    if state.died:
        err.print(
            f"The refresh before this one was cut short: {state.died}, since {state.died.since}.",
            style="yellow",
        )
    outlook = pending.look(settings)
    console.print_notes(err, outlook)
    if not outlook and not rebuild and not edition:
        behind = site_and_exports.behind(settings)
        if behind:
            out.print(f"Publishing anew what is not of the present warehouse: {' and '.join(behind)}.")
            _publish_pages(settings, outlook)
        if outlook.withdrawn:
            console.print_withdrawn(out, settings)
        elif not behind:
            console.print_nothing_new(out, settings)
        raise typer.Exit(SOME_REJECTED if outlook.problems else OK)
    space.require_space(settings)
    if edition:
        _require_received(settings, outlook, edition, quarters[0])
    why = "a rebuild was asked for" if rebuild else ", ".join(outlook.reasons) or f"{edition} is read again"
    out.print(f"Refreshing: {why}.")

    outcome = _run(settings, outlook, quarters=quarters, force=rebuild or bool(edition), allow_fewer=allow_fewer)
    if not outcome.published:
        console.print_failure(err, outcome, settings)
        raise typer.Exit(CHECK_FAILED if outcome.failed_checks else FAILED)
    console.print_summary(out, outcome, settings, time.perf_counter() - started)
    if outcome.failure:
        _fail(f"{outcome.failure} The warehouse is published. To try the rest again: {console.command()} refresh")
    raise typer.Exit(SOME_REJECTED if outcome.rejected or outlook.problems else OK)


@app.command()
def status() -> None:
    """Show which editions are loaded, when and from which file, and what is open."""
    console.print_status(out, Settings())


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One statement that reads; `-` takes it from standard input.")],
    how: FormatOption = Format.table,
    limit: LimitOption = 200,
) -> None:
    """Query the published warehouse, read-only. Tables are those of the schema marts: `show tables` lists them."""
    text = sys.stdin.read() if query == "-" else query
    show(queries.query(Settings().published_path, text), how, out, limit)


@app.command()
def problems(
    edition: Annotated[str | None, typer.Option(help="Only of this edition, such as 2020-21-q2.")] = None,
    severity: Annotated[
        list[Severity] | None, typer.Option(help="Only of this severity; may be given more than once.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Only with this issue code, such as damaged_figure.")] = None,
    file: Annotated[str | None, typer.Option(help="Only of files whose name contains this.")] = None,
    how: FormatOption = Format.table,
    limit: LimitOption = 200,
) -> None:
    """List what was found wrong or odd in the sources, the worst first."""
    found = queries.problems(
        Settings().published_path, edition=edition, severities=severity or (), code=code, file=file
    )
    if how is Format.table:
        console.print_problems(out, found, limit)
    else:
        show(found, how, out)


@app.command()
def audit(
    edition: Annotated[str, typer.Argument(help="Such as 2020-21-q2.")],
    severity: Annotated[
        list[Severity] | None,
        typer.Option(help="Only of this severity; may be given more than once. Default: error and warning."),
    ] = None,
    how: FormatOption = Format.table,
    limit: LimitOption = 0,
) -> None:
    """Show where an edition's published words and figures disagree, the worst first.

    Figures, words, colours, targets, the covering report and earlier editions are held against each other; each
    finding has the file and line of both sources.
    """
    path = Settings().published_path
    if how is Format.table:
        console.print_audit(out, queries.audit(path, edition, queries.SEVERITIES), severity or (), limit)
    else:
        show(queries.audit(path, edition, severity or ("error", "warning")), how, out)


@app.command()
def trace(
    edition: Annotated[str, typer.Argument(help="Such as 2020-21-q2.")],
    row: Annotated[int, typer.Argument(help="The row's number in the edition, from 1.")],
) -> None:
    """Show where a row comes from: its printed lines, the cells cut from them, the facts made of those."""
    console.print_trace(out, queries.trace(Settings().published_path, edition, row))


@app.command()
def rollback(
    forward: Annotated[bool, typer.Option("--forward", help="Go to the next newer warehouse instead.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Only list the warehouses that are kept.")] = False,
) -> None:
    """Publish the warehouse before the present one again. Once more goes one further back.

    The site and the exports follow. A refresh with nothing new leaves it so; one with new files, or with --rebuild,
    publishes a new warehouse.
    """
    from publishing import pending

    settings = Settings()
    if not list_:
        with lock.refresh_lock(settings.lock_path, purpose="rollback"):
            version = warehouse_versions.rollback(settings.warehouse_dir, forward=forward)
        out.print(f"Published again: the warehouse built {console.moment(version.built_at)}.")
        _publish_pages(settings, pending.Outlook())
    console.print_versions(out, settings)


@app.command(epilog=_FETCH_EXIT_CODES)
def fetch(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names of the configuration, such as la_care_leavers_activity. Default: all of them."),
    ] = None,
    data_set: Annotated[
        list[str] | None, typer.Option("--data-set", help="The id of a data set; may be given more than once.")
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="Only list the service's data sets; words after it narrow the list.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="The folder. Default: national/ees in the landing folder.")
    ] = None,
    how: FormatOption = Format.table,
    limit: LimitOption = 200,
) -> None:
    """Download national open data from the department's public API, as config/open_data_sets.yml names it.

    A version that lies there is not fetched again. A download that was cut short goes on where it stopped.
    """
    from ingest.national import fetch as national
    from quarterdeck import fetching

    settings = Settings()
    try:
        api = national.Api(settings.open_data_api)
        if list_:
            fetching.print_listing(out, fetching.listing(api, " ".join(names or [])), how, limit)
            return
        wanted = _wanted_data_sets(settings, names or [], data_set or [])
        with fetching.drawn_download(out) as api.listener:
            failed = fetching.fetch_all(api, wanted, to or settings.landing_dir / "national" / "ees", out, err)
    except national.FetchError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _fail("Interrupted. What came is kept; the same command goes on from there.", _INTERRUPTED)
    if any(not isinstance(error, national.NotSound | national.Busy) for error in failed):
        raise typer.Exit(FAILED)
    if failed:
        raise typer.Exit(SOME_REJECTED if any(isinstance(one, national.NotSound) for one in failed) else BUSY)


@app.command()
def export(
    edition: Annotated[
        str | None,
        typer.Option(help="Only the rows of this edition, such as 2020-21-q2, in tables that know editions."),
    ] = None,
    how: Annotated[ExportFormat, typer.Option("--format", "-f", help="Which files.")] = ExportFormat.all,
    table: Annotated[
        list[str] | None, typer.Option(help="Only this public table; may be given more than once.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            help="Write into this folder. Default for a selection: quarterdeck-export (and its edition) here."
        ),
    ] = None,
) -> None:
    """Write the published warehouse as Parquet, CSV and one workbook.

    Without options everything is published anew in publish/exports. QUARTERDECK_DISCLOSURE holds for it all.
    """
    from publishing import exports

    settings = Settings()
    if edition is None and not table and to is None and how is ExportFormat.all:
        with lock.refresh_lock(settings.lock_path, purpose="export"):
            site_and_exports.publish_exports(settings)
        out.print(f"Published: {console.nearby(settings.exports_dir)}")
        return
    named = "quarterdeck-export" if edition is None else f"quarterdeck-export-{edition.replace('/', '-')}"
    folder = (to or Path(named)).expanduser()
    if folder.resolve().is_relative_to(settings.publish_dir.resolve()):
        _fail(
            f"{settings.publish_dir} is written by a refresh, or by `quarterdeck export` without options. "
            "Name another folder."
        )
    written = exports.export(
        settings.published_path,
        folder,
        formats=how,
        edition=edition,
        tables=table or (),
        disclosure=settings.disclosure,
    )
    for path in written:
        out.print(str(path))


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes any free one.")] = 8000,
) -> None:
    """Serve the published site on http://127.0.0.1, until Ctrl-C. Nobody on another machine can reach it."""
    from publishing import serve as serving

    settings = Settings()
    try:
        server = serving.server(settings.site_dir, port)
    except serving.ServeError as error:
        _fail(str(error))
    with server:
        out.print(f"The site is at http://{serving.ADDRESS}:{server.server_port}/ until you press Ctrl-C.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            out.print("Stopped.")


@app.command(name="settings")
def settings_() -> None:
    """Print every setting: its environment variable, its value now and what it means."""
    console.print_settings(out, Settings())


def _run(settings: Settings, outlook: Outlook, **arguments: Any) -> Outcome:
    """Run the job and show how far it is; ends the command when a person or another refresh stands in its way."""
    from quarterdeck.refresh import run_refresh

    before = warehouse_versions.current_version(settings.warehouse_dir)
    # Dagster takes hold of the standard streams during a run, to show in the UI what is written to them.
    terminal = _console(os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding))
    try:
        with console.drawn_progress(terminal) as progress:
            outcome = run_refresh(settings, outlook, progress, **arguments)
    except KeyboardInterrupt:
        if warehouse_versions.current_version(settings.warehouse_dir) == before:
            _fail("Interrupted. What was published before stands as it was.", _INTERRUPTED)
        _fail(
            "Interrupted. The new warehouse is published, the site and the exports are of the one before. "
            f"To publish them: {console.command()} refresh",
            _INTERRUPTED,
        )
    if outcome.lock_taken:
        _fail(outcome.failure or "Another refresh is running.", BUSY)
    if outcome.alert_error:
        err.print(outcome.alert_error, style="yellow")
    return outcome


def _publish_pages(settings: Settings, outlook: Outlook) -> None:
    """Publish the site and the exports of the warehouse that is there; ends the command when that fails."""
    started = time.perf_counter()
    outcome = _run(settings, outlook, only_pages=True)
    if outcome.failure:
        _fail(outcome.failure)
    console.print_pages(out, settings, time.perf_counter() - started)


def _wanted_data_sets(settings: Settings, names: list[str], ids: list[str]) -> dict[str, Wanted]:
    """What the command line names; without names and ids everything of the configuration."""
    from ingest.national.fetch import Wanted, load_wanted

    try:
        wanted = {one: Wanted(data_set=one) for one in ids}
    except ValidationError:
        raise typer.BadParameter(
            "An id looks like 7588c2d6-9e8a-4d84-8f19-6b8d52a01fbd.", param_hint="--data-set"
        ) from None
    if ids and not names:
        return wanted
    known = load_wanted(settings.open_data_sets_path)
    if strange := [name for name in names if name not in known]:
        raise typer.BadParameter(
            f"{', '.join(strange)}: {settings.open_data_sets_path} has {', '.join(known)}.", param_hint="NAMES"
        )
    return wanted | {name: known[name] for name in names or known}


def _quarter(edition: str) -> str:
    from ingest.intake.quarters import ReportingQuarter

    try:
        return ReportingQuarter.parse("-".join(edition.split("-")[:3])).key
    except ValueError:
        raise typer.BadParameter(f"{edition!r} is not an edition such as 2020-21-q2.", param_hint="--edition") from None


def _require_received(settings: Settings, outlook: Outlook, edition: str, quarter: str) -> None:
    records = settings.workspace().archive.records()
    if outlook.new_files or any(record.reporting_quarter == quarter for record in records):
        return
    _fail(f"No file of {edition} was ever received. Put it into {settings.landing_dir} and run the refresh again.")


def _fail(sentence: str, code: int = FAILED) -> NoReturn:
    err.print(sentence, style="red")
    sys.exit(code)
