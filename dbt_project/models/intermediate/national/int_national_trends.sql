-- Chi-squared for the trend of a proportion over the five unbroken years that end with a period (methods.md section 6).
with points as (
  select measure_key, la_number, period_key, extract(year from period_start) as start_year, period_type, numerator, denominator
  from {{ ref('int_national_counts') }}
  where period_type in ('academic_year', 'financial_year', 'calendar_year', 'rolling_year', 'month')
    and numerator between 0 and denominator
),

series as (
  select
    ends.measure_key,
    ends.la_number,
    ends.period_key,
    cast(points.start_year - ends.start_year + 5 as double) as t,
    points.numerator as c,
    points.denominator as d
  from points as ends
  inner join points
    on points.measure_key = ends.measure_key
    and points.la_number = ends.la_number
    and points.period_type = ends.period_type
    and points.start_year between ends.start_year - 4 and ends.start_year
),

summed as (
  select
    measure_key,
    la_number,
    period_key,
    count(*) as years,
    sum(c) as sum_c,
    sum(d) as sum_d,
    sum(c * t) as sum_ct,
    sum(d * t) as sum_dt,
    sum(d * t * t) as sum_dtt
  from series
  group by measure_key, la_number, period_key
),

-- The sign of the slope without each of the years.
refitted as (
  select
    series.measure_key,
    series.la_number,
    series.period_key,
    min(sign((sum_d - d) * (sum_ct - c * t) - (sum_c - c) * (sum_dt - d * t))) as lowest_sign,
    max(sign((sum_d - d) * (sum_ct - c * t) - (sum_c - c) * (sum_dt - d * t))) as highest_sign
  from series
  inner join summed
    on summed.measure_key = series.measure_key and summed.la_number = series.la_number and summed.period_key = series.period_key
  where summed.years = 5
  group by series.measure_key, series.la_number, series.period_key
),

tested as (
  select
    summed.measure_key,
    summed.la_number,
    summed.period_key,
    summed.years,
    refitted.lowest_sign,
    refitted.highest_sign,
    case
      when summed.years = 5
        then sum_d * (sum_d * sum_ct - sum_c * sum_dt) * (sum_d * sum_ct - sum_c * sum_dt)
          / nullif(sum_c * (sum_d - sum_c) * (sum_d * sum_dtt - sum_dt * sum_dt), 0)
    end as trend_chi_squared
  from summed
  left join refitted
    on refitted.measure_key = summed.measure_key and refitted.la_number = summed.la_number and refitted.period_key = summed.period_key
)

select
  measure_key,
  la_number,
  period_key,
  case
    when years < 5 then 'too_short'
    when trend_chi_squared > 9.549536 and lowest_sign = 1 and highest_sign = 1 then 'increasing'
    when trend_chi_squared > 9.549536 and lowest_sign = -1 and highest_sign = -1 then 'decreasing'
    else 'no_significant_change'
  end as recent_trend,
  trend_chi_squared
from tested
