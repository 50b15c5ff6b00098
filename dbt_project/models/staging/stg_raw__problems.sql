-- Problems of the versions in force, and of rejected files, which never have a version in force.
with of_editions as (
  select
    problems.edition_key,
    problems.source_sha256,
    files.source_file,
    problems.issue_code,
    problems.severity,
    problems.row_number,
    problems.line_from,
    problems.line_to,
    problems.column_name,
    problems.printed_text,
    problems.message,
    false as of_rejected_file,
    true as in_force
  from {{ source('raw', 'problems') }} as problems
  inner join {{ ref('stg_raw__received_files') }} as files
    on files.source_sha256 = problems.source_sha256 and files.edition_key = problems.edition_key and files.in_force
),

of_reports as (
  select
    problems.edition_key,
    problems.source_sha256,
    files.source_file,
    problems.issue_code,
    problems.severity,
    problems.row_number,
    problems.line_from,
    problems.line_to,
    problems.column_name,
    problems.printed_text,
    problems.message,
    false as of_rejected_file,
    true as in_force
  from {{ source('raw', 'report_problems') }} as problems
  inner join {{ ref('stg_raw__received_files') }} as files
    on files.source_sha256 = problems.source_sha256 and files.edition_key = problems.edition_key and files.in_force
),

of_rejected_files as (
  select
    problems.edition_key,
    problems.source_sha256,
    problems.source_file,
    problems.issue_code,
    problems.severity,
    problems.row_number,
    problems.line_from,
    problems.line_to,
    problems.column_name,
    problems.printed_text,
    problems.message,
    true as of_rejected_file,
    -- A report in force may stand here too: no dashboard of its edition is loaded.
    coalesce(files.in_force, false) as in_force
  from {{ source('raw', 'rejected_problems') }} as problems
  left join {{ ref('stg_raw__received_files') }} as files on files.source_sha256 = problems.source_sha256
)

select * from of_editions
union all
select * from of_reports
union all
select * from of_rejected_files
