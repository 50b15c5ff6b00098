"""The raw tables: one declared schema each, the only definition that writers and checks use.

A schema states types, nullability and allowed values. ``conform`` builds a table or fails with
every violation named; the asset checks call ``violations`` on what lies on disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

DISPOSITIONS = (
    "row",
    "continuation",
    "section",
    "column_heading",
    "title",
    "footnote",
    "key",
    "page_furniture",
    "blank",
    "unrecognised",
)
SEVERITIES = ("info", "warning", "error")
OUTCOMES = ("received", "loaded", "rejected")
#: A dashboard is an edition; a report covers one.
DOCUMENTS = ("dashboard", "report")
IDENTITY_SOURCES = ("content", "file_name", "sidecar", "folder", "default")

#: Text cells of a dashboard row, in the order in which ``rows`` holds them.
CELL_COLUMNS = (
    "section_text",
    "theme_text",
    "label_text",
    "frequency_text",
    "updated_text",
    "period_text",
    "value_text",
    "comparison_text",
    "rag_text",
    "quartile_text",
    "benchmark_text",
    "target_text",
    "previous_period_text",
    "previous_value_text",
)

#: Stands between two pieces of one cell that were printed in different table cells.
PIECE_BREAK = " | "


@dataclass(frozen=True)
class RawTable:
    """A raw table: its Arrow schema, and the values that enumerated columns may take."""

    name: str
    schema: pa.Schema
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    key: tuple[str, ...] = ()


def schema_of(*columns: tuple[str, pa.DataType, bool]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=nullable) for name, kind, nullable in columns])


_text = pa.string()
_int = pa.int32()

LINES = RawTable(
    "lines",
    schema_of(
        ("edition_key", _text, False),
        ("source_sha256", _text, False),
        ("line_number", _int, False),
        ("disposition", _text, False),
        ("row_number", _int, True),
        ("line_text", _text, False),
    ),
    {"disposition": DISPOSITIONS},
    ("edition_key", "source_sha256", "line_number"),
)

ROWS = RawTable(
    "rows",
    schema_of(
        ("edition_key", _text, False),
        ("source_sha256", _text, False),
        ("row_number", _int, False),
        ("line_from", _int, False),
        ("line_to", _int, False),
        *((column, _text, True) for column in CELL_COLUMNS),
    ),
    {},
    ("edition_key", "source_sha256", "row_number"),
)

PROBLEMS = RawTable(
    "problems",
    schema_of(
        ("edition_key", _text, True),
        ("source_sha256", _text, False),
        ("source_file", _text, False),
        ("issue_code", _text, False),
        ("severity", _text, False),
        ("row_number", _int, True),
        ("line_from", _int, True),
        ("line_to", _int, True),
        ("column_name", _text, True),
        ("printed_text", _text, True),
        ("message", _text, False),
    ),
    {"severity": SEVERITIES},
)

RECEIVED_FILES = RawTable(
    "received_files",
    schema_of(
        ("source_sha256", _text, False),
        ("source_file", _text, False),
        ("size_bytes", pa.int64(), False),
        ("received_at", pa.timestamp("us", tz="UTC"), False),
        ("outcome", _text, False),
        ("error_code", _text, True),
        ("error_message", _text, True),
        ("edition_key", _text, True),
        ("area_code", _text, True),
        ("financial_year", _text, True),
        ("quarter", _int, True),
        ("edition_source", _text, True),
        ("area_source", _text, True),
        ("layout", _text, True),
        ("comparator_text", _text, True),
        # What signs mean in the file's layout; see ``Layout.vocabulary``.
        ("vocabulary", _text, True),
        ("encoding", _text, True),
        ("line_count", _int, True),
        ("row_count", _int, True),
        ("version_number", _int, True),
        ("in_force", pa.bool_(), False),
        # Null where a rejected file was recognised as neither.
        ("document", _text, True),
    ),
    {"outcome": OUTCOMES, "document": DOCUMENTS, "edition_source": IDENTITY_SOURCES, "area_source": IDENTITY_SOURCES},
    ("source_sha256",),
)

AREAS = RawTable(
    "areas",
    schema_of(
        ("area_code", _text, False),
        ("area_name", _text, False),
        ("la_number", _int, True),
        ("area_type", _text, True),
        ("region_name", _text, True),
        ("is_default", pa.bool_(), False),
    ),
    {},
    ("area_code",),
)

LABEL_SUGGESTIONS = RawTable(
    "label_suggestions",
    schema_of(
        ("printed_label", _text, False),
        ("suggested_indicator_key", _text, False),
        ("suggestion_score", pa.float64(), False),
    ),
    {},
    ("printed_label",),
)

#: One folder an edition version holds these; the rest stand once beside the folders.
EDITION_TABLES = (LINES, ROWS, PROBLEMS)
CATALOGUE_TABLES = (RECEIVED_FILES, AREAS, LABEL_SUGGESTIONS)
