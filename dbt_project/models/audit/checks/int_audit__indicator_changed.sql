-- Only what was comparable and no longer is; names that changed and rows that vanished stand in the lineage itself.
with changes as (
  select
    lineage.*,
    related.source_file as other_source_file,
    related.source_line_from as other_line_from,
    related.source_line_to as other_line_to,
    lineage.printed_label as claim_text,
    lineage.previous_label as expected_text,
    'indicator_lineage' as method,
    'differs_in_basis' as verdict,
    lineage.indicator_name || ' takes the place of what ' || lineage.previous_edition_key || ' printed as ''' || trim(lineage.previous_label) || '''; '
    || case lineage.status
      when 'basis_changed' then 'it covers another stretch of time'
      when 'population_changed' then 'it is about another group'
      else 'it is its successor'
    end || ', so the two figures are not to be compared.' as evidence
  from {{ ref('mart_indicator_lineage') }} as lineage
  left join {{ ref('mart_indicator_lineage') }} as related
    on related.edition_key = lineage.previous_edition_key
    and related.indicator_key = lineage.related_indicator_key
  where lineage.status in ('basis_changed', 'population_changed', 'successor')
)

select
  {{ audit_row('indicator_changed') }}
from changes
