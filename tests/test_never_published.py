"""Words of files that do not count: shown to the operator, and in nothing that is published."""

from __future__ import annotations

import gzip
import io
import shutil
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from publishing import queries, site_and_exports
from publishing.disclosure import DECIDED, NOT_PUBLISHED, open_disclosed, public_tables
from runtime.settings import Rule, Settings
from tests.warehouses import empty_warehouse, insert

#: Stands in each name, word, note and message of the files that do not count.
SECRET = "Zebedee"
WHEN = datetime(2026, 11, 1)
FILES = [
    {"source_sha256": "b" * 64, "source_file": f"{SECRET}-letter.txt", "received_at": WHEN, "size_bytes": 10,
     "outcome": "rejected", "error_code": "unknown_layout", "error_message": f"the first lines: {SECRET}",
     "in_force": False},
    # Somebody saved a letter under the name of an edition.
    {"source_sha256": "c" * 64, "source_file": "2020-21-q2-dashboard.txt", "received_at": WHEN, "size_bytes": 10,
     "outcome": "rejected", "error_code": "unknown_layout", "error_message": f"the first lines: {SECRET}",
     "in_force": False},
    {"source_sha256": "d" * 64, "source_file": f"{SECRET}/2020-21-q2.txt", "received_at": WHEN, "size_bytes": 10,
     "outcome": "loaded", "edition_key": "2020-21-q2", "version_number": 1, "in_force": False},
    {"source_sha256": "e" * 64, "source_file": f"{SECRET}-2019.txt", "received_at": WHEN, "size_bytes": 10,
     "outcome": "rejected", "error_code": "sidecar_invalid", "error_message": f"The note says {SECRET}",
     "edition_key": f"2019-20-q1-{SECRET}", "financial_year": SECRET, "in_force": False},
]  # fmt: skip
PROBLEMS = [
    {"source_file": f"{SECRET}-letter.txt", "issue_code": "unknown_layout", "printed_text": SECRET},
    {"source_file": "2020-21-q2-dashboard.txt", "issue_code": "unknown_layout", "printed_text": SECRET},
    {"source_file": f"{SECRET}/2020-21-q2.txt", "issue_code": "version_superseded", "edition_key": "2020-21-q2"},
    {"source_file": f"{SECRET}-2019.txt", "issue_code": "sidecar_invalid", "edition_key": f"2019-20-q1-{SECRET}"},
    {"source_file": f"never-received-{SECRET}.txt", "issue_code": "unreadable", "column_name": SECRET},
]
#: Of files that count: what a person decided about them, with the reason in that person's words.
DECISIONS = [
    {"source_file": "2016-17-q2-dashboard.txt", "issue_code": "version_put_in_force", "edition_key": "2016-17-q2"},
    {"source_file": "national/neighbours.xlsx", "issue_code": "version_put_in_force"},
    {"source_file": "2018-19-q1-dashboard.txt", "issue_code": "version_withdrawn", "edition_key": "2018-19-q1"},
]
NATIONAL = [
    {"source_sha256": "f" * 64, "source_file": f"national/{SECRET}.csv", "received_at": WHEN, "size_bytes": 10,
     "kind": "open_data", "dataset_key": SECRET, "release_label": SECRET, "outcome": "rejected",
     "error_code": "open_data_standard", "error_message": SECRET, "in_force": False, "is_newest_release": False,
     "failed_checks": 1, "warned_checks": 0},
]  # fmt: skip
CHECKS = [
    {"source_sha256": "f" * 64, "source_file": f"national/{SECRET}.csv", "stage": 1, "check_name": "headings",
     "result": "failed", "message": SECRET}
]  # fmt: skip


def add_what_does_not_count(connection: duckdb.DuckDBPyConnection) -> None:
    said = {"severity": "error", "message": f"It says {SECRET}.", "found_by": "ingestion", "in_force": False}
    insert(connection, "source_file", FILES)
    insert(connection, "data_quality_issue", [said | problem for problem in PROBLEMS])
    insert(connection, "data_quality_issue", [said | problem | {"in_force": True} for problem in DECISIONS])
    insert(connection, "source_national_file", NATIONAL)
    insert(connection, "source_open_data_check", CHECKS)


@pytest.fixture
def settings(refreshed, tmp_path) -> Settings:
    """A home whose warehouse has the bundled editions, and files beside them that do not count."""
    settings = Settings(home=tmp_path)
    settings.warehouse_dir.mkdir()
    shutil.copy(refreshed.home.published, settings.published_path)
    with duckdb.connect(str(settings.published_path)) as connection:
        add_what_does_not_count(connection)
    return settings


def published_words(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and content of every file below a folder, unpacked, so that words can be found in it."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield f"the name of {path.name}", path.name
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        if path.suffix == ".parquet":
            yield path.name, str(pq.read_table(io.BytesIO(content)).to_pylist())
        elif ".arrow" in path.suffixes:
            yield path.name, str(pa.ipc.open_file(content).read_all().to_pylist())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                for name in book.namelist():
                    yield f"{path.name}/{name}", book.read(name).decode("utf-8", "replace")
        else:
            yield path.name, content.decode("utf-8", "replace")


def test_no_word_and_no_name_of_them_is_in_the_site_and_the_exports(settings):
    site_and_exports.publish_site(settings)
    site_and_exports.publish_exports(settings)
    found = [name for name, words in published_words(settings.publish_dir) if SECRET.lower() in words.lower()]
    assert found == []
    page = (settings.site_dir / "quality.html").read_text()
    assert "unpublished file 1" in page and "unknown layout" in page and "quarterdeck problems" in page


def test_the_operator_sees_all_of_it(settings):
    said = [row["source_file"] for row in queries.problems(settings.published_path, severities=["error"]).dicts()]
    assert {problem["source_file"] for problem in PROBLEMS + DECISIONS} <= set(said)
    assert any(SECRET in row["reason"] for row in queries.summary(settings.published_path).rejected.dicts())


@pytest.mark.parametrize("rule", Rule)
def test_outcomes_are_published_and_files_that_count_stay_as_they_are(tmp_path, rule):
    path = tmp_path / "w.duckdb"
    kept = {"source_sha256": "a" * 64, "source_file": "2020-21-q2-dashboard.txt", "received_at": WHEN,
            "outcome": "loaded", "edition_key": "2020-21-q2", "in_force": True}  # fmt: skip
    with empty_warehouse(path) as connection:
        insert(connection, "dim_edition", [{"edition_key": "2020-21-q2", "source_file": kept["source_file"]}])
        insert(connection, "source_file", [kept])
        insert(
            connection,
            "data_quality_issue",
            [{"source_file": kept["source_file"], "issue_code": "damaged_figure", "message": "damaged",
              "printed_text": "4O%", "edition_key": "2020-21-q2", "in_force": True}],
        )  # fmt: skip
        add_what_does_not_count(connection)
    with open_disclosed(path, rule) as connection:
        for table in (table.name for table in public_tables(connection)):
            assert SECRET not in str(connection.execute(f"select * from marts.{table}").fetchall()), table
        files = connection.execute(
            "select source_file, outcome, error_code, error_message, edition_key from source_file order by source_file"
        ).fetchall()
        assert files == [
            ("2020-21-q2-dashboard.txt", "loaded", None, None, "2020-21-q2"),
            ("unpublished file 1", "rejected", "unknown_layout", NOT_PUBLISHED, None),
            ("unpublished file 2", "rejected", "unknown_layout", NOT_PUBLISHED, None),
            ("unpublished file 3", "loaded", None, None, "2020-21-q2"),
            ("unpublished file 4", "rejected", "sidecar_invalid", NOT_PUBLISHED, None),
        ]
        issues = connection.execute(
            "select source_file, issue_code, printed_text, message from data_quality_issue order by all"
        ).fetchall()
        assert ("2020-21-q2-dashboard.txt", "damaged_figure", "4O%", "damaged") in issues
        assert ("unpublished file", "unreadable", None, NOT_PUBLISHED) in issues
        for decision in DECISIONS:
            assert (decision["source_file"], decision["issue_code"], None, DECIDED) in issues
        assert ("unpublished file 2", "unknown_layout", None, NOT_PUBLISHED) in issues
        ((national, code),) = connection.execute("select source_file, error_code from source_national_file").fetchall()
        assert (national, code) == ("unpublished national file 1", "open_data_standard")


def test_a_warehouse_of_an_earlier_version_keeps_them_too(tmp_path):
    """Brought back by a rollback, it does not say which problems are of files that count: their names decide."""
    path = tmp_path / "w.duckdb"
    with empty_warehouse(path) as connection:
        add_what_does_not_count(connection)
        connection.execute("alter table data_quality_issue drop column in_force")
    with open_disclosed(path) as connection:
        assert SECRET not in str(connection.execute("select * from data_quality_issue").fetchall())
