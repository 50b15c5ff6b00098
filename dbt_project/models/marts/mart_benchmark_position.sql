with assessed as (
  select
    dashboard.*,
    coalesce(assessments.printed_polarity, dashboard.polarity) as polarity_used,
    case
      when assessments.printed_polarity is not null then 'printed'
      when dashboard.polarity is not null then 'indicator'
    end as polarity_source,
    -- A percentage and a count are not compared.
    case when dashboard.unit = 'percent' or not assessments.benchmark_has_percent then dashboard.benchmark_value end as comparable_benchmark,
    case when dashboard.unit = 'percent' or not assessments.target_has_percent then dashboard.target_value end as comparable_target
  from {{ ref('mart_dashboard') }} as dashboard
  inner join {{ ref('fct_assessment') }} as assessments
    on assessments.edition_key = dashboard.edition_key and assessments.row_number = dashboard.row_number
  where dashboard.value is not null
    and (dashboard.benchmark_value is not null or dashboard.target_value is not null or dashboard.quartile is not null)
),

positioned as (
  select
    edition_key,
    row_number,
    indicator_key,
    indicator_name,
    topic,
    area_code,
    period_key,
    value,
    unit,
    value_status,
    polarity_used as polarity,
    polarity_source,
    quartile,
    rag,
    benchmark_value,
    comparator,
    round(value - comparable_benchmark, 6) as benchmark_gap,
    case
      when comparable_benchmark is null or value = comparable_benchmark then null
      when polarity_used = 'high_is_good' then value > comparable_benchmark
      when polarity_used = 'low_is_good' then value < comparable_benchmark
    end as benchmark_is_favourable,
    target_text,
    target_kind,
    target_operator,
    target_value,
    round(value - comparable_target, 6) as target_gap,
    case
      when target_kind = 'top_quartile' then quartile = 1
      when comparable_target is null then null
      when target_operator = '<' then value < comparable_target
      when target_operator = '<=' then value <= comparable_target
      when target_operator = '>' then value > comparable_target
      when target_operator = '>=' then value >= comparable_target
      when polarity_used = 'high_is_good' then value >= comparable_target
      when polarity_used = 'low_is_good' then value <= comparable_target
    end as target_is_met
  from assessed
)

{#- What is printed, and beside it where the figure stands among all authorities: by the figures of then and by those of now. -#}
{%- set computed = [
  'period_key', 'release', 'published_on', 'certainty', 'n', 'p25',
  'p50', 'p75', 'band', 'distance_to_boundary', 'area_value', 'area_band',
  'neighbours_mean', 'neighbours_n', 'neighbours_version', 'england', 'points_source'
] %}
select
  positioned.*,
  placed.national_measure,
  placed.comparability,
  placed.comparability_note,
  placed.edition_published_on,
  placed.edition_date_source
  {%- for time in ['then', 'now'] %}{% for name in computed %},
  placed.{{ time }}_{{ name }}
  {%- endfor %}{% endfor %}
from positioned
left join {{ ref('int_assessments_benchmarked') }} as placed
  on placed.edition_key = positioned.edition_key and placed.row_number = positioned.row_number
order by positioned.edition_key, positioned.row_number
