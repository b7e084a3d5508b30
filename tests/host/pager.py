"""Pages through the four pictures on a node with the mouse, as ComfyUI's two renderers offer it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.host.browser import shoot

if TYPE_CHECKING:
    from playwright.sync_api import Page

PLACES = """(node) => {
  const { ds, canvas } = app.canvas, corner = canvas.getBoundingClientRect();
  const preview = node.widgets.find((one) => one.name === "$$canvas-image-preview");
  const page = ([x, y]) => [
    (node.pos[0] + x + ds.offset[0]) * ds.scale + corner.left,
    (node.pos[1] + y + ds.offset[1]) * ds.scale + corner.top,
  ];
  const [x, y, width, height] = node.imageRects[0];
  const right = node.size[0] - 25;
  return {
    first: page([x + width / 2, y + height / 2]),
    next: page([right, preview.y + preview.computedHeight - 40]),
    all: page([right, preview.y + 25]),
  };
}"""
"""Where the classic canvas draws the first picture, the button with the number, and the one that leads back."""


def on_the_canvas(page: Page, node: str, folder: Path) -> list[int | None]:
    """The places of the pictures that each click shows; None for all. ``node``: JavaScript that finds the node."""
    places = page.evaluate(f"() => ({PLACES})({node})")
    seen = list[int | None]()
    for name in ("first", "next", "next", "next", "next", "all"):
        page.mouse.click(*places[name], delay=150)  # the canvas takes a click up when it draws
        page.wait_for_timeout(300)
        seen.append(page.evaluate(f"() => {node}.imageIndex"))
        shoot(page, folder, f"pager-{len(seen)}")
    return seen


def in_nodes_2(page: Page, node: str, folder: Path) -> list[int | None]:
    """The same with Nodes 2.0, which has a dot for each picture."""
    one = page.locator(f'[data-node-id="{page.evaluate(f"() => {node}.id")}"]')
    picture, seen = one.get_by_test_id("main-image"), list[int | None]()
    for number in (1, 2, 3, 4, 1):
        one.get_by_role("button", name=f"View image {number} of 4").click()
        one.locator(f'img[alt="View image {number} of 4"]').wait_for()
        page.wait_for_function("(one) => one.complete && one.naturalWidth > 0", arg=picture.element_handle())
        seen.append(number - 1)
        shoot(page, folder, f"pager-{len(seen)}")
    one.get_by_role("button", name="Grid view").last.click()
    picture.wait_for(state="detached")
    return [*seen, None]
