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
    <prefix>_reading        blank, read, repaired or unread
    <prefix>_repair         overlap or stray_bracket, where repaired
    <prefix>_value          the number as printed (94.6 for 94.6%)
    <prefix>_decimals       printed decimals
    <prefix>_has_percent    whether % stands beside the number (outside a bracket), also where it is unread
    <prefix>_bracket        none, count, percent or unreadable: what the bracket after the number holds
    <prefix>_bracket_count  the number in the bracket, where it is a count
#}
{% macro read_figures(relation, cells) %}
{%- set longest_overlap = 6 -%}
figures_cleaned as (
  select
    *
    {%- for prefix, column in cells.items() %},
    {{ extract_group("replace(" ~ clean_text(column) ~ ", ' | (', ' (')", '^(.*[^* ])[ *]*$') }} as {{ prefix }}_printed
    {%- endfor %}
  from {{ relation }}
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
  from figures_cleaned
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

figures_pieces as (
  select
    *
    {%- for prefix in cells %},
    split_part({{ prefix }}_main, ' | ', 1) as {{ prefix }}_head,
    case when instr({{ prefix }}_main, ' | ') > 0 then substr({{ prefix }}_main, instr({{ prefix }}_main, ' | ') + 3) end as {{ prefix }}_tail
    {%- endfor %}
  from figures_split
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
      when {{ prefix }}_figure is null then 'unread'
      when {{ prefix }}_tail is not null or {{ prefix }}_bracket_form = 'stray' then 'repaired'
      else 'read'
    end as {{ prefix }}_reading,
    case
      when {{ prefix }}_figure is null then null
      when {{ prefix }}_tail is not null then 'overlap'
      when {{ prefix }}_bracket_form = 'stray' then 'stray_bracket'
    end as {{ prefix }}_repair,
    {{ to_number(prefix ~ '_figure') }} as {{ prefix }}_value,
    case when {{ prefix }}_figure is not null then length(coalesce({{ extract_group(prefix ~ '_figure', '[.]([0-9]+)') }}, '')) end as {{ prefix }}_decimals,
    coalesce(instr({{ prefix }}_main, '%') > 0, false) as {{ prefix }}_has_percent,
    case
      when {{ prefix }}_bracket_form in ('unclosed', 'unopened') then 'unreadable'
      when {{ prefix }}_bracket_form <> 'closed' then 'none'
      when {{ matches(prefix ~ '_inside', count_pattern()) }} then 'count'
      when {{ matches(prefix ~ '_inside', number_pattern() ~ ' ?%') }} then 'percent'
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
