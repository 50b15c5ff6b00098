{#
  The database file is published as a whole: after a successful build it holds the marts only.
  Anything but a whole successful build keeps the working tables, so that a failure can be looked into.
#}
{% macro drop_working_schemas(results) %}
  {% if not execute or flags.WHICH != 'build' or var('keep_working_tables') %}{{ return('') }}{% endif %}
  {% for result in results if result.status in ('error', 'fail', 'skipped', 'runtime error') %}{{ return('') }}{% endfor %}
  {% for schema in ('staging', 'intermediate', 'seeds') %}
    {% do adapter.drop_schema(api.Relation.create(database=target.database, schema=schema)) %}
  {% endfor %}
{% endmacro %}
