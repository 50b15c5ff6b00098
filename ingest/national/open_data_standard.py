"""What the open-data standard of explore education statistics says, as data, and what is wrong with one value.

Source: the Department for Education's published guidance "Open data standards" and the names that its screening
tool and its service accept (levels with their columns, time identifiers, symbols, codes of countries and regions).
Nothing here reads a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.intake.characters import normal, squash

MANDATORY = ("time_period", "time_identifier", "geographic_level", "country_code", "country_name")

#: Symbols that stand for a number: suppressed, not applicable, not available, low, rounds to zero, unreliable,
#: and the older ones.
SYMBOLS = frozenset(("c", "z", "x", "low", "k", "u", "~", ":", "."))
OLDER_SYMBOLS = frozenset(("~", ":", "."))
#: Signs for "no data" that the standard gave up.
LEGACY_SYMBOLS = frozenset(
    ("*", "-", "--", "..", "...", "N/A", "n/a", "#", "–", "!", "?", "[c]", "[z]", "[x]", "[k]", "[u]", "[low]")
)
NULL_WORDS = frozenset(
    ("NA", "na", "Null", "null", "NULL", "None", "NaN", "nan", "#N/A", "#DIV/0!", "#REF!", "#VALUE!")
)

NUMBER = r"^[ \t]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t]*$"
#: A number that a person wrote: separators, a percent sign, a pound sign.
DRESSED_NUMBER = r"^[ \t]*[£+-]{0,2}([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?[ ]*%?[ \t]*$"


@dataclass(frozen=True)
class Level:
    """A geographic level: its columns, and the form of its codes."""

    name: str
    code: str | None
    name_column: str
    second_code: str | None = None
    form: re.Pattern[str] | None = None
    second_form: re.Pattern[str] | None = None
    #: Levels whose rows may also fill this level's columns.
    within: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(one for one in (self.code, self.name_column, self.second_code) if one)


def _form(pattern: str) -> re.Pattern[str]:
    # x, z, : and u stand for an area that has no code, or whose code is not known.
    return re.compile(rf"^(?:{pattern}|[xzu:])$")


_PLACES = ("School", "Provider", "Institution")
_BELOW_REGION = (
    "Local authority",
    "Local authority district",
    "Local skills improvement plan area",
    "Local enterprise partnership",
    "Mayoral combined authority",
    "English devolved area",
    "Opportunity area",
    "Parliamentary constituency",
    "Ward",
    "Planning area",
    "Police force area",
    *_PLACES,
)
_BELOW_AUTHORITY = ("Parliamentary constituency", "Local authority district", "Ward", "Planning area", *_PLACES)

LEVELS = {
    level.name: level
    for level in (
        Level("National", "country_code", "country_name", None, _form(r"[EKNSW][0-9]{8}")),
        Level("Regional", "region_code", "region_name", None, _form(r"E1[23][0-9]{6}"), within=_BELOW_REGION),
        Level(
            "Local authority",
            "new_la_code",
            "la_name",
            "old_la_code",
            _form(r"(?:E06|E08|E09|E10|W06|S12|N09)[0-9]{6}"),
            _form(r"[0-9]{3}"),
            (*_BELOW_AUTHORITY, "Police force area"),
        ),
        Level(
            "Local authority district",
            "lad_code",
            "lad_name",
            None,
            _form(r"(?:E06|E07|E08|E09|W06|S12|N09)[0-9]{6}"),
            within=("Ward", "Police force area", *_PLACES),
        ),
        Level("RSC region", None, "rsc_region_lead_name", within=_PLACES),
        Level(
            "Parliamentary constituency",
            "pcon_code",
            "pcon_name",
            None,
            _form(r"(?:E14|W07|S14|S15|N05|N06)[0-9]{6}"),
            within=_PLACES,
        ),
        Level(
            "Local skills improvement plan area",
            "lsip_code",
            "lsip_name",
            None,
            _form(r"E[0-9]{8}"),
            within=("Local authority district", "Planning area", *_PLACES),
        ),
        Level(
            "Local enterprise partnership",
            "local_enterprise_partnership_code",
            "local_enterprise_partnership_name",
            None,
            _form(r"E37[0-9]{6}"),
            within=_PLACES,
        ),
        Level(
            "Mayoral combined authority",
            "mayoral_combined_authority_code",
            "mayoral_combined_authority_name",
            None,
            _form(r"E[0-9]{8}"),
            within=_PLACES,
        ),
        Level(
            "English devolved area",
            "english_devolved_area_code",
            "english_devolved_area_name",
            None,
            _form(r"E[0-9]{8}"),
            within=_PLACES,
        ),
        Level("Opportunity area", "opportunity_area_code", "opportunity_area_name", within=_PLACES),
        Level("Ward", "ward_code", "ward_name", None, _form(r"(?:E05|W05|S13|N08|N10)[0-9]{6}"), within=_PLACES),
        Level("MAT", "trust_id", "trust_name", None, _form(r"(?:TR)?[0-9]{1,8}"), within=_PLACES),
        Level("Sponsor", "sponsor_id", "sponsor_name", None, _form(r"(?:SP)?[0-9]{1,8}"), within=_PLACES),
        Level(
            "School", "school_urn", "school_name", "school_laestab", _form(r"[0-9]{6}"), _form(r"[0-9]{3}/?[0-9]{4}")
        ),
        Level("Provider", "provider_ukprn", "provider_name", None, _form(r"[0-9]{8}")),
        Level("Institution", "institution_id", "institution_name"),
        Level("Planning area", "planning_area_code", "planning_area_name", within=_PLACES),
        Level("Police force area", "pfa_code", "pfa_name", None, _form(r"(?:E23|W15|N24|S32)[0-9]{6}"), within=_PLACES),
    )
}
LEVEL_BY_LOWER_NAME = {name.lower(): name for name in LEVELS}
GEOGRAPHY_COLUMNS = frozenset(column for level in LEVELS.values() for column in level.columns)
KNOWN_COLUMNS = frozenset(("time_period", "time_identifier", "geographic_level")) | GEOGRAPHY_COLUMNS

COUNTRIES = {
    "E92000001": "England",
    "K02000001": "United Kingdom",
    "K03000001": "Great Britain",
    "K04000001": "England and Wales",
    "N92000002": "Northern Ireland",
    "S92000003": "Scotland",
    "W92000004": "Wales",
}
REGIONS = {
    "E12000001": "North East",
    "E12000002": "North West",
    "E12000003": "Yorkshire and The Humber",
    "E12000004": "East Midlands",
    "E12000005": "West Midlands",
    "E12000006": "East of England",
    "E12000007": "London",
    "E12000008": "South East",
    "E12000009": "South West",
    "E13000001": "Inner London",
    "E13000002": "Outer London",
}
PLACEHOLDER_CODES = frozenset(("x", "z", "u", ":"))

_YEARS = ("Academic year", "Calendar year", "Financial year", "Tax year")
_QUARTERS = ("Q1", "Q2", "Q3", "Q4", "Q1-Q2", "Q1-Q3", "Q1-Q4", "Q2-Q3", "Q2-Q4", "Q3-Q4")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_TERMS = ("Autumn term", "Spring term", "Summer term", "Autumn and spring term")

#: Time identifier -> its kind. Identifiers of one kind may stand together in one file.
TIME_KINDS = {
    **{year: year for year in (*_YEARS, "Reporting year")},
    **{f"{year} {quarter}": f"quarters of the {year.lower()}" for year in _YEARS for quarter in _QUARTERS},
    **dict.fromkeys(_TERMS, "terms"),
    "Five half terms": "half terms",
    "Six half terms": "half terms",
    "Up until 31st March": "up until 31 March",
    **dict.fromkeys(_MONTHS, "months"),
    **{f"Week {number}": "weeks" for number in range(1, 54)},
    "Part 1 (April to September)": "parts of the financial year",
    "Part 2 (October to March)": "parts of the financial year",
}
TIME_BY_LOWER_NAME = {name.lower(): name for name in TIME_KINDS}
ONE_YEAR_KINDS = ("Calendar year", "Reporting year", "quarters of the calendar year", "months", "weeks")
_ONE_YEAR = re.compile(r"^(?:19|20|21)[0-9]{2}$")
_TWO_YEARS = re.compile(r"^((?:19|20|21)[0-9]{2})([0-9]{2})$")


def time_identifier(text: str | None) -> str | None:
    """The identifier as the standard spells it, or None."""
    return TIME_BY_LOWER_NAME.get(squash(normal(text or "")).lower())


def level_of(text: str | None) -> Level | None:
    """The level as the standard spells it, or None."""
    return LEVELS.get(LEVEL_BY_LOWER_NAME.get(squash(normal(text or "")).lower(), ""))


def has_period_form(identifier: str, period: str | None) -> bool:
    """Four digits for identifiers within one year, six digits of consecutive years for the others."""
    if TIME_KINDS[identifier] in ONE_YEAR_KINDS:
        return bool(_ONE_YEAR.match(period or ""))
    years = _TWO_YEARS.match(period or "")
    return bool(years) and (int(years.group(1)) + 1) % 100 == int(years.group(2))


def plain(text: str) -> str:
    """A name for comparing: case, punctuation and a leading "city of" do not make another area."""
    text = re.sub(r"[^a-z0-9 ]", " ", normal(text).lower().replace("&", " and ").replace("'", ""))
    words = text.split()
    for beginning in (["city", "of"], ["royal", "borough", "of"], ["london", "borough", "of"], ["county", "of"]):
        if words[: len(beginning)] == beginning:
            return " ".join(words[len(beginning) :])
        if words[-len(beginning) :] == beginning:
            return " ".join(words[: -len(beginning)])
    return " ".join("st" if word == "saint" else word for word in words)
