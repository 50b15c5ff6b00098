with periods as (
  select period_key, period_type, period_label, period_start, period_end
  from {{ ref('int_figures_dated') }}
  where period_key is not null
  -- The quarters of the editions themselves, also where no figure is of that quarter.
  union distinct
  select
    reporting_quarter,
    'quarter',
    {{ quarter_label('fy_start', 'quarter') }},
    period_start,
    period_end
  from {{ ref('stg_raw__received_files') }}
  where in_force and coalesce(document, 'dashboard') = 'dashboard'
  union distinct
  select period_key, period_type, period_label, period_start, period_end
  from {{ ref('int_national_periods') }}
  where period_key is not null
  -- The periods that reports speak of.
  union distinct
  select period_key, period_type, period_label, period_start, period_end
  from {{ ref('int_claims_dated') }}
  where period_key is not null
)

select
  period_key,
  period_type,
  period_label as label,
  period_start as start_date,
  period_end as end_date
from periods
order by period_start, period_end, period_key
