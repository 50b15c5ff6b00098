with dated as (
  select
    texts.source_sha256,
    texts.source_kind,
    texts.measure_key,
    texts.period_text,
    texts.time_identifier,
    files.source_file,
    files.release_key,
    files.release_place,
    measures.measure_name,
    measures.polarity,
    measures.has_quartile,
    measures.decimals,
    periods.period_type,
    periods.period_key,
    periods.period_start,
    periods.period_end,
    coalesce(periods.revision_status, 'final') as revision_status,
    periods.term_marker,
    case coalesce(periods.revision_status, 'final') when 'final' then 1 when 'revised' then 2 else 3 end as revision_place,
    case texts.source_kind when 'lait' then 1 else 2 end as source_place
  from {{ ref('int_national_texts') }} as texts
  inner join {{ ref('stg_national__files') }} as files on files.source_sha256 = texts.source_sha256
  left join {{ ref('int_national_measures') }} as measures on measures.measure_key = texts.measure_key
  left join {{ ref('int_national_periods') }} as periods
    on periods.period_text = texts.words_text and periods.year_type_text = coalesce(texts.year_type_text, '')
  where texts.measure_key is not null
),

ranked as (
  select
    *,
    cast(row_number() over (order by source_kind, measure_key, period_text, time_identifier, release_key) as int) as population_number,
    row_number() over (
      partition by measure_key, coalesce(period_key, period_text), term_marker, revision_status
      order by source_place, release_place, source_sha256, period_text
    ) as place_of_form,
    row_number() over (
      partition by measure_key, coalesce(period_key, period_text), term_marker
      order by source_place, release_place, revision_place, source_sha256, period_text
    ) as place_of_period
  from dated
),

-- The year before, quarter before or, for a span of years, the span that begins a year earlier; of the same source.
stepped as (
  select
    *,
    cast(
      case period_type
        when 'quarter' then {{ dbt.dateadd('month', -3, 'period_start') }}
        when 'school_term' then null
        else {{ dbt.dateadd('year', -1, 'period_start') }}
      end as date
    ) as previous_start
  from ranked
),

eras as (
  select era_number, valid_from
  from {{ ref('int_neighbour_lists') }}
)

select
  stepped.*,
  previous.population_number as previous_population_number,
  coalesce((select max(eras.era_number) from eras where eras.valid_from <= stepped.period_end), 1) as era_number
from stepped
left join stepped as previous
  on previous.measure_key = stepped.measure_key
  and previous.period_type = stepped.period_type
  and previous.period_start = stepped.previous_start
  and previous.source_kind = stepped.source_kind
  and coalesce(previous.term_marker, '') = coalesce(stepped.term_marker, '')
  and previous.place_of_period = 1
