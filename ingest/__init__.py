"""Reading the published dashboards: plain Python that knows nothing of the orchestrator or the warehouse.

Bytes come in, text cells and an account of every line come out as Parquet. What a cell
*means* (a number, a period, a colour) is decided later, in dbt.
"""
