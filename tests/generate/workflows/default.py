"""The workflow of one model, made from the example in its declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.generate.workflows.parts import Example, Graph, node, picture, save, save_video
from volcv_client.catalog.examples import example_of, picture_path
from volcv_client.catalog.spec import Box, Branch, MaskPicture, Model
from volcv_client.images.image import FileImage


def graph_name(model: Model, name: str) -> str:
    """An input as graphs name it: those inside a branch after the branch, ``composition.canvas_width``."""
    for outer in model.inputs:
        if isinstance(outer, Branch) and any(one.name == name for arm in outer.options.values() for one in arm.inputs):
            return f"{outer.name}.{name}"
    return name


def mask_nodes(size: tuple[int, int], box: Box, first: int) -> Iterator[dict[str, Any]]:
    """Core's nodes for a mask of that size (width, height), white in the box; the last one makes it.

    ``first``: number of the first of them in the graph.
    """
    width, height = size
    left, right = (round(part * width) for part in (box[0], box[2]))
    top, bottom = (round(part * height) for part in (box[1], box[3]))
    yield node("SolidMask", "Black", value=0.0, width=width, height=height)
    yield node("SolidMask", "White box", value=1.0, width=right - left, height=bottom - top)
    sources = {"destination": [str(first), 0], "source": [str(first + 1), 0]}
    yield node("MaskComposite", "Box in place", **sources, x=left, y=top, operation="add")


def of_model(
    model: Model,
    title: str = "",
    *,
    titles: Mapping[str, str] | None = None,
    sizes: Mapping[str, tuple[int, int]] | None = None,
) -> Example:
    """The example's pictures and masks, the model, and what saves its result.

    ``titles``: of nodes by number, instead of those made from the declaration; ``sizes`` as in :class:`Example`.
    """
    example = example_of(model)
    nodes = [picture(shown) for shown in example.pictures.values()]
    links: dict[str, Any] = {name: [str(place), 0] for place, name in enumerate(example.pictures, 1)}
    bases = {one.name: one.fit_to for one in model.pictures() if isinstance(one, MaskPicture)}
    for name, box in example.masks.items():
        size = FileImage(picture_path(example.pictures[bases[name]])).size
        nodes += mask_nodes(size, box, len(nodes) + 1)
        links[name] = [str(len(nodes)), 0]
    values = {graph_name(model, name): value for name, value in example.values.items()}
    nodes.append(node(model.node_id, "", **links, **values))
    name = (title or model.title).split(" - ")[0].lower()
    made_by = str(len(nodes))
    nodes.append(save_video(made_by, name) if model.video else save(made_by, name))
    graph: Graph = {str(place): one for place, one in enumerate(nodes, 1)}
    for key, text in (titles or {}).items():
        graph[key]["_meta"] = {"title": text}
    return Example(
        title or f"{model.group.split(' & ')[0]} - {model.title}",
        graph,
        (str(len(nodes)),),
        sizes=sizes or {},
        made_from=model.node_id,
    )
