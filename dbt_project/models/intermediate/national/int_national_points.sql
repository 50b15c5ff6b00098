{#- QUARTILE.EXC takes the (n + 1) p-th value, which needs three values at least. -#}
{%- set points = {'25': 0.25, '50': 0.5, '75': 0.75} -%}
with counted as (
  select
    population_number,
    cast(count(*) as int) as n,
    {{ quartile_points('value', points.values() | list) }}
  from {{ ref('int_national_ranks') }}
  group by population_number
),

bracketed as (
  select
    counted.population_number
    {%- for name, share in points.items() %},
    max(case when ranks.place = cast(floor((counted.n + 1) * {{ share }}) as int) then ranks.value end) as below_{{ name }},
    max(case when ranks.place = least(cast(floor((counted.n + 1) * {{ share }}) as int) + 1, counted.n) then ranks.value end) as above_{{ name }}
    {%- endfor %}
  from counted
  inner join {{ ref('int_national_ranks') }} as ranks on ranks.population_number = counted.population_number
  where counted.n >= 3
  group by counted.population_number
)

select
  counted.population_number,
  counted.n,
  counted.p25,
  counted.p50,
  counted.p75
  {%- for name, share in points.items() %},
  bracketed.below_{{ name }}
    + (bracketed.above_{{ name }} - bracketed.below_{{ name }}) * ((counted.n + 1) * {{ share }} - floor((counted.n + 1) * {{ share }})) as exclusive_p{{ name }}
  {%- endfor %}
from counted
left join bracketed on bracketed.population_number = counted.population_number
