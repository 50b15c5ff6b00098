{#- One pass over the values of authorities in order; both directions of the rank follow from it. -#}
select
  cells.population_number,
  cells.la_number,
  cells.value,
  cast(row_number() over (partition by cells.population_number order by cells.value, cells.la_number) as int) as place,
  cast(rank() over (partition by cells.population_number order by cells.value) as int) as rank_from_low,
  cast(count(*) over (partition by cells.population_number order by cells.value) as int) as at_most
from {{ ref('fct_national_cell') }} as cells
inner join {{ ref('int_national_populations') }} as populations on populations.population_number = cells.population_number
inner join {{ ref('int_national_areas') }} as areas on areas.la_number = cells.la_number
where populations.place_of_form = 1
  and not cells.is_repeated
  and cells.value is not null
  and areas.is_authority
