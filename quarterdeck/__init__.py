"""Public performance indicators as a warehouse: the command, and the analyst's door to what it publishes.

    import quarterdeck
    quarterdeck.tables()
    quarterdeck.describe("mart_dashboard")
    quarterdeck.read("select edition_key, indicator_name, value from mart_dashboard where rag = ?", ["red"])

Nothing here imports pandas, dagster or dbt while it is imported: `quarterdeck status` must answer at once.
"""

from typing import TYPE_CHECKING, Any

from runtime import __version__

if TYPE_CHECKING:
    from publishing.queries import WarehouseError
    from quarterdeck.frames import describe, read, tables

__all__ = ["WarehouseError", "__version__", "describe", "read", "tables"]

_FRAMES = "quarterdeck.frames"
_WHERE = {"describe": _FRAMES, "read": _FRAMES, "tables": _FRAMES, "WarehouseError": "publishing.queries"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
