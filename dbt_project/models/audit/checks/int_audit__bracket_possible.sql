with brackets as (
  select
    *,
    value_text as claim_text,
    'implied_denominator' as method,
    case denominator_status when 'none_fits' then 'disagrees' else 'agrees' end as verdict,
    case denominator_status when 'none_fits' then 'No whole number' else {{ interval_words('denominator_low', 'denominator_high') }} end as expected_text,
    coalesce(indicator_name, 'An unmapped indicator') || coalesce(' in ' || period_label, '') || ': '
    || {{ figure_words('value', 'unit') }} || ' with ' || {{ as_text('numerator') }} || ' in the bracket '
    || case denominator_status
      when 'none_fits' then 'is no share of any whole number, so one of the two is wrong or the bracket holds something else.'
      else 'is a share of ' || {{ interval_words('denominator_low', 'denominator_high') }} || ' (implied, not printed).'
    end as evidence,
    cast(null as {{ dbt.type_string() }}) as other_source_file,
    cast(null as int) as other_line_from,
    cast(null as int) as other_line_to
  from {{ ref('mart_children_behind') }}
  where numerator is not null
)

select
  {{ audit_row('bracket_possible', 'role') }}
from brackets
