-- Each pair of figures of one edition and period whose percentages are shares of the same children, or one of a part
-- of the other's; the later row carries the comparison.
with implied as (
  select
    figures.*,
    cohorts.cohort_key,
    cohorts.membership,
    cohorts.strictness,
    cohorts.exception
  from {{ ref('mart_children_behind') }} as figures
  inner join {{ ref('cohort_groups') }} as cohorts on cohorts.indicator_key = figures.indicator_key
  where figures.role = 'latest' and figures.denominator_low is not null and figures.period_key is not null
),

pairs as (
  select
    one.*,
    other.row_number as other_row_number,
    other.indicator_name as other_name,
    other.value_text as other_value_text,
    other.denominator_low as other_low,
    other.denominator_high as other_high,
    other.membership as other_membership,
    coalesce(one.exception, other.exception) as known_exception,
    case when 'loose' in (one.strictness, other.strictness) then 'differs_in_basis' else 'disagrees' end as verdict_of_clash,
    other.source_file as other_source_file,
    other.source_line_from as other_line_from,
    other.source_line_to as other_line_to,
    case
      when one.membership = 'same' and other.membership = 'same' then
        coalesce(one.denominator_low > other.denominator_high, false) or coalesce(other.denominator_low > one.denominator_high, false)
      when one.membership = 'subset' then coalesce(one.denominator_low > other.denominator_high, false)
      else coalesce(other.denominator_low > one.denominator_high, false)
    end as clashes
  from implied as one
  inner join implied as other
    on other.edition_key = one.edition_key
    and other.cohort_key = one.cohort_key
    and other.period_key = one.period_key
    and other.row_number < one.row_number
    and other.indicator_key <> one.indicator_key
  -- Two parts of a whole say nothing about each other.
  where one.membership = 'same' or other.membership = 'same'
),

worded as (
  select
    *,
    value_text as claim_text,
    case when membership = 'same' and other_membership = 'same' then 'same_children' else 'part_of_the_children' end as method,
    case when clashes then verdict_of_clash else 'agrees' end as verdict,
    case
      when membership = 'same' and other_membership = 'same' then 'The same number as ' || other_name
      when membership = 'subset' then 'No more than ' || other_name
      else 'No fewer than ' || other_name
    end || ': ' || {{ interval_words('other_low', 'other_high') }} as expected_text,
    indicator_name || ', ' || trim(value_text) || ', implies ' || {{ interval_words('denominator_low', 'denominator_high') }}
    || ' and ' || other_name || ', ' || trim(other_value_text) || ', implies ' || {{ interval_words('other_low', 'other_high') }}
    || ' in ' || period_label || '; '
    || case
      when membership = 'same' and other_membership = 'same' then
        case when clashes then 'both should be shares of the same number.' else 'both can be shares of the same number.' end
      when clashes then 'a part cannot be larger than the whole' || coalesce(', except that ' || known_exception, '') || '.'
      else 'the one can be a part of the other.'
    end as evidence
  from pairs
)

select
  {{ audit_row('implied_cohort', 'other_row_number') }}
from worded
