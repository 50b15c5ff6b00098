{#- Numbers that the seed does not know yet come with what the files say of them, so that no row lacks its area. -#}
with of_open_data as (
  select la_number, max(la_name) as area_name, max(region_name) as region_name, max(la_code) as area_code
  from {{ ref('stg_national__open_data') }}
  where geographic_level = 'Local authority' and la_number is not null
  group by la_number
),

of_list as (
  select la_number, max(area_name) as area_name, max(region_name) as region_name
  from {{ ref('stg_national__authorities') }}
  where type_text is not null
  group by la_number
),

of_lait as (
  select la_number, max(area_name) as area_name, max(nullif(region_name, 'NA')) as region_name
  from {{ ref('stg_national__lait_long') }}
  where la_number not in (select la_number from {{ ref('authorities') }})
  group by la_number
),

numbers as (
  select la_number from {{ ref('authorities') }}
  union distinct
  select la_number from of_open_data
  union distinct
  select la_number from of_list
  union distinct
  select la_number from of_lait
),

known as (
  select
    numbers.la_number,
    coalesce(seeds.area_code, of_open_data.area_code, 'la-' || numbers.la_number) as area_code,
    coalesce(seeds.area_name, of_list.area_name, of_lait.area_name, of_open_data.area_name) as area_name,
    case
      when seeds.la_number is not null then seeds.area_type
      when coalesce(of_list.region_name, of_open_data.region_name, of_lait.region_name) is null then 'region'
      else
        case left(of_open_data.area_code, 3)
          when 'E06' then 'unitary'
          when 'E08' then 'metropolitan_district'
          when 'E09' then 'london_borough'
          when 'E10' then 'county'
          else 'authority'
        end
    end as area_type,
    case
      when seeds.la_number is not null then seeds.region_name
      else coalesce(of_list.region_name, of_open_data.region_name, of_lait.region_name)
    end as region_name,
    seeds.valid_from,
    seeds.valid_to
  from numbers
  left join {{ ref('authorities') }} as seeds on seeds.la_number = numbers.la_number
  left join of_open_data on of_open_data.la_number = numbers.la_number
  left join of_list on of_list.la_number = numbers.la_number
  left join of_lait on of_lait.la_number = numbers.la_number
),

predecessors as (
  select to_la_number as la_number, {{ dbt.listagg('from_area_code', "' | '", 'order by from_area_code') }} as predecessor_codes
  from {{ ref('area_changes') }}
  group by to_la_number
),

successors as (
  select from_la_number as la_number, {{ dbt.listagg('to_area_code', "' | '", 'order by to_area_code') }} as successor_codes
  from {{ ref('area_changes') }}
  where change_kind = 'replaced'
  group by from_la_number
)

select
  known.la_number,
  known.area_code,
  known.area_name,
  known.area_type,
  known.region_name,
  regions.published_la_number as region_la_number,
  known.area_type not in ('region', 'country') as is_authority,
  known.valid_from,
  known.valid_to,
  -- The day until which it was a county, where another kind of authority goes on under its number.
  counties.change_date as county_until,
  predecessors.predecessor_codes,
  successors.successor_codes
from known
left join {{ ref('comparator_groups') }} as regions on regions.rule = 'region' and lower(regions.rule_value) = lower(known.region_name)
left join predecessors on predecessors.la_number = known.la_number
left join successors on successors.la_number = known.la_number
left join {{ ref('area_changes') }} as counties
  on counties.from_la_number = known.la_number and counties.change_kind = 'new_code' and left(counties.from_area_code, 3) = 'E10'
