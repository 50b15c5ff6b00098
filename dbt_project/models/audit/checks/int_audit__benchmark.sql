with claims as (
  select
    dashboard.edition_key,
    dashboard.row_number,
    dashboard.indicator_key,
    dashboard.benchmark_text,
    dashboard.benchmark_value,
    dashboard.comparator,
    dashboard.source_file,
    dashboard.source_line_from,
    dashboard.source_line_to,
    placed.area_code,
    placed.national_measure,
    placed.comparability,
    placed.comparability_note,
    placed.edition_published_on,
    placed.then_period_key,
    placed.then_published_on,
    placed.then_certainty,
    placed.then_n,
    coalesce({{ is_whole_measure('placed.then_p25', 'placed.then_p50', 'placed.then_p75') }}, false) as is_whole,
    -- Whose average the edition says it is.
    case
      when lower(dashboard.comparator) like '%neighbour%' then 'neighbours'
      when lower(dashboard.comparator) like '%national%' or lower(dashboard.comparator) like '%england%' then 'england'
      when lower(dashboard.comparator) like '%midlands%' or lower(dashboard.comparator) like '%region%' then 'region'
      when lower(dashboard.comparator) like '%count%' then 'type'
    end as named_kind
  from {{ ref('mart_dashboard') }} as dashboard
  inner join {{ ref('int_assessments_benchmarked') }} as placed
    on placed.edition_key = dashboard.edition_key and placed.row_number = dashboard.row_number
  where dashboard.benchmark_value is not null
),

candidates as (
  select
    claims.edition_key,
    claims.row_number,
    claims.named_kind,
    comparators.comparator_key,
    comparators.comparator_kind,
    comparators.statistic,
    comparators.value,
    -- A list of neighbours drawn up later cannot be what was meant.
    {{ is_same_as_printed('comparators.value', 'claims.benchmark_value', 'claims.benchmark_text') }}
      and coalesce(try_cast(comparators.list_version as int), 0) <= year(claims.edition_published_on) as is_same,
    -- Published in whole numbers, such a figure does not tell whether it is what is printed with decimals.
    claims.is_whole and comparators.statistic = 'published' and abs(comparators.value - claims.benchmark_value) <= 0.5 as may_be_same,
    row_number() over (
      partition by claims.edition_key, claims.row_number
      order by
        case when coalesce(try_cast(comparators.list_version as int), 0) > year(claims.edition_published_on) then 1 else 0 end,
        abs(comparators.value - claims.benchmark_value),
        comparators.comparator_key,
        comparators.statistic
    ) as nearness,
    case comparators.statistic
      when 'published' then 'the published figure of ' || comparators.comparator_name
      when 'mean' then 'the mean of '
      else 'the median of '
    end
    || case
      when comparators.statistic = 'published' then ''
      when comparators.comparator_kind in ('england', 'type', 'neighbours') then lower(left(comparators.comparator_name, 1)) || substr(comparators.comparator_name, 2)
      else comparators.comparator_name
    end
    || ', ' || {{ number_words('comparators.value') }} as words
  from claims
  inner join {{ ref('int_benchmark_comparators') }} as comparators
    on comparators.measure_key = claims.national_measure
    and comparators.period_key = claims.then_period_key
    and coalesce(comparators.area_code, claims.area_code) = claims.area_code
),

compared as (
  select
    edition_key,
    row_number,
    max(case when nearness = 1 then words end) as nearest_words,
    max(case when comparator_key = 'england' and statistic = 'published' then value end) as england,
    count(*) as compared_count,
    max(case when is_same and comparator_kind = named_kind and statistic <> 'median' then 1 else 0 end) as named_mean_is_same,
    max(case when is_same and comparator_kind = named_kind and statistic = 'median' then 1 else 0 end) as named_median_is_same,
    {{ joined_text("case when is_same then words end", '; ', 'nearness') }} as same_words,
    {{ joined_text("case when may_be_same and comparator_kind = named_kind then words end", '; ', 'nearness') }} as named_close_words,
    {{ joined_text("case when comparator_kind = named_kind then words end", '; ', 'nearness') }} as named_words
  from candidates
  group by edition_key, row_number
),

-- What it is headed may be right of an older year that was not replaced.
older_years as (
  select
    claims.edition_key,
    claims.row_number,
    comparators.period_key as older_period_key
  from claims
  inner join {{ ref('int_benchmark_comparators') }} as comparators
    on comparators.measure_key = claims.national_measure
    and comparators.period_key < claims.then_period_key
    and comparators.comparator_kind = claims.named_kind
    and comparators.statistic <> 'median'
    and coalesce(comparators.area_code, claims.area_code) = claims.area_code
    and coalesce(try_cast(comparators.list_version as int), 0) <= year(claims.edition_published_on)
  where {{ is_same_as_printed('comparators.value', 'claims.benchmark_value', 'claims.benchmark_text') }}
  qualify row_number() over (
    partition by claims.edition_key, claims.row_number order by comparators.period_key desc, comparators.comparator_key
  ) = 1
),

judged as (
  select
    claims.*,
    older_years.older_period_key,
    compared.same_words,
    compared.compared_count,
    compared.named_close_words,
    compared.named_words,
    compared.nearest_words,
    compared.england,
    case
      when claims.national_measure is null then 'no measure'
      when claims.then_period_key is null then 'no release'
      when claims.then_n is null then 'release not at hand'
      when compared.named_mean_is_same = 1 then 'as named'
      when compared.named_median_is_same = 1 then 'median'
      when compared.same_words is not null and claims.named_kind is null then 'found'
      when compared.same_words is not null then 'another'
      when compared.named_close_words is not null then 'too coarse'
      when claims.named_kind = 'england' then 'not national'
      when claims.named_kind = 'neighbours' then 'other neighbours'
      else 'nothing'
    end as finding
  from claims
  left join compared on compared.edition_key = claims.edition_key and compared.row_number = claims.row_number
  left join older_years on older_years.edition_key = claims.edition_key and older_years.row_number = claims.row_number
),

worded as (
  select
    *,
    case
      when finding in ('as named', 'found') then 'agrees'
      when finding = 'median' then 'depends_on_method'
      when finding in ('another', 'not national') then 'disagrees'
      else 'cannot_tell'
    end as verdict,
    {{ year_words('then_period_key') }} as then_words,
    {{ published_words('then_published_on', 'then_certainty') }} as then_day,
    coalesce('The column is headed "' || comparator || '"', 'The edition does not say whose average it is') as heading_words
  from judged
)

select
  'printed_benchmark:' || edition_key || ':' || row_number as audit_key,
  'printed_benchmark' as check_code,
  edition_key,
  row_number,
  indicator_key,
  'average ' || benchmark_text || coalesce(' (' || comparator || ')', '') as claim_text,
  case
    when verdict = 'agrees' then same_words
    when verdict in ('disagrees', 'depends_on_method') then named_words
  end as expected_text,
  case when verdict <> 'cannot_tell' then 'the same when rounded as printed' end as method,
  verdict,
  case verdict when 'disagrees' then 'warning' else 'info' end as severity,
  case
    when comparability = 'other_population' then 'The nearest national measure is of another population and is not used. ' || comparability_note
    when comparability = 'other_unit' then 'The figure is printed in another unit than the national measure, so its benchmark is not compared.'
    when finding = 'no measure' then 'No national measure at hand has the same meaning as this row.'
    when finding = 'no release' then 'No national figures are known to have been published by ' || {{ date_words('edition_published_on') }} || '.'
    when finding = 'release not at hand'
      then 'The figures for ' || then_words || ', published ' || then_day || ', were the newest of that time; they are not among the national figures at hand.'
    when finding = 'median'
      then heading_words || '; for ' || then_words || ' ' || benchmark_text || ' is that only as a median, not as a mean. Of the ' || compared_count || ' figures compared it is the same as ' || same_words || '.'
    when finding in ('as named', 'found')
      then heading_words || '; for ' || then_words || ' ' || benchmark_text || ' is, of the ' || compared_count || ' figures compared, the same as ' || same_words || '.'
    when finding = 'another'
      then heading_words || ', but for ' || then_words || ' ' || benchmark_text || ' is ' || same_words || coalesce('; England''s figure was ' || {{ number_words('england') }}, '') || '.'
    when finding = 'too coarse'
      then heading_words || '; for ' || then_words || ' there is ' || named_close_words || ', published in whole numbers: ' || benchmark_text || ' may be the same before rounding.'
    when finding = 'not national'
      then heading_words || ', but ' || benchmark_text || ' is not what the newest figures of that time give (' || then_words || ', published ' || then_day || '): '
        || coalesce(named_words, 'no national figure') || '. No other group at hand gives it; the nearest is ' || nearest_words || '.'
        || coalesce(' It would be right of ' || {{ year_words('older_period_key') }} || ', an older year.', '')
    when finding = 'other neighbours'
      then heading_words || '; the list of neighbours in force then is not at hand. By later lists, for ' || then_words || ', there is ' || coalesce(named_words, 'none') || '.'
    else heading_words || ', and no group at hand gives ' || benchmark_text || ' for ' || then_words || coalesce('; the nearest is ' || nearest_words, '') || '.'
  end as evidence,
  source_file,
  source_line_from,
  source_line_to
from worded
