"""The results panel's sidebar tab in a real browser."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.gateway import Fault, Gateway
from tests.generate.workflows import node
from tests.host import results_panel
from tests.host.browser import frontend, shoot
from tests.host.client import Client
from tests.host.graphs import outpainting, plain, save, text_to_image
from tests.host.results_panel import Panel, dialog, film, focused, make, opened, rows, texts, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MANY = 1000
SECONDS_TO_OPEN = 3.0
VIDEO = {"req_key": "jimeng_ti2v_v30_pro", "request": {"prompt": "a box moves to the right"}}

server, service, panel, browser = (
    results_panel.server,
    results_panel.service,
    results_panel.panel,
    results_panel.browser,
)


def editing(seed: int, prompt: str) -> dict[str, Any]:
    """A node that runs as a task."""
    edit = node("Volcv_seededit_v3_0", "Edit", image=["1", 0], prompt=prompt, scale=0.5, seed=seed, count=1)
    return {"1": plain(256, 256, 0x336699), "2": edit, "3": save("2")}


def test_the_list(browser: Browser, panel: Panel, tmp_path: Path) -> None:
    make(panel, "a quiet harbour", "a red fox", seed=500)
    make(panel, "a quiet harbour", seed=500)
    with opened(browser, panel.url) as page:
        rows(page).locator(".volcv-r-loaded").nth(1).wait_for()
        assert texts(page) == ["a red fox", "a quiet harbour"]
        fox, harbour = rows(page).all_inner_texts()
        assert "General 1.4 text to image" in fox and "(Volcengine)" not in fox
        assert "seed 501" in fox and "charged" in fox and "reused 1x" in harbour
        page.get_by_role("searchbox").fill("harbour")
        page.get_by_text("1 found").wait_for()
        assert texts(page) == ["a quiet harbour"]
        page.get_by_role("searchbox").fill("zebra")
        page.get_by_text("Nothing matches").wait_for()
        page.get_by_role("searchbox").fill("")
        page.get_by_text("2 results").wait_for()
        with Client(panel.url) as client:
            graph = {"1": node("Volcv_example_picture", "", picture="landscape"), "2": outpainting(7, image=["1", 0])}
            client.run({**graph, "3": save("2")})
        page.get_by_text("3 results").wait_for()
        page.get_by_label("Model", exact=True).select_option(label="Outpainting (1)")
        page.get_by_text("1 found").wait_for()
        assert texts(page) == ["more of it"]
        assert "cost" not in rows(page).first.inner_text()
        page.locator(".volcv-r-spending summary").click()
        shoot(page, tmp_path, "results-list")
        table = page.locator(".volcv-r-spending table").inner_text()
        assert "Outpainting" in table and "General 1.4" in table and "cost" not in table.lower()
        assert f"\n{panel.charged_today()}" in table.replace("\t", "\n")


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_only_facts_that_a_model_has(browser: Browser, panel: Panel, tmp_path: Path, locale: str) -> None:
    """No seed of a model without one, and the service's own word for a number that it does not explain."""
    seed, random = {"en": ("seed", "random"), "zh": ("\u79cd\u5b50", "\u968f\u673a")}[locale]
    picture = Path(__file__).parents[2] / "docs" / "icon.png"
    cases: tuple[tuple[str, int | None, str], ...] = (
        ("saliency_seg", None, ""),
        ("gone_in_this_version", None, ""),
        ("gone_in_this_version", 0, f"{seed} 0"),
        ("img2img_cartoon_style", None, f"{seed} {random}"),
    )
    for number, (req_key, one, _) in enumerate(cases):
        panel.keep(picture.read_bytes(), number, req_key=req_key, seed=one, cost=1.0, charged=False)
    with opened(browser, panel.url, more={"Comfy.Locale": locale}) as page:
        rows(page).locator(".volcv-r-loaded").nth(3).wait_for()
        shoot(page, tmp_path, f"results-facts-{locale}")
        shown = list(reversed(page.locator(".volcv-r-row .volcv-r-facts-line").all_inner_texts()))
        took = "3 s" if locale == "en" else "3 \u79d2"
        assert shown == [f"{said} \u00b7 {took}".removeprefix(" \u00b7 ") for *_, said in cases]
        title = rows(page).first.locator(".volcv-r-title")
        whole = "Change the style: cartoon" if locale == "en" else "\u56fe\u50cf\u98ce\u683c\u5316\uff1acartoon"
        assert title.get_attribute("title") == whole and whole.startswith(title.inner_text())
        assert rows(page).first.locator(".volcv-r-prompt").inner_text().startswith("cartoon")
        rows(page).nth(3).locator(".volcv-r-open").click()
        names = dialog(page).locator("dt")
        names.filter(has_text="comfyui_cost").wait_for()
        assert seed not in [name.lower() for name in names.all_inner_texts()]
        shoot(page, tmp_path, f"results-facts-{locale}-large")


def test_copying_a_request_id(browser: Browser, panel: Panel) -> None:
    panel.fill(1)
    with opened(browser, panel.url) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name=re.compile("Copy request ID")).click()
        page.get_by_text("Request ID copied").wait_for()
        assert page.evaluate("() => navigator.clipboard.readText()") == panel.results()[0]["request_id"]
        page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        page.evaluate(
            "() => { window.said = []; document.execCommand = (name) => { window.said.push("
            "name + document.activeElement.value); return true } }"
        )
        rows(page).locator(".volcv-r-open").click()
        dialog(page).get_by_role("button", name="Copy request ID", exact=True).click()
        assert page.evaluate("() => window.said") == ["copy" + panel.results()[0]["request_id"]]


@pytest.mark.parametrize("vue_nodes", [False, True], ids=["classic", "nodes2"])
def test_large_view_and_use_in_graph(browser: Browser, panel: Panel, service: Gateway, vue_nodes: bool) -> None:
    make(panel, "first of two", "second of two", seed=600 + vue_nodes * 10)
    wanted = panel.results()[1]
    with opened(browser, panel.url, vue_nodes=vue_nodes) as page:
        rows(page).nth(1).locator(".volcv-r-open").click()
        view = dialog(page)
        view.get_by_text("128 \u00d7 128, JPEG").wait_for()
        assert '"prompt": "first of two"' in view.locator("pre").inner_text()
        assert "base64" not in view.inner_text() and "2 of 2" in view.inner_text()
        page.wait_for_function("() => document.querySelector('.volcv-r-picture').naturalWidth === 128")
        view.get_by_role("button", name="Use in graph").click()
        page.get_by_text("Recall node added").wait_for()
        assert view.count() == 0
        chosen = page.evaluate(
            "() => [...app.canvas.selectedItems ?? Object.values(app.canvas.selected_nodes)].map((one) => one.type)"
        )
        assert chosen == ["Volcv_recall"]
        page.evaluate(
            """() => {
              const preview = LiteGraph.createNode('PreviewImage');
              app.graph.add(preview);
              app.graph.nodes.find((one) => one.type === 'Volcv_recall').connect(0, preview, 0);
            }"""
        )
        graph = page.evaluate("async () => (await app.graphToPrompt()).output")
    service.clear()
    with Client(panel.url) as client:
        done = client.run(graph)
        assert done.end == "execution_success", done.error
        (preview,) = (name for name, one in graph.items() if one["class_type"] == "PreviewImage")
        (shown,) = client.pictures(done, preview)
    stored = panel.store.by_id(wanted["id"])
    assert stored is not None
    assert shown.tobytes() == Image.open(stored.files[0].path or "").convert("RGB").tobytes()
    assert service.requests == []


def test_nodes_from_the_panel_cover_nothing(browser: Browser, panel: Panel) -> None:
    panel.fill(1)
    with opened(browser, panel.url) as page:
        for _ in range(4):
            rows(page).locator(".volcv-r-open").click()
            dialog(page).get_by_role("button", name="Use in graph").click()
        boxes = page.evaluate("() => app.graph.nodes.map(({ pos, size }) => [...pos, ...size])")
    assert len(boxes) == 4
    for number, (x, y, width, height) in enumerate(boxes):
        for left, top, across, down in boxes[:number]:
            assert x + width < left or left + across < x or y + height < top - 30 or top + down < y - 30


VISIBLE_ROWS = "[...document.querySelectorAll('.volcv-r-row')].filter((one) => one.offsetParent)"


def test_deleting_in_the_page(browser: Browser, panel: Panel) -> None:
    panel.fill(3)
    with opened(browser, panel.url) as page:
        rows(page).first.locator(".volcv-r-open").click()
        view = dialog(page)
        view.get_by_role("button", name="Delete").click()
        view.get_by_role("button", name="Cancel").click()
        assert len(panel.results()) == 3
        view.get_by_role("button", name="Delete").click()
        view.get_by_role("button", name="Delete").click()
        page.get_by_text("Result deleted").first.wait_for()
        view.get_by_text("1 of 2").wait_for()
        page.wait_for_function("() => document.querySelectorAll('.volcv-r-row').length === 2")
        assert [one["seed"] for one in panel.results()] == [1, 0]
        for left in (1, 0):
            view.get_by_role("button", name="Delete").click()
            view.get_by_role("button", name="Delete").click()
            page.wait_for_function(f"(left) => {VISIBLE_ROWS}.length === left", arg=left)
        view.wait_for(state="detached")
        page.get_by_text("No results yet").wait_for()


def test_the_keyboard(browser: Browser, panel: Panel) -> None:
    panel.fill(120)
    with opened(browser, panel.url) as page:
        page.get_by_role("searchbox").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Model"
        for _ in ("charge", "time", "favourites", "the list"):
            page.keyboard.press("Tab")
        assert focused(page) == "0"
        for key, index in {"ArrowDown": "1", "End": "119", "ArrowUp": "118", "Home": "0", "PageDown": None}.items():
            page.keyboard.press(key)
            until(lambda index=index: focused(page) == index if index else int(focused(page)) > 1)  # type: ignore[misc]
        start = int(focused(page))
        assert start > 1
        page.wait_for_function("() => document.activeElement.matches('.volcv-r-open')")
        assert page.evaluate("() => document.activeElement.matches(':focus-visible')")
        page.keyboard.press("Enter")
        view = dialog(page)
        view.get_by_text(f"{start + 1} of 120").wait_for()
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
        view.get_by_text(f"{start + 2} of 120").wait_for()
        page.keyboard.press("q")
        page.keyboard.press("Delete")
        page.keyboard.press("Escape")
        view.wait_for(state="detached")
        until(lambda: focused(page) == str(start + 1))  # the dialog's close event, which moves it, is a task of its own
        page.keyboard.press("Space")
        view.wait_for()
        stops = set()
        for _ in range(12):
            page.keyboard.press("Tab")
            stops.add(page.evaluate("() => document.activeElement.ariaLabel ?? document.activeElement.innerText"))
        assert {"Close", "Use in graph", "Copy request ID", "Delete", "Next result", "Previous result"} <= stops
        page.keyboard.press("Escape")
        assert page.evaluate("() => app.graph.nodes.length") == 0


def test_calls_in_the_page(browser: Browser, panel: Panel, service: Gateway, tmp_path: Path) -> None:
    service.inject(Fault(delay=4.0, times=None))
    with opened(browser, panel.url) as page, Client(panel.url) as client:
        client.queue({"1": text_to_image(700, "a slow one", count=3), "2": save("1")})
        calls = page.locator(".volcv-r-call")
        page.get_by_text("Under way: 3").wait_for()
        calls.filter(has_text="at the service").nth(1).wait_for()
        page.wait_for_function(
            "() => [...document.querySelectorAll('.volcv-r-seconds')].some((one) => /^[2-9] s$/.test(one.innerText))"
        )
        calls.filter(has_text="at the service").first.get_by_role("button").click()
        page.get_by_text("it will be finished and its result kept").wait_for()
        shoot(page, tmp_path, "results-running")
        calls.filter(has_text="waiting").get_by_role("button").click()
        page.get_by_text("Under way: 2").wait_for()
        page.get_by_text("2 results").wait_for(timeout=20_000)
        assert not page.locator(".volcv-r-underway").is_visible()
    assert service.charged == 2


def test_a_video(browser: Browser, panel: Panel, comfy: Path, tmp_path: Path) -> None:
    panel.fill(1)
    broken = tmp_path / "broken"
    broken.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(200))
    panel.keep(broken, 1, **VIDEO)
    panel.keep(film(comfy, tmp_path), 2, **VIDEO)
    with opened(browser, panel.url) as page:
        rows(page).locator(".volcv-r-loaded").nth(2).wait_for()
        assert "video \u00b7 seed 2 \u00b7 took 3 s" in rows(page).first.inner_text()
        assert "video" not in rows(page).nth(2).inner_text()
        rows(page).first.locator(".volcv-r-open").click()
        view = dialog(page)
        view.get_by_text(re.compile(r"^MP4, \d+ KB$")).wait_for()
        video = view.locator("video")
        video.wait_for()
        assert not view.locator("img.volcv-r-picture").is_visible()
        assert view.get_by_role("button", name="Use in graph").is_enabled()
        assert video.evaluate("(one) => [one.controls, one.videoWidth, one.paused]") == [True, 192, True]
        video.evaluate("(one) => { one.muted = true; return one.play() }")
        page.wait_for_function("() => document.querySelector('video').currentTime > 0.5")
        shoot(page, tmp_path, "results-video")
        with page.expect_download() as coming:
            view.get_by_role("link", name="Download").click()
        assert coming.value.suggested_filename == "jimeng_ti2v_v30_pro-2-1.mp4"
        assert (
            Path(coming.value.path()).read_bytes()
            == panel.get(f"/results/{panel.results()[0]['id']}/picture/0").content
        )
        video.focus()
        page.keyboard.press("ArrowLeft")
        assert "1 of 3" in view.inner_text()
        view.get_by_role("button", name="Next result").focus()
        page.keyboard.press("ArrowRight")
        view.get_by_text("This browser cannot play the video").wait_for()
        page.keyboard.press("ArrowRight")
        view.locator("img.volcv-r-picture").wait_for()
        assert not video.is_visible() and video.get_attribute("src") is None
        assert view.get_by_role("button", name="Use in graph").is_visible()
        page.keyboard.press("ArrowLeft")
        view.get_by_role("button", name="Delete").click()
        view.get_by_text("Delete this result and its video?").wait_for()


def test_a_task_that_nobody_waits_for(browser: Browser, panel: Panel, service: Gateway, tmp_path: Path) -> None:
    service.inject(Fault(task="in_queue"))
    with opened(browser, panel.url) as page, Client(panel.url) as client:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        client.queue(editing(750, "make it night"))
        call = page.locator(".volcv-r-underway .volcv-r-call")
        call.filter(has_text="in the service's queue").wait_for()
        assert not page.get_by_text("Open calls").is_visible()
        page.get_by_role("button", name="Stop waiting").click()
        page.get_by_text("Open calls: 1").wait_for()
        page.get_by_text("nothing is lost").wait_for()
        (task,) = panel.open()
        row = page.locator(".volcv-r-open-calls [role=listitem]")
        assert f"task {task['task_id']}" in row.inner_text() and "make it night" in row.inner_text()
        assert "result still to come" in row.inner_text()
        shoot(page, tmp_path, "results-task")
        row.get_by_role("button", name="Copy").click()
        page.get_by_text("Command copied").wait_for()
        assert page.evaluate("() => navigator.clipboard.readText()") == f"volcv recall {task['task_id']}"
        client.queue(editing(750, "make it night"))
        call.filter(has_text="in the service's queue").wait_for()
        page.get_by_text("Open calls").wait_for(state="hidden")
        client.interrupt()
        page.get_by_text("Open calls: 1").wait_for()
        row.get_by_role("button", name="Fetch").click()
        call.filter(has_text="in the service's queue").wait_for()
        page.get_by_role("button", name="Stop waiting").click()
        row.get_by_role("button", name="Discard").click()
        row.get_by_text("Pay anew?").wait_for()
        row.get_by_role("button", name="Cancel").click()
        row.get_by_role("button", name="Discard").click()
        row.get_by_role("button", name="Discard").click()
        page.get_by_text("Open calls").wait_for(state="hidden")
    assert service.charged == 1


def test_nothing_is_asked_while_another_tab_is_open(browser: Browser, panel: Panel) -> None:
    panel.fill(1)
    with opened(browser, panel.url) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/volcv/" in request.url else None)
        until_asked = time.monotonic() + 5
        while not asked and time.monotonic() < until_asked:
            page.wait_for_timeout(100)
        assert asked
        for leave, back in ((".workflows-tab-button",) * 2, (".volcv-results-tab-button",) * 2):
            page.locator(leave).click()
            page.wait_for_timeout(1300)
            asked.clear()
            page.wait_for_timeout(2500)
            assert asked == []
            page.locator(".volcv-results-tab-button").click()
            rows(page).first.wait_for()
            assert back
        page.wait_for_timeout(1500)
        assert asked and len(asked) < 12


def test_another_extension_s_tab_takes_the_same_place(browser: Browser, panel: Panel) -> None:
    panel.fill(1)
    with opened(browser, panel.url) as page:
        page.evaluate(
            """() => app.extensionManager.registerSidebarTab({ id: 'other', icon: 'pi pi-star', title: 'Other',
              type: 'custom', render: (element) => { element.append('other content') } })"""
        )
        page.locator(".other-tab-button").click()
        page.get_by_text("other content").wait_for()
        page.locator(".volcv-results").wait_for(state="detached")
        page.locator(".volcv-results-tab-button").click()
        rows(page).first.wait_for()
        assert page.get_by_text("other content").count() == 0


def test_a_thousand_results_open_at_once(browser: Browser, panel: Panel, tmp_path: Path) -> None:
    panel.fill(MANY)
    with frontend(browser, panel.url, vue_nodes=False) as page:
        page.wait_for_timeout(1000)
        began = time.monotonic()
        page.locator(".volcv-results-tab-button").click()
        rows(page).locator(".volcv-r-loaded").first.wait_for()
        seconds = time.monotonic() - began
        page.get_by_text("1,000 results").wait_for()
        assert seconds < SECONDS_TO_OPEN
        assert page.locator(".volcv-r-row").count() < 30
        page.evaluate(
            "() => { const list = document.querySelector('.volcv-r-list'); list.scrollTop = list.scrollHeight / 2 }"
        )
        page.get_by_text("filled 500", exact=True).wait_for()
        page.locator(".volcv-r-list").evaluate("(list) => { list.scrollTop = list.scrollHeight }")
        page.get_by_text("filled 0", exact=True).wait_for()
        assert page.locator(".volcv-r-row").count() < 30
        page.locator(".volcv-results-tab-button").click()
        page.locator(".volcv-results-tab-button").click()
        page.get_by_text("filled 0", exact=True).wait_for()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_chinese(browser: Browser, panel: Panel, tmp_path: Path, theme: str) -> None:
    make(panel, "\u9752\u82b1\u74f7", seed=800 + (theme == "light"))
    with opened(browser, panel.url, more={"Comfy.Locale": "zh", "Comfy.ColorPalette": theme}) as page:
        rows(page).locator(".volcv-r-loaded").wait_for()
        shown = page.locator(".volcv-results").inner_text().replace("Volcengine CV", "")
        assert "\u5df2\u8ba1\u8d39" in shown and "\u672c\u6708" in shown
        assert not re.search(r"results_|phase_|charged|seed", shown)
        shoot(page, tmp_path, f"results-zh-{theme}")
        rows(page).locator(".volcv-r-open").click()
        dialog(page).get_by_text("\u8bf7\u6c42\u5185\u5bb9").wait_for()
        shoot(page, tmp_path, f"results-zh-{theme}-large")


def test_what_strangers_see(browser: Browser, panel: Panel) -> None:
    panel.fill(1)
    with opened(browser, panel.url) as page:
        page.route(
            "**/volcv/results?*",
            lambda route: route.fulfill(json={**route.fetch().json(), "refusal": "Only over there."}),
        )
        page.get_by_role("searchbox").fill("filled")
        page.get_by_text("1 found").wait_for()
        rows(page).locator(".volcv-r-open").click()
        erase = dialog(page).get_by_role("button", name="Delete")
        assert erase.is_disabled() and erase.get_attribute("title") == "Only over there."
        assert dialog(page).get_by_role("button", name="Use in graph").is_enabled()


def test_a_server_that_is_gone_is_said_and_its_return_noticed(browser: Browser, panel: Panel) -> None:
    panel.fill(1)
    with opened(browser, panel.url) as page:
        page.route("**/volcv/**", lambda route: route.abort())
        page.get_by_text("ComfyUI's server does not answer.").wait_for()
        page.unroute("**/volcv/**")
        page.get_by_text("1 result", exact=True).wait_for()


def test_every_control_has_a_name(browser: Browser, panel: Panel) -> None:
    make(panel, "a picture", seed=900)
    with opened(browser, panel.url) as page:
        rows(page).locator(".volcv-r-open").click()
        dialog(page).get_by_text("128 \u00d7 128").wait_for()
        names = page.evaluate(
            """() => [...document.querySelectorAll(':is(.volcv-results, .volcv-r-viewer) :is(button, input, select)')]
              .map((one) => one.ariaLabel || one.innerText.trim())"""
        )
        assert len(names) > 8 and all(names)
        assert page.locator(".volcv-r-list [role=list] > :not([role=listitem])").count() == 0
