"""The audit of what editions print: the published ones case by case, others made consistent, others made wrong."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import dashboards
import duckdb
import pytest
from conftest import ROOT, Home, built, dbt, new_home
from hypothesis import given, settings
from hypothesis import strategies as st
from test_dbt_project import HOME_EDUCATED, REVIEWS, edition, row
from test_dbt_project import Home as RawHome

#: Checks that say more than one sentence; tests of theirs are in test_published_audit.py.
NATIONAL = ("printed_quartile", "printed_benchmark")
COLUMNS = "edition_key, row_number, check_code, verdict, method, claim_text, expected_text, evidence"


def found(home: Home | RawHome, check: str, *verdicts: str) -> dict[tuple[str, int], list[tuple]]:
    """(edition, row) to what a check found there, of these verdicts or of all."""
    rows = home.query(f"select {COLUMNS} from marts.mart_published_audit order by audit_key")
    kept: dict[tuple[str, int], list[tuple]] = {}
    for finding in rows:
        if finding[2] == check and (not verdicts or finding[3] in verdicts):
            kept.setdefault(finding[:2], []).append(finding)
    return kept


def one(home: Home | RawHome, check: str, key: str, number: int) -> tuple:
    """(verdict, method, evidence) of the only comparison of a check at a row."""
    (finding,) = found(home, check)[key, number]
    return finding[3], finding[4], finding[7]


# -- statistics -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def statistics(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """The macros as SQL over a table of given figures: rows (percent, decimals, numerator, denominator) to results."""
    path = tmp_path_factory.mktemp("statistics")
    names = {
        "low": "implied_denominator_low('percent', 'decimals', 'numerator')",
        "high": "implied_denominator_high('percent', 'decimals', 'numerator')",
        "wilson_low": "wilson_lower('numerator', 'denominator')",
        "wilson_high": "wilson_upper('numerator', 'denominator')",
        "byar_low": "byar_lower('numerator')",
        "byar_high": "byar_upper('numerator')",
    }
    inline = ", ".join(f"{{{{ {macro} }}}} as {name}" for name, macro in names.items())
    compiled = dbt(path, "compile", "--inline", f"select {inline} from given_figures", "--no-introspect")
    sql = compiled.results[0].node.compiled_code
    connection = duckdb.connect()

    def compute(percent: float = 0, decimals: int = 0, numerator: int = 0, denominator: int = 1) -> dict:
        connection.execute(
            "create or replace temp table given_figures as "
            "select ?::double as percent, ?::int as decimals, ?::bigint as numerator, ?::bigint as denominator",
            [percent, decimals, numerator, denominator],
        )
        return dict(zip(names, connection.execute(sql).fetchone(), strict=True))

    yield compute
    connection.close()


def half_up(numerator: int, denominator: int, decimals: int) -> Decimal:
    return (Decimal(100 * numerator) / Decimal(denominator)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@settings(max_examples=150, deadline=None)
@given(
    numerator=st.integers(0, 60),
    permille=st.integers(0, 100_000),
    decimals=st.integers(0, 3),
    from_whole=st.integers(0, 400),
)
def test_implied_denominators_are_all_whole_numbers_that_round_to_the_percentage(
    statistics, numerator, permille, decimals, from_whole
):
    whole = max(numerator, from_whole, 1)
    # Half of them are true shares, so that there is an interval to find; the rest are any two numbers.
    printed = half_up(numerator, whole, decimals) if from_whole % 2 else Decimal(permille).scaleb(-3).quantize(
        Decimal(1).scaleb(-decimals), ROUND_HALF_UP
    )  # fmt: skip
    bound = 5000
    fitting = [n for n in range(1, bound) if half_up(numerator, n, decimals) == printed]
    got = statistics(float(printed), decimals, numerator)
    if got["high"] is None:
        assert printed == 0
        assert fitting == list(range(max(got["low"], 1), bound))
    elif got["low"] > got["high"]:
        assert fitting == []
    elif got["high"] < bound:
        assert fitting == list(range(got["low"], got["high"] + 1))


def test_implied_denominators_of_known_figures(statistics):
    ends = {
        (95.8, 1, 250): (261, 261),
        (12, 0, 15): (121, 130),
        (94.6, 1, 1016): (1074, 1074),
        # 49 of 193 is 25.39 %, which is printed 25.4 % when rounded half up.
        (25.3, 1, 49): (194, 194),
        # A half goes up: 1 of 8 is 12.5 %, printed 13 %, never 12 %.
        (13, 0, 1): (8, 8),
        (0, 1, 0): (1, None),
        (0, 1, 3): (6001, None),
        (100, 0, 7): (7, 7),
    }
    for (percent, decimals, numerator), expected in ends.items():
        got = statistics(percent, decimals, numerator)
        assert (got["low"], got["high"]) == expected, (percent, numerator)
    none_fits = statistics(12, 0, 1)
    assert (none_fits["low"], none_fits["high"]) == (9, 8)
    assert statistics(5, 0, 10**11)["low"] is None
    assert statistics(-5, 0, 1)["low"] is None


@settings(max_examples=100, deadline=None)
@given(denominator=st.integers(1, 10**6), share=st.floats(0, 1))
def test_wilson_is_the_interval_of_the_score_test(statistics, denominator, share):
    """The ends are the proportions at which the observed one lies z standard errors away."""
    numerator = round(share * denominator)
    got = statistics(numerator=numerator, denominator=denominator)
    observed = numerator / denominator
    assert -1e-9 <= got["wilson_low"] <= 100 * observed + 1e-9
    assert 100 * observed - 1e-9 <= got["wilson_high"] <= 100 + 1e-9
    for end in (got["wilson_low"] / 100, got["wilson_high"] / 100):
        distance = 1.959964 * math.sqrt(max(end * (1 - end), 0) / denominator)
        assert abs(observed - end) == pytest.approx(distance, abs=1e-7)


def test_byar_follows_the_published_values(statistics):
    # 95 % limits of a count of 100 and of 10 (exact Poisson: 81.4 to 121.6, 4.8 to 18.4), to which Byar comes close.
    for count, low, high in ((100, 81.36, 121.63), (10, 4.78, 18.39)):
        got = statistics(numerator=count)
        assert got["byar_low"] == pytest.approx(low, abs=0.02)
        assert got["byar_high"] == pytest.approx(high, abs=0.02)
    assert statistics(numerator=0)["byar_low"] == 0


# -- the published editions -------------------------------------------------------------------------


def test_six_colours_of_the_published_editions_are_excluded_by_their_own_key(refreshed):
    excluded = found(refreshed.home, "printed_colour", "disagrees")
    assert set(excluded) == {
        ("2016-17-q2", 1),
        ("2018-19-q1", 1),
        ("2018-19-q1", 6),
        ("2018-19-q1", 48),
        ("2020-21-q2", 5),
        ("2020-21-q2", 7),
    }
    (finding,) = excluded["2020-21-q2", 7]
    assert finding[5:7] == ("Red, quartile 2", "Amber, or green with an improving trend")
    (placements,) = excluded["2018-19-q1", 6]
    assert "declining (printed: Higher)" in placements[7]


def test_only_editions_that_print_their_key_are_held_to_it(refreshed):
    editions = Counter(key for key, _ in found(refreshed.home, "printed_colour"))
    assert editions == {"2016-17-q2": 18, "2018-19-q1": 23, "2020-21-q2": 10}
    no_quartile = found(refreshed.home, "printed_colour", "cannot_tell")
    assert {number for key, number in no_quartile if key == "2016-17-q2"} == {28, 29, 30, 31, 32, 35, 37}
    assert {number for key, number in no_quartile if key == "2018-19-q1"} == {26}


def test_words_follow_from_the_figures_printed_beside_them(refreshed):
    checked = found(refreshed.home, "printed_direction", "agrees")
    assert set(checked) == {("2022-23-q1", number) for number in (12, 13, 16, 17, 23)}
    assert found(refreshed.home, "printed_direction", "disagrees", "differs_in_basis") == {}
    # Damaged figures and lost arrows prove nothing.
    unknown = found(refreshed.home, "printed_direction", "cannot_tell")
    assert {("2022-23-q1", 3), ("2022-23-q1", 15), ("2022-23-q1", 21)} <= set(unknown)
    (arrow,) = unknown["2022-23-q1", 21]
    assert "84.8% in Calendar year 2022 against 89% in Calendar year 2021" in arrow[7]


def test_polarity_that_contradicts_itself(refreshed):
    assert set(found(refreshed.home, "printed_polarity", "disagrees")) == {("2020-21-q2", 16)}
    assert set(found(refreshed.home, "printed_polarity", "depends_on_method")) == {
        ("2016-17-q2", 35),
        ("2020-21-q2", 16),
    }


def test_children_in_care_are_not_the_same_number_everywhere(refreshed):
    clashes = found(refreshed.home, "implied_cohort", "disagrees")
    assert {key: len(pairs) for key, pairs in clashes.items()} == {("2020-21-q2", 10): 1, ("2020-21-q2", 11): 2}
    said = " ".join(finding[7] for pairs in clashes.values() for finding in pairs)
    assert "implies 663 " in said
    assert "implies 664 " in said
    assert "implies 622 to 633 " in said
    # In 2018/19 all of them are shares of 577 children.
    agreeing = found(refreshed.home, "implied_cohort", "agrees")
    assert {number for key, number in agreeing if key == "2018-19-q1"} == {5, 7, 9, 11, 12, 48}
    assert set(found(refreshed.home, "implied_cohort", "differs_in_basis")) == {("2020-21-q2", 5)}


def test_brackets_whose_meaning_changed(refreshed):
    changed = found(refreshed.home, "bracket_meaning", "differs_in_basis")
    assert set(changed) == {("2020-21-q2", 1), ("2020-21-q2", 8), ("2020-21-q2", 9)}
    assert (
        "implies 1074; 95.8% (250) in Quarter 1 2018/19 implied 261, 4.1 times apart" in changed["2020-21-q2", 1][0][7]
    )
    # Claims with their share in brackets are of the same whole in both editions.
    assert one(refreshed.home, "bracket_meaning", "2018-19-q1", 23)[0] == "agrees"
    assert found(refreshed.home, "bracket_possible", "disagrees") == {}


def test_targets(refreshed):
    clash = found(refreshed.home, "printed_target", "unit_clash")
    assert set(clash) == {("2016-17-q2", 30)}
    assert "is 1, a count, but the target '<5%' is a percentage" in clash["2016-17-q2", 30][0][7]
    met = {place: findings[0][6] for place, findings in found(refreshed.home, "printed_target").items()}
    assert {number for (key, number), text in met.items() if key == "2020-21-q2" and text == "Met"} == {4, 5, 6, 8, 9}
    assert {number for (key, number), text in met.items() if key == "2016-17-q2" and text == "Met"} == {21}
    assert one(refreshed.home, "printed_target", "2016-17-q2", 31)[0] == "depends_on_method"
    assert set(found(refreshed.home, "printed_target", "differs_in_basis")) == {("2016-17-q2", 1), ("2016-17-q2", 9)}
    assert found(refreshed.home, "printed_target", "disagrees") == {}


def test_lineage_of_the_published_editions(refreshed):
    rows = refreshed.home.query(
        """select edition_key, indicator_key, status, silence, related_indicator_key, editions_between
           from marts.mart_indicator_lineage"""
    )
    lineage = {row[:2]: row[2:] for row in rows}
    rolling, to_date = "first-time-entrants-rolling-12-months", "first-time-entrants-year-to-date"
    three, three_and_four = "entitlement-take-up-three-year-olds", "entitlement-take-up-three-and-four-year-olds"
    assert lineage["2020-21-q2", to_date] == ("basis_changed", "late", rolling, 0)
    assert lineage["2020-21-q2", three] == ("population_changed", None, three_and_four, 0)
    assert lineage["2020-21-q2", three_and_four][:3] == ("absent", "not_printed", three)
    assert lineage["2020-21-q2", "cfws-individuals"][0] == "successor"
    assert lineage["2020-21-q2", "assessments-within-45-days"][:2] == ("renamed", None)
    assert lineage["2020-21-q2", "primary-schools-good-or-outstanding"][:2] == ("continued", "unavailable")
    assert lineage["2022-23-q1", "child-protection-reviews-on-time"][:2] == ("continued", "damaged")
    assert lineage["2022-23-q1", "permanent-exclusions"][:2] == ("first_seen", None)
    assert lineage["2022-23-q1", "cse-referrals"] == ("absent", "not_printed", None, 1)
    assert lineage["2016-17-q2", "youth-reoffending-rate"][:2] == ("first_seen", "late")
    assert ("2016-17-q2", "permanent-exclusions") not in lineage


def test_children_behind(refreshed):
    rows = refreshed.home.query(
        """select edition_key, row_number, denominator_low, denominator_high, compared_with_benchmark,
           children_behind_benchmark_low, children_behind_benchmark_high from marts.mart_children_behind"""
    )
    behind = {row[:2]: row[2:] for row in rows}
    assert len(behind) == 22
    assert behind["2020-21-q2", 2] == (194, 194, "similar", 6.208, 6.208)
    assert behind["2020-21-q2", 1] == (1074, 1074, "better", -40.812, -40.812)
    assert behind["2020-21-q2", 3] == (1273, 1328, "similar", 20.368, 21.248)
    assert behind["2018-19-q1", 5][2] == "similar"
    assert {key for key, found in behind.items() if found[2] == "better"} == {
        *(("2018-19-q1", number) for number in (1, 2, 6)),
        *(("2020-21-q2", number) for number in (1, 4, 6)),
    }


def test_every_comparison_leads_to_lines_of_files_and_to_a_severity(refreshed):
    rows = refreshed.home.query(
        """select source_file, source_line_from, source_line_to, other_source_file, other_line_from, other_line_to,
           severity, verdict from marts.mart_published_audit"""
    )
    lengths = dict(refreshed.home.query("select source_file, line_count from marts.dim_edition"))
    for file, first, last, other, other_first, other_last, severity, verdict in rows:
        assert 1 <= first <= last <= lengths[file]
        assert (other is None) == (other_first is None) == (other_last is None)
        assert other is None or 1 <= other_first <= other_last <= lengths[other]
        assert severity in ("error", "warning", "info")
        assert (verdict == "disagrees") <= (severity != "info")
    (keys,) = refreshed.home.query("select count(*), count(distinct audit_key) from marts.mart_published_audit")
    assert keys[0] == keys[1] == len(rows) > 200


def test_evidence_is_one_sentence(refreshed):
    for (sentence,) in refreshed.home.query(
        f"select evidence from marts.mart_published_audit where check_code not in {NATIONAL}"
    ):
        assert sentence[-1] == "."
        assert sentence[0].isupper() or sentence[0] in "'0123456789"
        assert "  " not in sentence
        assert ".0%" not in sentence.replace("'", "").split(" against ")[0].split(" is ")[-1]


# -- editions made consistent -----------------------------------------------------------------------

KEY = (
    "Top quartile, or upper second quartile and improving",
    "Second or third quartile, could be better",
    "Fourth quartile, or lower third quartile and falling",
)
LOW_IS_GOOD = (
    "second or subsequent",
    "re-referrals",
    "2 years or more open",
    "3 or more placements",
    "NEET",
    "Rate of",
    "custody",
)
NEUTRAL = ("No. of",)
COHORTS = {
    "dental": "care",
    "health assessment": "care",
    "3 or more placements": "care",
    "Care Leavers": "leavers",
    "Care leavers": "leavers",
}


class Consistent:
    """True numbers of children by label and quarter, and editions that print them without contradiction."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.wholes: dict[tuple[str, int], int] = {}
        self.figures: dict[tuple[str, int], str] = {}

    def polarity(self, label: str) -> str | None:
        if any(part in label for part in NEUTRAL):
            return None
        return "low" if any(part in label for part in LOW_IS_GOOD) else "high"

    def figure(self, label: str, quarter: int) -> str:
        if (label, quarter) not in self.figures:
            cohort = next((name for part, name in COHORTS.items() if part in label), label)
            whole = self.wholes.setdefault((cohort, quarter), self.rng.randrange(300, 420))
            # Children in long-term care are some of the children in care.
            whole = whole // 2 if "same placement" in label else whole
            part = self.rng.randrange(1, whole)
            if label.startswith(("No.", "Number")):
                text = str(part)
            elif label.startswith("Rate"):
                text = f"{self.rng.uniform(0.1, 3):.2f}"
            else:
                text = f"{half_up(part, whole, 1)}% ({part})"
            self.figures[label, quarter] = text
        return self.figures[label, quarter]

    def moved(self, label: str, quarter: int) -> int:
        now, before = (float(self.figure(label, at).split("%")[0]) for at in (quarter, quarter - 1))
        return (now > before) - (now < before)

    def colour(self, label: str, quarter: int, quartile: int) -> str:
        polarity = self.polarity(label)
        trend = self.moved(label, quarter) * (-1 if polarity == "low" else 1) if polarity else 0
        if quartile in (1, 4):
            return "G" if quartile == 1 else "R"
        if (quartile, trend) in ((2, 1), (3, -1)):
            return self.rng.choice(("A", "G" if quartile == 2 else "R"))
        return "A"

    def write(self, folder: Path, layout: str, number: int, labels: list[tuple[str, str]]) -> None:
        """Quarter `number` counts quarters from April 2020."""
        year, quarter = 2020 + number // 4, number % 4 + 1
        span = f"{year}/{(year + 1) % 100:02d}"
        rows = []
        for theme, label in labels:
            polarity, moved = self.polarity(label), self.moved(label, number)
            quartile = self.rng.randrange(1, 5)
            percent = "%" in self.figure(label, number)
            cells = {
                "label_text": label,
                "period_text": f"Q{quarter} {span}",
                "value_text": self.figure(label, number),
                "rag_text": self.colour(label, number, quartile),
                "quartile_text": str(quartile),
                "benchmark_text": "50.0%" if percent else "n/a",
                "target_text": "60.0%" if percent else "n/a",
            }
            if layout == "compared_to_previous_2020":
                beside = f" ({polarity} is good)" if polarity else ""
                cells["comparison_text"] = "Similar" if not moved else ("Higher" if moved > 0 else "Lower") + beside
            else:
                before = number - 1
                earlier = 2020 + before // 4
                cells |= {
                    "theme_text": theme,
                    "frequency_text": "Quarter",
                    "rag_text": {"G": "Green", "A": "Amber", "R": "Red"}[cells["rag_text"]],
                    "comparison_text": {1: "Increase", -1: "Decrease", 0: "No change"}[moved],
                    "previous_period_text": f"Q{before % 4 + 1} {earlier}/{(earlier + 1) % 100:02d}",
                    "previous_value_text": self.figure(label, before).split(" (")[0],
                    "value_text": self.figure(label, number).split(" (")[0],
                    "target_text": (">" if polarity == "high" else "<") + "60.0%" if percent else "N/A",
                }
            rows.append(dashboards.Figures(theme, label, cells))
        text = dashboards.render(dashboards.Edition(layout, span, quarter, rows))
        if layout == "compared_to_previous_2020":
            text = text.replace("\n\nThis page", "\n\n" + "\n\n".join(KEY) + "\n\nThis page")
        (folder / f"{span.replace('/', '-')}-q{quarter}-dashboard.txt").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def consistent(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = new_home(tmp_path_factory.mktemp("consistent") / "home")
    made = Consistent(20)
    labels = dashboards.LABELS[:19]
    for number in (0, 1, 2):
        made.write(home.landing, "compared_to_previous_2020", number, labels)
    for number in (8, 9):
        made.write(home.landing, "previous_and_latest_2022", number, labels)
    return built(home, "+mart_published_audit", "+mart_indicator_lineage")


def test_editions_made_consistent_have_no_contradiction(consistent):
    rows = consistent.query(f"select {COLUMNS} from marts.mart_published_audit")
    assert len({row[0] for row in rows}) == 5
    # Made-up quartiles and averages follow from no national figure.
    assert [row for row in rows if row[3] in ("disagrees", "unit_clash") and row[2] not in NATIONAL] == []
    agreeing = Counter(row[2] for row in rows if row[3] == "agrees")
    least = {
        "printed_colour": 50,
        "printed_direction": 60,
        "printed_polarity": 30,
        "bracket_possible": 30,
        "implied_cohort": 9,
        "bracket_meaning": 20,
        "printed_target": 10,
        "previous_figure": 15,
    }
    assert {check: agreeing[check] >= number for check, number in least.items()} == dict.fromkeys(least, True), agreeing


# -- editions made wrong ----------------------------------------------------------------------------

THREE_MOVES = "Placement stability - % children with 3 or more placements during a year (low = good)"
DENTAL = "The % of children in care who have had dental checks within last 12 months (at end of period)"
ASSESSED = "% Single assessments completed within 45 days"
PLANS = "SEND - Percentage of EHC plans issued within 20 weeks"
REOFFENDING = "Rate of re-offending by young offenders (low = good)"
SUITABLE = "% of Care Leavers in suitable accommodation (end of quarter)"
EET = "The % of Care leavers in education, employment and training (EET) (end of quarter)"
CSE = "CSE referrals"


def with_lines(made: dict, *lines: tuple[str, str]) -> dict:
    """The edition with lines of these dispositions and texts after its rows."""
    about = {name: made["lines"][0][name] for name in ("edition_key", "source_sha256")}
    for number, (disposition, text) in enumerate(lines, len(made["lines"]) + 1):
        made["lines"].append(
            {**about, "line_number": number, "disposition": disposition, "row_number": None, "line_text": text}
        )
    made["file"]["line_count"] = len(made["lines"])
    return made


KEY_LINES = [("key", text) for text in KEY]
PREVIOUS = ("column_heading", "Compared to previous data")
LAST_YEAR = ("column_heading", "Compared to the same period last year")


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawHome]:
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("wrong") / "home"
        patch.setenv("QUARTERDECK_HOME", str(path))
        home = RawHome(path)
        home.write(
            [
                edition(
                    "2020-21-q1",
                    [
                        row(HOME_EDUCATED, "Q1", "700"),
                        row(REVIEWS, "Q1", "95.0% (190)"),
                        row(THREE_MOVES, "Q1", "10.0% (50)"),
                        row(PLANS, "2019", "80%"),
                        row(EET, "Q1", "60.0% (54)"),
                        row(SUITABLE, "Q1", "91%"),
                    ],
                ),
                with_lines(
                    edition(
                        "2020-21-q2",
                        [
                            row(
                                HOME_EDUCATED, "Q2", "718", comparison_text="Lower", target_text="Reduce", rag_text="G"
                            ),
                            row(REVIEWS, "Q2", "94.5% (189)", comparison_text="Higher", target_text="<90%"),
                            row(THREE_MOVES, "Q2", "10.0% (450)", rag_text="G", quartile_text="4"),
                            row(DENTAL, "Q2", "48.0% (240)", rag_text="R", quartile_text="3", comparison_text="Better"),
                            row(ASSESSED, "Q2", "98.6% (3)", rag_text="A", quartile_text="1"),
                            row(REOFFENDING, "Q4 2019/20", "0.76", comparison_text="Lower (high is good)"),
                            row(CSE, "Q2", "80", comparison_text="Better - no polarity", target_text="<5%"),
                            row(EET, "Q2", "60.1% (541)", comparison_text="Same", rag_text="G", quartile_text="2"),
                            row(SUITABLE, "Q2", "91.4%", comparison_text="Lower", rag_text="G", quartile_text="2"),
                        ],
                    ),
                    PREVIOUS,
                    *KEY_LINES,
                ),
                edition(
                    "2020-21-q3",
                    [
                        row(HOME_EDUCATED, "Q3", "730", comparison_text="Lower"),
                        row(
                            REVIEWS,
                            "Q3",
                            "90%",
                            previous_period_text="Q2 2020/21",
                            previous_value_text="95%",
                            comparison_text="Increase",
                        ),
                        row(
                            THREE_MOVES,
                            "Q3",
                            "10%",
                            previous_period_text="Q2 2020/21",
                            previous_value_text="10.1%",
                            comparison_text="•",
                        ),
                        row(REOFFENDING, "Not available", "Not available this quarter"),
                        row(SUITABLE, "Q3", "91.4%", comparison_text="Similar", rag_text="G", quartile_text="2"),
                        row(PLANS, "2019", "8 | 1%", comparison_text="Higher"),
                    ],
                ),
                edition(
                    "2021-22-q1", [row(HOME_EDUCATED, "Q1", "750"), row(EET, "Q1", "50%"), row(PLANS, "2020", "90%")]
                ),
                with_lines(
                    edition(
                        "2021-22-q2",
                        [
                            row(HOME_EDUCATED, "Q2", "740", comparison_text="Higher"),
                            row(EET, "Q2", "40%", comparison_text="Lower"),
                        ],
                    ),
                    PREVIOUS,
                ),
                with_lines(
                    edition(
                        "2022-23-q2",
                        [
                            row(HOME_EDUCATED, "Q2", "745", comparison_text="Lower"),
                            row(EET, "Q2", "35%", comparison_text="Lower"),
                            row(PLANS, "2021", "85%", comparison_text="Higher"),
                        ],
                    ),
                    LAST_YEAR,
                ),
                with_lines(
                    edition("2020-21-q2-rutland", [row(HOME_EDUCATED, "Q2", "40", comparison_text="Lower")]), PREVIOUS
                ),
            ]
        )
        states = home.build(
            *("--select", "+mart_published_audit", "+mart_indicator_lineage"),
            *("--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"),
        )
        assert {name for name, state in states.items() if state in ("error", "fail", "skipped")} == set()
        yield home


def test_each_colour_that_the_key_excludes_is_found(wrong):
    assert {number for _, number in found(wrong, "printed_colour", "disagrees")} == {3, 4, 5, 8, 9}
    # The row without a quartile, and no edition without a key.
    assert set(found(wrong, "printed_colour", "cannot_tell")) == {("2020-21-q2", 1)}
    assert {key for key, _ in found(wrong, "printed_colour")} == {"2020-21-q2"}


def test_words_against_figures_of_this_and_of_earlier_editions(wrong):
    def said(key: str, number: int) -> tuple[str, str]:
        return one(wrong, "printed_direction", key, number)[:2]

    assert said("2020-21-q2", 1) == ("disagrees", "period_before")
    assert said("2020-21-q2", 2) == ("disagrees", "period_before")
    # Same, and the figures differ by no more than their rounding.
    assert said("2020-21-q2", 8) == ("disagrees", "period_before")
    # 91 % can be any figure from 90.5 to 91.5.
    assert said("2020-21-q2", 9) == ("cannot_tell", "period_before")
    # No heading says what the edition compares with.
    assert said("2020-21-q3", 1) == ("cannot_tell", "period_before")
    assert said("2020-21-q3", 2) == ("disagrees", "figure_beside")
    assert said("2020-21-q3", 3) == ("cannot_tell", "figure_beside")
    assert said("2020-21-q3", 5) == ("agrees", "period_before")
    # Lower than the quarter before, higher than the year before.
    assert said("2021-22-q2", 1) == ("differs_in_basis", "period_before")
    assert said("2021-22-q2", 2) == ("agrees", "period_before")
    assert said("2022-23-q2", 1) == ("disagrees", "year_before")
    assert said("2022-23-q2", 2) == ("agrees", "year_before")
    # The year before a year is the period before it.
    assert said("2022-23-q2", 3) == ("disagrees", "period_before")
    # Another council's figures are not this one's.
    assert said("2020-21-q2-rutland", 1) == ("cannot_tell", "no_earlier_figure")


def test_polarities_that_contradict_each_other(wrong):
    contradictions = found(wrong, "printed_polarity", "disagrees")
    assert {number: {finding[4] for finding in findings} for (_, number), findings in contradictions.items()} == {
        6: {"polarity_beside_label", "polarity_of_indicator"},
        7: {"judgement_needs_polarity"},
    }


def test_brackets_that_cannot_be(wrong):
    assert set(found(wrong, "bracket_possible", "disagrees")) == {("2020-21-q2", 5)}
    assert set(found(wrong, "implied_cohort", "disagrees")) == {("2020-21-q2", 4)}
    changed = found(wrong, "bracket_meaning", "differs_in_basis")
    assert set(changed) == {("2020-21-q2", 3), ("2020-21-q2", 8)}
    assert "read as the number of the other children it would fit" in changed["2020-21-q2", 3][0][7]
    assert one(wrong, "bracket_meaning", "2020-21-q2", 2)[0] == "agrees"


def test_targets_that_clash(wrong):
    assert one(wrong, "printed_target", "2020-21-q2", 7)[0] == "unit_clash"
    verdict, _, evidence = one(wrong, "printed_target", "2020-21-q2", 2)
    assert verdict == "disagrees"
    assert "points the other way" in evidence
    verdict, method, evidence = one(wrong, "printed_target", "2020-21-q2", 1)
    assert (verdict, method) == ("differs_in_basis", "previous_figure")
    assert "was 700 before, so it is not met" in evidence


def test_the_figure_before_as_two_editions_print_it(wrong):
    assert {place: findings[0][3] for place, findings in found(wrong, "previous_figure").items()} == {
        ("2020-21-q3", 2): "agrees",
        ("2020-21-q3", 3): "disagrees",
        ("2020-21-q3", 6): "cannot_tell",
    }


def test_silence_is_told_apart(wrong):
    rows = wrong.query("select edition_key, indicator_key, status, silence from marts.mart_indicator_lineage")
    silence = {(key, indicator): (status, kind) for key, indicator, status, kind in rows}
    plans, offending = "send-plans-within-20-weeks", "youth-reoffending-rate"
    assert silence["2020-21-q2", plans] == ("absent", "not_due")
    assert silence["2020-21-q3", plans] == ("continued", "damaged")
    assert silence["2021-22-q2", plans] == ("absent", "not_due")
    assert silence["2021-22-q1", "child-protection-reviews-on-time"] == ("absent", "not_printed")
    assert silence["2020-21-q2", offending] == ("first_seen", "late")
    assert silence["2020-21-q3", offending] == ("continued", "unavailable")
    assert silence["2020-21-q2-rutland", "electively-home-educated"] == ("first_seen", None)


# -- the data that steer the audit ------------------------------------------------------------------


def seed(name: str) -> list[dict[str, str]]:
    import csv

    with (ROOT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_relations_and_cohorts_name_known_indicators_once():
    known = {row["indicator_key"]: row for row in seed("indicators")}
    pairs = [frozenset((row["indicator_key"], row["related_indicator_key"])) for row in seed("indicator_relations")]
    assert len(set(pairs)) == len(pairs)
    assert all(len(pair) == 2 and pair <= set(known) for pair in pairs)
    cohorts = [(row["cohort_key"], row["indicator_key"]) for row in seed("cohort_groups")]
    assert len(set(cohorts)) == len(cohorts)
    assert {indicator for _, indicator in cohorts} <= set(known)
    # A measure over another stretch of time is related as such.
    for pair in seed("indicator_relations"):
        if pair["relation"] == "other_basis":
            assert known[pair["indicator_key"]]["basis"] != known[pair["related_indicator_key"]]["basis"]


def test_every_verdict_has_a_severity():
    verdicts = {"agrees", "disagrees", "differs_in_basis", "unit_clash", "depends_on_method", "cannot_tell"}
    rows = seed("audit_severities")
    assert {row["verdict"] for row in rows if row["check_code"] == "*"} == verdicts
    assert {row["severity"] for row in rows} <= {"error", "warning", "info"}
    models = {path.stem.removeprefix("int_audit__") for path in (ROOT / "dbt_project").rglob("int_audit__*.sql")}
    # The model of claims has one check for each thing that a claim says.
    codes = {re.sub("^printed_|(?<=^claim)_.*", "", row["check_code"]) for row in rows}
    assert codes - {"*"} <= models | {"colour", "direction"}
