{#-
  Neighbours here only for councils with editions of their own, by both lists and for all periods; for every authority
  mart_national_position has them by the list of the period.
-#}
with members as (
  select *
  from {{ ref('bridge_comparator_member') }}
  where base_area_code is null or base_area_code in (select area_code from {{ ref('dim_area') }} where is_council_with_editions)
),

counted as (
  select
    members.comparator_key,
    members.base_area_code,
    values_read.population_number,
    -- What is summed in another order differs in the last binary digit; six decimals do not.
    round(avg(values_read.value), 6) as mean,
    median(values_read.value) as median,
    cast(count(values_read.value) as int) as n,
    cast(count(*) as int) as members,
    sum(case when values_read.numerator is not null and values_read.denominator is not null then values_read.numerator end) as numerator,
    sum(case when values_read.numerator is not null and values_read.denominator is not null then values_read.denominator end) as denominator,
    cast(count(case when values_read.numerator is not null and values_read.denominator is not null then 1 end) as int) as pooled_n
  from {{ ref('fct_national_cell') }} as values_read
  inner join {{ ref('dim_national_population') }} as populations on populations.population_number = values_read.population_number
  inner join members
    on members.member_la_number = values_read.la_number
    -- A list of neighbours compares any period, and England and its regions are whoever has a figure, as in a position.
    -- Membership in other groups is of its time: for any part of the period.
    and (
      members.comparator_kind in ('neighbours', 'england', 'region')
      or (coalesce(members.valid_from <= populations.period_end, true) and coalesce(members.valid_to >= populations.period_start, true))
    )
  where populations.is_current and not values_read.is_repeated
  group by members.comparator_key, members.base_area_code, values_read.population_number
),

groups as (
  select distinct comparator_key, comparator_name, comparator_kind, list_version
  from members
)

select
  counted.comparator_key,
  groups.comparator_name,
  groups.comparator_kind,
  counted.base_area_code,
  populations.measure_key,
  populations.period_key,
  populations.period_text,
  populations.term_marker,
  populations.revision_status,
  populations.release_key,
  counted.mean,
  counted.median,
  counted.n,
  counted.members,
  100 * counted.numerator / nullif(counted.denominator, 0) as pooled_rate,
  counted.numerator as pooled_numerator,
  counted.denominator as pooled_denominator,
  counted.pooled_n,
  published.value as published_value,
  groups.list_version
from counted
inner join groups on groups.comparator_key = counted.comparator_key
inner join {{ ref('dim_national_population') }} as populations on populations.population_number = counted.population_number
left join {{ ref('comparator_groups') }} as definitions on definitions.comparator_key = counted.comparator_key
left join {{ ref('fct_national_cell') }} as published
  on published.population_number = counted.population_number
  and published.la_number = definitions.published_la_number
  and not published.is_repeated
