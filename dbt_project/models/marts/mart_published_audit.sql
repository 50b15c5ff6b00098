{#- One model a check, whether it compares with another document's lines. -#}
{%- set checks = {'int_audit__quartile': false, 'int_audit__benchmark': false} -%}
with audited as (
  {%- for check, compares_documents in checks.items() %}
  select
    audit_key,
    check_code,
    edition_key,
    row_number,
    indicator_key,
    claim_text,
    expected_text,
    method,
    verdict,
    severity,
    evidence,
    source_file,
    source_line_from,
    source_line_to,
    {% if compares_documents -%}
    other_source_file,
    other_line_from,
    other_line_to
    {%- else -%}
    cast(null as {{ dbt.type_string() }}) as other_source_file,
    cast(null as int) as other_line_from,
    cast(null as int) as other_line_to
    {%- endif %}
  from {{ ref(check) }}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
)

select * from audited
order by edition_key, row_number, check_code, audit_key
