"""The layers of the dbt project: which may read which, what stands where, and what people open of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from conftest import ROOT

from orchestration.dbt import DbtProject, Graph
from publishing.exports import workbook
from publishing.site import model as site_model
from quarterdeck import dictionary

MODELS = ROOT / "dbt_project" / "models"
#: A layer reads itself, what stands beside it and what stands before it. Two in one line may read each other, as far as
#: dbt allows: it takes no circle.
ORDER = (("staging",), ("intermediate",), ("dimensions", "facts"), ("marts",), ("audit", "disclosed"))
#: Marts are made of dimensions and facts, so nothing of these.
BEFORE_DIMENSIONS = ("staging", "intermediate")
STEP = {layer: step for step, layers in enumerate(ORDER) for layer in layers}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    home = tmp_path_factory.mktemp("home")
    return DbtProject(ROOT / "dbt_project", home / "dbt", home).graph()


def models(graph: Any) -> dict[str, Any]:
    return {uid: node for uid, node in graph.nodes.items() if node.resource_type == "model"}


def folder(node: Any) -> str:
    return node.path.split("/")[1]


def against_the_order(graph: Any) -> list[str]:
    """Arrows to a later layer, of raw tables to others than staging, and past dimensions and facts to marts."""
    arrows = [(node, graph.nodes[parent]) for node in models(graph).values() for parent in node.depends_on]
    return [
        f"{folder(node)}/{node.name} reads {parent.layer if parent.resource_type == 'source' else folder(parent)}/"
        f"{parent.name}"
        for node, parent in arrows
        if (parent.resource_type == "model" and STEP[folder(parent)] > STEP[folder(node)])
        or (parent.resource_type == "source" and folder(node) != "staging")
        or (parent.resource_type == "model" and folder(node) == "marts" and folder(parent) in BEFORE_DIMENSIONS)
    ]


def test_no_layer_reads_a_later_one(graph: Graph) -> None:
    assert {folder(node) for node in models(graph).values()} <= set(STEP), "the new folder needs a place in the order"
    assert against_the_order(graph) == []


def made_up(*nodes: tuple[str, str, Iterable[str]]) -> SimpleNamespace:
    """A graph of models in these folders, which read these."""
    found = {
        name: SimpleNamespace(
            name=name,
            resource_type="source" if place == "raw" else "seed" if place == "seeds" else "model",
            layer=place,
            path=f"models/{place}/{name}.sql",
            depends_on=list(parents),
        )
        for name, place, parents in nodes
    }
    return SimpleNamespace(nodes=found)


def test_an_arrow_against_the_order_is_found() -> None:
    upright = made_up(
        ("rows", "raw", []),
        ("words", "seeds", []),
        ("stg_rows", "staging", ["rows"]),
        ("dim_row", "dimensions", ["stg_rows", "fct_row", "words"]),
        ("fct_row", "facts", ["int_rows"]),
        ("int_rows", "intermediate", ["stg_rows", "words"]),
        ("mart_row", "marts/national", ["dim_row", "fct_row"]),
        ("int_audit__row", "audit/checks", ["mart_row", "dim_row"]),
    )
    assert against_the_order(upright) == []
    upright.nodes["int_rows"].depends_on.append("dim_row")
    upright.nodes["mart_row"].depends_on.append("int_audit__row")
    upright.nodes["mart_row"].depends_on.append("stg_rows")
    upright.nodes["fct_row"].depends_on.append("rows")
    assert against_the_order(upright) == [
        "facts/fct_row reads raw/rows",
        "intermediate/int_rows reads dimensions/dim_row",
        "marts/mart_row reads audit/int_audit__row",
        "marts/mart_row reads staging/stg_rows",
    ]


def test_the_folder_says_what_becomes_of_a_model(graph: Graph) -> None:
    for node in models(graph).values():
        kept = folder(node) not in ("staging", "intermediate") and not re.search("/(working|checks)/", node.path)
        assert node.is_public == kept, node.path
        assert node.schema == ("marts" if kept else "staging" if folder(node) == "staging" else "intermediate"), (
            node.path
        )
        assert node.group == folder(node), node.path


def test_each_public_model_has_its_yaml_beside_it_with_its_unit_tests(graph: Graph) -> None:
    public = {node.name: MODELS.parent / node.path for node in models(graph).values() if node.is_public}
    for name, path in public.items():
        declared = yaml.safe_load(path.with_suffix(".yml").read_text())
        assert [model["name"] for model in declared["models"]] == [name]
        assert {test["model"] for test in declared.get("unit_tests", [])} <= {name}
    for path in MODELS.rglob("_*.yml"):
        declared = yaml.safe_load(path.read_text())
        named = [one["name"] for one in declared.get("models", [])]
        named += [test["model"] for test in declared.get("unit_tests", [])]
        assert not set(named) & set(public), path.name
    assert [model["name"] for model in dictionary.models()] == exposed("exports")
    assert sorted(public) == sorted(exposed("exports"))


def exposed(name: str) -> list[str]:
    """The tables that the exposure names."""
    declared = yaml.safe_load((MODELS / "_exposures.yml").read_text())["exposures"]
    (found,) = [one for one in declared if one["name"] == name]
    assert list(found["owner"]) == ["name"]
    return [reference.removeprefix("ref('").removesuffix("')") for reference in found["depends_on"]]


def test_exposures_name_what_is_read(graph: Graph) -> None:
    public = {node.name for node in models(graph).values() if node.is_public}
    assert set(exposed("exports")) == set(exposed("sql_page")) == public
    assert set(exposed("workbook")) == public - set(workbook._FOR_MACHINES)
    words = set(re.findall(r"\w+", inspect.getsource(site_model)))
    assert set(exposed("site")) == public & words
