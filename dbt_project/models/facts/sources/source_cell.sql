{%- set columns = ['section_text', 'theme_text', 'label_text', 'frequency_text', 'updated_text', 'period_text', 'value_text',
  'comparison_text', 'rag_text', 'quartile_text', 'benchmark_text', 'target_text', 'previous_period_text', 'previous_value_text'] -%}
with cells as (
  {% for column in columns %}
  select
    edition_key,
    row_number,
    {{ loop.index }} as column_number,
    '{{ column }}' as column_name,
    {{ column }} as cell_text
  from {{ ref('stg_raw__rows') }}
  where {{ column }} is not null
  {{ 'union all' if not loop.last }}
  {%- endfor %}
)

select
  edition_key,
  row_number,
  column_number,
  column_name,
  cell_text
from cells
order by edition_key, row_number, column_number
