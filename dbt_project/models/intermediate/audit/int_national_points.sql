select
  measure_key,
  period_key,
  n,
  england,
  p25,
  p50,
  p75,
  cast(null as double) as exclusive_p25,
  cast(null as double) as exclusive_p50,
  cast(null as double) as exclusive_p75,
  'seed' as points_source
from {{ ref('national_quartile_points') }}
