"""All configuration, in one place: environment variables that begin with QUARTERDECK_.

`root` is where the code lies and is only read; `home` is where all state lies and is only written
below the folders that docs/architecture.md lists. They are the same folder unless QUARTERDECK_HOME
says otherwise. What can be set is declared here and nowhere else; `quarterdeck settings` prints it.
"""

from __future__ import annotations

import os
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from ingest.intake.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent

#: Files for quarters that have not begun yet are taken this far ahead.
QUARTERS_AHEAD = 4


class Rule(StrEnum):
    """What may be published."""

    none = "none"
    small_counts = "small_counts"


class Settings(BaseSettings):
    """The settings. A wrong value is a pydantic ValidationError that names the variable."""

    model_config = SettingsConfigDict(env_prefix="QUARTERDECK_", env_ignore_empty=True, frozen=True)

    home: Path = Field(ROOT, description="Folder of all state. Default: the project folder.")
    landing_dir: Path = Field(
        None, validate_default=False, description="Where files are dropped. Default: landing/ in the home."
    )
    areas_path: Path = Field(
        ROOT / "config" / "areas.yml", description="The councils. Default: config/areas.yml of the project."
    )
    first_quarter: str = Field(
        "2016-17-q1",
        pattern=r"^[0-9]{4}-[0-9]{2}-q[1-4]$",
        description="The oldest reporting quarter that is accepted.",
    )
    keep_published: int = Field(5, ge=1, description="How many earlier warehouses stay for `rollback`.")
    allow_fewer: bool = Field(
        False,
        description="Publish also a warehouse that has fewer editions or figures than the published one. The command "
        "line's `refresh --allow-fewer` does it once.",
    )
    most_figures_lost: float = Field(
        0.05,
        ge=0,
        le=1,
        description="The share of an edition's figures that a new warehouse may lack without being told to.",
    )
    schedule_delay_days: int = Field(
        45,
        ge=0,
        le=85,
        description="Days after a quarter's end when its dashboard is expected: the schedule runs then, "
        "and the freshness check warns from then on.",
    )
    sensor_interval_seconds: int = Field(
        30, ge=5, description="How often the sensor looks for new files in the landing folder."
    )
    lock_wait_seconds: int = Field(
        600,
        ge=0,
        description="How long a run started by the UI, the schedule or the sensor waits for another refresh "
        "to end. The command line never waits.",
    )
    disclosure: Rule = Field(
        Rule.none,
        description="What the site and the exports may say: none withholds nothing; small_counts withholds counts "
        "of 1 to 4 and what would give them away (publishing/disclosure.py says how). The warehouse stays whole.",
    )
    webhook_url: str | None = Field(None, description="A failed run is posted here as JSON. Default: nowhere.")
    open_data_api: str = Field(
        "https://api.education.gov.uk/statistics/v1",
        pattern=r"^https?://[^/@\s]+(/[^\s?#]*)?$",
        description="Where `fetch` asks for open data: the service's public API, over https.",
    )
    open_data_sets_path: Path = Field(
        ROOT / "config" / "open_data_sets.yml",
        description="The data sets that `fetch` downloads. Default: config/open_data_sets.yml of the project.",
    )
    log_level: str = Field(
        "critical",
        description="Which of Dagster's log lines the command line prints: debug, info, warning, error, critical.",
    )

    @field_validator("home", "landing_dir", "areas_path", "open_data_sets_path")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return Path(os.path.abspath(value.expanduser()))

    @field_validator("home")
    @classmethod
    def _holds_a_database(cls, value: Path) -> Path:
        # DuckDB takes what follows a ? for a query and puts the name of its log before it; a \ is a / to it. Its dbt
        # adapter takes the path for an address and ends it at a #.
        if strange := set("?\\#") & set(str(value)):
            raise ValueError(f"no database can lie in a folder with {' or '.join(sorted(strange))} in its path")
        return value

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error", "critical"):
            raise ValueError("must be debug, info, warning, error or critical")
        return value.lower()

    @model_validator(mode="before")
    @classmethod
    def _landing_below_home(cls, values: dict) -> dict:
        if not values.get("landing_dir"):
            values["landing_dir"] = Path(values.get("home") or ROOT) / "landing"
        return values

    @property
    def root(self) -> Path:
        return ROOT

    @property
    def archive_dir(self) -> Path:
        return self.home / "archive"

    @property
    def raw_dir(self) -> Path:
        return self.home / "raw"

    @property
    def build_dir(self) -> Path:
        return self.home / "build"

    @property
    def build_path(self) -> Path:
        """What dbt writes. Constant: another path would make dbt parse everything anew."""
        return self.build_dir / "quarterdeck.duckdb"

    @property
    def warehouse_dir(self) -> Path:
        return self.home / "warehouse"

    @property
    def published_path(self) -> Path:
        return self.warehouse_dir / "quarterdeck.duckdb"

    @property
    def lock_path(self) -> Path:
        return self.warehouse_dir / "refresh.lock"

    @property
    def publish_dir(self) -> Path:
        """What people without SQL open: exports/ and site/, each replaced at once."""
        return self.home / "publish"

    @property
    def exports_dir(self) -> Path:
        return self.publish_dir / "exports"

    @property
    def site_dir(self) -> Path:
        return self.publish_dir / "site"

    @property
    def dbt_project_dir(self) -> Path:
        return self.root / "dbt_project"

    @property
    def dbt_target_dir(self) -> Path:
        return self.build_dir / "dbt"

    @property
    def labels_path(self) -> Path:
        return self.dbt_project_dir / "seeds" / "indicator_labels.csv"

    @property
    def indicators_path(self) -> Path:
        return self.dbt_project_dir / "seeds" / "indicators.csv"

    @property
    def layouts_dir(self) -> Path:
        return self.root / "ingest" / "layouts"

    @property
    def last_quarter(self) -> str:
        from ingest.intake.quarters import quarters_after

        return quarters_after(date.today(), QUARTERS_AHEAD).key

    def workspace(self) -> Workspace:
        """The places that ingestion reads and writes."""
        from ingest.intake.workspace import Workspace

        return Workspace(
            landing_dir=self.landing_dir,
            archive_dir=self.archive_dir,
            raw_dir=self.raw_dir,
            areas_path=self.areas_path,
            layouts_dir=self.layouts_dir,
            reference_dir=self.dbt_project_dir / "seeds" / "national",
            labels_path=self.labels_path,
            indicators_path=self.indicators_path,
            first_quarter=self.first_quarter,
            last_quarter=self.last_quarter,
        )
