{#- Members by rule: everybody, a region, a kind of authority, a list of neighbours; and the groups of one's own. -#}
with authorities as (
  select * from {{ ref('int_national_areas') }} where is_authority
),

common as (
  select
    groups.comparator_key,
    groups.comparator_name,
    groups.comparator_kind,
    authorities.la_number,
    authorities.area_code,
    cast(null as date) as valid_from,
    case when groups.rule_value = 'county' then coalesce({{ day_before('authorities.county_until') }}, authorities.valid_to) else authorities.valid_to end as valid_to
  from {{ ref('comparator_groups') }} as groups
  inner join authorities
    on groups.rule = 'all'
    or (groups.rule = 'region' and (groups.rule_value = authorities.region_name or (groups.rule_value = 'London' and authorities.area_type = 'london_borough')))
    or (groups.rule = 'type' and (groups.rule_value = authorities.area_type or (groups.rule_value = 'county' and authorities.county_until is not null)))
),

own as (
  select
    groups.comparator_key,
    groups.comparator_name,
    'own' as comparator_kind,
    groups.la_number,
    authorities.area_code,
    groups.valid_from,
    coalesce(groups.valid_to, authorities.valid_to) as valid_to
  from {{ ref('own_comparator_groups') }} as groups
  inner join authorities on authorities.la_number = groups.la_number
)

select
  comparator_key,
  comparator_name,
  comparator_kind,
  cast(null as {{ dbt.type_string() }}) as base_area_code,
  cast(null as int) as base_la_number,
  area_code as member_area_code,
  la_number as member_la_number,
  cast(null as int) as rank,
  cast(null as {{ dbt.type_string() }}) as closeness,
  cast(null as {{ dbt.type_string() }}) as list_version,
  valid_from,
  valid_to
from common
union all
select comparator_key, comparator_name, comparator_kind, null, null, area_code, la_number, null, null, null, valid_from, valid_to
from own
union all
select
  lists.comparator_key,
  lists.comparator_name,
  'neighbours',
  bases.area_code,
  neighbours.la_number,
  members.area_code,
  neighbours.neighbour_la_number,
  neighbours.neighbour_rank,
  neighbours.closeness,
  lists.list_version,
  lists.valid_from,
  lists.valid_to
from {{ ref('stg_national__neighbours') }} as neighbours
inner join {{ ref('int_neighbour_lists') }} as lists on lists.list_version = neighbours.list_version
inner join {{ ref('int_national_areas') }} as bases on bases.la_number = neighbours.la_number
inner join {{ ref('int_national_areas') }} as members on members.la_number = neighbours.neighbour_la_number
