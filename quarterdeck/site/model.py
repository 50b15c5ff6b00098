"""What the pages are made of: the marts, read with DuckDB and kept as plain dataclasses.

The only module of the site that knows SQL. Every column that is read is named by a field; a table or column that the
warehouse does not have (one made before it existed, or without national files) gives None or nothing.
A council's whole share is read at once, so that memory does not grow with the number of councils.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import duckdb

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Area:
    """A council (dim_area)."""

    area_code: str
    area_name: str
    area_type: str | None = None
    region_name: str | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """One published report (dim_edition)."""

    edition_key: str
    area_code: str
    financial_year: str
    quarter: int
    period_start: date
    period_end: date
    layout: str
    comparator_text: str | None
    source_file: str
    source_sha256: str
    row_count: int
    line_count: int | None


@dataclass(frozen=True, slots=True)
class Indicator:
    """A conformed indicator (dim_indicator) without its first and last edition, which change with every refresh."""

    indicator_key: str
    indicator_name: str
    topic: str
    unit: str
    polarity: str
    basis: str
    frequency: str
    national_measure: str | None
    definition: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an edition (mart_dashboard)."""

    edition_key: str
    row_number: int
    section_text: str | None
    theme_text: str | None
    printed_label: str | None
    indicator_key: str | None
    indicator_name: str | None
    topic: str | None
    polarity: str | None
    period_key: str | None
    period_text: str | None
    period_label: str | None
    value_text: str | None
    value: float | None
    decimals: int | None
    unit: str | None
    numerator: int | None
    value_status: str
    previous_period_key: str | None
    previous_period_text: str | None
    previous_period_label: str | None
    previous_value_text: str | None
    previous_value: float | None
    previous_value_status: str | None
    comparison_text: str | None
    direction: str | None
    judgement: str | None
    rag: str | None
    quartile: int | None
    benchmark_text: str | None
    benchmark_value: float | None
    comparator: str | None
    target_text: str | None
    target_operator: str | None
    target_value: float | None
    target_kind: str | None
    source_file: str
    source_line_from: int | None
    source_line_to: int | None


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of a series (mart_indicator_trend)."""

    indicator_key: str
    period_type: str
    period_key: str
    period_label: str
    start_date: date
    end_date: date
    value: float
    decimals: int | None
    unit: str | None
    numerator: int | None
    value_status: str
    previous_period_key: str | None
    change: float | None
    change_judgement: str | None
    edition_key: str
    row_number: int
    role: str


@dataclass(frozen=True, slots=True)
class Position:
    """An assessed figure against its benchmark and target (mart_benchmark_position)."""

    edition_key: str
    row_number: int
    indicator_key: str | None
    value: float
    unit: str | None
    polarity: str | None
    polarity_source: str | None
    quartile: int | None
    rag: str | None
    benchmark_value: float | None
    comparator: str | None
    benchmark_gap: float | None
    benchmark_is_favourable: bool | None
    target_gap: float | None
    target_is_met: bool | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of an edition and topic (mart_edition_summary)."""

    edition_key: str
    topic: str
    is_total: bool
    row_count: int
    figures: int
    repaired: int
    damaged: int
    unavailable: int
    blank: int
    judged_better: int
    judged_similar: int
    judged_worse: int
    judged_none: int
    quartile_1: int
    quartile_2: int
    quartile_3: int
    quartile_4: int
    green: int
    amber: int
    red: int


@dataclass(frozen=True, slots=True)
class Issue:
    """A problem found in a source (data_quality_issue)."""

    edition_key: str | None
    row_number: int | None
    issue_code: str
    severity: str
    source_file: str | None
    source_line_from: int | None
    source_line_to: int | None
    column_name: str | None
    printed_text: str | None
    message: str


@dataclass(frozen=True, slots=True)
class IssueCount:
    """How often a kind of problem was found in an edition; edition None: in files that were rejected."""

    edition_key: str | None
    issue_code: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A received file version (source_file)."""

    source_sha256: str
    source_file: str
    received_at: datetime
    outcome: str
    error_message: str | None
    edition_key: str | None
    area_code: str | None
    line_count: int | None
    version_number: int | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class LineCount:
    """What became of an edition's lines (source_line)."""

    edition_key: str
    disposition: str
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a public table, with its description from dbt."""

    column_name: str
    data_type: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A public table, with its grain from dbt."""

    table_name: str
    comment: str | None
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Council:
    """Everything of one council, in the order in which it is read aloud: editions by time, rows as printed."""

    area: Area
    editions: tuple[Edition, ...]
    rows: Mapping[str, tuple[Row, ...]]
    points: Mapping[str, tuple[Point, ...]]
    positions: Mapping[tuple[str, int], Position]
    summaries: Mapping[str, tuple[Summary, ...]]
    issues: Mapping[str, tuple[Issue, ...]]
    lines: Mapping[str, tuple[LineCount, ...]]


#: What a disclosure rule is: the figures of a council before they reach any page, and as they may be shown.
Disclosure = Callable[[Council], Council]


def values_of(record: Any) -> tuple:
    """The fields of a dataclass object as a tuple of plain values: what its content key is made of."""
    return _getter(type(record))(record)


@cache
def _getter(kind: type) -> Callable[[Any], tuple]:
    return attrgetter(*(field.name for field in dataclasses.fields(kind)))


class Warehouse:
    """A warehouse file, open for reading. Use as a context manager."""

    def __init__(self, path: Path, disclosure: Disclosure | None = None) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"There is no warehouse at {path}; run `quarterdeck refresh` first.")
        self._connection = duckdb.connect(
            str(path), read_only=True, config={"threads": "1", "enable_external_access": "false"}
        )
        self._disclosure = disclosure
        self._columns: dict[str, dict[str, str]] = {}
        for table, column, kind in self._fetch(
            "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'marts' "
            "order by table_name, column_index"
        ):
            self._columns.setdefault(table, {})[column] = kind

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def has(self, table: str, *columns: str) -> bool:
        """Whether the table is there, with these columns."""
        return table in self._columns and all(column in self._columns[table] for column in columns)

    def areas(self) -> list[Area]:
        """The councils that have an edition, by name."""
        return self._read(
            Area,
            "dim_area",
            "where area_code in (select area_code from marts.dim_edition) order by area_name, area_code",
        )

    def editions(self) -> list[Edition]:
        """Every edition in force, by council and time."""
        return self._read(Edition, "dim_edition", "order by area_code, period_start, edition_key")

    def indicators(self) -> list[Indicator]:
        """Every conformed indicator, by topic and name."""
        return self._read(Indicator, "dim_indicator", "order by topic, indicator_name, indicator_key")

    def council(self, area: Area) -> Council:
        """Everything of one council, as it may be shown: the one place through which figures reach the pages."""
        code = (area.area_code,)
        of_area = "where edition_key in (select edition_key from marts.dim_edition where area_code = ?)"
        editions = self._read(Edition, "dim_edition", "where area_code = ? order by period_start, edition_key", code)
        rows = self._read(Row, "mart_dashboard", f"{of_area} order by edition_key, row_number", code)
        points = self._read(
            Point,
            "mart_indicator_trend",
            "where area_code = ? order by indicator_key, period_type, start_date, end_date, period_key",
            code,
        )
        positions = self._read(Position, "mart_benchmark_position", f"{of_area} order by edition_key, row_number", code)
        council = Council(
            area=area,
            editions=tuple(editions),
            rows=grouped(rows, lambda row: row.edition_key),
            points=grouped(points, lambda point: point.indicator_key),
            positions={(position.edition_key, position.row_number): position for position in positions},
            summaries=grouped(
                self._read(
                    Summary, "mart_edition_summary", f"{of_area} order by edition_key, is_total desc, topic", code
                ),
                lambda one: one.edition_key,
            ),
            issues=grouped(
                self._read(
                    Issue,
                    "data_quality_issue",
                    f"{of_area} order by edition_key, row_number nulls first, source_line_from nulls first, "
                    "issue_code, column_name nulls first, message",
                    code,
                ),
                lambda one: one.edition_key,
            ),
            lines=grouped(
                self._rows_of(
                    LineCount,
                    f"select edition_key, disposition, count(*) from marts.source_line {of_area} "
                    "group by all order by all",
                    code,
                )
                if self.has("source_line")
                else [],
                lambda one: one.edition_key,
            ),
        )
        return self._disclosure(council) if self._disclosure else council

    def issue_counts(self) -> list[IssueCount]:
        """Problems by edition and kind."""
        return self._rows_of(
            IssueCount,
            "select edition_key, issue_code, severity, count(*) from marts.data_quality_issue "
            "group by all order by all",
        )

    def issues_without_edition(self) -> list[Issue]:
        """Problems of files that belong to no edition in force."""
        return self._read(
            Issue,
            "data_quality_issue",
            "where edition_key is null or edition_key not in (select edition_key from marts.dim_edition) "
            "order by source_file, source_line_from nulls first, issue_code, message",
        )

    def source_files(self) -> list[SourceFile]:
        """Every received file version, by edition and version."""
        return self._read(
            SourceFile, "source_file", "order by edition_key nulls first, version_number nulls first, source_sha256"
        )

    def built(self) -> dict[str, Any]:
        """build_info as a mapping; empty without it."""
        if not self.has("build_info"):
            return {}
        cursor = self._connection.execute("select * from marts.build_info")
        row = cursor.fetchone()
        return dict(zip((column[0] for column in cursor.description), row, strict=True)) if row else {}

    def tables(self) -> list[Table]:
        """The public tables with dbt's descriptions, which it keeps as comments in the file."""
        comments = dict(
            self._fetch(
                "select table_name, comment from duckdb_tables() where schema_name = 'marts' "
                "union all select view_name, comment from duckdb_views() where schema_name = 'marts'"
            )
        )
        columns = grouped(
            self._fetch(
                "select table_name, column_name, data_type, comment from duckdb_columns() "
                "where schema_name = 'marts' order by table_name, column_index"
            ),
            lambda row: row[0],
        )
        return [
            Table(name, comments.get(name), tuple(Column(*row[1:]) for row in columns[name]))
            for name in sorted(columns, key=_table_order)
        ]

    def _read(self, kind: type[T], table: str, rest: str = "", values: Sequence[Any] = ()) -> list[T]:
        if table not in self._columns:
            return []
        there = self._columns[table]
        wanted = (field.name for field in dataclasses.fields(kind))
        chosen = ", ".join(name if name in there else f"null as {name}" for name in wanted)
        return self._rows_of(kind, f"select {chosen} from marts.{table} {rest}", values)

    def _rows_of(self, kind: type[T], sql: str, values: Sequence[Any] = ()) -> list[T]:
        return [kind(*row) for row in self._fetch(sql, values)]

    def _fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple]:
        return self._connection.execute(sql, list(values)).fetchall()


def grouped(items: Iterable[T], key: Callable[[T], Any]) -> dict[Any, tuple[T, ...]]:
    """Items by key, each group in the order of the items."""
    groups: dict[Any, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return {name: tuple(group) for name, group in groups.items()}


def _table_order(name: str) -> tuple[int, str]:
    prefixes = ("dim_", "bridge_", "fct_", "data_quality", "mart_", "source_")
    return next((index for index, prefix in enumerate(prefixes) if name.startswith(prefix)), len(prefixes)), name
