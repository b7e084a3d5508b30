"""ComfyUI's own frontend in a headless Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
SIZE: ViewportSize = {"width": 1600, "height": 900}
QUIET = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Workflow.ShowMissingModelsWarning": False,
    "Comfy.Workflow.ShowMissingNodesWarning": True,
    "Comfy.Notification.ShowVersionUpdates": False,
    "Comfy.Validation.Workflows": True,
    "Comfy.Graph.CanvasInfo": False,
    "Comfy.Minimap.Visible": False,
    "Comfy.EnableTooltips": False,
}
"""Settings that keep tours, update notes and overlays away."""

LOAD = """async ([workflow, title]) => {
  await window.app.loadGraphData(workflow, true, true, title);
  const graph = window.app.rootGraph ?? window.app.graph;
  return {
    errors: graph.nodes.filter((node) => node.has_errors).map((node) => node.type),
    missing: graph.nodes.filter((node) => !(node.type in LiteGraph.registered_node_types)).map((node) => node.type),
    prompt: (await window.app.graphToPrompt()).output,
  };
}"""

BOXES = """() => {
  const graph = window.app.rootGraph ?? window.app.graph;
  const box = (item) => Array.from(item.boundingRect ?? item._bounding);
  return {
    nodes: Object.fromEntries(graph.nodes.map((node) => [node.id, box(node)])),
    groups: Object.fromEntries(graph.groups.map((group) => [group.title, box(group)])),
  };
}"""

SHOWN = """(id) => {
  const node = (window.app.rootGraph ?? window.app.graph).getNodeById(Number(id));
  const drawn = Array.from(node?.imgs ?? []);
  const placed = Array.from(document.querySelectorAll(`[data-node-id="${id}"] img`));
  return [...drawn, ...placed].filter((one) => one.complete && one.naturalWidth > 0)
    .map((one) => [one.naturalWidth, one.naturalHeight]);
}"""

FRAME = """(box) => {
  const [x, y, width, height] = box;
  const { ds, canvas } = window.app.canvas;
  const corner = canvas.getBoundingClientRect();
  const [left, top, right, bottom] = [78, 96, window.innerWidth - 14, window.innerHeight - 14];
  ds.scale = Math.min((right - left) / width, (bottom - top) / height);
  const spareX = (right - left) / ds.scale - width, spareY = (bottom - top) / ds.scale - height;
  ds.offset[0] = (left - corner.left) / ds.scale - x + spareX / 2;
  ds.offset[1] = (top - corner.top) / ds.scale - y + spareY / 2;
  window.app.canvas.setDirty(true, true);
}"""
"""Keeps clear of the tabs, the Run bar and the buttons at the left."""


def find_chromium() -> str | None:
    """Path of a Chromium: ``CHROMIUM``, else what is installed; None if there is none."""
    named = os.environ.get("CHROMIUM")
    candidates = [named, "chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium"]
    return next((found for one in candidates if one and (found := shutil.which(one))), None)


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """A headless browser with a new, empty profile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def settings(url: str, values: Mapping[str, Any]) -> None:
    """Change the settings of the ComfyUI at ``url`` as its settings dialog does."""
    with requests.Session() as session:
        session.trust_env = False
        session.post(f"{url}/api/settings", json=dict(values), timeout=30).raise_for_status()


@contextmanager
def frontend(
    browser: Browser,
    url: str,
    *,
    vue_nodes: bool,
    scale: float = 1.0,
    more: Mapping[str, Any] | None = None,
    size: ViewportSize = SIZE,
) -> Iterator[Page]:
    """A page with the frontend loaded.

    ``vue_nodes``: Nodes 2.0 instead of the classic canvas. ``scale``: device pixels per pixel. ``more``: settings.
    ``size``: of the page in pixels.
    """
    settings(url, {**QUIET, "Comfy.VueNodes.Enabled": vue_nodes, **(more or {})})
    context = browser.new_context(viewport=size, device_scale_factor=scale)
    try:
        page = context.new_page()
        page.goto(url)
        page.wait_for_function("() => window.app?.vueAppReady && window.app.graph", timeout=60_000)
        page.wait_for_function("() => 'Volcv_example_picture' in LiteGraph.registered_node_types", timeout=60_000)
        # The first workflow is loaded after that, and would replace whatever a test adds.
        page.wait_for_function("() => window.app.extensionManager.workflow?.activeWorkflow", timeout=60_000)
        yield page
    finally:
        context.close()


def load(page: Page, workflow: Mapping[str, Any], title: str = "Example") -> dict[str, Any]:
    """Open a workflow; what the frontend made of it: errors, missing nodes, the prompt."""
    found: dict[str, Any] = page.evaluate(LOAD, [workflow, title])
    return found


def boxes(page: Page) -> dict[str, dict[str, list[float]]]:
    """Where the ``nodes`` (by id) and ``groups`` (by title) are, as x, y, width, height, once nothing moves."""
    found: dict[str, dict[str, list[float]]] = page.evaluate(BOXES)
    for _ in range(40):
        page.wait_for_timeout(100)
        before, found = found, page.evaluate(BOXES)
        if found == before:
            break
    return found


def press_run(page: Page, nodes: Iterable[str], seconds: float = 60.0) -> None:
    """Press Run and wait until each of the nodes shows a picture."""
    page.get_by_test_id("queue-button").click()
    wanted = f"(ids) => ids.every((id) => ({SHOWN})(id).length > 0)"
    page.wait_for_function(wanted, arg=list(nodes), timeout=seconds * 1000)


def frame(page: Page, box: list[float]) -> None:
    """Move and zoom the canvas so that the box (canvas units) fills it."""
    page.evaluate(FRAME, box)
    page.wait_for_timeout(700)


def shoot(page: Page, folder: Path, name: str) -> Path:
    """A screenshot ``name.png`` in that folder."""
    path = folder / f"{name}.png"
    page.screenshot(path=str(path))
    return path
