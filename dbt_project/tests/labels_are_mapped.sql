-- Each row here has a label that no indicator is known for; its figures are in the facts without an indicator.
{{ config(severity='warn') }}
select edition_key, row_number, printed_label, suggested_indicator_key, suggestion_score
from {{ ref('bridge_indicator_label') }}
where indicator_key is null
