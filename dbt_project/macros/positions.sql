{#
  Where an authority stands among all of them: quartile points, bands by four methods, neighbours' mean and median.
  Definitions: methods.md section 1.
#}

{# The band of the department's own tool: on a boundary the better one when low is good, the worse one when high is good. #}
{% macro band_lait(value, low, middle, high, polarity) -%}
  case {{ polarity }}
    when 'low_is_good' then case when {{ value }} <= {{ low }} then 1 when {{ value }} <= {{ middle }} then 2 when {{ value }} <= {{ high }} then 3 when {{ value }} > {{ high }} then 4 end
    when 'high_is_good' then case when {{ value }} <= {{ low }} then 4 when {{ value }} <= {{ middle }} then 3 when {{ value }} <= {{ high }} then 2 when {{ value }} > {{ high }} then 1 end
  end
{%- endmacro %}

{#
  On a boundary the better band whatever the polarity. With the points of QUARTILE.EXC this is also the method
  `exclusive`: methods.md counts 6.7 % of bands changed by it and 6.4 % by `mirrored`, and only this reading of it comes
  near (7.0 and 6.7 % of the latest figures here; with the tool's own boundary rule it would be 0.6 %).
#}
{% macro band_mirrored(value, low, middle, high, polarity) -%}
  case {{ polarity }}
    when 'low_is_good' then case when {{ value }} <= {{ low }} then 1 when {{ value }} <= {{ middle }} then 2 when {{ value }} <= {{ high }} then 3 when {{ value }} > {{ high }} then 4 end
    when 'high_is_good' then case when {{ value }} >= {{ high }} then 1 when {{ value }} >= {{ middle }} then 2 when {{ value }} >= {{ low }} then 3 when {{ value }} < {{ low }} then 4 end
  end
{%- endmacro %}

{#
  NTILE(4) from the place (1 is best) among n: the first n mod 4 bands get one more. Ties are split by the number of the
  authority, which is as arbitrary as any other order.
#}
{% macro band_ntile(place, n) -%}
  case
    when {{ n }} < 4 then {{ place }}
    when {{ place }} <= mod({{ n }}, 4) * (floor({{ n }} / 4.0) + 1) then ceil({{ place }} / (floor({{ n }} / 4.0) + 1))
    else mod({{ n }}, 4) + ceil(({{ place }} - mod({{ n }}, 4) * (floor({{ n }} / 4.0) + 1)) / floor({{ n }} / 4.0))
  end
{%- endmacro %}

{#
  Mean, median and number of the neighbours' values for every population and authority of a list. The area itself is no
  member of its own list; neighbours without a value are left out.
  values: population_number, la_number, value; populations: population_number, era_number; sets: era_number, la_number,
  neighbour_la_number, neighbour_rank, list_number.
#}
{% macro neighbour_statistics(values, populations, sets) -%}
  {{ return(adapter.dispatch('neighbour_statistics')(values, populations, sets)) }}
{%- endmacro %}
{% macro default__neighbour_statistics(values, populations, sets) -%}
select
  populations.population_number,
  sets.la_number,
  avg(members.value) as neighbours_mean,
  median(members.value) as neighbours_median,
  cast(count(members.value) as int) as neighbours_n,
  min(sets.list_number) as list_number
from {{ populations }} as populations
inner join {{ sets }} as sets on sets.era_number = populations.era_number
inner join {{ values }} as members
  on members.population_number = populations.population_number and members.la_number = sets.neighbour_la_number
group by populations.population_number, sets.la_number
{%- endmacro %}
{#
  Ten neighbours of 150 authorities in 4,000 populations would be five million joined rows. Here a population is one row
  with the list of its values by place, and the neighbours of an authority are a list of places.
#}
{% macro duckdb__neighbour_statistics(values, populations, sets) -%}
with places as (
  select la_number, cast(row_number() over (order by la_number) as int) as place
  from (
    select la_number from {{ values }}
    union
    select neighbour_la_number from {{ sets }}
  ) as numbers
),

eras as (
  select
    era_number,
    list(la_number order by la_number) as bases,
    list(neighbours order by la_number) as neighbours,
    list(list_number order by la_number) as list_numbers
  from (
    select sets.era_number, sets.la_number, list(places.place order by sets.neighbour_rank) as neighbours, min(sets.list_number) as list_number
    from {{ sets }} as sets
    inner join places on places.la_number = sets.neighbour_la_number
    group by sets.era_number, sets.la_number
  ) as of_area
  group by era_number
),

given_lists as (
  select given.population_number, list(given.value) as given_values, list(places.place) as given_places
  from {{ values }} as given
  inner join places on places.la_number = given.la_number
  group by given.population_number
),

dense as (
  select
    given_lists.population_number,
    populations.era_number,
    list_transform(
      range(1, (select max(place) + 1 from places)),
      lambda place: given_lists.given_values[list_position(given_lists.given_places, cast(place as int))]
    ) as by_place
  from given_lists
  inner join {{ populations }} as populations on populations.population_number = given_lists.population_number
),

spread as (
  select
    dense.population_number,
    unnest(eras.bases) as la_number,
    unnest(eras.list_numbers) as list_number,
    unnest(list_transform(eras.neighbours, lambda places: list_select(dense.by_place, places))) as found
  from dense
  inner join eras on eras.era_number = dense.era_number
)

select
  population_number,
  la_number,
  list_avg(found) as neighbours_mean,
  list_median(found) as neighbours_median,
  cast(list_count(found) as int) as neighbours_n,
  list_number
from spread
where list_count(found) > 0
{%- endmacro %}
