{#
  One test a table instead of one a column: it runs once, and what it returns are the offending values.
  key: columns that together are unique and never null; required: columns that are never null; accepted: column to
  allowed values; parents: column to [relation, column of it].
#}
{% test valid_table(model, key=[], required=[], accepted={}, parents={}) %}
{%- set shown = [] -%}
{%- for column in key %}{% do shown.append("coalesce(" ~ as_text(column) ~ ", 'null')") %}{% endfor -%}
{%- set row_shown = shown | join(" || ', ' || ") if shown else "''" -%}
with findings as (
  {%- if key %}
  select
    'not unique' as finding,
    '{{ key | join(", ") }}' as column_name,
    {{ row_shown }} as row_key,
    {{ as_text('count(*)') }} as offending_value
  from {{ model }}
  group by {{ key | join(', ') }}
  having count(*) > 1
  {%- endif %}
  {%- for column in key + required %}
  {{ 'union all' if key or not loop.first }}
  select 'null', '{{ column }}', {{ row_shown }}, null
  from {{ model }}
  where {{ column }} is null
  {%- endfor %}
  {%- for column, allowed in accepted.items() %}
  union all
  select 'not accepted', '{{ column }}', {{ row_shown }}, {{ as_text(column) }}
  from {{ model }}
  where {{ as_text(column) }} not in ({% for item in allowed %}'{{ item }}'{{ ', ' if not loop.last }}{% endfor %})
  {%- endfor %}
  {%- for column, (parent, parent_column) in parents.items() %}
  union all
  select 'no parent', '{{ column }}', {{ row_shown }}, {{ as_text(column) }}
  from {{ model }}
  where {{ column }} is not null
    and {{ column }} not in (select {{ parent_column }} from {{ parent }} where {{ parent_column }} is not null)
  {%- endfor %}
)

select * from findings
{% endtest %}
