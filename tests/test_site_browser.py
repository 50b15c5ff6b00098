"""The site in a real browser: accessible on every kind of page, whole without script, usable by keyboard and on a
phone, and each figure in the DOM is the mart's."""

from __future__ import annotations

import base64
import http.client
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from browser import (
    browser,  # noqa: F401 - a fixture
    browser_without_script,  # noqa: F401 - another
    leave_four_of_each_shape,
    missing,
    press_tab,
    requested,
    resize,
    violations,
)
from conftest import Home
from selenium.webdriver.common.keys import Keys
from sites import (
    AREA,
    Element,
    assert_benchmarks,
    assert_council,
    assert_edition,
    assert_indicator,
    assert_numbers_read_as_they_are,
    assert_overview,
    assert_quality,
    assert_quality_of_council,
    parsed,
    told_home,
    told_site,
)
from warehouses import generate

from publishing.serve import ServeError, server
from publishing.site import build_site

pytestmark = pytest.mark.slow

#: One page of each kind, below the site.
KINDS = {
    "council": "index.html",
    "edition": "areas/e10000018/editions/2020-21-q2.html",
    "edition with damage": "areas/e10000018/editions/2022-23-q1.html",
    "indicator": "areas/e10000018/indicators/neet-16-17.html",
    "indicator in the country": "areas/e10000018/indicators/child-protection-plans-repeat.html",
    "benchmarks": "areas/e10000018/benchmarks.html",
    "quality": "quality.html",
    "quality of a council": "areas/e10000018/quality.html",
    "dictionary": "dictionary.html",
    "lineage": "lineage.html",
}
#: And of each kind that only a site of several councils has.
KINDS_OF_MANY = {
    "councils": "index.html",
    "indicators": "indicators.html",
    "indicator across councils": "indicators/indicator-0.html",
    "council of several": "areas/e09000001/index.html",
    "indicator with process limits": "areas/e09000001/indicators/indicator-1.html",
    "edition with findings": "areas/e09000001/editions/2016-17-q1-c1.html",
}


@contextmanager
def running(site: Path) -> Iterator[str]:
    """The site as `quarterdeck serve` serves it."""
    with server(site, 0) as made:
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Home:
    return told_home(tmp_path_factory)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    return told_site(tmp_path_factory)


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    with running(site) as found:
        yield found


def violations_at(driver, url: str, width: int) -> list:
    resize(driver, width)
    driver.get(url)
    driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    leave_four_of_each_shape(driver)
    return violations(driver)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_no_violation(browser, address, kind, width):  # noqa: F811
    assert violations_at(browser, f"{address}/{KINDS[kind]}", width) == []


@pytest.fixture(scope="module")
def crowd(tmp_path_factory) -> Path:
    """The warehouse of three councils."""
    path = tmp_path_factory.mktemp("crowd") / "w.duckdb"
    generate(path, 3, 16, 6)
    return path


@pytest.fixture(scope="module")
def many(crowd, tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("many")
    build_site(crowd, folder / "publish" / "site")
    with running(folder / "publish" / "site") as found:
        yield found


@pytest.mark.parametrize("kind", KINDS_OF_MANY)
def test_axe_finds_no_violation_with_several_councils(browser, many, kind):  # noqa: F811
    url = f"{many}/{KINDS_OF_MANY[kind]}"
    assert violations_at(browser, url, 1280) == []
    assert violations_at(browser, url, 320) == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("kind", KINDS)
def test_a_phone_never_moves_the_page_sideways(browser, address, kind):  # noqa: F811
    resize(browser, 320)
    browser.get(f"{address}/{KINDS[kind]}")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 320
    # What is wider moves in a region of its own, which the keyboard reaches.
    regions = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth)"
        ".map(e => [e.tabIndex, e.getAttribute('role'), !!document.getElementById(e.getAttribute('aria-labelledby'))])"
    )
    assert all(region == [0, "region", True] for region in regions)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_of_another_place_and_nothing_is_refused(browser, address, kind):  # noqa: F811
    requested(browser)
    browser.get_log("browser")
    browser.get(f"{address}/{KINDS[kind]}")
    asked = requested(browser)
    assert asked and all(url.startswith((address, "data:")) for url in asked)
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def rendered(driver, url: str) -> Element:
    """The page as the browser has it, whatever scripts made of it."""
    driver.get(url)
    root = driver.execute_cdp_cmd("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    return parsed(driver.execute_cdp_cmd("DOM.getOuterHTML", {"nodeId": root})["outerHTML"])


def figures_of_every_page_are_the_marts(driver, address: str, site: Path, warehouse: Path) -> None:
    """Each page of each kind in this browser against the marts."""
    seen = 0
    for path in sorted((site / AREA).rglob("*.html")):
        found = rendered(driver, f"{address}/{AREA}/{path.relative_to(site / AREA)}")
        seen += assert_numbers_read_as_they_are(found)
        match path.parent.name, path.stem:
            case "editions", edition:
                assert_edition(found, warehouse, edition)
            case "indicators", key:
                assert_indicator(found, warehouse, "E10000018", key)
            case _, "benchmarks":
                assert assert_benchmarks(found, warehouse, "E10000018") > 10
            case _, "quality":
                assert_quality_of_council(found, warehouse, "E10000018")
            case _, name:
                assert name == "index"
                assert_council(found, warehouse, "E10000018")
    assert_council(rendered(driver, f"{address}/index.html"), warehouse, "E10000018")
    assert_quality(rendered(driver, f"{address}/quality.html"), warehouse)
    assert seen > 2000


def test_every_figure_in_the_browser_is_the_marts(browser, address, site, told):  # noqa: F811
    resize(browser, 1280)
    figures_of_every_page_are_the_marts(browser, address, site, told.published)
    # What is not folded away is drawn.
    for kind in ("edition", "indicator in the country", "benchmarks"):
        browser.get(f"{address}/{KINDS[kind]}")
        hidden = browser.execute_script(
            "return [...document.querySelectorAll('main data')]"
            ".filter(d => !d.checkVisibility() || !d.innerText).length"
        )
        assert hidden == 0


def test_every_figure_without_script_is_the_marts(browser_without_script, site, address, told):  # noqa: F811
    figures_of_every_page_are_the_marts(browser_without_script, address, site, told.published)


def test_figures_across_councils_are_the_marts(browser, many, crowd):  # noqa: F811
    assert_overview(rendered(browser, f"{many}/indicators/indicator-0.html"), crowd, "indicator-0")
    assert_quality(rendered(browser, f"{many}/quality.html"), crowd)
    assert_edition(rendered(browser, f"{many}/{KINDS_OF_MANY['edition with findings']}"), crowd, "2016-17-q1-c1")
    assert_indicator(
        rendered(browser, f"{many}/{KINDS_OF_MANY['indicator with process limits']}"),
        crowd,
        "E09000001",
        "indicator-1",
    )


def test_without_script_the_site_is_whole(browser_without_script, site, address):  # noqa: F811
    driver = browser_without_script
    driver.get(f"{address}/{KINDS['benchmarks']}")
    rows = driver.find_elements("css selector", "#benchmarks tbody tr")
    assert len(rows) > 20 and all(row.is_displayed() for row in rows)
    assert not driver.find_element("id", "tools").is_displayed()
    assert not driver.find_elements("css selector", "#benchmarks button")
    driver.get(f"{address}/{KINDS['edition']}")
    assert len(driver.find_elements("css selector", ".dashboard tr[id]")) == 24
    # What is folded away opens without script too.
    fold = driver.find_elements("css selector", "details")[-1]
    text = fold.find_element("css selector", "td.words")
    assert not text.is_displayed()
    fold.find_element("tag name", "summary").click()
    assert text.is_displayed()
    # And from a folder, without any server.
    driver.get((site / "index.html").resolve().as_uri())
    driver.find_element("link text", "Quarter 2 2020/21").click()
    assert "Quarter 2 2020/21" in driver.find_element("tag name", "h1").text
    assert driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["width"] <= 1280


@pytest.mark.parametrize("kind", KINDS)
def test_the_keyboard_reaches_everything_and_what_it_reaches_is_seen(browser, address, kind):  # noqa: F811
    resize(browser, 390)
    browser.get(f"{address}/{KINDS[kind]}")
    wanted = browser.execute_script(
        "return [...document.querySelectorAll('a[href], button, select, summary, [tabindex=\"0\"]')]"
        ".filter(e => e.checkVisibility()).length"
    )
    for _ in range(min(wanted, 60)):
        press_tab(browser)
        # Focus is not hidden behind anything, and it is shown.
        found = browser.execute_script(
            "const e = document.activeElement, s = getComputedStyle(e), r = e.getClientRects()[0];"
            "const x = Math.min(Math.max(r.left + 3, 1), innerWidth - 2);"
            "const y = Math.min(Math.max(r.top + 3, 1), innerHeight - 2);"
            "const top = document.elementFromPoint(x, y), seen = r.top < innerHeight && r.bottom > 0;"
            "return [e.tagName, s.outlineStyle, seen, e === top || e.contains(top) || top.contains(e)]"
        )
        assert found[0] != "BODY" and found[1:] == ["solid", True, True], found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_pressed_is_large_enough(browser, address, kind, width):  # noqa: F811
    """WCAG 2.2, 2.5.8: 24 by 24 pixels, or so far from others, or in a line of text."""
    resize(browser, width)
    browser.get(f"{address}/{KINDS[kind]}")
    small = browser.execute_script(
        """
        const all = [...document.querySelectorAll('a[href], button, select, summary')].filter(e => e.checkVisibility());
        const boxes = all.map(e => e.getBoundingClientRect());
        return all.filter((e, i) => {
          const r = boxes[i], x = (r.left + r.right) / 2, y = (r.top + r.bottom) / 2;
          if (r.width >= 24 && r.height >= 24) return false;
          // In a sentence or beside words: its line gives the height.
          const alone = e.parentElement.innerText.trim() === e.innerText.trim();
          if (getComputedStyle(e).display === 'inline' && !alone) return false;
          return boxes.some((o, j) => j !== i
            && Math.hypot(Math.max(o.left - x, 0, x - o.right), Math.max(o.top - y, 0, y - o.bottom)) < 12);
        }).map(e => e.outerHTML.slice(0, 120));
        """
    )
    assert small == []


def test_sorting_and_filtering_by_keyboard(browser, address):  # noqa: F811
    resize(browser, 1280)
    browser.get(f"{address}/{KINDS['benchmarks']}")
    button = next(
        b for b in browser.find_elements("css selector", "#benchmarks thead button") if b.text.startswith("Gap")
    )
    head = button.find_element("xpath", "..")

    def gaps() -> list[float | None]:
        return browser.execute_script(
            "return [...document.querySelectorAll('#benchmarks tbody tr')]"
            ".map(r => r.cells[5].dataset.value).map(v => v === '' ? null : Number(v))"
        )

    before = gaps()
    button.send_keys(Keys.ENTER)
    known = sorted(gap for gap in before if gap is not None)
    missing = [None] * before.count(None)
    assert gaps() == known + missing and head.get_attribute("aria-sort") == "ascending"
    button.send_keys(Keys.SPACE)
    assert gaps() == known[::-1] + missing and head.get_attribute("aria-sort") == "descending"
    choice = browser.find_element("id", "topic")
    topic = choice.find_elements("tag name", "option")[1].text
    choice.send_keys(topic)
    shown = [row for row in browser.find_elements("css selector", "#benchmarks tbody tr") if row.is_displayed()]
    assert shown and {row.get_attribute("data-topic") for row in shown} == {topic}
    assert browser.find_element("id", "shown").text == f"{len(shown)} of {len(before)} indicators shown"


def test_the_skip_link_is_first_and_leads_to_the_page(browser, address):  # noqa: F811
    resize(browser, 1280)
    browser.get(f"{address}/{KINDS['edition']}")
    browser.find_element("tag name", "body").send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.text == "Skip to main content" and first.is_displayed()
    first.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"


@pytest.mark.parametrize("kind", KINDS)
def test_headings_are_in_order(browser, address, kind):  # noqa: F811
    browser.get(f"{address}/{KINDS[kind]}")
    levels = browser.execute_script(
        "return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_edition_prints_on_a4_landscape(browser, address, tmp_path):  # noqa: F811
    browser.get(f"{address}/{KINDS['edition']}")
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": False})
    path = tmp_path / "paper.pdf"
    path.write_bytes(base64.b64decode(printed["data"]))
    try:
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
        facts = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        missing("pdftotext is not installed (on Debian: apt install poppler-utils)")
    size = next(line for line in facts.splitlines() if line.startswith("Page size"))
    assert [round(float(word)) for word in size.split() if word[0].isdigit()][:2] == [842, 595]
    first = text.split("\f")[0]
    for wanted in ("No.", "Indicator", "Figure", "Status", "Quartile", "94.6%", "(1,016)", "A Amber", "not met"):
        assert wanted in " ".join(first.split())
    assert "Skip to main content" not in text and "Data dictionary" not in text
    # The headings of the table stand on each page that it goes on to.
    assert text.count("Indicator ") >= 2


# ------------------------------------------------------------------------------------------------------ the server


def ask(address: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


@pytest.fixture
def files(tmp_path) -> Iterator[str]:
    folder = tmp_path / "site"
    (folder / "sql").mkdir(parents=True)
    (folder / "index.html").write_text("first")
    (folder / "sql" / "engine.wasm").write_bytes(bytes(range(256)))
    (folder / "sql" / "engine.wasm.gz").write_bytes(b"packed")
    (folder / ".pages.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    with running(folder) as address:
        yield address


def test_types_policy_and_compressed_files(files):
    status, headers, body = ask(files, "/sql/engine.wasm", Accept_Encoding="br, gzip;q=0.8")
    assert (status, headers["Content-Type"], headers["Content-Encoding"], body) == (
        200,
        "application/wasm",
        "gzip",
        b"packed",
    )
    assert "'wasm-unsafe-eval'" in headers["Content-Security-Policy"]
    status, headers, body = ask(files, "/sql/engine.wasm", Accept_Encoding="gzip;q=0")
    assert body == bytes(range(256)) and "Content-Encoding" not in headers
    status, headers, body = ask(files, "/")
    assert (status, body, headers["Content-Type"]) == (200, b"first", "text/html; charset=utf-8")
    assert "unsafe" not in headers["Content-Security-Policy"] and "frame-ancestors 'none'" in str(headers)
    assert ask(files, "/", If_None_Match=headers["ETag"])[0] == 304


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-3", 206, bytes(range(4))),
        ("bytes=250-", 206, bytes(range(250, 256))),
        ("bytes=-2", 206, bytes([254, 255])),
        ("bytes=250-9999", 206, bytes(range(250, 256))),
        ("bytes=256-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=5-2", 200, bytes(range(256))),
        ("bytes=0-1,4-5", 200, bytes(range(256))),
        ("lines=1-2", 200, bytes(range(256))),
    ],
)
def test_ranges(files, asked, status, body):
    found = ask(files, "/sql/engine.wasm", Range=asked, Accept_Encoding="gzip")
    assert (found[0], found[2]) == (status, body)


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/.pages.json", "/none.html", "/sql/", "/%00", "/..%5csecret.txt"]
)
def test_nothing_else_is_served(files, path):
    status, _, body = ask(files, path)
    assert status == 404 and b"secret" not in body


def test_a_folder_without_its_stroke_is_led_there(files):
    status, headers, _ = ask(files, "/sql")
    assert (status, headers["Location"]) == (301, "/sql/")


def test_without_a_site_there_is_a_sentence(tmp_path):
    with pytest.raises(ServeError, match="quarterdeck refresh"):
        server(tmp_path / "none", 0)


def test_a_port_in_use_is_said(site, address):
    with pytest.raises(ServeError, match="--port"):
        server(site, int(address.rsplit(":", 1)[1]))


def test_the_command_serves_and_stops_cleanly(refreshed, site):
    import signal
    import time
    import urllib.request

    home = refreshed.home
    link = home.path / "publish" / "site"
    if not link.exists():
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(site.resolve())
    process = home.start("serve", "--port", "0")
    try:
        said = process.stdout.readline()
        where = next(word for word in said.split() if word.startswith("http://127.0.0.1:"))
        assert b"dashboard" in urllib.request.urlopen(where, timeout=10).read().lower()
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, err = process.communicate(timeout=10)
        assert (process.returncode, err, out) == (0, "", "Stopped.\n") and time.monotonic() - started < 5
    finally:
        process.kill()
