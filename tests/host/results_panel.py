"""What the tests of the results panel share: servers, its routes without the page, the page, results to look at."""

from __future__ import annotations

import io
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from PIL import Image

from tests.gateway import Gateway
from tests.host.browser import chromium, find_chromium, frontend, settings
from tests.host.client import Client
from tests.host.graphs import save, text_to_image
from tests.host.server import ComfyServer, interpreter
from tests.support.results import result_fields
from tests.support.waiting import until as until
from volcv_client.errors import Charged
from volcv_client.store.entry import Entry, State
from volcv_client.store.result import Result, ResultFile
from volcv_client.store.results import ResultStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

TAB = "button:has(.volcv-r-icon)"
KEY = "sk-results-canary-4c9a07d1e2"
JSON = {"Content-Type": "application/json"}


class Panel:
    """What the panel's page does, without the page."""

    def __init__(self, server: ComfyServer) -> None:
        self.url = server.url
        self.store = ResultStore(server.folder / "user" / "__volcv" / "results")
        self.store.limit_bytes = 2**40
        self.http = requests.Session()
        self.http.trust_env = False

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.http.get(f"{self.url}/volcv{path}", timeout=30, **options)

    def send(self, method: str, path: str, **headers: str) -> requests.Response:
        return self.http.request(method, f"{self.url}/volcv{path}", data="{}", headers={**JSON, **headers}, timeout=30)

    def results(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.get("/results", params=query)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store", answer.text
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/calls").json()["calls"]
        return found

    def charged_today(self) -> int:
        return int(self.get("/charges").json()["today"]["calls"])

    def open(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/calls").json()["open"]
        return found

    def keep(self, media: bytes | Path, number: int = 0, **changes: Any) -> Entry:
        """A complete result, not of a run. A file is moved."""
        file = ResultFile(data=media) if isinstance(media, bytes) else ResultFile(media)
        fields = {
            "request_id": f"20261121{number:026d}",
            "seconds": 3.0,
            "texts": {},
            "request": {"prompt": f"filled {number}"},
            "created": time.time() - 90 * 86400,
            "files": (file,),
        }
        result = Result(**result_fields(number, **fields | changes))
        charged = Charged.YES if result.charged else Charged.NO
        return self.store.journal.move(Entry(result, State.COMPLETE, charged=charged))

    def fill(self, count: int) -> None:
        """Results as if they had been made, quickly."""
        buffer = io.BytesIO()
        Image.linear_gradient("L").convert("RGB").save(buffer, "JPEG")
        for number in range(count):
            self.keep(buffer.getvalue(), number)


@pytest.fixture(scope="module")
def service() -> Iterator[Gateway]:
    with Gateway(api_keys=(KEY,)) as one:
        yield one


@pytest.fixture(scope="module")
def server(comfy: Path, service: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    surroundings = {"VOLCV_BASE_URL": service.url, "VOLCV_API_KEY": KEY}
    with ComfyServer(comfy, tmp_path_factory.mktemp("results"), surroundings) as one:
        yield one


@pytest.fixture
def panel(server: ComfyServer, service: Gateway) -> Panel:
    """An empty store, and a gateway without faults."""
    one = Panel(server)
    one.store.clear()
    service.clear()
    until(lambda: one.calls() == [])  # those of the test before
    for entry in one.store.journal.open_entries(1000):
        one.store.forget(entry.uid)
    settings(server.url, {"Comfy.Locale": "en", "Comfy.ColorPalette": "dark"})
    return one


def make(panel: Panel, *prompts: str, seed: int = 1) -> None:
    """Results of real runs, one per prompt, in order."""
    with Client(panel.url) as client:
        for number, prompt in enumerate(prompts):
            graph = {"1": text_to_image(seed + number, prompt), "2": save("1")}
            assert client.run(graph).end == "execution_success"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("no browser")
    with chromium(executable) as one:
        yield one


@contextmanager
def opened(
    browser: Browser, url: str, *, vue_nodes: bool = False, more: Mapping[str, Any] | None = None
) -> Iterator[Page]:
    """The sidebar tab, open, with everything that it shows at first. No script may fail."""
    with frontend(browser, url, vue_nodes=vue_nodes, more=more) as page:
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.evaluate("() => window.app.graph.clear()")
        page.locator(TAB).click()
        page.wait_for_function(
            "() => /\\d|No results|\\u8fd8\\u6ca1\\u6709/.test(document.querySelector('.volcv-r-note')?.innerText)"
        )
        yield page
        assert failures == []


def rows(page: Page) -> Locator:
    return page.locator(".volcv-r-row:not(.volcv-r-empty)")


def texts(page: Page) -> list[str]:
    return rows(page).locator(".volcv-r-prompt").all_inner_texts()


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog").filter(has=page.locator(".volcv-r-stage"))


def focused(page: Page) -> str:
    return str(page.evaluate("() => document.activeElement?.closest('.volcv-r-row')?.dataset.index ?? ''"))


FILM = """
import sys, av, numpy
with av.open(sys.argv[1], "w", format="mp4") as file:
    stream = file.add_stream("libvpx-vp9", rate=12)
    stream.width, stream.height, stream.pix_fmt = 192, 108, "yuv420p"
    for place in range(36):
        frame = numpy.zeros((108, 192, 3), numpy.uint8)
        frame[..., 0], frame[..., 2] = numpy.linspace(0, 255, 192), place * 7
        frame[40:70, place * 4 : place * 4 + 30] = 255
        file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
    file.mux(stream.encode())
"""
"""Three seconds of a white box that moves to the right, for ComfyUI's own Python, which has PyAV."""


def film(comfy: Path, folder: Path) -> Path:
    """A small video that every Chromium plays."""
    path = folder / "film.mp4"
    subprocess.run([interpreter(comfy), "-c", FILM, str(path)], check=True, timeout=60)
    return path
