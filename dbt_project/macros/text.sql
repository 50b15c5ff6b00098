{#
  How printed text is made comparable. Nothing here decides what a text means.
#}

{# Text in normal form with one blank between words. Null stays null, blank becomes null. #}
{% macro clean_text(text) -%}
  nullif(trim({{ replace_all(normal_text(text), '[ \t\n\r]+', ' ') }}), '')
{%- endmacro %}

{# What a label states about polarity: '(low = good)', '(high is good)', 'no polarity'. #}
{% macro stated_polarity(text) -%}
  case
    when regexp_extract(lower({{ text }}), 'low ?(?:=|is) ?good', 0) <> '' then 'low_is_good'
    when regexp_extract(lower({{ text }}), 'high ?(?:=|is) ?good', 0) <> '' then 'high_is_good'
    when regexp_extract(lower({{ text }}), 'no polarity', 0) <> '' then 'neutral'
  end
{%- endmacro %}

{% macro without_polarity(text) -%}
  {{ replace_all(text, '[-(]? ?(?:(?:low|high) ?(?:=|is) ?good|no polarity) ?[)]?', ' ') }}
{%- endmacro %}

{#
  The form in which labels are compared: lower case, no remark on polarity, quotation marks dropped, % spelled out
  (a share is not a count), everything else that is no letter or digit a blank, no leading article.
#}
{% macro normalise_label(text) -%}
  {%- set spelled = "replace(replace(translate(" ~ without_polarity("lower(" ~ clean_text(text) ~ ")") ~ ", '''\"', ''), '%', ' percent '), '&', ' and ')" -%}
  {%- set words = "replace(' ' || trim(" ~ replace_all(spelled, '[^a-z0-9]+', ' ') ~ ") || ' ', ' percentage ', ' percent ')" -%}
  trim({{ replace_all(replace_all(words, '^ the ', ' '), '^ no of ', ' number of ') }})
{%- endmacro %}

{# 'n/a' in its printed forms, also as '11/A', its usual misreading, and the shorthand of official statistics for it. #}
{% macro is_not_applicable(text) -%}
  {{ matches("translate(lower(" ~ text ~ "), '[]', '{}')", '(?:n|[1il]{2}) ?[/.] ?a[.]?|na|not applicable|none|[{][xz][}]') }}
{%- endmacro %}

{% macro is_misread_not_applicable(text) -%}
  {{ matches("lower(" ~ text ~ ")", '[1il]{2} ?[/.] ?a[.]?') }}
{%- endmacro %}

{# A cell that holds marks only: a bullet, a dash, an underscore that stood in for something else. #}
{% macro is_only_marks(text) -%}
  {{ matches("lower(" ~ text ~ ")", '[^a-z0-9]+') }}
{%- endmacro %}

{# A text of small letters without the marks of footnotes at its end; a star alone stays. #}
{% macro without_raised_marks(text) -%}
  coalesce({{ extract_group(text, '^(.*[^ *†‡§¹²³⁰⁴⁵⁶⁷⁸⁹])(?: ?[*†‡§¹²³⁰⁴⁵⁶⁷⁸⁹]+| [(][a-z][)])+$') }}, {{ text }})
{%- endmacro %}

{# The form in which a cell is looked up among known wordings: without full stops at the end, unless there is nothing else. #}
{% macro words_form(text) -%}
  {%- set lowered = "replace(lower(" ~ clean_text(text) ~ "), ' | ', ' ')" -%}
  coalesce(nullif(trim({{ replace_all(lowered, '[ .]+$', '') }}), ''), {{ lowered }})
{%- endmacro %}

{# A label without what says only how it is counted ('% of', 'number of', 'percentage of'), for telling whether a name changed. #}
{% macro label_core(text) -%}
  trim({{ replace_all("' ' || " ~ normalise_label(text), '^ (?:percent|number)(?: of)? (?:the )?', ' ') }})
{%- endmacro %}
