-- Tallies of a covering report, recounted from its dashboard as printed. Which rows a tally counts is told by its words
-- and, where they allow several readings, by its total; a difference is one only when no reading gives the number.
{% set readings = {
  'movement': ['with a figure', 'with a printed direction', 'judged better, similar or worse', 'of all'],
  'standing': ['with a printed quartile', 'with a figure and a quartile', 'with a printed benchmark'],
  'other': ['of all', 'with a figure'],
} %}
with tallies as (
  select
    claims.*,
    cast(claims.value as int) as claimed,
    max(case when tally_category = 'quartile' then 1 else 0 end) over (partition by edition_key, tally_group) = 1 as has_quartiles,
    max(case when tally_category in ('better', 'similar', 'worse', 'no_polarity') then 1 else 0 end)
    over (partition by edition_key, tally_group) = 1 as has_directions,
    max(case when tally_category = 'total' then lower(words) end) over (partition by edition_key, tally_group) as total_words,
    case
      when tally_category = 'quartile' then 'quartile ' || {{ as_text('quartile') }}
      else tally_category
    end as category
  from {{ ref('fct_claim') }} as claims
  where claim_kind = 'tally' and value is not null
),

grouped as (
  select
    *,
    case
      when tally_category = 'quartile' then 'standing'
      when tally_category in ('better', 'similar', 'worse', 'no_polarity') then 'movement'
      when tally_category <> 'total' then 'other'
      when has_quartiles or instr(lower(words), 'benchmark') > 0 and not has_directions then 'standing'
      when has_directions or instr(lower(words), 'measure') > 0 then 'movement'
      else 'other'
    end as counts_of,
    -- Words that leave one reading only.
    instr(coalesce(total_words, ''), 'reported') > 0 or instr(coalesce(total_words, ''), 'quartile') > 0
    or instr(coalesce(total_words, ''), 'benchmark') > 0 as words_decide
  from tallies
),

printed as (
  select
    gathered.*,
    assessments.benchmark_value
  from {{ ref('int_audit_rows_gathered') }} as gathered
  inner join {{ ref('fct_assessment') }} as assessments
    on assessments.edition_key = gathered.edition_key and assessments.row_number = gathered.row_number
),

-- One row per row of the dashboard and reading that takes it in, with the class it is counted in.
counted_rows as (
  {%- for kind, names in readings.items() %}
  {%- for name in names %}
  select
    edition_key,
    row_number,
    '{{ kind }}' as counts_of,
    {{ loop.index }} as reading_order,
    'measures {{ name }}' as reading,
    {%- if kind == 'movement' %}
    case
      when judgement <> 'none' then judgement
      when comparison_text is not null and comparison_reading <> 'read' then 'unclear'
      when direction <> 'none' then 'no_polarity'
      else 'none'
    end as class,
    {%- elif kind == 'standing' %}
    case
      when quartile is not null then 'quartile ' || {{ as_text('quartile') }}
      else 'none'
    end as class,
    {%- else %}
    case when value is null then 'no_data' else coalesce(rag, 'none') end as class,
    {%- endif %}
    source_file,
    source_line_from,
    source_line_to
  from printed
  where {% if name == 'with a figure' %}value is not null
  {%- elif name == 'with a printed direction' %}direction <> 'none' or judgement <> 'none' or (comparison_text is not null and comparison_reading <> 'read')
  {%- elif name == 'judged better, similar or worse' %}judgement <> 'none' or (comparison_text is not null and comparison_reading <> 'read')
  {%- elif name == 'with a printed quartile' %}quartile is not null
  {%- elif name == 'with a figure and a quartile' %}quartile is not null and value is not null
  {%- elif name == 'with a printed benchmark' %}benchmark_value is not null
  {%- else %}true{% endif %}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
),

reading_sizes as (
  select edition_key, counts_of, reading_order, reading, count(*) as size
  from counted_rows
  group by edition_key, counts_of, reading_order, reading
),

-- Each tally under each reading.
counted as (
  select
    grouped.edition_key,
    grouped.paragraph,
    grouped.claim_number,
    grouped.tally_group,
    grouped.claimed,
    grouped.category,
    rows_of.reading_order,
    rows_of.reading,
    count(*) as size,
    sum(case
      when grouped.category = 'total' then 1
      when rows_of.class = grouped.category then 1
      when rows_of.class = 'none' and grouped.category = 'no_polarity' and rows_of.reading = 'measures with a figure' then 1
      else 0
    end) as counted,
    sum(case when rows_of.class = 'unclear' and grouped.category <> 'total' then 1 else 0 end) as unclear,
    {{ joined_text("case when rows_of.class = grouped.category then " ~ as_text('rows_of.row_number') ~ " end", ', ', 'rows_of.row_number') }} as row_list,
    min(rows_of.source_file) as other_source_file,
    min(rows_of.source_line_from) as other_line_from,
    max(rows_of.source_line_to) as other_line_to
  from grouped
  inner join counted_rows as rows_of on rows_of.edition_key = grouped.edition_key and rows_of.counts_of = grouped.counts_of
  group by
    grouped.edition_key, grouped.paragraph, grouped.claim_number, grouped.tally_group, grouped.claimed, grouped.category,
    rows_of.reading_order, rows_of.reading
),

-- The reading whose number of rows is the printed total; without one the first that the words allow.
chosen as (
  select
    grouped.*,
    counted.reading,
    counted.reading_order,
    counted.size,
    counted.counted,
    counted.unclear,
    counted.row_list,
    counted.other_source_file,
    counted.other_line_from,
    counted.other_line_to,
    coalesce(counted.size = grouped.tally_total, false) as total_fits
  from grouped
  left join counted
    on counted.edition_key = grouped.edition_key and counted.paragraph = grouped.paragraph and counted.claim_number = grouped.claim_number
  qualify row_number() over (
    partition by grouped.edition_key, grouped.paragraph, grouped.claim_number
    order by case when counted.size = grouped.tally_total then 0 else 1 end, counted.reading_order
  ) = 1
),

all_readings as (
  select
    edition_key,
    paragraph,
    claim_number,
    min(counted) as fewest,
    max(counted) as most,
    max(case when counted = claimed then 1 else 0 end) = 1 as some_reading_fits,
    {{ joined_text(as_text('counted') ~ " || ' of the ' || " ~ as_text('size') ~ " || ' ' || reading", ', ', 'reading_order') }} as all_counts
  from counted
  group by edition_key, paragraph, claim_number
),

-- By how much each class of a sum is off, under the chosen reading.
offsets as (
  select
    edition_key,
    tally_group,
    counts_of,
    category,
    min(reading_order) as reading_order,
    min(claimed - counted) as off
  from chosen
  where tally_group is not null and category <> 'total'
  group by edition_key, tally_group, counts_of, category
),

sums as (
  select
    edition_key,
    tally_group,
    sum(abs(off)) as off_by,
    sum(off) as net,
    max(case when off = 1 then category end) as missing_category,
    max(case when off = -1 then category end) as surplus_category,
    counts_of,
    min(reading_order) as reading_order,
    {{ joined_text("case when off <> 0 then category || ': ' || case when off > 0 then " ~ as_text('off') ~ " || ' too few' else " ~ as_text('-off')
      ~ " || ' too many' end end", ', ', 'category') }} as off_words
  from offsets
  group by edition_key, tally_group, counts_of
),

-- A sum that one row counted in another class would make right: all rows it can be. Which of them the report itself
-- words that way is said; none is chosen.
reworded as (
  select
    edition_key,
    row_number,
    max(case when verdict <> 'agrees' and judgement <> 'none' then judgement end) as claimed_judgement,
    max(case when check_code = 'claim_quartile' and verdict <> 'agrees' then claim_text end) as claimed_quartile
  from (
    select claims.edition_key, findings.row_number, findings.check_code, findings.verdict, findings.claim_text,
      case when findings.check_code = 'claim_direction' then claims.judgement else 'none' end as judgement
    from {{ ref('int_audit__claim') }} as findings
    inner join {{ ref('fct_claim') }} as claims
      on claims.edition_key = findings.edition_key and claims.paragraph = findings.paragraph
      and claims.indicator_key = findings.indicator_key
  ) as told
  where row_number is not null
  group by edition_key, row_number
),

corrections as (
  select
    sums.edition_key,
    sums.tally_group,
    sums.counts_of,
    {{ joined_text(as_text('rows_of.row_number'), ', ', 'rows_of.row_number') }} as rows_that_fit,
    {{ joined_text("case when sums.missing_category in (reworded.claimed_judgement, reworded.claimed_quartile) then "
      ~ as_text('rows_of.row_number') ~ " end", ', ', 'rows_of.row_number') }} as rows_that_the_report_words_so
  from sums
  inner join counted_rows as rows_of
    on rows_of.edition_key = sums.edition_key and rows_of.counts_of = sums.counts_of and rows_of.reading_order = sums.reading_order
    and rows_of.class = sums.surplus_category
  left join reworded on reworded.edition_key = rows_of.edition_key and reworded.row_number = rows_of.row_number
  where sums.off_by = 2 and sums.net = 0
  group by sums.edition_key, sums.tally_group, sums.counts_of
),

-- Rows that the report puts in another quartile than the dashboard, where a sum of quartiles is off by more than one row.
placed_otherwise as (
  select
    edition_key,
    {{ joined_text("'row ' || " ~ as_text('row_number') ~ " || ' as ' || claimed_quartile", ', ', 'row_number') }} as placed_words
  from reworded
  where instr(claimed_quartile, 'quartile ') = 1
  group by edition_key
),

judged as (
  select
    chosen.*,
    placed_otherwise.placed_words,
    all_readings.all_counts,
    sums.off_words,
    sums.missing_category,
    sums.surplus_category,
    corrections.rows_that_fit,
    corrections.rows_that_the_report_words_so,
    case
      when not chosen.has_dashboard or chosen.counted is null then 'cannot_tell'
      when chosen.category in ('on_target', 'off_target') then 'cannot_tell'
      when chosen.counted = chosen.claimed then 'agrees'
      -- A fitting total settles which rows are meant.
      when not chosen.total_fits and all_readings.some_reading_fits then
        case when chosen.category = 'total' or chosen.tally_total is null then 'agrees' else 'cannot_tell' end
      when chosen.category = 'total' and not chosen.words_decide then 'cannot_tell'
      -- Rows whose arrow or quartile was lost from the text may be among those counted.
      when chosen.unclear > 0 and chosen.claimed between chosen.counted and chosen.counted + chosen.unclear then 'cannot_tell'
      else 'disagrees'
    end as verdict
  from chosen
  left join all_readings
    on all_readings.edition_key = chosen.edition_key and all_readings.paragraph = chosen.paragraph
    and all_readings.claim_number = chosen.claim_number
  left join sums on sums.edition_key = chosen.edition_key and sums.tally_group = chosen.tally_group and sums.counts_of = chosen.counts_of
  left join corrections on corrections.edition_key = chosen.edition_key and corrections.tally_group = chosen.tally_group
    and corrections.counts_of = chosen.counts_of
  left join placed_otherwise on placed_otherwise.edition_key = chosen.edition_key and chosen.counts_of = 'standing'
),

worded as (
  select
    *,
    case claimed when 1 then 'measure' else 'measures' end
    || case category
      when 'total' then ''
      when 'no_polarity' then ' without polarity'
      when 'no_data' then ' without data'
      else ' counted as ' || replace(category, '_', ' ')
    end as counted_words
  from judged
)

select
  'tally|' || edition_key || '||' || {{ as_text('paragraph') }} || '.' || {{ as_text('claim_number') }} as audit_key,
  'tally' as check_code,
  edition_key,
  cast(null as int) as row_number,
  paragraph,
  cast(null as {{ dbt.type_string() }}) as indicator_key,
  {{ as_text('claimed') }} as claim_text,
  case when verdict <> 'cannot_tell' then {{ as_text('counted') }} end as expected_text,
  case when has_dashboard and counted is not null then reading else 'no_dashboard' end as method,
  verdict,
  'Paragraph ' || {{ as_text('paragraph') }} || ' of the report tells of ' || {{ as_text('claimed') }} || ' ' || counted_words
  || case
    when not has_dashboard or counted is null then '; the dashboard of ' || edition_key || ' is not loaded, so they cannot be recounted.'
    when category in ('on_target', 'off_target') then '; the dashboard has no word for that, so they cannot be recounted.'
    when verdict = 'cannot_tell' and unclear > 0 then
      '; the dashboard prints ' || {{ as_text('counted') }} || ' and ' || {{ as_text('unclear') }} || ' more that cannot be read.'
    when verdict = 'cannot_tell' then '; which rows are meant cannot be told, and the dashboard prints ' || all_counts || '.'
    when verdict = 'agrees' and counted <> claimed then '; one reading of the dashboard gives that: ' || all_counts || '.'
    when verdict = 'agrees' then ', and the dashboard prints as many'
      || case when category = 'total' then ' (' || reading || ').' else ', of ' || {{ as_text('size') }} || ' ' || reading || '.' end
    else ', and the dashboard prints ' || {{ as_text('counted') }}
      || coalesce(' (row' || case when counted = 1 then ' ' else 's ' end || nullif(row_list, '') || ')', '')
      || case when category = 'total' then ' (' || reading || ')' else ', of ' || {{ as_text('size') }} || ' ' || reading end
      || case
        when category = 'total' then '.'
        when rows_that_fit is not null then
          '; the sum would fit if one of the rows ' || rows_that_fit || ' counted as ' || replace(missing_category, '_', ' ')
          || ' instead of ' || replace(surplus_category, '_', ' ')
          || coalesce(' (so worded by the report: ' || nullif(rows_that_the_report_words_so, '') || ')', '') || '.'
        when off_words is not null then '; no single row counted otherwise makes the sum fit (against the report the dashboard has '
          || off_words || ')'
          || coalesce('; the report itself counts ' || placed_words, '')
          || case counted - claimed
            when 1 then '; this number alone would fit without one of its rows.'
            when -1 then '; this number alone would fit with one row more.'
            else '.'
          end
        else '.'
      end
  end as evidence,
  source_file,
  source_line_from,
  source_line_to,
  other_source_file,
  other_line_from,
  other_line_to
from worded
