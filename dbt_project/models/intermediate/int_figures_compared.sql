{% set neighbours = ['before_1', 'before_2', 'after_1', 'after_2'] -%}
-- Figures that are unlike those around them: what else the row prints, and the two before and after in the series.
with figures as (
  select
    dated.*,
    coalesce(dated.indicator_key || '|' || dated.area_code, dated.edition_key || '|' || dated.row_number) as series,
    instr(assessed.benchmark_text, '.') > 0 and assessed.benchmark_value is not null as benchmark_has_decimals,
    assessed.rag,
    assessed.target_value,
    -- Which side of the target is good, where figure and target are of one unit.
    case
      when assessed.target_has_percent <> (dated.unit = 'percent') then null
      when assessed.target_operator in ('<', '<=') then 'low_is_good'
      when assessed.target_operator in ('>', '>=') then 'high_is_good'
      else assessed.polarity
    end as good_side
  from {{ ref('int_figures_dated') }} as dated
  inner join {{ ref('int_assessments_judged') }} as assessed
    on assessed.edition_key = dated.edition_key and assessed.row_number = dated.row_number
  where dated.value is not null
),

beside as (
  select
    *,
    max(case when role = 'previous' and has_percent then 1 when role = 'previous' then 0 end)
      over (partition by edition_key, row_number) as previous_has_percent,
    max(case when role = 'previous' then decimals end) over (partition by edition_key, row_number) as previous_decimals,
    count(case when has_percent then 1 end) over (partition by series, unit) as with_percent,
    count(*) over (partition by series, unit) - 1 as others,
    count(case when decimals > 0 then 1 end) over (partition by series, unit) as with_decimals,
    {%- for place, direction in [('before', 'lag'), ('after', 'lead')] %}
    {%- for distance in [1, 2] %}
    {{ direction }}(value, {{ distance }}) over (
      partition by series, unit
      order by period_start, edition_period_end, case role when 'previous' then 0 else 1 end, edition_key, row_number
    ) as {{ place }}_{{ distance }}{{ ',' if not (place == 'after' and distance == 2) }}
    {%- endfor %}
    {%- endfor %}
  from figures
),

-- Whole where all others of the series, three or more, have decimals, or where both the previous figure and the average
-- of the row have: the last digits may be lost, unless a bracket follows the figure.
-- Far from every neighbour: 40 points of a percentage, or eight times as much or as little and no small number.
-- A colour contradicts its target now and then (the audit says so); by twenty points, or by a factor of two where the
-- figure is no percentage, it says rather that the figure is not whole.
judged as (
  select
    *,
    role = 'latest' and unit = 'percent' and previous_has_percent is not null
      and previous_has_percent <> case when has_percent then 1 else 0 end as is_other_sign,
    unit = 'percent' and not has_percent and decimals = 0 and others >= 3 and with_percent = others as is_other_sign_in_series,
    coalesce({{ neighbours | join(', ') }}) is not null
      and (role = 'latest' or (before_1 is not null and after_1 is not null))
      {%- for other in neighbours %}
      and (
        {{ other }} is null
        or (unit = 'percent' and abs(value - {{ other }}) >= 40)
        or (greatest(abs(value), abs({{ other }})) >= 8 * least(abs(value), abs({{ other }})) and abs(value - {{ other }}) >= 20)
      )
      {%- endfor %} as is_other_magnitude,
    decimals = 0 and bracket = 'none' and others >= 3 and with_decimals = others as is_other_form,
    role = 'latest' and decimals = 0 and bracket = 'none' and previous_decimals > 0 and benchmark_has_decimals as is_other_form_in_row,
    role = 'latest'
      and (
        (rag = 'green' and good_side = 'high_is_good' and value < target_value)
        or (rag = 'green' and good_side = 'low_is_good' and value > target_value)
        or (rag = 'red' and good_side = 'high_is_good' and value > target_value)
        or (rag = 'red' and good_side = 'low_is_good' and value < target_value)
      )
      and case
        when unit = 'percent' then abs(value - target_value) >= 20
        else greatest(value, target_value) >= 2 * least(value, target_value) and abs(value - target_value) >= 5
      end as is_against_colour
  from beside
),

doubted as (
  select
    *,
    case when coalesce(is_other_sign, false) then '; only one of it and the previous figure has a percent sign' else '' end
    || case when coalesce(is_other_sign_in_series and not coalesce(is_other_sign, false), false) then '; it has no percent sign, as all others of its series have' else '' end
    || case when coalesce(is_other_magnitude, false) then '; it is far from the others of its series' else '' end
    || case when coalesce(is_other_form, false) then '; it has no decimals, as all others of its series have' else '' end
    || case when coalesce(is_other_form_in_row and not coalesce(is_other_form, false), false) then '; it has no decimals, as the previous figure and the average have' else '' end
    || case when coalesce(is_against_colour, false) then '; it is far on the other side of its target than its colour says' else '' end as doubts
  from judged
)

select
  edition_key,
  row_number,
  role,
  source_file,
  line_from,
  line_to,
  value_text,
  substr(doubts, 3) as doubts
from doubted
where doubts <> ''
