-- The first list holds from the beginning; a list that comparator_groups does not know holds from its year on.
with lists as (
  select
    printed.list_version,
    coalesce(groups.comparator_key, 'neighbours-' || printed.list_version) as comparator_key,
    coalesce(groups.comparator_name, 'Statistical neighbours (list of ' || printed.list_version || ')') as comparator_name,
    coalesce(groups.valid_from, make_date(try_cast(left(printed.list_version, 4) as int), 1, 1)) as starts_on
  from (select distinct list_version from {{ ref('stg_national__neighbours') }}) as printed
  left join {{ ref('comparator_groups') }} as groups on groups.rule = 'neighbours' and groups.rule_value = printed.list_version
),

placed as (
  select *, cast(row_number() over (order by starts_on, list_version) as int) as era_number
  from lists
)

select
  list_version,
  comparator_key,
  comparator_name,
  era_number,
  case when era_number > 1 then starts_on end as valid_from,
  {{ day_before('lead(starts_on) over (order by era_number)') }} as valid_to
from placed
