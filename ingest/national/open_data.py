"""Any CSV file of the explore-education-statistics open-data standard to one long table, streamed.

The file is read in blocks (``csv_blocks``). What decides over single rows but follows from the whole file (which
columns are indicators, which kind of period is the file's, which keys are printed twice) is taken from the first
block, and compared at the end with what the whole file says; where they differ, the file is read once more. Most
files, and all small ones, are therefore read once, and memory does not grow with the file: of the whole file only
counts and eight bytes a row are kept.

Which columns are indicators, in this order:
1. what the metadata file beside it says;
2. a column with a text that is no number, symbol or sign for "no data" is a filter, unless nine in ten of its cells
   are numbers or symbols and each other text is rare (one cell, or one in two hundred): those are faulty cells;
3. a column of symbols only is an indicator; an empty column is neither;
4. a column of whole numbers whose name ends in code, id, urn or the like is a filter;
5. a column of few whole numbers without a symbol is a filter when its name says so (age, year_group, cohort, ...) or
   when most rows cannot be told apart without it and it repeats as evenly as a filter does;
6. every other column with numbers is an indicator.
The check ``column_roles`` says how each was taken.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.errors import FileRejected
from ingest.national import csv_blocks
from ingest.national import open_data_standard as standard
from ingest.national.csv_blocks import Block, CsvFile, NotUtf8, OddRecord
from ingest.national.open_data_checks import Checks, Problems
from ingest.national.schemas import OPEN_DATA

_TEXTS = pa.dictionary(pa.int32(), pa.string())
#: Distinct texts of a column that are counted; the service itself takes no more than 25,000 items of a filter.
MAX_ITEMS = 30_000
#: Distinct whole numbers that a filter of numbers may have.
MAX_NUMBER_ITEMS = 150
_NUMBER_FILTER = re.compile(
    r"(^|_)(age|ages|nc_?year|nc_?year_?group|year_group|yeargroup|cohort|cohort_year|birth_year|year_of_birth|"
    r"key_stage|decile|quintile|age_start|academic_age|school_year)$",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"(^|_)(urn|ukprn|upin|laestab|estab|estab_number|code|id)$", re.IGNORECASE)
_NUMBER_INDICATOR = re.compile(r"(^|_)(average|mean|median|number|count|total|percent|rate)(_|$)", re.IGNORECASE)
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
            layout = _layout_of(file, _read_meta(path, meta_path))
            reading = _settle(file, layout, out_path, checks, known_areas or {}, block_bytes)
            break
        except NotUtf8 as error:
            if error.was_utf8 or encoding:
                raise FileRejected(
                    "mixed_encoding",
                    f"Line {error.line:,} is no UTF-8 although lines before it are: two encodings in one file cannot "
                    "be told apart. Save the file as UTF-8.",
                    line_from=error.line,
                ) from None
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


# --- the heading -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meta:
    """The metadata file of the standard: the type of each column, and columns that group filters."""

    path: Path
    types: dict[str, str]
    groups: frozenset[str]
    fault: str | None = None


@dataclass(frozen=True)
class Layout:
    """The heading: ``names`` as printed (an empty one is numbered), ``known`` the places of the standard's columns."""

    names: list[str]
    known: dict[str, int]
    others: list[int]
    unnamed: list[int]
    respelt: list[str]
    meta: Meta | None


def _layout_of(file: CsvFile, meta: Meta | None) -> Layout:
    names, known, others, unnamed, respelt = [], {}, [], [], []
    seen: dict[str, int] = {}
    for place, printed in enumerate(file.heading):
        name = printed.strip()
        if not name:
            name = f"column_{place + 1}"
            unnamed.append(place)
        plain = re.sub(r"[ \-]+", "_", name.lower())
        folded = plain if plain in standard.KNOWN_COLUMNS else name
        if folded in seen:
            raise FileRejected(
                "duplicate_heading",
                f"The heading names {printed!r} twice, in columns {seen[folded] + 1} and {place + 1}, so their cells "
                "cannot be told apart. Correct the heading.",
                line_from=1,
                printed_text=printed,
            )
        seen[folded] = place
        names.append(name)
        if folded in standard.KNOWN_COLUMNS:
            known[folded] = place
            if printed != folded:
                respelt.append(printed)
        else:
            others.append(place)
    if missing := [name for name in standard.MANDATORY if name not in known]:
        what = ", ".join(missing)
        advice = "Is this a file of the open-data standard?" if len(missing) > 2 else "Add it, or download it again."
        raise FileRejected(
            "missing_columns",
            f"The heading on line 1 has no column {what}. {advice}",
            line_from=1,
            printed_text=",".join(file.heading)[:200],
        )
    return Layout(names, known, others, unnamed, respelt, meta)


def meta_path_beside(path: Path) -> Path | None:
    """The metadata file of the standard beside a file, if there is one: ``name.meta.csv``."""
    beside = path.with_name(path.name.removesuffix(".csv") + ".meta.csv")
    return beside if beside.is_file() else None


def _read_meta(path: Path, meta_path: Path | None) -> Meta | None:
    meta_path = meta_path or meta_path_beside(path)
    if meta_path is None:
        return None
    try:
        return _meta_in(meta_path, csv_blocks.UTF8)
    except NotUtf8:
        return _meta_in(meta_path, csv_blocks.WINDOWS)


def _meta_in(meta_path: Path, encoding: str) -> Meta:
    try:
        file = csv_blocks.open_csv(meta_path, None if encoding == csv_blocks.UTF8 else encoding)
        places = {name.strip().lower(): place for place, name in enumerate(file.heading)}
        if missing := {"col_name", "col_type"} - set(places):
            return Meta(meta_path, {}, frozenset(), f"it has no column {', '.join(sorted(missing))}")
        columns = [[] for _ in file.heading]
        for block in file.blocks():
            for cells, column in zip(columns, block.columns, strict=True):
                cells.extend(column.to_pylist())
    except (FileRejected, OSError) as error:
        return Meta(meta_path, {}, frozenset(), str(error).rstrip("."))
    types = {
        str(name).strip(): str(kind or "").strip().lower()
        for name, kind in zip(columns[places["col_name"]], columns[places["col_type"]], strict=True)
        if name
    }
    groups = columns[places["filter_grouping_column"]] if "filter_grouping_column" in places else []
    return Meta(meta_path, types, frozenset(group.strip() for group in groups if group))


# --- one block ---------------------------------------------------------------------------------------------------


class _View:
    """A block with, for each column, the place of each row's text (the last place is the empty cell)."""

    def __init__(self, block: Block):
        self.block = block
        self.lines = block.lines
        self._codes: dict[int, np.ndarray] = {}
        self._texts: dict[int, list[str | None]] = {}

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, place: int) -> pa.DictionaryArray:
        return self.block.columns[place]

    def codes(self, place: int) -> np.ndarray:
        if place not in self._codes:
            column = self.column(place)
            self._codes[place] = column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)
        return self._codes[place]

    def texts(self, place: int) -> list[str | None]:
        if place not in self._texts:
            self._texts[place] = [*self.column(place).dictionary.to_pylist(), None]
        return self._texts[place]

    def counts(self, place: int) -> np.ndarray:
        return np.bincount(self.codes(place), minlength=len(self.column(place).dictionary) + 1)

    def combinations(
        self, places: list[int], rows: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, list[tuple[str | None, ...]]]:
        """Distinct combinations of cells: for each row the number of its combination, the first row of each, each."""
        count = len(self) if rows is None else len(rows)
        combined, size = np.zeros(count, np.int64), 1
        for place in places:
            codes = self.codes(place) if rows is None else self.codes(place)[rows]
            width = len(self.column(place).dictionary) + 1
            if size * width > 2**62:
                values, combined = np.unique(combined, return_inverse=True)
                size = len(values)
            combined, size = combined * width + codes, size * width
        first, inverse = _distinct(combined, size)
        at = first if rows is None else rows[first]
        found = zip(*([self.texts(p)[c] for c in self.codes(p)[at].tolist()] for p in places), strict=True)
        return inverse, at, list(found) if places else [()] * len(first)

    def hashes(self, places: list[int]) -> np.ndarray:
        """64 bits of the cells of each row. Two different keys among 20 million collide once in 90,000 files."""
        mixed = np.full(len(self), 0x9E3779B97F4A7C15, np.uint64)
        for place in places:
            texts = self.texts(place)
            table = np.fromiter((hash(text or "") & 0xFFFFFFFFFFFFFFFF for text in texts), np.uint64, len(texts))
            mixed = (mixed ^ table[self.codes(place)]) * np.uint64(0xFF51AFD7ED558CCD)
            mixed ^= mixed >> np.uint64(32)
        return mixed


def _distinct(values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """First row of each distinct value, and for each row the number of its value."""
    if size <= 4 * len(values) + 1024:
        first = np.full(size, -1, np.int64)
        first[values[::-1]] = np.arange(len(values) - 1, -1, -1)
        present = first >= 0
        return first[present], (np.cumsum(present) - 1)[values]
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    return first, inverse


# --- what the whole file says --------------------------------------------------------------------------------------


@dataclass
class ColumnStats:
    """What was counted in one column, in rows."""

    blank: int = 0
    numbers: int = 0
    padded: int = 0
    symbols: Counter = field(default_factory=Counter)
    texts: Counter = field(default_factory=Counter)
    #: Rows whose text found no place among MAX_ITEMS.
    uncounted: int = 0
    #: Distinct whole numbers, or None when there are too many or other numbers.
    whole: set[str] | None = field(default_factory=set)
    only_digits: bool = True

    @property
    def filled(self) -> int:
        return self.numbers + self.symbols.total() + self.texts.total() + self.uncounted

    @property
    def items(self) -> int:
        return len(self.texts) + len(self.symbols) + (MAX_NUMBER_ITEMS if self.whole is None else len(self.whole))

    def add(self, view: _View, place: int, is_known: bool) -> None:
        counts, dictionary = view.counts(place), view.column(place).dictionary
        self.blank += int(counts[-1])
        if not len(dictionary):
            return
        number = np.zeros(len(dictionary), bool)
        if not is_known:
            number = pc.match_substring_regex(dictionary, standard.NUMBER).to_numpy(zero_copy_only=False)
            self.numbers += int(counts[:-1][number].sum())
            if self.only_digits and number.any():
                self.only_digits = pc.all(pc.ascii_is_decimal(dictionary.filter(pa.array(number)))).as_py()
            self._add_whole(dictionary, number)
        places = np.flatnonzero(~number)
        texts = view.texts(place)
        for at, count in zip(places.tolist(), counts[places].tolist(), strict=True):
            text = texts[at]
            if text in standard.SYMBOLS and not is_known:
                self.symbols[text] += count
            elif text in self.texts or len(self.texts) < MAX_ITEMS:
                self.texts[text] += count
            else:
                self.uncounted += count
            if text[0] in " \t" or text[-1] in " \t":
                self.padded += count

    def _add_whole(self, dictionary: pa.Array, number: np.ndarray) -> None:
        if self.whole is None:
            return
        if int(number.sum()) > MAX_NUMBER_ITEMS:
            self.whole = None
            return
        self.whole.update(dictionary.filter(pa.array(number)).to_pylist())
        if len(self.whole) > MAX_NUMBER_ITEMS or not self.only_digits:
            self.whole = None


@dataclass(frozen=True)
class Roles:
    """Places of the indicators and the filters, and why each other column was taken so."""

    indicators: tuple[int, ...]
    filters: tuple[int, ...]
    reasons: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Facts:
    """What decides over single rows and follows from the whole file."""

    roles: Roles
    main_kind: str | None
    wrong_pairs: frozenset[tuple[str, str]]


class Survey:
    """Counts of the whole file."""

    def __init__(self, layout: Layout):
        self.layout = layout
        self.rows = 0
        self.blank_rows = 0
        self.stats = [ColumnStats() for _ in layout.names]
        self.periods: Counter = Counter()  # (identifier, period) -> rows
        self.levels: Counter = Counter()  # printed level -> rows
        self.pairs: Counter = Counter()  # (ONS code, name) of local authorities -> rows
        self.filled_at: Counter = Counter()  # (printed level, geography column) -> rows
        self.names_of: dict[tuple[str, str], str] = {}  # (level, code) -> name
        self.renamed: dict[tuple[str, str], set[str]] = {}
        self._known = set(layout.known.values())

    def add(self, view: _View) -> None:
        self.rows += len(view)
        for place, stats in enumerate(self.stats):
            stats.add(view, place, place in self._known)
        known = self.layout.known
        inverse, _, found = view.combinations([known["time_identifier"], known["time_period"]])
        self.periods.update(_counted(found, inverse))
        self._add_areas(view)

    def _add_areas(self, view: _View) -> None:
        known = self.layout.known
        place = known["geographic_level"]
        level_codes, level_texts = view.codes(place), view.texts(place)
        counts = view.counts(place)
        self.levels.update({text or "": int(n) for text, n in zip(level_texts, counts, strict=True) if n})
        for column in standard.GEOGRAPHY_COLUMNS & set(known):
            filled = view.codes(known[column]) < len(view.column(known[column]).dictionary)
            for code, n in enumerate(np.bincount(level_codes[filled], minlength=len(level_texts)).tolist()):
                if n:
                    self.filled_at[level_texts[code] or "", column] += n
        for text in level_texts:
            level = standard.level_of(text)
            if level is None or level.code not in known or level.name_column not in known:
                continue
            rows = np.flatnonzero(level_codes == level_texts.index(text))
            inverse, _, found = view.combinations([known[level.code], known[level.name_column]], rows)
            if level.name == "Local authority":
                self.pairs.update(_counted(found, inverse))
            elif len(self.names_of) < 500_000:
                self._add_names(level.name, found)

    def _add_names(self, level: str, found: Iterable[tuple[str | None, ...]]) -> None:
        for code, name in found:
            if not code or not name or code in standard.PLACEHOLDER_CODES:
                continue
            before = self.names_of.setdefault((level, code), name)
            if before != name:
                self.renamed.setdefault((level, code), {before}).add(name)

    def newest_period(self) -> str | None:
        """The newest time period of the file's kind in the standard's form, else the greatest text."""
        main, best = self.main_kind(), None
        for identifier, period in self.periods:
            known = standard.time_identifier(identifier)
            if known and standard.TIME_KINDS[known] == main and standard.has_period_form(known, period):
                best = max(best or "", period)
        return best or max((period for _, period in self.periods if period), default=None)

    def main_kind(self) -> str | None:
        """The kind of period that most rows have; of equals the first."""
        kinds: Counter = Counter()
        for (identifier, _), rows in self.periods.items():
            if known := standard.time_identifier(identifier):
                kinds[standard.TIME_KINDS[known]] += rows
        return kinds.most_common(1)[0][0] if kinds else None

    def wrong_pairs(self) -> frozenset[tuple[str, str]]:
        """Pairs of code and name whose code mostly has another name, and whose name mostly has another code."""
        name_of, code_of = {}, {}
        for (code, name), _ in reversed(self.pairs.most_common()):
            if code and name:
                name_of[code], code_of[standard.plain(name)] = name, code
        return frozenset(
            (code, name)
            for code, name in self.pairs
            if code
            and name
            and code not in standard.PLACEHOLDER_CODES
            and standard.plain(name_of[code]) != standard.plain(name)
            and code_of[standard.plain(name)] != code
        )

    def roles(self, told_apart: frozenset[int]) -> Roles:
        indicators, filters, reasons = [], [], []
        for place in self.layout.others:
            role, reason = _role_of(self, place, place in told_apart)
            if role:
                (indicators if role == "indicator" else filters).append(place)
            reasons.append((place, reason))
        return Roles(tuple(indicators), tuple(filters), tuple(reasons))

    def facts(self, told_apart: frozenset[int]) -> Facts:
        return Facts(self.roles(told_apart), self.main_kind(), self.wrong_pairs())


def _counted(found: list[tuple], inverse: np.ndarray) -> dict[tuple, int]:
    return dict(zip(found, np.bincount(inverse, minlength=len(found)).tolist(), strict=True))


def _role_of(survey: Survey, place: int, tells_apart: bool) -> tuple[str | None, str]:
    """``indicator``, ``filter`` or None, and why, by the rule in the module's docstring."""
    name, stats, meta = survey.layout.names[place], survey.stats[place], survey.layout.meta
    if meta and meta.types.get(name) in ("indicator", "filter"):
        return meta.types[name], "the metadata file says so"
    if meta and name in meta.groups:
        return "filter", "the metadata file groups a filter by it"
    if not stats.filled:
        return None, "it is empty"
    strange = _strange(stats)
    if strange is None:
        return "filter", "it holds words"
    if not stats.numbers:
        if strange:
            return "filter", "it holds no number"
        return "indicator", "it holds symbols only"
    if _IDENTIFIER.search(name) and stats.only_digits:
        return "filter", "its name says that its numbers are codes"
    if _may_be_number_filter(stats):
        if _NUMBER_FILTER.search(name) and not _NUMBER_INDICATOR.search(name):
            return "filter", "its name says that its numbers are items"
        if tells_apart:
            return "filter", "rows cannot be told apart without it"
    return "indicator", "it holds numbers" + (f" and {len(strange)} other text(s)" if strange else "")


def _strange(stats: ColumnStats) -> list[str] | None:
    """Texts of an indicator that are neither numbers nor symbols; None when the column holds words."""
    strange = [text for text in stats.texts if not is_sign(text)]
    if not strange and not stats.uncounted:
        return list(stats.texts)
    rare = max(1, stats.filled // 200)
    rows = sum(stats.texts[text] for text in strange) + stats.uncounted
    if stats.uncounted or rows > stats.filled / 10 or any(stats.texts[text] > rare for text in strange):
        return None
    return list(stats.texts)


def is_sign(text: str) -> bool:
    """Whether a text is a number as a person writes it, or a sign for "no data" that the standard gave up."""
    text = text.strip()
    return (
        not text
        or text in standard.SYMBOLS
        or text in standard.LEGACY_SYMBOLS
        or text in standard.NULL_WORDS
        or bool(standard.DRESSED_NUMBER.match(text))
    )


def _may_be_number_filter(stats: ColumnStats) -> bool:
    return bool(stats.whole) and not stats.symbols and not stats.texts and not stats.blank


def _told_apart(view: _View, survey: Survey) -> frozenset[int]:
    """Columns of few whole numbers without which most rows of the first block look alike.

    A filter repeats evenly: with ``d`` items and ``g`` groups without it there are about ``d * g`` rows. An indicator
    that differs between rows printed twice does not.
    """
    candidates = [p for p in survey.layout.others if _may_be_number_filter(survey.stats[p])]
    base = [*survey.layout.known.values()]
    base += [p for p in survey.layout.others if survey.stats[p].filled and _strange(survey.stats[p]) is None]
    if not candidates or len(view) < 10:
        return frozenset()
    chosen: list[int] = []
    groups = len(np.unique(view.hashes(base)))
    for place in candidates:
        rows_a_group = len(view) / groups
        items = len(survey.stats[place].whole or ())
        if groups < 3 or rows_a_group < 1.5 or not 2 <= items <= 2 * rows_a_group:
            continue
        finer = len(np.unique(view.hashes([*base, *chosen, place])))
        if finer >= 0.7 * min(len(view), groups * items):
            chosen.append(place)
            groups = finer
    return frozenset(chosen)


class Keys:
    """Hashes of the rows' keys: eight bytes a row, in memory while few, in a file when many."""

    IN_MEMORY = 16_000_000

    def __init__(self, folder: Path):
        self._folder = folder
        self._parts: list[np.ndarray] = []
        self._held = 0
        self._spilt: list[Path] = []

    def add(self, hashes: np.ndarray) -> None:
        self._parts.append(hashes)
        self._held += len(hashes)
        if self._held > self.IN_MEMORY:
            path = self._folder / f".keys.{os.getpid()}.{len(self._spilt)}"
            np.concatenate(self._parts).tofile(path)
            self._spilt.append(path)
            self._parts, self._held = [], 0

    def doubled(self) -> np.ndarray:
        """The hashes that occur more than once, sorted."""
        try:
            shares = len(self._spilt) + 1
            return np.sort(np.concatenate([_doubled(self._share(n, shares)) for n in range(shares)]))
        finally:
            for path in self._spilt:
                path.unlink(missing_ok=True)

    def _share(self, number: int, shares: int) -> np.ndarray:
        if shares == 1:
            return np.concatenate(self._parts) if self._parts else np.empty(0, np.uint64)
        found = [part[part % np.uint64(shares) == number] for part in self._parts]
        for path in self._spilt:
            hashes = np.fromfile(path, np.uint64)
            found.append(hashes[hashes % np.uint64(shares) == number])
        return np.concatenate(found)


def _doubled(hashes: np.ndarray) -> np.ndarray:
    hashes.sort()
    again = hashes[1:] == hashes[:-1]
    return np.unique(hashes[1:][again])


# --- writing ---------------------------------------------------------------------------------------------------------


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
    sound_count: int = 0

    @property
    def roles(self) -> Roles:
        return self.facts.roles


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
    view = _View(first)
    survey.add(view)
    told_apart = _told_apart(view, survey)
    facts = survey.facts(told_apart)
    keys.add(view.hashes(_key_places(layout, facts.roles)))
    return facts, told_apart, keys.doubled()


def _key_places(layout: Layout, roles: Roles) -> list[int]:
    return [*layout.known.values(), *roles.filters]


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
_WRITTEN = pa.schema([one.with_type(_TEXTS) if one.type == pa.string() else one for one in OPEN_DATA.schema])


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
        self._verdicts: dict[tuple, tuple[str, str | None, str | None, str] | None] = {}

    def write(self, blocks: Iterator[Block], aside: Path, keys: Keys) -> Reading:
        reading = Reading(self._layout, self._facts, Survey(self._layout), self._problems, aside, self._doubled)
        with pq.ParquetWriter(
            aside, _WRITTEN, compression="zstd", write_statistics=False, store_schema=False
        ) as writer:
            for block in blocks:
                reading.blank_lines += block.blank_lines
                if len(block):
                    self._write_block(_View(block), reading, writer, keys)
                if block.odd:
                    self._write_odd(block.odd, reading, writer)
        return reading

    def _write_block(self, view: _View, reading: Reading, writer: pq.ParquetWriter, keys: Keys) -> None:
        reading.survey.add(view)
        reading.row_count += len(view)
        hashes = view.hashes(self._key_places)
        keys.add(hashes)
        sound = np.ones(len(view), bool)
        self._judge_blank_rows(view, sound, reading)
        self._judge_periods(view, sound)
        self._judge_areas(view, sound)
        self._judge_parents(view)
        self._judge_doubled(view, hashes, sound)
        self._judge_values(view)
        reading.sound_count += int(sound.sum())
        writer.write_table(self._long(view, sound))

    def _write_odd(self, odd: list[OddRecord], reading: Reading, writer: pq.ParquetWriter) -> None:
        width = len(self._layout.names)
        cells = [(record.fields + [""] * width)[:width] for record in odd]
        columns = [
            pa.array([row[place] or None for row in cells], pa.string()).dictionary_encode() for place in range(width)
        ]
        view = _View(Block(columns, np.array([record.line for record in odd], np.int64)))
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

    def _long(self, view: _View, sound: np.ndarray) -> pa.Table:
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
            [_pick(names, np.full(rows, number, np.int32)) for number in range(len(indicators))], _TEXTS
        )
        columns["value_text"] = pa.chunked_array([view.column(place) for place in indicators], _TEXTS)
        return pa.table([columns[one.name] for one in _WRITTEN], schema=_WRITTEN)

    def _straight(self, view: _View, place: int | None, rows: int) -> pa.DictionaryArray:
        if place is None:
            return _pick(pa.array([], pa.string()), np.full(rows, -1, np.int32))
        return view.column(place)

    def _filters(self, view: _View) -> pa.DictionaryArray:
        places = list(self._json_places)
        country = self._layout.known["country_name"]
        if self._has_odd_country(view):
            places = sorted([*places, country], key=lambda place: self._layout.names[place])
        inverse, first, _ = view.combinations(places)
        if not places:
            return _pick(pa.array(["{}"]), np.zeros(len(view), np.int32))
        parts = []
        for place in places:
            label = json.dumps(self._layout.names[place], ensure_ascii=False)
            pieces = [text and f"{label}: {json.dumps(text, ensure_ascii=False)}, " for text in view.texts(place)]
            parts.append(pa.array(pieces, pa.string()).take(pa.array(view.codes(place)[first])))
        # `skip` drops whole rows when there is one array only (pyarrow 26), hence the separator in the pieces.
        inside = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
        inside = pc.utf8_rtrim(inside, characters=", ")
        return _pick(pc.binary_join_element_wise("{", inside, "}", ""), inverse.astype(np.int32))

    def _has_odd_country(self, view: _View) -> bool:
        """The country's name has no column of its own: it is kept only where the code does not give it."""
        known = self._layout.known
        _, _, found = view.combinations([known["country_code"], known["country_name"]])
        return any(standard.COUNTRIES.get(code or "") != name for code, name in found if name)

    # --- verdicts over rows ---

    def _judge_blank_rows(self, view: _View, sound: np.ndarray, reading: Reading) -> None:
        filled = np.zeros(len(view), bool)
        for place in range(len(self._layout.names)):
            filled |= view.codes(place) < len(view.column(place).dictionary)
            if filled.all():
                return
        reading.survey.blank_rows += int((~filled).sum())
        sound &= filled
        self._add(
            view, np.flatnonzero(~filled), "blank_row", "warning", None, lambda _: None, "The row has no cell filled."
        )

    def _judge_periods(self, view: _View, sound: np.ndarray) -> None:
        known = self._layout.known
        places = [known["time_identifier"], known["time_period"]]
        self._judge(view, places, None, sound, self._period_verdict)

    def _period_verdict(self, cells: tuple[str | None, ...]) -> tuple[str, str | None, str | None, str] | None:
        identifier, period = cells
        if not identifier and not period:
            return "missing_period", "time_period", None, "The row has no time period."
        known = standard.time_identifier(identifier)
        if known is None:
            return (
                "unknown_time_identifier",
                "time_identifier",
                identifier,
                f"{identifier or 'An empty cell'!r} is no time identifier of the standard.",
            )
        if not standard.has_period_form(known, period):
            digits = (
                "four digits"
                if standard.has_period_form("Calendar year", "2000")
                and (standard.TIME_KINDS[known] in standard._ONE_YEAR_KINDS)
                else "six digits of two consecutive years, such as 202021"
            )
            return (
                "malformed_time_period",
                "time_period",
                period,
                f"{period or 'An empty cell'!r} is no time period of a {known}: that takes {digits}.",
            )
        if standard.TIME_KINDS[known] != self._facts.main_kind:
            return (
                "mixed_time_identifiers",
                "time_identifier",
                identifier,
                f"The row's period is a {known}, the file's are of the kind {self._facts.main_kind}: one file, "
                "one kind.",
            )
        return None

    def _judge_areas(self, view: _View, sound: np.ndarray) -> None:
        known = self._layout.known
        place = known["geographic_level"]
        codes, texts = view.codes(place), view.texts(place)
        for number, text in enumerate(texts):
            rows = np.flatnonzero(codes == number)
            if not len(rows):
                continue
            level = standard.level_of(text)
            if level is None:
                sound[rows] = False
                self._add(
                    view,
                    rows,
                    "unknown_level",
                    "error",
                    "geographic_level",
                    lambda _, text=text: text,
                    f"{text or 'An empty cell'!r} is no geographic level of the standard.",
                )
                continue
            columns = [column for column in level.columns if column in known]
            places = [known[column] for column in columns]
            self._judge(
                view,
                places,
                rows,
                sound,
                lambda cells, level=level, columns=columns: self._area_verdict(
                    level, dict(zip(columns, cells, strict=True))
                ),
                (level.name,),
            )

    def _area_verdict(
        self, level: standard.Level, cells: dict[str, str | None]
    ) -> tuple[str, str | None, str | None, str] | None:
        code, name = cells.get(level.code or ""), cells.get(level.name_column)
        second = cells.get(level.second_code or "")
        if not (code or second if level.code else name):
            column = level.code or level.name_column
            return "missing_area", column, None, f"A row of the level {level.name} has no {column}."
        if code and level.form and not level.form.match(code):
            return (
                "malformed_area_code",
                level.code,
                code,
                f"{code!r} is no {level.code}: codes of the level {level.name} look otherwise.",
            )
        if second and level.second_form and not level.second_form.match(second):
            return (
                "malformed_area_code",
                level.second_code,
                second,
                f"{second!r} is no {level.second_code}.",
            )
        constants = {"National": standard.COUNTRIES, "Regional": standard.REGIONS}.get(level.name)
        if constants is not None:
            return _pair_verdict(level.code, level.name_column, code, name, constants)
        if level.name == "Local authority":
            return self._authority_verdict(code, name, second)
        return None

    def _authority_verdict(
        self, code: str | None, name: str | None, number: str | None
    ) -> tuple[str, str | None, str | None, str] | None:
        if code and name and (code, name) in self._facts.wrong_pairs:
            return (
                "wrong_area_name",
                "la_name",
                name,
                f"{name!r} stands beside {code}; in the rest of the file both belong to other areas.",
            )
        areas = self._known_areas
        if not areas or not code or code in standard.PLACEHOLDER_CODES:
            return None
        if code not in areas:
            return "unknown_area", "new_la_code", code, f"{code} ({name or 'no name'}) is no known local authority."
        if name and standard.plain(areas[code]) != standard.plain(name):
            elsewhere = any(standard.plain(name) == standard.plain(other) for other in areas.values())
            if elsewhere:
                return "wrong_area_name", "la_name", name, f"{code} is {areas[code]}, not {name}."
        by_number = areas.get(number or "")
        if by_number and standard.plain(by_number) != standard.plain(areas[code]):
            return "wrong_area_name", "old_la_code", number, f"{number} is {by_number}, but {code} is {areas[code]}."
        return None

    def _judge(
        self,
        view: _View,
        places: list[int],
        rows: np.ndarray | None,
        sound: np.ndarray,
        verdict_of: Any,
        scope: tuple[str, ...] = (),
    ) -> None:
        """Ask once for each distinct combination of cells; mark and report the rows of those that fail."""
        inverse, _, found = view.combinations(places, rows)
        failing: dict[int, tuple[str, str | None, str | None, str]] = {}
        for number, cells in enumerate(found):
            key = (verdict_of.__name__, *scope, *cells)
            if key not in self._verdicts:
                if len(self._verdicts) > 500_000:
                    self._verdicts.clear()
                self._verdicts[key] = verdict_of(cells)
            if verdict := self._verdicts[key]:
                failing[number] = verdict
        if not failing:
            return
        for number, (code, column, text, message) in failing.items():
            at = np.flatnonzero(inverse == number)
            at = at if rows is None else rows[at]
            sound[at] = False
            self._add(view, at, code, "error", column, lambda _, text=text: text, message)

    def _judge_parents(self, view: _View) -> None:
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
            inverse, _, found = view.combinations([level_place, known[code_column], known[name_column]])
            for number, (level, code, name) in enumerate(found):
                known_level = standard.level_of(level)
                if (known_level and known_level.name == own) or (not code and not name):
                    continue
                if verdict := _pair_verdict(code_column, name_column, code, name, constants):
                    rows = np.flatnonzero(inverse == number)
                    issue = "wrong_country" if own == "National" else "wrong_region"
                    self._add(view, rows, issue, "warning", verdict[1], lambda _, t=verdict[2]: t, verdict[3])

    def _judge_doubled(self, view: _View, hashes: np.ndarray, sound: np.ndarray) -> None:
        if not len(self._doubled):
            return
        at = np.minimum(np.searchsorted(self._doubled, hashes), len(self._doubled) - 1)
        rows = np.flatnonzero(self._doubled[at] == hashes)
        sound[rows] = False

        def key(row: int) -> str:
            return " | ".join(filter(None, (view.texts(p)[view.codes(p)[row]] for p in self._key_places)))

        self._add(
            view,
            rows,
            "duplicate_row",
            "error",
            None,
            key,
            "The same period, area and filters are printed on another line too, so neither row becomes a figure.",
        )

    def _judge_values(self, view: _View) -> None:
        for place in self._facts.roles.indicators:
            dictionary = view.column(place).dictionary
            if not len(dictionary):
                continue
            number = pc.match_substring_regex(dictionary, standard.NUMBER).to_numpy(zero_copy_only=False)
            texts = view.texts(place)
            for code in np.flatnonzero(~number).tolist():
                text = texts[code]
                if text in standard.SYMBOLS or text in standard.LEGACY_SYMBOLS:
                    continue
                self._add(
                    view,
                    np.flatnonzero(view.codes(place) == code),
                    "value_not_a_number",
                    "warning",
                    self._layout.names[place],
                    lambda _, text=text: text,
                    f"{text!r} is neither a number nor a symbol of the standard.",
                )

    def _add(
        self, view: _View, rows: np.ndarray, code: str, severity: str, column: str | None, text_of: Any, message: str
    ) -> None:
        self._problems.add_rows(code, severity, view.lines, rows, column, text_of, message)


def _pair_verdict(
    code_column: str, name_column: str, code: str | None, name: str | None, constants: dict[str, str]
) -> tuple[str, str | None, str | None, str] | None:
    if code in standard.PLACEHOLDER_CODES:
        return None
    if not code:
        return "missing_area", code_column, name, f"{name!r} stands without a {code_column}."
    if code not in constants:
        return "unknown_area", code_column, code, f"{code} ({name or 'no name'}) is no {code_column} of the standard."
    if name and standard.plain(name) != standard.plain(constants[code]):
        return "wrong_area_name", name_column, name, f"{code} is {constants[code]}, not {name}."
    return None


def _is_other_geography(column: str) -> bool:
    return column not in _STRAIGHT.values() and column != "country_name"


def _constant(text: str, rows: int) -> pa.DictionaryArray:
    return _pick(pa.array([text]), np.zeros(rows, np.int32))


def _pick(dictionary: pa.Array, codes: np.ndarray) -> pa.DictionaryArray:
    """A dictionary array; a negative place is a null."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=codes < 0), dictionary)
