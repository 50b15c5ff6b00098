"""Reading the published warehouse: never writing it, and never anything else.

Each function opens the file and closes it again, so that a refresh can publish at any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SEVERITIES = ("error", "warning", "info")


class WarehouseError(Exception):
    """The warehouse cannot be read, or a query is not one that reads; the message says what to do."""


@dataclass(frozen=True)
class Result:
    """Columns and rows of a query."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Summary:
    """What a warehouse holds, in numbers; `by_edition` has one row an edition."""

    built_at: Any
    rows: int
    figures: int
    repaired: int
    damaged: int
    unavailable: int
    withheld: int
    unmapped: int
    by_edition: Result
    rejected: Result
    issues: Mapping[str, int]
    national_files: int
    national_figures: int
    national_measures: int


def query(path: Path, sql: str) -> Result:
    """Run one statement that only reads; unqualified names are those of the schema marts.

    WarehouseError for anything else: several statements, writing, files outside, or a mistake in the SQL.
    """
    with _only_reading(path, sql) as connection:
        cursor = connection.execute(sql)
        return Result([column[0] for column in cursor.description], cursor.fetchall())


def arrow_of(path: Path, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
    """As `query`, with values for the `?` in the statement, as an Arrow table."""
    with _only_reading(path, sql) as connection:
        return connection.sql(sql, params=list(parameters)).to_arrow_table()


@contextmanager
def _only_reading(path: Path, sql: str) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    reading = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI)
    with _opened(path) as connection:
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1:
                raise WarehouseError(f"One statement at a time, please: this is {len(statements)}.")
            if statements[0].type not in reading:
                kind = statements[0].type.name.replace("_", " ").lower()
                raise WarehouseError(
                    f"The warehouse is only read here, and this is a statement of the kind {kind}. "
                    "Begin with select, from, with, describe, show or summarize."
                )
            yield connection
        except duckdb.Error as error:
            raise WarehouseError(str(error).strip()) from error


def summary(path: Path) -> Summary:
    """The numbers that a person wants after a refresh."""
    with _opened(path) as connection:
        total = connection.execute(
            """
            select
                (select built_at from build_info),
                (select count(*) from fct_assessment),
                count(*) filter (where value_status in ('reported', 'repaired')),
                count(*) filter (where value_status = 'repaired'),
                count(*) filter (where value_status = 'damaged'),
                count(*) filter (where value_status in ('not_available', 'see_appendix')),
                count(*) filter (where value_status = 'withheld'),
                (select count(*) from bridge_indicator_label where indicator_key is null)
            from fct_observation
            """
        ).fetchone()
        editions = _result(
            connection,
            """
            select
                edition_key as edition, received_at as received, e.source_file as file, e.layout,
                e.row_count as rows, figures, repaired, damaged, unmapped,
                coalesce(errors, 0) as errors, coalesce(warnings, 0) as warnings
            from dim_edition as e
            join source_file as s using (source_sha256, edition_key)
            left join (
                select
                    edition_key,
                    count(*) filter (where value_status in ('reported', 'repaired')) as figures,
                    count(*) filter (where value_status = 'repaired') as repaired,
                    count(*) filter (where value_status = 'damaged') as damaged
                from fct_observation group by edition_key
            ) using (edition_key)
            left join (
                select edition_key, count(*) filter (where indicator_key is null) as unmapped
                from bridge_indicator_label group by edition_key
            ) using (edition_key)
            left join (
                select
                    edition_key,
                    count(*) filter (where severity = 'error') as errors,
                    count(*) filter (where severity = 'warning') as warnings
                from data_quality_issue group by edition_key
            ) using (edition_key)
            order by e.period_start, edition_key
            """,
        )
        rejected = _result(
            connection,
            """
            select source_file as file, received_at as received, error_code as code, error_message as reason
            from (
                select source_file, received_at, error_code, error_message, outcome from source_file
                union all
                select source_file, received_at, error_code, error_message, outcome from source_national_file
            )
            where outcome = 'rejected' order by received_at, source_file
            """,
        )
        national = connection.execute(
            """
            select
                (select count(*) from source_national_file where in_force),
                (select count(*) from fct_national_value where value is not null),
                (select count(distinct measure_key) from fct_national_value)
            """
        ).fetchone()
        issues = dict(
            connection.execute("select severity, count(*) from data_quality_issue group by severity").fetchall()
        )
    return Summary(
        *total,
        by_edition=editions,
        rejected=rejected,
        issues=issues,
        **dict(zip(("national_files", "national_figures", "national_measures"), national, strict=True)),
    )


def problems(
    path: Path,
    *,
    edition: str | None = None,
    severities: Sequence[str] = (),
    code: str | None = None,
    file: str | None = None,
) -> Result:
    """The data-quality list, the worst first; each filter that is given must hold. `file` may be a part of the name."""
    conditions, values = ["true"], []
    for condition, value in (
        ("edition_key = ?", edition),
        ("issue_code = ?", code),
        ("contains(lower(source_file), lower(?))", file),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if severities:
        conditions.append(f"severity in ({', '.join('?' * len(severities))})")
        values += severities
    with _opened(path) as connection:
        return _result(
            connection,
            f"""
            select
                severity, issue_code, edition_key, source_file, source_line_from, source_line_to, row_number,
                column_name, printed_text, message
            from data_quality_issue
            where {" and ".join(conditions)}
            order by
                list_position(['error', 'warning', 'info'], severity), edition_key nulls first, source_file,
                source_line_from nulls first, row_number nulls first, issue_code, column_name
            """,
            values,
        )


def audit(path: Path, edition_key: str | None = None, severities: Sequence[str] = ("error", "warning")) -> Result:
    """Findings of the audit, the worst first, of one edition or of all; comparisons that agree have severity info.

    WarehouseError when neither a dashboard nor a report of the edition is loaded.
    """
    with _opened(path) as connection:
        if edition_key is not None:
            known = [
                row[0]
                for row in connection.execute(
                    "select edition_key from dim_edition union select edition_key from fct_audit order by 1"
                ).fetchall()
            ]
            if edition_key not in known:
                raise WarehouseError(f"There is no edition {edition_key}. Loaded: {', '.join(known) or 'none'}.")
        return _result(
            connection,
            f"""
            select
                severity, verdict, check_code, edition_key, row_number, paragraph, indicator_key, evidence,
                claim_text, expected_text, method, source_file, source_line_from, source_line_to,
                other_source_file, other_line_from, other_line_to
            from mart_published_audit
            where severity in ({", ".join("?" * len(severities))})
                {"" if edition_key is None else "and edition_key = ?"}
            order by
                list_position(['error', 'warning', 'info'], severity),
                list_position(
                    ['disagrees', 'unit_clash', 'differs_in_basis', 'depends_on_method', 'cannot_tell', 'agrees'],
                    verdict
                ),
                edition_key, row_number nulls first, paragraph nulls first, audit_key
            """,
            [*severities, *([] if edition_key is None else [edition_key])],
        )


@dataclass(frozen=True)
class Trace:
    """One printed row from its source lines to its facts, each part as read from the warehouse."""

    edition: Mapping[str, Any]
    indicator: Mapping[str, Any]
    lines: Result
    cells: Result
    observations: Result
    assessment: Result
    issues: Result


def trace(path: Path, edition_key: str, row_number: int) -> Trace:
    """Everything that is known of one row. WarehouseError when there is no such edition or row."""
    key = [edition_key, row_number]
    with _opened(path) as connection:
        edition = _result(
            connection,
            "select edition_key, source_file, layout, row_count from dim_edition where edition_key = ?",
            key[:1],
        ).dicts()
        if not edition:
            known = [row[0] for row in connection.execute("select edition_key from dim_edition order by 1").fetchall()]
            raise WarehouseError(f"There is no edition {edition_key}. Loaded: {', '.join(known) or 'none'}.")
        indicator = _result(
            connection,
            """
            select printed_label, indicator_key, indicator_name, suggested_indicator_key, suggestion_score
            from bridge_indicator_label left join dim_indicator using (indicator_key)
            where edition_key = ? and row_number = ?
            """,
            key,
        ).dicts()
        if not indicator:
            raise WarehouseError(
                f"{edition_key} has no row {row_number}; its rows are numbered 1 to {edition[0]['row_count']}."
            )
        lines = """
            select line_number, disposition, line_text from source_line
            where edition_key = ? and row_number = ? order by line_number
        """
        cells = """
            select column_name, cell_text from source_cell
            where edition_key = ? and row_number = ? order by column_number
        """
        observations = """
            select o.* exclude (edition_key, row_number, indicator_key, area_code, source_file,
                                source_line_from, source_line_to),
                p.label as period, p.start_date, p.end_date
            from fct_observation as o left join dim_period as p using (period_key)
            where edition_key = ? and row_number = ? order by role
        """
        issues = """
            select severity, issue_code, source_line_from, column_name, printed_text, message
            from data_quality_issue where edition_key = ? and row_number = ? order by source_line_from, issue_code
        """
        assessment = """
            select * exclude (edition_key, row_number, indicator_key)
            from fct_assessment where edition_key = ? and row_number = ?
        """
        return Trace(
            edition=edition[0],
            indicator=indicator[0],
            lines=_result(connection, lines, key),
            cells=_result(connection, cells, key),
            observations=_result(connection, observations, key),
            assessment=_result(connection, assessment, key),
            issues=_result(connection, issues, key),
        )


def unreadable(path: Path, error: Exception) -> WarehouseError:
    """What DuckDB's error on opening the file means to a person."""
    if "lock" in str(error).lower():
        return WarehouseError(
            f"Another program has {path} open for writing. Close it there, or open it there read-only."
        )
    return WarehouseError(f"{path} cannot be opened: {error}")


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    if not path.exists():
        raise WarehouseError(f"There is no warehouse at {path} yet. Run `quarterdeck refresh` first.")
    try:
        connection = duckdb.connect(
            str(path),
            read_only=True,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
    except duckdb.Error as error:
        raise unreadable(path, error) from error
    try:
        connection.execute("set schema = 'marts'")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _result(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any] = ()) -> Result:
    cursor = connection.execute(sql, list(values))
    return Result([column[0] for column in cursor.description], cursor.fetchall())
