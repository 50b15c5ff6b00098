with current_figures as (
  select
    observations.indicator_key,
    observations.area_code,
    observations.period_key,
    periods.period_type,
    periods.label as period_label,
    periods.start_date,
    periods.end_date,
    observations.value,
    observations.decimals,
    observations.unit,
    observations.numerator,
    observations.value_status,
    observations.edition_key,
    observations.row_number,
    observations.role
  from {{ ref('fct_observation') }} as observations
  inner join {{ ref('dim_period') }} as periods on periods.period_key = observations.period_key
  where observations.is_current
)

select
  figures.indicator_key,
  indicators.indicator_name,
  indicators.topic,
  figures.area_code,
  figures.period_type,
  figures.period_key,
  figures.period_label,
  figures.start_date,
  figures.end_date,
  row_number() over (
    partition by figures.indicator_key, figures.area_code, figures.period_type
    order by figures.start_date, figures.end_date
  ) as series_order,
  figures.value,
  figures.decimals,
  figures.unit,
  figures.numerator,
  figures.value_status,
  before.period_key as previous_period_key,
  before.value as previous_value,
  -- Differences of printed decimals; rounding takes away what binary fractions add.
  round(figures.value - before.value, 6) as change,
  indicators.polarity,
  case
    when before.value is null or indicators.polarity = 'neutral' then null
    when figures.value = before.value then 'similar'
    when (figures.value > before.value) = (indicators.polarity = 'high_is_good') then 'better'
    else 'worse'
  end as change_judgement,
  figures.edition_key,
  figures.row_number,
  figures.role
from current_figures as figures
inner join {{ ref('dim_indicator') }} as indicators on indicators.indicator_key = figures.indicator_key
-- The period exactly before: of the same kind, ending the day before this one starts.
left join current_figures as before
  on before.indicator_key = figures.indicator_key
  and before.area_code = figures.area_code
  and before.period_type = figures.period_type
  and {{ day_after('before.end_date') }} = figures.start_date
  and before.unit = figures.unit
order by figures.indicator_key, figures.area_code, figures.period_type, figures.start_date
