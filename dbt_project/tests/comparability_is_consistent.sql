-- An indicator's national measure is reviewed: allowed where the indicator names it, refused where it names none.
with rules as (
  select
    rules.*,
    indicators.indicator_key is not null as is_known,
    indicators.national_measure
  from {{ ref('indicator_comparability') }} as rules
  left join {{ ref('indicators') }} as indicators on indicators.indicator_key = rules.indicator_key
)

select 'no such indicator' as finding, indicator_key, measure_key from rules where not is_known
union all
select 'not the measure of the indicator', indicator_key, measure_key
from rules
where comparability <> 'other_population' and (national_measure is null or national_measure <> measure_key)
union all
select 'refused, yet named by the indicator', indicator_key, measure_key
from rules
where comparability = 'other_population' and national_measure = measure_key
union all
select 'no known comparability', indicator_key, comparability
from rules
where comparability not in ('comparable', 'in_quarter_against_annual', 'other_population') or note is null
union all
select 'not reviewed', indicators.indicator_key, indicators.national_measure
from {{ ref('indicators') }} as indicators
where indicators.national_measure is not null
  and not exists (select 1 from rules where rules.indicator_key = indicators.indicator_key)
union all
select 'twice', indicator_key, null from rules group by indicator_key having count(*) > 1
union all
select 'no publication', rules.indicator_key, rules.measure_key
from rules
where comparability <> 'other_population'
  and not exists (select 1 from {{ ref('national_measure_publications') }} as p where p.measure_key = rules.measure_key)
