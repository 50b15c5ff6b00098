with assessed as (
  select
    printed_rows.*,
    files.area_code,
    files.comparator_text,
    files.vocabulary,
    labels.indicator_key,
    indicators.unit as indicator_unit,
    coalesce(indicators.can_exceed_100, false) as can_exceed_100,
    indicators.polarity as indicator_polarity,
    coalesce(printed_rows.printed_polarity, indicators.polarity) as polarity,
    words.words as known_word,
    coalesce(words.direction, 'none') as word_direction,
    coalesce(words.judgement, 'none') as word_judgement,
    case
      when coalesce(words.sign, 'word') <> 'arrow' then 'nothing'
      when instr(files.vocabulary, '|arrows=performance|') > 0 then 'performance'
      when instr(files.vocabulary, '|arrows=figure|') > 0 then 'figure'
      else 'direction'
    end as arrow_tells,
    coalesce(
      printed_rows.rag,
      case
        {%- for colour in ['green', 'amber', 'red', 'green_amber', 'amber_red', 'blue'] %}
        when instr(files.vocabulary, '|rag:' || printed_rows.rag_lower || '={{ colour }}|') > 0 then '{{ colour }}'
        {%- endfor %}
      end
    ) as rag_read
  from {{ ref('stg_raw__rows') }} as printed_rows
  inner join {{ ref('stg_raw__received_files') }} as files
    on files.source_sha256 = printed_rows.source_sha256 and files.edition_key = printed_rows.edition_key
  inner join {{ ref('int_labels_mapped') }} as labels
    on labels.edition_key = printed_rows.edition_key and labels.row_number = printed_rows.row_number
  left join {{ ref('indicators') }} as indicators on indicators.indicator_key = labels.indicator_key
  left join {{ ref('comparison_words') }} as words on words.words = printed_rows.comparison_word
),

-- A printed word gives the direction or the judgement; polarity gives the other one. Of an arrow only the layout says
-- whether it tells how the figure moved or whether that is good; where it does not, there is no judgement.
judged as (
  select
    *,
    case
      when arrow_tells = 'performance' then
        case
          when word_direction = 'same' then 'same'
          when (word_direction = 'up') = (polarity = 'high_is_good') and polarity <> 'neutral' then 'up'
          when polarity <> 'neutral' then 'down'
          else 'none'
        end
      when word_direction <> 'none' then word_direction
      when (word_judgement = 'better' and polarity = 'high_is_good') or (word_judgement = 'worse' and polarity = 'low_is_good') then 'up'
      when (word_judgement = 'better' and polarity = 'low_is_good') or (word_judgement = 'worse' and polarity = 'high_is_good') then 'down'
      else 'none'
    end as direction,
    case
      when arrow_tells = 'performance'
        then case word_direction when 'up' then 'better' when 'down' then 'worse' else 'similar' end
      when arrow_tells = 'direction' then 'none'
      when word_judgement <> 'none' then word_judgement
      when (word_direction = 'up' and polarity = 'high_is_good') or (word_direction = 'down' and polarity = 'low_is_good') then 'better'
      when (word_direction = 'up' and polarity = 'low_is_good') or (word_direction = 'down' and polarity = 'high_is_good') then 'worse'
      else 'none'
    end as judgement,
    {% for cell in ['benchmark', 'target'] -%}
    coalesce(
      indicator_key is not null and (indicator_unit = 'percent' or {{ cell }}_has_percent) and not can_exceed_100
      and ({{ cell }}_value < 0 or {{ cell }}_value > 100),
      false
    ) as {{ cell }}_is_impossible{{ ',' if not loop.last }}
    {% endfor %}
  from assessed
)

select
  edition_key,
  row_number,
  source_sha256,
  source_file,
  line_from,
  line_to,
  area_code,
  indicator_key,
  section_text,
  theme_text,
  frequency_text,
  updated_text,
  comparison_text,
  comparison_word,
  case
    when comparison_word is null or known_word is not null then 'read'
    -- An arrow comes out of text extraction as a bullet or a digit.
    when length(comparison_word) = 1 or {{ is_only_marks('comparison_word') }} then 'mark'
    else 'unread'
  end as comparison_reading,
  printed_polarity,
  indicator_polarity,
  polarity,
  direction,
  case when direction = 'none' then null when word_direction <> 'none' and arrow_tells <> 'performance' then 'printed' else 'derived' end as direction_source,
  judgement,
  case when judgement = 'none' then null when word_judgement <> 'none' or arrow_tells = 'performance' then 'printed' else 'derived' end as judgement_source,
  rag_text,
  rag_read as rag,
  case when rag_read is not null then 'read' else rag_reading end as rag_reading,
  quartile_text,
  quartile,
  quartile_reading,
  benchmark_text,
  case when not benchmark_is_impossible then benchmark_value end as benchmark_value,
  benchmark_has_percent,
  case when benchmark_is_impossible then 'impossible' else benchmark_reading end as benchmark_reading,
  case when benchmark_value is not null and not benchmark_is_impossible then comparator_text end as comparator,
  target_text,
  case when not target_is_impossible then target_operator end as target_operator,
  case when not target_is_impossible then target_value end as target_value,
  target_low,
  target_high,
  target_has_percent,
  case when target_is_impossible then 'words' else target_kind end as target_kind,
  case when target_is_impossible then 'impossible' else target_reading end as target_reading
from judged
