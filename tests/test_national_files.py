"""National files from the landing folder to raw tables: kinds, releases, versions, and everything that can be wrong."""

from __future__ import annotations

import csv
import io
import itertools
import os
import random
import re
import shutil
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import pipeline
from ingest.intake.errors import FileRejected
from ingest.intake.landing import SEEN
from ingest.intake.raw_tables import violations
from ingest.national import files
from ingest.national.schemas import LAIT_LONG, NATIONAL_CATALOGUE, NATIONAL_TABLES

pytestmark = pytest.mark.slow

SHARED = ROOT.parent / "shared" / "national"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the published files are not at {SHARED}")

LONG = ["Short Desc", "Data item", "Years", "LA and Regions", "Values", "LA Number", "Region"]
DICTIONARY = [
    "Measure_code",
    "Topic",
    "Measure",
    "Chart_title",
    "Measure_short",
    "Polarity",
    "y_axis_name",
    "Description",
    "Last Update",
    "Next Update",
    "Data Owner (DO) /Supplier and Contact Details",
    "dps",
    "Year_Type",
    "No_Quartile",
]
AUTHORITIES = ["LA Number", "LA Name", "Region", "Type"]
NEIGHBOURS = ["LA num", "LA Name", "LA number", "GOInd", "GOReg"] + [
    heading for rank in range(1, 11) for heading in (f"SN{rank}", "SNP")
]
OPEN_DATA = ["time_period", "time_identifier", "geographic_level", "country_code", "country_name", "category", "rate"]


def long_row(measure="Puffins", period="2016", number="301", value="12.5", name="Eastmoor") -> list[str]:
    return [measure, "Puffins seen", period, name, value, number, "North"]


def dictionary_row(measure="Puffins", description="Puffins.", **cells: str) -> list[str]:
    values = {"Measure_short": measure, "Description": description, "Polarity": "High", "dps": "1", **cells}
    return [values.get(heading, "NA") for heading in DICTIONARY]


def neighbour_row(number: int, neighbours: list | None = None) -> list:
    neighbours = list(range(801, 811)) if neighbours is None else neighbours
    return [number, f"Town {number}", number, 1, "North"] + [cell for n in neighbours for cell in (n, "Very Close")]


def csv_text(*records: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(records)
    return written.getvalue()


def open_data_text(*periods: str, rate: str = "4.5") -> str:
    rows = [[p, "Calendar year", "National", "E92000001", "England", "All", rate] for p in periods]
    return csv_text(OPEN_DATA, *rows)


def workbook(sheets: dict[str, list[list]], hidden: tuple[str, ...] = ()) -> bytes:
    """An .xlsx workbook; None is a formula that was never calculated."""

    def cell(row: int, column: int, value) -> str:
        letters = ""
        place = column + 1
        while place:
            place, rest = divmod(place - 1, 26)
            letters = chr(65 + rest) + letters
        if value is None:
            return f'<c r="{letters}{row}"><f>A1+1</f></c>'
        if isinstance(value, int | float):
            return f'<c r="{letters}{row}"><v>{value}</v></c>'
        return f'<c r="{letters}{row}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    names = list(sheets)
    state = dict.fromkeys(hidden, ' state="hidden"')
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"{state.get(name, "")}/>'
        for i, name in enumerate(names, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{relations}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(names) + 1)
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
            f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        for i, name in enumerate(names, start=1):
            rows = "".join(
                f'<row r="{r}">{"".join(cell(r, c, value) for c, value in enumerate(row) if value != "")}</row>'
                for r, row in enumerate(sheets[name], start=1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{i}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
            )
    return packed.getvalue()


def neighbours_workbook(*rows: list, sheet: str = "LA SN Groups") -> bytes:
    return workbook({sheet: [["A", "B"], [1, 2], NEIGHBOURS, *rows]})


def authorities_workbook(*rows: list) -> bytes:
    return workbook({"Sheet1": [AUTHORITIES, *(rows or [[301, "Eastmoor", "North", "UA"]])]})


class Project:
    """A workspace in a folder of its own, and what a refresh of its national files made of it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.landing = home / "landing"
        self.ws = pipeline.Workspace(
            landing_dir=self.landing,
            archive_dir=home / "archive",
            raw_dir=home / "raw",
            areas_path=ROOT / "config" / "areas.yml",
            labels_path=home / "labels.csv",
            indicators_path=home / "indicators.csv",
        )
        self.clock = itertools.count(1_700_000_000)

    def drop(self, name: str, content: str | bytes, note: str | None = None) -> Path:
        path = self.landing / "national" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if note is not None:
            path.with_suffix(".yml").write_text(note, encoding="utf-8")
        moment = next(self.clock)
        os.utime(path, (moment, moment))
        return path

    def refresh(self) -> files.NationalCatalogue:
        files.receive_and_read(self.ws)
        catalogue = files.write_catalogue(self.ws)
        for table in NATIONAL_CATALOGUE:
            assert violations(table, self.ws.raw_dir / "national" / f"{table.name}.parquet") == []
        assert not files.pending(self.ws)
        return catalogue

    def listed(self) -> dict[str, dict]:
        """Rows of ``national_files`` by the file's name below landing/national/."""
        rows = pq.read_table(self.ws.raw_dir / "national" / "national_files.parquet").to_pylist()
        return {row["source_file"].removeprefix("national/"): row for row in rows}

    def problems(self, code: str | None = None) -> list[dict]:
        rows = pq.read_table(self.ws.raw_dir / "national" / "national_problems.parquet").to_pylist()
        return [row for row in rows if code in (None, row["issue_code"])]

    def rows(self, name: str) -> list[dict]:
        row = self.listed()[name]
        return self.table(row["kind"], row["source_sha256"]).to_pylist()

    def table(self, kind: str, sha256: str) -> pa.Table:
        path = self.ws.raw_dir / "national" / kind / sha256[:16] / "rows.parquet"
        declared = next(table for table in NATIONAL_TABLES if table.name == kind)
        assert violations(declared, path) == []
        return pq.read_table(path, partitioning=None)

    def rejection(self, name: str, content: str | bytes, note: str | None = None) -> tuple[str, str]:
        """Code and message of a file that is dropped among good ones, which must load."""
        self.drop(name, content, note)
        self.drop("good.xlsx", authorities_workbook())
        self.refresh()
        listed = self.listed()
        assert listed["good.xlsx"]["outcome"] == "loaded"
        row = listed[name]
        assert row["outcome"] == "rejected"
        assert not row["in_force"] and not row["is_newest_release"]
        assert row["error_code"] in {problem["issue_code"] for problem in self.problems()}
        return row["error_code"], row["error_message"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


# Nothing there, and the dashboards beside it


@pytest.mark.parametrize("folders", [(), ("landing",), ("landing/national",)])
def test_without_national_files_everything_is_there_and_empty(project: Project, folders: tuple[str, ...]) -> None:
    for folder in folders:
        (project.home / folder).mkdir(parents=True)
    assert not files.pending(project.ws)
    assert files.receive_and_read(project.ws) == []
    catalogue = project.refresh()
    assert (catalogue.records, catalogue.problems, project.listed()) == ([], [], {})
    for table in NATIONAL_TABLES:
        path = project.ws.raw_dir / "national" / table.name / "_none" / "rows.parquet"
        assert violations(table, path) == []
        assert pq.read_table(path, partitioning=None).num_rows == 0


def test_national_files_are_left_to_the_national_side_and_dashboards_to_the_other(project: Project) -> None:
    project.drop("list.xlsx", authorities_workbook())
    project.drop("ees/rates_2024.csv", open_data_text("2024"))
    (project.landing / "rutland" / "national").mkdir(parents=True)
    (project.landing / "rutland" / "national" / "dashboard.txt").write_text("no dashboard\n")
    assert [file.name for file in pipeline.scan(project.landing).files] == ["rutland/national/dashboard.txt"]
    assert {name for name, _ in files.pending(project.ws).new_files} == {
        "national/list.xlsx",
        "national/ees/rates_2024.csv",
    }


def test_the_two_fingerprints_do_not_touch(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    national, other = files.reader_fingerprint(project.ws), pipeline.reader_fingerprint(project.ws)
    copy = project.home / "national"
    shutil.copytree(ROOT / "ingest" / "national", copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "lait.py").open("a", encoding="utf-8") as stream:
        stream.write("# another rule\n")
    monkeypatch.setattr(files, "__file__", str(copy / "files.py"))
    assert files.reader_fingerprint(project.ws) != national
    assert pipeline.reader_fingerprint(project.ws) == other


def test_a_file_is_read_again_when_the_rules_changed_or_its_rows_are_gone(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.drop("list.xlsx", authorities_workbook())
    project.refresh()
    shutil.rmtree(project.ws.raw_dir / "national" / "authorities")
    assert len(files.pending(project.ws).to_read) == 1
    assert files.write_catalogue(project.ws).loaded == []
    project.refresh()
    assert project.listed()["list.xlsx"]["in_force"]
    monkeypatch.setattr(files, "reader_fingerprint", lambda ws: "other rules")
    assert len(files.pending(project.ws).to_read) == 1
    assert len(files.receive_and_read(project.ws)) == 1
    assert len(files.receive_and_read(project.ws, force=True)) == 1
    assert files.receive_and_read(project.ws) == []


def test_a_refresh_that_was_interrupted_is_taken_up_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.drop("long.csv", csv_text(LONG, long_row()))
    with monkeypatch.context() as patch:
        patch.setattr(files.lait, "read_long", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            files.receive_and_read(project.ws)
    assert files.pending(project.ws)
    files.write_catalogue(project.ws)
    assert project.listed()["long.csv"]["error_code"] == "not_read"
    project.refresh()
    assert project.listed()["long.csv"]["in_force"]
    left = [path.name for path in (project.ws.raw_dir / "national" / "lait_long").iterdir()]
    assert sorted(left) == sorted(["_none", project.listed()["long.csv"]["source_sha256"][:16]])


# What is read


def test_the_long_file_is_read_from_csv_and_from_parquet_alike(project: Project) -> None:
    rows = [
        long_row(value="17.899999999999999"),
        long_row(period="2016-17 (OT)", value="-"),
        long_row(number="302", value="4.7980000000000002E-2", name='East "Moor",\nNorth'),
        long_row(number="303", name=" Spaced "),
    ]
    project.drop("long.csv", csv_text(LONG, *rows))
    columns = {heading: [row[i] for row in rows] for i, heading in enumerate(LONG)}
    columns["LA Number"] = [float(number) for number in columns["LA Number"]]
    pq.write_table(pa.table(columns), project.home / "long.parquet")
    project.drop("long.parquet", (project.home / "long.parquet").read_bytes())
    project.refresh()
    from_csv, from_parquet = project.rows("long.csv"), project.rows("long.parquet")
    assert [row["source_row"] for row in from_csv] == [2, 3, 4, 6]
    assert [row["source_row"] for row in from_parquet] == [1, 2, 3, 4]
    own = {"source_row", "source_sha256"}
    assert [{k: v for k, v in row.items() if k not in own} for row in from_csv] == [
        {k: v for k, v in row.items() if k not in own} for row in from_parquet
    ]
    assert from_csv[0]["value_text"] == "17.899999999999999"
    assert (from_csv[2]["la_number"], from_csv[2]["area_name"]) == (302, 'East "Moor",\nNorth')
    assert from_csv[3]["area_name"] == " Spaced "


def test_values_that_are_numbers_in_parquet_become_the_shortest_text_that_gives_them_back(project: Project) -> None:
    values = [17.9, 12.0, 0.1 + 0.2, 1e-7, None]
    columns = {heading: ["x"] * len(values) for heading in LONG}
    columns |= {"Values": values, "LA Number": [301, 302, 303, 304, 305], "Years": [2016] * 5}
    pq.write_table(pa.table(columns), project.home / "long.parquet")
    project.drop("long.parquet", (project.home / "long.parquet").read_bytes())
    project.refresh()
    texts = [row["value_text"] for row in project.rows("long.parquet")]
    assert [None if text is None else float(text) for text in texts] == values
    assert texts[0] == "17.9"
    assert {row["period_text"] for row in project.rows("long.parquet")} == {"2016"}


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=6),
            st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=6),
            st.integers(1, 999).map(str),
        ),
        min_size=1,
        max_size=12,
    ),
    order=st.permutations(LONG),
)
def test_every_cell_of_a_long_file_arrives_on_its_line(tmp_path_factory, rows, order) -> None:
    project = Project(tmp_path_factory.mktemp("long"))
    records = [dict(zip(LONG, long_row(m, "2016", n, v), strict=True)) for m, v, n in rows]
    text = csv_text(order, *([record[heading] for heading in order] for record in records))
    project.drop("long.csv", text)
    project.refresh()
    found = project.rows("long.csv")
    assert [(r["measure_short"], r["value_text"], r["la_number"]) for r in found] == [
        (m if m.strip() else None, v if v.strip() else None, int(n)) for m, v, n in rows
    ]
    lines = text.split("\n")
    for row, record in zip(found, records, strict=True):
        begins = csv_text([record[heading] for heading in order]).split("\n")[0]
        assert lines[row["source_row"] - 1] == begins


def test_rows_that_cannot_be_used_are_kept_and_named(project: Project) -> None:
    text = csv_text(
        LONG,
        long_row(),
        long_row(measure=""),
        long_row(period=" "),
        long_row(number=""),
        long_row(number="E10"),
        long_row(value="13"),
        long_row(period="2017"),
        long_row(period="2017"),
    )
    project.drop("long.csv", text + '"Puffins","2016"\n' + "Puffins,x,2016,Eastmoor,1,234,303,North\n")
    project.refresh()
    found = {(p["issue_code"], p["source_row"]): p for p in project.problems()}
    assert set(found) == {
        ("row_without_measure", 3),
        ("row_without_period", 4),
        ("row_without_authority", 5),
        ("row_without_authority", 6),
        ("values_conflict", 7),
        ("row_repeated", 9),
        ("row_of_other_width", 10),
        ("row_of_other_width", 11),
    }
    assert found["row_without_authority", 6]["printed_text"] == "E10"
    rows = project.rows("long.csv")
    assert len(rows) == project.listed()["long.csv"]["row_count"] == 10
    assert [row["la_number"] for row in rows] == [301, 301, 301, None, None, 301, 301, 301, None, None]


def test_many_problems_of_one_kind_are_summed_up(project: Project) -> None:
    project.drop("long.csv", csv_text(LONG, *(long_row(number="", period=str(n)) for n in range(300))))
    project.refresh()
    found = project.problems("row_without_authority")
    assert [p["source_row"] for p in found] == [*range(2, 52), None]
    assert "250" in found[-1]["message"] and "300" in found[-1]["message"]


def test_the_dictionary_is_read_without_the_column_that_names_people(project: Project) -> None:
    officer = "A. Person, 01632 960001"
    project.drop(
        "dictionary.csv",
        csv_text(
            DICTIONARY,
            dictionary_row(description="Line one.\n\nLine three: ask puffins@example.org.", Topic="Sea"),
            dictionary_row("Gulls", **{"Data Owner (DO) /Supplier and Contact Details": officer}),
            dictionary_row("", Topic="nothing"),
            dictionary_row("Puffins", Topic="Land", dps="2"),
        ),
    )
    project.refresh()
    rows = project.rows("dictionary.csv")
    assert [(row["source_row"], row["measure_short"], row["topic"]) for row in rows] == [
        (2, "Puffins", "Sea"),
        (5, "Gulls", "NA"),
        (7, "Puffins", "Land"),
    ]
    assert rows[0]["decimals_text"] == "1" and rows[0]["no_quartile_text"] == "NA"
    assert {(p["issue_code"], p["source_row"]) for p in project.problems()} == {
        ("address_left_out", 2),
        ("row_without_measure", 6),
        ("measure_defined_twice", 7),
    }
    written = b"".join(path.read_bytes() for path in (project.ws.raw_dir / "national").rglob("*.parquet"))
    everything = str(rows) + str(project.problems())
    for text in ("Person", "960001", "puffins@example.org"):
        assert text not in everything and text.encode() not in written


@pytest.mark.parametrize("sheet", ["LA SN Groups", "Sheet7", "SN groups v2"])
def test_a_list_of_neighbours_is_found_whatever_its_sheet_is_called(project: Project, sheet: str) -> None:
    content = workbook(
        {"About": [["Read me"], ["LA Number"]], sheet: [[], ["Neighbours"], NEIGHBOURS, neighbour_row(301), []]}
    )
    project.drop("sn_2025.xlsx", content)
    project.refresh()
    rows = project.rows("sn_2025.xlsx")
    assert [(row["neighbour_rank"], row["neighbour_la_number"]) for row in rows] == list(enumerate(range(801, 811), 1))
    assert {(r["la_number"], r["list_version"], r["source_row"], r["closeness_text"]) for r in rows} == {
        (301, "2025", 4, "Very Close")
    }
    assert project.listed()["sn_2025.xlsx"]["row_count"] == 1


def test_the_columns_of_a_list_may_stand_in_another_order(project: Project) -> None:
    pairs = [(f"SN{rank}", "SNP") for rank in (3, 1, 10, 2, 4, 5, 6, 7, 8, 9)]
    headings = ["Remarks", *(heading for pair in pairs for heading in pair), "goreg", "LA  Name", "LA num"]
    cells = ["-", *(cell for name, _ in pairs for cell in (800 + int(name[2:]), f"words {name}")), "North", "Town", 301]
    project.drop("list.xlsx", workbook({"x": [headings, cells]}), note="list_version: 2025\n")
    project.refresh()
    rows = project.rows("list.xlsx")
    assert [(r["neighbour_rank"], r["neighbour_la_number"], r["closeness_text"]) for r in rows] == [
        (rank, 800 + rank, f"words SN{rank}") for rank in range(1, 11)
    ]


@pytest.mark.parametrize(
    ("name", "sheet", "note", "expected"),
    [
        ("neighbours.xlsx", "Groups 2021", "list_version: 2025\n", "2025"),
        ("sn_may_2025.xlsx", "Groups 2021", None, "2025"),
        ("neighbours.xlsx", "Groups 2021", None, "2021"),
        ("sn_may_2025.xlsx", "Groups", "release: May 2025\n", "May 2025"),
    ],
)
def test_the_year_of_a_list_comes_from_the_note_the_name_or_the_sheet(
    project: Project, name: str, sheet: str, note: str | None, expected: str
) -> None:
    project.drop(name, neighbours_workbook(neighbour_row(301), sheet=sheet), note)
    project.refresh()
    assert project.listed()[name]["release_label"] == expected
    assert {row["list_version"] for row in project.rows(name)} == {expected.split()[-1]}


def test_a_list_without_a_year_is_rejected(project: Project) -> None:
    for number, (name, words) in enumerate(
        (("neighbours.xlsx", "list_version: 2025"), ("sn_2021_revised_2025.xlsx", "2021 and 2025"))
    ):
        code, message = project.rejection(name, neighbours_workbook(neighbour_row(301 + number)))
        assert code == "list_version_unknown" and words in message


def test_faults_of_a_list_name_the_row_of_the_sheet(project: Project) -> None:
    good = list(range(801, 811))
    project.drop(
        "sn_2025.xlsx",
        neighbours_workbook(
            neighbour_row(301),
            neighbour_row(302, [*good[:9], ""]),
            neighbour_row(303, [303, *good[1:]]),
            neighbour_row(304, [801, 801, *good[2:]]),
            neighbour_row(305, ["eight", 802.5, *good[2:]]),
            neighbour_row(306, ["-"] * 10),
            neighbour_row(307, [None, *good[1:]]),
            ["", "Old ones:"],
            ["", "Nowhere", "", 1, "North", *neighbour_row(1)[5:]],
            neighbour_row(301),
        ),
    )
    project.refresh()
    found = {(p["issue_code"], p["source_row"], p["column_name"]) for p in project.problems()}
    assert found == {
        ("neighbours_missing", 5, None),
        ("neighbour_is_itself", 6, "SN1"),
        ("neighbours_missing", 6, None),
        ("neighbour_listed_twice", 7, "SN2"),
        ("neighbours_missing", 7, None),
        ("neighbour_no_number", 8, "SN1"),
        ("neighbour_no_number", 8, "SN2"),
        ("neighbours_missing", 8, None),
        ("neighbours_missing", 9, None),
        ("neighbours_missing", 10, None),
        ("remark", 11, None),
        ("row_without_authority", 12, "LA num"),
        ("authority_listed_twice", 13, None),
    }
    printed = {p["printed_text"] for p in project.problems("neighbour_no_number")}
    assert printed == {"eight", "802.5"}
    assert all("Row " in p["message"] or "row " in p["message"] for p in project.problems())
    counts = {n: sum(1 for r in project.rows("sn_2025.xlsx") if r["la_number"] == n) for n in range(302, 308)}
    assert counts == {302: 9, 303: 10, 304: 10, 305: 8, 306: 0, 307: 9}


def test_the_list_of_authorities_keeps_its_words(project: Project) -> None:
    rows = [
        [301.0, "Eastmoor", "North", "UA"],
        [302, "Westmoor", "NA", ""],
        [303, "", "North", "UA"],
        ["x", "Y", "N", "U"],
    ]
    project.drop("list.xlsx", authorities_workbook(*rows))
    project.refresh()
    found = [tuple(row.values())[1:] for row in project.rows("list.xlsx")]
    assert found == [(2, 301, "Eastmoor", "North", "UA"), (3, 302, "Westmoor", "NA", None)]
    assert {(p["issue_code"], p["source_row"]) for p in project.problems()} == {
        ("row_without_name", 4),
        ("row_without_authority", 5),
    }


def test_surplus_columns_are_left_out_and_named(project: Project) -> None:
    project.drop("long.csv", csv_text([*LONG, "Mood"], [*long_row(), "merry"]))
    project.drop("list.xlsx", workbook({"x": [[*AUTHORITIES, "Mayor"], [301, "Eastmoor", "North", "UA", "Nobody"]]}))
    project.refresh()
    found = {p["source_file"]: p for p in project.problems("column_left_out")}
    assert {name: p["severity"] for name, p in found.items()} == {
        "national/long.csv": "info",
        "national/list.xlsx": "info",
    }
    assert "Mood" in found["national/long.csv"]["message"] and "Mayor" in found["national/list.xlsx"]["message"]


def test_an_open_data_file_is_loaded_with_its_checks_and_its_description(project: Project) -> None:
    project.drop("ees/rates_2023_to_2024.csv", open_data_text("2023", "2024"))
    project.refresh()
    row = project.listed()["ees/rates_2023_to_2024.csv"]
    assert (row["dataset_key"], row["release_label"], row["row_count"]) == ("rates", "2024", 2)
    checks = pq.read_table(project.ws.raw_dir / "national" / "open_data_checks.parquet").to_pylist()
    assert {check["source_file"] for check in checks} == {"national/ees/rates_2023_to_2024.csv"}
    assert {r["indicator"] for r in project.rows("ees/rates_2023_to_2024.csv")} == {"rate"}
    # The description arrives later: it is no file of its own, and the data file is read anew with it.
    meta = csv_text(
        ["col_name", "col_type", "label", "indicator_grouping", "indicator_unit", "indicator_dp", "filter_hint"],
        ["category", "Filter", "Category", "", "", "", ""],
        ["rate", "Indicator", "Rate", "", "", "1", ""],
    )
    project.drop("ees/rates_2023_to_2024.meta.csv", meta)
    assert [name for name, _ in files.pending(project.ws).new_files] == ["national/ees/rates_2023_to_2024.csv"]
    project.refresh()
    assert set(project.listed()) == {"ees/rates_2023_to_2024.csv"}
    assert project.listed()["ees/rates_2023_to_2024.csv"]["outcome"] == "loaded"


def test_a_description_alone_is_noted(project: Project) -> None:
    project.drop("rates.meta.csv", csv_text(["col_name"], ["rate"]))
    project.refresh()
    assert project.listed() == {}
    assert [p["source_file"] for p in project.problems("description_alone")] == ["national/rates.meta.csv"]


def test_an_open_data_file_without_a_column_of_the_standard_keeps_the_checks_that_say_so(project: Project) -> None:
    text = csv_text(
        [h for h in OPEN_DATA if h != "time_identifier"], ["2024", "National", "E92000001", "England", "x", "1"]
    )
    code, message = project.rejection("rates.csv", text)
    assert code.startswith("missing_column") and "time_identifier" in message
    checks = pq.read_table(project.ws.raw_dir / "national" / "open_data_checks.parquet").to_pylist()
    assert "failed" in {check["result"] for check in checks if check["source_file"] == "national/rates.csv"}


# Versions and releases


def test_the_same_bytes_again_change_nothing(project: Project) -> None:
    project.drop("a.xlsx", authorities_workbook())
    project.refresh()
    # What lay in the landing folder, and since when, is noted anew; it is no record of a file.
    found = (path for path in project.home.rglob("*") if path.is_file() and path.name != SEEN)
    state = {path: path.read_bytes() for path in found}
    project.drop("a.xlsx", authorities_workbook())
    project.drop("copy.xlsx", authorities_workbook())
    assert not files.pending(project.ws)
    assert files.receive_and_read(project.ws) == []
    project.refresh()
    assert len(project.listed()) == 1
    assert {path: path.read_bytes() for path in state} == state


def test_a_corrected_file_is_a_new_version_and_the_older_one_stays(project: Project) -> None:
    note = "release: November 2025\npublished: 2025-11-20\n"
    project.drop("long.csv", csv_text(LONG, long_row(value="1")), note)
    first = project.refresh().loaded[0].source_sha256
    project.drop("long.csv", csv_text(LONG, long_row(value="2")), note)
    second = project.refresh().loaded[0].source_sha256
    rows = pq.read_table(project.ws.raw_dir / "national" / "national_files.parquet").to_pylist()
    state = {r["source_sha256"]: (r["version_number"], r["in_force"], r["is_newest_release"]) for r in rows}
    assert state == {first: (1, False, False), second: (2, True, True)}
    assert {str(r["published_on"]) for r in rows} == {"2025-11-20"}
    assert {p["severity"] for p in project.problems("version_superseded")} == {"info"}
    assert project.table("lait_long", first).num_rows == 1
    assert [record.source_sha256 for record in files.loaded_records(project.ws)] == [first, second]


@pytest.mark.parametrize(
    "bad",
    [
        csv_text(LONG, *(long_row(period=str(n), value="9") for n in range(3))),
        csv_text(LONG, *(long_row(period=str(n)) for n in range(10)))[:-60],
        csv_text([h for h in LONG if h != "Years"], ["a", "b", "c", "1", "301", "d"]),
        csv_text(LONG),
        "",
    ],
    ids=["fewer rows", "cut off", "column missing", "headings alone", "empty"],
)
def test_a_bad_newer_version_never_displaces_a_good_older_one(project: Project, bad: str) -> None:
    project.drop("long.csv", csv_text(LONG, *(long_row(period=str(n)) for n in range(10))), "release: r1\n")
    good = project.refresh().loaded[0].source_sha256
    project.drop("long.csv", bad, "release: r1\n")
    catalogue = project.refresh()
    assert (catalogue.in_force, catalogue.newest) == ({good}, {good})
    rows = pq.read_table(project.ws.raw_dir / "national" / "national_files.parquet").to_pylist()
    newer = next(row for row in rows if row["source_sha256"] != good)
    assert newer["outcome"] == "rejected" and newer["error_message"]
    if newer["error_code"] == "version_held_back":
        (project.landing / "national" / "long.yml").write_text("release: r1\naccept: true\n", encoding="utf-8")
        assert project.refresh().in_force == {newer["source_sha256"]}


def test_a_file_that_is_cut_off_at_a_whole_row_is_no_newest_release(project: Project) -> None:
    project.drop("long.csv", csv_text(LONG, *(long_row(period=str(n)) for n in range(10))))
    good = project.refresh().newest
    project.drop("next.csv", csv_text(LONG, *(long_row(period=str(n)) for n in range(4))).rstrip("\n"))
    assert project.refresh().newest == good
    assert {p["source_file"] for p in project.problems("end_missing")} == {"national/next.csv"}
    assert len(project.problems("release_held_back")) == 1


RELEASES = {
    "sn_a.xlsx": (301, "list_version: 2021\n"),
    "sn_b.xlsx": (302, "list_version: 2025\n"),
    "sn_c.xlsx": (303, "list_version: 2030\npublished: 2019-01-01\n"),
    "rates_a.csv": ("2023", "published: 2026-01-01\n"),
    "rates_b.csv": ("2024", "published: 2025-01-01\n"),
    "figures_a.csv": ("2009", None),
    "figures_b.csv": ("2010", None),
    "figures_c.csv": ("1999", None),
    "long_a.csv": ("1", "release: release 9\n"),
    "long_b.csv": ("2", "release: release 10\n"),
    "long_c.csv": ("3", "release: release 10\npublished: 2025-03-01\n"),
}


@pytest.mark.parametrize("seed", range(4))
def test_the_newest_release_does_not_depend_on_the_order_of_arrival(project: Project, seed: int) -> None:
    order = list(RELEASES)
    random.Random(seed).shuffle(order)
    for name in order:
        value, note = RELEASES[name]
        if name.startswith("sn"):
            content = neighbours_workbook(neighbour_row(value))
        elif name.startswith("long"):
            content = csv_text(LONG, long_row(value=value))
        else:
            content = open_data_text(value)
            # What stands before the years names the data set.
            name = f"{name.split('_')[0]}_{value}.csv"
        project.drop(name, content, note)
        project.refresh()
    listed = project.listed()
    newest = {name for name, row in listed.items() if row["is_newest_release"]}
    # Between a list with a date and one without, what both have decides: the label.
    assert newest & {"sn_a.xlsx", "sn_b.xlsx", "sn_c.xlsx"} == {"sn_c.xlsx"}
    assert {name for name in newest if name.startswith("rates")} == {"rates_2023.csv"}
    assert {name for name in newest if name.startswith("figures")} == {"figures_2010.csv"}
    assert all(row["in_force"] for name, row in listed.items() if not name.startswith("long"))
    assert {row["release_label"] for name, row in listed.items() if name in newest and name.startswith("long")} == {
        "release 10"
    }


def test_a_release_without_date_and_label_is_as_new_as_it_came(project: Project) -> None:
    for value in ("1", "2", "3"):
        project.drop(f"long_{value}.csv", csv_text(LONG, long_row(value=value)))
        project.refresh()
    listed = project.listed()
    assert [name for name, row in listed.items() if row["is_newest_release"]] == ["long_3.csv"]
    assert {row["release_label"] for row in listed.values()} == {row["source_sha256"][:8] for row in listed.values()}


# Notes beside files


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("relase: 2025\n", "relase"),
        ("published: soon\n", "published"),
        ("kind: puffins\n", "kind"),
        ("release: 2025.10\n", "quotation marks"),
        ("release: [\n", "not YAML"),
        ("- release\n", "note"),
    ],
)
def test_a_note_that_is_wrong_says_what_it_may_state(project: Project, note: str, words: str) -> None:
    code, message = project.rejection("long.csv", csv_text(LONG, long_row()), note)
    assert code == "sidecar_invalid" and words in message
    if "YAML" not in message:
        assert "release, published, list_version, kind and accept" in message
    (project.landing / "national" / "long.yml").write_text("release: 2025\npublished: 2025-11-20\n", encoding="utf-8")
    project.refresh()
    assert project.listed()["long.csv"]["release_label"] == "2025"


def test_a_rejected_note_stays_rejected_when_the_rules_change(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.rejection("long.csv", csv_text(LONG, long_row()), "relase: 2025\n")
    monkeypatch.setattr(files, "reader_fingerprint", lambda ws: "other rules")
    project.refresh()
    assert project.listed()["long.csv"]["error_code"] == "sidecar_invalid"


# What cannot be read


def bomb() -> bytes:
    packed = io.BytesIO(authorities_workbook())
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/large.bin", bytes(100 * 1024 * 1024))
    return packed.getvalue()


def far_cell() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(authorities_workbook())) as source, zipfile.ZipFile(packed, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
            target.writestr(part, content.replace(b"</sheetData>", far))
    return packed.getvalue()


def parquet_bytes(**columns) -> bytes:
    packed = io.BytesIO()
    pq.write_table(pa.table(columns), packed)
    return packed.getvalue()


GOOD_PARQUET = parquet_bytes(**dict(zip(LONG, [[cell] * 5000 for cell in long_row()], strict=True)))
LONG_TEXT = csv_text(LONG, *(long_row(period=str(n)) for n in range(2000)))
ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("empty.csv", "", "empty_file", ""),
        ("empty.xlsx", b"", "empty_file", ""),
        ("blank.csv", "\n \n", "empty_file", ""),
        ("long.csv", LONG_TEXT[: len(LONG_TEXT) // 2], "truncated_file", "Download"),
        (
            "quoted.csv",
            csv_text(DICTIONARY, dictionary_row(), dictionary_row(description="a\nb\n"))[:-30],
            "truncated_file",
            "Download",
        ),
        (
            "line.csv",
            csv_text(DICTIONARY, dictionary_row(), dictionary_row(description="a\nb")).rsplit("b", 1)[0],
            "unclosed_quote",
            "",
        ),
        ("long.parquet", GOOD_PARQUET[: len(GOOD_PARQUET) // 2], "parquet_unreadable", "Download"),
        ("body.parquet", b"PAR1" + bytes(200) + GOOD_PARQUET[204:], "parquet_unreadable", "Download"),
        (
            "few.parquet",
            parquet_bytes(**{"Short Desc": ["x"], "Values": ["1"], "Years": ["1"], "Region": ["a"]}),
            "missing_column",
            "LA Number",
        ),
        ("years.csv", csv_text([h for h in LONG if h != "Years"], ["x"] * 6), "missing_column", "Years"),
        ("twice.csv", csv_text([*LONG, "Values"], [*long_row(), "3"]), "column_doubled", "Values"),
        (
            "dict.csv",
            csv_text([h for h in DICTIONARY if h != "Polarity"], dictionary_row()[1:]),
            "missing_column",
            "Polarity",
        ),
        ("bare.csv", csv_text(LONG), "no_rows", ""),
        ("strange.csv", "fruit,weight,Years\napple,3,2020\n", "unknown_kind", "Short Desc"),
        ("text.xlsx", "This is plain text.\n", "unknown_kind", "plain text"),
        ("page.csv", "<!doctype html><html><body>Sign in</body></html>\n", "html_file", "web page"),
        ("paper.csv", b"%PDF-1.7 ...", "unknown_kind", "PDF"),
        ("list.csv", csv_text(AUTHORITIES, ["301", "Eastmoor", "North", "UA"]), "unknown_kind", ".xlsx"),
        ("encrypted.xlsx", ENCRYPTED, "workbook_protected", "password"),
        ("old.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "workbook_unreadable", ".xlsx"),
        ("cut.xlsx", authorities_workbook()[:700], "workbook_unreadable", "Download"),
        ("corrupt.xlsx", authorities_workbook().replace(b"PK\x03\x04", b"PK\x03\x05"), "", ""),
        ("bomb.xlsx", bomb(), "workbook_too_large", "bytes"),
        ("far.xlsx", far_cell(), "workbook_too_large", "1,048,576"),
        (
            "two.xlsx",
            workbook({"a": [AUTHORITIES, [1, "A", "N", "U"]], "b": [AUTHORITIES, [1, "B", "N", "U"]]}),
            "two_tables",
            "'a' row 1, 'b' row 1",
        ),
        (
            "other.xlsx",
            workbook({"Fruit": [["apple"]], "Secret": [AUTHORITIES, [1, "A", "N", "U"]]}, hidden=("Secret",)),
            "unknown_kind",
            "'Fruit', 'Secret' (hidden)",
        ),
        ("headless.xlsx", workbook({"x": [AUTHORITIES[:3], [1, "A", "N"]]}), "missing_column", "Type"),
        ("sn_2025.xlsx", workbook({"x": [[h for h in NEIGHBOURS if h != "SN4"], [301]]}), "missing_column", "SN4"),
        ("snp_2025.xlsx", workbook({"x": [[*NEIGHBOURS[:-1]], neighbour_row(301)[:-1]]}), "missing_column", "SNP"),
        ("bare.xlsx", workbook({"x": [AUTHORITIES]}), "no_rows", ""),
        (
            "latin.csv",
            csv_text(LONG, long_row(name="Ynys Môn"))[:-1].encode() + b'\n"x","y","2016","\xe9","1","302","N"\n',
            "mixed_encoding",
            "UTF-8",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value and len(value) < 20 else "",
)
def test_a_file_that_cannot_be_read_says_why_and_the_rest_loads(
    project: Project, name: str, content: str | bytes, code: str, words: str
) -> None:
    found, message = project.rejection(name, content)
    assert not code or found == code, message
    assert words in message


def test_a_workbook_without_the_table_names_its_sheets_and_the_headings_expected(project: Project) -> None:
    _, message = project.rejection("other.xlsx", workbook({"Fruit": [["apple"]], "Notes": [["pear"]]}))
    for words in ("'Fruit', 'Notes'", "LA Number, LA Name, Region, Type", "SN1", "SN10", "SNP", "Drop the workbook"):
        assert words in message


def test_an_unknown_kind_names_the_nearest_and_what_it_lacks(project: Project) -> None:
    code, message = project.rejection("x.csv", csv_text(["Short Desc", "Years", "fruit"], ["a", "b", "c"]))
    assert code == "unknown_kind"
    assert "long file" in message and "LA Number" in message and "fruit" in message


def test_the_kind_goes_by_content_and_not_by_name(project: Project) -> None:
    project.drop("neighbours.xlsx", csv_text(LONG, long_row()))
    project.drop("bds_long.csv", neighbours_workbook(neighbour_row(301), sheet="2025"))
    project.drop("open.parquet", open_data_text("2024"))
    project.refresh()
    assert {name: row["kind"] for name, row in project.listed().items()} == {
        "neighbours.xlsx": "lait_long",
        "bds_long.csv": "neighbours",
        "open.parquet": "open_data",
    }


def test_windows_text_is_read_and_noted(project: Project) -> None:
    project.drop("long.csv", csv_text(LONG, long_row(name="Ynys Môn")).encode("cp1252"))
    project.refresh()
    assert project.rows("long.csv")[0]["area_name"] == "Ynys Môn"
    assert [p["severity"] for p in project.problems("encoding_assumed")] == ["info"]


def test_unfinished_copies_are_not_taken_up_and_unreadable_files_are_named(project: Project) -> None:
    for name in ("a.csv.part", "b.xlsx.crdownload", "~$list.xlsx", ".hidden.csv", "README.md", "note.yml"):
        (project.landing / "national").mkdir(parents=True, exist_ok=True)
        (project.landing / "national" / name).write_text("x")
    (project.landing / "national" / "dangling.csv").symlink_to(project.home / "nowhere.csv")
    assert not files.pending(project.ws)
    assert [p["source_file"] for p in files.pending(project.ws).problems] == ["national/dangling.csv"]
    project.refresh()
    assert [p["issue_code"] for p in project.problems()] == ["unreadable"]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_never_stop_a_refresh(tmp_path_factory, data: st.DataObject) -> None:
    content = data.draw(
        st.sampled_from(
            [
                authorities_workbook(),
                neighbours_workbook(neighbour_row(301)),
                GOOD_PARQUET,
                csv_text(LONG, long_row(), long_row(period="2017")).encode(),
                csv_text(DICTIONARY, dictionary_row()).encode(),
            ]
        )
    )
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(1, len(damaged)))]
    project = Project(tmp_path_factory.mktemp("damaged"))
    project.drop("x_2025.bin", bytes(damaged))
    project.refresh()
    row = project.listed()["x_2025.bin"]
    assert row["outcome"] == "loaded" or (row["error_code"] and row["error_message"])


def test_every_reason_to_reject_a_national_file_is_explained() -> None:
    text = (ROOT / "landing" / "national" / "README.md").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "ingest" / "national").glob("*.py"))
    raised = set(re.findall(rf"{FileRejected.__name__}\(\s*\"([a-z_0-9]+)\"", code))
    raised |= {"version_held_back", "release_held_back", "unreadable"}
    assert len(raised) > 15
    assert {code for code in raised if f"`{code}`" not in text} == set()


# The published files


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("published"))
    for path in sorted(SHARED.rglob("*.*")):
        project.drop(path.relative_to(SHARED).as_posix(), path.read_bytes())
    project.refresh()
    return project


@needs_shared
def test_all_published_files_are_loaded(published: Project) -> None:
    listed = published.listed()
    assert len(listed) == 11
    assert {name: row["error_message"] for name, row in listed.items() if row["outcome"] != "loaded"} == {}
    assert {name: row["row_count"] for name, row in listed.items() if row["kind"] != "open_data"} == {
        "bds_long_0.parquet": 641_070,
        "lait_data_dictionary.csv": 448,
        "la_code_list.xlsx": 171,
        "sn_april_2021.xlsx": 158,
        "sn_may_2025.xlsx": 158,
    }
    assert {p["issue_code"] for p in published.problems() if p["severity"] == "error"} == set()


@needs_shared
def test_every_row_of_the_published_long_file_arrives_as_it_is(published: Project) -> None:
    row = published.listed()["bds_long_0.parquet"]
    found = published.table("lait_long", row["source_sha256"])
    source = pq.read_table(SHARED / "bds_long_0.parquet")
    assert found.num_rows == source.num_rows == 641_070
    columns = [name for name in LAIT_LONG.schema.names if name not in ("source_sha256", "source_row")]
    for heading, column in zip(LONG, columns, strict=True):
        expected = source[heading] if heading != "LA Number" else pc.cast(source[heading], pa.int32())
        assert found[column].combine_chunks().equals(expected.combine_chunks()), column
    assert pc.count_distinct(found["measure_short"]).as_py() == 434
    assert pc.count_distinct(found["la_number"]).as_py() == 170
    assert found["source_row"].to_pylist() == list(range(1, 641_071))
    assert [p for p in published.problems() if p["source_file"] == "national/bds_long_0.parquet"] == []


@needs_shared
def test_the_published_long_file_as_csv_gives_the_same_rows(published: Project, project: Project) -> None:
    (project.landing / "national").mkdir(parents=True)
    path = project.landing / "national" / "long.csv"
    pacsv.write_csv(pq.read_table(SHARED / "bds_long_0.parquet"), path)
    project.refresh()
    as_csv = project.table("lait_long", project.listed()["long.csv"]["source_sha256"])
    as_parquet = published.table("lait_long", published.listed()["bds_long_0.parquet"]["source_sha256"])
    own = ["source_sha256", "source_row"]
    assert as_csv.drop_columns(own).equals(as_parquet.drop_columns(own))
    lines = path.read_bytes().split(b"\n")
    at = as_csv["source_row"].to_pylist()
    for index in (0, 1000, 333_333, 641_069):
        measure = as_csv["measure_short"][index].as_py()
        assert lines[at[index] - 1].startswith(f'"{measure}"'.encode())
    assert at[-1] == len(lines) - 1


@needs_shared
def test_the_published_dictionary_has_its_lines_and_its_known_contradictions(published: Project) -> None:
    rows = published.rows("lait_data_dictionary.csv")
    assert len(rows) == 448
    assert len({row["measure_short"] for row in rows}) == 434
    lines = (SHARED / "lait_data_dictionary.csv").read_bytes().split(b"\n")
    assert all(
        lines[row["source_row"] - 1].startswith(f'"{row["measure_code"]}",'.encode()) or row["measure_code"] == "NA"
        for row in rows
    )
    assert len(published.problems("measure_defined_twice")) == 4


@needs_shared
@pytest.mark.parametrize(
    ("name", "version", "words", "without"),
    [
        ("sn_april_2021.xlsx", "2021", "Very Close", {942, 943}),
        ("sn_may_2025.xlsx", "2025", "Very close", set()),
    ],
)
def test_every_authority_of_a_published_list_has_ten_neighbours(
    published: Project, name: str, version: str, words: str, without: set[int]
) -> None:
    rows = published.rows(name)
    of_authority: dict[int, set[int]] = {}
    for row in rows:
        of_authority.setdefault(row["la_number"], set()).add(row["neighbour_la_number"])
    assert {len(neighbours) for neighbours in of_authority.values()} == {10}
    assert len(of_authority) + len(without) == published.listed()[name]["row_count"]
    assert not without & set(of_authority)
    assert {row["list_version"] for row in rows} == {version}
    assert words in {row["closeness_text"] for row in rows}
    assert not any(number in neighbours for number, neighbours in of_authority.items())
