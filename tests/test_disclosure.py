"""The disclosure rule, from an attacker's side: two warehouses that differ only in small counts look the same."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from conftest import BUNDLED, LANDING, built, new_home
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publishing import disclosure
from publishing.disclosure import DisclosureError, open_disclosed, public_tables, unlisted
from publishing.exports import build_exports
from runtime.settings import Rule

QUARTERS = (
    (1, "2021-04-01", "2021-06-30"),
    (2, "2021-07-01", "2021-09-30"),
    (3, "2021-10-01", "2021-12-31"),
    (4, "2022-01-01", "2022-03-31"),
)
YEAR = "fy-2021-22"


@pytest.fixture(scope="module")
def warehouse(refreshed) -> Path:
    return refreshed.home.published


@pytest.fixture(scope="module")
def empty(warehouse, tmp_path_factory) -> Path:
    """The public tables without a row, and smaller than a refresh leaves them."""
    path = tmp_path_factory.mktemp("empty") / "empty.duckdb"
    with duckdb.connect(str(path)) as connection:
        # Under the name that its views use.
        connection.execute(f"attach '{warehouse}' as quarterdeck (read_only)")
        connection.execute("create schema marts")
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'quarterdeck'"
        ).fetchall():
            connection.execute(f"create table marts.{table} as from quarterdeck.marts.{table} limit 0")
        for (sql,) in connection.execute(
            "select sql from duckdb_views() where database_name = 'quarterdeck' and schema_name = 'marts'"
        ).fetchall():
            connection.execute(sql)
    return path


# --- a small authority whose every figure is known -------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """True counts of four quarters. `missing` of `looked_after` are not in `placed`; decimals of the printed share."""

    custody: tuple[int, int, int, int]
    entrants: tuple[int, int, int, int]
    placed: tuple[int, int, int, int]
    looked_after: tuple[int, int, int, int]
    decimals: int
    damaged: int


@dataclass(frozen=True)
class Figure:
    """One figure as an edition prints it; without an indicator the number stands in the label."""

    indicator: str | None
    period: str
    unit: str
    value: float | None
    numerator: int | None
    text: str
    status: str = "reported"
    decimals: int = 0
    label: str | None = None

    @property
    def seen(self) -> str:
        return self.text or self.label


def figures_of(world: World) -> dict[tuple[int, int, str], Figure]:
    """(edition, row, role) to the figure: each quarter's edition prints it and the one before."""
    found: dict[tuple[int, int, str], Figure] = {}

    def count(indicator: str, period: str, value: int) -> Figure:
        return Figure(indicator, period, "count", float(value), None, str(value))

    def share(quarter: int) -> Figure:
        part, whole = world.placed[quarter], world.looked_after[quarter]
        value = int(100 * part / whole * 10**world.decimals + 0.5) / 10**world.decimals
        text = f"{value:.{world.decimals}f}% ({part})"
        return Figure("placed", f"q{quarter + 1}", "percent", value, part, text, decimals=world.decimals)

    def counted_first(quarter: int) -> Figure:
        part, whole = world.placed[quarter], world.looked_after[quarter]
        return Figure(
            "placed-count", f"q{quarter + 1}", "count", float(part), None, f"{part} ({100 * part / whole:.1f}%)"
        )

    for quarter in range(4):
        for role, at in (("latest", quarter), ("previous", quarter - 1)):
            if at < 0:
                continue
            found[quarter, 1, role] = count("custody", f"q{at + 1}", world.custody[at])
            found[quarter, 2, role] = count("entrants", f"q{at + 1}", sum(world.entrants[: at + 1]))
            # The later edition prints the share without its count.
            found[quarter, 3, role] = (
                share(at) if role == "latest" else replace(share(at), numerator=None, text=share(at).text.split(" ")[0])
            )
            found[quarter, 4, role] = counted_first(at)
        found[quarter, 5, "latest"] = Figure(
            "broken", f"q{quarter + 1}", "percent", None, None, f".{quarter}% ({world.damaged}", "damaged"
        )
        # Only the newest figure is printed, and how it compares.
        found[quarter, 7, "latest"] = count("alone", f"q{quarter + 1}", world.custody[quarter])
        found[quarter, 8, "latest"] = Figure(
            None, f"q{quarter + 1}", "count", None, None, "", "blank", label=f"Glued (low = good) {world.damaged}"
        )
    found[3, 6, "latest"] = count("custody", YEAR, sum(world.custody))
    return found


BASIS = {
    "custody": "in_quarter",
    "entrants": "year_to_date",
    "placed": "at_period_end",
    "placed-count": "at_period_end",
    "broken": "in_quarter",
    "alone": "in_quarter",
}


@cache
def rows_of(world: World) -> Mapping[str, list[Mapping]]:
    """Table to its rows for this world, with everything in them that figures lead to."""
    figures = figures_of(world)
    gathered: dict[str, list[Mapping]] = {}

    def insert(table: str, rows: list[Mapping]) -> None:
        gathered.setdefault(table, []).extend(rows)

    insert("dim_area", [{"area_code": "E1", "area_name": "Shire"}])
    lines: dict[int, list[tuple[int, str]]] = {}
    for (edition, row, role), figure in figures.items():
        key, line = f"e{edition + 1}", row
        common = {"edition_key": key, "row_number": row}
        previous = figures.get((edition, row, "previous"))
        insert(
            "fct_observation",
            [
                {
                    **common,
                    "role": role,
                    "indicator_key": figure.indicator,
                    "area_code": "E1",
                    "period_key": figure.period,
                    "value": figure.value,
                    "decimals": figure.decimals,
                    "unit": figure.unit,
                    "numerator": figure.numerator,
                    "value_text": figure.text or None,
                    "value_status": figure.status,
                    "is_current": role == "latest" and figure.value is not None,
                    "source_line_from": line,
                    "source_line_to": line,
                }
            ],
        )
        if figure.indicator == "placed":
            insert("mart_children_behind", [{**common, **children_behind(world, figure, role)}])
        if role == "previous":
            continue
        for table in ("fct_audit", "mart_published_audit"):
            insert(table, list(comparisons(figures, edition, row)))
        label = figure.label or figure.indicator
        judged = judge(figure, figures.get((edition - 1, row, "latest")) if row == 7 else previous)
        polarity = {"up": "low_is_good", "down": "high_is_good"}.get(judged["direction"])
        words = " ".join(f"{name} {value}" for name, value in judged.items())
        insert(
            "bridge_indicator_label",
            [
                {
                    **common,
                    "printed_label": label,
                    "normalised_label": label,
                    "indicator_key": figure.indicator,
                    "suggested_indicator_key": figure.label and ("custody" if world.damaged < 2 else "entrants"),
                    "suggestion_score": figure.label and world.damaged / 10,
                }
            ],
        )
        insert(
            "fct_assessment",
            [
                {
                    **common,
                    "area_code": "E1",
                    "indicator_key": figure.indicator,
                    "rag_text": judged["rag"],
                    "quartile_text": str(judged["quartile"]),
                    "direction_source": "printed",
                    "judgement_source": "derived" if judged["judgement"] == "better" else "printed",
                    "printed_polarity": polarity,
                    "benchmark_value": 7.0,
                    "target_value": 3.0,
                    **judged,
                }
            ],
        )
        insert(
            "mart_dashboard",
            [
                {
                    **common,
                    "area_code": "E1",
                    "topic": "All",
                    "printed_label": label,
                    "indicator_key": figure.indicator,
                    "period_key": figure.period,
                    "value_text": figure.text or None,
                    "value": figure.value,
                    "decimals": figure.decimals,
                    "unit": figure.unit,
                    "numerator": figure.numerator,
                    "value_status": figure.status,
                    "previous_value_text": previous.text if previous else None,
                    "previous_value": previous.value if previous else None,
                    "previous_value_status": previous.status if previous else None,
                    "benchmark_value": 7.0,
                    "target_value": 3.0,
                    **judged,
                }
            ],
        )
        if figure.value is not None:
            insert(
                "mart_benchmark_position",
                [
                    {
                        **common,
                        "indicator_key": figure.indicator,
                        "area_code": "E1",
                        "value": figure.value,
                        "value_status": figure.status,
                        "quartile": judged["quartile"],
                        "rag": judged["rag"],
                        "polarity": polarity,
                        "polarity_source": polarity and "printed",
                        "benchmark_value": 7.0,
                        "benchmark_gap": figure.value - 7,
                        "benchmark_is_favourable": figure.value < 3,
                        "target_value": 3.0,
                        "target_gap": figure.value - 3,
                        "target_is_met": figure.value < 3,
                        **{f"{time}_band": judged["quartile"] for time in ("then", "now")},
                        **{f"{time}_distance_to_boundary": figure.value - 2.5 for time in ("then", "now")},
                    }
                ],
            )
            before = figures.get((edition - 1, row, "latest"))
            change = figure.value - before.value if before and before.value is not None else None
            insert(
                "mart_indicator_trend",
                [
                    {
                        **common,
                        "role": role,
                        "indicator_key": figure.indicator,
                        "area_code": "E1",
                        "period_key": figure.period,
                        "value": figure.value,
                        "decimals": figure.decimals,
                        "unit": figure.unit,
                        "numerator": figure.numerator,
                        "value_status": figure.status,
                        "previous_period_key": before.period if before else None,
                        "previous_value": before.value if before else None,
                        "change": change,
                        "change_judgement": None if change is None else "better" if change < 0 else "worse",
                    }
                ],
            )
        for column, text in (
            ("label_text", label),
            ("value_text", figure.text or None),
            ("previous_value_text", previous.text if previous else None),
            ("comparison_text", judged["comparison_text"]),
            ("rag_text", judged["rag"]),
            ("quartile_text", str(judged["quartile"])),
        ):
            if text is not None:
                insert("source_cell", [{**common, "column_name": column, "cell_text": text}])
        insert(
            "data_quality_issue",
            [
                {
                    **common,
                    "issue_code": "odd",
                    "severity": "info",
                    "source_file": f"{key}.txt",
                    "source_line_from": line,
                    "source_line_to": line,
                    "column_name": "value_text",
                    "printed_text": figure.seen,
                    "message": f"It is read as {figure.value}.",
                }
            ],
        )
        lines.setdefault(edition, []).append(
            (line, f"{label}\t{figure.text}\t{previous.text if previous else ''}\t{words}")
        )
    for edition, printed in lines.items():
        key = f"e{edition + 1}"
        # A note below the table, and a line without a row that a row's figure was wrapped into.
        printed.append((90, f"* {world.damaged} of them are counted twice"))
        for line, text in printed:
            belongs = line < 90
            insert(
                "source_line",
                [
                    {
                        "edition_key": key,
                        "line_number": line,
                        "disposition": "row" if belongs else "footnote",
                        "row_number": line if belongs and line != 2 else None,
                        "line_text": text,
                    }
                ],
            )
        whole = "\n".join(text for _, text in printed).encode()
        digest = hashlib.sha256(whole).hexdigest()
        insert(
            "dim_edition",
            [
                {
                    "edition_key": key,
                    "area_code": "E1",
                    "financial_year": "2021/22",
                    "quarter": edition + 1,
                    "source_file": f"{key}.txt",
                    "source_sha256": digest,
                }
            ],
        )
        insert(
            "source_file",
            [
                {
                    "edition_key": key,
                    "source_file": f"{key}.txt",
                    "source_sha256": digest,
                    "size_bytes": len(whole),
                    "version_number": 1,
                    "in_force": True,
                    "document": "dashboard",
                }
            ],
        )
    # The fifth report is of an edition that was never received.
    for edition in range(5):
        for table, rows in report_of(world, figures, edition).items():
            insert(table, rows)
    tallies = [
        {"edition_key": f"e{n + 1}", "topic": topic, "is_total": topic == "All topics"}
        for n in lines
        for topic in ("All", "All topics")
    ]
    insert("mart_edition_summary", tallies)
    return gathered


def shared_rows() -> dict[str, list[Mapping]]:
    """What is the same for every council: periods and indicators."""
    quarters = [
        {"period_key": f"q{n}", "period_type": "quarter", "label": f"Q{n}", "start_date": start, "end_date": end}
        for n, start, end in QUARTERS
    ]
    year = {
        "period_key": YEAR,
        "period_type": "financial_year",
        "label": YEAR,
        "start_date": "2021-04-01",
        "end_date": "2022-03-31",
    }
    indicators = [
        {
            "indicator_key": key,
            "indicator_name": key,
            "topic": "All",
            "unit": "count",
            "polarity": "low_is_good",
            "basis": basis,
            "can_exceed_100": False,
        }
        for key, basis in BASIS.items()
    ]
    return {"dim_period": [*quarters, year], "dim_indicator": indicators}


#: What names a council, its editions and files.
OF_A_COUNCIL = ("area_code", "area_name", "edition_key", "source_file", "other_source_file", "audit_key")


def build(worlds: World | Mapping[str, World], empty: Path, path: Path) -> Path:
    """A warehouse of the public tables of this world, or of several side by side, each the council of that name.

    What belongs to a council begins with its name: `e1` of the council `a` is `ae1`.
    """
    shutil.copy(empty, path)
    councils = {"": worlds} if isinstance(worlds, World) else worlds
    gathered = shared_rows()
    for council, world in councils.items():
        for table, rows in rows_of(world).items():
            gathered.setdefault(table, []).extend(
                {name: f"{council}{value}" if value and name in OF_A_COUNCIL else value for name, value in row.items()}
                for row in rows
            )
    hashes = "".join(row["source_sha256"] for row in gathered["dim_edition"])
    gathered["build_info"] = [
        {
            "product": "Quarterdeck",
            "quarterdeck_version": "1",
            "built_at": "2026-01-01",
            "inputs_sha256": hashlib.sha256(hashes.encode()).hexdigest(),
        }
    ]
    with duckdb.connect(str(path)) as connection:
        connection.execute("set schema = 'marts'")
        # In one transaction: what is written to the disk by each statement takes longer than the statements.
        connection.begin()
        for table, rows in gathered.items():
            arrow = pa.Table.from_pylist(
                rows, pa.schema([pa.field(name, type_of(rows, name)) for name in names_of(rows)])
            )
            connection.register("incoming", arrow)
            connection.execute(f"insert into {table} by name from incoming")
            connection.unregister("incoming")
        for column, condition in (
            ("judged_better", "judgement = 'better'"),
            ("green", "rag = 'green'"),
            ("quartile_1", "quartile = 1"),
            ("row_count", "true"),
        ):
            connection.execute(
                f"update mart_edition_summary as s set {column} = (select count(*) from mart_dashboard as d "
                f"where d.edition_key = s.edition_key and {condition})"
            )
        connection.commit()
    return path


def children_behind(world: World, figure: Figure, role: str) -> dict:
    """What a percentage with its number implies, all of it following from the two."""
    quarter = int(figure.period[1]) - 1
    part, whole = world.placed[quarter], world.looked_after[quarter]
    numbers = (
        "interval_lower",
        "interval_upper",
        *(f"{kind}_gap{of}" for kind in ("benchmark", "target") for of in ("", "_children_low", "_children_high")),
        *(f"children_behind_{kind}_{end}" for kind in ("benchmark", "target") for end in ("low", "high")),
    )
    return {
        "role": role,
        "indicator_key": figure.indicator,
        "area_code": "E1",
        "period_key": figure.period,
        "value": figure.value,
        "value_text": figure.text,
        "decimals": figure.decimals,
        "unit": "percent",
        "numerator": part,
        "denominator_low": whole - part,
        "denominator_high": whole + part,
        "denominator_status": "implied" if part % 3 else "none_fits",
        "interval_method": "wilson" if part % 3 else None,
        "compared_with_benchmark": "better" if part > 2 else "worse",
        **{name: part * (place + 1.5) for place, name in enumerate(numbers)},
    }


def comparison(check: str, edition: int, row: int | None, words: str, number: float, **more) -> dict:
    """A row of the audit whose every word depends on the number."""
    kind = int(number) % 2
    return {
        "audit_key": f"{check}|e{edition + 1}|{row}|{more.get('paragraph')}",
        "check_code": check,
        "edition_key": f"e{edition + 1}",
        "row_number": row,
        "claim_text": words,
        "expected_text": f"about {number}",
        "method": ("lait", "mirrored")[kind],
        "verdict": ("agrees", "disagrees")[kind],
        "severity": ("info", "warning")[kind],
        "evidence": f"It prints {words}, of which {number} follows.",
        "source_file": f"e{edition + 1}.txt",
        **more,
    }


def comparisons(figures: Mapping[tuple[int, int, str], Figure], edition: int, row: int) -> Iterator[dict]:
    """What the audit says at one row: of its own figure, of another row's, of another edition's."""

    def number(figure: Figure) -> float:
        return figure.value if figure.value is not None else float(figure.seen[-1])

    own, first = figures[edition, row, "latest"], figures[edition, 1, "latest"]
    told = {"indicator_key": own.indicator}
    yield comparison("printed_colour", edition, row, own.seen, number(own), **told)
    if row == 2:
        # The other row is told by its line only.
        place = {"other_source_file": f"e{edition + 1}.txt", "other_line_from": 1, "other_line_to": 1}
        yield comparison("implied_cohort", edition, row, first.text, number(first), **told, **place)
    if row == 1 and edition:
        before = figures[edition - 1, 1, "latest"]
        place = {"other_source_file": f"e{edition}.txt", "other_line_from": 1, "other_line_to": 1}
        yield comparison("bracket_meaning", edition, row, before.text, number(before), **told, **place)
    if row == 1 and edition == 3:
        # A year before, of which no line is told.
        year_before = figures[0, 1, "latest"]
        yield comparison("printed_direction", edition, row, year_before.text, number(year_before), **told)


NUMBER_WORDS = {1: "One", 2: "Two", 3: "Three", 4: "Four"}


def report_of(world: World, figures: Mapping[tuple[int, int, str], Figure], edition: int) -> dict[str, list[dict]]:
    """A covering report on an edition: what it claims, and every word and number of it.

    Paragraphs: 1 custody with the quarter before, 2 the share with its whole, 3 a number of nobody knows what, 4 a sum
    over the rows, 5 a difference that no rule explains, 6 what is usual, 7 the step in a year to date, 8 a number that
    belongs to no claim, 9 nothing that counts anybody. The report on the fifth edition repeats the fourth's figures and
    names no period.
    """
    quarter = min(edition, 3)
    key, file = f"e{edition + 1}", f"e{edition + 1}-report.txt"
    period = f"q{quarter + 1}" if edition < 4 else None
    tables: dict[str, list[dict]] = {
        name: []
        for name in (
            "fct_claim", "report_paragraph", "report_number", "report_line", "data_quality_issue", "fct_audit",
            "mart_published_audit", "source_file",
        )
    }  # fmt: skip
    lines: list[tuple[str, int | None, str]] = []

    def say(text: str, claim: dict | None = None, numbers: tuple[tuple[str, str], ...] = (), **more) -> None:
        heading = more.pop("heading", None)
        if heading:
            lines.append(("heading", None, heading))
        number = len(tables["report_paragraph"]) + 1
        lines.append(("paragraph", number, text))
        place = {"source_file": file, "source_line_from": len(lines), "source_line_to": len(lines)}
        outcome = more.pop("outcome", "claims" if claim else "no_figure")
        tables["report_paragraph"].append(
            {
                "edition_key": key,
                "paragraph": number,
                "heading_text": heading,
                "outcome": outcome,
                "claim_count": int(claim is not None),
                "paragraph_text": text,
                **place,
            }
        )
        for role, printed in numbers:
            tables["report_number"].append(
                {
                    "edition_key": key,
                    "number_order": len(tables["report_number"]) + 1,
                    "paragraph": number,
                    "claim_number": 1 if claim and role != "unexplained" else None,
                    "printed_text": printed,
                    "role": role,
                    "source_file": file,
                    "source_line": len(lines),
                }
            )
        if claim:
            tables["fct_claim"].append(
                {
                    "edition_key": key,
                    "paragraph": number,
                    "claim_number": 1,
                    "area_code": "E1",
                    "claim_kind": "figure",
                    "has_dashboard": edition < 4,
                    "words": text,
                    "attribution_score": 1 / len(text),
                    **claim,
                    **place,
                }
            )

    def judged(number: float) -> dict:
        kind = int(number) % 2
        return {
            "direction": ("up", "down")[kind],
            "direction_source": ("printed", "derived")[kind],
            "judgement": ("better", "worse")[kind],
            "judgement_source": ("printed", "derived")[kind],
            "quartile": 1 if number < 3 else 2,
            "quartile_before": 3 if number < 3 else 4,
            "benchmark_relation": ("above", "below")[kind],
            "benchmark_gap": number - 7,
            "target_relation": ("better", "worse")[kind],
        }

    custody = world.custody[quarter]
    before = world.custody[quarter - 1] if quarter else None
    spoken = NUMBER_WORDS.get(custody, str(custody))
    say(
        f"{spoken} young people were sentenced to custody, from {before} in the quarter before.",
        {
            "indicator_key": "custody",
            "period_key": period,
            "value": float(custody),
            "decimals": 0,
            "value_text": spoken,
            "unit": "count",
            "comparison_period_key": f"q{quarter}" if quarter else None,
            "comparison_basis": "period" if quarter else None,
            "comparison_value": None if before is None else float(before),
            "comparison_words": f"from {before} in the quarter before",
            "change": None if before is None else float(custody - before),
            "change_unit": "count",
            "reason_words": f"because of only {spoken}",
            **judged(custody),
        },
        (("value", spoken), ("comparison_value", str(before))),
    )
    # The report that names no period names no share either: a report of the share alone tells no count.
    part, whole = world.placed[quarter], world.looked_after[quarter]
    share = int(100 * part / whole * 10**world.decimals + 0.5) / 10**world.decimals
    say(
        f"{share}% ({part} of {whole}) were placed.",
        {
            "indicator_key": "placed",
            "period_key": period,
            "value": share,
            "decimals": world.decimals,
            "value_text": f"{share}%",
            "unit": "percent",
            "numerator": part,
            "denominator": whole,
            "comparison_period_key": f"q{quarter}" if quarter else None,
            "comparison_numerator": world.placed[quarter - 1] if quarter else None,
            **judged(part),
        },
        (("value", f"{share}%"), ("numerator", str(part)), ("denominator", str(whole))),
    )
    say(
        f"There were {world.damaged} more.",
        {"value": float(world.damaged), "value_text": str(world.damaged), "unit": "count"},
        (("value", str(world.damaged)),),
        heading=f"Counted twice in quarter 2: {world.damaged}",
    )
    green = sum(
        judge(figure, figures.get((at, row, "previous")))["rag"] == "green"
        for (at, row, role), figure in figures.items()
        if at == edition and role == "latest"
    )
    say(
        f"{10 + green} measures are green.",
        {"claim_kind": "tally", "tally_category": "green", "value": 10.0 + green, "tally_total": 20 + green},
        (("tally", str(10 + green)),),
    )
    if edition < 4:
        say(
            f"By {custody * 7}% that is another number.",
            None,
            (("unexplained", f"{custody * 7}%"),),
            outcome="unread",
        )
    say(
        f"It is usually {10 + world.custody[0]}.",
        {
            "claim_kind": "comparison",
            "indicator_key": "custody",
            "period_key": "q4",
            "comparison_basis": "usual",
            "comparison_value": 10.0 + world.custody[0],
        },
        (("comparison_value", str(10 + world.custody[0])),),
    )
    to_date = sum(world.entrants[: quarter + 1])
    say(
        f"{to_date} entered since April, {world.entrants[quarter]} more.",
        {
            "indicator_key": "entrants",
            "period_key": period,
            "value": float(to_date),
            "value_text": str(to_date),
            "unit": "count",
            "comparison_basis": "previous_quarter" if quarter else None,
            "comparison_period_key": f"q{quarter}" if quarter else None,
            "change": float(world.entrants[quarter]),
            "change_unit": "count",
        },
        (("value", str(to_date)), ("change", str(world.entrants[quarter]))),
    )
    say(f"As many as {world.damaged} children came twice.", None, (("numerator", str(world.damaged)),))
    say("The service was inspected in quarter 3.", None, (("period", "quarter 3"),), heading="Quarter 3")
    text = "\n".join(line for _, _, line in lines).encode()
    digest = hashlib.sha256(text).hexdigest()
    tables["report_line"] = [
        {
            "edition_key": key,
            "line_number": number,
            "disposition": disposition,
            "paragraph": paragraph,
            "line_text": line,
            "source_file": file,
            "source_sha256": digest,
        }
        for number, (disposition, paragraph, line) in enumerate(lines, start=1)
    ]
    tables["source_file"] = [
        {
            "edition_key": key,
            "source_file": file,
            "source_sha256": digest,
            "size_bytes": len(text),
            "version_number": 1,
            "in_force": True,
            "document": "report",
        }
    ]
    tables["data_quality_issue"] = [
        {
            "edition_key": key,
            "issue_code": "unread",
            "severity": "info",
            "source_file": file,
            "source_line_from": 1,
            "source_line_to": 1,
            "printed_text": spoken,
            "message": f"Nobody knows {spoken}.",
        }
    ]
    audited = [
        comparison("claim_value", edition, None, spoken, custody, paragraph=1, indicator_key="custody"),
        comparison("tally", edition, None, str(10 + green), green, paragraph=4),
    ]
    tables["fct_audit"] = tables["mart_published_audit"] = audited
    return tables


def names_of(rows: list[Mapping]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def type_of(rows: list[Mapping], name: str) -> pa.DataType:
    kinds = {type(row[name]) for row in rows if row.get(name) is not None}
    return {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}[kinds.pop() if kinds else str]


def judge(figure: Figure, previous: Figure | None) -> dict:
    """What an edition says of a figure, all of it following from the number."""
    value = figure.value if figure.value is not None else len(figure.seen) + float(figure.seen[-1])
    before = previous.value if previous and previous.value is not None else None
    step = None if before is None else value - before
    direction = "none" if step is None else "up" if step > 0 else "down" if step < 0 else "same"
    return {
        "comparison_text": "New" if step is None else f"{direction} ({step:+g})",
        "direction": direction,
        "judgement": {"up": "worse", "down": "better", "same": "similar", "none": "none"}[direction],
        "rag": "green" if value < 3 else "red",
        "quartile": 1 if value < 2 else 2 if value < 4 else 4,
    }


def published(path: Path) -> dict[str, list[tuple]]:
    """Everything that can be read after the rule."""
    with open_disclosed(path, Rule.small_counts) as connection:
        return {
            table.name: sorted(connection.execute(f'select * from marts."{table.name}"').fetchall(), key=repr)
            for table in public_tables(connection)
        }


# --- the property ----------------------------------------------------------------------------------------------------

small = st.integers(1, 4)
counts = st.one_of(small, st.integers(0, 12), st.integers(5, 400))
four = st.tuples(counts, counts, counts, counts)


@st.composite
def twins(draw) -> tuple[World, World]:
    """Two worlds that differ in small counts only; what is published of the rest is the same."""
    custody, entrants = draw(four), draw(four)
    placed = draw(st.tuples(*[st.one_of(small, st.integers(5, 400))] * 4))
    whole = tuple(part + draw(st.one_of(small, st.integers(0, 60), st.integers(5, 4000))) for part in placed)
    one = World(custody, entrants, placed, whole, draw(st.integers(0, 2)), draw(small))
    other_custody = tuple(draw(small) if value in (1, 2, 3, 4) else value for value in custody)
    other_placed, other_whole = list(placed), list(whole)
    for quarter, (part, all_) in enumerate(zip(placed, whole, strict=True)):
        if part in (1, 2, 3, 4):
            other_placed[quarter] = draw(small)
            other_whole[quarter] = other_placed[quarter] + draw(st.integers(0, 4000))
        elif all_ - part in (1, 2, 3, 4):
            missing = draw(small)
            other_placed[quarter] = draw(st.integers(5, 400))
            other_whole[quarter] = other_placed[quarter] + missing
    other_entrants = list(entrants)
    for quarter in range(4):
        # One quarter more, the next one fewer: the sum of the year stays.
        if other_entrants[quarter] in (1, 2, 3, 4) and quarter < 3 and draw(st.booleans()):
            moved = draw(small) - other_entrants[quarter]
            if other_entrants[quarter + 1] - moved >= 0:
                other_entrants[quarter] += moved
                other_entrants[quarter + 1] -= moved
                break
    other = World(
        other_custody, tuple(other_entrants), tuple(other_placed), tuple(other_whole), one.decimals, draw(small)
    )
    return one, other


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs=st.lists(twins(), min_size=5, max_size=5))
def test_small_counts_leave_no_trace(pairs, empty, tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    one, other = (
        published(build({f"c{n}-": pair[which] for n, pair in enumerate(pairs)}, empty, folder / f"{which}.duckdb"))
        for which in (0, 1)
    )
    for table in one:
        assert one[table] == other[table], table
    shutil.rmtree(folder)


ONE = World((2, 7, 3, 30), (6, 2, 20, 3), (3, 396, 50, 4), (400, 400, 120, 9), 1, 3)
OTHER = World((4, 7, 1, 30), (6, 4, 18, 3), (1, 399, 50, 2), (410, 400, 120, 9), 1, 1)


@pytest.fixture(scope="module")
def alike(empty, tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("alike")
    return build(ONE, empty, folder / "1"), build(OTHER, empty, folder / "2")


def test_these_two_worlds_look_the_same(alike):
    assert published(alike[0]) == published(alike[1])


def listed_columns() -> Iterator[tuple[str, str, str]]:
    for table, rules in disclosure.listing().items():
        for group in disclosure.GROUPS:
            for column in rules.get(group, ()):
                yield table, group, column


@pytest.fixture(scope="module")
def unruled(alike) -> tuple[dict[str, list[dict]], ...]:
    """Every table of the two worlds without the rule."""
    worlds = []
    for path in alike:
        with open_disclosed(path) as connection:
            tables = {table.name: table.column_names for table in public_tables(connection)}
            worlds.append(
                {
                    name: [
                        dict(zip(columns, row, strict=True))
                        for row in connection.execute(f'select * from marts."{name}"').fetchall()
                    ]
                    for name, columns in tables.items()
                }
            )
    return tuple(worlds)


@pytest.mark.parametrize(("table", "group", "column"), list(listed_columns()))
def test_each_withheld_column_would_tell_on_its_own(table, group, column, unruled):
    """The property can fail: publish one more column beside those that are kept, and the two worlds differ."""
    rules = disclosure.listing()[table]
    if (
        (rules[group][column] == "suppressed" and column.endswith("_status"))
        or column in ("decimals", "previous_decimals")
        or (table, column) in (("fct_assessment", "direction_source"), ("mart_benchmark_position", "polarity_source"))
    ):
        # These tell nothing here; they are withheld so that every reader sees a figure suppressed.
        return
    kept = () if rules["keep"] == "all" else rules["keep"]
    one, other = (sorted(repr([row[name] for name in (*kept, column)]) for row in world[table]) for world in unruled)
    assert one and one != other


def test_what_is_kept_tells_nothing(unruled):
    """The worlds differ in nothing that is published as it is, so it is the withheld columns that hide the rest."""
    for table, rules in disclosure.listing().items():
        if rules["link"] in ("none", "recount"):
            continue
        kept = [name for name in unruled[0][table][0] if name not in withheld_columns(rules)]
        one, other = (sorted(repr([row[name] for name in kept]) for row in world[table]) for world in unruled)
        assert one == other, table


def withheld_columns(rules: Mapping) -> set[str]:
    return {column for group in disclosure.GROUPS for column in rules.get(group, ())}


TWO_READINGS = {
    "2016-17-q2-dashboard.txt": (("young people\tN\tQ4 2015/16\t1\tNew", "young people\tN\tQ4 2015/16\t3\tNew"),),
    "2018-19-q1-dashboard.txt": (
        ("Q1 0.5% (2) Better G 1 1.8%", "Q1 0.72% (3) Worse A 2 1.8%"),
        ("Q1 92.1% (35) Similar G 1 80.8%", "Q1 97.3% (36) Higher G 2 80.8%"),
        ("\nQ1 1 Similar n/a", "\nQ1 4 Higher n/a"),
    ),
    "2020-21-q2-report.txt": (
        ("No young people were sentenced", "Two young people were sentenced"),
        ("Two young people were sentenced", "Three young people were sentenced"),
        ("usually one\nor two.", "usually two\nor three."),
    ),
}


@pytest.mark.slow
def test_files_that_differ_in_small_counts_only_are_published_alike(tmp_path):
    """From the documents on: all that reading, dbt and the audit make of them is the same after the rule."""
    homes = [new_home(tmp_path / name, *BUNDLED) for name in ("one", "other")]
    shutil.copy(LANDING / "2020-21-q2-report.txt", homes[0].landing)
    shutil.copy(LANDING / "2020-21-q2-report.txt", homes[1].landing)
    for name, changes in TWO_READINGS.items():
        text = (LANDING / name).read_text(encoding="utf-8")
        for place, (before, after) in enumerate(changes):
            assert text.count(before) == 1, before
            text = text.replace(before, after)
            if name.endswith("report.txt") and place == 0:
                (homes[0].landing / name).write_text(text, encoding="utf-8")
        (homes[1].landing / name).write_text(text, encoding="utf-8")
    one, other = (published(built(home, "*").published) for home in homes)
    clock = ("build_info", "source_file")
    assert {table for table in one if table not in clock and one[table] != other[table]} == set()
    with open_disclosed(homes[0].published, Rule.small_counts) as connection:
        rows = connection.execute(
            "select edition_key, row_number from fct_observation where value_status = 'suppressed' order by all"
        ).fetchall()
        paragraphs = connection.execute(
            "select paragraph from report_paragraph where paragraph_text like 'Withheld%' order by all"
        ).fetchall()
        files = connection.execute(
            "select source_file, size_bytes from source_file where source_sha256 not like 'suppressed%'"
        ).fetchall()
    # The report's "two young people" hide the row of the dashboard, and with it the sums over its rows.
    assert rows == [
        ("2016-17-q2", 10), ("2016-17-q2", 30), ("2018-19-q1", 5), ("2018-19-q1", 8), ("2018-19-q1", 27),
        ("2020-21-q2", 18),
    ]  # fmt: skip
    # The paragraphs 12 and 14 are about rows that are compared with a suppressed figure.
    assert paragraphs == [(4,), (5,), (12,), (14,), (23,)]
    assert [name for name, _ in files] == ["2022-23-q1-dashboard.txt"]


# --- what is suppressed, case by case ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Council:
    """One of the councils of a warehouse that is open after the rule; its editions begin with its name."""

    connection: duckdb.DuckDBPyConnection
    name: str

    def rows(self, sql: str, *values: object) -> list[tuple]:
        """The answer to a query that has {name} where editions begin with the council's name."""
        return self.connection.execute(sql.format(name=self.name), values).fetchall()

    def shown(self, edition: str, row: int) -> dict[str, object]:
        """The row as the dashboard shows it after the rule, and its line."""
        cursor = self.connection.execute(
            "select d.*, line_text from mart_dashboard as d left join source_line as l "
            "on l.edition_key = d.edition_key and l.line_number = d.row_number "
            "where d.edition_key = ? and d.row_number = ?",
            [self.name + edition, row],
        )
        return dict(zip([name for name, *_ in cursor.description], cursor.fetchone(), strict=True))

    def suppressed(self, row: int) -> list[tuple]:
        """Edition and role of what is suppressed in the row of that number."""
        found = self.rows(
            "select edition_key, role from fct_observation where row_number = ? and value_status = 'suppressed' "
            "and starts_with(edition_key, '{name}') order by all",
            row,
        )
        return [(edition.removeprefix(self.name), role) for edition, role in found]


def nothing(council: Council, case: Hashable) -> None:
    """The world is the whole case."""


@dataclass(frozen=True, eq=False)
class Cases:
    """The world of each case, and what is done to it before the rule."""

    worlds: Mapping[Hashable, World]
    change: Callable[[Council, Any], None] = nothing


@pytest.fixture(scope="module")
def side_by_side(empty, tmp_path_factory) -> Iterator[Callable[[Cases], Mapping[Hashable, Council]]]:
    """Cases side by side in one warehouse, each a council of its own: to open one takes as long as to hold many.

    `side_by_side(cases)` is the council of each case after the rule; asked again, it answers from what is open.
    """
    with ExitStack() as opened:

        @cache
        def councils(cases: Cases) -> dict[Hashable, Council]:
            names = {case: f"c{number}-" for number, case in enumerate(cases.worlds)}
            path = tmp_path_factory.mktemp("cases") / "w"
            build({name: cases.worlds[case] for case, name in names.items()}, empty, path)
            with duckdb.connect(str(path)) as connection:
                connection.execute("set schema = 'marts'")
                connection.begin()
                for case, name in names.items():
                    cases.change(Council(connection, name), case)
                connection.commit()
            connection = opened.enter_context(open_disclosed(path, Rule.small_counts))
            return {case: Council(connection, name) for case, name in names.items()}

        yield councils


PLAIN = World((20, 30, 40, 50), (20, 30, 40, 50), (200, 210, 220, 230), (400, 420, 450, 470), 1, 9)


WHAT_IS_SUPPRESSED = [
    ({}, 1, []),
    ({"custody": (0, 30, 40, 50)}, 1, []),
    ({"custody": (4, 30, 40, 50)}, 1, [("e1", "latest"), ("e2", "previous")]),
    ({"custody": (5, 30, 40, 50)}, 1, []),
    ({"custody": (4, 30, 40, 50)}, 6, [("e4", "latest")]),
    ({"custody": (5, 30, 40, 50)}, 6, []),
    ({"placed": (2, 210, 220, 230)}, 3, [("e1", "latest"), ("e2", "previous")]),
    ({"placed": (397, 210, 220, 230)}, 3, [("e1", "latest"), ("e2", "previous")]),
    ({"placed": (397, 210, 220, 230)}, 4, [("e1", "latest"), ("e2", "previous")]),
    ({"placed": (395, 210, 220, 230)}, 3, []),
    ({"damaged": 3}, 5, [(f"e{n}", "latest") for n in (1, 2, 3, 4)]),
    ({"damaged": 7}, 5, []),
    (
        {"entrants": (20, 3, 40, 50)},
        2,
        [("e2", "latest"), ("e3", "latest"), ("e3", "previous"), ("e4", "latest"), ("e4", "previous")],
    ),
    ({"entrants": (3, 30, 40, 50)}, 2, [("e1", "latest"), ("e2", "previous")]),
    (
        {"entrants": (3, 4, 40, 50)},
        2,
        [
            ("e1", "latest"),
            ("e2", "latest"),
            ("e2", "previous"),
            ("e3", "latest"),
            ("e3", "previous"),
            ("e4", "latest"),
            ("e4", "previous"),
        ],
    ),
    ({"entrants": (20, 0, 40, 50)}, 2, []),
]
WORLDS = Cases({world: world for world in (replace(PLAIN, **change) for change, _, _ in WHAT_IS_SUPPRESSED)})


@pytest.mark.parametrize(("change", "row", "expected"), WHAT_IS_SUPPRESSED)
def test_what_is_suppressed(change, row, expected, side_by_side):
    assert side_by_side(WORLDS)[replace(PLAIN, **change)].suppressed(row) == expected


COUNTS = {
    "50% (3": True,
    "50% 3)": True,
    "50% (3 children)": True,
    "50% (Three)": True,
    "50% ( 2 )": True,
    "50% (13": False,
    "50% (3.5%": False,
    "50% 1,004)": False,
    "50% (fourteen)": False,
}


def print_count(council: Council, text: str) -> None:
    council.rows(
        "update fct_observation set value_text = ?, numerator = null where edition_key = '{name}e4' and row_number = 3",
        text,
    )


COUNTED = Cases(dict.fromkeys(COUNTS, PLAIN), print_count)


@pytest.mark.parametrize(("text", "withheld"), COUNTS.items())
def test_a_count_that_could_not_be_read_is_a_count(text, withheld, side_by_side):
    found = side_by_side(COUNTED)[text].rows(
        "select value_text, value_status from fct_observation "
        "where edition_key = '{name}e4' and row_number = 3 and role = 'latest'"
    )
    assert found == ([("c", "suppressed")] if withheld else [(text, "reported")])


@contextmanager
def plain(empty: Path, path: Path, **change) -> Iterator[duckdb.DuckDBPyConnection]:
    """To change a warehouse in which nothing is small, but for what is told."""
    with duckdb.connect(str(build(replace(PLAIN, **change), empty, path))) as connection:
        connection.execute("set schema = 'marts'")
        yield connection


MARKED = {
    "c.3": True,
    ".3": True,
    "3p": True,
    "3r": True,
    "3 r": True,
    "~3": True,
    "3\u00b9": True,
    "\u2462": True,
    "\uff13": True,
    "\u0663": True,
    "4O": True,
    "13p": False,
    "13\u00b9": False,
    "\uff11\uff13": False,
    "Q3": False,
    "3.5": False,
    "4O.2%": False,
    "3p%": False,
    "n/a": False,
}


def print_damaged(council: Council, text: str) -> None:
    for table, latest in (("fct_observation", "role = 'latest'"), ("mart_dashboard", "true")):
        council.rows(
            f"update {table} set value = null, value_text = ?, value_status = 'damaged' "
            f"where edition_key = '{{name}}e4' and row_number = 1 and {latest}",
            text,
        )


DAMAGED = Cases(dict.fromkeys(MARKED, PLAIN), print_damaged)


@pytest.mark.parametrize(("text", "withheld"), MARKED.items())
def test_a_number_with_a_mark_that_could_not_be_read_is_a_number(text, withheld, side_by_side):
    row = side_by_side(DAMAGED)[text].shown("e4", 1)
    assert (row["value_text"], row["value_status"]) == (("c", "suppressed") if withheld else (text, "damaged"))


BARE = {"3": True, "3.0": True, "three": True, "3%": False, "3.5": False, "13": False}


def print_bare(council: Council, text: str) -> None:
    for table in ("fct_observation", "mart_dashboard"):
        council.rows(
            f"update {table} set value = 3, value_text = ?, numerator = null, unit = 'percent' "
            "where edition_key = '{name}e4' and row_number = 3",
            text,
        )


WITHOUT_SIGN = Cases(dict.fromkeys(BARE, PLAIN), print_bare)


@pytest.mark.parametrize(("text", "withheld"), BARE.items())
def test_a_bare_number_where_a_percentage_is_due_may_be_a_count(text, withheld, side_by_side):
    assert side_by_side(WITHOUT_SIGN)[text].shown("e4", 3)["value_text"] == ("c" if withheld else text)


LABELS = {
    "Custody (low = good) 3": True,
    "Custody (low = good) c.3": True,
    "Custody (low = good) \uff13": True,
    "Custody (low = good) 13": False,
    "Attainment at Key Stage 2": False,
    "3 or more": False,
}


def print_label(council: Council, label: str) -> None:
    for table in ("bridge_indicator_label", "mart_dashboard"):
        council.rows(f"update {table} set printed_label = ? where edition_key = '{{name}}e4' and row_number = 8", label)


LABELLED = Cases(dict.fromkeys(LABELS, PLAIN), print_label)


@pytest.mark.parametrize(("label", "withheld"), LABELS.items())
def test_a_number_that_slipped_into_the_label_goes_with_it(label, withheld, side_by_side):
    council = side_by_side(LABELLED)[label]
    row = council.shown("e4", 8)
    assert row["printed_label"] == ("c" if withheld else label)
    assert row["value_status"] == ("suppressed" if withheld else "blank")
    assert (row["line_text"] == "c") == withheld
    (found,) = council.rows(
        "select printed_label, normalised_label, cell_text from bridge_indicator_label "
        "join source_cell using (edition_key, row_number) "
        "where edition_key = '{name}e4' and row_number = 8 and column_name = 'label_text'"
    )
    assert (found == ("c", "c", "c")) == withheld


def test_a_label_that_ends_in_a_number_where_figures_are_read_stays(empty, tmp_path):
    with plain(empty, tmp_path / "w") as connection:
        for table in ("bridge_indicator_label", "mart_dashboard"):
            connection.execute(
                f"update {table} set printed_label = 'Children of type 3' where row_number = 8 or row_number = 7"
            )
    with open_disclosed(tmp_path / "w", "small_counts") as connection:
        assert Council(connection, "").shown("e4", 8)["printed_label"] == "Children of type 3"


LOST = {"3": True, "\uff13": True, "3p": True, "13": False}


def lose_text(council: Council, case: tuple[int, str]) -> None:
    row, text = case
    council.rows(
        "update data_quality_issue set issue_code = 'text_unplaced', printed_text = $1, message = 'Lost: ' || $1 "
        "where edition_key = '{name}e4' and row_number = $2",
        text,
        row,
    )


UNPLACED = Cases({(row, text): PLAIN for row in (1, 8) for text in LOST}, lose_text)


@pytest.mark.parametrize(("text", "withheld"), LOST.items())
@pytest.mark.parametrize("row", [1, 8])
def test_small_numbers_that_found_no_column_go(text, withheld, row, side_by_side):
    council = side_by_side(UNPLACED)[row, text]
    found = council.shown("e4", row)
    assert found["value_text"] == ("50" if row == 1 else None)
    assert (found["value_status"] == "suppressed") == (withheld and row == 8)
    assert (found["line_text"] == "c") == withheld
    issue = council.rows(
        "select printed_text, message from data_quality_issue where edition_key = '{name}e4' and row_number = ?", row
    )[0]
    digest = council.rows("select source_sha256 from dim_edition where edition_key = '{name}e4'")[0]
    assert (issue[0] == "c" and text not in issue[1]) == withheld
    assert digest[0].startswith("suppressed") == withheld


ORDERS = (
    "select 1",
    # What is compared is told by the order of the editions alone.
    "update fct_observation set period_key = null where row_number = 7 and starts_with(edition_key, '{name}')",
    # The edition that prints it is not the one before: only the periods tell.
    "update fct_observation set edition_key = '{name}e9' where row_number = 7 and edition_key = '{name}e3'",
)
COMPARED = Cases(dict.fromkeys(ORDERS, replace(PLAIN, custody=(20, 30, 3, 50))), Council.rows)


@pytest.mark.parametrize("sql", ORDERS)
def test_a_comparison_with_a_suppressed_figure_goes(sql, side_by_side):
    council = side_by_side(COMPARED)[sql]
    row = council.shown("e4", 7)
    assert (row["value_text"], row["comparison_text"], row["direction"], row["judgement"]) == ("50", "c", None, None)
    assert row["line_text"] == "c" and row["rag"] == "red"
    row = council.shown("e2", 7)
    assert (row["comparison_text"], row["direction"]) == ("up (+10)", "up")
    found = council.rows(
        "select a.comparison_text, judgement_source, cell_text from fct_assessment as a "
        "join source_cell using (edition_key, row_number) "
        "where edition_key = '{name}e4' and row_number = 7 and column_name = 'comparison_text'"
    )
    assert found == [("c", None, "c")]


def test_a_snapshot_of_one_day_is_one_figure_under_whatever_period(empty, tmp_path):
    """Also without its number in brackets, as the month of the later edition has it."""
    with plain(empty, tmp_path / "w", placed=(200, 2, 220, 230)) as connection:
        connection.execute(
            "insert into dim_period by name select 'sep' as period_key, 'month' as period_type, 'Sep-21' as label, "
            "date '2021-09-01' as start_date, date '2021-09-30' as end_date"
        )
        connection.execute(
            "update fct_observation set period_key = 'sep', numerator = null "
            "where edition_key = 'e3' and row_number = 3 and role = 'previous'"
        )
    with open_disclosed(tmp_path / "w", "small_counts") as connection:
        found = connection.execute(
            "select edition_key, role from fct_observation where row_number = 3 and value_status = 'suppressed' "
            "order by all"
        ).fetchall()
    assert found == [("e2", "latest"), ("e3", "previous")]


def test_files_that_are_not_in_force_can_never_be_tried(empty, tmp_path):
    """Nothing here is small, but a version before may differ from the published lines by one small number."""
    with plain(empty, tmp_path / "w") as connection:
        connection.execute(
            "insert into source_file by name select * from (values "
            "('a', 'e1.txt', 10, 'loaded', 'e1', 2, false, 'dashboard', timestamp '2022-01-01'), "
            "('b', 'e1.txt', 11, 'held_back', 'e1', null, false, 'dashboard', timestamp '2022-01-02'), "
            "('c', 'wrong.txt', 12, 'rejected', null, null, false, 'dashboard', timestamp '2022-01-01'), "
            "('d', 'wrong.txt', 13, 'rejected', null, null, null, null, timestamp '2022-01-02')) "
            "as f (source_sha256, source_file, size_bytes, outcome, edition_key, version_number, in_force, document, "
            "received_at)"
        )
    with open_disclosed(tmp_path / "w", "small_counts") as connection:
        files = connection.execute("select source_sha256, size_bytes, in_force from source_file").fetchall()
        inputs = connection.execute("select inputs_sha256 from build_info").fetchall()
    assert len(files) == len({digest for digest, _, _ in files}) == 13
    for digest, size, in_force in files:
        assert (digest.startswith("suppressed"), size is None) == (not in_force, not in_force)
    assert inputs == [("suppressed",)]


def test_without_a_small_count_everything_is_published(empty, tmp_path):
    path = build(PLAIN, empty, tmp_path / "w")
    with open_disclosed(path) as connection:
        open_tables = {
            table.name: sorted(connection.execute(f"select * from marts.{table.name}").fetchall(), key=repr)
            for table in public_tables(connection)
        }
    found = published(path)
    del open_tables["mart_edition_summary"], found["mart_edition_summary"]
    assert found == open_tables


# --- the bundled editions --------------------------------------------------------------------------------------------


def test_only_what_concerns_suppressed_figures_changes(warehouse):
    with open_disclosed(warehouse, "small_counts") as connection:
        rows = connection.execute(
            "select edition_key, row_number from fct_observation where value_status = 'suppressed' order by all"
        ).fetchall()
        # The 1 of row 10 stands where a percentage is due.
        assert rows == [
            ("2016-17-q2", 10), ("2016-17-q2", 30), ("2018-19-q1", 5), ("2018-19-q1", 8), ("2018-19-q1", 27)
        ]  # fmt: skip
        # The next edition compares with three of them.
        compared = [("2020-21-q2", 5), ("2020-21-q2", 8), ("2020-21-q2", 18)]
        found = connection.execute(
            "select edition_key, row_number, comparison_text, direction, judgement, value_status from mart_dashboard "
            "where edition_key = '2020-21-q2' and comparison_text = 'c' order by all"
        ).fetchall()
        assert found == [(*row, "c", None, None, "reported") for row in compared]
        for table in public_tables(connection):
            counted = [
                connection.execute(f"select count(*) from {schema}.{table.name}").fetchall()
                for schema in ("marts", "warehouse.marts")
            ]
            assert counted[0] == counted[1], table.name
            if {"edition_key", "row_number"} <= set(table.column_names):
                changed = connection.execute(
                    "select distinct edition_key, row_number from "
                    f"(from warehouse.marts.{table.name} except from marts.{table.name})"
                ).fetchall()
                # The audit holds rows against each other; a test of its own says which of its sentences go.
                assert set(changed) <= {*rows, *compared} or table.name in ("fct_audit", "mart_published_audit"), (
                    table.name
                )
        dashboard = next(table for table in public_tables(connection) if table.name == "mart_dashboard")
        value = next(column for column in dashboard.columns if column.name == "value")
        assert value.description.startswith("The figure as printed")


def test_the_audit_s_sentences_about_suppressed_figures_go(warehouse):
    """Those at a row of theirs, those that name one as the other figure, and those that may name an earlier one."""
    with open_disclosed(warehouse, "small_counts") as connection:
        for table in ("fct_audit", "mart_published_audit"):
            gone = connection.execute(
                f"select check_code, edition_key, row_number from {table} where verdict = 'suppressed'"
            ).fetchall()
            rows = {(edition, row) for _, edition, row in gone}
            assert {("2016-17-q2", 30), ("2018-19-q1", 5), ("2018-19-q1", 8), ("2018-19-q1", 27)} <= rows
            assert ("implied_cohort", "2018-19-q1", 9) in gone, "it names what 92.1% (35) implies"
            assert ("bracket_meaning", "2020-21-q2", 5) in gone and ("bracket_meaning", "2020-21-q2", 8) in gone
            left = connection.execute(
                f"select claim_text, expected_text, evidence from {table} where verdict <> 'suppressed'"
            ).fetchall()
            assert len(left) > 5 * len(gone)
            for words in (" ".join(filter(None, row)) for row in left):
                assert "0.5% (2)" not in words and "92.1%" not in words
            # Those of the next edition print a comparison with a suppressed figure.
            elsewhere = {(edition, row) for check, edition, row in gone if check == "printed_quartile"}
            assert elsewhere == {("2018-19-q1", 5), ("2018-19-q1", 8), ("2020-21-q2", 5), ("2020-21-q2", 8)}


def test_the_public_views_are_tables_like_others(warehouse, tmp_path):
    """A view in the file names the catalogue that dbt built it in; the file may be called and opened otherwise."""
    path = tmp_path / "renamed.duckdb"
    shutil.copy(warehouse, path)
    for rule in Rule:
        with open_disclosed(path, rule) as connection:
            found = {table.name: table for table in public_tables(connection)}
            for name in ("fct_national_value", "mart_national_position"):
                assert found[name].description.startswith("One row per national measure")
                assert all(column.description for column in found[name].columns)
                assert connection.execute(f"select count(*) from {name}").fetchall() == [(0,)]


# --- a report --------------------------------------------------------------------------------------------------------


def paragraphs_left(council: Council, edition: str) -> list[int]:
    key = council.name + edition
    found = council.rows(
        "select paragraph, paragraph_text, words from report_paragraph left join fct_claim "
        "using (edition_key, paragraph) where edition_key = ? order by 1",
        key,
    )
    left = [number for number, text, _ in found if "Withheld" not in text]
    assert left == [number for number, text, words in found if "Withheld" not in (words or text)]
    lines = council.rows(
        "select distinct paragraph from report_line where edition_key = ? and line_text <> 'c' "
        "and paragraph is not null order by 1",
        key,
    )
    numbers = council.rows(
        "select distinct paragraph from report_number where edition_key = ? and printed_text = 'c'", key
    )
    assert [number for (number,) in lines] == left
    assert not {number for (number,) in numbers} & set(left)
    return left


PARAGRAPHS_LEFT = [
    ({}, "e3", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    # The quarter itself: also what is of no known indicator, the tally, the unexplained number, and what is usual.
    ({"custody": (20, 30, 3, 50)}, "e3", [2, 7, 8, 9]),
    # The quarter before, which the paragraph and the row's previous figure name.
    ({"custody": (20, 3, 40, 50)}, "e3", [2, 7, 8, 9]),
    # Another quarter: only what may be compared with it.
    ({"custody": (3, 30, 40, 50)}, "e3", [1, 2, 3, 4, 5, 7, 8, 9]),
    # 447 of 450: the others are three.
    ({"placed": (200, 210, 447, 230)}, "e3", [1, 6, 7, 8, 9]),
    ({"entrants": (20, 30, 3, 50)}, "e3", [1, 2, 6, 8, 9]),
    # A number that belongs to no row and no claim, and the row that is printed damaged.
    ({"damaged": 3}, "e3", [1, 2, 6, 7, 9]),
    # A report whose dashboard was never received names no period.
    ({"custody": (20, 3, 40, 50)}, "e5", [2, 3, 4, 7, 8, 9]),
]
REPORTED = Cases({world: world for world in (replace(PLAIN, **change) for change, _, _ in PARAGRAPHS_LEFT)})


@pytest.mark.parametrize(("change", "edition", "left"), PARAGRAPHS_LEFT)
def test_which_paragraphs_of_a_report_go(change, edition, left, side_by_side):
    if edition == "e5":
        left = [number if number < 5 else number - 1 for number in left]
    assert paragraphs_left(side_by_side(REPORTED)[replace(PLAIN, **change)], edition) == left


def test_what_only_a_report_says_is_suppressed_in_the_dashboard_too(empty, tmp_path):
    """The report gives the number behind a share that the dashboard prints alone, or a figure of another period."""
    path = build(PLAIN, empty, tmp_path / "w")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.fct_claim set numerator = 3 where edition_key = 'e2' and paragraph = 2")
        connection.execute("update marts.fct_observation set numerator = null where row_number = 3")
    with open_disclosed(path, "small_counts") as connection:
        found = connection.execute(
            "select edition_key, row_number, role from fct_observation where value_status = 'suppressed' order by all"
        ).fetchall()
    assert found == [("e2", 3, "latest"), ("e3", 3, "previous")]


def test_a_heading_that_counts_somebody_goes_and_one_that_names_a_quarter_stays(empty, tmp_path):
    path = build(replace(PLAIN, damaged=3), empty, tmp_path / "w")
    with open_disclosed(path, "small_counts") as connection:
        found = connection.execute(
            "select distinct heading_text from report_paragraph where heading_text is not null order by 1"
        ).fetchall()
        lines = connection.execute(
            "select distinct line_text from report_line where disposition = 'heading' order by 1"
        ).fetchall()
    assert found == lines == [("Quarter 3",), ("c",)]


# --- the bundled editions, counted -----------------------------------------------------------------------------------


def test_the_summary_is_what_a_reader_of_the_dashboard_counts(warehouse):
    with open_disclosed(warehouse, "small_counts") as connection:
        for column, condition in (
            ("green", "rag = 'green'"),
            ("judged_better", "judgement = 'better'"),
            ("row_count", "true"),
            ("quartile_2", "quartile = 2"),
        ):
            assert (
                connection.execute(
                    f"select edition_key, {column} from mart_edition_summary where is_total order by 1"
                ).fetchall()
                == connection.execute(
                    f"select edition_key, count(*) filter (where {condition}) from mart_dashboard group by 1 order by 1"
                ).fetchall()
            )
        totals = connection.execute(
            "select row_count, figures + damaged + unavailable + withheld + blank, "
            "judged_better + judged_similar + judged_worse + judged_none from mart_edition_summary"
        ).fetchall()
        assert all(len(set(row)) == 1 for row in totals)
        before = connection.execute("select sum(figures) from warehouse.marts.mart_edition_summary").fetchall()
        assert connection.execute("select sum(figures) from mart_edition_summary").fetchall() == before


def test_the_exports_obey_the_rule(warehouse, tmp_path):
    build_exports(warehouse, tmp_path / "exports", "small_counts")
    folder = tmp_path / "exports"
    opened = openpyxl.load_workbook(folder / "quarterdeck.xlsx")
    row = opened["2018-19-q1"][3 + 27]
    assert (row[5].value, row[7].value, row[18].value) == ("c", "Suppressed", "c")
    assert row[11].value is None and row[14].value is None and "Withheld" in row[5].comment.text
    words = " ".join(str(cell.value) for row in opened["Contents"].iter_rows() for cell in row if cell.value)
    assert "Counts of 1 to 4" in words
    for file in (folder / "csv").iterdir():
        text = file.read_text(encoding="utf-8")
        assert "0.5% (2)" not in text and "92.1% (35)" not in text, file.name
    assert "Counts of 1 to 4" in (folder / "datapackage.json").read_text(encoding="utf-8")
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select count(*) from '{folder}/parquet/fct_observation.parquet' "
            "where value_status = 'suppressed' and value is null and value_text = 'c'"
        ).fetchall()
    assert found == [(5,)]


# --- the listing -----------------------------------------------------------------------------------------------------


def test_every_public_table_and_column_is_listed(warehouse):
    """A new one must be looked at by a person: see the head of publishing/disclosure.yml."""
    with open_disclosed(warehouse) as connection:
        assert unlisted(public_tables(connection)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "create table marts.mart_new (edition_key varchar, value double)",
        "alter table marts.fct_observation add column guess double",
        "alter table marts.mart_edition_summary add column guess bigint",
    ],
)
def test_what_nobody_has_decided_about_is_not_published(sql, empty, tmp_path):
    path = tmp_path / "new.duckdb"
    shutil.copy(empty, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)
    with (
        pytest.raises(DisclosureError, match=r"mart_new|fct_observation\.guess|mart_edition_summary\.guess"),
        open_disclosed(path, "small_counts"),
    ):
        pass
    with open_disclosed(path) as connection:
        assert public_tables(connection)


def test_the_rule_is_a_setting(refreshed, tmp_path):
    said = refreshed.home.run("export", "--format", "csv", "--to", str(tmp_path), QUARTERDECK_DISCLOSURE="small_counts")
    assert said.returncode == 0, said.stderr
    assert ",suppressed," in (tmp_path / "csv" / "fct_observation.csv").read_text(encoding="utf-8").replace('"', "")
    said = refreshed.home.run("export", QUARTERDECK_DISCLOSURE="some")
    assert said.returncode == 2 and "QUARTERDECK_DISCLOSURE" in said.stderr


def test_nothing_can_be_written_to_the_warehouse(warehouse):
    with open_disclosed(warehouse, "small_counts") as connection:
        for sql in (
            "delete from warehouse.marts.dim_area",
            "set enable_external_access = true",
            "copy (select 1) to '/tmp/x.csv'",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(sql)
