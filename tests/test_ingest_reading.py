# ruff: noqa: E501 - printed rows stand in one line
"""Lines to cells: editions made up in the four layouts, clean and with noise, and texts that chance made."""

from __future__ import annotations

import random
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from dashboards import (
    LAYOUTS,
    TABLE_NOISE,
    Edition,
    break_flow,
    frame,
    make_edition,
    render,
    row_lines,
    table_cells,
    wrap_label,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.dashboards.layouts import CompiledLayout, load_layouts, recognise
from ingest.dashboards.reader import CUT, Reading, read
from ingest.intake.decoding import decode
from ingest.intake.errors import FileRejected
from ingest.intake.schemas import CELL_COLUMNS, DISPOSITIONS, PIECE_BREAK, SEVERITIES

LANDING = Path(__file__).resolve().parent.parent / "landing"
TABLES = tuple(name for name in LAYOUTS if name != "flowing_2018")


@cache
def layouts() -> dict[str, CompiledLayout]:
    return {layout.name: layout for layout in load_layouts()}


@cache
def bundled() -> tuple[tuple[CompiledLayout, tuple[str, ...]], ...]:
    texts = [decode(path.read_bytes()).lines for path in sorted(LANDING.glob("*-dashboard.txt"))]
    return tuple((recognise(lines, load_layouts()), tuple(lines)) for lines in texts)


def read_in(layout: str, lines: list[str], area: str = "Leicestershire", whole: bool = True) -> Reading:
    return read(lines, layouts()[layout], area_name=area, ends_with_newline=whole)


# -- what holds for every reading ---------------------------------------------------------------------


def check_account(lines: list[str], reading: Reading) -> None:
    """Each line has one disposition; rows and their lines agree both ways; every problem stands somewhere."""
    assert len(reading.dispositions) == len(reading.row_of_line) == len(lines)
    assert set(reading.dispositions) <= set(DISPOSITIONS)
    assert sum(reading.disposition_counts.values()) == len(lines)
    assert [row.number for row in reading.rows] == list(range(1, len(reading.rows) + 1))
    lines_of = Counter(number for number in reading.row_of_line if number is not None)
    assert set(lines_of) == {row.number for row in reading.rows}
    for index, (disposition, number) in enumerate(zip(reading.dispositions, reading.row_of_line, strict=True)):
        assert (number is not None) == (disposition in ("row", "continuation")), (index, disposition, number)
        if number is not None:
            row = reading.rows[number - 1]
            assert row.line_from <= index + 1 <= row.line_to
    last = 0
    for row in reading.rows:
        assert 1 <= row.line_from <= row.line_to <= len(lines)
        assert last < row.line_from
        last = row.line_to
        assert set(row.cells) <= set(CELL_COLUMNS)
        assert all(row.cells.values())
    for index, disposition in enumerate(reading.dispositions):
        if disposition == "blank":
            assert not lines[index].strip()
        if disposition == "unrecognised":
            assert any(p.code == "unrecognised_line" and p.line_from == index + 1 for p in reading.problems)
    for problem in reading.problems:
        assert problem.severity in SEVERITIES
        assert problem.message
        if problem.line_from is not None:
            assert 1 <= problem.line_from <= (problem.line_to or problem.line_from) <= len(lines)
        if problem.row_number is not None:
            assert 1 <= problem.row_number <= len(reading.rows)


def check_nothing_invented(lines: list[str], layout: CompiledLayout, reading: Reading) -> None:
    """Every word of every cell stands in the row's own lines; topics stand somewhere in the file."""
    for row in reading.rows:
        text = "\n".join(lines[row.line_from - 1 : row.line_to])
        for pattern, to in layout.substitutions:
            text = "\n".join(pattern.sub(to, line) for line in text.split("\n"))
        own = Counter(text.split())
        for column, cell in row.cells.items():
            if column in ("section_text", "theme_text"):
                continue
            printed = cell.removesuffix(CUT).replace(PIECE_BREAK, " ")
            # Column headings may run into the cells of a first row; the words of a cell stay whole all the same.
            missing = Counter(printed.split()) - own
            assert not missing, (row.number, column, cell, text)
        everything = set(" ".join(lines).split())
        for column in ("section_text", "theme_text"):
            assert set(row.cells.get(column, "").split()) <= everything


def check_figures_are_used_once(lines: list[str], layout: CompiledLayout, reading: Reading) -> None:
    """No printed word becomes a part of two cells of one row."""
    for row in reading.rows:
        text = "\n".join(lines[row.line_from - 1 : row.line_to])
        for pattern, to in layout.substitutions:
            text = "\n".join(pattern.sub(to, line) for line in text.split("\n"))
        used = Counter(
            word
            for column, cell in row.cells.items()
            if column not in ("section_text", "theme_text")
            for word in cell.removesuffix(CUT).replace(PIECE_BREAK, " ").split()
        )
        assert not used - Counter(text.split()), (row.number, row.cells, text)


def check_all(lines: list[str], layout: CompiledLayout, reading: Reading) -> None:
    check_account(lines, reading)
    check_nothing_invented(lines, layout, reading)
    check_figures_are_used_once(lines, layout, reading)


# -- editions made up in the four layouts -------------------------------------------------------------


def check_as_meant(edition: Edition, lines: list[str]) -> None:
    layout = layouts()[edition.layout]
    reading = read_in(edition.layout, lines, edition.area)
    check_all(lines, layout, reading)
    assert [row.cells.get("label_text") for row in reading.rows] == [row.label for row in edition.rows]
    wrong = []
    for row, meant in zip(reading.rows, edition.rows, strict=True):
        skipped = {"section_text"} if "theme_text" in meant.cells else {"section_text", "theme_text"}
        for column in ({*row.cells} | {*meant.cells}) - skipped:
            if row.cells.get(column) != meant.cells.get(column):
                printed = lines[row.line_from - 1 : row.line_to]
                wrong.append((column, row.cells.get(column), meant.cells.get(column), printed))
    assert not wrong, wrong[:5]


def edition_of(layout: str, seed: int) -> tuple[Edition, random.Random]:
    rng = random.Random(f"{layout} {seed}")
    return make_edition(rng, layout, 2016 + seed % 9, 1 + seed % 4), rng


def framed(edition: Edition, rows: list[str]) -> list[str]:
    before, after = frame(edition)
    return [*before, *(line for row in rows for line in row.split("\n")), *after]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_clean_edition_is_read_as_it_is_meant(layout: str) -> None:
    for seed in range(12):
        edition, rng = edition_of(layout, seed)
        check_as_meant(edition, render(edition, rng).split("\n"))


@pytest.mark.parametrize(
    ("layout", "noise"),
    [
        (layout, noise)
        for layout in TABLES
        for noise in TABLE_NOISE
        # A label wraps where it is the first cell, and there it is not.
        if (layout, noise) != ("previous_and_latest_2022", wrap_label)
    ],
)
def test_one_fault_in_every_row_changes_no_cell(layout: str, noise) -> None:
    for seed in range(12):
        edition, rng = edition_of(layout, seed)
        check_as_meant(
            edition, framed(edition, [noise("\t".join(table_cells(layout, row.cells)), rng) for row in edition.rows])
        )


@pytest.mark.parametrize("layout", TABLES)
def test_two_faults_at_once_never_change_a_figure(layout: str) -> None:
    """With two faults in a row a cell may be left open, but no figure, period, colour or label is another one."""
    compared = (
        "period_text",
        "value_text",
        "previous_period_text",
        "previous_value_text",
        "benchmark_text",
        "target_text",
        "quartile_text",
    )
    for seed in range(20):
        edition, rng = edition_of(layout, seed)
        rows = []
        for row in edition.rows:
            line = "\t".join(table_cells(layout, row.cells))
            for noise in rng.sample(TABLE_NOISE[:4], 2):
                line = noise(line, rng)
            rows.append(wrap_label(line, rng) if layout != "previous_and_latest_2022" and rng.random() < 0.3 else line)
        lines = framed(edition, rows)
        reading = read_in(layout, lines)
        check_all(lines, layouts()[layout], reading)
        assert len(reading.rows) == len(edition.rows)
        for row, meant in zip(reading.rows, edition.rows, strict=True):
            for column in compared:
                actual, expected = row.cells.get(column), meant.cells.get(column)
                if actual != expected:
                    assert not re.search(r"\d", f"{actual} {expected}"), (
                        column,
                        actual,
                        expected,
                        lines[row.line_from - 1],
                    )


@pytest.mark.parametrize("seed", range(10))
def test_flowing_rows_broken_anywhere_are_read_as_they_are_meant(seed: int) -> None:
    edition, rng = edition_of("flowing_2018", seed)
    before, after = frame(edition)
    lines = list(before)
    for row in edition.rows:
        names = ("period_text", "value_text", "comparison_text", "rag_text", "quartile_text", "benchmark_text")
        tail = " ".join(row.cells[name] for name in names)
        if rng.random() < 0.5:
            lines += break_flow(f"{row.label} {tail}", rng)
        else:
            lines += row_lines("flowing_2018", row.cells, rng)
    check_as_meant(edition, [*lines, *after])


@pytest.mark.parametrize("layout", TABLES)
def test_blank_lines_page_numbers_and_a_repeated_page_head_change_no_cell(layout: str) -> None:
    edition, _ = edition_of(layout, 3)
    rows = ["\t".join(table_cells(layout, row.cells)) for row in edition.rows]
    before, after = frame(edition)
    heading = next(
        line
        for line in before
        if "\t" in line and ("Updated" in line or "Reporting" in line or "Latest update" in line)
    )
    if layout == "compared_to_previous_2020":
        heading = "Latest update\tCompared to previous data\tTarget*\tStatus RAG\tNational benchmark (quartile 1 : top)"
    rows[6:6] = ["7", "Page 2 of 3", "This page is intentionally left blank", heading]
    rows[12:12] = ["", "\t\t\t\t", "Page 3"]
    check_as_meant(edition, [*before, *rows, *after])


# -- single rows --------------------------------------------------------------------------------------

SECTION = {
    "supporting_indicators_2016": "Children and young people are safe within caring family homes\t\t\t\t\t\t\t\t",
    "compared_to_previous_2020": "People are safe in their daily lives\t\t\t\t\t\t",
    "flowing_2018": "People are safe in their daily lives",
    "previous_and_latest_2022": "\t\t\tReporting\tPrevious\tPrevious\tLatest Period\tLatest Value\t\tTarget\tStatus RAG\ttop)\taverage",
}
SHORT = {
    "p": "period_text",
    "v": "value_text",
    "w": "comparison_text",
    "c": "rag_text",
    "q": "quartile_text",
    "b": "benchmark_text",
    "t": "target_text",
    "pp": "previous_period_text",
    "pv": "previous_value_text",
    "f": "frequency_text",
    "u": "updated_text",
}


def one_row(layout: str, *lines: str) -> dict[str, str]:
    """The cells of a single row, topics and label left out."""
    reading = read_in(layout, [SECTION[layout], *lines])
    assert len(reading.rows) == 1, (reading.rows, reading.dispositions)
    return {
        c: text for c, text in reading.rows[0].cells.items() if c not in ("section_text", "theme_text", "label_text")
    }


def meant(**cells: str) -> dict[str, str]:
    return {SHORT[name]: text for name, text in cells.items()}


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("% X\tQ2\t94.6% (1016)\tSimilar\t97.0%\tS A\t2\t90.8%", meant(p="Q2", v="94.6% (1016)", w="Similar", t="97.0%", c="A", q="2", b="90.8%")),
        ("% X\tQ2\t94.6%\tSimilar\t97.0%\tG G\t3\t3 21.4%", meant(p="Q2", v="94.6%", w="Similar", t="97.0%", c="G", q="3", b="21.4%")),
        ("% X\tQ2\t94.6%\tSimilar\t97.0%\tA\t3\t3", meant(p="Q2", v="94.6%", w="Similar", t="97.0%", c="A", q="3", b="3")),
        ("% X\tQ2\t3\tSimilar\tn/a\tA\t\t21.4%", meant(p="Q2", v="3", w="Similar", t="n/a", c="A", b="21.4%")),
        ("% X _{Q2}\t94.6%\tSimilar\tn/a\tA\t2\t21.4%", meant(p="Q2", v="94.6%", w="Similar", t="n/a", c="A", q="2", b="21.4%")),
        ("% X\tAutumn 2021\t0\t↑\tn/a\tamber\t2\t21.4%", meant(p="Autumn 2021", v="0", w="↑", t="n/a", c="amber", q="2", b="21.4%")),
        ("% X\tDec-19\t1,234 (56.7%)\tNew\tn/a\tZ\t7\t150%", meant(p="Dec-19", v="1,234 (56.7%)", w="New", t="n/a", c="Z", q="7", b="150%")),
        ("% X\tQ3 2019-20\t<5\tSame\tn/a\tR\t4\t21.4%", meant(p="Q3 2019-20", v="<5", w="Same", t="n/a", c="R", q="4", b="21.4%")),
        ("% X\tJan 19 - Dec 19\tO.5%\tSame\tn/a\tR\t4\t21.4%", meant(p="Jan 19 - Dec 19", v="O.5%", w="Same", t="n/a", c="R", q="4", b="21.4%")),
        ("% X\tQ2\tl2.5%\tSame\tn/a\tR\t4\t21.4%", meant(p="Q2", v="l2.5%", w="Same", t="n/a", c="R", q="4", b="21.4%")),
        ("% X\tQ2\t9:\t\tn/a\tR\t4\t21.4%", meant(p="Q2", v="9:", t="n/a", c="R", q="4", b="21.4%")),
        ("% X\tQ2\t9 4.6%\tSame\tn/a\tR\t4\t21.4%", meant(p="Q2", v="9 4.6%", w="Same", t="n/a", c="R", q="4", b="21.4%")),
        ("% X\tQ2\t\tSame\tn/a\tR\t4\t21.4%", meant(p="Q2", w="Same", t="n/a", c="R", q="4", b="21.4%")),
        ("% X\t\t94.6%\tSame\tn/a\tR\t4\t21.4%", meant(v="94.6%", w="Same", t="n/a", c="R", q="4", b="21.4%")),
        ("% X\tQ2\t94.6%\t\t97%\t\t\t21.4%", meant(p="Q2", v="94.6%", t="97%", b="21.4%")),
        ("% X\tQ2\t94.6%\tSame\t\t\t\t21.4%", meant(p="Q2", v="94.6%", w="Same", b="21.4%")),
        ("% X\tNot available this quarter\t\t\t\t\t3\t3\t89.0%", meant(p="Not available this quarter", q="3", b="89.0%")),
    ],
)  # fmt: skip
def test_a_row_of_the_2020_layout(line: str, cells: dict[str, str]) -> None:
    assert one_row("compared_to_previous_2020", line) == cells


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("% X\tY\tQ2 2016/17\t98.6%\tSimilar\t\tG\t2\t94.5% 100%", meant(u="Y", p="Q2 2016/17", v="98.6%", w="Similar", c="G", q="2", b="94.5%", t="100%")),
        ("% X\tY\tQ2 2016/17\t98.6%\tSimilar\t\tG\t2\t94.5% no target", meant(u="Y", p="Q2 2016/17", v="98.6%", w="Similar", c="G", q="2", b="94.5%", t="no target")),
        ("% X\tY\tQ2 2016/17\t98.6%\tSimilar\t\tG\t2\t94.5% < 9%", meant(u="Y", p="Q2 2016/17", v="98.6%", w="Similar", c="G", q="2", b="94.5%", t="< 9%")),
        ("% X\tN\t2014-2016\t1\tNew\t\tn/a\tn/a\tn/a", meant(u="N", p="2014-2016", v="1", w="New", c="n/a", q="n/a", t="n/a")),
        ("% X\tY\tQ2 2016/17\t10.00%\tWorse\t\tG\tn/a\tTop quartile", meant(u="Y", p="Q2 2016/17", v="10.00%", w="Worse", c="G", q="n/a", t="Top quartile")),
        ("% X\tY\tQ2 2016/17\t364 (13.1%)\tn/a\t\tn/a\tn/a\tn/a", meant(u="Y", p="Q2 2016/17", v="364 (13.1%)", w="n/a", c="n/a", q="n/a", t="n/a")),
        ("% X\tY\tQ2 2016/17\t-0.5\tLower - no polarity\t\tR\t4\t1.2 70%", meant(u="Y", p="Q2 2016/17", v="-0.5", w="Lower - no polarity", c="R", q="4", b="1.2", t="70%")),
        ("% X\tData not yet available", meant(u="Data not yet available")),
        ("% X\tSee Appendix", meant(u="See Appendix")),
        ("% X Y Q2 2016/17 12.5% Worse R 4 15% 16%", meant(u="Y", p="Q2 2016/17", v="12.5%", w="Worse", c="R", q="4", b="15%", t="16%")),
    ],
)  # fmt: skip
def test_a_row_of_the_2016_layout(line: str, cells: dict[str, str]) -> None:
    assert one_row("supporting_indicators_2016", line) == cells


@pytest.mark.parametrize(
    ("lines", "cells"),
    [
        (("CSE referrals", "Q1 81", "", "Higher - no ", "", "polarity n/a n/a n/a"), meant(p="Q1", v="81", w="Higher - no polarity", c="n/a", q="n/a", b="n/a")),
        (("First time entrants", "(rolling year data)", "", "Apr 17 - ", "", "Mar 18 104 Better G 1 n/a"), meant(p="Apr 17 - Mar 18", v="104", w="Better", c="G", q="1", b="n/a")),
        (("Feedback from families ", "See ", "", "Appendix n/a"), meant(p="See Appendix", w="n/a")),
        (("The % of X Q1 1373 (50%) n/a n/a n/a n/a",), meant(p="Q1", v="1373 (50%)", w="n/a", c="n/a", q="n/a", b="n/a")),
        (("The % of X at Key Stage 2 2018 65.3% Better A 3 60%",), meant(p="2018", v="65.3%", w="Better", c="A", q="3", b="60%")),
        (("Rate per 10,000", "Q1 -0.10 Better S A 3 3 60%"), meant(p="Q1", v="-0.10", w="Better", c="A", q="3", b="60%")),
        (("No. of children in year 11", "2017 15 Higher G 2 21.4%"), meant(p="2017", v="15", w="Higher", c="G", q="2", b="21.4%")),
        (("Number of X in 2016/17", "2017 13.3% Better G 2 12%"), meant(p="2017", v="13.3%", w="Better", c="G", q="2", b="12%")),
        (("The % of X", "Dec-19 1,234 (56.7%) Lower n/a n/a n/a"), meant(p="Dec-19", v="1,234 (56.7%)", w="Lower", c="n/a", q="n/a", b="n/a")),
        (("The % of X", "Q1 9: Better A 3 21.4%"), meant(p="Q1", v="9:", w="Better", c="A", q="3", b="21.4%")),
    ],
)  # fmt: skip
def test_a_row_of_the_flowing_layout(lines: tuple[str, ...], cells: dict[str, str]) -> None:
    assert one_row("flowing_2018", "", *lines, "", "RAG rating key") == cells


def row_2022(
    pp="Q4 2021/22",
    pv="12.5%",
    p="Q1 2022/23",
    v="13.6%",
    w="Increase",
    t=">90%",
    c="Green",
    q="2",
    b="88.6%",
    f="Quarter",
):
    return "\t".join(["", "Social Care", "Children doing X", f, pp, pv, p, v, w, t, c, q, b])


FULL_2022 = {
    "f": "Quarter",
    "pp": "Q4 2021/22",
    "pv": "12.5%",
    "p": "Q1 2022/23",
    "v": "13.6%",
    "w": "Increase",
    "t": ">90%",
    "c": "Green",
    "q": "2",
    "b": "88.6%",
}


@pytest.mark.parametrize(
    ("printed", "differing"),
    [
        ({}, {}),
        ({"pv": "58.", "p": ".50% Q1 2022/23"}, {"pv": "58. | .50%"}),
        ({"pv": "5", "p": "8.50% Q1 2022/23"}, {"pv": "5 | 8.50%"}),
        ({"pv": "58", "p": "% Q1 2022/23"}, {"pv": "58 | %"}),
        ({"pv": "1,0", "p": "80 Q1 2022/23"}, {"pv": "1,0 | 80"}),
        ({"pv": "", "p": "93.9 Q1 2022/23"}, {"pv": "93.9"}),
        ({"pv": "", "p": ".30% Q1 2022/23"}, {"pv": ".30%"}),
        ({"v": "883.0)"}, {"v": "883.0)"}),
        ({"v": "", "w": "5"}, {"v": "", "w": "5"}),
        ({"v": "5", "w": "5"}, {"v": "5", "w": "5"}),
        ({"v": "5", "w": ""}, {"v": "5", "w": ""}),
        ({"pv": "3", "v": "", "w": "•"}, {"pv": "3", "v": "", "w": "•"}),
        ({"w": "", "t": "5"}, {"w": "", "t": "5"}),
        ({"pp": "", "pv": ""}, {"pp": "", "pv": ""}),
        ({"p": "", "v": ""}, {"p": "", "v": ""}),
        ({"p": ""}, {"p": ""}),
        ({"pv": "", "v": ""}, {"pv": "", "v": ""}),
        ({"pp": "Q4 2021/22 Q1 2022/23", "p": ""}, {"pp": "Q4 2021/22 Q1 2022/23", "p": ""}),
        ({"q": "11/A", "c": "N/A", "b": "N/A", "t": "N/A"}, {"q": "11/A", "c": "N/A", "b": "N/A", "t": "N/A"}),
        ({"c": "Z", "q": "7", "b": "150%"}, {"c": "Z", "q": "7", "b": "150%"}),
        ({"c": "", "q": "", "t": ""}, {"c": "", "q": "", "t": ""}),
        ({"v": "O.5%", "pv": "l2.5%"}, {"v": "O.5%", "pv": "l2.5%"}),
        ({"v": "<5", "pv": "<5"}, {"v": "<5", "pv": "<5"}),
        ({"pp": "Dec-19", "p": "Mar-20", "f": "Last Mth of Qtr"}, {"pp": "Dec-19", "p": "Mar-20", "f": "Last Mth of Qtr"}),
        ({"pp": "Autumn 2021", "p": "Spring 2022", "f": "Term"}, {"pp": "Autumn 2021", "p": "Spring 2022", "f": "Term"}),
        ({"f": ""}, {"f": ""}),
    ],
)  # fmt: skip
def test_a_row_of_the_2022_layout(printed: dict[str, str], differing: dict[str, str]) -> None:
    expected = {SHORT[name]: text for name, text in {**FULL_2022, **differing}.items() if text}
    assert one_row("previous_and_latest_2022", row_2022(**printed)) == expected


@pytest.mark.parametrize(
    ("first", "below", "column", "text"),
    [
        ({"w": "No"}, "\t\t\t\t\t\t\t\tchange\t\t\t\t", "comparison_text", "No change"),
        ({"p": "Q1"}, "\t\t\t\t\t\t2022/23\t\t\t\t\t\t", "period_text", "Q1 2022/23"),
        ({"pp": "Q4"}, "\t\t\t\t2021/22\t\t\t\t\t\t\t\t", "previous_period_text", "Q4 2021/22"),
        ({"p": "Jul 21 -"}, "\t\t\t\t\t\tJun 22\t\t\t\t\t\t", "period_text", "Jul 21 - Jun 22"),
    ],
)  # fmt: skip
def test_a_wrapped_cell_of_the_2022_layout_is_put_together(
    first: dict[str, str], below: str, column: str, text: str
) -> None:
    cells = one_row("previous_and_latest_2022", row_2022(**first), below)
    assert cells == {**{SHORT[name]: value for name, value in FULL_2022.items()}, column: text}


def test_the_lines_of_a_wrapped_row_belong_to_it() -> None:
    lines = [SECTION["previous_and_latest_2022"], row_2022(w="No"), "\t\t\t\t\t\t\t\tchange\t\t\t\t"]
    reading = read_in("previous_and_latest_2022", lines)
    assert reading.dispositions == ["column_heading", "row", "continuation"]
    assert (reading.rows[0].line_from, reading.rows[0].line_to) == (2, 3)


# -- headings -----------------------------------------------------------------------------------------

ROW_2020 = "% X of Y\tQ2\t94.6%\tSimilar\t97.0%\tA\t2\t90%"
NEXT_2020 = "% Z of Y\tQ2\t94.7%\tSimilar\t97.0%\tA\t2\t90%"


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        (["Help every child to get the best", "possible start in life"], "Help every child to get the best possible start in life"),
        (["Help every child to get the best\t\t:", "\t\t\t", "possible start in life\t•"], "Help every child to get the best possible start in life"),
        (["Help children in Rutland to live in safe, stable environments and have secure", "attachments"], "Help children in Rutland to live in safe, stable environments and have secure attachments"),
        (["Peop1e are safe in their daily lives"], "Peop1e are safe in their daily lives"),
        (["A heading that nobody has seen"], "A heading that nobody has seen"),
    ],
)  # fmt: skip
def test_headings_listed_broken_misread_or_unseen(heading: list[str], section: str) -> None:
    reading = read_in("compared_to_previous_2020", [*heading, ROW_2020, NEXT_2020], area="Rutland")
    assert [row.cells.get("section_text") for row in reading.rows] == [section] * 2
    unlisted = [p.printed_text for p in reading.problems if p.code == "section_unlisted"]
    assert unlisted == ([section] if "nobody" in section else [])


def test_a_heading_without_rows_is_noted_and_claims_none() -> None:
    lines = [
        "People are safe in their daily lives",
        "Help every child to get the best possible start in life",
        ROW_2020,
    ]
    reading = read_in("compared_to_previous_2020", lines)
    assert reading.rows[0].cells["section_text"] == lines[1]
    assert [(p.code, p.printed_text) for p in reading.problems] == [("section_without_rows", lines[0])]


def test_rows_under_a_lost_heading_have_no_topic() -> None:
    lines = ["People are safe in their daily lives", ROW_2020, "", NEXT_2020]
    reading = read_in("compared_to_previous_2020", lines)
    assert [row.cells.get("section_text") for row in reading.rows] == [lines[0], None]
    assert [(p.code, p.severity, p.row_number) for p in reading.problems] == [("section_missing", "warning", 2)]


@pytest.mark.parametrize("label", ["", ", ,"])
def test_a_row_without_its_label_stays_a_row_of_its_own(label: str) -> None:
    lost = f"{label}\tQ2\t11.1%\tSimilar\t97.0%\tA\t2\t90%"
    reading = read_in("compared_to_previous_2020", ["People are safe in their daily lives", ROW_2020, lost, NEXT_2020])
    assert [row.cells.get("value_text") for row in reading.rows] == ["94.6%", "11.1%", "94.7%"]
    assert [p.row_number for p in reading.problems if p.code == "label_lost"] == [2]


# -- repeated pages, two editions, cut files ----------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_page_printed_twice_is_taken_once(layout: str) -> None:
    edition, _ = edition_of(layout, 5)
    lines = render(edition).split("\n")
    once = read_in(layout, lines)
    twice = read_in(layout, lines + lines)
    check_account(lines + lines, twice)
    assert [row.cells for row in twice.rows] == [row.cells for row in once.rows]
    assert [p.severity for p in twice.problems if p.code == "page_repeated"] == ["warning"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_labels_with_other_figures_are_two_editions(layout: str) -> None:
    one, _ = edition_of(layout, 5)
    other, _ = edition_of(layout, 9)
    with pytest.raises(FileRejected) as caught:
        read_in(layout, (render(one) + "\n" + render(other)).split("\n"))
    assert caught.value.code == "two_editions"
    assert caught.value.line_from and caught.value.line_to and caught.value.line_from < caught.value.line_to
    assert "Split it" in caught.value.message


def test_one_indicator_twice_with_other_figures_is_kept_twice_and_reported() -> None:
    again = ROW_2020.replace("94.6%", "11.1%")
    reading = read_in("compared_to_previous_2020", ["People are safe in their daily lives", ROW_2020, NEXT_2020, again])
    assert [row.cells["value_text"] for row in reading.rows] == ["94.6%", "94.7%", "11.1%"]
    assert [(p.code, p.row_number) for p in reading.problems] == [("row_repeated_differently", 3)]


def figures(reading: Reading) -> dict[str, dict[str, str]]:
    names = ("value_text", "previous_value_text", "benchmark_text", "target_text", "quartile_text", "period_text")
    return {row.cells.get("label_text", ""): {n: row.cells[n] for n in names if n in row.cells} for row in reading.rows}


@pytest.mark.parametrize("index", range(4))
def test_a_file_cut_after_any_line_gives_only_what_was_printed(index: int) -> None:
    layout, lines = bundled()[index]
    whole = read(list(lines), layout, area_name="Leicestershire")
    values = {
        (row.line_from, name): text
        for row in whole.rows
        for name, text in row.cells.items()
        if name in ("value_text", "previous_value_text", "period_text")
    }
    for end in range(1, len(lines)):
        try:
            cut = read(list(lines[:end]), layout, area_name="Leicestershire", ends_with_newline=True)
        except FileRejected as error:
            assert error.code in ("no_rows", "unknown_layout")
            continue
        check_account(list(lines[:end]), cut)
        for row in cut.rows:
            if row.line_to < end - 2:
                for name in ("value_text", "previous_value_text", "period_text"):
                    assert row.cells.get(name) == values.get((row.line_from, name)), (end, row)


@pytest.mark.parametrize("layout", TABLES)
def test_a_row_cut_within_the_last_line_yields_no_shortened_figure(layout: str) -> None:
    """Wherever the last row is cut, each of its cells is as printed, absent, or marked as cut."""
    edition, _ = edition_of(layout, 2)
    before, _ = frame(edition)
    rows = ["\t".join(table_cells(layout, row.cells)) for row in edition.rows[:6]]
    meant_cells = edition.rows[5].cells
    last = rows[5]
    first_data = last.index(meant_cells["period_text"])
    for end in range(first_data + 1, len(last)):
        lines = [*before, *rows[:5], last[:end]]
        reading = read_in(layout, lines, whole=False)
        check_account(lines, reading)
        cells = reading.rows[-1].cells
        if cells.get("label_text") != meant_cells["label_text"]:
            continue
        numeric = ("value_text", "previous_value_text")
        for column in numeric:
            text = cells.get(column)
            assert text is None or text == meant_cells.get(column) or text.endswith(CUT), (end, last[:end], cells)


# -- chance -------------------------------------------------------------------------------------------

#: Which of the bundled editions are damaged, in the order of their names.
DAMAGED = (0, 1, 2, 3)
#: Bundled editions whose rows are lines of their own, so that one cannot touch another.
NEIGHBOURS_STAND = (0, 1, 2, 3)
CHARACTERS = "\t \t|.,%()0123456789-–•:_GARnaQY\ufffd£<>é'/{}"


@st.composite
def damaged_texts(draw) -> tuple[int, list[str]]:
    """A bundled edition with lines dropped, doubled, moved and joined and characters struck out and put in."""
    index = draw(st.sampled_from(DAMAGED))
    out = list(bundled()[index][1])
    rng = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 25))):
        if not out:
            break
        at = rng.randrange(len(out))
        line = out[at]
        action = rng.choice(("drop", "double", "swap", "split", "join", "strike", "put", "put", "strike", "tab", "mix"))
        if action == "drop":
            del out[at]
        elif action == "double":
            out.insert(rng.randrange(len(out)), line)
        elif action == "swap":
            other = rng.randrange(len(out))
            out[at], out[other] = out[other], out[at]
        elif action == "split" and line:
            cut = rng.randrange(len(line))
            out[at : at + 1] = [line[:cut], line[cut:]]
        elif action == "join" and at + 1 < len(out):
            out[at : at + 2] = [line + rng.choice((" ", "\t", "")) + out[at + 1]]
        elif action == "strike" and line:
            cut = rng.randrange(len(line))
            out[at] = line[:cut] + line[cut + rng.randrange(1, 4) :]
        elif action == "put":
            cut = rng.randrange(len(line) + 1)
            out[at] = line[:cut] + rng.choice(CHARACTERS) + line[cut:]
        elif action == "tab":
            out[at] = line.replace("\t", " ", 1) if rng.random() < 0.5 else line.replace(" ", "\t", 1)
        elif action == "mix":
            cells = line.split("\t")
            rng.shuffle(cells)
            out[at] = "\t".join(cells)
    return index, out


@given(damaged_texts())
@settings(max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_damage_of_any_kind_leaves_every_line_accounted_for_and_invents_nothing(damaged) -> None:
    index, lines = damaged
    layout = bundled()[index][0]
    for whole in (True, False):
        try:
            reading = read(lines, layout, area_name="Leicestershire", ends_with_newline=whole)
        except FileRejected as error:
            assert error.code and error.message
            continue
        check_all(lines, layout, reading)


@given(
    st.sampled_from(LAYOUTS),
    st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60), max_size=15),
)
@settings(max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_any_text_is_read_or_refused_with_a_reason(layout: str, lines: list[str]) -> None:
    try:
        check_account(lines, read_in(layout, lines))
    except FileRejected as error:
        assert error.code in ("no_rows", "unknown_layout", "two_editions")


def cells_by_line(reading: Reading) -> dict[int, dict[str, str]]:
    topics = ("section_text", "theme_text")
    return {row.line_from: {c: text for c, text in row.cells.items() if c not in topics} for row in reading.rows}


@pytest.mark.parametrize("index", NEIGHBOURS_STAND)
def test_damage_to_one_row_changes_no_other_row(index: int) -> None:
    layout, lines = bundled()[index]
    whole = read(list(lines), layout, area_name="Leicestershire")
    expected = cells_by_line(whole)
    rng = random.Random(index)
    for _ in range(150):
        row = rng.choice(whole.rows)
        at = rng.choice([i for i in range(row.line_from - 1, row.line_to) if lines[i].strip()])
        line = lines[at]
        cut = rng.randrange(len(line))
        damaged = rng.choice((line[:cut] + line[cut + 1 :], line[:cut] + rng.choice(CHARACTERS) + line[cut:]))
        found = cells_by_line(read([*lines[:at], damaged, *lines[at + 1 :]], layout, area_name="Leicestershire"))
        others = [(first, cells) for first, cells in expected.items() if first != row.line_from]
        assert [(first, found.get(first)) for first, _ in others] == others, (line, damaged)


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_any_bytes_are_decoded_or_refused_with_a_reason(content: bytes) -> None:
    try:
        text = decode(content)
    except FileRejected as error:
        assert error.code in ("empty_file", "binary_file", "undecodable_file")
        return
    assert all("\n" not in line and "\x00" not in line for line in text.lines)
