"""The example workflows in ComfyUI's own frontend, on the classic canvas and with Nodes 2.0."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway import Gateway
from tests.generate.workflows import EXAMPLES, example
from tests.generate.workflows.convert import complete
from tests.host.browser import boxes, chromium, find_chromium, frontend, load, press_run, settings
from tests.host.client import Client
from tests.host.panel import Panel
from tests.host.server import ComfyServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WAYS = {"classic": (False, "en"), "nodes 2.0": (True, "en"), "nodes 2.0 in Chinese": (True, "zh")}
TITLES = [one.title for one in EXAMPLES]


@dataclass
class Opened:
    """A page with the frontend, and what it complained about."""

    page: Page
    locale: str
    problems: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser(host: ComfyServer) -> Iterator[Browser]:
    # Ends with this module: while it is open, no other test of the process could run an event loop.
    with chromium(find_chromium() or "") as one:
        yield one


@pytest.fixture(scope="module", params=WAYS)
def opened(request: pytest.FixtureRequest, browser: Browser, host: ComfyServer) -> Iterator[Opened]:
    vue_nodes, locale = WAYS[request.param]
    with frontend(browser, host.url, vue_nodes=vue_nodes, more={"Comfy.Locale": locale}) as page:
        one = Opened(page, locale)
        page.on("pageerror", lambda error: one.problems.append(str(error)))
        page.on("console", lambda message: one.problems.append(message.text) if complains(message) else None)
        yield one
    # The page told the pack its language; the other tests of this ComfyUI read English.
    settings(host.url, {"Comfy.Locale": "en"})
    Panel(host.url).send("POST", "/locale", {"locale": "en"}).raise_for_status()


OFFLINE = ("ERR_NAME_NOT_RESOLVED", "Failed to load resource", "Content Security Policy")
"""The page's own attempts to reach the internet, for example for the models of its default workflow."""


def complains(message: Any) -> bool:
    """Errors, and warnings about the workflow or the pack."""
    text = message.text
    if message.type == "error":
        return not any(mark in text for mark in OFFLINE)
    return message.type == "warning" and ("workflow" in text.lower() or "volcv" in text.lower())


def apart(first: list[float], second: list[float]) -> bool:
    return (
        first[0] + first[2] <= second[0]
        or second[0] + second[2] <= first[0]
        or first[1] + first[3] <= second[1]
        or second[1] + second[3] <= first[1]
    )


@pytest.mark.parametrize("title", TITLES)
def test_opens_as_written(
    title: str, opened: Opened, workflow: Callable[[str], dict[str, Any]], object_info: dict[str, Any]
) -> None:
    """No missing node, no error, and what the browser would queue is the API graph: no widget has shifted."""
    opened.problems.clear()
    found = load(opened.page, workflow(title))
    assert (found["missing"], found["errors"]) == ([], [])
    wanted = complete(example(title).graph, object_info)
    assert {key: (one["class_type"], one["inputs"]) for key, one in found["prompt"].items()} == {
        key: (one["class_type"], one["inputs"]) for key, one in wanted.items()
    }
    assert opened.problems == []


def check_layout(page: Page, title: str) -> None:
    """Nodes as large as the frontend makes them do not overlap."""
    for (first, one), (second, other) in combinations(boxes(page)["nodes"].items(), 2):
        assert apart(one, other), f"{title}: nodes {first} and {second} overlap"


@pytest.mark.parametrize("title", TITLES)
def test_runs_from_the_browser(
    title: str,
    opened: Opened,
    client: Client,
    gateway: Gateway,
    workflow: Callable[[str], dict[str, Any]],
    seed: int,
) -> None:
    """Press Run: every picture appears on the node that saves it, and the nodes still have room."""
    load(opened.page, with_seed(workflow(title), seed))
    check_layout(opened.page, title)
    if opened.locale != "en":  # the run itself is the same
        return
    graph, before = example(title).graph, client.get("/history")
    press_run(opened.page, [key for key, node in graph.items() if node["class_type"] in ("SaveImage", "PreviewImage")])
    await_end(client, before)
    check_layout(opened.page, title)
    assert all(taken.status == 200 for taken in gateway.requests)
    sent = [taken.body or {} for taken in gateway.requests]
    assert all(body["seed"] in range(seed, seed + 4) for body in sent if "seed" in body)


MARKED = """() => (window.app.rootGraph ?? window.app.graph).nodes.filter((node) => node.has_errors)
  .map((node) => [node.type, node.inputs.filter((one) => one.hasErrors).map((one) => one.name)])"""

CLEAR = """([type, name]) => {
  const node = (window.app.rootGraph ?? window.app.graph).nodes.find((one) => one.type === type);
  const place = node.inputs.findIndex((one) => one.name === name);
  if (node.inputs[place].link != null) node.disconnectInput(place);
  node.widgets.find((one) => one.name === name).value = "";
}"""


@pytest.mark.parametrize(
    ("title", "node_type", "name", "paid"),
    [
        ("Text to image - One sentence", "Volcv_high_aes_general_v14", "prompt", 0),
        ("Text to image - Compare models", "Volcv_t2i_xl_sft", "prompt", 2),
    ],
)
def test_an_empty_prompt_is_marked(
    title: str,
    node_type: str,
    name: str,
    paid: int,
    opened: Opened,
    client: Client,
    gateway: Gateway,
    workflow: Callable[[str], dict[str, Any]],
    seed: int,
) -> None:
    """Run marks the node at that input; another branch of the workflow runs all the same."""
    before = client.get("/history")
    load(opened.page, with_seed(workflow(title), seed))
    opened.page.evaluate(CLEAR, [node_type, name])
    opened.page.get_by_test_id("queue-button").click()
    opened.page.wait_for_function(f"() => ({MARKED})().length > 0", timeout=30_000)
    if paid:
        await_end(client, before)
    assert opened.page.evaluate(MARKED) == [[node_type, [name]]]
    assert gateway.charged == paid


def await_end(client: Client, before: dict[str, Any]) -> None:
    """Wait until a prompt has ended that is not in the history before; a video does not show in this browser."""
    for _ in range(600):
        if client.get("/history").keys() - before.keys():
            return
        time.sleep(0.1)
    raise AssertionError("the run did not end")


def with_seed(workflow: dict[str, Any], seed: int) -> dict[str, Any]:
    """The workflow with this seed in every node that has one."""
    for node in workflow["nodes"]:
        named = node.get("widgets_values_named", {})
        if "seed" in named:
            node["widgets_values"] = [seed if value == named["seed"] else value for value in node["widgets_values"]]
            named["seed"] = seed
    return workflow
