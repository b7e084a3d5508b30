"""What the tests of the results panel share: its routes without the page, and results to look at."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import requests
from PIL import Image

from tests.host.client import Client
from tests.host.graphs import save, text_to_image
from tests.host.server import ComfyServer
from volcv_client.results import Result, ResultStore

KEY = "sk-results-canary-4c9a07d1e2"
JSON = {"Content-Type": "application/json"}


class Panel:
    """What the panel's page does, without the page."""

    def __init__(self, server: ComfyServer) -> None:
        self.url = server.url
        self.store = ResultStore(server.folder / "user" / "__volcv" / "results", 2**40)
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

    def fill(self, count: int) -> None:
        """Results as if they had been made, quickly."""
        buffer = io.BytesIO()
        Image.linear_gradient("L").convert("RGB").save(buffer, "JPEG")
        for number in range(count):
            one = Result(
                request_id=f"20261121{number:026d}",
                req_key="high_aes_general_v14",
                fingerprint=f"filled {number}",
                reusable=True,
                seed=number,
                seconds=3.0,
                cost=None,
                texts={},
                image_urls=(),
                request={"prompt": f"filled {number}"},
                created=time.time() - 90 * 86400,
            )
            self.store.save(one, [buffer.getvalue()])


def make(panel: Panel, *prompts: str, seed: int = 1) -> None:
    """Results of real runs, one per prompt, in order."""
    with Client(panel.url) as client:
        for number, prompt in enumerate(prompts):
            graph = {"1": text_to_image(seed + number, prompt), "2": save("1")}
            assert client.run(graph).end == "execution_success"


def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
