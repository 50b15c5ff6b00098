with rows_and_topics as (
  select
    edition_key,
    coalesce(topic, 'Unmapped') as topic,
    value_status, previous_value, previous_value_status, judgement, quartile, rag
  from {{ ref('mart_dashboard') }}
  union all
  select
    edition_key,
    'All topics' as topic,
    value_status, previous_value, previous_value_status, judgement, quartile, rag
  from {{ ref('mart_dashboard') }}
)

select
  edition_key,
  topic,
  topic = 'All topics' as is_total,
  count(*) as row_count,
  count(*) filter (where value_status in ('reported', 'repaired')) as figures,
  count(*) filter (where value_status = 'repaired') as repaired,
  count(*) filter (where value_status = 'damaged') as damaged,
  count(*) filter (where value_status in ('not_available', 'see_appendix')) as unavailable,
  count(*) filter (where value_status = 'withheld') as withheld,
  count(*) filter (where value_status = 'blank') as blank,
  count(previous_value) as previous_figures,
  count(*) filter (where previous_value_status = 'damaged') as previous_damaged,
  count(*) filter (where judgement = 'better') as judged_better,
  count(*) filter (where judgement = 'similar') as judged_similar,
  count(*) filter (where judgement = 'worse') as judged_worse,
  count(*) filter (where judgement = 'none') as judged_none,
  count(*) filter (where quartile = 1) as quartile_1,
  count(*) filter (where quartile = 2) as quartile_2,
  count(*) filter (where quartile = 3) as quartile_3,
  count(*) filter (where quartile = 4) as quartile_4,
  count(*) filter (where rag = 'green') as green,
  count(*) filter (where rag = 'amber') as amber,
  count(*) filter (where rag = 'red') as red
from rows_and_topics
group by edition_key, topic
order by edition_key, is_total desc, topic
