select
  source_sha256,
  source_file,
  size_bytes,
  {{ utc('received_at') }} as received_at,
  kind,
  dataset_key,
  release_label,
  published_on,
  outcome,
  error_code,
  error_message,
  row_count,
  version_number,
  in_force,
  is_newest_release
from {{ source('national', 'national_files') }}
