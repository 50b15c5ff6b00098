-- Which earlier figure the word is held against: the one printed beside it; else the one that another edition printed
-- for the period that the row names; else what the headings say the column compares with.
with held_against as (
  select
    audited.*,
    named.value as named_value,
    before.kind as before_kind,
    before.value as before_value,
    case
      when audited.previous_value is not null then 'figure_beside'
      when named.value is not null then 'named_period'
      when audited.comparison_base = 'same_period_last_year' then 'year_before'
      when before.value is not null then before.kind
      when year_before.value is not null then 'year_before'
    end as reference,
    coalesce(audited.previous_value, named.value) is not null as base_is_named,
    {%- set fields = {'value': 'previous_value', 'decimals': 'previous_decimals', 'unit': 'previous_unit', 'period_label': 'previous_period_label',
      'source_file': 'source_file', 'source_line_from': 'source_line_from', 'source_line_to': 'source_line_to'} %}
    {%- for field, own in fields.items() %}
    case
      when audited.previous_value is not null then audited.{{ own }}
      when named.value is not null then named.{{ field }}
      when audited.comparison_base = 'same_period_last_year' then year_before.{{ field }}
      when before.value is not null then before.{{ field }}
      else year_before.{{ field }}
    end as reference_{{ field }},
    {%- endfor %}
    year_before.value as year_before_value,
    year_before.period_label as year_before_label,
    year_before.unit as year_before_unit
  from {{ ref('int_audit_rows_gathered') }} as audited
  left join {{ ref('int_earlier_figures_found') }} as named
    on named.edition_key = audited.edition_key and named.row_number = audited.row_number and named.kind = 'named'
  left join {{ ref('int_earlier_figures_found') }} as before
    on before.edition_key = audited.edition_key and before.row_number = audited.row_number and before.kind in ('period_before', 'edition_before')
  left join {{ ref('int_earlier_figures_found') }} as year_before
    on year_before.edition_key = audited.edition_key and year_before.row_number = audited.row_number and year_before.kind = 'year_before'
  where audited.direction <> 'none' or audited.comparison_reading <> 'read'
),

moved as (
  select
    *,
    round(value - reference_value, 6) as change,
    -- Two rounded figures that differ by less than this can come from true figures that moved the other way.
    case
      when unit = 'count' then 0
      else round(0.5 * power(10, -decimals) + 0.5 * power(10, -reference_decimals), 7)
    end as rounding,
    case when unit = year_before_unit then round(value - year_before_value, 6) end as year_change,
    case
      when numerator is not null then
        reference_value between
        {{ wilson_lower('numerator', 'greatest(numerator, ' ~ implied_denominator_low('value', 'decimals', 'numerator') ~ ')') }}
        and {{ wilson_upper('numerator', 'greatest(numerator, ' ~ implied_denominator_low('value', 'decimals', 'numerator') ~ ')') }}
    end as within_chance
  from held_against
),

judged as (
  select
    *,
    case
      when comparison_reading <> 'read' or value is null or reference_value is null then 'cannot_tell'
      when unit <> reference_unit then 'unit_clash'
      when direction = 'same' then
        case
          when abs(change) < rounding or change = 0 then 'agrees'
          when comparison_word in ('same', 'no change', 'unchanged') then 'disagrees'
          when within_chance then 'agrees'
          else 'depends_on_method'
        end
      when change <> 0 and (change > 0) = (direction = 'up') then 'agrees'
      when abs(change) < rounding then 'cannot_tell'
      else 'disagrees'
    end as follows
  from moved
),

settled as (
  select
    *,
    case
      when follows <> 'disagrees' or base_is_named then follows
      when reference <> 'year_before' and year_change <> 0 and (year_change > 0) = (direction = 'up') then 'differs_in_basis'
      -- Nothing in the file says which figure is meant.
      when comparison_base is null then 'cannot_tell'
      when comparison_base = 'previous_figure' and reference = 'year_before' then 'differs_in_basis'
      else follows
    end as verdict,
    case
      when reference_value is not null and value is not null then
        {{ figure_words('value', 'unit') }} || coalesce(' in ' || period_label, '') || ' against '
        || {{ figure_words('reference_value', 'reference_unit') }} || coalesce(' in ' || reference_period_label, '')
    end as figures_words,
    coalesce('''' || trim(comparison_text) || '''', 'Nothing') || ' is printed for ' || spoken_name as printed_words
  from judged
),

worded as (
  select
    *,
    trim(comparison_text) as claim_text,
    case
      when reference_value is null or value is null then null
      when change > 0 then 'Higher: ' || figures_words
      when change < 0 then 'Lower: ' || figures_words
      else 'The same: ' || figures_words
    end as expected_text,
    case when value is null then 'no_figure' else coalesce(reference, 'no_earlier_figure') end as method,
    printed_words || case
      when comparison_reading <> 'read' then
        ', of which no direction can be read' || coalesce('; the figures are ' || figures_words, '') || '.'
      when value is null then ', but its figure cannot be read or is not printed, so nothing follows.'
      when reference_value is null then
        case
          when previous_value_text is not null then ', but the previous figure, ''' || trim(previous_value_text) || ''', cannot be read, so nothing follows.'
          else ', but no edition that is loaded prints the figure it is compared with, so it cannot be checked.'
        end
      when verdict = 'unit_clash' then ', but one figure is a ' || unit || ' and the other a ' || reference_unit || ': ' || figures_words || '.'
      when verdict = 'agrees' then ', and that follows from the figures: ' || figures_words || '.'
      when verdict = 'depends_on_method' then ', and the figures are ' || figures_words || '; whether that is similar depends on a limit that the edition does not give.'
      when verdict = 'differs_in_basis' and reference <> 'year_before' then
        ', which does not follow from ' || figures_words || ' but does from ' || {{ figure_words('year_before_value', 'year_before_unit') }}
        || ' in ' || year_before_label || ': the word may compare with the year before.'
      when verdict = 'differs_in_basis' then ', which does not follow from ' || figures_words || ', but the edition says that it compares with the previous figure.'
      when follows = 'disagrees' and verdict = 'cannot_tell' then
        ', and the figures are ' || figures_words || ', but the edition does not say what it compares with.'
      when verdict = 'cannot_tell' then ', and the figures, ' || figures_words || ', differ by no more than their rounding.'
      else ', but the figures say otherwise: ' || figures_words || '.'
    end as evidence,
    case when reference_value is not null then reference_source_file end as other_source_file,
    case when reference_value is not null then reference_source_line_from end as other_line_from,
    case when reference_value is not null then reference_source_line_to end as other_line_to
  from settled
)

select
  {{ audit_row('printed_direction') }}
from worded
