with coloured as (
  select
    *,
    case
      when quartile = 1 then 'Green'
      when quartile = 2 then 'Amber, or green with an improving trend'
      when quartile = 3 then 'Amber, or red with a declining trend'
      when quartile = 4 then 'Red'
    end as expected_text,
    case
      when quartile is null then 'cannot_tell'
      when quartile = 1 then case when rag = 'green' then 'agrees' else 'disagrees' end
      when quartile = 4 then case when rag = 'red' then 'agrees' else 'disagrees' end
      when rag = 'amber' then 'agrees'
      when rag = case quartile when 2 then 'green' else 'red' end then
        case
          when judgement = case quartile when 2 then 'better' else 'worse' end then 'agrees'
          -- The trend was printed, but only a mark or an unknown word of it came out of the file.
          when judgement = 'none' and comparison_reading <> 'read' then 'cannot_tell'
          else 'disagrees'
        end
      else 'disagrees'
    end as verdict,
    case judgement
      when 'better' then 'improving'
      when 'worse' then 'declining'
      when 'similar' then 'neither improving nor declining'
      else 'not known to improve or to decline'
    end
    || case when comparison_text is not null then ' (printed: ' || trim(comparison_text) || ')' else '' end as trend_words
  from {{ ref('int_audit_rows_gathered') }}
  where key_is_printed and rag is not null
),

worded as (
  select
    *,
    {{ capitalised('rag') }} || coalesce(', quartile ' || {{ as_text('quartile') }}, ', no quartile') as claim_text,
    'rating_key' as method,
    {{ capitalised('spoken_name') }} || ' is printed ' || rag
    || case
      when quartile is null then ' without a quartile, so the printed key does not say which colour is due.'
      else ' beside quartile ' || {{ as_text('quartile') }}
        || case when quartile in (2, 3) then ', ' || trend_words else '' end
        || '; the printed key '
        || case verdict when 'agrees' then 'allows that' when 'disagrees' then 'excludes that' else 'leaves that open' end
        || ' (' || lower(expected_text) || ').'
    end as evidence,
    source_file as other_source_file,
    key_line_from as other_line_from,
    key_line_to as other_line_to
  from coloured
)

select
  {{ audit_row('printed_colour') }}
from worded
