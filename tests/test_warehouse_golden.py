"""The published facts against the transcription by eye: every typed cell, and which rows are one indicator."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import Any

import pytest
from conftest import BUNDLED, ROOT, Refreshed


def transcribed(edition: str) -> list[dict[str, str]]:
    with (ROOT / "tests" / "golden" / f"{edition}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def number(text: str) -> float | None:
    return float(text) if text else None


def by_row(refreshed: Refreshed, edition: str, sql: str) -> dict[int, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in refreshed.home.query(sql.format(edition=edition))}


@pytest.mark.parametrize("edition", BUNDLED)
@pytest.mark.parametrize(("role", "prefix"), [("latest", "latest_"), ("previous", "prev_")])
def test_every_figure_has_the_transcribed_value_and_period(
    refreshed: Refreshed, edition: str, role: str, prefix: str
) -> None:
    found = by_row(
        refreshed,
        edition,
        """
        select o.row_number, o.value, o.decimals, o.numerator, o.value_status,
               p.period_type, cast(p.start_date as varchar), cast(p.end_date as varchar)
        from marts.fct_observation as o left join marts.dim_period as p using (period_key)
        where o.edition_key = '{edition}' and o.role = '"""
        + role
        + "'",
    )
    expected = {}
    for row in transcribed(edition):
        status = row[f"{prefix}status"]
        # Where neither a period nor a figure is printed there is no previous observation.
        if role == "previous" and (not status or (status == "blank" and not row["prev_period_text"])):
            continue
        value = number(row[f"{prefix}value"])
        expected[int(row["row_number"])] = (
            value,
            number(row[f"{prefix}decimals"]) if value is not None else None,
            number(row.get(f"{prefix}numerator", "")),
            status,
            *(row[f"{prefix}{name}"] or None for name in ("period_type", "start", "end")),
        )
    assert found == expected
    assert role == "previous" or len(found) == len(transcribed(edition))


@pytest.mark.parametrize("edition", BUNDLED)
def test_every_assessment_is_the_transcribed_one(refreshed: Refreshed, edition: str) -> None:
    found = by_row(
        refreshed,
        edition,
        """
        select row_number, comparison_text, rag, quartile, benchmark_value, target_operator, target_value, target_kind,
               case when direction_source = 'printed' then direction end,
               case when judgement_source = 'printed' then judgement end
        from marts.fct_assessment where edition_key = '{edition}'
        """,
    )
    expected = {
        int(row["row_number"]): (
            row["comparison_text"] or None,
            row["rag"] or None,
            number(row["quartile"]),
            number(row["benchmark_value"]),
            row["target_operator"] or None,
            number(row["target_value"]),
            row["target_kind"],
            row["direction"] if row["direction"] not in ("", "none") else None,
            row["judgement"] if row["judgement"] not in ("", "none") else None,
        )
        for row in transcribed(edition)
    }
    assert found == expected


def test_the_same_rows_are_one_indicator(refreshed: Refreshed) -> None:
    keys: dict[str, set[str | None]] = defaultdict(set)
    slugs: dict[str | None, set[str]] = defaultdict(set)
    for edition in BUNDLED:
        mapped = by_row(
            refreshed,
            edition,
            "select row_number, indicator_key from marts.bridge_indicator_label where edition_key = '{edition}'",
        )
        for row in transcribed(edition):
            key = mapped[int(row["row_number"])][0]
            keys[row["indicator"]].add(key)
            slugs[key].add(row["indicator"])
    assert {slug: found for slug, found in keys.items() if len(found) != 1} == {}
    assert {key: found for key, found in slugs.items() if len(found) != 1} == {}
    assert keys[""] == {None}
