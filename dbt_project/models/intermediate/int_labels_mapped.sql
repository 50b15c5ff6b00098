with printed as (
  select
    printed_rows.edition_key,
    printed_rows.row_number,
    printed_rows.label_text,
    printed_rows.normalised_label,
    files.layout,
    files.reporting_quarter
  from {{ ref('stg_raw__rows') }} as printed_rows
  inner join {{ ref('stg_raw__received_files') }} as files
    on files.source_sha256 = printed_rows.source_sha256 and files.edition_key = printed_rows.edition_key
)

select
  printed.edition_key,
  printed.row_number,
  printed.label_text,
  printed.normalised_label,
  labels.indicator_key
from printed
left join {{ ref('indicator_labels') }} as labels
  on labels.normalised_label = printed.normalised_label
  and (labels.layout is null or labels.layout = printed.layout)
  and (labels.edition_from is null or labels.edition_from <= printed.reporting_quarter)
  and (labels.edition_to is null or labels.edition_to >= printed.reporting_quarter)
-- The most particular line of the seed wins.
qualify row_number() over (
  partition by printed.edition_key, printed.row_number
  order by
    case when labels.layout is null then 1 else 0 end,
    case when labels.edition_from is null and labels.edition_to is null then 1 else 0 end,
    labels.edition_from desc nulls last,
    labels.indicator_key
) = 1
