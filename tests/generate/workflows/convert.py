"""API graph and ``/object_info`` in, UI workflow (format 0.4) out.

``object_info`` is what a running ComfyUI says about its nodes: it decides which inputs are widgets, in which
order they stand and which hidden companions they have.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.generate.workflows.layout import Box, Placed, place
from tests.generate.workflows.parts import Example, Graph

CORE_VERSION = "0.33.0"
"""The ComfyUI whose core nodes the files were made with."""

DYNAMIC = "COMFY_DYNAMICCOMBO_V3"
WIDGETS = {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", DYNAMIC}
NOTE_COLORS = {"color": "#222", "bgcolor": "#222"}
"""The frontends write notes in light grey (#a0a0a0 at the darkest), which needs a dark ground."""


@dataclass(frozen=True)
class Slot:
    """One input of a node: a socket, or a widget with its value; with a link, that widget shows its default."""

    name: str
    kind: str
    options: Mapping[str, Any]
    optional: bool
    widget: bool
    link: tuple[str, int] | None = None
    value: Any = None

    @property
    def multiline(self) -> bool:
        return bool(self.options.get("multiline"))

    @property
    def advanced(self) -> bool:
        return bool(self.options.get("advanced"))

    @property
    def control(self) -> str | None:
        """Name of the control-after-generate widget that follows this one, None if there is none."""
        given = self.options.get("control_after_generate")
        if not given and (self.kind != "INT" or self.name not in ("seed", "noise_seed")):
            return None
        return given if isinstance(given, str) else "control_after_generate"


def slots_of(node: Mapping[str, Any], info: Mapping[str, Any]) -> list[Slot]:
    """The inputs of a node in ComfyUI's order, values filled in from the graph or the defaults.

    Raises ValueError for an input of the graph that the node does not have or needs and lacks.
    """
    inputs = node["inputs"]
    found = list(read_inputs(info, inputs))
    unknown = set(inputs) - {slot.name for slot in found}
    if unknown:
        raise ValueError(f"{node['class_type']} has no input {', '.join(sorted(unknown))}")
    missing = [slot.name for slot in found if not slot.widget and not slot.optional and slot.link is None]
    if missing:
        raise ValueError(f"{node['class_type']} needs {', '.join(missing)}")
    return found


def read_inputs(info: Mapping[str, Any], given: Mapping[str, Any], prefix: str = "") -> Iterator[Slot]:
    order = info.get("input_order") or {group: list(info["input"].get(group, {})) for group in ("required", "optional")}
    for group in ("required", "optional"):
        for short in order.get(group, ()):
            spec = info["input"][group][short]
            options: Mapping[str, Any] = spec[1] if len(spec) > 1 else {}
            kind = "COMBO" if isinstance(spec[0], list) else spec[0]
            name = prefix + short
            value = given.get(name)
            link = (str(value[0]), int(value[1])) if isinstance(value, list) else None
            widget = kind in WIDGETS and not options.get("forceInput")
            if widget and (link or value is None):
                value = default_of(spec, options, kind)
            yield Slot(name, kind, options, group == "optional", widget, link, value if widget else None)
            if kind == DYNAMIC:
                chosen = {one["key"]: one for one in options["options"]}[value]
                yield from read_inputs({"input": chosen["inputs"]}, given, f"{name}.")


def default_of(spec: list[Any], options: Mapping[str, Any], kind: str) -> Any:
    if "default" in options:
        return options["default"]
    if kind == DYNAMIC:
        return options["options"][0]["key"]
    if kind == "COMBO":
        return (spec[0] if isinstance(spec[0], list) else options["options"])[0]
    return {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False}[kind]


def complete(graph: Graph, object_info: Mapping[str, Any]) -> Graph:
    """The graph with every widget's value, as the browser sends it."""
    full: Graph = {}
    for key, node in graph.items():
        slots = slots_of(node, object_info[node["class_type"]])
        inputs = {slot.name: list(slot.link) if slot.link else slot.value for slot in slots if slot.link or slot.widget}
        full[key] = {**node, "inputs": inputs}
    return full


@dataclass
class Builder:
    """The parts of one workflow as they grow."""

    example: Example
    object_info: Mapping[str, Any]
    version: str
    titles: Mapping[str, str]
    slots: dict[str, list[Slot]] = field(default_factory=dict)
    links: list[list[Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.slots = {
            key: slots_of(node, self.object_info[node["class_type"]]) for key, node in self.example.graph.items()
        }
        for target in self.example.graph:
            for position, slot in enumerate(self.ordered(target)):
                if slot.link:
                    source, output = slot.link
                    inside = source in self.example.graph  # else it is an input of a subgraph
                    kind = self.info(source)["output"][output] if inside else slot.kind
                    self.links.append([len(self.links) + 1, int(source), output, int(target), position, kind])

    def info(self, key: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.object_info[self.example.graph[key]["class_type"]]
        return found

    def ordered(self, key: str) -> list[Slot]:
        """Sockets first, then widgets: the order of a UI node's ``inputs``."""
        return sorted(self.slots[key], key=lambda slot: slot.widget)

    def boxes(self) -> dict[str, Box]:
        """What the layout needs to know about each node."""
        return {key: self.box(key) for key in self.example.graph}

    def box(self, key: str) -> Box:
        linked = [slot.link[0] for slot in self.slots[key] if slot.link]
        graph, widgets = self.example.graph, [slot for slot in self.slots[key] if slot.widget]
        lines = [slot for slot in widgets if not slot.multiline]
        areas = [slot for slot in widgets if slot.multiline]
        return Box(
            class_type=graph[key]["class_type"],
            sources=tuple(dict.fromkeys(source for source in linked if source in graph)),
            sockets=len(self.slots[key]) - len(widgets),
            outputs=len(self.info(key)["output"]),
            rows=len(lines) + sum(bool(slot.control) for slot in lines),
            texts=sum(not slot.advanced for slot in areas),
            small_texts=sum(slot.advanced for slot in areas),
            pictures="IMAGE" in self.info(key)["output"],
            collapsed=key in self.example.collapsed,
        )

    def node(self, key: str, placed: Placed, order: int) -> dict[str, Any]:
        """One node as the UI stores it."""
        source = self.example.graph[key]
        values, named = widget_values(self.slots[key])
        pack = self.info(key)["python_module"].startswith("custom_nodes.")
        title = source["_meta"]["title"]
        return {
            "id": int(key),
            "type": source["class_type"],
            "pos": [placed.x, placed.y],
            "size": [placed.width, placed.height],
            "flags": {"collapsed": True} if key in self.example.collapsed else {},
            "order": order,
            "mode": 0,
            "inputs": self.inputs(key),
            "outputs": self.outputs(key),
            **({"title": both(title, self.titles)} if title else {}),
            "properties": {
                "cnr_id": "volcv" if pack else "comfy-core",
                "ver": self.version if pack else CORE_VERSION,
                "Node name for S&R": source["class_type"],
            },
            "widgets_values": values,
            "widgets_values_named": named,
        }

    def inputs(self, key: str) -> list[dict[str, Any]]:
        links = {link[4]: link[0] for link in self.links if link[3] == int(key)}
        entries: list[dict[str, Any]] = []
        for position, slot in enumerate(self.ordered(key)):
            entry: dict[str, Any] = {"name": slot.name, "type": slot.kind, "link": links.get(position)}
            if slot.optional and not slot.widget:
                entry["shape"] = 7
            if slot.widget:
                entry["widget"] = {"name": slot.name}
            entries.append(entry)
        return entries

    def outputs(self, key: str) -> list[dict[str, Any]]:
        info = self.info(key)
        return [
            {
                "name": name,
                "type": kind,
                "links": [link[0] for link in self.links if link[1] == int(key) and link[2] == position] or None,
            }
            for position, (kind, name) in enumerate(zip(info["output"], info["output_name"], strict=True))
        ]


def both(title: str, titles: Mapping[str, str]) -> str:
    """A title in both languages. KeyError without a translation."""
    return f"{title} / {titles[title]}"


def widget_values(slots: list[Slot]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named values of a node's widgets, with the companions that the frontend adds."""
    values: list[Any] = []
    named: dict[str, Any] = {}
    for slot in slots:
        if slot.widget:
            values.append(slot.value)
            named[slot.name] = slot.value
            if slot.control:
                values.append("fixed")
                named[slot.control] = "fixed"
    return values, named


def note_node(number: int, title: str, text: str, placed: Placed) -> dict[str, Any]:
    return {
        "id": number,
        "type": "MarkdownNote",
        "pos": [placed.x, placed.y],
        "size": [placed.width, placed.height],
        "flags": {},
        "order": 0,
        "mode": 0,
        "inputs": [],
        "outputs": [],
        "title": title,
        "properties": {},
        "widgets_values": [text],
        **NOTE_COLORS,
    }


def to_workflow(
    example: Example,
    object_info: Mapping[str, Any],
    about: Mapping[str, str],
    setup: Mapping[str, str],
    titles: Mapping[str, str],
    version: str,
) -> dict[str, Any]:
    """The UI workflow of an example. ``about`` and ``setup``: the note by language; ``titles``: English -> Chinese
    titles of nodes; ``version`` is the pack's."""
    parts = Builder(example, object_info, version, titles)
    text = "\n\n".join([about["en"], setup["en"], "---", about["zh"], setup["zh"]])
    layout = place(parts.boxes(), example.columns, example.sizes, text)
    number = max(map(int, example.graph)) + 1
    nodes = [note_node(number, both("About this workflow", titles), text, layout.note)]
    nodes += [parts.node(key, layout.nodes[key], order) for order, key in enumerate(layout.order, 1)]
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"volcv/{example.title}")),
        "revision": 0,
        "last_node_id": number,
        "last_link_id": len(parts.links),
        "nodes": nodes,
        "links": parts.links,
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }
