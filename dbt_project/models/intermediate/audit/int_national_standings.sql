select
  points.measure_key,
  points.period_key,
  points.area_code,
  points.area_value,
  {{ placed_band('points.area_value', 'points.p25', 'points.p50', 'points.p75', 'polarities.polarity') }} as band_lait,
  {{ placed_band('points.area_value', 'points.p25', 'points.p50', 'points.p75', 'polarities.polarity', 'mirrored') }} as band_mirrored,
  cast(null as int) as band_ntile,
  cast(null as int) as band_exclusive,
  points.neighbours_mean,
  points.neighbours_n,
  points.neighbours_version
from {{ ref('national_quartile_points') }} as points
left join (
  select national_measure, min(polarity) as polarity from {{ ref('indicators') }} group by national_measure
) as polarities on polarities.national_measure = points.measure_key
