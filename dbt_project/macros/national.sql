{#
  National figures: what a period text means by the dictionary's kind of year, why a cell holds no number, and how a
  number is printed.
#}

{#
  Emits common table expressions that read the period text of `relation` (columns period_text and year_type_text, the
  dictionary's Year_Type or the standard's identifier put in its words); the last one is called `national_periods_read`.
  The text is put into the words that `read_periods` knows, which gives type, key, label and dates. What a bare year is:
  an academic or financial year that ends in it; a calendar year; "Annual (end of Sept)": the twelve months to
  September; "Annual - January": that month; "Annual": the financial year that ends in it, because all measures of that
  kind are counts at 31 March. A year pair is the dictionary's kind of year, `2014-16` of a calendar-year measure
  the three calendar years, `2013/14-15/16` three years of the dictionary's kind. Everything else is left unread.
  Adds revision_status (provisional and revised as marked; unmarked and (Final) are final) and term_marker (OT).
#}
{% macro read_national_periods(relation) %}
{%- set pair = '20[0-9]{2}[-/](?:20)?[0-9]{2}' -%}
national_periods_marked as (
  select
    *,
    lower({{ clean_text('period_text') }}) as period_lowered,
    lower({{ clean_text('year_type_text') }}) as year_type_lowered
  from {{ relation }}
),

national_periods_stripped as (
  select
    *,
    case
      when {{ extract_group('period_lowered', '[(](p|prov|provisional)[)]') }} is not null then 'provisional'
      when {{ extract_group('period_lowered', '[(](r|rev|revised)[)]') }} is not null then 'revised'
      else 'final'
    end as revision_status,
    case when {{ extract_group('period_lowered', '[(](ot)[)]') }} is not null then 'OT' end as term_marker,
    trim({{ replace_all('period_lowered', ' ?[(](?:p|prov|provisional|r|rev|revised|final|ot)[)]', '') }}) as period_core,
    case year_type_lowered
      when 'academic year' then 'academic'
      when 'financial year' then 'financial'
      when 'annual' then 'financial'
      when 'calendar year' then 'calendar'
      when 'annual (end of sept)' then 'september'
      when 'annual - january' then 'january'
    end as year_kind
  from national_periods_marked
),

national_periods_parted as (
  select
    *,
    try_cast(left(period_core, 4) as int) as first_year,
    case
      when {{ matches('period_core', '20[0-9]{2}') }} then 'year'
      when {{ matches('period_core', '20[0-9]{4}') }} then 'pair'
      when {{ matches('period_core', pair) }} then 'pair'
      when {{ matches('period_core', pair ~ '-' ~ '(?:20)?[0-9]{2}/[0-9]{2}') }} then 'pairs'
      else 'other'
    end as core_form,
    2000 + try_cast(right(period_core, 2) as int) as end_year
  from national_periods_stripped
),

national_periods_worded as (
  select
    *,
    case
      when core_form = 'year' and year_kind in ('academic', 'financial') then {{ year_pair('(first_year - 1)') }}
      when core_form = 'year' and year_kind = 'calendar' then 'calendar year ' || first_year
      when core_form = 'year' and year_kind = 'september' then 'year ending september ' || first_year
      when core_form = 'year' and year_kind = 'january' then 'january ' || first_year
      when core_form = 'pair' and year_kind in ('academic', 'financial') and end_year = first_year + 1 then {{ year_pair('first_year') }}
      when core_form = 'pair' and year_kind = 'calendar' and end_year > first_year + 1 then first_year || '-' || end_year
      when core_form = 'other' then period_core
    end as period_words,
    case year_kind when 'academic' then 'academic' else 'calendar' end as words_year_type,
    core_form = 'pairs' and year_kind in ('academic', 'financial') and end_year between first_year + 2 and first_year + 10 as is_span_of_pairs
  from national_periods_parted
),

{{ read_periods('national_periods_worded', 'period_words', 'cast(null as int)', 'cast(null as int)', 'words_year_type') }},

national_periods_read as (
  select
    period_text,
    year_type_text,
    revision_status,
    term_marker,
    case when is_span_of_pairs then 'multi_year' else period_type end as period_type,
    case
      when is_span_of_pairs
        then 'my-' || {{ year_pair('first_year', '-') }} || '-' || {{ year_pair('(end_year - 1)', '-') }}
      else period_key
    end as period_key,
    case
      when is_span_of_pairs
        then upper(left(year_kind, 1)) || substr(year_kind, 2) || ' years ' || {{ year_pair('first_year') }} || ' to ' || {{ year_pair('(end_year - 1)') }}
      else period_label
    end as period_label,
    case when is_span_of_pairs then make_date(first_year, case year_kind when 'academic' then 9 else 4 end, 1) else period_start end as period_start,
    case when is_span_of_pairs then last_day(make_date(end_year, case year_kind when 'academic' then 8 else 3 end, 1)) else period_end end as period_end
  from periods_read
)
{%- endmacro %}

{# A number in a data file: digits, one point, an exponent; no thousands, no words, nothing that a double cannot hold. #}
{% macro data_number(text) -%}
  case
    when {{ matches(text, '[-+]?[0-9]{1,30}(?:[.][0-9]{1,30})?(?:[eE][-+]?[0-9]{1,3})?') }} and abs(try_cast({{ text }} as double)) < 1e300
      then try_cast({{ text }} as double)
  end
{%- endmacro %}

{# Why a cell of a national file holds no number: its "-", and the symbols of the open-data standard and before it. #}
{% macro reason_code(text) -%}
  case {{ text }}
    when '-' then 'suppressed_or_missing'
    when '~' then 'suppressed_or_missing'
    when 'c' then 'suppressed'
    when 'z' then 'not_applicable'
    when '.' then 'not_applicable'
    when 'x' then 'not_available'
    when ':' then 'not_available'
    when 'low' then 'rounds_to_zero'
    when 'k' then 'rounds_to_zero'
    when 'u' then 'low_reliability'
  end
{%- endmacro %}

{% macro data_status(text, value) -%}
  case
    when {{ value }} is not null then 'reported'
    when {{ text }} is null or trim({{ text }}) = '' then 'blank'
    when {{ reason_code(text) }} is not null then 'not_available'
    else 'damaged'
  end
{%- endmacro %}

{#
  A number as it would be printed: with these decimals, rounded half away from zero upon the shortest decimal text of the
  double (17.899999999999999 is the double of 17.9, and 1.005 gives 1.01); where decimals are not known, that text
  after rounding to twelve significant digits.
#}
{% macro printed_number(value, decimals) -%}
  {%- set shortest = as_text(value) -%}
  {%- set plain = "case when right(" ~ shortest ~ ", 2) = '.0' then left(" ~ shortest ~ ", length(" ~ shortest ~ ") - 2) else " ~ shortest ~ " end" -%}
  {%- set rounded = as_text("round(" ~ value ~ ", cast(11 - floor(log10(abs(" ~ value ~ "))) as int))") -%}
  case
    {%- for places in range(0, 7) %}
    when {{ decimals }} = {{ places }} then coalesce({{ as_text("round(try_cast(" ~ shortest ~ " as decimal(38, 18)), " ~ places ~ ")") }}, {{ shortest }})
    {%- endfor %}
    when {{ value }} is null then null
    when instr({{ shortest }}, 'e') > 0 then coalesce(rtrim(rtrim({{ as_text("try_cast(" ~ shortest ~ " as decimal(38, 18))") }}, '0'), '.'), {{ shortest }})
    when length({{ shortest }}) <= 13 then {{ plain }}
    else case when right({{ rounded }}, 2) = '.0' then left({{ rounded }}, length({{ rounded }}) - 2) else {{ rounded }} end
  end
{%- endmacro %}
