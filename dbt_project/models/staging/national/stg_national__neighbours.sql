select
  lines.list_version,
  lines.la_number,
  lines.neighbour_la_number,
  lines.neighbour_rank,
  replace(lower({{ clean_text('lines.closeness_text') }}), ' ', '_') as closeness,
  files.source_file,
  lines.source_row
from {{ source('national', 'neighbours') }} as lines
inner join {{ ref('stg_national__files') }} as files on files.source_sha256 = lines.source_sha256
