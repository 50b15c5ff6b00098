"""The four published editions, cell by cell, against the transcription made by eye in ``tests/golden``."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from ingest.dashboards.layouts import load_layouts, recognise
from ingest.dashboards.reader import Reading, read
from ingest.intake.characters import squash
from ingest.intake.decoding import decode

ROOT = Path(__file__).resolve().parent.parent
LANDING = ROOT / "landing"
SEEDS = ROOT.parent / "shared" / "seeds"
GOLDEN = ROOT / "tests" / "golden"
EDITIONS = ("2016-17-q2", "2018-19-q1", "2020-21-q2", "2022-23-q1")
ROWS = {"2016-17-q2": 38, "2018-19-q1": 48, "2020-21-q2": 24, "2022-23-q1": 25}
LAYOUT = {
    "2016-17-q2": "supporting_indicators_2016",
    "2018-19-q1": "flowing_2018",
    "2020-21-q2": "compared_to_previous_2020",
    "2022-23-q1": "previous_and_latest_2022",
}

#: Figures that are not printed whole: the characters that are printed, pieces of two cells with " | " between them.
PRINTED_DAMAGED = {
    ("2022-23-q1", 1, "previous_value_text"): ",080",
    ("2022-23-q1", 2, "previous_value_text"): ".,519",
    ("2022-23-q1", 2, "value_text"): "-,-",
    ("2022-23-q1", 6, "previous_value_text"): ".30%",
    ("2022-23-q1", 7, "previous_value_text"): ".00%",
    ("2022-23-q1", 8, "previous_value_text"): ".10%",
    ("2022-23-q1", 9, "previous_value_text"): ".70%",
    ("2022-23-q1", 10, "previous_value_text"): ".40%",
    ("2022-23-q1", 11, "previous_value_text"): ".50%",
    ("2022-23-q1", 12, "previous_value_text"): "58. | .50%",
    ("2022-23-q1", 13, "previous_value_text"): "44. | .30%",
    ("2022-23-q1", 14, "previous_value_text"): ".60%",
    ("2022-23-q1", 15, "previous_value_text"): "7 | 6.50",
    ("2022-23-q1", 18, "previous_value_text"): "9: | 1.5%",
    ("2022-23-q1", 19, "previous_value_text"): "7: | 5.6%",
    ("2022-23-q1", 20, "previous_value_text"): "93 | 3.0%",
    ("2022-23-q1", 21, "previous_value_text"): "89 | 9.0%",
    ("2022-23-q1", 22, "previous_value_text"): "8 | 29.0",
    ("2022-23-q1", 22, "value_text"): "883.0)",
}
#: Two n/a in a row that says it has no data stand in cells of which the transcription chose the last.
NA_IN_ANOTHER_CELL = {("2020-21-q2", 14), ("2020-21-q2", 15)}
#: Topics in one merged cell: the transcription took the first topic, the reader takes none and says so.
MERGED_TOPIC = {("2022-23-q1", 1), ("2022-23-q1", 2)}


def reading_of(folder: Path, edition: str) -> tuple[list[str], Reading]:
    path = folder / f"{edition}-dashboard.txt"
    if folder == SEEDS and not path.exists():
        pytest.skip(
            f"{path.name} is not in {folder}; the full originals stand beside the project only where it is built"
        )
    text = decode(path.read_bytes())
    layout = recognise(text.lines, load_layouts())
    return text.lines, read(text.lines, layout, area_name="Leicestershire", ends_with_newline=text.ends_with_newline)


def golden(edition: str) -> list[dict[str, str]]:
    with (GOLDEN / f"{edition}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def number(text: str) -> str:
    """The digits of a printed figure, as the transcription writes them: before a bracket, no % and no commas."""
    return re.sub(r" ?\(.*", "", text).rstrip("%").replace(",", "").strip()


def differences(edition: str, reading: Reading) -> list[str]:
    found: list[str] = []
    for row, meant in zip(reading.rows, golden(edition), strict=True):
        cells = row.cells

        def check(column: str, actual: str, expected: str, row: int = row.number) -> None:
            if actual != expected:
                found.append(f"{edition} row {row} {column}: read {actual!r}, printed {expected!r}")

        def text(column: str, cells: dict[str, str] = cells) -> str:
            return cells.get(column) or ""

        key = (edition, row.number)
        check("label", text("label_text"), squash(meant["label"]))
        check("word", text("comparison_text"), squash(meant["comparison_text"]))
        check("target", text("target_text"), squash(meant["target_text"]))
        if key not in NA_IN_ANOTHER_CELL:
            check("benchmark", text("benchmark_text"), squash(meant["benchmark_text"]))
        if key not in MERGED_TOPIC:
            check(
                "topic",
                text("theme_text") if edition == "2016-17-q2" and text("theme_text") else text("section_text"),
                squash(meant["section"]),
            )
        colour = {"g": "green", "a": "amber", "r": "red"}.get(text("rag_text")[:1].lower(), "")
        check("colour", colour, meant["rag"])
        check("quartile", text("quartile_text") if text("quartile_text").isdigit() else "", meant["quartile"])
        for side, period, value in (
            ("latest", "period_text", "value_text"),
            ("prev", "previous_period_text", "previous_value_text"),
        ):
            status = meant[f"{side}_status"]
            if (*key, value) in PRINTED_DAMAGED:
                assert status in ("damaged", "repaired")
                check(value, text(value), PRINTED_DAMAGED[*key, value])
            elif status == "reported":
                check(value, number(text(value)), meant[f"{side}_value"])
                check(f"{value} %", str("%" in text(value).split("(")[0]), str(meant[f"{side}_unit"] == "percent"))
                if side == "latest" and meant["latest_numerator"]:
                    check(
                        "numerator", text(value).split("(")[1].rstrip(")").replace(",", ""), meant["latest_numerator"]
                    )
            elif status in ("not_available", "see_appendix"):
                said = " ".join(text(column) for column in ("updated_text", period, value)).lower()
                check(f"{value} says so", str("available" in said or "see appendix" in said), "True")
                assert not re.search(r"\d", said), said
            else:
                check(value, text(value), "")
            if status not in ("not_available", "see_appendix"):
                check(period, text(period), squash(meant[f"{side}_period_text"]))
    return found


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("folder", [LANDING, SEEDS], ids=["landing", "originals"])
def test_every_cell_equals_the_transcription(folder: Path, edition: str) -> None:
    _, reading = reading_of(folder, edition)
    assert reading.layout == LAYOUT[edition]
    assert len(reading.rows) == ROWS[edition] == len(golden(edition))
    assert differences(edition, reading) == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_rows_of_the_originals_stand_in_the_transcribed_lines(edition: str) -> None:
    _, reading = reading_of(SEEDS, edition)
    read_at = [(row.line_from, row.line_to) for row in reading.rows]
    assert read_at == [(int(row["line_from"]), int(row["line_to"])) for row in golden(edition)]


@pytest.mark.parametrize("edition", EDITIONS)
def test_landing_files_and_originals_give_the_same_rows(edition: str) -> None:
    _, ours = reading_of(LANDING, edition)
    _, originals = reading_of(SEEDS, edition)
    assert [row.cells for row in ours.rows] == [row.cells for row in originals.rows]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("folder", [LANDING, SEEDS], ids=["landing", "originals"])
def test_every_line_is_accounted_for_and_none_is_left_over(folder: Path, edition: str) -> None:
    lines, reading = reading_of(folder, edition)
    assert sum(reading.disposition_counts.values()) == len(lines) == len(reading.dispositions)
    assert reading.disposition_counts.get("unrecognised", 0) == 0
    own = Counter(number for number, is_ in zip(reading.row_of_line, reading.dispositions, strict=True) if is_ == "row")
    assert own == Counter(range(1, ROWS[edition] + 1))


def test_topics_that_are_merged_are_null_and_the_problem_is_recorded() -> None:
    _, reading = reading_of(LANDING, "2022-23-q1")
    assert [row.cells.get("section_text") for row in reading.rows[:19]] == [None] * 19
    merged = [problem for problem in reading.problems if problem.code == "section_merged"]
    assert [(p.severity, p.line_from, p.line_to, p.row_number) for p in merged] == [("warning", 3, 4, 1)]


def test_a_row_whose_label_is_lost_is_kept_and_reported() -> None:
    _, reading = reading_of(LANDING, "2022-23-q1")
    assert reading.rows[8].cells["label_text"] == ", ,"
    lost = [problem.row_number for problem in reading.problems if problem.code == "label_lost"]
    assert lost == [9]


def test_what_was_repaired_or_set_aside_in_the_reading_is_recorded() -> None:
    _, reading = reading_of(LANDING, "2020-21-q2")
    # The misread icons before a colour, and the quartiles that are printed twice.
    icons = [p.printed_text for p in reading.problems if p.code == "glyph_dropped" and p.column == "rag_text"]
    assert icons == ["S A", "S R", "S A", "S G", "S R", "G G", "G G"]
    assert [p.printed_text for p in reading.problems if p.code == "cell_doubled"] == [
        "3 3",
        "2 2",
        "2 2",
        "2 2",
        "3 3",
        "2 2",
        "2 2",
    ]
    assert not [p for p in reading.problems if p.code in ("text_unplaced", "unrecognised_line")]


def test_the_section_whose_heading_lost_its_place_is_not_guessed() -> None:
    _, reading = reading_of(LANDING, "2020-21-q2")
    lost = [problem.row_number for problem in reading.problems if problem.code == "section_missing"]
    without = [row.number for row in reading.rows if not row.cells.get("section_text")]
    assert lost == without[:1] == [12]
    assert without == [12, 13, 14, 15]
