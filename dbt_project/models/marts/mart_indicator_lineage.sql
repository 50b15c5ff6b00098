with editions as (
  select
    edition_key,
    area_code,
    period_start,
    period_end,
    row_number() over (partition by area_code order by period_start, edition_key) as edition_number
  from {{ ref('dim_edition') }}
),

-- An edition that prints an indicator twice is taken at its first row.
printed as (
  select
    editions.area_code,
    editions.edition_number,
    dashboard.*,
    periods.end_date as figure_end
  from {{ ref('mart_dashboard') }} as dashboard
  inner join editions on editions.edition_key = dashboard.edition_key
  left join {{ ref('dim_period') }} as periods on periods.period_key = dashboard.period_key
  where dashboard.indicator_key is not null
  qualify row_number() over (partition by dashboard.edition_key, dashboard.indicator_key order by dashboard.row_number) = 1
),

first_appearances as (
  select area_code, indicator_key, min(edition_number) as first_number
  from printed
  group by area_code, indicator_key
),

grid as (
  select
    editions.*,
    first_appearances.indicator_key,
    printed.row_number,
    printed.printed_label,
    printed.period_key,
    printed.period_text,
    printed.value,
    printed.value_status,
    printed.rag,
    printed.figure_end,
    printed.source_file,
    printed.source_line_from,
    printed.source_line_to,
    printed.edition_number is not null as is_printed,
    max(printed.edition_number) over (
      partition by editions.area_code, first_appearances.indicator_key
      order by editions.edition_number
      rows between unbounded preceding and 1 preceding
    ) as previous_number,
    max(case when printed.value is not null then printed.figure_end end) over (
      partition by editions.area_code, first_appearances.indicator_key
      order by editions.edition_number
      rows between unbounded preceding and 1 preceding
    ) as last_figure_end
  from first_appearances
  inner join editions
    on editions.area_code = first_appearances.area_code and editions.edition_number >= first_appearances.first_number
  left join printed
    on printed.edition_key = editions.edition_key and printed.indicator_key = first_appearances.indicator_key
),

-- What a new indicator takes the place of: related, printed before, and not printed any more. And the reverse.
related as (
  select
    here.edition_key,
    here.indicator_key,
    other.indicator_key as related_indicator_key,
    other.previous_number as related_number,
    relations.relation,
    row_number() over (
      partition by here.edition_key, here.indicator_key
      order by
        other.previous_number desc nulls last,
        case relations.relation when 'successor' then 1 when 'predecessor' then 1 when 'other_basis' then 2 else 3 end,
        other.indicator_key
    ) as place
  from grid as here
  inner join {{ ref('bridge_indicator_relation') }} as relations
    on relations.indicator_key = here.indicator_key and relations.relation <> 'other_measure'
  inner join grid as other
    on other.edition_key = here.edition_key and other.indicator_key = relations.related_indicator_key
  where (
    here.is_printed and here.previous_number is null and relations.relation <> 'predecessor'
    and not other.is_printed and other.previous_number is not null
  )
  or (
    not here.is_printed and relations.relation <> 'successor'
    and other.is_printed and other.previous_number is null
  )
),

described as (
  select
    grid.*,
    indicators.indicator_name,
    indicators.topic,
    indicators.basis,
    indicators.frequency,
    related.related_indicator_key,
    related.relation,
    coalesce(grid.previous_number, case when grid.is_printed then related.related_number end) as compared_number
  from grid
  inner join {{ ref('dim_indicator') }} as indicators on indicators.indicator_key = grid.indicator_key
  left join related
    on related.edition_key = grid.edition_key and related.indicator_key = grid.indicator_key and related.place = 1
),

compared as (
  select
    described.*,
    earlier.edition_key as previous_edition_key,
    earlier.printed_label as previous_label,
    -- The last day of the period that follows on a figure's own: a figure is due once that day is over.
    case described.frequency
      when 'annual' then {{ months_after('described.last_figure_end', 12) }}
      when 'termly' then {{ next_term_end('described.last_figure_end') }}
    end as next_end,
    case described.frequency
      -- Annual figures come out up to a year after their period has ended.
      when 'annual' then {{ months_after('described.figure_end', 24) }}
      when 'termly' then {{ next_term_end('described.figure_end') }}
      else {{ months_after('described.figure_end', 3) }}
    end as overdue_from
  from described
  left join printed as earlier
    on earlier.area_code = described.area_code
    and earlier.edition_number = described.compared_number
    and earlier.indicator_key = case when described.previous_number is null then described.related_indicator_key else described.indicator_key end
)

select
  edition_key,
  indicator_key,
  indicator_name,
  topic,
  area_code,
  case
    when not is_printed then 'absent'
    when previous_number is null then
      case relation
        when 'successor' then 'successor'
        when 'other_basis' then 'basis_changed'
        when 'other_population' then 'population_changed'
        else 'first_seen'
      end
    when {{ label_core('printed_label') }} <> {{ label_core('previous_label') }} then 'renamed'
    else 'continued'
  end as status,
  row_number,
  printed_label,
  previous_edition_key,
  previous_label,
  cast(edition_number - compared_number - 1 as int) as editions_between,
  related_indicator_key,
  relation,
  case
    when value is not null then case when overdue_from <= period_end then 'late' end
    when value_status = 'damaged' then 'damaged'
    when value_status in ('not_available', 'see_appendix') then 'unavailable'
    when value_status = 'withheld' then 'withheld'
    -- A row that names a period or a colour had a figure; it was lost on the way.
    when is_printed and (period_text is not null or rag is not null) then 'damaged'
    when next_end >= period_end then 'not_due'
    else 'not_printed'
  end as silence,
  period_key,
  last_figure_end,
  source_file,
  source_line_from,
  source_line_to
from compared
order by period_start, edition_key, indicator_key
