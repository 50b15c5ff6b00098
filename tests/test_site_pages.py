"""The site without a browser: every figure of the marts is on its page and no other, nothing in the data runs, a line
never crosses a gap, a refresh rewrites only what it touches."""

from __future__ import annotations

import math
import re
import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warehouses import empty_warehouse, generate, insert

from quarterdeck.site import Link, Part, build_site, charts, words
from quarterdeck.site.lineage import nodes_of
from quarterdeck.site.process_control import LEAST_POINTS, Assurance, Rule, assurance, limits
from quarterdeck.warehouse import WarehouseError

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


@dataclass
class Element:
    """A parsed element; enough of a DOM to ask for figures."""

    tag: str
    attributes: dict[str, str | None]
    children: list = field(default_factory=list)

    def all(self, tag: str | None = None, **attributes: str) -> list[Element]:
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if (tag is None or child.tag == tag) and all(
                    value in (child.attributes.get(name.rstrip("_")) or "").split()
                    for name, value in attributes.items()
                ):
                    found.append(child)
                found += child.all(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        return " ".join("".join(c if isinstance(c, str) else f" {c.text} " for c in self.children).split())

    def figures(self) -> list[float]:
        return [float(one.attributes["value"]) for one in self.all("data")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document", {})]

    def handle_starttag(self, tag, attributes):
        element = Element(tag, dict(attributes))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.open[-1].children.append(Element(tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
            self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def page(path: Path) -> Element:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    assert len(reader.open) == 1, f"{path} leaves <{reader.open[-1].tag}> open"
    return reader.open[0]


def cells(row: Element) -> list[Element]:
    return [child for child in row.children if isinstance(child, Element)]


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


def rows_of(warehouse: Path, sql: str) -> list[dict]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# ------------------------------------------------------------------------------------------------- every figure


def test_every_figure_of_an_edition_stands_in_its_row_and_no_other(warehouse, area):
    expected = rows_of(
        warehouse,
        "select d.*, p.target_is_met from marts.mart_dashboard as d "
        "left join marts.mart_benchmark_position as p using (edition_key, row_number)",
    )
    seen = 0
    for path in (area / "editions").glob("*.html"):
        table = page(path).all("table", class_="dashboard")[0]
        shown = {row.attributes["id"]: row for row in table.all("tr") if "id" in row.attributes}
        wanted = [row for row in expected if row["edition_key"] == path.stem]
        assert len(shown) == len(wanted) > 0
        for row in wanted:
            found = shown[f"row-{row['row_number']}"]
            numbers = [row["value"], row["numerator"] if row["value"] is not None else None]
            numbers += [row["previous_value"], row["quartile"], row["benchmark_value"]]
            assert found.figures() == [number for number in numbers if number is not None]
            text = found.text
            if row["value"] is not None:
                assert f"{row['value']:,.{row['decimals']}f}".replace("-", words.MINUS) in text
            if row["value_status"] not in ("reported",):
                assert words.STATUSES[row["value_status"]][0] in text
            if row["rag"]:
                assert found.all("td", class_="status")[0].text == f"{row['rag'][0].upper()} {row['rag'].title()}"
            if row["target_text"]:
                met = {True: " met", False: " not met", None: ""}[row["target_is_met"]]
                assert found.all("td", class_="target")[0].text == " ".join((row["target_text"] + met).split())
            if row["direction"] in ("up", "down"):
                assert words.DIRECTIONS[row["direction"]][1] in found.all("td", class_="direction")[0].text
            lines = words.lines(row["source_line_from"], row["source_line_to"])
            assert lines in text
            seen += 1
    assert seen == len(expected) == 135


def test_the_summary_counts_are_those_of_the_mart(warehouse, area):
    for path in (area / "editions").glob("*.html"):
        wanted = rows_of(
            warehouse,
            "select topic, row_count, figures, repaired, damaged, unavailable + blank, judged_better, judged_similar, "
            "judged_worse, judged_none, quartile_1, quartile_2, quartile_3, quartile_4, green, amber, red "
            f"from marts.mart_edition_summary where edition_key = '{path.stem}'",
        )
        table = page(path).all("table", class_="counts")[0]
        shown = {cells(row)[0].text: row.figures() for row in table.all("tr")[2:]}
        assert shown == {row["topic"]: list(row.values())[1:] for row in wanted}


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


def test_every_figure_of_a_series_stands_on_its_page_in_order(warehouse, area):
    wanted: dict[str, list] = {}
    for point in rows_of(
        warehouse,
        "select * from marts.mart_indicator_trend order by indicator_key, period_type, start_date, end_date",
    ):
        wanted.setdefault(point["indicator_key"], []).append(point)
    for key, points in wanted.items():
        found = page(area / "indicators" / f"{key}.html")
        shown = [row for table in found.all("table", class_="series") for row in table.all("tr")[1:]]
        numbers = [row.figures() for row in shown if "gap" not in (row.attributes.get("class") or "")]
        expected = [
            [n for n in (p["value"], p["numerator"], p["change"]) if n is not None]
            for p in sorted(points, key=lambda p: [q["period_type"] for q in points].index(p["period_type"]))
        ]
        assert sorted(numbers) == sorted(expected), key
        printed = found.all("table", class_="printed")[0].all("tr")[1:]
        rows = rows_of(
            warehouse,
            f"select value, numerator from marts.mart_dashboard join marts.dim_edition using (edition_key) "
            f"where indicator_key = '{key}' order by period_start, row_number",
        )
        assert [row.figures() for row in printed] == [
            [n for n in (r["value"], r["numerator"]) if n is not None and r["value"] is not None] for r in rows
        ]


def test_the_benchmark_page_has_the_newest_assessed_figure_of_each_indicator(warehouse, area):
    wanted = rows_of(
        warehouse,
        """
        select p.* from marts.mart_benchmark_position as p join marts.dim_edition as e using (edition_key)
        where p.benchmark_value is not null or p.quartile is not null
        qualify row_number() over (
            partition by coalesce(indicator_key, edition_key || row_number)
            order by e.period_start desc, row_number desc
        ) = 1
        """,
    )
    table = page(area / "benchmarks.html").all("table", class_="spine-table")[0]
    shown = {row.attributes["data-row"]: row.figures() for row in table.all("tr")[1:]}
    assert shown == {
        f"{row['edition_key']}/{row['row_number']}": [
            n for n in (row["value"], row["benchmark_value"], row["benchmark_gap"], row["quartile"]) if n is not None
        ]
        for row in wanted
    }


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
def hostile(warehouse, tmp_path_factory) -> Path:
    """The site of a warehouse whose every text that a person wrote is one of the hostile ones."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "hostile.duckdb"
    shutil.copy(warehouse, path)
    texts = ", ".join("'" + text.replace("'", "''").replace("\x00", "") + "'" for text in HOSTILE)
    with duckdb.connect(str(path)) as connection:
        for table, columns in {
            "mart_dashboard": "printed_label section_text theme_text value_text target_text benchmark_text comparator "
            "comparison_text period_text indicator_name topic period_label source_file previous_value_text",
            "mart_indicator_trend": "period_label indicator_name topic",
            "mart_benchmark_position": "comparator target_text indicator_name topic",
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
    from quarterdeck.site.cells import printed

    reader = _Reader()
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
    lines = re.findall(r'<path d="(M[\d.,L-]+)" stroke="#1d4f8b"', svg)
    assert sorted(line.count(",") for line in lines) == [2, 3]


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
    assert len(list((tmp_path / "publish" / ".versions").iterdir())) == 1


def test_a_new_edition_rewrites_only_what_it_touches(tmp_path):
    for editions in (5, 6):
        generate(tmp_path / f"{editions}.duckdb", 3, editions, 6)
    # The sixth edition of the other councils is taken away again: one report has come.
    with duckdb.connect(str(tmp_path / "6.duckdb")) as connection:
        for table in (
            "dim_edition",
            "mart_dashboard",
            "mart_indicator_trend",
            "mart_benchmark_position",
            "mart_edition_summary",
            "data_quality_issue",
            "source_file",
            "source_line",
        ):
            connection.execute(
                f"delete from marts.{table} where edition_key like '2017-18-q2-%' and edition_key not like '%-c1'"
            )
    target = tmp_path / "publish" / "site"
    build_site(tmp_path / "5.duckdb", target)
    before = _files(target)
    built = build_site(tmp_path / "6.duckdb", target)
    after = _files(target)
    changed = {path for path in after if after[path] != before.get(path)}
    assert built.written == len(changed)
    touched = "areas/e09000001/"
    assert f"{touched}editions/2017-18-q2-c1.html" in changed
    for path in changed:
        assert path.startswith((touched, "indicators/")) or path in ("index.html", "quality.html"), path
    # Of the council's older editions only the last one before changes: it links to the new one.
    older = {path for path in changed if path.startswith(f"{touched}editions/")}
    assert older == {f"{touched}editions/2017-18-q1-c1.html", f"{touched}editions/2017-18-q2-c1.html"}
    assert build_site(tmp_path / "6.duckdb", tmp_path / "anew" / "site").pages == built.pages
    fresh = (tmp_path / "anew" / "site").resolve()
    for path in after:
        assert (fresh / path).read_bytes() == (target.resolve() / path).read_bytes()


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


def test_findings_stand_at_the_row_they_concern(warehouse, tmp_path):
    path = tmp_path / "w.duckdb"
    shutil.copy(warehouse, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table if exists marts.mart_published_audit")
        connection.execute(
            "create table marts.mart_published_audit as select * from (values "
            "('a', 'printed_quartile', '2020-21-q2', 7, 'disagrees', 'warning', 'The quartile does not follow <b>.'), "
            "('b', 'printed_quartile', '2020-21-q2', 8, 'agrees', 'info', 'It follows.')) "
            "as t(audit_key, check_code, edition_key, row_number, verdict, severity, evidence)"
        )
    build_site(path, tmp_path / "publish" / "site")
    (found,) = (tmp_path / "publish" / "site" / "areas").glob("*/editions/2020-21-q2.html")
    rows = page(found).all("table", class_="dashboard")[0].all("tr")
    place = next(i for i, one in enumerate(rows) if one.attributes.get("id") == "row-7")
    assert "Disagrees: The quartile does not follow <b>." in rows[place + 1].text
    assert "It follows." not in page(found).all("table", class_="dashboard")[0].text
    assert "agrees 1, disagrees 1" in page(found).text.lower()


def test_a_quartile_has_its_passport(warehouse, tmp_path):
    path = tmp_path / "w.duckdb"
    shutil.copy(warehouse, path)
    columns = {
        "then_n": "integer", "then_band": "integer", "then_p25": "double", "then_p50": "double", "then_p75": "double",
        "then_distance_to_boundary": "double", "then_release": "varchar", "then_period_key": "varchar",
        "comparability_note": "varchar",
    }  # fmt: skip
    with duckdb.connect(str(path)) as connection:
        for name, kind in columns.items():
            connection.execute(f"alter table marts.mart_benchmark_position add column if not exists {name} {kind}")
        connection.execute(
            "update marts.mart_benchmark_position set then_n = 147, then_band = 4, then_p25 = 18.05, then_p50 = 21.1, "
            "then_p75 = 24.85, then_distance_to_boundary = 0.45, then_release = 'Children in <need>', "
            "then_period_key = 'fy-2019-20', comparability_note = 'One quarter against a year.' "
            "where edition_key = '2020-21-q2' and row_number = 2"
        )
    build_site(path, tmp_path / "publish" / "site")
    (found,) = (tmp_path / "publish" / "site" / "areas").glob("*/benchmarks.html")
    rows = page(found).all("table", class_="passports")[0].all("tr")
    mine = next(row for row in rows if "fy-2019-20" in row.text)
    assert [cell.text for cell in cells(mine)][1:7] == [
        "4",
        "Known then, fy-2019-20",
        "4",
        "147",
        "18.05, 21.1, 24.85",
        "0.45",
    ]
    assert "Children in <need>" in mine.text and "One quarter against a year." in mine.text


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
    def node(name, kind, parents, public=False):
        return SimpleNamespace(
            name=name,
            resource_type=kind,
            layer="raw",
            depends_on=parents,
            description="What <it> is.",
            is_public=public,
        )

    graph = SimpleNamespace(
        nodes={
            "s": node("rows", "source", []),
            "a": node("stg_raw__rows", "model", ["s"]),
            "b": node("int_figures", "model", ["a"]),
            "c": node("fct_figures<x>", "model", ["b", "s"], public=True),
        }
    )
    build_site(warehouse, tmp_path / "publish" / "site", nodes=nodes_of(graph))
    found = page(tmp_path / "publish" / "site" / "lineage.html")
    assert len(found.all("svg")[0].all("rect")) == 4
    assert {cells(row)[0].text: cells(row)[2].text for row in found.all("tr")[1:]} == {
        "raw.rows": "",
        "stg_raw__rows": "raw.rows",
        "int_figures": "stg_raw__rows",
        "fct_figures<x>": "int_figures, raw.rows",
    }
    assert (
        'href="../../lineage.html"' in next((tmp_path / "publish" / "site" / "areas").glob("*/index.html")).read_text()
    )
