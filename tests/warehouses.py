# ruff: noqa: E501 - SQL that says what stands in which column
"""Warehouse files made up for the site: the public tables as dbt declares them, filled by SQL or row by row.

Used by the tests and by the benchmarks. Nothing is random: the same arguments give the same figures.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from publishing.public_models import models

_UNITS = ("percent", "percent", "percent", "count", "rate")


@cache
def _empty() -> bytes:
    """A warehouse file with every public table, empty and described. Made once: hundreds of comments take a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("begin")
            connection.execute("create schema marts")
            for model in models():
                columns = ", ".join(f'"{column["name"]}" {column["data_type"]}' for column in model["columns"])
                comments = [
                    f'comment on column marts.{model["name"]}."{column["name"]}" is {_text(column["description"])}'
                    for column in model["columns"]
                ]
                comments.append(f"comment on table marts.{model['name']} is {_text(model['description'])}")
                connection.execute(f"create table marts.{model['name']} ({columns});" + ";".join(comments))
            connection.execute("commit")
            connection.execute("checkpoint")
        return path.read_bytes()


@contextmanager
def empty_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new warehouse file with every public table, empty and described, open for filling."""
    path.write_bytes(_empty())
    with duckdb.connect(str(path)) as connection:
        connection.execute("set schema = 'marts'")
        yield connection
        connection.execute("checkpoint")


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows as mappings; columns that a row does not name are null."""
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        connection.execute(
            f"insert into marts.{table} ({names}) values ({', '.join('?' * len(row))})", list(row.values())
        )


def generate(path: Path, councils: int, editions: int, rows: int, first_edition: int = 0) -> None:
    """A warehouse of many councils: quarters from 2016 on, every figure readable but one in fifty, which is damaged."""
    with empty_warehouse(path) as connection:
        connection.execute(f"""
            create temp table area as
            select i, 'E' || lpad((9000000 + i)::varchar, 8, '0') as area_code, 'Council ' || lpad(i::varchar, 3, '0') as area_name
            from range({councils}) as t(i);
            create temp table quarter as
            select
                q, (date '2016-04-01' + to_months((3 * q)::integer))::date as period_start,
                (date '2016-04-01' + to_months((3 * q + 3)::integer) - interval 1 day)::date as period_end,
                2016 + q // 4 as fy, q % 4 + 1 as n
            from range({first_edition}, {first_edition + editions}) as t(q);
            create temp table edition as
            select
                area.*, quarter.*,
                fy || '-' || lpad(((fy + 1) % 100)::varchar, 2, '0') || '-q' || n as period_key,
                period_key || '-c' || area.i as edition_key, fy || '/' || lpad(((fy + 1) % 100)::varchar, 2, '0') as financial_year
            from area, quarter;
            create temp table measure as
            select
                r + 1 as row_number, 'indicator-' || r as indicator_key, 'Indicator number ' || r || ' of a made-up dashboard' as indicator_name,
                'Topic ' || (r // 9) as topic, {list(_UNITS)}[1 + r % 5] as unit,
                ['high_is_good', 'low_is_good', 'neutral'][1 + r % 3] as polarity
            from range({rows}) as t(r);
            create temp table figure as
            select
                edition.*, measure.*,
                (hash(area_code, q, row_number) % 50) = 0 as damaged,
                case when unit = 'count' then 100 + hash(row_number, area_code, q) % 900
                    else round(40 + (hash(q, row_number, area_code) % 400) / 10, 1) end::double as value,
                case when unit = 'count' then 0 else 1 end as decimals,
                case when unit = 'percent' then 20 + hash(q, area_code) % 500 end as numerator,
                row_number % 3 <> 0 as assessed, row_number + 5 as line
            from edition, measure;
            insert into dim_area (area_code, area_name, area_type, region_name) select area_code, area_name, 'county', 'East' from area;
            insert into dim_edition (edition_key, area_code, financial_year, quarter, period_start, period_end, layout, source_file, source_sha256, row_count, line_count)
                select edition_key, area_code, financial_year, n, period_start, period_end, 'made_up', edition_key || '.txt', sha256(edition_key), {rows}, {rows + 10} from edition;
            insert into dim_indicator (indicator_key, indicator_name, topic, unit, polarity, basis, frequency, year_type, can_exceed_100, definition)
                select indicator_key, indicator_name, topic, unit, polarity, 'in_quarter', 'quarterly', 'academic', false, 'What is counted in ' || indicator_name || '.' from measure;
            insert into dim_period (period_key, period_type, label, start_date, end_date)
                select distinct period_key, 'quarter', 'Quarter ' || n || ' ' || financial_year, period_start, period_end from edition;
            insert into mart_dashboard (edition_key, row_number, area_code, area_name, financial_year, quarter, section_text, printed_label, indicator_key,
                    indicator_name, topic, polarity, period_key, period_text, period_label, value_text, value, decimals, unit, numerator, value_status,
                    comparison_text, direction, judgement, rag, quartile, benchmark_text, benchmark_value, comparator, target_text, target_value, target_kind,
                    source_file, source_line_from, source_line_to)
                select edition_key, row_number, area_code, area_name, financial_year, n, topic, '% of ' || indicator_name, indicator_key,
                    indicator_name, topic, polarity, period_key, 'Q' || n, 'Quarter ' || n || ' ' || financial_year,
                    case when damaged then '4 . %' else printf('%.1f', value) end, case when not damaged then value end, case when not damaged then decimals end, unit,
                    case when not damaged then numerator end, case when damaged then 'damaged' else 'reported' end,
                    'Higher', ['up', 'down', 'same'][1 + (q + row_number) % 3], ['better', 'worse', 'similar'][1 + (q + row_number) % 3],
                    case when assessed then ['green', 'amber', 'red'][1 + (q + row_number) % 3] end, case when assessed then 1 + (q + row_number) % 4 end,
                    case when assessed then '55.5%' end, case when assessed then 55.5 end, case when assessed then 'National benchmark' end,
                    case when assessed then '60%' else 'n/a' end, case when assessed then 60 end, case when assessed then 'number' else 'none' end,
                    edition_key || '.txt', line, line
                from figure order by edition_key, row_number;
            insert into mart_indicator_trend (indicator_key, indicator_name, topic, area_code, period_type, period_key, period_label, start_date, end_date,
                    series_order, value, decimals, unit, numerator, value_status, previous_period_key, previous_value, change, polarity, edition_key, row_number, role)
                select f.indicator_key, f.indicator_name, f.topic, f.area_code, 'quarter', f.period_key, 'Quarter ' || f.n || ' ' || f.financial_year, f.period_start,
                    f.period_end, row_number() over (partition by f.indicator_key, f.area_code order by f.q), f.value, f.decimals, f.unit, f.numerator, 'reported',
                    b.period_key, b.value, round(f.value - b.value, 6), f.polarity, f.edition_key, f.row_number, 'latest'
                from figure as f left join figure as b on b.i = f.i and b.row_number = f.row_number and b.q = f.q - 1 and not b.damaged
                where not f.damaged order by f.area_code, f.indicator_key, f.q;
            insert into mart_benchmark_position (edition_key, row_number, indicator_key, indicator_name, topic, area_code, period_key, value, unit, value_status,
                    polarity, polarity_source, quartile, rag, benchmark_value, comparator, benchmark_gap, target_text, target_kind, target_value, target_gap, target_is_met)
                select edition_key, row_number, indicator_key, indicator_name, topic, area_code, period_key, value, unit, 'reported', polarity, 'indicator',
                    1 + (q + row_number) % 4, ['green', 'amber', 'red'][1 + (q + row_number) % 3], 55.5, 'National benchmark', round(value - 55.5, 6), '60%',
                    'number', 60, round(value - 60, 6), value >= 60
                from figure where assessed and not damaged order by edition_key, row_number;
            insert into mart_edition_summary
                select edition_key, topic, is_total, count(*), count(value), 0, count(*) filter (where value_status = 'damaged'), 0, 0, 0, 0, 0,
                    count(*) filter (where judgement = 'better'), count(*) filter (where judgement = 'similar'), count(*) filter (where judgement = 'worse'), 0,
                    count(*) filter (where quartile = 1), count(*) filter (where quartile = 2), count(*) filter (where quartile = 3), count(*) filter (where quartile = 4),
                    count(*) filter (where rag = 'green'), count(*) filter (where rag = 'amber'), count(*) filter (where rag = 'red')
                from (select *, false as is_total from mart_dashboard union all select * replace ('All topics' as topic), true from mart_dashboard)
                group by edition_key, topic, is_total order by edition_key;
            insert into data_quality_issue (issue_code, severity, edition_key, source_file, row_number, source_line_from, source_line_to, column_name, printed_text, message, found_by)
                select 'damaged_figure', 'warning', edition_key, source_file, row_number, source_line_from, source_line_to, 'value_text', value_text,
                    'This figure is damaged and not taken as a number; compare it with the document.', 'conversion'
                from mart_dashboard where value_status = 'damaged';
            insert into mart_indicator_lineage (edition_key, indicator_key, indicator_name, topic, area_code, status, row_number, printed_label, editions_between, source_file)
                select edition_key, indicator_key, indicator_name, topic, area_code, case when q = {first_edition} then 'first_seen' else 'continued' end,
                    row_number, '% of ' || indicator_name, 0, edition_key || '.txt'
                from figure;
            insert into mart_children_behind (edition_key, row_number, role, indicator_key, area_code, period_key, value, decimals, unit, numerator, denominator_low,
                    denominator_high, denominator_status, interval_lower, interval_upper, benchmark_gap_children_low, benchmark_gap_children_high,
                    children_behind_benchmark_low, children_behind_benchmark_high, compared_with_benchmark, source_file)
                select edition_key, row_number, 'latest', indicator_key, area_code, period_key, value, decimals, unit, numerator, numerator + 10, numerator + 12,
                    'implied', value - 5, value + 5, -2.5, -1.25, 1.25, 2.5, 'similar', edition_key || '.txt'
                from figure where unit = 'percent' and assessed and not damaged;
            insert into mart_published_audit (audit_key, check_code, edition_key, area_code, row_number, indicator_key, verdict, severity, evidence, source_file,
                    source_line_from, source_line_to, other_source_file, other_line_from, other_line_to)
                select 'printed_' || part || '|' || edition_key || '|' || row_number, 'printed_' || part, edition_key, area_code, row_number, indicator_key, verdict,
                    case verdict when 'disagrees' then 'warning' else 'info' end,
                    indicator_name || ': the printed ' || part || ' of row ' || row_number || ' is held against what follows from the rest of the edition.',
                    edition_key || '.txt', line, line, edition_key || '.txt', 3, 3
                from figure, (values ('colour'), ('target'), ('direction')) as parts(part),
                    lateral (select case when part = 'colour' and (q + row_number) % 5 = 0 then 'disagrees' when part = 'target' then 'agrees' else 'cannot_tell' end as verdict)
                where not damaged;
            insert into fct_claim (edition_key, paragraph, claim_number, indicator_key, area_code, claim_kind, direction, judgement, is_latest_available,
                    fitting_indicators, has_dashboard, words, source_file, source_line_from, source_line_to)
                select edition_key, row_number, 1, indicator_key, area_code, 'figure', 'none', 'none', false, 1, true,
                    indicator_name || ' came to what the dashboard prints.', 'report-' || edition_key || '.txt', line * 3, line * 3 + 1
                from figure where row_number % 3 = 0 and not damaged;
            insert into bridge_indicator_relation (indicator_key, related_indicator_key, relation)
                select a.indicator_key, b.indicator_key, 'other_measure' from measure as a join measure as b on abs(a.row_number - b.row_number) = 1;
            insert into source_file (source_sha256, source_file, received_at, outcome, edition_key, area_code, line_count, version_number, in_force)
                select source_sha256, source_file, timestamp '2026-11-22', 'loaded', edition_key, area_code, line_count, 1, true from dim_edition;
            insert into source_line (edition_key, line_number, disposition, row_number)
                select edition_key, line, 'row', row_number from figure;
            insert into build_info (product, quarterdeck_version, built_at) values ('Quarterdeck', '0', timestamp '2026-11-22');
        """)


def _text(text: str) -> str:
    return "'" + " ".join(text.split()).replace("'", "''") + "'"
