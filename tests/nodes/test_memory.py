"""Nothing of a finished run stays in memory: no reference cycle on success, failure or cancel."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from volcv_pack.nodes.runner import clients, run_model
from volcv_pack.volcv_client.catalog import model
from volcv_pack.volcv_client.errors import Cancelled, VolcvError

from tests.gateway import Fault, Gateway

KEY = "canary-memory-20c1"
SIDE, NUMBER = 256, 6
BATCH_BYTES = NUMBER * SIDE * SIDE * 3 * 4
"""Of the pictures that go in; those that come out are at least as large."""
LEAK_BYTES = BATCH_BYTES / 20
"""Below what one encoded picture of each run would leave behind; the rest of a run leaves a quarter of it."""


class Host:
    """``stop``: whether the user interrupts as soon as a call is at the service."""

    def __init__(self, gateway: Gateway, stop: bool) -> None:
        self._gateway = gateway
        self._stop = stop

    def status(self, text: str) -> None: ...

    def outcome(self, status: Any) -> None: ...

    async def progress(self, done: float, total: int) -> None: ...

    def interrupted(self) -> bool:
        return self._stop and len(self._gateway.requests) > 0


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with Gateway(api_keys=(KEY,)) as server:
        monkeypatch.setenv("VOLCV_BASE_URL", server.url)
        monkeypatch.setenv("VOLCV_API_KEY", KEY)
        yield server


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Objects go when their last reference goes, or not at all."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.enable()


def inputs(seed: int) -> dict[str, Any]:
    """Pictures in memory that is traced, which torch's own is not."""
    pictures = np.random.default_rng(abs(seed)).random((NUMBER, SIDE, SIDE, 3), dtype=np.float32)
    return {"image": torch.from_numpy(pictures), "prompt": "a wide lake", "seed": seed, "right": 0.1}


def run_node(gateway: Gateway, seed: int, stop: bool = False) -> None:
    """One node's run. As in ComfyUI, the traceback of an error stays in a local variable, which is a cycle."""

    async def node() -> None:
        try:
            await run_model(model("i2i_outpainting"), inputs(seed), Host(gateway, stop))
        except (VolcvError, Cancelled):
            _, _, traceback = sys.exc_info()
            assert traceback is not None

    asyncio.run(node())


def grown(run: Callable[[int], None], gateway: Gateway) -> int:
    """Bytes that three runs leave behind, after one that warms up, once their threads have ended their work."""

    def used(seed: int) -> int:
        run(seed)
        while clients.shared.active_calls():
            time.sleep(0.01)
        gateway.clear()
        return tracemalloc.get_traced_memory()[0]

    before = used(0)
    after = max(used(seed) for seed in (1, 2, 3))
    deadline = time.monotonic() + 5
    while after - before >= LEAK_BYTES and time.monotonic() < deadline:
        time.sleep(0.05)
        after = tracemalloc.get_traced_memory()[0]
    return after - before


def test_after_success(gateway: Gateway, no_collector: None) -> None:
    assert grown(lambda seed: run_node(gateway, seed), gateway) < LEAK_BYTES


def test_after_an_error_of_one_picture(gateway: Gateway, no_collector: None) -> None:
    def run(seed: int) -> None:
        gateway.inject(Fault(code=50411, times=1))
        run_node(gateway, seed)

    assert grown(run, gateway) < LEAK_BYTES


def test_after_an_error_of_all_of_them(gateway: Gateway, no_collector: None) -> None:
    def run(seed: int) -> None:
        gateway.inject(Fault(status=401, times=None))
        run_node(gateway, seed)

    assert grown(run, gateway) < LEAK_BYTES


def test_after_a_retry(gateway: Gateway, no_collector: None) -> None:
    def run(seed: int) -> None:
        gateway.inject(Fault(code=50500, times=1))
        run_node(gateway, seed)

    assert grown(run, gateway) < LEAK_BYTES


def test_after_an_answer_that_cannot_be_decoded(gateway: Gateway, no_collector: None) -> None:
    def run(seed: int) -> None:
        gateway.inject(Fault(edit=broken, times=2))
        run_node(gateway, seed)

    assert grown(run, gateway) < LEAK_BYTES


def broken(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "data": {**answer["data"], "binary_data_base64": ["AAAA"]}}


def test_after_cancelling(gateway: Gateway, no_collector: None) -> None:
    gateway.inject(Fault(delay=0.3, times=None))

    def run(seed: int) -> None:
        run_node(gateway, seed, stop=True)

    assert grown(run, gateway) < LEAK_BYTES


def test_after_invalid_inputs(gateway: Gateway, no_collector: None) -> None:
    assert grown(lambda seed: run_node(gateway, -5 - seed), gateway) < LEAK_BYTES
