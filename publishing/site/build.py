"""Building the site: which pages have to be written, writing them with Jinja, and putting the whole in place at once.

Every page has a key: a hash of the data it is made of and of the code and templates. The keys lie in `.pages.json` of
the published folder; a page whose key is the same there is linked from it, not written. Councils are shared out to two
processes where there are many: each reads its own share and holds one council at a time.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from publishing.folders import code_fingerprint, link_or_copy, publish_tree
from publishing.site import cells, words
from publishing.site import lineage as lineage_
from publishing.site.frame import QUALITY, Frame, Lazy, Link, Page
from publishing.site.model import Area, Council, Point, Warehouse
from publishing.site.pages import Common, common_pages, council_pages, overview_page
from publishing.sql_page import PAGE, build_sql_page
from publishing.sql_page.engine import ENGINE_DIR, is_installed
from runtime.settings import Rule

HERE = Path(__file__).resolve().parent
KEYS_NAME = ".pages.json"
STATIC = "static"
#: Fewer councils are not worth the second process, which takes 1.5 s to start (November 2026).
_COUNCILS_FOR_TWO = 8
#: A page may load styles and scripts of this site and nothing else; SQL has a policy of its own.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Part:
    """A page or folder that somebody else writes into the site: its entry in the menu, and who writes it.

    `fill` gets the site's new folder and a function that wraps (title, what goes into the head, body) in its layout.
    """

    link: Link
    fill: Callable[[Path, Callable[[str, str, str], str]], None]


@dataclass(frozen=True)
class Built:
    """What a build did: pages in all, and how many of them were written anew."""

    pages: int
    written: int
    bytes: int


@dataclass(frozen=True)
class _Job:
    """What a process needs to write its share."""

    warehouse: Path
    disclosure: str
    made: Path
    before: Path | None
    frame: Frame
    areas: tuple[Area, ...]


@dataclass(frozen=True)
class _Share:
    """What came of it: keys by path, how many were written, and the newest figure of each indicator and council."""

    keys: Mapping[str, str]
    written: int
    bytes: int
    newest: Mapping[str, Mapping[str, Point]]


def build_site(
    warehouse: Path,
    target: Path,
    *,
    disclosure: Rule | str = Rule.none,
    nodes: Iterable[lineage_.Node] = (),
    parts: Sequence[Part] = (),
    processes: int | None = None,
    keep_before: bool = True,
) -> Built:
    """Publish the site of `warehouse` at `target`, in one step; what stands there stays until then.

    `nodes` are dbt's models for the picture of the lineage (see `lineage.nodes_of`); without them there is none.
    `keep_before` as in `publish_tree`.
    WarehouseError when the warehouse cannot be read.
    """
    built: list[Built] = []

    def fill(made: Path, before: Path | None) -> None:
        built.append(_fill(warehouse, made, before, Rule(disclosure).value, tuple(nodes), parts, processes))

    publish_tree(target, fill, keep_before=keep_before)
    return built[0]


def sql_part(warehouse: Path, disclosure: Rule | str = Rule.none, engine: Path = ENGINE_DIR) -> list[Part]:
    """The SQL page as a part of the site; none where its engine is not installed."""
    if not is_installed(engine):
        return []

    def fill(made: Path, wrap: Callable[[str, str, str], str]) -> None:
        build_sql_page(warehouse, made, disclosure, wrap=wrap, engine=engine)

    return [Part(Link(PAGE, "SQL"), fill)]


def _fill(
    warehouse: Path,
    made: Path,
    before: Path | None,
    disclosure: str,
    nodes: tuple[lineage_.Node, ...],
    parts: Sequence[Part],
    processes: int | None,
) -> Built:
    with ThreadPoolExecutor(max(1, len(parts))) as aside, Warehouse(warehouse, disclosure) as opened:
        areas = tuple(opened.areas())
        frame = Frame(
            areas=areas,
            indicators={indicator.indicator_key: indicator for indicator in opened.indicators()},
            has_lineage=bool(nodes),
            relations=opened.relations(),
            periods=opened.periods(),
            more=tuple(part.link for part in parts),
            withholds=disclosure != Rule.none.value,
        )
        common = Common(
            editions=opened.editions(),
            counts=opened.issue_counts(),
            stray=opened.issues_without_edition(),
            files=opened.source_files(),
            built=opened.built(),
            tables=opened.tables(),
        )
        only = opened.council(frame.only) if frame.only else None
        writer = _Writer(frame, made, before)
        # Beside the pages: a part packs files, which leaves Python's lock alone.
        filling = [aside.submit(part.fill, made, partial(writer.wrapped, here=part.link.href)) for part in parts]
        _copy_static(made)
        count = processes or (min(2, os.cpu_count() or 1) if len(areas) >= _COUNCILS_FOR_TWO else 1)
        shares = [share for share in (areas[number::count] for number in range(count)) if share]
        jobs = [_Job(warehouse, disclosure, made, before, frame, share) for share in shares]
        done = [_write_share(job, opened) for job in jobs] if len(jobs) == 1 else []
    if len(jobs) > 1:
        # Not forked: threads of an orchestrator would be copied with their locks held.
        with ProcessPoolExecutor(len(jobs), mp_context=multiprocessing.get_context("spawn")) as pool:
            done = list(pool.map(_open_and_write_share, jobs))
    for page in common_pages(frame, common, only):
        writer.write(page)
    if not frame.only:
        newest = {code: points for share in done for code, points in share.newest.items()}
        for indicator in frame.indicators.values():
            found = [(area, newest.get(area.area_code, {}).get(indicator.indicator_key)) for area in areas]
            writer.write(overview_page(frame, indicator, found))
    if nodes:
        writer.write(lineage_.lineage_page(nodes))
    for filled in filling:
        filled.result()
    keys = {**writer.keys, **{path: key for share in done for path, key in share.keys.items()}}
    (made / KEYS_NAME).write_text(json.dumps(keys, indent=0, sort_keys=True), encoding="utf-8")
    return Built(
        pages=len(keys),
        written=writer.written + sum(share.written for share in done),
        bytes=writer.bytes + sum(share.bytes for share in done),
    )


def _open_and_write_share(job: _Job) -> _Share:
    with Warehouse(job.warehouse, job.disclosure) as opened:
        return _write_share(job, opened)


def _write_share(job: _Job, opened: Warehouse) -> _Share:
    newest: dict[str, dict[str, Point]] = {}
    frame = dataclasses.replace(job.frame, values=opened.national_values())
    writer = _Writer(frame, job.made, job.before)
    for area in job.areas:
        council = opened.council(area)
        for page in council_pages(frame, council):
            writer.write(page)
        newest[area.area_code] = _newest(council)
    return _Share(writer.keys, writer.written, writer.bytes, newest)


def _newest(council: Council) -> dict[str, Point]:
    return {key: max(points, key=lambda one: (one.end_date, one.start_date)) for key, points in council.points.items()}


class _Writer:
    """Writes pages into the new folder, or links them from the one before."""

    def __init__(self, frame: Frame, made: Path, before: Path | None) -> None:
        self.keys: dict[str, str] = {}
        self.written = 0
        self.bytes = 0
        self._frame, self._made, self._before = frame, made, before
        self._old = _keys_of(before)
        menu = [(link.href, link.text) for link in frame.menu()]
        self._base = f"{code_fingerprint(HERE)} {menu} {frame.withholds}".encode()

    def write(self, page: Page) -> None:
        """ValueError when two pages would lie in one file."""
        if page.path in self.keys:
            raise ValueError(f"Two pages want to be {page.path}; two keys of the data are the same but for their case.")
        shown = (page.path, page.title, page.template, page.here, page.crumbs, page.made_of)
        key = hashlib.blake2b(self._base + repr(shown).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        self.keys[page.path] = key
        path = self._made / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._before and self._old.get(page.path) == key and _linked(self._before / page.path, path):
            return
        text = self._rendered(page)
        path.write_text(text, encoding="utf-8")
        self.written += 1
        self.bytes += path.stat().st_size

    def wrapped(self, title: str, head: str, body: str, here: str = "") -> str:
        """A page at the root of the site around somebody else's HTML."""
        return (
            _environment()
            .get_template("wrap.html.j2")
            .render(**self._layout("page.html", title, (), here), head=Markup(head), body=Markup(body), policy=None)
        )

    def _rendered(self, page: Page) -> str:
        template = _environment().get_template(page.template)
        return template.render(
            **self._layout(page.path, page.title, page.crumbs, page.here),
            policy=POLICY,
            **{name: _called(value) for name, value in page.context.items()},
        )

    def _layout(self, path: str, title: str, crumbs: Sequence[Link], here: str) -> dict[str, Any]:
        return {
            "root": "../" * path.count("/"),
            "page_title": title,
            "crumbs": crumbs,
            "here": here,
            "menu": self._frame.menu(),
            "quality_home": QUALITY,
            "withholds": self._frame.withholds,
        }


def _called(value: Any) -> Any:
    return value.made() if isinstance(value, Lazy) else value


def _keys_of(before: Path | None) -> dict[str, str]:
    if before is None:
        return {}
    try:
        return json.loads((before / KEYS_NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def _linked(old: Path, new: Path) -> bool:
    try:
        link_or_copy(old, new)
    except FileNotFoundError:
        return False
    return True


def _copy_static(made: Path) -> None:
    (made / STATIC).mkdir()
    for path in sorted((HERE / STATIC).iterdir()):
        shutil.copyfile(path, made / STATIC / path.name)


def _finished(value: Any) -> Any:
    if value is None:
        return ""
    return words.clean(value) if type(value) is str else value


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished,
    )
    # Filters and not functions: a template calls them without its context, which takes a third of the time.
    environment.filters |= {
        "number": words.number,
        "rounded": words.rounded,
        "figure": words.figure,
        "change": words.change,
        "day": words.day,
        "moment": words.moment,
        "plural": words.plural,
        "plain": words.plain,
        "lines_to": words.lines,
        "printed": cells.printed,
        "link": cells.link,
        "source_of": cells.source_of,
        "benchmark_of": cells.benchmark_of,
        "finding_of": cells.finding_of,
        "places_of": cells.places_of,
        "status_tag": cells.status_tag,
        "data_of": cells.data_of,
        "count_of": cells.count_of,
        "computed": cells.computed,
        "span_of": cells.span_of,
        "behind_of": cells.behind_of,
        "value_of": cells.value_of,
        "figure_of": cells.figure_of,
        "direction_of": cells.direction_of,
        "target_of": cells.target_of,
    }
    environment.globals["words"] = words
    return environment
