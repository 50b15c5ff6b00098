"""What persons decided about versions: who, when, why. Kept in the archive, one file a decision, only ever added to.

A decision outlives every rebuild. ``put_in_force`` is a statement like an arrival, made when it was decided: the
version is in force until a newer one arrives. ``withdraw`` takes a version out until another decision puts it in force;
the same bytes dropped again do not bring it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ingest.intake.archive import write_atomically
from ingest.intake.errors import ConfigurationError

FOLDER = "decisions"
PUT_IN_FORCE, WITHDRAW = "put_in_force", "withdraw"


class DecisionError(Exception):
    """A decision that cannot be taken; says why and what to do."""


@dataclass(frozen=True)
class Decision:
    """One decision on one received file, named by the hash of its bytes; ``decided_at`` is ISO 8601 with its zone."""

    action: Literal["put_in_force", "withdraw"]
    source_sha256: str
    source_file: str
    decided_at: str
    decided_by: str
    reason: str

    @property
    def words(self) -> str:
        """What the operator is shown of it; who decided stands in the record alone. The reason is never published."""
        done = "put in force" if self.action == PUT_IN_FORCE else "withdrawn"
        return f"{done} on {self.decided_at[:10]}: {self.reason}"


def load_decisions(archive_dir: Path) -> list[Decision]:
    """All decisions in the order in which they were taken. Raises ConfigurationError for one that is damaged."""
    folder = archive_dir / FOLDER
    found = []
    for path in sorted(folder.glob("[!.]*.json")) if folder.is_dir() else ():
        try:
            found.append(Decision(**json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, TypeError) as error:
            raise ConfigurationError(
                f"The decision {path.name} in {folder} is damaged ({error}). Mend it, or restore it from a copy: "
                "versions would change without it."
            ) from error
    return sorted(found, key=lambda decision: decision.decided_at)


def latest(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The last decision on each file, by hash."""
    return {decision.source_sha256: decision for decision in sorted(decisions, key=lambda one: one.decided_at)}


def decide(
    archive_dir: Path,
    received: Iterable[tuple[str, str]],
    action: Literal["put_in_force", "withdraw"],
    sha256: str,
    *,
    decided_by: str,
    reason: str,
    now: datetime | None = None,
) -> Decision:
    """Record a decision on the received file whose hash begins with ``sha256``.

    ``received`` are hash and name of the files that may be meant. It takes effect with the next refresh. Raises
    DecisionError when none or several files are meant, or when nobody or no reason is named.
    """
    if not decided_by.strip() or not reason.strip():
        raise DecisionError("A decision needs a name and a reason: both are kept with it.")
    meant = {digest: name for digest, name in received if sha256 and digest.startswith(sha256.lower())}
    if len(meant) != 1:
        what = "No received file has" if not meant else f"{len(meant)} received files have"
        raise DecisionError(f"{what} a hash that begins with {sha256!r}. Give more of it, as source_file lists it.")
    [(digest, name)] = meant.items()
    moment = (now or datetime.now(UTC)).astimezone(UTC).isoformat()
    decision = Decision(action, digest, name, moment, " ".join(decided_by.split()), " ".join(reason.split()))
    stamp = moment.replace(":", "").replace("+0000", "Z")
    path = archive_dir / FOLDER / f"{stamp}-{digest[:16]}-{action}.json"
    write_atomically(path, json.dumps(asdict(decision), ensure_ascii=False, indent=1).encode())
    return decision
