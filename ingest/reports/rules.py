"""The rules for reading reports, from their one data file. Nothing here knows what a rule is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ingest.intake.errors import ConfigurationError
from ingest.intake.yaml_files import read_yaml

RULES_PATH = Path(__file__).parent / "claim_rules.yml"

#: Stands for a period in the text that the patterns see: this once, then ``PERIOD_REST`` to the same length.
PERIOD_MARK, PERIOD_REST = "\x01", "\x02"

UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBER_WORDS = {word: value for value, word in enumerate(UNITS)} | {
    word: 10 * value for value, word in enumerate(TENS, start=2)
}
WORD_NUMBER = (
    rf"(?:(?:{'|'.join(TENS)})(?:[- ](?:{'|'.join(UNITS[1:10])}))?|{'|'.join(sorted(UNITS, key=len, reverse=True))})"
)
_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_NAME = re.compile(r"\{\{(\w+)\}\}")
_GROUP_NAME = re.compile(r"\(\?P<\w+>")


@dataclass(frozen=True)
class Rule:
    """A rule whose patterns are compiled; ``says`` holds its other keys."""

    patterns: dict[str, re.Pattern[str]]
    says: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.says[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.says.get(name, default)

    def may_fit(self, text: str) -> bool:
        """Whether one of the words is there that the rule says it needs; a quick look before the pattern's own."""
        needs = self.says.get("needs")
        return needs is None or any(word in text for word in needs)

    @property
    def pattern(self) -> re.Pattern[str]:
        return self.patterns["pattern"]


class Rules:
    """All rules of one file, compiled: ``lists`` of rules and single ``patterns`` by name; ``data`` as it stands."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self._parts = {
            **data["parts"],
            "number": rf"(?:{_DIGITS}|{WORD_NUMBER}\b)",
            "period": f"(?:{PERIOD_MARK}{PERIOD_REST}*)",
        }
        self.lists = {name: self._rules(data[name]) for name in _LISTS}
        self.patterns = {name: self.compile(data[name]) for name in _SINGLE}
        self.patterns["benchmark"] = self.compile("{{benchmark}}")
        self.tally_categories = self._rules(data["tallies"]["categories"])
        self.tally = {name: self.compile(text) for name, text in data["tallies"].items() if isinstance(text, str)}
        structure = data["structure"]
        self.structure = {name: self.compile(text) for name, text in structure.items() if isinstance(text, str)}
        self.structure |= {
            name: self.compile("|".join(f"(?:{text})" for text in texts))
            for name, texts in structure.items()
            if isinstance(texts, list) and name in ("page_furniture",)
        }
        self.signs = [self.compile(text) for text in structure["report_signs"]]
        self.own_edition = [self.compile(text) for text in structure["own_edition"]]
        self.any_synonym = self.compile("|".join(f"(?:{rule['pattern']})" for rule in data["synonyms"]))
        self.synonyms = [(self.compile(rule["pattern"]), f" {rule['to']} ") for rule in data["synonyms"]]

    def compile(self, text: str) -> re.Pattern[str]:
        return re.compile(self._expanded(text), re.IGNORECASE)

    def _expanded(self, text: str) -> str:
        while _NAME.search(text):
            text = _NAME.sub(lambda found: _GROUP_NAME.sub("(?:", self._parts[found.group(1)]), text)
        return text

    def _rules(self, rules: list[Any]) -> list[Rule]:
        made = []
        for rule in rules:
            rule = {"pattern": rule} if isinstance(rule, str) else rule
            texts = {name: rule[name] for name in ("pattern", "left", "right") if name in rule}
            made.append(Rule({name: self.compile(text) for name, text in texts.items()}, rule))
        return made


_LISTS = (
    "not_figures",
    "periods",
    "compared_periods",
    "quartiles",
    "benchmark_relations",
    "not_directions",
    "directions",
    "number_roles",
    "counted_after",
    "nothing",
    "latest_available",
    "target_relations",
    "reasons",
    "no_data",
    "explains",
)
_SINGLE = (
    "points_to_all",
    "points_back",
    "points_to_heading",
    "usual",
    "counted_first",
    "quartiles_in_turn",
    "planned_periods",
)


def load_rules(path: Path = RULES_PATH) -> Rules:
    """Read the rules. Raises ConfigurationError that names the file and what is wrong."""
    stat = path.stat()
    return _load(path, (stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=4)
def _load(path: Path, _stamp: tuple[int, int]) -> Rules:
    try:
        return Rules(read_yaml(path))
    except (yaml.YAMLError, KeyError, TypeError, re.error) as error:
        raise ConfigurationError(f"{path.name} is wrong: {error!r}") from error
