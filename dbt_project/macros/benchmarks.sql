{#
  Placing a printed figure among all authorities, and saying so in words. Methods: docs/benchmarks.md.
#}

{#
  Quartile band of a printed figure among authorities whose quartile points are known. Printed figures and derived points
  meet here, so both are rounded alike.
#}
{% macro placed_band(value, p25, p50, p75, polarity) -%}
  {{ band_lait(as_comparable(value), as_comparable(p25), as_comparable(p50), as_comparable(p75), polarity) }}
{%- endmacro %}

{% macro placed_band_mirrored(value, p25, p50, p75, polarity) -%}
  {{ band_mirrored(as_comparable(value), as_comparable(p25), as_comparable(p50), as_comparable(p75), polarity) }}
{%- endmacro %}

{# Derived figures carry binary noise and the seed holds six decimals. #}
{% macro as_comparable(number) -%}
  round({{ number }}, 6)
{%- endmacro %}

{# 64.0 as 64, 81.553 as 81.55, 0.0447 as 0.045. #}
{% macro number_words(number) -%}
  {{ replace_all(as_text('case when abs(' ~ number ~ ') >= 1 then round(' ~ number ~ ', 2) else round(' ~ number ~ ', 3) end'), '[.]0+$', '') }}
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

{# Decimals with which a number is printed. #}
{% macro printed_decimals(text) -%}
  length(coalesce({{ extract_group(text, '[.]([0-9]+)') }}, ''))
{%- endmacro %}

{# Quartile points of whole numbers are quarters; of numbers with decimals all three hardly ever are. #}
{% macro is_whole_measure(p25, p50, p75) -%}
  ({% for point in [p25, p50, p75] %}4 * {{ point }} = round(4 * {{ point }}){{ ' and ' if not loop.last }}{% endfor %})
{%- endmacro %}

{# Whether a computed number gives the printed one, rounded half up; a millionth makes up for rounded derived figures. #}
{% macro is_same_as_printed(computed, printed, text) -%}
  {%- set half = '0.5 * power(10, -' ~ printed_decimals(text) ~ ')' -%}
  ({{ as_comparable(computed) }} >= {{ as_comparable(printed ~ ' - ' ~ half) }} and {{ as_comparable(computed) }} < {{ as_comparable(printed ~ ' + ' ~ half) }})
{%- endmacro %}
