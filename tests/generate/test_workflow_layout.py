"""How the example workflows open: measured in the committed files, as the frontends draw them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import pytest

from tests.generate.snapshot import load
from tests.generate.workflows import EXAMPLES
from tests.generate.workflows.files import path_of
from tests.generate.workflows.layout import MOST, TITLE
from volcv_client.catalog import all_models

CJK = re.compile("[\u4e00-\u9fff]")
SOCKET_ROW, WIDGET_ROW, LEAST_TEXT = 20, 24, 56
FOUR_LINES = 60
"""Height of a text area with four lines of the frontend's 10 px letters, margins included."""
TEXT_GREYS = ((160, 160, 160), (221, 221, 221), (255, 255, 255))
"""How the frontends write notes: Nodes 2.0, classic, and both in older versions."""
CONTRAST = 4.5
MULTILINE = {"PrimitiveStringMultiline": ("value",), "Volcv_any": ("body",)} | {
    model.node_id: tuple(one.name for one in model.all_inputs() if getattr(one, "multiline", False))
    for model in all_models()
    if not model.any_req_key
}


class Rect(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


class Link(NamedTuple):
    source: int
    target: int
    start: tuple[float, float]
    end: tuple[float, float]


Workflow = dict[str, Any]


def opened(title: str) -> Workflow:
    (example,) = (one for one in EXAMPLES if one.title == title)
    found: Workflow = json.loads(path_of(example).read_text(encoding="utf-8"))
    return found


each = pytest.mark.parametrize("title", [one.title for one in EXAMPLES])


def rect(node: Workflow) -> Rect:
    """A node with its title bar; a collapsed one is its title bar only."""
    (x, y), (width, height) = node["pos"], node["size"]
    if node["flags"].get("collapsed"):
        return Rect(x, y - TITLE, x + 20 + title_width(node["title"]), y)
    return Rect(x, y - TITLE, x + width, y + height)


def title_width(title: str) -> float:
    """The frontends widen a node whose title does not fit."""
    return 40 + sum(14 if CJK.match(one) else 8 for one in title)


def apart(one: Rect, other: Rect) -> bool:
    return one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top


def slot(node: Workflow, place: int, output: bool) -> tuple[float, float]:
    """Where a link ends: at a socket's row, or at the widget that it feeds."""
    x = node["pos"][0] + (rect(node).right - rect(node).left if output else 0)
    if node["flags"].get("collapsed"):
        return x, node["pos"][1] - TITLE / 2
    y: float = node["pos"][1]
    sockets = [one for one in node["inputs"] if "widget" not in one]
    if output or place < len(sockets):
        return x, y + (place + 0.7) * SOCKET_ROW
    rows = max(len(sockets), len(node["outputs"])) * SOCKET_ROW + 6
    return x, y + rows + sum(widget_heights(node)[: place - len(sockets)]) + WIDGET_ROW / 2


def widget_heights(node: Workflow) -> list[float]:
    """Heights of the widgets; the text areas share what is left. The seed's control is no input and has a row too."""
    widgets = [one["name"] for one in node["inputs"] if "widget" in one]
    texts = [name for name in widgets if name in MULTILINE.get(node["type"], ())]
    return [text_height(node) if name in texts else WIDGET_ROW * (1 + (name == "seed")) for name in widgets]


def text_height(node: Workflow) -> float:
    widgets = [one["name"] for one in node["inputs"] if "widget" in one]
    sockets = len(node["inputs"]) - len(widgets)
    texts = [name for name in widgets if name in MULTILINE.get(node["type"], ())]
    rows = len(widgets) - len(texts) + widgets.count("seed")
    used = max(sockets, len(node["outputs"]), 1) * SOCKET_ROW + 6 + rows * WIDGET_ROW
    return float((node["size"][1] - used) / max(1, len(texts)))


def links(workflow: Workflow) -> Iterator[Link]:
    nodes = {node["id"]: node for node in workflow["nodes"]}
    for _, source, output, target, place, _ in workflow["links"]:
        yield Link(source, target, slot(nodes[source], output, True), slot(nodes[target], place, False))


def spline(link: Link, steps: int = 80) -> Iterator[tuple[float, float]]:
    """Points of the curve that the frontends draw; its handles are a quarter of the distance long."""
    (x0, y0), (x3, y3) = link.start, link.end
    reach = math.dist(link.start, link.end) / 4
    for step in range(steps + 1):
        t = step / steps
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
        yield a * x0 + b * (x0 + reach) + c * (x3 - reach) + d * x3, a * y0 + b * y0 + c * y3 + d * y3


def straight(link: Link, steps: int = 80) -> Iterator[tuple[float, float]]:
    (x0, y0), (x3, y3) = link.start, link.end
    for step in range(steps + 1):
        yield x0 + (x3 - x0) * step / steps, y0 + (y3 - y0) * step / steps


def inside(point: tuple[float, float], area: Rect) -> bool:
    return area.left < point[0] < area.right and area.top < point[1] < area.bottom


@each
def test_fits_a_page(title: str) -> None:
    workflow = opened(title)
    areas = list(map(rect, workflow["nodes"]))
    width = max(one.right for one in areas) - min(one.left for one in areas)
    height = max(one.bottom for one in areas) - min(one.top for one in areas)
    assert width <= MOST[0] and height <= MOST[1], (width, height)


@each
def test_nothing_overlaps(title: str) -> None:
    workflow = opened(title)
    for one, other in combinations(workflow["nodes"], 2):
        assert apart(rect(one), rect(other)), (one["type"], other["type"])


@each
def test_no_link_behind_a_node(title: str) -> None:
    """Neither as a spline nor as a straight line."""
    workflow = opened(title)
    for link in links(workflow):
        assert link.start[0] < link.end[0], "a link that runs back hides behind its own nodes"
        for node in workflow["nodes"]:
            # A curve may swing a little over its own ends.
            others = node["id"] not in (link.source, link.target)
            for path in (spline, straight):
                hidden = others and any(inside(point, rect(node)) for point in path(link))
                assert not hidden, f"{link.source} -> {link.target} behind {node['type']} ({path.__name__})"


@each
def test_prompts_have_four_lines(title: str) -> None:
    workflow = opened(title)
    advanced = {
        (name, one["id"]) for name, node in load().items() for one in node["inputs"] if one.get("advanced") is True
    }
    for node in workflow["nodes"]:
        prompts = [
            one["name"]
            for one in node["inputs"]
            if "widget" in one
            and one["name"] in MULTILINE.get(node["type"], ())
            and one["link"] is None
            and (node["type"], one["name"]) not in advanced
        ]
        if prompts and not node["flags"].get("collapsed"):
            assert text_height(node) >= FOUR_LINES, (node["type"], text_height(node))
        if node["type"].startswith("Volcv_") and not node["flags"].get("collapsed"):
            texts = {one["name"] for one in node["inputs"]} & {*MULTILINE.get(node["type"], ())}
            assert text_height(node) >= (LEAST_TEXT - 4 if texts else 0)


def luminance(color: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [part / 255 for part in color]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def parsed(color: str) -> tuple[int, int, int]:
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


@each
def test_notes_are_readable(title: str) -> None:
    (note,) = (node for node in opened(title)["nodes"] if node["type"] == "MarkdownNote")
    for grey in TEXT_GREYS:
        assert contrast(grey, parsed(note["bgcolor"])) >= CONTRAST


@each
def test_titles_are_in_both_languages(title: str) -> None:
    """Or there is none: then the page shows the node's name in the user's language."""
    workflow = opened(title)
    assert workflow["groups"] == []
    for text in [node["title"] for node in workflow["nodes"] if "title" in node]:
        english, _, chinese = text.partition(" / ")
        assert english.isascii() and CJK.search(chinese), text
    for node in workflow["nodes"]:
        assert title_width(node.get("title", "")) <= node["size"][0], node["title"]


def test_the_simplest_is_the_first() -> None:
    names = [path_of(one).name for one in EXAMPLES]
    assert names == sorted(names)
    sizes = [len(one.graph) for one in EXAMPLES]
    assert sizes[0] == min(sizes)
    assert names[0].startswith("01 ") and not re.search("^0[1-9] ", names[9])
