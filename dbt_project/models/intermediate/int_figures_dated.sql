with figures as (
  {% for role, prefix in [('latest', ''), ('previous', 'previous_')] %}
  select
    edition_key,
    row_number,
    '{{ role }}' as role,
    source_sha256,
    source_file,
    line_from,
    line_to,
    {{ prefix }}period_text as period_text,
    {{ prefix }}value_text as value_text,
    {{ 'updated_text' if role == 'latest' else "cast(null as " ~ dbt.type_string() ~ ")" }} as updated_text,
    {{ role }}_reading as reading,
    {{ role }}_repair as repair,
    {{ role }}_value as value_read,
    {{ role }}_decimals as decimals_read,
    {{ role }}_has_percent as has_percent,
    {{ role }}_has_mark as has_mark,
    {{ role }}_printed_unit as printed_unit,
    {{ role }}_bracket as bracket,
    {{ role }}_bracket_count as bracket_count
  from {{ ref('stg_raw__rows') }}
  {% if role == 'previous' -%}
  where previous_period_text is not null or previous_value_text is not null
  {%- else -%}
  union all
  {%- endif %}
  {% endfor %}
),

figures_named as (
  select
    figures.*,
    files.area_code,
    files.fy_start,
    files.quarter as edition_quarter,
    coalesce(instr(files.vocabulary, '|stars=withheld|') > 0, false) as stars_withhold,
    files.period_end as edition_period_end,
    labels.indicator_key,
    indicators.unit as indicator_unit,
    coalesce(indicators.can_exceed_100, false) as can_exceed_100,
    coalesce(indicators.year_type, 'calendar') as year_type,
    {{ words_form('figures.value_text') }} as value_words,
    {{ words_form('figures.period_text') }} as period_phrase,
    {{ words_form('figures.updated_text') }} as updated_words
  from figures
  inner join {{ ref('stg_raw__received_files') }} as files
    on files.source_sha256 = figures.source_sha256 and files.edition_key = figures.edition_key
  inner join {{ ref('int_labels_mapped') }} as labels
    on labels.edition_key = figures.edition_key and labels.row_number = figures.row_number
  left join {{ ref('indicators') }} as indicators on indicators.indicator_key = labels.indicator_key
),

wordings as (
  select value_words as wording from figures_named
  union distinct
  select period_phrase as wording from figures_named
  union distinct
  select updated_words as wording from figures_named
),

wordings_known as (
  select
    wordings.wording,
    min(words.value_status) as value_status
  from wordings
  inner join {{ ref('value_words') }} as words
    on wordings.wording = words.words
    or (words.match_kind = 'start' and left(wordings.wording, length(words.words)) = words.words)
  group by wordings.wording
),

{{ read_periods('figures_named', 'period_text', 'fy_start', 'edition_quarter', 'year_type') }},

figures_worded as (
  select
    periods_read.*,
    by_value.value_status as value_words_status,
    by_period.value_status as period_words_status,
    by_updated.value_status as updated_words_status,
    case
      when bracket = 'percent' and not has_percent then 'count'
      when has_percent then 'percent'
      when printed_unit is not null then printed_unit
      else indicator_unit
    end as unit
  from periods_read
  left join wordings_known as by_value on by_value.wording = periods_read.value_words
  left join wordings_known as by_period on by_period.wording = periods_read.period_phrase
  left join wordings_known as by_updated on by_updated.wording = periods_read.updated_words
),

figures_judged as (
  select
    *,
    case
      when reading not in ('read', 'repaired') then null
      -- Only an indicator says what its figures can be.
      when indicator_key is null then null
      when unit = 'percent' and not can_exceed_100 and (value_read < 0 or value_read > 100) then 'impossible'
      when unit in ('count', 'rate') and value_read < 0 then 'impossible'
      when unit = 'count' and value_read <> floor(value_read) then 'impossible'
    end as impossible,
    case
      when reading not in ('read', 'repaired') then null
      -- What stands before a lone bracket may be the rest of the bracket itself, unless its form tells it apart.
      when repair = 'stray_bracket' and not has_percent and decimals_read = 0 and coalesce(indicator_unit, 'percent') = 'percent' then 'unread'
      when repair = 'stray_bracket' and has_percent and coalesce(indicator_unit, 'count') <> 'percent' then 'unread'
    end as unread
  from figures_worded
),

figures_settled as (
  select
    *,
    case
      when coalesce(impossible, unread) is not null then 'damaged'
      when reading = 'read' then 'reported'
      when reading = 'repaired' then 'repaired'
      when reading = 'withheld' or (reading = 'starred' and stars_withhold) then 'withheld'
      when value_words_status is not null then value_words_status
      when reading in ('unread', 'starred') then 'damaged'
      else coalesce(period_words_status, updated_words_status, 'blank')
    end as value_status,
    coalesce(
      impossible,
      unread,
      case when reading = 'unread' and value_words_status is null or reading = 'starred' and not stars_withhold then 'unread' end
    ) as damage
  from figures_judged
)

select
  edition_key,
  row_number,
  role,
  source_sha256,
  source_file,
  line_from,
  line_to,
  indicator_key,
  indicator_unit,
  area_code,
  edition_period_end,
  case when period_words_status is null then period_text end as period_text,
  period_key,
  period_type,
  period_label,
  period_start,
  period_end,
  case
    when period_type is null and period_text is not null and period_words_status is null then 'unread'
    when period_start > edition_period_end or (period_type = 'rolling_year' and period_end > edition_period_end) then 'after_edition'
    else 'read'
  end as period_reading,
  case when value_status in ('reported', 'repaired') then value_read end as value,
  case when value_status in ('reported', 'repaired') then decimals_read end as decimals,
  unit,
  has_percent,
  has_mark,
  bracket,
  case when value_status in ('reported', 'repaired') and bracket = 'count' and unit = 'percent' then bracket_count end as numerator,
  -- Where the words stand in a cell merged over period and figure, they are what is printed for the figure.
  coalesce(
    value_text,
    case when value_status = period_words_status then period_text when value_status = updated_words_status then updated_text end
  ) as value_text,
  value_status,
  damage,
  repair
from figures_settled
