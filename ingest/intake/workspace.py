"""Where ingestion reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingest.intake.archive import Archive, FileRecord

LAYOUTS_DIR = Path(__file__).resolve().parents[1] / "layouts"
#: The folder below the landing folder that ``ingest.national`` receives.
NATIONAL = "national"


@dataclass(frozen=True)
class Workspace:
    """Where ingestion reads and writes; nothing depends on the current folder."""

    landing_dir: Path
    archive_dir: Path
    raw_dir: Path
    areas_path: Path
    labels_path: Path
    indicators_path: Path
    layouts_dir: Path = LAYOUTS_DIR
    #: Holds authorities.csv and area_changes.csv; without it codes of areas are not looked up.
    reference_dir: Path | None = None
    first_quarter: str = "2016-17-q1"
    last_quarter: str | None = None

    @property
    def archive(self) -> Archive[FileRecord]:
        return Archive(self.archive_dir, FileRecord)
