{#
  Placing a printed figure among all authorities, and saying so in words. Methods: docs/benchmarks.md.
#}

{#
  Quartile band, 1 is best, of a figure among authorities whose quartile points are known. lait: a value on a boundary
  gets the better band when low is good and the worse one when high is good; mirrored: the better one for both.
  Printed figures and derived points meet here, so both are rounded alike.
#}
{% macro placed_band(value, p25, p50, p75, polarity, method='lait') -%}
{%- set value, p25, p50, p75 = as_comparable(value), as_comparable(p25), as_comparable(p50), as_comparable(p75) -%}
case
  when {{ value }} is null or {{ p25 }} is null then null
  when {{ polarity }} = 'low_is_good' then
    case when {{ value }} <= {{ p25 }} then 1 when {{ value }} <= {{ p50 }} then 2 when {{ value }} <= {{ p75 }} then 3 else 4 end
  when {{ polarity }} = 'high_is_good' then
    {%- if method == 'mirrored' %}
    case when {{ value }} >= {{ p75 }} then 1 when {{ value }} >= {{ p50 }} then 2 when {{ value }} >= {{ p25 }} then 3 else 4 end
    {%- else %}
    case when {{ value }} <= {{ p25 }} then 4 when {{ value }} <= {{ p50 }} then 3 when {{ value }} <= {{ p75 }} then 2 else 1 end
    {%- endif %}
end
{%- endmacro %}

{# Derived figures carry binary noise and the seed holds six decimals. #}
{% macro as_comparable(number) -%}
  round({{ number }}, 6)
{%- endmacro %}

{# 64.0 as 64, 83.350 as 83.35. #}
{% macro number_words(number) -%}
  {{ replace_all(as_text('round(' ~ number ~ ', 3)'), '[.]0+$', '') }}
{%- endmacro %}

{% macro date_words(day) -%}
  (day({{ day }}) || ' ' || {{ month_name('month(' ~ day ~ ')') }} || ' ' || year({{ day }}))
{%- endmacro %}

{# The day of a publication, with how sure it is. #}
{% macro published_words(day, certainty) -%}
  {{ date_words(day) }} || case {{ certainty }} when 'month_known' then ' at the latest' when 'assumed' then ' (assumed)' else '' end
{%- endmacro %}

{# A yearly period as a person says it, from its key. #}
{% macro year_words(period_key) -%}
  case left({{ period_key }}, 3)
    when 'fy-' then 'the year to March ' || (try_cast(substr({{ period_key }}, 4, 4) as int) + 1)
    when 'ay-' then 'the academic year ' || replace(substr({{ period_key }}, 4), '-', '/')
    when 'cy-' then 'the calendar year ' || substr({{ period_key }}, 4)
    else {{ period_key }}
  end
{%- endmacro %}

{# Decimals with which a number is printed: the width within which a computed one is the same. #}
{% macro printed_decimals(text) -%}
  length(coalesce({{ extract_group(text, '[.]([0-9]+)') }}, ''))
{%- endmacro %}

{# Quartile points of whole numbers are quarters; of numbers with decimals all three hardly ever are. #}
{% macro is_whole_measure(p25, p50, p75) -%}
  ({% for point in [p25, p50, p75] %}4 * {{ point }} = round(4 * {{ point }}){{ ' and ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro is_same_as_printed(computed, printed, text) -%}
  (abs({{ computed }} - {{ printed }}) <= 0.5 * power(10, -{{ printed_decimals(text) }}) + 0.000001)
{%- endmacro %}
