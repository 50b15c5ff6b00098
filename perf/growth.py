"""A whole refresh by the number of its editions: CPU seconds of each stage, seconds of each dbt model.

The editions are those of `ingestion`: 40 quarters a council. Where nothing grows faster than its data, the
seconds of an edition stay the same. `python -m perf.growth 60 300 600`.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingest import pipeline
from ingest.national import files as national
from orchestration.assets.dbt_models import dbt_project
from orchestration.contract import table_faults
from perf.ingestion import generate
from publishing import queries, site_and_exports, warehouse_versions
from publishing.losses import losses
from publishing.pending import look, made_from
from runtime.settings import Settings

_SHOWN = 15


@dataclass
class Grown:
    """CPU seconds by stage, seconds by dbt node, and the peak memory of the process so far in megabytes."""

    editions: int
    stages: dict[str, float] = field(default_factory=dict)
    nodes: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begin = _cpu_seconds()
        yield
        self.stages[name] = _cpu_seconds() - begin
        self.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu_seconds() -> float:
    """Of this process and of those that it has started and that have ended."""
    of = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in of)


def measure(folder: Path, editions: int, say: Callable[[str], None] = lambda _: None) -> Grown:
    """One refresh of so many editions, stage by stage, as the job runs them; RuntimeError when dbt fails."""
    found = Grown(editions)
    workspace, _, _ = generate(folder, editions)
    settings = Settings(home=folder, landing_dir=workspace.landing_dir, areas_path=workspace.areas_path)
    workspace = settings.workspace()
    steps: dict[str, Callable[[], object]] = {
        "receive": lambda: (pipeline.receive(workspace), national.receive_and_read(workspace)),
        "read": lambda: pipeline.read_editions(workspace),
        "catalogue": lambda: (pipeline.write_catalogue(workspace), national.write_catalogue(workspace)),
        "dbt": lambda: found.nodes.update(_build(settings)),
        "checks": lambda: (
            table_faults(settings.build_path, dbt_project(settings).graph()),
            losses(settings.build_path, settings.build_path, 0.05),
            queries.audit(settings.build_path).dicts(),
        ),
        "publish": lambda: warehouse_versions.publish(
            settings.build_path, settings.warehouse_dir, note={"made_from": made_from(settings)}
        ),
        "site": lambda: site_and_exports.publish_site(settings),
        "exports": lambda: site_and_exports.publish_exports(settings),
        "nothing new": lambda: look(settings),
    }
    for name, step in steps.items():
        with found.stage(name):
            step()
        say(f"{editions} editions: {name} {found.stages[name]:.1f} s, peak {found.peak_mb:.0f} MB")
    return found


def _build(settings: Settings) -> dict[str, float]:
    settings.build_dir.mkdir(exist_ok=True)
    results = dbt_project(settings).build()
    if broken := [result.unique_id for result in results if not result.good]:
        raise RuntimeError(f"dbt: {', '.join(broken[:5])}")
    return {result.unique_id: result.seconds for result in results}


def report(found: list[Grown], say: Callable[[str], None]) -> None:
    """The seconds of each stage, and of the models that grew the most from the first size to the last."""
    first, last = found[0], found[-1]
    say(f"{'CPU seconds':60}" + "".join(f"{one.editions:>10}" for one in found))
    for name in first.stages:
        say(f"{name:60}" + "".join(f"{one.stages[name]:10.2f}" for one in found))
    say(f"{'peak MB':60}" + "".join(f"{one.peak_mb:10.0f}" for one in found))
    for name in sorted(last.nodes, key=lambda name: first.nodes[name] - last.nodes[name])[:_SHOWN]:
        say(f"{name[-60:]:60}" + "".join(f"{one.nodes[name]:10.2f}" for one in found))


def main() -> None:
    found = []
    for editions in map(int, sys.argv[1:] or ("60", "300", "600")):
        with tempfile.TemporaryDirectory(prefix="quarterdeck-growth-") as folder:
            found.append(measure(Path(folder), editions, lambda said: print(said, flush=True)))
    report(found, print)


if __name__ == "__main__":
    main()
