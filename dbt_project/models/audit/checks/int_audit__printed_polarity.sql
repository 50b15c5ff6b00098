-- Three comparisons of a row: the polarity beside the label with that beside the word, either with the indicator's
-- own, and a printed judgement with a polarity that allows none.
with stated as (
  select
    *,
    coalesce(comparison_polarity, label_polarity) as stated_polarity
  from {{ ref('int_audit_rows_gathered') }}
),

compared as (
  select
    stated.*,
    1 as comparison_number,
    trim(comparison_text) as claim_text,
    {{ capitalised(polarity_words('label_polarity')) }} as expected_text,
    'polarity_beside_label' as method,
    case when comparison_polarity = label_polarity then 'agrees' else 'disagrees' end as verdict,
    {{ capitalised('spoken_name') }} || ': the label says ' || {{ polarity_words('label_polarity') }} || ' and the comparison beside it, '''
    || trim(comparison_text) || ''', says ' || {{ polarity_words('comparison_polarity') }}
    || case when comparison_polarity = label_polarity then '; the two agree.' else '; the edition contradicts itself.' end as evidence
  from stated
  where comparison_polarity is not null and label_polarity is not null

  union all

  select
    stated.*,
    2,
    {{ capitalised(polarity_words('stated_polarity')) }},
    {{ capitalised(polarity_words('indicator_polarity')) }},
    'polarity_of_indicator',
    case
      when stated_polarity = indicator_polarity then 'agrees'
      -- Whether a number has a good direction at all is a matter of opinion; which direction is good is not.
      when stated_polarity = 'neutral' or indicator_polarity = 'neutral' then 'depends_on_method'
      else 'disagrees'
    end,
    {{ capitalised('spoken_name') }} || ': the edition says ' || {{ polarity_words('stated_polarity') }} || ', and the list of indicators says '
    || {{ polarity_words('indicator_polarity') }} || '.'
  from stated
  where stated_polarity is not null and indicator_polarity is not null

  union all

  select
    stated.*,
    3,
    trim(comparison_text),
    'A direction without a judgement, because there is no polarity',
    'judgement_needs_polarity',
    case when stated_polarity = 'neutral' then 'disagrees' else 'depends_on_method' end,
    {{ capitalised('spoken_name') }} || ' is printed as ''' || trim(comparison_text) || ''', a judgement, although '
    || case
      when stated_polarity = 'neutral' then 'the edition itself says that it has no polarity.'
      else 'the list of indicators gives it no polarity: more can be good or bad.'
    end
  from stated
  where judgement in ('better', 'worse') and judgement_source = 'printed' and polarity = 'neutral'
),

sourced as (
  select
    *,
    cast(null as {{ dbt.type_string() }}) as other_source_file,
    cast(null as int) as other_line_from,
    cast(null as int) as other_line_to
  from compared
)

select
  {{ audit_row('printed_polarity', 'comparison_number') }}
from sourced
