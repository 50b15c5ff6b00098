"""Covering reports held against their dashboards: the published one, others made consistent or wrong."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter

import dagster as dg
import dashboards
import pytest
from conftest import ROOT, Home, built, new_home
from covered import EDITION, LONG_WITHOUT, SHORT_WITHOUT, covered_home
from test_audit_checks import NATIONAL, Consistent

from ingest.intake.quarters import ReportingQuarter
from ingest.reports.attribution import load_labels
from ingest.reports.reader import read_report
from ingest.reports.rules import load_rules
from orchestration.checks import words_agree
from publishing import queries

SEEDS = ROOT / "dbt_project" / "seeds"
CLAIMS = "(left(check_code, 6) = 'claim_' or check_code = 'tally')"

#: What the report of 2020/21 Q2 and its dashboard say differently: check, row and verdict.
DIFFERENCES = {
    ("claim_direction", 9, "disagrees"),
    ("claim_quartile", 7, "disagrees"),
    ("claim_quartile", 19, "disagrees"),
    ("claim_quartile", 20, "disagrees"),
    ("claim_value", 24, "disagrees"),
    ("claim_period", 17, "differs_in_basis"),
    ("claim_direction", 17, "differs_in_basis"),
    # The dashboard says similar and the report that there are more; where similar ends neither says.
    ("claim_direction", 5, "depends_on_method"),
    ("claim_direction", 24, "depends_on_method"),
}


#: What the audit says, and whose figures it speaks of.
AUDIT = ("+mart_published_audit", "+mart_dashboard")


@pytest.fixture(scope="module", params=["sample", "original"])
def audited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return covered_home(tmp_path_factory, request.param)


def findings(home: Home, edition: str, *columns: str) -> list[tuple]:
    return home.query(
        f"select {', '.join(columns)} from marts.mart_published_audit where edition_key = '{edition}' and {CLAIMS} "
        "order by audit_key"
    )


# -- the published report and its sample ----------------------------------------------------------------------------


def test_the_known_differences_are_found_and_no_others(audited: Home) -> None:
    rows = findings(audited, EDITION, "check_code", "row_number", "verdict")
    assert {row for row in rows if row[0] != "tally" and row[2] not in ("agrees", "cannot_tell")} == DIFFERENCES
    # Neither this dashboard nor an earlier one prints the figures before.
    assert {row[0] for row in rows if row[2] == "cannot_tell"} == {"claim_previous"}
    agreeing = Counter(row[0] for row in rows if row[2] == "agrees")
    assert agreeing["claim_value"] == 19 and agreeing["claim_numerator"] == 11 and agreeing["claim_direction"] >= 14


def test_both_sources_are_named_by_file_and_line(audited: Home) -> None:
    columns = ("row_number", "source_file", "source_line_from", "other_source_file", "other_line_from", "evidence")
    lines = {
        name: (audited.landing / name).read_text(encoding="utf-8").split("\n")
        for name in (f"{EDITION}-report.txt", f"{EDITION}-dashboard.txt")
    }
    rows = [row for row in findings(audited, EDITION, *columns, "source_line_to") if row[0] == 9]
    assert rows
    for _, file, start, other, line, evidence, end in rows:
        assert (file, other) == tuple(lines)
        assert "62.6%" in " ".join(lines[file][start - 1 : end])
        assert "(EET)" in lines[other][line - 1]
        assert evidence.endswith(".") and "(row 9)" in evidence


def test_tallies_are_recounted_and_every_single_correction_is_named(audited: Home) -> None:
    rows = audited.query(
        "select a.claim_text, a.expected_text, a.verdict, a.evidence, c.tally_category, c.quartile "
        "from marts.mart_published_audit as a inner join marts.fct_claim as c "
        "on c.edition_key = a.edition_key and a.audit_key = 'tally|' || c.edition_key || '||' || c.paragraph || '.' "
        f"|| c.claim_number where a.edition_key = '{EDITION}'"
    )
    told = {(row[4], row[5]): row for row in rows if row[1] is not None and row[5] is None}
    counted = {key[0]: (row[0], row[1], row[2]) for key, row in told.items() if key[0] != "total"}
    assert counted == {
        "better": ("8", "7", "disagrees"),
        "similar": ("3", "3", "agrees"),
        "worse": ("5", "6", "disagrees"),
        "no_polarity": ("4", "4", "agrees"),
    }
    assert {(row[0], row[2]) for row in rows if row[4] == "total"} == {("20", "agrees"), ("14", "agrees")}
    sentence = told["better", None][3]
    # Every row that is printed as worse, and none is chosen; the report words two of them as better.
    assert "one of the rows 9, 10, 11, 17, 19, 20 counted as better instead of worse" in sentence
    assert "so worded by the report: 9, 17" in sentence
    quartiles = {row[5]: (row[0], row[1]) for row in rows if row[5] is not None}
    assert quartiles == {1: ("3", "4"), 2: ("6", "7"), 3: ("3", "2"), 4: ("2", "1")}
    assert all("no single row" in row[3] and "row 7 as quartile 4" in row[3] for row in rows if row[5] is not None)


def test_a_report_without_its_dashboard_is_told_of_and_never_judged(audited: Home) -> None:
    rows = findings(
        audited, SHORT_WITHOUT, "check_code", "verdict", "severity", "method", "evidence", "other_source_file"
    )
    assert {row[0] for row in rows} == {"claim_value", "claim_numerator", "claim_period", "claim_quartile"}
    assert {row[1:4] for row in rows} == {("cannot_tell", "info", "no_dashboard")}
    assert all(f"the dashboard of {SHORT_WITHOUT} is not loaded" in row[4] and row[5] is None for row in rows)
    longer = findings(audited, LONG_WITHOUT, "verdict", "severity", "method")
    assert len(longer) > len(rows) and set(longer) == {("cannot_tell", "info", "no_dashboard")}
    assert audited.run("audit", SHORT_WITHOUT).returncode == 0


# -- editions made consistent, and made wrong -----------------------------------------------------------------------

ORDINALS = {1: "top", 2: "second", 3: "third", 4: "fourth"}
#: Editions and the quarters that they are of, counted from April 2020.
AGREEING = (("2020-21-q2", 1), ("2022-23-q2", 9))
ALTERED = "2022-23-q3"
MOVED = {"up": "higher than", "down": "lower than", "same": "the same as"}


def report_on(home: Home, made: Consistent, edition: str, number: int) -> str:
    """A report that says of every row what its dashboard says, counted here and not by the warehouse."""
    rows = home.query(
        "select printed_label, value, unit, numerator, direction, judgement, quartile from marts.mart_dashboard "
        f"where edition_key = '{edition}' order by row_number"
    )
    span, quarter = edition[:7].replace("-", "/"), int(edition[-1])
    before = f"quarter {(number - 1) % 4 + 1} {2020 + (number - 1) // 4}/{(2021 + (number - 1) // 4) % 100:02d}"
    judged = Counter(row[5] for row in rows)
    placed = Counter(row[6] for row in rows)
    paragraphs = [
        f"From {len(rows)} measures that have been reported, {judged['better']} have improved, "
        f"{judged['similar']} show no significant change and {judged['worse']} have declined. In addition to this, "
        f"{judged['none']} indicators provide information only with no polarity.",
        f"From {sum(placed.values())} measures that have a national benchmark, {placed[1]} are in the top quartile, "
        f"{placed[2]} are in the second quartile, {placed[3]} are in the third quartile and {placed[4]} are in the "
        "fourth quartile.",
    ]
    for label, value, unit, numerator, direction, _, quartile in rows:
        figure = f"{value:g}%" if unit == "percent" else f"{value:g}"
        bracket = f" ({numerator} children)" if numerator is not None else ""
        earlier = made.figure(label, number - 1).split(" (")[0]
        paragraphs.append(
            f"The figure for '{label.split(' (')[0]}' was {figure} in quarter {quarter} {span}{bracket}. This is "
            f"{MOVED[direction]} {before} ({earlier}) and in the {ORDINALS[quartile]} quartile."
        )
    numbered = "\n\n".join(f"{place}. {text}" for place, text in enumerate(paragraphs, start=1))
    return f"Children and Families: performance for Quarter {quarter} of {span}\n\n{numbered}\n"


def altered(text: str, home: Home) -> tuple[str, list[int]]:
    """The report with another value, direction, quartile and earlier figure, and the paragraph of each."""
    keys = [
        key
        for (key,) in home.query(
            f"select indicator_key from marts.mart_dashboard where edition_key = '{ALTERED}' order by row_number"
        )
    ]
    rules = load_rules()
    labels = load_labels(SEEDS / "indicator_labels.csv", SEEDS / "indicators.csv", rules)
    told: dict[int, set[str]] = {}
    for candidate in read_report(text.split("\n"), rules, labels, ReportingQuarter.parse(ALTERED)).candidates:
        told.setdefault(candidate["paragraph"], set()).add(candidate["indicator_key"])
    paragraphs = text.split("\n\n")
    # Labels that the rules tell of no one indicator are not compared. The rows come behind two tallies.
    places = [
        place
        for place, key in enumerate(keys, start=3)
        if told.get(place) == {key} and re.search("(higher|lower) than", paragraphs[place])
    ]
    value, direction, quartile, previous = places[:4]
    swapped = {"higher than": "lower than", "lower than": "higher than"}
    said = next(words for words in swapped if words in paragraphs[direction])
    placed = re.search(r"the (\w+) quartile", paragraphs[quartile]).group(1)
    for place, pattern, otherwise in (
        (value, r"was ([\d.]+)", "was 123.4"),
        (direction, said, swapped[said]),
        (quartile, f"the {placed} quartile", f"the {'third' if placed != 'third' else 'top'} quartile"),
        (previous, r"\(([\d.]+)(%?)\) and", r"(987.6\2) and"),
    ):
        paragraphs[place], times = re.subn(pattern, otherwise, paragraphs[place], count=1)
        assert times == 1, paragraphs[place]
    return "\n\n".join(paragraphs), [value, direction, quartile, previous]


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list[int]]:
    """Dashboards of two layouts without contradiction, each with a report that says the same; no national files.

    The report on one more dashboard says four things otherwise: those paragraphs.
    """
    home = new_home(tmp_path_factory.mktemp("agreeing") / "home")
    made = Consistent(7)
    labels = dashboards.LABELS[:14]
    for number in (0, 1):
        made.write(home.landing, "compared_to_previous_2020", number, labels)
    for number in (9, 10):
        made.write(home.landing, "previous_and_latest_2022", number, labels)
    built(home, "+mart_dashboard")
    for edition, number in (*AGREEING, (ALTERED, 10)):
        text = report_on(home, made, edition, number)
        if edition == ALTERED:
            text, paragraphs = altered(text, home)
        (home.landing / f"{edition}-report.txt").write_text(text, encoding="utf-8")
    return built(home, *AUDIT), paragraphs


def test_a_report_that_says_what_its_dashboard_says_has_no_finding(reported: tuple[Home, list[int]]) -> None:
    consistent, _ = reported
    for edition, _ in AGREEING:
        rows = findings(consistent, edition, "check_code", "verdict", "evidence")
        assert [row for row in rows if row[1] not in ("agrees", "cannot_tell")] == []
        agreeing = Counter(row[0] for row in rows if row[1] == "agrees")
        for check, least in {
            "claim_value": 12,
            "claim_direction": 12,
            "claim_quartile": 12,
            "claim_period": 12,
            "claim_previous": 12,
            "tally": 8,
        }.items():
            assert agreeing[check] >= least, (edition, check, agreeing)
    rows = consistent.query(
        "select check_code from marts.mart_published_audit where severity in ('error', 'warning') "
        f"and not (edition_key = '{ALTERED}' and {CLAIMS})"
    )
    assert {row[0] for row in rows} <= {*NATIONAL}


def test_one_thing_said_otherwise_is_one_finding(reported: tuple[Home, list[int]]) -> None:
    home, (value, direction, quartile, previous) = reported
    rows = findings(home, ALTERED, "check_code", "paragraph", "verdict")
    assert {row for row in rows if row[2] not in ("agrees", "cannot_tell")} == {
        ("claim_value", value, "disagrees"),
        ("claim_direction", direction, "disagrees"),
        ("claim_quartile", quartile, "disagrees"),
        ("claim_previous", previous, "disagrees"),
    }


# -- the command and the check --------------------------------------------------------------------------------------


def test_the_command_prints_a_sentence_and_both_places_the_worst_first(audited: Home) -> None:
    said = audited.run("audit", EDITION)
    assert said.returncode == 0, said.stderr
    head = [line for line in said.stdout.splitlines() if re.match(r"(error|warning|info)  ", line)]
    severities = [line.split()[0] for line in head]
    assert severities == sorted(severities) and "info" not in severities
    assert re.search(r"^warning  claim_direction, row 9, paragraph \d+: disagrees$", said.stdout, re.MULTILINE)
    assert re.search(rf"^  {EDITION}-report.txt:\d+-\d+ against {EDITION}-dashboard.txt:12$", said.stdout, re.MULTILINE)
    comparisons = audited.query(f"select count(*) from marts.mart_published_audit where edition_key = '{EDITION}'")[0][
        0
    ]
    assert f"{comparisons} comparisons: " in said.stdout
    limited = audited.run("audit", EDITION, "--limit", "2")
    assert f"2 of {len(head)} findings" in limited.stdout


def test_the_command_narrows_by_severity_and_prints_for_programs(audited: Home) -> None:
    said = audited.run("audit", EDITION, "--severity", "info", "--format", "json")
    rows = json.loads(said.stdout)
    assert {row["severity"] for row in rows} == {"info"}
    assert ("claim_period", 17, "differs_in_basis") in {
        (row["check_code"], row["row_number"], row["verdict"]) for row in rows
    }
    table = list(csv.DictReader(io.StringIO(audited.run("audit", EDITION, "--format", "csv").stdout)))
    assert table and {row["severity"] for row in table} <= {"error", "warning"}


def test_an_edition_that_is_not_there_is_named_with_those_that_are(audited: Home) -> None:
    said = audited.run("audit", "2031-32-q1")
    assert said.returncode == 1
    assert "There is no edition 2031-32-q1. Loaded: 2019-20-q2, 2020-21-q2, 2021-22-q2." in said.stderr
    assert audited.run("audit").returncode == 2


def test_the_check_warns_in_one_short_sentence_and_holds_the_sentences(audited: Home) -> None:
    found = queries.audit(audited.published).dicts()
    key = dg.AssetKey(["marts", "mart_published_audit"])
    result = words_agree(key, found)
    assert not result.passed and result.severity is dg.AssetCheckSeverity.WARN
    assert result.description == f"{len(found)} findings of the audit: quarterdeck audit {EDITION}"
    assert result.metadata["findings"].value == len(found)
    assert found[0]["evidence"] in result.metadata[EDITION].value
    assert words_agree(key, []).passed
