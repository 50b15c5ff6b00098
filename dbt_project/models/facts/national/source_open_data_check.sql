select
  source_sha256,
  source_file,
  stage,
  check_name,
  result,
  row_count,
  message
from {{ ref('stg_national__open_data_checks') }}
order by source_file, source_sha256, stage, check_name
