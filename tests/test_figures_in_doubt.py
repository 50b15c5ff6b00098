"""A figure is never the tail, the mark or the neighbour of what is printed. All figures here are made up."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from ingest.dashboards import cells as kinds
from ingest.dashboards.layouts import CompiledLayout, compile_layout, load_layouts, recognise
from ingest.dashboards.layouts import Layout as LayoutSpec
from ingest.dashboards.reader import CUT, Reading, read
from ingest.intake.decoding import decode

FAILING = Path(__file__).resolve().parent.parent.parent / "shared" / "failing"


@cache
def layouts() -> dict[str, CompiledLayout]:
    return {layout.name: layout for layout in load_layouts()}


def reading_of(layout: str, *lines: str) -> Reading:
    return read(list(lines), layouts()[layout], area_name="Leicestershire")


def flow(tail: str) -> Reading:
    return reading_of("flowing_2018", "% of X within time", tail)


def codes(reading: Reading) -> set[str]:
    return {problem.code for problem in reading.problems if problem.severity != "info"}


# -- numbers with a space in them ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tail", "column", "text"),
    [
        ("Q3 7 4.2% (310) Better A 2 71.9%", "value_text", "7 4.2% (310)"),
        ("Q3 74. 2% (310) Better A 2 71.9%", "value_text", "74. 2% (310)"),
        ("Q3 74 .2% Better A 2 71.9%", "value_text", "74 .2%"),
        ("Q3 1 ,204 Higher n/a n/a n/a", "value_text", "1 ,204"),
        ("Q3 1 out of 9 Higher n/a n/a n/a", "value_text", "1 out of 9"),
        ("Q3 74.2% Better A 2 7 1.9%", "benchmark_text", "7 1.9%"),
        ("Q3 74.2% Better A 2 71. 9%", "benchmark_text", "71. 9%"),
        ("Q3 74.2% Better A 2 7 1 . 9%", "benchmark_text", "7 1 . 9%"),
        ("Q3 4.2% Better A 2 2 1.9%", "benchmark_text", "2 1.9%"),
        ("Q3 . 42% Better A 2 71.9%", "value_text", ". 42%"),
        ("Q3 l 4.2% Better A 2 71.9%", "value_text", "l 4.2%"),
    ],
)
def test_running_lines_keep_the_pieces_of_a_number_together(tail: str, column: str, text: str) -> None:
    cells = flow(tail).rows[0].cells
    assert cells[column] == text
    assert cells["quartile_text"] in ("2", "n/a")


@pytest.mark.parametrize(
    ("printed", "column", "text"),
    [
        ("Q3\t7 4.2% (310)\tSimilar\t80%\tA\t2\t71.9%", "value_text", "7 4.2% (310)"),
        ("Q3\t7\t4.2%\tSimilar\t80%\tA\t2\t71.9%", "value_text", "7 4.2%"),
        ("Q3\t74.2%\tSimilar\t8 0%\tA\t2\t71.9%", "target_text", "8 0%"),
        ("Q3\t74.2%\tSimilar\t80%\tS A\t2\t7 1.9%", "benchmark_text", "7 1.9%"),
        ("Q3\t74.2%\tSimilar\t80%\tA\t2\t71.\t9%", "benchmark_text", "71. 9%"),
    ],
)
def test_tables_keep_the_pieces_of_a_number_together(printed: str, column: str, text: str) -> None:
    reading = reading_of("compared_to_previous_2020", f"% of X\t{printed}")
    assert reading.rows[0].cells[column] == text
    others = {"value_text": "74.2%", "target_text": "80%", "benchmark_text": "71.9%"}
    for other in {*others} - {column}:
        assert reading.rows[0].cells.get(other) in (others[other], None)


def test_a_quartile_that_is_printed_twice_is_still_no_part_of_its_average() -> None:
    reading = reading_of("compared_to_previous_2020", "% of X\tQ3\t74.2%\tSimilar\t80%\tA\t3\t3 71.9%")
    assert (reading.rows[0].cells["quartile_text"], reading.rows[0].cells["benchmark_text"]) == ("3", "71.9%")


@pytest.mark.parametrize(
    ("shared", "benchmark", "target"),
    [
        ("7 6%", "7" + CUT, "6%" + CUT),
        ("76.5 1%", "76.5" + CUT, "1%" + CUT),
        ("<4 5%", "<4" + CUT, "5%" + CUT),
        ("7 .6%", None, "7 .6%"),
        ("7 6% no target", "7 6%", "no target"),
        ("76% 80%", "76%", "80%"),
        ("14.25 16", "14.25", "16"),
        ("76% no target", "76%", "no target"),
        ("14.1", "14.1", None),
    ],
)
def test_two_numbers_of_one_cell_that_may_be_one(shared: str, benchmark: str | None, target: str | None) -> None:
    line = f"% of X\tY\tQ3 2018/19\t66.6%\tWorse\t\tR\t4\t{shared}"
    reading = reading_of("supporting_indicators_2016", "Social Care\t\t\t\t\t\t\t\t", line)
    cells = reading.rows[0].cells
    assert (cells.get("benchmark_text"), cells.get("target_text")) == (benchmark, target)
    assert ("figures_run_together" in codes(reading)) == str(benchmark).endswith(CUT)
    assert sum(problem.code == "figures_run_together" for problem in reading.problems) <= 1


# -- neighbours that ran together ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tail", "text"),
    [("Q3 4.2% Better A 271.9%", "271.9%"), ("Q3 4.2% Better A 21.9%", "21.9%"), ("Q3 15 Similar A 313.07", "313.07")],
)
def test_an_average_that_may_have_swallowed_its_quartile_is_no_number(tail: str, text: str) -> None:
    reading = flow(tail)
    assert reading.rows[0].cells["benchmark_text"] == text + CUT
    assert "figures_run_together" in codes(reading)


def test_an_average_beside_an_empty_cell_swallowed_nothing_but_its_quartile_is_missed() -> None:
    reading = reading_of("compared_to_previous_2020", "% of X\tQ3\t4.2%\tSimilar\t8%\tA\t\t21.9%")
    assert reading.rows[0].cells["benchmark_text"] == "21.9%"
    assert "quartile_missing" in codes(reading)


@pytest.mark.parametrize(("cells", "missed"), [("2\t", True), ("2\t2", True), ("2\t7%", False), ("n/a\tn/a", False)])
def test_a_quartile_without_an_average_is_said(cells: str, missed: bool) -> None:
    reading = reading_of("compared_to_previous_2020", f"% of X\tQ3\t4.2%\tSimilar\t8%\tA\t{cells}")
    assert ("average_missing" in codes(reading)) == missed


# -- periods ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tail", "period"),
    [
        ("Q3 2O18/19 74.2% Better A 2 71.9%", "Q3 2O18/19"),
        ("Q3 ????/?? 74.2% Better A 2 71.9%", "Q3 ????/??"),
        ("Q3 \ufffd 74.2% Better A 2 71.9%", "Q3 \ufffd"),
    ],
)
def test_what_stood_after_a_quarter_stays_with_it_so_that_no_year_is_assumed(tail: str, period: str) -> None:
    cells = flow(tail).rows[0].cells
    assert cells["period_text"] == period
    assert cells["value_text"] == "74.2%"


def test_a_year_in_pieces_gives_no_figure_of_the_edition_s_year() -> None:
    cells = flow("Q3 201 8/19 74.2% Better A 2 71.9%").rows[0].cells
    assert cells["period_text"] != "Q3" or cells["value_text"] != "74.2%"


def test_digits_that_end_a_year_are_no_figure() -> None:
    line = (
        "\tSocial Care\tChildren doing X\tTerm\tSpring 20\t21 33.5%\tSummer 2021\t41.2%\tIncrease\tN/A\tN/A\tN/A\tN/A"
    )
    cells = reading_of("previous_and_latest_2022", line).rows[0].cells
    assert cells.get("previous_value_text") != "21"
    assert cells["value_text"] == "41.2%"


def test_a_period_that_wraps_makes_no_second_row() -> None:
    reading = reading_of(
        "previous_and_latest_2022",
        "People are safe in their daily lives\tSocial Care\tChildren doing X\tQuarter\tQ4",
        "2020/21\t\t17.30% Q1 2021/22\t18.40%\tIncrease\t<15.1%\tAmber\t3\t21.6%",
        "\tSocial Care\tChildren doing Y\tQuarter\tQ4 2020/21\t61.00%\tQ1 2021/22\t62%\tIncrease\t>5%\tGreen\t1\t55%",
    )
    assert [row.cells["label_text"] for row in reading.rows] == ["Children doing X", "Children doing Y"]
    first = reading.rows[0].cells
    assert (first["previous_period_text"], first["previous_value_text"]) == ("Q4 2020/21", "17.30%")
    assert (first["period_text"], first["value_text"], first["benchmark_text"]) == ("Q1 2021/22", "18.40%", "21.6%")
    assert {row.cells["section_text"] for row in reading.rows} == {"People are safe in their daily lives"}


# -- lines lost, joined, broken -----------------------------------------------------------------------


def test_figures_that_meet_another_label_are_said() -> None:
    rows = ["% of X", "Q3 74.2% Better A 2 71.9%", "% of Y", "Q3 31.5% Better A 2 30.1%"]
    assert codes(reading_of("flowing_2018", *rows)) == set()
    for moved, code in (
        ([rows[0], rows[3], rows[1], rows[2]], "figures_without_label"),
        ([rows[0], rows[2], rows[3]], "label_without_figures"),
    ):
        assert code in codes(reading_of("flowing_2018", *moved)), moved


def test_two_rows_in_one_line_lose_nothing_in_silence() -> None:
    row = "\tSocial Care\tChildren doing {}\t{}\tQ4 2020/21\t{}%\tQ1 2021/22\t{}%\tIncrease\t<9%\tAmber\t3\t21.6%"
    line = "\t\t" + row.format("X", "", 17, 18).lstrip("\t") + row.format("Y", "Quarter", 61, 62)
    reading = reading_of("previous_and_latest_2022", line)
    told = " ".join(problem.printed_text or "" for problem in reading.problems)
    kept = " ".join(text for row in reading.rows for text in row.cells.values())
    assert all(f"{figure}%" in told or f"{figure}%" in kept for figure in (17, 18, 61, 62))
    assert codes(reading) & {"two_rows_in_a_line", "text_unplaced"}


@pytest.mark.parametrize("gap", [[], [""]])
def test_a_number_that_a_line_break_cut_is_no_figure(gap: list[str]) -> None:
    first = "% of X\tQ3\t74.2%\tSimilar\t80%\tA\t2\t71"
    reading = reading_of("compared_to_previous_2020", first, *gap, ".9%")
    assert reading.rows[0].cells["benchmark_text"] != "71"
    reading = reading_of("flowing_2018", "% of X", "Q3 74.2% Better A 2 71", *gap, ".9%")
    assert reading.rows[0].cells["benchmark_text"] != "71"


def test_a_remark_that_holds_figures_is_said() -> None:
    row = "% of X\tQ3\t74.2%\tSimilar\t80%\tA\t2\t71.9%"
    reading = reading_of("compared_to_previous_2020", row, "* Similar\t80%\tA\t2\t71.9%", "* Targets are new")
    assert [problem.line_from for problem in reading.problems if problem.code == "figures_in_text"] == [2]


# -- numbers on lines of their own --------------------------------------------------------------------

CARDS = compile_layout(
    LayoutSpec.model_validate(
        {
            "layout": "cards",
            "description": "label, figure and direction on lines of their own",
            "shape": "flow",
            "recognise": {"signs": ["^Got worse$"]},
            "page_furniture": ["^[0-9]{1,3}$"],
            "sections": ["Wellbeing"],
            "columns": [
                {"column": "label_text", "kind": "label"},
                {"column": "value_text", "kind": "value", "required": True},
                {"column": "comparison_text", "kind": "comparison", "required": True},
            ],
        }
    )
)


def test_lone_figures_of_cards_are_figures() -> None:
    lines = [
        "Wellbeing",
        "",
        "Families helped",
        "",
        "317",
        "",
        "Got better",
        "",
        "Days of waiting",
        "",
        "24",
        "",
        "Got worse",
    ]
    reading = read(lines, CARDS)
    assert [
        (row.cells["label_text"], row.cells["value_text"], row.cells["comparison_text"]) for row in reading.rows
    ] == [
        ("Families helped", "317", "Got better"),
        ("Days of waiting", "24", "Got worse"),
    ]
    assert codes(reading) == set()


RANKED = compile_layout(
    LayoutSpec.model_validate(
        {
            "layout": "ranked",
            "description": "a label, a rank and a colour, also on lines of their own",
            "shape": "flow",
            "recognise": {"signs": ["^AB[0-9]+:"]},
            "substitutions": {" / ([1-4]) ?": " \\1 "},
            "wrapping": {"label_starts": ["AB"]},
            "columns": [
                {"column": "label_text", "kind": "label"},
                {"column": "quartile_text", "kind": "quartile", "required": True},
                {"column": "rag_text", "kind": "rag", "required": True},
            ],
        }
    )
)


def test_a_colour_on_the_next_line_belongs_to_its_row_and_missing_data_is_no_colour() -> None:
    lines = ["AB7: Children seen in time / 2Red", "AB8: Children under 5 with a place / 1", "Green"]
    lines += ["AB9: Progress at KS4 / 4", "Data Not", "Available"]
    reading = read(lines, RANKED)
    assert [(row.cells["label_text"], row.cells["quartile_text"], row.cells["rag_text"]) for row in reading.rows] == [
        ("AB7: Children seen in time", "2", "Red"),
        ("AB8: Children under 5 with a place", "1", "Green"),
        ("AB9: Progress at KS4", "4", "Data Not Available"),
    ]


ROWS = [f"% of X{number}\tQ3\t{number}4.2%\tSimilar\t80%\tA\t2\t71.9%" for number in range(1, 8)]


@pytest.mark.parametrize(
    ("lines", "pages"),
    [
        ([*ROWS, "4"], {8}),
        (["4", *ROWS], {1}),
        ([*ROWS[:3], "4", "This page is intentionally left blank", *ROWS[3:]], {4}),
        ([ROWS[0], "4", *ROWS[1:], "5", ROWS[0].replace("X1", "Z")], {2, 9}),
        ([*ROWS[:3], "4", *ROWS[3:]], set()),
        ([ROWS[0], "4", ROWS[1], "5", *ROWS[2:]], set()),
    ],
)
def test_lone_numbers_are_page_numbers_only_where_page_numbers_are(lines: list[str], pages: set[int]) -> None:
    reading = reading_of("compared_to_previous_2020", *lines)
    lone = {index + 1 for index, line in enumerate(lines) if line.isdigit()}
    taken = {number for number in lone if reading.dispositions[number - 1] == "page_furniture"}
    assert taken == pages
    assert len([p for p in reading.problems if p.code == "page_numbers"]) == bool(pages)
    assert {p.line_from for p in reading.problems if p.code == "unrecognised_line"} == lone - pages
    assert [row.cells["benchmark_text"] for row in reading.rows] == ["71.9%"] * (
        len(lines) - len(lone) - ("blank" in str(lines))
    )


# -- the small inputs that stand beside the project where it is built ----------------------------------


def shared(name: str) -> Reading:
    path = FAILING / name
    if not path.exists():
        pytest.skip(f"{path.name} stands beside the project only where it is built")
    text = decode(path.read_bytes())
    layout = recognise(text.lines, load_layouts())
    return read(text.lines, layout, area_name="Leicestershire", ends_with_newline=text.ends_with_newline)


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("01-2019-20-q4-figure-split-by-space", 1, {"value_text": "9 5.8% (250)"}),
        ("01-2019-20-q4-figure-split-by-space", 2, {"value_text": "24. 6% (31)"}),
        ("01-2019-20-q4-figure-split-by-space", 3, {"quartile_text": "3", "benchmark_text": "82. 7%"}),
        ("01-2019-20-q4-figure-split-by-space", 4, {"quartile_text": "3", "benchmark_text": "2 1.9%"}),
        ("01-2019-20-q4-figure-split-by-space", 5, {"value_text": "1 in 4"}),
        ("02-2021-22-q4-average-split-by-space", 1, {"quartile_text": "4", "benchmark_text": "9 3.6%"}),
        ("02-2021-22-q4-average-split-by-space", 2, {"quartile_text": "1", "benchmark_text": "8 5%"}),
        ("03-2018-19-q3-shared-cell", 1, {"benchmark_text": "8…", "target_text": "2%…"}),
        ("03-2018-19-q3-shared-cell", 2, {"benchmark_text": "8…", "target_text": "0%…"}),
        ("03-2018-19-q3-shared-cell", 3, {"benchmark_text": "14.1", "target_text": None}),
        ("04-2024-25-q1-wrapped-period", 1, {"quartile_text": "3", "benchmark_text": "8 9.3%"}),
        ("04-2024-25-q1-wrapped-period", 2, {"previous_value_text": "19.80%", "value_text": "20.00%"}),
    ],
)
def test_small_inputs_are_read_right(name: str, row: int, expected: dict[str, str | None]) -> None:
    reading = shared(f"reading/{name}.txt")
    assert {column: reading.rows[row - 1].cells.get(column) for column in expected} == expected


def test_the_quartiles_that_ran_into_averages_are_no_numbers() -> None:
    reading = shared("quartile-glued-to-average/landing/2019-20-q1-dashboard.txt")
    assert [reading.rows[number - 1].cells["benchmark_text"] for number in (5, 13)] == ["11.8%…", "315.58…"]
    assert [p.row_number for p in reading.problems if p.code == "figures_run_together"] == [5, 13]


# -- pieces beside periods, arrows and borders --------------------------------------------------------

ROW_2022 = "\tEducation\tChildren doing {label}\t{frequency}\t{previous}\t{latest}\t{rest}"


def row_2022(previous: str, latest: str, rest: str, label: str = "X") -> str:
    return ROW_2022.format(label=label, frequency="Quarter", previous=previous, latest=latest, rest=rest)


@pytest.mark.parametrize("broken", ["17.1 4 Jun-22", "17.1\t4 Jun-22", "17. 14 Jun-22", "1 86 Jun-22"])
def test_digits_before_a_period_that_is_whole_without_them_are_no_day(broken: str) -> None:
    line = row_2022("Mar-22\t", f"{broken}\t12.6", "No change\t<2.1%\tAmber\t2\t3.5%")
    cells = reading_of("previous_and_latest_2022", line).rows[0].cells
    assert cells["period_text"] == "Jun-22"
    assert " " in cells["previous_value_text"]


def test_a_day_in_a_cell_of_its_own_is_a_day() -> None:
    line = row_2022("Mar-22\t17.1", "4 Jun-22\t12.6", "No change\t<2.1%\tAmber\t2\t3.5%")
    assert reading_of("previous_and_latest_2022", line).rows[0].cells["period_text"] == "4 Jun-22"


@pytest.mark.parametrize(("printed", "period"), [("Q 2016/17", "Q 2016/17"), ("2016/17 Q", "2016/17 Q")])
def test_what_is_left_of_a_quarter_stays_with_its_year(printed: str, period: str) -> None:
    line = f"% of X\tY\t{printed}\t66.6%\tWorse\t\tR\t4\t14.2% 30%"
    reading = reading_of("supporting_indicators_2016", "Social Care\t\t\t\t\t\t\t\t", line)
    assert reading.rows[0].cells["period_text"] == period


@pytest.mark.parametrize(
    ("tail", "damaged"),
    [
        ("\t\t\t>2\t9.5%\tRed\t2\t50%", {"value_text", "target_text"}),
        ("\t\t\t>17.3\t3%\tRed\t2\t50%", {"value_text", "target_text"}),
        ("Q1 2022/23\t81%\t5\t3\t0.8%\tRed\t2\t55%", {"target_text"}),
        ("Q1 2022/23\t20.83\t5\t\tN/A\tN/A\t1\t3.16", {"value_text"}),
    ],
)
def test_a_number_broken_over_cells_is_none(tail: str, damaged: set[str]) -> None:
    before = "\t\t" if tail.startswith("\t") else "Q4 2021/22\t78%\t"
    line = f"\tEducation\tChildren doing X\tQuarter\t{before}{tail}"
    cells = reading_of("previous_and_latest_2022", line).rows[0].cells
    for column in ("value_text", "target_text"):
        text = cells.get(column, "")
        assert (text.endswith(CUT) or " " in text) == (column in damaged), (column, text)


@pytest.mark.parametrize("cells", ["2\t2\t1\t4.3%\t", "2\t2\t48.1\t3%\t"])
def test_an_average_behind_too_many_digits_is_none(cells: str) -> None:
    line = f"% of X\tNot available this quarter\t\t\t\t\t{cells}"
    row = reading_of("compared_to_previous_2020", line).rows[0].cells
    assert all(text.endswith(CUT) for text in row.values() if text.rstrip(CUT) in ("4.3%", "48.1", "3%"))


def test_the_digit_of_a_quartile_is_no_target() -> None:
    line = "% of X\tNot available this quarte\t\t\t2\t2\t64.0%\t"
    cells = reading_of("compared_to_previous_2020", line).rows[0].cells
    assert (cells.get("target_text"), cells["quartile_text"], cells["benchmark_text"]) == (None, "2", "64.0%")


def test_two_numbers_over_a_line_end_are_none() -> None:
    lines = ["% of X\tQ3\t77.8", "6%", "% of Y\tQ3\t4.2%\tSimilar\t8%\tA\t2\t70%"]
    reading = reading_of("compared_to_previous_2020", *lines)
    assert not {"77.8", "6%"} & set(reading.rows[0].cells.values())
    assert [p.column for p in reading.problems if p.code == "figures_run_together"] == ["value_text"]


@pytest.mark.parametrize(
    ("shared", "code"),
    [
        ("2\t57.2% 57.2%", "figures_alike"),
        ("2\t57.2%", "lone_number_in_shared_cell"),
        ("2\t57.2% 2022", "year_as_figure"),
    ],
)
def test_what_is_odd_in_a_shared_cell_is_said(shared: str, code: str) -> None:
    line = f"% of X\tY\tQ3 2018/19\t66.6%\tWorse\t\tR\t{shared}"
    assert code in codes(reading_of("supporting_indicators_2016", "Social Care\t\t\t\t\t\t\t\t", line))


def test_periods_that_lost_their_year_or_may_be_two_are_said() -> None:
    rest = "Increase\t<9%\tAmber\t3\t21.6%"
    lines = [row_2022("Q3 2021/22\t17%", "Q4 2021/22\t18%", rest, label=f"X{n}") for n in "ABCDEF"]
    assert codes(reading_of("previous_and_latest_2022", *lines)) == {"section_missing"}
    lost = lines[3].replace("Q4 2021/22", "Q4")
    reading = reading_of("previous_and_latest_2022", *lines[:3], lost, *lines[4:])
    assert [(p.row_number, p.column) for p in reading.problems if p.code == "year_missing"] == [(4, "period_text")]
    line = "% of X\tY\t2015\tQ2 332\tWorse\t\tR\t4\t14.2% 30%"
    reading = reading_of("supporting_indicators_2016", "Social Care\t\t\t\t\t\t\t\t", line)
    assert "period_in_two_cells" in codes(reading)


def test_the_border_that_parts_pieces_of_a_figure_is_missed() -> None:
    line = row_2022("Q4 2021/22", "3993.80 Q1 2022/23\t21.5", "Increase\tN/A\tN/A\tN/A\tN/A")
    reading = reading_of("previous_and_latest_2022", line)
    assert [p.printed_text for p in reading.problems if p.code == "figure_out_of_place"] == ["3993.80"]


def test_a_count_in_a_heading_is_said_and_words_side_by_side_once() -> None:
    heading = "Social Care\t\t\t\t\t\t\t\t"
    line = "% of X\tY\tQ3 2018/19\t66.6%\tWorse\t\tR\t4\t14.2% 30%"
    reading = reading_of("supporting_indicators_2016", heading, line, "Thriving 955 communities\t\t\t\t\t\t\t\t", line)
    assert [p.printed_text for p in reading.problems if p.code == "figures_in_text"] == ["955"]
    reading = flow("Q3 74.2% Better A 2 71.9% stray words follow")
    assert [p.printed_text for p in reading.problems if p.code == "text_unplaced"] == ["stray words follow"]


def test_figures_without_a_label_below_a_blank_line_are_said() -> None:
    lines = ["% of X", "Q3 74.2% Better A 2 71.9%", "", "Q3 31.5% Better A 2 30.1%"]
    assert "figures_without_label" in codes(reading_of("flowing_2018", *lines))
    lines = ["% of X", "Apr 17 -", "", "% of Y", "Mar 18 31.5% Better A 2 30.1%"]
    assert "label_without_figures" in codes(reading_of("flowing_2018", *lines))


@pytest.mark.parametrize(("cells", "code"), [("\t\t_\t7", "quartile_missing"), ("2\tshown\t2\t64.0%", "figures_alike")])
def test_stray_digits_beside_the_quartile_are_said(cells: str, code: str) -> None:
    period = "Q3\t4.2%" if "_" in cells else "Not available this quarter\t"
    line = f"% of X\t{period}\t\t{cells}"
    assert code in codes(reading_of("compared_to_previous_2020", line))


# -- rows that a line break cut -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "below", "column"),
    [
        # The rest of the figure stands in what looks like a row, or like the end of the label.
        ("Y\tQ3 2018/19\t7", "4.2%Similar\t\tG\tn/a\t", "value_text"),
        ("Y\tQ3 2018/19\t66.6%\tWorse\t\tR\t4\t77.2", "6% Top quartile", "benchmark_text"),
        ("Y\tQ3 2018/19\t66.6%\tWorse\t\tR\t4\t7", "7.6% no target", "benchmark_text"),
    ],
)
def test_the_number_that_a_line_break_cut_is_none(cells: str, below: str, column: str) -> None:
    lines = ["Social Care\t\t\t\t\t\t\t\t", f"% of X\t{cells}", below, "% of Y\tY\tQ3 2018/19\t5%\tSame\t\tG\t1\t6% 7%"]
    reading = reading_of("supporting_indicators_2016", *lines)
    assert reading.rows[0].cells[column].endswith(CUT)
    assert [p.code for p in reading.problems if p.severity != "info" and p.column == column] == ["row_broken"]


def test_digits_that_a_label_goes_on_with_cut_nothing() -> None:
    lines = ["% of young people aged 16 to\tQ3\t74.2%\tSimilar\t80%\tA\t2\t71", "18 in work"]
    cells = reading_of("compared_to_previous_2020", *lines).rows[0].cells
    assert (cells["benchmark_text"], cells["label_text"]) == ("71", "% of young people aged 16 to 18 in work")


# -- doubts that a person has to see ------------------------------------------------------------------


@pytest.mark.parametrize(("average", "severity"), [("8.3%", "warning"), ("71.9%", "info")])
@pytest.mark.parametrize("gap", [" ", "\t"])
def test_a_doubled_quartile_that_may_begin_the_average_is_a_warning(gap: str, average: str, severity: str) -> None:
    reading = reading_of("compared_to_previous_2020", f"% of X\tQ3\t74.2%\tSimilar\t80%\tA\t2\t2{gap}{average}")
    assert [p.severity for p in reading.problems if p.code == "cell_doubled"] == [severity]


@pytest.mark.parametrize(("quartile", "severity"), [("", "warning"), ("n/a", "info")])
def test_a_lone_number_that_may_have_swallowed_the_quartile_is_a_warning(quartile: str, severity: str) -> None:
    line = f"% of X\tY\tQ3 2018/19\t66.6%\tWorse\t\tR\t{quartile}\t2.95%"
    reading = reading_of("supporting_indicators_2016", "Social Care\t\t\t\t\t\t\t\t", line)
    assert [p.severity for p in reading.problems if p.code == "lone_number_in_shared_cell"] == [severity]


def test_a_label_apart_from_its_figures_is_a_warning() -> None:
    whole = [line for n in "ABC" for line in (f"% of X{n}", "Q3 74.2% Better A 2 71.9%", "")]
    assert codes(reading_of("flowing_2018", *whole, "% of Y", "", "Q3 31.5% Better A 2 30.1%")) == {"label_apart"}


def test_a_count_in_a_remark_is_said() -> None:
    reading = reading_of("flowing_2018", "% of X", "Q3 74.2% Better A 2 71.9%", "* Targets follow 506 counties")
    assert [p.printed_text for p in reading.problems if p.code == "figures_in_text"] == ["506"]


def test_a_digit_in_a_cell_behind_a_figure_belongs_to_it() -> None:
    line = "Rate of X\tQ4 2019/20\t17.5\t7\tHighern/a n/a\tn/a\tn/a"
    reading = reading_of("compared_to_previous_2020", line)
    assert reading.rows[0].cells["value_text"] == "17.5 7"
    assert [p.printed_text for p in reading.problems if p.code == "text_unplaced"] == ["Highern/a"]


def test_of_several_doubts_of_a_figure_one_is_said() -> None:
    broken = row_2022("Spring 2022", "3993.80", "")
    reading = reading_of("previous_and_latest_2022", broken.rstrip("\t"), "4% x")
    places = [(p.row_number, p.column) for p in reading.problems if p.severity != "info" and p.column]
    assert len(places) == len(set(places))
    line = "% of X\tY\tQ3 2018/19\t66.6%\tWorse\t\tR\t4\t<19..7%"
    reading = reading_of("supporting_indicators_2016", "Social Care\t\t\t\t\t\t\t\t", line)
    assert "average_missing" not in codes(reading)


@pytest.mark.parametrize(("average", "missed"), [("3", True), ("3.5", False)])
def test_a_digit_like_a_quartile_in_the_place_of_an_average_is_said(average: str, missed: bool) -> None:
    reading = reading_of("compared_to_previous_2020", f"% of X\tQ3\t4.2%\tSimilar\t8%\tA\tn/a\t{average}")
    assert ("quartile_missing" in codes(reading)) == missed


# -- points and digits between cells ------------------------------------------------------------------

ROW_2020 = "% of X\tQ2\t74.2%\tSimilar\t80%\tA\t2\t71.9%"


@pytest.mark.parametrize(
    ("printed", "broken", "columns"),
    [
        ("80%\tA\t2\t71.9%", "\t\t2\t2\t71\t. 39%", {"target_text", "benchmark_text"}),
        ("80%\tA\t2\t71.9%", "\t\t2\t2\t71\t.\t39%", {"target_text", "benchmark_text"}),
        ("80%\tA", "80\t.\t4%", {"target_text"}),
    ],
)
def test_a_point_between_digits_is_no_mark_of_its_own(printed: str, broken: str, columns: set[str]) -> None:
    cells = reading_of("compared_to_previous_2020", ROW_2020.replace(printed, broken)).rows[0].cells
    assert not [column for column in columns if kinds.is_number(cells.get(column, ""))]


@pytest.mark.parametrize("printed", ["Q27 4.2%", "Q27\t4.2%", "Q27 4.2% (31)", "Mar-207\t4%", "Q2 2019/207\t4.2%"])
def test_digits_too_many_at_a_period_may_begin_the_figure(printed: str) -> None:
    reading = reading_of("compared_to_previous_2020", ROW_2020.replace("Q2\t74.2%", printed))
    assert reading.rows[0].cells["value_text"].endswith(CUT)
    assert "figures_run_together" in codes(reading)


@pytest.mark.parametrize("below", [". 39", ".39", ". ", ", 39"])
def test_a_number_whose_point_stands_in_the_next_line_is_none(below: str) -> None:
    reading = reading_of("flowing_2018", "% of X within time", "Q3 74.2% Better A 2 7", below, "", "% of Y", "Q3 7%")
    assert not kinds.is_number(reading.rows[0].cells["benchmark_text"])


@pytest.mark.parametrize("marks", ["\ufffd", ":", " :", "'"])
def test_marks_at_the_end_of_a_title_are_no_words_of_the_heading_after_it(marks: str) -> None:
    heading = "People are safe in their daily lives"
    title = f"Children and Families Performance 2020/21 Quarter 2{marks} {heading}\tLatest update"
    assert reading_of("compared_to_previous_2020", title, ROW_2020).rows[0].cells["section_text"].endswith(heading)
    words = set(reading_of("compared_to_previous_2020", title, ROW_2020).rows[0].cells["section_text"].split())
    assert words <= set(title.split())


@pytest.mark.parametrize(("target", "colour", "doubted"), [("8", "", True), ("8", "A", False), ("8%", "", False)])
def test_a_digit_in_the_place_of_a_target_without_a_colour_is_said(target: str, colour: str, doubted: bool) -> None:
    reading = reading_of("compared_to_previous_2020", ROW_2020.replace("80%\tA", f"{target}\t{colour}"))
    assert ("target_without_colour" in codes(reading)) == doubted


def test_a_number_that_goes_on_behind_a_word_of_another_line_is_none() -> None:
    lines = ["% of X within time", "Q3 70.0", "of 4% Better A 2 71.9%", "", "% of Y", "Q3 7%"]
    first, second, third = (row.cells["value_text"] for row in reading_of("flowing_2018", *lines).rows)
    assert first.endswith(CUT)
    assert second.endswith(CUT)
    assert third == "7%"


def test_a_number_in_doubt_at_the_end_of_a_cut_file_is_marked_once() -> None:
    line = row_2022("Q4 2021/22\t17%", "Q1 2022/23\t18%", "Increase\t<9%\tAmber\t13.41")
    reading = read([line], layouts()["previous_and_latest_2022"], area_name="Leicestershire", ends_with_newline=False)
    assert reading.rows[0].cells["benchmark_text"] == f"13.41{CUT}"


@pytest.mark.parametrize(("value", "average", "missed"), [("18%", "4", True), ("18", "4", False), ("18%", "4%", False)])
def test_a_digit_as_the_average_of_a_percentage_is_said(value: str, average: str, missed: bool) -> None:
    line = row_2022("Q4 2021/22\t17", f"Q1 2022/23\t{value}", f"Increase\t>9%\tGreen\t1\t{average}")
    assert ("average_missing" in codes(reading_of("previous_and_latest_2022", line))) == missed
