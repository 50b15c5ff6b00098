select
  area_code,
  area_name,
  la_number,
  area_type,
  region_name
from {{ ref('stg_raw__areas') }}
order by area_code
