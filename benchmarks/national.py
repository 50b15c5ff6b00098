"""Positions of every authority from the raw Parquet file: our dbt models against pandas and DuckDB's floor, in turn.

    python -m benchmarks.national pandas HOME NOTE      one contender in a process of its own (what `measure` starts)

Every contender begins with the long file's raw Parquet and ends with a finished table. Seconds are of the work alone,
without starting Python; dbt's are the sum that dbt itself reports for the models that lead to mart_national_position.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import ROOT, Measured, run

SHARED = ROOT.parent / "shared" / "national"
PROJECT = ROOT / "dbt_project"
LONG = "raw/national/lait_long/*/rows.parquet"
#: What the issue calls the core: points, rank, band and neighbours' mean.
CONTENDERS = ("pandas, core", "DuckDB floor: points and ranks", "our SQL, core", "our dbt models, everything")


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
create temp table populations as
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
_CORE = """
create temp table ranks as
  select population, la_number, value,
    row_number() over (partition by population order by value, la_number) as place,
    rank() over (partition by population order by value) as from_low,
    count(*) over (partition by population order by value) as at_most
  from cells;
create temp table wanted as
  with counted as (select population, count(*) as n from cells group by population)
  select population, n, share, floor((n - 1) * share) + 1 as below, ceil((n - 1) * share) + 1 as above
  from counted cross join (values (0.25), (0.5), (0.75)) as shares (share);
create table points as
  select population, any_value(n) as n,
    max(case when share = 0.25 then point end) as p25,
    max(case when share = 0.5 then point end) as p50,
    max(case when share = 0.75 then point end) as p75,
    any_value(polarity) = 'High' as is_high
  from (
    select wanted.population, n, share, low.value + (high.value - low.value) * ((n - 1) * share + 1 - below) as point
    from wanted
    inner join ranks as low on low.population = wanted.population and low.place = below
    inner join ranks as high on high.population = wanted.population and high.place = above
  )
  inner join populations using (population)
  left join (
    select measure_short, min_by(polarity_text, source_row) as polarity
    from '{home}/raw/national/lait_dictionary/*/rows.parquet' group by measure_short
  ) using (measure_short)
  group by population;
-- As in our models, what holds for a whole population is stored once for it.
create table positions as
  -- One whole number a population and authority: the sums of five million neighbours need no wider key.
  with means as (
    select cells.population * 1024 + lists.la_number as cell, sum(value) / count(*) as mean, count(*) as n
    from cells
    inner join (
      select la_number, neighbour_la_number
      from '{home}/raw/national/neighbours/*/rows.parquet' where list_version = '2021'
    ) as lists on lists.neighbour_la_number = cells.la_number
    group by cell
  )
  select ranks.population, ranks.la_number, value,
    cast(case when is_high then points.n - at_most + 1 else from_low end as smallint) as rank,
    cast(case when is_high
      then case when value <= p25 then 4 when value <= p50 then 3 when value <= p75 then 2 else 1 end
      else case when value <= p25 then 1 when value <= p50 then 2 when value <= p75 then 3 else 4 end
    end as tinyint) as band,
    means.mean, cast(means.n as tinyint) as neighbours
  from ranks inner join points using (population)
  left join means on means.cell = ranks.population * 1024 + ranks.la_number;
"""


def duckdb_script(home: Path, script: str) -> None:
    import duckdb

    target = home / "contender.duckdb"
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        connection.execute((_CELLS + script).replace("{home}", str(home)))


def dbt_models(home: Path) -> tuple[float, float]:
    """Run the models that lead to the mart; gives the seconds that dbt reports for the run, and processor seconds."""
    from dbt.cli.main import dbtRunner

    os.environ["QUARTERDECK_HOME"] = str(home)
    target = home / "target"
    database = home / "build" / "quarterdeck.duckdb"
    database.parent.mkdir(exist_ok=True)
    database.unlink(missing_ok=True)
    common = [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target)),
        *("--log-path", str(target), "--log-level", "none", "--no-print", "--no-send-anonymous-usage-stats"),
    ]
    seeded = dbtRunner().invoke(["seed", "--select", "path:seeds/national", *common])
    clock = time.process_time()
    ran = dbtRunner().invoke(["run", "--select", "+mart_national_position", *common])
    if not (seeded.success and ran.success):
        raise RuntimeError(f"dbt failed: {ran.exception or ran.result}")
    return ran.result.elapsed_time, time.process_time() - clock


def contend(name: str, home: Path) -> tuple[float, float]:
    """Do one contender's work here; gives its seconds and processor seconds (dbt's with its own start and reading)."""
    if name == CONTENDERS[3]:
        return dbt_models(home)
    import duckdb  # noqa: F401  (the start of a library is nobody's work)
    import pandas  # noqa: F401

    begin, clock = time.perf_counter(), time.process_time()
    if name == CONTENDERS[0]:
        pandas_core(home)
    else:
        duckdb_script(home, _FLOOR if name == CONTENDERS[1] else _CORE)
    return time.perf_counter() - begin, time.process_time() - clock


def prepare(home: Path) -> None:
    """Raw tables of the public files, by our own ingestion."""
    from ingest import pipeline, raw, schemas
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
    raw.ensure_empty(home / "raw")
    raw.replace_file(raw.from_rows(schemas.AREAS, []), home / "raw" / "areas.parquet")


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


def measure(folder: Path, rounds: int) -> dict[str, dict[str, list[Contended]]]:
    """Seconds and peak memory of each contender, at the file's size and at ten times its rows."""
    found: dict[str, dict[str, list[Contended]]] = {}
    home = folder / "national"
    prepare(home)
    for size in ("641,070 rows", "ten times the rows"):
        if size != "641,070 rows":
            multiply(home, 10)
        found[size] = {name: [] for name in CONTENDERS}
        for _ in range(rounds if size == "641,070 rows" else 1):
            for name in CONTENDERS:
                found[size][name].append(_run(name, home, folder))
    return found


def _run(name: str, home: Path, folder: Path) -> Contended:
    told = folder / "seconds.json"
    whole = run([sys.executable, "-m", "benchmarks.national", name, str(home), str(told)], {}, folder / "note")
    seconds, processor_seconds = json.loads(told.read_text())
    return Contended(seconds, whole.peak_mb, processor_seconds)


def report(console: Console, found: dict[str, dict[str, list[Contended]]]) -> None:
    """Fastest of the rounds, memory, and the ratios that the goals speak of."""
    for size, contenders in found.items():
        table = Table(title=f"National positions, {size}")
        for heading in ("what", "fastest s", "slowest s", "CPU s", "peak MB", "x faster than pandas"):
            table.add_column(heading, justify="left" if heading == "what" else "right")
        base = min(one.seconds for one in contenders[CONTENDERS[0]])
        for name, runs in contenders.items():
            fastest = min(one.seconds for one in runs)
            table.add_row(
                name,
                f"{fastest:.2f}",
                f"{max(one.seconds for one in runs):.2f}",
                f"{min(one.processor_seconds for one in runs):.2f}",
                f"{max(one.peak_mb for one in runs):.0f}",
                f"{base / fastest:.1f}",
            )
        console.print(table)
    console.print("Goals: the core at least 8 times faster than pandas, everything still faster, under 1,000 MB.")


if __name__ == "__main__":
    _, contender, place, note = sys.argv
    Path(note).write_text(json.dumps(contend(contender, Path(place))))
