"""The one form in which characters are compared: what looks alike to a reader is alike to the rules.

Typesetting has many characters for one blank, dash, slash or quotation mark, joins letters into ligatures, and
strews characters that nobody sees. ``normal`` undoes that; every rule of the project judges text in this form, and
what is published stays as printed. The dbt project has the same form: ``dbt_project/macros/characters.sql`` is
written from the table below by ``python -m ingest.intake.characters``.

Left as they are, because they say something of their own: raised and lowered digits (a mark, not a figure), vulgar
fractions, digits of other scripts (no figure is read from them), and U+FFFD, which stands for a lost character.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

MACRO = Path(__file__).parents[2] / "dbt_project" / "macros" / "characters.sql"

_ALIKE: dict[str, tuple[int, ...]] = {
    " ": (0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x2800, 0x3000, 0x3164, 0xFFA0),
    "-": (
        *(0x2D7, 0x58A, 0x5BE, *range(0x2010, 0x2016), 0x2043, 0x2212, 0x2796, 0x2E17, 0x2E1A, 0x2E3A, 0x2E3B),
        *(0x301C, 0x3030, 0xFE31, 0xFE32, 0xFE58, 0xFE63, 0xFF0D),
    ),
    "/": (0x2044, 0x2215, 0x29F8),
    "'": (0x60, 0xB4, 0x2BC, 0xFF40, 0x2018, 0x2019, 0x201B, 0x2032),
    '"': (0x201C, 0x201D, 0x201E, 0x201F, 0x2033),
    ".": (0x2024,),
}
#: Soft hyphen, zero-width characters, marks of direction, variation selectors, fillers, tags.
_UNSEEN = (0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F))
_UNSEEN += (*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0x1BCA0, 0x1BCA4))
_UNSEEN += (*range(0x1D173, 0x1D17B), 0xE0001, *range(0xE0020, 0xE0080), *range(0xE0100, 0xE01F0))
#: Forms of ASCII characters: small, full width, and the digits of mathematical alphabets.
_FORMS_OF_ASCII = (*range(0xFE50, 0xFE6C), *range(0xFF01, 0xFF5F), *range(0x1D7CE, 0x1D800))
_LATIN_LIGATURES = range(0xFB00, 0xFB07)


def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for code in _FORMS_OF_ASCII:
        plain = unicodedata.normalize("NFKC", chr(code))
        # A backslash would be an escape in the SQL of some engines.
        if len(plain) == 1 and plain.isascii() and plain != "\\":
            table[code] = plain
    table.update({code: to for to, codes in _ALIKE.items() for code in codes})
    table.update({code: unicodedata.normalize("NFKC", chr(code)) for code in _LATIN_LIGATURES})
    table.update(dict.fromkeys(_UNSEEN, ""))
    return table


_NOT_WORD = re.compile(r"[^a-z0-9%]+")
#: Code point to what it is read as; nothing for a character that nobody sees.
NORMAL = _table()


def normal(text: str) -> str:
    """The text in normal form. Blanks keep their number, and tabs and line ends stay."""
    if text.isascii() and "`" not in text:
        return text
    return text.translate(NORMAL)


def normal_places(text: str) -> tuple[str, list[int]]:
    """The text in normal form, and for each of its characters, and its end, the place in ``text`` that it is from."""
    if normal(text) is text:
        return text, [*range(len(text) + 1)]
    parts = [NORMAL.get(ord(character), character) for character in text]
    places = [place for place, part in enumerate(parts) for _ in part]
    return "".join(parts), [*places, len(text)]


def words_as_printed(line: str) -> list[tuple[str, str]]:
    """The words of a line in normal form, each with the characters as they are printed."""
    found: list[tuple[str, str]] = []
    alike, printed = "", ""
    for character in line:
        part = normal(character)
        if part.isspace():
            if alike:
                found.append((alike, printed))
            alike, printed = "", ""
        else:
            alike, printed = alike + part, printed + character
    if alike:
        found.append((alike, printed))
    return found


def squash(text: str) -> str:
    """One space for every run of white space, none at the ends."""
    return " ".join(text.split())


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Text for comparing headings: in normal form and lower case, punctuation and repeated spaces gone."""
    return _NOT_WORD.sub(" ", normal(text).lower()).strip()


def macro() -> str:
    """The dbt macro that gives the same form, in SQL that DuckDB and Spark read alike."""

    def escaped(codes: list[int]) -> str:
        return "".join(chr(c) if c < 0x7F else f"\\u{c:04x}" if c <= 0xFFFF else f"\\U{c:08x}" for c in codes)

    def literal(text: str) -> str:
        return text.replace("'", "''").replace('"', '\\"')

    one = {code: to for code, to in NORMAL.items() if len(to) == 1}
    # The characters that have no counterpart stand last: translate drops them.
    none = [code for code, to in NORMAL.items() if not to]
    several = {code: to for code, to in NORMAL.items() if len(to) > 1}
    return "\n".join(
        [
            "{#",
            "  Text in normal form: what looks alike to a reader is alike. Written by",
            "  `python -m ingest.intake.characters` from the table there, which says what it holds; "
            "not edited by hand.",
            "#}",
            "{% macro normal_text(text) -%}",
            f'  {{%- set from = "{literal(escaped(list(one) + none))}" -%}}',
            f'  {{%- set to = "{literal("".join(one.values()))}" -%}}',
            "  {%- set ligatures = {",
            *(f'    "{escaped([code])}": "{to}",' for code, to in several.items()),
            "  } -%}",
            '  {%- set ns = namespace(text="translate(" ~ text ~ ", \'" ~ from ~ "\', \'" ~ to ~ "\')") -%}',
            "  {%- for ligature, letters in ligatures.items() -%}",
            '    {%- set ns.text = "replace(" ~ ns.text ~ ", \'" ~ ligature ~ "\', \'" ~ letters ~ "\')" -%}',
            "  {%- endfor -%}",
            "  {#- Few texts have more bytes than characters, and to translate takes long. -#}",
            "  case when bit_length({{ text }}) > 8 * length({{ text }}) or instr({{ text }}, '`') > 0",
            "    then {{ ns.text }} else {{ text }} end",
            "{%- endmacro %}",
            "",
        ]
    )


if __name__ == "__main__":
    MACRO.write_text(macro(), encoding="utf-8")
