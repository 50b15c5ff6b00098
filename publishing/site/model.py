"""What the pages are made of: the marts, read with DuckDB and kept as plain dataclasses.

The only module of the site that knows SQL. Every column that is read is named by a field; a table or column that the
warehouse does not have (one made before it existed, or without national files) gives None or nothing.
A council's whole share is read at once, so that memory does not grow with the number of councils.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from publishing.disclosure import Table, listing, open_disclosed, public_tables
from runtime.settings import Rule

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
    previous_decimals: int | None
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
    national_measure: str | None
    comparability: str | None
    comparability_note: str | None
    then_period_key: str | None
    then_release: str | None
    then_published_on: date | None
    then_certainty: str | None
    then_n: int | None
    then_p25: float | None
    then_p50: float | None
    then_p75: float | None
    then_band: int | None
    then_distance_to_boundary: float | None
    then_neighbours_mean: float | None
    then_england: float | None
    now_period_key: str | None
    now_release: str | None
    now_published_on: date | None
    now_certainty: str | None
    now_n: int | None
    now_p25: float | None
    now_p50: float | None
    now_p75: float | None
    now_band: int | None
    now_distance_to_boundary: float | None
    now_neighbours_mean: float | None
    now_england: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What the audit says of a printed claim (mart_published_audit); row None: of the whole edition."""

    audit_key: str
    check_code: str
    edition_key: str
    row_number: int | None
    paragraph: int | None
    verdict: str
    severity: str
    evidence: str
    source_file: str | None
    source_line_from: int | None
    source_line_to: int | None
    other_source_file: str | None
    other_line_from: int | None
    other_line_to: int | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What the covering report says (fct_claim): of an indicator, or of the whole edition."""

    edition_key: str
    paragraph: int
    claim_number: int
    indicator_key: str | None
    claim_kind: str
    reason: str | None
    words: str | None
    source_file: str
    source_line_from: int | None
    source_line_to: int | None


@dataclass(frozen=True, slots=True)
class Behind:
    """What a printed figure implies in children (mart_children_behind); all of it is implied, nothing printed."""

    edition_key: str
    row_number: int
    period_label: str | None
    value: float | None
    decimals: int | None
    unit: str | None
    numerator: int | None
    denominator_low: int | None
    denominator_high: int | None
    denominator_status: str | None
    interval_lower: float | None
    interval_upper: float | None
    benchmark_gap_children_low: float | None
    benchmark_gap_children_high: float | None
    children_behind_benchmark_low: float | None
    children_behind_benchmark_high: float | None
    compared_with_benchmark: str | None
    target_gap_children_low: float | None
    target_gap_children_high: float | None
    children_behind_target_low: float | None
    children_behind_target_high: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """What became of an indicator in an edition (mart_indicator_lineage)."""

    edition_key: str
    indicator_key: str
    status: str
    row_number: int | None
    printed_label: str | None
    editions_between: int | None
    related_indicator_key: str | None
    relation: str | None
    silence: str | None


@dataclass(frozen=True, slots=True)
class Relation:
    """An indicator and another that could be taken for it (bridge_indicator_relation)."""

    indicator_key: str
    related_indicator_key: str
    relation: str


@dataclass(frozen=True, slots=True)
class Place:
    """A council's place in a national measure and period (mart_national_position)."""

    measure_key: str
    measure_name: str | None
    period_key: str
    release_key: str | None
    revision_status: str | None
    value: float
    value_printed: str | None
    n: int
    rank: int | None
    band_lait: int | None
    band_depends_on_method: bool | None
    p25: float | None
    p50: float | None
    p75: float | None
    distance_to_boundary: float | None
    ties: int | None
    england_value: float | None
    region_value: float | None
    neighbours_mean: float | None
    neighbours_n: int | None
    neighbours_version: str | None
    recent_trend: str | None


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
    error_code: str | None
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
    findings: Mapping[str, tuple[Finding, ...]]
    claims: Mapping[str, tuple[Claim, ...]]
    behind: Mapping[tuple[str, int], Behind]
    steps: Mapping[str, tuple[Step, ...]]
    places: Mapping[str, tuple[Place, ...]]

    @cached_property
    def findings_at(self) -> Mapping[tuple[str, int | None], tuple[Finding, ...]]:
        """The findings by edition and row."""
        every = (one for ones in self.findings.values() for one in ones)
        return grouped(every, lambda one: (one.edition_key, one.row_number))


def values_of(record: Any) -> tuple:
    """The fields of a dataclass object as a tuple of plain values: what its content key is made of."""
    return _getter(type(record))(record)


@cache
def _getter(kind: type) -> Callable[[Any], tuple]:
    return attrgetter(*(field.name for field in dataclasses.fields(kind)))


class Warehouse:
    """A warehouse file, open for reading. Use as a context manager."""

    def __init__(self, path: Path, disclosure: Rule | str = Rule.none) -> None:
        self._opened = ExitStack()
        self._connection = self._opened.enter_context(open_disclosed(path, disclosure))
        self._columns: dict[str, set[str]] = {}
        for table, column in self._fetch(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = 'memory' and schema_name = 'marts'"
        ):
            self._columns.setdefault(table, set()).add(column)
        self._national = self._national_figures()

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _national_figures(self) -> _National:
        """The national measures that indicators use."""
        if not self.has("mart_national_position", "is_current", "term_marker"):
            return _National({}, {})
        chosen = _chosen(Place, self._columns["mart_national_position"])
        base = (
            "from marts.mart_national_position where is_current and term_marker is null "
            "and value is not null and period_key is not null and measure_key in "
            "(select national_measure from marts.dim_indicator)"
        )
        places = self._fetch(
            f"select area_code, {chosen} {base} and area_code in (select area_code from marts.dim_edition) "
            "order by area_code, measure_key, period_key"
        )
        values = self._fetch(f"select measure_key, period_key, value {base} order by measure_key, period_key, value")
        by_area: dict[str, dict[str, list[Place]]] = {}
        for area_code, *place in places:
            by_area.setdefault(area_code, {}).setdefault(place[0], []).append(Place(*place))
        return _National(
            {area: {key: tuple(ones) for key, ones in found.items()} for area, found in by_area.items()},
            {key: tuple(one[2] for one in ones) for key, ones in grouped(values, lambda one: one[:2]).items()},
        )

    def national_values(self) -> Mapping[tuple[str, str], tuple[float, ...]]:
        """All authorities' figures by measure and period, in order of size."""
        return self._national.values

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
            "where area_code = ? and value is not null "
            "order by indicator_key, period_type, start_date, end_date, period_key",
            code,
        )
        positions = self._read(Position, "mart_benchmark_position", f"{of_area} order by edition_key, row_number", code)
        order = {edition.edition_key: number for number, edition in enumerate(editions)}
        return Council(
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
            findings=grouped(
                self._read(
                    Finding, "mart_published_audit", f"{of_area} order by edition_key, row_number, audit_key", code
                ),
                lambda one: one.edition_key,
            ),
            claims=grouped(
                (
                    one
                    for one in self._read(
                        Claim, "fct_claim", f"{of_area} order by edition_key, paragraph, claim_number", code
                    )
                    if one.words not in _withheld("fct_claim", "words")
                ),
                lambda one: one.edition_key,
            ),
            behind={
                (one.edition_key, one.row_number): one
                for one in self._read(
                    Behind,
                    "mart_children_behind",
                    "where area_code = ? and role = 'latest' and value is not null order by edition_key, row_number",
                    code,
                )
            },
            steps=grouped(
                sorted(
                    self._read(Step, "mart_indicator_lineage", "where area_code = ?", code),
                    key=lambda one: order.get(one.edition_key, -1),
                ),
                lambda one: one.indicator_key,
            ),
            places=self._national.places.get(area.area_code, {}),
        )

    def relations(self) -> dict[str, tuple[Relation, ...]]:
        """Related indicators by indicator."""
        found = self._read(Relation, "bridge_indicator_relation", "order by indicator_key, related_indicator_key")
        return grouped(found, lambda one: one.indicator_key)

    def periods(self) -> dict[str, str]:
        """The words for each period."""
        if not self.has("dim_period", "period_key", "label"):
            return {}
        return dict(self._fetch("select period_key, label from marts.dim_period order by period_key"))

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
        return sorted(public_tables(self._connection), key=lambda table: _table_order(table.name))

    def _read(self, kind: type[T], table: str, rest: str = "", values: Sequence[Any] = ()) -> list[T]:
        if table not in self._columns:
            return []
        return self._rows_of(kind, f"select {_chosen(kind, self._columns[table])} from marts.{table} {rest}", values)

    def _rows_of(self, kind: type[T], sql: str, values: Sequence[Any] = ()) -> list[T]:
        return [kind(*row) for row in self._fetch(sql, values)]

    def _fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple]:
        return self._connection.execute(sql, list(values)).fetchall()


@dataclass(frozen=True)
class _National:
    places: Mapping[str, Mapping[str, tuple[Place, ...]]]
    values: Mapping[tuple[str, str], tuple[float, ...]]


@cache
def _withheld(table: str, column: str) -> frozenset[str | None]:
    """What stands in place of a text that says nothing any more: null, and what the disclosure rule puts there."""
    groups = (group for group in listing().get(table, {}).values() if isinstance(group, Mapping))
    return frozenset({None, *(group[column] for group in groups if column in group)})


def _chosen(kind: type, there: Container[str]) -> str:
    """The fields of a dataclass as a select list; what the table does not have is null."""
    names = (field.name for field in dataclasses.fields(kind))
    return ", ".join(f'"{name}"' if name in there else f'null as "{name}"' for name in names)


def grouped(items: Iterable[T], key: Callable[[T], Any]) -> dict[Any, tuple[T, ...]]:
    """Items by key, each group in the order of the items."""
    groups: dict[Any, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return {name: tuple(group) for name, group in groups.items()}


def _table_order(name: str) -> tuple[int, str]:
    prefixes = ("dim_", "bridge_", "fct_", "data_quality", "mart_", "source_")
    return next((index for index, prefix in enumerate(prefixes) if name.startswith(prefix)), len(prefixes)), name
