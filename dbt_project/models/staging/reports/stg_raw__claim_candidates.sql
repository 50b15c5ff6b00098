select
  candidates.edition_key,
  candidates.source_sha256,
  candidates.paragraph,
  candidates.claim_number,
  candidates.place,
  candidates.indicator_key,
  candidates.score,
  candidates.method,
  candidates.matched_words
from {{ source('raw', 'claim_candidates') }} as candidates
inner join {{ ref('stg_raw__received_files') }} as files
  on files.source_sha256 = candidates.source_sha256 and files.edition_key = candidates.edition_key and files.in_force
