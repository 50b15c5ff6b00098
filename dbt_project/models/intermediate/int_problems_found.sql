{%- set value_column = "case role when 'latest' then 'value_text' else 'previous_value_text' end" -%}
{%- set period_column = "case role when 'latest' then 'period_text' else 'previous_period_text' end" -%}
{%- set cells = {
  'rag': ('colour', 'green, amber or red'), 'quartile': ('quartile', '1 to 4'), 'benchmark': ('benchmark', 'a number'), 'target': ('target', 'a number, a limit or words')
} -%}
{#- A number that was marked as cut has its own problem, which says why. -#}
{%- set marked_as_cut -%} coalesce(right(%s, 1) = '…', false) {%- endset -%}
with figures as (
  select
    dated.*,
    indicators.frequency as indicator_frequency,
    row_number() over (
      partition by dated.edition_key, dated.role, dated.indicator_key, dated.period_key
      order by dated.row_number
    ) as place_among_alike,
    -- Said by the reading already: the year of the edition was assumed, or a part of the year is lost.
    {%- for name, code in [('year_is_missing', 'year_missing'), ('part_is_missing', 'part_of_year_missing')] %}
    exists (
      select 1
      from {{ ref('stg_raw__problems') }} as said
      where said.in_force and said.issue_code = '{{ code }}'
        and said.edition_key = dated.edition_key and said.row_number = dated.row_number
        and said.column_name = case dated.role when 'latest' then 'period_text' else 'previous_period_text' end
    ) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
  from {{ ref('int_figures_dated') }} as dated
  left join {{ ref('indicators') }} as indicators on indicators.indicator_key = dated.indicator_key
),

assessments as (
  select * from {{ ref('int_assessments_judged') }}
),

-- Where the reading doubts a figure already, that is said once.
comparisons as (
  select *
  from {{ ref('int_figures_compared') }} as compared
  where not exists (
    select 1
    from {{ ref('stg_raw__problems') }} as said
    where said.in_force and said.severity <> 'info'
      and said.edition_key = compared.edition_key and said.row_number = compared.row_number
      and said.column_name = case compared.role when 'latest' then 'value_text' else 'previous_value_text' end
  )
),

editions as (
  select edition_key, area_code, period_end, max(period_end) over (partition by area_code) as newest_period_end
  from {{ ref('stg_raw__received_files') }}
  where in_force and document = 'dashboard'
),

last_printed as (
  select editions.area_code, editions.edition_key, editions.period_end, mapped.indicator_key, mapped.label_text
  from {{ ref('int_labels_mapped') }} as mapped
  inner join editions on editions.edition_key = mapped.edition_key
  where mapped.indicator_key is not null
  qualify row_number() over (
    partition by editions.area_code, mapped.indicator_key order by editions.period_end desc, mapped.row_number
  ) = 1
),

-- An unknown label in a council's newest edition, most like an indicator that stands there no more: it may be renamed.
labels as (
  select
    mapped.*,
    printed_rows.source_file,
    printed_rows.line_from,
    printed_rows.line_to,
    suggestions.suggested_indicator_key,
    former.label_text as former_label,
    former.edition_key as former_edition_key
  from {{ ref('int_labels_mapped') }} as mapped
  inner join {{ ref('stg_raw__rows') }} as printed_rows
    on printed_rows.edition_key = mapped.edition_key and printed_rows.row_number = mapped.row_number
  left join {{ ref('stg_raw__label_suggestions') }} as suggestions on suggestions.printed_label = mapped.label_text
  left join editions on editions.edition_key = mapped.edition_key
  left join last_printed as former
    on former.area_code = editions.area_code and former.indicator_key = suggestions.suggested_indicator_key
    and former.period_end < editions.period_end and editions.period_end = editions.newest_period_end
)

{{ finding('figures', 'damaged_figure', 'warning', value_column, 'value_text', "damage = 'unread' and not " ~ (marked_as_cut | replace('%s', 'value_text')),
  "'This figure is damaged and not taken as a number; compare it with the document.'") }}
union all
{{ finding('figures', 'impossible_figure', 'warning', value_column, 'value_text', "damage = 'impossible'",
  "'This figure cannot be true for a ' || unit || ', so it is not taken as a number; compare it with the document.'") }}
union all
{{ finding('figures', 'repaired_figure', 'info', value_column, 'value_text', "value_status = 'repaired'",
  "case repair when 'overlap' then 'The figure is broken over two cells and overlaps there; it is read as '
    when 'footnote_digit' then 'The digit beside the figure is read as the mark of a footnote, so the figure is ' else 'A stray bracket beside the figure is dropped; it is read as ' end || value || '.'") }}
union all
{{ finding('figures', 'footnote_mark', 'info', value_column, 'value_text', 'has_mark and value is not null',
  "'The mark beside this figure points to a footnote and is no part of the figure; look for the note.'") }}
union all
{{ finding('figures', 'damaged_numerator', 'warning', value_column, 'value_text',
  "value is not null and (bracket = 'unreadable' or (bracket = 'percent' and has_percent))",
  "'The bracket after this figure cannot be read, so its number of children is not known; the figure itself is taken.'") }}
union all
{{ finding('figures', 'bracket_unused', 'info', value_column, 'value_text',
  "value is not null and bracket = 'count' and coalesce(unit, '') <> 'percent'",
  "'The number in the bracket stands after no percentage, so it is not taken as a numerator.'") }}
union all
{{ finding('figures', 'unit_mismatch', 'warning', value_column, 'value_text',
  "value is not null and indicator_unit is not null and unit <> indicator_unit",
  "'The unit printed with this figure is ' || unit || ', but that of the indicator is ' || indicator_unit || '; check that the label belongs to this indicator.'") }}
union all
{{ finding('figures', 'figure_without_period', 'warning', value_column, 'value_text',
  "value is not null and period_key is null and period_reading <> 'unread'",
  "'No period is printed for this figure, so it stands in no series; compare it with the document.'") }}
union all
{{ finding('comparisons', 'implausible_figure', 'warning', value_column, 'value_text', 'true',
  "'This figure is taken as printed, but ' || doubts || '; compare it with the document.'") }}
union all
{{ finding('figures', 'unreadable_period', 'warning', period_column, 'period_text', "period_reading = 'unread' and not " ~ (marked_as_cut | replace('%s', 'period_text')),
  "'This text is no known form of a period, so the figure belongs to no period.'") }}
union all
{{ finding('figures', 'period_after_edition', 'warning', period_column, 'period_text', "period_reading = 'after_edition' and not year_is_missing",
  "'The period printed here, ' || period_label || ', is later than the quarter of the edition itself; compare it with the document.'") }}
union all
{{ finding('figures', 'period_unlike_indicator', 'warning', period_column, 'period_text',
  "value is not null and period_type = 'calendar_year' and indicator_frequency in ('quarterly', 'termly', 'month') and not part_is_missing",
  "'A year is printed here, but this indicator is ' || indicator_frequency || ': a quarter, term or month may be lost; compare it with the document.'") }}
union all
{{ finding('figures', 'duplicate_figure', 'warning', value_column, 'value_text',
  "place_among_alike > 1 and indicator_key is not null and period_key is not null",
  "'The edition prints this indicator and period more than once; the first figure that can be read counts as current.'") }}
union all
{{ finding('labels', 'unmapped_label', 'warning', "'label_text'", 'label_text', "indicator_key is null and normalised_label <> ''",
  "'No indicator is known under this label; add the label to seeds/indicator_labels.csv' || coalesce(', perhaps for ' || suggested_indicator_key || coalesce(', which stands in this edition under no label and was last printed in ' || former_edition_key || ' as: ' || former_label, ''), '') || '.'") }}
union all
{{ finding('assessments', 'unknown_comparison', 'warning', "'comparison_text'", 'comparison_text', "comparison_reading = 'unread'",
  "'These words are no known direction or judgement; add them to seeds/comparison_words.csv if they are one.'") }}
union all
{{ finding('assessments', 'polarity_differs', 'info', "'comparison_text'", "comparison_text",
  "printed_polarity <> indicator_polarity and printed_polarity <> 'neutral' and indicator_polarity <> 'neutral'",
  "'This edition states the opposite polarity of the indicator; the edition is followed for its own judgement.'") }}
{%- for name in ['comparison', 'rag', 'quartile', 'benchmark', 'target'] %}
union all
{{ finding('assessments', 'mark_only', 'info', "'" ~ name ~ "_text'", name ~ '_text', name ~ "_reading = 'mark'",
  "'Only a mark stands here, such as an arrow that text extraction lost; nothing is taken from it.'") }}
{%- endfor %}
{%- for name in ['rag', 'quartile', 'benchmark', 'target'] %}
union all
{{ finding('assessments', 'misread_not_applicable', 'info', "'" ~ name ~ "_text'", name ~ '_text', name ~ "_reading = 'misread'",
  "'This is taken as n/a, of which it is a usual misreading.'") }}
{%- endfor %}
{%- for name, (words, expected) in cells.items() %}
union all
{{ finding('assessments', 'unreadable_' ~ words, 'warning', "'" ~ name ~ "_text'", name ~ '_text', name ~ "_reading in ('unread', 'withheld', 'starred') and not " ~ (marked_as_cut | replace('%s', name ~ '_text')),
  "'This is no " ~ words ~ " (" ~ expected ~ "); it is kept as printed and has no value. Compare it with the document.'") }}
{%- endfor %}
{%- for name in ['benchmark', 'target'] %}
union all
{{ finding('assessments', 'impossible_' ~ name, 'warning', "'" ~ name ~ "_text'", name ~ '_text', name ~ "_reading = 'impossible'",
  "'This percentage cannot be true, so it is kept as printed and has no value.'") }}
union all
{{ finding('assessments', 'repaired_' ~ name, 'info', "'" ~ name ~ "_text'", name ~ '_text', name ~ "_reading = 'repaired'",
  "'The characters that are present leave one reading, which is taken.'") }}
{%- endfor %}
