# ruff: noqa: E501 - printed rows stand in one line
"""What arrives is what it says it is: councils, layouts, corrections and leftovers. Figures are invented."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
import yaml
from dashboards import LAYOUTS
from test_ingest_pipeline import LANDING, ROOT, RUTLAND, Project, bundled, text_of

from ingest.dashboards.layouts import CompiledLayout, load_layouts, recognise, rivals
from ingest.intake.areas import Areas, load_areas
from ingest.intake.decisions import PUT_IN_FORCE, WITHDRAW, DecisionError, decide, load_decisions
from ingest.intake.decoding import decode
from ingest.intake.errors import ConfigurationError, FileRejected
from ingest.intake.workspace import LAYOUTS_DIR
from ingest.pipeline import pending, recognise_document

SHARED = ROOT.parent / "shared" / "failing"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def alone(tmp_path: Path) -> Project:
    """Only Leicestershire is listed, as the project comes."""
    made = Project(tmp_path)
    shutil.copy(ROOT / "config" / "areas.yml", made.ws.areas_path)
    return made


@cache
def silent() -> str:
    """A dashboard in whose text no council is named."""
    return text_of("supporting_indicators_2016", 2018, 2, 3, rows=6).replace("Leicestershire", "Local")


@cache
def rules() -> tuple[tuple[CompiledLayout, ...], Areas]:
    return load_layouts(), load_areas(ROOT / "config" / "areas.yml")


def taken_for(name: str, text: str) -> tuple[str, str]:
    """Edition of a file, or the code of its rejection; and the council or the message."""
    layouts, areas = rules()
    decoded = decode(text.encode())
    try:
        _, identity = recognise_document(decoded, name, None, layouts, areas)
    except FileRejected as error:
        return error.code, error.message
    return identity.edition_key, identity.area.area_name


# -- councils -----------------------------------------------------------------------------------------

NAMES_ANOTHER = {
    "a council without its kind": ("northmarsh_council/2018-19-q2.txt", "Northmarsh"),
    "folder": ("rutland/2018-19-q2.txt", "Rutland"),
    "folder below a folder": ("2018/Rutland/q2 2018-19.txt", "Rutland"),
    "folder in full": ("Rutland County Council/2018-19-q2.txt", "Rutland"),
    "folder by code": ("E06000017/2018-19-q2.txt", "Rutland"),
    "folder by number": ("857/2018-19-q2.txt", "Rutland"),
    "folder of the neighbouring city": ("leicester/2018-19-q2.txt", "Leicester"),
    "folder of a council of the past": ("cumbria/2018-19-q2.txt", "Cumbria"),
    "folder of a county that is in no list": ("cheshire/2018-19-q2.txt", "Cheshire"),
    "folder of a district": ("north-west-leicestershire/2018-19-q2.txt", "North West Leicestershire"),
    "folder with a short name": ("bristol/2018-19-q2.txt", "Bristol"),
    "name": ("kent 2018-19-q2 dashboard.txt", "Kent"),
    "name with strokes": ("2018-19-q2_bath_and_north_east_somerset.txt", "Bath and North East Somerset"),
    "name without spaces": ("RutlandPerformance2018-19Q2.txt", "Rutland"),
    "name of a borough": ("London Borough of Camden 2018-19 Q2.txt", "Camden"),
    "name with a ligature": ("She\ufb03eld 2018-19-q2.txt", "Sheffield"),
    "name with a soft hyphen": ("Rut\xadland 2018-19-q2.txt", "Rutland"),
    "name in full width": ("\uff32\uff55\uff54\uff4c\uff41\uff4e\uff44/2018-19-q2.txt", "Rutland"),
    "name with other blanks": (
        "Bath\xa0and\xa0North\xa0East\xa0Somerset\xa0Council 2018-19-q2.txt",
        "Bath and North East",
    ),
    "folder without spaces": ("miltonkeynes/2018-19-q2.txt", "Milton Keynes"),
    "folder by its first part": ("southend/2018-19-q2.txt", "Southend-on-Sea"),
    "first part of two names": ("kingston/2018-19-q2.txt", "Kingston"),
    "abbreviated county": ("Notts 2018-19-q2.txt", "Nottinghamshire"),
    "abbreviated and qualified": ("west northants/2018-19-q2.txt", "West Northamptonshire"),
    "initials": ("lbhf/2018-19-q2.txt", "Hammersmith and Fulham"),
    "an ordinary word with council": ("reading council/2018-19-q2.txt", "Reading"),
    "an ordinary word with the edition": ("Reading 2018-19-q2 dashboard.txt", "Reading"),
    "name of a council elsewhere": ("Vale of Glamorgan County Borough Council 2018-19 Q2.txt", "Glamorgan"),
}


@pytest.mark.parametrize("kind", NAMES_ANOTHER)
def test_a_folder_or_name_of_a_council_that_is_not_listed_is_never_the_default_council(kind: str) -> None:
    name, council = NAMES_ANOTHER[kind]
    code, message = taken_for(name, silent())
    assert code == "area_unknown"
    assert council in message and "config/areas.yml" in message


NAMES_NOBODY = (
    "2018/2018-19-q2.txt",
    "archive/old files/2018-19-q2.txt",
    "dashboards/children's services/quarterly/2018-19-q2.txt",
    "reading scores/2018-19-q2.txt",
    "reading at key stage 2 2018-19-q2.txt",
    "leics/2018-19-q2.txt",
    "2018\u201119\u2011q2\xa0dashboard.txt",
    "Q2\xa02018\u201319.txt",
    "east midlands/2018-19-q2.txt",
    "county council/2018-19-q2.txt",
    "youth council/2018-19-q2.txt",
    "report-to-council-2018-19-q2.txt",
    "leicestershire council/2018-19-q2.txt",
    "for the council/Performance Report County Council 2018-19 Q2.txt",
    "2018-19-q2 compared with Nottinghamshire.txt",
    "inbox 857a/2018-19-q2.txt",
    "Leicestershire County Council/2018-19-q2.txt",
    "Performance Dashboard Leicestershire County Council 2018-19 Q2.txt",
)


@pytest.mark.parametrize("name", NAMES_NOBODY)
def test_a_folder_or_name_that_names_no_other_council_does_no_harm(name: str) -> None:
    assert taken_for(name, silent()) == ("2018-19-q2", "Leicestershire")


TITLE = "Children and Families Performance FY2018/19 Q2"
IN_TEXT = {
    "title": (f"Rutland {TITLE}", "area_unknown"),
    "title in full": (f"Rutland County Council {TITLE}", "area_unknown"),
    "a line before the title": (f"Rutland County Council\n{TITLE}", "area_unknown"),
    "a name alone before the title": (f"Kent\n\n{TITLE}", "area_unknown"),
    "a name and its kind alone": (f"Nottingham City\n{TITLE}", "area_unknown"),
    "the listed one alone": (f"LEICESTERSHIRE\n{TITLE}", None),
    "a name alone below the title": (f"{TITLE}\nKent", None),
    "a council elsewhere": (f"Cardiff County Council\n{TITLE}", "area_unknown"),
    "a council without its kind": (f"Northmarsh Council\n{TITLE}", "area_unknown"),
    "a council that is none of a place": (f"Children in Care Council\n{TITLE}", None),
    "a report to the council": (f"Report to Council\n{TITLE}", None),
    "the listed one, a letter misread": (f"Leicestershlre County Council\n{TITLE}", None),
    "a partnership with the listed one": (f"Leicester, Leicestershire and Rutland {TITLE}", None),
    "compared with another": (f"{TITLE} compared with Nottinghamshire", None),
    "a comparator's line": (f"{TITLE}\nNottinghamshire County Council average: 90%", None),
    "a sentence about another": (f"{TITLE}\nRutland County Council figures are not included here.", None),
    "a footnote about another": (f"{TITLE}\nRutland County Council's children are counted there in 2018.", None),
    "another's page line": (f"{TITLE}\nRutland County Council, page 1 of 2", "area_unknown"),
    "neighbours": (f"{TITLE}\nStatistical neighbours: Nottinghamshire, Kent and Essex", None),
}


@pytest.mark.parametrize("kind", IN_TEXT)
def test_a_title_that_names_another_council_stops_the_file_and_a_neighbour_does_not(kind: str) -> None:
    head, code = IN_TEXT[kind]
    text = silent()
    title = next(line for line in text.split("\n") if "2018/19" in line)
    found, words = taken_for("2018-19-q2.txt", text.replace(title.split("\t")[0], head, 1))
    assert found == (code or "2018-19-q2"), words


def test_a_title_of_another_county_contradicts_the_folder() -> None:
    code, message = taken_for("leicestershire/2018-19-q2.txt", "Nottinghamshire County Council\n" + silent())
    assert code == "area_conflict"
    assert "Nottinghamshire" in message and "folder leicestershire" in message and "line 1" in message


def test_the_message_says_how_to_list_the_council_and_that_works(alone: Project) -> None:
    alone.drop("rutland/2018-19-q2.txt", silent())
    alone.refresh()
    message = alone.outcome("rutland/2018-19-q2.txt")[2]
    entry = yaml.safe_load(message[message.index("{") : message.index("}") + 1])
    assert (entry["area_code"], entry["la_number"]) == (RUTLAND["area_code"], RUTLAND["la_number"])
    listed = yaml.safe_load(alone.ws.areas_path.read_text(encoding="utf-8"))
    listed["areas"].append(entry)
    alone.ws.areas_path.write_text(yaml.safe_dump(listed), encoding="utf-8")
    assert list(alone.refresh().in_force) == ["2018-19-q2-rutland"]


def test_names_that_are_much_alike_are_told_apart() -> None:
    areas = load_areas(ROOT / "config" / "areas.yml")
    assert areas.council("North Northamptonshire") == "North Northamptonshire"
    assert areas.council("Gloucestershire") == "Gloucestershire"
    assert areas.council("Leicestershrie") == areas.default
    assert areas.council("Leicester") == "Leicester"


@pytest.mark.parametrize(
    "council",
    [
        *("Rutland County Council", "City of Westminster", "The City of York Council", "London Borough of Camden"),
        *("Royal Borough of Windsor and Maidenhead", "Bath & North East Somerset Council", "Medway Council"),
    ],
)
def test_a_report_of_another_council_that_speaks_of_the_listed_one_is_not_its_report(
    alone: Project, council: str
) -> None:
    report = (
        f"Purpose of the Report\n1. {council} presents its performance for Quarter 2 2020/21 here.\n"
        + "".join(f"{n}. The figure fell to {n}.5% which is below the one before.\n" for n in range(2, 20))
        + "20. The figure for Leicestershire was higher.\n"
    )
    alone.drop("2020-21-q2-report.txt", report)
    alone.refresh()
    assert alone.outcome("2020-21-q2-report.txt")[:2] == ("rejected", "area_unknown")


REPORT_HEADS = {
    "a title": ("Kent\nChildren's services performance\n\nPurpose of the Report\n", "its", "Kent"),
    "a title in one line": ("Nottingham City: performance in Quarter 2 2020/21\n\nPurpose of the Report\n", "its", "Nottingham"),
    "a sentence on itself": ("Purpose of the Report\n", "Kent's", "Kent"),
    "the county of a sentence": ("Purpose of the Report\n", "the city of Nottingham's", "Nottingham"),
    "an ordinary word": ("Reading Children's Services Performance Report\n\nPurpose of the Report\n", "its", "Reading"),
    "of a scrutiny of reading": ("Reading at Key Stage 2\n\nPurpose of the Report\n", "its", None),
    "the listed one and another": ("Leicestershire and Rutland\n\nPurpose of the Report\n", "its", None),
    "a place where people met": ("County Hall, Leicester LE3 8RA\n\nPurpose of the Report\n", "its", None),
    "a comparison in a title": ("Performance compared with Kent\n\nPurpose of the Report\n", "its", None),
    "the listed one in a sentence": ("Purpose of the Report\n", "Leicestershire's", None),
}  # fmt: skip


@pytest.mark.parametrize("kind", REPORT_HEADS)
def test_a_report_whose_title_or_own_sentence_names_another_is_not_the_default_councils(kind: str) -> None:
    head, whose, council = REPORT_HEADS[kind]
    report = (
        f"{head}1. This report presents {whose} performance for Quarter 2 2020/21.\n"
        "2. Like Kent, the service sees fewer re-referrals, and the figure is lower than in Essex.\n"
        + "".join(f"{n}. The figure fell to {n}.5% which is below the one before.\n\n" for n in range(3, 12))
        + "Learning from Kent\n\n12. What was learnt in Kent is used here.\n"
    )
    found, words = taken_for("2020-21-q2-report.txt", report)
    assert found == ("area_unknown" if council else "2020-21-q2"), words
    assert (council or "Leicestershire") in words


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared material is not beside the project")
def test_the_shared_file_of_another_council_is_refused(alone: Project) -> None:
    shutil.copytree(SHARED / "reading" / "05-other-council", alone.landing, dirs_exist_ok=True)
    assert alone.refresh().in_force == {}
    assert [row["error_code"] for row in alone.table("received_files.parquet")] == ["area_unknown"]


# -- layouts ------------------------------------------------------------------------------------------

WEAK = {
    "layout": "another_table",
    "description": "Made up.",
    "shape": "table",
    "recognise": {"signs": [r"\bQ[1-4]\b"], "at_least": 1},
    "columns": [
        {"column": "label_text", "kind": "label"},
        {"column": "period_text", "kind": "period", "required": True},
        {"column": "value_text", "kind": "value", "required": True},
    ],
}
SIGNS = {
    "one sign": [r"\bQ[1-4]\b"],
    "one sign in three words": [r"\bQ[1-4]\b", r"Q[1-4]", r"[Qq]"],
    "many signs of any table": [r"%", r"\bQ[1-4]\b", r"\([0-9,]+\)", r"\.", "low", "high", "the", "of"],
}


@pytest.fixture
def with_layouts(tmp_path: Path) -> Project:
    shutil.copytree(LAYOUTS_DIR, tmp_path / "layouts")
    made = Project(tmp_path, layouts_dir=tmp_path / "layouts")
    for year, layout in enumerate(LAYOUTS, start=2017):
        made.drop(f"{year}-{year - 1999}-q2.txt", text_of(layout, year, 2, year, rows=6))
    made.refresh()
    return made


def add_layout(project: Project, signs: list[str]) -> Path:
    path = project.ws.layouts_dir / "another_table.yml"
    content = {**WEAK, "recognise": {"signs": signs, "at_least": 1}}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", SIGNS)
def test_a_new_layout_takes_no_loaded_edition_and_is_refused_itself(with_layouts: Project, kind: str) -> None:
    before = {row["source_file"]: row["layout"] for row in with_layouts.table("received_files.parquet")}
    path = add_layout(with_layouts, SIGNS[kind])
    catalogue = with_layouts.refresh()
    assert {row["source_file"]: row["layout"] for row in with_layouts.table("received_files.parquet")} == before
    assert len(catalogue.in_force) == 4
    told = [p for p in catalogue.problems if p["issue_code"] == "layout_refused"]
    assert [(p["severity"], p["source_file"]) for p in told] == [("error", "layouts/another_table.yml")]
    assert all(edition in told[0]["message"] for edition in catalogue.in_force)
    # A new edition is read by its own layout too, and what only the refused layout would fit is not guessed.
    with_layouts.drop("2021-22-q3.txt", text_of("compared_to_previous_2020", 2021, 3, 5, rows=6))
    with_layouts.drop("2021-22-q4.txt", "A table\nChildren\tQ4\t12%\nFamilies\tQ4\t13%\n")
    with_layouts.refresh()
    assert with_layouts.outcome("2021-22-q3.txt")[0] == "loaded"
    assert with_layouts.outcome("2021-22-q4.txt")[1] == "unknown_layout"
    path.unlink()
    assert not [p for p in with_layouts.refresh().problems if p["issue_code"] == "layout_refused"]


def test_a_new_layout_with_signs_of_its_own_is_no_rival(with_layouts: Project) -> None:
    add_layout(with_layouts, [r"\bQ[1-4]\b", "^A table of its own$"])
    with_layouts.drop("2021-22-q4.txt", "A table of its own\nChildren\tQ4\t12%\nFamilies\tQ4\t13%\n")
    catalogue = with_layouts.refresh()
    assert len(catalogue.in_force) == 5
    assert with_layouts.outcome("2021-22-q4.txt")[0] == "loaded"
    assert not [p for p in catalogue.problems if p["issue_code"] == "layout_refused"]


def test_an_edition_whose_layout_is_gone_is_recognised_anew(with_layouts: Project) -> None:
    [flowing] = [row["source_file"] for row in with_layouts.table("received_files.parquet") if "flow" in row["layout"]]
    (with_layouts.ws.layouts_dir / "flowing_2018.yml").unlink()
    assert len(with_layouts.refresh().in_force) == 3
    assert with_layouts.outcome(flowing)[1] == "unknown_layout"


@pytest.mark.parametrize("path", sorted(LANDING.glob("*-dashboard.txt")), ids=lambda path: path.stem)
def test_a_bundled_edition_shows_one_layout_only(path: Path) -> None:
    lines, layouts = path.read_text(encoding="utf-8").split("\n"), rules()[0]
    assert rivals(recognise(lines, layouts), lines, layouts) == []


# -- corrections --------------------------------------------------------------------------------------

GOOD, WRONG = text_of(seed=1, rows=12), text_of(seed=2, rows=12)


def later(path: Path, seconds: int = 5) -> None:
    """Written at another time: the tests are faster than the clock of some disks."""
    stamp = time.time() + seconds
    os.utime(path, (stamp, stamp))


def in_force(project: Project) -> str:
    sha = project.refresh().in_force["2020-21-q2"]
    return "good" if project.ws.archive.path_of(sha).read_bytes() == GOOD.encode() else "wrong"


def test_the_same_bytes_dropped_again_take_a_correction_back(project: Project) -> None:
    path = project.drop("2020-21-q2-dashboard.txt", GOOD)
    assert in_force(project) == "good"
    project.drop(path.name, WRONG)
    assert in_force(project) == "wrong"
    project.drop(path.name, GOOD)
    assert pending(project.ws)
    assert in_force(project) == "good"
    assert not pending(project.ws)
    # And once more each, because people do.
    project.drop(path.name, WRONG)
    assert in_force(project) == "wrong"
    project.drop(path.name, GOOD)
    assert in_force(project) == "good"
    assert [row["version_number"] for row in project.table("received_files.parquet")] == [1, 2]


def test_a_copy_over_the_good_file_is_a_statement_and_leaving_it_is_none(project: Project) -> None:
    good = project.drop("2020-21-q2-a.txt", GOOD)
    assert in_force(project) == "good"
    wrong = project.drop("2020-21-q2-b.txt", WRONG)
    assert in_force(project) == "wrong"
    wrong.unlink()
    waiting = pending(project.ws)
    assert not waiting and any("drop 2020-21-q2-a.txt" in note and "accept: true" in note for note in waiting.notes)
    assert in_force(project) == "wrong"
    good.write_text(GOOD, encoding="utf-8")
    later(good)
    assert pending(project.ws)
    assert in_force(project) == "good"


def test_a_folder_that_is_restored_as_a_whole_states_nothing(project: Project) -> None:
    paths = [project.drop("2020-21-q2-a.txt", GOOD)]
    project.refresh()
    paths.append(project.drop("2020-21-q2-b.txt", WRONG))
    assert in_force(project) == "wrong"
    for path in reversed(paths):
        later(path)
    assert not pending(project.ws)
    assert in_force(project) == "wrong"


def test_a_note_that_accepts_the_displaced_version_puts_it_in_force(project: Project) -> None:
    project.drop("2020-21-q2.txt", GOOD)
    project.refresh()
    wrong = project.drop("wrong.txt", WRONG)
    assert in_force(project) == "wrong"
    wrong.unlink()
    project.drop("2020-21-q2.yml", "accept: true\n")
    assert in_force(project) == "good"
    project.drop("newer.txt", text_of(seed=9, rows=12))
    assert in_force(project) == "wrong", "a correction that comes later counts as before"


def test_another_landing_folder_makes_nothing_disappear(project: Project, tmp_path: Path) -> None:
    project.drop("2020-21-q2.txt", GOOD)
    project.drop("bad.txt", "no dashboard")
    project.refresh()
    here, there = project.ws, tmp_path / "there"
    there.mkdir()
    (there / "correction-2020-21-q2.txt").write_text(WRONG, encoding="utf-8")
    project.ws = replace(here, landing_dir=there)
    assert in_force(project) == "wrong"
    assert project.outcome("bad.txt")[0] == "rejected"
    project.ws = here
    assert in_force(project) == "wrong"


def decided(project: Project, action: str, text: str, *, by: str = "A. Person", why: str = "It was wrong.") -> None:
    received = [(record.source_sha256, record.source_file) for record in project.ws.archive.records()]
    sha = hashlib.sha256(text.encode()).hexdigest()
    decide(project.ws.archive_dir, received, action, sha[:12], decided_by=by, reason=why)


def test_a_person_withdraws_a_version_and_the_one_before_is_in_force(project: Project) -> None:
    project.drop("2020-21-q2.txt", GOOD)
    project.refresh()
    project.drop("2020-21-q2.txt", WRONG)
    assert in_force(project) == "wrong"
    decided(project, WITHDRAW, WRONG)
    assert in_force(project) == "good"
    told = [p for p in project.table("rejected_problems.parquet") if p["issue_code"] == "version_withdrawn"]
    # Who decided stands in the record alone.
    assert "It was wrong." in told[0]["message"] and "A. Person" not in told[0]["message"]
    # Neither a rebuild nor the same bytes again undo what a person decided.
    shutil.rmtree(project.ws.raw_dir)
    (project.landing / "2020-21-q2.txt").unlink()
    project.refresh()
    project.drop("2020-21-q2.txt", WRONG)
    assert in_force(project) == "good"
    decided(project, PUT_IN_FORCE, WRONG, why="It was right after all.")
    assert in_force(project) == "wrong"


def test_a_person_puts_a_version_in_force_until_a_newer_one_arrives(project: Project) -> None:
    short = "\n".join(GOOD.split("\n")[:9]) + "\n"
    project.drop("2020-21-q2.txt", WRONG)
    project.refresh()
    project.drop("short.txt", short)
    assert in_force(project) == "wrong"
    decided(project, PUT_IN_FORCE, short)
    assert project.refresh().loaded[0].source_file == "short.txt", "a person may accept what looks cut off"
    project.drop("newer.txt", GOOD)
    assert in_force(project) == "good"


def test_an_edition_all_of_whose_versions_are_withdrawn_is_not_there_and_says_so(project: Project) -> None:
    project.drop("2020-21-q2.txt", GOOD)
    project.refresh()
    decided(project, WITHDRAW, GOOD)
    assert project.refresh().in_force == {}
    assert [(p["issue_code"], p["severity"]) for p in project.table("rejected_problems.parquet")] == [
        ("version_withdrawn", "warning")
    ]


def test_a_decision_names_a_person_a_reason_and_one_file(project: Project) -> None:
    project.drop("2020-21-q2.txt", GOOD)
    project.refresh()
    with pytest.raises(DecisionError, match="name and a reason"):
        decided(project, WITHDRAW, GOOD, by=" ")
    with pytest.raises(DecisionError, match="No received file"):
        decided(project, WITHDRAW, "never received")
    with pytest.raises(DecisionError, match="2 received files"):
        decide(project.ws.archive_dir, [("ab1", "a"), ("ab2", "b")], WITHDRAW, "ab", decided_by="x", reason="y")
    assert load_decisions(project.ws.archive_dir) == []


def test_a_damaged_decision_is_named_and_not_passed_over(project: Project) -> None:
    decide(
        project.ws.archive_dir,
        [("ab", "a")],
        WITHDRAW,
        "ab",
        decided_by="x",
        reason="y",
        now=datetime(2026, 1, 2, tzinfo=UTC),
    )
    [path] = (project.ws.archive_dir / "decisions").iterdir()
    path.write_text(path.read_text()[:20])
    with pytest.raises(ConfigurationError, match=path.name):
        load_decisions(project.ws.archive_dir)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared material is not beside the project")
def test_the_shared_correction_can_be_taken_back(project: Project) -> None:
    folder = SHARED / "wrong-correction-cannot-be-taken-back"
    name = "2020-21-q2-dashboard.txt"
    good, wrong = (folder / "landing" / name).read_bytes(), (folder / "b" / name).read_bytes()
    for content in (good, wrong, good):
        project.drop(name, content)
        sha = project.refresh().in_force["2020-21-q2"]
    assert project.ws.archive.path_of(sha).read_bytes() == good


# -- leftovers, and errors of files that are gone -----------------------------------------------------

LEFTOVERS = (
    "Thumbs.db", "desktop.ini", ".DS_Store", "~$2020-21-q2.xlsx", ".~lock.2020-21-q2.xlsx#", "~WRL0001.tmp", "a.part", "b.txt.crdownload",
    "c.txt.filepart", "d.txt~", "._e.txt", ".f.txt.swp", "THUMBS.DB", "g.partial",
)  # fmt: skip


def test_leftovers_are_ignored_and_counted(project: Project) -> None:
    for name in LEFTOVERS:
        project.drop(f"sub/{name}", "x")
    project.drop("2020-21-q2.txt", GOOD)
    notes = pending(project.ws).notes
    assert any(f"{len(LEFTOVERS)} leftover files are ignored" in note and "sub/" in note for note in notes)
    project.refresh()
    assert [row["source_file"] for row in project.table("received_files.parquet")] == ["2020-21-q2.txt"]


def test_the_error_of_a_file_that_is_gone_disappears_and_that_of_a_loaded_edition_does_not(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = project.drop("minutes.txt", "Minutes of a meeting\n")
    good = project.drop("2020-21-q2-dashboard.txt", bundled("2020-21-q2-dashboard.txt"))
    project.refresh()
    assert project.outcome("minutes.txt")[0] == "rejected"
    bad.unlink()
    good.unlink()
    project.refresh()
    assert [row["source_file"] for row in project.table("received_files.parquet")] == [good.name]
    assert project.table("rejected_problems.parquet") == []
    # What was loaded and can no longer be read stays an error, wherever its file is.
    monkeypatch.setattr("ingest.pipeline.reader_fingerprint", lambda _: "other rules")
    monkeypatch.setattr("ingest.pipeline.load_layouts", lambda _: ())
    monkeypatch.setattr("ingest.pipeline._nearest", lambda *_: FileRejected("unknown_layout", "x"))
    project.refresh()
    assert project.outcome(good.name)[:2] == ("rejected", "unknown_layout")
