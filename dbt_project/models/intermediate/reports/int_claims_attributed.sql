-- Between indicators whose labels fit the words alike, what the edition's own dashboard prints decides; else none is taken.
with printed as (
  select distinct edition_key, indicator_key
  from {{ ref('int_labels_mapped') }}
  where indicator_key is not null
),

weighed as (
  select
    candidates.*,
    case when printed.indicator_key is not null then 1 else 0 end as is_printed,
    count(*) over (partition by candidates.edition_key, candidates.paragraph, candidates.claim_number) as fitting,
    sum(case when printed.indicator_key is not null then 1 else 0 end)
      over (partition by candidates.edition_key, candidates.paragraph, candidates.claim_number) as fitting_and_printed
  from {{ ref('stg_raw__claim_candidates') }} as candidates
  left join printed on printed.edition_key = candidates.edition_key and printed.indicator_key = candidates.indicator_key
)

select
  claims.edition_key,
  claims.paragraph,
  claims.claim_number,
  weighed.indicator_key,
  weighed.method as attribution_method,
  weighed.score as attribution_score,
  weighed.matched_words,
  coalesce(fits.fitting, 0) as fitting_indicators
from {{ ref('stg_raw__claims') }} as claims
left join weighed
  on weighed.edition_key = claims.edition_key and weighed.paragraph = claims.paragraph and weighed.claim_number = claims.claim_number
  and (weighed.fitting = 1 or (weighed.fitting_and_printed = 1 and weighed.is_printed = 1))
left join (
  select edition_key, paragraph, claim_number, count(*) as fitting
  from {{ ref('stg_raw__claim_candidates') }}
  group by edition_key, paragraph, claim_number
) as fits
  on fits.edition_key = claims.edition_key and fits.paragraph = claims.paragraph and fits.claim_number = claims.claim_number
