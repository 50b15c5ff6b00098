select
  edition_key,
  paragraph,
  paragraph_label,
  heading_text,
  outcome,
  claim_count,
  paragraph_text,
  source_file,
  line_from as source_line_from,
  line_to as source_line_to
from {{ ref('stg_raw__report_paragraphs') }}
order by edition_key, paragraph
