"""What a node says about itself in the browser: setup, status, pictures, errors, number of calls and price.

In the frontend that this ComfyUI comes with and in the newest one, on the classic canvas and with Nodes 2.0.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway import Fault, Gateway
from tests.host import pager
from tests.host.browser import chromium, find_chromium, frontend, shoot
from tests.host.newest import VERSION, newest_frontend
from tests.host.panel import Panel
from tests.host.server import ComfyServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

KEY = "sk-node-canary-51be07"
TITLE = "Text to image - One sentence"
seeds = itertools.count(50_000, 100)


@pytest.fixture(scope="module")
def service() -> Iterator[Gateway]:
    with Gateway(api_keys=(KEY,)) as one:
        yield one


@pytest.fixture(scope="module", params=["bundled", "newest"])
def server(
    request: pytest.FixtureRequest, comfy: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ComfyServer]:
    """A ComfyUI with nothing configured."""
    root = newest_frontend() if request.param == "newest" else None
    if request.param == "newest" and root is None:
        pytest.skip(f"ComfyUI's frontend {VERSION} could not be installed")
    with ComfyServer(comfy, tmp_path_factory.mktemp(f"node-{request.param}"), {}, frontend=root) as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(find_chromium() or "") as one:
        yield one


@pytest.fixture
def panel(server: ComfyServer, service: Gateway) -> Panel:
    """Nothing configured, in English; a service without faults."""
    one = Panel(server.url)
    one.reset()
    service.clear()
    return one


@dataclass
class Mouse:
    """Clicks, counted."""

    page: Page
    clicks: int = 0

    def __call__(self, target: Locator) -> None:
        target.click()
        self.clicks += 1


@contextmanager
def opened(browser: Browser, panel: Panel, vue_nodes: bool, locale: str = "en") -> Iterator[Page]:
    with frontend(browser, panel.url, vue_nodes=vue_nodes, more={"Comfy.Locale": locale}) as page:
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        yield page
        assert failures == []


RENDERERS = pytest.mark.parametrize("vue_nodes", [False, True], ids=["classic", "nodes 2.0"])
CLASSIC = pytest.mark.parametrize("vue_nodes", [False], ids=["classic"])
NODES_2 = pytest.mark.parametrize("vue_nodes", [True], ids=["nodes 2.0"])

FIND = "(app.rootGraph ?? app.graph).nodes.find((one) => one.comfyClass?.startsWith('Volcv_'))"
SET = f"""(values) => {{ const node = {FIND};
  for (const [name, value] of Object.entries(values)) node.widgets.find((one) => one.name === name).value = value }}"""
BADGES = f"() => {FIND}.badges.map((one) => (typeof one === 'function' ? one() : one).text).filter(Boolean)"
SIZE = f"() => [...{FIND}.size].map(Math.round)"
DRAWN = f"""() => {{ const node = {FIND}; const placed = document.querySelectorAll(`[data-node-id="${{node.id}}"] img`);
  return Math.max(node.imgs?.length ?? 0, placed.length) }}"""


def open_template(page: Page, click: Mouse) -> None:
    click(page.locator(".side-bar-button, button").filter(has_text="Templates").first)
    click(page.get_by_role("dialog").get_by_text("Volcengine CV", exact=True).first)
    click(page.locator(f'[data-testid^="template-workflow-"][data-testid$="{TITLE}"]'))
    page.wait_for_function(f"() => {FIND}")


def add(page: Page, node_type: str, **values: Any) -> None:
    """A graph of that node and one that shows its pictures."""
    page.evaluate(
        """([type]) => {
          app.graph.clear();
          const node = LiteGraph.createNode(type), preview = LiteGraph.createNode("PreviewImage");
          node.pos = [200, 150]; preview.pos = [800, 150];
          app.graph.add(node); app.graph.add(preview);
          node.connect(0, preview, 0);
        }""",
        [node_type],
    )
    page.evaluate(SET, values)


def text_to_image(page: Page, count: int = 1) -> None:
    values = {"prompt": "a quiet harbour", "width": 128, "height": 128, "seed": next(seeds), "count": count}
    add(page, "Volcv_high_aes_general_v14", **values)


def run(page: Page) -> None:
    page.get_by_test_id("queue-button").click()


def status(page: Page, text: str) -> str:
    """What the node says, once it has that text."""
    one = page.locator(".volcv-status:visible").filter(has_text=text).first
    one.wait_for(timeout=30_000)
    return one.inner_text()


@RENDERERS
def test_first_picture_within_four_clicks(browser: Browser, panel: Panel, vue_nodes: bool, tmp_path: Path) -> None:
    with opened(browser, panel, vue_nodes) as page:
        click = Mouse(page)
        open_template(page, click)
        offer = page.locator(".volcv-overlay")
        offer.filter(has_text="No Volcengine gateway is set up yet").wait_for()
        shoot(page, tmp_path, "first-run")
        click(offer.get_by_role("button", name="Try in the sandbox"))
        assert "sandbox: not charged" in status(page, "1 picture")
        shoot(page, tmp_path, "first-picture")
        assert click.clicks <= 4


@RENDERERS
def test_a_refused_run_leads_to_the_key_within_six_clicks(
    browser: Browser, panel: Panel, service: Gateway, vue_nodes: bool, tmp_path: Path
) -> None:
    with opened(browser, panel, vue_nodes) as page:
        click = Mouse(page)
        text_to_image(page)
        click(page.get_by_test_id("queue-button"))
        lines = status(page, "Enter a key, or try the sandbox.").splitlines()
        assert len(lines[0]) <= 45
        overlay = page.locator(".volcv-overlay")
        click(overlay.get_by_role("button", name="Enter a key"))
        overlay.get_by_label("Gateway address").wait_for()
        page.keyboard.type(service.url)
        page.keyboard.press("Tab")
        page.keyboard.type("sk-wrong-0000")
        click(overlay.get_by_role("button", name="Save and test"))
        overlay.filter(has_text="did not accept the key").wait_for()
        overlay.get_by_label("API key").fill(KEY)
        click(overlay.get_by_role("button", name="Save and test"))
        overlay.filter(has_text="Nothing was charged").wait_for()
        shoot(page, tmp_path, "key")
        click(overlay.get_by_role("button", name="Run", exact=True))
        assert "1 call charged" in status(page, "1 picture")
        assert KEY not in page.content()
        assert click.clicks <= 6 and service.charged == 1


@RENDERERS
def test_from_opening_to_a_key_and_a_paid_picture_within_six_clicks(
    browser: Browser, panel: Panel, service: Gateway, vue_nodes: bool, tmp_path: Path
) -> None:
    with opened(browser, panel, vue_nodes) as page:
        click = Mouse(page)
        open_template(page, click)
        page.evaluate(SET, {"seed": next(seeds)})
        overlay = page.locator(".volcv-overlay")
        click(overlay.get_by_role("button", name="Enter a key"))
        overlay.get_by_label("Gateway address").wait_for()
        page.keyboard.type(service.url)
        page.keyboard.press("Tab")
        page.keyboard.type(KEY)
        click(overlay.get_by_role("button", name="Save and test"))
        overlay.filter(has_text="Nothing was charged").wait_for()
        click(overlay.get_by_role("button", name="Run", exact=True))
        assert "1 call charged" in status(page, "1 picture")
        page.wait_for_function(f"() => ({DRAWN})() > 0")
        shoot(page, tmp_path, "paid-picture")
        assert click.clicks <= 6 and service.charged == 1


@RENDERERS
def test_a_batch_shows_its_pictures_and_they_stay(
    browser: Browser, panel: Panel, service: Gateway, vue_nodes: bool, tmp_path: Path
) -> None:
    panel.save(base_url=service.url, api_key=KEY)
    service.inject(Fault(stall=3.0, times=None))
    with opened(browser, panel, vue_nodes) as page:
        text_to_image(page, count=4)
        before = page.evaluate(SIZE)
        assert "4 calls" in page.evaluate(BADGES)
        run(page)
        status(page, "s left")
        page.wait_for_function(f"() => {FIND}.progress > 0 && {FIND}.progress < 1")
        assert "4 calls charged" in status(page, "4 pictures")
        page.wait_for_function(f"() => ({DRAWN})() === 4")
        shoot(page, tmp_path, "batch")
        grown = page.evaluate(SIZE)
        page.evaluate("() => app.extensionManager.command.execute('Comfy.NewBlankWorkflow')")
        page.wait_for_function(f"() => !{FIND}")
        page.evaluate("() => app.extensionManager.command.execute('Workspace.PreviousOpenedWorkflow')")
        assert "4 calls charged" in status(page, "4 pictures")
        page.wait_for_function(f"() => ({DRAWN})() === 4")
        assert page.evaluate(SIZE)[1] <= grown[1] + 8, "a switch of tabs does not let the node grow"
        page.reload()
        page.wait_for_function(f"() => window.app?.vueAppReady && app.graph && {FIND}", timeout=60_000)
        assert "4 calls charged" in status(page, "4 pictures")
        service.clear()
        service.inject(Fault(code=50411, times=None))
        page.evaluate(SET, {"seed": next(seeds)})
        run(page)
        status(page, "Use another picture.")
        page.wait_for_function(f"() => ({DRAWN})() === 0 && !app.nodeOutputs[{FIND}.id]?.images")
        assert before[0] == page.evaluate(SIZE)[0]
        shoot(page, tmp_path, "error")


@RENDERERS
def test_the_pictures_of_a_batch_are_paged_through(
    browser: Browser, panel: Panel, service: Gateway, vue_nodes: bool, tmp_path: Path
) -> None:
    panel.save(base_url=service.url, api_key=KEY)
    with opened(browser, panel, vue_nodes) as page:
        text_to_image(page, count=4)
        run(page)
        status(page, "4 pictures")
        page.wait_for_function(f"() => ({DRAWN})() === 4")
        page.wait_for_timeout(500)
        page_through = pager.in_nodes_2 if vue_nodes else pager.on_the_canvas
        assert page_through(page, FIND, tmp_path) == [0, 1, 2, 3, 0, None]
        page.wait_for_function(f"() => ({DRAWN})() === 4")
        page.evaluate(SET, {"count": 2, "seed": next(seeds)})
        run(page)
        status(page, "2 pictures")
        page.wait_for_function(f"() => ({DRAWN})() === 2")


@RENDERERS
def test_a_status_stays_with_its_workflow_and_its_node(browser: Browser, panel: Panel, vue_nodes: bool) -> None:
    """A node of another workflow may have the same id, and undo makes the nodes anew."""
    panel.send("POST", "/profile", {"active": "sandbox"})
    with opened(browser, panel, vue_nodes) as page:
        text_to_image(page)
        run(page)
        status(page, "1 picture")
        saved = page.evaluate("() => app.graph.serialize()")
        page.evaluate("async (saved) => app.loadGraphData(saved, true, true, 'Another')", saved)
        page.wait_for_function("() => app.extensionManager.workflow.activeWorkflow.path.includes('Another')")
        page.wait_for_timeout(500)
        assert page.locator(".volcv-status:visible").count() == 0 and page.evaluate("() => !app.nodeOutputs[1]")
        page.evaluate("() => app.extensionManager.command.execute('Workspace.PreviousOpenedWorkflow')")
        status(page, "1 picture")
        page.evaluate(SET, {"scale": 4.5})
        page.evaluate("() => app.extensionManager.workflow.activeWorkflow.changeTracker.checkState()")
        page.evaluate("() => app.extensionManager.command.execute('Comfy.Undo')")
        page.wait_for_function(f"() => {FIND}?.widgets.find((one) => one.name === 'scale').value !== 4.5")
        status(page, "1 picture")
        page.evaluate(SET, {"count": 3, "seed": next(seeds)})
        run(page)
        status(page, "3 pictures")


@RENDERERS
def test_an_error_says_what_to_do_and_offers_it(
    browser: Browser, panel: Panel, service: Gateway, vue_nodes: bool
) -> None:
    panel.save(base_url=service.url, api_key=KEY)
    service.inject(Fault(code=50501, times=None))
    with opened(browser, panel, vue_nodes) as page:
        text_to_image(page)
        run(page)
        lines = status(page, "Run again later.").split("\n")
        assert lines[0] == "Run again later." and "code 50501" in "\n".join(lines)
        service.clear()
        page.locator(".volcv-overlay").get_by_role("button", name="Retry").click()
        assert "1 call charged" in status(page, "1 picture")
        assert page.locator(".volcv-overlay").count() == 0


@NODES_2
def test_what_the_cache_answers_is_not_called_charged(
    browser: Browser, panel: Panel, service: Gateway, vue_nodes: bool
) -> None:
    panel.save(base_url=service.url, api_key=KEY)
    with opened(browser, panel, vue_nodes) as page:
        text_to_image(page)
        run(page)
        status(page, "1 call charged")
        run(page)
        assert status(page, "From ComfyUI's cache").startswith("From ComfyUI's cache: not run, not charged.")
        assert service.charged == 1


@RENDERERS
def test_the_badge_follows_count_batch_and_price(
    browser: Browser, panel: Panel, service: Gateway, vue_nodes: bool, tmp_path: Path
) -> None:
    panel.save(base_url=service.url, api_key=KEY, prices="USD, 0.1")
    with opened(browser, panel, vue_nodes) as page:
        add(page, "Volcv_high_aes_general_v14", count=4)
        page.wait_for_function(f"() => ({BADGES})().includes('4 calls, about USD 0.40')")
        page.evaluate(SET, {"count": 1})
        assert "1 call, about USD 0.10" in page.evaluate(BADGES)
        if vue_nodes:
            page.get_by_text("1 call, about USD 0.10").wait_for()
        panel.save(prices="")
        page.evaluate("() => window.dispatchEvent(new CustomEvent('volcv.changed'))")
        page.wait_for_function(f"() => ({BADGES})().includes('1 call')")
        add(page, "Volcv_jimeng_t2i_v40", count=4, force_single=True)
        assert "4 calls, about CNY 0.88" in page.evaluate(BADGES)
        page.evaluate(SET, {"force_single": False})
        assert "4 calls, about CNY 0.88 or more" in page.evaluate(BADGES)
        shoot(page, tmp_path, "price")
        add(page, "Volcv_i2i_outpainting", count=2)
        page.evaluate(
            f"""() => {{
              const node = {FIND}, load = LiteGraph.createNode("LoadImage");
              const many = LiteGraph.createNode("RepeatImageBatch");
              app.graph.add(load); app.graph.add(many);
              load.connect(0, many, 0);
              many.widgets.find((one) => one.name === "amount").value = 3;
              many.connect(0, node, node.inputs.findIndex((one) => one.name === "image"));
            }}"""
        )
        assert "6 calls" in page.evaluate(BADGES)
        page.evaluate(
            f"""() => {{
              const node = {FIND}, other = LiteGraph.createNode("ImageFromBatch");
              app.graph.add(other);
              other.connect(0, node, node.inputs.findIndex((one) => one.name === "image"));
            }}"""
        )
        assert "2 calls per picture" in page.evaluate(BADGES)


@NODES_2
def test_the_node_speaks_chinese(browser: Browser, panel: Panel, vue_nodes: bool, tmp_path: Path) -> None:
    with opened(browser, panel, vue_nodes, "zh") as page:
        text_to_image(page)
        run(page)
        overlay = page.locator(".volcv-overlay")
        overlay.get_by_role("button", name="\u5728\u6c99\u76d2\u4e2d\u8bd5\u7528").click()
        text = status(page, "1 \u5f20\u56fe\u7247")
        assert "\u6c99\u76d2" in text and "sandbox" not in text
        assert any("\u6b21\u8c03\u7528" in one for one in page.evaluate(BADGES))
        shoot(page, tmp_path, "chinese")


@CLASSIC
def test_nothing_of_the_status_is_saved_with_the_workflow(browser: Browser, panel: Panel, vue_nodes: bool) -> None:
    with opened(browser, panel, vue_nodes) as page:
        text_to_image(page)
        saved = page.evaluate("() => app.graph.serialize()")
        run(page)
        page.locator(".volcv-overlay").get_by_role("button", name="Try in the sandbox").click()
        status(page, "1 picture")
        again = page.evaluate("() => app.graph.serialize()")
        node, same = saved["nodes"][0], again["nodes"][0]
        assert node["widgets_values"] == same["widgets_values"] and "volcv_status" not in json.dumps(again)
        assert [*node["size"]] == [*same["size"]]
        assert "volcv_status" not in json.dumps(page.evaluate("async () => await app.graphToPrompt()"))


@RENDERERS
def test_an_example_picture_is_there_before_it_runs(
    browser: Browser, panel: Panel, vue_nodes: bool, tmp_path: Path
) -> None:
    with opened(browser, panel, vue_nodes) as page:
        add(page, "Volcv_example_picture")
        page.wait_for_function(f"() => ({DRAWN})() > 0")
        names = f"() => app.nodeOutputs[{FIND}.id].images.map((one) => one.filename)"
        before = page.evaluate(names)
        page.evaluate(
            f"""() => {{ const node = {FIND}, widget = node.widgets.find((one) => one.name === "picture");
              widget.value = widget.options.values.at(-1); widget.callback?.(widget.value) }}"""
        )
        page.wait_for_function(f"(before) => ({names})()[0] !== before[0]", arg=before)
        shoot(page, tmp_path, "example-picture")
