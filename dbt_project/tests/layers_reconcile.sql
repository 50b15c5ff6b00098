-- No row is lost or doubled between the layers: for each edition in force every layer counts as many as was received.
{% set counts = {
  'raw rows': ("select edition_key, count(*) as found from " ~ source('raw', 'rows') ~ " where source_sha256 in (select source_sha256 from " ~ ref('dim_edition') ~ ") group by edition_key", 'row_count'),
  'bridge_indicator_label': ("select edition_key, count(*) as found from " ~ ref('bridge_indicator_label') ~ " group by edition_key", 'row_count'),
  'fct_assessment': ("select edition_key, count(*) as found from " ~ ref('fct_assessment') ~ " group by edition_key", 'row_count'),
  'latest figures': ("select edition_key, count(*) as found from " ~ ref('fct_observation') ~ " where role = 'latest' group by edition_key", 'row_count'),
  'mart_dashboard': ("select edition_key, count(*) as found from " ~ ref('mart_dashboard') ~ " group by edition_key", 'row_count'),
  'mart_edition_summary': ("select edition_key, sum(row_count) as found from " ~ ref('mart_edition_summary') ~ " where not is_total group by edition_key", 'row_count'),
  'source_line': ("select edition_key, count(*) as found from " ~ ref('source_line') ~ " group by edition_key", 'line_count')
} %}
with counts as (
  {% for layer, (query, expected) in counts.items() %}
  select editions.edition_key, '{{ layer }}' as layer, editions.{{ expected }} as expected, coalesce(counted.found, 0) as found
  from {{ ref('dim_edition') }} as editions
  left join ({{ query }}) as counted on counted.edition_key = editions.edition_key
  {{ 'union all' if not loop.last }}
  {%- endfor %}
)

select * from counts where expected is null or found <> expected
