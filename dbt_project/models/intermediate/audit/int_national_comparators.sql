with neighbours as (
  select measure_key, period_key, area_code, neighbours_mean as value, neighbours_n as n, neighbours_version
  from {{ ref('national_quartile_points') }}
  where neighbours_mean is not null
)

select
  measure_key,
  period_key,
  cast(null as {{ dbt.type_string() }}) as area_code,
  'england' as comparator_key,
  'England' as comparator_name,
  'england' as comparator_kind,
  'published' as statistic,
  england as value,
  n
from {{ ref('int_national_points') }}
where england is not null
union all
select
  measure_key,
  period_key,
  cast(null as {{ dbt.type_string() }}) as area_code,
  'england' as comparator_key,
  'All English authorities' as comparator_name,
  'england' as comparator_kind,
  'median' as statistic,
  p50 as value,
  n
from {{ ref('int_national_points') }}
union all
select
  measure_key,
  period_key,
  area_code,
  'neighbours-' || neighbours_version as comparator_key,
  'Statistical neighbours (list of ' || neighbours_version || ')' as comparator_name,
  'neighbours' as comparator_kind,
  'mean' as statistic,
  value,
  n
from neighbours
