"""A client of the settings panel's routes, and a ComfyUI that other computers can reach."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
import requests

from tests.host.browser import settings
from tests.host.server import ComfyServer

JSON = {"Content-Type": "application/json"}


PUBLIC = (
    *("/", "/extensions", "/i18n", "/object_info", "/settings", "/system_stats", "/volcv/status"),
    *("/history", "/queue", "/internal/logs", "/internal/logs/raw"),
    *("/userdata?dir=&recurse=true", "/v2/userdata", "/userdata/comfy.settings.json"),
    *("/userdata/..%2f__volcv%2fconfig.json", "/userdata/%2e%2e%2f__volcv%2fconfig.json"),
    "/view?filename=config.json&subfolder=../user/__volcv&type=output",
)
"""What ComfyUI gives to anyone who asks, and ways out of its folders."""


class OpenServer(ComfyServer):
    """A ComfyUI that other computers can reach."""

    def command(self) -> list[str]:
        return [*super().command(), "--listen", "0.0.0.0"]


class Panel:
    """What the panel's page does, without the page."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        data = json.dumps({} if body is None else body)
        return self.http.request(method, f"{self.url}/volcv{path}", data=data, headers={**JSON, **headers}, timeout=60)

    def status(self) -> dict[str, Any]:
        answer = self.http.get(f"{self.url}/volcv/status", timeout=30)
        answer.raise_for_status()
        assert answer.headers["Cache-Control"] == "no-store"
        found: dict[str, Any] = answer.json()
        return found

    def save(self, **values: object) -> dict[str, Any]:
        answer = self.send("POST", "/settings", {"values": values})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def test(self) -> dict[str, Any]:
        answer = self.send("POST", "/test")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def reset(self) -> None:
        """As after installation, with ComfyUI in English."""
        for name in self.status()["profiles"]:
            self.send("DELETE", f"/profile/{name}")
        self.send("POST", "/profile", {"active": "default"})
        self.send("POST", "/settings", {"language": "auto"})
        self.send("POST", "/locale", {"locale": "en"})
        settings(self.url, {"Comfy.Locale": "en", "Comfy.ColorPalette": "dark"})


def own_address() -> str:
    """An address of this computer that is not loopback. Nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("198.51.100.1", 9))
        except OSError:
            pytest.skip("this computer has no network address")
        address = str(one.getsockname()[0])
    return address if not address.startswith("127.") else pytest.skip("this computer has no network address")
