# ruff: noqa: E501 - printed rows stand in one line
"""From a landing folder to raw tables: identity, versions, bad input, the archive and the declared schemas."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from dashboards import LAYOUTS, make_edition, render

from ingest import edition_folders
from ingest.dashboards.layouts import load_layouts
from ingest.dashboards.suggestions import suggest
from ingest.intake import raw_tables
from ingest.intake.errors import ConfigurationError, LayoutError
from ingest.intake.files import sha256_of
from ingest.intake.landing import SEEN
from ingest.intake.schemas import CATALOGUE_TABLES, EDITION_TABLES, LINES, PROBLEMS, ROWS, RawTable
from ingest.intake.workspace import LAYOUTS_DIR, Workspace
from ingest.pipeline import Catalogue, pending, read_editions, receive, write_catalogue

ROOT = Path(__file__).resolve().parent.parent
LANDING = ROOT / "landing"
RUTLAND = {
    "area_code": "E06000017",
    "area_name": "Rutland",
    "la_number": 857,
    "area_type": "unitary authority",
    "region_name": "East Midlands",
    "slug": "rutland",
}


class Project:
    """A workspace in a folder of its own, and what a refresh made of it."""

    def __init__(self, home: Path, **overrides) -> None:
        self.landing = home / "landing"
        self.landing.mkdir()
        areas = yaml.safe_load((ROOT / "config" / "areas.yml").read_text(encoding="utf-8"))
        areas["areas"].append(RUTLAND)
        (home / "areas.yml").write_text(yaml.safe_dump(areas), encoding="utf-8")
        (home / "labels.csv").write_text(
            "normalised_label,indicator_key\n"
            "child protection cases which were reviewed within timescales,cp_reviews_in_time\n"
            "neet young people aged 16-17,neet_16_17\n",
            encoding="utf-8",
        )
        (home / "indicators.csv").write_text(
            "indicator_key,indicator_name\ncse_referrals,CSE referrals\n", encoding="utf-8"
        )
        self.ws = Workspace(
            landing_dir=self.landing,
            archive_dir=home / "archive",
            raw_dir=home / "raw",
            areas_path=home / "areas.yml",
            labels_path=home / "labels.csv",
            indicators_path=home / "indicators.csv",
            **overrides,
        )

    def drop(self, name: str, content: str | bytes) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def refresh(self) -> Catalogue:
        receive(self.ws)
        read_editions(self.ws)
        return write_catalogue(self.ws)

    def outcome(self, name: str) -> tuple[str, str | None, str]:
        """Outcome, error code and message of a file, as the catalogue table has them."""
        found = [row for row in self.table("received_files.parquet") if row["source_file"] == name]
        assert len(found) == 1, found
        return found[0]["outcome"], found[0]["error_code"], found[0]["error_message"] or ""

    def table(self, name: str) -> list[dict]:
        return pq.read_table(self.ws.raw_dir / name, partitioning=None).to_pylist()

    def rows(self, catalogue: Catalogue, edition: str) -> list[dict]:
        sha = catalogue.in_force[edition]
        return pq.read_table(
            self.ws.raw_dir / "editions" / edition / sha[:16] / "rows.parquet", partitioning=None
        ).to_pylist()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def text_of(
    layout: str = "compared_to_previous_2020", year: int = 2020, quarter: int = 2, seed: int = 1, rows: int = 18
) -> str:
    return render(make_edition(random.Random(seed), layout, year, quarter, rows)) + "\n"


def bundled(name: str) -> bytes:
    return (LANDING / name).read_bytes()


# -- the bundled editions -----------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["a-copy.txt", "z-copy.txt"])
@pytest.mark.parametrize("later", [False, True], ids=["together", "the telling name later"])
def test_of_two_names_of_the_same_bytes_the_one_that_tells_the_edition_is_taken(
    project: Project, other: str, later: bool
) -> None:
    name = "2022-23-q1-dashboard.txt"
    project.drop(other, bundled(name))
    if later:
        project.refresh()
        assert project.outcome(other)[:2] == ("rejected", "edition_unknown")
    project.drop(name, bundled(name))
    assert list(project.refresh().in_force) == ["2022-23-q1"]
    assert project.outcome(name)[0] == "loaded"
    assert not pending(project.ws), "the other name is a copy and no news"


def test_the_bundled_editions_are_identified_read_and_reconciled(project: Project) -> None:
    for path in LANDING.glob("*-dashboard.txt"):
        shutil.copy(path, project.landing)
    catalogue = project.refresh()
    files = {row["edition_key"]: row for row in project.table("received_files.parquet")}
    assert {key: (row["row_count"], row["edition_source"], row["layout"]) for key, row in files.items()} == {
        "2016-17-q2": (38, "content", "supporting_indicators_2016"),
        "2018-19-q1": (48, "file_name", "flowing_2018"),
        "2020-21-q2": (24, "content", "compared_to_previous_2020"),
        "2022-23-q1": (25, "file_name", "previous_and_latest_2022"),
    }
    assert all(row["outcome"] == "loaded" and row["in_force"] and row["version_number"] == 1 for row in files.values())
    for record in catalogue.loaded:
        folder = edition_folders.folder_of(project.ws.raw_dir, record)
        for table in EDITION_TABLES:
            assert raw_tables.violations(table, folder / f"{table.name}.parquet") == []
        lines = pq.read_table(folder / "lines.parquet", partitioning=None).to_pylist()
        assert len(lines) == record.line_count == sum(record.dispositions.values())
        assert [line["line_number"] for line in lines] == list(range(1, len(lines) + 1))
    for table in CATALOGUE_TABLES:
        assert raw_tables.violations(table, project.ws.raw_dir / f"{table.name}.parquet") == []
    assert raw_tables.violations(PROBLEMS, project.ws.raw_dir / "rejected_problems.parquet") == []


def test_the_same_bytes_again_do_nothing_at_all(project: Project) -> None:
    for path in LANDING.glob("*-dashboard.txt"):
        shutil.copy(path, project.landing)
    assert pending(project.ws)
    project.refresh()
    assert not pending(project.ws)

    def stamps() -> dict[Path, int]:
        folders = (project.ws.archive_dir, project.ws.raw_dir / "editions")
        found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        # What lay in the landing folder, and since when, is noted anew; it is no record of a file.
        return {path: path.stat().st_mtime_ns for path in found if path.name != SEEN}

    before = stamps()
    for path in project.landing.iterdir():
        os.utime(path)
    assert not pending(project.ws)
    assert receive(project.ws) == []
    assert read_editions(project.ws) == []
    write_catalogue(project.ws)
    assert stamps() == before


def test_archived_bytes_are_the_received_bytes_under_their_hash(project: Project) -> None:
    for name, content in (
        ("a-2020-21-q2.txt", text_of().encode("utf-16")),
        ("b.pdf", b"%PDF-1.7 \x00\xff"),
        ("c.txt", b""),
    ):
        path = project.drop(name, content)
        receive(project.ws)
        kept = project.ws.archive.path_of(sha256_of(path)[0])
        assert kept.read_bytes() == content


def test_one_reporting_quarter_can_be_read_alone(project: Project) -> None:
    for path in LANDING.glob("*-dashboard.txt"):
        shutil.copy(path, project.landing)
    receive(project.ws)
    assert [record.edition_key for record in read_editions(project.ws, ["2020-21-q2"])] == ["2020-21-q2"]
    assert {record.edition_key for record in pending(project.ws).to_read} == {"2016-17-q2", "2018-19-q1", "2022-23-q1"}


def test_a_changed_layout_makes_its_editions_read_again(tmp_path: Path) -> None:
    layouts = tmp_path / "layouts"
    shutil.copytree(LAYOUTS_DIR, layouts)
    project = Project(tmp_path, layouts_dir=layouts)
    project.drop("2020-21-q2.txt", text_of())
    project.refresh()
    assert not pending(project.ws)
    path = layouts / "compared_to_previous_2020.yml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# another reading\n", encoding="utf-8")
    assert [record.edition_key for record in pending(project.ws).to_read] == ["2020-21-q2"]
    project.refresh()
    assert not pending(project.ws)


# -- encodings and what is no text --------------------------------------------------------------------

WITH_ACCENT = text_of().replace("rated 'good' or 'outstanding'", "rated ‘good’ or ‘outstanding’")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (WITH_ACCENT.encode("utf-8"), "utf-8"),
        (b"\xef\xbb\xbf" + WITH_ACCENT.encode("utf-8"), "utf-8"),
        (WITH_ACCENT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + WITH_ACCENT.encode("utf-16-be"), "utf-16"),
        (WITH_ACCENT.encode("utf-16-le"), "utf-16-le"),
        (WITH_ACCENT.encode("utf-16-be"), "utf-16-be"),
        (WITH_ACCENT.encode("cp1252"), "cp1252"),
        (WITH_ACCENT.replace("\n", "\r\n").encode("utf-8"), "utf-8"),
        (WITH_ACCENT.replace("\n", "\r").encode("utf-8"), "utf-8"),
    ],
    ids=["utf-8", "bom", "utf-16", "utf-16-be-bom", "utf-16-le", "utf-16-be", "cp1252", "crlf", "cr"],
)
def test_every_encoding_gives_the_same_rows(project: Project, content: bytes, encoding: str) -> None:
    project.drop("plain-2020-21-q2.txt", WITH_ACCENT)
    expected = [
        {k: v for k, v in row.items() if k != "source_sha256"} for row in project.rows(project.refresh(), "2020-21-q2")
    ]
    (project.landing / "plain-2020-21-q2.txt").unlink()
    project.drop("other-2020-21-q2.txt", content)
    catalogue = project.refresh()
    actual = [{k: v for k, v in row.items() if k != "source_sha256"} for row in project.rows(catalogue, "2020-21-q2")]
    assert actual == expected
    record = catalogue.loaded[0]
    assert record.encoding == encoding
    assumed = [problem["severity"] for problem in record.problems if problem["issue_code"] == "encoding_assumed"]
    assert assumed == (["info"] if encoding == "cp1252" else [])


def test_nul_bytes_stay_visible_and_are_reported(project: Project) -> None:
    lines = text_of().split("\n")
    lines[3] = lines[3].replace("children", "chi\x00ldren", 1)
    assert "\x00" in lines[3]
    project.drop("2020-21-q2.txt", "\n".join(lines))
    catalogue = project.refresh()
    problems = [p for p in catalogue.loaded[0].problems if p["issue_code"] == "control_character"]
    assert [(p["severity"], p["line_from"]) for p in problems] == [("warning", 4)]
    assert not any("\x00" in str(row) for row in project.rows(catalogue, "2020-21-q2"))


BAD = {
    "empty": (b"", "empty_file"),
    "white space": (b" \r\n\t\n\x0c\n", "empty_file"),
    "bom alone": (b"\xef\xbb\xbf", "empty_file"),
    "nul bytes": (b"\x00" * 500, "empty_file"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "binary_file"),
    "zip": (b"PK\x03\x04" + bytes(range(256)), "binary_file"),
    "gzip": (b"\x1f\x8b\x08" + bytes(range(256)), "binary_file"),
    "random": (random.Random(7).randbytes(40_000), "binary_file"),
    "half utf-16": (
        b"\xff\xfe" + "Performance 2020/21 Quarter 2".encode("utf-16-le") + b"\x00\xd8",
        "undecodable_file",
    ),
    "unknown layout": (b"Minutes of the meeting\nPresent: all\n1. Apologies\n", "unknown_layout"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_refused_with_its_reason_and_the_rest_goes_on(project: Project, kind: str) -> None:
    content, code = BAD[kind]
    path = project.drop("bad.txt", content)
    project.drop("good-2020-21-q2.txt", text_of())
    catalogue = project.refresh()
    assert set(catalogue.in_force) == {"2020-21-q2"}
    outcome, error_code, message = project.outcome("bad.txt")
    assert (outcome, error_code) == ("rejected", code)
    assert len(message) > 20
    assert project.ws.archive.path_of(sha256_of(path)[0]).read_bytes() == content
    told = [row for row in project.table("rejected_problems.parquet") if row["source_file"] == "bad.txt"]
    assert [(row["issue_code"], row["severity"]) for row in told] == [(code, "error")]
    assert not pending(project.ws)


def test_a_large_text_file_is_refused_fast_and_not_kept(project: Project) -> None:
    line = b"% child protection cases which were reviewed within timescales.\tQ2\t94.6% (1016)\tSimilar\t97.0%\tA\t2\t90.8%\n"
    path = project.drop("large-2020-21-q3.txt", line * (50 * 1024 * 1024 // len(line) + 1))
    started = time.perf_counter()
    project.refresh()
    assert time.perf_counter() - started < 5
    outcome, code, message = project.outcome("large-2020-21-q3.txt")
    assert (outcome, code) == ("rejected", "file_too_large")
    assert f"{path.stat().st_size:,}" in message
    assert not project.ws.archive.path_of(sha256_of(path)[0]).exists()
    assert not pending(project.ws)


def test_an_unknown_layout_names_the_nearest_and_the_first_lines(project: Project) -> None:
    project.drop("other-2020-21-q2.txt", "Minutes of a meeting\nPresent: all\n1. Apologies\n")
    project.refresh()
    _, code, message = project.outcome("other-2020-21-q2.txt")
    assert code == "unknown_layout"
    assert any(layout in message for layout in LAYOUTS)
    assert "line 1: 'Minutes of a meeting'" in message


def test_an_unreadable_entry_is_reported_and_the_rest_goes_on(project: Project) -> None:
    (project.landing / "2019-20-q1.txt").symlink_to(project.landing / "nowhere")
    project.drop("good-2020-21-q2.txt", text_of())
    catalogue = project.refresh()
    assert set(catalogue.in_force) == {"2020-21-q2"}
    told = [row for row in project.table("rejected_problems.parquet") if row["source_file"] == "2019-20-q1.txt"]
    assert [(row["issue_code"], row["severity"]) for row in told] == [("unreadable", "error")]


def test_an_unreadable_folder_is_reported_and_the_rest_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.drop("closed/2019-20-q1.txt", text_of(year=2019, quarter=1))
    project.drop("good-2020-21-q2.txt", text_of())
    scandir = os.scandir

    def refuse(path="."):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    catalogue = project.refresh()
    assert set(catalogue.in_force) == {"2020-21-q2"}
    told = [row for row in project.table("rejected_problems.parquet") if row["issue_code"] == "unreadable"]
    assert [row["source_file"] for row in told] == ["closed"]
    assert "Permission denied" in told[0]["message"]


def test_a_missing_landing_folder_is_an_error_that_names_it(project: Project) -> None:
    project.landing.rmdir()
    with pytest.raises(ConfigurationError, match="landing"):
        receive(project.ws)


# -- which edition, which council ---------------------------------------------------------------------


def flowing(**more) -> str:
    return text_of("flowing_2018", **more)


@pytest.mark.parametrize(
    ("name", "text", "key", "source"),
    [
        ("anything.txt", text_of(), "2020-21-q2", "content"),
        ("2019-20-q4 dashboard.txt", flowing(), "2019-20-q4", "file_name"),
        ("Dashboard_Q3_2021_22.txt", flowing(), "2021-22-q3", "file_name"),
    ],
)
def test_an_edition_is_what_the_file_says_else_its_name(
    project: Project, name: str, text: str, key: str, source: str
) -> None:
    project.drop(name, text)
    record = project.refresh().loaded[0]
    assert (record.edition_key, record.edition_source, record.area_code) == (key, source, "E10000018")
    assert record.area_source == ("content" if "Leicestershire" in text else "default")


def test_a_note_beside_the_file_states_its_edition_and_council(project: Project) -> None:
    project.drop("dashboard.txt", flowing().replace("Leicestershire", "the county"))
    project.drop("dashboard.yml", "edition: 2018-19-q1\narea: rutland\n")
    record = project.refresh().loaded[0]
    assert (record.edition_key, record.edition_source, record.area_source) == (
        "2018-19-q1-rutland",
        "sidecar",
        "sidecar",
    )


CONFLICTS = {
    "name": ("2019-20-q1.txt", None, "edition_conflict", ("2020/21 Quarter 2", "2019-20-q1")),
    "note": ("dashboard.txt", "edition: 2019-20-q1\n", "edition_conflict", ("2020/21 Quarter 2", "2019-20-q1")),
    "name and note": ("2020-21-q2.txt", "edition: 2020-21-q3\n", "edition_conflict", ("2020-21-q2", "2020-21-q3")),
    "council": ("dashboard.txt", "area: rutland\n", "area_conflict", ("Leicestershire", "Rutland")),
    "council in name": ("rutland-2020-21-q2.txt", None, "area_conflict", ("Leicestershire", "Rutland")),
    "no year": ("2020-22-q2.txt", None, "edition_implausible", ("2020-22-q2",)),
    "unknown council": ("dashboard.txt", "area: Narnia\n", "area_unknown", ("Narnia",)),
    "note is no note": ("dashboard.txt", "editon: 2020-21-q2\n", "sidecar_invalid", ("editon",)),
    "note is no yaml": ("dashboard.txt", "edition: [2020\n", "sidecar_invalid", ("not YAML",)),
}


@pytest.mark.parametrize("kind", CONFLICTS)
def test_sources_that_contradict_each_other_stop_the_file(project: Project, kind: str) -> None:
    name, note, code, words = CONFLICTS[kind]
    project.drop(name, text_of())
    if note:
        project.drop(name.replace(".txt", ".yml"), note)
    project.drop("good-2018-19-q1.txt", flowing())
    catalogue = project.refresh()
    assert set(catalogue.in_force) == {"2018-19-q1"}
    outcome, error_code, message = project.outcome(name)
    assert (outcome, error_code) == ("rejected", code)
    assert all(word in message for word in words), message


def test_no_source_at_all_asks_for_one(project: Project) -> None:
    project.drop("dashboard.txt", flowing())
    project.refresh()
    _, code, message = project.outcome("dashboard.txt")
    assert code == "edition_unknown"
    assert ".yml" in message


def test_a_heading_that_names_an_unlisted_council_stops_the_file(project: Project) -> None:
    project.drop("dashboard.txt", text_of().replace("Leicestershire", "Northamptonshire"))
    project.refresh()
    _, code, message = project.outcome("dashboard.txt")
    assert code == "area_unknown"
    assert "Northamptonshire" in message and "areas.yml" in message


def test_a_second_council_lies_beside_the_first(project: Project) -> None:
    project.drop("2020-21-q2.txt", text_of())
    project.drop("rutland/2020-21-q2.txt", text_of(seed=2).replace("Leicestershire", "Rutland"))
    catalogue = project.refresh()
    assert set(catalogue.in_force) == {"2020-21-q2", "2020-21-q2-rutland"}
    sections = {row["section_text"] for row in project.rows(catalogue, "2020-21-q2-rutland")}
    assert sections == {"Help children in Rutland to live in safe, stable environments and have secure attachments"}


def test_a_quarter_before_the_calendar_is_refused(project: Project) -> None:
    project.drop("2015-16-q4.txt", flowing())
    project.refresh()
    assert project.outcome("2015-16-q4.txt")[:2] == ("rejected", "edition_outside_calendar")


@pytest.mark.parametrize("layout", ["supporting_indicators_2016", "compared_to_previous_2020"])
def test_two_titles_in_one_file_are_two_editions(project: Project, layout: str) -> None:
    project.drop("both.txt", text_of(layout, 2020, 2) + text_of(layout, 2020, 3, seed=2))
    project.refresh()
    outcome, code, message = project.outcome("both.txt")
    assert (outcome, code) == ("rejected", "two_editions")
    assert "Split it" in message


def test_two_editions_without_titles_are_told_by_their_figures(project: Project) -> None:
    project.drop("2018-19-q1.txt", flowing() + flowing(seed=2))
    project.refresh()
    assert project.outcome("2018-19-q1.txt")[:2] == ("rejected", "two_editions")


# -- versions of an edition ---------------------------------------------------------------------------


def versions(project: Project) -> dict[str, tuple[int | None, bool, str]]:
    return {
        row["source_file"]: (row["version_number"], row["in_force"], row["outcome"])
        for row in project.table("received_files.parquet")
    }


def test_other_bytes_for_an_edition_are_a_new_version_and_the_older_stays_traceable(project: Project) -> None:
    project.drop("first.txt", text_of(seed=1))
    project.refresh()
    project.drop("second.txt", text_of(seed=2))
    catalogue = project.refresh()
    assert versions(project) == {"first.txt": (1, False, "loaded"), "second.txt": (2, True, "loaded")}
    assert len(list((project.ws.raw_dir / "editions" / "2020-21-q2").iterdir())) == 2
    assert catalogue.loaded[0].source_file == "second.txt"


def test_a_file_replaced_under_its_name_is_a_new_version(project: Project) -> None:
    project.drop("2020-21-q2.txt", text_of(seed=1))
    first = project.rows(project.refresh(), "2020-21-q2")
    project.drop("2020-21-q2.txt", text_of(seed=2))
    second = project.rows(project.refresh(), "2020-21-q2")
    assert [row["value_text"] for row in first] != [row["value_text"] for row in second]
    assert {row["version_number"] for row in project.table("received_files.parquet")} == {1, 2}


def test_a_truncated_correction_never_displaces_the_good_version(project: Project) -> None:
    text = text_of(seed=1)
    project.drop("good.txt", text)
    project.refresh()
    cut = text_of(seed=2)
    project.drop("short.txt", "\n".join(cut.split("\n")[:9]) + "\n")
    project.drop("torn.txt", cut[: cut.index("Rate of re-offending") + 66])
    catalogue = project.refresh()
    assert {name: (force, outcome) for name, (_, force, outcome) in versions(project).items()} == {
        "good.txt": (True, "loaded"),
        "short.txt": (False, "rejected"),
        "torn.txt": (False, "rejected"),
    }
    held = [problem for problem in catalogue.problems if problem["issue_code"] == "version_held_back"]
    assert {problem["source_file"] for problem in held} == {"short.txt", "torn.txt"}
    assert all("good.txt" in p["message"] and "accept: true" in p["message"] for p in held)
    assert not pending(project.ws)


def test_a_note_that_is_wrong_stays_so_when_the_rules_of_reading_change(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.drop("2020-21-q2-dashboard.txt", bundled("2020-21-q2-dashboard.txt"))
    note = project.drop("2020-21-q2-dashboard.yml", "editon: 2020-21-q2\n")
    project.refresh()
    monkeypatch.setattr("ingest.pipeline.reader_fingerprint", lambda _: "other rules")
    project.refresh()
    assert project.outcome("2020-21-q2-dashboard.txt")[1] == "sidecar_invalid"
    note.write_text("edition: 2020-21-q2\n", encoding="utf-8")
    project.refresh()
    assert project.outcome("2020-21-q2-dashboard.txt")[0] == "loaded"


def test_a_note_accepts_a_version_that_was_held_back(project: Project) -> None:
    project.drop("good.txt", text_of(seed=1))
    project.refresh()
    project.drop("short.txt", "\n".join(text_of(seed=2).split("\n")[:9]) + "\n")
    project.refresh()
    assert versions(project)["short.txt"][1] is False
    project.drop("short.yml", "accept: true\n")
    assert pending(project.ws)
    project.refresh()
    assert versions(project)["short.txt"] == (2, True, "loaded")


def test_two_files_of_one_edition_are_said_to_be_two(project: Project) -> None:
    older = project.drop("2020-21-q2-a.txt", text_of(seed=1))
    project.refresh()
    project.drop("2020-21-q2-b.txt", text_of(seed=2))
    found = [p for p in project.refresh().problems if p["issue_code"] == "version_superseded"]
    assert [(p["severity"], p["source_file"]) for p in found] == [("warning", "2020-21-q2-a.txt")]
    assert "2020-21-q2-b.txt" in found[0]["message"]
    older.unlink()
    assert [p["severity"] for p in project.refresh().problems] == ["info"]


def test_a_rejected_newer_file_leaves_the_older_in_force(project: Project) -> None:
    project.drop("2020-21-q2.txt", text_of(seed=1))
    project.refresh()
    project.drop("2020-21-q2.txt", b"%PDF-1.7")
    catalogue = project.refresh()
    assert set(catalogue.in_force) == {"2020-21-q2"}
    assert len(project.rows(catalogue, "2020-21-q2")) == 18


def test_a_rejected_file_is_taken_in_under_its_right_name(project: Project) -> None:
    path = project.drop("2019-20-q1.txt", text_of())
    project.refresh()
    assert project.outcome("2019-20-q1.txt")[1] == "edition_conflict"
    path.rename(project.landing / "2020-21-q2.txt")
    assert pending(project.ws)
    catalogue = project.refresh()
    assert set(catalogue.in_force) == {"2020-21-q2"}
    assert project.outcome("2020-21-q2.txt")[:2] == ("loaded", None)
    assert project.table("rejected_problems.parquet") == []


def test_the_same_bytes_under_two_names_are_one_file(project: Project) -> None:
    project.drop("a-2020-21-q2.txt", text_of())
    project.drop("b-2020-21-q2.txt", text_of())
    project.refresh()
    assert len(project.table("received_files.parquet")) == 1
    assert not pending(project.ws)


def test_the_order_of_arrival_of_editions_does_not_matter(tmp_path: Path) -> None:
    texts = {f"{year}.txt": text_of(year=year, seed=year) for year in (2019, 2020, 2021)}
    outcomes = []
    for number, names in enumerate((sorted(texts), sorted(texts, reverse=True))):
        home = tmp_path / str(number)
        home.mkdir()
        project = Project(home)
        for name in names:
            project.drop(name, texts[name])
            catalogue = project.refresh()
        outcomes.append({key: project.rows(catalogue, key) for key in catalogue.in_force})
    assert outcomes[0] == outcomes[1]


# -- impossible values --------------------------------------------------------------------------------


def test_impossible_values_are_kept_as_printed(project: Project) -> None:
    lines = text_of().split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("% re-referrals"))
    lines[at] = "% re-referrals to childrens Social Care within 12 months\tQ2\t123.4% (50)\tSimilar\t250%\tZ\t7\t101%"
    project.drop("2020-21-q2.txt", "\n".join(lines))
    row = next(r for r in project.rows(project.refresh(), "2020-21-q2") if r["label_text"].startswith("% re-referrals"))
    columns = ("period_text", "value_text", "target_text", "rag_text", "quartile_text", "benchmark_text")
    assert [row[column] for column in columns] == ["Q2", "123.4% (50)", "250%", "Z", "7", "101%"]


# -- layouts are data ---------------------------------------------------------------------------------

FIFTH = """
layout: status_first_2024
description: Status before the figure; made up.
shape: table
comparator: Region average
recognise: {signs: ['Measure\\tStatus', 'Region average']}
title: '^Scorecard {edition}'
column_headings: ['^Measure$', '^Status$', '^Quartile$', '^Period$', '^Figure$', '^Region average$']
sections: ['Safe in {area}']
columns:
  - {column: label_text, kind: label}
  - {column: rag_text, kind: rag}
  - {column: quartile_text, kind: quartile}
  - {column: period_text, kind: period, required: true}
  - {column: value_text, kind: value, required: true}
  - {column: benchmark_text, kind: benchmark}
"""
SCORECARD = (
    "Scorecard 2024/25 Quarter 3\nMeasure\tStatus\tQuartile\tPeriod\tFigure\tRegion average\nSafe in Leicestershire\n"
    "Children seen in time\tG\t1\tQ3 2024/25\t95.1% (120)\t90%\n"
    "Children moved\tS R\t4\tQ2 2024/25\t1,203\tn/a\nChildren heard\tNot available\n"
)


def test_a_fifth_layout_is_a_new_file_and_no_code(tmp_path: Path) -> None:
    folder = tmp_path / "layouts"
    shutil.copytree(LAYOUTS_DIR, folder)
    (folder / "status_first_2024.yml").write_text(FIFTH, encoding="utf-8")
    project = Project(tmp_path, layouts_dir=folder)
    project.drop("scorecard.txt", SCORECARD)
    project.drop("2020-21-q2.txt", text_of())
    catalogue = project.refresh()
    assert set(catalogue.in_force) == {"2020-21-q2", "2024-25-q3"}
    rows = project.rows(catalogue, "2024-25-q3")
    columns = ("label_text", "section_text", "rag_text", "quartile_text", "period_text", "value_text", "benchmark_text")
    assert [tuple(row[column] for column in columns) for row in rows[:2]] == [
        ("Children seen in time", "Safe in Leicestershire", "G", "1", "Q3 2024/25", "95.1% (120)", "90%"),
        ("Children moved", "Safe in Leicestershire", "R", "4", "Q2 2024/25", "1,203", "n/a"),
    ]
    assert rows[2]["label_text"] == "Children heard"
    assert "Not available" in rows[2].values()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("kind: rag", "kind: colour", "columns.1"),
        ("column: rag_text", "column: colour_text", "columns.1.column"),
        ("shape: table", "shape: round", "shape"),
        ("title: '^Scorecard {edition}'", "title: '^Scorecard ({edition}'", "regular expression"),
        ("layout: status_first_2024", "layout: other", "other"),
        ("kind: label", "kind: theme", "label"),
        ("comparator:", "comparater:", "comparater"),
        ("column: quartile_text, kind: quartile", "column: rag_text, kind: quartile", "twice"),
        ("shape: table", "shape: [table", "YAML"),
    ],
)
def test_a_wrong_layout_file_names_itself_and_the_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    (tmp_path / "status_first_2024.yml").write_text(FIFTH.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LayoutError) as caught:
        load_layouts(tmp_path)
    assert "status_first_2024.yml" in str(caught.value)
    assert named in str(caught.value)


# -- raw tables ---------------------------------------------------------------------------------------


def row_table(**changes) -> pa.Table:
    table = ROWS.schema.empty_table()
    values = {"edition_key": "2020-21-q2", "source_sha256": "ab", "row_number": 1, "line_from": 1, "line_to": 1}
    filled = pa.Table.from_pylist([values], schema=ROWS.schema)
    table = pa.concat_tables([table, filled])
    for name, column in changes.items():
        table = (
            table.drop_columns([name])
            if column is None
            else table.set_column(table.schema.get_field_index(name), name, column)
        )
    return table


@pytest.mark.parametrize(
    ("spec", "table", "words"),
    [
        (ROWS, row_table(value_text=None), ("columns missing", "value_text")),
        (ROWS, row_table().append_column("extra", pa.array(["x"])), ("not declared", "extra")),
        (ROWS, row_table(row_number=pa.array(["1"])), ("rows.row_number", "type string", "int32")),
        (ROWS, row_table(edition_key=pa.array([None], pa.string())), ("rows.edition_key", "1 nulls")),
        (ROWS, pa.concat_tables([row_table(), row_table()]), ("key", "doubled")),
        (
            LINES,
            pa.table({"edition_key": ["k"], "source_sha256": ["s"], "line_number": pa.array([1], pa.int32()), "disposition": ["odd"], "row_number": pa.array([None], pa.int32()), "line_text": [""]}),
            ("lines.disposition", "not allowed", "odd"),
        ),
    ],
    ids=["missing", "surplus", "type", "null", "key", "value"],
)  # fmt: skip
def test_violations_name_table_column_and_fault(
    tmp_path: Path, spec: RawTable, table: pa.Table, words: tuple[str, ...]
) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(table, path)
    found = "; ".join(raw_tables.violations(spec, path))
    assert all(word in found for word in words), found


def test_a_sound_a_missing_and_a_broken_table(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    assert "missing" in raw_tables.violations(ROWS, path)[0]
    pq.write_table(row_table(), path)
    assert raw_tables.violations(ROWS, path) == []
    path.write_bytes(path.read_bytes()[:-20])
    assert "cannot be read" in raw_tables.violations(ROWS, path)[0]


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_crash_while_an_edition_is_written_leaves_whole_folders(
    project: Project, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    project.drop("2020-21-q2.txt", text_of())
    project.refresh()
    editions = project.ws.raw_dir / "editions"
    write, calls = raw_tables.write, []

    def fail(table: pa.Table, path: Path) -> None:
        calls.append(path)
        if len(calls) == at:
            raise OSError(28, "No space left on device")
        write(table, path)

    with monkeypatch.context() as patch:
        patch.setattr(raw_tables, "write", fail)
        with pytest.raises(OSError, match="No space left"):
            read_editions(project.ws, force=True)
    folders = [folder for key in editions.iterdir() for folder in key.iterdir()]
    assert folders
    for folder in folders:
        assert not folder.name.startswith(".")
        for table in EDITION_TABLES:
            assert raw_tables.violations(table, folder / f"{table.name}.parquet") == []
    assert set(project.refresh().in_force) == {"2020-21-q2"}


def test_a_full_disk_while_a_file_is_archived_loses_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.drop("2020-21-q2.txt", text_of())

    opened = Path.open

    def full(path: Path, *args, **more):
        if path.name.startswith(".incoming"):
            raise OSError(28, "No space left on device")
        return opened(path, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(OSError, match="No space left"):
            receive(project.ws)
    assert list(project.ws.archive.records()) == []
    assert list(project.ws.archive.files.iterdir()) == []
    assert pending(project.ws)
    assert set(project.refresh().in_force) == {"2020-21-q2"}


# -- the rest -----------------------------------------------------------------------------------------


def test_ingestion_imports_neither_orchestrator_nor_transformer_nor_engine() -> None:
    code = "import sys, ingest.pipeline; print(sorted({m.split('.')[0] for m in sys.modules} & {'dagster', 'dbt', 'duckdb'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_a_label_gets_the_nearest_known_label_with_its_likeness(project: Project) -> None:
    found = suggest(
        {"NEET young persons aged 16-17 (low = good)", "CSE referrals", ", ,", "—", ""},
        project.ws.labels_path,
        project.ws.indicators_path,
    )
    by_label = {row["printed_label"]: row for row in found}
    assert set(by_label) == {"NEET young persons aged 16-17 (low = good)", "CSE referrals"}
    assert by_label["CSE referrals"] == {
        "printed_label": "CSE referrals",
        "suggested_indicator_key": "cse_referrals",
        "suggestion_score": 100.0,
    }
    near = by_label["NEET young persons aged 16-17 (low = good)"]
    assert near["suggested_indicator_key"] == "neet_16_17"
    assert 70 < near["suggestion_score"] < 100


def test_suggestions_are_made_for_the_labels_in_force(project: Project) -> None:
    project.drop("2020-21-q2.txt", text_of())
    project.refresh()
    labels = {row["printed_label"] for row in project.table("label_suggestions.parquet")}
    assert "NEET young people aged 16-17 (low = good)" in labels
    assert len(labels) == 18
