-- No number without a reading that allows it, none that allows it without its number, and no damage or repair in silence.
with figures as (
  select
    observations.*,
    case observations.role when 'latest' then 'value_text' else 'previous_value_text' end as column_name
  from {{ ref('fct_observation') }} as observations
)

select 'value and status contradict each other' as finding, edition_key, row_number, role, value_text, value, value_status
from figures
where (value is not null) <> (value_status in ('reported', 'repaired'))
  or (value is null and (numerator is not null or decimals is not null))

union all

select 'damage or repair without an issue', edition_key, row_number, role, value_text, value, value_status
from figures
where value_status in ('damaged', 'repaired')
  and not exists (
    select 1
    from {{ ref('data_quality_issue') }} as issues
    where issues.edition_key = figures.edition_key
      and issues.row_number = figures.row_number
      and issues.column_name = figures.column_name
      and issues.issue_code in ('damaged_figure', 'impossible_figure', 'repaired_figure', 'figures_run_together', 'row_broken', 'row_cut_off')
  )

union all

select 'two current figures for one period', min(edition_key), min(row_number), min(role), indicator_key, null, period_key
from figures
where is_current
group by indicator_key, area_code, period_key
having count(*) > 1
