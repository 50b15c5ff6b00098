with issues as (
  select
    'ingestion' as found_by,
    issue_code, severity, edition_key, source_file, row_number, line_from, line_to, column_name, printed_text, message
  from {{ ref('stg_raw__problems') }}
  where in_force
  union all
  select
    'conversion' as found_by,
    issue_code, severity, edition_key, source_file, row_number, line_from, line_to, column_name, printed_text, message
  from {{ ref('int_problems_found') }}
  union all
  select
    'ingestion', issue_code, severity, null, source_file, null, cast(source_row as int), cast(source_row as int), column_name, printed_text, message
  from {{ ref('stg_national__problems') }}
  where in_force
  union all
  select
    'conversion', issue_code, severity, null, source_file, null, cast(source_row as int), cast(source_row as int), column_name, printed_text, message
  from {{ ref('int_national_problems_found') }}
  union all
  select
    'conversion' as found_by,
    issue_code, severity, edition_key, source_file, row_number, line_from, line_to, column_name, printed_text, message
  from {{ ref('int_report_problems') }}
),

-- Of files that were rejected, superseded, held back or never received: their words are not published.
not_in_force as (
  select
    'ingestion' as found_by,
    issue_code, severity, edition_key, source_file, row_number, line_from, line_to, column_name, printed_text, message
  from {{ ref('stg_raw__problems') }}
  where not in_force
  union all
  select
    'ingestion', issue_code, severity, null, source_file, null, cast(source_row as int), cast(source_row as int), column_name, printed_text, message
  from {{ ref('stg_national__problems') }}
  where not in_force
),

gathered as (
  select *, true as in_force from issues
  union all
  select *, false as in_force from not_in_force
)

select
  issue_code,
  severity,
  edition_key,
  source_file,
  row_number,
  line_from as source_line_from,
  line_to as source_line_to,
  column_name,
  printed_text,
  message,
  found_by,
  in_force
from gathered
order by edition_key nulls last, source_file, line_from nulls first, row_number nulls first, issue_code, column_name
