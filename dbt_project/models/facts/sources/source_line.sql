select
  edition_key,
  line_number,
  disposition,
  row_number,
  line_text
from {{ ref('stg_raw__lines') }}
order by edition_key, line_number
