select
  indicator_key,
  related_indicator_key,
  relation
from {{ ref('indicator_relations') }}
union all
select
  related_indicator_key,
  indicator_key,
  case relation when 'successor' then 'predecessor' else relation end
from {{ ref('indicator_relations') }}
order by indicator_key, related_indicator_key
