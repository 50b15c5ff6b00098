"""Positions of every authority from the raw Parquet file: our dbt models against pandas and DuckDB's floor, in turn.

    python -m perf.national pandas HOME NOTE      one contender in a process of its own (what `measure` starts)

Every contender begins with the long file's raw Parquet and ends with a finished table. Seconds are of the work alone,
without starting Python; dbt's are those of one dbt run of the models that lead to mart_national_position, all told.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from perf.measure import ROOT, Measured, interleave, median, run

SHARED = ROOT.parent / "shared" / "national"
PROJECT = ROOT / "dbt_project"
LONG = "raw/national/lait_long/*/rows.parquet"
#: What the issue calls the core: points, rank, band and neighbours' mean.
CONTENDERS = ("pandas, core", "DuckDB floor: points and ranks", "our SQL, core", "our dbt models, everything")
SIZES = ("641,070 rows", "ten times the rows")


def pandas_core(home: Path) -> None:
    """As a competent analyst writes it: grouped quantiles and ranks, one merge for the neighbours."""
    import numpy as np
    import pandas as pd

    files = sorted((home / "raw/national/lait_long").glob("[!_.]*/rows.parquet"))
    columns = ["measure_short", "period_text", "la_number", "value_text"]
    cells = pd.concat([pd.read_parquet(path, columns=columns) for path in files])
    cells["value"] = pd.to_numeric(cells.value_text, errors="coerce")
    cells = cells[(cells.la_number < 970) & cells.value.notna()]
    keys = ["measure_short", "period_text"]
    grouped = cells.groupby(keys, sort=False).value
    points = grouped.quantile([0.25, 0.5, 0.75]).unstack()
    points.columns = ["p25", "p50", "p75"]
    lines = pd.concat([pd.read_parquet(p) for p in (home / "raw/national/lait_dictionary").glob("[!_.]*/rows.parquet")])
    polarity = lines.drop_duplicates("measure_short").set_index("measure_short").polarity_text
    cells = cells.join(points, on=keys)
    cells["n"] = grouped.transform("size")
    high = (cells.measure_short.map(polarity) == "High").to_numpy()
    cells["rank"] = np.where(high, grouped.rank(method="min", ascending=False), grouped.rank(method="min"))
    up = 1 + (cells.value > cells.p25) + (cells.value > cells.p50) + (cells.value > cells.p75)
    cells["band"] = np.where(high, 5 - up, up)
    lists = pd.concat([pd.read_parquet(p) for p in (home / "raw/national/neighbours").glob("[!_.]*/rows.parquet")])
    lists = lists[lists.list_version == "2021"][["la_number", "neighbour_la_number"]]
    members = cells[[*keys, "la_number", "value"]].rename(columns={"la_number": "neighbour_la_number"})
    means = members.merge(lists, on="neighbour_la_number").groupby([*keys, "la_number"], sort=False).value
    means = means.agg(["mean", "count"]).reset_index()
    cells.merge(means, on=[*keys, "la_number"], how="left").to_parquet(home / "pandas.parquet")


_CELLS = f"""
create table populations as
  select measure_short, period_text, cast(row_number() over () as int) as population
  from (select distinct measure_short, period_text from '{{home}}/{LONG}');
create temp table cells as
  select population, la_number, try_cast(value_text as double) as value
  from '{{home}}/{LONG}' inner join populations using (measure_short, period_text)
  where la_number < 970 and try_cast(value_text as double) is not null;
"""
_FLOOR = """
create table floor_points as
  select population, quantile_cont(value, [0.25, 0.5, 0.75]) as points from cells group by population;
create table floor_ranks as
  select population, la_number, value, rank() over (partition by population order by value) as rank from cells;
"""
_RANKS = range(1, 11)
_SHARES = {"p25": 0.25, "p50": 0.5, "p75": 0.75}
#: numpy's linear interpolation between the values at two places of the sorted list.
_POINT = (
    "in_order[cast(floor((n - 1) * {0}) as int) + 1] + ((n - 1) * {0} - floor((n - 1) * {0})) "
    "* (in_order[cast(ceil((n - 1) * {0}) as int) + 1] - in_order[cast(floor((n - 1) * {0}) as int) + 1]) as {1}"
)
_LISTS = "(select * from '{home}/raw/national/neighbours/*/rows.parquet' where list_version = '2021')"
_BEFORE_POSITIONS = f"""
create temp table slots as
  select la_number, cast(row_number() over (order by la_number) as int) as slot
  from (select la_number from cells union select neighbour_la_number from {_LISTS});
create temp table bases as
  select
    slots.la_number,
    any_value(slots.slot) as own_slot,
    {", ".join(f"max(case neighbour_rank when {rank} then members.slot end) as slot_{rank}" for rank in _RANKS)}
  from slots
  left join {_LISTS} as lists on lists.la_number = slots.la_number
  left join slots as members on members.la_number = lists.neighbour_la_number
  group by slots.la_number;
create temp table directions as
  select population, coalesce(polarity = 'High', false) as is_high
  from populations
  left join (
    select measure_short, min_by(polarity_text, source_row) as polarity
    from '{{home}}/raw/national/lait_dictionary/*/rows.parquet' group by measure_short
  ) using (measure_short);
"""
#: A population is one row with lists of its values: sorted once for points and ranks, and by authority, so that ten
#: neighbours are ten look-ups instead of five million joined rows.
_HALF = f"""
  select
    population, la_number, value, p25, p50, p75, cast(n as smallint) as n,
    cast(list_position(best_first, value) as smallint) as rank,
    cast(case when is_high
      then case when value <= p25 then 4 when value <= p50 then 3 when value <= p75 then 2 else 1 end
      else case when value <= p25 then 1 when value <= p50 then 2 when value <= p75 then 3 else 4 end
    end as tinyint) as band,
    ({" + ".join(f"coalesce(value_{rank}, 0)" for rank in _RANKS)}) / nullif(neighbours, 0) as mean,
    neighbours
  from (
    select
      *, cast({" + ".join(f"cast(value_{rank} is not null as tinyint)" for rank in _RANKS)} as tinyint) as neighbours
    from (
      select
        population, la_number, n, is_high, best_first, p25, p50, p75, by_slot[own_slot] as value,
        {", ".join(f"by_slot[slot_{rank}] as value_{rank}" for rank in _RANKS)}
      from (
        select
          *, case when is_high then list_reverse(in_order) else in_order end as best_first,
          {", ".join(_POINT.format(share, name) for name, share in _SHARES.items())}
        from (
          select
            grouped.population, n, is_high, list_sort(given) as in_order,
            list_transform(
              range(1, (select max(slot) + 1 from slots)),
              lambda slot: given[list_position(given_slots, cast(slot as int))]
            ) as by_slot
          from (
            select population, list(value) as given, list(slot) as given_slots, count(*) as n
            from cells inner join slots using (la_number)
            where population % 2 = {{half}}
            group by population
          ) as grouped
          inner join directions using (population)
        )
      )
      cross join bases
    )
    where value is not null
  )"""
#: In two halves, because DuckDB leaves so few groups to one thread.
_CORE = f"{_BEFORE_POSITIONS}create table positions as {_HALF} union all {_HALF};"
_CORE = _CORE.replace("{half}", "0", 1).replace("{half}", "1", 1)


def duckdb_script(home: Path, script: str) -> None:
    import duckdb

    target = home / "contender.duckdb"
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        connection.execute((_CELLS + script).replace("{home}", str(home)))


def dbt_models(home: Path) -> tuple[float, float, float]:
    """One dbt run of the models that lead to the mart, its own work included, and the sum of its models' times."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ |= {"QUARTERDECK_HOME": str(home), "QUARTERDECK_KEEP_OPEN": "true"}
    target = home / "target"
    database = home / "build" / "quarterdeck.duckdb"
    database.parent.mkdir(exist_ok=True)
    database.unlink(missing_ok=True)
    common = [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target)),
        *("--log-path", str(target), "--log-level", "none", "--no-print", "--no-send-anonymous-usage-stats"),
    ]
    seeded = dbtRunner().invoke(["seed", "--select", "path:seeds/national", *common])
    begin, clock = time.perf_counter(), time.process_time()
    ran = dbtRunner().invoke(["run", "--select", "+mart_national_position", *common])
    DuckDBConnectionManager.close_all_connections()
    seconds, processor_seconds = time.perf_counter() - begin, time.process_time() - clock
    if not (seeded.success and ran.success):
        raise RuntimeError(f"dbt failed: {ran.exception or ran.result}")
    return seconds, processor_seconds, sum(node.execution_time for node in ran.result.results)


def contend(name: str, home: Path) -> tuple[float, float, float | None]:
    """Do one contender's work here: seconds, processor seconds, and for dbt the seconds that it gives its models."""
    if name == CONTENDERS[3]:
        return dbt_models(home)
    import duckdb  # noqa: F401  (the start of a library is nobody's work)
    import pandas  # noqa: F401

    begin, clock = time.perf_counter(), time.process_time()
    if name == CONTENDERS[0]:
        pandas_core(home)
    else:
        duckdb_script(home, _FLOOR if name == CONTENDERS[1] else _CORE)
    return time.perf_counter() - begin, time.process_time() - clock, None


def prepare(home: Path) -> None:
    """Raw tables of the public files, by our own ingestion."""
    from ingest import edition_folders, pipeline
    from ingest.intake import raw_tables, schemas
    from ingest.national import files

    seeds = PROJECT / "seeds"
    workspace = pipeline.Workspace(
        landing_dir=home / "landing",
        archive_dir=home / "archive",
        raw_dir=home / "raw",
        areas_path=ROOT / "config" / "areas.yml",
        labels_path=seeds / "indicator_labels.csv",
        indicators_path=seeds / "indicators.csv",
    )
    (home / "landing" / "national").mkdir(parents=True)
    for path in [*SHARED.glob("*.*"), *SHARED.glob("ees/*.csv")]:
        shutil.copy(path, home / "landing" / "national")
    files.receive_and_read(workspace)
    files.write_catalogue(workspace)
    edition_folders.ensure_empty(home / "raw")
    raw_tables.replace_file(raw_tables.from_rows(schemas.AREAS, []), home / "raw" / "areas.parquet")


def multiply(home: Path, times: int) -> None:
    """The long file with every measure as often, under other names."""
    import duckdb

    (path,) = [p for p in (home / "raw/national/lait_long").glob("*/rows.parquet") if p.parent.name != "_none"]
    aside = path.with_name("aside.parquet")
    duckdb.sql(
        f"copy (select * replace ("
        f"measure_short || case when copies.number = 0 then '' else '~' || copies.number end as measure_short, "
        f"source_row + 1000000 * copies.number as source_row) "
        f"from '{path}', (select range as number from range({times})) as copies order by copies.number, source_row) "
        f"to '{aside}' (format parquet, compression zstd, row_group_size 65536)"
    )
    os.replace(aside, path)


@dataclass(frozen=True)
class Contended(Measured):
    """As Measured, and the processor seconds of the work, which a busy machine changes less than the clock."""

    processor_seconds: float
    models_seconds: float | None


def measure(folder: Path, rounds: int) -> dict[str, dict[str, list[Contended]]]:
    """Seconds and peak memory of each contender, at the file's size and at ten times its rows."""
    found: dict[str, dict[str, list[Contended]]] = {}
    home = folder / "national"
    prepare(home)
    # dbt parses a project that it sees for the first time, which is no part of a run.
    _run(CONTENDERS[3], home, folder)
    for size, times in ((SIZES[0], rounds), (SIZES[1], 1)):
        if size == SIZES[1]:
            multiply(home, 10)
        found[size] = interleave(times, {name: partial(_run, name, home, folder) for name in CONTENDERS})
    return found


def _run(name: str, home: Path, folder: Path) -> Contended:
    told = folder / "seconds.json"
    whole = run([sys.executable, "-m", "perf.national", name, str(home), str(told)], {}, folder / "note")
    seconds, processor_seconds, models_seconds = json.loads(told.read_text())
    return Contended(seconds, whole.peak_mb, processor_seconds, models_seconds)


def report(console: Console, found: dict[str, dict[str, list[Contended]]]) -> None:
    """Medians of the rounds, memory, the ratios that the goals speak of, and the growth."""
    for size, contenders in found.items():
        table = Table(title=f"National positions, {size}, median of {len(contenders[CONTENDERS[0]])}")
        for heading in ("what", "wall s", "CPU s", "peak MB", "x faster: wall", "CPU", "x floor: CPU", "x rows: CPU"):
            table.add_column(heading, justify="left" if heading == "what" else "right")
        pandas, floor = (contenders[name] for name in CONTENDERS[:2])
        for name, runs in contenders.items():
            grown = _processor(runs) / _processor(found[SIZES[0]][name])
            table.add_row(
                name,
                f"{median(runs):.2f}",
                f"{_processor(runs):.2f}",
                f"{max(one.peak_mb for one in runs):.0f}",
                f"{median(pandas) / median(runs):.1f}",
                f"{_processor(pandas) / _processor(runs):.1f}",
                f"{_processor(runs) / _processor(floor):.1f}",
                f"{grown:.1f}",
            )
        console.print(table)
        models = statistics.median(one.models_seconds for one in contenders[CONTENDERS[3]])
        console.print(f"dbt gives its models {models:.2f} s, summed; two run at a time.")
    console.print("Goals: the core at least 8 times faster than pandas, everything still faster, under 1,000 MB.")


def _processor(runs: Sequence[Contended]) -> float:
    return statistics.median(one.processor_seconds for one in runs)


if __name__ == "__main__":
    _, contender, place, note = sys.argv
    Path(note).write_text(json.dumps(contend(contender, Path(place))))
