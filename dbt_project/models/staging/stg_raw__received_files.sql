{{ config(materialized='table') }}
with received as (
  select
    source_sha256,
    source_file,
    size_bytes,
    {{ utc('received_at') }} as received_at,
    outcome,
    error_code,
    error_message,
    edition_key,
    area_code,
    financial_year,
    quarter,
    try_cast(left(financial_year, 4) as int) as fy_start,
    edition_source,
    area_source,
    layout,
    nullif(trim(comparator_text), '') as comparator_text,
    coalesce(vocabulary, '') as vocabulary,
    encoding,
    line_count,
    row_count,
    version_number,
    in_force,
    document
  from {{ source('raw', 'received_files') }}
)

select
  *,
  {{ quarter_start('fy_start', 'quarter') }} as period_start,
  {{ quarter_end('fy_start', 'quarter') }} as period_end,
  {{ quarter_key('fy_start', 'quarter') }} as reporting_quarter
from received
