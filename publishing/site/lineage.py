"""The lineage: from which tables each table is made, as a picture and as a table, from dbt's own graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from publishing.site.frame import LINEAGE, Lazy, Page
from publishing.site.model import values_of

_LAYERS = ("Sources and seeds", "Staging", "Intermediate", "Dimensions and facts", "Marts", "Audit")
#: dbt's groups, by the column that each stands in.
_COLUMNS = {"staging": 1, "intermediate": 2, "dimensions": 3, "facts": 3, "marts": 4, "audit": 5}
_WIDE, _HIGH, _ACROSS, _DOWN, _TOP = 204, 22, 248, 28, 40


@dataclass(frozen=True, slots=True)
class Node:
    """A source, seed or model: its layer as an index of the columns, and the names it reads."""

    name: str
    layer: int
    reads: tuple[str, ...]
    description: str
    is_public: bool = False


def nodes_of(graph: Any) -> list[Node]:
    """The nodes of orchestration.dbt.Graph; anything with such `nodes` will do, so that nothing of dbt is imported."""
    names = {unique_id: _name(node) for unique_id, node in graph.nodes.items()}
    return [
        Node(
            name=names[unique_id],
            layer=_layer(node),
            reads=tuple(sorted(names[parent] for parent in node.depends_on if parent in names)),
            description=" ".join(node.description.split()),
            is_public=node.is_public,
        )
        for unique_id, node in graph.nodes.items()
    ]


def _name(node: Any) -> str:
    return f"{node.layer}.{node.name}" if node.resource_type == "source" else node.name


def _layer(node: Any) -> int:
    if node.resource_type in ("source", "seed"):
        return 0
    return _COLUMNS.get(node.group, len(_LAYERS) - 1)


def lineage_page(nodes: Iterable[Node]) -> Page:
    """The picture, and beside it the same as a table."""
    kept = sorted(nodes, key=lambda node: (node.layer, node.name))
    return Page(
        path=LINEAGE,
        title="Lineage",
        template="lineage.html.j2",
        context={
            "picture": Lazy(lambda: picture(kept)),
            "layers": [(name, [node for node in kept if node.layer == layer]) for layer, name in enumerate(_LAYERS)],
        },
        made_of=([values_of(node) for node in kept],),
        here=LINEAGE,
    )


def picture(nodes: list[Node]) -> Markup:
    """The graph as SVG: a column for each layer, within each the order that crosses fewest lines, roughly."""
    places = _places(nodes)
    height = _TOP + _DOWN * max((place[1] for place in places.values()), default=0) + _DOWN
    width = _ACROSS * (len(_LAYERS) - 1) + _WIDE
    lines, boxes = [], []
    for node in nodes:
        column, row = places[node.name]
        x, y = column * _ACROSS, _TOP + row * _DOWN
        for parent in node.reads:
            if parent in places:
                from_x = places[parent][0] * _ACROSS + _WIDE
                from_y = _TOP + places[parent][1] * _DOWN + _HIGH / 2
                to_y = y + _HIGH / 2
                if places[parent][0] == column:
                    # Within a column the line leaves and enters on the left.
                    left = from_x - _WIDE
                    lines.append(f'<path d="M{left} {from_y}C{left - 30} {from_y} {x - 30} {to_y} {x} {to_y}"/>')
                else:
                    bend = (from_x + x) / 2
                    lines.append(f'<path d="M{from_x} {from_y}C{bend} {from_y} {bend} {to_y} {x} {to_y}"/>')
        shown = node.name if len(node.name) <= 29 else node.name[:28] + "…"
        boxes.append(
            f'<rect class="{_look(node)}" x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}"/>'
            f'<text x="{x + 6}" y="{y + 15}">{escape(shown)}</text>'
        )
    heads = "".join(
        f'<text class="head" x="{column * _ACROSS}" y="20">{escape(name)}</text>' for column, name in enumerate(_LAYERS)
    )
    return Markup(
        f'<svg class="lineage" viewBox="-34 0 {width + 36} {height}" width="{width + 36}" height="{height}" role="img" '
        f'aria-labelledby="lineage-title lineage-text"><title id="lineage-title">Lineage of the tables</title>'
        f'<desc id="lineage-text">From sources on the left to public tables on the right. The table below says the '
        f"same.</desc><g>{''.join(lines)}</g>{heads}{''.join(boxes)}</svg>"
    )


def _look(node: Node) -> str:
    """The class of its box: sources, working tables and public ones differ."""
    return "public" if node.is_public else "working" if node.layer else "source"


def _places(nodes: list[Node]) -> Mapping[str, tuple[int, int]]:
    places: dict[str, tuple[int, int]] = {}
    for layer in range(len(_LAYERS)):
        column = [node for node in nodes if node.layer == layer]

        def height(node: Node) -> float:
            above = [places[parent][1] for parent in node.reads if parent in places]
            return sum(above) / len(above) if above else 1e9

        if layer:
            column.sort(key=lambda node: (height(node), node.name))
        for row, node in enumerate(column):
            places[node.name] = (layer, row)
    return places
