{{ config(materialized='view') }}
{#- A view: all that is computed over many rows is stored in fct_national_place and dim_national_population. -#}
with placed as (
  select
    places.*,
    populations.measure_key,
    populations.measure_name,
    populations.period_key,
    populations.period_text,
    populations.release_key,
    populations.source_kind,
    populations.revision_status,
    populations.term_marker,
    populations.is_current,
    populations.decimals,
    populations.polarity,
    populations.has_quartile,
    case when populations.has_quartile then populations.polarity end as band_polarity,
    populations.n,
    populations.p25,
    populations.p50,
    populations.p75,
    populations.exclusive_p25,
    populations.exclusive_p50,
    populations.exclusive_p75,
    populations.england_value,
    areas.area_code,
    areas.area_name,
    lists.list_version,
    abs(places.value - populations.p25) as off_p25,
    abs(places.value - populations.p50) as off_p50,
    abs(places.value - populations.p75) as off_p75,
    case populations.polarity when 'low_is_good' then places.place when 'high_is_good' then populations.n - places.place + 1 end as place_from_best,
    trends.recent_trend,
    trends.trend_chi_squared
  from {{ ref('fct_national_place') }} as places
  inner join {{ ref('dim_national_population') }} as populations on populations.population_number = places.population_number
  inner join {{ ref('dim_area') }} as areas on areas.national_la_number = places.la_number
  left join {{ ref('dim_neighbour_list') }} as lists on lists.list_number = places.neighbours_list_number
  left join {{ ref('fct_national_trend') }} as trends
    on trends.population_number = places.population_number and trends.la_number = places.la_number
),

banded as (
  select
    *,
    cast({{ band_lait('value', 'p25', 'p50', 'p75', 'band_polarity') }} as int) as band_lait,
    cast({{ band_mirrored('value', 'p25', 'p50', 'p75', 'band_polarity') }} as int) as band_mirrored,
    cast(case when band_polarity <> 'neutral' then {{ band_ntile('place_from_best', 'n') }} end as int) as band_ntile,
    cast({{ band_mirrored('value', 'exclusive_p25', 'exclusive_p50', 'exclusive_p75', 'band_polarity') }} as int) as band_exclusive,
    case
      when off_p50 <= off_p25 and off_p50 <= off_p75 then 'p50'
      when off_p25 <= off_p75 then 'p25'
      when off_p75 < off_p25 then 'p75'
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
  {{ printed_number('value', 'decimals') }} as value_printed,
  n,
  case polarity when 'low_is_good' then rank_from_low when 'high_is_good' then n - at_most + 1 end as rank,
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
  case nearest_boundary when 'p25' then value - p25 when 'p50' then value - p50 when 'p75' then value - p75 end as distance_to_boundary,
  nearest_boundary,
  at_most - rank_from_low as ties,
  england_value,
  region_value,
  neighbours_mean,
  neighbours_median,
  neighbours_n,
  list_version as neighbours_version,
  value - previous_value as change,
  coalesce(recent_trend, 'no_counts') as recent_trend,
  trend_chi_squared,
  population_number
from banded
