{#
  The few places where engines differ, in one file. Everything else in this project is written in the
  subset of SQL that DuckDB and Spark read alike; patterns use no backslash, which Spark would consume.
#}

{# True when the whole text matches. An empty text never does. #}
{% macro matches(text, pattern) -%}
  (regexp_extract({{ text }}, '^(?:{{ pattern }})$', 0) <> '')
{%- endmacro %}

{# The group of a pattern, null where the pattern does not match. #}
{% macro extract_group(text, pattern, group=1) -%}
  nullif(regexp_extract({{ text }}, '{{ pattern }}', {{ group }}), '')
{%- endmacro %}

{% macro replace_all(text, pattern, replacement) -%}
  {{ return(adapter.dispatch('replace_all')(text, pattern, replacement)) }}
{%- endmacro %}
{% macro default__replace_all(text, pattern, replacement) -%}
  regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}
{% macro duckdb__replace_all(text, pattern, replacement) -%}
  regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro sha256_hex(text) -%}
  {{ return(adapter.dispatch('sha256_hex')(text)) }}
{%- endmacro %}
{% macro default__sha256_hex(text) -%}
  sha2({{ text }}, 256)
{%- endmacro %}
{% macro duckdb__sha256_hex(text) -%}
  sha256({{ text }})
{%- endmacro %}

{# The whole part of a quotient of whole numbers that are not negative, exact beyond what fractions can hold. #}
{% macro integer_divide(dividend, divisor) -%}
  {{ return(adapter.dispatch('integer_divide')(dividend, divisor)) }}
{%- endmacro %}
{% macro default__integer_divide(dividend, divisor) -%}
  ({{ dividend }} div {{ divisor }})
{%- endmacro %}
{% macro duckdb__integer_divide(dividend, divisor) -%}
  ({{ dividend }} // {{ divisor }})
{%- endmacro %}

{# A moment as UTC without a zone, so that every client shows the same. #}
{% macro utc(moment) -%}
  {{ return(adapter.dispatch('utc')(moment)) }}
{%- endmacro %}
{% macro default__utc(moment) -%}
  to_utc_timestamp({{ moment }}, current_timezone())
{%- endmacro %}
{% macro duckdb__utc(moment) -%}
  ({{ moment }} at time zone 'UTC')
{%- endmacro %}

{% macro as_text(expression) -%}
  cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro day_after(day) -%}
  cast({{ dbt.dateadd('day', 1, day) }} as date)
{%- endmacro %}

{% macro day_before(day) -%}
  cast({{ dbt.dateadd('day', -1, day) }} as date)
{%- endmacro %}

{% macro year_after(day) -%}
  cast({{ dbt.dateadd('year', 1, day) }} as date)
{%- endmacro %}

{% macro months_after(day, months) -%}
  last_day(cast({{ dbt.dateadd('month', months, day) }} as date))
{%- endmacro %}

{# The texts of a group in one, in an order; nulls are left out. #}
{% macro joined_text(text, separator, order_by) -%}
  {{ return(adapter.dispatch('joined_text')(text, separator, order_by)) }}
{%- endmacro %}
{% macro default__joined_text(text, separator, order_by) -%}
  listagg({{ text }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}
{% macro duckdb__joined_text(text, separator, order_by) -%}
  string_agg({{ text }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}
