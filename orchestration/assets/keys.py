"""Names that several modules speak of."""

from __future__ import annotations

import dagster as dg

OWNERS = ["team:data"]
LOCK = "refresh_lock"
PROGRESS = "progress"
FEWER = "fewer_than_published"

RECEIVED_FILES = dg.AssetKey("received_files")
RAW_DASHBOARDS = dg.AssetKey("raw_dashboards")
PUBLISHED_WAREHOUSE = dg.AssetKey("published_warehouse")
PUBLISHED_SITE = dg.AssetKey("published_site")
PUBLISHED_EXPORTS = dg.AssetKey("published_exports")
