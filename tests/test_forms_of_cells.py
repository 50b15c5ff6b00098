"""Footnote marks, units, limits, days, signs of withholding: each belongs to its own cell and takes no other's."""

from __future__ import annotations

import pytest
from conftest import ROOT
from test_characters import only_row
from test_reports import reading_of

from ingest.dashboards.layouts import Layout, load_layouts
from ingest.dashboards.reader import read

MARKED = [
    "95.8%* (250)",
    "95.8% * (250)",
    "95.8%¹ (250)",
    "95.8% (250)²",
    "95.8% (250) †",
    "95.8% [1] (250)",
    "95.8%^{1} (250)",
    "95.8%p",
    "95.8% r (250)",
    "95.8% (250) e",
    "95.8% 1 (250)",
    "95.8%1 (250)",
    "95.8% (1) (250)",
    "7,016 1 (250)",
    "716 1 (250)",
    "<5",
    "[c]",
    "421 days",
    "71.2 per 10,000",
    "£1,204",
    "1 in 4",
    "12.5% (*)",
]


@pytest.mark.parametrize("figure", MARKED)
def test_a_figure_with_its_mark_or_unit_is_one_cell_of_running_lines(figure: str) -> None:
    cells, problems = only_row("Children on plans", f"Q1 {figure} Similar G 2 89.9%")
    assert (cells["period_text"], cells["value_text"]) == ("Q1", figure)
    assert (cells["comparison_text"], cells["rag_text"], cells["quartile_text"]) == ("Similar", "G", "2")
    assert cells["benchmark_text"] == "89.9%"
    assert problems == []


@pytest.mark.parametrize(
    "figure", [*MARKED, "*", "***", "#", "c", "x", "z", "[z]", "[x]", "[low]", "[u]", "..", ":", "~", "23%\t1 (299)"]
)
def test_a_figure_with_its_mark_or_unit_is_one_cell_of_a_table(figure: str) -> None:
    line = f"% of children on plans\tQ2\t{figure}\tLower\t21.5%\tA\t3\t20.7%"
    cells, problems = only_row(line, layout="compared_to_previous_2020")
    assert (cells["period_text"], cells["value_text"]) == ("Q2", figure.replace("\t", " "))
    assert (cells["comparison_text"], cells["target_text"], cells["rag_text"]) == ("Lower", "21.5%", "A")
    assert (cells["quartile_text"], cells["benchmark_text"]) == ("3", "20.7%")
    assert problems == []


@pytest.mark.parametrize(
    "period",
    [
        *("31/03/2022", "31.03.22", "2022-03-31", "as at 30 June 2022", "30th June 2022", "end of June 2022"),
        *("as at end of June", "Q1-Q4", "Q1 to Q3 2021/22", "Year to date", "Q1*", "Q1 2021/22¹"),
    ],
)
def test_days_and_quarters_so_far_are_periods(period: str) -> None:
    cells, problems = only_row("Children on plans", f"{period} 95.8% (250) Similar G 2 89.9%")
    assert (cells["label_text"], cells["period_text"]) == ("Children on plans", period)
    line = f"% of children on plans\t{period}\t95.8% (250)\tLower\t21.5%\tA\t3\t20.7%"
    cells, more = only_row(line, layout="compared_to_previous_2020")
    assert (cells["period_text"], cells["value_text"]) == (period, "95.8% (250)")
    assert problems + more == []


@pytest.mark.parametrize(
    "target",
    [
        "2.0% or less",
        "Below 0.8",
        "650-700",
        "95%+",
        "at least 90%",
        "between 65% and 70%",
        "no more than 12",
        "54.0%¹",
    ],
)
@pytest.mark.parametrize("colour", ["G/A", "Amber/Red", "G"])
def test_targets_in_words_and_mixed_colours_are_cells(target: str, colour: str) -> None:
    line = f"% of children on plans\tQ2\t23% (299)\t↓\t{target}\t{colour}\t3\t20.7%"
    cells, problems = only_row(line, layout="compared_to_previous_2020")
    assert (cells["comparison_text"], cells["target_text"], cells["rag_text"]) == ("↓", target, colour)
    assert problems == []


@pytest.mark.parametrize("average", ["[c]", "<5", "50.0%p", "50.0% p", "*"])
def test_a_sign_in_place_of_an_average_takes_no_quartile(average: str) -> None:
    line = f"% of children on plans\tQ2\t23% (299)\tLower\t21.5%\tA\t3\t{average}"
    cells, problems = only_row(line, layout="compared_to_previous_2020")
    assert (cells["quartile_text"], cells["benchmark_text"], problems) == ("3", average, [])


def test_words_that_stand_together_are_one_doubt() -> None:
    line = "% of children on plans\tQ2\t23% (299)\tLower\t21.5%\tA\t3\tTop quartile"
    _, problems = only_row(line, layout="compared_to_previous_2020")
    assert problems == ["text_unplaced", "average_missing"]


def test_a_large_letter_after_a_figure_is_its_colour() -> None:
    cells, _ = only_row("Children on plans", "Q1 95.8% R 4 89.9%")
    assert (cells["value_text"], cells["rag_text"], cells["quartile_text"]) == ("95.8%", "R", "4")


def test_a_split_digit_is_no_footnote_mark() -> None:
    cells, _ = only_row("Children on plans", "Q1 9 5.8% (250) Similar G 2 89.9%")
    assert cells["value_text"] != "5.8% 9 (250)"


def test_a_layout_says_what_its_signs_mean() -> None:
    spec = next(layout.spec for layout in load_layouts() if layout.name == "flowing_2018").model_dump()
    own = Layout.model_validate({**spec, "arrows": "performance", "colours": {"B": "blue"}, "stars_withhold": False})
    assert own.vocabulary == "|rag:b=blue|arrows=performance|"


# -- reports -------------------------------------------------------------------------------------------------------

SENTENCE = (
    "3. Re-referrals to social care within 12 months were {} in quarter 2 (299 children){}, down 3.4% on quarter 1."
)


def told(text: str) -> list[tuple]:
    names = ("claim_kind", "value", "unit", "numerator", "change", "comparison_value")
    return [tuple(claim.get(name) for name in names) for claim in reading_of(text).claims]


@pytest.mark.parametrize(
    "figure", ["23.4%1", "23.4%¹", "23.4%*", "23.4%†", "23.4% [1]", "23.4%^{1}", "23.4% 1", "23.4%p"]
)
@pytest.mark.parametrize("end", ["", "¹", "[2]", "*"])
def test_a_footnote_mark_in_a_report_changes_no_claim(figure: str, end: str) -> None:
    text = SENTENCE.format(figure, end)
    assert told(text) == told(SENTENCE.format("23.4%", ""))
    found = reading_of(text)
    marks = [number["printed_text"] for number in found.numbers if number["role"] == "footnote_mark"]
    assert marks == [figure.removeprefix("23.4%").strip(), *([end] if end else [])]
    assert [problem.printed_text for problem in found.problems if problem.code == "footnote_mark"] == marks
    assert found.paragraphs[0]["paragraph_text"] in text


@pytest.mark.parametrize("printed", ["718 2", "1 016", "9 4.6%", "23.4%123"])
def test_numbers_side_by_side_make_no_figure(printed: str) -> None:
    found = reading_of(f"4. There were {printed} children electively home educated at the end of quarter 2.")
    assert not [claim for claim in found.claims if claim.get("value") is not None]
    assert any(problem.code == "unexplained_number" for problem in found.problems)


@pytest.mark.parametrize("printed", ["2 3.4%", "23 .4%", "23.4 % 2", "23.4%x"])
def test_the_bracket_of_a_figure_in_doubt_is_no_figure(printed: str) -> None:
    found = reading_of(SENTENCE.format(printed, ""))
    assert not [claim for claim in found.claims if claim.get("value") is not None or claim.get("comparison_value")]
    assert "299" in [problem.printed_text for problem in found.problems if problem.code == "unexplained_number"]


def test_a_mark_in_a_bracket_is_no_count_and_a_year_without_its_stroke_is_no_figure() -> None:
    found = reading_of(SENTENCE.format("23.4%(1)", ""))
    assert [(claim["value"], claim.get("numerator")) for claim in found.claims] == [(23.4, 299)]
    found = reading_of(SENTENCE.format("23.4%", "").replace("quarter 2", "Q2 202021"))
    assert [claim["value"] for claim in found.claims if claim.get("value")] == [23.4]
    assert "202021" in [problem.printed_text for problem in found.problems if problem.code == "unexplained_number"]


def test_the_shared_inputs_with_footnote_digits() -> None:
    folder = ROOT.parent / "shared" / "failing"
    if not folder.is_dir():
        pytest.skip("the shared inputs are not beside the project")
    flowing = next(layout for layout in load_layouts() if layout.name == "flowing_2018")
    path = folder / "footnote-digit-before-bracket" / "landing" / "2019-20-q1-dashboard.txt"
    rows = read(path.read_text(encoding="utf-8").split("\n"), flowing, area_name="Leicestershire").rows
    assert [rows[at].cells["value_text"] for at in (0, 1, 5, 6)] == [
        *("95.8% 1 (250)", "12%* (15)", "8.3% (48)¹", "69.1%¹ (103)")
    ]
    path = folder / "footnote-digit-in-report" / "landing" / "2020-21-q2-report.txt"
    claims = {claim["paragraph"]: claim for claim in reading_of(path.read_text(encoding="utf-8")).claims}
    assert (claims[7]["value"], claims[7]["numerator"], claims[7]["comparison_value"]) == (94.6, 1016, 94.9)
    assert (claims[9]["value"], claims[9]["numerator"], claims[9]["change"]) == (23, 299, -3.4)
    assert (claims[11]["value"], claims[11]["numerator"], claims[11]["change"]) == (95.7, 1791, 5.3)
    assert claims[29].get("value") is None
