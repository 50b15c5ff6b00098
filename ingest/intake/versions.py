"""Which of the received versions of an edition, or of the report on one, is in force.

The newest statement counts: an arrival, the same bytes dropped again, or a person's decision. A version that looks cut
off is held back, unless a note accepts it or a person has decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ingest.intake.archive import FileRecord
from ingest.intake.decisions import PUT_IN_FORCE, WITHDRAW, Decision, latest
from ingest.intake.problems import Problem

#: A newer version with fewer rows than this share of the version in force is held back.
FEWEST_ROWS = 0.8

#: What versions are versions of: a kind of document on an edition.
Place = tuple[str, str]


@dataclass
class Versions:
    """What was decided: the hash in force of each place, the number of each file, those held back, those withdrawn."""

    in_force: dict[Place, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    held: list[tuple[FileRecord, Problem]] = field(default_factory=list)
    decided: list[tuple[FileRecord, Problem]] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)

    def is_in_force(self, record: FileRecord) -> bool:
        return self.in_force.get(place_of(record)) == record.source_sha256


def place_of(record: FileRecord) -> Place:
    return (record.document or "", record.edition_key or "")


def decide_versions(records: Iterable[FileRecord], decisions: Iterable[Decision] = ()) -> Versions:
    """For each edition and kind of document the version in force; each file's number, in the order of arrival."""
    found, decision_on = Versions(), latest(decisions)
    by_place: dict[Place, list[FileRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda r: r.sequence_key):
        if record.edition_key is not None:
            by_place[place_of(record)].append(record)
    for place, versions in by_place.items():
        found.numbers |= {record.source_sha256: number for number, record in enumerate(versions, start=1)}
        current: FileRecord | None = None
        for record in sorted(versions, key=lambda r: r.stated_key(_put_in_force_at(decision_on, r))):
            decision = decision_on.get(record.source_sha256)
            if record.outcome != "loaded":
                continue
            if decision is not None and decision.action == WITHDRAW:
                found.withdrawn.add(record.source_sha256)
                continue
            by_person = decision is not None and record.stated_at <= decision.decided_at
            if current is not None and not by_person and (reason := _worse(record, current)):
                found.held.append((record, Problem("version_held_back", "error", reason)))
                continue
            current = record
        if current is not None:
            found.in_force[place] = current.source_sha256
        found.decided += [
            (record, _decided(record, decision_on[record.source_sha256], current))
            for record in versions
            if record.source_sha256 in decision_on
        ]
    return found


def _put_in_force_at(decision_on: dict[str, Decision], record: FileRecord) -> str:
    decision = decision_on.get(record.source_sha256)
    return decision.decided_at if decision is not None and decision.action == PUT_IN_FORCE else ""


def _decided(record: FileRecord, decision: Decision, current: FileRecord | None) -> Problem:
    """What a person decided, as a line among the problems: never without a word."""
    words = f"{record.source_file} was {decision.words.removesuffix('.')}."
    if decision.action == PUT_IN_FORCE:
        newer = current is not None and current is not record
        words += f" {current.source_file}, which came after that, is in force now." if newer else ""
        return Problem("version_put_in_force", "info", words)
    if current is None:
        return Problem(
            "version_withdrawn", "warning", f"{words} No other version of {record.edition_key} was received."
        )
    return Problem("version_withdrawn", "info", f"{words} {current.source_file} is in force.")


def without_edition(report: FileRecord) -> Problem:
    return Problem(
        "report_without_edition",
        "warning",
        f"This is a report on {report.edition_key}, of which no dashboard is loaded. Its claims are kept and are "
        "compared as soon as the dashboard is there.",
    )


def superseded(older: FileRecord, newest: FileRecord, here: Collection[str]) -> Problem:
    """Two files of one edition in the landing folder need a person's eye; a correction that took its place does not."""
    both = older.source_sha256 in here and newest.source_sha256 in here
    same_name = older.source_file == newest.source_file
    names = [
        f"{record.source_file} (received {record.received_at[:10]}, {record.source_sha256[:8]})"
        if same_name
        else record.source_file
        for record in (older, newest)
    ]
    return Problem(
        "version_superseded",
        "warning" if both else "info",
        f"{names[0]} and {names[1]} are the same edition with other content; {names[1]}, which came last, is in force. "
        f"If that is wrong: {how_to_restore(older)}",
    )


def how_to_restore(record: FileRecord) -> str:
    """What a person does to bring a version back into force."""
    return (
        f"drop {record.source_file} into the landing folder again (the same bytes count as a new statement), or put a "
        "note beside it: a .yml file of the same name with 'accept: true'."
    )


def _worse(newer: FileRecord, current: FileRecord) -> str | None:
    if newer.sidecar and newer.sidecar.get("accept"):
        return None
    advice = "If it is right all the same, put a note beside it: a .yml file of the same name with 'accept: true'."
    if newer.cut_off and not current.cut_off:
        return f"This newer version ends in the middle of a row, so {current.source_file} stays in force. {advice}"
    fewer = (newer.row_count or 0) < (current.row_count or 0)
    what = "paragraphs" if newer.is_report else "rows"
    if fewer and (newer.torn or (newer.labels and newer.labels == current.labels[: len(newer.labels)])):
        return (
            f"This newer version breaks off after {newer.row_count} rows where the one in force, "
            f"{current.source_file}, has {current.row_count}; that one stays in force. {advice}"
        )
    if (newer.row_count or 0) < FEWEST_ROWS * (current.row_count or 0):
        return (
            f"This newer version has {newer.row_count} {what} where the one in force, {current.source_file}, has "
            f"{current.row_count}; that one stays in force. {advice}"
        )
    return None
