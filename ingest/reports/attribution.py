"""Which indicator a phrase speaks of: the conformed labels, word by word, rare words counting more.

Each label, name and alias of an indicator is a bag of words. A phrase fits a bag by the share of the bag's weight that
it holds, and a little by the share of its own known words that the bag holds; a word weighs the logarithm of how few
indicators use it. Numbers are words: two-year-olds are not three-year-olds.
"""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ingest.intake.characters import normal
from ingest.reports.rules import NUMBER_WORDS, Rules, load_rules

#: From this fit on a phrase is taken to speak of an indicator. On the real report and the made-up ones every right
#: attribution fits by 0.66 or more, every wrong best guess by 0.55 or less (November 2026).
FITS = 0.6
#: Indicators whose fit differs by less are alike; the edition's own dashboard decides between them.
ALIKE = 0.04
#: Share of the fit that the phrase's own words decide.
_PRECISION = 0.2
_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHE = re.compile(r"'s?\b")


@dataclass(frozen=True)
class Candidate:
    """An indicator that a phrase fits, how well (0 to 1), and the words that both share."""

    indicator_key: str
    score: float
    words: str


@dataclass(frozen=True)
class _Bag:
    indicator_key: str
    words: frozenset[str]
    weight: float
    text: str


class Labels:
    """All known labels, made ready for comparing; ``units`` holds the unit of each indicator that states one."""

    def __init__(self, texts: dict[str, list[str]], units: dict[str, str], rules: Rules) -> None:
        self.units = units
        self._rules = rules
        self._stop = frozenset(rules.data["stop_words"])
        words = {key: [(text, self.words_of(text)) for text in some] for key, some in texts.items()}
        used: dict[str, set[str]] = defaultdict(set)
        for key, bags in words.items():
            for _, bag in bags:
                for word in bag:
                    used[word].add(key)
        self._weights = {word: math.log(1 + len(texts) / len(keys)) for word, keys in used.items()}
        self._bags: list[_Bag] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for key, bags in words.items():
            for bag, text in {frozenset(bag): text for text, bag in bags if bag}.items():
                self._bags.append(_Bag(key, bag, sum(self._weights[word] for word in bag), text))
                for word in bag:
                    self._by_word[word].append(len(self._bags) - 1)
        self._best = lru_cache(maxsize=65536)(self._find)
        self.candidates = lru_cache(maxsize=65536)(self._candidates)

    def words_of(self, text: str) -> frozenset[str]:
        """The words by which a text is compared: lower case, synonyms made one, plural endings and stop words gone."""
        text = _APOSTROPHE.sub("", normal(text).lower().replace("%", " percent "))
        text = " ".join(text.replace("&", " and ").split())
        if self._rules.any_synonym.search(text):
            for pattern, to in self._rules.synonyms:
                text = pattern.sub(to, text)
        found = set()
        for word in _WORD.findall(text):
            word = str(NUMBER_WORDS.get(word, word))
            if word not in self._stop:
                found.add(_stem(word))
        return frozenset(found - self._stop)

    def known_words(self, text: str) -> frozenset[str]:
        """The words of a text that any label uses."""
        return frozenset(word for word in self.words_of(text) if word in self._weights)

    def _candidates(self, phrase: str) -> tuple[Candidate, ...]:
        """Indicators that the phrase fits, best first: the best one and those that fit alike. Empty when none does."""
        return self._best(self.words_of(phrase))

    def _find(self, words: frozenset[str]) -> tuple[Candidate, ...]:
        known = {word: self._weights[word] for word in words if word in self._weights}
        if not known:
            return ()
        held: dict[int, float] = defaultdict(float)
        for word, weight in known.items():
            for index in self._by_word[word]:
                held[index] += weight
        own = sum(known.values())
        best: dict[str, tuple[float, float, int]] = {}
        for index, weight in held.items():
            bag = self._bags[index]
            fit = (1 - _PRECISION) * weight / bag.weight + _PRECISION * weight / own
            # Between bags that fit alike the one of more words says more.
            rank = (fit, bag.weight, index)
            if rank > best.get(bag.indicator_key, (0.0, 0.0, 0)):
                best[bag.indicator_key] = rank
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], -item[1][1], item[0]))
        if not ranked or ranked[0][1][0] < FITS:
            return ()
        top = ranked[0][1][0]
        return tuple(
            Candidate(key, round(fit, 4), " ".join(sorted(words & self._bags[index].words)))
            for key, (fit, _, index) in ranked
            if fit >= top - ALIKE
        )


def _stem(word: str) -> str:
    if word.isdigit() or len(word) < 4:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ss"):
        return word
    return word[:-1] if word.endswith("s") else word


def load_labels(labels_path: Path, indicators_path: Path, rules: Rules | None = None) -> Labels:
    """The labels of the two seed files and the aliases of the rules."""
    stamp = tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in (labels_path, indicators_path))
    return _load(labels_path, indicators_path, stamp, rules or load_rules())


@lru_cache(maxsize=4)
def _load(labels_path: Path, indicators_path: Path, _stamp: object, rules: Rules) -> Labels:
    texts: dict[str, list[str]] = defaultdict(list)
    units: dict[str, str] = {}
    with indicators_path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            texts[row["indicator_key"]].append(row["indicator_name"])
            if row.get("unit"):
                units[row["indicator_key"]] = row["unit"]
    with labels_path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            texts[row["indicator_key"]].append(row["normalised_label"])
    for key, aliases in rules.data["aliases"].items():
        if key in texts:
            texts[key] += aliases
    return Labels(dict(texts), units, rules)
