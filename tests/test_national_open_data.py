"""Any file of the open-data standard becomes one long table, cell by cell; what is wrong with it is said."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.intake.errors import FileRejected
from ingest.intake.raw_tables import from_rows, violations
from ingest.national.open_data import OpenDataResult, dataset_key_of, read_open_data
from ingest.national.open_data_standard import LEVELS, TIME_KINDS, has_period_form
from ingest.national.schemas import NATIONAL_PROBLEMS, OPEN_DATA, OPEN_DATA_CHECKS

pytestmark = pytest.mark.slow

SAMPLES = ROOT.parent / "shared" / "national" / "ees"
SHA = "ab" * 32

BASE = ("time_period", "time_identifier", "geographic_level", "country_code", "country_name")
AREA = ("region_code", "region_name", "old_la_code", "new_la_code", "la_name")
STRAIGHT = {
    **{name: name for name in BASE if name != "country_name"},
    "region_code": "region_code",
    "region_name": "region_name",
    "new_la_code": "la_code",
    "old_la_code": "la_number_text",
    "la_name": "la_name",
}
AUTHORITIES = (
    ("E06000017", "857", "Rutland"),
    ("E06000016", "856", "Leicester"),
    ("E10000018", "855", "Leicestershire"),
)


class Read:
    """A file that was read: its result, its long table, and short ways to ask for both."""

    def __init__(self, content: str | bytes, folder: Path, name: str = "data.csv", meta: str | None = None, **more):
        path, self.out = folder / name, folder / "out" / "rows.parquet"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if meta is not None:
            (folder / name.replace(".csv", ".meta.csv")).write_text(meta)
        self.result: OpenDataResult = read_open_data(path, SHA, name, self.out, **more)
        assert violations(OPEN_DATA, self.out) == []
        from_rows(OPEN_DATA_CHECKS, self.result.checks)
        from_rows(NATIONAL_PROBLEMS, self.result.problems)
        self.rows = pq.read_table(self.out).to_pylist()
        assert [one for one in self.out.parent.iterdir() if one != self.out] == []

    def check(self, name: str) -> tuple[str, int]:
        found = [one for one in self.result.checks if one["check_name"] == name]
        assert len(found) == 1, name
        return found[0]["result"], found[0]["row_count"]

    def message(self, name: str) -> str:
        return next(one["message"] for one in self.result.checks if one["check_name"] == name)

    @property
    def not_passed(self) -> dict[str, str]:
        return {one["check_name"]: one["result"] for one in self.result.checks if one["result"] != "passed"}

    @property
    def unsound(self) -> set[int]:
        return {one["source_row"] for one in self.rows if not one["row_is_sound"]}

    def problems(self, code: str) -> list[dict]:
        return [one for one in self.result.problems if one["issue_code"] == code]

    @property
    def indicators(self) -> set[str]:
        return {one["indicator"] for one in self.rows}

    @property
    def filters(self) -> set[str]:
        return {name for one in self.rows for name in json.loads(one["filters"])}


@pytest.fixture
def read(tmp_path):
    return lambda content, **more: Read(content, tmp_path, **more)


def rejected(content: str | bytes, folder: Path, **more) -> FileRejected:
    path, out = folder / "data.csv", folder / "out.parquet"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FileRejected) as caught:
        read_open_data(path, SHA, "data.csv", out, **more)
    assert not out.exists()
    assert caught.value.checks[-1]["result"] == "failed"
    assert caught.value.checks[-1]["message"] == caught.value.message
    assert caught.value.message.endswith((".", "?"))
    return caught.value


def printed(rows: list[list[str]], line_end: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=line_end).writerows(rows)
    return out.getvalue()


def authority_row(number: int = 0, period: str = "2024", identifier: str = "Reporting year") -> list[str]:
    code, old, name = AUTHORITIES[number % len(AUTHORITIES)]
    return [
        period,
        identifier,
        "Local authority",
        "E92000001",
        "England",
        "E12000004",
        "East Midlands",
        old,
        code,
        name,
    ]


def sound_file(*rows: list[str], extra: tuple[str, ...] = ("sex", "children")) -> str:
    """A file that passes everything, and then these rows."""
    body = [
        [*authority_row(n, period), sex, str(n * 10 + k)]
        for n in range(3)
        for period in ("2023", "2024")
        for k, sex in enumerate(("Total", "Female", "Male"))
    ]
    if len(extra) > 2:
        body = [[*row, *["1.5"] * (len(extra) - 2)] for row in body]
    return printed([[*BASE, *AREA, *extra], *body, *rows])


# --- every cell arrives ------------------------------------------------------------------------------------------

_cell_text = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00\r"), min_size=1, max_size=12
).filter(lambda text: "\n" not in text.strip("\n") or True)
_words = _cell_text.filter(lambda text: any(c.isalpha() for c in text)).map(lambda text: f"item {text}")
_values = st.one_of(
    st.integers(-10, 10**9).map(str),
    st.floats(0, 1e6, allow_nan=False).map(lambda x: f"{x:.2f}"),
    st.sampled_from(("c", "z", "x", "low", "k", "u", "~", ":", ".")),
    st.just(""),
)


@st.composite
def files(draw):
    """Rows of a file of the standard: heading in any order, words with commas, quotes and line ends in filters."""
    filters = [f"filter_{n}" for n in range(draw(st.integers(0, 3)))]
    indicators = [f"Indicator{n}" for n in range(draw(st.integers(1, 4)))]
    heading = draw(st.permutations([*BASE, *AREA, *filters, *indicators]))
    level = draw(st.sampled_from(["Local authority", "National", "Regional"]))
    rows = []
    for number in range(draw(st.integers(1, 12))):
        cells = dict(zip((*BASE, *AREA), authority_row(number, str(2000 + number)), strict=True))
        cells["geographic_level"] = level
        cells |= {name: draw(_words) for name in filters}
        cells |= {name: draw(_values) for name in indicators}
        if number == 0:
            cells |= dict.fromkeys(indicators, "1.25")
        rows.append([cells[name] for name in heading])
    return heading, filters, indicators, rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    made=files(),
    line_end=st.sampled_from(("\n", "\r\n")),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16")),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    block_bytes=st.sampled_from((200, 700, 4 << 20)),
)
def test_every_cell_of_any_file_arrives_as_printed(made, line_end, encoding, quoting, block_bytes):
    heading, filters, indicators, rows = made
    text = io.StringIO()
    lines, line = [], 1
    for row in [heading, *rows]:
        lines.append(line)
        before = text.tell()
        csv.writer(text, lineterminator=line_end, quoting=quoting).writerow(row)
        line += text.getvalue()[before:].count("\n")
    with tempfile.TemporaryDirectory() as folder:
        found = Read(text.getvalue().encode(encoding), Path(folder), block_bytes=block_bytes)
    got = {(one["source_row"], one["indicator"]): one for one in found.rows}
    assert len(got) == len(found.rows) == len(rows) * len(indicators)
    assert found.result.row_count == len(rows)
    for line, row in zip(lines[1:], rows, strict=True):
        cells = dict(zip(heading, row, strict=True))
        for indicator in indicators:
            one = got[line, indicator]
            assert one["value_text"] == (cells[indicator] or None)
            assert one["filters"] == json.dumps({n: cells[n] for n in sorted(filters)}, ensure_ascii=False)
            assert {new: one[new] for new in STRAIGHT.values()} == {
                new: cells[old] or None for old, new in STRAIGHT.items()
            }
            assert one["row_is_sound"]


def _samples() -> list[Path]:
    return sorted(SAMPLES.glob("*.csv")) if SAMPLES.is_dir() else []


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared national files are not here")
def test_there_are_six_sample_files():
    assert len(_samples()) == 6


@pytest.mark.parametrize("path", _samples(), ids=lambda path: path.stem[:30])
def test_every_cell_of_the_sample_files_arrives_as_printed(path, tmp_path):
    out = tmp_path / "rows.parquet"
    result = read_open_data(path, SHA, path.name, out)
    assert violations(OPEN_DATA, out) == []
    got = {(one["source_row"], one["indicator"]): one for one in pq.read_table(out).to_pylist()}
    indicators = {indicator for _, indicator in got}
    assert result.release_label == "2025"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert result.row_count == len(rows) and len(got) == len(rows) * len(indicators)
    for line, cells in enumerate(rows, start=2):
        filters = {
            name: text
            for name, text in cells.items()
            if text and name not in STRAIGHT and name not in indicators and name != "country_name"
        }
        assert all(not text.replace(".", "").isdigit() for text in filters.values())
        for indicator in indicators:
            one = got[line, indicator]
            assert one["value_text"] == (cells[indicator] or None)
            assert json.loads(one["filters"]) == filters
            assert {new: one[new] for new in STRAIGHT.values()} == {
                new: cells[old] or None for old, new in STRAIGHT.items()
            }
            assert one["row_is_sound"]
    # Nothing fails; single-item filters and filters without a Total are what the standard warns of.
    found = {one["check_name"] for one in result.checks if one["result"] != "passed"}
    assert found <= {"filter_single_item", "filter_total"} and result.problems == []


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (
            "c1_children_in_need_referrals_and_rereferrals_2013_to_2025.csv",
            "c1_children_in_need_referrals_and_rereferrals",
        ),
        ("la_cla_placement_stability.csv", "la_cla_placement_stability"),
        ("Absence_202021.csv", "absence"),
        ("absence-2020-21.csv", "absence"),
        ("exclusions_2019_2020_2021.CSV", "exclusions"),
        ("2024.csv", "2024"),
    ],
)
def test_dataset_keys_have_no_years(name, key):
    assert dataset_key_of(name) == key


# --- other levels, other periods -----------------------------------------------------------------------------------

CODES = {
    "National": ("E92000001", "England", None),
    "Regional": ("E12000004", "East Midlands", None),
    "Local authority": ("E06000017", "Rutland", "857"),
    "Local authority district": ("E07000129", "Blaby", None),
    "RSC region": (None, "East Midlands and the Humber", None),
    "Parliamentary constituency": ("E14000624", "Charnwood", None),
    "Local skills improvement plan area": ("E69000013", "Leicester and Leicestershire", None),
    "Local enterprise partnership": ("E37000020", "Leicester and Leicestershire", None),
    "Mayoral combined authority": ("E47000001", "Greater Manchester", None),
    "English devolved area": ("E47000001", "Greater Manchester", None),
    "Opportunity area": ("OA1", "Derby", None),
    "Ward": ("E05000001", "Aldersgate", None),
    "MAT": ("2044", "A Trust", None),
    "Sponsor": ("187", "A Sponsor", None),
    "School": ("120322", "A School, and College", "8572000"),
    "Provider": ("10004112", "A College", None),
    "Institution": ("I1", "An Institution", None),
    "Planning area": ("8570001", "Oakham", None),
    "Police force area": ("E23000021", "Leicestershire", None),
}


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_of_the_standard_is_read(level, read):
    spec = LEVELS[level]
    columns = [column for column in spec.columns if column not in BASE]
    cells = dict(zip((spec.code, spec.name_column, spec.second_code), CODES[level], strict=True))
    body = [
        [str(year), "Calendar year", level, "E92000001", "England", *(cells[c] for c in columns), sex, str(year % 7)]
        for year in (2021, 2022)
        for sex in ("Total", "Female")
    ]
    found = read(printed([[*BASE, *columns, "sex", "pupils"], *body]))
    assert found.unsound == set() and found.result.problems == []
    assert found.not_passed.keys() <= {"levels_that_go_together"}
    expected = {c for c in columns if c not in (*STRAIGHT,)} | {"sex"}
    assert found.filters == expected


@pytest.mark.parametrize("identifier", sorted(TIME_KINDS))
def test_every_time_identifier_is_read(identifier, read):
    periods = ("2022", "2023") if has_period_form(identifier, "2023") else ("202122", "202223")
    found = read(
        sound_file()
        .replace("Reporting year", identifier)
        .replace("2023,", f"{periods[0]},")
        .replace("2024,", f"{periods[1]},")
    )
    assert found.unsound == set() and found.result.release_label == periods[1]
    wrong = sound_file().replace("Reporting year", identifier)
    wrong = wrong.replace("2023,", "202224,").replace("2024,", "20/21,")
    again = read(wrong)
    assert again.check("time_period") == ("failed", 18) and len(again.unsound) == 18


def test_terms_stand_together_but_years_do_not(read):
    terms = [
        [*authority_row(n, "202223", term), "Total", "1"]
        for n in range(3)
        for term in ("Autumn term", "Spring term", "Autumn and spring term")
    ]
    found = read(printed([[*BASE, *AREA, "sex", "children"], *terms]))
    assert found.check("time_identifier_mix") == ("passed", 0) and found.unsound == set()
    found = read(sound_file([*authority_row(0, "202223", "Academic year"), "Total", "1"]))
    assert found.check("time_identifier_mix") == ("failed", 1) and found.unsound == {20}
    assert found.problems("mixed_time_identifiers")[0]["source_row"] == 20


# --- which columns are what ---------------------------------------------------------------------------------------


def roles(read, column: list[str], name: str = "column", **more) -> str:
    rows = [[*authority_row(n, str(2000 + n)), text, f"{n}.5"] for n, text in enumerate(column)]
    found = read(printed([[*BASE, *AREA, name, "rate"], *rows]), **more)
    return "indicator" if name in found.indicators else "filter" if name in found.filters else "neither"


@pytest.mark.parametrize(
    ("cells", "name", "role"),
    [
        (["1", "2", "c", "z"], "children", "indicator"),
        (["1", "2", "3", "4"], "children", "indicator"),
        (["c", "c", "z", "low"], "children", "indicator"),
        (["", "", "", ""], "children", "neither"),
        (["16", "17", "16", "17"], "age", "filter"),
        (["16.4", "17.1", "16", "17"], "average_age", "indicator"),
        (["16", "17", "16", "18"], "average_age", "indicator"),
        (["16", "17", "18 and over", "Total"], "age", "filter"),
        (["Year group 1", "Year group 2", "1", "2"], "year_group", "filter"),
        (["100001", "100002", "100003", "100004"], "urn", "filter"),
        (["1,234", "12%", "£5", "7"], "children", "indicator"),
        (["1", "*", "N/A", ".."], "children", "indicator"),
        (["1,001", "1,002", "1,003", "c"], "children", "indicator"),
        ([*"123456789", "x y"], "children", "indicator"),
        (["-1.5", "+2", ".5", "1e3"], "change", "indicator"),
    ],
)
def test_what_a_column_is_follows_from_its_cells(cells, name, role, read):
    assert roles(read, cells, name) == role


def test_a_filter_of_numbers_is_known_by_what_it_tells_apart(read):
    rows = [
        [*authority_row(n, period), str(step), str(n * 1000 + step * 7)]
        for n in range(3)
        for period in ("2021", "2022", "2023")
        for step in range(1, 7)
    ]
    found = read(printed([[*BASE, *AREA, "step", "children"], *rows]))
    assert found.filters == {"step"} and found.indicators == {"children"} and found.unsound == set()
    assert "step: rows cannot be told apart without it" in found.message("column_roles")


def test_rows_printed_twice_with_other_figures_do_not_make_their_figure_a_filter(read):
    found = read(sound_file(*([*authority_row(n, "2024"), "Total", "99"] for n in range(3))))
    assert found.indicators == {"children"} and len(found.unsound) == 6


def test_the_metadata_file_decides(read):
    meta = "col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,filter_grouping_column\n"
    found = read(
        sound_file(extra=("sex", "children", "step")),
        meta=meta + "sex,Filter,Sex,,,,,\nchildren,Indicator,Children,,,0,,\nstep,Filter,Step,,,,,\n",
    )
    assert found.indicators == {"children"} and found.filters == {"sex", "step"}
    assert found.check("metadata_file")[0] == "passed"
    found = read(sound_file(), meta=meta + "sex,Filter,Sex,,,,,\nchildren,Indicator,C,,,0,,\nnobody,Filter,N,,,,,\n")
    assert found.check("metadata_file")[0] == "failed" and "nobody" in found.message("metadata_file")
    found = read(sound_file(), meta="<html>no</html>")
    assert found.check("metadata_file")[0] == "warned" and found.indicators == {"children"}


def test_an_area_spelt_otherwise_is_the_same_area(read):
    row = [*authority_row(0, "2024"), "Total", "7"]
    row[[*BASE, *AREA].index("la_name")] = authority_row(0)[-1].upper()
    found = read(sound_file(row))
    assert found.check("duplicate_rows") == ("failed", 2)


def test_what_the_first_block_suggests_is_corrected_by_the_rest(read):
    """The first block holds numbers only, the last row a word that repeats; and rows doubled far apart."""
    head = [[*authority_row(n, "2024"), f"{n}", "1"] for n in range(300)]
    rows = [[row[0], *row[1:10], str(n % 3), "1"] for n, row in enumerate(head)]
    rows += [[*authority_row(n, "2023"), "Total", "2"] for n in range(3)] * 40
    found = read(printed([[*BASE, *AREA, "group", "children"], *rows]), block_bytes=2000)
    assert found.indicators == {"children"} and found.filters == {"group"}
    assert found.check("duplicate_rows") == ("failed", 420)
    assert len(found.problems("duplicate_row")) == 51
    assert "420 in all" in found.problems("duplicate_row")[-1]["message"]


# --- files that are damaged ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code", "word"),
    [
        (b"", "empty_file", "empty"),
        (b"\xef\xbb\xbf\n\n", "empty_file", "empty"),
        (b"<!DOCTYPE html><html><body>Error</body></html>", "html_file", "web page"),
        (b'\n {"title": "Not Found", "status": 404}', "json_file", "JSON"),
        (gzip.compress(b"time_period,time_identifier", mtime=0), "binary_file", "gzip"),
        (b"PK\x03\x04rest", "binary_file", "zip"),
        (b"a,b\rc,d\r", "bare_returns", "carriage"),
        (b"a,b,c\n1,2,3\n", "missing_columns", "time_period"),
        (b"\x00\x01\x02\x03\x04abc", "binary_file", "bytes"),
    ],
)
def test_what_is_no_file_of_the_standard_is_refused(content, code, word, tmp_path):
    error = rejected(content, tmp_path)
    assert error.code == code and word in error.message


@pytest.mark.parametrize("column", BASE)
def test_a_missing_mandatory_column_is_named(column, tmp_path):
    rows = list(csv.reader(io.StringIO(sound_file())))
    place = rows[0].index(column)
    error = rejected(printed([row[:place] + row[place + 1 :] for row in rows]), tmp_path)
    assert error.code == "missing_columns" and column in error.message and error.line_from == 1


def test_a_heading_named_twice_is_refused(tmp_path):
    error = rejected(sound_file().replace("sex", "children", 1), tmp_path)
    assert error.code == "duplicate_heading" and "11 and 12" in error.message
    error = rejected(sound_file().replace("sex", "Time_Period", 1), tmp_path)
    assert error.code == "duplicate_heading"


def test_a_heading_alone_and_a_file_without_numbers_are_refused(tmp_path):
    assert rejected(sound_file().split("\n")[0] + "\n", tmp_path).code == "no_rows"
    words = printed([[*BASE, *AREA, "sex", "kind"], *([*authority_row(n), "Total", "word"] for n in range(5))])
    assert rejected(words, tmp_path).code == "no_indicator"


@settings(max_examples=60, deadline=None)
@given(at=st.integers(1, 2000), quoted=st.booleans())
def test_a_file_cut_anywhere_is_refused_or_whole_up_to_there(at, quoted):
    """Whatever the place of the cut, no row is invented and a cut inside a record is named."""
    text = sound_file()
    if quoted:
        text = text.replace("Rutland", '"Rutland, the ""county""\nof"')
    content = text.encode()[: -min(at, len(text) - 200)]
    whole = list(csv.reader(io.StringIO(text)))
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = Read(content, Path(folder))
        except FileRejected as error:
            assert error.code in ("truncated_file", "missing_columns", "no_rows", "unclosed_quote")
            assert not content.endswith(b"\n") or quoted or error.code == "no_rows"
            assert error.line_from
            return
    count = found.result.row_count
    values = [one["value_text"] for one in sorted(found.rows, key=lambda one: one["source_row"])]
    expected = [row[-1] for row in whole[1 : count + 1]]
    assert values[:-1] == expected[:-1] and expected[-1].startswith(values[-1] or "")
    if values[-1] != expected[-1]:
        assert found.check("final_line_end")[0] == "warned"


def test_a_half_downloaded_file_is_refused_with_its_line(tmp_path):
    content = sound_file()
    error = rejected(content[: content.rindex("Leicestershire")], tmp_path)
    assert error.code == "truncated_file" and error.line_from == 19 and "Download it again" in error.message


def test_zero_bytes_at_the_end_are_refused(tmp_path):
    error = rejected(sound_file().encode() + b"\x00" * 4096, tmp_path)
    assert error.code in ("binary_file", "damaged_file")
    error = rejected(sound_file().encode() + b"2024," * 20_000 + b"\x00" * 4096, tmp_path)
    assert error.code == "damaged_file"


def test_records_of_another_width_are_kept_and_marked(read):
    lines = sound_file().splitlines()
    lines[4] = lines[4].rsplit(",", 1)[0]
    lines[7] += ",1,2"
    found = read("\n".join(lines) + "\n")
    assert found.unsound == {5, 8} and found.result.row_count == 18
    assert found.check("field_count") == ("failed", 2)
    short, long = found.problems("wrong_field_count")
    assert short["source_row"] == 5 and "11 fields" in short["message"] and short["printed_text"] == lines[4]
    assert long["source_row"] == 8 and "14 fields" in long["message"]
    kept = next(one for one in found.rows if one["source_row"] == 5)
    assert kept["la_name"] == "Rutland" and kept["value_text"] is None


def test_a_heading_of_another_width_than_all_records_is_refused(tmp_path):
    error = rejected(
        "\n".join(line + ("" if n == 0 else ",") for n, line in enumerate(sound_file().split("\n")[:-1])) + "\n",
        tmp_path,
    )
    assert error.code == "wrong_field_count"


def test_blank_lines_and_rows_keep_the_line_numbers(read):
    lines = sound_file().splitlines()
    lines[3:3] = ["", "," * 11, ""]
    found = read("\r\n".join(lines) + "\r\n\r\n")
    assert found.check("blank_lines") == ("warned", 4)
    assert {one["source_row"] for one in found.rows} == {2, 3, 5, *range(7, 23)}
    assert found.unsound == {5}


def test_stray_quotation_marks_harm_their_own_record_only(read):
    text = sound_file().replace("Rutland", 'Rut"land').replace("Leicester,", 'Leices"ter",')
    found = read(text)
    assert {one["la_name"] for one in found.rows} == {'Rut"land', 'Leices"ter"', "Leicestershire"}
    assert found.result.row_count == 18 and {one["source_row"] for one in found.rows} == set(range(2, 20))


def test_an_unclosed_quotation_mark_is_named(tmp_path):
    lines = sound_file().splitlines()
    lines[5] = lines[5].replace("Rutland", '"Rutland')
    error = rejected("\n".join(lines) + "\n", tmp_path)
    assert error.code == "unclosed_quote" and error.line_from == 6


def test_windows_text_is_read_with_a_warning_and_a_mixture_is_refused(read, tmp_path):
    text = sound_file().replace("Rutland", "Rhône")
    found = read(text.encode("cp1252"))
    assert "Rhône" in {one["la_name"] for one in found.rows} and found.check("encoding")[0] == "warned"
    lines = text.encode().split(b"\n")
    lines[2] = lines[2].decode().encode("cp1252")
    error = rejected(b"\n".join(lines), tmp_path)
    assert error.code == "mixed_encoding"


def test_headings_in_capitals_and_with_spaces_are_read_and_named(read):
    found = read(
        sound_file().replace("time_period", "TIME_PERIOD").replace("la_name", "LA Name").replace("sex", "the sex")
    )
    assert found.check("heading_spelling") == ("warned", 2)
    assert found.check("heading_spaces") == ("failed", 2)
    assert {one["la_name"] for one in found.rows} == {name for _, _, name in AUTHORITIES}


def test_empty_columns_without_a_heading_are_dropped_and_named(read):
    found = read("\n".join(line + ",," for line in sound_file().splitlines()) + "\n")
    assert found.check("heading_empty") == ("warned", 2) and found.indicators == {"children"}
    assert found.filters == {"sex"}


# --- the standard's checks of the content ---------------------------------------------------------------------------


def test_a_sound_file_passes_everything(read):
    assert read(sound_file()).not_passed == {}


def change(text: str, line: int, column: str, value: str) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    rows[line - 1][rows[0].index(column)] = value
    return printed(rows)


@pytest.mark.parametrize(
    ("column", "value", "check", "issue", "sound"),
    [
        ("time_period", "20232", "time_period", "malformed_time_period", False),
        ("time_period", "", "time_period", "malformed_time_period", False),
        ("time_period", "202324", "time_period", "malformed_time_period", False),
        ("time_identifier", "Council year", "time_identifier", "unknown_time_identifier", False),
        ("time_identifier", "Calendar year", "time_identifier_mix", "mixed_time_identifiers", False),
        ("geographic_level", "Parish", "geographic_level", "unknown_level", False),
        ("geographic_level", "Regional", "geography_overfilled", None, True),
        ("country_name", "Britain", "country_of_area", "wrong_country", True),
        ("country_code", "E92000009", "country_of_area", "wrong_country", True),
        ("region_code", "E12000005", "region_of_area", "wrong_region", True),
        ("region_name", "The East", "region_of_area", "wrong_region", True),
        ("new_la_code", "", None, None, True),
        ("new_la_code", "E6000017", "area_code_form", "malformed_area_code", False),
        ("new_la_code", "E07000129", "area_code_form", "malformed_area_code", False),
        ("old_la_code", "85", "area_code_form", "malformed_area_code", False),
        ("la_name", "Leicester", "area_code_and_name", "wrong_area_name", False),
        ("sex", "", "filter_blanks", None, True),
        ("children", "", "indicator_blanks", None, True),
        ("children", "1,234", "indicator_dressed_numbers", "value_not_a_number", True),
        ("children", "12%", "indicator_dressed_numbers", "value_not_a_number", True),
        ("children", "NA", "indicator_null_words", "value_not_a_number", True),
        ("children", "unknown", "indicator_words", "value_not_a_number", True),
    ],
)
def test_what_fails_the_standard_is_counted_and_its_row_marked(column, value, check, issue, sound, read):
    found = read(change(sound_file(), 4, column, value))
    if check:
        assert found.check(check)[0] == "failed"
    if issue:
        problem = found.problems(issue)[0]
        assert problem["source_row"] == 4 and problem["column_name"] in (column, *AREA, *BASE)
    assert found.unsound == (set() if sound else {4})
    assert found.result.row_count == 18


@pytest.mark.parametrize("symbol", ["*", "-", "..", "N/A", "[c]"])
def test_signs_that_the_standard_gave_up_are_warned_of(symbol, read):
    found = read(change(sound_file(), 4, "children", symbol))
    assert found.check("indicator_legacy_symbols") == ("warned", 1) and found.unsound == set()
    assert symbol in {one["value_text"] for one in found.rows}


@pytest.mark.parametrize("symbol", ["c", "z", "x", "low", "k", "u"])
def test_symbols_of_the_standard_pass(symbol, read):
    assert read(change(sound_file(), 4, "children", symbol)).not_passed == {}


@pytest.mark.parametrize("symbol", ["~", ":", "."])
def test_older_symbols_are_warned_of(symbol, read):
    assert read(change(sound_file(), 4, "children", symbol)).not_passed == {"indicator_older_symbols": "warned"}


def test_an_area_without_any_code_is_none(read):
    found = read(change(change(sound_file(), 4, "new_la_code", ""), 4, "old_la_code", ""))
    assert found.check("area_code_present") == ("failed", 1) and found.unsound == {4}


def test_a_key_printed_twice_makes_neither_row_a_fact(read):
    found = read(sound_file([*authority_row(0, "2024"), "Male", "77"]))
    assert found.unsound == {7, 20} and found.check("duplicate_rows") == ("failed", 2)
    assert [one["source_row"] for one in found.problems("duplicate_row")] == [7, 20]
    assert "2024 | Reporting year" in found.problems("duplicate_row")[0]["printed_text"]


def test_known_areas_are_looked_up(read):
    areas = {code: name for code, _, name in AUTHORITIES} | {old: name for _, old, name in AUTHORITIES}
    assert read(sound_file(), known_areas=areas).not_passed == {}
    # A new code of an authority whose number and name are known is that authority.
    found = read(sound_file().replace("E06000016", "E06000099"), known_areas=areas)
    assert found.check("area_code_current") == ("warned", 1) and found.unsound == set()
    found = read(sound_file().replace("856,E06000016", "999,E06000099"), known_areas=areas)
    assert found.check("area_known") == ("failed", 6) and len(found.unsound) == 6
    found = read(sound_file().replace("856,E06000016", "857,E06000016"), known_areas=areas)
    assert found.check("area_code_and_name") == ("failed", 6)
    # The whole file names the wrong authority: only a list of the authorities can know.
    found = read(sound_file().replace("Leicester\n", "x").replace(",Leicester,", ",Rutland,"), known_areas=areas)
    assert found.check("area_code_and_name") == ("failed", 6) and len(found.unsound) == 6
    assert read(sound_file().replace("Rutland", "RUTLAND "), known_areas=areas).unsound == set()


def test_a_code_with_two_spellings_is_warned_of_but_sound(read):
    found = read(change(sound_file(), 4, "la_name", "Rutland County"))
    assert found.check("one_name_a_code") == ("warned", 1) and found.unsound == set()


def test_level_without_its_columns(read):
    rows = [["2024", "Calendar year", "School", "E92000001", "England", str(n)] for n in range(4)]
    found = read(printed([[*BASE, "pupils"], *rows]))
    assert found.check("geography_columns")[0] == "failed" and "school_urn" in found.message("geography_columns")
    assert found.check("area_code_present") == ("failed", 4) and len(found.unsound) == 4


def test_filters_are_looked_at(read):
    found = read(sound_file().replace("Total", "All people").replace("Female", " Female"))
    assert found.not_passed == {"filter_total": "warned", "spaces_around_cells": "warned"}
    assert " Female" in {json.loads(one["filters"])["sex"] for one in found.rows}
    found = read(sound_file().replace("Female", "Total").replace("Male", "Total"))
    assert found.check("filter_single_item") == ("warned", 1)
    assert found.check("duplicate_rows") == ("failed", 18)


def test_a_file_name_with_spaces_is_warned_of(read):
    assert read(sound_file(), name="my data (1).csv").not_passed == {"file_name": "warned"}


def test_problems_are_capped_and_summed_up(read):
    rows = [[*authority_row(n, str(2000 + n)), "Total", "1"] for n in range(200)]
    found = read(printed([[*BASE, *AREA, "sex", "children"], *rows]).replace("Local authority", "Parish"))
    problems = found.problems("unknown_level")
    assert len(problems) == 51 and problems[-1]["source_row"] is None
    assert "150 more rows" in problems[-1]["message"] and "200 in all" in problems[-1]["message"]
    assert all(one["row_is_sound"] is False for one in found.rows)


# --- a large file ---------------------------------------------------------------------------------------------------

_MEASURE = """
import re, sys
from pathlib import Path
from ingest.national.open_data import read_open_data
result = read_open_data(Path(sys.argv[1]), "ab" * 32, "large.csv", Path(sys.argv[2]))
# The peak that getrusage tells is at least that of the process that started this one.
print(result.row_count, int(re.search("VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc, as Linux has it"
)
def test_memory_does_not_grow_with_the_file(tmp_path):
    """Eight times the rows take eight bytes a row more, and a little air; 20 and 160 MB here."""

    def peak(batches: int) -> int:
        path = tmp_path / "large.csv"
        with path.open("w") as stream:
            stream.write(",".join([*BASE, *AREA, "group", "children", "rate"]) + "\n")
            for batch in range(batches):
                stream.write(
                    "".join(
                        ",".join([*authority_row(n, str(1950 + n // 3 % 100)), f"{batch}-{n}", str(n), f"{n / 7:.2f}"])
                        + "\n"
                        for n in range(20_000)
                    )
                )
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(path), str(tmp_path / "out.parquet")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        rows, megabytes = map(int, done.stdout.split())
        assert rows == batches * 20_000
        return megabytes

    small, large = peak(8), peak(64)
    assert large < 600 and large < small + 150
