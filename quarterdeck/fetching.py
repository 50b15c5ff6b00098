"""What `quarterdeck fetch` does and draws: which data sets, one after the other, and one line for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.text import Text

from ingest.national.fetch import Api, DataSet, FetchError, Listener, Wanted, fetch
from publishing.queries import Result
from quarterdeck.render import Format, show


class _Lines(Listener):
    """For a pipe: only what went wrong on the way."""

    def __init__(self, console: Console):
        self._console = console

    def says(self, sentence: str) -> None:
        self._console.print(Text(f"    {sentence}", style="dim"))


class _Bars(_Lines):
    """For a terminal: a bar a download."""

    def __init__(self, console: Console, drawn: Progress):
        super().__init__(console)
        self._drawn = drawn
        self._task = None

    def begins(self, name: str, at: int, total: int | None) -> None:
        if self._task is not None:
            self._drawn.remove_task(self._task)
        self._task = self._drawn.add_task(name, completed=at, total=total)

    def advanced(self, count: int) -> None:
        if self._task is not None:
            self._drawn.update(self._task, advance=count)


@contextmanager
def drawn_download(console: Console) -> Iterator[Listener]:
    """A bar on a terminal, nothing but remarks elsewhere."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as drawn:
        yield _Bars(console, drawn)


def fetch_all(api: Api, wanted: dict[str, Wanted], folder: Path, out: Console, err: Console) -> list[FetchError]:
    """Fetch each and say what became of it; gives the failures. One that fails does not keep the others back.

    A data set that is wanted by its id alone gets the service's title as its name.
    """
    failed: list[FetchError] = []
    for name, one in wanted.items():
        try:
            fetched = fetch(api, api.find(one), folder, None if name == one.data_set else name)
        except FetchError as error:
            failed.append(error)
            err.print(Text(f"{name}: {error}", style="red"))
            continue
        said = "fetched" if fetched.was_new else "already there"
        data_set = fetched.data_set
        out.print(
            f"{fetched.name}: {said}, version {data_set.version}"
            + (f" of {data_set.published}" if data_set.published else "")
            + f", {fetched.rows:,} rows"
            + (f", newest period {fetched.release}" if fetched.release else "")
            + f" -> {fetched.path}"
        )
        for remark in fetched.remarks:
            err.print(Text(f"{fetched.name}: {remark}.", style="yellow"))
    return failed


def listing(api: Api, search: str | None) -> list[DataSet]:
    """Data sets of the publications whose title the search finds, and those whose own title holds the words."""
    words = (search or "").lower().split()
    found = []
    for publication in api.publications():
        title = str(publication.get("title")).lower()
        for one in api.data_sets(publication):
            if all(word in f"{title} {one.title.lower()}" for word in words):
                found.append(one)
    return found


def print_listing(console: Console, found: list[DataSet], how: Format, limit: int) -> None:
    columns = ["publication", "title", "data_set", "version", "published", "periods", "rows"]
    rows = [(one.publication, one.title, one.id, one.version, one.published, one.periods, one.rows) for one in found]
    show(Result(columns, rows), how, console, limit)
