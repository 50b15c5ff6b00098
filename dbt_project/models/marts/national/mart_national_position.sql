with cells as (
  select population_number, la_number, area_code, value, value_printed, value_status, reason_code, is_current
  from {{ ref('fct_national_value') }}
  where is_in_position
    and la_number in (select la_number from {{ ref('int_national_areas') }} where is_authority)
),

groups as (
  select population_number, la_number, value
  from {{ ref('fct_national_value') }}
  where is_in_position
    and la_number in (select la_number from {{ ref('int_national_areas') }} where not is_authority)
    and value is not null
),

placed as (
  select
    cells.*,
    populations.measure_key,
    populations.measure_name,
    populations.period_key,
    populations.period_text,
    populations.release_key,
    populations.source_kind,
    populations.revision_status,
    populations.term_marker,
    populations.polarity,
    populations.has_quartile,
    case when populations.has_quartile then populations.polarity end as band_polarity,
    areas.area_name,
    coalesce(points.n, 0) as n,
    points.p25,
    points.p50,
    points.p75,
    points.exclusive_p25,
    points.exclusive_p50,
    points.exclusive_p75,
    case populations.polarity when 'low_is_good' then ranks.rank_from_low when 'high_is_good' then points.n - ranks.at_most + 1 end as rank,
    case populations.polarity when 'low_is_good' then ranks.place when 'high_is_good' then points.n - ranks.place + 1 end as place_from_best,
    ranks.at_most - ranks.rank_from_low as ties,
    cells.value - points.p25 as from_p25,
    cells.value - points.p50 as from_p50,
    cells.value - points.p75 as from_p75,
    england.value as england_value,
    regions.value as region_value,
    case when neighbours.neighbours_n > 0 then neighbours.neighbours_mean end as neighbours_mean,
    neighbours.neighbours_median,
    coalesce(neighbours.neighbours_n, 0) as neighbours_n,
    neighbours.neighbours_version,
    cells.value - before.value as change,
    coalesce(trends.recent_trend, 'no_counts') as recent_trend,
    trends.trend_chi_squared
  from cells
  inner join {{ ref('int_national_populations') }} as populations on populations.population_number = cells.population_number
  inner join {{ ref('int_national_areas') }} as areas on areas.la_number = cells.la_number
  left join {{ ref('int_national_points') }} as points on points.population_number = cells.population_number
  left join {{ ref('int_national_ranks') }} as ranks on ranks.population_number = cells.population_number and ranks.la_number = cells.la_number
  left join {{ ref('int_national_ranks') }} as before
    on before.population_number = populations.previous_population_number and before.la_number = cells.la_number
  left join {{ ref('int_neighbour_values') }} as neighbours
    on neighbours.population_number = cells.population_number and neighbours.la_number = cells.la_number
  left join groups as england on england.population_number = cells.population_number and england.la_number = 970
  left join groups as regions on regions.population_number = cells.population_number and regions.la_number = areas.region_la_number
  left join {{ ref('int_national_trends') }} as trends
    on trends.measure_key = populations.measure_key and trends.period_key = populations.period_key and trends.la_number = cells.la_number
),

banded as (
  select
    *,
    cast({{ band_lait('value', 'p25', 'p50', 'p75', 'band_polarity') }} as int) as band_lait,
    cast({{ band_mirrored('value', 'p25', 'p50', 'p75', 'band_polarity') }} as int) as band_mirrored,
    cast(case when band_polarity <> 'neutral' then {{ band_ntile('place_from_best', 'n') }} end as int) as band_ntile,
    cast({{ band_mirrored('value', 'exclusive_p25', 'exclusive_p50', 'exclusive_p75', 'band_polarity') }} as int) as band_exclusive,
    case
      when abs(from_p50) <= abs(from_p25) and abs(from_p50) <= abs(from_p75) then 'p50'
      when abs(from_p25) <= abs(from_p75) then 'p25'
      when abs(from_p75) < abs(from_p25) then 'p75'
    end as nearest_boundary
  from placed
)

select
  measure_key,
  measure_name,
  area_code,
  area_name,
  la_number,
  period_key,
  period_text,
  release_key,
  source_kind,
  revision_status,
  term_marker,
  is_current,
  polarity,
  has_quartile,
  value,
  value_printed,
  value_status,
  reason_code,
  n,
  rank,
  band_lait,
  band_mirrored,
  band_ntile,
  band_exclusive,
  band_lait <> band_mirrored or band_lait <> band_ntile or band_lait <> coalesce(band_exclusive, band_lait) as band_depends_on_method,
  p25,
  p50,
  p75,
  exclusive_p25,
  exclusive_p50,
  exclusive_p75,
  case nearest_boundary when 'p25' then from_p25 when 'p50' then from_p50 when 'p75' then from_p75 end as distance_to_boundary,
  nearest_boundary,
  ties,
  england_value,
  region_value,
  neighbours_mean,
  neighbours_median,
  neighbours_n,
  neighbours_version,
  change,
  recent_trend,
  trend_chi_squared,
  population_number
from banded
