"""What of the warehouse may be published. Whoever publishes reads it through `open_disclosed`: its schema `marts` has
the tables of the file, so that pages and exports cannot differ. The warehouse itself is never changed.

Always, whatever the setting: of a file that is not in force (rejected, superseded, held back, never received) only its
outcome is published, because nobody has seen to it that it is a dashboard: it may be a letter that was dropped by
mistake. Its name becomes a number, its words, its note, and the messages that may quote them are left out, and so is
an edition of which nothing is loaded. Of what a person decided about versions it is published that somebody did, not
the reason. `quarterdeck problems` and `status` show the operator all of it.

The disclosure rule: small counts are withheld from what is published, and so is what would give them away.

With `small_counts` a figure is suppressed when
1. its count is 1 to 4: the value where the unit is count (or unknown), or the number in brackets after a percentage;
2. what is missing to all of them can be 1 to 4: some denominator that the percentage and the count imply
   (docs/methods, half up) leaves so many, such as 99.5% (388), which is 388 of 390;
3. it was not read as a number, but its text holds such a number, also one with a mark (c.3, 3p), or in other digits; or
   its cell is blank or damaged and the label ends in one, or words of the row that found no column hold one; or it
   stands without a sign where a percentage is due;
4. another edition prints a suppressed figure of the same indicator, area and period (of a snapshot: of the same day);
5. it is of a longer period of the same count and contains a suppressed one (the rest could be subtracted);
6. it is a year to date which differs from the one before in the year by 1 to 4, or may do so.
Suppressed counts decide only through their being 1 to 4: which figures are missing tells nothing more.

Figures that a covering report states, the earlier ones among them, count as printed figures: they are suppressed like
those of a dashboard, and suppress the same figure there. Prose cannot be withheld in part, so a paragraph goes as a
whole with the words of all its claims, its numbers and lines. It goes when it speaks of a suppressed figure, or may: a
claim of no known indicator or a sum over rows, where the edition has suppressed ones; a comparison with a period that
is not told, where the indicator has.

A suppressed figure has the status `suppressed`, no value and the text `c`; what the edition or a mart says about it
(direction, judgement, colour, quartile, place among others, gaps, changes, implied numbers, comparisons of the audit),
its source lines and cells, the words of problems, and hash and size of its file are withheld too. So is what a row
says of a comparison (words, direction, judgement, lines) that may be one with a suppressed figure: "similar" to it
gives it back. Hash and size of a file that is not in force, or was not taken, are never published: its lines stand
nowhere, but may be those of another version with one small number. disclosure.yml lists all this for every table and
column. National figures are public already.

What the rule cannot know: that two indicators are parts of one whole or shares of one cohort, and denominators that are
printed nowhere in the warehouse. A percentage without a count is published. Which rows there are is never hidden.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.intake.yaml_files import read_yaml
from publishing.queries import WarehouseError, unreadable
from runtime.settings import Rule

if TYPE_CHECKING:
    import duckdb

LISTING = Path(__file__).with_name("disclosure.yml")
SUPPRESSED = "suppressed"
MARK = "c"
#: What columns of a table may be withheld with: see disclosure.yml.
GROUPS = ("figure", "previous", "label", "either")
#: What is said of a file that is not in force, in place of words that may quote it.
NOT_PUBLISHED = (
    "This file does not count, so its name and its words are not published. `quarterdeck problems` shows them."
)
#: Problems that say what a person decided, and in that person's words why; what is published of them instead.
_OF_PERSONS = ("version_put_in_force", "version_withdrawn")
DECIDED = "A person decided which of the received versions counts. `quarterdeck problems` says why."
#: The catalogue of dbt's build file, which the views in a warehouse name.
_BUILT_IN = "quarterdeck"


class DisclosureError(WarehouseError):
    """A public table or column is not in disclosure.yml, so nobody has decided what of it may be published."""


@dataclass(frozen=True)
class Column:
    """A public column; `type` is DuckDB's."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Table:
    """A public table, as the warehouse file describes itself."""

    name: str
    description: str
    columns: Sequence[Column]

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]


@contextmanager
def open_disclosed(warehouse: Path, rule: Rule | str = Rule.none) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose schema `marts` holds the public tables after the rule; `public_tables` describes them.

    Unqualified names are those of `marts`. WarehouseError when the file is missing or cannot be opened,
    DisclosureError when the rule is on and a table or column is not listed.
    """
    import duckdb

    if not warehouse.exists():
        raise WarehouseError(f"There is no warehouse at {warehouse} yet. Run `quarterdeck refresh` first.")
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    try:
        try:
            connection.execute(f"attach {_literal(str(warehouse))} as warehouse (read_only)")
        except duckdb.Error as error:
            raise unreadable(warehouse, error) from error
        connection.execute("set enable_external_access = false")
        _stand_in(connection)
        connection.execute("create schema marts")
        _create_views(connection, Rule(rule))
        connection.execute("set schema = 'memory.marts'")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()


def public_tables(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    """The public tables of a warehouse opened by `open_disclosed`, by name."""
    return _tables(connection, "warehouse")


@cache
def listing() -> Mapping[str, Mapping[str, Any]]:
    """disclosure.yml: table to what must be withheld of it."""
    return read_yaml(LISTING)["tables"]


def unlisted(tables: Sequence[Table]) -> list[str]:
    """What disclosure.yml says nothing about: `table` or `table.column`, and what it says twice."""
    listed, missing = listing(), []
    for table in tables:
        rules = listed.get(table.name)
        if rules is None:
            missing.append(table.name)
        elif rules["link"] != "recount" and rules["keep"] != "all":
            named = [*rules["keep"], *(column for group in _groups(rules).values() for column in group)]
            missing += [f"{table.name}.{name}" for name in table.column_names if named.count(name) != 1]
    return missing


def _groups(rules: Mapping[str, Any]) -> dict[str, Mapping[str, str | None]]:
    return {name: rules[name] for name in GROUPS if name in rules}


def _stand_in(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the public views of the file find their tables: they name the catalogue in which dbt built them."""
    found = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'marts'"
    ).fetchall()
    connection.execute(f"attach ':memory:' as {_BUILT_IN}")
    connection.execute(f"create schema {_BUILT_IN}.marts")
    for (name,) in found:
        connection.execute(f"create view {_BUILT_IN}.marts.{_quoted(name)} as from warehouse.marts.{_quoted(name)}")


def _create_views(connection: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    tables = _tables(connection, "warehouse")
    origins = _without_files_not_in_force(connection, {table.name: table for table in tables})
    if rule is Rule.small_counts:
        if missing := unlisted(tables):
            raise DisclosureError(
                f"The disclosure rule does not know what may be published of {', '.join(missing)}. "
                f"Say so in {LISTING.name}, or set QUARTERDECK_DISCLOSURE=none."
            )
        _find_suppressed(connection)
    # The dashboard comes first: the summary is counted from it.
    for table in sorted(tables, key=lambda table: table.name != "mart_dashboard"):
        origin = origins.get(table.name, f"warehouse.marts.{_quoted(table.name)}")
        sql = f"select * from {origin}"
        if rule is Rule.small_counts:
            sql = _disclosed(table, listing()[table.name], origin)
        connection.execute(f"create view marts.{_quoted(table.name)} as {sql}")


def comment_on(connection: duckdb.DuckDBPyConnection, kind: str, name: str, table: Table) -> None:
    """Put the descriptions of `table` on the view or table (`kind`) of that qualified, quoted name."""
    comments = [f"comment on {kind} {name} is {_literal(table.description)}"]
    comments += [
        f"comment on column {name}.{_quoted(column.name)} is {_literal(column.description)}"
        for column in table.columns
        if column.description
    ]
    # One call: hundreds of small ones took a third of the time of opening (November 2026).
    connection.execute(";".join(comments))


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[Table]:
    described = connection.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables() "
        "where database_name = $1 and schema_name = 'marts' "
        "union all select view_name, coalesce(comment, '') from duckdb_views() "
        "where database_name = $1 and schema_name = 'marts'",
        [database],
    ).fetchall()
    columns: dict[str, list[Column]] = {}
    for table, *column in connection.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where database_name = ? and schema_name = 'marts' order by table_name, column_index",
        [database],
    ).fetchall():
        columns.setdefault(table, []).append(Column(*column))
    return [Table(name, description, columns[name]) for name, description in sorted(described)]


# --- files that are not in force ----------------------------------------------------------------------------------

#: Table of received files to what numbers of its files are called.
_RECEIVED = {"source_file": "unpublished file", "source_national_file": "unpublished national file"}
#: Table to the columns that speak of a file that is not in force, each with what is put in its place: text, or null.
#: The name of the file is always replaced; a message is, where there is one.
_OF_FILES: Mapping[str, Mapping[str, str | None]] = {
    "source_file": {"error_message": NOT_PUBLISHED},
    "source_national_file": {
        "error_message": NOT_PUBLISHED,
        "dataset_key": None,
        "release_label": None,
        "published_on": None,
    },
    "source_open_data_check": {"message": NOT_PUBLISHED},
    "data_quality_issue": {"message": NOT_PUBLISHED, "printed_text": None, "column_name": None},
}
#: What such a file says of its edition; published where that edition is loaded.
_OF_EDITION = ("edition_key", "area_code", "financial_year", "quarter")


def _without_files_not_in_force(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> dict[str, str]:
    """Views of the tables in which a file stands that is not in force, without its words; table to view."""
    connection.execute("create schema received")
    connection.execute("create table received.files (source_sha256 varchar, source_file varchar, shown_as varchar)")
    connection.execute("create table received.names (source_file varchar)")
    for name, called in _RECEIVED.items():
        if name in tables:
            connection.execute(
                f"insert into received.files select source_sha256, source_file, '{called} ' || row_number() over "
                f"(order by received_at, source_sha256) from warehouse.marts.{name} where not coalesce(in_force, false)"
            )
            connection.execute(
                f"insert into received.names select source_file from warehouse.marts.{name} where in_force"
            )
    if "dim_edition" in tables:
        connection.execute("insert into received.names select source_file from warehouse.marts.dim_edition")
    views = {}
    for name in _OF_FILES.keys() & tables.keys():
        views[name] = f"received.{name}"
        connection.execute(f"create view {views[name]} as {_without_words(tables[name], 'dim_edition' in tables)}")
    return views


def _without_words(table: Table, has_editions: bool) -> str:
    """SQL of a table without the words of files that are not in force."""
    columns = table.column_names
    by_hash = "source_sha256" in columns
    match = "f.source_sha256 = t.source_sha256" if by_hash else "f.source_file = t.source_file"
    number = f"(select min(f.shown_as) from received.files as f where {match})"
    if by_hash:
        is_out = "t.source_sha256 in (select source_sha256 from received.files)"
    else:
        named = "t.source_file in (select source_file from received.names)"
        # A warehouse of an earlier version does not say it, and an earlier file may have the same name.
        is_out = (
            f"not coalesce(t.in_force, {named}, false)" if "in_force" in columns else f"not coalesce({named}, false)"
        )
    puts = {"source_file": f"coalesce({number}, 'unpublished file')"}
    for column, put in _OF_FILES[table.name].items():
        puts[column] = "null" if put is None else f"case when t.{column} is not null then {_literal(put)} end"
    if has_editions:
        loaded = "t.edition_key in (select edition_key from warehouse.marts.dim_edition)"
        puts |= {column: f"case when {loaded} then t.{column} end" for column in _OF_EDITION}
    # What stands there of all other files.
    shown = {column: f"t.{column}" for column in puts}
    if table.name == "data_quality_issue":
        by_persons = f"t.issue_code in ({', '.join(map(_literal, _OF_PERSONS))})"
        shown["message"] = f"case when {by_persons} then {_literal(DECIDED)} else t.message end"
    replaced = ", ".join(
        f"case when {is_out} then {put} else {shown[column]} end as {column}"
        for column, put in puts.items()
        if column in columns
    )
    return f"select t.* replace ({replaced}) from warehouse.marts.{table.name} as t"


# --- what is suppressed -------------------------------------------------------------------------------------------


def _find_suppressed(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the schema `withheld` with keys of what is suppressed; no figure stands in it."""
    connection.execute("create schema withheld")
    connection.execute(_UNPLACED)
    connection.execute(_TOLD)
    connection.execute(_FIGURES)
    connection.execute(f"create table withheld.figures as {_PRIMARY}")
    connection.execute(f"create table withheld.spans as {_SPANS}")
    for rule in (_YEARS_TO_DATE, _LONGER_PERIODS):
        connection.execute(rule)
    for keys in (_MARKED, _HIDDEN, _COMPARED, _CELLS, _PERIODS):
        connection.execute(keys)
    for keys in (_ROWS, _SERIES, _CLAIMS, _PARAGRAPHS, _LINES, _REPORT_LINES, _EDITIONS, _COMPARISONS):
        connection.execute(keys)
    # What holds figures must not be left.
    for table in ("figures", "spans", "marked", "hidden"):
        connection.execute(f"drop table withheld.{table}")
    connection.execute("drop view withheld.known")
    connection.execute("drop view withheld.told")


#: A number 1 to 4 that stands alone, not as a part of a number, a percentage or a word such as Q2; also in words.
_ONE_TO_FOUR = r"([1-4]([.]0+)?|one|two|three|four)"
_LONE = rf"(?i)(^|[^0-9.,A-Z]){_ONE_TO_FOUR}($|[^0-9.,%A-Z])"
#: The same in a bracket, also in one that is not closed, or of which only the end is left.
_IN_BRACKET = rf"(?i)[(] *{_ONE_TO_FOUR}($|[^0-9.,%A-Z])|(^|[^0-9.,A-Z]){_ONE_TO_FOUR} *[)]"

#: The same with a mark or letters beside it, as a cell that could not be read may have it: c.3, 3p, 3r, but not Q3,
#: 3.5, 4O.2%. The end of the mark is the end of the word.
_MARKED_NUMBER = r"(?i)(^|[^0-9.,A-Z])([A-PR-Z][A-Z]*|[.])?[.]*[1-4]([.]0+)?[A-Z.,]*"
_MARKED_ALONE = rf"{_MARKED_NUMBER}($|[^0-9.,%A-Z])"
#: Other digits 1 to 4 (full-width, circled, of other scripts) and what they are. Raised and lowered ones are notes.
_OTHER_DIGITS, _THEIR_DIGITS = (
    "".join(column)
    for column in zip(
        *(
            (chr(code), str(unicodedata.digit(chr(code))))
            for code in range(0x80, 0x20000)
            if unicodedata.digit(chr(code), 0) in (1, 2, 3, 4)
            and not unicodedata.decomposition(chr(code)).startswith(("<super>", "<sub>"))
        ),
        strict=True,
    )
)


def _plain_digits(text: str) -> str:
    # To translate takes long, and few texts have more bytes than characters.
    translated = f"translate({text}, '{_OTHER_DIGITS}', '{_THEIR_DIGITS}')"
    return f"case when strlen({text}) > length({text}) then {translated} else {text} end"


def _holds_small(text: str) -> str:
    """SQL: whether a text that was not read as a number holds a number 1 to 4."""
    return (
        f"(regexp_matches({_plain_digits(text)}, '{_LONE}') or regexp_matches({_plain_digits(text)}, "
        f"'{_MARKED_ALONE}'))"
    )


#: Numbers that labels and headings hold and that count nobody.
_NAMED_NUMBER = r"(?i)\b(quarters?|qtr|q|term|year|key stage|appendix|annex|item|section|part|page)[ .]*[0-9]+\b"
_NAMED_IN_LABEL = r"(?i)\b(key stage|ks|stage|level|year|quarter|age|aged|tier|grade|band|phase|progress)[ .]*[0-9]+\b"

# What a claim of a report says: its own figure and the one before, the latter also where the change implies it.
_TOLD = """
    create view withheld.told as
    select
        c.edition_key, c.paragraph, c.claim_number, c.area_code, c.indicator_key, i.basis,
        part.role, case part.role when 'own' then c.period_key else c.comparison_period_key end as period_key,
        coalesce(c.unit, i.unit, 'count') as unit,
        case part.role when 'own' then c.value_text end as value_text,
        case part.role when 'own' then c.decimals end as decimals,
        case
            when part.role = 'own' then c.value
            when c.comparison_value is not null then c.comparison_value
            when coalesce(c.change_unit, 'count') = 'count' and coalesce(c.unit, i.unit, 'count') = 'count'
                then round(c.value - c.change, 6)
        end as value,
        case
            when part.role = 'own' then c.numerator
            when c.comparison_numerator is not null then c.comparison_numerator
            when c.change_unit = 'count' then c.numerator - c.change
        end as numerator,
        case part.role when 'own' then c.denominator - c.numerator end as rest,
        -- In a year to date the step from the figure before is a count of its own, also where that figure is not known.
        part.role = 'own' and i.basis = 'year_to_date' and coalesce(c.change_unit, 'count') = 'count'
            and c.change > 0 and c.change < 5
            and coalesce(c.comparison_basis, '') not in ('same_period_last_year', 'previous_year', 'usual')
            as small_step
    from warehouse.marts.fct_claim as c
    cross join (values ('own'), ('before')) as part(role)
    left join warehouse.marts.dim_indicator as i on i.indicator_key = c.indicator_key
    where c.claim_kind <> 'tally'
"""

# Problems that quote words which found no column or no row.
_QUOTED_WORDS = (
    "('text_unplaced', 'glyph_dropped', 'two_rows_in_a_line', 'figures_in_text', 'figures_without_label', "
    "'page_numbers', 'row_broken')"
)

# Words that found no column and hold a small number. Problems are many with national files: only these are looked into.
_UNPLACED = f"""
    create table withheld.unplaced as
    with lost as materialized (
        select edition_key, row_number, source_line_from, source_line_to, printed_text
        from warehouse.marts.data_quality_issue where issue_code in {_QUOTED_WORDS}
    )
    select edition_key, row_number, source_line_from, source_line_to from lost where {_holds_small("printed_text")}
"""

_LABEL_ENDS_SMALL = (
    f"regexp_matches(regexp_replace({_plain_digits('l.printed_label')}, '{_NAMED_IN_LABEL}', '', 'g'), "
    f"'{_MARKED_NUMBER} *$')"
)

_FIGURES = f"""
    create view withheld.known as
    select
        o.edition_key, o.row_number, o.role, null as paragraph, null as claim_number,
        o.area_code, o.indicator_key, o.period_key,
        coalesce(o.indicator_key, 'label ' || nullif(trim(l.normalised_label), '')) as series,
        i.basis, p.start_date, p.end_date, p.period_type, o.unit, o.value, o.value_text, null as rest,
        false as small_step,
        -- A number that slipped into the label, or that found no column, where the value cell has none.
        o.value is null and o.role = 'latest' and o.value_status in ('blank', 'damaged')
            and {_LABEL_ENDS_SMALL} and not exists (
                select 1 from warehouse.marts.bridge_indicator_label as other
                join warehouse.marts.fct_observation as read using (edition_key, row_number)
                where other.printed_label = l.printed_label and read.value is not null
            ) as in_label,
        o.value is null and o.role = 'latest' and exists (
            select 1 from withheld.unplaced as d
            where d.edition_key = o.edition_key and d.row_number = o.row_number
        ) as unplaced,
        coalesce(o.numerator, case when coalesce(o.unit, 'count') = 'count' then o.value end) as counted,
        case
            when o.unit = 'percent' then o.value
            else try_cast(nullif(regexp_extract(o.value_text, '[(] *([0-9]+([.][0-9]+)?) *%? *[)]', 1), '') as double)
        end as share,
        case
            when o.unit = 'percent' then o.decimals
            else length(regexp_extract(o.value_text, '[(] *[0-9]+[.]([0-9]+) *%? *[)]', 1))
        end as share_decimals
    from warehouse.marts.fct_observation as o
    left join warehouse.marts.bridge_indicator_label as l using (edition_key, row_number)
    left join warehouse.marts.dim_indicator as i on i.indicator_key = o.indicator_key
    left join warehouse.marts.dim_period as p using (period_key)
    union all
    select
        t.edition_key, null, t.role, t.paragraph, t.claim_number, t.area_code, t.indicator_key, t.period_key,
        t.indicator_key, t.basis, p.start_date, p.end_date, p.period_type, t.unit, t.value, t.value_text, t.rest,
        t.small_step, false, false,
        coalesce(t.numerator, case when t.unit = 'count' then t.value end),
        case when t.unit = 'percent' then t.value end, t.decimals
    from withheld.told as t
    left join warehouse.marts.dim_period as p using (period_key)
"""

# n = counted + k is a denominator that prints this share when share - h <= 100 counted / n < share + h, h half a
# unit of the last printed decimal.
_COMPLEMENT = " or ".join(
    f"((share - half) * (counted + {k}) <= 100 * counted + 1e-6 "
    f"and (share + half) * (counted + {k}) > 100 * counted - 1e-6)"
    for k in (1, 2, 3, 4)
)

_PRIMARY = rf"""
    select
        *,
        coalesce(
            counted > 0 and counted < 5
            or rest > 0 and rest < 5
            or counted > 0 and ({_COMPLEMENT})
            or regexp_matches(value_text, '{_IN_BRACKET}')
            or value is null and {_holds_small("value_text")}
            or regexp_matches(regexp_extract({_plain_digits("value_text")}, '[(]([^)]*)', 1), '{_MARKED_ALONE}')
            -- Without its sign nobody can tell a percentage from the count behind it.
            or unit = 'percent' and regexp_full_match(trim(value_text), '(?i){_ONE_TO_FOUR}')
            or in_label or unplaced,
            false
        ) as small
    from (
        select
            -- A snapshot is of the day, whatever period it is printed under.
            * replace (case when basis = 'at_period_end' then end_date else start_date end as start_date),
            0.5 * pow(10, -coalesce(share_decimals, 0)) as half
        from withheld.known
    )
"""

# One row for each figure of a series, whoever prints it; of a suppressed one nothing is known but 1 to 4.
_SPANS = """
    select
        series, area_code, start_date, end_date, any_value(basis) as basis, bool_or(small) as hidden,
        coalesce(bool_or(small_step), false) as step,
        case when bool_or(small) then 1 else min(counted) end as least,
        case when bool_or(small) then 4 else max(counted) end as most,
        year(start_date - interval 3 month) as financial_year
    from withheld.figures
    where series is not null and start_date is not null
    group by series, area_code, start_date, end_date
"""

_YEARS_TO_DATE = """
    update withheld.spans set hidden = true
    from (
        select
            series, area_code, start_date, end_date,
            bool_or(narrow) over (
                partition by series, area_code, financial_year order by end_date, start_date
                rows between unbounded preceding and unbounded following
            ) as narrow,
            row_number() over (partition by series, area_code, financial_year order by end_date, start_date) as place
        from (
            select
                *,
                row_number() over in_year > 1 and step or coalesce(
                    most - lag(least) over in_year >= 1 and least - lag(most) over in_year <= 4, false
                ) as narrow
            from withheld.spans
            where basis = 'year_to_date' and least is not null
            window in_year as (partition by series, area_code, financial_year order by end_date, start_date)
        )
    ) as years
    where years.narrow and years.place > 1
        and years.series = spans.series and years.area_code = spans.area_code
        and years.start_date = spans.start_date and years.end_date = spans.end_date
"""

_LONGER_PERIODS = """
    update withheld.spans set hidden = true
    where coalesce(basis, 'in_quarter') in ('in_quarter', 'month', 'term', 'annual') and exists (
        select 1 from withheld.spans as part
        where part.hidden and part.series = spans.series and part.area_code = spans.area_code
            and part.start_date >= spans.start_date and part.end_date <= spans.end_date
    )
"""

_MARKED = """
    create table withheld.marked as
    select f.edition_key, f.row_number, f.role, f.paragraph, f.claim_number, f.series, f.indicator_key, f.area_code,
        f.period_key, f.period_type, f.end_date, coalesce(f.in_label, false) as in_label,
        f.small or coalesce(f.small_step, false) or coalesce(s.hidden, false) as hidden
    from withheld.figures as f
    left join withheld.spans as s
        on s.series = f.series and s.area_code = f.area_code and s.start_date = f.start_date and s.end_date = f.end_date
"""

_HIDDEN = "create table withheld.hidden as select * from withheld.marked where hidden"

# Rows whose comparison may be one with a suppressed figure: "similar" gives it back, and if only the others were
# published, that would say "similar". Compared is with the newest earlier figure, also of the same kind of period, with
# the year before, or with what the edition before printed.
_COMPARED = """
    create table withheld.compared as
    with dated as (
        select series, area_code, end_date, period_type, bool_or(hidden) as hidden
        from withheld.marked where series is not null and end_date is not null
        group by series, area_code, end_date, period_type
    ), placed as (
        select
            *,
            max(end_date) over (
                partition by series, area_code order by end_date
                range between unbounded preceding and interval 1 day preceding
            ) as before,
            max(end_date) over (
                partition by series, area_code, period_type order by end_date
                range between unbounded preceding and interval 1 day preceding
            ) as before_of_type
        from dated
    ), printed as (
        select
            m.series, m.area_code, m.edition_key,
            lag(bool_or(m.hidden)) over (
                partition by m.series, m.area_code order by any_value(e.financial_year), any_value(e.quarter)
            ) as after_hidden
        from withheld.marked as m
        inner join warehouse.marts.dim_edition as e using (edition_key)
        where m.row_number is not null and m.role = 'latest' and m.series is not null
        group by m.series, m.area_code, m.edition_key
    )
    select distinct m.edition_key, m.row_number, m.indicator_key, m.area_code, m.period_key
    from withheld.marked as m
    left join printed using (series, area_code, edition_key)
    where m.row_number is not null and m.role = 'latest' and (
        coalesce(printed.after_hidden, false)
        or exists (
            select 1 from placed as p
            inner join dated as x on x.series = p.series and x.area_code = p.area_code and x.hidden and (
                x.end_date = p.before or x.end_date = p.before_of_type and x.period_type = p.period_type
                or x.end_date = p.end_date - interval 1 year
            )
            where p.series = m.series and p.area_code = m.area_code and p.end_date = m.end_date
                and p.period_type = m.period_type
        )
    )
"""

# The roles comparison and label are of no figure, but of what else a row prints.
_CELLS = """
    create table withheld.cells as
    select edition_key, row_number, role, indicator_key, area_code, period_key
    from withheld.hidden where row_number is not null
    union all
    select edition_key, row_number, 'comparison', indicator_key, area_code, period_key from withheld.compared
    union all
    select edition_key, row_number, 'label', indicator_key, area_code, period_key
    from withheld.hidden where in_label
"""

_ROWS = """
    create table withheld.rows as
    select edition_key, row_number, bool_or(role = 'latest') as figure, bool_or(role = 'previous') as previous,
        bool_or(role = 'label') as label
    from withheld.cells group by edition_key, row_number
"""

_PERIODS = """
    create table withheld.periods as
    select distinct indicator_key, area_code, period_key from withheld.hidden
    where indicator_key is not null and period_key is not null
"""

_SERIES = """
    create table withheld.series as
    select distinct indicator_key, area_code from withheld.hidden where indicator_key is not null
"""

# A claim that names no period is about its row's; without a row it may be about any. A claim of no known indicator may
# be about any row, and a sum over the rows minus those that are published is what the others say.
_CLAIMS = """
    create table withheld.claims as
    select distinct c.edition_key, c.paragraph, c.claim_number
    from warehouse.marts.fct_claim as c
    left join withheld.hidden as h
        on h.edition_key = c.edition_key and h.paragraph = c.paragraph and h.claim_number = c.claim_number
    left join withheld.series as s on s.indicator_key = c.indicator_key and s.area_code = c.area_code
    where h.edition_key is not null
        or exists (
            select 1 from withheld.cells as r where r.edition_key = c.edition_key and r.indicator_key = c.indicator_key
        )
        or c.indicator_key is null and (c.claim_kind not in ('no_data', 'reason') or c.value is not null)
            and c.edition_key in (select edition_key from withheld.rows)
        or s.indicator_key is not null and (
            c.period_key is null and not exists (
                select 1 from warehouse.marts.fct_observation as o
                where o.edition_key = c.edition_key and o.indicator_key = c.indicator_key
            )
            or c.comparison_period_key is null
                and coalesce(c.comparison_basis, c.direction, c.change::varchar, c.comparison_value::varchar)
                    is not null
        )
"""

_IS_LOOSE = """
    (role = 'unexplained' or claim_number is null
    and role in ('value', 'numerator', 'denominator', 'comparison_value', 'comparison_numerator'))
"""

_PARAGRAPHS = rf"""
    create table withheld.paragraphs as
    select edition_key, paragraph from withheld.claims
    union
    select edition_key, paragraph from warehouse.marts.report_number
    where paragraph is not null and regexp_matches(printed_text, '{_LONE}') and {_IS_LOOSE}
    union
    -- A number that no rule explains may be the difference to a suppressed one.
    select edition_key, paragraph from warehouse.marts.report_paragraph
    where outcome = 'unread' and edition_key in (select edition_key from withheld.rows)
"""

# Every line that a row with a suppressed figure is printed on, whichever row the line was given to, and words outside
# the rows of such an edition that hold a small number.
_LINES = rf"""
    create table withheld.lines as
    select distinct o.edition_key, l.line_number
    from withheld.rows as r
    join warehouse.marts.fct_observation as o using (edition_key, row_number)
    join warehouse.marts.source_line as l on l.edition_key = o.edition_key
        and (l.row_number = o.row_number or l.line_number between o.source_line_from and o.source_line_to)
    union
    select edition_key, line_number from warehouse.marts.source_line
    where disposition in ('footnote', 'unrecognised', 'continuation') and row_number is null
        and regexp_matches(line_text, '{_LONE}')
        and edition_key in (select edition_key from withheld.rows)
    union
    select l.edition_key, l.line_number from withheld.unplaced as u
    join warehouse.marts.source_line as l
        on l.edition_key = u.edition_key and l.line_number between u.source_line_from and u.source_line_to
"""

_HEADING = f"regexp_matches(regexp_replace({{}}, '{_NAMED_NUMBER}', '', 'g'), '{_LONE}')"

_REPORT_LINES = f"""
    create table withheld.report_lines as
    select l.edition_key, l.line_number
    from warehouse.marts.report_line as l
    left join withheld.paragraphs as p on p.edition_key = l.edition_key and p.paragraph = l.paragraph
    where p.paragraph is not null or l.disposition <> 'paragraph' and {_HEADING.format("l.line_text")}
        and (l.edition_key in (select edition_key from withheld.rows)
            or l.edition_key in (select edition_key from withheld.paragraphs))
"""

_EDITIONS = """
    create table withheld.editions as
    select edition_key from withheld.rows union select edition_key from withheld.report_lines
    union select edition_key from withheld.lines
"""

#: Checks that look at nothing but their own row, or at what is held against it in one paragraph. Any other check may
#: name figures of the same indicator in another edition, and a new one does until it is looked at.
_OF_ONE_ROW = (
    "printed_colour", "printed_polarity", "printed_quartile", "printed_benchmark", "bracket_possible",
    "indicator_changed", "implied_cohort", "tally", "claim_value", "claim_numerator", "claim_period", "claim_direction",
    "claim_quartile", "claim_availability",
)  # fmt: skip

_COMPARISONS = f"""
    create table withheld.comparisons as
    select a.audit_key
    from warehouse.marts.fct_audit as a
    left join warehouse.marts.dim_edition as e on e.edition_key = a.edition_key
    left join warehouse.marts.dim_edition as other on other.source_file = a.other_source_file
    where exists (select 1 from withheld.rows as h where h.edition_key = a.edition_key and h.row_number = a.row_number)
        or exists (
            select 1 from withheld.paragraphs as h where h.edition_key = a.edition_key and h.paragraph = a.paragraph
        )
        or a.row_number is null and a.edition_key in (select edition_key from withheld.rows)
        or exists (
            select 1 from withheld.lines as h
            where h.edition_key = other.edition_key and h.line_number between a.other_line_from and a.other_line_to
        )
        or a.check_code not in {_OF_ONE_ROW} and exists (
            select 1 from withheld.series as s
            where s.indicator_key = a.indicator_key and s.area_code = coalesce(e.area_code, s.area_code)
        )
"""


# --- what is withheld of each table -------------------------------------------------------------------------------

#: The lines of other versions, and of files that were not taken, are published nowhere, but they may be like those that
#: are but for one small number.
_NOT_IN_FORCE = "not coalesce({}.in_force, false)"

_IN_A_REPORT = "coalesce(t.source_file in (select source_file from warehouse.marts.report_line), false)"

#: Link to (joins, conditions of the groups). `t` is the table; see disclosure.yml.
LINKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "none": ("", {}),
    "figure": (
        "left join withheld.cells as h on h.edition_key = t.edition_key and h.row_number = t.row_number "
        "and h.role = t.role",
        {"figure": "h.role is not null"},
    ),
    "row": (
        "left join withheld.rows as h on h.edition_key = t.edition_key and h.row_number = t.row_number",
        {"figure": "h.figure", "previous": "h.previous", "label": "h.label", "either": "h.edition_key is not null"},
    ),
    "series": (
        "left join withheld.cells as h on h.edition_key = t.edition_key and h.row_number = t.row_number "
        "and h.role = t.role left join withheld.periods as b on b.indicator_key = t.indicator_key "
        "and b.area_code = t.area_code and b.period_key = t.previous_period_key",
        {
            "figure": "h.role is not null",
            "previous": "b.period_key is not null",
            "either": "(h.role is not null or b.period_key is not null)",
        },
    ),
    "cell": (
        "left join withheld.rows as h on h.edition_key = t.edition_key and h.row_number = t.row_number",
        {
            "figure": "(h.figure and t.column_name in ('value_text', 'rag_text', 'quartile_text', 'comparison_text') "
            "or h.previous and t.column_name = 'previous_value_text' or h.label and t.column_name = 'label_text' "
            "or h.edition_key is not null and t.column_name = 'comparison_text')"
        },
    ),
    "line": (
        "left join withheld.lines as h on h.edition_key = t.edition_key and h.line_number = t.line_number",
        {"figure": "h.line_number is not null"},
    ),
    "issue": (
        "",
        {
            "figure": "(exists (select 1 from withheld.rows as h where h.edition_key = t.edition_key "
            "and h.row_number = t.row_number) or exists (select 1 from withheld.lines as h "
            "where h.edition_key = t.edition_key and h.line_number between t.source_line_from and t.source_line_to "
            "and not " + _IN_A_REPORT + ") or exists (select 1 from withheld.report_lines as h "
            "where h.edition_key = t.edition_key and h.line_number between t.source_line_from and t.source_line_to "
            "and " + _IN_A_REPORT + f") or t.issue_code in {_QUOTED_WORDS} and " + _holds_small("t.printed_text") + ")"
        },
    ),
    "comparison": (
        "left join withheld.comparisons as h on h.audit_key = t.audit_key",
        {"figure": "h.audit_key is not null"},
    ),
    "claim": (
        "left join withheld.claims as h on h.edition_key = t.edition_key and h.paragraph = t.paragraph "
        "and h.claim_number = t.claim_number "
        "left join withheld.paragraphs as b on b.edition_key = t.edition_key and b.paragraph = t.paragraph",
        {"figure": "h.claim_number is not null", "either": "b.paragraph is not null"},
    ),
    "paragraph": (
        "left join withheld.paragraphs as h on h.edition_key = t.edition_key and h.paragraph = t.paragraph",
        {
            "figure": "h.paragraph is not null",
            # Its heading is a line of its own, which others share.
            "either": f"(h.paragraph is not null or {_HEADING.format('t.heading_text')} "
            "and t.edition_key in (select edition_key from withheld.editions))",
        },
    ),
    "report_number": (
        "left join withheld.report_lines as h on h.edition_key = t.edition_key and h.line_number = t.source_line "
        "left join withheld.paragraphs as b on b.edition_key = t.edition_key and b.paragraph = t.paragraph",
        {"figure": "(h.line_number is not null or b.paragraph is not null)"},
    ),
    "report_line": (
        "left join withheld.report_lines as h on h.edition_key = t.edition_key and h.line_number = t.line_number",
        {
            "figure": "h.line_number is not null",
            "either": "(t.edition_key in (select edition_key from withheld.editions))",
        },
    ),
    "edition": (
        "",
        {"figure": "(t.edition_key in (select edition_key from withheld.editions))"},
    ),
    "file": (
        "",
        {
            "figure": "(t.edition_key in (select edition_key from withheld.editions) or "
            + _NOT_IN_FORCE.format("t")
            + ")"
        },
    ),
    "any": (
        "",
        {
            "figure": "(exists (select 1 from withheld.editions) or exists (select 1 from "
            "warehouse.marts.source_file as f where " + _NOT_IN_FORCE.format("f") + "))"
        },
    ),
}


def _disclosed(table: Table, rules: Mapping[str, Any], origin: str) -> str:
    """SQL of the table after the rule, from the table or view named `origin`."""
    if rules["link"] == "recount":
        return _recounted(table)
    joins, conditions = LINKS[rules["link"]]
    expressions = []
    withheld = {
        column: (group, value) for group, columns in _groups(rules).items() for column, value in columns.items()
    }
    for column in table.columns:
        name = f"t.{_quoted(column.name)}"
        if column.name not in withheld:
            expressions.append(name)
            continue
        group, value = withheld[column.name]
        put = "null" if value is None else _literal(value)
        if column.name == "source_sha256":
            # It is a key: each version of each edition keeps one of its own.
            put = f"({_literal(SUPPRESSED)} || ' ' || coalesce(t.edition_key, '') || ' ' || {_VERSION[table.name]})"
        expressions.append(
            f"case when coalesce({conditions[group]}, false) and {name} is not null then {put} else {name} end "
            f"as {_quoted(column.name)}"
        )
    return f"select {', '.join(expressions)} from {origin} as t {joins}"


_VERSION_OF = (
    "coalesce((select any_value(f.version_number) from warehouse.marts.source_file as f "
    "where f.source_sha256 = t.source_sha256 and f.edition_key = t.edition_key), 0)"
)
#: Versions of dashboards and of reports are counted apart.
_VERSION = {
    "source_file": "coalesce(t.version_number, 0) || case when t.document = 'report' then ' report' else '' end "
    f"|| case when {_NOT_IN_FORCE.format('t')} "
    "then concat(' not in force ', t.source_file, ' ', t.received_at) else '' end",
    "dim_edition": _VERSION_OF,
    "report_line": f"{_VERSION_OF} || ' report'",
}

_TALLIES = {
    "row_count": "true",
    "figures": f"d.value_status in ('reported', 'repaired', '{SUPPRESSED}')",
    "repaired": "d.value_status = 'repaired'",
    "damaged": "d.value_status = 'damaged'",
    "unavailable": "d.value_status in ('not_available', 'see_appendix')",
    "withheld": "d.value_status = 'withheld'",
    "blank": "d.value_status = 'blank'",
    "previous_figures": f"(d.previous_value is not null or d.previous_value_status = '{SUPPRESSED}')",
    "previous_damaged": "d.previous_value_status = 'damaged'",
    "judged_none": "coalesce(d.judgement, 'none') = 'none'",
    **{f"judged_{judgement}": f"d.judgement = '{judgement}'" for judgement in ("better", "similar", "worse")},
    **{f"quartile_{quartile}": f"d.quartile = {quartile}" for quartile in (1, 2, 3, 4)},
    **{colour: f"d.rag = '{colour}'" for colour in ("green", "amber", "red")},
}


def _recounted(table: Table) -> str:
    """The summary from the published dashboard. DisclosureError when it has a column that is not known here."""
    kept = ("edition_key", "topic", "is_total")
    unknown = [name for name in table.column_names if name not in _TALLIES and name not in kept]
    if unknown:
        raise DisclosureError(f"The disclosure rule does not know how to count {table.name}.{', '.join(unknown)}.")
    expressions = [
        f"t.{name}" if name in kept else f"count(d.edition_key) filter (where {_TALLIES[name]}) as {name}"
        for name in table.column_names
    ]
    return (
        f"select {', '.join(expressions)} from warehouse.marts.{table.name} as t left join marts.mart_dashboard as d "
        "on d.edition_key = t.edition_key and (t.is_total or coalesce(d.topic, 'Unmapped') = t.topic) group by "
        + ", ".join(f"t.{name}" for name in kept)
    )


@cache
def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
