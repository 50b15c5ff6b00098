select
  area_code,
  area_name,
  la_number,
  area_type,
  region_name,
  is_default
from {{ source('raw', 'areas') }}
