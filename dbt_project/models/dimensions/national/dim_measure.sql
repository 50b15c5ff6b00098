with spans as (
  select
    measure_key,
    min_by(period_key, period_end) as first_period_key,
    max_by(period_key, period_end) as last_period_key
  from {{ ref('int_national_populations') }}
  where period_key is not null and place_of_period = 1
  group by measure_key
)

select
  measures.measure_key,
  measures.measure_name,
  measures.topics,
  measures.polarity,
  measures.unit_text,
  measures.decimals,
  measures.year_type_text as year_type,
  measures.has_quartile,
  measures.description,
  measures.last_update_date,
  measures.next_update_text,
  spans.first_period_key,
  spans.last_period_key,
  measures.is_in_dictionary
from {{ ref('int_national_measures') }} as measures
left join spans on spans.measure_key = measures.measure_key
order by measures.measure_key
