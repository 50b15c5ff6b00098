-- The newest release only: the dictionary describes measures, it is no series.
with printed as (
  select
    lines.source_sha256,
    files.source_file,
    lines.source_row,
    {{ clean_text('lines.topic') }} as topic,
    {{ clean_text('lines.measure') }} as measure_name,
    lines.measure_short as measure_key,
    case lower(trim(lines.polarity_text)) when 'high' then 'high_is_good' when 'low' then 'low_is_good' when '-' then 'neutral' end as polarity,
    nullif({{ clean_text('lines.unit_text') }}, 'NA') as unit_text,
    -- Addresses of persons have no place in the warehouse, whoever put one there.
    nullif(trim({{ replace_all('lines.description', '[^ ]+@[^ ]+', '(address removed)') }}), 'NA') as description,
    nullif(trim(lines.last_update_text), 'NA') as last_update_text,
    nullif(trim(lines.next_update_text), 'NA') as next_update_text,
    try_cast(lines.decimals_text as int) as decimals,
    nullif({{ clean_text('lines.year_type_text') }}, 'NA') as year_type_text,
    upper(trim(lines.no_quartile_text)) = 'N' as is_without_quartile
  from {{ source('national', 'lait_dictionary') }} as lines
  inner join {{ ref('stg_national__files') }} as files on files.source_sha256 = lines.source_sha256 and files.release_place = 1
)

select
  *,
  case
    -- Days since 30 December 1899: how a spreadsheet keeps dates.
    when {{ matches('last_update_text', '[0-9]{5}') }} then cast({{ dbt.dateadd('day', 'cast(last_update_text as int)', "cast('1899-12-30' as date)") }} as date)
  end as last_update_date,
  case
    when {{ matches('next_update_text', '[0-9]{5}') }}
      then {{ as_text('cast(' ~ dbt.dateadd('day', 'cast(next_update_text as int)', "cast('1899-12-30' as date)") ~ ' as date)') }}
    else next_update_text
  end as next_update_words
from printed
