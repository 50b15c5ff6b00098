{%- set tables = ['dim_edition', 'dim_indicator', 'bridge_indicator_label', 'dim_period', 'dim_area', 'fct_observation', 'fct_assessment',
  'data_quality_issue', 'mart_dashboard', 'mart_edition_summary', 'mart_indicator_trend', 'mart_benchmark_position',
  'source_file', 'source_line', 'source_cell'] -%}
with inputs as (
  select {{ sha256_hex("coalesce(" ~ dbt.listagg('source_sha256', "' '", 'order by source_sha256') ~ ", '')") }} as inputs_sha256
  from {{ ref('dim_edition') }}
)

select
  'Quarterdeck' as product,
  '{{ var("quarterdeck_version") }}' as quarterdeck_version,
  cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp) as built_at,
  '{{ dbt_version }}' as dbt_version,
  inputs_sha256
  {%- for table in tables %},
  (select count(*) from {{ ref(table) }}) as {{ table }}_rows
  {%- endfor %}
from inputs
