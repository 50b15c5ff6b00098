select
  lines.edition_key,
  files.source_file,
  lines.source_sha256,
  lines.line_number,
  lines.disposition,
  lines.paragraph,
  lines.line_text
from {{ source('raw', 'report_lines') }} as lines
inner join {{ ref('stg_raw__received_files') }} as files
  on files.source_sha256 = lines.source_sha256 and files.edition_key = lines.edition_key and files.in_force
