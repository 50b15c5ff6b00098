select
  paragraphs.edition_key,
  paragraphs.source_sha256,
  files.source_file,
  paragraphs.paragraph,
  paragraphs.paragraph_label,
  paragraphs.heading_text,
  paragraphs.line_from,
  paragraphs.line_to,
  paragraphs.outcome,
  paragraphs.claim_count,
  paragraphs.paragraph_text
from {{ source('raw', 'report_paragraphs') }} as paragraphs
inner join {{ ref('stg_raw__received_files') }} as files
  on files.source_sha256 = paragraphs.source_sha256 and files.edition_key = paragraphs.edition_key and files.in_force
