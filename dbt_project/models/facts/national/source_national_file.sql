select
  files.source_sha256,
  files.source_file,
  files.size_bytes,
  files.received_at,
  files.kind,
  files.dataset_key,
  files.release_label,
  files.published_on,
  files.outcome,
  files.error_code,
  files.error_message,
  files.row_count,
  files.version_number,
  files.in_force,
  files.is_newest_release,
  coalesce(checks.failed, 0) as failed_checks,
  coalesce(checks.warned, 0) as warned_checks
from {{ ref('stg_national__received_files') }} as files
left join (
  select
    source_sha256,
    cast(count(*) filter (where result = 'failed') as int) as failed,
    cast(count(*) filter (where result = 'warned') as int) as warned
  from {{ ref('stg_national__open_data_checks') }}
  group by source_sha256
) as checks on checks.source_sha256 = files.source_sha256
order by files.received_at, files.source_file, files.source_sha256
