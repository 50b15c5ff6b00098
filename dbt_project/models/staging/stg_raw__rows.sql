{{ config(materialized='table') }}
{%- set text_columns = ['section_text', 'theme_text', 'label_text', 'frequency_text', 'updated_text', 'period_text', 'value_text',
  'comparison_text', 'rag_text', 'quartile_text', 'benchmark_text', 'target_text', 'previous_period_text', 'previous_value_text'] -%}
{%- set cells = {'latest': 'value_text', 'previous': 'previous_value_text', 'benchmark': 'benchmark_text', 'target': 'target_number_text'} -%}
with rows_lowered as (
  select
    *,
    {{ without_raised_marks("lower(" ~ clean_text('target_text') ~ ")") }} as target_lower,
    replace(replace({{ without_raised_marks("lower(" ~ clean_text('rag_text') ~ ")") }}, ' /', '/'), '/ ', '/') as rag_lower,
    {{ without_raised_marks(clean_text('quartile_text')) }} as quartile_clean,
    {{ clean_text('benchmark_text') }} as benchmark_plain,
    {{ without_raised_marks("lower(" ~ clean_text('comparison_text') ~ ")") }} as comparison_lower
  from {{ ref('base_raw__rows') }}
),

-- A limit is printed as a sign or in words, before the number or behind it.
rows_limited as (
  select
    *,
    {{ extract_group('target_lower', '^(<=|>=|=<|=>|[<>≤≥])') }} as target_sign,
    {{ extract_group('target_lower', '^(below|under|less than|fewer than|at most|no more than|not more than|up to|max(?:imum)?(?: of)?|above|over|more than|greater than|at least|no less than|not less than|no fewer than|min(?:imum)?(?: of)?) ') }} as target_words_before,
    {{ extract_group('target_lower', '[0-9%a-z]( ?[+]| or (?:less|fewer|below|under|lower|more|above|over|higher))$') }} as target_words_behind,
    {{ extract_group('target_lower', '^(?:between )?(' ~ count_pattern() ~ '|[0-9]{1,12}[.][0-9]{1,6})(?: ?%)?(?: ?- ?| to | and )(?:' ~ number_pattern() ~ ')(?: ?%)?$') }} as target_low_text,
    {{ extract_group('target_lower', '^(?:between )?(?:' ~ number_pattern() ~ ')(?: ?%)?(?: ?- ?| to | and )(' ~ count_pattern() ~ '|[0-9]{1,12}[.][0-9]{1,6})(?: ?%)?$') }} as target_high_text
  from rows_lowered
),

rows_split as (
  select
    *,
    case
      when target_sign in ('<', '>') then target_sign
      when target_sign in ('<=', '=<', '≤') then '<='
      when target_sign in ('>=', '=>', '≥') then '>='
      when target_words_before in ('below', 'under', 'less than', 'fewer than') then '<'
      when target_words_before in ('above', 'over', 'more than', 'greater than') then '>'
      when {{ matches('target_words_before', 'at most|no more than|not more than|up to|max.*') }} then '<='
      when {{ matches('target_words_before', 'at least|no less than|not less than|no fewer than|min.*') }} then '>='
      when {{ matches('trim(target_words_behind)', 'or (?:less|fewer|below|under|lower)') }} then '<='
      when target_words_behind is not null then '>='
    end as target_operator_read,
    case
      when target_sign is not null then {{ extract_group('target_lower', '^[<>=≤≥]* ?(.*)$') }}
      when target_words_before is not null then substr(target_lower, length(target_words_before) + 2)
      when target_words_behind is not null then left(target_lower, length(target_lower) - length(target_words_behind))
      else target_lower
    end as target_number_text,
    {{ to_number('target_low_text') }} as target_low_read,
    {{ to_number('target_high_text') }} as target_high_read,
    nullif(trim(translate({{ without_polarity('comparison_lower') }}, '()-', '   ')), '') as comparison_word
  from rows_limited
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
  {{ prefix }}_has_mark,
  {{ prefix }}_printed_unit,
  {{ prefix }}_bracket,
  {{ prefix }}_bracket_count,
  {% endfor %}

  case
    when rag_lower in ('g', 'green') then 'green'
    when rag_lower in ('a', 'amber') then 'amber'
    when rag_lower in ('r', 'red') then 'red'
  end as rag,
  rag_lower,
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
    when {{ is_misread_not_applicable('benchmark_plain') }} then 'misread'
    when {{ is_not_applicable('benchmark_plain') }} then 'read'
    when {{ is_only_marks('benchmark_plain') }} then 'mark'
    else 'unread'
  end as benchmark_reading,

  case when target_value is not null then target_operator_read end as target_operator,
  target_value,
  target_has_percent,
  case
    when target_lower is null then 'none'
    when target_value is not null and target_operator_read is not null then 'limit'
    when target_value is not null then 'number'
    when target_low_read < target_high_read then 'range'
    when {{ is_not_applicable('target_lower') }} or {{ is_only_marks('target_lower') }} or instr(target_lower, 'no target') > 0 then 'none'
    when instr(target_lower, 'top quartile') > 0 then 'top_quartile'
    else 'words'
  end as target_kind,
  case when target_low_read < target_high_read then target_low_read end as target_low,
  case when target_low_read < target_high_read then target_high_read end as target_high,
  case
    when target_lower is null or target_value is not null then target_reading
    when target_low_read < target_high_read then 'read'
    when {{ is_misread_not_applicable('target_lower') }} then 'misread'
    when {{ is_not_applicable('target_lower') }} then 'read'
    when {{ is_only_marks('target_lower') }} and target_operator_read is null then 'mark'
    when {{ matches('target_lower', '[^0-9<>=≤≥]*') }} then 'read'
    else 'unread'
  end as target_reading
from figures_read
