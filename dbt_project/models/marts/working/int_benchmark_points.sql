with wanted as (
  select *
  from {{ ref('dim_national_population') }}
  where is_current
    and term_marker is null
    and period_key is not null
    and n > 0
    and measure_key in (select measure_key from {{ ref('indicator_comparability') }})
),

-- Over the same authorities as the quartile points, also those that were abolished before the period's end.
means as (
  select population_number, round(avg(value), 6) as authorities_mean
  from {{ ref('fct_national_place') }}
  where population_number in (select population_number from wanted)
  group by population_number
),

of_files as (
  select wanted.*, wanted.england_value as england, means.authorities_mean
  from wanted
  left join means on means.population_number = wanted.population_number
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
