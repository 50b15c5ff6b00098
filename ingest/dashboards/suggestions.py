"""For a printed label: the conformed indicator whose known labels it is most like.

A suggestion only helps the person who extends the list of labels. It never maps a row.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process

from ingest.intake.characters import normal

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_POLARITY = re.compile(r"\((?:low|high) (?:=|is) good\)")


def _plain(text: str) -> str:
    text = _POLARITY.sub(" ", normal(text).lower().replace("%", " percent "))
    return _NOT_WORD.sub(" ", text).strip()


@lru_cache(maxsize=4)
def _known(labels_path: Path, indicators_path: Path, _stamp: tuple[float, float]) -> dict[str, str]:
    known: dict[str, str] = {}
    with indicators_path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            known[_plain(row["indicator_name"])] = row["indicator_key"]
    with labels_path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            known[_plain(row["normalised_label"])] = row["indicator_key"]
    return known


def suggest(labels: set[str], labels_path: Path, indicators_path: Path) -> list[dict[str, object]]:
    """Best suggestion for each label, with its likeness from 0 to 100 (rapidfuzz, token sort ratio)."""
    stamp = (labels_path.stat().st_mtime, indicators_path.stat().st_mtime)
    known = _known(labels_path, indicators_path, stamp)
    names = list(known)
    found: list[dict[str, object]] = []
    for label in sorted(labels):
        plain = _plain(label)
        if not any(character.isalpha() for character in plain) or not names:
            continue
        best = process.extractOne(plain, names, scorer=fuzz.token_sort_ratio, processor=None)
        if best is not None:
            found.append(
                {
                    "printed_label": label,
                    "suggested_indicator_key": known[best[0]],
                    "suggestion_score": round(float(best[1]), 1),
                }
            )
    return found
