"""The documents say what is so: examples give what they show, links lead somewhere, lists agree with the code."""

from __future__ import annotations

import csv
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Refreshed

from ingest.dashboards import cells
from ingest.intake.errors import FileRejected
from quarterdeck import dictionary

DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("*/README.md"),
        *(ROOT / "landing").glob("*/README.md"),
    ]
)


def examples() -> list[tuple[str, str]]:
    """Commands of the README that are followed by what they print."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```sh\n(\.venv/bin/quarterdeck (?:(?!```).)*?)\n```\n```text\n(.*?)\n```", text, re.DOTALL)


def test_the_readme_shows_what_its_commands_print(refreshed: Refreshed) -> None:
    assert len(examples()) >= 2
    for command, shown in examples():
        said = refreshed.home.run(*shlex.split(command)[1:])
        assert said.returncode == 0, said.stderr
        printed = [line.rstrip() for line in said.stdout.splitlines()]
        for part in shown.split("…\n"):
            wanted = [line.rstrip() for line in part.rstrip("…\n").splitlines() if line.strip("─ ")]
            position = -1
            for line in wanted:
                assert line in printed[position + 1 :], f"{command}: {line!r} is not printed there"
                position = printed.index(line, position + 1)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (document.parent / link).exists(), f"{document.name} links to {link}"


def test_the_data_dictionary_is_the_one_that_the_models_declare() -> None:
    assert dictionary.DOCUMENT.read_text(encoding="utf-8") == dictionary.render(), "run make dictionary"


def test_every_reason_to_reject_a_file_is_explained() -> None:
    text = (ROOT / "docs" / "adding-an-edition.md").read_text(encoding="utf-8")
    rooms = [ROOT / "ingest", ROOT / "ingest" / "intake", ROOT / "ingest" / "dashboards"]
    code = "\n".join(path.read_text(encoding="utf-8") for room in rooms for path in room.glob("*.py"))
    raised = set(re.findall(rf"{FileRejected.__name__}\(\s*\"([a-z_]+)\"", code)) | {"version_held_back", "unreadable"}
    assert len(raised) > 12
    assert {code for code in raised if f"`{code}`" not in text} == set()


def test_words_for_a_missing_figure_are_known_to_the_reader_as_well_as_to_the_warehouse() -> None:
    with (ROOT / "dbt_project" / "seeds" / "value_words.csv").open(encoding="utf-8", newline="") as stream:
        words = [row["words"] for row in csv.DictReader(stream)]
    assert len(words) > 20
    assert [
        word for word in words if not (cells.says_no_data(word) or cells.is_missing(word) or cells.is_sign(word))
    ] == []


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    dbt = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))
    assert dbt["version"] == dbt["vars"]["quarterdeck_version"] == project
    assert f"## {project}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
