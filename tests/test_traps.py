"""One bad file never stops or stalls the others: each trap is an outcome of that one file, within seconds."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path

import pytest
from rich.text import Text
from test_ingest_pipeline import LANDING, Project, text_of

from ingest import pipeline
from ingest.dashboards.layouts import load_layout, load_layouts
from ingest.dashboards.reader import read
from ingest.intake.areas import load_areas
from ingest.intake.budget import limited, spend
from ingest.intake.errors import ConfigurationError, FileRejected, LayoutError
from ingest.intake.files import SourceUnreadable, open_regular
from ingest.intake.notes import load_bounded
from ingest.national import files as national
from orchestration.checks import words_agree
from publishing.queries import Result
from quarterdeck.render import Format, console_of, show

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "failing" / "arrival"
GOOD = "2020-21-q2-dashboard.txt"
#: Processor seconds that one trap may take, its whole refresh included; each takes less than a second or two.
SECONDS = 20


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.drop(GOOD, text_of())
    return made


def refreshed(project: Project) -> dict[str, tuple[str, str | None, str]]:
    """Outcome, code and message by file after a refresh that went on and loaded the good edition, in seconds."""
    started = time.process_time()
    catalogue = project.refresh()
    assert time.process_time() - started < SECONDS
    assert "2020-21-q2" in catalogue.in_force
    return {
        row["source_file"]: (row["outcome"], row["error_code"], row["error_message"] or "")
        for row in project.table("received_files.parquet")
    }


def unreadable(project: Project) -> dict[str, str]:
    problems = project.table("rejected_problems.parquet")
    return {row["source_file"]: row["message"] for row in problems if row["issue_code"] == "unreadable"}


# -- work that explodes ----------------------------------------------------------------------------------------------

HEAD = {layout: text_of(layout, 2019, 3).split("\n") for layout in (spec.name for spec in load_layouts())}
WIDE = {
    "numbers in a cell": lambda: ["% of children\t" + " ".join(["12.5%"] * 500) + "\tBetter"],
    "periods and figures in a line": lambda: [" ".join(["Q3 2019/20 12.5%"] * 270)],
    "numbers between tabs": lambda: ["% of children\t" + "\t".join(["12.5%"] * 800)],
    "text lines": lambda: [f"Children who are well and safe, part {number}" for number in range(400)],
    "text lines that dangle": lambda: [f"Children who are well, in part {number} of" for number in range(600)],
    "lines of a continued label": lambda: [
        f"and so on with the rest of part {chr(97 + number % 26)}" for number in range(2000)
    ],
    "labels without cells": lambda: ["% of children" + "\t" * 12] * 1500,
    "number lines": lambda: [f"{number % 99}.5%" for number in range(600)],
    "number cells": lambda: [f"\t\t\t{number % 99}.5%" for number in range(600)],
    "no data, again and again": lambda: [" ".join(["tbc"] * 900) + " x"],
}


@pytest.mark.parametrize("layout", HEAD)
@pytest.mark.parametrize("kind", WIDE)
def test_work_that_would_explode_ends_in_an_outcome(layout: str, kind: str) -> None:
    lines = HEAD[layout]
    spec = next(spec for spec in load_layouts() if spec.name == layout)
    middle = len(lines) // 2
    started = time.process_time()
    try:
        with limited():
            reading = read([*lines[:middle], *WIDE[kind](), *lines[middle:]], spec, area_name="Leicestershire")
    except FileRejected as error:
        assert error.code in ("too_costly", "unknown_layout", "no_rows")
        assert error.line_from
    else:
        assert len(reading.dispositions) == len(lines) + len(WIDE[kind]())
    assert time.process_time() - started < SECONDS


def test_reading_takes_work_in_proportion_to_the_file() -> None:
    for spec in load_layouts():
        spent = []
        for times in (1, 4):
            with limited(10**9) as budget:
                lines = [
                    line for number in range(times) for line in text_of(spec.name, 2019, 3, seed=number).split("\n")
                ]
                try:
                    read(lines, spec)
                except FileRejected as error:
                    assert error.code == "two_editions"
            spent.append(budget.spent)
        assert spent[1] < 4.5 * spent[0], spec.name


def test_the_budget_does_not_depend_on_what_was_read_before() -> None:
    spec = load_layouts()[0]
    spent = []
    for _ in range(2):
        with limited() as budget:
            read(HEAD[spec.name], spec)
        spent.append(budget.spent)
    assert spent[0] == spent[1] < budget.limit / 20


def test_what_is_too_costly_says_where_it_stopped(project: Project) -> None:
    line = text_of("compared_to_previous_2020", 2019, 3).split("\n")[8]
    project.drop("2019-20-q3-rows.txt", "\n".join([*HEAD["compared_to_previous_2020"], *[line] * 30_000]))
    project.drop("2019-20-q4-lines.txt", "Children are well\n" * 60_000)
    project.drop("2018-19-q4-blank.txt", text_of("compared_to_previous_2020", 2018, 4) + "\n" * 100_000)
    project.drop("2019-20-q2-line.txt", text_of("compared_to_previous_2020", 2019, 2) + "x " * 1_000_000)
    found = refreshed(project)
    assert {found[name][:2] for name in found if name != GOOD} == {("rejected", "too_costly")}
    assert "stopped in line" in found["2019-20-q3-rows.txt"][2]
    lines = {row["source_file"]: row["line_from"] for row in project.table("rejected_problems.parquet")}
    assert all(lines[name] for name in found if name != GOOD)


def test_time_without_counted_work_ends_too() -> None:
    with pytest.raises(FileRejected, match="seconds of the processor") as caught, limited(seconds=0.05):
        while True:
            spend(0)
    assert caught.value.code == "too_costly"


def test_a_fault_of_the_reader_is_the_outcome_of_one_file(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.drop("2019-20-q3-dashboard.txt", text_of("compared_to_previous_2020", 2019, 3))
    real = pipeline.read

    def fails(lines: list[str], *arguments, **more):
        if any("2019/20" in line for line in lines[:5]):
            raise KeyError("fault")
        return real(lines, *arguments, **more)

    monkeypatch.setattr(pipeline, "read", fails)
    found = refreshed(project)
    assert found["2019-20-q3-dashboard.txt"][:2] == ("rejected", "reader_failed")
    assert "KeyError" in found["2019-20-q3-dashboard.txt"][2]


def test_mutated_editions_end_in_rows_or_in_an_outcome() -> None:
    """Lines lost, joined and broken, tabs and words put anywhere: no exception but FileRejected."""
    rng = random.Random(3)
    layouts = load_layouts()
    words = ("Q1 2020/21", "12.5%", "(250)", "\t", "\f", "n/a", "tbc", "%", "Better", "\u00ad", "\ufffd", "[c]", "of")
    texts = [path.read_text(encoding="utf-8").split("\n") for path in sorted(LANDING.glob("*-dashboard.txt"))]
    for number in range(30):
        lines = list(rng.choice(texts))
        for _ in range(rng.randrange(1, 12)):
            at = rng.randrange(len(lines))
            match rng.randrange(5):
                case 0:
                    del lines[at]
                case 1:
                    lines[at : at + 2] = [" ".join(lines[at : at + 2])]
                case 2:
                    cut = rng.randrange(len(lines[at]) + 1)
                    lines[at : at + 1] = [lines[at][:cut], lines[at][cut:]]
                case 3:
                    lines.insert(at, rng.choice(words) * rng.choice((1, 1, 40)))
                case _:
                    lines[at] = lines[at].replace(" ", rng.choice(("\t", "  ", rng.choice(words))), rng.randrange(9))
        try:
            with limited():
                read(lines, layouts[number % 4])
        except FileRejected:
            pass


# -- notes beside files ----------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(9)
)
BAD_NOTES = {
    "an impossible day": ("published: 2021-02-30\n", "day"),
    "an impossible month": ("published: 2021-13-01\n", "month"),
    "an impossible time zone": ("published: 2021-01-01T00:00:00+99:00\n", ""),
    "nested brackets": ("[" * 5_000, "deep"),
    "nested mappings": ("a: {" * 5_000, "deep"),
    "nested blocks": ("\n".join(" " * depth + "a:" for depth in range(300)), "deep"),
    "an alias bomb": (BOMB, "refers to itself"),
    "a merge": ("x: &x {edition: 2020-21-q1}\n<<: *x\n", "refers to itself"),
    "a long number": ("area: " + "9" * 5_000 + "\n", "too long"),
    "twenty megabytes": ("origin: " + "x" * 20_000_000, "larger"),
    "half a character": ('origin: "\\ud800"\n', "character"),
    "a key twice": ("edition: 2020-21-q1\nedition: 2020-21-q3\n", "twice"),
    "a thousand keys": ("".join(f"k{n}: {n}\n" for n in range(1_000)), "more than"),
    "two documents": ("edition: 2020-21-q1\n---\nedition: 2020-21-q3\n", ""),
    "an object": ("!!python/object/apply:os.system ['true']\n", ""),
    "a list": ("- 1\n- 2\n", ""),
    "bytes": (b"\x00\xff\xfe\x80", ""),
}


@pytest.mark.parametrize("kind", BAD_NOTES)
def test_a_bad_note_is_the_trouble_of_its_file(project: Project, kind: str) -> None:
    content, words = BAD_NOTES[kind]
    project.drop("2020-21-q3-dashboard.txt", text_of("compared_to_previous_2020", 2020, 3))
    project.drop("2020-21-q3-dashboard.yml", content)
    outcome, code, message = refreshed(project)["2020-21-q3-dashboard.txt"]
    assert (outcome, code) == ("rejected", "sidecar_invalid")
    assert "2020-21-q3-dashboard.yml" in message and words in message and len(message) <= 1_000
    assert not pipeline.pending(project.ws)


def test_a_mended_note_is_taken(project: Project) -> None:
    project.drop("x.txt", text_of("compared_to_previous_2020", 2020, 3))
    project.drop("x.yml", "published: 2021-02-30\n")
    assert refreshed(project)["x.txt"][1] == "sidecar_invalid"
    project.drop("x.yml", "edition: 2020-21-q3\npublished: 2021-02-03\n")
    assert refreshed(project)["x.txt"][0] == "loaded"


def test_a_bad_note_of_a_national_file_is_its_outcome(project: Project) -> None:
    project.drop("national/long.csv", "a,b\n1,2\n")
    project.drop("national/long.csv.yml", "published: 2021-02-30\n")
    national.receive_and_read(project.ws)
    catalogue = national.write_catalogue(project.ws)
    assert [record.error_code for record in catalogue.records] == ["sidecar_invalid"]


def test_a_bounded_text_is_read_as_it_stands() -> None:
    assert load_bounded("edition: 2020-21-q1\naccept: true\n") == {"edition": "2020-21-q1", "accept": True}
    assert load_bounded("") is None


# -- names, pipes, links and files that change -----------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8 need a file system that takes them")
def test_names_that_are_no_utf_8_are_stored_as_text(project: Project) -> None:
    name = os.fsdecode(b"2020-21-q3-caf\xe9.txt")
    (project.landing / name).write_text(text_of("compared_to_previous_2020", 2020, 3), encoding="utf-8")
    folder = project.landing / os.fsdecode(b"caf\xe9s")
    folder.mkdir()
    (folder / "2020-21-q4.txt").write_text(text_of("compared_to_previous_2020", 2020, 4), encoding="utf-8")
    (folder / "2020-21-q4.yml").write_text("published: 2021-02-30\n", encoding="utf-8")
    found = refreshed(project)
    assert found["2020-21-q3-caf\\xe9.txt"][0] == "loaded"
    assert found["caf\\xe9s/2020-21-q4.txt"][1] == "sidecar_invalid"
    assert not pipeline.pending(project.ws)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("place", ["", "national/"])
def test_only_regular_files_are_opened(project: Project, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text(text_of("compared_to_previous_2020", 2019, 1), encoding="utf-8")
    folder = project.landing / place
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "pipe.txt")
    os.symlink("/dev/zero", folder / "device.txt")
    os.symlink("loop.txt", folder / "loop.txt")
    os.symlink(outside, folder / "out.txt")
    os.symlink("gone", folder / "dangling.txt")
    os.symlink(tmp_path, folder / "folder")
    refreshed(project)
    national.receive_and_read(project.ws)
    national.write_catalogue(project.ws)
    scanned = national._scan(project.ws) if place else pipeline.scan(project.landing)
    told = dict(scanned.unreadable)
    names = ("pipe.txt", "device.txt", "loop.txt", "out.txt", "dangling.txt", "folder")
    assert set(told) == {place + name for name in names}
    assert "pipe" in told[place + "pipe.txt"] and "leads to itself" in told[place + "loop.txt"]
    assert "out of the landing folder" in told[place + "out.txt"]
    if not place:
        assert set(unreadable(project)) == set(names)
    assert not list(project.ws.archive_dir.rglob("*")) or all(
        outside.read_bytes() != path.read_bytes() for path in project.ws.archive_dir.rglob("*") if path.is_file()
    )


def test_a_note_that_is_a_pipe_or_a_link_elsewhere_is_the_trouble_of_its_file(project: Project, tmp_path: Path) -> None:
    (tmp_path / "note.yml").write_text("edition: 2020-21-q3\n", encoding="utf-8")
    project.drop("a.txt", text_of("compared_to_previous_2020", 2020, 3))
    project.drop("b.txt", text_of("compared_to_previous_2020", 2020, 4))
    os.mkfifo(project.landing / "a.yml")
    os.symlink(tmp_path / "note.yml", project.landing / "b.yml")
    found = refreshed(project)
    assert found["a.txt"][1] == found["b.txt"][1] == "sidecar_invalid"


def test_a_link_within_the_landing_folder_is_read(project: Project) -> None:
    project.drop("elsewhere.part", text_of("compared_to_previous_2020", 2020, 3))
    os.symlink("elsewhere.part", project.landing / "2020-21-q3.txt")
    assert refreshed(project)["2020-21-q3.txt"][0] == "loaded"


@pytest.mark.parametrize("change", ["grows", "vanishes", "shrinks"])
def test_a_file_that_changes_while_it_is_received_waits_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = project.drop("2020-21-q3-dashboard.txt", text_of("compared_to_previous_2020", 2020, 3))
    real = pipeline.arrivals

    def then_it_changes(*arguments):
        found = real(*arguments)
        if change == "grows":
            path.write_text(path.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
        elif change == "shrinks":
            path.write_bytes(b"")
        else:
            path.unlink()
        return found

    monkeypatch.setattr(pipeline, "arrivals", then_it_changes)
    assert set(refreshed(project)) == {GOOD}
    monkeypatch.setattr(pipeline, "arrivals", real)
    if change == "grows":
        assert refreshed(project)["2020-21-q3-dashboard.txt"][0] == "loaded"


def test_a_file_that_changes_under_the_reader_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.intake import files

    path = tmp_path / "x.txt"
    path.write_bytes(b"x" * 10)
    real = files._read_to_end

    def and_grow(stream, size, take):
        real(stream, size, take)
        with path.open("ab") as more:
            more.write(b"y")

    monkeypatch.setattr(files, "_read_to_end", and_grow)
    with pytest.raises(SourceUnreadable, match="changed while it was read"):
        files.sha256_of(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable):
        open_regular(tmp_path)


def test_a_national_file_on_which_the_reader_fails_stops_no_other(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.drop("national/a.csv", "a,b\n1,2\n")
    project.drop("national/b.csv", "a,b\n3,4\n")

    def fails(*_):
        raise RecursionError

    monkeypatch.setattr(national, "recognise", fails)
    assert {record.error_code for record in national.receive_and_read(project.ws)} == {"reader_failed"}


# -- what reaches a terminal -----------------------------------------------------------------------------------------

ACTING = "2020\x1b]0;owned\x07\x1b[31m\n\x9b2J\u202e.txt"


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("how", list(Format))
def test_nothing_from_data_acts_on_a_terminal(terminal: bool, how: Format) -> None:
    stream = io.StringIO()
    console = console_of(stream, force_terminal=terminal, color_system=None, width=60)
    show(Result((ACTING, "n"), [(ACTING, 1)]), how, console)
    if terminal or how is Format.table:
        assert not set(stream.getvalue()) & set("\x1b\x07\x9b\u202e")
    elif how is Format.json:
        assert json.loads(stream.getvalue()) == [{ACTING: ACTING, "n": 1}]
    else:
        assert ACTING in stream.getvalue()
    console.print(Text(ACTING), ACTING)
    assert "\\x1b]0;owned" in stream.getvalue()


# -- nothing grows faster than its data ------------------------------------------------------------------------------


def test_the_check_of_published_words_looks_at_each_finding_once_or_twice() -> None:
    import dagster as dg

    looks = 0

    class Finding(dict):
        def __getitem__(self, name: str):
            nonlocal looks
            looks += name == "edition_key"
            return super().__getitem__(name)

    said = {"severity": "warning", "check_code": "c", "source_file": "f", "source_line_from": 1, "evidence": "e"}
    findings = [Finding(said, edition_key=f"{number % 300}") for number in range(900)]
    result = words_agree(dg.AssetKey("audit"), findings)
    assert looks <= 2 * len(findings)
    assert result.metadata["findings"].value == 900 and len(result.metadata) == 301


# -- the inputs that were seen ---------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.is_dir(), reason="the inputs that were seen do not lie beside the project")
def test_the_inputs_that_were_seen_end_as_outcomes(project: Project) -> None:
    for path in sorted(SHARED.rglob("*")):
        if path.suffix in (".txt", ".yml"):
            target = project.landing / path.relative_to(SHARED)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    found = refreshed(project)
    assert {code for name, (_, code, _) in found.items() if name.startswith("05/")} == {"sidecar_invalid"}
    assert all(outcome in ("loaded", "rejected") for outcome, _, _ in found.values())
    assert "reader_failed" not in {code for _, code, _ in found.values()}


# -- configuration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"[" * 5_000, b"layout: 2021-02-30\n", b"\xff\xfe\x80", b"x: " + b"9" * 5_000])
def test_configuration_that_cannot_be_read_names_its_file(tmp_path: Path, content: bytes) -> None:
    for name, load, kind in (("new.yml", load_layout, LayoutError), ("areas.yml", load_areas, ConfigurationError)):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(kind, match=name):
            load(path)
