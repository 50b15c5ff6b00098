{#- Councils of editions as config/areas.yml has them; all others as the national files have them. -#}
with councils as (
  select * from {{ ref('stg_raw__areas') }}
),

national as (
  select * from {{ ref('int_national_areas') }}
)

select
  coalesce(councils.area_code, national.area_code) as area_code,
  case when councils.area_code is not null then councils.area_name else national.area_name end as area_name,
  case when councils.area_code is not null then councils.la_number else national.la_number end as la_number,
  case when councils.area_code is not null then councils.area_type else national.area_type end as area_type,
  case when councils.area_code is not null then councils.region_name else national.region_name end as region_name,
  councils.area_code is not null as is_council_with_editions,
  national.la_number as national_la_number,
  national.valid_from,
  national.valid_to,
  national.predecessor_codes,
  national.successor_codes
from councils
full outer join national on national.area_code = councils.area_code
order by area_code
