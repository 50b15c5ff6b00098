-- Each statement of a covering report about an indicator, beside the row of the dashboard that it speaks of.
with claims as (
  select
    fct_claim.*,
    case when comparison_value = floor(comparison_value) then 0 else {{ printed_decimals(as_text('comparison_value')) }} end as comparison_decimals,
    periods.label as claimed_period_label,
    periods.start_date as claimed_start,
    periods.end_date as claimed_end,
    compared.label as compared_period_label,
    compared.start_date as compared_start,
    compared.end_date as compared_end
  from {{ ref('fct_claim') }} as fct_claim
  left join {{ ref('dim_period') }} as periods on periods.period_key = fct_claim.period_key
  left join {{ ref('dim_period') }} as compared on compared.period_key = fct_claim.comparison_period_key
  where claim_kind in ('figure', 'direction', 'quartile', 'change', 'comparison', 'no_data')
    and (fct_claim.indicator_key is not null or claim_kind = 'figure')
),

-- Where an edition prints an indicator in two rows, the one of the period that the claim names, then the one with its figure.
matched as (
  select
    claims.*,
    gathered.row_number,
    gathered.spoken_name,
    gathered.period_key as row_period_key,
    gathered.period_label as row_period_label,
    gathered.period_type as row_period_type,
    gathered.period_start as row_period_start,
    gathered.period_end as row_period_end,
    gathered.value_text as row_value_text,
    gathered.value as row_value,
    gathered.decimals as row_decimals,
    gathered.unit as row_unit,
    gathered.numerator as row_numerator,
    gathered.previous_period_key as row_previous_period_key,
    gathered.previous_period_label as row_previous_period_label,
    gathered.previous_value as row_previous_value,
    gathered.previous_decimals as row_previous_decimals,
    gathered.previous_unit as row_previous_unit,
    gathered.comparison_text as row_comparison_text,
    gathered.comparison_word as row_comparison_word,
    gathered.comparison_reading as row_comparison_reading,
    gathered.comparison_base as row_comparison_base,
    gathered.direction as row_direction,
    gathered.direction_source as row_direction_source,
    gathered.judgement as row_judgement,
    gathered.polarity as row_polarity,
    gathered.quartile as row_quartile,
    gathered.source_file as other_source_file,
    gathered.source_line_from as other_line_from,
    gathered.source_line_to as other_line_to
  from claims
  left join {{ ref('int_audit_rows_gathered') }} as gathered
    on gathered.edition_key = claims.edition_key and gathered.indicator_key = claims.indicator_key
  qualify row_number() over (
    partition by claims.edition_key, claims.paragraph, claims.claim_number
    order by
      case when claims.period_key = gathered.period_key then 0 else 1 end,
      case when claims.value = gathered.value then 0 else 1 end,
      gathered.row_number
  ) = 1
),

based as (
  select
    *,
    -- A period that the report does not name is the row's own.
    coalesce(period_key = row_period_key, period_key is null) as speaks_of_row_period,
    case
      when comparison_basis = 'usual' then 'usual'
      when comparison_basis in ('same_period_last_year', 'previous_year') then
        case when row_period_type in ('financial_year', 'calendar_year', 'academic_year') then 'previous_figure' else 'same_period_last_year' end
      when comparison_basis in ('previous_quarter', 'previous_reported') then 'previous_figure'
      when comparison_basis = 'period' and comparison_period_key is null then null
      when comparison_basis = 'period' and comparison_period_key = row_previous_period_key then row_comparison_base
      when comparison_basis = 'period' and row_period_type in ('financial_year', 'calendar_year', 'academic_year') then
        case when year(coalesce(claimed_end, row_period_end)) - year(compared_end) = 1 then 'previous_figure' else 'other_period' end
      when comparison_basis = 'period' and compared_end <= {{ months_after('coalesce(claimed_end, row_period_end)', -11) }}
        and compared_end >= {{ months_after('coalesce(claimed_end, row_period_end)', -13) }} then 'same_period_last_year'
      -- A month or a term against the quarter or term before it: less than half a year back.
      when comparison_basis = 'period' and compared_end > {{ months_after('coalesce(claimed_end, row_period_end)', -6) }} then 'previous_figure'
      when comparison_basis = 'period' and row_period_end is null and claimed_end is null then null
      when comparison_basis = 'period' then 'other_period'
    end as claim_base,
    coalesce(spoken_name, 'a measure that is not told apart') as spoken,
    'Paragraph ' || {{ as_text('paragraph') }} || ' of the report' as claimed_where,
    case
      when not has_dashboard then 'no_dashboard'
      when indicator_key is null then 'not_attributed'
      when row_number is null then 'not_on_dashboard'
      else 'row'
    end as held_against
  from matched
)

select
  *,
  coalesce(
    claim_base <> coalesce(row_comparison_base, 'previous_figure')
    and not coalesce(comparison_period_key = row_previous_period_key, false), false
  ) as base_differs,
  coalesce(claimed_period_label, period_words) as claimed_period_words,
  case claim_base
    when 'usual' then 'what is usual'
    else coalesce(compared_period_label, comparison_words, 'a period that it does not name')
  end as claim_base_words,
  case
    when row_previous_period_label is not null then row_previous_period_label
    when row_comparison_base = 'previous_figure' then 'the previous figure'
    when row_comparison_base = 'same_period_last_year' then 'the same period of the year before'
    else 'a figure that it does not name'
  end as row_base_words
from based
