"""The fuzz programme: a short fixed run finds nothing, and its judge notices what is wrong."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from fuzz.damage import DAMAGES, Damaged, damage
from fuzz.editions import Edition, bundled, number_of, read_edition
from fuzz.judge import _alike, judge
from fuzz.run import run
from ingest.dashboards.reader import Reading

EDITIONS = bundled(3)


def reading_of(edition: Edition) -> tuple[Damaged, Reading]:
    text = Damaged(list(edition.lines), random.Random(0))
    return text, read_edition(text.lines, edition.layout, edition.ends_with_newline)


def test_a_short_run_breaks_no_invariant() -> None:
    outcome = run(seed=11, files=150)
    assert [found.breach for found in outcome.breaches] == []
    assert outcome.files == 150
    assert outcome.figures > 7_000


def test_the_same_seed_damages_alike() -> None:
    lines = EDITIONS[0].lines
    assert damage(lines, random.Random("5"), 4).lines == damage(lines, random.Random("5"), 4).lines
    changed = [damage(lines, random.Random(str(number)), 1).lines != list(lines) for number in range(3 * len(DAMAGES))]
    assert sum(changed) > 2 * len(DAMAGES)


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.name)
def test_every_figure_of_an_undamaged_edition_is_unique_and_stands_where_it_was_printed(edition: Edition) -> None:
    text, reading = reading_of(edition)
    words = [number_of(word) for line in edition.lines for word in line.split()]
    assert all(words.count(number) == 1 for number in edition.printed)
    assert len(edition.printed) >= 20
    assert judge(edition, text, reading) == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda row, other: row.cells.update(value_text=other.cells["value_text"]), "under another indicator"),
        (lambda row, other: row.cells.update(value_text=row.cells["benchmark_text"]), "under another column"),
        (lambda row, other: row.cells.update(period_text="Q4"), "under another period"),
        (lambda row, other: row.cells.update(value_text="7.77%"), "number that was no figure"),
        (lambda row, other: row.cells.pop("value_text"), "figure lost"),
    ],
)
def test_the_judge_notices(change, kind: str) -> None:
    edition = next(edition for edition in EDITIONS if edition.layout.name == "flowing_2018")
    text, reading = reading_of(edition)
    change(reading.rows[0], reading.rows[1])
    assert kind in [breach.kind for breach in judge(edition, text, reading)]


def test_the_judge_takes_no_piece_of_a_figure_even_with_a_word_on_it() -> None:
    edition = next(edition for edition in EDITIONS if edition.layout.name == "flowing_2018")
    text, reading = reading_of(edition)
    row = reading.rows[0]
    whole = next(number for number, printed in edition.printed.items() if printed.column == "value_text")
    text.pieces["5.8"] = whole
    row.cells["value_text"] = "5.8%"
    reading.problems.append(replace_problem(reading, row.number))
    assert "piece of a figure" in [breach.kind for breach in judge(edition, text, reading)]


@pytest.mark.parametrize(
    ("severity", "column", "counts"),
    [("warning", "value_text", True), ("info", None, False), ("warning", "section_text", False)],
)
def test_a_remark_and_a_word_on_the_topic_say_nothing_of_a_figure(
    severity: str, column: str | None, counts: bool
) -> None:
    edition = next(edition for edition in EDITIONS if edition.layout.name == "flowing_2018")
    text, reading = reading_of(edition)
    row, other = reading.rows[0], reading.rows[1]
    row.cells.update(value_text=other.cells["value_text"], benchmark_text=other.cells["benchmark_text"])
    problem = replace_problem(reading, row.number)
    reading.problems[:] = [replace(problem, severity=severity, column=column, line_from=None, line_to=None)]
    found = [breach.kind for breach in judge(edition, text, reading)]
    assert ("under another indicator" in found) != counts


def test_a_number_cut_over_the_gap_between_words_is_to_be_said() -> None:
    edition = next(edition for edition in EDITIONS if edition.layout.name == "flowing_2018")
    text, reading = reading_of(edition)
    row = reading.rows[0]
    at = row.line_to - 1
    text.put(at, text.lines[at].replace(f" {row.cells['benchmark_text']}", row.cells["benchmark_text"][1:]))
    row.cells["benchmark_text"] = text.lines[at].split()[-1]
    assert row.cells["benchmark_text"] in {f"{number}%" for number in text.cut}
    assert "cut over the gap between two words" in [breach.kind for breach in judge(edition, text, reading)]


def test_a_figure_in_its_place_is_not_the_one_that_a_cut_elsewhere_left() -> None:
    edition = next(edition for edition in EDITIONS if edition.layout.name == "flowing_2018")
    text, reading = reading_of(edition)
    row = reading.rows[0]
    text.cut.add(next(number for number, printed in edition.printed.items() if printed.column == "benchmark_text"))
    assert judge(edition, text, reading) == []
    row.cells["target_text"] = row.cells["benchmark_text"]
    assert "cut over the gap between two words" in [breach.kind for breach in judge(edition, text, reading)]


@pytest.mark.parametrize(
    ("one", "two", "alike"),
    [
        ("Q4 2021/22", "Q4 21/22", True),
        ("Quarter 4 2021/2022", "Q4 21-22", True),
        ("2020/21 Q1", "Q1 20/21", True),
        ("Q2 2016/ 17", "Q2 2016/17", True),
        ("Q4 2021/22", "Q4 20/22", False),
        ("Q4 2021/22", "Q3 21/22", False),
        ("2021/22", "21/22", False),
    ],
)
def test_quarters_are_alike_where_the_conversion_reads_them_alike(one: str, two: str, alike: bool) -> None:
    assert (_alike(one) == _alike(two)) == alike


def replace_problem(reading: Reading, row: int):
    """A warning on a row, made of one that the reading knows."""
    return replace(reading.problems[0], code="text_unplaced", severity="warning", row_number=row)
