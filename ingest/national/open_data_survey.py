"""What a file of the open-data standard is made of: its heading, one block of it, and what its whole says.

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

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.intake.characters import normal, squash
from ingest.intake.errors import FileRejected
from ingest.national import csv_blocks
from ingest.national import open_data_standard as standard
from ingest.national.csv_blocks import Block, CsvFile, NotUtf8

#: Distinct texts of a column that are counted; the service itself takes no more than 25,000 items of a filter.
MAX_ITEMS = 30_000
#: Distinct whole numbers that a filter of numbers may have.
MAX_NUMBER_ITEMS = 150
_TOTALS = pa.array(["Total", "total", "All", "all"])
_NUMBER_FILTER = re.compile(
    r"(^|_)(age|ages|nc_?year|nc_?year_?group|year_group|yeargroup|cohort|cohort_year|birth_year|year_of_birth|"
    r"key_stage|decile|quintile|age_start|academic_age|school_year)$",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"(^|_)(urn|ukprn|upin|laestab|estab|estab_number|code|id)$", re.IGNORECASE)
_NUMBER_INDICATOR = re.compile(r"(^|_)(average|mean|median|number|count|total|percent|rate)(_|$)", re.IGNORECASE)


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


def layout_of(file: CsvFile, meta: Meta | None) -> Layout:
    names, known, others, unnamed, respelt = [], {}, [], [], []
    seen: dict[str, int] = {}
    for place, printed in enumerate(file.heading):
        name = printed.strip()
        if not name:
            name = f"column_{place + 1}"
            unnamed.append(place)
        plain = re.sub(r"[ \-]+", "_", squash(normal(name)).lower())
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
        for sign, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if any(printed.count(sign) > 3 for printed in file.heading):
                what += f": its fields are separated by {word}, not by commas"
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


def read_meta(path: Path, meta_path: Path | None) -> Meta | None:
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
        places = {squash(normal(name)).lower(): place for place, name in enumerate(file.heading)}
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


class View:
    """A block with, for each column, the place of each row's text (the last place is the empty cell)."""

    def __init__(self, block: Block):
        self.block = block
        self.lines = block.lines
        self._codes: dict[int, np.ndarray] = {}
        self._texts: dict[int, list[str | None]] = {}
        self._numbers: dict[int, np.ndarray] = {}

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

    def is_number(self, place: int) -> np.ndarray:
        """For each text of a column's dictionary whether it is a number."""
        if place not in self._numbers:
            found = pc.match_substring_regex(self.column(place).dictionary, standard.NUMBER)
            self._numbers[place] = found.to_numpy(zero_copy_only=False)
        return self._numbers[place]

    def counts(self, place: int) -> np.ndarray:
        return np.bincount(self.codes(place), minlength=len(self.column(place).dictionary) + 1)

    def combinations(
        self, places: list[int], rows: np.ndarray | None = None
    ) -> tuple[np.ndarray, list[tuple[str | None, ...]]]:
        """Distinct combinations of cells: for each row the number of its combination, and each combination."""
        inverse, at = self.groups(places, rows)
        columns = []
        for place in places:
            texts = self.texts(place)
            columns.append([texts[code] for code in self.codes(place)[at].tolist()])
        return inverse, list(zip(*columns, strict=True))

    def groups(self, places: list[int], rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Rows of equal cells: for each row the number of its group, and the first row of each group."""
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
        return inverse, first if rows is None else rows[first]

    def hashes(self, places: list[int]) -> np.ndarray:
        """64 bits of the cells of each row. Two different keys among 20 million collide once in 90,000 files."""
        mixed = np.full(len(self), 0x9E3779B97F4A7C15, np.uint64)
        for place in places:
            texts = self.texts(place)
            table = np.fromiter(map(hash, texts), np.int64, len(texts)).view(np.uint64)
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
    #: Rows with a number as a person writes it, and the first of such texts.
    dressed: int = 0
    #: Rows of a column of the standard that are filled, and whether one of them says Total or All.
    known: int = 0
    totals: bool = False
    dressed_texts: list[str] = field(default_factory=list)
    #: Rows whose text found no place among MAX_ITEMS.
    uncounted: int = 0
    #: Distinct whole numbers, or None when there are too many or other numbers.
    whole: set[str] | None = field(default_factory=set)
    only_digits: bool = True

    @property
    def filled(self) -> int:
        return self.numbers + self.known + self.dressed + self.symbols.total() + self.texts.total() + self.uncounted

    @property
    def items(self) -> int:
        return (
            len(self.texts)
            + len(self.symbols)
            + self.dressed
            + (MAX_NUMBER_ITEMS if self.whole is None else len(self.whole))
        )

    def add(self, view: View, place: int, is_known: bool) -> None:
        counts, dictionary = view.counts(place), view.column(place).dictionary
        self.blank += int(counts[-1])
        if not len(dictionary):
            return
        if is_known:
            self.known += int(counts[:-1].sum())
            self.totals |= pc.any(pc.is_in(dictionary, _TOTALS)).as_py()
            self._add_padded(dictionary, counts[:-1])
            return
        number = view.is_number(place)
        self.numbers += int(counts[:-1][number].sum())
        if self.only_digits and number.any():
            self.only_digits = pc.all(pc.ascii_is_decimal(dictionary.filter(pa.array(number)))).as_py()
        self._add_whole(dictionary, number)
        if not number.all():
            places = np.flatnonzero(~(number | self._add_dressed(dictionary, number, counts)))
            self._add_texts(dictionary.take(pa.array(places)), counts[places])

    def _add_texts(self, texts: pa.Array, counts: np.ndarray) -> None:
        self._add_padded(texts, counts)
        if len(self.texts) >= MAX_ITEMS and len(texts) > 1000:
            # Too many to be items of a filter; only whether there is a Total is still of interest.
            self.uncounted += int(counts.sum())
            if pc.index(texts, "Total").as_py() >= 0:
                self.texts["Total"] += 1
            return
        for text, count in zip(texts.to_pylist(), counts.tolist(), strict=True):
            if text in standard.SYMBOLS:
                self.symbols[text] += count
            elif text in self.texts or len(self.texts) < MAX_ITEMS:
                self.texts[text] += count
            else:
                self.uncounted += count

    def _add_padded(self, texts: pa.Array, counts: np.ndarray) -> None:
        padded = pc.match_substring_regex(texts, r"^[ \t]|[ \t]$").to_numpy(zero_copy_only=False)
        self.padded += int(counts[padded].sum())

    def _add_dressed(self, dictionary: pa.Array, number: np.ndarray, counts: np.ndarray) -> np.ndarray:
        found = pc.match_substring_regex(dictionary, standard.DRESSED_NUMBER).to_numpy(zero_copy_only=False) & ~number
        if found.any():
            self.dressed += int(counts[:-1][found].sum())
            if len(self.dressed_texts) < 5:
                self.dressed_texts += dictionary.take(pa.array(np.flatnonzero(found)[:5])).to_pylist()
        return found

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

    def add(self, view: View) -> None:
        self.add_periods(view)
        for place, stats in enumerate(self.stats):
            stats.add(view, place, place in self._known)
        self._add_areas(view)

    def add_periods(self, view: View) -> None:
        self.rows += len(view)
        known = self.layout.known
        inverse, found = view.combinations([known["time_identifier"], known["time_period"]])
        _tally(self.periods, found, inverse)

    def _add_areas(self, view: View) -> None:
        known = self.layout.known
        place = known["geographic_level"]
        level_codes, level_texts = view.codes(place), view.texts(place)
        _tally(self.levels, [text or "" for text in level_texts], level_codes)
        for column in standard.GEOGRAPHY_COLUMNS & set(known):
            filled = view.codes(known[column]) < len(view.column(known[column]).dictionary)
            for code, n in enumerate(np.bincount(level_codes[filled], minlength=len(level_texts)).tolist()):
                if n and standard.level_of(level_texts[code]):
                    self.filled_at[level_texts[code] or "", column] += n
        for text in level_texts:
            level = standard.level_of(text)
            if level is None or level.code not in known or level.name_column not in known:
                continue
            rows = np.flatnonzero(level_codes == level_texts.index(text))
            inverse, found = view.combinations([known[level.code], known[level.name_column]], rows)
            if level.name == "Local authority":
                _tally(self.pairs, found, inverse)
            elif len(self.names_of) < 100_000:
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


def _tally(counter: Counter, found: list, inverse: np.ndarray) -> None:
    """Count rows; of more than MAX_ITEMS different texts the later ones are left out, so that memory is bounded."""
    for one, rows in zip(found, np.bincount(inverse, minlength=len(found)).tolist(), strict=True):
        if rows and (one in counter or len(counter) < MAX_ITEMS):
            counter[one] += rows


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
    if not stats.numbers and not stats.dressed:
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
    """Whether a text says "no data", in the standard's words or in those that it gave up."""
    text = text.strip()
    return not text or text in standard.SYMBOLS or text in standard.LEGACY_SYMBOLS or text in standard.NULL_WORDS


def _may_be_number_filter(stats: ColumnStats) -> bool:
    return bool(stats.whole) and not (stats.symbols or stats.texts or stats.dressed or stats.blank)


def told_apart_by_numbers(view: View, survey: Survey) -> frozenset[int]:
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
