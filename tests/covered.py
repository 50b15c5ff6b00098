"""Homes with a covering report: made once for all test files that look at them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import LANDING, ROOT, Home, built, new_home, shared

EDITION = "2020-21-q2"
#: The real report, of which the sample says the same in other words.
ORIGINAL = ROOT.parent / "shared" / "seeds" / f"{EDITION}-report.txt"
SAMPLE = LANDING / f"{EDITION}-report.txt"
#: Reports on editions that are not loaded.
LONG_WITHOUT, SHORT_WITHOUT = "2019-20-q2", "2021-22-q2"


def covered_home(factory: pytest.TempPathFactory, which: str) -> Home:
    """The dashboard of 2020/21 Q2 with its report (`sample` or `original`), and two reports on editions that are not
    loaded. Read it, never change it."""
    report = ORIGINAL if which == "original" else SAMPLE
    if not report.exists():
        pytest.skip("the real report lies beside the project only where it is developed")

    def make(folder: Path) -> None:
        home = new_home(folder / "home", EDITION)
        shutil.copyfile(report, home.landing / f"{EDITION}-report.txt")
        shutil.copyfile(ROOT / "tests/reports/other_2019.txt", home.landing / f"{LONG_WITHOUT}-report.txt")
        (home.landing / f"{SHORT_WITHOUT}-report.txt").write_text(
            "Children and Families: performance for Quarter 2 of 2021/22\n\n1. Care leavers in suitable accommodation "
            "came to 90.1% (80 young people) at the end of\nquarter 2, in the top quartile.\n",
            encoding="utf-8",
        )
        built(home, "*")

    return Home(shared(factory, f"covered-{which}", make) / "home")
