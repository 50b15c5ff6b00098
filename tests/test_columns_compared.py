"""Periods that the rest of their column puts in doubt are said, and taken as printed. All figures here are made up."""

from __future__ import annotations

import pytest
from test_figures_in_doubt import codes, reading_of, row_2022

REST = "Increase\t<9%\tAmber\t3\t21.6%"
QUARTERS = [row_2022("Q3 2021/22\t17%", "Q4 2021/22\t18%", REST, label=f"X{n}") for n in "ABCDEF"]


def said(code: str, *lines: str) -> list[tuple[int | None, str | None]]:
    reading = reading_of("previous_and_latest_2022", *lines)
    return [(problem.row_number, problem.column) for problem in reading.problems if problem.code == code]


def test_periods_that_agree_are_not_doubted() -> None:
    assert codes(reading_of("previous_and_latest_2022", *QUARTERS)) == {"section_missing"}


@pytest.mark.parametrize(
    ("printed", "lost", "column"),
    [("Q4 2021/22", "2021/22", "period_text"), ("Q3 2021/22", "2021/22", "previous_period_text")],
)
def test_a_year_beside_a_quarter_lost_its_own(printed: str, lost: str, column: str) -> None:
    assert said("part_of_year_missing", *QUARTERS[:2], QUARTERS[2].replace(printed, lost)) == [(3, column)]


def test_a_year_where_the_row_is_of_terms_lost_its_term() -> None:
    line = row_2022("2021\t17%", "2022\t18%", REST)
    assert said("part_of_year_missing", line.replace("Quarter", "Term")) == [
        (1, "previous_period_text"),
        (1, "period_text"),
    ]
    assert said("part_of_year_missing", line.replace("Quarter", "Annual")) == []


@pytest.mark.parametrize(("newest", "doubted"), [("Q2", True), ("Q4", False)])
def test_a_year_that_is_not_over_lost_its_quarter(newest: str, doubted: bool) -> None:
    rows = [f"% of X{n}\tY\t{newest} 2018/19\t66.6%\tWorse\t\tR\t4\t14.2% 30%" for n in "ABC"]
    lines = ["Social Care\t\t\t\t\t\t\t\t", *rows, rows[0].replace("XA", "Y").replace(f"{newest} ", "")]
    assert ("part_of_year_missing" in codes(reading_of("supporting_indicators_2016", *lines))) == doubted


def test_a_year_of_another_form_than_its_column_s_is_said() -> None:
    cut = QUARTERS[4].replace("Q4 2021/22", "Q4 2022")
    assert said("year_of_other_form", *QUARTERS[:4], cut, QUARTERS[5]) == [(5, "period_text")]
    assert said("year_of_other_form", *QUARTERS[:2], cut) == []


@pytest.mark.parametrize(("before", "doubted"), [("Mar-22\t", True), ("Mar-22\t3.4", False)])
def test_a_day_behind_a_lost_figure_may_be_what_is_left_of_it(before: str, doubted: bool) -> None:
    line = row_2022(before, "26 Jun-22\t18%", REST).replace("Quarter", "Last Mth of Qtr")
    assert said("figure_before_period", *QUARTERS, line) == ([(7, "period_text")] if doubted else [])


@pytest.mark.parametrize(("period", "doubted"), [("2021", True), ("2021/22", True), ("2019-22", False)])
def test_a_single_year_among_quarters_is_said_and_several_years_are_not(period: str, doubted: bool) -> None:
    rows = [f"% of X{n}\tQ4\t74.2%\tSimilar\t80%\tA\t2\t71.9%" for n in "ABCDEFGH"]
    reading = reading_of("compared_to_previous_2020", *rows, rows[0].replace("XA", "Y").replace("Q4", period))
    assert ("part_of_year_missing" in codes(reading)) == doubted


@pytest.mark.parametrize(
    ("quarter", "period", "doubted"),
    [("Q4 2020/21", "2019/20", True), ("Q4 2020/21", "2021", False), ("Q4", "2019/20", False)],
)
def test_a_year_as_only_the_quarters_of_the_column_have_is_said(quarter: str, period: str, doubted: bool) -> None:
    rows = [f"% of X{n}\t{quarter}\t74.2%\tSimilar\t80%\tA\t2\t71.9%" for n in "ABCDEFGHIJ"]
    rows = [rows[0].replace(quarter, "2020"), rows[1].replace(quarter, "2021"), *rows[2:]]
    reading = reading_of("compared_to_previous_2020", *rows, rows[2].replace("XC", "Y").replace(quarter, period))
    assert ("part_of_year_missing" in codes(reading)) == doubted


@pytest.mark.parametrize(
    ("quartiles", "doubted"),
    [
        ("2\t2 3\t3 3 1\t1 2\t2", [3]),
        ("2\t2 3\t3 3", [3]),
        ("2\t2 3 3 1\t1 2\t2", []),
        ("2\t2 3\t3 1\t1", []),
        ("2\t2 3", []),
    ],
)
def test_a_quartile_once_among_rows_that_print_it_twice_is_said(quartiles: str, doubted: list[int]) -> None:
    rows = [
        f"% of X{n}\tQ4\t74.2%\tSimilar\t80%\tA\t{quartile}\t71.9%"
        for n, quartile in zip("ABCDE", quartiles.split(" "), strict=False)
    ]
    reading = reading_of("compared_to_previous_2020", *rows)
    assert [problem.row_number for problem in reading.problems if problem.code == "cell_lost"] == doubted
