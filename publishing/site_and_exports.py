"""What is published beside the warehouse, the site and the exports, and whether they are of the warehouse that
people open now.

Each is replaced at once, one after the other. After a kill in between, a failure, a rollback, another disclosure rule
or another program they are behind: `behind` says so, and the next refresh publishes them without reading or building.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from publishing.folders import VERSIONS, code_fingerprint, is_ours
from publishing.sql_page.engine import is_installed
from publishing.warehouse_versions import current_version
from runtime.settings import Settings

if TYPE_CHECKING:
    from publishing.site import Built
    from publishing.site.lineage import Node

SITE, EXPORTS = "site", "exports"
_CODE = Path(__file__).resolve().parent


def publish_site(settings: Settings, nodes: Sequence[Node] = ()) -> Built:
    """The site of the published warehouse, in publish/site; `nodes` are dbt's models, for the picture of the lineage.

    WarehouseError when the warehouse is missing or cannot be read.
    """
    from publishing.site import build_site, sql_part

    note = _note(settings)
    built = build_site(
        settings.published_path,
        settings.site_dir,
        disclosure=settings.disclosure,
        nodes=nodes,
        parts=sql_part(settings.published_path, settings.disclosure),
        keep_before=_may_stay(_noted(settings, SITE), note),
    )
    _write_note(settings, SITE, note)
    return built


def publish_exports(settings: Settings) -> None:
    """The files of the published warehouse, in publish/exports. WarehouseError as above."""
    from publishing.exports import build_exports

    note = _note(settings)
    build_exports(
        settings.published_path,
        settings.exports_dir,
        settings.disclosure,
        keep_before=_may_stay(_noted(settings, EXPORTS), note),
    )
    _write_note(settings, EXPORTS, note)


def behind(settings: Settings) -> list[str]:
    """Which of the site and the exports are not what would be published now; none while there is no warehouse."""
    if current_version(settings.warehouse_dir) is None:
        return []
    wanted = _note(settings)
    folders = {SITE: settings.site_dir, EXPORTS: settings.exports_dir}
    return [name for name, folder in folders.items() if not is_ours(folder) or _noted(settings, name) != wanted]


def _note(settings: Settings) -> dict[str, object]:
    """What decides what is published; a published warehouse is never changed, so its time stamp says which it is."""
    current = current_version(settings.warehouse_dir)
    return {
        "warehouse": current.built_ns if current else None,
        "disclosure": settings.disclosure.value,
        "code": code_fingerprint(_CODE),
        "sql_engine": is_installed(),
    }


def _may_stay(before: dict[str, object], note: dict[str, object]) -> bool:
    """Whether those who read what was published may read on: no rule withholds more now, no rollback took it back."""
    earlier, now = before.get("warehouse"), note["warehouse"]
    forward = isinstance(earlier, int) and isinstance(now, int) and earlier <= now
    return forward and before.get("disclosure") == note["disclosure"]


def _note_path(settings: Settings, name: str) -> Path:
    return settings.publish_dir / VERSIONS / f"{name}.json"


def _noted(settings: Settings, name: str) -> dict[str, object]:
    try:
        return json.loads(_note_path(settings, name).read_text())
    except (FileNotFoundError, ValueError):
        return {}


def _write_note(settings: Settings, name: str, note: dict[str, object]) -> None:
    path = _note_path(settings, name)
    incoming = path.with_suffix(".incoming")
    incoming.write_text(json.dumps(note, indent=2))
    os.replace(incoming, path)
