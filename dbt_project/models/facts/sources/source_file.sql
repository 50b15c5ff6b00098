select
  source_sha256,
  source_file,
  size_bytes,
  received_at,
  outcome,
  error_code,
  error_message,
  edition_key,
  area_code,
  financial_year,
  quarter,
  edition_source,
  area_source,
  layout,
  encoding,
  line_count,
  row_count,
  version_number,
  in_force,
  document
from {{ ref('stg_raw__received_files') }}
order by received_at, source_file, source_sha256
