-- What a covering report says of a measure against what its edition's dashboard prints: one comparison per aspect.
{% set aspects = ['value', 'numerator', 'period', 'direction', 'quartile', 'previous', 'availability'] %}
with matched as (
  select
    *,
    case held_against
      when 'no_dashboard' then 'the dashboard of ' || edition_key || ' is not loaded, so it cannot be compared.'
      when 'not_attributed' then 'it cannot be told of which measure, so it is not compared.'
      when 'not_on_dashboard' then 'the dashboard has no row for that measure, so it cannot be compared.'
    end as no_row_words,
    coalesce(' (row ' || {{ as_text('row_number') }} || ')', '') as row_words
  from {{ ref('int_claims_matched') }}
),

-- A count that the report gives of a measure printed as a percentage is the number in the row's brackets.
values_compared as (
  select
    *,
    case when unit = 'count' and row_unit = 'percent' and row_numerator is not null then row_numerator else row_value end as held_value,
    case when unit = 'count' and row_unit = 'percent' and row_numerator is not null then 0 else row_decimals end as held_decimals,
    case when unit = 'count' and row_unit = 'percent' and row_numerator is not null then 'count' else row_unit end as held_unit
  from matched
  where value is not null and claim_kind = 'figure'
),

by_value as (
  select
    *,
    {{ figure_words('value', "coalesce(unit, '')") }} as claim_text,
    {{ figure_words('held_value', 'held_unit') }} as expected_text,
    case
      when held_against <> 'row' or held_value is null then 'cannot_tell'
      when {{ kind_of_unit('unit') }} <> {{ kind_of_unit('held_unit') }} then 'unit_clash'
      when {{ same_when_rounded('value', 'held_value', 'decimals', 'held_decimals') }} then 'agrees'
      when period_key = row_previous_period_key and {{ same_when_rounded('value', 'row_previous_value', 'decimals', 'row_previous_decimals') }} then 'agrees'
      when period_key = row_previous_period_key and row_previous_value is not null then 'disagrees'
      when speaks_of_row_period then 'disagrees'
      else 'differs_in_basis'
    end as verdict
  from values_compared
),

value_told as (
  select
    *,
    claimed_where || ' gives ' || claim_text || ' for ' || spoken || coalesce(' in ' || claimed_period_words, '')
    || case
      when held_against <> 'row' then '; ' || no_row_words
      when held_value is null then '; the dashboard prints no figure that can be read' || row_words || '.'
      when verdict = 'unit_clash' then '; the dashboard prints ' || expected_text || row_words || ', a figure of another kind.'
      when verdict = 'agrees' and not {{ same_when_rounded('value', 'held_value', 'decimals', 'held_decimals') }}
        or verdict = 'disagrees' and not speaks_of_row_period then
        ', and the dashboard ' || {{ figure_words('row_previous_value', 'row_unit') }} || ' as the previous figure' || row_words || '.'
      else ', and the dashboard ' || expected_text || coalesce(' in ' || row_period_label, '') || row_words
        || case verdict when 'differs_in_basis' then '; they are of different periods.' else '.' end
    end as evidence
  from by_value
),

numerator_told as (
  select
    *,
    {{ as_text('numerator') }} as claim_text,
    {{ as_text('held_numerator') }} as expected_text,
    case
      when held_against <> 'row' or held_numerator is null then 'cannot_tell'
      when numerator = held_numerator then 'agrees'
      when speaks_of_row_period then 'disagrees'
      else 'differs_in_basis'
    end as verdict,
    claimed_where || ' gives the number ' || {{ as_text('numerator') }} || ' for ' || spoken
    || case
      when held_against <> 'row' then '; ' || no_row_words
      when held_numerator is null then '; the dashboard prints no number of children or cases' || row_words || '.'
      else ', and the dashboard ' || {{ as_text('held_numerator') }} || row_words
        || case when numerator <> held_numerator and not speaks_of_row_period then '; they are of different periods.' else '.' end
    end as evidence
  from (
    select *, case when row_unit = 'count' then cast(row_value as bigint) else row_numerator end as held_numerator from matched
  ) as counted
  where numerator is not null and claim_kind = 'figure'
),

period_told as (
  select
    *,
    claimed_period_words as claim_text,
    row_period_label as expected_text,
    case
      when held_against <> 'row' or row_period_key is null then 'cannot_tell'
      when period_key = row_period_key then 'agrees'
      else 'differs_in_basis'
    end as verdict,
    claimed_where || ' speaks of ' || claimed_period_words || ' for ' || spoken
    || case
      when held_against <> 'row' then '; ' || no_row_words
      when row_period_key is null then '; the dashboard names no period' || row_words || '.'
      when period_key = row_period_key then ', and so does the dashboard' || row_words || '.'
      else ', and the dashboard of ' || row_period_label || row_words
        || case when value = row_value then ', with the same figure.' else '.' end
    end as evidence
  from matched
  where period_key is not null and claim_kind = 'figure'
),

-- Printed words against printed words: a direction against a direction; where the report only judges, judgements.
directions as (
  select
    *,
    coalesce(direction_source, '') <> 'printed' and judgement_source = 'printed' as is_judged,
    -- Printed words that leave no room: all others for 'same' may stand for a small change.
    {{ extract_group('lower(words)', '(unchanged|no change|the same as|stayed the same|remained the same|remains the same)') }} is not null as claim_is_strict,
    coalesce(row_comparison_word in ('same', 'no change', 'unchanged'), false) as row_is_strict
  from matched
  where direction_source = 'printed' and direction <> 'none' or judgement_source = 'printed' and judgement <> 'none'
),

directions_judged as (
  select
    *,
    case
      when held_against <> 'row' or row_comparison_text is null or row_comparison_reading <> 'read' then 'cannot_tell'
      when is_judged and row_judgement = 'none' or not is_judged and row_direction = 'none' then 'cannot_tell'
      -- Better and Worse say no direction, and Higher no judgement where it is not known which is good.
      when not is_judged and coalesce(row_direction_source, '') <> 'printed' then
        case when judgement = row_judgement then 'agrees' when judgement = 'none' then 'cannot_tell' else 'contrary' end
      when is_judged and judgement = row_judgement or not is_judged and direction = row_direction then 'agrees'
      else 'contrary'
    end as follows
  from directions
),

direction_told as (
  select
    *,
    case when is_judged then judgement else {{ direction_words('direction') }} end as claim_text,
    trim(row_comparison_text) as expected_text,
    case
      when follows <> 'contrary' then follows
      when not speaks_of_row_period or base_differs then 'differs_in_basis'
      when coalesce(direction = 'same' or judgement = 'similar', false) and claim_is_strict
        or coalesce(row_direction = 'same' or row_judgement = 'similar', false) and row_is_strict then 'disagrees'
      when direction = 'same' or judgement = 'similar' or row_direction = 'same' or row_judgement = 'similar' then 'depends_on_method'
      else 'disagrees'
    end as verdict,
    claimed_where || ' calls ' || spoken || ' ' || case when is_judged then judgement else {{ direction_words('direction') }} end
    || case when comparison_basis is null or comparison_basis = 'unstated' then '' else ', compared with ' || claim_base_words end
    || case
      when held_against <> 'row' then '; ' || no_row_words
      when row_comparison_text is null then '; the dashboard prints no direction' || row_words || '.'
      else ', and the dashboard prints ''' || trim(row_comparison_text) || '''' || row_words
        || case when is_judged or row_direction_source <> 'printed' then coalesce(', ' || {{ polarity_words('row_polarity') }}, '') else '' end
        || case
          when follows = 'cannot_tell' then ', which says nothing to hold it against.'
          when follows = 'agrees' then '.'
          when not speaks_of_row_period then
            '; the report speaks of ' || claimed_period_words || ' and the dashboard of ' || coalesce(row_period_label, 'a period that it does not name')
            || case when base_differs then ', which it compares with ' || row_base_words else '' end || '.'
          when base_differs then '; the dashboard compares with ' || row_base_words || '.'
          when (direction = 'same' or judgement = 'similar') and not claim_is_strict
            or (row_direction = 'same' or row_judgement = 'similar') and not row_is_strict
            then '; whether that is similar depends on a limit that neither gives.'
          else '; both cannot be right.'
        end
    end as evidence
  from directions_judged
),

quartile_told as (
  select
    *,
    case when quartile is not null then 'quartile ' || {{ as_text('quartile') }} else 'no valid comparison' end as claim_text,
    case when row_quartile is not null then 'quartile ' || {{ as_text('row_quartile') }} end as expected_text,
    case
      when held_against <> 'row' then 'cannot_tell'
      when quartile is null then case when row_quartile is null then 'agrees' else 'disagrees' end
      when row_quartile is null then 'cannot_tell'
      when quartile = row_quartile then 'agrees'
      when speaks_of_row_period then 'disagrees'
      else 'differs_in_basis'
    end as verdict,
    claimed_where
    || case
      when quartile is not null then ' puts ' || spoken || ' in quartile ' || {{ as_text('quartile') }}
      else ' gives no quartile for ' || spoken || ' because there is no valid comparison'
    end
    || case
      when held_against <> 'row' then '; ' || no_row_words
      when row_quartile is null then ', and the dashboard prints none' || row_words || '.'
      else ', and the dashboard prints quartile ' || {{ as_text('row_quartile') }} || row_words
        || case when quartile <> row_quartile and not speaks_of_row_period then '; they speak of different periods.' else '.' end
    end as evidence
  from matched
  where quartile is not null
    or claim_kind = 'no_data' and {{ says_no_quartile() }}
),

-- The figure before: as the report prints it, else as its figure and its change imply.
previous_claimed as (
  select
    *,
    coalesce(comparison_value, case when is_implied then round(value - change, 6) end) as claimed_previous,
    case
      when is_implied then 3 * 0.5 * power(10, -decimals)
    end as implied_rounding
  from (
    select
      *,
      comparison_value is null and (unit = 'percent' and change_unit = 'points' or unit = change_unit) as is_implied
    from matched
    where comparison_value is not null or change is not null
  ) as changed
  where comparison_value is not null or is_implied and value is not null
),

previous_held as (
  select
    previous_claimed.*,
    case when row_previous_value is not null then row_previous_value else earlier.value end as held_previous,
    case when row_previous_value is not null then row_previous_decimals else earlier.decimals end as held_decimals,
    case when row_previous_value is not null then row_previous_unit else earlier.unit end as held_unit,
    coalesce(row_previous_value is null and earlier.value is not null, false) as is_of_earlier_edition,
    earlier.edition_key as earlier_edition_key,
    earlier.source_file as earlier_source_file,
    earlier.source_line_from as earlier_line_from,
    earlier.source_line_to as earlier_line_to,
    row_previous_value is not null
    and (comparison_period_key <> row_previous_period_key or base_differs) as is_another_period
  from previous_claimed
  left join {{ ref('dim_edition') }} as editions on editions.edition_key = previous_claimed.edition_key
  -- An earlier edition's figure for the very period that the report names.
  left join (
    select observations.*, earlier_editions.period_end as earlier_end
    from {{ ref('fct_observation') }} as observations
    inner join {{ ref('dim_edition') }} as earlier_editions on earlier_editions.edition_key = observations.edition_key
    where observations.value is not null
  ) as earlier
    on earlier.indicator_key = previous_claimed.indicator_key
    and earlier.area_code = previous_claimed.area_code
    and earlier.period_key = previous_claimed.comparison_period_key
    and earlier.earlier_end < editions.period_end
  qualify row_number() over (
    partition by previous_claimed.edition_key, previous_claimed.paragraph, previous_claimed.claim_number
    order by earlier.earlier_end desc, case earlier.role when 'latest' then 0 else 1 end, earlier.row_number
  ) = 1
),

previous_judged as (
  select
    *,
    {{ figure_words('claimed_previous', "coalesce(unit, row_unit, '')") }} as claim_text,
    {{ figure_words('held_previous', 'held_unit') }} as expected_text,
    case
      when held_against <> 'row' or held_previous is null then 'cannot_tell'
      when {{ kind_of_unit('coalesce(unit, held_unit)') }} <> {{ kind_of_unit('held_unit') }} then 'unit_clash'
      when is_implied and abs(claimed_previous - held_previous) <= implied_rounding + 0.0000001 then 'agrees'
      when not is_implied and {{ same_when_rounded('claimed_previous', 'held_previous', 'comparison_decimals', 'held_decimals') }} then 'agrees'
      when is_another_period or not speaks_of_row_period or comparison_basis = 'usual' then 'differs_in_basis'
      else 'disagrees'
    end as verdict
  from previous_held
),

previous_told as (
  select
    *,
    claimed_where || case when is_implied then ' implies ' else ' gives ' end || claim_text || ' for ' || claim_base_words || ', ' || spoken
    || case
      when held_against <> 'row' then '; ' || no_row_words
      when held_previous is null then '; neither this dashboard nor an earlier one that is loaded prints that figure' || row_words || '.'
      when is_of_earlier_edition then ', and the dashboard of ' || earlier_edition_key || ' ' || expected_text || '.'
      else ', and the dashboard ' || expected_text || ' for ' || row_base_words || row_words
        || case verdict when 'differs_in_basis' then '; they compare with different periods.' when 'unit_clash' then ', a figure of another kind.' else '.' end
    end as evidence
  from previous_judged
),

availability_told as (
  select
    *,
    'no data' as claim_text,
    trim(row_value_text) as expected_text,
    case
      when held_against <> 'row' then 'cannot_tell'
      when row_value is null then 'agrees'
      else 'differs_in_basis'
    end as verdict,
    claimed_where || ' says that there are no new figures of ' || spoken
    || case
      when held_against <> 'row' then '; ' || no_row_words
      when row_value is null then ', and the dashboard prints none' || row_words || '.'
      else ', and the dashboard prints ' || trim(row_value_text) || coalesce(' of ' || row_period_label, '') || row_words || ', which may be an older one.'
    end as evidence
  from matched
  where claim_kind = 'no_data' and indicator_key is not null and not {{ says_no_quartile() }}
)

{%- for aspect in aspects %}
{% set check_code = 'claim_' ~ aspect %}
select
  '{{ check_code }}|' || edition_key || '|' || coalesce({{ as_text('row_number') }}, '') || '|' || {{ as_text('paragraph') }} || '.'
  || {{ as_text('claim_number') }} as audit_key,
  '{{ check_code }}' as check_code,
  edition_key,
  row_number,
  paragraph,
  indicator_key,
  claim_text,
  case when held_against = 'row' then expected_text end as expected_text,
  held_against as method,
  verdict,
  evidence,
  source_file,
  source_line_from,
  source_line_to,
  {%- if aspect == 'previous' %}
  case when is_of_earlier_edition then earlier_source_file else other_source_file end as other_source_file,
  case when is_of_earlier_edition then earlier_line_from else other_line_from end as other_line_from,
  case when is_of_earlier_edition then earlier_line_to else other_line_to end as other_line_to
  {%- else %}
  other_source_file,
  other_line_from,
  other_line_to
  {%- endif %}
from {{ aspect }}_told
{{ 'union all' if not loop.last }}
{%- endfor %}
