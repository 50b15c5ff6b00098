select
  edition_key,
  area_code,
  financial_year,
  quarter,
  period_start,
  period_end,
  layout,
  comparator_text,
  source_file,
  source_sha256,
  row_count,
  line_count
from {{ ref('stg_raw__received_files') }}
where in_force and coalesce(document, 'dashboard') = 'dashboard'
order by period_start, edition_key
