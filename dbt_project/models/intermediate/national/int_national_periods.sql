with texts as (
  select distinct words_text as period_text, coalesce(year_type_text, '') as year_type_text
  from {{ ref('int_national_texts') }}
  where words_text is not null
),

{{ read_national_periods('texts') }}

select * from national_periods_read
