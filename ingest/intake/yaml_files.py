"""The project's own YAML files: layouts, councils, rules. What somebody else wrote is read by ``notes``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

#: The parser in C, which PyYAML has on most machines, is ten times as fast: these files took 1.5 s of a refresh.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file in UTF-8. Raises OSError, UnicodeDecodeError or yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
