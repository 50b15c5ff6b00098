{{ config(materialized='table') }}
select
  source_sha256,
  source_file,
  kind,
  dataset_key,
  release_label,
  dataset_key || ':' || release_label as release_key,
  published_on,
  version_number,
  -- The newest first. Without a note on publication the label decides.
  row_number() over (
    partition by dataset_key
    order by is_newest_release desc, published_on desc nulls last, release_label desc nulls last, source_sha256
  ) as release_place
from {{ source('national', 'national_files') }}
where in_force and outcome = 'loaded'
