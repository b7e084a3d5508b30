"""Results that are paid and not stored, in the tab and over HTTP, and the node that fetches them."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway import Fault, Gateway
from tests.generate.workflows import node
from tests.host import results_panel
from tests.host.browser import shoot
from tests.host.client import Client
from tests.host.graphs import save, text_to_image
from tests.host.results_panel import Panel, dialog, opened, rows, until
from volcv_client.store.entry import Entry, State
from volcv_client.store.journal import Allowance

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

server, service, panel, browser = (
    results_panel.server,
    results_panel.service,
    results_panel.panel,
    results_panel.browser,
)

DOWN = Fault(where="file", status=404, times=None)
"""No result file can be downloaded, and none is tried again."""

BROKEN = Fault(edit=lambda body: body | {"data": body["data"] | {"binary_data_base64": ["bm8gcGljdHVyZQ=="]}})
WORDS = {
    "en": {"fetch": "Fetch", "discard": "Discard", "dismiss": "Dismiss", "open": "Open calls", "paid": "Paid, picture"},
    "zh": {
        "fetch": "\u53d6\u56de",
        "discard": "\u4e22\u5f03",
        "dismiss": "\u79fb\u9664",
        "open": "\u672a\u4e86\u7ed3\u7684\u8c03\u7528",
        "paid": "\u5df2\u4ed8\u8d39\uff0c\u56fe\u7247",
    },
}


def fail(panel: Panel, seed: int, prompt: str, **inputs: Any) -> None:
    """A run that pays and gives no picture."""
    graph = {"1": text_to_image(seed, prompt), "2": save("1")}
    graph["1"]["inputs"].update(inputs)
    with Client(panel.url) as client:
        assert client.run(graph).end == "execution_error"


def fill(panel: Panel, service: Gateway, seed: int) -> None:
    """A row of every kind: stored, to be downloaded, unreadable, elsewhere, a task, without an answer; and a limit."""
    config = panel.store.folder.parent / "config.json"
    config.write_text(json.dumps({"profiles": {"default": {"daily_limit": 100}}}), encoding="utf-8")
    results_panel.make(panel, "a quiet harbour", seed=seed)
    template = panel.store.newest(1)[0]
    service.inject(BROKEN)
    fail(panel, seed + 1, "a picture that cannot be read")
    service.inject(Fault(cut="before_headers"))
    fail(panel, seed + 2, "a call whose answer was lost")
    service.inject(DOWN)
    fail(panel, seed + 3, "a picture that did not arrive", return_url=True)
    journal = panel.store.journal
    fields = {"request_id": "", "files": (), "created": time.time(), "reusable": False}
    for number, prompt in enumerate(("a task that goes on at the service", "a call of the command")):
        result = replace(template, **fields, id=0, fingerprint=f"print {seed} {number}", request={"prompt": prompt})
        begun = journal.begin(Entry(result, identity=service.url), Allowance(9), reuse=False)
        assert isinstance(begun, Entry)
        begun = journal.move(begun, state=State.SENT)
        if number == 0:
            begun = journal.move(begun, state=State.SUBMITTED, task_id=f"70000000000000{seed}", result_action="")
            journal.leave(begun)


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_rows_of_every_kind(browser: Browser, panel: Panel, service: Gateway, tmp_path: Path, locale: str) -> None:
    words = WORDS[locale]
    fill(panel, service, 7000 + 100 * (locale == "zh"))
    charged = service.charged
    with opened(browser, panel.url, more={"Comfy.Locale": locale}) as page:
        page.get_by_text(f"{words['open']}").wait_for()
        waiting = rows(page).filter(has_text=words["paid"])
        waiting.nth(1).wait_for()
        still_open = page.locator(".volcv-r-open-calls [role=listitem]")
        assert still_open.count() == 3 and rows(page).count() == 3
        page.wait_for_timeout(500)
        page.locator(".volcv-r-spending summary").click()
        shoot(page, tmp_path, f"results-paid-{locale}")
        page.locator(".volcv-r-spending summary").click()
        shown = page.locator(".volcv-results").inner_text()
        assert ("of 100" if locale == "en" else "/ 100") in shown
        assert not any(name in shown for name in ("paid_", "open_", "spent_", "..."))
        late = rows(page).filter(has_text="did not arrive")
        late.locator(".volcv-r-open").click()
        view = dialog(page)
        view.get_by_text(words["paid"]).wait_for()
        assert view.get_by_role("link").count() == 0
        shoot(page, tmp_path, f"results-paid-{locale}-large")
        page.keyboard.press("Escape")
        service.clear()
        late.get_by_role("button", name=words["fetch"]).click()
        late.locator(".volcv-r-loaded").wait_for()
        shoot(page, tmp_path, f"results-paid-{locale}-fetched")
        broken = rows(page).filter(has_text="cannot be read")
        broken.get_by_role("button", name=words["fetch"]).click()
        page.locator(".p-toast-message-error").wait_for()
        shoot(page, tmp_path, f"results-paid-{locale}-error")
        broken.get_by_role("button", name=words["discard"]).click()
        shoot(page, tmp_path, f"results-paid-{locale}-sure")
        broken.get_by_role("button", name=words["discard"]).click()
        broken.wait_for(state="detached")
        lost = still_open.filter(has_text="was lost")
        lost.get_by_role("button", name=words["dismiss"]).click()
        lost.wait_for(state="detached")
        elsewhere = still_open.filter(has_text="of the command")
        assert elsewhere.get_by_role("button").count() == 0
        panel.store.journal.owner.close()
        elsewhere.get_by_role("button", name=words["dismiss"]).click()
        elsewhere.wait_for(state="detached")
    assert service.charged == 0 < charged


def test_a_large_view_fetches_and_discards(browser: Browser, panel: Panel, service: Gateway) -> None:
    service.inject(DOWN)
    fail(panel, 7300, "a picture that did not arrive", return_url=True)
    with opened(browser, panel.url) as page:
        rows(page).locator(".volcv-r-open").click()
        dialog(page).get_by_role("button", name="Fetch").click()
        page.locator(".p-toast-message-error").wait_for()
        rows(page).locator(".volcv-r-open").click()
        dialog(page).get_by_role("button", name="Discard").click()
        dialog(page).get_by_text("paid anew").wait_for()
        dialog(page).get_by_role("button", name="Discard").click()
        page.get_by_text("No results yet").wait_for()
    assert service.charged == 1


def test_strangers_cannot_fetch_in_the_page(browser: Browser, panel: Panel, service: Gateway) -> None:
    service.inject(DOWN)
    fail(panel, 7400, "a picture that did not arrive", return_url=True)

    def refuse(page: Page) -> None:
        page.route(
            "**/volcv/results?*",
            lambda route: route.fulfill(json={**route.fetch().json(), "refusal": "Only over there."}),
        )

    with opened(browser, panel.url) as page:
        refuse(page)
        page.get_by_role("searchbox").fill("arrive")
        page.get_by_text("1 found").wait_for()
        for name in ("Fetch", "Discard"):
            pressed = rows(page).get_by_role("button", name=name)
            until(pressed.is_disabled)
            assert pressed.get_attribute("title") == "Only over there."


def test_fetching_over_http(panel: Panel, service: Gateway) -> None:
    service.inject(DOWN)
    fail(panel, 7500, "a picture that did not arrive", return_url=True)
    (row,) = panel.results()
    path = f"/results/{row['id']}/fetch"
    assert panel.send("POST", path, Origin="https://evil.example").status_code == 403
    assert panel.send("POST", path, **{"Content-Type": "text/plain"}).status_code == 400
    failed = panel.send("POST", path)
    assert failed.status_code == 400 and "volcv recall" in failed.json()["error"]
    service.clear()
    assert panel.send("POST", path).json() == {"outcome": "fetched", "notes": []}
    assert panel.results()[0]["state"] == "complete" and service.charged == 0
    assert panel.send("POST", "/results/99999/fetch").status_code == 400


def test_the_recall_node_fetches(panel: Panel, service: Gateway) -> None:
    service.inject(DOWN)
    fail(panel, -1, "a picture that did not arrive", return_url=True)
    (row,) = panel.results()
    graph = {"1": node("Volcv_recall", "", request_id=row["name"], newest=1), "2": save("1")}
    with Client(panel.url) as client:
        assert client.run(graph).end == "execution_error"
        service.clear()
        done = client.run(graph)
        assert done.end == "execution_success" and len(client.pictures(done, "2")) == 1
    assert service.charged == 0 and panel.results()[0]["state"] == "complete"


def test_the_recall_node_stops_waiting_for_a_task(panel: Panel, service: Gateway) -> None:
    edit = node("Volcv_seededit_v3_0", "", image=["1", 0], prompt="make it night", scale=0.5, seed=7600, count=1)
    picture = node("Volcv_example_picture", "", picture="landscape")
    service.inject(Fault(task="in_queue"))
    with Client(panel.url) as client:
        for graph in ({"1": picture, "2": edit, "3": save("2")}, None):
            task_id = panel.open()[0]["task_id"] if graph is None else ""
            recall = {"1": node("Volcv_recall", "", request_id=task_id, newest=1), "2": save("1")}
            began = time.monotonic()
            prompt = client.queue(graph or recall)
            until(lambda: [one["phase"] for one in panel.calls()] == ["in_queue"], 30)
            assert panel.open() == []
            client.interrupt()
            assert client.follow(prompt, began).end == "execution_interrupted"
            until(lambda: len(panel.open()) == 1)
    assert service.charged == 1
