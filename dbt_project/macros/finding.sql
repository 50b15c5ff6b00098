{# One kind of finding among the rows of a relation: what it is called, where it is seen and what a person is told. #}
{% macro finding(relation, code, severity, column, printed, condition, message) -%}
select
  edition_key,
  row_number,
  source_file,
  line_from,
  line_to,
  '{{ code }}' as issue_code,
  '{{ severity }}' as severity,
  {{ column }} as column_name,
  {{ printed }} as printed_text,
  {{ message }} as message
from {{ relation }}
where {{ condition }}
{%- endmacro %}
