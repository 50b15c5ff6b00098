select
  printed_label,
  suggested_indicator_key,
  suggestion_score
from {{ source('raw', 'label_suggestions') }}
