{% set neighbours = ['before_1', 'before_2', 'after_1', 'after_2'] -%}
-- Figures that are unlike those around them: the other figure of the row, and the two before and after in the series.
with figures as (
  select
    *,
    coalesce(indicator_key || '|' || area_code, edition_key || '|' || row_number) as series
  from {{ ref('int_figures_dated') }}
  where value is not null
),

beside as (
  select
    *,
    max(case when role = 'previous' and has_percent then 1 when role = 'previous' then 0 end)
      over (partition by edition_key, row_number) as previous_has_percent,
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

-- Whole where all others of the series, three or more, have decimals: the last digits may be lost, unless a bracket
-- follows the figure.
-- Far from every neighbour: 40 points of a percentage, or eight times as much or as little and no small number.
judged as (
  select
    *,
    role = 'latest' and unit = 'percent' and previous_has_percent is not null
      and previous_has_percent <> case when has_percent then 1 else 0 end as is_other_sign,
    coalesce({{ neighbours | join(', ') }}) is not null
      and (role = 'latest' or (before_1 is not null and after_1 is not null))
      {%- for other in neighbours %}
      and (
        {{ other }} is null
        or (unit = 'percent' and abs(value - {{ other }}) >= 40)
        or (greatest(abs(value), abs({{ other }})) >= 8 * least(abs(value), abs({{ other }})) and abs(value - {{ other }}) >= 20)
      )
      {%- endfor %} as is_other_magnitude,
    decimals = 0 and bracket = 'none' and others >= 3 and with_decimals = others as is_other_form
  from beside
)

select
  edition_key,
  row_number,
  role,
  source_file,
  line_from,
  line_to,
  value_text,
  is_other_sign,
  is_other_magnitude,
  is_other_form
from judged
where is_other_sign or is_other_magnitude or is_other_form
