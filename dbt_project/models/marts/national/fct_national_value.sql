{#- The long file's rows meet small tables only; what depends on measure and period was settled once for each of them. -#}
with counts as (
  select populations.population_number, counts.la_number, counts.numerator, counts.denominator, counts.release_key
  from {{ ref('int_national_counts') }} as counts
  inner join {{ ref('int_national_populations') }} as populations
    on populations.measure_key = counts.measure_key and populations.period_key = counts.period_key and populations.source_kind = 'lait'
),

of_lait as (
  select
    cells.source_sha256,
    cells.source_row,
    cells.measure_key,
    cells.period_text,
    cast(null as {{ dbt.type_string() }}) as time_identifier,
    cells.la_number,
    areas.area_code,
    cells.value_text,
    {{ data_number('cells.value_text') }} as value,
    counts.numerator,
    counts.denominator,
    counts.release_key as counts_release_key,
    repeats.source_row is not null as is_repeated,
    populations.population_number
  from {{ ref('stg_national__lait_long') }} as cells
  inner join {{ ref('int_national_populations') }} as populations
    on populations.source_sha256 = cells.source_sha256
    and populations.measure_key = cells.measure_key
    and populations.period_text = cells.period_text
    and populations.source_kind = 'lait'
  left join {{ ref('int_national_areas') }} as areas on areas.la_number = cells.la_number
  left join counts on counts.population_number = populations.population_number and counts.la_number = cells.la_number
  left join {{ ref('int_national_repeats') }} as repeats
    on repeats.source_sha256 = cells.source_sha256 and repeats.source_row = cells.source_row
),

of_open_data as (
  select
    cells.source_sha256,
    cells.source_row,
    cells.measure_key,
    cells.time_period as period_text,
    cells.time_identifier,
    cells.la_number,
    cells.area_code,
    cells.value_text,
    cells.value,
    cells.numerator,
    cells.denominator,
    case when cells.numerator is not null and cells.denominator is not null then populations.release_key end as counts_release_key,
    false as is_repeated,
    populations.population_number
  from {{ ref('int_open_data_measures') }} as cells
  inner join {{ ref('int_national_populations') }} as populations
    on populations.source_sha256 = cells.source_sha256
    and populations.measure_key = cells.measure_key
    and populations.period_text = cells.time_period
    and populations.time_identifier = cells.time_identifier
),

cells as (
  select * from of_lait
  union all
  select * from of_open_data
)

select
  populations.measure_key,
  cells.area_code,
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
  cells.counts_release_key,
  populations.place_of_period = 1 and not cells.is_repeated as is_current,
  populations.place_of_form = 1 and not cells.is_repeated as is_in_position,
  populations.population_number,
  populations.source_file,
  cast(cells.source_row as int) as source_row
from cells
inner join {{ ref('int_national_populations') }} as populations on populations.population_number = cells.population_number
