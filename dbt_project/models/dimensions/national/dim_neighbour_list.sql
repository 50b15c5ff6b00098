select
  era_number as list_number,
  list_version,
  comparator_key,
  comparator_name,
  valid_from,
  valid_to
from {{ ref('int_neighbour_lists') }}
order by list_number
