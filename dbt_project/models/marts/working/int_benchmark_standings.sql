with polarities as (
  select national_measure as measure_key, min(polarity) as polarity
  from {{ ref('indicators') }}
  where national_measure is not null
  group by national_measure
)

select
  points.measure_key,
  points.period_key,
  positions.area_code,
  positions.value as area_value,
  positions.band_lait,
  positions.band_mirrored,
  positions.band_ntile,
  positions.band_exclusive,
  positions.neighbours_mean,
  positions.neighbours_n,
  positions.neighbours_version
from {{ ref('int_benchmark_points') }} as points
inner join {{ ref('mart_national_position') }} as positions on positions.population_number = points.population_number
where positions.area_code in (select area_code from {{ ref('dim_edition') }})
union all
select
  seeded.measure_key,
  seeded.period_key,
  seeded.area_code,
  seeded.area_value,
  {{ band_lait('seeded.area_value', 'seeded.p25', 'seeded.p50', 'seeded.p75', 'polarities.polarity') }} as band_lait,
  {{ band_mirrored('seeded.area_value', 'seeded.p25', 'seeded.p50', 'seeded.p75', 'polarities.polarity') }} as band_mirrored,
  cast(null as int) as band_ntile,
  cast(null as int) as band_exclusive,
  seeded.neighbours_mean,
  seeded.neighbours_n,
  seeded.neighbours_version
from {{ ref('national_quartile_points') }} as seeded
inner join {{ ref('int_benchmark_points') }} as points
  on points.measure_key = seeded.measure_key and points.period_key = seeded.period_key and points.points_source = 'seed'
left join polarities on polarities.measure_key = seeded.measure_key
