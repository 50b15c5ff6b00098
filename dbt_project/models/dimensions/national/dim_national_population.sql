with counts as (
  select measure_key, period_key, max(release_key) as counts_release_key
  from {{ ref('int_national_counts') }}
  group by measure_key, period_key
),

england as (
  select population_number, max(value) as england_value
  from {{ ref('fct_national_cell') }}
  where la_number = (select la_number from {{ ref('int_national_areas') }} where area_type = 'country') and not is_repeated
  group by population_number
)

select
  populations.population_number,
  populations.measure_key,
  populations.measure_name,
  populations.polarity,
  populations.has_quartile,
  populations.decimals,
  populations.period_key,
  populations.period_text,
  populations.period_start,
  populations.period_end,
  populations.revision_status,
  populations.term_marker,
  populations.source_kind,
  populations.release_key,
  populations.source_file,
  case populations.source_kind when 'open_data' then populations.release_key else counts.counts_release_key end as counts_release_key,
  populations.place_of_period = 1 as is_current,
  populations.place_of_form = 1 as is_in_position,
  populations.previous_population_number,
  coalesce(points.n, 0) as n,
  points.p25,
  points.p50,
  points.p75,
  points.exclusive_p25,
  points.exclusive_p50,
  points.exclusive_p75,
  england.england_value
from {{ ref('int_national_populations') }} as populations
left join {{ ref('int_population_points') }} as points on points.population_number = populations.population_number
left join england on england.population_number = populations.population_number
left join counts on counts.measure_key = populations.measure_key and counts.period_key = populations.period_key
order by populations.population_number
