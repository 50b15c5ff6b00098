"""The rooms of the code: no import goes to a room above, and none in a circle. pyproject.toml states the contracts."""

from __future__ import annotations

import graphlib

import grimp
import pytest
from conftest import ROOT
from importlinter.api import read_configuration
from importlinter.cli import lint_imports
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.layers import LayersContract

PROJECT = str(ROOT / "pyproject.toml")
CONFIGURATION = read_configuration(PROJECT)
KINDS = {"layers": LayersContract, "acyclic_siblings": AcyclicSiblingsContract}
PRODUCT = ("ingest", "runtime", "publishing", "orchestration", "quarterdeck")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Which module imports which, imports within functions and for type checking included."""
    return grimp.build_graph(*CONFIGURATION["session_options"]["root_packages"], cache_dir=None)


def broken(graph: grimp.ImportGraph) -> list[str]:
    """The names of the contracts that an import graph breaks."""
    contracts = [
        KINDS[stated["type"]](stated["name"], CONFIGURATION["session_options"], stated)
        for stated in CONFIGURATION["contracts_options"]
    ]
    return [contract.name for contract in contracts if not contract.check(graph, verbose=False).kept]


def test_the_contracts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """As `make lint` says it, with the offending imports."""
    assert lint_imports(PROJECT, no_cache=True, no_logo=True) == 0, capsys.readouterr().out


def test_no_module_imports_itself_by_way_of_others(graph: grimp.ImportGraph) -> None:
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert {f"{package}.{module}" for package, module in FAMILIAR} <= set(imports)
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        pytest.fail(f"in a circle: {' -> '.join(error.args[1])}")


#: Modules that the graph must know, so that an empty one cannot pass.
FAMILIAR = [
    ("ingest", "dashboards.rows"),
    ("runtime", "settings"),
    ("publishing", "site.build"),
    ("orchestration", "assets.dbt_models"),
    ("quarterdeck", "cli"),
]


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("ingest.intake.archive", "ingest.dashboards.layouts"),
        ("ingest.national.lait", "ingest.dashboards.cells"),
        ("ingest.dashboards.identity", "ingest.national.kinds"),
        ("ingest.dashboards.reader", "ingest.reports.rules"),
        ("ingest.reports.reader", "ingest.pipeline"),
        ("ingest.pipeline", "runtime.settings"),
        ("runtime.lock", "publishing.queries"),
        ("publishing.serve", "orchestration.dbt"),
        ("orchestration.jobs", "quarterdeck"),
        ("quarterdeck.cli", "perf.measure"),
        ("ingest.national.files", "scripts.seed_authorities"),
    ],
)
def test_an_arrow_upward_is_found(graph: grimp.ImportGraph, importer: str, imported: str) -> None:
    assert broken(graph) == []
    assert {importer, imported} <= graph.modules
    graph.add_import(importer=importer, imported=imported)
    try:
        assert broken(graph)
    finally:
        graph.remove_import(importer=importer, imported=imported)


def test_a_circle_is_found(graph: grimp.ImportGraph) -> None:
    graph.add_import(importer="publishing.disclosure", imported="publishing.site.build")
    try:
        assert broken(graph) == ["no circle between modules"]
    finally:
        graph.remove_import(importer="publishing.disclosure", imported="publishing.site.build")


def test_every_package_of_the_product_has_its_layer() -> None:
    (rooms,) = (stated for stated in CONFIGURATION["contracts_options"] if stated["name"] == "no arrow upward")
    assert tuple(reversed(rooms["layers"][1:])) == PRODUCT
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == {
        *CONFIGURATION["session_options"]["root_packages"]
    }
