with claims as (
  select
    dashboard.edition_key,
    dashboard.row_number,
    dashboard.indicator_key,
    coalesce(dashboard.area_name, dashboard.area_code) as area_name,
    dashboard.value_status,
    dashboard.quartile,
    dashboard.source_file,
    dashboard.source_line_from,
    dashboard.source_line_to,
    placed.value,
    placed.polarity,
    placed.national_measure,
    placed.comparability,
    placed.comparability_note,
    placed.edition_published_on,
    placed.then_period_key,
    placed.then_published_on,
    placed.then_certainty,
    placed.then_n,
    placed.then_p25,
    placed.then_p50,
    placed.then_p75,
    placed.then_band,
    placed.then_band_mirrored,
    placed.then_band_exclusive,
    placed.then_area_value,
    placed.then_area_band,
    placed.then_area_band_mirrored,
    placed.then_area_band_ntile,
    placed.then_area_band_exclusive,
    placed.then_points_source
  from {{ ref('mart_dashboard') }} as dashboard
  inner join {{ ref('int_assessments_benchmarked') }} as placed
    on placed.edition_key = dashboard.edition_key and placed.row_number = dashboard.row_number
  where dashboard.quartile is not null
),

-- The nearest other national year that would give what is printed: an older one that was not replaced, else a newer one.
other_years as (
  select
    claims.edition_key,
    claims.row_number,
    points.period_key as other_period_key,
    coalesce(points.period_key < claims.then_period_key, false) as other_is_older
  from claims
  inner join {{ ref('int_benchmark_points') }} as points on points.measure_key = claims.national_measure
  where points.period_key <> coalesce(claims.then_period_key, '')
    and {{ placed_band('claims.value', 'points.p25', 'points.p50', 'points.p75', 'claims.polarity') }} = claims.quartile
  qualify row_number() over (
    partition by claims.edition_key, claims.row_number
    order by
      case when points.period_key < claims.then_period_key then 0 else 1 end,
      case when points.period_key < claims.then_period_key then points.period_key end desc nulls last,
      points.period_key
  ) = 1
),

judged as (
  select
    claims.*,
    other_years.other_period_key,
    other_years.other_is_older,
    case
      when claims.national_measure is null then 'no measure'
      when claims.value is null then 'no figure'
      when claims.then_period_key is null then 'no release'
      when claims.then_n is null then 'release not at hand'
      when claims.then_band is null then 'no polarity'
      when claims.then_band = claims.quartile then 'lait'
      when claims.then_band_mirrored = claims.quartile then 'mirrored'
      when claims.then_band_exclusive = claims.quartile then 'exclusive'
      when claims.then_area_band = claims.quartile then 'own lait'
      when claims.then_area_band_mirrored = claims.quartile then 'own mirrored'
      when claims.then_area_band_ntile = claims.quartile then 'own ntile'
      when claims.then_area_band_exclusive = claims.quartile then 'own exclusive'
      else 'none'
    end as finding
  from claims
  left join other_years
    on other_years.edition_key = claims.edition_key and other_years.row_number = claims.row_number
),

worded as (
  select
    *,
    case
      when finding = 'lait' then 'agrees'
      when finding in ('mirrored', 'exclusive') or left(finding, 4) = 'own ' then 'depends_on_method'
      when finding = 'none' then 'disagrees'
      else 'cannot_tell'
    end as verdict,
    {{ year_words('then_period_key') }} as then_words,
    {{ year_words('other_period_key') }} as other_words,
    {{ number_words('then_area_value') }} as own_value_words,
    {{ published_words('then_published_on', 'then_certainty') }} as then_day
  from judged
),

told as (
  select
    *,
    {{ number_words('value') }} || ' lies in quartile ' || then_band || ' of the ' || then_n || ' authorities with a figure for '
    || then_words || ', published ' || then_day || ' (boundaries ' || {{ number_words('then_p25') }} || ', ' || {{ number_words('then_p50') }}
    || ' and ' || {{ number_words('then_p75') }} || '; ' || case polarity when 'low_is_good' then 'low' else 'high' end || ' is good)' as placed_words,
    case
      when then_area_band is null then 'No national figure of ' || area_name || ' itself is at hand for that year.'
      else area_name || '''s own national figure of that year, ' || own_value_words || ', lies in quartile ' || then_area_band || '.'
    end as own_words,
    case
      when other_period_key is null then ' No national year at hand gives quartile ' || quartile || ' for it.'
      when other_is_older then ' The older figures for ' || other_words || ' would give quartile ' || quartile || '.'
      else ' Only later figures, those for ' || other_words || ', would give quartile ' || quartile || '.'
    end as other_year_words,
    coalesce(' Later ones, for ' || other_words || ', would give the printed quartile ' || quartile || '.', '') as later_words,
    case when comparability = 'in_quarter_against_annual' then ' Not quite like with like: ' || comparability_note else '' end as basis_words
  from worded
)

select
  'printed_quartile:' || edition_key || ':' || row_number as audit_key,
  'printed_quartile' as check_code,
  edition_key,
  row_number,
  indicator_key,
  'quartile ' || quartile as claim_text,
  case when verdict <> 'cannot_tell' then 'quartile ' || then_band end as expected_text,
  case
    when verdict = 'cannot_tell' then null
    when finding in ('lait', 'none') then 'lait'
    when left(finding, 4) = 'own ' then 'own national figure, ' || substr(finding, 5)
    else finding
  end as method,
  verdict,
  case verdict when 'disagrees' then 'warning' else 'info' end as severity,
  case
    when comparability = 'other_population' then 'The nearest national measure is of another population and is not used. ' || comparability_note
    when comparability = 'other_unit' then 'The figure is printed in another unit than the national measure, so it cannot be placed among the authorities.'
    when finding = 'no measure' then 'No national measure at hand has the same meaning as this row.'
    when finding = 'no figure'
      then 'The row prints no readable figure (' || replace(value_status, '_', ' ') || '), so there is nothing to place among the authorities.'
        || coalesce(' ' || area_name || '''s own national figure for ' || then_words || ', ' || own_value_words || ', lies in quartile ' || then_area_band || '.', '')
    when finding = 'no release'
      then 'No national figures are known to have been published by ' || {{ date_words('edition_published_on') }} || '.' || later_words
    when finding = 'release not at hand'
      then 'The figures for ' || then_words || ', published ' || then_day || ', were the newest of that time; they are not among the national figures at hand.' || later_words
    when finding = 'no polarity' then 'For this measure neither high nor low is good, so it has no quartile.'
    when finding = 'lait'
      then placed_words || ', as printed.'
        || case when then_band_mirrored <> then_band then ' It lies exactly on a boundary: counted to the better side it would be quartile ' || then_band_mirrored || '.' else '' end
    when finding = 'mirrored'
      then placed_words || ' by the method of the Department for Education. It lies exactly on a boundary: counted to the better side it is quartile ' || quartile || ', as printed.'
    when finding = 'exclusive'
      then placed_words || ' by the method of the Department for Education. With boundaries that leave out the ends (QUARTILE.EXC) it is quartile ' || quartile || ', as printed.'
    when left(finding, 4) = 'own '
      then placed_words || ', not ' || quartile || '. ' || own_words || ' The printed quartile is that of the yearly figure'
        || case finding when 'own lait' then '' else ' by another method (' || substr(finding, 5) || ')' end
        || ', not of the figure printed beside it.' || basis_words
    else placed_words || ', not ' || quartile || '. ' || own_words || other_year_words || basis_words
      || case then_points_source when 'seed' then ' Of the other methods only one could be tried: the rest need the national files.' else '' end
  end as evidence,
  source_file,
  source_line_from,
  source_line_to
from told
