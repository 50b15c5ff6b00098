{#
  Small-number statistics as docs/methods.md of the shared material defines them (section 2). Every macro gives an
  expression; null in, null out.
#}

{# The 97.5 % point of the normal distribution, as methods.md writes it. #}
{% macro z_95() -%}1.959964{%- endmacro %}

{#
  Ends of the interval of all whole numbers n with round_half_up(100 numerator / n, decimals) = percent. With
  P = percent * 10^decimals and K = 200 * numerator * 10^decimals these are the n with (2P - 1) n <= K < (2P + 1) n,
  so whole numbers suffice and no rounding of fractions comes in. No n fits where low > high. high is null without an
  upper end, which only 0 % lacks. Both are null for a negative percentage and beyond 10 thousand million children
  or 6 decimals, where K would leave 64 bits.
#}
{% macro implied_denominator_low(percent, decimals, numerator) -%}
  case
    when {{ implied_denominator_computable(percent, decimals, numerator) }}
      then {{ integer_divide(_implied_k(decimals, numerator), "(2 * " ~ _implied_p(percent, decimals) ~ " + 1)") }} + 1
  end
{%- endmacro %}

{% macro implied_denominator_high(percent, decimals, numerator) -%}
  case
    when {{ implied_denominator_computable(percent, decimals, numerator) }} and {{ _implied_p(percent, decimals) }} > 0
      then {{ integer_divide(_implied_k(decimals, numerator), "(2 * " ~ _implied_p(percent, decimals) ~ " - 1)") }}
  end
{%- endmacro %}

{% macro implied_denominator_computable(percent, decimals, numerator) -%}
  ({{ percent }} between 0 and 1000000 and {{ decimals }} between 0 and 6 and {{ numerator }} between 0 and 10000000000)
{%- endmacro %}

{% macro _implied_p(percent, decimals) -%}
  cast(round({{ percent }} * power(10, {{ decimals }})) as bigint)
{%- endmacro %}

{% macro _implied_k(decimals, numerator) -%}
  (200 * cast({{ numerator }} as bigint) * cast(power(10, {{ decimals }}) as bigint))
{%- endmacro %}

{# Wilson's 95 % interval of numerator out of denominator, in percent. Null unless 0 <= numerator <= denominator, denominator > 0. #}
{% macro wilson_lower(numerator, denominator) -%}{{ _wilson(numerator, denominator, '-') }}{%- endmacro %}
{% macro wilson_upper(numerator, denominator) -%}{{ _wilson(numerator, denominator, '+') }}{%- endmacro %}

{% macro _wilson(numerator, denominator, sign) -%}
  {%- set z = z_95() -%}
  case
    when {{ numerator }} between 0 and {{ denominator }} and {{ denominator }} > 0
      then 100.0 * (
        2.0 * {{ numerator }} + {{ z }} * {{ z }}
        {{ sign }} {{ z }} * sqrt({{ z }} * {{ z }} + 4.0 * {{ numerator }} * (1.0 - {{ numerator }} * 1.0 / {{ denominator }}))
      ) / (2.0 * ({{ denominator }} + {{ z }} * {{ z }}))
  end
{%- endmacro %}

{# Byar's 95 % interval of a count. #}
{% macro byar_lower(count) -%}
  case
    when {{ count }} = 0 then 0.0
    when {{ count }} > 0 then {{ count }} * power(1.0 - 1.0 / (9.0 * {{ count }}) - {{ z_95() }} / (3.0 * sqrt({{ count }})), 3)
  end
{%- endmacro %}

{% macro byar_upper(count) -%}
  case
    when {{ count }} >= 0
      then ({{ count }} + 1.0) * power(1.0 - 1.0 / (9.0 * ({{ count }} + 1.0)) + {{ z_95() }} / (3.0 * sqrt({{ count }} + 1.0)), 3)
  end
{%- endmacro %}

{# How many times the larger of two numbers is the smaller; null where one is nought. #}
{% macro times_apart(one, other) -%}
  greatest({{ one }} * 1.0 / nullif({{ other }}, 0), {{ other }} * 1.0 / nullif({{ one }}, 0))
{%- endmacro %}
