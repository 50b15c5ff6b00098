"""The site without a browser: every figure of the marts is on its page and no other, nothing in the data runs, a line
never crosses a gap, a refresh rewrites only what it touches."""

from __future__ import annotations

import math
import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from conftest import Home
from hypothesis import given
from hypothesis import strategies as st
from sites import (
    AREA,
    MEASURES,
    Element,
    Reader,
    assert_benchmarks,
    assert_council,
    assert_edition,
    assert_indicator,
    assert_numbers_read_as_they_are,
    assert_quality,
    assert_quality_of_council,
    cells,
    page,
    rows_of,
    table,
    told_home,
    told_site,
)
from warehouses import empty_warehouse, generate, insert

from publishing.queries import WarehouseError
from publishing.site import Link, Part, build_site, charts, words
from publishing.site.audit import quotes
from publishing.site.lineage import nodes_of
from publishing.site.model import Claim, Step
from publishing.site.naming import names
from publishing.site.process_control import LEAST_POINTS, Assurance, Rule, assurance, limits

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202eright to left\u202c \u2069 and on",
    "x" * 500,
    "\"><img src=x onerror='alert(1)'>",
    "{{ 7 * 7 }} {% raw %}",
    "bell \x07 and \x00",
    "</title></desc></svg>",
)
VOID = {"meta", "link", "br", "img", "input", "hr", "col", "path", "circle", "rect", "line", "polyline"}


@pytest.fixture(scope="module")
def warehouse(refreshed) -> Path:
    return refreshed.home.published


@pytest.fixture(scope="module")
def site(warehouse, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("site") / "publish" / "site"
    build_site(warehouse, target)
    return target


@pytest.fixture(scope="module")
def area(site) -> Path:
    (only,) = (site / "areas").iterdir()
    return only


# ------------------------------------------------------------------------------------------------- every figure


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Home:
    return told_home(tmp_path_factory)


@pytest.fixture(scope="module", name="told_site")
def site_of_told(tmp_path_factory) -> Path:
    """The site with everything that a report and national files bring."""
    return told_site(tmp_path_factory)


def test_every_figure_and_finding_of_an_edition_stands_in_its_row_and_no_other(warehouse, site, told, told_site):
    for published, made in ((warehouse, site), (told.published, told_site)):
        paths = list((made / AREA / "editions").glob("*.html"))
        assert sum(assert_edition(page(path), published, path.stem) for path in paths) == 135


def test_every_figure_of_an_indicator_stands_on_its_page_in_order(warehouse, site, told, told_site):
    for published, made in ((warehouse, site), (told.published, told_site)):
        paths = list((made / AREA / "indicators").glob("*.html"))
        assert len(paths) > 70
        for path in paths:
            assert_indicator(page(path), published, "E10000018", path.stem)
    # What the checks above must have had before them.
    whole = [page(path) for path in (told_site / AREA / "indicators").glob("*.html")]
    assert sum(bool(found.all("table", class_="national")) for found in whole) == len(MEASURES)
    assert sum(len(table(found, "behind")) for found in whole if found.all("table", class_="behind")) == 22


def test_every_figure_of_the_benchmark_page_is_the_marts(warehouse, site, told, told_site):
    assert assert_benchmarks(page(site / AREA / "benchmarks.html"), warehouse, "E10000018") > 10
    # Measures of which there are national files have both passports, of then and of now.
    assert assert_benchmarks(page(told_site / AREA / "benchmarks.html"), told.published, "E10000018") > 10


def test_every_count_of_the_other_pages_is_the_marts(warehouse, site, told, told_site):
    for published, made in ((warehouse, site), (told.published, told_site)):
        assert_council(page(made / "index.html"), published, "E10000018")
        assert_council(page(made / AREA / "index.html"), published, "E10000018")
        assert_quality(page(made / "quality.html"), published)
        assert_quality_of_council(page(made / AREA / "quality.html"), published, "E10000018")


def test_every_number_of_every_page_reads_as_it_is(site, told_site):
    for made in (site, told_site):
        assert sum(assert_numbers_read_as_they_are(page(path)) for path in made.resolve().rglob("*.html")) > 1900


def test_a_damaged_figure_says_why_and_what_is_printed(warehouse, area):
    damaged = rows_of(
        warehouse, "select * from marts.mart_dashboard where value_status in ('damaged', 'not_available')"
    )
    assert len(damaged) > 5
    for row in damaged:
        table = page(area / "editions" / f"{row['edition_key']}.html").all("table", class_="dashboard")[0]
        rows = table.all("tr")
        place = next(i for i, one in enumerate(rows) if one.attributes.get("id") == f"row-{row['row_number']}")
        assert words.STATUSES[row["value_status"]][1] in rows[place + 1].text
        if row["value_status"] == "damaged":
            assert " ".join(row["value_text"].split()) in rows[place].text


def test_the_dictionary_has_every_public_column_in_its_own_words(warehouse, site):
    found = page(site / "dictionary.html")
    shown = {
        (section.all("h2")[0].attributes["id"], cells(row)[0].text): cells(row)[2].text
        for section in found.all("section")
        for row in section.all("tr")[1:]
    }
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        wanted = connection.execute(
            "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts'"
        ).fetchall()
    assert shown == {(table, column): " ".join((comment or "").split()) for table, column, comment in wanted}


def test_every_link_leads_somewhere_and_every_page_is_small(site):
    pages = list(site.resolve().rglob("*.html"))
    ids = {path: {one.attributes["id"] for one in page(path).all() if "id" in one.attributes} for path in pages}
    for path in pages:
        assert path.stat().st_size < 300_000
        for link in page(path).all("a"):
            href, _, anchor = link.attributes["href"].partition("#")
            target = (path.parent / href).resolve() if href else path
            assert target in ids, f"{path.name}: {link.attributes['href']}"
            assert not anchor or anchor in ids[target], f"{path.name}: {link.attributes['href']}"


def test_nothing_on_a_page_needs_script_or_style_of_its_own(site):
    for path in site.resolve().rglob("*.html"):
        found = page(path)
        assert not found.all("style")
        for one in found.all():
            assert not {"style", "onclick", "onload", "onerror"} & one.attributes.keys()
        assert all(script.attributes.get("src") for script in found.all("script"))


# ---------------------------------------------------------------------------------------------------- hostile text


@pytest.fixture(scope="module")
def hostile(told, tmp_path_factory) -> Path:
    """The site of a warehouse whose every text that a person wrote is one of the hostile ones."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "hostile.duckdb"
    shutil.copy(told.published, path)
    texts = ", ".join("'" + text.replace("'", "''").replace("\x00", "") + "'" for text in HOSTILE)
    with duckdb.connect(str(path)) as connection:
        for table, columns in {
            "mart_dashboard": "printed_label section_text theme_text value_text target_text benchmark_text comparator "
            "comparison_text period_text indicator_name topic period_label source_file previous_value_text",
            "mart_indicator_trend": "period_label indicator_name topic",
            "mart_benchmark_position": "comparator target_text indicator_name topic then_release comparability_note",
            "mart_published_audit": "evidence source_file other_source_file",
            "fct_claim": "words source_file",
            "mart_indicator_lineage": "printed_label",
            "dim_period": "label",
            "dim_measure": "measure_name",
            "mart_edition_summary": "topic",
            "data_quality_issue": "printed_text message source_file",
            "dim_area": "area_name region_name area_type",
            "dim_indicator": "indicator_name topic definition national_measure",
            "dim_edition": "source_file comparator_text layout",
            "source_file": "source_file error_message",
        }.items():
            for column in columns.split():
                connection.execute(
                    f"update marts.{table} set {column} = list_value({texts})[1 + (rowid % {len(HOSTILE)})] "
                    f"where {column} is not null"
                )
    target = folder / "publish" / "site"
    build_site(path, target)
    return target


def test_hostile_text_comes_out_as_text(hostile):
    seen = set()
    for path in hostile.resolve().rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        found = page(path)
        assert not found.all("img")
        assert all((one.attributes.get("src") or "").endswith("static/benchmarks.js") for one in found.all("script"))
        assert not re.search("[\x00\x07]", source)
        assert "49" not in found.all("title")[0].text
        seen |= {
            text
            for text in HOSTILE
            if text.replace("\u2069", "").replace("\x00", "").replace("\x07", "\ufffd") in "".join(_texts(found))
        }
    assert seen == set(HOSTILE)


def _texts(element: Element) -> list[str]:
    return [c for child in element.children for c in ([child] if isinstance(child, str) else _texts(child))]


def test_marks_of_direction_stay_inside_an_isolate(hostile):
    for path in hostile.resolve().rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        outside = re.sub(r"<bdi>.*?</bdi>", "", source, flags=re.S)
        assert "\u202e" not in outside
        for inside in re.findall(r"<bdi>(.*?)</bdi>", source, flags=re.S):
            assert "\u2069" not in inside


@given(st.text(max_size=60))
def test_any_text_is_printed_as_itself(text):
    from publishing.site.cells import printed

    reader = Reader()
    reader.feed(f"<p>{printed(text)}</p>")
    shown = "".join(_texts(reader.open[0]))
    assert re.sub("\r\n?", "\n", shown) == re.sub("\r\n?", "\n", words.isolated(words.clean(text)))


@given(st.lists(st.text(max_size=20), unique=True, max_size=30))
def test_keys_become_file_names_that_differ_and_are_safe(keys):
    names = {key: words.file_name(key) for key in keys}
    for name in names.values():
        assert re.fullmatch("[a-z0-9][a-z0-9-]{0,99}", name)
    upper_and_lower = {key.lower() for key in keys}
    if len(upper_and_lower) == len(keys):
        assert len(set(names.values())) == len(keys)


def test_keys_that_are_paths_stay_in_the_site(tmp_path):
    path = tmp_path / "w.duckdb"
    with empty_warehouse(path) as connection:
        insert(connection, "dim_area", [{"area_code": "../../up", "area_name": "Up"}])
        _edition(connection, "../../../e", "../../up", date(2020, 4, 1))
    build_site(path, tmp_path / "publish" / "site")
    made = (tmp_path / "publish" / "site").resolve()
    assert sorted(p.name for p in (tmp_path / "publish").iterdir()) == [".versions", "site"]
    assert len(list(made.rglob("editions/*.html"))) == 1


# ---------------------------------------------------------------------------------------------------------- series


def _edition(connection, key: str, area_code: str, start: date, rows: int = 0) -> None:
    insert(
        connection,
        "dim_edition",
        [
            {
                "edition_key": key,
                "area_code": area_code,
                "financial_year": "2020/21",
                "quarter": 1,
                "period_start": start,
                "period_end": start + timedelta(days=90),
                "layout": "made_up",
                "source_file": "a.txt",
                "source_sha256": "0" * 64,
                "row_count": rows,
            }
        ],
    )


def _quarter(index: int) -> tuple[date, date]:
    start = date(2010 + index // 4, index % 4 * 3 + 1, 1)
    end = date(2010 + (index + 1) // 4, (index + 1) % 4 * 3 + 1, 1) - timedelta(days=1)
    return start, end


def series_site(folder: Path, quarters: list[int], values: list[float], **indicator) -> Element:
    """The indicator page of one series with figures in these quarters."""
    path = folder / "w.duckdb"
    with empty_warehouse(path) as connection:
        insert(connection, "dim_area", [{"area_code": "E1", "area_name": "Somewhere"}])
        _edition(connection, "2020-21-q1", "E1", date(2020, 4, 1))
        insert(
            connection,
            "dim_indicator",
            [
                {
                    "indicator_key": "one",
                    "indicator_name": "One",
                    "topic": "T",
                    "unit": "percent",
                    "polarity": "high_is_good",
                    "basis": "in_quarter",
                    "frequency": "quarterly",
                    "definition": "D.",
                }
                | indicator
            ],
        )
        insert(
            connection,
            "mart_indicator_trend",
            [
                {
                    "indicator_key": "one",
                    "area_code": "E1",
                    "period_type": "quarter",
                    "period_key": f"q{index}",
                    "period_label": f"Quarter {index}",
                    "start_date": _quarter(index)[0],
                    "end_date": _quarter(index)[1],
                    "value": value,
                    "decimals": 1,
                    "unit": "percent",
                    "value_status": "reported",
                    "edition_key": "2020-21-q1",
                    "row_number": 1,
                    "role": "latest",
                }
                for index, value in zip(quarters, values, strict=True)
            ],
        )
    build_site(path, folder / "publish" / "site")
    return page(folder / "publish" / "site" / "areas" / "e1" / "indicators" / "one.html")


@given(st.sets(st.integers(0, 40), min_size=1, max_size=30))
def test_a_line_never_crosses_a_gap(quarters):
    dots = [charts.Dot(*_quarter(index), float(index)) for index in sorted(quarters)]
    for part in charts.segments(dots):
        indices = [int(dot.value) for dot in part]
        assert indices == list(range(indices[0], indices[0] + len(indices)))
    lines = re.findall(r'points="([^"]*)"', charts.sparkline(dots, "s"))
    stretches = [part for part in charts.segments(dots) if len(part) > 1]
    assert [len(line.split()) for line in lines] == [len(part) for part in stretches]


def test_the_large_chart_draws_each_figure_where_its_axes_say(tmp_path):
    quarters = [0, 1, 2, 5, 6, 9]
    dots = [charts.Dot(*_quarter(index), 40.0 + 3 * index) for index in quarters]
    svg = charts.trend(charts.Trend(dots), "a", "T", "D")
    # Axis: pixels of two labelled ticks give the scale that a reader uses.
    said = re.findall(r'y="([\d.]+)" text-anchor="end">([\d.]+)<', svg)
    number = [(float(y) - 4, float(value)) for y, value in said]
    (y0, v0), (y1, v1) = number[0], number[-1]
    year = [
        (float(x), int(said)) for x, said in re.findall(r'x="([\d.]+)" y="[\d.]+" text-anchor="middle">(\d{4})<', svg)
    ]
    (x0, d0), (x1, d1) = year[0], year[-1]
    days = (date(d1, 1, 1) - date(d0, 1, 1)).days
    places = [
        (float(x) + 52, float(y) + 10) for x, y in re.findall(r'<path transform="translate\(([\d.]+),([\d.]+)\)"', svg)
    ]
    assert len(places) == len(dots)
    for (x, y), dot in zip(sorted(places), dots, strict=True):
        assert math.isclose(v0 + (y - y0) / (y1 - y0) * (v1 - v0), dot.value, abs_tol=0.3)
        assert abs((x - x0) / (x1 - x0) * days - (dot.end - date(d0, 1, 1)).days) < 6
    # One line for each stretch of more than one figure, and as many corners as figures.
    lines = re.findall(r'<path d="(M[\d.,ML-]+)" stroke="#1d4f8b"', svg)
    assert sorted(part.count(",") for line in lines for part in line.split("M")[1:]) == [2, 3]


def test_too_few_points_are_said_and_enough_have_limits(tmp_path):
    few = series_site(tmp_path / "few", list(range(12)), [50.0 + i % 3 for i in range(12)])
    assert "Too few points" in few.text and "12 points" in few.text
    (tmp_path / "many").mkdir()
    many = series_site(tmp_path / "many", list(range(18)), [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1])
    assert "Too few points" not in many.text
    assert "mean 1.94, from −0.72 to 4.60" in many.text
    assert [cells(row)[4].text for row in many.all("table", class_="series")[0].all("tr")[1:]].count(
        "beyond a limit"
    ) == 1


def test_a_gap_ends_the_series_for_its_limits(tmp_path):
    quarters = [*range(14), *range(16, 20)]
    found = series_site(tmp_path, quarters, [float(i) for i in range(len(quarters))])
    assert "Too few points" in found.text and "4 points" in found.text
    assert len(found.all("tr", class_="gap")) == 1


def test_year_to_date_figures_get_no_limits(tmp_path):
    found = series_site(tmp_path, list(range(20)), [float(i % 4) for i in range(20)], basis="year_to_date")
    assert "start anew every year" in found.text and "Process limits of" not in found.text


#: What the marts say of targets and benchmarks of indicator-1 (low is wanted), and what the page may then say.
_OF_INDICATOR = "where indicator_key = 'indicator-{}'"
_IN_NEWEST = "and edition_key = (select max_by(edition_key, period_start) from marts.dim_edition)"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("", "it meets the target of 600%"),
        ("update marts.mart_dashboard set target_operator = '>' {of}", "it does not reach the target of 600%"),
        ("update marts.mart_benchmark_position set target_gap = null {of} {newest}", None),
        ("update marts.mart_benchmark_position set target_gap = null, benchmark_gap = null {of}", None),
        ("delete from marts.mart_benchmark_position {of} {newest}", "it meets the target of 600%"),
    ],
    ids=["as printed", "the operator says which side", "the newest has none", "of another unit", "newest unreadable"],
)
def test_a_target_is_the_newest_one_that_the_mart_could_compare(tmp_path, change, said):
    path = tmp_path / "w.duckdb"
    generate(path, 1, 30, 3)
    of = _OF_INDICATOR.format(1)
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.dim_indicator set unit = 'percent', polarity = 'low_is_good'")
        for table in ("mart_dashboard", "mart_indicator_trend", "mart_benchmark_position"):
            connection.execute(f"update marts.{table} set unit = 'percent'")
        connection.execute(f"update marts.mart_indicator_trend set value = 50 + hash(period_key) % 7 {of}")
        connection.execute(f"update marts.mart_dashboard set target_text = '600%', target_value = 600 {of}")
        if change:
            connection.execute(change.format(of=of, newest=_IN_NEWEST))
    build_site(path, tmp_path / "publish" / "site")
    (found,) = (tmp_path / "publish" / "site").rglob("indicator-1.html")
    text = page(found).text
    assert "Process limits of" in text
    assert (said in text) if said else ("the target of" not in text)
    # An axis that reaches to 600 is one on which the target is drawn.
    drawn = re.findall(r'text-anchor="end">([\d,]+)<', found.read_text())
    assert (max(int(one.replace(",", "")) for one in drawn) >= 400) == ("target_gap = null, benchmark" not in change)


@pytest.fixture(autouse=True)
def _folders(tmp_path):
    (tmp_path / "few").mkdir()


# ------------------------------------------------------------------------------------------------- process control


def test_the_vector_of_the_methods():
    found = limits([1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1])
    assert (round(found.mean, 2), round(found.lower, 2), round(found.upper, 2)) == (1.94, -0.72, 4.60)
    assert found.rules[4] is Rule.beyond_limit and found.high[4] is True


def test_rules_in_their_order():
    rising = limits([5, 5.1, 5, 5.1, 5, 5.1, 5, *(5 + i / 100 for i in range(1, 8))])
    assert rising.rules[-7:] == (Rule.trend,) * 7
    equal = limits([5.0, 9.0, 5.0, 9.0, 5.0, 9.0, 6.0, 6.1, 6.2, 6.2, 6.3, 6.4, 6.5, 6.6])
    assert Rule.trend not in equal.rules
    shifted = limits([1.0, 1.1] * 7 + [1.35, 1.3, 1.35, 1.3, 1.35, 1.3, 1.35])
    assert shifted.rules[-1] in (Rule.shift, Rule.beyond_limit, Rule.two_of_three)


def test_assurance_turns_with_polarity():
    found = limits([10.0, 11.0] * 8)
    assert assurance(found, 99, "high_is_good") is Assurance.fails
    assert assurance(found, 99, "low_is_good") is Assurance.passes
    assert assurance(found, -99, "high_is_good") is Assurance.passes
    assert assurance(found, 10.5, "low_is_good") is Assurance.hit_or_miss
    assert assurance(found, 10.5, "neutral") is None


figure = st.floats(-1000, 1000).map(lambda x: round(x, 1))


@given(st.lists(figure, max_size=40))
def test_limits_are_symmetrical_and_flags_follow_the_rules(values):
    found = limits(values)
    if len(values) < LEAST_POINTS:
        assert found is None
        return
    assert math.isclose(found.upper - found.mean, found.mean - found.lower, abs_tol=1e-6)
    assert len(found.rules) == len(values)
    for value, rule in zip(values, found.rules, strict=True):
        assert (rule is Rule.beyond_limit) == (value > found.upper or value < found.lower)
        if rule is Rule.two_of_three:
            assert value > found.two_sigma_upper or value < found.two_sigma_lower
        if rule is Rule.shift:
            assert value != found.mean


@given(st.lists(figure, min_size=LEAST_POINTS, max_size=40), st.floats(-50, 50).map(lambda x: round(x)))
def test_a_series_moved_up_has_its_limits_moved_up(values, by):
    one, other = limits(values), limits([value + by for value in values])
    assert math.isclose(one.upper + by, other.upper, abs_tol=1e-4)


# --------------------------------------------------------------------------------------------- building and change


def _files(site: Path) -> dict[str, tuple[int, int]]:
    made = site.resolve()
    return {str(path.relative_to(made)): (path.stat().st_ino, path.stat().st_mtime_ns) for path in made.rglob("*.html")}


def test_a_second_build_of_the_same_writes_nothing(warehouse, tmp_path):
    target = tmp_path / "publish" / "site"
    first = build_site(warehouse, target)
    before, content = _files(target), (target / "index.html").read_bytes()
    second = build_site(warehouse, target)
    assert first.written == first.pages and second.written == 0 and second.pages == first.pages
    assert _files(target) == before and (target / "index.html").read_bytes() == content
    assert len(list((tmp_path / "publish" / ".versions").iterdir())) == 2, (
        "this one, and the one before for its readers"
    )


#: The newest edition of council 1 of which the reports of the others have not come: all tables without those.
_ONLY_COUNCIL_1 = "where edition_key like '2017-18-q2-%' and edition_key not like '%-c1'"
_NEWEST = "2017-18-q2-c1"


def test_a_new_edition_rewrites_only_what_it_touches(tmp_path):
    for editions in (5, 6):
        generate(tmp_path / f"{editions}.duckdb", 3, editions, 9)
    with duckdb.connect(str(tmp_path / "6.duckdb")) as connection:
        of_editions = connection.execute(
            "select table_name from duckdb_columns() where schema_name = 'marts' and column_name = 'edition_key'"
        ).fetchall()
        assert ("mart_published_audit",) in of_editions and ("fct_claim",) in of_editions
        for (table_name,) in of_editions:
            connection.execute(f"delete from marts.{table_name} {_ONLY_COUNCIL_1}")
        # The new edition leaves out one indicator, as it did another one before; nothing of a third has changed.
        for table_name in ("mart_dashboard", "mart_indicator_trend", "mart_benchmark_position", "mart_children_behind",
                           "mart_published_audit", "fct_claim"):  # fmt: skip
            connection.execute(
                f"delete from marts.{table_name} where edition_key = '{_NEWEST}' "
                "and indicator_key in ('indicator-4', 'indicator-8')"
            )
    for name in ("5", "6"):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            absent = "set status = 'absent', row_number = null, printed_label = null, silence = 'not_printed'"
            connection.execute(
                f"update marts.mart_indicator_lineage {absent} where indicator_key = 'indicator-4' and "
                "area_code = 'E09000001' and edition_key >= '2017-18-q1' "
                f"or indicator_key = 'indicator-8' and edition_key = '{_NEWEST}'"
            )
            connection.execute(
                "delete from marts.mart_dashboard where indicator_key = 'indicator-4' and edition_key >= '2017-18-q1' "
                "and area_code = 'E09000001'"
            )
    target = tmp_path / "publish" / "site"
    build_site(tmp_path / "5.duckdb", target)
    before = _files(target)
    built = build_site(tmp_path / "6.duckdb", target)
    after = _files(target)
    changed = {path for path in after if after[path] != before.get(path)}
    assert built.written == len(changed)
    touched = "areas/e09000001"
    # Nothing of another council; of the older editions only the last one before, which links to the new one; of the
    # indicators not the one that was no longer printed before. Of a damaged figure (5) other councils need not know.
    assert changed == {
        *(
            "index.html",
            "quality.html",
            f"{touched}/index.html",
            f"{touched}/benchmarks.html",
            f"{touched}/quality.html",
        ),
        *(f"{touched}/editions/{edition}-c1.html" for edition in ("2017-18-q1", "2017-18-q2")),
        *(f"{touched}/indicators/indicator-{number}.html" for number in range(9) if number != 4),
        *(f"indicators/indicator-{number}.html" for number in range(8) if number not in (4, 5)),
    }
    assert build_site(tmp_path / "6.duckdb", tmp_path / "anew" / "site").pages == built.pages
    fresh = (tmp_path / "anew" / "site").resolve()
    for path in after:
        assert (fresh / path).read_bytes() == (target.resolve() / path).read_bytes()


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        (
            "update marts.mart_published_audit set evidence = 'Else.' where row_number = 1 and verdict = 'disagrees'",
            {"edition", "indicator-0"},
        ),
        # What agrees stands on the edition's page only.
        (
            "update marts.mart_published_audit set evidence = 'So.' where row_number = 5 and verdict = 'agrees'",
            {"edition"},
        ),
        ("update marts.fct_claim set words = 'Otherwise.' where paragraph = 6", {"edition"}),
        ("update marts.mart_children_behind set denominator_low = 11 where row_number = 1", {"indicator-0"}),
        ("update marts.mart_indicator_lineage set printed_label = 'B' where row_number = 3", {"indicator-2"}),
        ("update marts.mart_indicator_lineage set silence = 'late' where row_number = 3", {"indicator-2"}),
    ],
)
def test_a_change_of_what_is_said_rewrites_the_pages_that_say_it(tmp_path, change, touched):
    path = tmp_path / "w.duckdb"
    generate(path, 2, 1, 9, first_edition=4)
    target = tmp_path / "publish" / "site"
    build_site(path, target)
    before = _files(target)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"{change} and edition_key like '%-c1'")
    build_site(path, target)
    changed = {name for name, kept in _files(target).items() if kept != before[name]}
    paths = {"edition": "editions/2017-18-q1-c1.html"}
    assert changed == {f"areas/e09000001/{paths.get(name, f'indicators/{name}.html')}" for name in touched}


def test_a_page_of_ten_years_is_small(tmp_path):
    generate(tmp_path / "w.duckdb", 1, 40, 45)
    build_site(tmp_path / "w.duckdb", tmp_path / "publish" / "site")
    sizes = {path: path.stat().st_size for path in (tmp_path / "publish" / "site").resolve().rglob("*.html")}
    assert len(sizes) > 85 and max(sizes.values()) < 300_000


def test_two_processes_make_the_same_site_as_one(tmp_path):
    generate(tmp_path / "w.duckdb", 3, 3, 5)
    build_site(tmp_path / "w.duckdb", tmp_path / "one" / "site", processes=1)
    build_site(tmp_path / "w.duckdb", tmp_path / "two" / "site", processes=2)
    one, two = (tmp_path / "one" / "site").resolve(), (tmp_path / "two" / "site").resolve()
    assert sorted(p.relative_to(one) for p in one.rglob("*")) == sorted(p.relative_to(two) for p in two.rglob("*"))
    for path in one.rglob("*.html"):
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes()


def test_a_build_that_fails_leaves_the_site_as_it_was(warehouse, tmp_path):
    target = tmp_path / "publish" / "site"
    build_site(warehouse, target)
    before = _files(target)

    def fail(folder, wrap):
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        build_site(warehouse, target, parts=[Part(Link("x.html", "X"), fail)])
    assert _files(target) == before
    with pytest.raises(WarehouseError):
        build_site(tmp_path / "none.duckdb", target)
    assert _files(target) == before


def test_a_warehouse_without_optional_tables_makes_a_site(warehouse, tmp_path):
    path = tmp_path / "w.duckdb"
    shutil.copy(warehouse, path)
    with duckdb.connect(str(path)) as connection:
        have = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
        for table in have & {
            "mart_published_audit",
            "source_line",
            "build_info",
            "mart_benchmark_position",
            "source_file",
        }:
            connection.execute(f"drop table marts.{table}")
    built = build_site(path, tmp_path / "publish" / "site")
    assert built.pages > 80


_FINDINGS = """
    create table marts.mart_published_audit as select * from (values
        ('a', 'printed_quartile', '2020-21-q2', 7, 'disagrees', 'warning', 'The quartile does not follow <b>.', 10, 39),
        ('b', 'printed_quartile', '2020-21-q2', 8, 'agrees', 'info', 'It follows.', 11, 39),
        ('c', 'printed_target', '2020-21-q2', 8, 'cannot_tell', 'info', 'No figure before.', 11, null),
        ('d', 'printed_colour', '2020-21-q2', 7, 'depends_on_method', 'info', 'A limit decides.', 10, null),
        ('e', 'bracket_possible', '2020-21-q2', 7, 'disagrees', 'error', 'No number fits.', 10, null),
        ('f', 'printed_target', '2020-21-q2', 9, 'cannot_tell', 'warning', 'Somebody wants to know.', 12, null),
        ('g', 'unheard_of', '2020-21-q2', null, 'never_heard', 'warning', 'Of all.', null, null)
    ) as t(audit_key, check_code, edition_key, row_number, verdict, severity, evidence, source_line_from,
        other_line_from)
"""


def test_findings_stand_at_the_row_they_concern(warehouse, tmp_path):
    path = tmp_path / "w.duckdb"
    shutil.copy(warehouse, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table if exists marts.mart_published_audit")
        connection.execute(_FINDINGS)
        connection.execute("alter table marts.mart_published_audit add column source_file varchar")
        connection.execute("alter table marts.mart_published_audit add column other_source_file varchar")
        connection.execute(
            "update marts.mart_published_audit set source_file = '2020-21-q2-dashboard.txt', "
            "other_source_file = 'an earlier <one>.txt'"
        )
    build_site(path, tmp_path / "publish" / "site")
    (made,) = (tmp_path / "publish" / "site" / "areas").glob("*/editions/2020-21-q2.html")
    found = page(made)
    rows = table(found, "dashboard")

    def beside(number: int) -> list[str]:
        place = next(i for i, one in enumerate(rows) if one.attributes.get("id") == f"row-{number}")
        said = []
        for row in rows[place + 1 :]:
            if "said" not in (row.attributes.get("class") or ""):
                return said
            said += [one.text for one in row.all("p", class_="finding")]
        return said

    # The worst first; the row's own line is not said again, and another file is named.
    assert beside(7) == [
        "Number in brackets disagrees. No number fits.",
        "Quartile disagrees. The quartile does not follow <b>. ( an earlier <one>.txt , line 39)",
        "Colour depends on the method. A limit decides.",
    ]
    assert beside(8) == [] and beside(9) == ["Target cannot be checked. Somebody wants to know."]
    (of_edition,) = found.all("ul", class_="told")
    assert of_edition.text == "Unheard of never heard. Of all."
    assert "agrees 1 : nothing printed speaks against it" in found.text and "disagrees 2 :" in found.text
    listed = [one.text for one in found.all("table", class_="untold")]
    assert len(listed) == 2 and "No figure before." in listed[0] and "It follows." in listed[1]


def test_what_became_of_a_name_is_put_together_and_an_edition_that_says_the_same_changes_nothing():
    def step(edition, status, label="A", **more):
        absent = status == "absent"
        return Step(edition, "i", status, None if absent else 1, None if absent else label, **_STEP | more)

    steps = [
        step("1", "first_seen"),
        step("2", "continued"),
        step("3", "absent", silence="not_due"),
        step("4", "absent", silence="not_due"),
        step("5", "continued", editions_between=2),
        step("6", "renamed", "B"),
        step("7", "continued", "b"),
        step("8", "absent", related_indicator_key="j", relation="predecessor"),
        step("9", "absent"),
    ]
    found = names(steps)
    assert [(one.first, one.last, one.label, one.happened, one.related) for one in found] == [
        ("1", "2", "A", "First printed", None),
        ("3", "4", None, "Not printed, and none was due", None),
        ("5", "5", "A", "Printed again", None),
        ("6", "6", "B", "Renamed", None),
        ("7", "7", "b", "Printed, worded a little otherwise", None),
        ("8", None, None, "No longer printed; in its place", "j"),
    ]
    assert names([*steps, step("10", "absent")]) == found


_STEP = {"editions_between": 0, "related_indicator_key": None, "relation": None, "silence": None}


def test_words_of_a_report_that_contain_others_are_said_once(warehouse):
    def claim(number, words_, key=None, kind="figure", reason=None):
        return Claim("e", 5, number, key, kind, reason, words_, "r.txt", 7, 8)

    claims = [claim(1, "One and two fell.", "x"), claim(2, "two fell.", "y"), claim(3, "Not counted.", "y", "no_data")]
    rows = [SimpleNamespace(indicator_key=key, row_number=number) for key, number in (("x", 3), ("y", 4), (None, 5))]
    at_rows, others = quotes(claims, rows, [])
    assert [(one.words, one.rows, one.place.lines, one.verdict) for one in others] == [
        ("One and two fell.", (3, 4), "lines 7 to 8", "")
    ]
    assert {number: [one.words for one in ones] for number, ones in at_rows.items()} == {4: ["Not counted."]}


def test_a_quartile_has_its_passport(told, tmp_path):
    path = tmp_path / "w.duckdb"
    shutil.copy(told.published, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update marts.mart_benchmark_position set quartile = 4, then_n = 147, then_band = 3, then_p25 = 18.05, "
            "then_p50 = 21.1, then_p75 = 0.0047121, then_distance_to_boundary = 0.45, "
            "then_release = 'Children in <need>: month of the update', then_published_on = date '2020-10-31', "
            "then_certainty = 'month_known', then_period_key = 'fy-2031-32', "
            "comparability_note = 'A quarter, a <year>.' where edition_key = '2020-21-q2' and row_number = 2"
        )
    build_site(path, tmp_path / "publish" / "site")
    (made,) = (tmp_path / "publish" / "site" / "areas").glob("*/benchmarks.html")
    mine, newest = (row for row in table(page(made), "passports") if row.attributes["data-row"] == "2020-21-q2/2")
    assert [cell.text for cell in cells(mine)] == [
        "Child protection plans for a second or subsequent time Not quite like with like: A quarter, a <year>.",
        *("4", "Known then: Financial year 2031/32", "3", "147", "18.05", "21.1", "0.00471", "0.45", ""),
        "Children in <need>, October 2020",
    ]
    # The second row goes on with the name and the printed quartile of the first.
    assert [cells(mine)[place].attributes["rowspan"] for place in (0, 1)] == ["2", "2"]
    assert cells(newest)[0].text == "Newest: Financial year 2021/22"


def test_small_counts_are_withheld_from_the_site(warehouse, tmp_path):
    build_site(warehouse, tmp_path / "publish" / "site", disclosure="small_counts")
    small = rows_of(
        warehouse,
        "select edition_key, row_number from marts.mart_dashboard "
        "where value is not null and (numerator between 1 and 4 or unit = 'count' and value between 1 and 4)",
    )
    assert small
    for row in small:
        (path,) = (tmp_path / "publish" / "site" / "areas").glob(f"*/editions/{row['edition_key']}.html")
        found = page(path).all("tr", id=f"row-{row['row_number']}")[0]
        assert "Suppressed" in found.text
        assert not found.all("td", class_="figure")[0].figures()


def test_the_lineage_is_a_picture_and_a_table(warehouse, tmp_path):
    def node(name, kind, parents, group="", public=False):
        return SimpleNamespace(
            name=name,
            resource_type=kind,
            layer="raw",
            group=group,
            depends_on=parents,
            description="What <it> is.",
            is_public=public,
        )

    graph = SimpleNamespace(
        nodes={
            "s": node("rows", "source", []),
            "a": node("stg_raw__rows", "model", ["s"], "staging"),
            "b": node("int_figures", "model", ["a"], "intermediate"),
            "c": node("fct_figures<x>", "model", ["b", "s"], "facts", public=True),
        }
    )
    build_site(warehouse, tmp_path / "publish" / "site", nodes=nodes_of(graph))
    found = page(tmp_path / "publish" / "site" / "lineage.html")
    assert len(found.all("svg")[0].all("rect")) == 4
    assert len(found.all("svg")[0].all("rect", class_="public")) == 1
    assert {cells(row)[1].text for row in found.all("tr")[1:]} == {
        "Sources and seeds", "Staging", "Intermediate", "Dimensions and facts",
    }  # fmt: skip
    assert {cells(row)[0].text: cells(row)[2].text for row in found.all("tr")[1:]} == {
        "raw.rows": "",
        "stg_raw__rows": "raw.rows",
        "int_figures": "stg_raw__rows",
        "fct_figures<x>": "int_figures, raw.rows",
    }
    assert (
        'href="../../lineage.html"' in next((tmp_path / "publish" / "site" / "areas").glob("*/index.html")).read_text()
    )
