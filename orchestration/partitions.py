"""Reporting quarters as Dagster partitions.

Belongs here: which partitions there are, and which one a file in the landing folder is for.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from ingest import pipeline
from ingest.dashboards.identity import Sidecar
from ingest.dashboards.layouts import load_layouts
from ingest.intake.areas import load_areas
from ingest.intake.decoding import MAX_BYTES, decode
from ingest.intake.errors import FileRejected
from ingest.intake.files import open_regular
from ingest.intake.quarters import quarter_keys
from publishing.pending import Outlook
from runtime.settings import Settings


def reporting_quarters(settings: Settings) -> dg.StaticPartitionsDefinition:
    """From the first quarter that is accepted to the last; a new one appears when the location is reloaded."""
    return dg.StaticPartitionsDefinition(quarter_keys(settings.first_quarter, settings.last_quarter))


def quarters_of_files(settings: Settings, names: Iterable[str]) -> dict[str, str | None]:
    """The reporting quarter of each named file in the landing folder; None where it does not say.

    Writes nothing. Whatever is wrong with a file, the run that reads it reports it.
    """
    workspace = settings.workspace()
    wanted = set(names)
    areas, layouts = load_areas(workspace.areas_path, workspace.reference_dir), load_layouts(workspace.layouts_dir)
    known = set(quarter_keys(settings.first_quarter, settings.last_quarter))
    quarters: dict[str, str | None] = {}
    for file in pipeline.scan(workspace.landing_dir).files:
        if file.name not in wanted:
            continue
        try:
            if file.size > MAX_BYTES:
                raise FileRejected("too_large", "")
            with open_regular(file.path, within=workspace.landing_dir) as stream:
                content = stream.read(MAX_BYTES + 1)
            sidecar = Sidecar.model_validate(file.sidecar) if file.sidecar and not file.sidecar_error else None
            with pipeline.one_file():
                text = decode(content)
                _, identity = pipeline.recognise_document(text, file.name, sidecar, layouts, areas)
            quarter = identity.reporting_quarter.key
        except (FileRejected, OSError):
            quarter = None
        quarters[file.name] = quarter if quarter in known else None
    return quarters


def pending_quarters(settings: Settings, outlook: Outlook, *, force: bool = False) -> set[str]:
    """The quarters that a refresh would read, with `force` all that were ever received.

    Those of files that do not say theirs are not among them.
    """
    named = quarters_of_files(settings, [name for name, _ in outlook.new_files]).values()
    records = settings.workspace().archive.records() if force else outlook.to_read
    again = (record.reporting_quarter for record in records)
    known = set(quarter_keys(settings.first_quarter, settings.last_quarter))
    return {quarter for quarter in (*named, *again) if quarter in known}
