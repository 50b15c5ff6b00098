"""The command, the settings, the lock and the publishing of Quarterdeck.

Nothing here imports dagster or dbt while it is imported: `quarterdeck status` must answer at once.
"""

__version__ = "1.0.0"
