-- A label stands in the seed in its normal form, means a known indicator, and means one at a time.
with labels as (
  select * from {{ ref('indicator_labels') }}
)

select 'not in normal form' as finding, normalised_label, indicator_key
from labels
where normalised_label <> {{ normalise_label('normalised_label') }}

union all

select 'unknown indicator', normalised_label, indicator_key
from labels
where indicator_key is null or indicator_key not in (select indicator_key from {{ ref('indicators') }})

union all

select 'two indicators at once', one.normalised_label, one.indicator_key
from labels as one
inner join labels as other
  on other.normalised_label = one.normalised_label
  and other.indicator_key <> one.indicator_key
  and coalesce(other.layout, '') = coalesce(one.layout, '')
  and coalesce(other.edition_from, '0000') <= coalesce(one.edition_to, '9999')
  and coalesce(one.edition_from, '0000') <= coalesce(other.edition_to, '9999')
