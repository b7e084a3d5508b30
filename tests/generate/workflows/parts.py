"""What an example is made of.

A graph names only the inputs that matter; :func:`tests.generate.workflows.convert.complete` fills in the rest. Every
picture comes from the pack's own Example picture node, so that each graph runs on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Graph: TypeAlias = "dict[str, dict[str, Any]]"
"""ComfyUI's API format: node id -> class_type, inputs (values, or [node id, output]) and _meta.title."""

SAVING = ("SaveImage", "SaveVideo")
SHOWING = (*SAVING, "PreviewImage")
"""Core's nodes whose output is a file that the page shows."""


@dataclass(frozen=True)
class Example:
    """One workflow file. Titles are ``task - what it shows``; the files sort by their place in the list of examples.

    ``results``: the nodes whose pictures become the thumbnail. ``columns``: node ids from left to right and from top
    to bottom, where they do not follow from the links. ``sizes``: (width, height) of nodes whose usual size does not
    fit. ``collapsed``: nodes that show their title only. ``after``: title of the example whose stored results it
    needs. ``made_from``: id of the model node whose declared example it is.
    """

    title: str
    graph: Graph
    results: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...] = ()
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    collapsed: tuple[str, ...] = ()
    after: str = ""
    made_from: str = ""


def with_frames(example: Example) -> tuple[Graph, tuple[str, ...]]:
    """The graph and its results, with previews of all frames in the place of videos."""
    graph, results = dict(example.graph), []
    for key in example.results:
        if graph[key]["class_type"] == "SaveVideo":
            graph[f"{key}001"] = node("GetVideoComponents", "Frames", video=graph[key]["inputs"]["video"])
            graph[f"{key}002"] = node("PreviewImage", "Frames", images=[f"{key}001", 0])
            key += "002"
        results.append(key)
    return graph, tuple(results)


def node(class_type: str, title: str = "", /, **inputs: Any) -> dict[str, Any]:
    """Without a title the page shows the node's own name, in the user's language."""
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title}}


def child(prefix: str, /, **values: Any) -> dict[str, Any]:
    """The inputs that a dynamic combo shows, as the wire names them: ``composition.canvas_width``."""
    return {f"{prefix}.{name}": value for name, value in values.items()}


def picture(name: str, title: str = "") -> dict[str, Any]:
    """The pack's own picture of that name."""
    return node("Volcv_example_picture", title, picture=name)


def save(source: str, prefix: str, title: str = "") -> dict[str, Any]:
    return node("SaveImage", title, images=[source, 0], filename_prefix=f"volcv/{prefix}")


def save_video(source: str, prefix: str) -> dict[str, Any]:
    """H.264, as the service and the sandbox send it: the file stays as it is."""
    codec = child("format", codec="h264")
    return node("SaveVideo", "", video=[source, 0], filename_prefix=f"volcv/{prefix}", format="mp4", **codec)
