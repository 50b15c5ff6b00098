{%- set text_columns = ['section_text', 'theme_text', 'label_text', 'frequency_text', 'updated_text', 'period_text', 'value_text',
  'comparison_text', 'rag_text', 'quartile_text', 'benchmark_text', 'target_text', 'previous_period_text', 'previous_value_text'] -%}
-- The rows of the versions in force, still text. On its own because unit tests cannot stand in for external Parquet.
select
  raw_rows.edition_key,
  raw_rows.source_sha256,
  files.source_file,
  raw_rows.row_number,
  raw_rows.line_from,
  raw_rows.line_to,
  {%- for column in text_columns %}
  nullif(trim(raw_rows.{{ column }}), '') as {{ column }}{{ ',' if not loop.last }}
  {%- endfor %}
from {{ source('raw', 'rows') }} as raw_rows
inner join {{ ref('stg_raw__received_files') }} as files
  on files.source_sha256 = raw_rows.source_sha256 and files.edition_key = raw_rows.edition_key and files.in_force
