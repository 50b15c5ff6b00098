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
    ) as place,
    -- A row that prints no figure at all has no period either, whatever stands in its period cell.
    count_if(value_status not in ('not_available', 'see_appendix', 'blank'))
      over (partition by edition_key, row_number) > 0 as row_prints_a_figure
  from {{ ref('int_figures_dated') }}
)

select
  edition_key,
  row_number,
  role,
  indicator_key,
  area_code,
  case when row_prints_a_figure then period_key end as period_key,
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
