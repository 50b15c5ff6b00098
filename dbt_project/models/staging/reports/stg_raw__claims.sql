-- The claims of the reports in force.
select
  claims.*,
  files.source_file,
  files.area_code,
  files.fy_start,
  files.quarter as edition_quarter,
  files.period_end as edition_period_end
from {{ source('raw', 'claims') }} as claims
inner join {{ ref('stg_raw__received_files') }} as files
  on files.source_sha256 = claims.source_sha256 and files.edition_key = claims.edition_key and files.in_force
