with periods as (
  select
    texts.source_sha256,
    texts.period_text,
    texts.time_identifier,
    periods.period_key
  from {{ ref('int_national_texts') }} as texts
  inner join {{ ref('int_national_periods') }} as periods
    on periods.period_text = texts.words_text and periods.year_type_text = coalesce(texts.year_type_text, '')
  where texts.source_kind = 'open_data' and texts.measure_key is null
)

select
  cells.dataset_key,
  cells.release_key,
  cells.time_period as period_text,
  cells.time_identifier,
  periods.period_key,
  cells.geographic_level,
  areas.area_code,
  coalesce(cells.la_code, cells.region_code, cells.country_code) as source_area_code,
  coalesce(cells.la_name, cells.region_name) as source_area_name,
  areas.la_number,
  cells.filters,
  cells.indicator,
  {{ data_number('cells.value_text') }} as value,
  cells.value_text,
  {{ data_status('cells.value_text', data_number('cells.value_text')) }} as value_status,
  case when {{ data_number('cells.value_text') }} is null then {{ reason_code('cells.value_text') }} end as reason_code,
  cells.source_file,
  cast(cells.source_row as int) as source_row
from {{ ref('stg_national__open_data') }} as cells
left join periods
  on periods.source_sha256 = cells.source_sha256
  and periods.period_text = cells.time_period
  and periods.time_identifier = cells.time_identifier
left join {{ ref('int_open_data_areas') }} as areas
  on areas.geographic_level is not distinct from cells.geographic_level
  and areas.country_code is not distinct from cells.country_code
  and areas.region_code is not distinct from cells.region_code
  and areas.la_code is not distinct from cells.la_code
  and areas.printed_la_number is not distinct from cells.la_number
