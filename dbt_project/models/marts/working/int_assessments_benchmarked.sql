with editions as (
  select
    editions.edition_key,
    editions.area_code,
    coalesce(stated.published_on, cast({{ dbt.dateadd('day', var('edition_lag_days'), 'editions.period_end') }} as date)) as edition_published_on,
    case when stated.published_on is not null then 'stated' else 'assumed' end as edition_date_source
  from {{ ref('dim_edition') }} as editions
  left join {{ ref('edition_dates') }} as stated on stated.edition_key = editions.edition_key
),

assessed as (
  select
    assessments.edition_key,
    assessments.row_number,
    assessments.indicator_key,
    editions.area_code,
    editions.edition_published_on,
    editions.edition_date_source,
    latest.value,
    latest.unit,
    indicators.polarity,
    rules.measure_key,
    -- A count of children is never placed among percentages.
    case
      when rules.comparability is null then 'no_national_measure'
      when rules.comparability <> 'other_population' and latest.value is not null and latest.unit <> indicators.unit then 'other_unit'
      else rules.comparability
    end as comparability,
    rules.note as comparability_note
  from {{ ref('fct_assessment') }} as assessments
  inner join editions on editions.edition_key = assessments.edition_key
  inner join {{ ref('fct_observation') }} as latest
    on latest.edition_key = assessments.edition_key and latest.row_number = assessments.row_number and latest.role = 'latest'
  left join {{ ref('dim_indicator') }} as indicators on indicators.indicator_key = assessments.indicator_key
  left join {{ ref('indicator_comparability') }} as rules on rules.indicator_key = assessments.indicator_key
),

guarded as (
  select
    *,
    case when comparability in ('comparable', 'in_quarter_against_annual') then measure_key end as national_measure
  from assessed
),

releases as (
  select publications.measure_key, dates.*
  from {{ ref('national_measure_publications') }} as publications
  inner join {{ ref('national_release_dates') }} as dates on dates.publication = publications.publication
),

released_then as (
  select
    guarded.edition_key,
    guarded.row_number,
    releases.period_key,
    releases.published_on,
    releases.certainty,
    releases.source
  from guarded
  inner join releases
    on releases.measure_key = guarded.national_measure and releases.published_on <= guarded.edition_published_on
  qualify row_number() over (
    partition by guarded.edition_key, guarded.row_number order by releases.published_on desc, releases.period_key desc
  ) = 1
),

-- The keys of one measure's periods are of one kind, so that they sort by time.
known_now as (
  select
    newest.measure_key,
    newest.period_key,
    releases.published_on,
    releases.certainty,
    releases.source
  from (
    select measure_key, max(period_key) as period_key from {{ ref('int_benchmark_points') }} group by measure_key
  ) as newest
  left join releases on releases.measure_key = newest.measure_key and releases.period_key = newest.period_key
)

select
  guarded.edition_key,
  guarded.row_number,
  guarded.indicator_key,
  guarded.area_code,
  guarded.edition_published_on,
  guarded.edition_date_source,
  guarded.value,
  guarded.polarity,
  guarded.measure_key,
  guarded.national_measure,
  guarded.comparability,
  guarded.comparability_note,
  {% for time, release in [('then', 'released_then'), ('now', 'known_now')] -%}
  {{ release }}.period_key as {{ time }}_period_key,
  {{ release }}.published_on as {{ time }}_published_on,
  {{ release }}.certainty as {{ time }}_certainty,
  {{ release }}.source as {{ time }}_release,
  points_{{ time }}.n as {{ time }}_n,
  points_{{ time }}.p25 as {{ time }}_p25,
  points_{{ time }}.p50 as {{ time }}_p50,
  points_{{ time }}.p75 as {{ time }}_p75,
  {%- set p25, p50, p75 = 'points_' ~ time ~ '.p25', 'points_' ~ time ~ '.p50', 'points_' ~ time ~ '.p75' %}
  {{ placed_band('guarded.value', p25, p50, p75, 'guarded.polarity') }} as {{ time }}_band,
  {{ placed_band_mirrored('guarded.value', p25, p50, p75, 'guarded.polarity') }} as {{ time }}_band_mirrored,
  {{ placed_band_mirrored('guarded.value', 'points_' ~ time ~ '.exclusive_p25', 'points_' ~ time ~ '.exclusive_p50', 'points_' ~ time ~ '.exclusive_p75', 'guarded.polarity') }} as {{ time }}_band_exclusive,
  {{ as_comparable('least(abs(guarded.value - ' ~ p25 ~ '), abs(guarded.value - ' ~ p50 ~ '), abs(guarded.value - ' ~ p75 ~ '))') }} as {{ time }}_distance_to_boundary,
  standings_{{ time }}.area_value as {{ time }}_area_value,
  standings_{{ time }}.band_lait as {{ time }}_area_band,
  standings_{{ time }}.band_mirrored as {{ time }}_area_band_mirrored,
  standings_{{ time }}.band_ntile as {{ time }}_area_band_ntile,
  standings_{{ time }}.band_exclusive as {{ time }}_area_band_exclusive,
  standings_{{ time }}.neighbours_mean as {{ time }}_neighbours_mean,
  standings_{{ time }}.neighbours_n as {{ time }}_neighbours_n,
  standings_{{ time }}.neighbours_version as {{ time }}_neighbours_version,
  points_{{ time }}.england as {{ time }}_england,
  points_{{ time }}.points_source as {{ time }}_points_source{{ ',' if not loop.last }}
  {% endfor %}
from guarded
left join released_then on released_then.edition_key = guarded.edition_key and released_then.row_number = guarded.row_number
left join known_now on known_now.measure_key = guarded.national_measure
{%- for time, release in [('then', 'released_then'), ('now', 'known_now')] %}
left join {{ ref('int_benchmark_points') }} as points_{{ time }}
  on points_{{ time }}.measure_key = guarded.national_measure and points_{{ time }}.period_key = {{ release }}.period_key
left join {{ ref('int_benchmark_standings') }} as standings_{{ time }}
  on standings_{{ time }}.measure_key = guarded.national_measure
  and standings_{{ time }}.period_key = {{ release }}.period_key
  and standings_{{ time }}.area_code = guarded.area_code
{%- endfor %}
