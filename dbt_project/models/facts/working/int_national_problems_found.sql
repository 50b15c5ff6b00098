{#- What the typing of national figures finds, counted by measure and period where it concerns all their rows. -#}
with populations as (
  select * from {{ ref('int_national_populations') }}
),

cells as (
  select cells.*, populations.source_file, populations.measure_key, populations.period_text, populations.period_key
  from {{ ref('fct_national_cell') }} as cells
  inner join populations on populations.population_number = cells.population_number
),

-- Figures of the open data by measure, period and area; the newest release in which each has a row is the first.
places as (
  select
    cells.population_number,
    cells.la_number,
    cells.source_row,
    populations.measure_key,
    coalesce(populations.period_key, populations.period_text) || coalesce(populations.term_marker, '') as period,
    populations.source_file,
    populations.release_key,
    cells.value is not null as has_figure,
    populations.place_of_period = 1 and not cells.is_repeated as is_current
  from {{ ref('fct_national_cell') }} as cells
  inner join {{ ref('int_national_populations') }} as populations on populations.population_number = cells.population_number
  where populations.measure_key in (select measure_key from {{ ref('national_measure_map') }})
),

-- Older figures of which no newer release (and not the long file) has a row: nothing is current in their place.
without_successor as (
  select older.*
  from places as older
  left join (select distinct measure_key, period, la_number from places where is_current) as current_places
    on current_places.measure_key = older.measure_key
    and current_places.period = older.period
    and current_places.la_number is not distinct from older.la_number
  where older.has_figure and not older.is_current and current_places.measure_key is null
)

select
  'national_period_unreadable' as issue_code,
  'warning' as severity,
  source_file,
  min(source_row) as source_row,
  'period_text' as column_name,
  period_text as printed_text,
  'The period of ' || measure_key || ' is no known form of one, so its ' || count(*) || ' rows belong to no period; their figures are kept.' as message
from cells
where period_key is null
group by source_file, measure_key, period_text
union all
select
  'national_value_damaged',
  'warning',
  source_file,
  source_row,
  'value_text',
  value_text,
  'This is neither a number nor a known symbol, so ' || measure_key || ' has no figure here.'
from cells
where {{ data_status('value_text', 'value') }} = 'damaged'
union all
select
  'national_value_repeated',
  'warning',
  source_file,
  source_row,
  'value_text',
  value_text,
  'An earlier row of the file has the same measure (' || measure_key || '), period and area; that one counts.'
from cells
where is_repeated
union all
select
  'national_area_unknown',
  'warning',
  source_file,
  min(source_row),
  'la_number',
  {{ as_text('la_number') }},
  count(*) || ' rows are of no known area, so they count in no position. If the area is new: `python -m scripts.seed_authorities`'
    || ' enters it in dbt_project/seeds/national from the national files at hand.'
from cells
where la_number is null
group by source_file, la_number
union all
select
  'open_data_period_untyped',
  'info',
  source_file,
  min(source_row),
  'time_identifier',
  time_identifier,
  'A ' || time_identifier || ' is no kind of period of this warehouse: ' || count(*) || ' values are kept with the period as printed only.'
from {{ ref('fct_open_data_value') }}
-- What a reporting year is, the map of measures says.
where period_key is null and time_identifier <> 'Reporting year'
group by source_file, time_identifier
union all
select
  'national_figure_without_successor',
  'warning',
  source_file,
  min(source_row),
  'value_text',
  measure_key,
  count(*) || ' figures of ' || measure_key || ' in the release ' || release_key
    || ' are not current any more, and no newer release has figures in their place: is the measure called otherwise there?'
from without_successor
group by source_file, measure_key, release_key
