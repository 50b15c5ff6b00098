{#
  Printed figures to numbers. The rule: a number is read only from text that is whole, and repaired only when the
  characters that are present leave one reading. Everything else stays text.
#}

{# A whole number as it is printed: thousands grouped right or not at all, no leading zeros, digits on both sides of a point. #}
{% macro number_pattern() -%}
  [-+]?(?:0|[1-9][0-9]{0,11}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,3})(?:[.][0-9]{1,6})?
{%- endmacro %}

{% macro count_pattern() -%}
  0|[1-9][0-9]{0,11}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,3}
{%- endmacro %}

{#
  What points to a footnote: raised, starred, in square brackets (here braces), a letter in round ones
  (but c, x and a star, which stand for a number that is kept back). A text is searched
  for it with braces in place of square brackets, which engines do not read alike in patterns.
#}
{% macro footnote_mark() -%}
  (?:[*†‡§¹²³⁰⁴⁵⁶⁷⁸⁹]+|[{][0-9a-z]{1,2}[}]|[*^][{][^{} ]{1,3}[}]|[(][abd-wyz][)])
{%- endmacro %}

{# What stands after a number and says what it measures: a time, people and what is counted of them, a rate. #}
{% macro noun_pattern() -%}
  (?:(?:working |school |calendar )?days?|weeks?|months?|years?|hours?|children|child|young people|people|persons?|individuals|families|pupils|cases|referrals|assessments|schools|plans)
{%- endmacro %}

{# A sign for a number that the document keeps back: a limit instead of a count, [c], or c or x without brackets. Other shorthand is in the seed value_words. #}
{% macro withheld_pattern() -%}
  (?:(?:[<>≤≥]=?|=[<>]|fewer than|less than|under) ?{{ number_pattern() }} ?%?|{{ number_pattern() }} ?%? or (?:fewer|less)|[cx]|[{]c[}])
{%- endmacro %}

{% macro to_number(text) -%}
  try_cast(replace(replace(replace({{ text }}, ',', ''), '%', ''), ' ', '') as double)
{%- endmacro %}

{# A text that could stand as one figure: a number, or a percentage up to 100. #}
{% macro is_possible_figure(text) -%}
  ({{ matches(text, number_pattern() ~ ' ?%?') }} and not (right({{ text }}, 1) = '%' and coalesce({{ to_number(text) }} > 100, false)))
{%- endmacro %}

{#
  Emits common table expressions that read the named cells of `relation`; the last one is called `figures_read`.
  cells: prefix -> text column. For each prefix the columns
    <prefix>_reading        blank, read, repaired, unread, withheld (a sign says so) or starred (a star, of which the
                            layout says what it means)
    <prefix>_repair         overlap, stray_bracket or footnote_digit, where repaired
    <prefix>_has_mark       whether the mark of a footnote stands at the figure
    <prefix>_printed_unit   days, weeks, months, years, hours, count, rate or pounds, where words or a sign say so
    <prefix>_value          the number as printed (94.6 for 94.6%)
    <prefix>_decimals       printed decimals
    <prefix>_has_percent    whether % stands beside the number (outside a bracket), also where it is unread
    <prefix>_bracket        none, count, percent, withheld or unreadable: what the bracket after the number holds
    <prefix>_bracket_count  the number in the bracket, where it is a count
#}
{% macro read_figures(relation, cells) %}
{%- set longest_overlap = 6 -%}
{%- set mark = footnote_mark() -%}
{%- set percentage = number_pattern() ~ ' ?%' -%}
figures_cleaned as (
  select
    *
    {%- for prefix, column in cells.items() %},
    translate(replace(lower({{ clean_text(column) }}), ' | (', ' ('), '[]', '{}') as {{ prefix }}_clean
    {%- endfor %}
  from {{ relation }}
),

-- What is left of a marked figure. A digit is a mark only where it cannot be a piece of the number, and the letters of
-- provisional, revised and estimated only after a percent sign and small: a large R is a colour.
figures_unmarked as (
  select
    *
    {%- for prefix, column in cells.items() %},
    coalesce(
      {%- if prefix != 'target' %}
      case when {{ matches(clean_text(column), '.*%(?: ?[(][^()]+[)])? ?[pre]') }} then {{ extract_group(prefix ~ '_clean', '^(.*[%)]) ?[pre]$') }} end,
      {%- endif %}
      {{ extract_group(prefix ~ '_clean', '^(.*[0-9%)])(?: ?' ~ mark ~ ')+$') }},
      {{ extract_group(prefix ~ '_clean', '^(.*[^* ])[ *]*$') }},
      {{ prefix }}_clean
    ) as {{ prefix }}_before_mark
    {%- endfor %}
  from figures_cleaned
),

figures_marked as (
  select
    *
    {%- for prefix, column in cells.items() %},
    coalesce(
      {%- if prefix != 'target' %}
      case when {{ matches(clean_text(column), '[^(]*% ?[pre] ?[(][^()]+[)]') }} then
        {{ extract_group(prefix ~ '_clean', '^([^(]*%) ?[pre] ?[(][^()]+[)]$') }} || {{ extract_group(prefix ~ '_clean', '([(][^()]+[)])$') }} end,
      {%- endif %}
      {{ extract_group(prefix ~ '_before_mark', '^([^(]*[0-9%]) ?(?:' ~ mark ~ ' ?)+[(][^()]+[)]$') }}
        || {{ extract_group(prefix ~ '_before_mark', '([(][^()]+[)])$') }},
      {{ prefix }}_before_mark
    ) as {{ prefix }}_without_mark
    {%- endfor %}
  from figures_unmarked
),

figures_numbered as (
  select
    *
    {%- for prefix in cells %},
    coalesce(
      {{ extract_group(prefix ~ '_without_mark', '^(' ~ percentage ~ '|[1-9][0-9]{0,2}(?:,[0-9]{3})+) ?[0-9] ?[(][^()]+[)]$') }}
        || {{ extract_group(prefix ~ '_without_mark', '([(][^()]+[)])$') }},
      {{ extract_group(prefix ~ '_without_mark', '^(' ~ percentage ~ ' ?[(][^()]+[)])[0-9]$') }},
      {{ extract_group(prefix ~ '_without_mark', '^(' ~ percentage ~ ')[0-9]$') }},
      {{ extract_group(prefix ~ '_without_mark', '^(' ~ percentage ~ ') ?[(][0-9][)] ?[(][0-9][0-9,]+[)]$') }}
        || {{ extract_group(prefix ~ '_without_mark', '([(][^()]+[)])$') }},
      {{ extract_group(prefix ~ '_without_mark', '^(' ~ percentage ~ ' ?[(][0-9][0-9,]+[)]) ?[(][0-9][)]$') }}
    ) as {{ prefix }}_without_digit
    {%- endfor %}
  from figures_marked
),

figures_printed as (
  select
    *
    {%- for prefix in cells %},
    coalesce({{ prefix }}_without_digit, {{ prefix }}_without_mark) as {{ prefix }}_printed
    {%- endfor %}
  from figures_numbered
),

figures_bracketed as (
  select
    *
    {%- for prefix in cells %},
    case
      when {{ matches(prefix ~ '_printed', '[^()]*[^() ] ?[(][^()]*[)]') }} then 'closed'
      when {{ matches(prefix ~ '_printed', '[^()]*[^() ] ?[(][^()]+') }} then 'unclosed'
      when {{ matches(prefix ~ '_printed', '[^()]*% ?[^() ]+[)]') }} then 'unopened'
      -- Only at the end: before the number a bracket may be a misread digit, or the bracket that follows a lost figure.
      when {{ matches(prefix ~ '_printed', '[^()]*[^() ] ?[()]') }} then 'stray'
      else 'none'
    end as {{ prefix }}_bracket_form
    {%- endfor %}
  from figures_printed
),

figures_split as (
  select
    *
    {%- for prefix in cells %},
    case {{ prefix }}_bracket_form
      when 'closed' then {{ extract_group(prefix ~ '_printed', '^([^()]*[^() ]) ?[(]') }}
      when 'unclosed' then {{ extract_group(prefix ~ '_printed', '^([^()]*[^() ]) ?[(]') }}
      when 'unopened' then {{ extract_group(prefix ~ '_printed', '^([^()]*%)') }}
      when 'stray' then trim(replace(replace({{ prefix }}_printed, '(', ''), ')', ''))
      else {{ prefix }}_printed
    end as {{ prefix }}_main,
    case {{ prefix }}_bracket_form
      when 'closed' then trim({{ extract_group(prefix ~ '_printed', '[(]([^()]*)[)]$') }})
    end as {{ prefix }}_inside
    {%- endfor %}
  from figures_bracketed
),

figures_measured as (
  select
    *
    {%- for prefix in cells %},
    case
      when {{ matches(prefix ~ '_main', number_pattern() ~ ' ' ~ noun_pattern()) }} then
        case
          {%- for unit in ['day', 'week', 'month', 'year', 'hour'] %}
          when {{ matches(prefix ~ '_main', '.* ' ~ unit ~ 's?') }} then '{{ unit }}s'
          {%- endfor %}
          else 'count'
        end
      when {{ matches(prefix ~ '_main', number_pattern() ~ ' ?per (?:[0-9][0-9,]*|head|child)(?: (?:of )?(?:the )?(?:population|' ~ noun_pattern() ~ '))?') }} then 'rate'
      when {{ matches(prefix ~ '_main', '£ ?' ~ number_pattern()) }} then 'pounds'
    end as {{ prefix }}_printed_unit
    {%- endfor %}
  from figures_split
),

figures_pieces as (
  select
    *
    {%- for prefix in cells %},
    split_part({{ prefix }}_main, ' | ', 1) as {{ prefix }}_head,
    case when instr({{ prefix }}_main, ' | ') > 0 then substr({{ prefix }}_main, instr({{ prefix }}_main, ' | ') + 3) end as {{ prefix }}_tail
    {%- endfor %}
  from figures_measured
),

-- What stands twice at a break shows how the pieces fit: every overlap that gives a figure is a candidate.
figures_overlapped as (
  select
    *
    {%- for prefix in cells %}
    {%- for length in range(1, longest_overlap + 1) %},
    case
      when length({{ prefix }}_head) >= {{ length }} and length({{ prefix }}_tail) >= {{ length }}
        and right({{ prefix }}_head, {{ length }}) = left({{ prefix }}_tail, {{ length }})
        then {{ prefix }}_head || substr({{ prefix }}_tail, {{ length + 1 }})
    end as {{ prefix }}_overlap_{{ length }}
    {%- endfor %}
    {%- endfor %}
  from figures_pieces
),

figures_candidates as (
  select
    *
    {%- for prefix in cells %}
    {%- for length in range(1, longest_overlap + 1) %},
    case when {{ is_possible_figure(prefix ~ '_overlap_' ~ length) }} then {{ prefix }}_overlap_{{ length }} end as {{ prefix }}_candidate_{{ length }}
    {%- endfor %}
    {%- endfor %}
  from figures_overlapped
),

figures_texts as (
  select
    *
    {%- for prefix in cells %}
    {%- set candidates = [] -%}
    {%- for length in range(1, longest_overlap + 1) %}{% do candidates.append(prefix ~ '_candidate_' ~ length) %}{% endfor %},
    case
      when {{ prefix }}_printed_unit is not null then {{ extract_group(prefix ~ '_main', '^(?:£ ?)?(' ~ number_pattern() ~ ')(?: ?[a-z].*)?$') }}
      when {{ prefix }}_tail is null then case when {{ matches(prefix ~ '_main', number_pattern() ~ ' ?%?') }} then {{ prefix }}_main end
      -- The pieces could as well be two halves of one figure: nothing decides between the readings.
      when {{ is_possible_figure(prefix ~ '_head || ' ~ prefix ~ '_tail') }} then null
      when least({{ candidates | join(', ') }}) = greatest({{ candidates | join(', ') }}) then least({{ candidates | join(', ') }})
    end as {{ prefix }}_figure
    {%- endfor %}
  from figures_candidates
),

figures_read as (
  select
    *
    {%- for prefix in cells %},
    case
      when {{ prefix }}_printed is null then 'blank'
      when {{ matches(prefix ~ '_clean', withheld_pattern() ~ '(?: ?[(][^()]*[)])?') }} then 'withheld'
      when {{ matches(prefix ~ '_clean', '[*]+ ?%?(?: ?[(][*]+ ?%?[)])?') }} then 'starred'
      when {{ prefix }}_figure is null then 'unread'
      when {{ prefix }}_tail is not null or {{ prefix }}_bracket_form = 'stray' or {{ prefix }}_without_digit is not null then 'repaired'
      else 'read'
    end as {{ prefix }}_reading,
    case
      when {{ prefix }}_figure is null then null
      when {{ prefix }}_tail is not null then 'overlap'
      when {{ prefix }}_bracket_form = 'stray' then 'stray_bracket'
      when {{ prefix }}_without_digit is not null then 'footnote_digit'
    end as {{ prefix }}_repair,
    {{ prefix }}_figure is not null and {{ prefix }}_printed <> {{ prefix }}_clean and {{ prefix }}_without_digit is null as {{ prefix }}_has_mark,
    {{ to_number(prefix ~ '_figure') }} as {{ prefix }}_value,
    case when {{ prefix }}_figure is not null then length(coalesce({{ extract_group(prefix ~ '_figure', '[.]([0-9]+)') }}, '')) end as {{ prefix }}_decimals,
    coalesce(instr({{ prefix }}_main, '%') > 0, false) as {{ prefix }}_has_percent,
    case
      when {{ prefix }}_bracket_form in ('unclosed', 'unopened') then 'unreadable'
      when {{ prefix }}_bracket_form <> 'closed' then 'none'
      when {{ matches(prefix ~ '_inside', count_pattern()) }} then 'count'
      when {{ matches(prefix ~ '_inside', number_pattern() ~ ' ?%') }} then 'percent'
      when {{ matches(prefix ~ '_inside', withheld_pattern() ~ '|[{](?:x|u|low)[}]|~|[*]+') }} then 'withheld'
      else 'unreadable'
    end as {{ prefix }}_bracket,
    case
      when {{ prefix }}_bracket_form = 'closed' and {{ matches(prefix ~ '_inside', count_pattern()) }}
        then try_cast(replace({{ prefix }}_inside, ',', '') as bigint)
    end as {{ prefix }}_bracket_count
    {%- endfor %}
  from figures_texts
)
{%- endmacro %}
