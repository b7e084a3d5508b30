"""From results to nodes: recreate, use, drag, compare, select, favourites, commands; in both renderers.

With COMFYUI_FRONTEND also in another frontend than ComfyUI's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.gateway import Gateway
from tests.generate.workflows import node
from tests.host import results_panel
from tests.host.browser import frontend, shoot
from tests.host.client import Client
from tests.host.graphs import plain, save, text_to_image
from tests.host.newest import VERSION, newest_frontend
from tests.host.results_panel import KEY, TAB, Panel, dialog, film, make, opened, rows, until
from tests.host.server import ROOT, ComfyServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

service, panel, browser = results_panel.service, results_panel.panel, results_panel.browser
VIDEO = {"req_key": "jimeng_ti2v_v30_pro", "request": {"prompt": "a box moves to the right"}}
both_renderers = pytest.mark.parametrize("vue_nodes", [False, True], ids=["classic", "nodes2"])

PLACED = """() => app.graph.nodes.map((node) => ({
  type: node.type, pos: [...node.pos], size: [...node.size],
  values: Object.fromEntries((node.widgets ?? []).map((one) => [one.name, one.value])),
  links: (node.inputs ?? []).filter((one) => one.link != null).map((one) => one.name),
}))"""


@pytest.fixture(scope="module", params=["bundled", "newest"])
def server(
    request: pytest.FixtureRequest, comfy: Path, service: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ComfyServer]:
    other = newest_frontend() if request.param == "newest" else None
    if request.param == "newest" and other is None:
        pytest.skip(f"ComfyUI's frontend {VERSION} could not be installed")
    surroundings = {"VOLCV_BASE_URL": service.url, "VOLCV_API_KEY": KEY}
    with ComfyServer(comfy, tmp_path_factory.mktemp("graph"), surroundings, frontend=other) as one:
        yield one


def placed(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(PLACED)
    return found


def menu(page: Page, row: int, item: str) -> None:
    rows(page).nth(row).locator(".volcv-r-open").click(button="right", position={"x": 160, "y": 30})
    page.get_by_role("menuitem", name=item, exact=True).click()


def stylised(seed: int) -> dict[str, Any]:
    values = {"style": "3D", "style.sub_req_key": "ink", "prompt": "soft light", "strength": 0.4, "scale": 7.5}
    return {"1": plain(256, 256, 0x336699), "2": node("Volcv_stylise", "", image=["1", 0], seed=seed, **values)}


@both_renderers
def test_a_node_is_recreated_with_its_inputs(browser: Browser, panel: Panel, tmp_path: Path, vue_nodes: bool) -> None:
    given = {"prompt": "a lighthouse at dusk", "width": 384, "height": 256, "scale": 4.5, "use_rephraser": False}
    graph = text_to_image(810, **given, count=2)
    with Client(panel.url) as client:
        assert client.run({"1": graph, "2": save("1")}).end == "execution_success"
    wanted = panel.results()[0]
    with opened(browser, panel.url, vue_nodes=vue_nodes) as page:
        menu(page, 0, "Recreate node")
        page.get_by_text("Node added with the inputs").first.wait_for()
        (made,) = placed(page)
        assert made["type"] == graph["class_type"]
        assert {name: made["values"][name] for name in given} == given
        assert made["values"]["seed"] == wanted["seed"] and made["values"]["count"] == 1
        shoot(page, tmp_path, f"recreated-{vue_nodes}")
        prompt = page.evaluate("async () => (await app.graphToPrompt()).output")
    with Client(panel.url) as client:
        (name,) = prompt
        assert client.run({**prompt, "99": save(name)}).end == "execution_success"
    assert panel.results()[0]["reuses"] == 1, "the same request, so it is not charged again"


def test_an_old_result_s_node_is_read_back_with_its_dynamic_choice(browser: Browser, panel: Panel) -> None:
    picture = Path(__file__).parents[2] / "docs" / "icon.png"
    request = {"req_key": "img2img_disney_3d_style", "prompt": "soft", "seed": 5, "logo_info": {"add_logo": True}}
    panel.keep(picture.read_bytes(), 5, req_key="img2img_disney_3d_style", request=request)
    with opened(browser, panel.url) as page:
        assert rows(page).locator(".volcv-r-title").inner_text() == "Change the style"
        assert rows(page).locator(".volcv-r-prompt").inner_text() == "Disney 3D \u00b7 soft"
        menu(page, 0, "Recreate node")
        page.get_by_text("Connect again").first.wait_for()
        page.wait_for_function("() => app.graph.nodes.length === 2")
        style, mark = sorted(placed(page), key=lambda one: str(one["type"]))
    assert (style["type"], mark["type"]) == ("Volcv_stylise", "Volcv_watermark")
    assert (style["values"]["style"], style["values"]["prompt"], style["values"]["seed"]) == ("Disney 3D", "soft", 5)
    assert style["links"] == ["logo_info"]


@both_renderers
def test_use_in_graph_shows_the_picture_and_runs_alone(
    browser: Browser, panel: Panel, service: Gateway, tmp_path: Path, vue_nodes: bool
) -> None:
    make(panel, "a quiet harbour", seed=820 + vue_nodes)
    service.clear()
    with opened(browser, panel.url, vue_nodes=vue_nodes) as page:
        menu(page, 0, "Use in graph")
        page.get_by_text("Recall node added").first.wait_for()
        page.wait_for_function(SHOWS_A_PICTURE)
        shoot(page, tmp_path, f"used-{vue_nodes}")
        page.get_by_test_id("queue-button").click()
        page.wait_for_function("() => Object.values(app.nodeOutputs).some((one) => one?.images?.length)")
        page.wait_for_function(SHOWS_A_PICTURE)
        shoot(page, tmp_path, f"used-{vue_nodes}-run")
    assert service.requests == []


SHOWS_A_PICTURE = """() => {
  const node = app.graph.nodes[0];
  return [...node.imgs ?? [], ...document.querySelectorAll(`[data-node-id="${node.id}"] img`)]
    .some((one) => one.complete && one.naturalWidth > 0);
}"""


@both_renderers
def test_nodes_are_placed_on_no_wire_and_under_no_bar(
    browser: Browser, panel: Panel, tmp_path: Path, vue_nodes: bool
) -> None:
    panel.fill(1)
    with opened(browser, panel.url, vue_nodes=vue_nodes) as page:
        page.evaluate(
            """() => {
              const [left, right] = ['EmptyImage', 'PreviewImage'].map((type) => LiteGraph.createNode(type));
              const [x, y] = app.clientPosToCanvasPos([700, 450]);
              left.pos = [x - 100, y]; right.pos = [x + 600, y + 100];
              app.graph.add(left); app.graph.add(right);
              left.connect(0, right, 0);
            }"""
        )
        page.wait_for_timeout(300)
        menu(page, 0, "Use in graph")
        page.get_by_text("Recall node added").first.wait_for()
        shoot(page, tmp_path, f"placed-{vue_nodes}")
        hits = page.evaluate(
            """() => {
              const { ds, canvas } = app.canvas;
              const node = app.graph.nodes[2];
              const corner = canvas.getBoundingClientRect();
              const seen = [];
              for (const a of [0.02, 0.5, 0.98]) for (const b of [-30, node.size[1] / 2, node.size[1] - 2]) {
                const x = (node.pos[0] + node.size[0] * a + ds.offset[0]) * ds.scale + corner.left;
                const y = (node.pos[1] + b + ds.offset[1]) * ds.scale + corner.top;
                const hit = document.elementFromPoint(x, y);
                const ours = hit?.closest('[data-node-id], .dom-widget');
                const open = hit && (hit === canvas || ours || hit.contains(canvas));
                seen.push(open ? '' : hit?.outerHTML.slice(0, 200) ?? 'nothing');
              }
              return seen;
            }"""
        )
        assert not any(hits), hits
        wire = page.evaluate(
            """() => {
              const [left, right] = app.graph.nodes;
              return [left.getConnectionPos(false, 0), right.getConnectionPos(true, 0)].map((one) => [...one]);
            }"""
        )
        used = placed(page)[2]
    (x, y), (width, height) = used["pos"], used["size"]
    (left, top), (right, bottom) = wire
    for part in range(101):
        across, down = left + (right - left) * part / 100, top + (bottom - top) * part / 100
        assert not (x < across < x + width and y - 30 < down < y + height)


@both_renderers
def test_a_result_is_dragged_onto_the_canvas_and_onto_an_input(
    browser: Browser, panel: Panel, tmp_path: Path, vue_nodes: bool
) -> None:
    panel.fill(2)
    with opened(browser, panel.url, vue_nodes=vue_nodes) as page:
        page.evaluate(
            """() => {
              const node = LiteGraph.createNode('PreviewImage');
              node.pos = app.clientPosToCanvasPos([1250, 350]);
              app.graph.add(node);
            }"""
        )
        page.wait_for_timeout(500)
        x, y = page.evaluate(
            """() => {
              const { ds, canvas } = app.canvas;
              const corner = canvas.getBoundingClientRect();
              const [x, y] = app.graph.nodes[0].getConnectionPos(true, 0);
              return [(x + ds.offset[0]) * ds.scale + corner.left, (y + ds.offset[1]) * ds.scale + corner.top];
            }"""
        )
        drag(page, 0, x + 4, y)
        page.wait_for_function("() => app.graph.nodes.length === 2")
        shoot(page, tmp_path, f"dropped-{vue_nodes}")
        preview, recall = placed(page)
        newest, older = panel.results()
        assert preview["links"] == ["images"] and recall["values"]["request_id"] == newest["name"]
        wanted = page.evaluate("() => app.clientPosToCanvasPos([800, 700])")
        drag(page, 1, 800, 700)
        page.wait_for_function("() => app.graph.nodes.length === 3")
        other = placed(page)[2]
        assert other["values"]["request_id"] == older["name"]
        assert abs(other["pos"][0] - wanted[0]) < 5 and abs(other["pos"][1] - wanted[1]) < 5


def drag(page: Page, row: int, x: float, y: float) -> None:
    box = rows(page).nth(row).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 50)
    page.mouse.down()
    for part in (0.2, 0.6, 1.0):
        page.mouse.move(box["x"] + 60 + (x - box["x"] - 60) * part, box["y"] + 50 + (y - box["y"] - 50) * part)
        page.wait_for_timeout(60)
    page.mouse.up()


def test_a_video_comes_back_into_a_graph(browser: Browser, panel: Panel, comfy: Path, tmp_path: Path) -> None:
    panel.keep(film(comfy, tmp_path), 2, **VIDEO)
    with opened(browser, panel.url) as page:
        menu(page, 0, "Use in graph")
        page.get_by_text("Recall node added").first.wait_for()
        graph = page.evaluate("async () => (await app.graphToPrompt()).output")
    ((name, recall),) = graph.items()
    assert recall["class_type"] == "Volcv_recall_video"
    saved = node("SaveVideo", "", video=[name, 0], filename_prefix="volcv/film", format="auto", codec="auto")
    with Client(panel.url) as client:
        done = client.run({**graph, "9": saved})
        assert done.end == "execution_success", done.error


def test_several_are_selected_compared_and_deleted(browser: Browser, panel: Panel, tmp_path: Path) -> None:
    make(panel, "a quiet harbour", "a red fox", "a green hill", seed=840)
    with opened(browser, panel.url) as page:
        rows(page).locator(".volcv-r-loaded").nth(2).wait_for()
        press = rows(page).locator(".volcv-r-open")
        press.nth(0).click(modifiers=["ControlOrMeta"])
        press.nth(1).click(modifiers=["ControlOrMeta"])
        page.get_by_text("2 selected").wait_for()
        shoot(page, tmp_path, "selected")
        page.get_by_role("button", name="Compare").click()
        view = page.get_by_role("dialog", name="Compare")
        slider = view.get_by_role("slider")
        assert slider.evaluate("(one) => one === document.activeElement")
        page.wait_for_function("() => [...document.querySelectorAll('.volcv-r-half')].every((one) => one.naturalWidth)")
        before = view.locator(".volcv-r-divider").bounding_box()
        for _ in range(100):
            page.keyboard.press("ArrowRight")
        after = view.locator(".volcv-r-divider").bounding_box()
        assert before and after and after["x"] > before["x"] + 50
        shoot(page, tmp_path, "compare")
        page.keyboard.press("Escape")
        view.wait_for(state="detached")
        page.get_by_role("button", name="Keep as favourite").click()
        until(lambda: [one["favourite"] for one in panel.results()] == [True, True, False])
        page.get_by_role("button", name="Favourites only").click()
        page.get_by_text("2 found").wait_for()
        page.get_by_role("button", name="Favourites only").click()
        page.get_by_text("3 results").wait_for()
        press.nth(2).click(modifiers=["Shift"])
        page.get_by_text("3 selected").wait_for()
        menu(page, 2, "Delete")
        page.get_by_role("menuitem", name="Cancel").click()
        page.get_by_label("Selected results").get_by_role("button", name="Delete").click()
        page.get_by_text("Delete 3 results?").wait_for()
        page.get_by_label("Selected results").get_by_role("button", name="Delete").click()
        page.get_by_text("3 results deleted").first.wait_for()
        page.get_by_text("No results yet").wait_for()
    assert panel.results() == []


def test_the_menu_by_keyboard(browser: Browser, panel: Panel) -> None:
    panel.fill(2)
    with opened(browser, panel.url) as page:
        rows(page).first.locator(".volcv-r-open").focus()
        page.keyboard.press("Shift+F10")
        page.get_by_role("menu").wait_for()
        assert page.evaluate("() => document.activeElement.innerText") == "Open"
        page.keyboard.press("End")
        assert page.evaluate("() => document.activeElement.innerText") == "Delete"
        page.keyboard.press("Escape")
        page.get_by_role("menu").wait_for(state="detached")
        assert page.evaluate("() => document.activeElement.className") == "volcv-r-open"


def test_filters_in_the_page(browser: Browser, panel: Panel, tmp_path: Path) -> None:
    picture = (Path(__file__).parents[2] / "docs" / "icon.png").read_bytes()
    panel.keep(picture, 1, charged=False)
    panel.keep(picture, 2, req_key="img2img_disney_3d_style")
    panel.keep(picture, 3, req_key="img2img_cartoon_style")
    make(panel, "made today", seed=860)
    with opened(browser, panel.url) as page:
        page.get_by_text("4 results").wait_for()
        for label, option, count in (
            ("Charge", "Sandbox", 1),
            ("Charge", "Charged", 3),
            ("Time", "Today", 1),
            ("Time", "Any time", 3),
            ("Model", "Change the style, all (2)", 2),
        ):
            page.get_by_label(label, exact=True).select_option(label=option)
            page.get_by_text(f"{count} found").wait_for()
        shoot(page, tmp_path, "filters")


def test_the_start_page_and_the_head(browser: Browser, comfy: Path, tmp_path: Path, request: Any) -> None:
    with ComfyServer(comfy, tmp_path / "new", {}, frontend=newest_frontend()) as server:
        for locale, none in (("zh", "\u8fd8\u6ca1\u6709"), ("en", "No results yet")):
            with frontend(browser, server.url, vue_nodes=False, more={"Comfy.Locale": locale}) as page:
                page.locator(TAB).click()
                page.get_by_text(none).wait_for()
                page.locator(".volcv-r-card").nth(2).wait_for()
                page.wait_for_timeout(300)
                shoot(page, tmp_path, f"start-{locale}")
                if locale == "zh":
                    continue
                page.get_by_role("button", name="Enter a key").click()
                page.locator("[id='Volcv.ApiKey']").or_(page.get_by_text("Gateway address").first).first.wait_for()
                shoot(page, tmp_path, "start-settings")
                page.keyboard.press("Escape")
                page.get_by_role("button", name="Try in the sandbox").click()
                page.get_by_role("button", name="Leave the sandbox").wait_for()
                assert page.get_by_label("Profile in use").input_value() == "sandbox"
                shoot(page, tmp_path, "start-sandbox")
                page.get_by_role("button", name="Browse templates").click()
                page.get_by_role("dialog").first.wait_for()
                page.keyboard.press("Escape")
                page.get_by_label("Profile in use").select_option("default")
                page.get_by_role("button", name="Try in the sandbox").wait_for()


@both_renderers
def test_commands_and_the_menu_of_a_node(browser: Browser, panel: Panel, vue_nodes: bool, tmp_path: Path) -> None:
    make(panel, "a quiet harbour", seed=880 + vue_nodes)
    with opened(browser, panel.url, vue_nodes=vue_nodes) as page:
        ids = page.evaluate("() => app.extensionManager.command.commands.map((one) => one.id)")
        wanted = {"OpenResults", "RecallNewest", "OpenSettings", "ToggleSandbox", "TestKey"}
        assert {f"Volcv.{name}" for name in wanted} <= set(ids)
        page.evaluate("() => app.extensionManager.command.execute('Volcv.TestKey')")
        page.get_by_text("The service accepted the key").first.wait_for()
        page.evaluate("() => app.extensionManager.command.execute('Volcv.ToggleSandbox')")
        page.get_by_text("Sandbox on").first.wait_for()
        page.evaluate("() => app.extensionManager.command.execute('Volcv.ToggleSandbox')")
        page.get_by_text("Sandbox off").first.wait_for()
        page.locator("canvas").first.focus()
        page.keyboard.press("Alt+Shift+N")
        page.wait_for_function("() => app.graph.nodes.length === 1")
        items = page.evaluate(
            """() => {
              const node = LiteGraph.createNode('Volcv_high_aes_general_v14');
              app.graph.add(node);
              const own = app.extensions.find((one) => one.name === 'volcv.commands').getNodeMenuItems(node)[0];
              window.items = Object.fromEntries(own.submenu.options.map((one) => [one.content, one.callback]));
              return Object.keys(window.items);
            }"""
        )
        assert items == ["Open newest result", "Copy request ID", "API page", "Help"]
        page.evaluate("() => window.items['Open newest result']()")
        dialog(page).get_by_text("a quiet harbour").first.wait_for()
        page.keyboard.press("Escape")
        page.evaluate("() => { window.open = (url) => { window.opened = url } }")
        page.evaluate("() => window.items['API page']()")
        assert str(page.wait_for_function("() => window.opened").json_value()).startswith("https://")
        page.evaluate("() => { window.opened = ''; return window.items['Help']() }")
        page.wait_for_timeout(500)
        shoot(page, tmp_path, f"help-{vue_nodes}")
        assert (
            page.evaluate("() => app.extensions.find((one) => one.name === 'volcv.commands').getNodeMenuItems({})")
            == []
        )


def test_the_keys_of_commands_are_listed_in_chinese(browser: Browser, panel: Panel, tmp_path: Path) -> None:
    texts = json.loads((ROOT / "locales" / "zh" / "commands.json").read_text(encoding="utf-8"))
    with opened(browser, panel.url, more={"Comfy.Locale": "zh"}) as page:
        page.evaluate("() => app.extensionManager.command.execute('Comfy.ShowSettingsDialog')")
        page.locator('[data-nav-id="keybinding"]').click()
        settings = page.get_by_role("dialog").filter(has=page.locator("[data-nav-id]"))
        settings.locator("input").nth(1).fill("CV")  # the first one searches the settings
        for text in texts.values():
            settings.get_by_text(text["label"], exact=True).wait_for()
        assert settings.get_by_text("Volcengine CV", exact=False).count() == 1, "the page of the settings"
        shoot(page, tmp_path, "keys-zh")


@both_renderers
def test_any_model_suggests_what_is_known(browser: Browser, panel: Panel, tmp_path: Path, vue_nodes: bool) -> None:
    panel.fill(1)
    with opened(browser, panel.url, vue_nodes=vue_nodes) as page:
        page.evaluate(
            """() => {
              const node = LiteGraph.createNode('Volcv_any');
              node.pos = app.clientPosToCanvasPos([900, 200]);
              app.graph.add(node);
              node.setSize([380, Math.max(node.size[1], 420)]);
            }"""
        )
        field = page.locator(".volcv-req-key")
        field.click()
        page.wait_for_function("() => document.querySelectorAll('#volcv-req-keys option').length > 40")
        field.fill("high_aes_general_v30l_zt2i")
        body = "() => app.graph.nodes[0].widgets.find((one) => one.name === 'body').value"
        page.wait_for_function(f"() => ({body})().includes('prompt')")
        shoot(page, tmp_path, f"any-model-{vue_nodes}")
        graph = page.evaluate("async () => (await app.graphToPrompt()).output")
        (inputs,) = (one["inputs"] for one in graph.values())
        assert inputs["req_key"] == "high_aes_general_v30l_zt2i" and "seed" not in json.loads(inputs["body"])
        field.fill("jimeng_ti2v_v30_pro")
        page.wait_for_function(f"() => ({body})().includes('frames') || ({body})().includes('aspect_ratio')")
        page.evaluate("() => { app.graph.nodes[0].widgets.find((one) => one.name === 'body').value = '{\"mine\": 1}' }")
        field.fill("high_aes_general_v14")
        page.wait_for_timeout(900)
        assert page.evaluate(body) == '{"mine": 1}'
        saved = page.evaluate("() => app.graph.serialize()")
        page.evaluate("async (saved) => app.loadGraphData(saved)", saved)
        assert page.locator(".volcv-req-key").input_value() == "high_aes_general_v14"
        assert page.evaluate(body) == '{"mine": 1}'


def test_what_strangers_cannot_change(browser: Browser, panel: Panel) -> None:
    panel.fill(1)
    with opened(browser, panel.url) as page:
        page.route(
            "**/volcv/results?*",
            lambda route: route.fulfill(json={**route.fetch().json(), "refusal": "Only over there."}),
        )
        page.locator(".volcv-r-filter select").first.wait_for()
        page.get_by_role("searchbox").fill("filled")
        page.get_by_text("1 found").wait_for()
        rows(page).first.locator(".volcv-r-open").click(button="right")
        for name in ("Delete", "Keep as favourite"):
            assert page.get_by_role("menuitem", name=name).is_disabled()
        assert page.get_by_role("menuitem", name="Recreate node").is_enabled()


def test_the_picture_of_the_recall_node_is_the_stored_one(panel: Panel) -> None:
    make(panel, "a quiet harbour", seed=890)
    (row,) = panel.results()
    with Client(panel.url) as client:
        done = client.run({"1": node("Volcv_recall", "", request_id=row["name"], newest=1)})
        assert done.end == "execution_success"
        (shown,) = client.pictures(done, "1")
    stored = panel.store.by_id(row["id"])
    assert stored is not None
    assert shown.tobytes() == Image.open(stored.files[0].path or "").convert("RGB").tobytes()
