"""The kinds of cell that dashboards are made of, and how well a text fits one.

A kind answers one question: could these words be such a cell, and how sure is that? ``fit`` gives
a cost: 0 for text in order, a little for a form that is known to be damaged, more for text that
merely stands where such a cell is expected. Nothing is converted here; the cost only decides which
characters belong to which column. A layout is made of these kinds; a new *kind* is a change here,
a new *layout* is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:FY ?)?(?:19|20)[0-9]{2}"
_SPAN = rf"{_YEAR} ?[/-] ?(?:[0-9]{{4}}|[0-9]{{2}})"
_QUARTER = r"(?:Q|Q |Qtr ?|Quarter )[1-4]"
_MONTH_YEAR = rf"{_MONTH}[ -]?'?(?:[0-9]{{4}}|[0-9]{{2}})"
_TO = r"(?: ?- ?| to )"
#: What points to a footnote and belongs to no figure: raised, starred, in square brackets, a letter in round ones.
_RAISED = "[*\u2020\u2021\u00a7\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+"
_MARK = rf"(?:{_RAISED}|\[[0-9a-z]{{1,2}}\]|\^\{{[^{{}} ]{{1,3}}\}}|\([a-z*]\))"
_DATE = (
    rf"(?:[0-3]?[0-9][/.-][0-3]?[0-9][/.-](?:20)?[0-9]{{2}}|20[0-9]{{2}}-[01]?[0-9]-[0-3]?[0-9]"
    rf"|[0-3]?[0-9](?:st|nd|rd|th)?(?: of)?[ -]{_MONTH}[ ,-]{{1,2}}(?:[0-9]{{4}}|[0-9]{{2}}))"
)

#: A period as it is printed: quarter, month, school term, year, span of years, rolling year.
PERIOD = (
    rf"(?:(?:(?:rolling )?(?:12 months|year) (?:to|ending|ended) (?:[0-9]{{1,2}} )?)?{_MONTH_YEAR}"
    rf"|{_MONTH_YEAR}{_TO}{_MONTH_YEAR}|{_MONTH}{_TO}{_MONTH_YEAR}"
    rf"|(?:as (?:at|of) (?:the )?|at (?:the )?)?(?:end (?:of )?)?(?:{_DATE}|{_MONTH_YEAR})"
    rf"|(?:as (?:at|of) )?(?:at )?(?:the )?end of {_MONTH}|year to date|YTD"
    rf"|(?:spring|summer|autumn)(?: term)? (?:{_SPAN}|{_YEAR})"
    rf"|{_QUARTER}(?:(?: ?[&-] ?| and | to )Q?[1-4])? (?:{_SPAN}|{_YEAR}|[0-9]{{2}}/[0-9]{{2}})"
    rf"|{_QUARTER}{_TO}{_QUARTER}"
    rf"|(?:{_SPAN}|{_YEAR}) {_QUARTER}|{_QUARTER}|H[12] (?:{_SPAN}|{_YEAR})"
    rf"|(?:(?:academic|financial) year |AY ?)?(?:{_SPAN}{_TO}{_SPAN}|{_SPAN}|{_YEAR}))"
)
#: The edition says n/a; "11/A" is how a narrow N is misread, [x] and [z] the shorthand of official statistics.
MISSING = r"(?:n/a|n\.a\.?|11/a|na|not applicable|\[[xz]\])"
#: The edition says that it has no figure.
NO_DATA = (
    r"(?:(?:data )?not (?:yet )?(?:available|published|reported|collected|due)(?: this (?:quarter|term|year))?"
    r"|data (?:is )?(?:not )?awaited|awaiting(?: data)?|no (?:data|figure|update)(?: available)?|none available"
    r"|(?:data )?unavailable|to be confirmed|to follow|tbc|tba|pending|suppressed|withheld|confidential|redacted"
    r"|see (?:appendix|annex|report)(?: [a-z0-9])?|appendix(?: [a-z0-9])?)"
)
#: The same with more words after or before it; only where a whole cell says so.
_NO_DATA_AT_LENGTH = (
    rf"{NO_DATA}\b.*|(?:data (?:will be|is|are|to be|not|available)|reported|published|figures?|next update)\b[^%]*"
)
_INTEGER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
NUMBER = rf"(?:[-+] ?)?{_INTEGER}(?:\.[0-9]+)?(?: ?%)?"
_BRACKET = r"\( ?(?:[-]?[0-9][0-9,.]*(?: ?%)?|<=? ?[0-9]+|[*cx]|\[[cx]\]) ?\)"
_NOUN = (
    r"(?:(?:working |school |calendar )?days?|weeks?|months?|years?|hours?|children|child|young people|people|persons?"
    r"|individuals|families|pupils|cases|referrals|assessments|schools|plans)"
)
#: What stands after a number and says what it counts or measures.
_UNIT = rf"(?: {_NOUN}| ?per (?:[0-9][0-9,.]*|head|child)(?: (?:of )?(?:the )?(?:population|{_NOUN}))?)"
_MEASURED = rf"(?:\u00a3 ?)?{NUMBER}{_UNIT}?"
#: A number that the document keeps back, and the signs that official statistics use for it.
_LIMIT_WORDS = r"(?:fewer than|less than|under|below|over|above|more than|at least|at most|up to|no more than)"
_KEPT_BACK = (
    rf"(?:(?:[<>\u2264\u2265]=?|=[<>]|fewer than|less than|under) ?{NUMBER}|{NUMBER} or (?:fewer|less)"
    r"|\[[a-z]{1,3}\])"
)
_POLARITY = r"(?:[-(] ?)?(?:no polarity|(?:low|high)(?:er)? (?:is|=) good)\)?"
_TREND_WORD = (
    r"(?:better|worse|similar|same|no (?:significant )?change|higher|lower|increased?|decreased?|new|up|down"
    r"|improv(?:ed|ing)|declin(?:ed|ing)|stable|static)"
)
#: Dingbats and what text extraction makes of an arrow.
_DIRECTION = "[\u2190-\u2193\u2194\u2195\u2196-\u2199\u21e6-\u21e9\u25b2\u25bc\u2b05-\u2b07\u27a1]"
_ARROW = "[\u2190-\u21ff\u25a0-\u25ff\u2700-\u27bf\u2b00-\u2bff\u2022\u00b7\uf000-\uf0ff5]"
_GLYPH = "[\u2022\u00b7_*:;|~^`'\u25a0-\u25ff\u2190-\u21ff\ufffd.-]"

#: What a word may look like that belongs to a row's tail in a layout without tabs.
_TAIL_WORD = (
    rf"(?:{PERIOD}|{MISSING}|{NUMBER}|{_BRACKET}|{_TREND_WORD}|[GARS]|[*]|tbc|tba|pending|green|amber|red|not|available|yet|data"
    rf"|see|appendix|[(]?no|polarity[)]?|change|target|top|quartile|reduce|maintain|improve|{_MONTH}|spring|summer|autumn|q[1-4]|quarter"
    r"|[(]?(?:low|high)|is|=|good[)]|-|[<>]=?"
    rf"|{_MARK}|{_DIRECTION}|(?:[GAR]|green|amber|red)[/&-](?:[GAR]|green|amber|red)"
    r"|[<>]=?[0-9.,]+%?|[0-9.,:()%\u2022/-]*[0-9][0-9.,:()%\u2022/-]*"
    rf"|[0-9.,]+%(?-i:[pre]))"
    rf"(?:{_RAISED})?"
)

_ANY_CASE = re.IGNORECASE
_period = re.compile(rf"{PERIOD}(?: ?{_MARK})?|{NO_DATA}|{MISSING}", _ANY_CASE)
_period_only = re.compile(rf"{PERIOD}(?:{_RAISED})?", _ANY_CASE)
_begins_period = re.compile(
    rf"{_MONTH}|spring|summer|autumn|Q|H[12]|FY|AY|CY|YTD|19|20|[0-9]{{1,2}}$|[0-3]?[0-9](?:st|nd|rd|th|[/.-][0-9]{{1,2}}[/.-]|-[a-z])|as$|at$|the$|end$|rolling|12|year|academic|financial",
    _ANY_CASE,
)
#: A text with a digit, for a cell of its own whose form is not known; two letters tell it from a number.
_period_loose = re.compile(r"(?=.*[0-9])(?=.*(?:[A-Za-z]{2}|Q[1-4]))(?!.*[0-9][.,][0-9])(?!.*%).+")
_no_data = re.compile(NO_DATA, _ANY_CASE)
_no_data_at_length = re.compile(_NO_DATA_AT_LENGTH, _ANY_CASE)
_missing = re.compile(MISSING, _ANY_CASE)
_number = re.compile(NUMBER)
_value = re.compile(rf"{NUMBER}(?: {_BRACKET})?|{NO_DATA}", _ANY_CASE)
#: How official statistics mark a figure as provisional, revised or estimated: after a percent sign, where a letter is
#: no digit misread. Small, because a large R is a colour.
_REVISED = r"(?-i:[pre])"
#: With a unit, with footnote marks; a lone digit between percentage and bracket is a mark, too.
_value_marked = re.compile(
    rf"{_MEASURED}(?: ?{_MARK})*(?: ?{_BRACKET})?(?: ?{_MARK})*|{NUMBER}(?<=%) ?[0-9](?: ?{_BRACKET})?"
    rf"|{NUMBER} {_BRACKET}[0-9]|{NUMBER}(?<=%) (?:\([0-9]\) {_BRACKET}|{_BRACKET} \([0-9]\))"
    rf"|{NUMBER}(?<=%) ?{_REVISED}(?: ?{_BRACKET})?|{NUMBER}(?<=%) ?{_BRACKET} ?{_REVISED}"
    rf"|{_KEPT_BACK}(?: {_BRACKET})?",
    _ANY_CASE,
)
#: Numbers that belong together and are no figure each, and a count with a digit that may be a mark or its end.
_value_in_doubt = re.compile(
    rf"[0-9]+ (?:in|of|out of|to) (?:every )?[0-9]+(?: {_BRACKET})?|[0-9]+[:/][0-9]+|{NUMBER} [0-9] {_BRACKET}",
    _ANY_CASE,
)
#: How official statistics mark a figure that is withheld, rounded away, not available or not applicable.
_withheld = re.compile(r"(?:[*cxz~]%?|\*{2,3}|\.\.|:)(?: \([*cxz]%?\))?", _ANY_CASE)
#: A sign of which only the document says what it means, in the place of a figure.
_sign = re.compile("[#=?!$\u2020\u2021\u00a7]{1,3}")
_kept_back = re.compile(_KEPT_BACK, _ANY_CASE)
_value_damaged = re.compile(r"[^\sA-Za-z]*[0-9][^\sA-Za-z]*(?: \(?[^\sA-Za-z]*\)?)?(?: \([^\sA-Za-z]*\)?)?|[-.,:]{2,5}")
#: A number with a space in it.
_pieces = re.compile(r"[<>]?[0-9.,]+ [0-9.,]*[0-9][0-9.,]*%?|[<>]?[0-9.,]+ %")
_word_damaged = re.compile(r"[^\sA-Za-z]*[0-9][^\sA-Za-z]*|[-.,:]{2,5}")
_value_garbled = re.compile(r"\S*[0-9%]\S*(?: \S*[0-9)]\S*)?")
_word_garbled = re.compile(r"\S*[0-9%]\S*")
_lone_digit = re.compile(r"[0-9]")
_with_digit = re.compile(r"(?=.*[0-9]).+")
_flag = re.compile(rf"[YN]|yes|no|{NO_DATA}", _ANY_CASE)
_comparison = re.compile(rf"{_TREND_WORD}(?: ?{_MARK})?(?: ?{_POLARITY})?|{_POLARITY}|{MISSING}", _ANY_CASE)
_direction = re.compile(_DIRECTION)
_arrow = re.compile(_ARROW)
_single = re.compile(r"\S")
_words = re.compile(r"[^\W\d_][\w'’-]*(?: [(]?[^\W\d_][\w'’-]*[)]?){0,5}")
_COLOUR = r"(?:G|A|R|green|amber|red)"
_rag = re.compile(rf"(?:[^\s0-9] )?{_COLOUR}(?:{_RAISED})?|{_COLOUR} ?[/&-] ?{_COLOUR}|{MISSING}|{NO_DATA}", _ANY_CASE)
#: A colour of another name; the words that say that there is no figure are none.
_rag_other = re.compile(
    r"[A-Z]|(?!(?i:data|not|no|yet|available|awaited|awaiting|see|appendix|pending|published)\b)[A-Za-z]{3,10}"
    r"|[^\s0-9] [A-Z]"
)
_quartile = re.compile(rf"[1-4](?:{_RAISED})?|{MISSING}", _ANY_CASE)
_quartile_other = re.compile(rf"[0-9]|{_GLYPH}")
_benchmark = re.compile(rf"{_MEASURED}(?: ?{_MARK})?|{NUMBER}(?<=%)(?:[0-9]| ?{_REVISED})|{MISSING}", _ANY_CASE)
_glyph = re.compile(_GLYPH)
_target = re.compile(
    rf"(?:[<>\u2264\u2265]=? ?|=[<>] ?)?{_MEASURED}(?: ?{_MARK})?"
    rf"|{_MEASURED}(?: ?\+| or (?:less|fewer|below|under|lower|more|above|over|higher))(?: ?{_MARK})?"
    rf"|(?:{_LIMIT_WORDS}|no less than|no fewer than|not (?:less|more) than|greater than|max(?:imum)?(?: of)?"
    rf"|min(?:imum)?(?: of)?) {_MEASURED}(?: ?{_MARK})?"
    rf"|(?:between )?{NUMBER}(?: ?- ?| to | and ){_MEASURED}(?: ?{_MARK})?"
    rf"|no target|top quartile|reduce|increase|maintain|improve|tbc|{MISSING}",
    _ANY_CASE,
)
_few_words = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?")
_frequency = re.compile(
    r"quarter(?:ly)?|term(?:ly)?|annual(?:ly)?|month(?:ly)?|year(?:ly)?"
    r"|last mth of qtr|last month of quarter|half[- ]year(?:ly)?",
    _ANY_CASE,
)
_tail_word = re.compile(_TAIL_WORD, _ANY_CASE)
_assessing_word = re.compile(rf"{_TREND_WORD}|{MISSING}|{_COLOUR}(?:[/&-]{_COLOUR})?|{_DIRECTION}", _ANY_CASE)


#: What a quartile is printed as.
QUARTILES = ("1", "2", "3", "4")

_FIGURES = ("value", "benchmark", "target", "quartile")


@dataclass(frozen=True)
class Kind:
    """A kind of cell: the most words it has, and patterns from the surest to the most lenient, each with its cost."""

    name: str
    longest: int
    ladder: tuple[tuple[re.Pattern[str], float], ...]

    def fit(self, text: str) -> float | None:
        """Cost of reading ``text`` as this kind of cell, or None where it cannot be one."""
        if self.name in _FIGURES and any(is_period(word) and not _number.fullmatch(word) for word in text.split()):
            # The words of a period are never a figure.
            return None
        for pattern, cost in self.ladder:
            if pattern.fullmatch(text):
                return cost
        return None


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("flag", 12, ((_flag, 0.0), (_no_data_at_length, 1.0))),
        Kind("frequency", 4, ((_frequency, 0.0), (_few_words, 3.0))),
        Kind("period", 12, ((_period, 0.0), (_no_data_at_length, 1.0), (_period_loose, 3.4))),
        Kind(
            "value",
            12,
            (
                (_value, 0.0),
                (_value_marked, 0.0),
                (_missing, 0.3),
                (_value_in_doubt, 0.6),
                (_value_damaged, 0.6),
                (_withheld, 0.9),
                (_no_data_at_length, 1.0),
                (_sign, 2.0),
                (_value_garbled, 3.0),
                (_with_digit, 3.2),
                (_words, 3.6),
            ),
        ),
        Kind("comparison", 8, ((_comparison, 0.0), (_direction, 0.2), (_arrow, 0.8), (_single, 1.8), (_words, 4.0))),
        # The words say rather that the figure is missing, where both could stand.
        Kind("rag", 4, ((_rag, 0.0), (_no_data, 2.2), (_rag_other, 3.0))),
        Kind("quartile", 2, ((_quartile, 0.0), (_quartile_other, 1.0))),
        Kind(
            "benchmark",
            3,
            (
                (_lone_digit, 1.2),
                (_benchmark, 0.0),
                (_kept_back, 0.9),
                (_glyph, 1.0),
                (_word_damaged, 2.0),
                (_pieces, 2.7),
                (_word_garbled, 4.0),
            ),
        ),
        Kind(
            "target",
            6,
            (
                (_lone_digit, 1.2),
                (_target, 0.0),
                (_word_damaged, 2.0),
                (_pieces, 2.2),
                (_with_digit, 2.6),
                (_words, 4.5),
            ),
        ),
    )
}

#: Kinds of text columns, which are told by their place and by the layout's vocabulary.
TEXT_KINDS = ("section", "theme", "label")


@lru_cache(maxsize=65536)
def is_period(text: str) -> bool:
    """Whether the whole text is one printed period."""
    return _period_only.fullmatch(text) is not None


def is_no_data(text: str) -> bool:
    """Whether the whole text says that there is no figure, or where else it stands."""
    return _no_data.fullmatch(text) is not None


def says_no_data(text: str) -> bool:
    """Whether the whole text says, at whatever length, that there is no figure."""
    return _no_data.fullmatch(text) is not None or _no_data_at_length.fullmatch(text) is not None


def is_sign(text: str) -> bool:
    """Whether the whole text is a sign of official statistics in the place of a figure."""
    return (_withheld.fullmatch(text) or _kept_back.fullmatch(text)) is not None


def is_missing(text: str) -> bool:
    """Whether the whole text is a form of n/a."""
    return _missing.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether the whole text is a number in order, with or without a percent sign."""
    return _number.fullmatch(text) is not None


@lru_cache(maxsize=65536)
def is_tail_word(word: str) -> bool:
    """Whether a single word could stand after the label of a row."""
    return _tail_word.fullmatch(word) is not None


def is_assessing(word: str) -> bool:
    """Whether a word says how a figure moved or stands: a direction, a colour or n/a."""
    return _assessing_word.fullmatch(word) is not None


@lru_cache(maxsize=65536)
def is_glyph(text: str) -> bool:
    """Whether the text is a lone mark that carries no meaning of its own; a digit always carries one."""
    return (len(text) == 1 and not text.isdigit()) or _glyph.fullmatch(text) is not None


def leading_period(words: list[str], start: int) -> int:
    """How many words from ``start`` on form the longest printed period; 0 where none does."""
    if not _begins_period.match(words[start]):
        return 0
    for count in (7, 6, 5, 4, 3, 2, 1):
        if start + count <= len(words) and is_period(" ".join(words[start : start + count])):
            return count
    return 0
