-- Problems of versions in force and of rejected files.
select
  problems.source_file,
  problems.issue_code,
  problems.severity,
  problems.source_row,
  problems.column_name,
  problems.printed_text,
  problems.message,
  coalesce(files.in_force, false) as in_force
from {{ source('national', 'national_problems') }} as problems
left join {{ source('national', 'national_files') }} as files on files.source_sha256 = problems.source_sha256
where files.source_sha256 is null or files.in_force or files.outcome = 'rejected'
