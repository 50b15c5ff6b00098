"""The raw national tables. Cells are text as the file holds them; typing belongs to the dbt project.

``source_row`` is the place in the file: the line of a CSV file (the heading is line 1), the row of a sheet, the
row of a Parquet file counted from 1.
"""

from __future__ import annotations

import pyarrow as pa

from ingest.intake.schemas import SEVERITIES, RawTable, schema_of

KINDS = ("lait_long", "lait_dictionary", "neighbours", "authorities", "open_data")
RESULTS = ("passed", "warned", "failed")

_text = pa.string()
_row = pa.int64()

#: One row a received version of a national file.
NATIONAL_FILES = RawTable(
    "national_files",
    schema_of(
        ("source_sha256", _text, False),
        ("source_file", _text, False),
        ("size_bytes", pa.int64(), False),
        ("received_at", pa.timestamp("us", tz="UTC"), False),
        ("kind", _text, True),
        # Versions and releases of one dataset share its key: the kind, or the name of an open-data file less its years.
        ("dataset_key", _text, True),
        # What the note beside the file says, else the newest period of an open-data file, the year of a list of
        # neighbours, or the first eight characters of the hash.
        ("release_label", _text, True),
        ("published_on", pa.date32(), True),
        ("outcome", _text, False),
        ("error_code", _text, True),
        ("error_message", _text, True),
        ("row_count", pa.int64(), True),
        ("version_number", pa.int32(), True),
        # The newest good version of its release.
        ("in_force", pa.bool_(), False),
        # The newest release of its dataset.
        ("is_newest_release", pa.bool_(), False),
    ),
    {"kind": KINDS, "outcome": ("loaded", "rejected")},
    ("source_sha256",),
)

LAIT_LONG = RawTable(
    "lait_long",
    schema_of(
        ("source_sha256", _text, False),
        ("source_row", _row, False),
        ("measure_short", _text, True),
        ("data_item", _text, True),
        ("period_text", _text, True),
        ("area_name", _text, True),
        ("value_text", _text, True),
        ("la_number", pa.int32(), True),
        ("region_name", _text, True),
    ),
)

LAIT_DICTIONARY = RawTable(
    "lait_dictionary",
    schema_of(
        ("source_sha256", _text, False),
        ("source_row", _row, False),
        ("measure_code", _text, True),
        ("topic", _text, True),
        ("measure", _text, True),
        ("chart_title", _text, True),
        ("measure_short", _text, False),
        ("polarity_text", _text, True),
        ("unit_text", _text, True),
        ("description", _text, True),
        ("last_update_text", _text, True),
        ("next_update_text", _text, True),
        ("decimals_text", _text, True),
        ("year_type_text", _text, True),
        ("no_quartile_text", _text, True),
    ),
)

NEIGHBOURS = RawTable(
    "neighbours",
    schema_of(
        ("source_sha256", _text, False),
        ("source_row", _row, False),
        ("list_version", _text, False),  # '2021'
        ("la_number", pa.int32(), False),
        ("la_name", _text, True),
        ("region_name", _text, True),
        ("neighbour_rank", pa.int32(), False),
        ("neighbour_la_number", pa.int32(), False),
        ("closeness_text", _text, True),
    ),
)

AUTHORITIES = RawTable(
    "authorities",
    schema_of(
        ("source_sha256", _text, False),
        ("source_row", _row, False),
        ("la_number", pa.int32(), False),
        ("la_name", _text, False),
        ("region_name", _text, True),
        ("type_text", _text, True),
    ),
)

#: The long form of an open-data file: one row a source row and indicator column.
OPEN_DATA = RawTable(
    "open_data",
    schema_of(
        ("source_sha256", _text, False),
        ("source_row", _row, False),
        ("time_period", _text, True),
        ("time_identifier", _text, True),
        ("geographic_level", _text, True),
        ("country_code", _text, True),
        ("region_code", _text, True),
        ("region_name", _text, True),
        ("la_code", _text, True),  # new_la_code, the ONS code
        ("la_number_text", _text, True),  # old_la_code
        ("la_name", _text, True),
        # JSON with sorted keys: every other column that is no indicator, other geographies too.
        ("filters", _text, False),
        ("indicator", _text, False),
        ("value_text", _text, True),
        # False for a row that fails the standard (key printed twice, area that is none, other kind of period):
        # kept here, never a fact.
        ("row_is_sound", pa.bool_(), False),
    ),
)

OPEN_DATA_CHECKS = RawTable(
    "open_data_checks",
    schema_of(
        ("source_sha256", _text, False),
        ("source_file", _text, False),
        ("stage", pa.int32(), False),
        ("check_name", _text, False),
        ("result", _text, False),
        ("row_count", pa.int64(), True),
        ("message", _text, False),
    ),
    {"result": RESULTS},
)

NATIONAL_PROBLEMS = RawTable(
    "national_problems",
    schema_of(
        ("source_sha256", _text, True),
        ("source_file", _text, False),
        ("issue_code", _text, False),
        ("severity", _text, False),
        ("source_row", _row, True),
        ("column_name", _text, True),
        ("printed_text", _text, True),
        ("message", _text, False),
    ),
    {"severity": SEVERITIES},
)

#: Written once for all files; every refresh writes them anew.
NATIONAL_CATALOGUE = (NATIONAL_FILES, OPEN_DATA_CHECKS, NATIONAL_PROBLEMS)
#: Below ``raw/national/<name>/<first 16 of sha256>/rows.parquet``; ``_none`` holds zero rows so that patterns match.
NATIONAL_TABLES = (LAIT_LONG, LAIT_DICTIONARY, NEIGHBOURS, AUTHORITIES, OPEN_DATA)
