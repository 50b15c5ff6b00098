"""Characters that look alike are alike to every rule, and what is published stays as it is printed."""

from __future__ import annotations

import pytest
from conftest import ROOT
from test_reports import reading_of

from ingest.dashboards.layouts import load_layouts
from ingest.dashboards.reader import read
from ingest.intake.characters import MACRO, NORMAL, fold, macro, normal, normal_places, squash, words_as_printed
from ingest.national import kinds

LAYOUTS = {layout.name: layout for layout in load_layouts()}
FLOWING = LAYOUTS["flowing_2018"]


def only_row(*lines: str, layout: str = "flowing_2018") -> tuple[dict[str, str], list[str]]:
    reading = read(list(lines), LAYOUTS[layout], area_name="Leicestershire")
    assert len(reading.rows) == 1, [row.cells for row in reading.rows]
    return reading.rows[0].cells, [problem.code for problem in reading.problems]


def test_the_macro_is_the_table() -> None:
    assert MACRO.read_text(encoding="utf-8") == macro(), "run `python -m ingest.intake.characters`"


def test_the_form_is_stable_and_leaves_what_says_something_of_its_own() -> None:
    everything = "".join(map(chr, NORMAL))
    assert normal(normal(everything)) == normal(everything)
    assert normal(everything).isascii()
    # Raised digits, fractions, other scripts' digits, a lost character: none may turn into a figure.
    for kept in "\u00b9\u00b2\u00b3\u2075\u00bd\u00be\u0663\u0969\ufffd\u2026":
        assert normal(f"9{kept}5") == f"9{kept}5"
    assert normal("\uff19\uff15\uff0e\uff18\uff05") == "95.8%"
    assert normal("a\tb") == "a\tb"


@pytest.mark.parametrize("text", ["", "\u200b", "\ufb03x", "x\u00ad\ufb01", "Q1\u00a02018\u201119"])
def test_each_character_of_the_form_leads_back_to_what_is_printed(text: str) -> None:
    judged, places = normal_places(text)
    assert judged == normal(text)
    assert len(places) == len(judged) + 1
    assert places[-1] == len(text)
    assert places == sorted(places)
    assert [word for word, _ in words_as_printed(text)] == judged.split()


@pytest.mark.parametrize("dash", list("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"))
def test_a_period_is_read_with_any_dash(dash: str) -> None:
    cells, problems = only_row("Children on plans", f"Q1 2018{dash}19 91.3% (37) Similar G 1 80.8%")
    assert cells["period_text"] == f"Q1 2018{dash}19"
    assert cells["value_text"] == "91.3% (37)"
    assert problems == []


@pytest.mark.parametrize("space", list("\u00a0\u2002\u2007\u2009\u202f\u3000"))
def test_a_blank_of_any_kind_parts_words(space: str) -> None:
    cells, _ = only_row("Children on plans", f"Q1{space}91.3%{space}(37){space}Similar{space}G{space}1{space}80.8%")
    assert (cells["period_text"], cells["value_text"], cells["benchmark_text"]) == ("Q1", "91.3% (37)", "80.8%")


@pytest.mark.parametrize("mark", list("\u00ad\u200b\u200e\u200f\u202a\u2060\ufeff\ufe0f"))
@pytest.mark.parametrize("at", range(0, 30, 3))
def test_a_character_that_nobody_sees_changes_nothing_and_stays_in_the_text(mark: str, at: int) -> None:
    plain = "Q1 91.3% (37) Similar G 1 80.8%"
    cells, problems = only_row("Children on plans", plain[:at] + mark + plain[at:])
    clean, _ = only_row("Children on plans", plain)
    assert {column: normal(text) for column, text in cells.items()} == clean
    assert sum(mark in text for text in cells.values()) == 1
    assert problems == []


def test_headings_and_labels_with_ligatures_are_known_and_stay_as_printed() -> None:
    section = FLOWING.spec.sections[1].replace("{area}", "Leicestershire")
    printed = section.replace("fi", "\ufb01").replace(" and", "\u00a0and").replace("-", "\u2011") + "\u200b"
    cells, problems = only_row(printed, "% of \ufb01rst plans re\u2011o\ufb00ered", "Q1 12% (16) Better G 1 20.8%")
    assert normal(cells["section_text"]) == section
    assert cells["label_text"] == "% of \ufb01rst plans re\u2011o\ufb00ered"
    assert problems == []


def test_figures_in_full_width_are_what_a_person_reads_and_other_scripts_are_no_figures() -> None:
    cells, _ = only_row("Children on plans", "Q1 \uff19\uff11.3\uff05 (37) Similar G 1 80.8%")
    assert normal(cells["value_text"]) == "91.3% (37)"
    cells, _ = only_row("Children on plans", "Q1 \u0669\u0661.3% (37) Similar G 1 80.8%")
    assert cells["value_text"].startswith("\u0669\u0661.3%")


def test_reports_are_read_in_the_same_form() -> None:
    plain = "7. Of 12 measures, five declined. The quarter 1 figure of 731 children was lower than 735 in quarter 4."
    odd = plain.replace("fi", "\ufb01").replace("-", "\u2011").replace("children", "chil\u00addren")
    odd = odd.replace("quarter 1", "\u200equarter\u00a01")
    expected, found = reading_of(plain), reading_of(odd)
    told = ("claim_kind", "value", "unit", "period_text", "comparison_value", "tally_category", "tally_total")
    assert [[claim.get(name) for name in told] for claim in found.claims] == [
        [claim.get(name) for name in told] for claim in expected.claims
    ]
    assert found.lines[0]["line_text"] == odd
    assert found.paragraphs[0]["paragraph_text"] == squash(odd.removeprefix("7. "))
    assert all(normal(claim["words"]) in plain for claim in found.claims)


def test_a_person_is_withheld_from_a_disguised_line() -> None:
    found = reading_of("1. Contact: An\u00adna Ex\u200bample, Director, an\u00adna@example\u2060.org")
    assert "xample" not in normal(str(found.lines) + str(found.paragraphs))


def test_headings_of_national_files_are_known_in_any_form() -> None:
    assert kinds.fold("\ufeffLA\u00a0Name ") == kinds.fold("la name")
    assert kinds.fold("Time\u200b period") == kinds.fold("Time period")
    assert fold("Children\u2019s \u2013 \ufb01rst") == fold("Children's - first")


def test_the_shared_editions_with_such_characters() -> None:
    folder = ROOT.parent / "shared" / "failing"
    if not folder.is_dir():
        pytest.skip("the shared inputs are not beside the project")
    path = folder / "ligatures-and-invisible-marks" / "landing" / "2019-20-q1-dashboard.txt"
    reading = read(path.read_text(encoding="utf-8").split("\n"), FLOWING, area_name="Leicestershire")
    clean = read(normal(path.read_text(encoding="utf-8")).split("\n"), FLOWING, area_name="Leicestershire")
    assert [{name: normal(text) for name, text in row.cells.items()} for row in reading.rows] == [
        row.cells for row in clean.rows
    ]
    assert {"29.0%"} <= {row.cells.get("value_text") for row in clean.rows}
