select
  source_sha256,
  source_file,
  stage,
  check_name,
  result,
  row_count,
  message
from {{ source('national', 'open_data_checks') }}
