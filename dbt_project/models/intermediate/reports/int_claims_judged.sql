-- A printed word gives the direction or the judgement; the indicator's polarity gives the other one, as for dashboards.
with claims as (
  select
    claims.*,
    attributed.indicator_key,
    attributed.attribution_method,
    attributed.attribution_score,
    attributed.matched_words,
    attributed.fitting_indicators,
    indicators.unit as indicator_unit,
    indicators.polarity
  from {{ ref('stg_raw__claims') }} as claims
  inner join {{ ref('int_claims_attributed') }} as attributed
    on attributed.edition_key = claims.edition_key and attributed.paragraph = claims.paragraph
    and attributed.claim_number = claims.claim_number
  left join {{ ref('indicators') }} as indicators on indicators.indicator_key = attributed.indicator_key
),

judged as (
  select
    *,
    case
      when claim_kind = 'tally' then null
      when direction is not null then direction
      when (judgement = 'better' and polarity = 'high_is_good') or (judgement = 'worse' and polarity = 'low_is_good') then 'up'
      when (judgement = 'better' and polarity = 'low_is_good') or (judgement = 'worse' and polarity = 'high_is_good') then 'down'
    end as direction_judged,
    case
      when judgement is not null then judgement
      when (direction = 'up' and polarity = 'high_is_good') or (direction = 'down' and polarity = 'low_is_good') then 'better'
      when (direction = 'up' and polarity = 'low_is_good') or (direction = 'down' and polarity = 'high_is_good') then 'worse'
    end as judgement_judged
  from claims
)

select
  edition_key,
  paragraph,
  claim_number,
  indicator_key,
  indicator_unit,
  direction_judged as direction,
  case when direction_judged is null then null when direction is not null then 'printed' else 'derived' end as direction_source,
  judgement_judged as judgement,
  case when judgement_judged is null then null when judgement is not null then 'printed' else 'derived' end as judgement_source,
  -- "An improvement of 2 points" has its sign from the polarity.
  case when direction is null and direction_judged = 'down' then -abs(change) else change end as change,
  attribution_method,
  attribution_score,
  matched_words,
  fitting_indicators
from judged
