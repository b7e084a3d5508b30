"""Paid calls of a ComfyUI that ends

Each scene runs a request of fixed seed in a real ComfyUI, ends it, starts it again and runs the same graph.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Fault, Gateway
from tests.host.client import Client
from tests.host.conftest import KEY
from tests.host.graphs import save, text_to_image
from tests.host.server import ComfyServer
from tests.scenes.conftest import Record
from tests.scenes.conftest import record as record
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals for one process")
WAITS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM}


Graph = dict[str, Any]


@contextmanager
def comfyui(comfy: Path, folder: Path, gateway: Gateway, graph: Graph) -> Iterator[ComfyServer]:
    """A ComfyUI to which the graph was sent."""
    with ComfyServer(comfy, folder, {"VOLCV_BASE_URL": gateway.url, "VOLCV_API_KEY": KEY}) as server:
        with Client(server.url) as client:
            client.queue(graph)
        yield server


def run_again(server: ComfyServer, graph: Graph) -> list[str]:
    """The status lines of the node after ComfyUI was started again."""
    server.start()
    with Client(server.url) as client:
        ran = client.run(graph)
    assert ran.end == "execution_success" and ran.files("2")
    return ran.texts.get("1", [])


@pytest.mark.parametrize("end", WAITS)
def test_while_the_service_works(end: str, comfy: Path, tmp_path: Path, record: Record) -> None:
    graph = {"1": text_to_image(7), "2": save("1")}
    with Gateway(api_keys=(KEY,), faults=[Fault(stall=3.0)]) as gateway:
        with comfyui(comfy, tmp_path, gateway, graph) as server:
            until(lambda: gateway.charged == 1, 30)
            assert server.end(WAITS[end]) < 9.0
            assert "1 paid call is at the service" in server.log
            assert any("not charged" in line for line in run_again(server, graph))
        assert gateway.charged == 1
    record(f"{end} while the service works", 1, gateway.charged, "ComfyUI waits for the answer; the next run reuses it")


def test_killed_while_the_link_downloads(comfy: Path, tmp_path: Path, record: Record) -> None:
    graph = {"1": text_to_image(7, return_url=True), "2": save("1")}
    with Gateway(api_keys=(KEY,), faults=[Fault(where="file", stall=5.0)]) as gateway:
        with comfyui(comfy, tmp_path, gateway, graph) as server:
            until(lambda: bool(list(tmp_path.rglob("*.answer"))), 30)
            server.end(signal.SIGKILL)
            run_again(server, graph)
        assert gateway.charged == 1
    record("kill -9 while the link downloads", 1, gateway.charged, "the next run downloads it")


def test_killed_while_the_service_works(comfy: Path, tmp_path: Path, record: Record) -> None:
    graph = {"1": text_to_image(7), "2": save("1")}
    with Gateway(api_keys=(KEY,), faults=[Fault(stall=5.0)]) as gateway:
        with comfyui(comfy, tmp_path, gateway, graph) as server:
            until(lambda: gateway.charged == 1, 30)
            server.end(signal.SIGKILL)
            lines = run_again(server, graph)
        assert any("may have been charged" in line for line in lines) and gateway.charged == 2
    record("kill -9 while the service works", 2, gateway.charged, "the next run says so, and sends it again")
