"""What a new warehouse lacks that the published one has: editions, and figures beyond a stated share.

A warehouse that shrinks is not published without being told to, because nobody notices what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SHOWN = 10

_HELD = """
    select e.edition_key, e.source_file, e.source_sha256,
        count(*) filter (where o.value_status in ('reported', 'repaired')) as figures
    from marts.dim_edition as e left join marts.fct_observation as o on o.edition_key = e.edition_key
    group by all
"""


@dataclass(frozen=True)
class Held:
    """What a warehouse holds of an edition; `figures` are those that are a number."""

    source_file: str
    source_sha256: str
    figures: int


def losses(build: Path, published: Path, share: float) -> list[str]:
    """A sentence for each kind of loss of `build` against `published`; none while nothing readable is published.

    Editions that are gone, each with the reason; an edition, or all of them together, with fewer figures than before by
    more than `share` (0..1). Figures of editions that are gone are not counted a second time.
    """
    before = _held(published) if published.exists() else None
    if not before:
        return []
    after = _held(build) or {}
    gone = sorted(before.keys() - after.keys())
    found = []
    if gone:
        why = _reasons(build, {key: before[key] for key in gone[:_SHOWN]})
        named = "; ".join(f"{key} ({why[key]})" for key in gone[:_SHOWN])
        more = f"; and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        found.append(f"{len(gone)} of {len(before)} published editions would be gone: {named}{more}")
    kept = before.keys() & after.keys()
    fewer = sorted(key for key in kept if before[key].figures * (1 - share) > after[key].figures)
    if fewer:
        named = ", ".join(f"{key} ({after[key].figures} for {before[key].figures})" for key in fewer[:_SHOWN])
        more = f" and {len(fewer) - _SHOWN} more" if len(fewer) > _SHOWN else ""
        found.append(f"more than {share:.0%} of an edition's figures would be gone: {named}{more}")
    return found


def _held(path: Path) -> Mapping[str, Held] | None:
    """By edition; None where the file is no warehouse that can be read."""
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return {key: Held(*rest) for key, *rest in connection.execute(_HELD).fetchall()}
    except duckdb.Error:
        return None


def _reasons(build: Path, editions: Mapping[str, Held]) -> dict[str, str]:
    """Why each edition is not in the new warehouse, by its file's outcome there."""
    import duckdb

    with duckdb.connect(str(build), read_only=True) as connection:
        rows = connection.execute(
            "select source_sha256, error_code from marts.source_file where outcome = 'rejected'"
        ).fetchall()
    rejected = dict(rows)
    return {
        key: f"{held.source_file} is rejected: {rejected[held.source_sha256]}"
        if held.source_sha256 in rejected
        else f"{held.source_file} is not in force any more"
        for key, held in editions.items()
    }
