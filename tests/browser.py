"""A real browser for tests: Debian's Chromium, headless, which reaches this machine only.

Where there is no Chromium the tests are skipped with the reason; in CI, or with QUARTERDECK_REQUIRE_BROWSER set, they
fail.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--window-size=1280,1000",
    # No name but this machine's is looked up: a page that asks another site gets an error, and the log shows it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


#: Read at the start: tests run without the settings of the person who started them.
_A_MUST = bool(os.environ.get("CI") or os.environ.get("QUARTERDECK_REQUIRE_BROWSER"))


def missing(reason: str) -> NoReturn:
    """Skip a test that this machine cannot run, or fail it where nothing may be left out."""
    if _A_MUST:
        pytest.fail(reason)
    pytest.skip(reason)


def require_browser() -> None:
    if not (CHROMIUM and DRIVER):
        missing("Chromium and its driver are not installed (on Debian: apt install chromium chromium-driver)")


@contextmanager
def chromium(
    profile: Path, *, script: bool = True, downloads: Path | None = None, log: Path | None = None
) -> Iterator[Chrome]:
    """A browser with a new profile in the folder `profile`; `script=False` switches scripts off.

    `log` is where the browser writes down its whole network traffic, for `asked_by` once it has ended.
    """
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    require_browser()
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    if log:
        options.add_argument(f"--log-net-log={log}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    preferences: dict[str, Any] = {}
    if not script:
        preferences["profile.managed_default_content_settings.javascript"] = 2
    if downloads:
        preferences |= {"download.default_directory": str(downloads), "download.prompt_for_download": False}
    options.add_experimental_option("prefs", preferences)
    driver = Chrome(options=options, service=Service(DRIVER))
    driver.set_page_load_timeout(60)
    driver.set_script_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for the tests of a module."""
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture(scope="module")
def browser_without_script(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """The same with scripts switched off."""
    with chromium(tmp_path_factory.mktemp("chromium"), script=False) as driver:
        yield driver


def press_tab(driver: Chrome) -> None:
    """The Tab key, pressed and let go: by the debugger's channel, since the driver's own way takes many steps."""
    key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
    for what in ("rawKeyDown", "keyUp"):
        driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": what, **key})


def resize(driver: Chrome, width: int, height: int = 900) -> None:
    # A window is never narrower than 500 px, so the page's own size is set.
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )


def leave_four_of_each_shape(driver: Chrome) -> None:
    """Take those rows out of every table that are made like four before them: the same elements, classes, attributes.

    What axe-core finds in a row it finds in its likes, and it takes as long over each.
    """
    driver.execute_script(
        """
        const made = e => [e.tagName, ...[...e.attributes].map(a => a.name === 'class' ? a.value : a.name).sort(),
                           e.textContent.trim() ? '' : 'empty'].join(' ');
        for (const body of document.querySelectorAll('tbody')) {
          const counts = new Map(), groups = [];
          let open = 0;  // Rows that a cell of an earlier row reaches into belong to that row.
          for (const row of body.rows) {
            if (open > 0) groups.at(-1).push(row); else groups.push([row]);
            open = Math.max(open, ...[...row.cells].map(c => c.rowSpan)) - 1;
          }
          for (const rows of groups) {
            const shape = rows.flatMap(row => [row, ...row.querySelectorAll('*')]).map(made).join();
            counts.set(shape, (counts.get(shape) ?? 0) + 1);
            if (counts.get(shape) > 4) rows.forEach(row => row.remove());
          }
        }
        """
    )


def violations(driver: Chrome) -> list:
    """What axe-core finds wrong with the open page, by WCAG 2.2 AA and its best practices."""
    # The page's policy allows no foreign script; the debugger's own channel is not bound by it.
    driver.execute_cdp_cmd("Runtime.evaluate", {"expression": _axe_source()})
    # Of what is good only the number of rules is wanted, and no selector of any element.
    found = driver.execute_async_script(
        "const done = arguments[1];"
        "axe.run({runOnly: arguments[0], resultTypes: ['violations'], selectors: false}).then(r => done("
        "{bad: r.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html)]), good: r.passes.length}))"
        ".catch(e => done({bad: [String(e)], good: 0}))",
        ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    )
    assert found["good"] > 15, found
    return found["bad"]


@functools.cache
def _axe_source() -> str:
    """The script of axe-core, which a package for tests brings along."""
    found = importlib.util.find_spec("axe_playwright_python")
    if not found:
        missing("axe-core is not installed (pip: axe-playwright-python)")
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def requested(driver: Chrome) -> list[str]:
    """Every address that pages asked for since the last call; what their workers ask is not told here."""
    found = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return found


def asked_by(origin: str, log: Path) -> set[str]:
    """Every address that pages of this origin and their workers asked for, answered or not, from a browser's `log`."""
    noted = json.loads(log.read_text(encoding="utf-8"))
    started = noted["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    return {
        event["params"]["url"]
        for event in noted["events"]
        if event["type"] == started and event.get("params", {}).get("initiator") == origin
    }


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on this machine, by Python's plain server: no range requests, no compression. Yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
