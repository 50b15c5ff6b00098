{#
  One test a table instead of one a column: it runs once, and what it returns are the offending values.
  key: columns that together are unique and never null; required: columns that are never null; accepted: column to
  allowed values; parents: column to [relation, column of it]. Values are looked at in one pass, because every scan of a
  view computes it anew.
#}
{% test valid_table(model, key=[], required=[], accepted={}, parents={}) %}
{%- set shown = [] -%}
{%- for column in key %}{% do shown.append("coalesce(" ~ as_text(column) ~ ", 'null')") %}{% endfor -%}
{%- set row_shown = shown | join(" || ', ' || ") if shown else "''" -%}
{%- set faults = {} -%}
{%- for column in key + required %}{% do faults.update({('null', column): column ~ " is null"}) %}{% endfor -%}
{%- for column, allowed in accepted.items() %}
{%- do faults.update({('not accepted', column): as_text(column) ~ " not in ('" ~ allowed | join("', '") ~ "')"}) -%}
{%- endfor -%}
{%- for column, (parent, parent_column) in parents.items() %}
{%- set known = "(select " ~ parent_column ~ " from " ~ parent ~ " where " ~ parent_column ~ " is not null)" -%}
{%- do faults.update({('no parent', column): "(" ~ column ~ " is not null and " ~ column ~ " not in " ~ known ~ ")"}) -%}
{%- endfor -%}
with suspects as (
  select * from {{ model }}
  {%- if faults %}
  where {{ faults.values() | join("\n    or ") }}
  {%- else %}
  where false
  {%- endif %}
),

findings as (
  select 'none' as finding, '' as column_name, '' as row_key, '' as offending_value where false
  {%- if key %}
  union all
  select 'not unique', '{{ key | join(", ") }}', {{ row_shown }}, {{ as_text('count(*)') }}
  from {{ model }}
  group by {{ key | join(', ') }}
  having count(*) > 1
  {%- endif %}
  {%- for (finding, column), fault in faults.items() %}
  union all
  select '{{ finding }}', '{{ column }}', {{ row_shown }}, {{ as_text(column) }}
  from suspects
  where {{ fault }}
  {%- endfor %}
)

select * from findings
{% endtest %}
