-- Rows that fail the standard stay in the raw table; they are no facts.
select
  cells.source_sha256,
  files.source_file,
  files.dataset_key,
  files.release_key,
  files.release_place,
  cells.source_row,
  cells.time_period,
  cells.time_identifier,
  cells.geographic_level,
  cells.country_code,
  cells.region_code,
  cells.region_name,
  cells.la_code,
  try_cast(cells.la_number_text as int) as la_number,
  cells.la_name,
  -- Without blanks after separators, so that two ways of writing the same object are one.
  replace(replace(cells.filters, '": "', '":"'), '", "', '","') as filters,
  cells.indicator,
  cells.value_text
from {{ source('national', 'open_data') }} as cells
inner join {{ ref('stg_national__files') }} as files on files.source_sha256 = cells.source_sha256
where cells.row_is_sound
