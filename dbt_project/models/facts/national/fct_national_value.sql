{{ config(materialized='view') }}
{#- A view: of every figure the texts of its measure and period would be stored 640,000 times. -#}
select
  populations.measure_key,
  areas.area_code,
  cells.la_number,
  populations.period_key,
  populations.period_text,
  populations.release_key,
  populations.source_kind,
  cells.value,
  cells.value_text,
  {{ printed_number('cells.value', 'populations.decimals') }} as value_printed,
  {{ data_status('cells.value_text', 'cells.value') }} as value_status,
  case when cells.value is null then {{ reason_code('cells.value_text') }} end as reason_code,
  populations.revision_status,
  populations.term_marker,
  cells.numerator,
  cells.denominator,
  case when cells.numerator is not null and cells.denominator is not null then populations.counts_release_key end as counts_release_key,
  populations.is_current and not cells.is_repeated as is_current,
  populations.is_in_position and not cells.is_repeated as is_in_position,
  cells.population_number,
  populations.source_file,
  cells.source_row
from {{ ref('fct_national_cell') }} as cells
inner join {{ ref('dim_national_population') }} as populations on populations.population_number = cells.population_number
left join {{ ref('dim_area') }} as areas on areas.national_la_number = cells.la_number
