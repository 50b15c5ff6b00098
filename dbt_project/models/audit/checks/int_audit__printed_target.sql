-- Missing a target is no contradiction in itself: what is judged is whether the row's own colour or word goes with it.
with targets as (
  select
    audited.*,
    earlier.value as earlier_value,
    earlier.unit as earlier_unit,
    earlier.period_label as earlier_period_label,
    earlier.source_file as earlier_file,
    earlier.source_line_from as earlier_line_from,
    earlier.source_line_to as earlier_line_to,
    lower(trim(audited.target_text)) as target_words,
    case
      when audited.target_kind not in ('number', 'limit') then false
      else audited.target_has_percent and coalesce(audited.unit, 'percent') <> 'percent'
    end as clashes,
    case
      when audited.previous_value is not null and audited.previous_unit = audited.unit then audited.previous_value
      when audited.previous_value is null and earlier.unit = audited.unit then earlier.value
    end as before_value,
    coalesce(audited.target_operator, case audited.polarity when 'high_is_good' then '>=' when 'low_is_good' then '<=' end) as operator_used
  from {{ ref('int_audit_rows_gathered') }} as audited
  left join {{ ref('int_earlier_figures_found') }} as earlier
    on earlier.edition_key = audited.edition_key and earlier.row_number = audited.row_number
    and earlier.kind = case when audited.previous_period_key is not null then 'named' else 'period_before' end
  where audited.target_kind <> 'none'
),

evaluated as (
  select
    *,
    {{ matches('target_words', '(?:to )?(?:reduce|reduction|decrease|lower|fewer|minimise)[a-z]*') }} as wants_less,
    {{ matches('target_words', '(?:to )?(?:increase|improve|raise|higher|more|maximise)[a-z]*') }} as wants_more,
    case
      when value is null or clashes then null
      when target_kind = 'top_quartile' then coalesce(quartile, national_quartile) = 1
      when target_kind in ('number', 'limit') then
        case operator_used
          when '<' then value < target_value
          when '<=' then value <= target_value
          when '>' then value > target_value
          when '>=' then value >= target_value
        end
      when {{ matches('target_words', '(?:to )?(?:reduce|reduction|decrease|lower|fewer|minimise)[a-z]*') }} then value < before_value
      when {{ matches('target_words', '(?:to )?(?:increase|raise|higher|more|maximise)[a-z]*') }} then value > before_value
    end as is_met
  from targets
),

judged as (
  select
    *,
    case
      when clashes then 'unit_clash'
      when left(target_operator, 1) = case polarity when 'high_is_good' then '<' when 'low_is_good' then '>' end then 'disagrees'
      when is_met is null and value is not null and before_value is null and (wants_less or wants_more) and direction <> 'none' then
        case
          when direction = 'same' then 'depends_on_method'
          when (direction = 'down') = wants_less then case when rag = 'red' then 'differs_in_basis' else 'agrees' end
          else case when rag = 'green' then 'differs_in_basis' else 'agrees' end
        end
      when is_met is null then 'cannot_tell'
      when target_kind = 'top_quartile' then
        case when (is_met and rag = 'red') or (not is_met and rag = 'green') then 'differs_in_basis' else 'agrees' end
      when (is_met and rag = 'red') or (not is_met and rag = 'green') then
        -- With a key the colour speaks of quartiles; without one it is not known what it speaks of.
        case when key_is_printed or quartile is not null then 'differs_in_basis' else 'depends_on_method' end
      else 'agrees'
    end as verdict,
    case
      when target_kind = 'top_quartile' then case when quartile is null and national_quartile is not null then 'national_quartile' else 'printed_quartile' end
      when target_kind in ('number', 'limit') then case when target_operator is not null then 'operator' else 'polarity' end
      when wants_less or wants_more then 'previous_figure'
      else 'words'
    end as method,
    {{ capitalised('spoken_name') }} || coalesce(' in ' || period_label, '') || case
      when value is not null then ' is ' || {{ figure_words('value', 'unit') }}
      else ' has no figure that can be read'
    end as figure_said,
    ' against the target ''' || trim(target_text) || '''' as target_said
  from evaluated
),

worded as (
  select
    *,
    trim(target_text) || coalesce(', ' || rag, '') as claim_text,
    case
      when clashes then null
      when is_met then 'Met'
      when not is_met then 'Not met'
    end as expected_text,
    figure_said || case
      when verdict = 'unit_clash' then ', a ' || unit || ', but the target ''' || trim(target_text) || ''' is a percentage; the two cannot be compared.'
      when verdict = 'disagrees' then target_said || ', a limit that points the other way than its polarity (' || {{ polarity_words('polarity') }} || ').'
      when is_met is null then target_said || case
        when value is null then ', so it is not known whether it is met.'
        when target_kind = 'top_quartile' then ', but no quartile is printed and none can be worked out from national figures, so it is not known whether it is met.'
        when target_kind = 'range' then ', a range, and nothing says which side of it is good.'
        when target_kind in ('number', 'limit') then ', but neither an operator nor a polarity says which side is good.'
        when (wants_less or wants_more) and direction <> 'none' then
          '; no earlier figure is loaded, and the edition prints ''' || trim(comparison_text) || ''''
          || case verdict when 'depends_on_method' then ', so it depends on what counts as a change.' else '.' end
        when wants_less or wants_more then ', but no earlier figure is loaded to hold it against.'
        else ', which are words that no figure can be held against.'
      end
      else target_said || case
        when target_kind = 'top_quartile' and quartile is null then
          ', and among the authorities in ' || {{ year_words('national_period_key') }} || ' it lies in quartile ' || {{ as_text('national_quartile') }}
        when target_kind = 'top_quartile' then ', and quartile ' || {{ as_text('quartile') }} || ' is printed'
        when target_kind in ('number', 'limit') and target_operator is null then ' (' || {{ polarity_words('polarity') }} || ')'
        when target_kind = 'words' then ', and was ' || {{ figure_words('before_value', 'unit') }} || ' before'
        else ''
      end
      || case when is_met then ', so it is met' else ', so it is not met' end
      || case verdict
        when 'agrees' then coalesce('; ' || rag || ' does not contradict that.', '.')
        when 'differs_in_basis' then '; the colour is ' || rag || ', which follows the quartile and not the target.'
        else '; the colour is ' || rag || ', and the edition does not say what the colour stands for.'
      end
    end as evidence,
    case when target_kind = 'words' and before_value is not null and previous_value is null then earlier_file end as other_source_file,
    case when target_kind = 'words' and before_value is not null and previous_value is null then earlier_line_from end as other_line_from,
    case when target_kind = 'words' and before_value is not null and previous_value is null then earlier_line_to end as other_line_to
  from judged
)

select
  {{ audit_row('printed_target') }}
from worded
