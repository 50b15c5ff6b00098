"""The SQL page, in a real browser, served by Python's plain server below a path of its own."""

from __future__ import annotations

import csv
import io
import os
import shutil
import tarfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from browser import (  # noqa: F401 - browser is a fixture
    asked_by,
    browser,
    chromium,
    missing,
    requested,
    require_browser,
    resize,
    served,
    violations,
)

from publishing.disclosure import open_disclosed
from publishing.serve import server
from publishing.sql_page import FOLDER, PAGE, POLICY, build_sql_page, engine, questions

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

#: What the page must answer within, from opening it; the machine is one with two cores.
SECONDS = 4.0
HOSTILE = ("<script>document.title='run'</script>", "=cmd|'/C calc'!A0", "\u202eturned", "x" * 500)


def require_engine() -> None:
    if not engine.is_installed():
        missing("the SQL engine is not installed: make sql-engine")


@pytest.fixture(scope="module")
def warehouse(refreshed, tmp_path_factory) -> Path:
    """The bundled editions; the labels of one are hostile."""
    path = tmp_path_factory.mktemp("warehouse") / "quarterdeck.duckdb"
    shutil.copy(refreshed.home.published, path)
    with duckdb.connect(str(path)) as connection:
        for number, text in enumerate(HOSTILE, start=1):
            connection.execute(
                "update marts.mart_dashboard set printed_label = ? where edition_key = '2018-19-q1' and row_number = ?",
                [text, number],
            )
    return path


@pytest.fixture(scope="module")
def site(warehouse, tmp_path_factory) -> Path:
    require_engine()
    folder = tmp_path_factory.mktemp("host")
    assert build_sql_page(warehouse, folder / "below" / "a-path")
    return folder


@dataclass(frozen=True)
class Page:
    """The opened page, as a person uses it."""

    driver: Chrome
    address: str

    def open(self, query: str = "") -> None:
        # Another address first: a change of the fragment alone would not load the page anew.
        self.driver.get("about:blank")
        self.driver.get(self.address + (f"#sql={urllib.parse.quote(query)}" if query else ""))

    def run(self, query: str) -> str:
        self.driver.execute_script("document.getElementById('sql-editor').value = arguments[0]", query)
        self.element("sql-run").click()
        return self.answer()

    def answer(self, seconds: float = 30) -> str:
        """The status line once a query has run."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            words = self.element("sql-status").text
            if self.element("sql-run").is_enabled() and (" row" in words or "not" in words or words == "Ready."):
                return words
            time.sleep(0.02)
        raise AssertionError(f"No answer after {seconds} s: {self.element('sql-status').text}")

    def element(self, name: str):
        return self.driver.find_element("id", name)

    @property
    def error(self) -> str:
        return self.element("sql-error").text

    @property
    def rows(self) -> list[list[str]]:
        return self.driver.execute_script(
            "return [...document.querySelectorAll('#sql-result tbody tr')]"
            ".map(row => [...row.cells].map(cell => cell.textContent))"
        )


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    with served(site) as root:
        yield f"{root}/below/a-path/{PAGE}"


@pytest.fixture(scope="module")
def page(address, browser) -> Page:  # noqa: F811 - the fixture
    return Page(browser, address)


@pytest.fixture(scope="module")
def started(page) -> Page:
    page.open()
    assert page.answer() == "Ready."
    return page


# --- in the browser --------------------------------------------------------------------------------------------------


def test_the_first_query_is_answered_in_time_and_no_other_site_is_asked(page):
    took = []
    for _ in range(3):
        requested(page.driver)
        begun = time.monotonic()
        page.open("select count(*) as n from mart_dashboard")
        assert page.answer().startswith("1 row")
        took.append(time.monotonic() - begun)
        assert page.rows == [["135"]]
        asked = {url for url in requested(page.driver) if url.startswith(("http", "ws", "ftp"))}
        root = page.address.removesuffix(f"below/a-path/{PAGE}")
        assert asked and all(url.startswith(root) for url in asked), asked
    # Other programs take their share of the machine: more time where more want to run than there are cores.
    crowded = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert min(took) < SECONDS * crowded, (took, crowded)


@pytest.mark.parametrize("item", questions(), ids=lambda item: item["question"])
def test_each_worked_question_runs_and_gives_what_the_warehouse_gives(item, started, warehouse):
    button = started.driver.find_element("xpath", f"//button[@data-sql and normalize-space()={item['question']!r}]")
    started.driver.execute_script("arguments[0].scrollIntoView()", button)
    button.click()
    words = started.answer()
    assert not started.error, started.error
    with open_disclosed(warehouse) as connection:
        rows = connection.execute(item["sql"]).fetchall()
    assert rows and words.startswith(f"{len(rows)} row")
    assert [[shown(value) for value in row] for row in rows] == started.rows
    assert started.element("sql-editor").get_attribute("value") == item["sql"]


def shown(value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def test_a_link_carries_the_query(page):
    query = "select 'ä & 100% #1' as \"a b\"\nfrom dim_area limit 1 -- note"
    page.open(query)
    page.answer()
    assert page.rows == [["ä & 100% #1"]]
    link = page.element("sql-link").get_attribute("href")
    assert urllib.parse.unquote(link.split("#sql=")[1]) == query
    page.open()
    page.answer()
    page.driver.get(link)
    assert page.answer().startswith("1 row") and page.rows == [["ä & 100% #1"]]


def test_the_keyboard_is_enough(started):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    editor = started.element("sql-editor")
    started.driver.execute_script("arguments[0].value = 'select 41 + 1 as answer'; arguments[0].focus()", editor)
    ActionChains(started.driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
    started.answer()
    assert started.rows == [["42"]]
    reached = []
    for _ in range(6):
        ActionChains(started.driver).send_keys(Keys.TAB).perform()
        reached.append(started.driver.switch_to.active_element.get_attribute("id"))
    assert [name for name in reached if name][:4] == ["sql-run", "sql-link", "sql-download", "sql-result"]


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_no_violation_with_a_result_and_with_an_error(started, width):
    resize(started.driver, width)
    started.run("select * from mart_dashboard limit 5")
    started.driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(started.driver) == []
    started.run("selec 1")
    assert started.error and violations(started.driver) == []
    assert started.driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    resize(started.driver, 1280)


def test_values_are_shown_exactly(started):
    started.run(
        "select 12345678901234567890::hugeint as h, -1.50::decimal(10, 2) as d, date '2020-02-29' as day, "
        "timestamp '2020-02-29 03:04:05' as moment, 9007199254740993::bigint as big, 0.1::double as f, true as yes, "
        "null as nothing, '' as blank, [1, 2] as list"
    )
    wanted = ["12345678901234567890", "-1.50", "2020-02-29", "2020-02-29 03:04:05", "9007199254740993", "0.1", "true"]
    assert started.rows == [[*wanted, "null", "", "[1,2]"]]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("selec 1", 'syntax error at or near "selec"'),
        ("select nothing from dim_area", "nothing"),
        ("drop table dim_area", "read-only"),
        ("set enable_external_access = true", "locked"),
        ("select * from 'https://example.org/x.csv'", "disabled by configuration"),
        ("attach 'https://example.org/x.duckdb'", "disabled by configuration"),
        ("select * from read_parquet('https://example.org/x.parquet')", "loads none"),
        ("select json_extract('{}', '$.a')", "loads none"),
    ],
)
def test_errors_are_said_in_words_and_nobody_else_is_asked(query, words, started):
    requested(started.driver)
    assert started.run(query) == "The query did not run."
    assert words in started.error and not started.error.startswith("{")
    assert not [url for url in requested(started.driver) if url.startswith(("http", "ws"))]
    assert started.run("select 1 as one").startswith("1 row") and started.error == ""


def test_neither_the_page_nor_its_worker_asks_another_site(site, tmp_path):
    with served(site) as root:
        with chromium(tmp_path / "profile", log=tmp_path / "traffic.json") as driver:
            page = Page(driver, f"{root}/below/a-path/{PAGE}")
            page.open("select 1 as one")
            assert page.answer().startswith("1 row")
            for query in (
                "install httpfs",
                "load httpfs",
                "install json from 'https://example.org'",
                "select * from 'https://example.org/x.csv'",
                "attach 'https://example.org/x.duckdb'",
                "select * from read_parquet('https://example.org/x.parquet')",
                "select json_extract('{}', '$.a')",
            ):
                page.run(query)
            # The page's policy forbids this one before it is asked.
            driver.execute_async_script("fetch('http://127.0.0.1:9/page').catch(() => 0).finally(arguments[0])")
        asked = asked_by(root, tmp_path / "traffic.json")
    assert f"{root}/below/a-path/sql/duckdb.wasm.gz" in asked, "the worker's requests are in the log"
    assert {url for url in asked if not url.startswith(f"{root}/")} == set()


def test_the_page_that_a_refresh_publishes_works_from_its_own_server(refreshed, tmp_path):
    """In the site's layout, with the server's policy: a question is answered, the menu leads here, axe is content."""
    require_engine()
    with server(refreshed.home.path / "publish" / "site", 0) as made:
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        with chromium(tmp_path / "profile") as driver:
            driver.get(f"http://127.0.0.1:{made.server_port}/index.html")
            driver.find_element("link text", "SQL").click()
            page = Page(driver, driver.current_url)
            assert page.answer() == "Ready."
            assert page.run("select count(*) as n from mart_national_position").startswith("1 row")
            assert violations(driver) == []
            resize(driver, 320)
            assert violations(driver) == []
        made.shutdown()


def test_nothing_is_installed_from_elsewhere(started):
    requested(started.driver)
    for query in ("install httpfs", "load httpfs", "install json from 'https://example.org'"):
        started.run(query)
    assert not [url for url in requested(started.driver) if url.startswith(("http", "ws"))]


def test_a_long_result_is_capped_and_says_so(started):
    words = started.run("select i, 'x' as x from range(1500) as t(i)")
    assert words.startswith("1,500 rows") and "first 1,000 are shown; the CSV has all of them" in words
    assert len(started.rows) == 1000
    words = started.run("select i from range(3000000) as t(i)")
    assert words.startswith("More than 100,000 rows") and "the CSV has the first 100,000" in words


def test_a_query_can_be_stopped(page):
    page.open()
    assert page.answer() == "Ready."
    page.driver.execute_script(
        "document.getElementById('sql-editor').value = "
        "'select count(*) from range(100000000) a, range(100000000) b where a.range + b.range = 7'"
    )
    page.element("sql-run").click()
    time.sleep(0.3)
    page.element("sql-stop").click()
    assert "Stopped" in page.element("sql-status").text
    assert page.run("select 1 as one").startswith("1 row")


def test_hostile_labels_are_text_and_the_csv_is_safe(started, tmp_path, address):
    query = (
        "select printed_label, -1 as number from mart_dashboard where edition_key = '2018-19-q1' "
        "order by row_number limit 4"
    )
    started.run(query)
    assert [row[0] for row in started.rows] == list(HOSTILE)
    assert started.driver.title != "run"
    with chromium(tmp_path / "profile", downloads=tmp_path / "downloads") as other:
        mine = Page(other, address)
        mine.open(query)
        mine.answer()
        mine.element("sql-download").click()
        until = time.monotonic() + 20
        file = tmp_path / "downloads" / "result.csv"
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.1)
    text = file.read_bytes().decode("utf-8")
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert found[0] == ["printed_label", "number"]
    assert [row[0] for row in found[1:]] == [HOSTILE[0], f"'{HOSTILE[1]}", *HOSTILE[2:]]
    assert {row[1] for row in found[1:]} == {"-1"}


def test_without_script_the_page_says_so(site, tmp_path):
    with served(site) as root, chromium(tmp_path / "profile", script=False) as driver:
        driver.get(f"{root}/below/a-path/{PAGE}")
        text = driver.find_element("tag name", "body").text
        assert "This page needs script" in text and "fct_observation" in text
        assert not driver.find_element("id", "sql-form").is_displayed()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("duckdb.wasm.gz", "The engine could not be fetched (404)"),
        ("marts.duckdb.gz", "marts.duckdb.gz could not be fetched (404)"),
        ("worker.js", "The engine could not be loaded"),
    ],
)
def test_a_file_that_is_missing_on_the_server_is_said(name, words, site, tmp_path):
    shutil.copytree(site, tmp_path / "site")
    (tmp_path / "site" / "below" / "a-path" / FOLDER / name).unlink()
    with served(tmp_path / "site") as root, chromium(tmp_path / "profile") as driver:
        page = Page(driver, f"{root}/below/a-path/{PAGE}")
        page.open("select 1 as one")
        assert page.answer() == "The query did not run."
        assert words in page.error


def test_a_server_that_unpacks_gzip_itself_is_no_trouble(site, tmp_path):
    """Some hosts send .gz files with Content-Encoding: gzip, and the browser has then unpacked them."""
    from browser import _Quiet

    sent = _Quiet.end_headers

    def end_headers(handler):
        if handler.path.endswith(".gz"):
            handler.send_header("Content-Encoding", "gzip")
        sent(handler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Quiet, "end_headers", end_headers)
        with served(site) as root, chromium(tmp_path / "profile") as driver:
            page = Page(driver, f"{root}/below/a-path/{PAGE}")
            page.open("select 1 as one")
            assert page.answer().startswith("1 row")


# --- without a browser -----------------------------------------------------------------------------------------------


def test_each_question_returns_rows_with_and_without_the_disclosure_rule(refreshed):
    assert len(questions()) >= 12
    for rule in ("none", "small_counts"):
        with open_disclosed(refreshed.home.published, rule) as connection:
            for item in questions():
                assert connection.execute(item["sql"]).fetchall(), item["question"]


class _Parts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_page_has_a_strict_policy_and_nothing_inline_and_is_light(site):
    text = (site / "below" / "a-path" / PAGE).read_text(encoding="utf-8")
    assert len(text.encode()) < 300_000
    parts = _Parts()
    parts.feed(text)
    policies = [a["content"] for tag, a in parts.found if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY] and "unsafe-inline" not in POLICY and "'unsafe-eval'" not in POLICY
    for tag, attributes in parts.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert tag != "style" and (tag != "script" or "src" in attributes)
        for name in ("src", "href"):
            assert not attributes.get(name, "").startswith(("http", "//", "/"))
    sizes = {path.name: path.stat().st_size for path in (site / "below" / "a-path" / FOLDER).iterdir()}
    assert sizes["marts.duckdb.gz"] < 20_000_000 and sizes["duckdb.wasm.gz"] < 9_000_000


def test_the_tables_obey_the_disclosure_rule(warehouse, tmp_path):
    import gzip

    require_engine()
    assert build_sql_page(warehouse, tmp_path / "site", "small_counts")
    packed = tmp_path / "site" / FOLDER / "marts.duckdb.gz"
    (tmp_path / "tables.duckdb").write_bytes(gzip.decompress(packed.read_bytes()))
    with duckdb.connect(str(tmp_path / "tables.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select value_text, value from marts.fct_observation where value_status = 'suppressed'"
        ).fetchall()
        # Four small counts, and a bare 1 of an indicator in per cent that may be one.
        assert found == [("c", None)] * 5
        comment = connection.execute("select comment from duckdb_tables() where table_name = 'dim_area'").fetchall()
        assert comment[0][0].startswith("One row per authority")
    assert "are suppressed" in (tmp_path / "site" / PAGE).read_text(encoding="utf-8")


def test_without_the_engine_there_is_no_page(warehouse, tmp_path):
    assert build_sql_page(warehouse, tmp_path / "site", engine=tmp_path / "none") is False
    assert not (tmp_path / "site").exists()


def test_an_incomplete_engine_does_not_count(tmp_path):
    require_engine()
    shutil.copytree(engine.ENGINE_DIR, tmp_path / "engine")
    assert engine.is_installed(tmp_path / "engine")
    (tmp_path / "engine" / "arrow.js").unlink()
    assert not engine.is_installed(tmp_path / "engine")


def test_a_package_that_is_not_the_pinned_one_is_refused(tmp_path):
    for package in engine.PACKAGES:
        with tarfile.open(tmp_path / package.archive, "w:gz") as packed:
            packed.addfile(tarfile.TarInfo("package/package.json"))
    with pytest.raises(engine.EngineError, match="hash differs"):
        engine.install(tmp_path / "engine", archives=tmp_path)
    assert not (tmp_path / "engine").exists()
    with pytest.raises(engine.EngineError, match=r"is not in"):
        engine.install(tmp_path / "engine", archives=tmp_path / "none")


def test_what_npm_says_when_it_fails_is_passed_on(tmp_path, monkeypatch):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'registry is down' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(engine.EngineError, match="registry is down"):
        engine.install(tmp_path / "engine")
    assert not (tmp_path / "engine").exists()


def test_without_npm_the_command_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(engine.EngineError, match="make sql-engine FROM="):
        engine.install(tmp_path / "engine")


def test_a_browser_is_asked_for_where_it_is_a_must(monkeypatch):
    import browser as module

    monkeypatch.setattr(module, "CHROMIUM", None)
    monkeypatch.setattr(module, "_A_MUST", True)
    with pytest.raises(pytest.fail.Exception, match="apt install chromium"):
        require_browser()
    monkeypatch.setattr(module, "_A_MUST", False)
    with pytest.raises(pytest.skip.Exception, match="not installed"):
        require_browser()
