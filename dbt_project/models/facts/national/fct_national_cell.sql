{#-
  The long file's rows meet small tables only; what depends on measure and period was settled once for each of them. Kept
  narrow, because a column of texts costs as much to write as all numbers together; fct_national_value adds the rest.
-#}
with counts as (
  select populations.population_number, counts.la_number, counts.numerator, counts.denominator
  from {{ ref('int_national_counts') }} as counts
  inner join {{ ref('int_national_populations') }} as populations
    on populations.measure_key = counts.measure_key and populations.period_key = counts.period_key and populations.source_kind = 'lait'
),

of_lait as (
  select
    populations.population_number,
    cells.la_number,
    {{ data_number('cells.value_text') }} as value,
    cells.value_text,
    counts.numerator,
    counts.denominator,
    repeats.source_row is not null as is_repeated,
    cells.source_row
  from {{ ref('stg_national__lait_long') }} as cells
  inner join {{ ref('int_national_populations') }} as populations
    on populations.source_sha256 = cells.source_sha256
    and populations.measure_key = cells.measure_key
    and populations.period_text = cells.period_text
    and populations.source_kind = 'lait'
  left join counts on counts.population_number = populations.population_number and counts.la_number = cells.la_number
  left join {{ ref('int_national_repeats') }} as repeats
    on repeats.population_number = populations.population_number and repeats.source_row = cells.source_row
),

of_open_data as (
  select
    populations.population_number,
    cells.la_number,
    cells.value,
    cells.value_text,
    cells.numerator,
    cells.denominator,
    false as is_repeated,
    cells.source_row
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
  population_number,
  la_number,
  value,
  value_text,
  numerator,
  denominator,
  is_repeated,
  cast(source_row as int) as source_row
from cells
