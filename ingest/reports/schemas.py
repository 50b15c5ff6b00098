"""The raw tables of a covering report. Words are as printed; personal data is withheld before anything is written.

Here the reading of a report types its figures, because the rules that find a figure in prose also say what it is;
the exact words stand beside each. Periods stay text in the forms that the dbt project reads.
"""

from __future__ import annotations

import pyarrow as pa

from ingest.intake.schemas import PROBLEMS, RawTable, schema_of

#: What became of a line of a report.
REPORT_DISPOSITIONS = (
    "title",
    "heading",
    "paragraph",
    "contact",
    "reference",
    "page_furniture",
    "blank",
)

#: What became of a paragraph: ``claims`` were taken from it; ``no_figure`` holds none; ``no_claim`` holds numbers that
#: are no claims (periods, definitions, references); ``unread`` holds a number that no rule explains.
OUTCOMES_OF_PARAGRAPHS = ("claims", "no_figure", "no_claim", "unread")

#: ``figure``: a value of an indicator with all that is said of it. ``tally``: a count of the edition's measures.
#: The others stand alone because the paragraph prints no figure they belong to, or because it cannot be told which:
#: ``change``, ``comparison`` (an earlier or usual figure), ``direction``, ``quartile``, ``benchmark``, ``target``;
#: ``no_data``: the report says that something is not there; ``reason``: it explains figures without giving one.
CLAIM_KINDS = (
    "figure",
    "tally",
    "change",
    "comparison",
    "direction",
    "quartile",
    "benchmark",
    "target",
    "no_data",
    "reason",
)
UNITS = ("percent", "count", "rate", "score", "points", "ratio")
DIRECTIONS = ("up", "down", "same")
JUDGEMENTS = ("better", "worse", "similar", "none")
COMPARISON_BASES = (
    "period",
    "previous_quarter",
    "previous_year",
    "same_period_last_year",
    "previous_reported",
    "usual",
    "unstated",
)
CHANGE_UNITS = ("points", "count", "percent", "rate")
RELATIONS = ("above", "below", "similar", "better", "worse")
TALLY_CATEGORIES = (
    "total",
    "better",
    "similar",
    "worse",
    "no_polarity",
    "quartile",
    "on_target",
    "off_target",
    "no_data",
    "green",
    "amber",
    "red",
)
#: How an indicator was found: its label in quotation marks, its words, the claim to which the words point back, or the
#: figures under the same heading.
METHODS = ("quotation", "label", "carried", "heading")

#: What each number of a report is.
NUMBER_ROLES = (
    "value",
    "numerator",
    "denominator",
    "share",
    "change",
    "comparison_value",
    "comparison_numerator",
    "benchmark_value",
    "benchmark_gap",
    "target_value",
    "quartile",
    "tally",
    "period",
    "definition",
    "duration",
    "reference",
    "money",
    "paragraph_number",
    "footnote_mark",
    "markup",
    "withheld",
    "wording",
    "unexplained",
)

_text = pa.string()
_int = pa.int32()
_number = pa.float64()
_key = (("edition_key", _text, False), ("source_sha256", _text, False))

REPORT_LINES = RawTable(
    "report_lines",
    schema_of(
        *_key,
        ("line_number", _int, False),
        ("disposition", _text, False),
        ("paragraph", _int, True),
        ("line_text", _text, False),
    ),
    {"disposition": REPORT_DISPOSITIONS},
    ("edition_key", "source_sha256", "line_number"),
)

REPORT_PARAGRAPHS = RawTable(
    "report_paragraphs",
    schema_of(
        *_key,
        ("paragraph", _int, False),
        ("paragraph_label", _text, True),
        ("heading_text", _text, True),
        ("line_from", _int, False),
        ("line_to", _int, False),
        ("outcome", _text, False),
        ("claim_count", _int, False),
        ("paragraph_text", _text, False),
    ),
    {"outcome": OUTCOMES_OF_PARAGRAPHS},
    ("edition_key", "source_sha256", "paragraph"),
)

CLAIMS = RawTable(
    "claims",
    schema_of(
        *_key,
        ("paragraph", _int, False),
        ("claim_number", _int, False),
        ("claim_kind", _text, False),
        ("value", _number, True),
        ("value_text", _text, True),
        ("decimals", _int, True),
        ("unit", _text, True),
        ("numerator", pa.int64(), True),
        ("denominator", pa.int64(), True),
        ("direction", _text, True),
        ("judgement", _text, True),
        ("quartile", _int, True),
        ("quartile_before", _int, True),
        # In a form that the dbt project reads, such as "Q1 2020/21"; the printed words stand beside it.
        ("period_text", _text, True),
        ("period_words", _text, True),
        ("is_latest_available", pa.bool_(), False),
        ("comparison_basis", _text, True),
        ("comparison_period_text", _text, True),
        ("comparison_words", _text, True),
        ("comparison_value", _number, True),
        ("comparison_numerator", pa.int64(), True),
        # With its sign: below zero where the words say that the figure fell.
        ("change", _number, True),
        ("change_unit", _text, True),
        ("benchmark_value", _number, True),
        ("benchmark_relation", _text, True),
        ("benchmark_gap", _number, True),
        ("comparator_text", _text, True),
        ("target_value", _number, True),
        ("target_relation", _text, True),
        ("reason", _text, True),
        ("reason_words", _text, True),
        ("tally_group", _int, True),
        ("tally_category", _text, True),
        ("tally_total", _int, True),
        ("words", _text, False),
        ("line_from", _int, False),
        ("line_to", _int, False),
    ),
    {
        "claim_kind": CLAIM_KINDS,
        "unit": UNITS,
        "direction": DIRECTIONS,
        "judgement": JUDGEMENTS,
        "comparison_basis": COMPARISON_BASES,
        "change_unit": CHANGE_UNITS,
        "benchmark_relation": RELATIONS,
        "tally_category": TALLY_CATEGORIES,
    },
    ("edition_key", "source_sha256", "paragraph", "claim_number"),
)

#: The indicators that a claim may speak of, the likeliest first. More than one: the words fit several alike, and the
#: warehouse decides by what the edition's dashboard prints, or leaves it open.
CLAIM_CANDIDATES = RawTable(
    "claim_candidates",
    schema_of(
        *_key,
        ("paragraph", _int, False),
        ("claim_number", _int, False),
        ("place", _int, False),
        ("indicator_key", _text, False),
        ("score", _number, False),
        ("method", _text, False),
        ("matched_words", _text, False),
    ),
    {"method": METHODS},
    ("edition_key", "source_sha256", "paragraph", "claim_number", "place"),
)

REPORT_NUMBERS = RawTable(
    "report_numbers",
    schema_of(
        *_key,
        ("number_order", _int, False),
        ("line_number", _int, False),
        ("paragraph", _int, True),
        ("claim_number", _int, True),
        ("printed_text", _text, False),
        ("role", _text, False),
    ),
    {"role": NUMBER_ROLES},
    ("edition_key", "source_sha256", "number_order"),
)

REPORT_PROBLEMS = RawTable("report_problems", PROBLEMS.schema, PROBLEMS.allowed, PROBLEMS.key)

#: One folder a report version holds these.
REPORT_TABLES = (REPORT_LINES, REPORT_PARAGRAPHS, CLAIMS, CLAIM_CANDIDATES, REPORT_NUMBERS, REPORT_PROBLEMS)
