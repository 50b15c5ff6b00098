{#- Numbers only; mart_national_position makes the bands, distances and texts of them. -#}
with cells as (
  select cells.population_number, cells.la_number, cells.value, areas.region_la_number, populations.previous_population_number
  from {{ ref('fct_national_cell') }} as cells
  inner join {{ ref('int_national_populations') }} as populations on populations.population_number = cells.population_number
  inner join {{ ref('int_national_areas') }} as areas on areas.la_number = cells.la_number
  where populations.place_of_form = 1 and not cells.is_repeated and areas.is_authority
),

regions as (
  select cells.population_number, cells.la_number, cells.value
  from {{ ref('fct_national_cell') }} as cells
  inner join {{ ref('int_national_areas') }} as areas on areas.la_number = cells.la_number
  where areas.area_type = 'region' and not cells.is_repeated and cells.value is not null
)

select
  cells.population_number,
  cells.la_number,
  cells.value,
  ranks.place,
  ranks.rank_from_low,
  ranks.at_most,
  before.value as previous_value,
  regions.value as region_value,
  neighbours.neighbours_mean,
  neighbours.neighbours_median,
  coalesce(neighbours.neighbours_n, 0) as neighbours_n,
  neighbours.list_number as neighbours_list_number
from cells
left join {{ ref('int_national_ranks') }} as ranks on ranks.population_number = cells.population_number and ranks.la_number = cells.la_number
left join {{ ref('int_national_ranks') }} as before
  on before.population_number = cells.previous_population_number and before.la_number = cells.la_number
left join regions on regions.population_number = cells.population_number and regions.la_number = cells.region_la_number
left join {{ ref('int_neighbour_values') }} as neighbours
  on neighbours.population_number = cells.population_number and neighbours.la_number = cells.la_number
