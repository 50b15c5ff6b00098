{#- Every measure and period text of every release once: 641,070 rows of LAIT hold 3,771 of them. -#}
{%- set months = "('January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December')" -%}
with of_lait as (
  select
    texts.source_sha256,
    'lait' as source_kind,
    texts.measure_key,
    texts.period_text,
    cast(null as {{ dbt.type_string() }}) as time_identifier,
    texts.period_text as words_text,
    measures.year_type_text
  from (select distinct source_sha256, measure_key, period_text from {{ ref('stg_national__lait_long') }}) as texts
  left join {{ ref('int_national_measures') }} as measures on measures.measure_key = texts.measure_key
),

-- A year of a "Reporting year" is what the map says; without one only the standard's own identifiers say it.
of_open_data as (
  select
    texts.source_sha256,
    'open_data' as source_kind,
    maps.measure_key,
    texts.time_period as period_text,
    texts.time_identifier,
    case
      when texts.time_identifier in {{ months }} then texts.time_identifier || ' ' || texts.time_period
      when texts.time_identifier = 'Autumn term' then 'autumn term ' || left(texts.time_period, 4)
      when texts.time_identifier in ('Spring term', 'Summer term')
        then lower(texts.time_identifier) || ' ' || (try_cast(left(texts.time_period, 4) as int) + 1)
      when left(texts.time_identifier, 16) = 'Financial year Q' and length(texts.time_identifier) = 17
        then 'q' || right(texts.time_identifier, 1) || ' ' || {{ year_pair("try_cast(left(texts.time_period, 4) as int)") }}
      when texts.time_identifier in ('Reporting year', 'Calendar year', 'Academic year', 'Financial year') then texts.time_period
    end as words_text,
    case texts.time_identifier
      when 'Reporting year' then maps.year_type
      when 'Calendar year' then 'Calendar Year'
      when 'Academic year' then 'Academic Year'
      when 'Financial year' then 'Financial Year'
    end as year_type_text
  from (
    select distinct source_sha256, dataset_key, time_period, time_identifier from {{ ref('stg_national__open_data') }}
  ) as texts
  -- Without a measure: the file as a whole.
  inner join (
    select measure_key, dataset_key, year_type from {{ ref('national_measure_map') }}
    union all
    select null, dataset_key, max(year_type) from {{ ref('national_measure_map') }} group by dataset_key
    union all
    select distinct null, files.dataset_key, null
    from {{ ref('stg_national__files') }} as files
    where files.dataset_key not in (select dataset_key from {{ ref('national_measure_map') }})
  ) as maps on maps.dataset_key = texts.dataset_key
)

select * from of_lait
union all
select * from of_open_data
