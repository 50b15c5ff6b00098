"""Public performance indicators as a warehouse: the command, and the analyst's door to what it publishes.

    import quarterdeck
    quarterdeck.tables()
    quarterdeck.describe("mart_dashboard")
    quarterdeck.read("select edition_key, indicator_name, value from mart_dashboard where rag = ?", ["red"])

Nothing here imports pandas, dagster or dbt while it is imported: `quarterdeck status` must answer at once.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quarterdeck.frames import describe, read, tables
    from quarterdeck.warehouse import WarehouseError

__all__ = ["WarehouseError", "__version__", "describe", "read", "tables"]
__version__ = "1.0.0"

_WHERE = {"describe": "frames", "read": "frames", "tables": "frames", "WarehouseError": "warehouse"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
