"""The blueprints in ComfyUI's own frontend: found in the node library, placed, wired and run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway import Gateway
from tests.generate.workflows.blueprints import BLUEPRINTS, PREFIX, Blueprint, blueprint_text, path_of
from tests.host.browser import chromium, find_chromium, frontend
from tests.host.client import Client
from tests.host.server import ComfyServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = {"product": "product", "picture": "product", "scene": "scene"}
"""Example picture for each socket."""

OPEN_LIBRARY = "() => window.app.extensionManager.sidebarTab.toggleSidebarTab('node-library')"
COUNT = "() => window.app.graph.nodes.length"

WIRE = """async (pictures) => {
  const { graph } = window.app, blueprint = graph.nodes[0];
  const add = (type) => { const node = LiteGraph.createNode(type); graph.add(node); return node; };
  for (const [name, picture] of Object.entries(pictures)) {
    const place = blueprint.inputs.findIndex((one) => one.name === name);
    if (place < 0) continue;
    const node = add("Volcv_example_picture");
    node.widgets.find((one) => one.name === "picture").value = picture;
    node.connect(0, blueprint, place);
  }
  blueprint.outputs.forEach((output, place) => {
    if (output.type === "IMAGE") blueprint.connect(place, add("PreviewImage"), 0);
  });
  const found = await window.app.graphToPrompt();
  return {
    prompt: found.output,
    inputs: blueprint.inputs.map((one) => one.name),
    outputs: blueprint.outputs.map((one) => one.name),
    widgets: Object.fromEntries(blueprint.widgets.map((one) => [one.name, one.value])),
  };
}"""


@pytest.fixture(scope="module")
def browser(host: ComfyServer) -> Iterator[Browser]:
    with chromium(find_chromium() or "") as one:
        yield one


@pytest.fixture(scope="module", params=[False, True], ids=["classic", "nodes 2.0"])
def opened(request: pytest.FixtureRequest, browser: Browser, host: ComfyServer) -> Iterator[Page]:
    with frontend(browser, host.url, vue_nodes=request.param) as page:
        page.evaluate(OPEN_LIBRARY)
        yield page


def put(page: Page, blueprint: Blueprint) -> None:
    """Search for a blueprint and put it on an empty canvas."""
    page.evaluate("() => window.app.graph.clear()")
    page.locator("input[placeholder*=Search]").first.fill(blueprint.title)
    page.get_by_text(f"{PREFIX}{blueprint.title}").first.click()
    page.wait_for_timeout(1000)
    if not page.evaluate(COUNT):  # it hangs on the pointer until the next click
        page.mouse.click(900, 450)
    page.wait_for_function(f"() => ({COUNT})() === 1")


@pytest.mark.parametrize("blueprint", BLUEPRINTS, ids=lambda one: one.title)
def test_placed_and_run(
    blueprint: Blueprint, opened: Page, client: Client, gateway: Gateway, nothing_stored: None
) -> None:
    """Its values are those of the file, every connected output brings a picture, each model is called once."""
    put(opened, blueprint)
    found = opened.evaluate(WIRE, PICTURES)
    assert found["inputs"] == [*blueprint.sockets, *blueprint.widgets]
    assert found["outputs"] == list(blueprint.outputs)
    for name, (key, input_) in blueprint.widgets.items():
        assert found["widgets"][name] == blueprint.graph[key]["inputs"][input_]
    inside = {one["class_type"]: one["inputs"] for one in found["prompt"].values()}
    for one in blueprint.graph.values():
        for name, value in one["inputs"].items():
            assert isinstance(value, list) or inside[one["class_type"]][name] == value, name
    done = client.run(found["prompt"])
    assert done.end == "execution_success", done.error.get("exception_message")
    shown = [key for key, one in found["prompt"].items() if one["class_type"] == "PreviewImage"]
    assert shown and all(client.pictures(done, key) for key in shown)
    models = {one["class_type"] for one in blueprint.graph.values() if one["class_type"].startswith("Volcv_")}
    assert gateway.charged == len(models)


@pytest.mark.parametrize("blueprint", BLUEPRINTS, ids=lambda one: one.title)
def test_files_are_current(blueprint: Blueprint, object_info: dict[str, Any]) -> None:
    assert path_of(blueprint).read_text(encoding="utf-8") == blueprint_text(blueprint, object_info)


def test_the_host_offers_them(client: Client) -> None:
    names = {one["name"] for one in client.get("/global_subgraphs").values()}
    assert {path_of(one).stem for one in BLUEPRINTS} <= names
