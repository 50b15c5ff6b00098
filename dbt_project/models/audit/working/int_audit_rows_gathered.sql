-- A key is printed where a line of it speaks of quartiles; a heading alone states no rule.
with rating_keys as (
  select
    edition_key,
    min(line_number) as key_line_from,
    max(line_number) as key_line_to
  from {{ ref('source_line') }}
  where disposition = 'key' and instr(lower(line_text), 'quartile') > 0
  group by edition_key
),

-- Two phrases in one heading that mean different bases leave the base unknown.
bases as (
  select
    lines.edition_key,
    case when min(phrases.base) = max(phrases.base) then min(phrases.base) end as comparison_base
  from {{ ref('source_line') }} as lines
  inner join {{ ref('comparison_bases') }} as phrases on instr(lower(lines.line_text), phrases.phrase) > 0
  where lines.disposition in ('column_heading', 'title')
  group by lines.edition_key
)

select
  dashboard.edition_key,
  dashboard.row_number,
  dashboard.area_code,
  editions.period_start as edition_start,
  editions.period_end as edition_end,
  dashboard.printed_label,
  dashboard.indicator_key,
  case
    when dashboard.indicator_name is not null then dashboard.indicator_name
    when dashboard.printed_label = '' or {{ is_only_marks('dashboard.printed_label') }} then 'a row without a readable label'
    else trim(dashboard.printed_label)
  end as spoken_name,
  indicators.basis,
  indicators.polarity as indicator_polarity,
  {{ stated_polarity('dashboard.printed_label') }} as label_polarity,
  {{ stated_polarity('dashboard.comparison_text') }} as comparison_polarity,
  coalesce(assessments.printed_polarity, dashboard.polarity) as polarity,
  dashboard.period_key,
  dashboard.period_label,
  periods.period_type,
  periods.start_date as period_start,
  periods.end_date as period_end,
  dashboard.value_text,
  dashboard.value,
  dashboard.decimals,
  dashboard.unit,
  dashboard.numerator,
  dashboard.value_status,
  dashboard.previous_period_key,
  dashboard.previous_period_label,
  dashboard.previous_value_text,
  dashboard.previous_value,
  previous.decimals as previous_decimals,
  previous.unit as previous_unit,
  dashboard.previous_value_status,
  dashboard.comparison_text,
  judged.comparison_word,
  judged.comparison_reading,
  dashboard.direction,
  assessments.direction_source,
  dashboard.judgement,
  assessments.judgement_source,
  assessments.rag_text,
  dashboard.rag,
  dashboard.quartile,
  placed.then_band as national_quartile,
  placed.then_period_key as national_period_key,
  dashboard.target_text,
  dashboard.target_operator,
  dashboard.target_value,
  assessments.target_has_percent,
  dashboard.target_kind,
  case
    -- For a yearly figure the same period of the year before is the figure before.
    when bases.comparison_base = 'same_period_last_year' and periods.period_type in ('financial_year', 'calendar_year', 'academic_year') then 'previous_figure'
    else bases.comparison_base
  end as comparison_base,
  rating_keys.edition_key is not null as key_is_printed,
  rating_keys.key_line_from,
  rating_keys.key_line_to,
  dashboard.source_file,
  dashboard.source_line_from,
  dashboard.source_line_to
from {{ ref('mart_dashboard') }} as dashboard
inner join {{ ref('fct_assessment') }} as assessments
  on assessments.edition_key = dashboard.edition_key and assessments.row_number = dashboard.row_number
inner join {{ ref('int_assessments_judged') }} as judged
  on judged.edition_key = dashboard.edition_key and judged.row_number = dashboard.row_number
inner join {{ ref('dim_edition') }} as editions on editions.edition_key = dashboard.edition_key
left join {{ ref('dim_indicator') }} as indicators on indicators.indicator_key = dashboard.indicator_key
left join {{ ref('dim_period') }} as periods on periods.period_key = dashboard.period_key
left join {{ ref('fct_observation') }} as previous
  on previous.edition_key = dashboard.edition_key and previous.row_number = dashboard.row_number and previous.role = 'previous'
left join {{ ref('int_assessments_benchmarked') }} as placed
  on placed.edition_key = dashboard.edition_key and placed.row_number = dashboard.row_number
left join rating_keys on rating_keys.edition_key = dashboard.edition_key
left join bases on bases.edition_key = dashboard.edition_key
