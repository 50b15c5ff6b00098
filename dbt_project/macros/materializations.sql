{#
  dbt-duckdb's own table and view are made beside the old one under another name, renamed, and documented by questions and
  answers: five statements and as many calls of macros for each of a hundred models, a third of a build. DuckDB changes a
  schema within a transaction: dropping the old, making the new and documenting it are one statement here, and either all
  of it happened or nothing.
#}
{% materialization table, adapter='duckdb' %}
  {{ return(made_in_one_statement('table')) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
  {{ return(made_in_one_statement('view')) }}
{% endmaterialization %}

{% macro made_in_one_statement(type) %}
  {%- set relation = this.incorporate(type=type) -%}
  {%- set existing = load_cached_relation(this) -%}
  {{ run_hooks(pre_hooks) }}
  {% call statement('main') -%}
    {% if existing %}drop {{ existing.type }} if exists {{ existing }};{% endif %}
    {% if type == 'view' %}{{ create_view_as(relation, sql) }}{% else %}{{ create_table_as(False, relation, sql) }}{% endif %}
    ;
    {{ documentation_of(relation) }}
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {% do adapter.commit() %}
  {{ return({'relations': [relation]}) }}
{% endmacro %}

{# Comments on the relation and on each column that the YAML describes; the contract sees to it that they exist. #}
{% macro documentation_of(relation) %}
  {%- if config.persist_relation_docs() and model.description %}
    comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
  {%- endif %}
  {%- if config.persist_column_docs() %}
    {%- for column in model.columns.values() if column.description %}
    comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
    {%- endfor %}
  {%- endif %}
{% endmacro %}
