{#-
  Numbers only; mart_national_position makes the bands, distances and texts of them. One query, because writing and joining
  half a million rows again would cost more than any of its steps.
-#}
with cells as (
  select cells.population_number, cells.la_number, cells.value, areas.region_la_number, areas.is_authority, populations.previous_population_number
  from {{ ref('fct_national_cell') }} as cells
  inner join {{ ref('int_national_populations') }} as populations on populations.population_number = cells.population_number
  inner join {{ ref('int_national_areas') }} as areas on areas.la_number = cells.la_number
  where populations.place_of_form = 1 and not cells.is_repeated
),

valued as (
  select population_number, la_number, value
  from cells
  where is_authority and value is not null
),

regions as (
  select population_number, la_number, value
  from cells
  where not is_authority and value is not null
),

-- One pass over the values in order; both directions of the rank follow from it. Blanks come last and get no place.
ranked as (
  select
    population_number,
    la_number,
    value,
    region_la_number,
    previous_population_number,
    row_number() over (partition by population_number order by value nulls last, la_number) as place,
    rank() over (partition by population_number order by value nulls last) as rank_from_low,
    count(*) over (partition by population_number order by value nulls last) as at_most
  from cells
  where is_authority
),

neighbours as (
  {{ neighbour_statistics('valued', ref('int_national_populations'), ref('int_neighbour_sets')) }}
)

select
  ranked.population_number,
  ranked.la_number,
  ranked.value,
  case when ranked.value is not null then cast(ranked.place as int) end as place,
  case when ranked.value is not null then cast(ranked.rank_from_low as int) end as rank_from_low,
  case when ranked.value is not null then cast(ranked.at_most as int) end as at_most,
  before.value as previous_value,
  regions.value as region_value,
  neighbours.neighbours_mean,
  neighbours.neighbours_median,
  coalesce(neighbours.neighbours_n, 0) as neighbours_n,
  neighbours.list_number as neighbours_list_number
from ranked
left join valued as before
  on before.population_number = ranked.previous_population_number and before.la_number = ranked.la_number
left join regions on regions.population_number = ranked.population_number and regions.la_number = ranked.region_la_number
left join neighbours on neighbours.population_number = ranked.population_number and neighbours.la_number = ranked.la_number
