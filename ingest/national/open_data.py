"""Any CSV file of the explore-education-statistics open-data standard to one long table, streamed.

The file is read in blocks (``csv_blocks``). What decides over single rows but follows from the whole file (which
columns are indicators, which kind of period is the file's, which keys are printed twice) is taken from the first
block, and compared at the end with what the whole file says; where they differ, the file is read once more. Most
files, and all small ones, are therefore read once, and memory does not grow with the file: of the whole file only
counts and eight bytes a row are kept.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.intake.errors import FileRejected
from ingest.national import csv_blocks
from ingest.national import open_data_standard as standard
from ingest.national.csv_blocks import Block, CsvFile, NotUtf8, OddRecord
from ingest.national.open_data_checks import Checks, Reading
from ingest.national.open_data_survey import (
    Facts,
    Keys,
    Layout,
    Roles,
    Survey,
    View,
    layout_of,
    read_meta,
    told_apart_by_numbers,
)
from ingest.national.problems import Problems
from ingest.national.schemas import OPEN_DATA

TEXTS = pa.dictionary(pa.int32(), pa.string())
#: What to do about an authority or a code that is new.
_NEW_AREA = (
    "When the change is official, enter it in dbt_project/seeds/national (authorities.csv and area_changes.csv): "
    "`python -m scripts.seed_authorities` writes both from the national files at hand."
)
_YEARS_AT_END = re.compile(r"([_\- ]+((to|and)[_\- ]+)?((19|20)[0-9]{2}([0-9]{2}|[_\-][0-9]{2})?))+$")


@dataclass
class OpenDataResult:
    """What became of a file: ``row_count`` source rows; rows of OPEN_DATA_CHECKS and of NATIONAL_PROBLEMS."""

    row_count: int
    release_label: str | None
    checks: list[dict[str, Any]]
    problems: list[dict[str, Any]]


def dataset_key_of(file_name: str) -> str:
    """The name of a data set: the stem in lower case without the years at its end."""
    stem = Path(file_name).name.lower()
    for suffix in (".gz", ".csv", ".meta"):
        stem = stem.removesuffix(suffix)
    return _YEARS_AT_END.sub("", stem) or stem


def read_open_data(
    path: Path,
    source_sha256: str,
    source_file: str,
    out_path: Path,
    meta_path: Path | None = None,
    *,
    known_areas: dict[str, str] | None = None,
    block_bytes: int = csv_blocks.BLOCK_BYTES,
) -> OpenDataResult:
    """Write the long form of a file to ``out_path`` (schema OPEN_DATA), at once.

    ``known_areas`` gives the name of each known ONS code and, where wanted, of each old three-digit code. Rows that
    fail the standard are kept and marked; a record of another width is kept with its cells from the left.

    Raises FileRejected when nothing can be loaded; its attribute ``checks`` holds the rows up to there.
    """
    checks = Checks(source_sha256, source_file)
    try:
        return _read(path, checks, out_path, meta_path, known_areas, block_bytes)
    except FileRejected as error:
        checks.rejected(error)
        error.checks = checks.rows
        raise


def verify_open_data(path: Path) -> tuple[int, str | None]:
    """Rows and newest period of a file that has the standard's columns, whole from its heading to its last record.

    Raises FileRejected as ``read_open_data`` does; nothing is written.
    """
    encoding = None
    while True:
        try:
            file = csv_blocks.open_csv(path, encoding)
            layout = layout_of(file, None)
            survey, odd = Survey(layout), 0
            for block in file.blocks():
                survey.add_periods(View(block))
                odd += len(block.odd)
            break
        except NotUtf8 as error:
            if error.was_utf8 or encoding:
                raise _mixed_encoding(error) from None
            encoding = csv_blocks.WINDOWS
    if not survey.rows:
        raise FileRejected("no_rows", "The file has a heading and no sound record. Download it again.", line_from=1)
    return survey.rows + odd, survey.newest_period()


def _mixed_encoding(error: NotUtf8) -> FileRejected:
    return FileRejected(
        "mixed_encoding",
        f"Line {error.line:,} is no UTF-8 although lines before it are: two encodings in one file cannot be told "
        "apart. Save the file as UTF-8.",
        line_from=error.line,
    )


def _read(
    path: Path,
    checks: Checks,
    out_path: Path,
    meta_path: Path | None,
    known_areas: dict[str, str] | None,
    block_bytes: int,
) -> OpenDataResult:
    encoding = None
    while True:
        try:
            file = csv_blocks.open_csv(path, encoding)
            layout = layout_of(file, read_meta(path, meta_path))
            reading = _settle(file, layout, out_path, checks, known_areas or {}, block_bytes)
            break
        except NotUtf8 as error:
            if error.was_utf8 or encoding:
                raise _mixed_encoding(error) from None
            encoding = csv_blocks.WINDOWS
    if not reading.row_count:
        raise FileRejected("no_rows", "The file has a heading and no row. Download it again.", line_from=1)
    if reading.odd_count == reading.row_count:
        raise FileRejected(
            "wrong_field_count",
            f"No record has as many fields as the heading, which has {len(file.heading)}. Download the file again.",
            line_from=1,
        )
    if not reading.roles.indicators:
        raise FileRejected(
            "no_indicator",
            "No column holds numbers, so there is nothing to load. Is this the metadata file, or another table?",
        )
    os.replace(reading.aside, out_path)
    checks.report(file, reading)
    return OpenDataResult(reading.row_count, reading.survey.newest_period(), checks.rows, reading.problems.rows())


# --- writing ---------------------------------------------------------------------------------------------------------


def _settle(
    file: CsvFile, layout: Layout, out_path: Path, checks: Checks, known_areas: dict[str, str], block_bytes: int
) -> Reading:
    """Read until what was assumed of the whole file is what the whole file says."""
    out_path.parent.mkdir(parents=True, exist_ok=True)
    aside = out_path.with_name(f".{out_path.name}.{os.getpid()}")
    try:
        facts, told_apart, doubled = _first_look(file, layout, out_path.parent, block_bytes)
        for _ in range(4):
            keys = Keys(out_path.parent)
            problems = Problems(checks.sha, checks.source_file)
            writer = _Writer(layout, facts, doubled, problems, known_areas, checks.sha)
            reading = writer.write(file.blocks(block_bytes), aside, keys)
            seen, doubled_seen = reading.survey.facts(told_apart), keys.doubled()
            if seen == facts and np.array_equal(doubled_seen, doubled):
                break
            facts, doubled = seen, doubled_seen
        reading.problems.finish()
        return reading
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _first_look(
    file: CsvFile, layout: Layout, folder: Path, block_bytes: int
) -> tuple[Facts, frozenset[int], np.ndarray]:
    survey, keys = Survey(layout), Keys(folder)
    blocks = file.blocks(block_bytes)
    first = next((block for block in blocks if len(block)), None)
    blocks.close()
    if first is None:
        return survey.facts(frozenset()), frozenset(), keys.doubled()
    view = View(first)
    survey.add(view)
    told_apart = told_apart_by_numbers(view, survey)
    facts = survey.facts(told_apart)
    keys.add(view.hashes(_key_places(layout, facts.roles)))
    return facts, told_apart, keys.doubled()


def _key_places(layout: Layout, roles: Roles) -> list[int]:
    """Where the key of a row stands. An area is its code: spelt otherwise it is the same area."""
    spellings = {name for name, code in _CODE_OF_NAME.items() if code in layout.known}
    return [*(place for column, place in layout.known.items() if column not in spellings), *roles.filters]


_CODE_OF_NAME = {"country_name": "country_code", "region_name": "region_code", "la_name": "new_la_code"}

#: Columns of OPEN_DATA that come straight from columns of the standard.
_STRAIGHT = {
    "time_period": "time_period",
    "time_identifier": "time_identifier",
    "geographic_level": "geographic_level",
    "country_code": "country_code",
    "region_code": "region_code",
    "region_name": "region_name",
    "la_code": "new_la_code",
    "la_number_text": "old_la_code",
    "la_name": "la_name",
}
_WRITTEN = pa.schema([one.with_type(TEXTS) if one.type == pa.string() else one for one in OPEN_DATA.schema])


@dataclass(frozen=True)
class Verdict:
    """Why a row fails the standard."""

    code: str
    column: str | None
    text: str | None
    message: str

    @property
    def described(self) -> tuple[str | None, str | None, str]:
        return self.column, self.text, self.message


class _Writer:
    """Writes the long form of a file block by block and marks the rows that fail the standard."""

    def __init__(
        self,
        layout: Layout,
        facts: Facts,
        doubled: np.ndarray,
        problems: Problems,
        known_areas: dict[str, str],
        sha: str,
    ):
        self._layout, self._facts, self._doubled, self._problems = layout, facts, doubled, problems
        self._known_areas, self._sha = known_areas, sha
        self._key_places = _key_places(layout, facts.roles)
        in_json = [layout.known[c] for c in standard.GEOGRAPHY_COLUMNS & set(layout.known) if _is_other_geography(c)]
        self._json_places = sorted([*in_json, *facts.roles.filters], key=lambda place: layout.names[place])
        self._verdicts: dict[tuple, Verdict | None] = {}
        # Codes that no seed knows of authorities whose number and name are known; and those of them that were said.
        self._new_codes: dict[str, str] = {}
        self._said_codes: set[str] = set()

    def write(self, blocks: Iterator[Block], aside: Path, keys: Keys) -> Reading:
        reading = Reading(self._layout, self._facts, Survey(self._layout), self._problems, aside, self._doubled)
        with pq.ParquetWriter(
            aside, _WRITTEN, compression="zstd", write_statistics=False, store_schema=False
        ) as writer:
            for block in blocks:
                reading.blank_lines += block.blank_lines
                if len(block):
                    self._write_block(View(block), reading, writer, keys)
                if block.odd:
                    self._write_odd(block.odd, reading, writer)
        return reading

    def _write_block(self, view: View, reading: Reading, writer: pq.ParquetWriter, keys: Keys) -> None:
        reading.survey.add(view)
        reading.row_count += len(view)
        hashes = view.hashes(self._key_places)
        sound = np.ones(len(view), bool)
        self._judge_blank_rows(view, sound, reading)
        keys.add(hashes[sound])
        self._judge_periods(view, sound)
        self._judge_areas(view, sound)
        self._judge_parents(view)
        self._judge_doubled(view, hashes, sound)
        self._judge_values(view)
        writer.write_table(self._long(view, sound))

    def _write_odd(self, odd: list[OddRecord], reading: Reading, writer: pq.ParquetWriter) -> None:
        width = len(self._layout.names)
        cells = [(record.fields + [""] * width)[:width] for record in odd]
        columns = [
            pa.array([row[place] or None for row in cells], pa.string()).dictionary_encode() for place in range(width)
        ]
        view = View(Block(columns, np.array([record.line for record in odd], np.int64)))
        writer.write_table(self._long(view, np.zeros(len(odd), bool)))
        reading.row_count += len(odd)
        reading.odd_count += len(odd)
        for record in odd:
            self._problems.add(
                "wrong_field_count",
                "error",
                record.line,
                None,
                record.text,
                f"Line {record.line:,} has {len(record.fields)} fields where the heading has {width}: its cells are "
                "kept from the left and never become figures.",
            )

    def _long(self, view: View, sound: np.ndarray) -> pa.Table:
        """One row a source row and indicator; within a block indicator by indicator."""
        indicators = self._facts.roles.indicators
        rows, known = len(view), self._layout.known
        same = {name: self._straight(view, known.get(column), rows) for name, column in _STRAIGHT.items()}
        same["source_sha256"] = _constant(self._sha, rows)
        same["source_row"] = pa.array(view.lines, pa.int64())
        same["row_is_sound"] = pa.array(sound)
        same["filters"] = self._filters(view)
        columns = {name: pa.chunked_array([array] * len(indicators), array.type) for name, array in same.items()}
        names = pa.array([self._layout.names[place] for place in indicators], pa.string())
        columns["indicator"] = pa.chunked_array(
            [_pick(names, np.full(rows, number, np.int32)) for number in range(len(indicators))], TEXTS
        )
        columns["value_text"] = pa.chunked_array([view.column(place) for place in indicators], TEXTS)
        return pa.table([columns[one.name] for one in _WRITTEN], schema=_WRITTEN)

    def _straight(self, view: View, place: int | None, rows: int) -> pa.DictionaryArray:
        if place is None:
            return _pick(pa.array([], pa.string()), np.full(rows, -1, np.int32))
        return view.column(place)

    def _filters(self, view: View) -> pa.DictionaryArray:
        places = list(self._json_places)
        country = self._layout.known["country_name"]
        if self._has_odd_country(view):
            places = sorted([*places, country], key=lambda place: self._layout.names[place])
        if not places:
            return _pick(pa.array(["{}"]), np.zeros(len(view), np.int32))
        inverse, first = view.groups(places)
        parts = []
        for place in places:
            pieces = _json_pieces(self._layout.names[place], view.column(place).dictionary)
            codes = view.codes(place)[first]
            parts.append(pieces.take(pa.array(codes, mask=codes == len(pieces))))
        # `skip` drops whole rows when there is one array only (pyarrow 26), hence the separator in the pieces.
        inside = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
        inside = pc.utf8_rtrim(inside, characters=", ")
        return _pick(pc.binary_join_element_wise("{", inside, "}", ""), inverse.astype(np.int32))

    def _has_odd_country(self, view: View) -> bool:
        """The country's name has no column of its own: it is kept only where the code does not give it."""
        known = self._layout.known
        _, found = view.combinations([known["country_code"], known["country_name"]])
        return any(standard.COUNTRIES.get(code or "") != name for code, name in found if name)

    # --- verdicts over rows ---

    def _judge_blank_rows(self, view: View, sound: np.ndarray, reading: Reading) -> None:
        filled = np.zeros(len(view), bool)
        for place in range(len(self._layout.names)):
            filled |= view.codes(place) < len(view.column(place).dictionary)
            if filled.all():
                return
        reading.survey.blank_rows += int((~filled).sum())
        sound &= filled
        rows = np.flatnonzero(~filled)
        self._problems.add_described(
            "blank_row", "warning", view.lines, rows, lambda _: (None, None, "The row has no cell filled.")
        )

    def _judge_periods(self, view: View, sound: np.ndarray) -> None:
        known = self._layout.known
        places = [known["time_identifier"], known["time_period"]]
        self._judge(view, places, None, sound, self._period_verdict)

    def _period_verdict(self, cells: tuple[str | None, ...]) -> Verdict | None:
        identifier, period = cells
        if not identifier and not period:
            return Verdict("missing_period", "time_period", None, "The row has no time period.")
        known = standard.time_identifier(identifier)
        if known is None:
            message = f"{identifier or 'An empty cell'!r} is no time identifier of the standard."
            return Verdict("unknown_time_identifier", "time_identifier", identifier, message)
        kind = standard.TIME_KINDS[known]
        if not standard.has_period_form(known, period):
            one_year = kind in standard.ONE_YEAR_KINDS
            digits = "four digits" if one_year else "six digits of two consecutive years, such as 202021"
            message = f"{period or 'An empty cell'!r} is no time period of the kind {known}, which takes {digits}."
            return Verdict("malformed_time_period", "time_period", period, message)
        if kind != self._facts.main_kind:
            main = self._facts.main_kind
            message = f"The row's period is a {known}, the file's are of the kind {main}: one file, one kind."
            return Verdict("mixed_time_identifiers", "time_identifier", identifier, message)
        return None

    def _judge_areas(self, view: View, sound: np.ndarray) -> None:
        known = self._layout.known
        place = known["geographic_level"]
        codes, texts = view.codes(place), view.texts(place)
        levels = [standard.level_of(text) for text in texts]
        unknown = np.flatnonzero(np.array([level is None for level in levels])[codes])
        sound[unknown] = False

        def described(row: int) -> tuple[str | None, str | None, str]:
            text = texts[codes[row]]
            message = f"{text or 'An empty cell'!r} is no geographic level of the standard."
            return "geographic_level", text, message

        self._problems.add_described("unknown_level", "error", view.lines, unknown, described)
        for number, level in enumerate(levels):
            if level is not None:
                rows = np.flatnonzero(codes == number)
                if len(rows):
                    self._judge_level(view, level, rows, sound)

    def _judge_level(self, view: View, level: standard.Level, rows: np.ndarray, sound: np.ndarray) -> None:
        known = self._layout.known
        has_area = np.zeros(len(rows), bool)
        for column in (level.code, level.second_code) if level.code else (level.name_column,):
            if column in known:
                has_area |= view.codes(known[column])[rows] < len(view.column(known[column]).dictionary)
        column = level.code or level.name_column
        described = (column, None, f"A row of the level {level.name} has no {column}.")
        self._fail(view, "missing_area", rows[~has_area], sound, lambda _: described)
        rows = rows[has_area]
        for column, form in ((level.code, level.form), (level.second_code, level.second_form)):
            if column in known and form and len(rows):
                rows = self._judge_form(view, level, column, form.pattern, rows, sound)
        if level.name in ("National", "Regional", "Local authority") and len(rows):
            columns = [column for column in level.columns if column in known]

            def pair_verdict(cells: tuple[str | None, ...]) -> Verdict | None:
                return self._area_verdict(level, dict(zip(columns, cells, strict=True)))

            self._judge(view, [known[column] for column in columns], rows, sound, pair_verdict, (level.name,))
            self._say_new_codes(view, rows)

    def _say_new_codes(self, view: View, rows: np.ndarray) -> None:
        """Each new code of a known authority once, with the first line that prints it."""
        place = self._layout.known.get("new_la_code")
        if place is None:
            return
        texts = view.texts(place)
        for code in sorted(self._new_codes.keys() - self._said_codes):
            at = rows[view.codes(place)[rows] == texts.index(code)] if code in texts else []
            if len(at):
                self._said_codes.add(code)
                message = f"{self._new_codes[code]} and name. {_NEW_AREA}"
                self._problems.add("area_code_new", "warning", int(view.lines[at[0]]), "new_la_code", code, message)

    def _judge_form(
        self, view: View, level: standard.Level, column: str, form: str, rows: np.ndarray, sound: np.ndarray
    ) -> np.ndarray:
        """Fail rows whose code has another form than its level's; gives the other rows."""
        place = self._layout.known[column]
        fits = pc.match_substring_regex(view.column(place).dictionary, form).to_numpy(zero_copy_only=False)
        good = np.append(fits, True)[view.codes(place)[rows]]

        def described(row: int) -> tuple[str | None, str | None, str]:
            text = view.texts(place)[view.codes(place)[row]]
            return column, text, f"{text!r} is no {column}: codes of the level {level.name} look otherwise."

        self._fail(view, "malformed_area_code", rows[~good], sound, described)
        return rows[good]

    def _fail(
        self,
        view: View,
        code: str,
        rows: np.ndarray,
        sound: np.ndarray,
        described: Callable[[int], tuple[str | None, str | None, str]],
    ) -> None:
        if len(rows):
            sound[rows] = False
            self._problems.add_described(code, "error", view.lines, rows, described)

    def _area_verdict(self, level: standard.Level, cells: dict[str, str | None]) -> Verdict | None:
        code, name = cells.get(level.code or ""), cells.get(level.name_column)
        if level.name == "Local authority":
            return self._authority_verdict(code, name, cells.get(level.second_code or ""))
        constants = standard.COUNTRIES if level.name == "National" else standard.REGIONS
        return _pair_verdict(level.code or "", level.name_column, code, name, constants)

    def _authority_verdict(self, code: str | None, name: str | None, number: str | None) -> Verdict | None:
        if code and name and (code, name) in self._facts.wrong_pairs:
            return Verdict(
                "wrong_area_name",
                "la_name",
                name,
                f"{name!r} stands beside {code}; in the rest of the file both belong to other areas.",
            )
        areas = self._known_areas
        if not areas or not code or code in standard.PLACEHOLDER_CODES:
            return None
        if code not in areas:
            if name and standard.plain(areas.get(number or "", "")) == standard.plain(name):
                self._new_codes[code] = (
                    f"{code} is not known as a code of {name}; the rows count by their number {number}"
                )
                return None
            return Verdict(
                "unknown_area",
                "new_la_code",
                code,
                f"{code} ({name or 'no name'}) is no known local authority, so its figures count nowhere. {_NEW_AREA}",
            )
        if name and standard.plain(areas[code]) != standard.plain(name):
            elsewhere = any(standard.plain(name) == standard.plain(other) for other in areas.values())
            if elsewhere:
                return Verdict("wrong_area_name", "la_name", name, f"{code} is {areas[code]}, not {name}.")
        by_number = areas.get(number or "")
        if by_number and standard.plain(by_number) != standard.plain(areas[code]):
            return Verdict(
                "wrong_area_name", "old_la_code", number, f"{number} is {by_number}, but {code} is {areas[code]}."
            )
        return None

    def _judge(
        self,
        view: View,
        places: list[int],
        rows: np.ndarray | None,
        sound: np.ndarray,
        verdict_of: Callable[[tuple[str | None, ...]], Verdict | None],
        scope: tuple[str, ...] = (),
    ) -> None:
        """Ask once for each distinct combination of cells; mark and report the rows of those that fail."""
        inverse, found = view.combinations(places, rows)
        verdicts: list[Verdict | None] = []
        for cells in found:
            key = (verdict_of.__name__, *scope, *cells)
            if key not in self._verdicts:
                if len(self._verdicts) > 100_000:
                    self._verdicts.clear()
                self._verdicts[key] = verdict_of(cells)
            verdicts.append(self._verdicts[key])
        self._report(view, verdicts, inverse, rows, sound)

    def _report(
        self,
        view: View,
        verdicts: list[Verdict | None],
        inverse: np.ndarray,
        rows: np.ndarray | None,
        sound: np.ndarray | None,
        severity: str = "error",
    ) -> None:
        """Mark and report the rows whose combination has a verdict, code by code: once a block, however many fail."""
        codes = sorted({verdict.code for verdict in verdicts if verdict})
        if not codes:
            return
        number_of = {code: number for number, code in enumerate(codes, start=1)}
        of_combination = np.array([number_of[verdict.code] if verdict else 0 for verdict in verdicts])
        of_row = of_combination[inverse]
        for code in codes:
            at = np.flatnonzero(of_row == number_of[code])
            combinations = dict(
                zip((at if rows is None else rows[at])[:1000].tolist(), inverse[at][:1000], strict=True)
            )
            at = at if rows is None else rows[at]
            if sound is not None:
                sound[at] = False
            self._problems.add_described(
                code, severity, view.lines, at, lambda row, c=combinations: verdicts[c[row]].described
            )

    def _judge_parents(self, view: View) -> None:
        """Countries and regions on rows of other levels: a wrong pair is reported, the row's own area is sound."""
        known = self._layout.known
        for code_column, name_column, constants in (
            ("country_code", "country_name", standard.COUNTRIES),
            ("region_code", "region_name", standard.REGIONS),
        ):
            if code_column not in known or name_column not in known:
                continue
            own = "National" if code_column == "country_code" else "Regional"
            level_place = known["geographic_level"]
            inverse, found = view.combinations([level_place, known[code_column], known[name_column]])
            issue = "wrong_country" if own == "National" else "wrong_region"
            verdicts: list[Verdict | None] = []
            for level, code, name in found:
                known_level = standard.level_of(level)
                is_own = known_level is not None and known_level.name == own
                verdict = None
                if not is_own and (code or name):
                    verdict = _pair_verdict(code_column, name_column, code, name, constants)
                verdicts.append(verdict and replace(verdict, code=issue))
            self._report(view, verdicts, inverse, None, None, "warning")

    def _judge_doubled(self, view: View, hashes: np.ndarray, sound: np.ndarray) -> None:
        if not len(self._doubled):
            return
        at = np.minimum(np.searchsorted(self._doubled, hashes), len(self._doubled) - 1)
        rows = np.flatnonzero(self._doubled[at] == hashes)
        sound[rows] = False
        message = "The same period, area and filters are printed on another line too, so neither row becomes a figure."

        def described(row: int) -> tuple[str | None, str | None, str]:
            texts = (view.texts(place)[view.codes(place)[row]] for place in self._key_places)
            return None, " | ".join(filter(None, texts)), message

        self._problems.add_described("duplicate_row", "error", view.lines, rows, described)

    def _judge_values(self, view: View) -> None:
        for place in self._facts.roles.indicators:
            dictionary = view.column(place).dictionary
            others = np.flatnonzero(~view.is_number(place))
            texts = dictionary.take(pa.array(others)).to_pylist()
            strange = [
                code
                for code, text in zip(others.tolist(), texts, strict=True)
                if text not in standard.SYMBOLS and text not in standard.LEGACY_SYMBOLS
            ]
            if not strange:
                continue
            is_strange = np.zeros(len(dictionary) + 1, bool)
            is_strange[strange] = True
            rows = np.flatnonzero(is_strange[view.codes(place)])

            def described(row: int, place: int = place) -> tuple[str | None, str | None, str]:
                text = view.texts(place)[view.codes(place)[row]]
                return self._layout.names[place], text, f"{text!r} is neither a number nor a symbol of the standard."

            self._problems.add_described("value_not_a_number", "warning", view.lines, rows, described)


def _pair_verdict(
    code_column: str, name_column: str, code: str | None, name: str | None, constants: dict[str, str]
) -> Verdict | None:
    if code in standard.PLACEHOLDER_CODES:
        return None
    if not code:
        return Verdict("missing_area", code_column, name, f"{name!r} stands without a {code_column}.")
    if code not in constants:
        return Verdict(
            "unknown_area", code_column, code, f"{code} ({name or 'no name'}) is no {code_column} of the standard."
        )
    if name and standard.plain(name) != standard.plain(constants[code]):
        return Verdict("wrong_area_name", name_column, name, f"{code} is {constants[code]}, not {name}.")
    return None


def _json_pieces(name: str, texts: pa.Array) -> pa.Array:
    """``"name": "text", `` for each text, as ``json.dumps`` writes it."""
    label = json.dumps(name, ensure_ascii=False)
    special = pc.match_substring_regex(texts, r'["\\\x00-\x1f]')
    if not pc.any(special).as_py():
        return pc.binary_join_element_wise(f'{label}: "', texts, '", ', "")
    return pa.array([f"{label}: {json.dumps(text, ensure_ascii=False)}, " for text in texts.to_pylist()], pa.string())


def _is_other_geography(column: str) -> bool:
    return column not in _STRAIGHT.values() and column != "country_name"


def _constant(text: str, rows: int) -> pa.DictionaryArray:
    return _pick(pa.array([text]), np.zeros(rows, np.int32))


def _pick(dictionary: pa.Array, codes: np.ndarray) -> pa.DictionaryArray:
    """A dictionary array; a negative place is a null."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=codes < 0), dictionary)
