select
  lines.la_number,
  {{ clean_text('lines.la_name') }} as area_name,
  nullif({{ clean_text('lines.region_name') }}, 'NA') as region_name,
  nullif({{ clean_text('lines.type_text') }}, 'NA') as type_text
from {{ source('national', 'authorities') }} as lines
inner join {{ ref('stg_national__files') }} as files on files.source_sha256 = lines.source_sha256 and files.release_place = 1
