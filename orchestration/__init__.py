"""The Dagster code location of Quarterdeck: `orchestration.definitions` builds all of it.

Thin wrappers only. What a file means is decided in ingest/, what a figure means in dbt_project/,
what is published and how in publishing/.
"""
