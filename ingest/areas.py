"""The councils whose dashboards are held, from one configuration file."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.errors import ConfigurationError


class Area(BaseModel):
    """One authority: ONS code, name, LA number, type, region, and the slug that marks its editions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area_code: str = Field(pattern=r"^[A-Z][0-9]{8}$")
    area_name: str
    la_number: int | None = None
    area_type: str | None = None
    region_name: str | None = None
    slug: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    default: bool = False


class Areas(BaseModel):
    """All councils; exactly one is the default, which owns files that name no council."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    areas: tuple[Area, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Areas:
        for attribute in ("area_code", "area_name", "slug"):
            values = [getattr(area, attribute).lower() for area in self.areas]
            if len(set(values)) != len(values):
                raise ValueError(f"{attribute} is used twice")
        if sum(area.default for area in self.areas) != 1:
            raise ValueError("exactly one area has default: true")
        return self

    @property
    def default(self) -> Area:
        return next(area for area in self.areas if area.default)

    def find(self, text: str) -> Area | None:
        """The area with this code, slug, LA number or name (any case)."""
        wanted = text.strip().lower()
        for area in self.areas:
            if wanted in (area.area_code.lower(), area.slug, area.area_name.lower(), str(area.la_number)):
                return area
        return None

    def named_in(self, text: str) -> list[Area]:
        """The areas whose names stand in the text as whole words."""
        found = {match.group().lower() for match in _names_pattern(self).finditer(text)}
        return [area for area in self.areas if area.area_name.lower() in found]


@lru_cache(maxsize=4)
def _names_pattern(areas: Areas) -> re.Pattern[str]:
    # The longest name first, so that a name that begins with another is found whole.
    names = sorted((re.escape(area.area_name) for area in areas.areas), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])", re.IGNORECASE)


def load_areas(path: Path) -> Areas:
    """Read the councils. Raises ConfigurationError that names the file and the key at fault."""
    try:
        return Areas.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, RecursionError):
            faults = "it is nested too deep"
        elif isinstance(error, ValidationError):
            faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        else:
            faults = str(error)
        raise ConfigurationError(f"{path.name} is wrong: {faults}") from error
