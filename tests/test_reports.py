# ruff: noqa: E501 - printed sentences and their facts stand in one line
"""Covering reports in prose: what is read of them, against a list made by eye, and what becomes of odd ones."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import re
import shutil
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import LANDING, ROOT, Home
from covered import ORIGINAL, SAMPLE, covered_home
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ingest_pipeline import Project, text_of

from ingest import edition_folders
from ingest.intake import budget, raw_tables
from ingest.intake.decoding import decode
from ingest.intake.quarters import ReportingQuarter
from ingest.pipeline import pending
from ingest.reports.attribution import load_labels
from ingest.reports.reader import ReportReading, read_report
from ingest.reports.rules import NUMBER_WORDS, load_rules
from ingest.reports.schemas import REPORT_TABLES

GOLDEN = ROOT / "tests" / "golden" / "2020-21-q2-report.csv"
SEEDS = ROOT / "dbt_project" / "seeds"
RULES = load_rules()
LABELS = load_labels(SEEDS / "indicator_labels.csv", SEEDS / "indicators.csv", RULES)
NUMERIC = ("value", "numerator", "comparison_value", "change", "benchmark_value", "target_value", "tally_total")


def reading_of(text: str, edition: str = "2020-21-q2") -> ReportReading:
    return read_report(text.split("\n"), RULES, LABELS, ReportingQuarter.parse(edition))


def real() -> str:
    if not ORIGINAL.exists():
        pytest.skip("the real report lies beside the project only where it is developed")
    return ORIGINAL.read_text(encoding="utf-8")


def facts() -> list[dict[str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# -- the real report and the sample, against the list made by eye ---------------------------------------------------

#: Column of the list to column of fct_claim.
FACTS = {
    "value": "value",
    "unit": "unit",
    "numerator": "numerator",
    "direction": "printed_direction",
    "judgement": "printed_judgement",
    "quartile": "quartile",
    "quartile_before": "quartile_before",
    "period": "period_key",
    "comparison_basis": "comparison_basis",
    "comparison_period": "comparison_period_key",
    "comparison_value": "comparison_value",
    "change": "change",
    "change_unit": "change_unit",
    "benchmark_value": "benchmark_value",
    "benchmark_relation": "benchmark_relation",
    "reason": "reason",
    "latest": "latest",
}
CLAIMS_SQL = """
    select *,
        case when direction_source = 'printed' then direction end as printed_direction,
        case when claim_kind = 'tally' or judgement_source = 'printed' then nullif(judgement, '') end
            as printed_judgement,
        case when is_latest_available then true end as latest
    from fct_claim where edition_key = '2020-21-q2'
"""


def comparable(value: object) -> str:
    if value is None or value == "":
        return ""
    text = str(value).lower()
    return str(float(text)) if re.fullmatch(r"-?[0-9.]+", text) else text


def said(row: dict, columns: dict[str, str]) -> tuple[str, ...]:
    tally = row.get("claim_kind") == "tally"
    return tuple(
        "" if tally and (name == "unit" or comparable(row[column]) == "none") else comparable(row[column])
        for name, column in columns.items()
    )


def claims_in(home: Home) -> list[dict]:
    import duckdb

    with duckdb.connect(str(home.published), read_only=True) as connection:
        connection.execute("set schema = 'marts'")
        cursor = connection.execute(CLAIMS_SQL)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def with_sample(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return covered_home(tmp_path_factory, "sample")


@pytest.fixture(scope="module")
def with_original(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return covered_home(tmp_path_factory, "original")


def shares(wanted: Counter, found: Counter) -> tuple[float, float]:
    """Recall and precision."""
    common = (wanted & found).total()
    return common / wanted.total(), common / found.total()


def compare(
    wanted: list[dict], found: list[dict], *, places: bool
) -> tuple[tuple[float, float], tuple[float, float], str]:
    """Recall and precision of whole claims and of single facts, and what differs."""
    place = ("paragraph",) if places else ()

    def whole(row: dict, columns: dict[str, str], indicator: str) -> tuple:
        key = tuple(comparable(row[name]) for name in place)
        return (*key, row["claim_kind"], comparable(row[indicator]), *said(row, columns))

    def single(row: dict, columns: dict[str, str], indicator: str) -> list[tuple]:
        start = (*(comparable(row[name]) for name in place), row["claim_kind"], comparable(row[indicator]))
        return [(*start, name, value) for name, value in zip(columns, said(row, columns), strict=True) if value]

    own = {name: name for name in FACTS}
    rows = (
        Counter(whole(row, own, "indicator") for row in wanted),
        Counter(whole(row, FACTS, "indicator_key") for row in found),
    )
    ones = (
        Counter(fact for row in wanted for fact in single(row, own, "indicator")),
        Counter(fact for row in found for fact in single(row, FACTS, "indicator_key")),
    )
    differ = "\n".join(f"missed {row}" for row in rows[0] - rows[1]) + "\n"
    differ += "\n".join(f"not in the list {row}" for row in rows[1] - rows[0])
    return shares(*rows), shares(*ones), differ


def test_the_claims_of_the_real_report_are_those_that_a_person_found(with_original: Home) -> None:
    found = claims_in(with_original)
    rows, ones, differ = compare(facts(), found, places=True)
    assert min(*rows, *ones) >= 0.95, f"{rows} {ones}\n{differ}"
    lines = {(int(fact["paragraph"]), fact["indicator"], fact["claim_kind"]): fact for fact in facts()}
    for claim in found:
        fact = lines.get((claim["paragraph"], claim["indicator_key"] or "", claim["claim_kind"]))
        if fact and claim["claim_kind"] == "figure":
            assert (
                int(fact["line_from"]) <= claim["source_line_from"] <= claim["source_line_to"] <= int(fact["line_to"])
            )


def test_the_sample_states_the_same_facts_in_other_words(with_sample: Home) -> None:
    rows, ones, differ = compare(facts(), claims_in(with_sample), places=False)
    assert min(*rows, *ones) >= 0.95, f"{rows} {ones}\n{differ}"


def test_the_sample_holds_no_sentence_of_the_original() -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z]+", text.lower())
        return {tuple(words[at : at + 12]) for at in range(len(words) - 11)}

    assert not runs(real()) & runs(SAMPLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("which", ["original", "sample"])
def test_every_digit_of_the_report_is_accounted_for(which: str) -> None:
    reading = reading_of(real() if which == "original" else SAMPLE.read_text(encoding="utf-8"))
    assert [number for number in reading.numbers if number["role"] == "unexplained"] == []
    printed = "".join(line["line_text"] for line in reading.lines)
    assert "".join(re.findall(r"\d", printed)) == "".join(
        digit for number in reading.numbers for digit in re.findall(r"\d", number["printed_text"])
    )
    in_claims = {"value", "numerator", "change", "comparison_value", "benchmark_value", "tally"}
    assert all(number["claim_number"] for number in reading.numbers if number["role"] in in_claims)
    assert [paragraph["outcome"] for paragraph in reading.paragraphs].count("no_figure") >= 1
    assert len(reading.lines) == sum(reading.disposition_counts.values())
    assert [line["line_number"] for line in reading.lines] == list(range(1, len(reading.lines) + 1))


# -- what the warehouse makes of it ---------------------------------------------------------------------------------


def test_between_two_indicators_the_dashboard_of_the_edition_decides(with_sample: Home) -> None:
    found = with_sample.query(
        "select edition_key, indicator_key, fitting_indicators from marts.fct_claim "
        "where words like '%first time entrants%' and claim_kind = 'figure' order by 1"
    )
    assert found == [("2019-20-q2", None, 2), ("2020-21-q2", "first-time-entrants-year-to-date", 2)]
    told = with_sample.query(
        "select distinct severity from marts.data_quality_issue "
        "where issue_code = 'claim_unattributed' and edition_key = '2019-20-q2' and message like '%2 fit alike%'"
    )
    assert told == [("warning",)]


def test_a_report_on_an_edition_that_is_not_loaded_is_kept_loaded_and_flagged(with_sample: Home) -> None:
    assert with_sample.query("select edition_key from marts.dim_edition") == [("2020-21-q2",)]
    assert with_sample.query("select distinct has_dashboard, edition_key from marts.fct_claim order by 2") == [
        (False, "2019-20-q2"),
        (True, "2020-21-q2"),
        (False, "2021-22-q2"),
    ]
    assert with_sample.query(
        "select severity, source_file from marts.data_quality_issue where issue_code = 'report_without_edition' "
        "order by 2"
    ) == [("warning", "2019-20-q2-report.txt"), ("warning", "2021-22-q2-report.txt")]
    assert "2019-20-q2-report.txt" in with_sample.run("problems").stdout
    assert with_sample.run("status").returncode == 0
    assert with_sample.run("trace", "2020-21-q2", "3").returncode == 0


def test_no_person_is_named_in_anything_but_the_received_bytes(with_original: Home) -> None:
    persons = re.findall(r"^ *([A-Z][a-z]+ [A-Z][a-z]+), ", real(), re.MULTILINE)
    numbers = re.findall(r"0\d{3} \d{3} \d{4}", real())
    assert len(persons) == len(numbers) == 3
    private = [*persons, *(name.split()[1] for name in persons), *numbers, "@"]
    tables = with_original.query("select table_name from duckdb_tables() where schema_name = 'marts'")
    for (table,) in tables:
        held = str(with_original.query(f"select * from marts.{table}"))
        assert [word for word in private if word in held] == [], table
    for path in with_original.path.glob("raw/**/*.parquet"):
        held = str(pq.read_table(path, partitioning=None).to_pylist())
        assert [word for word in private if word in held] == [], path
    for path in with_original.path.glob("archive/records/*.json"):
        assert [word for word in private if word in path.read_text(encoding="utf-8")] == []


# -- other reports in this style, made up -----------------------------------------------------------------------------

OTHER = (Path(__file__).parent / "reports" / "other_2019.txt").read_text(encoding="utf-8")
DECIMAL = (Path(__file__).parent / "reports" / "decimal_numbers_2021.txt").read_text(encoding="utf-8")
MARKUP = (Path(__file__).parent / "reports" / "markup_2018.txt").read_text(encoding="utf-8")
SHORT = (Path(__file__).parent / "reports" / "short_lines_2021.txt").read_text(encoding="utf-8")

RE_REFERRALS = "re-referrals-within-12-months"
CASES = [
    (OTHER, "2019-20-q2", 4, RE_REFERRALS, {"value": 19.4, "numerator": 212, "denominator": 1093, "target_value": 18, "benchmark_value": 22.6, "benchmark_relation": "worse", "comparison_value": 17.2, "comparison_period_text": "Q1 2019/20"}),
    (OTHER, "2019-20-q2", 5, "child-protection-plans-repeat", {"value": 21, "comparison_value": 18.3, "quartile": 3, "quartile_before": 2}),
    (OTHER, "2019-20-q2", 6, "child-protection-reviews-on-time", {"value": 97.1, "change": 2.3, "change_unit": "points", "judgement": "better", "benchmark_value": 95.2, "comparison_basis": "previous_quarter", "comparison_period_text": "Q1 2019/20"}),
    (OTHER, "2019-20-q2", 7, "care-leavers-suitable-accommodation", {"value": 88, "change": -3, "numerator": 44, "reason": "small_numbers", "quartile": 4, "quartile_before": 3}),
    (OTHER, "2019-20-q2", 9, "youth-custody", {"value": 2, "period_text": "Q2 2019/20"}),
    (OTHER, "2019-20-q2", 10, "children-in-care-dental-checks", {"value": 80.1, "comparison_value": 84, "direction": "down"}),
    (OTHER, "2019-20-q2", 10, "children-in-care-health-assessments", {"value": 85.5, "comparison_value": 90.2, "direction": "down"}),
    (OTHER, "2019-20-q2", 11, "neet-16-17", {"value": 2.1, "numerator": 301, "benchmark_value": 2.1, "benchmark_relation": "similar", "period_text": "August 2019"}),
    (OTHER, "2019-20-q2", 12, "entitlement-take-up-two-year-olds", {"value": 74.2, "change": -3.1, "comparison_period_text": "Spring 2019"}),
    (OTHER, "2019-20-q2", 13, "electively-home-educated", {"value": 640, "change": 45, "change_unit": "count", "direction": "up"}),
    (DECIMAL, "2021-22-q3", 3, "assessments-within-45-days", {"value": 83, "change": -4, "target_value": 90, "benchmark_value": 88, "comparison_period_text": "Q2 2021/22"}),
    (DECIMAL, "2021-22-q3", 4, "child-protection-plans-two-years-open", {"value": 1.4, "numerator": 7, "comparison_value": 1.1, "comparison_numerator": 5}),
    (DECIMAL, "2021-22-q3", 4, "electively-home-educated", {"value": 512, "change": 12, "change_unit": "percent", "comparison_period_text": "Q3 2020/21"}),
    (DECIMAL, "2021-22-q3", 5, "youth-reoffending-rate", {"value": 2.9, "unit": "rate", "direction": "same", "comparison_basis": "previous_year"}),
    (DECIMAL, "2021-22-q3", 6, "cfws-individuals", {"value": 2877}),
    (DECIMAL, "2021-22-q3", 7, "care-leavers-eet", {"value": 61.2, "comparison_value": 58, "quartile": 2, "direction": "up"}),
    (MARKUP, "2018-19-q4", 3, RE_REFERRALS, {"value": 23, "numerator": 255, "comparison_value": 26.4, "comparison_numerator": 301, "target_value": 22}),
    (MARKUP, "2018-19-q4", 4, "neet-16-17", {"value": 2.3, "numerator": 310, "benchmark_value": 2.7}),
    (MARKUP, "2018-19-q4", 5, "child-protection-plans-two-years-open", {"value": 2.1, "numerator": 14, "comparison_basis": "previous_year"}),
    (MARKUP, "2018-19-q4", 6, "placement-stability-three-moves", {"value": 8.2, "change": 1.5, "benchmark_relation": "better", "quartile": 2}),
    (MARKUP, "2018-19-q4", 7, "children-in-care-emotional-health", {"value": 14.2, "unit": "score", "comparison_value": 15.1}),
    (MARKUP, "2018-19-q4", 9, "youth-custody", {"value": 0}),
    (MARKUP, "2018-19-q4", 10, "entitlement-take-up-two-year-olds", {"value": 71.2, "period_text": "Autumn 2018"}),
    (MARKUP, "2018-19-q4", 10, "entitlement-take-up-three-year-olds", {"value": 95}),
    (MARKUP, "2018-19-q4", 11, "care-leavers-eet", {"claim_kind": "no_data", "reason": "data_quality"}),
    (MARKUP, "2018-19-q4", 12, "children-in-care-dental-checks", {"value": None, "direction": "up", "target_relation": "worse"}),
    (SHORT, "2021-22-q1", 4, "child-protection-reviews-on-time", {"value": 93.2, "comparison_value": 95}),
    (SHORT, "2021-22-q1", 7, "assessments-within-45-days", {"value": 88.5, "change": -4.2, "comparison_value": 92.7, "benchmark_gap": 3.1, "comparison_period_text": "Q4 2020/21"}),
    (SHORT, "2021-22-q1", 9, "primary-schools-good-or-outstanding", {"value": 91, "quartile": 3, "quartile_before": 3}),
    (SHORT, "2021-22-q1", 11, "send-plans-within-20-weeks", {"value": 61, "target_value": 75, "reason": "pandemic", "period_text": None}),
]  # fmt: skip


def spoken_of(reading: ReportReading) -> dict[tuple[int, int], list[str]]:
    found: dict[tuple[int, int], list[str]] = {}
    for candidate in reading.candidates:
        found.setdefault((candidate["paragraph"], candidate["claim_number"]), []).append(candidate["indicator_key"])
    return found


@pytest.mark.parametrize(
    ("text", "edition", "paragraph", "indicator", "expected"), CASES, ids=[f"{c[1]}-{c[2]}-{c[3]}" for c in CASES]
)
def test_other_reports(text: str, edition: str, paragraph: int, indicator: str, expected: dict) -> None:
    reading = reading_of(text, edition)
    keys = spoken_of(reading)
    claims = [c for c in reading.claims if c["paragraph"] == paragraph]
    mine = [c for c in claims if keys.get((paragraph, c["claim_number"])) == [indicator]]
    assert mine, [(keys.get((paragraph, c["claim_number"])), c) for c in claims]
    assert {name: mine[-1].get(name) for name in expected} == expected


TALLIES = [
    (OTHER, 2, {"total": 24, "better": 11, "worse": 7, "similar": 6}),
    (OTHER, 3, {"total": 15, "quartile 1": 4, "quartile 2": 5, "quartile 3": 4, "quartile 4": 2}),
    (DECIMAL, 2, {"total": 16, "better": 9, "worse": 4, "similar": 3}),
    (MARKUP, 2, {"total": 23, "better": 12, "worse": 8, "similar": 3}),
    (SHORT, 2, {"total": 18, "better": 9, "worse": 5, "similar": 4, "green": 10, "amber": 5, "red": 3}),
    (SHORT, 3, {"better": 9, "similar": 4, "worse": 5}),
]


@pytest.mark.parametrize(("text", "paragraph", "expected"), TALLIES)
def test_tallies_are_claims_about_the_edition(text: str, paragraph: int, expected: dict[str, int]) -> None:
    found = {
        f"quartile {claim['quartile']}" if claim["tally_category"] == "quartile" else claim["tally_category"]: claim[
            "value"
        ]
        for claim in reading_of(text).claims
        if claim["claim_kind"] == "tally" and claim["paragraph"] == paragraph
    }
    assert found == expected


UNATTRIBUTED = [
    "1. There were 12 apprentices in the service at the end of quarter 2.",
    "1. The average wait between care and adoption was 435 days.",
    "1. 1,203 single assessments were completed.",
    "1. The percentage of eligible 2 and 3 year olds taking up their FEEE was 71.2%.",
]


@pytest.mark.parametrize("text", UNATTRIBUTED)
def test_what_cannot_be_attributed_is_kept_without_an_indicator(text: str) -> None:
    reading = reading_of(text)
    (claim,) = reading.claims
    assert claim["value"] is not None
    assert len(spoken_of(reading).get((1, 1), [])) != 1


NO_CLAIMS = [
    "1. The service will reduce re-referrals and increase the number of care leavers in suitable accommodation.",
    "1. Section 47 enquiries and Appendix 2 were discussed on 4 May 2020 at 10.30am; see page 12 of the plan 2018-2022.",
    "1. One of the managers attends; two others help. No one else was there.",
    "1. The budget is £1.2m, £300,000 less than planned.",
]


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_plans_references_and_money_are_no_claims(text: str) -> None:
    reading = reading_of(text)
    assert reading.claims == []
    assert [number["role"] for number in reading.numbers if number["role"] == "unexplained"] == []


# -- properties ---------------------------------------------------------------------------------------------------------

PHRASES = [
    "The percentage of re-referrals to social care within 12 months was {a}% in quarter {q}",
    "This is {b}% higher than quarter 1",
    "a decrease of {n} compared to the same period last year",
    "({n} children)",
    "NEET was {a}%, representing {n} young people",
    "which is in the {rank} quartile",
    "The target is {a}% and the national average {b}%",
    "From {n} measures, {word} have improved and {word} have declined",
    "Two-year-olds and three-year-olds were counted in August 2020",
    "and {n} families, {b}% of cases, worked with the CFWS",
    "Both are lower than usual, around {a}% and {b}% respectively",
    "<b>{a}%</b> of care leavers were in suitable accommodation",
    "data is not available due to Covid-19",
    "{a}",
    "£{n}m",
    "({b}%, {n}/{n})",
]
phrase = st.builds(
    lambda text, a, b, n, q, rank, word: text.format(a=a, b=b, n=f"{n:,}", q=q, rank=rank, word=word),
    st.sampled_from(PHRASES),
    st.decimals(0, 100, places=1),
    st.decimals(0, 100, places=2),
    st.integers(0, 99_999),
    st.integers(1, 4),
    st.sampled_from(["top", "second", "third", "fourth", "bottom"]),
    st.sampled_from(sorted(NUMBER_WORDS)),
)
noise = st.text(alphabet="abcXYZ019 %().,;:<>&£-–’'\"\t\n\x0c", max_size=30)
prose = st.lists(
    st.tuples(st.one_of(phrase, noise), st.sampled_from([" ", ". ", ", ", ".\n\n2. ", "\n", "; "])), max_size=14
)


def numbers_in(words: str) -> set[float]:
    found = {float(digits.replace(",", "")) for digits in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", words)}
    plain = re.findall(r"[a-z]+", words.lower())
    found |= {float(NUMBER_WORDS[word]) for word in plain if word in NUMBER_WORDS}
    found |= {
        float(NUMBER_WORDS[a] + NUMBER_WORDS[b])
        for a, b in itertools.pairwise(plain)
        if a in NUMBER_WORDS and b in NUMBER_WORDS
    }
    return found | ({0.0} if re.search(r"\b(?:no|none)\b", words.lower()) else set())


@settings(max_examples=250, deadline=None)
@given(prose)
def test_no_number_is_invented_and_every_claim_leads_to_its_lines(parts: list[tuple[str, str]]) -> None:
    text = "1. " + "".join(piece + joint for piece, joint in parts)
    reading = reading_of(text)
    whole = {paragraph["paragraph"]: paragraph["paragraph_text"] for paragraph in reading.paragraphs}
    lines = text.split("\n")
    for claim in reading.claims:
        assert claim["words"] in whole[claim["paragraph"]]
        assert 1 <= claim["line_from"] <= claim["line_to"] <= len(lines)
        around = numbers_in(claim["words"])
        for name in NUMERIC:
            if claim.get(name) is not None and name != "tally_total":
                assert abs(claim[name]) in around, (name, claim)
        if claim.get("tally_total"):
            assert claim["tally_total"] in numbers_in(whole[claim["paragraph"]])
    assert [line["line_number"] for line in reading.lines] == list(range(1, len(lines) + 1))
    keys = [(paragraph["paragraph"]) for paragraph in reading.paragraphs]
    assert len(keys) == len(set(keys))


@settings(max_examples=100, deadline=None)
@given(
    st.from_regex(r"[a-z]{2,8}\.[a-z]{2,8}@[a-z]{2,8}\.gov\.uk", fullmatch=True),
    st.from_regex(r"0[1-9][0-9]{2,3} [0-9]{3} [0-9]{4}", fullmatch=True),
    st.sampled_from(["Wilhelmina Threepwood", "Zachary Quillfeather", "Anne-Marie O’Dowd"]),
    st.sampled_from(["Officer to Contact\n\n{n}, Head of Service\nTel: {p}\nEmail: {e}\n", "Contact Officer: {n}, {p}, {e}\n", "2. Cllr {n} ({e}, {p}) spoke.\n", "Report of {n}, Director\n2. Ask on {p} or {e}.\n"]),
)  # fmt: skip
def test_persons_are_withheld_wherever_they_stand(email: str, phone: str, name: str, form: str) -> None:
    text = "1. Performance for quarter 2 was good.\n\n" + form.format(n=name, p=phone, e=email)
    reading = reading_of(text)
    held = str((reading.lines, reading.paragraphs, reading.claims, reading.numbers, reading.problems))
    assert email not in held and phone not in held
    assert name not in held and name.split()[1] not in held


# -- receiving ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.ws = dataclasses.replace(
        made.ws, labels_path=SEEDS / "indicator_labels.csv", indicators_path=SEEDS / "indicators.csv"
    )
    return made


def codes(project: Project, name: str) -> set[str]:
    record = next(record for record in project.ws.archive.records() if record.source_file == name)
    rows = [*record.problems, *project.table("rejected_problems.parquet")]
    return {row["issue_code"] for row in rows if row["source_file"] == name}


def test_a_report_lies_beside_its_dashboard_and_displaces_nothing(project: Project) -> None:
    project.drop("2020-21-q2-dashboard.txt", text_of())
    before = project.rows(project.refresh(), "2020-21-q2")
    project.drop("anything.txt", SAMPLE.read_bytes())
    catalogue = project.refresh()
    assert project.rows(catalogue, "2020-21-q2") == before
    assert set(catalogue.in_force) == set(catalogue.reports_in_force) == {"2020-21-q2"}
    assert [record.source_file for record in catalogue.reports] == ["anything.txt"]
    files = {row["source_file"]: row for row in project.table("received_files.parquet")}
    assert {(f["document"], f["version_number"], f["in_force"], f["edition_source"]) for f in files.values()} == {
        ("dashboard", 1, True, "content"),
        ("report", 1, True, "content"),
    }
    folder = edition_folders.folder_of(project.ws.raw_dir, catalogue.reports[0])
    for table in REPORT_TABLES:
        assert raw_tables.violations(table, folder / f"{table.name}.parquet") == []
    assert not pending(project.ws)


def test_of_two_reports_on_one_edition_the_newest_good_one_is_in_force(project: Project) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    project.drop("a-report.txt", text)
    project.refresh()
    project.drop("b-report.txt", text.replace("94.6%", "94.7%"))
    catalogue = project.refresh()
    assert [record.source_file for record in catalogue.reports] == ["b-report.txt"]
    assert codes(project, "a-report.txt") >= {"version_superseded"}
    project.drop("c-report.txt", text[: len(text) // 2])
    assert [record.source_file for record in project.refresh().reports] == ["b-report.txt"]
    assert codes(project, "c-report.txt") >= {"version_held_back"}


def test_changed_labels_make_reports_be_read_again_and_dashboards_not(project: Project, tmp_path: Path) -> None:
    labels = tmp_path / "own-labels.csv"
    shutil.copy(SEEDS / "indicator_labels.csv", labels)
    project.ws = dataclasses.replace(project.ws, labels_path=labels)
    project.drop("2020-21-q2-dashboard.txt", text_of())
    project.drop("2020-21-q2-report.txt", SAMPLE.read_bytes())
    project.refresh()
    with labels.open("a", encoding="utf-8") as stream:
        stream.write("percent of pupils late for school,,,,pupils-suspended\n")
    assert [record.source_file for record in pending(project.ws).to_read] == ["2020-21-q2-report.txt"]


OUTCOMES = {
    "other edition in the name": ("2019-20-q1-report.txt", None, "rejected", "edition_conflict"),
    "no edition anywhere": ("some-report.txt", "1. All is well with the children of the county.\n", "rejected", "edition_unknown"),
    "no number": ("2020-21-q2-report.txt", "Purpose of the report\n\nAll is well with the children of the county. Work goes on.\n", "loaded", "report_without_figures"),
    "numbered and no figure": ("2020-21-q2-report.txt", "1. All is well with the children of the county.\n2. Work goes on as it was agreed.\n", "loaded", "report_without_figures"),
    "another council": ("2020-21-q2-report.txt", "Purpose of the Report\n1. Narnia County Council presents performance here.\n", "rejected", "area_unknown"),
    "markup": ("2018-19-q4-report.txt", MARKUP, "loaded", "report_without_edition"),
    "minutes": ("minutes.txt", "Minutes of a meeting.\n1. The chair opened the meeting at ten in the morning.\n2. The report on performance in quarter 2 was noted.\n3. The date of the next meeting was not yet known.\n", "rejected", "unknown_layout"),
    "a letter": ("letter.txt", "Dear all,\n\nPlease find the dashboard attached, as promised last week.\n", "rejected", "unknown_layout"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OUTCOMES)
def test_odd_reports_have_a_clear_outcome(project: Project, kind: str) -> None:
    name, text, outcome, code = OUTCOMES[kind]
    project.drop(name, SAMPLE.read_text(encoding="utf-8") if text is None else text)
    project.drop("good.txt", text_of())
    catalogue = project.refresh()
    assert set(catalogue.in_force) == {"2020-21-q2"}
    assert project.outcome(name)[0] == outcome
    assert code in codes(project, name)


def test_a_dashboard_is_never_taken_for_a_report(project: Project) -> None:
    for path in LANDING.glob("*-dashboard.txt"):
        project.drop(path.name.replace("dashboard", "report"), path.read_bytes())
    assert {row["document"] for row in (project.refresh(), project.table("received_files.parquet"))[1]} == {"dashboard"}


BODY = " ".join(re.sub(r"(?m)^\d+\. ", "", "\n\n".join(SAMPLE.read_text(encoding="utf-8").split("\n\n")[3:-6])).split())
PROSE = "The service goes on with its work and the team meets every week to talk of what was learnt from families. " * 8


def long_report(size: int, shape: str, body: str) -> str:
    parts, length, number = ["Purpose of the Report\n"], 0, 0
    while length < size:
        number += 1
        parts.append(
            {"paragraphs": f"\n{number}. {body}\n", "one paragraph": f"{body}\n", "one line": f" {body}"}[shape]
        )
        length += len(parts[-1])
    return "".join(parts)[:size]


@pytest.mark.parametrize("shape", ["paragraphs", "one paragraph", "one line"])
def test_the_time_of_reading_grows_with_the_length(shape: str) -> None:
    reading_of(long_report(20_000, shape, BODY))
    taken = []
    for size in (60_000, 240_000):
        started = time.process_time()
        reading_of(long_report(size, shape, BODY))
        taken.append(time.process_time() - started)
    assert taken[1] < 8 * taken[0], taken


@pytest.mark.slow
def test_a_long_report_is_read_and_one_beyond_the_budget_says_where_it_stopped(project: Project, monkeypatch) -> None:
    """Prose with a page of figures in fifty. The second is a tenth of a book, against a tenth of the budget."""
    text = long_report(600_000, "paragraphs", PROSE * 40 + BODY)
    project.drop("2020-21-q2-report.txt", text)
    started = time.process_time()
    project.refresh()
    assert time.process_time() - started < 30
    assert project.outcome("2020-21-q2-report.txt")[0] == "loaded"
    monkeypatch.setattr(budget, "limited", partial(budget.limited, budget.MAX_WORK // 10))
    project.drop("2020-21-q1-report.txt", long_report(500_000, "paragraphs", BODY).replace("quarter 2", "quarter 1"))
    project.refresh()
    received = {row["source_file"]: row for row in project.table("received_files.parquet")}
    assert received["2020-21-q2-report.txt"]["line_count"] == len(text.rstrip("\n").split("\n"))
    assert received["2020-21-q1-report.txt"]["error_code"] == "too_costly"
    assert "stopped in line" in received["2020-21-q1-report.txt"]["error_message"]


def test_a_report_that_is_no_utf_8_is_read_and_says_so(project: Project) -> None:
    text = SAMPLE.read_text(encoding="utf-8").replace("'", "’")
    project.drop("2020-21-q2-report.txt", text.encode("cp1252"))
    project.refresh()
    assert "encoding_assumed" in codes(project, "2020-21-q2-report.txt")
    assert decode(text.encode("cp1252")).assumed


# -- sentences as other councils write them --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "columns", "expected"),
    [
        ("Re-referrals fell to 22.3%. It was in the third quartile and is now in the second quartile.", ("value", "quartile", "quartile_before"), [(22.3, 2, 3)]),
        ("The percentage of care leavers in EET was 55.0%. Quartile 2 nationally (previously quartile 1).", ("quartile", "quartile_before"), [(2, 1)]),
        ("92% of primary schools and 78% of secondary schools were rated good or outstanding. These are in the second and third quartiles respectively.", ("value", "quartile"), [(92, 2), (78, 3)]),
        ("Dental checks rose from 50% to 60% while annual health assessments fell from 90% to 85%.", ("value", "comparison_value", "direction"), [(60, 50, "up"), (85, 90, "down")]),
        ("The service worked with 4,012 individuals and 1,533 families, lower than the 4,210 individuals and 1,601 families in quarter 1.", ("value", "comparison_value"), [(4012, 4210), (1533, 1601)]),
        ("There were 1,245 children electively home educated, an increase of 57 on the previous quarter (1,188).", ("value", "change", "comparison_value"), [(1245, 57, 1188)]),
        ("Annual health assessments stood at 85.6%, slightly below the 86.1% reported last quarter.", ("value", "comparison_value"), [(85.6, 86.1)]),
        ("The number of children electively home educated increased by 12% (85 children) to 790.", ("value", "change"), [(790, 12)]),
        ("NEET was 2.1% against the 2.3% of statistical neighbours.", ("value", "benchmark_value"), [(2.1, 2.3)]),
        ("Performance is expected to reach 95% by March 2021.", ("value", "target_value"), [(None, 95)]),
        ("There were 802 children electively home educated as at 31/03/2020.", ("value",), [(802,)]),
        ("Between 5 and 10 children were sentenced to custody.", ("value",), []),
        ("First time entrants were 142 per 100,000 compared to 155.3 per 100,000 in 2018/19.", ("value", "unit", "period_text", "comparison_period_text"), [(142, "rate", None, "2018/19")]),
        ("Re-referrals were 18.9% in Q2, down from 21.7% in Q1 2020/21 and from 24.4% in Q2 2019/20.", ("claim_kind", "comparison_value", "comparison_period_text"), [("comparison", 24.4, "Q2 2019/20"), ("figure", 21.7, "Q1 2020/21")]),
    ],
)  # fmt: skip
def test_each_number_of_a_sentence_plays_its_own_part(
    sentence: str, columns: tuple[str, ...], expected: list[tuple[object, ...]]
) -> None:
    claims = reading_of(f"1. {sentence}").claims
    assert [tuple(claim.get(name) for name in columns) for claim in claims] == expected


def test_a_value_whose_words_name_another_measure_is_not_the_first_ones() -> None:
    reading = reading_of(
        "1. The percentage of care leavers in suitable accommodation was 92.0% (46) and in education, employment or "
        "training was 60.0% (30)."
    )
    assert [candidate["indicator_key"] for candidate in reading.candidates] == [
        "care-leavers-suitable-accommodation",
        "care-leavers-eet",
    ]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Eight improved out of 20 measures.", {("better", 8), ("total", 20)}),
        ("3 of 12 indicators are in the top quartile, 5 in the second.", {("quartile", 3), ("quartile", 5), ("total", 12)}),
        ("Of the 22 measures reported, 11 improved, 6 got worse, 4 stayed the same and one has no comparison.", {("total", 22), ("better", 11), ("worse", 6), ("similar", 4)}),
    ],
)  # fmt: skip
def test_tallies_are_read_in_any_order_and_without_the_counts_that_no_rule_knows(
    sentence: str, expected: set[tuple[str, int]]
) -> None:
    reading = reading_of(f"1. {sentence}")
    assert {(claim["tally_category"], claim["value"]) for claim in reading.claims} == expected
    assert all(claim["claim_kind"] == "tally" for claim in reading.claims)
