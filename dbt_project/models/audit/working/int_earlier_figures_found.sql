-- Figures of the same indicator that other editions, no newer than the row's own, print for another period. kind says
-- what that period is to the row's: named (the row names it as its previous period), period_before (of the same
-- kind, ending the day before), edition_before (what the edition of the quarter before printed, where periods overlap or leave
-- gaps) or year_before (the same period a year earlier).
with figures as (
  select
    observations.edition_key,
    observations.row_number,
    observations.role,
    observations.indicator_key,
    observations.area_code,
    observations.period_key,
    observations.value,
    observations.decimals,
    observations.unit,
    observations.source_file,
    observations.source_line_from,
    observations.source_line_to,
    periods.period_type,
    periods.label as period_label,
    periods.start_date as period_start,
    periods.end_date as period_end,
    editions.period_end as edition_end
  from {{ ref('fct_observation') }} as observations
  inner join {{ ref('dim_period') }} as periods on periods.period_key = observations.period_key
  inner join {{ ref('dim_edition') }} as editions on editions.edition_key = observations.edition_key
  where observations.value is not null and observations.indicator_key is not null
),

matched as (
  select
    audited.edition_key,
    audited.row_number,
    case
      when figures.period_key = audited.previous_period_key then 'named'
      when figures.period_type = audited.period_type
        and {{ day_after('figures.period_end') }} = audited.period_start
        and audited.period_type not in ('month', 'rolling_year', 'multi_year')
        -- The count from April to June does not follow on the count of a whole year.
        and audited.basis <> 'year_to_date' then 'period_before'
      when figures.period_type = audited.period_type
        and audited.period_type in ('month', 'rolling_year')
        and {{ day_after('figures.edition_end') }} = audited.edition_start
        and figures.role = 'latest'
        and figures.period_end < audited.period_end then 'edition_before'
      when figures.period_type = audited.period_type
        and {{ year_after('figures.period_start') }} = audited.period_start
        and {{ year_after('figures.period_end') }} >= {{ day_before('audited.period_end') }}
        and figures.period_end < audited.period_start then 'year_before'
    end as kind,
    figures.edition_key as earlier_edition_key,
    figures.row_number as earlier_row_number,
    figures.role as earlier_role,
    figures.edition_end as earlier_edition_end,
    figures.period_key,
    figures.period_label,
    figures.value,
    figures.decimals,
    figures.unit,
    figures.source_file,
    figures.source_line_from,
    figures.source_line_to
  from {{ ref('int_audit_rows_gathered') }} as audited
  inner join figures
    on figures.indicator_key = audited.indicator_key
    and figures.area_code = audited.area_code
    and figures.edition_key <> audited.edition_key
    and figures.edition_end < audited.edition_end
)

select *
from matched
where kind is not null
-- The newest word on a period counts.
qualify row_number() over (
  partition by edition_key, row_number, kind
  order by earlier_edition_end desc, case earlier_role when 'latest' then 0 else 1 end, earlier_edition_key, earlier_row_number
) = 1
