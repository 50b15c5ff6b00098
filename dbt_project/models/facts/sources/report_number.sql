select
  edition_key,
  number_order,
  paragraph,
  claim_number,
  printed_text,
  role,
  source_file,
  line_number as source_line
from {{ ref('stg_raw__report_numbers') }}
order by edition_key, number_order
