{#
  Printed period texts to dates. Dates are inclusive; a financial year runs from April to March, an academic year from
  September to August, and school terms are those of the early-education entitlement.
#}

{% macro year_pair(first_year, joiner='/') -%}
  {{ first_year }} || '{{ joiner }}' || right({{ as_text(first_year ~ ' + 1') }}, 2)
{%- endmacro %}

{% macro quarter_start(fy_start, quarter) -%}
  make_date(case when {{ quarter }} = 4 then {{ fy_start }} + 1 else {{ fy_start }} end, case {{ quarter }} when 1 then 4 when 2 then 7 when 3 then 10 when 4 then 1 end, 1)
{%- endmacro %}

{% macro quarter_end(fy_start, quarter) -%}
  last_day(make_date(case when {{ quarter }} = 4 then {{ fy_start }} + 1 else {{ fy_start }} end, case {{ quarter }} when 1 then 6 when 2 then 9 when 3 then 12 when 4 then 3 end, 1))
{%- endmacro %}

{% macro quarter_key(fy_start, quarter) -%}
  {{ year_pair(fy_start, '-') }} || '-q' || {{ quarter }}
{%- endmacro %}

{% macro quarter_label(fy_start, quarter) -%}
  'Quarter ' || {{ quarter }} || ' ' || {{ year_pair(fy_start) }}
{%- endmacro %}

{% macro month_of(text) -%}
  cast((instr('janfebmaraprmayjunjulaugsepoctnovdec', left({{ text }}, 3)) + 2) / 3 as int)
{%- endmacro %}

{% macro month_name(number) -%}
  case {{ number }}
    {%- for name in ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] %}
    when {{ loop.index }} then '{{ name }}'
    {%- endfor %}
  end
{%- endmacro %}

{# A year in two or four digits. #}
{% macro year_of(text) -%}
  (try_cast({{ text }} as int) + case when length({{ text }}) = 2 then 2000 else 0 end)
{%- endmacro %}

{# The day that a text names; day before month, as in Britain. Null where there is no such day. #}
{% macro date_of(text, day, month, year) -%}
  {%- set named = '^' ~ day ~ '[- ](' ~ month ~ ')[ ,-]{1,2}' ~ year ~ '$' -%}
  try_cast(
    case
      when {{ matches(text, '20[0-9]{2}-[01]?[0-9]-[0-3]?[0-9]') }} then {{ text }}
      when {{ matches(text, '[0-3]?[0-9][/.-][01]?[0-9][/.-]' ~ year) }} then
        {{ year_of(extract_group(text, '[/.-](' ~ year ~ ')$')) }} || '-' || {{ extract_group(text, '^[0-9]+[/.-]([0-9]+)') }} || '-' || {{ extract_group(text, '^([0-9]+)') }}
      when {{ matches(text, day ~ '[- ]' ~ month ~ '[ ,-]{1,2}' ~ year) }} then
        {{ year_of(extract_group(text, '(' ~ year ~ ')$')) }} || '-' || {{ month_of(extract_group(text, named)) }} || '-' || {{ extract_group(text, '^([0-9]+)') }}
    end as date
  )
{%- endmacro %}

{#
  Emits common table expressions that read the period text of `relation`; the last one is called `periods_read`.
  text: column with the printed period; fy_start: first year of the edition's financial year; quarter: the edition's
  quarter; year_type: academic or calendar, by the indicator. Adds period_type, period_key, period_label,
  period_start and period_end; all null where the text is no period.
#}
{% macro read_periods(relation, text, fy_start, quarter, year_type) %}
{%- set month = '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)' -%}
{%- set year = '(?:20)?[0-9]{2}' -%}
{%- set full_year = '(?:19|20)[0-9]{2}' -%}
{%- set other_year = '(?:19|20)?[0-9]{2}' -%}
{%- set term = '(?:spring|summer|autumn)' -%}
{%- set gap = '[-. ,]?' -%}
{%- set day = '[0-3]?[0-9](?:st|nd|rd|th)?(?: of)?' -%}
periods_lowered as (
  select
    *,
    ' ' || replace(replace(lower({{ without_raised_marks(clean_text(text)) }}), '''', ''), 'year to date', 'ytd') || ' ' as period_lower
  from {{ relation }}
),

periods_cleaned as (
  select
    *,
    case
      when instr(period_lower, ' academic year ') > 0 or instr(period_lower, ' ay ') > 0 then 'academic'
      when instr(period_lower, ' calendar year ') > 0 or instr(period_lower, ' cy ') > 0 then 'calendar'
      else {{ year_type }}
    end as period_year_type,
    trim(replace(replace(replace(replace(replace(replace(
      {{ replace_all("period_lower", " (?:academic year |ay |calendar year |cy |financial year |fy ?)", " ") }},
      ' quarter ', ' q'), ' qtr ', ' q'), ' to ', '-'), ' - ', '-'), '- ', '-'), ' -', '-')) as period_token
  from periods_lowered
),

-- A day, or the end of a month, on which something was counted: "as at 30 June 2022", "end of June 2022".
periods_parts as (
  select
    *,
    coalesce({{ extract_group('trim(period_lower)', '^(?:as )?(?:at|of) (?:the )?(.*)$') }}, trim(period_lower)) as period_dated,
    {{ extract_group('trim(period_lower)', '^(?:(?:as )?(?:at|of) )?(?:the )?(?:end of )(.*)$') }} as end_of_text
  from periods_cleaned
),

periods_formed as (
  select
    *,
    case
      when {{ matches('period_token', 'q[1-4]') }} then 'bare_quarter'
      when {{ matches('period_token', 'q[1-4]' ~ gap ~ year ~ '[-/]' ~ year ~ '|' ~ year ~ '[-/]' ~ year ~ gap ~ 'q[1-4]') }} then 'quarter'
      when {{ matches('period_token', 'last (?:mth|month) of q') }} then 'last_month'
      when {{ matches('period_token', 'q1[-&]q?[2-4](?:' ~ gap ~ year ~ '[-/]' ~ year ~ ')?|ytd') }} then 'quarters'
      when {{ matches('period_dated', '[0-3]?[0-9][/.-][01]?[0-9][/.-]' ~ year ~ '|20[0-9]{2}-[01]?[0-9]-[0-3]?[0-9]|' ~ day ~ '[- ]' ~ month ~ '[ ,-]{1,2}' ~ year) }} then 'date'
      when {{ matches('period_dated', 'end of ' ~ month) }} then 'bare_month'
      when {{ matches('period_token', full_year) }} then 'year'
      when {{ matches('period_token', full_year ~ '[-/]' ~ other_year) }} then 'years'
      when {{ matches('period_token', term ~ '(?: term)?' ~ gap ~ year ~ '|' ~ full_year ~ gap ~ term ~ '(?: term)?') }} then 'term'
      -- The summer of a pair of years would be another one in a financial than in an academic year.
      when {{ matches('period_token', '(?:spring|autumn)(?: term)?' ~ gap ~ full_year ~ '[-/]' ~ other_year) }} then 'term_of_years'
      when {{ matches('period_token', month ~ gap ~ year) }} then 'month'
      when {{ matches('end_of_text', month ~ gap ~ year) }} or {{ matches('period_dated', month ~ gap ~ year) }} then 'month'
      when {{ matches('period_token', month ~ gap ~ year ~ '-' ~ month ~ gap ~ year) }} then 'span'
      when {{ matches('period_token', '(?:rolling )?(?:year|12 months?)(?:-| ending | ended | )' ~ month ~ gap ~ year) }} then 'year_to'
    end as period_form
  from periods_parts
),

periods_parted as (
  select
    *,
    cast({{ extract_group('period_token', 'q([1-4])') }} as int) as quarter_part,
    {{ year_of(extract_group('period_token', '(' ~ other_year ~ ')[-/]' ~ other_year)) }} as pair_first,
    {{ extract_group('period_token', other_year ~ '[-/](' ~ other_year ~ ')') }} as pair_second_text,
    {{ year_of(extract_group('period_token', '(' ~ full_year ~ ')')) }} as year_part,
    {{ extract_group('period_token', '(' ~ term ~ ')') }} as term_part,
    {{ month_of(extract_group('period_token', '^(' ~ month ~ ')')) }} as first_month,
    {{ year_of(extract_group('period_token', '^' ~ month ~ gap ~ '(' ~ year ~ ')-')) }} as first_month_year,
    {{ month_of(extract_group('period_token', '(' ~ month ~ ')' ~ gap ~ year ~ '$')) }} as last_month,
    {{ year_of(extract_group('period_token', '(' ~ year ~ ')$')) }} as last_year,
    cast({{ extract_group('period_token', 'q1[-&]q?([2-4])') }} as int) as last_quarter,
    {{ date_of('period_dated', day, month, year) }} as period_day,
    {{ month_of(extract_group('period_dated', 'end of (' ~ month ~ ')$')) }} as bare_month
  from periods_formed
),

periods_spanned as (
  select
    *,
    -- A second year in two digits is of the first one's century, or of the next where it would lie before it.
    case
      when length(pair_second_text) = 4 then try_cast(pair_second_text as int)
      else pair_first - mod(pair_first, 100) + try_cast(pair_second_text as int)
        + case when try_cast(pair_second_text as int) < mod(pair_first, 100) then 100 else 0 end
    end as pair_second,
    12 * (last_year - first_month_year) + last_month - first_month + 1 as span_months
  from periods_parted
),

periods_typed as (
  select
    *,
    case
      when period_form = 'bare_quarter' then 'quarter'
      when period_form = 'quarter' and pair_second = pair_first + 1 then 'quarter'
      when period_form in ('last_month', 'month', 'bare_month') then 'month'
      when period_form = 'quarters' and (pair_first is null or pair_second = pair_first + 1)
        then case coalesce(last_quarter, {{ quarter }}) when 4 then 'financial_year' else 'year_to_date' end
      -- What is counted on the last day of a quarter or a month is that quarter's or month's.
      when period_form = 'date' and period_day = last_day(period_day)
        then case when mod(cast(extract(month from period_day) as int), 3) = 0 then 'quarter' else 'month' end
      when period_form = 'date' and period_day is not null then 'day'
      when period_form = 'year' then case period_year_type when 'academic' then 'academic_year' else 'calendar_year' end
      when period_form = 'years' and pair_second = pair_first + 1
        then case period_year_type when 'academic' then 'academic_year' else 'financial_year' end
      when period_form = 'years' and pair_second between pair_first + 2 and pair_first + 10 then 'multi_year'
      when period_form = 'term' then 'school_term'
      when period_form = 'term_of_years' and pair_second = pair_first + 1 then 'school_term'
      when period_form = 'year_to' then 'rolling_year'
      when period_form = 'span' and span_months = 12 then 'rolling_year'
      when period_form = 'span' and span_months = 3 and first_month in (1, 4, 7, 10) then 'quarter'
    end as period_type
  from periods_spanned
),

-- One year and one number say all: first year of a pair, and quarter, term or month.
periods_numbered as (
  select
    *,
    case
      when period_form = 'bare_quarter' then {{ fy_start }}
      when period_form in ('quarter', 'years') then pair_first
      when period_form = 'quarters' then coalesce(pair_first, {{ fy_start }})
      when period_form = 'date' then cast(extract(year from period_day) as int)
        - case when period_type = 'quarter' and extract(month from period_day) = 3 then 1 else 0 end
      -- A month without a year is the last one that had ended when the edition's quarter did.
      when period_form = 'bare_month' then {{ fy_start }}
        + case when bare_month <= 3 then 1 else 0 end
        - case when mod(bare_month + 8, 12) >= 3 * {{ quarter }} then 1 else 0 end
      when period_form = 'year' then case period_type when 'academic_year' then year_part - 1 else year_part end
      when period_form = 'term' then coalesce(year_part, last_year)
      when period_form = 'term_of_years' then case term_part when 'spring' then pair_second else pair_first end
      when period_form = 'last_month' then case {{ quarter }} when 4 then {{ fy_start }} + 1 else {{ fy_start }} end
      when period_form = 'span' and period_type = 'quarter' then case first_month when 1 then last_year - 1 else last_year end
      when period_form in ('month', 'span', 'year_to') then last_year
    end as period_year,
    case
      when period_form in ('bare_quarter', 'quarter') then quarter_part
      when period_form in ('term', 'term_of_years') then case term_part when 'spring' then 1 when 'summer' then 2 when 'autumn' then 3 end
      when period_form = 'last_month' then case {{ quarter }} when 4 then 3 else 3 * {{ quarter }} + 3 end
      when period_form = 'quarters' then coalesce(last_quarter, {{ quarter }})
      when period_form = 'date' and period_type = 'quarter'
        then case extract(month from period_day) when 6 then 1 when 9 then 2 when 12 then 3 when 3 then 4 end
      when period_form = 'date' then cast(extract(month from period_day) as int)
      when period_form = 'bare_month' then bare_month
      when period_form = 'span' and period_type = 'quarter' then case first_month when 4 then 1 when 7 then 2 when 10 then 3 when 1 then 4 end
      when period_form in ('month', 'span', 'year_to') then last_month
    end as period_number
  from periods_typed
),

periods_read as (
  select
    *,
    case period_type
      when 'quarter' then {{ quarter_key('period_year', 'period_number') }}
      when 'financial_year' then 'fy-' || {{ year_pair('period_year', '-') }}
      when 'academic_year' then 'ay-' || {{ year_pair('period_year', '-') }}
      when 'calendar_year' then 'cy-' || period_year
      when 'school_term' then 'term-' || period_year || '-' || term_part
      when 'month' then 'month-' || period_year || '-' || lpad({{ as_text('period_number') }}, 2, '0')
      when 'rolling_year' then 'ry-' || period_year || '-' || lpad({{ as_text('period_number') }}, 2, '0')
      when 'multi_year' then 'my-' || pair_first || '-' || pair_second
      when 'year_to_date' then 'ytd-' || {{ quarter_key('period_year', 'period_number') }}
      when 'day' then 'day-' || period_day
    end as period_key,
    case period_type
      when 'quarter' then {{ quarter_label('period_year', 'period_number') }}
      when 'financial_year' then 'Financial year ' || {{ year_pair('period_year') }}
      when 'academic_year' then 'Academic year ' || {{ year_pair('period_year') }}
      when 'calendar_year' then 'Calendar year ' || period_year
      when 'school_term' then upper(left(term_part, 1)) || substr(term_part, 2) || ' term ' || period_year
      when 'month' then {{ month_name('period_number') }} || ' ' || period_year
      when 'rolling_year' then 'Year to ' || {{ month_name('period_number') }} || ' ' || period_year
      when 'multi_year' then pair_first || ' to ' || pair_second
      when 'year_to_date' then 'Quarters 1 to ' || period_number || ' ' || {{ year_pair('period_year') }}
      when 'day' then extract(day from period_day) || ' ' || {{ month_name('period_number') }} || ' ' || period_year
    end as period_label,
    case period_type
      when 'quarter' then {{ quarter_start('period_year', 'period_number') }}
      when 'financial_year' then make_date(period_year, 4, 1)
      when 'academic_year' then make_date(period_year, 9, 1)
      when 'school_term' then make_date(period_year, case period_number when 1 then 1 when 2 then 4 when 3 then 9 end, 1)
      when 'month' then make_date(period_year, period_number, 1)
      when 'rolling_year' then {{ day_after('last_day(make_date(period_year - 1, period_number, 1))') }}
      when 'calendar_year' then make_date(period_year, 1, 1)
      when 'multi_year' then make_date(period_year, 1, 1)
      when 'year_to_date' then make_date(period_year, 4, 1)
      when 'day' then period_day
    end as period_start,
    case period_type
      when 'quarter' then {{ quarter_end('period_year', 'period_number') }}
      when 'financial_year' then make_date(period_year + 1, 3, 31)
      when 'academic_year' then make_date(period_year + 1, 8, 31)
      when 'school_term' then last_day(make_date(period_year, case period_number when 1 then 3 when 2 then 8 when 3 then 12 end, 1))
      when 'month' then last_day(make_date(period_year, period_number, 1))
      when 'rolling_year' then last_day(make_date(period_year, period_number, 1))
      when 'multi_year' then make_date(pair_second, 12, 31)
      when 'year_to_date' then {{ quarter_end('period_year', 'period_number') }}
      when 'day' then period_day
      when 'calendar_year' then make_date(period_year, 12, 31)
    end as period_end
  from periods_numbered
)
{%- endmacro %}

{# The last day of the school term after the one that ends on this day; from other days on, five months later. #}
{% macro next_term_end(day) -%}
  case extract(month from {{ day }})
    when 8 then {{ months_after(day, 4) }}
    when 12 then {{ months_after(day, 3) }}
    else {{ months_after(day, 5) }}
  end
{%- endmacro %}
