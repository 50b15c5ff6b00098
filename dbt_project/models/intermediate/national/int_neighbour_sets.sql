-- For each list's time: an area's neighbours by the newest list until then that has the area, else by the oldest one that has it.
with choices as (
  select
    eras.era_number,
    holders.la_number,
    holders.list_version,
    lists.era_number as list_number,
    row_number() over (
      partition by eras.era_number, holders.la_number
      order by
        case when lists.era_number <= eras.era_number then 0 else 1 end,
        case when lists.era_number <= eras.era_number then -lists.era_number else lists.era_number end
    ) as place
  from {{ ref('int_neighbour_lists') }} as eras
  cross join (select distinct la_number, list_version from {{ ref('stg_national__neighbours') }}) as holders
  inner join {{ ref('int_neighbour_lists') }} as lists on lists.list_version = holders.list_version
)

select
  choices.era_number,
  choices.la_number,
  choices.list_version,
  choices.list_number,
  neighbours.neighbour_la_number,
  neighbours.neighbour_rank
from choices
inner join {{ ref('stg_national__neighbours') }} as neighbours
  on neighbours.la_number = choices.la_number and neighbours.list_version = choices.list_version
where choices.place = 1
