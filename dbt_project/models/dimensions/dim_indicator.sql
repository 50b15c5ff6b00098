with appearances as (
  select
    labels.indicator_key,
    editions.edition_key,
    row_number() over (partition by labels.indicator_key order by editions.period_start, editions.edition_key) as place,
    row_number() over (partition by labels.indicator_key order by editions.period_start desc, editions.edition_key desc) as place_from_end
  from {{ ref('int_labels_mapped') }} as labels
  inner join {{ ref('dim_edition') }} as editions on editions.edition_key = labels.edition_key
  where labels.indicator_key is not null
)

select
  indicators.indicator_key,
  indicators.indicator_name,
  indicators.topic,
  indicators.unit,
  indicators.polarity,
  indicators.basis,
  indicators.frequency,
  indicators.national_measure,
  indicators.year_type,
  indicators.can_exceed_100,
  indicators.definition,
  first_appearances.edition_key as first_edition_key,
  last_appearances.edition_key as last_edition_key
from {{ ref('indicators') }} as indicators
left join appearances as first_appearances
  on first_appearances.indicator_key = indicators.indicator_key and first_appearances.place = 1
left join appearances as last_appearances
  on last_appearances.indicator_key = indicators.indicator_key and last_appearances.place_from_end = 1
order by indicators.topic, indicators.indicator_key
