-- A publication has one day a period, none before the period's end, and every measure's publication has days.
with dates as (
  select
    *,
    case left(period_key, 3)
      when 'fy-' then make_date(try_cast(substr(period_key, 4, 4) as int) + 1, 3, 31)
      -- Early education is counted in January of its academic year.
      when 'ay-' then make_date(try_cast(substr(period_key, 4, 4) as int) + 1, 1, 31)
      when 'cy-' then make_date(try_cast(substr(period_key, 4, 4) as int), 12, 31)
    end as earliest
  from {{ ref('national_release_dates') }}
)

select 'twice' as finding, publication, period_key from dates group by publication, period_key having count(*) > 1
union all
select 'no day, or one before the figures', publication, period_key
from dates
where published_on is null or earliest is null or published_on <= earliest
union all
select 'no known certainty', publication, period_key from dates where certainty not in ('published', 'month_known', 'assumed')
union all
select 'a newer period published earlier', publication, period_key
from (
  select *, lag(published_on) over (partition by publication order by period_key) as before from dates
) as ordered
where before >= published_on
union all
select 'no days', publications.publication, publications.measure_key
from {{ ref('national_measure_publications') }} as publications
where not exists (select 1 from dates where dates.publication = publications.publication)
