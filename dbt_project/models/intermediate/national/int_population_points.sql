{#-
  Points by linear interpolation between the values at two places: h = (n - 1) p + 1, and (n + 1) p for QUARTILE.EXC, which
  takes three values at least. Not by percentile_cont: DuckDB's gives lower * (1 - t) + upper * t, which misses the
  value where both are the same (2yr_Ofsted_rating 2020: 99.1 three times, p75 99.09999999999999), and a figure that
  stands on the boundary would fall beyond it.
-#}
{%- set points = {'p25': 0.25, 'p50': 0.5, 'p75': 0.75} -%}
with counted as (
  select population_number, cast(count(*) as int) as n
  from {{ ref('int_national_ranks') }}
  group by population_number
),

-- Places are exact: a quarter, a half and three quarters of a whole number have no rounding.
bracketed as (
  select
    counted.population_number,
    min(counted.n) as n
    {%- for name, share in points.items() %},
    {{ value_at_place('ranks.value', 'ranks.place', 'floor((counted.n - 1) * ' ~ share ~ ') + 1') }} as below_{{ name }},
    {{ value_at_place('ranks.value', 'ranks.place', 'ceil((counted.n - 1) * ' ~ share ~ ') + 1') }} as above_{{ name }},
    {{ value_at_place('ranks.value', 'ranks.place', 'floor((counted.n + 1) * ' ~ share ~ ')') }} as below_exclusive_{{ name }},
    {{ value_at_place('ranks.value', 'ranks.place', 'ceil((counted.n + 1) * ' ~ share ~ ')') }} as above_exclusive_{{ name }}
    {%- endfor %}
  from counted
  inner join {{ ref('int_national_ranks') }} as ranks on ranks.population_number = counted.population_number
  group by counted.population_number
)

select
  population_number,
  n
  {%- for name, share in points.items() %},
  below_{{ name }} + (above_{{ name }} - below_{{ name }}) * ((n - 1) * {{ share }} - floor((n - 1) * {{ share }})) as {{ name }}
  {%- endfor %}
  {%- for name, share in points.items() %},
  case
    when n >= 3
      then below_exclusive_{{ name }}
        + (above_exclusive_{{ name }} - below_exclusive_{{ name }}) * ((n + 1) * {{ share }} - floor((n + 1) * {{ share }}))
  end as exclusive_{{ name }}
  {%- endfor %}
from bracketed
