with figures as (
  select
    observations.edition_key,
    observations.row_number,
    observations.role,
    observations.indicator_key,
    indicators.indicator_name,
    indicators.topic,
    observations.area_code,
    observations.period_key,
    periods.label as period_label,
    observations.value,
    observations.value_text,
    observations.decimals,
    observations.unit,
    observations.numerator,
    coalesce(assessments.printed_polarity, indicators.polarity) as polarity,
    -- Benchmark and target stand beside the latest figure only; a percentage and a count are not compared.
    case when observations.role = 'latest' and (observations.unit = 'percent' or not assessments.benchmark_has_percent) then assessments.benchmark_value end
      as benchmark_value,
    case when observations.role = 'latest' then assessments.comparator end as comparator,
    case when observations.role = 'latest' and (observations.unit = 'percent' or not assessments.target_has_percent) then assessments.target_value end
      as target_value,
    {{ implied_denominator_low('observations.value', 'observations.decimals', 'observations.numerator') }} as lowest,
    {{ implied_denominator_high('observations.value', 'observations.decimals', 'observations.numerator') }} as highest,
    observations.source_file,
    observations.source_line_from,
    observations.source_line_to
  from {{ ref('fct_observation') }} as observations
  inner join {{ ref('fct_assessment') }} as assessments
    on assessments.edition_key = observations.edition_key and assessments.row_number = observations.row_number
  left join {{ ref('dim_indicator') }} as indicators on indicators.indicator_key = observations.indicator_key
  left join {{ ref('dim_period') }} as periods on periods.period_key = observations.period_key
  where (observations.unit = 'percent' and observations.numerator is not null)
    or (
      observations.unit = 'count' and observations.value is not null and observations.role = 'latest'
      and assessments.benchmark_value is not null and not assessments.benchmark_has_percent
    )
),

implied as (
  select
    *,
    case
      when unit = 'count' then null
      when lowest is null then 'not_computed'
      when highest is null then 'no_upper_end'
      when lowest > highest then 'none_fits'
      else 'implied'
    end as denominator_status,
    case when not coalesce(lowest > highest, false) then lowest end as denominator_low,
    case when lowest <= highest then highest end as denominator_high
  from figures
),

-- The bounds fall as the denominator grows, so the ends of the whole range belong to its two ends.
intervals as (
  select
    *,
    case when unit = 'count' then 'byar' when denominator_high is not null then 'wilson' end as interval_method,
    case
      when unit = 'count' then {{ byar_lower('value') }}
      else {{ wilson_lower('numerator', 'denominator_high') }}
    end as interval_lower,
    case
      when unit = 'count' then {{ byar_upper('value') }}
      -- A percentage of 100 can imply a whole that is smaller than its part; it cannot be.
      when denominator_high >= numerator then {{ wilson_upper('numerator', 'greatest(denominator_low, numerator)') }}
    end as interval_upper,
    round(value - benchmark_value, 6) as benchmark_gap,
    round(value - target_value, 6) as target_gap
  from implied
),

gaps as (
  select
    *,
    {% for mark in ['benchmark', 'target'] -%}
    case
      when unit = 'count' then {{ mark }}_gap
      when denominator_high is not null then round(least({{ mark }}_gap * denominator_low, {{ mark }}_gap * denominator_high) / 100, 6)
    end as {{ mark }}_gap_low,
    case
      when unit = 'count' then {{ mark }}_gap
      when denominator_high is not null then round(greatest({{ mark }}_gap * denominator_low, {{ mark }}_gap * denominator_high) / 100, 6)
    end as {{ mark }}_gap_high{{ ',' if not loop.last }}
    {% endfor %}
  from intervals
)

select
  edition_key,
  row_number,
  role,
  indicator_key,
  indicator_name,
  topic,
  area_code,
  period_key,
  period_label,
  value,
  value_text,
  decimals,
  unit,
  numerator,
  denominator_low,
  denominator_high,
  denominator_status,
  interval_method,
  interval_lower,
  interval_upper,
  polarity,
  benchmark_value,
  comparator,
  benchmark_gap,
  benchmark_gap_low as benchmark_gap_children_low,
  benchmark_gap_high as benchmark_gap_children_high,
  case polarity when 'high_is_good' then -benchmark_gap_high when 'low_is_good' then benchmark_gap_low end as children_behind_benchmark_low,
  case polarity when 'high_is_good' then -benchmark_gap_low when 'low_is_good' then benchmark_gap_high end as children_behind_benchmark_high,
  case
    when benchmark_value is null or interval_lower is null or interval_upper is null then null
    when benchmark_value between interval_lower and interval_upper then 'similar'
    when polarity = 'high_is_good' then case when value > benchmark_value then 'better' else 'worse' end
    when polarity = 'low_is_good' then case when value < benchmark_value then 'better' else 'worse' end
  end as compared_with_benchmark,
  target_value,
  target_gap,
  target_gap_low as target_gap_children_low,
  target_gap_high as target_gap_children_high,
  case polarity when 'high_is_good' then -target_gap_high when 'low_is_good' then target_gap_low end as children_behind_target_low,
  case polarity when 'high_is_good' then -target_gap_low when 'low_is_good' then target_gap_high end as children_behind_target_high,
  source_file,
  source_line_from,
  source_line_to
from gaps
order by edition_key, row_number, role
