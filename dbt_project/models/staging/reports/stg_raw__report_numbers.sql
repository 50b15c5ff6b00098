select
  numbers.edition_key,
  numbers.source_sha256,
  files.source_file,
  numbers.number_order,
  numbers.line_number,
  numbers.paragraph,
  numbers.claim_number,
  numbers.printed_text,
  numbers.role
from {{ source('raw', 'report_numbers') }} as numbers
inner join {{ ref('stg_raw__received_files') }} as files
  on files.source_sha256 = numbers.source_sha256 and files.edition_key = numbers.edition_key and files.in_force
