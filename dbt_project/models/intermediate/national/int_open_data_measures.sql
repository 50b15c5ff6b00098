-- One row per cell of the open data that is a figure of a measure, with the counts above and below the line.
with cells as (
  select
    cells.source_sha256,
    cells.source_row,
    cells.time_period,
    cells.time_identifier,
    cells.filters,
    cells.indicator,
    cells.dataset_key,
    cells.value_text,
    areas.la_number,
    areas.area_code
  from {{ ref('stg_national__open_data') }} as cells
  inner join {{ ref('int_open_data_areas') }} as areas
    on areas.geographic_level is not distinct from cells.geographic_level
    and areas.country_code is not distinct from cells.country_code
    and areas.region_code is not distinct from cells.region_code
    and areas.la_code is not distinct from cells.la_code
    and areas.printed_la_number is not distinct from cells.la_number
  where cells.dataset_key in (select dataset_key from {{ ref('national_measure_map') }})
),

maps as (
  select
    measure_key,
    dataset_key,
    replace(replace(filters, '": "', '":"'), '", "', '","') as filters,
    value_indicator,
    numerator_indicator,
    denominator_indicator,
    replace(replace(coalesce(denominator_filters, filters), '": "', '":"'), '", "', '","') as denominator_filters
  from {{ ref('national_measure_map') }}
)

select
  maps.measure_key,
  cells.source_sha256,
  cells.source_row,
  cells.time_period,
  cells.time_identifier,
  cells.la_number,
  cells.area_code,
  cells.value_text,
  {{ data_number('cells.value_text') }} as value,
  {{ data_number('numerators.value_text') }} as numerator,
  {{ data_number('denominators.value_text') }} as denominator
from maps
inner join cells on cells.dataset_key = maps.dataset_key and cells.filters = maps.filters and cells.indicator = maps.value_indicator
left join cells as numerators
  on numerators.source_sha256 = cells.source_sha256
  and numerators.source_row = cells.source_row
  and numerators.indicator = maps.numerator_indicator
left join cells as denominators
  on denominators.source_sha256 = cells.source_sha256
  and denominators.filters = maps.denominator_filters
  and denominators.indicator = maps.denominator_indicator
  and denominators.time_period = cells.time_period
  and denominators.time_identifier = cells.time_identifier
  and denominators.area_code = cells.area_code
