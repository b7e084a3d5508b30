"""The blueprints in ``subgraphs/``: subgraphs that ComfyUI offers in its node search, made of API graphs.

In a blueprint's graph the node ``-10`` stands for the subgraph's inputs, as in ComfyUI's own files.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.generate.files import ROOT, Files, pack_version
from tests.generate.workflows.convert import Builder
from tests.generate.workflows.create import COMPARED
from tests.generate.workflows.layout import TITLE, place
from tests.generate.workflows.parts import Example, Graph, child, node

FOLDER = ROOT / "subgraphs"
TEXTS = Path(__file__).with_name("blueprints.json")
INPUTS, OUTPUTS = "-10", -20
"""Ids of a subgraph's two ends."""
PREFIX = "Volcengine - "
"""Stands before each name, because the node search shows the names of all packs together."""


@dataclass(frozen=True)
class Blueprint:
    """``sockets``: names of the inputs that the graph takes from the node ``-10``. ``outputs``: names and the node
    outputs behind them. ``widgets``: names of what can be set on the outside, with node id and input behind
    each; ``size``: (width, height) there."""

    title: str
    graph: Graph
    sockets: tuple[str, ...]
    outputs: Mapping[str, tuple[str, int]]
    widgets: Mapping[str, tuple[str, str]]
    size: tuple[int, int] = (340, 300)

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"volcv/blueprint/{self.title}"))


BANNER = Blueprint(
    "Product to banner",
    {
        "11": node(
            "Volcv_img2img_e_commerce_style",
            product_image=[INPUTS, 0],
            ref_image=[INPUTS, 1],
            positive_prompt="marble table top,warm evening interior,soft bokeh lamps,premium advertising photo,",
            composition="automatic",
            **child("composition", canvas_width=1024, canvas_height=1024, auto_offset_y=49, auto_scale=0.66),
            light="Top Left Light",
            seed=5151,
        ),
        "12": node(
            "Volcv_i2i_outpainting",
            image=["11", 0],
            prompt="the table and the interior go on to both sides, calm space for a headline",
            top=0.0,
            bottom=0.0,
            left=0.7,
            right=0.7,
            seed=5152,
        ),
    },
    ("product", "scene"),
    {"banner": ("12", 0), "square": ("11", 0)},
    {
        "scene_prompt": ("11", "positive_prompt"),
        "banner_prompt": ("12", "prompt"),
        "light": ("11", "light"),
        "left": ("12", "left"),
        "right": ("12", "right"),
    },
)

RESTAGE = Blueprint(
    "Cut out and restage",
    {
        "21": node("Volcv_saliency_seg", image=[INPUTS, 0], only_mask="full size", refine_mask="matting"),
        "22": node(
            "Volcv_img2img_e_commerce_style",
            product_image=["21", 0],
            product_mask=["21", 3],
            ref_image=[INPUTS, 1],
            positive_prompt="a flat stone at the shore of a mountain lake,sunset,calm water,advertisement,",
            composition="automatic",
            **child("composition", canvas_width=1200, canvas_height=1000, auto_offset_y=49, auto_scale=0.7),
            light="Top Right Light",
            seed=5160,
        ),
    },
    ("picture", "scene"),
    {"restaged": ("22", 0), "cut_out": ("21", 0), "mask": ("21", 3)},
    {"scene_prompt": ("22", "positive_prompt"), "light": ("22", "light"), "refine_mask": ("21", "refine_mask")},
)


def comparison() -> Blueprint:
    """One prompt for the models of the example that compares them, each with an output of its own."""
    graph = {"31": node("PrimitiveStringMultiline", value="Layered mountain ridges above a wide valley, a low sun")}
    for number, compared in enumerate(COMPARED, 32):
        inputs = {"prompt": ["31", 0], **compared["inputs"]}
        graph[str(number)] = node(compared["class_type"], **inputs)
    names = ("general_3_0", "general_2_1", "general_xl_pro")
    outputs = {name: (str(number), 0) for number, name in enumerate(names, 32)}
    return Blueprint("Compare three models", graph, (), outputs, {"prompt": ("31", "value")})


BLUEPRINTS = (BANNER, RESTAGE, comparison())


def texts() -> Mapping[str, Mapping[str, str]]:
    """Title -> ``name`` in Chinese and ``description`` in both languages."""
    found: Mapping[str, Mapping[str, str]] = json.loads(TEXTS.read_text(encoding="utf-8"))
    return found


def connected(blueprint: Blueprint, object_info: Mapping[str, Any]) -> Builder:
    """The nodes inside with all links; each input for a widget and each output has one to the subgraph's ends."""
    parts = Builder(Example(blueprint.title, blueprint.graph, ()), object_info, pack_version(), {})

    def link(*ends_and_type: Any) -> None:
        parts.links.append([len(parts.links) + 1, *ends_and_type])

    for place_, (key, name) in enumerate(blueprint.widgets.values(), len(blueprint.sockets)):
        (target, slot), *_ = [(at, slot) for at, slot in enumerate(parts.ordered(key)) if slot.name == name]
        link(int(INPUTS), place_, int(key), target, slot.kind)
    for place_, (source, output) in enumerate(blueprint.outputs.values()):
        link(int(source), output, OUTPUTS, place_, parts.info(source)["output"][output])
    return parts


def ends(blueprint: Blueprint, parts: Builder, names: Iterable[str], end: int) -> Iterator[dict[str, Any]]:
    """The named slots of one end of the subgraph, with the ids of the links inside."""
    at = 1 if end == int(INPUTS) else 3
    for place_, name in enumerate(names):
        linked = [link for link in parts.links if (link[at], link[at + 1]) == (end, place_)]
        yield {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{blueprint.id}/{end}/{name}")),
            "name": name,
            "label": name,
            "type": linked[0][5],
            "linkIds": [link[0] for link in linked],
        }


def subgraph(blueprint: Blueprint, object_info: Mapping[str, Any]) -> dict[str, Any]:
    """The definition: the nodes inside, and the two ends beside them."""
    parts = connected(blueprint, object_info)
    layout = place(parts.boxes(), (), {}, "")
    right = max(one.x + one.width for one in layout.nodes.values())
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    text = texts()[blueprint.title]
    inputs = list(ends(blueprint, parts, (*blueprint.sockets, *blueprint.widgets), int(INPUTS)))
    return {
        "id": blueprint.id,
        "version": 1,
        "state": {
            "lastGroupId": 0,
            "lastNodeId": max(map(int, blueprint.graph)),
            "lastLinkId": len(parts.links),
            "lastRerouteId": 0,
        },
        "revision": 0,
        "config": {},
        "name": f"{blueprint.title} / {text['name']}",
        "category": "Volcengine CV",
        "description": f"{text['en']}\n\n{text['zh']}",
        "inputNode": {"id": int(INPUTS), "bounding": [100, TITLE, 130, 40 + 20 * len(inputs)]},
        "outputNode": {"id": OUTPUTS, "bounding": [right + 80, TITLE, 130, 40 + 20 * len(blueprint.outputs)]},
        "inputs": inputs,
        "outputs": list(ends(blueprint, parts, blueprint.outputs, OUTPUTS)),
        "widgets": [],
        "nodes": [parts.node(key, layout.nodes[key], order) for order, key in enumerate(layout.order)],
        "groups": [],
        "links": [dict(zip(keys, link, strict=True)) for link in parts.links],
        "extra": {},
    }


def blueprint_text(blueprint: Blueprint, object_info: Mapping[str, Any]) -> str:
    """Content of the blueprint's file: a workflow of one node, whose type is the subgraph."""
    definition = subgraph(blueprint, object_info)
    outside = {
        "id": 1,
        "type": blueprint.id,
        "pos": [0, TITLE],
        "size": list(blueprint.size),
        "flags": {},
        "order": 0,
        "mode": 0,
        "inputs": [
            {"name": name, "label": name, "type": one["type"], "link": None}
            | ({"widget": {"name": name}} if name in blueprint.widgets else {})
            for one in definition["inputs"]
            for name in (one["name"],)
        ],
        "outputs": [{"name": one["name"], "type": one["type"], "links": []} for one in definition["outputs"]],
        "title": definition["name"],
        "properties": {"proxyWidgets": [list(one) for one in blueprint.widgets.values()], "cnr_id": "volcv"},
        "widgets_values": [],
    }
    workflow = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{blueprint.id}/workflow")),
        "revision": 0,
        "last_node_id": 1,
        "last_link_id": 0,
        "nodes": [outside],
        "links": [],
        "groups": [],
        "definitions": {"subgraphs": [definition]},
        "config": {},
        "extra": {},
        "version": 0.4,
    }
    return json.dumps(workflow, ensure_ascii=False, indent=1) + "\n"


def path_of(blueprint: Blueprint) -> Path:
    return FOLDER / f"{PREFIX}{blueprint.title}.json"


def files(object_info: Mapping[str, Any]) -> Files:
    return {path_of(one): blueprint_text(one, object_info) for one in BLUEPRINTS}
