{#- One pass over the values of authorities in order; both directions of the rank follow from it. -#}
select
  population_number,
  la_number,
  value,
  cast(row_number() over (partition by population_number order by value, la_number) as int) as place,
  cast(rank() over (partition by population_number order by value) as int) as rank_from_low,
  cast(count(*) over (partition by population_number order by value) as int) as at_most
from {{ ref('fct_national_value') }}
where is_in_position
  and value is not null
  and la_number in (select la_number from {{ ref('int_national_areas') }} where is_authority)
