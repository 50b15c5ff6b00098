select
  findings.audit_key,
  findings.check_code,
  findings.edition_key,
  editions.area_code,
  findings.row_number,
  findings.paragraph,
  findings.indicator_key,
  indicators.indicator_name,
  indicators.topic,
  findings.claim_text,
  findings.expected_text,
  findings.method,
  findings.verdict,
  findings.severity,
  findings.evidence,
  findings.source_file,
  findings.source_line_from,
  findings.source_line_to,
  findings.other_source_file,
  findings.other_line_from,
  findings.other_line_to
from {{ ref('fct_audit') }} as findings
left join {{ ref('dim_edition') }} as editions on editions.edition_key = findings.edition_key
left join {{ ref('dim_indicator') }} as indicators on indicators.indicator_key = findings.indicator_key
order by findings.edition_key, findings.row_number nulls first, findings.audit_key
