"""What says who a person is never reaches a raw table: it is withheld before a report is cut into paragraphs.

The archive keeps the bytes as received; everything derived from them is made of the lines that come out of here.
"""

from __future__ import annotations

import re

from ingest.intake.characters import normal, squash

WITHHELD = "[withheld]"

_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(
    r"(?:(?:tel(?:ephone)?|phone|mobile|mob|fax|ext(?:ension)?)\b[.: ]*(?:no\.?|number)?[.: ]*)"
    r"\+?[0-9(][0-9() -]{2,20}[0-9]"
    r"|(?<![\w.,/-])(?:\+44|\(?0)(?:[ ()-]?[0-9]){9,11}(?![0-9])",
    re.IGNORECASE,
)
_CAPITAL = r"(?:[A-Z]')?[A-Z][a-z']+(?:[A-Z][a-z]+)?(?:-[A-Z][a-z']+)?"
_INITIALS = r"(?:[A-Z]\.? ?){1,3}"
_NAME = rf"{_CAPITAL}(?: (?:[A-Z]\.? )?{_CAPITAL}){{1,2}}"
_ROLE = (
    r"(?:(?:Interim|Acting|Assistant|Deputy|Corporate|Executive|Service|Strategic|Senior|Principal|Joint|Managing|Lead|"
    r"Group|Area|Performance|Business|Head|Chief)\s)*"
    r"(?:Director|Head|Manager|Officer|Partner|Lead|Chief|Analyst|Adviser|Advisor|Consultant|Councillor|Chair|Member|"
    r"Executive|Assistant|Accountant|Solicitor|Secretary|Clerk)"
)
_WITH_JOB = re.compile(rf"\b({_NAME})(?=\s*(?:,|-|\()\s*(?:the )?{_ROLE}\b)")
_TITLES = r"(?:Cllr|Councillor|Mr|Mrs|Ms|Miss|Dr|Prof(?:essor)?|Sir|Dame|Lady|Lord|Rev)"
_WITH_TITLE = re.compile(rf"\b({_TITLES}\.?\s(?:{_INITIALS}\s?)?{_CAPITAL}(?: {_CAPITAL}){{0,2}})")
_ADDRESS = r"(?:[Cc]ontact|[Aa]uthors?|[Oo]fficer|[Pp]repared by|[Ww]ritten by|[Rr]eport (?:of|by))"
_ADDRESSED = re.compile(rf"\b({_ADDRESS}\s*(?:is|are|:|-)?\s+)({_NAME})(?!\w)")
#: Words that begin like names at the head of a line and are none.
_NO_NAMES = re.compile(
    r"\b(?:Children|Child|Family|Families|Service|Services|Social|Care|Council|County|Department|Education|Health|"
    r"Performance|Business|Head|Director|Officer|Quarter|Report|Committee|Scrutiny|Cabinet|Board|Assistant|Early|Years|"
    r"Help|Safe|Young|People|School|Schools|Police|National|Local|Authority|Tel|Email|Appendix)\b"
)
_LISTED_NAME = re.compile(rf"^\W*({_NAME})\s*(?:,|-|\(|:|$)")


def names_in_contacts(lines: list[str]) -> set[str]:
    """Names that stand at the beginning of lines of contact sections, to be withheld wherever they stand."""
    found = (_LISTED_NAME.match(squash(normal(line))) for line in lines)
    return {match.group(1) for match in found if match and not _NO_NAMES.search(match.group(1))}


def withhold(line: str, names: frozenset[str] = frozenset()) -> str:
    """The line without e-mail addresses, telephone numbers and persons' names; digits of a figure are never touched.

    What is withheld is told from the line's normal form, in which the rest of such a line comes back, too.
    """
    judged = normal(line)
    kept = _withhold(judged, names)
    return line if kept == judged else kept


def _withhold(line: str, names: frozenset[str]) -> str:
    if "@" in line:
        line = _EMAIL.sub(WITHHELD, line)
    if any(character.isdigit() for character in line):
        line = _PHONE.sub(WITHHELD, line)
    line = _WITH_TITLE.sub(WITHHELD, line)
    line = _WITH_JOB.sub(lambda found: found.group() if _NO_NAMES.search(found.group(1)) else WITHHELD, line)
    line = _ADDRESSED.sub(
        lambda found: found.group() if _NO_NAMES.search(found.group(2)) else found.group(1) + WITHHELD, line
    )
    for name in names:
        if name in line:
            line = line.replace(name, WITHHELD)
    return line
