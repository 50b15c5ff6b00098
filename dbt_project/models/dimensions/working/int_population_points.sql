{#-
  Points by linear interpolation between the values at two places: h = (n - 1) p + 1, and (n + 1) p for QUARTILE.EXC, which
  takes three values at least. Not by percentile_cont: DuckDB's gives lower * (1 - t) + upper * t, which misses the
  value where both are the same (2yr_Ofsted_rating 2020: 99.1 three times, p75 99.09999999999999), and a figure that
  stands on the boundary would fall beyond it.
-#}
{%- set points = {'p25': 0.25, 'p50': 0.5, 'p75': 0.75} -%}
with counted as (
  select population_number, cast(count(value) as int) as n
  from {{ ref('fct_national_place') }}
  group by population_number
),

-- Places are exact: a quarter, a half and three quarters of a whole number have no rounding.
wanted as (
  {%- for name, share in points.items() %}
  select population_number, 'below_{{ name }}' as point, cast(floor((n - 1) * {{ share }}) + 1 as int) as place from counted where n > 0
  union all
  select population_number, 'above_{{ name }}', cast(ceil((n - 1) * {{ share }}) + 1 as int) from counted where n > 0
  union all
  select population_number, 'below_exclusive_{{ name }}', cast(floor((n + 1) * {{ share }}) as int) from counted where n >= 3
  union all
  select population_number, 'above_exclusive_{{ name }}', cast(ceil((n + 1) * {{ share }}) as int) from counted where n >= 3
  {{ 'union all' if not loop.last }}
  {%- endfor %}
),

bracketed as (
  select
    wanted.population_number
    {%- for name in points %},
    max(case wanted.point when 'below_{{ name }}' then places.value end) as below_{{ name }},
    max(case wanted.point when 'above_{{ name }}' then places.value end) as above_{{ name }},
    max(case wanted.point when 'below_exclusive_{{ name }}' then places.value end) as below_exclusive_{{ name }},
    max(case wanted.point when 'above_exclusive_{{ name }}' then places.value end) as above_exclusive_{{ name }}
    {%- endfor %}
  from wanted
  inner join {{ ref('fct_national_place') }} as places
    on places.population_number = wanted.population_number and places.place = wanted.place
  group by wanted.population_number
)

select
  counted.population_number,
  counted.n
  {%- for name, share in points.items() %},
  below_{{ name }} + (above_{{ name }} - below_{{ name }}) * ((n - 1) * {{ share }} - floor((n - 1) * {{ share }})) as {{ name }},
  below_exclusive_{{ name }}
    + (above_exclusive_{{ name }} - below_exclusive_{{ name }}) * ((n + 1) * {{ share }} - floor((n + 1) * {{ share }})) as exclusive_{{ name }}
  {%- endfor %}
from counted
left join bracketed on bracketed.population_number = counted.population_number
