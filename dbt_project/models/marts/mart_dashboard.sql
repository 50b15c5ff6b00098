select
  editions.edition_key,
  assessments.row_number,
  editions.area_code,
  areas.area_name,
  editions.financial_year,
  editions.quarter,
  assessments.section_text,
  assessments.theme_text,
  labels.printed_label,
  labels.indicator_key,
  indicators.indicator_name,
  indicators.topic,
  indicators.polarity,
  latest.period_key,
  latest.period_text,
  periods.label as period_label,
  latest.value_text,
  latest.value,
  latest.decimals,
  latest.unit,
  latest.numerator,
  latest.value_status,
  previous.period_key as previous_period_key,
  previous.period_text as previous_period_text,
  previous_periods.label as previous_period_label,
  previous.value_text as previous_value_text,
  previous.value as previous_value,
  previous.decimals as previous_decimals,
  previous.value_status as previous_value_status,
  assessments.comparison_text,
  assessments.direction,
  assessments.judgement,
  assessments.rag,
  assessments.quartile,
  assessments.benchmark_text,
  assessments.benchmark_value,
  assessments.comparator,
  assessments.target_text,
  assessments.target_operator,
  assessments.target_value,
  assessments.target_kind,
  latest.source_file,
  latest.source_line_from,
  latest.source_line_to
from {{ ref('fct_assessment') }} as assessments
inner join {{ ref('dim_edition') }} as editions on editions.edition_key = assessments.edition_key
inner join {{ ref('bridge_indicator_label') }} as labels
  on labels.edition_key = assessments.edition_key and labels.row_number = assessments.row_number
inner join {{ ref('fct_observation') }} as latest
  on latest.edition_key = assessments.edition_key and latest.row_number = assessments.row_number and latest.role = 'latest'
left join {{ ref('fct_observation') }} as previous
  on previous.edition_key = assessments.edition_key and previous.row_number = assessments.row_number and previous.role = 'previous'
left join {{ ref('dim_indicator') }} as indicators on indicators.indicator_key = labels.indicator_key
left join {{ ref('dim_area') }} as areas on areas.area_code = editions.area_code
left join {{ ref('dim_period') }} as periods on periods.period_key = latest.period_key
left join {{ ref('dim_period') }} as previous_periods on previous_periods.period_key = previous.period_key
order by editions.period_start, editions.edition_key, assessments.row_number
