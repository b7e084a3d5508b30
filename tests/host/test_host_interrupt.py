"""Interrupt in every state of a call: the prompt ends as interrupted, at once, and nothing unsent is sent."""

from __future__ import annotations

import base64
import io
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.gateway import Fault, Gateway
from tests.host.client import Client
from tests.host.graphs import save, text_to_image
from tests.host.server import ComfyServer

LATENCY = 0.5
"""Seconds that the design allows between the interrupt and the end of the prompt."""


def huge(answer: dict[str, Any]) -> dict[str, Any]:
    """A picture that takes a second or more to decode, though its file is small."""
    buffer = io.BytesIO()
    Image.new("RGB", (9_000, 9_000), "teal").save(buffer, "PNG", compress_level=1)
    answer["data"]["binary_data_base64"] = [base64.b64encode(buffer.getvalue()).decode()]
    return answer


@dataclass(frozen=True)
class State:
    """How a call gets into a state, the status line that shows it, and the calls that reach the gateway."""

    shown: str
    calls: int
    faults: tuple[Fault, ...] = ()
    inputs: dict[str, Any] = field(default_factory=dict)


STATES = {
    "waiting for the answer": State("at the service", 1, (Fault(stall=2.5),)),
    "in the limiter's queue": State("at the service, 1 s (2x)", 2, (Fault(stall=2.5, times=2),), {"count": 4}),
    "in back-off": State("trying again soon", 1, (Fault(code=50429, headers={"Retry-After": "30"}),)),
    "downloading": State("downloading", 1, (Fault(where="file", stall=2.5),), {"return_url": True}),
    "decoding": State("decoding", 1, (Fault(edit=huge),)),
}


def interrupt_when(client: Client, graph: dict[str, Any], shown: str) -> tuple[str, float]:
    """How a prompt ended that was interrupted once its node showed that line, and the seconds that took."""
    began = time.monotonic()
    prompt = client.queue(graph)
    lines: list[str] = []
    while not any(shown in line for line in lines):
        run = client.follow(prompt, began, until="volcv.status", seconds=20)
        assert not run.end, f"ended as {run.end} before it showed {shown!r}: {lines}"
        lines += run.texts.get("1", [])
    interrupted = time.monotonic()
    client.interrupt()
    done = client.follow(prompt, began)
    return done.end, began + done.seconds - interrupted


@pytest.mark.parametrize("name", STATES)
def test_interrupt(client: Client, gateway: Gateway, seed: int, name: str) -> None:
    state = STATES[name]
    gateway.inject(*state.faults)
    end, latency = interrupt_when(client, {"1": text_to_image(seed, **state.inputs), "2": save("1")}, state.shown)
    print(f"{name}: {latency:.3f} s")
    assert end == "execution_interrupted"
    assert latency < LATENCY
    deadline = time.monotonic() + 5
    while len(gateway.requests) < state.calls and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    assert len(gateway.requests) == state.calls, "what was not sent when the user interrupted is never sent"


@pytest.fixture
def silent_gateway() -> Iterator[str]:
    """An address that takes no connection: its queue is full and nobody accepts."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"
        for filler in fillers:
            filler.close()


def test_interrupt_while_connecting(comfy: Path, silent_gateway: str, tmp_path: Path) -> None:
    settings = {"VOLCV_BASE_URL": silent_gateway, "VOLCV_API_KEY": "key-0123456789"}
    with ComfyServer(comfy, tmp_path, settings) as server, Client(server.url) as client:
        end, latency = interrupt_when(client, {"1": text_to_image(1), "2": save("1")}, "at the service")
    print(f"connecting: {latency:.3f} s")
    assert end == "execution_interrupted"
    assert latency < LATENCY
