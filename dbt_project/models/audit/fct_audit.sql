{%- set checks = ['quartile', 'benchmark', 'printed_colour', 'printed_direction', 'printed_polarity', 'bracket_possible', 'implied_cohort',
  'bracket_meaning', 'printed_target', 'previous_figure', 'indicator_changed', 'claim', 'tally'] -%}
{#- Checks against national figures speak of one row, and hold it against no line of another document. -#}
{%- set lacking = {} -%}
{%- for check in ['quartile', 'benchmark'] -%}
  {%- do lacking.update({check: ['paragraph', 'other_source_file', 'other_line_from', 'other_line_to']}) -%}
{%- endfor -%}
with compared as (
  {%- for check in checks %}
  select
    {%- for column in audit_columns() %}
    {{ 'null as ' if column in lacking.get(check, []) }}{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
  from {{ ref('int_audit__' ~ check) }}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
)

select
  {%- for column in audit_columns() %}
  compared.{{ column }},
  {%- endfor %}
  coalesce(particular.severity, general.severity) as severity
from compared
left join {{ ref('audit_severities') }} as particular
  on particular.check_code = compared.check_code and particular.verdict = compared.verdict
left join {{ ref('audit_severities') }} as general
  on general.check_code = '*' and general.verdict = compared.verdict
order by compared.edition_key, compared.row_number nulls first, compared.audit_key
