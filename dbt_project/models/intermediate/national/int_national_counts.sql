-- The counts behind a measure's proportion, one row per measure, area and period: those of the newest open data.
select
  populations.measure_key,
  populations.period_key,
  populations.period_type,
  populations.period_start,
  cells.la_number,
  cells.numerator,
  cells.denominator,
  populations.release_key
from {{ ref('int_open_data_measures') }} as cells
inner join {{ ref('int_national_populations') }} as populations
  on populations.source_sha256 = cells.source_sha256
  and populations.measure_key = cells.measure_key
  and populations.period_text = cells.time_period
  and populations.time_identifier = cells.time_identifier
where cells.numerator is not null
  and cells.denominator > 0
  and cells.la_number is not null
  and populations.period_key is not null
qualify row_number() over (
  partition by populations.measure_key, populations.period_key, cells.la_number
  order by populations.release_place, populations.source_sha256, cells.source_row
) = 1
