"""The numbers of a paragraph: what is a period, a definition or a reference, and what is left as a figure."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.intake.quarters import ReportingQuarter
from ingest.reports.paragraphs import view_of
from ingest.reports.rules import NUMBER_WORDS, PERIOD_MARK, PERIOD_REST, WORD_NUMBER, Rules

_TOKEN = re.compile(
    r"(?<![\w.,/£$#%\ufffd])(?P<sign>(?<![\w)-])[-+](?=[0-9]))?(?<![0-9][-:])"
    r"(?P<digits>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)"
    r"(?P<percent> ?%(?: points?)?| ?per ?cent(?:age)?\b(?: points?\b)?)?"
    r"(?P<points> ?(?:percentage )?(?:points?|ppts?|pp)\b)?(?![\w\ufffd]|[.,:/][0-9]| ?%)"
    rf"|\b(?P<words>{WORD_NUMBER})\b"
    r"(?P<of>[- ](?:thirds?|fifths?|half|halves|tenths?|hundred|thousand|million|quarters? of))?"
    r"(?P<word_percent> per ?cent(?:age)?\b(?: points?\b)?)?(?P<word_points> (?:percentage )?points?\b)?",
    re.IGNORECASE,
)
#: Between two numbers, where neither says whether it is a piece of the other, or a mark at it.
_RUN_TOGETHER_YEAR = re.compile(r"20[0-9]{4}")
_DECIMALS_APART = re.compile(r" +\.[0-9]")
_PERCENT = re.compile(r" ?%")
_END_OF_SENTENCE = re.compile(r"[.;!?] ")
_SIDE_BY_SIDE = re.compile(r"\)? ")
_DIGITS = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH_NAMES = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_TERM_MONTHS = {"spring": (1, 3), "summer": (4, 8), "autumn": (9, 12)}
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}


@dataclass
class Span:
    """A stretch of the text that is no figure; ``role`` as in ``NUMBER_ROLES``."""

    start: int
    end: int
    role: str


@dataclass
class Period:
    """A period in the text: its form, its text as the dbt project reads it, and whether it is compared with."""

    start: int
    end: int
    form: str
    text: str | None
    compared: bool = False


@dataclass
class Token:
    """A number in the text, in digits or in words; ``role`` is filled by the engine."""

    start: int
    end: int
    value: float
    decimals: int
    is_percent: bool
    is_points: bool
    in_words: bool
    role: str = ""
    claim: int | None = None
    basis: str | None = None
    #: The period right behind an earlier figure, which is that figure's.
    period: Period | None = None


@dataclass
class Marked:
    """A paragraph as the patterns see it: ``view`` without markup, ``text`` with each period covered by a mark."""

    view: str
    text: str
    spans: list[Span] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)
    quartiles: list[re.Match[str]] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)


def mark(text: str, rules: Rules, edition: ReportingQuarter | None) -> Marked:
    """Find what the numbers of a paragraph are, as far as that can be said without the sentence around them."""
    view = view_of(text).lower()
    if len(view) != len(text):
        # Lower case may be longer than upper case in a few scripts; the offsets must stay those of the words.
        view = view_of("".join(c if len(c.lower()) == 1 else "?" for c in text)).lower()
    taken = bytearray(len(view))
    marked = Marked(view, view)
    has_number = any(character.isdigit() for character in view)

    def free(start: int, end: int) -> bool:
        return not any(taken[start:end])

    if has_number or any(word in view for word in NUMBER_WORDS):
        for rule in rules.lists["not_figures"]:
            if not rule.may_fit(view):
                continue
            for found in rule.pattern.finditer(view):
                if free(*found.span()):
                    taken[found.start() : found.end()] = b"\1" * (found.end() - found.start())
                    marked.spans.append(Span(found.start(), found.end(), rule["role"]))
    for rule in rules.lists["periods"]:
        if not rule.may_fit(view):
            continue
        for found in rule.pattern.finditer(view):
            start, end = _period_span(found, rule["form"])
            if free(start, end):
                taken[start:end] = b"\1" * (end - start)
                marked.periods.append(Period(start, end, rule["form"], period_text(rule["form"], found, edition)))
    marked.periods.sort(key=lambda period: period.start)
    marked.text = _covered(view, marked.periods)
    for rule in rules.lists["quartiles"] if "quartile" in view else ():
        for found in rule.pattern.finditer(marked.text):
            if free(*found.span("now")):
                start, end = (
                    min(found.start("now"), *_start_of(found, "before")),
                    max(found.end("now"), *_end_of(found, "before")),
                )
                taken[start:end] = b"\1" * (end - start)
                marked.quartiles.append(found)
                marked.spans.append(Span(start, end, "quartile"))
    marked.quartiles.sort(key=lambda found: found.start("now"))
    for found in _TOKEN.finditer(view):
        if free(*found.span()):
            token = _token(found)
            if token is None:
                marked.spans.append(Span(found.start(), found.end(), "wording"))
            else:
                marked.tokens.append(token)
    _part_doubtful(marked)
    return marked


def _part_doubtful(marked: Marked) -> None:
    """Numbers in digits side by side become ``unexplained``: no figure is made of what may be half of one."""
    doubtful: set[int] = set()
    for before, after in pairwise(marked.tokens):
        between = marked.view[before.end : after.start]
        if before.in_words or after.in_words or not _SIDE_BY_SIDE.fullmatch(between):
            continue
        # Behind a closed bracket only the second is in doubt.
        doubtful |= {id(after)} if ")" in between else {id(before), id(after)}
    for token in marked.tokens:
        printed = marked.view[token.start : token.end]
        # A year without its stroke; a number whose decimals stand apart.
        if _RUN_TOGETHER_YEAR.fullmatch(printed) and int(printed[4:]) == (int(printed[:4]) + 1) % 100:
            doubtful.add(id(token))
        if not token.in_words and _DECIMALS_APART.match(marked.view, token.end):
            doubtful.add(id(token))
    _unexplain(marked, doubtful)
    _unexplain(marked, _behind_a_doubt(marked))


def _behind_a_doubt(marked: Marked) -> set[int]:
    """Numbers in brackets behind a number that is in doubt: they are no figures, they belong to that one."""
    doubts = [span.end for span in marked.spans if span.role == "unexplained"]
    doubts += [end for _, end in unexplained(marked) if _PERCENT.match(marked.view, end)]
    doubts.sort()
    found: set[int] = set()
    before = 0
    for token in marked.tokens:
        place = bisect_right(doubts, token.start)
        if place and doubts[place - 1] >= before:
            between = marked.view[doubts[place - 1] : token.start]
            if between.rstrip().endswith("(") and not _END_OF_SENTENCE.search(between):
                found.add(id(token))
        before = token.end
    return found


def _unexplain(marked: Marked, doubtful: set[int]) -> None:
    marked.spans += [Span(token.start, token.end, "unexplained") for token in marked.tokens if id(token) in doubtful]
    marked.tokens = [token for token in marked.tokens if id(token) not in doubtful]


def _start_of(found: re.Match[str], name: str) -> tuple[int, ...]:
    return (found.start(name),) if name in found.re.groupindex and found[name] else (found.start("now"),)


def _end_of(found: re.Match[str], name: str) -> tuple[int, ...]:
    return (found.end(name),) if name in found.re.groupindex and found[name] else (found.end("now"),)


def _period_span(found: re.Match[str], form: str) -> tuple[int, int]:
    return (found.start("last"), found.end()) if form == "bare_month" else found.span()


def _covered(view: str, periods: list[Period]) -> str:
    parts, at = [], 0
    for period in periods:
        parts += [view[at : period.start], PERIOD_MARK, PERIOD_REST * (period.end - period.start - 1)]
        at = period.end
    return "".join([*parts, view[at:]])


def _token(found: re.Match[str]) -> Token | None:
    if found["words"]:
        if found["of"]:
            # A fraction, or a number that is larger than its first word.
            return None
        value = float(sum(NUMBER_WORDS[part] for part in re.split(r"[- ]", found["words"])))
        percent, points = found["word_percent"] or "", found["word_points"] or ""
        return Token(found.start(), found.end(), value, 0, bool(percent), "point" in percent or bool(points), True)
    digits = found["digits"].replace(",", "")
    value = float(digits) * (-1 if found["sign"] == "-" else 1)
    percent, points = found["percent"] or "", found["points"] or ""
    return Token(
        found.start(),
        found.end(),
        value,
        len(digits.partition(".")[2]),
        bool(percent) or "percentage" in points or "pp" in points,
        "point" in percent or bool(points),
        False,
    )


def unexplained(marked: Marked) -> list[tuple[int, int]]:
    """Runs of digits that neither a token nor a span covers; letters that they belong to make them a name."""
    covered = bytearray(len(marked.view))
    for item in (*marked.spans, *marked.periods, *marked.tokens):
        covered[item.start : item.end] = b"\1" * (item.end - item.start)
    return [found.span() for found in _DIGITS.finditer(marked.view) if not any(covered[found.start() : found.end()])]


def period_text(form: str, found: re.Match[str], edition: ReportingQuarter | None) -> str | None:
    """A period in a form that the dbt project reads; what the words leave out is what the edition can speak of.

    A quarter, month or term without a year is the last one that had begun when the edition's quarter ended.
    """
    named = {name: value for name, value in found.groupdict().items() if value}
    years = named.get("years") or named.get("other_years")
    if form == "quarter":
        number = _quarter_number(named["quarter"])
        if years:
            return f"Q{number} {_years(years)}"
        if edition is None:
            return f"Q{number}"
        return _quarter(ReportingQuarter(edition.year - (number > edition.quarter), number))
    if form == "span":
        first = f"{_month(named['first'])} {named.get('first_year') or _first_year(named)}"
        return f"{first} - {_month(named['last'])} {named['last_year']}"
    if form == "year_to":
        return f"year ending {_month(named['last'])} {named['last_year']}"
    if form == "month":
        return f"{_month(named['last'])} {named['last_year']}"
    if form == "bare_month":
        month = _MONTHS.index(named["last"][:3]) + 1
        return f"{_MONTH_NAMES[month - 1]} {_year_of_month(month, edition)}" if edition else None
    if form == "term":
        term = (named.get("term") or named["other_term"]).capitalize()
        year = named.get("year") or named.get("other_year")
        if year is None and edition is not None:
            year = str(_year_of_month(_TERM_MONTHS[term.lower()][0], edition))
        return f"{term} {year}" if year else None
    if form == "academic_year":
        named_years = re.search(r"(?:19|20)[0-9 /-]*[0-9]", found.group())
        return f"academic year {_years(named_years.group())}" if named_years else None
    if form == "calendar_year":
        return f"calendar year {years}"
    if form in ("years", "year"):
        return _years(years) if years else None
    return None


def previous(text: str | None, form: str, edition: ReportingQuarter | None) -> str | None:
    """The period that "the same period last year" or "the previous quarter" means beside a claim's own period."""
    own = re.fullmatch(r"Q([1-4]) (20[0-9]{2})/[0-9]{2}", text or "")
    quarter = ReportingQuarter(int(own[2]), int(own[1])) if own else None if text else edition
    if form == "previous_quarter" and quarter:
        return _quarter(ReportingQuarter(quarter.year - (quarter.quarter == 1), (quarter.quarter + 2) % 4 + 1))
    if form == "same_period_last_year" and quarter:
        return _quarter(ReportingQuarter(quarter.year - 1, quarter.quarter))
    if form == "same_period_last_year" and text and re.fullmatch(r"[A-Z][a-z]+ 20[0-9]{2}", text):
        name, year = text.split()
        return f"{name} {int(year) - 1}"
    return None


def _quarter(quarter: ReportingQuarter) -> str:
    return f"Q{quarter.quarter} {quarter.financial_year}"


def _quarter_number(words: str) -> int:
    digit = re.search(r"(?<![0-9])[1-4](?![0-9])", words)
    if digit:
        return int(digit.group())
    for word in words.split():
        if word in _ORDINALS:
            return _ORDINALS[word]
        if word in NUMBER_WORDS:
            return NUMBER_WORDS[word]
    return int(re.sub(r"[^1-4]", "", words)[:1] or 1)


def _years(words: str) -> str:
    parts = re.findall(r"[0-9]+", words)
    return "/".join([parts[0], parts[1][-2:]]) if len(parts) > 1 else parts[0]


def _month(words: str) -> str:
    return _MONTH_NAMES[_MONTHS.index(words[:3])]


def _first_year(named: dict[str, str]) -> int:
    later = _MONTHS.index(named["first"][:3]) > _MONTHS.index(named["last"][:3])
    return int(named["last_year"]) - later


def _year_of_month(month: int, edition: ReportingQuarter) -> int:
    last = edition.next().start
    return last.year if month < last.month else last.year - 1
