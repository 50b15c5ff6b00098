with periods_said as (
  {% for role, column in [('own', 'period_text'), ('comparison', 'comparison_period_text')] %}
  select
    claims.edition_key,
    claims.paragraph,
    claims.claim_number,
    '{{ role }}' as role,
    claims.{{ column }} as said_text,
    claims.source_file,
    claims.line_from,
    claims.line_to,
    claims.fy_start,
    claims.edition_quarter,
    claims.edition_period_end,
    coalesce(indicators.year_type, 'calendar') as year_type
  from {{ ref('stg_raw__claims') }} as claims
  inner join {{ ref('int_claims_attributed') }} as attributed
    on attributed.edition_key = claims.edition_key and attributed.paragraph = claims.paragraph
    and attributed.claim_number = claims.claim_number
  left join {{ ref('indicators') }} as indicators on indicators.indicator_key = attributed.indicator_key
  where claims.{{ column }} is not null
  {{ 'union all' if not loop.last }}
  {% endfor %}
),

{{ read_periods('periods_said', 'said_text', 'fy_start', 'edition_quarter', 'year_type') }}

select
  edition_key,
  paragraph,
  claim_number,
  role,
  said_text,
  source_file,
  line_from,
  line_to,
  period_key,
  period_type,
  period_label,
  period_start,
  period_end,
  case
    when period_type is null then 'unread'
    when period_start > edition_period_end then 'after_edition'
    else 'read'
  end as period_reading
from periods_read
