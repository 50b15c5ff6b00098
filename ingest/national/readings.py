"""What reading one national file gives, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class NationalReading:
    """``row_count`` is the rows of the source; ``release_label`` what the content itself says of its release.

    ``problems`` are rows of NATIONAL_PROBLEMS, ``checks`` rows of OPEN_DATA_CHECKS.
    """

    row_count: int
    problems: list[dict[str, Any]]
    release_label: str | None = None
    checks: list[dict[str, Any]] = field(default_factory=list)
