select
  claims.edition_key,
  claims.paragraph,
  claims.claim_number,
  judged.indicator_key,
  claims.area_code,
  own.period_key,
  claims.period_words,
  claims.claim_kind,
  claims.value,
  claims.decimals,
  claims.value_text,
  case when claims.value is not null then coalesce(claims.unit, judged.indicator_unit) end as unit,
  claims.numerator,
  claims.denominator,
  coalesce(judged.direction, 'none') as direction,
  judged.direction_source,
  coalesce(judged.judgement, 'none') as judgement,
  judged.judgement_source,
  claims.quartile,
  claims.quartile_before,
  claims.comparison_basis,
  compared.period_key as comparison_period_key,
  claims.comparison_words,
  claims.comparison_value,
  claims.comparison_numerator,
  judged.change,
  claims.change_unit,
  claims.benchmark_value,
  claims.benchmark_relation,
  claims.benchmark_gap,
  claims.comparator_text as comparator,
  claims.target_value,
  claims.target_relation,
  claims.is_latest_available,
  claims.reason,
  claims.reason_words,
  claims.tally_group,
  claims.tally_category,
  claims.tally_total,
  judged.attribution_method,
  judged.attribution_score,
  judged.matched_words,
  cast(judged.fitting_indicators as int) as fitting_indicators,
  editions.edition_key is not null as has_dashboard,
  claims.words,
  claims.source_file,
  claims.line_from as source_line_from,
  claims.line_to as source_line_to
from {{ ref('stg_raw__claims') }} as claims
inner join {{ ref('int_claims_judged') }} as judged
  on judged.edition_key = claims.edition_key and judged.paragraph = claims.paragraph and judged.claim_number = claims.claim_number
left join {{ ref('int_claims_dated') }} as own
  on own.edition_key = claims.edition_key and own.paragraph = claims.paragraph and own.claim_number = claims.claim_number
  and own.role = 'own'
left join {{ ref('int_claims_dated') }} as compared
  on compared.edition_key = claims.edition_key and compared.paragraph = claims.paragraph
  and compared.claim_number = claims.claim_number and compared.role = 'comparison'
left join {{ ref('dim_edition') }} as editions on editions.edition_key = claims.edition_key
order by claims.edition_key, claims.paragraph, claims.claim_number
