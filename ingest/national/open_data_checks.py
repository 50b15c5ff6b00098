"""The checks of the open-data standard, one row each, in three stages as the department's screening tool has them.

Stage 1: the file can be read. Stage 2: its heading has what the standard asks. Stage 3: its content. A check that
``failed`` would stop publication; one that ``warned`` asks a person to look. What makes single rows unfit is decided
in ``open_data``; here it is counted and said in one sentence each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.intake.errors import FileRejected
from ingest.national import csv_blocks
from ingest.national import open_data_standard as standard
from ingest.national.open_data_survey import Facts, Layout, Roles, Survey
from ingest.national.problems import Problems

if TYPE_CHECKING:
    from ingest.national.csv_blocks import CsvFile

#: The service's limit of items in one filter.
FILTER_ITEM_LIMIT = 25_000
_NOT_IN_TABLE_TOOL = ("School", "Provider", "Institution", "Planning area")


@dataclass
class Reading:
    """One pass over a file."""

    layout: Layout
    facts: Facts
    survey: Survey
    problems: Problems
    aside: Path
    doubled: np.ndarray
    row_count: int = 0
    odd_count: int = 0
    blank_lines: int = 0

    @property
    def roles(self) -> Roles:
        return self.facts.roles


class Checks:
    """Rows of OPEN_DATA_CHECKS for one file."""

    def __init__(self, sha: str, source_file: str):
        self.sha, self.source_file = sha, source_file
        self.rows: list[dict[str, Any]] = []

    def add(self, stage: int, name: str, count: int, good: str, bad: str, severity: str = "failed") -> None:
        """One check: passed with the sentence ``good`` when nothing was counted, else ``severity`` with ``bad``."""
        self.rows.append(
            {
                "source_sha256": self.sha,
                "source_file": self.source_file,
                "stage": stage,
                "check_name": name,
                "result": severity if count else "passed",
                "row_count": count,
                "message": bad if count else good,
            }
        )

    def rejected(self, error: FileRejected) -> None:
        """The check that stopped the file."""
        stage = {"missing_columns": 2, "duplicate_heading": 2, "no_indicator": 3, "no_rows": 3}.get(error.code, 1)
        self.add(stage, error.code, 1, "", error.message)

    def report(self, file: CsvFile, reading: Reading) -> None:
        """All checks of a file that was read."""
        self._stage_1(file, reading)
        self._stage_2(reading)
        self._periods(reading)
        self._areas(reading)
        self._rows_and_columns(reading)
        self._filters(reading)
        self._indicators(reading)

    def _stage_1(self, file: CsvFile, reading: Reading) -> None:
        name = self.source_file.rsplit("/", 1)[-1]
        self.add(
            1,
            "file_name",
            int(not re.fullmatch(r"[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+)*", name)),
            "The file's name holds letters, digits, hyphens and underscores only.",
            f"The file's name {name!r} holds spaces or special characters.",
            "warned",
        )
        self.add(
            1,
            "encoding",
            int(file.encoding != csv_blocks.UTF8),
            "The file is UTF-8.",
            f"The file is no UTF-8 and was read as {file.encoding.upper()}; look at names with accents.",
            "warned",
        )
        self.add(
            1,
            "final_line_end",
            int(not file.ends_with_newline),
            "The last record has a line end.",
            "The last record has no line end: it is complete, but its last cell may have been cut short.",
            "warned",
        )
        self.add(
            1,
            "field_count",
            reading.odd_count,
            "Every record has as many fields as the heading.",
            f"{reading.odd_count:,} record(s) have more or fewer fields than the heading.",
        )
        self.add(
            1,
            "blank_lines",
            reading.blank_lines + reading.survey.blank_rows,
            "No line and no row is blank.",
            f"{reading.blank_lines:,} line(s) and {reading.survey.blank_rows:,} row(s) are blank.",
            "warned",
        )

    def _stage_2(self, reading: Reading) -> None:
        layout = reading.layout
        self.add(2, "mandatory_columns", 0, "All mandatory columns are there.", "")
        self.add(
            2,
            "heading_spelling",
            len(layout.respelt),
            "The standard's columns are spelt as the standard spells them.",
            f"Columns of the standard are spelt otherwise: {_listed(layout.respelt)}.",
            "warned",
        )
        spaced = [name for name in layout.names if re.search(r"\s", name)]
        self.add(
            2,
            "heading_spaces",
            len(spaced),
            "No heading holds a space.",
            f"Headings hold spaces: {_listed(spaced)}.",
        )
        special = [n for n in layout.names if not re.fullmatch(r"[A-Za-z0-9_\s]+", n)]
        self.add(
            2,
            "heading_characters",
            len(special),
            "Headings hold letters, digits and underscores only.",
            f"Headings hold other characters than letters, digits and underscores: {_listed(special)}.",
            "warned",
        )
        unnamed = [layout.names[p] for p in layout.unnamed]
        filled = [layout.names[p] for p in layout.unnamed if reading.survey.stats[p].filled]
        self.add(
            2,
            "heading_empty",
            len(unnamed),
            "Every column has a heading.",
            f"Columns have no heading: {_listed(unnamed)}"
            + (f"; of these {_listed(filled)} hold cells." if filled else "; all of them are empty."),
            "failed" if filled else "warned",
        )
        self._geography_columns(reading)
        self._metadata(reading)
        self._roles(reading)

    def _geography_columns(self, reading: Reading) -> None:
        missing = sorted(
            f"{level.name} needs {column}"
            for text in reading.survey.levels
            if (level := standard.level_of(text))
            for column in (level.code, level.name_column)
            if column and column not in reading.layout.known
        )
        self.add(
            2,
            "geography_columns",
            len(missing),
            "Every geographic level has its columns.",
            f"Columns of geographic levels are missing: {_listed(missing)}.",
        )

    def _metadata(self, reading: Reading) -> None:
        layout, meta = reading.layout, reading.layout.meta
        if meta is None:
            return
        if meta.fault:
            self.add(2, "metadata_file", 1, "", f"The metadata file cannot be used: {meta.fault}.", "warned")
            return
        strangers = sorted(set(meta.types) - set(layout.names))
        unsaid = [layout.names[p] for p in layout.others if layout.names[p] not in {*meta.types, *meta.groups}]
        self.add(
            2,
            "metadata_file",
            len(strangers) + len(unsaid),
            "The metadata file names the columns of the data file.",
            "The metadata file and the data file differ: "
            + "; ".join(
                part
                for part in (
                    strangers and f"only the metadata file has {_listed(strangers)}",
                    unsaid and f"only the data file has {_listed(unsaid)}",
                )
                if part
            )
            + ".",
            "failed" if strangers else "warned",
        )

    def _roles(self, reading: Reading) -> None:
        layout, roles = reading.layout, reading.roles
        reasons = dict(roles.reasons)
        doubtful = [
            place
            for place in (*roles.indicators, *roles.filters)
            if reasons[place] not in ("it holds numbers", "it holds words") and "metadata" not in reasons[place]
        ]
        said = (
            f"Indicators: {_listed([layout.names[p] for p in roles.indicators], 40) or 'none'}. "
            f"Filters: {_listed([layout.names[p] for p in roles.filters], 40) or 'none'}."
        )
        why = "; ".join(f"{layout.names[place]}: {reasons[place]}" for place in doubtful[:40])
        self.add(2, "column_roles", len(doubtful), said, f"{said} Worth a look: {why}.", "warned")

    def _periods(self, reading: Reading) -> None:
        counts = reading.problems.counts
        self.add(
            3,
            "time_period",
            counts["malformed_time_period"] + counts["missing_period"],
            "Every time period has the form that its time identifier asks.",
            f"{counts['malformed_time_period'] + counts['missing_period']:,} row(s) have a time period that does not "
            "fit the time identifier.",
        )
        self.add(
            3,
            "time_identifier",
            counts["unknown_time_identifier"],
            "Every time identifier is one of the standard.",
            f"{counts['unknown_time_identifier']:,} row(s) have a time identifier that the standard does not know.",
        )
        kind = reading.facts.main_kind
        self.add(
            3,
            "time_identifier_mix",
            counts["mixed_time_identifiers"],
            "All periods are of one kind.",
            f"{counts['mixed_time_identifiers']:,} row(s) are of another kind of period than the file's, {kind}.",
        )
        identifiers = {identifier for identifier, _ in reading.survey.periods}
        respelt = sorted(
            text
            for text in (*filter(None, identifiers), *reading.survey.levels)
            if text not in (standard.time_identifier(text), getattr(standard.level_of(text), "name", None))
            and (standard.time_identifier(text) or standard.level_of(text))
        )
        self.add(
            3,
            "spelling_of_time_and_level",
            len(respelt),
            "Time identifiers and geographic levels are spelt as the standard spells them.",
            f"Time identifiers or geographic levels are spelt otherwise than in the standard: {_listed(respelt)}.",
            "warned",
        )

    def _areas(self, reading: Reading) -> None:
        counts, survey = reading.problems.counts, reading.survey
        for name, issue, good, bad, severity in (
            ("geographic_level", "unknown_level", "Every geographic level is one of the standard.",
             "row(s) have a geographic level that the standard does not know.", "failed"),
            ("area_code_present", "missing_area", "Every row has the code of its area.",
             "row(s) have no code of their own level.", "failed"),
            ("area_code_form", "malformed_area_code", "Every area code has the form of its level.",
             "row(s) have an area code of another form than their level's.", "failed"),
            ("area_known", "unknown_area", "Every area code that can be looked up is known.",
             "row(s) have an unknown area code.", "failed"),
            ("area_code_current", "area_code_new", "Every area code is one that is known for its area.",
             "area code(s) are new; their rows were matched by number and name.", "warned"),
            ("area_code_and_name", "wrong_area_name", "Codes and names of areas belong together.",
             "row(s) have a code and a name of two areas.", "failed"),
            ("country_of_area", "wrong_country", "Codes and names of countries belong together.",
             "row(s) name a country that is none of the standard's.", "failed"),
            ("region_of_area", "wrong_region", "Codes and names of regions belong together.",
             "row(s) name a region that is none of the standard's.", "failed"),
        ):  # fmt: skip
            self.add(3, name, counts[issue], good, f"{counts[issue]:,} {bad}", severity)
        renamed = [f"{code} ({' / '.join(sorted(names))})" for (_, code), names in survey.renamed.items()]
        names: dict[str, set[str]] = {}
        for code, area in survey.pairs:
            if code and area and code not in standard.PLACEHOLDER_CODES:
                names.setdefault(code, set()).add(area)
        renamed += [f"{code} ({' / '.join(sorted(found))})" for code, found in names.items() if len(found) > 1]
        self.add(
            3,
            "one_name_a_code",
            len(renamed),
            "Every area code has one name.",
            f"{len(renamed):,} area code(s) have more than one name: {_listed(sorted(renamed), 10)}.",
            "warned",
        )
        self._overfilled(reading)
        self._ignored_levels(reading)

    def _overfilled(self, reading: Reading) -> None:
        rows, where = 0, []
        for (text, column), count in sorted(reading.survey.filled_at.items()):
            level = standard.level_of(text)
            owner = next(one for one in standard.LEVELS.values() if column in one.columns)
            if level and owner.name not in ("National", level.name) and level.name not in owner.within:
                rows += count
                where.append(f"{column} on rows of the level {level.name}")
        self.add(
            3,
            "geography_overfilled",
            rows,
            "Rows fill the columns of their own and of wider areas only.",
            f"Geography columns are filled where they should be empty: {_listed(where)}.",
        )

    def _ignored_levels(self, reading: Reading) -> None:
        found = {level.name: n for text, n in reading.survey.levels.items() if (level := standard.level_of(text))}
        mixed = {"School", "Provider"} <= set(found)
        ignored = {name: n for name, n in found.items() if name in _NOT_IN_TABLE_TOOL}
        alone = len(found) == 1 and set(found) <= {"School", "Provider"}
        self.add(
            3,
            "levels_that_go_together",
            0 if alone else sum(ignored.values()),
            "The geographic levels of the file go together.",
            "School and provider rows are mixed in one file."
            if mixed
            else f"The service's table tool ignores rows of the levels {_listed(sorted(ignored))} in this file.",
            "failed" if mixed else "warned",
        )
        totals = sorted(column for column, place in reading.layout.known.items() if reading.survey.stats[place].totals)
        self.add(
            3,
            "totals_in_geography",
            len(totals),
            "No time or geography column says Total or All.",
            f"Time or geography columns say Total or All where they should be empty: {_listed(totals)}.",
        )

    def _rows_and_columns(self, reading: Reading) -> None:
        count = reading.problems.counts["duplicate_row"]
        self.add(
            3,
            "duplicate_rows",
            count,
            "Every combination of period, area and filters is printed once.",
            f"{count:,} row(s) have a combination of period, area and filters that another row has too.",
        )
        stats, names = reading.survey.stats, reading.layout.names
        blank = [
            names[p] for p in range(len(names)) if not stats[p].filled and names[p] not in standard.GEOGRAPHY_COLUMNS
        ]
        self.add(
            3,
            "blank_columns",
            len(blank),
            "No column is blank.",
            f"Columns are blank from top to bottom: {_listed(blank)}.",
            "warned",
        )
        padded = [names[p] for p in range(len(names)) if stats[p].padded]
        self.add(
            3,
            "spaces_around_cells",
            sum(one.padded for one in stats),
            "No cell begins or ends with a space.",
            f"Cells begin or end with a space in {_listed(padded)}.",
            "warned",
        )

    def _filters(self, reading: Reading) -> None:
        stats, names, filters = reading.survey.stats, reading.layout.names, reading.roles.filters
        blank = [p for p in filters if stats[p].blank]
        self.add(
            3,
            "filter_blanks",
            sum(stats[p].blank for p in blank),
            "No filter has a blank cell.",
            f"Filters have blank cells, where Total would say that nothing is filtered: "
            f"{_listed([names[p] for p in blank])}.",
        )
        single = [names[p] for p in filters if stats[p].items == 1]
        self.add(
            3,
            "filter_single_item",
            len(single),
            "Every filter has more than one item.",
            f"Filters have one item only: {_listed(single)}.",
            "warned",
        )
        without = [names[p] for p in filters if "Total" not in stats[p].texts]
        self.add(
            3,
            "filter_total",
            len(without),
            "Every filter has an item Total.",
            f"Filters have no item Total: {_listed(without)}.",
            "warned",
        )
        many = [names[p] for p in filters if stats[p].items > FILTER_ITEM_LIMIT]
        self.add(
            3,
            "filter_items",
            len(many),
            "No filter has more items than the service takes.",
            f"Filters have more than {FILTER_ITEM_LIMIT:,} items: {_listed(many)}.",
            "warned",
        )

    def _indicators(self, reading: Reading) -> None:
        stats, names = reading.survey.stats, reading.layout.names
        chosen = [(names[p], stats[p]) for p in reading.roles.indicators]

        def count(test: Callable[[str], bool]) -> tuple[int, list[str], list[str]]:
            rows, where, texts = 0, [], set()
            for name, one in chosen:
                found = {text: n for text, n in one.texts.items() if test(text.strip())}
                if found:
                    rows += sum(found.values())
                    where.append(name)
                    texts |= set(found)
            return rows, where, sorted(texts)

        blank = [(name, one) for name, one in chosen if one.blank]
        self.add(
            3,
            "indicator_blanks",
            sum(one.blank for _, one in blank),
            "No indicator has a blank cell.",
            f"Indicators have blank cells, where a symbol would say why: {_listed([name for name, _ in blank])}.",
        )
        older = {s for _, one in chosen for s in one.symbols if s in standard.OLDER_SYMBOLS}
        self.add(
            3,
            "indicator_older_symbols",
            sum(one.symbols[s] for _, one in chosen for s in older),
            "No indicator uses one of the older symbols.",
            f"Indicators use older symbols, which the standard is giving up: {_listed(sorted(older))}.",
            "warned",
        )
        rows, where, texts = count(lambda text: text in standard.LEGACY_SYMBOLS)
        self.add(
            3,
            "indicator_legacy_symbols",
            rows,
            "No indicator uses a sign for missing data that the standard does not know.",
            f"Indicators use signs for missing data that the standard does not know ({_listed(texts)}): "
            f"{_listed(where)}.",
            "warned",
        )
        rows, where, texts = count(lambda text: text in standard.NULL_WORDS)
        self.add(
            3,
            "indicator_null_words",
            rows,
            "No indicator says NA or NULL.",
            f"Indicators say {_listed(texts)} where a symbol belongs: {_listed(where)}.",
        )
        dressed = [(name, one) for name, one in chosen if one.dressed]
        texts = [text for _, one in dressed for text in one.dressed_texts]
        rows, where = sum(one.dressed for _, one in dressed), [name for name, _ in dressed]
        self.add(
            3,
            "indicator_dressed_numbers",
            rows,
            "Numbers are plain digits.",
            f"Numbers are written with separators or signs ({_listed(texts, 5)}): {_listed(where)}.",
        )
        rows, where, texts = count(lambda text: text not in standard.LEGACY_SYMBOLS and text not in standard.NULL_WORDS)
        rows += sum(one.uncounted for _, one in chosen)
        self.add(
            3,
            "indicator_words",
            rows,
            "Every cell of an indicator is a number or a symbol.",
            f"Indicators hold words ({_listed(texts, 5)}): {_listed(where)}.",
        )


def _listed(names: list[str], most: int = 20) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
