with described as (
  select *, row_number() over (partition by measure_key order by source_row) as place
  from {{ ref('stg_national__dictionary') }}
),

topics as (
  select measure_key, {{ dbt.listagg('topic', "' | '", 'order by topic') }} as topics
  from (select distinct measure_key, topic from described where topic is not null) as distinct_topics
  group by measure_key
),

-- A known value beats an unknown one; of two known values the one in the first line of the file holds, and the other is a problem.
merged as (
  select
    measure_key,
    min_by(measure_name, place) filter (where measure_name is not null) as measure_name,
    min_by(polarity, place) filter (where polarity is not null) as polarity,
    min_by(decimals, place) filter (where decimals is not null) as decimals,
    min_by(unit_text, place) filter (where unit_text is not null) as unit_text,
    min_by(year_type_text, place) filter (where year_type_text is not null) as year_type_text,
    min_by(description, place) filter (where description is not null) as description,
    max(last_update_date) as last_update_date,
    min_by(next_update_words, place) filter (where next_update_words is not null) as next_update_text,
    not coalesce(bool_or(is_without_quartile), false) as has_quartile,
    count(distinct polarity) > 1 as polarity_differs,
    count(distinct decimals) > 1 as decimals_differ,
    count(distinct year_type_text) > 1 as year_type_differs,
    count(distinct coalesce(is_without_quartile, false)) > 1 as quartile_flag_differs,
    min(source_file) as source_file,
    min(source_row) as source_row
  from described
  group by measure_key
),

keys as (
  select measure_key from merged
  union distinct
  select measure_key from {{ ref('national_measure_map') }}
  union distinct
  select measure_key from {{ ref('stg_national__lait_long') }} where measure_key is not null
),

of_map as (
  select measure_key, max(measure_name) as measure_name, max(year_type) as year_type_text
  from {{ ref('national_measure_map') }}
  group by measure_key
)

select
  keys.measure_key,
  coalesce(merged.measure_name, of_map.measure_name, keys.measure_key) as measure_name,
  topics.topics,
  coalesce(merged.polarity, 'neutral') as polarity,
  merged.decimals,
  merged.unit_text,
  coalesce(merged.year_type_text, of_map.year_type_text) as year_type_text,
  merged.description,
  merged.last_update_date,
  merged.next_update_text,
  coalesce(merged.has_quartile, true) as has_quartile,
  merged.measure_key is not null as is_in_dictionary,
  coalesce(merged.polarity_differs, false) as polarity_differs,
  coalesce(merged.decimals_differ, false) as decimals_differ,
  coalesce(merged.year_type_differs, false) as year_type_differs,
  coalesce(merged.quartile_flag_differs, false) as quartile_flag_differs,
  merged.source_file,
  merged.source_row
from keys
left join merged on merged.measure_key = keys.measure_key
left join of_map on of_map.measure_key = keys.measure_key
left join topics on topics.measure_key = keys.measure_key
