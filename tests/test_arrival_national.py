"""National files that arrive otherwise than those before: renamed, recoded, separated, corrected. Invented figures."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from test_national_files import LONG, OPEN_DATA, ROOT, Project, csv_text, long_row, open_data_text

from ingest.intake.areas import load_areas
from ingest.intake.decisions import WITHDRAW, decide
from ingest.national import files, mappings
from scripts import seed_authorities

SEEDS = ROOT / "dbt_project" / "seeds" / "national"
SHARED = ROOT.parent / "shared" / "failing"
AREAS = load_areas(ROOT / "config" / "areas.yml").areas
GEOGRAPHY = ["time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code"]
GEOGRAPHY += ["region_name", "old_la_code", "new_la_code", "la_name"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """With the project's own seeds, copied."""
    made = Project(tmp_path)
    shutil.copytree(SEEDS, tmp_path / "seeds")
    made.ws = replace(made.ws, reference_dir=tmp_path / "seeds")
    return made


def authority_rows(*authorities: tuple[str, str, str], **cells: str) -> str:
    """An open-data file with one row an authority (number, code, name) and these further cells."""
    rows = [
        ["2031", "Reporting year", "Local authority", "E92000001", "England", "E12000004", "East Midlands", *authority]
        for authority in authorities
    ]
    return csv_text([*GEOGRAPHY, *cells], *([*row, *cells.values()] for row in rows))


LEICESTERSHIRE, RUTLAND = ("855", "E10000018", "Leicestershire"), ("857", "E06000017", "Rutland")


# -- mappings that find nothing any more --------------------------------------------------------------

MAPPED = [
    {
        "measure_key": key,
        "dataset_key": "puffins_by_cliff",
        "filters": '{"cliff": "Total", "season": "Spring"}',
        "value_indicator": value,
        "numerator_indicator": "puffin_count",
        "denominator_indicator": "bird_count",
        "denominator_filters": "",
    }
    for key, value in (("Puffins", "puffin_percent"), ("PuffinNum", "puffin_count"))
]
FITS = {
    "indicators": ["bird_count", "puffin_count", "puffin_percent"],
    "filters": ['{"cliff": "High", "season": "Spring"}', '{"cliff": "Total", "season": "Spring"}'],
    "areas": ["855", "857"],
    "names": ["Leicestershire", "Rutland"],
}
CHANGES = {
    "nothing": ({}, {}, []),
    "indicator": ({"indicators": ["bird_count", "puffin_count", "puffin_pct"]}, {}, [("puffin_percent", "puffin_pct")]),
    "indicator of both": (
        {"indicators": ["bird_count", "puffins", "puffin_percent"]},
        {},
        [("puffin_count", "puffins")],
    ),
    "item": ({"filters": ['{"cliff": "Total", "season": "In spring"}']}, {}, [("season: Spring", "In spring")]),
    "filter": ({"filters": ['{"cliff_name": "Total", "season": "Spring"}']}, {}, [("cliff", "cliff_name")]),
    "filter added": (
        {"filters": ['{"cliff": "Total", "season": "Spring", "sex": "Total"}']},
        {},
        [('{"cliff": "Total", "season": "Spring"}', "sex")],
    ),
    "combination": (
        {"filters": ['{"cliff": "Total", "season": "Winter"}', '{"cliff": "High", "season": "Spring"}']},
        {},
        [('{"cliff": "Total", "season": "Spring"}', "Nearest is")],
    ),
    "area gone": ({"areas": ["857"], "names": ["Rutland"]}, {"areas": ["855", "857"]}, [("855", "Leicestershire")]),
    "area renumbered": ({"areas": ["998"], "names": ["Leicestershire"]}, {}, [("855", "Nearest is 'Leicestershire'")]),
    "area that never was there": ({"areas": ["998"], "names": ["Kent"]}, {}, []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_newer_release_calls_otherwise_is_named_once_with_the_nearest(change: str) -> None:
    now, before, expected = CHANGES[change]
    held = mappings.Held("puffins.csv", "puffins_by_cliff", "2031", {**FITS, **now}, before)
    found = mappings.unmatched(held, MAPPED, AREAS)
    assert [one.wanted for one in found] == [wanted for wanted, _ in expected]
    for one, (_, near) in zip(found, expected, strict=True):
        assert near in one.message and "puffins.csv" in one.message and "2031" in one.message


def test_a_data_set_under_another_name_is_named_and_another_data_set_is_not() -> None:
    held = mappings.Held("x.csv", "puffins_by_cliffs", "2031", FITS, {})
    assert [one.wanted for one in mappings.unmatched(held, MAPPED, AREAS)] == ["puffins_by_cliffs"]
    for other in (replace(held, dataset_key="gulls"), replace(held, now={**FITS, "indicators": ["gull_count"]})):
        assert mappings.unmatched(other, MAPPED, AREAS) == []


def test_a_measure_that_left_the_long_file_is_named() -> None:
    held = mappings.Held("long.csv", "lait_long", "r2", {"measures": ["Puffin_share"]}, {"measures": ["Gulls"]})
    found = mappings.measures_unmatched(held, ["Gulls", "Puffins_share", "Terns", "Skuas"], ["Skuas"])
    assert [one.wanted for one in found] == ["Gulls", "Puffins_share"]
    assert "Puffin_share" in found[1].message


def test_a_renamed_indicator_in_a_newer_release_is_a_warning_of_the_refresh(project: Project) -> None:
    row = next(row for row in mappings.load_map(SEEDS) if row["measure_key"] == "PrevRegCPR")
    cells = {**json.loads(row["filters"]), "CPP_start": "40", "CPP_subsequent": "10", "CPP_subsequent_percent": "25"}
    project.drop("d3_cpps_subsequent_plan_2030.csv", authority_rows(LEICESTERSHIRE, RUTLAND, **cells))
    project.refresh()
    assert project.problems("mapping_unmatched") == []
    renamed = {name.replace("subsequent_percent", "subsequent_pct"): text for name, text in cells.items()}
    newer = authority_rows(LEICESTERSHIRE, RUTLAND, **renamed).replace("2031", "2032")
    project.drop("d3_cpps_subsequent_plan_2031.csv", newer)
    project.refresh()
    [told] = project.problems("mapping_unmatched")
    assert (told["severity"], told["printed_text"]) == ("warning", "CPP_subsequent_percent")
    assert "'CPP_subsequent_pct'" in told["message"] and "PrevRegCPR" in told["message"]


def test_each_row_of_the_map_holds_for_the_file_it_was_made_for() -> None:
    for row in mappings.load_map(SEEDS):
        filters = [json.loads(row[name]) for name in ("filters", "denominator_filters") if row[name]]
        now = {
            "indicators": [row[f"{part}_indicator"] for part in ("value", "numerator", "denominator")],
            "filters": [json.dumps(one) for one in filters],
        }
        held = mappings.Held("x.csv", row["dataset_key"], "2031", now, {})
        assert mappings.unmatched(held, [row], AREAS) == []


# -- reference data -----------------------------------------------------------------------------------


def test_a_new_code_counts_by_number_and_name_and_is_said_once(project: Project) -> None:
    rows = authority_rows(("370", "E08000099", "Barnsley"), ("373", "E08000039", "Sheffield"), LEICESTERSHIRE, rate="4")
    project.drop("x_2031.csv", rows + rows.split("\n", 1)[1].replace("2031", "2030"))
    project.refresh()
    assert {row["row_is_sound"] for row in project.rows("x_2031.csv")} == {True}
    [told] = project.problems("area_code_new")
    assert (told["severity"], told["printed_text"], told["source_row"]) == ("warning", "E08000099", 2)
    assert "python -m scripts.seed_authorities" in told["message"]


@pytest.mark.parametrize(
    "authority",
    [("370", "E08000099", "Barnstaple"), ("999", "E06000999", "Newtown"), ("", "E08000099", "Barnsley")],
    ids=["another name", "unknown altogether", "no number"],
)
def test_a_new_code_without_number_and_name_of_one_authority_stays_unknown(
    project: Project, authority: tuple[str, str, str]
) -> None:
    project.drop("x_2031.csv", authority_rows(authority, LEICESTERSHIRE, rate="4"))
    project.refresh()
    [told] = project.problems("unknown_area")
    assert "python -m scripts.seed_authorities" in told["message"] and "area_changes.csv" in told["message"]
    assert sorted(row["row_is_sound"] for row in project.rows("x_2031.csv")) == [False, True]


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_codes_of_april_2025_are_in_and_the_earlier_ones_are_known(project: Project) -> None:
    known = files.known_areas(project.ws)
    for old, new, name in (("E08000016", "E08000038", "Barnsley"), ("E08000019", "E08000039", "Sheffield")):
        assert known[old] == known[new] == name
        assert ("2025-04-01", old, new) in {
            (row["change_date"], row["from_area_code"], row["to_area_code"]) for row in seed("area_changes")
        }


def test_what_is_announced_names_authorities_that_are_there_and_no_invented_code() -> None:
    authorities = {row["la_number"]: row for row in seed("authorities")}
    announced = seed("announced_area_changes")
    for row in announced:
        there = authorities[row["from_la_number"]]
        assert (there["area_name"], there["valid_to"]) == (row["from_area_name"], "")
        assert re.fullmatch(r"(E06[0-9]{6})?", row["to_area_code"]) and row["source"]
        assert bool(row["to_area_name"]) == (row["status"] == "decided")
    decided = {(row["planned_date"], row["to_area_name"]) for row in announced if row["status"] == "decided"}
    assert {("2027-04-01", "East Surrey"), ("2027-04-01", "West Surrey")} <= decided


def test_the_command_gives_a_change_of_code_once_whether_or_not_the_files_print_it() -> None:
    listed = [{"la_number": 370, "la_name": "Barnsley", "region_name": "Yorkshire", "type_text": "Met"}]

    def printed(year: str, code: str) -> dict[str, str | None]:
        blank = dict.fromkeys(("country_code", "region_code", "region_name"))
        at = {"time_period": year, "time_identifier": "Reporting year", "geographic_level": "Local authority"}
        return {**blank, **at, "la_code": code, "la_number_text": "370", "value_text": "1"}

    for rows in (
        [printed("2024", "E08000016")],
        [printed("2024", "E08000016"), printed("2025", "E08000038")],
        [printed("2023", "E08000016"), printed("2023", "E08000038"), printed("2025", "E08000038")],
    ):
        derived = seed_authorities.derive(listed, rows)
        assert [(row["area_code"], row["valid_from"]) for row in derived.authorities] == [("E08000038", "2025-04-01")]
        assert [(row["change_date"], row["from_area_code"], row["to_area_code"]) for row in derived.changes] == [
            ("2025-04-01", "E08000016", "E08000038")
        ]


# -- forms of files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "cut off"])
def test_the_end_of_a_utf_16_file_is_seen(project: Project, encoding: str, whole: bool) -> None:
    text = csv_text(LONG, *(long_row(period=str(year)) for year in range(2016, 2020)))
    project.drop("long.csv", (text if whole else text.rstrip("\n")).encode(encoding))
    project.drop(
        "puffins_2020.csv", (open_data_text("2020") if whole else open_data_text("2020").rstrip("\n")).encode(encoding)
    )
    project.refresh()
    assert {row["outcome"] for row in project.listed().values()} == {"loaded"}
    assert len(project.problems("end_missing")) == (0 if whole else 2)


@pytest.mark.parametrize(("separator", "words"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_a_file_with_other_separators_is_named_as_such(project: Project, separator: str, words: str) -> None:
    text = "\n".join(separator.join(cells) for cells in (LONG, long_row())) + "\n"
    code, message = project.rejection("long.csv", text)
    assert code == "wrong_separator" and words in message and "Local Authority Interactive Tool" in message
    standard = "\n".join(separator.join(cells) for cells in (OPEN_DATA, OPEN_DATA)) + "\n"
    assert "explore-education-statistics" in project.rejection("x_2020.csv", standard)[1]


# -- corrections, and errors of files that are gone ---------------------------------------------------


def test_a_correction_of_a_national_file_can_be_taken_back(project: Project) -> None:
    good, wrong = (csv_text(LONG, long_row(value=value)) for value in ("1", "2"))
    for content in (good, wrong, good):
        path = project.drop("long.csv", content, "release: r1\n")
        catalogue = project.refresh()
        [sha] = catalogue.in_force
        assert files.archive_of(project.ws).path_of(sha).read_bytes() == path.read_bytes()
    received = [(record.source_sha256, record.source_file) for record in catalogue.records]
    decide(project.ws.archive_dir, received, WITHDRAW, sha, decided_by="A. Person", reason="Wrong year.")
    [other] = project.refresh().in_force
    assert other != sha
    [told] = project.problems("version_withdrawn")
    assert "Wrong year." in told["message"] and "A. Person" not in told["message"]


def test_the_error_of_a_national_file_that_is_gone_disappears(project: Project) -> None:
    bad = project.drop("list.csv", "a,b\n1,2\n")
    project.drop("Thumbs.db", "x")
    project.drop("~$list.xlsx", "x")
    project.refresh()
    assert [row["issue_code"] for row in project.problems()] == ["unknown_kind"]
    bad.unlink()
    project.refresh()
    assert project.problems() == [] and project.listed() == {}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared material is not beside the project")
@pytest.mark.parametrize("case", ["new-codes-of-barnsley-and-sheffield", "renamed-indicator-in-newer-release"])
def test_the_shared_national_files_are_handled(project: Project, case: str) -> None:
    shutil.copytree(SHARED / case / "landing" / "national", project.landing / "national")
    project.refresh()
    codes = {problem["issue_code"] for problem in project.problems()}
    assert "unknown_area" not in codes
    assert ("mapping_unmatched" in codes) == case.startswith("renamed")
