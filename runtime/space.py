"""Whether the disk has room for a refresh: said beforehand, because half-way nobody can say it well."""

from __future__ import annotations

import shutil

from runtime.settings import Settings

#: What the records of a run and dbt's files take, with room to spare.
_LEAST_FREE_BYTES = 64 * 2**20
#: A build, the warehouse before it, and what DuckDB spills.
_WAREHOUSES = 3


class DiskFull(Exception):
    """Too little room; says how much there is and how much is needed."""


def require_space(settings: Settings) -> None:
    """DiskFull when a build could not be finished."""
    folder = next(path for path in (settings.build_dir, *settings.build_dir.parents) if path.exists())
    published = settings.published_path
    size = published.stat().st_size if published.exists() else 0
    needed, free = max(_LEAST_FREE_BYTES, _WAREHOUSES * size), shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFull(
            f"The disk is nearly full: {free // 2**20} MB are free in {folder} and a refresh needs about "
            f"{needed // 2**20} MB. Free some space and run the refresh again."
        )
