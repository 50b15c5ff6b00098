select
  edition_key,
  line_number,
  disposition,
  paragraph,
  line_text,
  source_file,
  source_sha256
from {{ ref('stg_raw__report_lines') }}
order by edition_key, line_number
