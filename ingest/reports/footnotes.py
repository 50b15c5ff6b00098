"""Footnote marks in prose: what stands at a word or a figure and only points to a note.

A mark is taken out before anything is judged, so that no pattern meets it and it never becomes a figure. Two numbers
side by side without a word between them are another matter: nothing tells a mark there from a piece of a number, and
``ingest.reports.numbers`` makes no figure of either.
"""

from __future__ import annotations

import re

#: In this order: what is never anything but a mark; a digit glued to a percentage or to its bracket; the letters of
#: provisional, revised and estimated there; a digit in a bracket where another bracket follows with the count; a lone
#: digit after a percentage and a blank, which no longer belongs to that number.
_MARK = re.compile(
    r"[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+(?:,[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+)*"
    r"|\^\{[0-9a-z*]{1,3}\}|\^[0-9]{1,2}(?![0-9])"
    r"| ?\[(?:[0-9]{1,2}|[a-z]|[ivx]{2,4})\]"
    r"|(?<=[0-9%)])[*\u2020\u2021\u00a7]+"
    r"|(?<=[0-9]%)(?:[0-9]{1,2}(?:,[0-9]{1,2})*)(?![0-9%]|[.,][0-9])"
    r"|(?<=[0-9]\))(?:[0-9]{1,2}(?:,[0-9]{1,2})*)(?![0-9%]|[.,][0-9])"
    r"|(?<=[0-9]%)[pre](?![a-z0-9])"
    r"|(?<=[0-9]%)\([1-9]\)(?=[^().;%]{0,60}\([0-9])"
    r"|(?<=[0-9]%) [1-9](?= [a-z(]|[.,;:](?: |$)|$)"
)


def marks_in(text: str) -> list[tuple[int, int]]:
    """Start and end of each footnote mark in a text in normal form."""
    return [found.span() for found in _MARK.finditer(text)]
