select
  source_sha256,
  source_row,
  coalesce(measure_short, 'unnamed') as measure_key,
  coalesce(period_text, '') as period_text,
  la_number,
  area_name,
  region_name,
  value_text
from {{ source('national', 'lait_long') }}
