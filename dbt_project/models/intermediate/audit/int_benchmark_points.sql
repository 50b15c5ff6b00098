with measures as (
  select distinct measure_key from {{ ref('indicator_comparability') }}
),

england as (
  select population_number, value
  from {{ ref('fct_national_value') }}
  where la_number = 970 and is_current
),

-- Over the same authorities as the quartile points, also those that were abolished before the period's end.
means as (
  select population_number, avg(value) as authorities_mean
  from {{ ref('mart_national_position') }}
  where is_current and measure_key in (select measure_key from measures)
  group by population_number
),

of_files as (
  select
    populations.population_number,
    populations.measure_key,
    populations.period_key,
    points.n,
    england.value as england,
    means.authorities_mean,
    points.p25,
    points.p50,
    points.p75,
    points.exclusive_p25,
    points.exclusive_p50,
    points.exclusive_p75
  from {{ ref('int_national_populations') }} as populations
  inner join measures on measures.measure_key = populations.measure_key
  inner join {{ ref('int_national_points') }} as points on points.population_number = populations.population_number
  left join means on means.population_number = populations.population_number
  left join england on england.population_number = populations.population_number
  where populations.place_of_period = 1
    and populations.term_marker is null
    and populations.period_key is not null
)

select
  population_number,
  measure_key,
  period_key,
  n,
  england,
  authorities_mean,
  p25,
  p50,
  p75,
  exclusive_p25,
  exclusive_p50,
  exclusive_p75,
  'national_file' as points_source
from of_files
union all
select
  cast(null as int) as population_number,
  measure_key,
  period_key,
  n,
  england,
  authorities_mean,
  p25,
  p50,
  p75,
  cast(null as double) as exclusive_p25,
  cast(null as double) as exclusive_p50,
  cast(null as double) as exclusive_p75,
  'seed' as points_source
from {{ ref('national_quartile_points') }}
where measure_key not in (select measure_key from of_files)
