-- Rows of the long file whose measure, period and area an earlier row of the same file has already. Usually none.
with cells as (
  select populations.population_number, lines.la_number, lines.source_row
  from {{ ref('stg_national__lait_long') }} as lines
  inner join {{ ref('int_national_populations') }} as populations
    on populations.source_sha256 = lines.source_sha256
    and populations.measure_key = lines.measure_key
    and populations.period_text = lines.period_text
    and populations.source_kind = 'lait'
),

repeated as (
  select population_number, la_number, min(source_row) as first_row
  from cells
  group by population_number, la_number
  having count(*) > 1
)

select cells.population_number, cells.la_number, cells.source_row
from cells
inner join repeated
  on repeated.population_number = cells.population_number and repeated.la_number is not distinct from cells.la_number
where cells.source_row > repeated.first_row
