select
  labels.edition_key,
  labels.row_number,
  coalesce(labels.label_text, '') as printed_label,
  labels.normalised_label,
  labels.indicator_key,
  case when labels.indicator_key is null then suggestions.suggested_indicator_key end as suggested_indicator_key,
  case when labels.indicator_key is null then suggestions.suggestion_score end as suggestion_score
from {{ ref('int_labels_mapped') }} as labels
left join {{ ref('stg_raw__label_suggestions') }} as suggestions on suggestions.printed_label = labels.label_text
order by labels.edition_key, labels.row_number
