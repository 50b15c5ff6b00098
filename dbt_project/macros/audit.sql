{#
  What the audit's checks share: the columns of a comparison, and how figures stand in a sentence.
#}

{% macro audit_columns() -%}
  {{ return([
    'audit_key', 'check_code', 'edition_key', 'row_number', 'paragraph', 'indicator_key', 'claim_text', 'expected_text', 'method', 'verdict',
    'evidence', 'source_file', 'source_line_from', 'source_line_to', 'other_source_file', 'other_line_from', 'other_line_to'
  ]) }}
{%- endmacro %}

{#
  The columns of a comparison in their order, from a relation that has edition_key, row_number, indicator_key,
  claim_text, expected_text, method, verdict, evidence and both sources. number: tells comparisons of one row apart.
#}
{% macro audit_row(check_code, number='1') -%}
  '{{ check_code }}|' || edition_key || '|' || coalesce({{ as_text('row_number') }}, '') || '|' || {{ as_text(number) }} as audit_key,
  '{{ check_code }}' as check_code,
  edition_key,
  row_number,
  cast(null as int) as paragraph,
  indicator_key,
  claim_text,
  expected_text,
  method,
  verdict,
  evidence,
  source_file,
  source_line_from,
  source_line_to,
  other_source_file,
  other_line_from,
  other_line_to
{%- endmacro %}

{# A number without the zeros that a fraction carries: 5, 58.5, 1.87. #}
{% macro spoken_number(number) -%}
  case
    when {{ number }} = floor({{ number }}) and abs({{ number }}) < 1000000000000 then {{ as_text("cast(" ~ number ~ " as bigint)") }}
    else {{ as_text("round(" ~ number ~ ", 6)") }}
  end
{%- endmacro %}

{# A figure with its unit where a unit is spoken: 58.5%, 3855. #}
{% macro figure_words(number, unit) -%}
  {{ spoken_number(number) }} || case when {{ unit }} = 'percent' then '%' else '' end
{%- endmacro %}

{# 664, or 622 to 633; without an upper end 'at least 2001'. #}
{% macro interval_words(low, high) -%}
  case
    when {{ high }} is null then 'at least ' || {{ as_text(low) }}
    when {{ low }} = {{ high }} then {{ as_text(low) }}
    else {{ as_text(low) }} || ' to ' || {{ as_text(high) }}
  end
{%- endmacro %}

{% macro polarity_words(polarity) -%}
  case {{ polarity }} when 'high_is_good' then 'high is good' when 'low_is_good' then 'low is good' when 'neutral' then 'no polarity' end
{%- endmacro %}

{# The first letter in upper case, as a sentence starts. #}
{% macro capitalised(text) -%}
  upper(left({{ text }}, 1)) || substr({{ text }}, 2)
{%- endmacro %}

{# Whether two printed numbers can be one, the one rounded to the fewer decimals of both. #}
{% macro same_when_rounded(one, other, one_decimals, other_decimals) -%}
  (abs(round({{ one }} - {{ other }}, 6))
    <= case when {{ one_decimals }} = {{ other_decimals }} then 0 else round(0.5 * power(10, -least({{ one_decimals }}, {{ other_decimals }})), 6) end)
{%- endmacro %}

{# Units that say the same kind of figure: rates, ratios and scores are told apart by no edition. #}
{% macro kind_of_unit(unit) -%}
  case when {{ unit }} in ('rate', 'ratio', 'score') then 'rate' else {{ unit }} end
{%- endmacro %}

{% macro direction_words(direction) -%}
  case {{ direction }} when 'up' then 'higher' when 'down' then 'lower' when 'same' then 'similar or the same' else 'no direction' end
{%- endmacro %}

{# Whether a statement that something is not there is about comparisons with others, not about the figure. #}
{% macro says_no_quartile() -%}
  (coalesce(reason, '') in ('no_valid_comparison', 'national_data_unavailable')
    or instr(lower(words), 'quartile') > 0)
{%- endmacro %}
