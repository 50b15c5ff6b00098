-- One period printed by two editions: what the later one prints against what the newest one before it printed.
with figures as (
  select
    observations.*,
    periods.label as period_label,
    indicators.indicator_name,
    editions.period_end as edition_end
  from {{ ref('fct_observation') }} as observations
  inner join {{ ref('dim_edition') }} as editions on editions.edition_key = observations.edition_key
  inner join {{ ref('dim_period') }} as periods on periods.period_key = observations.period_key
  inner join {{ ref('dim_indicator') }} as indicators on indicators.indicator_key = observations.indicator_key
),

pairs as (
  select
    later.*,
    earlier.edition_key as earlier_edition_key,
    earlier.value as earlier_value,
    earlier.decimals as earlier_decimals,
    earlier.unit as earlier_unit,
    earlier.value_text as earlier_text,
    earlier.source_file as other_source_file,
    earlier.source_line_from as other_line_from,
    earlier.source_line_to as other_line_to,
    least(later.decimals, earlier.decimals) as shared_decimals
  from figures as later
  inner join figures as earlier
    on earlier.indicator_key = later.indicator_key
    and earlier.area_code = later.area_code
    and earlier.period_key = later.period_key
    and earlier.edition_end < later.edition_end
    and earlier.value is not null
  where later.value is not null or later.value_status = 'damaged'
  qualify row_number() over (
    partition by later.edition_key, later.row_number, later.role
    order by earlier.edition_end desc, case earlier.role when 'latest' then 0 else 1 end, earlier.edition_key, earlier.row_number
  ) = 1
),

judged as (
  select
    *,
    case
      when value is null then 'cannot_tell'
      when unit <> earlier_unit then 'unit_clash'
      -- Equal where the one can be the other, rounded to the decimals that both print.
      when abs(round(value - earlier_value, 6)) <= case when decimals = earlier_decimals then 0 else round(0.5 * power(10, -shared_decimals), 6) end
        then 'agrees'
      else 'disagrees'
    end as verdict
  from pairs
),

worded as (
  select
    *,
    trim(value_text) as claim_text,
    trim(earlier_text) as expected_text,
    'figure_of_earlier_edition' as method,
    indicator_name || ' in ' || period_label || ': this edition prints '
    || coalesce({{ figure_words('value', 'unit') }}, 'a damaged figure, ''' || trim(value_text) || '''')
    || case role when 'previous' then ' as the previous figure' else '' end
    || ' and ' || earlier_edition_key || ' printed ' || {{ figure_words('earlier_value', 'earlier_unit') }}
    || case verdict
      when 'agrees' then '; the two agree.'
      when 'cannot_tell' then '; they cannot be compared.'
      when 'unit_clash' then '; the one is a ' || unit || ' and the other a ' || earlier_unit || '.'
      else '; the figure was changed in between, or one of the two is wrong.'
    end as evidence
  from judged
)

select
  {{ audit_row('previous_figure', 'role') }}
from worded
