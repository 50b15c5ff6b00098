{#- A council is compared with the groups that it belongs to, with its neighbours, and with groups of its own. -#}
{%- set statistics = {'published': 'published_value', 'mean': 'mean', 'median': 'median'} -%}
with councils as (
  select distinct editions.area_code, areas.area_type, areas.region_name
  from {{ ref('dim_edition') }} as editions
  left join {{ ref('dim_area') }} as areas on areas.area_code = editions.area_code
),

of_files as (
  select
    compared.measure_key,
    compared.period_key,
    councils.area_code,
    compared.comparator_key,
    compared.comparator_name,
    compared.comparator_kind,
    compared.list_version,
    compared.mean,
    compared.median,
    compared.published_value,
    compared.n
  from {{ ref('mart_comparator_value') }} as compared
  cross join councils
  left join {{ ref('comparator_groups') }} as definitions on definitions.comparator_key = compared.comparator_key
  where compared.measure_key in (select measure_key from {{ ref('int_benchmark_points') }} where points_source = 'national_file')
    and compared.term_marker is null
    and coalesce(compared.base_area_code, councils.area_code) = councils.area_code
    and compared.comparator_kind <> 'england'
    and (compared.comparator_kind <> 'region' or definitions.rule_value = councils.region_name)
    and (compared.comparator_kind <> 'type' or definitions.rule_value = councils.area_type)
)

{% for statistic, column in statistics.items() -%}
select
  measure_key,
  period_key,
  area_code,
  comparator_key,
  comparator_name,
  comparator_kind,
  list_version,
  '{{ statistic }}' as statistic,
  {{ column }} as value,
  n
from of_files
where {{ column }} is not null
union all
{% endfor -%}
{% for statistic, (name, column) in {'published': ('England', 'england'), 'mean': ('All English authorities', 'authorities_mean'), 'median': ('All English authorities', 'p50')}.items() -%}
select
  measure_key,
  period_key,
  cast(null as {{ dbt.type_string() }}) as area_code,
  'england' as comparator_key,
  '{{ name }}' as comparator_name,
  'england' as comparator_kind,
  cast(null as {{ dbt.type_string() }}) as list_version,
  '{{ statistic }}' as statistic,
  {{ column }} as value,
  n
from {{ ref('int_benchmark_points') }}
where {{ column }} is not null
union all
{% endfor -%}
select
  measure_key,
  period_key,
  area_code,
  'neighbours-' || neighbours_version as comparator_key,
  'Statistical neighbours (list of ' || neighbours_version || ')' as comparator_name,
  'neighbours' as comparator_kind,
  neighbours_version as list_version,
  'mean' as statistic,
  neighbours_mean as value,
  neighbours_n as n
from {{ ref('int_benchmark_standings') }} as standings
where neighbours_mean is not null
  and exists (
    select 1
    from {{ ref('int_benchmark_points') }} as points
    where points.measure_key = standings.measure_key and points.period_key = standings.period_key and points.points_source = 'seed'
  )
