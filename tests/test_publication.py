"""The site and the exports as a refresh, a rollback and a failure leave them: whole, and of the published warehouse.

Refreshes by the command, because it decides what is behind; most of them publish pages alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from publishing.site_and_exports import behind
from publishing.warehouse_versions import current_version, note_of, publish
from runtime.settings import Settings
from tests.conftest import BUNDLED, LANDING, Home, copied_home

pytestmark = pytest.mark.slow


@pytest.fixture
def home(refreshed_one, tmp_path) -> Home:
    return copied_home(refreshed_one, tmp_path / "home")


def site(home: Home) -> Path:
    return home.path / "publish" / "site"


def exports(home: Home) -> Path:
    return home.path / "publish" / "exports"


def built_at(home: Home) -> tuple[str, str]:
    """The instant that the first page and the data package name."""
    page = (site(home) / "index.html").read_text()
    package = json.loads((exports(home) / "datapackage.json").read_text())
    return re.search(r"built on ([^<]*) UTC", page)[1], package["created"]


def published_again(home: Home, minutes: int) -> None:
    """A second warehouse that differs in the instant it was built, published as a refresh would."""
    import duckdb

    build, warehouse = home.path / "build" / "quarterdeck.duckdb", home.path / "warehouse"
    shutil.copy(home.published, build)
    with duckdb.connect(str(build)) as connection:
        connection.execute(f"update marts.build_info set built_at = built_at + interval {minutes} minute")
    publish(build, warehouse, note=note_of(current_version(warehouse), warehouse))


def test_a_refresh_publishes_the_site_and_the_exports_of_its_warehouse(refreshed):
    home = refreshed.home
    assert behind(Settings(home=home.path)) == []
    ((stamp,),) = home.query("select built_at from marts.build_info")
    page, package = built_at(home)
    assert page == f"{stamp.day} {stamp:%B %Y, %H:%M}"
    assert package.startswith(f"{stamp:%Y-%m-%dT%H:%M}")
    ((area,),) = home.query("select distinct lower(area_code) from marts.dim_edition")
    editions = site(home) / "areas" / area / "editions"
    assert sorted(path.stem for path in editions.iterdir()) == sorted(BUNDLED)
    assert f"Site: {site(home)}" in refreshed.said.stdout.replace("home/publish", str(home.path / "publish"))
    public = home.query("select table_name from information_schema.tables where table_schema = 'marts'")
    assert {path.stem for path in (exports(home) / "parquet").iterdir()} == {name for (name,) in public}


def kept(home: Home) -> list[str]:
    """What lies in the folder that the links point into: site and exports, the published and those before them."""
    folders = (path for path in (home.path / "publish" / ".versions").iterdir() if path.is_dir())
    return sorted(path.name.rsplit("-", 1)[0] for path in folders)


def test_after_a_rollback_they_are_of_the_warehouse_that_came_back(home):
    first = built_at(home)
    published_again(home, 90)
    assert behind(Settings(home=home.path)) == ["site", "exports"]
    said = home.run("status")
    assert "Not of this warehouse: site and exports" in said.stdout

    before = home.published.read_bytes()
    said = home.run("refresh")
    assert said.returncode == 0, said.stderr
    assert "site and exports" in said.stdout and "Nothing new" not in said.stdout
    assert home.published.read_bytes() == before, "the warehouse need not be built again"
    assert built_at(home) != first
    assert kept(home) == ["exports", "exports", "site", "site"], "readers of the one before go on"

    said = home.run("rollback")
    assert said.returncode == 0, said.stderr
    assert built_at(home) == first
    assert kept(home) == ["exports", "site"], "what was taken back is read no more"
    assert "rolled back" in home.run("refresh").stdout
    assert built_at(home) == first


@pytest.mark.parametrize("what", ["a folder", "a link elsewhere", "nothing", "a link to nothing"])
def test_what_is_not_the_published_site_does_not_pass_for_it(home, tmp_path, what):
    os.unlink(site(home))
    (tmp_path / "elsewhere").mkdir()
    if what == "a folder":
        site(home).mkdir()
    elif what != "nothing":
        site(home).symlink_to(tmp_path / ("elsewhere" if what == "a link elsewhere" else "nowhere"))
    assert behind(Settings(home=home.path)) == ["site"]
    assert "Not of this warehouse: site" in home.run("status").stdout


@pytest.mark.parametrize("where", ["publish/exports", "publish/site/mine", "publish", "publish/.versions/mine"])
def test_an_export_never_goes_into_what_is_published(home, where):
    before = sorted(path.name for path in (home.path / "publish").rglob("*"))
    said = home.run("export", "--format", "csv", "--to", str(home.path / where))
    assert said.returncode == 1 and "Name another folder" in said.stderr
    assert sorted(path.name for path in (home.path / "publish").rglob("*")) == before


def test_an_export_does_not_write_over_what_is_not_of_an_export(home, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "README.txt").write_text("mine")
    wanted = ("export", "--table", "dim_area", "--format", "csv", "--to", str(mine))
    said = home.run(*wanted)
    assert said.returncode == 1 and "README.txt" in said.stderr
    assert [path.name for path in mine.iterdir()] == ["README.txt"] and (mine / "README.txt").read_text() == "mine"
    os.unlink(mine / "README.txt")
    assert home.run(*wanted).returncode == home.run(*wanted).returncode == 0


def test_another_disclosure_rule_is_a_reason_to_publish_them(home):
    said = home.run("refresh", QUARTERDECK_DISCLOSURE="small_counts")
    assert said.returncode == 0, said.stderr
    assert "Suppressed" in "".join(path.read_text() for path in site(home).rglob("editions/*.html"))
    assert kept(home) == ["exports", "site"], "what the rule withholds lies nowhere any more"
    for path in site(home).rglob("*.html"):
        assert "Counts of 1 to 4" in path.read_text(), f"{path.name} does not say that a rule is in force"
    assert "Nothing new" in home.run("refresh", QUARTERDECK_DISCLOSURE="small_counts").stdout
    assert home.run("refresh").returncode == 0
    assert "Suppressed" not in "".join(path.read_text() for path in site(home).rglob("editions/*.html"))


def test_a_site_that_cannot_be_published_leaves_the_warehouse_published(home):
    """A folder of somebody else's lies where the site should: it is not deleted, and the rest is published."""
    os.unlink(site(home))
    site(home).mkdir()
    (site(home) / "mine.txt").write_text("mine")
    shutil.copy(LANDING / "2020-21-q2-dashboard.txt", home.landing / "again.txt")
    with (home.landing / "again.txt").open("a") as file:
        file.write("\n")
    before = home.published.read_bytes()
    said = home.run("refresh")
    assert said.returncode == 1
    assert "The site could not be published" in said.stderr and "somebody else's" in said.stderr
    assert "The warehouse is published" in said.stderr and "Traceback" not in said.stderr
    assert "Nothing was published" not in said.stderr
    assert home.published.read_bytes() != before
    assert (site(home) / "mine.txt").read_text() == "mine"
    assert behind(Settings(home=home.path)) == ["site"]

    shutil.rmtree(site(home))
    after = home.published.read_bytes()
    assert home.run("refresh").returncode == 0
    assert home.published.read_bytes() == after and behind(Settings(home=home.path)) == []
