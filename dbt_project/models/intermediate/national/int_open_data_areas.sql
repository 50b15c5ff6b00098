-- Every area of the open data once, and which of our areas it is: authorities by number, because their codes change.
select
  places.geographic_level,
  places.country_code,
  places.region_code,
  places.la_code,
  places.la_number as printed_la_number,
  coalesce(authorities.la_number, others.la_number) as la_number,
  coalesce(authorities.area_code, others.area_code) as area_code
from (
  select distinct geographic_level, country_code, region_code, la_code, la_number
  from {{ ref('stg_national__open_data') }}
) as places
left join {{ ref('int_national_areas') }} as authorities
  on authorities.la_number = places.la_number and places.geographic_level = 'Local authority'
left join {{ ref('int_national_areas') }} as others
  on others.area_code = case places.geographic_level when 'Regional' then places.region_code when 'National' then places.country_code end
