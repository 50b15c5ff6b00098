"""`quarterdeck refresh` and `rollback` as a scheduler and a person meet them: words, exit codes, what stays.

Whole refreshes, because what is said, left and undone is that of all steps together.
"""

from __future__ import annotations

import shutil
import signal
import time

import dagster as dg
import pytest

from quarterdeck.refresh import interrupts_delivered_again
from tests.conftest import BUNDLED, LANDING, Home, copied_home, new_home
from tests.test_publishing_lock import hold

pytestmark = pytest.mark.slow


@pytest.fixture
def home(refreshed_one, tmp_path) -> Home:
    """A copy of a finished home, to do to it what one likes."""
    return copied_home(refreshed_one, tmp_path / "home")


def test_the_first_refresh_ends_with_what_a_person_wants_to_know(refreshed):
    said = refreshed.said.stdout
    for edition, rows in zip(BUNDLED, (38, 48, 24, 25), strict=True):
        line = next(line for line in said.splitlines() if line.startswith(edition))
        assert f"{edition}-dashboard.txt" in line and f" {rows} " in line
    ((figures, repaired, damaged),) = refreshed.home.query(
        "select count(*) filter (where value_status in ('reported', 'repaired')), "
        "count(*) filter (where value_status = 'repaired'), count(*) filter (where value_status = 'damaged') "
        "from marts.fct_observation"
    )
    assert f"4 editions, 135 rows, {figures} figures: {repaired} repaired, {damaged} damaged" in said
    assert "unmapped" in said
    assert "2022-23-q1-dashboard.txt:3" in said
    assert "home/warehouse/quarterdeck.duckdb" in said
    assert "Try: " in said
    assert refreshed.said.stderr == "", "Dagster's and dbt's own words must not drown the command's"


def test_the_command_that_it_suggests_works(refreshed):
    suggested = refreshed.said.stdout.rsplit("Try: ", 1)[1].strip()
    query = suggested.split('"')[1]
    assert refreshed.home.run("sql", query).returncode == 0


def test_with_nothing_new_it_says_so_fast_and_loads_nothing(refreshed, home):
    started = time.monotonic()
    said = home.run("refresh")
    seconds = time.monotonic() - started
    assert said.returncode == 0
    assert "Nothing new" in said.stdout and "home/warehouse/quarterdeck.duckdb" in said.stdout
    assert seconds < refreshed.seconds / 2
    _, loaded = home.imports_of("refresh")
    assert "publishing.pending" in loaded and not loaded & {"dagster", "dbt", "duckdb"}


def test_while_another_refresh_runs_it_is_5_and_says_whose(home):
    other = hold(home.path / "warehouse" / "refresh.lock")
    try:
        for arguments in (["refresh"], ["refresh", "--rebuild"], ["rollback"]):
            said = home.run(*arguments)
            assert said.returncode == 5
            assert str(other.pid) in said.stderr and "since 20" in said.stderr
        assert "A refresh is running" in home.run("status").stdout
    finally:
        other.kill()
        other.wait()
    said = home.run("refresh")
    assert said.returncode == 0
    assert "cut short" in said.stderr


def test_an_edition_that_was_never_received_is_said(home):
    said = home.run("refresh", "--edition", "2019-20-q3")
    assert said.returncode == 1
    assert "No file of 2019-20-q3" in said.stderr


def test_a_missing_landing_folder_is_said(home, tmp_path):
    said = home.run("refresh", "--landing", str(tmp_path / "nowhere"))
    assert said.returncode == 1
    assert "nowhere does not exist" in said.stderr and "Traceback" not in said.stderr


def test_rolled_back_is_neither_current_nor_published_over(home):
    warehouse = home.path / "warehouse"
    first = home.published.read_bytes()
    assert home.run("rollback").returncode == 1
    # A second version that differs, published as a refresh would.
    import duckdb

    from publishing.warehouse_versions import current_version, note_of, publish

    build = home.path / "build" / "quarterdeck.duckdb"
    shutil.copy(home.published, build)
    with duckdb.connect(str(build)) as connection:
        connection.execute("create table marts.later as select 1")
    publish(build, warehouse, note=note_of(current_version(warehouse), warehouse))
    later = home.published.read_bytes()
    assert "Publishing anew" in home.run("refresh").stdout, "the site and the exports were of the first"
    assert home.published.read_bytes() == later
    assert "Nothing new" in home.run("refresh").stdout

    said = home.run("rollback")
    assert said.returncode == 0 and "Published again" in said.stdout
    assert home.published.read_bytes() == first
    for arguments in (["refresh"], ["status"]):
        said = home.run(*arguments)
        assert said.returncode == 0
        assert "rolled back" in said.stdout and "--forward" in said.stdout and "--rebuild" in said.stdout
        assert home.published.read_bytes() == first
    assert home.run("rollback").returncode == 1
    assert home.run("rollback", "--forward").returncode == 0
    assert home.published.read_bytes() == later
    assert "rolled back" not in home.run("refresh").stdout


def test_a_blocking_check_is_4_and_the_warehouse_stands(home):
    """Raw data of an edition was damaged on disk; a new file makes the next refresh look."""
    before = home.published.read_bytes()
    (rows,) = (home.path / "raw" / "editions" / "2020-21-q2").glob("*/rows.parquet")
    rows.write_bytes(b"PAR1 no longer a table PAR1")
    (home.landing / "minutes.txt").write_text("Minutes of a meeting.\nApologies: none.\n")
    said = home.run("refresh")
    assert said.returncode == 4
    assert "raw/rows: raw_schema" in said.stderr and "2020-21-q2" in said.stderr
    assert "Nothing was published" in said.stderr and "stands as it was" in said.stderr
    assert home.published.read_bytes() == before


def test_a_failure_is_1_one_sentence_and_posted(home, webhook):
    url, received = webhook
    before = home.published.read_bytes()
    shutil.rmtree(home.path / "raw")
    (home.path / "raw").write_text("not a folder")
    said = home.run("refresh", "--rebuild", QUARTERDECK_WEBHOOK_URL=url)
    assert said.returncode == 1
    assert "Traceback" not in said.stdout + said.stderr
    assert "Nothing was published" in said.stderr
    assert home.published.read_bytes() == before
    (message,) = received
    assert message["job"] == "quarterly_refresh" and message["step"] in ("raw_dashboards", "national_tables")
    assert message["reason"] in said.stderr


def interrupt(home: Home, sign: signal.Signals, after: str) -> tuple[int, str]:
    """Start a refresh and send the signal shortly after it has said something."""
    process = home.start("refresh")
    for line in process.stdout:
        if line.startswith(after):
            break
    time.sleep(1.0)
    process.send_signal(sign)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_an_interrupt_during_a_finaliser_is_not_lost():
    class Finalised:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), interrupts_delivered_again():
        Finalised()
        time.sleep(10)


def test_a_life_with_bad_files_an_interrupt_and_a_second_try(tmp_path, monkeypatch):
    """One home: a bad file beside a good one, an interrupt while dbt builds, then one of two editions."""
    home = new_home(tmp_path / "a home, it's mine" / "state", "2016-17-q2")
    (home.landing / "minutes.txt").write_text("Minutes of a meeting.\nApologies: none.\n")
    said = home.run("refresh")
    assert said.returncode == 3, said.stderr
    assert "Rejected minutes.txt" in said.stdout
    assert home.query("select edition_key from marts.dim_edition") == [("2016-17-q2",)]
    assert "minutes.txt" in home.run("problems", "--severity", "error").stdout
    assert "minutes.txt" in home.run("status").stdout
    assert home.run("refresh").returncode == 0, "a file that was rejected before is nothing new"

    before = home.published.read_bytes()
    shutil.copy(LANDING / "2020-21-q2-dashboard.txt", home.landing)
    code, err = interrupt(home, signal.SIGINT, "Building the warehouse")
    assert code == 130, err
    assert "Interrupted" in err and "Traceback" not in err
    assert home.published.read_bytes() == before

    shutil.copy(LANDING / "2018-19-q1-dashboard.txt", home.landing)
    said = home.run("refresh", "--edition", "2020-21-q2")
    assert said.returncode == 0, said.stdout + said.stderr
    assert home.query("select edition_key from marts.dim_edition order by 1") == [("2016-17-q2",), ("2020-21-q2",)]
    assert "Not current: 1 file to read again" in home.run("status").stdout
    assert not list((home.path / "warehouse").glob("*.wal"))
    monkeypatch.setenv("DAGSTER_HOME", str(home.path))
    with dg.DagsterInstance.get() as instance:
        ended = [run.status.value for run in instance.get_runs()]
    assert sorted(ended) == ["FAILURE", "SUCCESS", "SUCCESS"]
