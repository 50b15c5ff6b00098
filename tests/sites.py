"""What the tests of the site share: a refreshed home with a covering report and national files, pages as trees, and
for each kind of page every figure that the marts say must stand on it.

A tree comes from a file or from what a browser made of it, so that both are held against the marts by the same code.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from conftest import BUNDLED, LANDING, ROOT, Home, built, new_home, shared
from test_national_files import LONG, csv_text, dictionary_row, neighbour_row, neighbours_workbook

from publishing.site import build_site, words
from publishing.site.lineage import Node

VOID = {"meta", "link", "br", "img", "input", "hr", "col", "path", "circle", "rect", "line", "polyline"}
AREA = "areas/e10000018"
#: Made-up national figures: polarity, decimals, and a value by the authority's number and the year.
MEASURES = {
    "RevCP": ("High", 1, lambda number, year: 85 + (number * 7 + year) % 150 / 10),
    "PrevRegCPR": ("Low", 1, lambda number, year: 12 + (number * 13 + year * 3) % 170 / 10),
    "LACStable_2016on": ("Low", 0, lambda number, year: 6 + (number * 5 + year) % 9),
    "CareLeaverEET": ("High", 0, lambda number, year: 45 + (number + year) % 4),
    "TotPermEx": ("Low", 3, lambda number, year: (number * 11 + year) % 97 / 1000),
    "SEN_PLAN_ISSUED": ("NA", 0, lambda number, year: 100 + (number * 3 + year) % 60),
}


def national_files(folder: Path) -> None:
    """A long file of the Interactive Tool, its dictionary and a list of neighbours, with figures of nobody."""
    folder.mkdir(parents=True)
    with (ROOT / "dbt_project/seeds/national/authorities.csv").open(encoding="utf-8") as stream:
        numbers = sorted({int(row["la_number"]) for row in csv.DictReader(stream)})
    long = [
        [measure, measure, str(year), f"Authority {number}", f"{value(number, year):.3f}", str(number), "East Midlands"]
        for measure, (_, _, value) in MEASURES.items()
        for year in range(2015, 2023)
        for number in numbers
    ]
    for measure, (_, _, value) in MEASURES.items():
        long += [[measure, measure, str(y), "England", f"{value(500, y):.3f}", "970", ""] for y in range(2015, 2023)]
    (folder / "bds_long.csv").write_text(csv_text(LONG, *long), encoding="utf-8")
    lines = [
        dictionary_row(
            measure,
            "What is counted.",
            Measure=f"Measure {measure} <b>",
            Polarity=polarity,
            dps=str(decimals),
            Year_Type="Financial Year",
        )
        for measure, (polarity, decimals, _) in MEASURES.items()
    ]
    headings = dictionary_row.__globals__["DICTIONARY"]
    (folder / "lait_data_dictionary.csv").write_text(csv_text(headings, *lines), encoding="utf-8")
    near = [number for number in numbers if number not in (855,)]
    (folder / "sn_2021.xlsx").write_bytes(
        neighbours_workbook(*(neighbour_row(number, near[:10]) for number in (855, *near[10:])))
    )


def told_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the bundled editions, a covering report and national files. Read it, never change it."""

    def make(folder: Path) -> None:
        home = new_home(folder / "home", *BUNDLED)
        shutil.copy(LANDING / "2020-21-q2-report.txt", home.landing)
        national_files(home.landing / "national")
        built(home)

    return Home(shared(tmp_path_factory, "told", make) / "home")


def told_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of that home, with a small graph of lineage. Read it, never change it."""
    nodes = [
        Node("raw.rows", 0, (), ""),
        Node("stg_raw__rows", 1, ("raw.rows",), ""),
        Node("fct", 3, ("stg_raw__rows",), ""),
    ]
    published = told_home(tmp_path_factory).published

    def make(folder: Path) -> None:
        build_site(published, folder / "publish" / "site", nodes=nodes)

    return shared(tmp_path_factory, "told-site", make) / "publish" / "site"


# ----------------------------------------------------------------------------------------------------------- trees


@dataclass
class Element:
    """A parsed element; enough of a DOM to ask for figures."""

    tag: str
    attributes: dict[str, str | None]
    children: list = field(default_factory=list)

    @cached_property
    def below(self) -> list[Element]:
        """Every element in this one, in the order of the document; asked for only once the tree is whole."""
        return [one for child in self.children if isinstance(child, Element) for one in (child, *child.below)]

    def all(self, tag: str | None = None, **attributes: str) -> list[Element]:
        wanted = [(name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items()]
        return [
            one
            for one in self.below
            if (tag is None or one.tag == tag)
            and all(value in (one.attributes.get(name) or "").split() for name, value in wanted)
        ]

    @cached_property
    def text(self) -> str:
        return " ".join("".join(c if isinstance(c, str) else f" {c.text} " for c in self.children).split())

    def figures(self) -> list[float]:
        return [float(one.attributes["value"]) for one in self.all("data")]


class Reader(HTMLParser):
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
        # A browser writes </path>, our files <path/>.
        if tag not in VOID:
            assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
            self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def parsed(html: str) -> Element:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is left open"
    return reader.open[0]


def page(path: Path) -> Element:
    return parsed(path.read_text(encoding="utf-8"))


def cells(row: Element) -> list[Element]:
    return [child for child in row.children if isinstance(child, Element)]


def table(found: Element, name: str) -> list[Element]:
    """The rows of the body of the table of that class."""
    return [row for body in found.all("table", class_=name)[0].all("tbody") for row in body.all("tr")]


@lru_cache(maxsize=4)
def _opened(warehouse: Path, stamp: int) -> duckdb.DuckDBPyConnection:
    """A connection that stays open: thousands of questions are asked of a few files, and opening one costs most."""
    connection = duckdb.connect()
    connection.execute(f"attach '{warehouse}' as quarterdeck (read_only)")
    connection.execute("use quarterdeck")
    return connection


@lru_cache(maxsize=4096)
def _answer(warehouse: Path, stamp: int, sql: str) -> tuple[list[str], list[tuple]]:
    cursor = _opened(warehouse, stamp).execute(sql)
    return [column[0] for column in cursor.description], cursor.fetchall()


def rows_of(warehouse: Path, sql: str) -> list[dict]:
    """Rows of a warehouse, its views too: they name the catalogue that it was built in."""
    # The same page is looked at in several ways, and each asks the same.
    names, rows = _answer(warehouse, warehouse.stat().st_mtime_ns, sql)
    return [dict(zip(names, row, strict=True)) for row in rows]


def known(numbers: Iterable[float | None]) -> list[float]:
    return [number for number in numbers if number is not None]


def squeezed(text: str | None) -> str:
    return " ".join((text or "").split())


# --------------------------------------------------------------------------------------- every figure of every page


def assert_numbers_read_as_they_are(found: Element) -> int:
    """Each number's words are the number, to the decimals that they show; gives how many there are."""
    for one in found.all("data"):
        value = float(one.attributes["value"])
        shown = re.search(
            r"-?[0-9][0-9,]*([.][0-9]+)?|-?[.][0-9]+", one.text.replace(words.MINUS, "-").replace(" ", "")
        )
        assert shown, (value, one.text)
        digits = shown[0].replace(",", "")
        half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
        assert abs(float(digits) - value) <= half + 1e-9, (value, one.text)
        assert float(digits) != 0 or value == 0, f"{value} is shown as nought"
    return len(found.all("data"))


def assert_edition(found: Element, warehouse: Path, edition: str) -> int:
    """Dashboard, summary, audit and report of an edition; gives the number of rows."""
    wanted = rows_of(
        warehouse,
        "select d.*, p.target_is_met from marts.mart_dashboard as d "
        f"left join marts.mart_benchmark_position as p using (edition_key, row_number) where edition_key = '{edition}'",
    )
    every = table(found, "dashboard")
    shown = {row.attributes["id"]: (place, row) for place, row in enumerate(every) if "id" in row.attributes}
    assert len(shown) == len(wanted) > 0
    beside: dict[int, str] = {}
    for row in wanted:
        place, line = shown[f"row-{row['row_number']}"]
        numbers = [row["value"], row["numerator"] if row["value"] is not None else None]
        assert line.figures() == known([*numbers, row["previous_value"], row["quartile"], row["benchmark_value"]])
        text = line.text
        if row["value"] is not None:
            assert f"{row['value']:,.{row['decimals']}f}".replace("-", words.MINUS) in text
        if row["value_status"] != "reported":
            assert words.STATUSES[row["value_status"]][0] in text
        if row["rag"]:
            assert line.all("td", class_="status")[0].text == f"{row['rag'][0].upper()} {row['rag'].title()}"
        if row["target_text"]:
            met = {True: " met", False: " not met", None: ""}[row["target_is_met"]]
            assert line.all("td", class_="target")[0].text == squeezed(row["target_text"] + met)
        if row["direction"] in ("up", "down"):
            assert words.DIRECTIONS[row["direction"]][1] in line.all("td", class_="direction")[0].text
        assert words.lines(row["source_line_from"], row["source_line_to"]) in text
        said = []
        for after in every[place + 1 :]:
            if "said" not in (after.attributes.get("class") or "").split():
                break
            assert not after.figures()
            said.append(after.text)
        beside[row["row_number"]] = " | ".join(said)
        assert len(said) == len(set(said)), said
    _assert_summary(found, warehouse, edition)
    _assert_audit(found, warehouse, edition, beside)
    _assert_report(found, warehouse, edition, beside)
    return len(wanted)


def _assert_summary(found: Element, warehouse: Path, edition: str) -> None:
    wanted = rows_of(
        warehouse,
        "select topic, row_count, figures, repaired, damaged, unavailable, blank, judged_better, judged_similar, "
        "judged_worse, judged_none, quartile_1, quartile_2, quartile_3, quartile_4, green, amber, red "
        f"from marts.mart_edition_summary where edition_key = '{edition}'",
    )
    shown = {cells(row)[0].text: row.figures() for row in table(found, "counts")}
    assert shown == {row["topic"]: list(row.values())[1:] for row in wanted}


def _assert_audit(found: Element, warehouse: Path, edition: str, beside: Mapping[int, str]) -> None:
    """Every finding stands in one place: at its row, in the list for the edition, or with what needs no reading."""
    wanted = rows_of(warehouse, f"select * from marts.mart_published_audit where edition_key = '{edition}'")
    of_edition = " | ".join(one.text for one in found.all("ul", class_="told"))
    untold = [
        (cells(row)[0].text, cells(row)[1].text) for one in found.all("table", class_="untold") for row in one.all("tr")
    ]
    for one in wanted:
        evidence = squeezed(one["evidence"])
        at_row = beside.get(one["row_number"], "") if one["row_number"] else of_edition
        listed = [text for row, text in untold if row == str(one["row_number"] or "all") and evidence in text]
        if one["verdict"] == "agrees" or (one["verdict"] == "cannot_tell" and one["severity"] == "info"):
            assert evidence not in at_row and len(listed) >= 1, evidence
        else:
            assert evidence in at_row and not listed, evidence
            assert beside.get(one["row_number"], of_edition).count(evidence) == 1
    tally = Counter(one["verdict"] for one in wanted)
    text = found.text
    for verdict, count in tally.items():
        assert f"{words.VERDICTS[verdict][0]} {count}" in text
    # No sentence is on the page that the audit does not say.
    shown = len(found.all(class_="finding")) + len(untold) - len(found.all("table", class_="untold"))
    assert shown == len(wanted)


def _assert_report(found: Element, warehouse: Path, edition: str, beside: Mapping[int, str]) -> None:
    """Every claim's words stand at a row of its indicator or in the list of the report, with file and lines."""
    claims = rows_of(
        warehouse,
        "select c.*, d.row_number from marts.fct_claim as c left join marts.mart_dashboard as d "
        f"on d.edition_key = c.edition_key and d.indicator_key = c.indicator_key where c.edition_key = '{edition}'",
    )
    listed = [row.text for one in found.all("table", class_="quotes") for row in one.all("tr")[1:]]
    sections = [one.text for one in found.all("section") if one.all("h2", id="report")]
    for one in claims:
        text, lines = squeezed(one["words"]), words.lines(one["source_line_from"], one["source_line_to"])
        at_row = beside.get(one["row_number"] or 0, "")
        in_list = [row for row in listed if text in row]
        assert (text in at_row) + bool(in_list) == 1, text
        if in_list:
            assert any(f"paragraph {one['paragraph']}, {lines}" in row for row in in_list), (in_list, lines)
            assert one["source_file"] in sections[0]
        else:
            assert f"{one['source_file']} , {lines}" in at_row
            assert one["claim_kind"] in ("no_data", "reason") or one["reason"]
    assert claims or not listed


def assert_indicator(found: Element, warehouse: Path, area_code: str, key: str) -> int:
    """Series, national figures, printed rows, children and names of an indicator; gives how many numbers."""
    of = f"area_code = '{area_code}' and indicator_key = '{key}'"
    points = rows_of(
        warehouse,
        f"select * from marts.mart_indicator_trend where {of} and value is not null "
        "order by period_type, start_date, end_date, period_key",
    )
    shown = [row for one in found.all("table", class_="series") for row in one.all("tr")[1:]]
    numbers = [row.figures() for row in shown if "gap" not in (row.attributes.get("class") or "").split()]
    kinds = list(dict.fromkeys((p["period_type"], p["unit"]) for p in points))
    points.sort(key=lambda p: kinds.index((p["period_type"], p["unit"])))
    assert numbers == [known((p["value"], p["numerator"], p["change"])) for p in points], key
    rows = rows_of(
        warehouse,
        f"select d.*, e.period_start from marts.mart_dashboard as d join marts.dim_edition as e using (edition_key) "
        f"where d.area_code = '{area_code}' and indicator_key = '{key}' order by e.period_start, row_number",
    )
    if rows:
        assert [row.figures() for row in table(found, "printed")] == [
            known((r["value"], r["numerator"] if r["value"] is not None else None, r["quartile"], r["benchmark_value"]))
            for r in rows
        ]
    _assert_children(found, warehouse, of)
    _assert_names(found, warehouse, of, key)
    _assert_national(found, warehouse, area_code, key)
    return len(found.all("data"))


def _assert_children(found: Element, warehouse: Path, of: str) -> None:
    wanted = rows_of(
        warehouse,
        "select m.* from marts.mart_children_behind as m join marts.dim_edition as e using (edition_key) "
        f"where m.{of} and role = 'latest' order by e.period_start, row_number",
    )
    if not wanted:
        assert not found.all("table", class_="behind")
        return
    section = next(one for one in found.all("section") if one.all("h2", id="children"))
    assert "implied, nothing of it is printed" in section.text
    for row, one in zip(table(found, "behind"), wanted, strict=True):
        expected = known((one["value"], one["numerator"]))
        for low, high in (
            (one["denominator_low"], one["denominator_high"]),
            (one["interval_lower"], one["interval_upper"]),
        ):
            expected += known((low, high if low != high else None))
        for gap in ("benchmark", "target"):
            behind = one[f"children_behind_{gap}_low"], one[f"children_behind_{gap}_high"]
            low, high = (
                behind if None not in behind else (one[f"{gap}_gap_children_low"], one[f"{gap}_gap_children_high"])
            )
            ends = known((low, high if low != high else None))
            expected += sorted(abs(end) for end in ends) if low is None or low * high >= 0 else [abs(e) for e in ends]
            word = ("behind", "ahead") if None not in behind else ("more", "fewer")
            if low is not None and low != 0:
                assert word[low < 0] in cells(row)[4 if gap == "benchmark" else 6].text
        assert row.figures() == pytest.approx(expected), one
        if one["compared_with_benchmark"]:
            assert cells(row)[5].text == words.COMPARED[one["compared_with_benchmark"]]


def _assert_names(found: Element, warehouse: Path, of: str, key: str) -> None:
    """The names cover every edition of the lineage, in order, and each label as printed stands there."""
    steps = rows_of(
        warehouse,
        "select m.*, e.quarter, e.financial_year from marts.mart_indicator_lineage as m "
        f"join marts.dim_edition as e using (edition_key) where m.{of} order by e.period_start",
    )
    shown = [tuple(cell.text for cell in cells(row)) for row in table(found, "names")] if steps else []
    labels = [squeezed(one["printed_label"]) or None for one in steps]
    names = [f"Quarter {one['quarter']} {one['financial_year']}" for one in steps]
    covered: list[str | None] = []
    for editions, _, label in shown:
        first, _, last = editions.removeprefix("Since ").partition(" to ")
        end = len(names) - 1 if editions.startswith("Since ") else names.index(last or first)
        assert names.index(first) == len(covered)
        covered += [label or None] * (end - len(covered) + 1)
    assert covered == labels
    related = rows_of(warehouse, f"select * from marts.bridge_indicator_relation where indicator_key = '{key}'")
    section = next((one for one in found.all("section") if one.all("h2", id="related")), None)
    assert len(section.all("dd") if section else []) == len(related)
    for one in related:
        assert words.RELATIONS[one["relation"]] in section.text


def _assert_national(found: Element, warehouse: Path, area_code: str, key: str) -> None:
    """Every number of the national table and of its sentence is the mart's."""
    wanted = rows_of(
        warehouse,
        "select * from marts.mart_national_position where is_current and term_marker is null and value is not null "
        f"and area_code = '{area_code}' and measure_key in "
        f"(select national_measure from marts.dim_indicator where indicator_key = '{key}') order by period_key desc",
    )
    if not wanted:
        assert not found.all("table", class_="national")
        return
    labels = _labels(warehouse)
    for row, one in zip(table(found, "national"), wanted, strict=True):
        assert row.attributes["id"] == f"national-{one['period_key']}"
        assert cells(row)[0].text == labels[one["period_key"]]
        assert row.figures() == known(
            one[name]
            for name in (
                *("value", "rank", "n", "band_lait", "p25", "p50", "p75", "distance_to_boundary", "england_value"),
                *("region_value", "neighbours_mean"),
            )
        )
        assert cells(row)[1].text == squeezed(one["value_printed"]).replace("-", words.MINUS) or one["value"] >= 1000
        assert one["release_key"] in row.text
    newest = wanted[0]
    said = next(one for one in found.all("section") if one.all("h2", id="nationally")).all("p")[0].text
    assert f"{newest['value_printed']} in {labels[newest['period_key']]}" in said
    assert f"of {newest['n']} authorities" in said
    assert (f"rank {newest['rank']} of" in said) == (newest["rank"] is not None)
    assert (f"quartile {newest['band_lait']} (1 is best)" in said) == (newest["band_lait"] is not None)
    assert ("Another method gives another quartile" in said) == bool(newest["band_depends_on_method"])
    assert ("the same figure" in said) == bool(newest["ties"])
    if newest["ties"]:
        assert f"{newest['ties']} other authorit" in said


#: The newest assessed row of each indicator.
_NEWEST = """
    select p.*, m.printed_label from marts.mart_benchmark_position as p
    join marts.dim_edition as e using (edition_key)
    join marts.mart_dashboard as m using (edition_key, row_number)
    where p.area_code = '{}' and (p.benchmark_value is not null or p.quartile is not null)
    qualify row_number() over (
        partition by coalesce(p.indicator_key, edition_key || row_number) order by e.period_start desc, row_number desc
    ) = 1
"""


def assert_benchmarks(found: Element, warehouse: Path, area_code: str) -> int:
    """Each indicator's newest assessed figure, and the passport of its quartile; gives the rows of passports."""
    wanted = {f"{row['edition_key']}/{row['row_number']}": row for row in rows_of(warehouse, _NEWEST.format(area_code))}
    shown = {row.attributes["data-row"]: row for row in table(found, "spine-table")}
    assert shown.keys() == wanted.keys()
    for name, row in shown.items():
        one = wanted[name]
        assert row.figures() == known((one["value"], one["benchmark_value"], one["benchmark_gap"], one["quartile"]))
    ties = {
        (one["measure_key"], one["period_key"]): one["ties"]
        for one in rows_of(
            warehouse,
            "select measure_key, period_key, ties from marts.mart_national_position "
            f"where is_current and term_marker is null and value is not null and area_code = '{area_code}'",
        )
    }
    labels = _labels(warehouse)
    passports = table(found, "passports") if found.all("table", class_="passports") else []
    expected = {(name, when) for name, one in wanted.items() for when in ("then", "now") if one[f"{when}_n"]}
    assert {(row.attributes["data-row"], row.attributes["data-when"]) for row in passports} == expected
    assert len(passports) == len(expected)
    first: set[str] = set()
    for row in passports:
        name, when = row.attributes["data-row"], row.attributes["data-when"]
        one = wanted[name]
        numbers = [one["quartile"]] if name not in first else []
        numbers += [one[f"{when}_{column}"] for column in ("band", "n", "p25", "p50", "p75", "distance_to_boundary")]
        assert row.figures() == known([*numbers, ties.get((one["national_measure"], one[f"{when}_period_key"]))])
        assert labels[one[f"{when}_period_key"]] in row.text
        assert squeezed(one[f"{when}_release"]).split(":")[0] in row.text
        published = one[f"{when}_published_on"]
        assert published is None or f"{published:%B %Y}" in row.text
        assert ("assumed" in row.text) == (one[f"{when}_certainty"] == "assumed" and published is not None)
        if name not in first:
            assert squeezed(one["comparability_note"]) in row.text
        first.add(name)
    return len(passports)


class _Labels(dict):
    """dim_period's words by key; without national files it has no period for the years of the seed."""

    def __missing__(self, key: str) -> str:
        kind, _, years = key.partition("-")
        return {"fy": "Financial", "ay": "Academic", "cy": "Calendar"}[kind] + f" year {years.replace('-', '/')}"


def _labels(warehouse: Path) -> _Labels:
    return _Labels((one["period_key"], one["label"]) for one in rows_of(warehouse, "select * from marts.dim_period"))


def assert_quality(found: Element, warehouse: Path) -> None:
    """Problems by kind and by council."""
    kinds = rows_of(
        warehouse,
        "select issue_code, severity, count(*) as n, count(distinct edition_key) as editions "
        "from marts.data_quality_issue group by all",
    )
    shown = {(cells(r)[0].text, cells(r)[1].text): r.figures() for r in _rows_below(found, "kinds")}
    assert shown == {(k["issue_code"].replace("_", " "), k["severity"]): [k["n"], k["editions"]] for k in kinds}
    councils = rows_of(
        warehouse,
        "select a.area_name, count(*) filter (where severity = 'error') as error, "
        "count(*) filter (where severity = 'warning') as warning, count(*) filter (where severity = 'info') as info "
        "from marts.dim_area as a join marts.dim_edition using (area_code) "
        "left join marts.data_quality_issue using (edition_key) group by all",
    )
    assert {cells(r)[0].text: r.figures() for r in _rows_below(found, "councils")} == {
        c["area_name"]: [c["error"], c["warning"], c["info"]] for c in councils
    }


def assert_quality_of_council(found: Element, warehouse: Path, area_code: str) -> None:
    """Rows, figures and lines of each edition, and problems by kind."""
    of_area = f"edition_key in (select edition_key from marts.dim_edition where area_code = '{area_code}')"
    totals = rows_of(warehouse, f"select * from marts.mart_edition_summary where is_total and {of_area}")
    lines = rows_of(
        warehouse, f"select edition_key, disposition, count(*) as n from marts.source_line where {of_area} group by all"
    )
    counts = {(one["edition_key"], one["disposition"]): one["n"] for one in lines}
    dispositions = sorted({one["disposition"] for one in lines})
    names = {
        one["edition_key"]: f"Quarter {one['quarter']} {one['financial_year']}"
        for one in rows_of(warehouse, f"select * from marts.dim_edition where area_code = '{area_code}'")
    }
    columns = ("row_count", "figures", "repaired", "damaged", "unavailable", "blank")
    assert {cells(row)[0].text: row.figures() for row in _rows_below(found, "editions")} == {
        names[one["edition_key"]]: [
            *(one[column] for column in columns),
            *(counts.get((one["edition_key"], name), 0) for name in dispositions),
        ]
        for one in totals
    }
    kinds = rows_of(
        warehouse,
        "select issue_code, severity, count(*) as n, count(distinct edition_key) as editions "
        f"from marts.data_quality_issue where {of_area} group by all",
    )
    assert {(cells(r)[0].text, cells(r)[1].text): r.figures() for r in _rows_below(found, "kinds")} == {
        (k["issue_code"].replace("_", " "), k["severity"]): [k["n"], k["editions"]] for k in kinds
    }


def assert_council(found: Element, warehouse: Path, area_code: str) -> None:
    """The counts of each edition in the list of a council's dashboards."""
    wanted = rows_of(
        warehouse,
        "select s.*, e.quarter, e.financial_year from marts.mart_edition_summary as s "
        f"join marts.dim_edition as e using (edition_key) where is_total and area_code = '{area_code}'",
    )
    columns = (
        "row_count",
        "figures",
        "damaged",
        "unavailable",
        "blank",
        "judged_better",
        "judged_worse",
        "green",
        "amber",
        "red",
    )
    assert {cells(row)[0].text: row.figures() for row in _rows_below(found, "editions")} == {
        f"Quarter {one['quarter']} {one['financial_year']}": [one[column] for column in columns] for one in wanted
    }


def assert_overview(found: Element, warehouse: Path, key: str) -> None:
    """The newest figure of each council."""
    wanted = rows_of(
        warehouse,
        "select area_name, value, numerator from marts.mart_indicator_trend join marts.dim_area using (area_code) "
        f"where indicator_key = '{key}' and value is not null "
        "qualify row_number() over (partition by area_code order by end_date desc, start_date desc) = 1",
    )
    assert {cells(row)[0].text: row.figures() for row in _rows_below(found, "councils")} == {
        one["area_name"]: known((one["value"], one["numerator"])) for one in wanted
    }


def _rows_below(found: Element, heading: str) -> list[Element]:
    """The rows of the table in the section with that heading."""
    section = next(one for one in found.all("section") if one.all("h2", id=heading))
    return [row for body in section.all("tbody") for row in body.all("tr")]
