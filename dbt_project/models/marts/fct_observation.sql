with ranked as (
  select
    *,
    row_number() over (
      partition by indicator_key, area_code, period_key
      order by
        case when value is null then 1 else 0 end,
        edition_period_end desc,
        case role when 'latest' then 0 else 1 end,
        edition_key,
        row_number
    ) as place
  from {{ ref('int_figures_dated') }}
)

select
  edition_key,
  row_number,
  role,
  indicator_key,
  area_code,
  period_key,
  period_text,
  value,
  cast(decimals as int) as decimals,
  unit,
  numerator,
  value_text,
  value_status,
  indicator_key is not null and period_key is not null and value is not null and place = 1 as is_current,
  source_file,
  line_from as source_line_from,
  line_to as source_line_to
from ranked
order by edition_key, row_number, role
