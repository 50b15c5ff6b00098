{{ config(materialized='table') }}
{%- set text_columns = ['section_text', 'theme_text', 'label_text', 'frequency_text', 'updated_text', 'period_text', 'value_text',
  'comparison_text', 'rag_text', 'quartile_text', 'benchmark_text', 'target_text', 'previous_period_text', 'previous_value_text'] -%}
{%- set cells = {'latest': 'value_text', 'previous': 'previous_value_text', 'benchmark': 'benchmark_text', 'target': 'target_number_text'} -%}
with rows_lowered as (
  select
    *,
    lower({{ clean_text('target_text') }}) as target_lower,
    lower({{ clean_text('rag_text') }}) as rag_lower,
    {{ clean_text('quartile_text') }} as quartile_clean,
    {{ clean_text('benchmark_text') }} as benchmark_clean,
    lower({{ clean_text('comparison_text') }}) as comparison_lower
  from {{ ref('base_raw__rows') }}
),

rows_split as (
  select
    *,
    case {{ extract_group('target_lower', '^(<=|>=|=<|=>|[<>≤≥])') }}
      when '<' then '<' when '>' then '>'
      when '<=' then '<=' when '=<' then '<=' when '≤' then '<='
      when '>=' then '>=' when '=>' then '>=' when '≥' then '>='
    end as target_operator_read,
    {{ extract_group('target_lower', '^[<>=≤≥]* ?(.*)$') }} as target_number_text,
    nullif(trim(translate({{ without_polarity('comparison_lower') }}, '()-', '   ')), '') as comparison_word
  from rows_lowered
),

{{ read_figures('rows_split', cells) }}

select
  edition_key,
  source_sha256,
  source_file,
  row_number,
  line_from,
  line_to,
  {% for column in text_columns %}
  {{ column }},
  {%- endfor %}
  coalesce({{ normalise_label('label_text') }}, '') as normalised_label,
  coalesce({{ stated_polarity('comparison_text') }}, {{ stated_polarity('label_text') }}) as printed_polarity,
  comparison_word,

  {% for prefix in ['latest', 'previous'] %}
  {{ prefix }}_reading,
  {{ prefix }}_repair,
  {{ prefix }}_value,
  {{ prefix }}_decimals,
  {{ prefix }}_has_percent,
  {{ prefix }}_bracket,
  {{ prefix }}_bracket_count,
  {% endfor %}

  case
    when rag_lower in ('g', 'green') then 'green'
    when rag_lower in ('a', 'amber') then 'amber'
    when rag_lower in ('r', 'red') then 'red'
  end as rag,
  case
    when rag_lower is null or rag_lower in ('g', 'green', 'a', 'amber', 'r', 'red') then 'read'
    when {{ is_misread_not_applicable('rag_lower') }} then 'misread'
    when {{ is_not_applicable('rag_lower') }} then 'read'
    when {{ is_only_marks('rag_lower') }} then 'mark'
    else 'unread'
  end as rag_reading,

  case when {{ matches('quartile_clean', '[1-4]') }} then cast(quartile_clean as int) end as quartile,
  case
    when quartile_clean is null or {{ matches('quartile_clean', '[1-4]') }} then 'read'
    when {{ is_misread_not_applicable('quartile_clean') }} then 'misread'
    when {{ is_not_applicable('quartile_clean') }} then 'read'
    when {{ is_only_marks('quartile_clean') }} then 'mark'
    else 'unread'
  end as quartile_reading,

  benchmark_value,
  benchmark_has_percent,
  case
    when benchmark_reading <> 'unread' then benchmark_reading
    when {{ is_misread_not_applicable('benchmark_clean') }} then 'misread'
    when {{ is_not_applicable('benchmark_clean') }} then 'read'
    when {{ is_only_marks('benchmark_clean') }} then 'mark'
    else 'unread'
  end as benchmark_reading,

  case when target_value is not null then target_operator_read end as target_operator,
  target_value,
  target_has_percent,
  case
    when target_lower is null then 'none'
    when target_value is not null and target_operator_read is not null then 'limit'
    when target_value is not null then 'number'
    when {{ is_not_applicable('target_lower') }} or {{ is_only_marks('target_lower') }} or instr(target_lower, 'no target') > 0 then 'none'
    when instr(target_lower, 'top quartile') > 0 then 'top_quartile'
    else 'words'
  end as target_kind,
  case
    when target_lower is null or target_value is not null then target_reading
    when {{ is_misread_not_applicable('target_lower') }} then 'misread'
    when {{ is_not_applicable('target_lower') }} then 'read'
    when {{ is_only_marks('target_lower') }} and target_operator_read is null then 'mark'
    when {{ matches('target_lower', '[^0-9<>=≤≥]*') }} then 'read'
    else 'unread'
  end as target_reading
from figures_read
