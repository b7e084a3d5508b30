"""The sandbox's film outside the pack: played by a browser, and brought back into a graph by ComfyUI's own loader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.gateway.helpers import FILM, poll, submit
from tests.generate.workflows import node
from tests.generate.workflows.convert import complete
from tests.host.browser import chromium, find_chromium
from tests.host.client import Client, differences, pixels
from tests.host.server import ComfyServer
from tests.support.film import frames_of, size_of
from volcv_client.sandbox import SandboxServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

PLAYED = """async () => {
  const video = document.querySelector("video");
  await video.play();
  while (video.currentTime < 1) await new Promise((done) => setTimeout(done, 50));
  return { ready: video.readyState, seconds: video.duration, size: [video.videoWidth, video.videoHeight] };
}"""


@pytest.fixture(scope="module")
def film_url() -> Iterator[str]:
    with SandboxServer() as server:
        data = poll(server, FILM, submit(server, FILM, aspect_ratio="21:9")).json()["data"]
        yield str(data["video_url"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium(find_chromium() or "") as one:
        yield one.new_page()


def test_a_browser_plays_it(browser: Page, film_url: str) -> None:
    browser.set_content(f'<video src="{film_url}" muted></video>')
    found = browser.evaluate(PLAYED)
    assert found["ready"] >= 2
    assert (found["seconds"], found["size"]) == (5, [368, 160])


def test_comfyui_loads_it_into_a_graph(
    host: ComfyServer, client: Client, object_info: dict[str, Any], film_url: str
) -> None:
    data = requests.get(film_url, timeout=5).content
    (host.folder / "input" / "film.mp4").write_bytes(data)
    graph = {
        "1": node("LoadVideo", "Film", file="film.mp4"),
        "2": node("GetVideoComponents", "Frames", video=["1", 0]),
        "3": node("PreviewImage", "Frames", images=["2", 0]),
    }
    values = {**object_info, "LoadVideo": client.object_info()["LoadVideo"]}
    run = client.run(complete(graph, values))
    assert run.end == "execution_success", run.error.get("exception_message")
    shown, frames = client.pictures(run, "3"), frames_of(data)
    assert (len(shown), shown[0].size) == (120, size_of(data))
    for first, last in ((0, 0), (-1, -1)):
        assert differences(pixels(shown[first]), pixels(frames[last])) < 3
