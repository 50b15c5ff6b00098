select
  populations.population_number,
  trends.la_number,
  trends.recent_trend,
  trends.trend_chi_squared
from {{ ref('int_national_trends') }} as trends
inner join {{ ref('int_national_populations') }} as populations
  on populations.measure_key = trends.measure_key and populations.period_key = trends.period_key
