"""Scripts that write seeds of dbt_project/ from the national files; run by hand, not installed."""
