-- Rows of the long file whose measure, period and area an earlier row of the same file has already. Usually none.
with repeated as (
  select source_sha256, measure_key, period_text, la_number
  from {{ ref('stg_national__lait_long') }}
  group by source_sha256, measure_key, period_text, la_number
  having count(*) > 1
)

select
  cells.source_sha256,
  cells.source_row,
  cells.measure_key,
  cells.period_text,
  cells.area_name,
  cells.value_text
from {{ ref('stg_national__lait_long') }} as cells
inner join repeated
  on repeated.source_sha256 = cells.source_sha256
  and repeated.measure_key = cells.measure_key
  and repeated.period_text = cells.period_text
  and repeated.la_number is not distinct from cells.la_number
qualify row_number() over (
  partition by cells.source_sha256, cells.measure_key, cells.period_text, cells.la_number
  order by cells.source_row
) > 1
