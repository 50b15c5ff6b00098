with claims as (
  select
    claims.*,
    attributed.indicator_key,
    attributed.fitting_indicators,
    cast(null as int) as row_number
  from {{ ref('stg_raw__claims') }} as claims
  inner join {{ ref('int_claims_attributed') }} as attributed
    on attributed.edition_key = claims.edition_key and attributed.paragraph = claims.paragraph
    and attributed.claim_number = claims.claim_number
),

periods as (
  select *, cast(null as int) as row_number
  from {{ ref('int_claims_dated') }}
)

{{ finding('claims', 'claim_unattributed', 'warning', "'words'", 'words', "claim_kind not in ('tally', 'no_data', 'reason') and indicator_key is null",
  "'It cannot be told of which indicator paragraph ' || paragraph || ' says this' || case when fitting_indicators > 1 then ' (' || fitting_indicators || ' fit alike)' else '' end || '; add its words to the labels, or to the aliases in ingest/reports/claim_rules.yml.'") }}
union all
{{ finding('claims', 'statement_unattributed', 'info', "'words'", 'words', "claim_kind in ('no_data', 'reason') and indicator_key is null",
  "'This statement of paragraph ' || paragraph || ' is of no single indicator.'") }}
union all
{{ finding('periods', 'unreadable_period', 'warning', "'period_text'", 'said_text', "period_reading = 'unread'",
  "'This text is no known form of a period, so the claim belongs to no period.'") }}
union all
{{ finding('periods', 'period_after_edition', 'warning', "'period_text'", 'said_text', "period_reading = 'after_edition'",
  "'The period named here, ' || period_label || ', is later than the quarter of the edition itself; compare it with the report.'") }}
