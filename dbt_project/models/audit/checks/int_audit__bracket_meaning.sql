{%- set middle = "((earlier_low + earlier_high) / 2.0)" -%}
{#- Children of whom the bracket's number is the rest: 450 beside 10 % are 90 % of 500. -#}
{%- set others = "(numerator / nullif(1 - value / 100, 0))" -%}
-- What the bracket implies about the number of children, against the newest earlier edition that prints one for the
-- same indicator. A share in the bracket behind a count implies a number too.
with shares as (
  select
    dashboard.*,
    {{ extract_group('dashboard.value_text', '[(] ?([0-9]+(?:[.][0-9]+)?) ?% ?[)]') }} as share_text
  from {{ ref('mart_dashboard') }} as dashboard
  where dashboard.unit = 'count' and dashboard.value is not null
),

shares_read as (
  select
    *,
    try_cast(share_text as double) as share,
    length(coalesce({{ extract_group('share_text', '[.]([0-9]+)') }}, '')) as share_decimals
  from shares
  where share_text is not null
),

brackets as (
  select
    edition_key, row_number, indicator_key, indicator_name, area_code, period_label, value, value_text, numerator,
    'number' as bracket_holds,
    denominator_low, denominator_high, source_file, source_line_from, source_line_to
  from {{ ref('mart_children_behind') }}
  where role = 'latest' and indicator_key is not null and denominator_low is not null

  union all

  select
    edition_key, row_number, indicator_key, indicator_name, area_code, period_label, share, value_text, cast(value as bigint),
    'share',
    {{ implied_denominator_low('share', 'share_decimals', 'value') }},
    {{ implied_denominator_high('share', 'share_decimals', 'value') }},
    source_file, source_line_from, source_line_to
  from shares_read
  where indicator_key is not null
),

placed as (
  select
    brackets.*,
    editions.period_end as edition_end
  from brackets
  inner join {{ ref('dim_edition') }} as editions on editions.edition_key = brackets.edition_key
  where coalesce(brackets.denominator_low <= brackets.denominator_high, brackets.denominator_high is null)
),

pairs as (
  select
    later.*,
    earlier.value_text as earlier_text,
    earlier.period_label as earlier_period_label,
    earlier.bracket_holds as earlier_bracket_holds,
    earlier.denominator_low as earlier_low,
    earlier.denominator_high as earlier_high,
    earlier.source_file as other_source_file,
    earlier.source_line_from as other_line_from,
    earlier.source_line_to as other_line_to,
    -- From the nearest ends: at least so many times as many. Nothing can be said without an upper end.
    greatest(later.denominator_low * 1.0 / nullif(earlier.denominator_high, 0), earlier.denominator_low * 1.0 / nullif(later.denominator_high, 0)) as times
  from placed as later
  inner join placed as earlier
    on earlier.indicator_key = later.indicator_key
    and earlier.area_code = later.area_code
    and earlier.edition_end < later.edition_end
  qualify row_number() over (
    partition by later.edition_key, later.row_number
    order by earlier.edition_end desc, earlier.edition_key, earlier.row_number
  ) = 1
),

judged as (
  select
    *,
    case
      when bracket_holds <> earlier_bracket_holds or times > {{ var('audit_cohort_ratio') }} then 'differs_in_basis'
      when times is null then 'cannot_tell'
      else 'agrees'
    end as verdict,
    -- What else the bracket could hold: it fits where the number comes near the middle of what the earlier edition implies.
    case
      when bracket_holds <> 'number' or earlier_high is null then null
      when {{ times_apart('numerator', middle) }} <= {{ var('audit_cohort_likeness') }}
        and coalesce({{ times_apart('numerator', middle) }} <= {{ times_apart(others, middle) }}, true) then 'the number of all children'
      when {{ times_apart(others, middle) }} <= {{ var('audit_cohort_likeness') }} then 'the number of the other children'
    end as other_reading
  from pairs
),

worded as (
  select
    *,
    value_text as claim_text,
    'About ' || {{ interval_words('earlier_low', 'earlier_high') }} || ', as in ' || coalesce(earlier_period_label, 'the earlier edition') as expected_text,
    'implied_in_earlier_edition' as method,
    indicator_name || ', ' || trim(value_text) || coalesce(' in ' || period_label, '') || ', implies '
    || {{ interval_words('denominator_low', 'denominator_high') }} || '; ' || trim(earlier_text) || coalesce(' in ' || earlier_period_label, '')
    || ' implied ' || {{ interval_words('earlier_low', 'earlier_high') }}
    || case
      when verdict = 'agrees' then ', which is of the same order.'
      when verdict = 'cannot_tell' then ', which cannot be compared without an upper end.'
      when bracket_holds <> earlier_bracket_holds then '; the bracket holds a ' || bracket_holds || ' here and a ' || earlier_bracket_holds || ' there.'
      else ', ' || {{ as_text('round(times, 1)') }} || ' times apart, so the bracket or the group of children may mean something else'
        || coalesce('; read as ' || other_reading || ' it would fit', '') || '.'
    end as evidence
  from judged
)

select
  {{ audit_row('bracket_meaning') }}
from worded
