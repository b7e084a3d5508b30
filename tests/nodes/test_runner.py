"""A node's run with a host of our own, against the sandbox over real HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from volcv_pack.nodes import runner
from volcv_pack.nodes.runner import NodeResult, run_model
from volcv_pack.nodes.status import NodeStatus
from volcv_pack.volcv_client.catalog import model
from volcv_pack.volcv_client.errors import BatchError, Cancelled, ModerationError, SetupError, StoreError

from tests.gateway import Fault, Gateway

TEXT_TO_IMAGE = model("high_aes_general_v14")
OUTPAINTING = model("i2i_outpainting")
CONTROLNET = model("high_aes_scheduler_svr_controlnet_v2.0")
PRODUCT = model("img2img_e_commerce_style")
KEY = "test-key-0123456789"


@dataclass
class FakeHost:
    """Records what a node would show; ``stop`` interrupts."""

    lines: list[str] = field(default_factory=list)
    bars: list[tuple[float, int]] = field(default_factory=list)
    stop: bool = False

    def status(self, text: str) -> None:
        self.lines.append(text)

    def outcome(self, status: NodeStatus) -> None:
        self.lines.append(str(status))

    async def progress(self, done: float, total: int) -> None:
        self.bars.append((done, total))

    def interrupted(self) -> bool:
        return self.stop


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setenv("VOLCV_HOME", str(tmp_path))
    monkeypatch.setenv("VOLCV_LANG", "en")
    monkeypatch.setenv("VOLCV_API_KEY", KEY)
    with Gateway(api_keys=(KEY,)) as server:
        monkeypatch.setenv("VOLCV_BASE_URL", server.url)
        yield server


def run(which: Any, host: FakeHost | None = None, **inputs: Any) -> tuple[torch.Tensor, str, list[dict[str, Any]]]:
    result = asyncio.run(run_model(which, inputs, host or FakeHost()))
    images, text, response = result.images, result.text, result.response
    return images, text, json.loads(response)


def recall(request_id: str, newest: int) -> NodeResult:
    return asyncio.run(runner.recall(request_id, newest, FakeHost()))


def test_text_to_image_with_defaults_left_out(gateway: Gateway) -> None:
    host = FakeHost()
    images, text, (entry,) = run(TEXT_TO_IMAGE, host, prompt="a red fox", width=320, height=256)
    assert images.shape == (1, 256, 320, 3) and images.dtype == torch.float32
    assert images.min() >= 0 and images.max() <= 1 and images.std() > 0.02
    assert text.splitlines() and entry["texts"]
    assert set(entry) == {"request_id", "seed", "seconds", "image_urls", "texts", "cost", "reused"}
    assert entry["seed"] is None and entry["reused"] is False
    assert host.bars[0] == (0, 1) and host.bars[-1] == (1, 1)
    assert "1 call charged" in host.lines[-1]


def test_a_batch_gives_batch_times_count_calls_in_order(gateway: Gateway) -> None:
    batch = torch.stack([torch.full((64, 96, 3), level) for level in (0.2, 0.8)])
    images, _, entries = run(
        OUTPAINTING, image=batch, top=0.0, bottom=0.0, left=0.5, right=0.0, seed=7, count=2, max_width=4096
    )
    assert [entry["seed"] for entry in entries] == [7, 8, 7, 8]
    assert images.shape == (4, 64, 144, 3)
    levels = [float(picture[20:40, 110:140].mean()) for picture in images]
    assert levels == pytest.approx([0.2, 0.2, 0.8, 0.8], abs=0.05)


def test_a_fixed_seed_is_reused_and_says_so(gateway: Gateway) -> None:
    inputs = {"prompt": "a red fox", "seed": 5}
    first, *_ = run(TEXT_TO_IMAGE, **inputs)
    host = FakeHost()
    second, _, (entry,) = run(TEXT_TO_IMAGE, host, **inputs)
    assert torch.equal(first, second) and entry["reused"] and gateway.charged == 1
    assert "not charged" in host.lines[-1]


def test_seed_minus_one_is_a_new_picture_every_time(gateway: Gateway) -> None:
    for _ in range(2):
        run(TEXT_TO_IMAGE, prompt="a red fox", seed=-1)
    assert gateway.charged == 2


def test_branch_values_arrive_flat_on_the_wire(gateway: Gateway) -> None:
    composition = {"composition": "automatic", "canvas_width": 640, "canvas_height": 480, "auto_scale": 0.5}
    images, *_ = run(
        PRODUCT, product_image=torch.rand(1, 64, 64, 3), positive_prompt="table", composition=composition, light="none"
    )
    body = gateway.requests[-1].body
    assert body is not None and body["auto_composition_switch"] is True
    assert (body["canvas_width"], body["canvas_height"], body["auto_scale"], body["auto_offset_x"]) == (
        640,
        480,
        0.5,
        50,
    )
    assert images.shape[1:3] == (480, 640)


def test_controls_are_sent_in_the_order_in_which_they_were_chained(gateway: Gateway) -> None:
    chain = ((torch.rand(1, 32, 32, 3), "canny", 0.3), (torch.rand(1, 48, 32, 3), "pose", 0.9))
    run(CONTROLNET, image=torch.rand(1, 64, 64, 3), prompt="a dog", more_controls=chain)
    body = gateway.requests[-1].body
    assert body is not None and len(body["binary_data_base64"]) == 3
    assert body["controlnet_args"] == [
        {"type": "depth", "binary_data_index": 0, "strength": 0.6},
        {"type": "canny", "binary_data_index": 1, "strength": 0.3},
        {"type": "pose", "binary_data_index": 2, "strength": 0.9},
    ]


def test_cannys_edge_map_is_not_lost(gateway: Gateway) -> None:
    host = FakeHost()
    images, *_ = run(CONTROLNET, host, image=torch.rand(1, 64, 64, 3), prompt="a dog", control_type="canny")
    assert images.shape[0] == 2 and "2 pictures" in host.lines[-1]


def test_an_empty_mask_counts_as_none(gateway: Gateway) -> None:
    host = FakeHost()
    run(OUTPAINTING, host, image=torch.rand(1, 64, 64, 3), mask=torch.zeros(1, 64, 64), top=0.5)
    body = gateway.requests[-1].body
    assert body is not None and len(body["binary_data_base64"]) == 1 and body["top"] == 0.5
    assert "mask selects nothing" in host.lines[-1]


def test_nothing_configured_is_one_sentence_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VOLCV_API_KEY", "VOLCV_BASE_URL", "VOLCV_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VOLCV_HOME", str(tmp_path))
    with pytest.raises(SetupError, match="VOLCV_BASE_URL and VOLCV_API_KEY"):
        run(TEXT_TO_IMAGE, prompt="a red fox")


def test_a_refusal_is_raised_with_its_facts_and_shown_on_the_node(gateway: Gateway) -> None:
    gateway.inject(Fault(code=50411))
    host = FakeHost()
    with pytest.raises(ModerationError) as caught:
        run(TEXT_TO_IMAGE, host, prompt="a red fox", seed=1)
    assert caught.value.code == 50411 and caught.value.request_id in str(caught.value)
    assert host.lines[-1].startswith(f"Use another picture.\n{caught.value.message}\n[")
    assert caught.value.facts() in host.lines[-1]


def test_what_the_gateway_says_is_plain_text_on_the_node(gateway: Gateway) -> None:
    gateway.inject(Fault(code=50412, message="[[click|https://evil.example]] <a href='//e'>x</a>"))
    host = FakeHost()
    with pytest.raises(ModerationError):
        run(TEXT_TO_IMAGE, host, prompt="a cat")
    assert "click" in host.lines[-1]
    assert not any(start in line for line in host.lines for start in ("[[", "<a", "https://evil"))


def test_one_refused_picture_in_a_batch_costs_one_call_on_the_next_run(gateway: Gateway) -> None:
    gateway.inject(Fault(code=50511, match=lambda body: body["seed"] == 3))
    with pytest.raises(BatchError, match="Picture 3"):
        run(TEXT_TO_IMAGE, prompt="a red fox", seed=1, count=4)
    assert gateway.charged == 3
    images, *_ = run(TEXT_TO_IMAGE, prompt="a red fox", seed=1, count=4)
    assert images.shape[0] == 4 and gateway.charged == 4


def test_skip_returns_what_succeeded_and_says_what_is_missing(gateway: Gateway) -> None:
    gateway.inject(Fault(code=50511, match=lambda body: body["seed"] == 2))
    images, text, entries = run(TEXT_TO_IMAGE, prompt="a red fox", seed=1, count=3, on_refusal="skip")
    assert images.shape[0] == 2 and "Picture 2" in text
    assert "50511" in entries[1]["error"] and entries[2]["seed"] == 3


def test_interrupt_ends_the_node_at_once_and_the_paid_picture_is_kept(gateway: Gateway) -> None:
    gateway.inject(Fault(delay=1.5))
    host = FakeHost()

    async def interrupted_run() -> float:
        task = asyncio.create_task(run_model(TEXT_TO_IMAGE, {"prompt": "a red fox", "seed": 9}, host))
        while not gateway.peak_in_flight:
            await asyncio.sleep(0.02)
        host.stop = True
        began = time.monotonic()
        with pytest.raises(Cancelled):
            await task
        return time.monotonic() - began

    assert asyncio.run(interrupted_run()) < 0.5
    deadline = time.monotonic() + 10
    while not gateway.charged and time.monotonic() < deadline:
        time.sleep(0.05)
    _, _, (entry,) = run(TEXT_TO_IMAGE, prompt="a red fox", seed=9)
    assert entry["reused"] and gateway.charged == 1


def test_a_torn_down_loop_loses_no_paid_picture(gateway: Gateway) -> None:
    gateway.inject(Fault(delay=1.0))

    async def torn_down() -> None:
        asyncio.get_running_loop().create_task(run_model(TEXT_TO_IMAGE, {"prompt": "a fox", "seed": 4}, FakeHost()))
        while not gateway.peak_in_flight:
            await asyncio.sleep(0.02)

    asyncio.run(torn_down())
    _, _, (entry,) = run(TEXT_TO_IMAGE, prompt="a fox", seed=4)
    assert entry["reused"] and gateway.charged == 1


def test_a_blocked_loop_changes_nothing(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_TIMEOUT", "1")

    async def with_a_sampler_in_the_way() -> NodeResult:
        task = asyncio.create_task(run_model(TEXT_TO_IMAGE, {"prompt": "a fox", "seed": 6}, FakeHost()))
        await asyncio.sleep(0.3)
        time.sleep(2)
        return await task

    images = asyncio.run(with_a_sampler_in_the_way()).images
    assert images.shape == (1, 512, 512, 3)


def test_two_nodes_run_side_by_side(gateway: Gateway) -> None:
    gateway.inject(Fault(delay=1.0, times=2))

    async def both() -> None:
        await asyncio.gather(
            *(run_model(TEXT_TO_IMAGE, {"prompt": "a fox", "seed": seed}, FakeHost()) for seed in (1, 2))
        )

    asyncio.run(both())
    assert gateway.peak_in_flight == 2


def test_recall_brings_back_by_id_and_the_newest(gateway: Gateway) -> None:
    with pytest.raises(StoreError):
        recall("", 1)
    made = [run(TEXT_TO_IMAGE, prompt="a fox", seed=seed) for seed in (1, 2)]
    recalled = recall(made[0][2][0]["request_id"], 1)
    assert "not charged" in str(recalled.status)
    images, response = recalled.images, recalled.response
    assert torch.equal(images, made[0][0]) and json.loads(response)[0]["reused"]
    newest = recall("", 2).images
    assert torch.equal(newest[0], made[1][0][0]) and torch.equal(newest[1], made[0][0][0])
    with pytest.raises(StoreError, match="no-such-id"):
        recall("no-such-id", 1)


def test_eight_pictures_need_no_more_threads_than_two_in_flight_and_two_to_spare(gateway: Gateway) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    run(TEXT_TO_IMAGE, prompt="a fox", seed=100, count=8)
    workers = [one for one in threading.enumerate() if one.ident not in before and one.name.startswith("volcv-")]
    assert 1 <= len([one for one in workers if one.name not in ("volcv-sweep", "volcv-heartbeat")]) <= 4


def test_the_bar_moves_while_one_call_waits_and_says_how_long_it_takes(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "BAR_SECONDS", 0.05)
    gateway.inject(Fault(stall=1.0))
    host = FakeHost()
    run(TEXT_TO_IMAGE, host, prompt="a red fox", seed=77)
    shares = [done for done, _ in host.bars]
    assert shares == sorted(shares) and len(shares) > 5 and shares[-1] == 1
    assert 0 < shares[-2] < 1
    assert any("about 16 s left" in line for line in host.lines)


def test_an_interrupted_run_says_that_nothing_is_lost(gateway: Gateway) -> None:
    host = FakeHost(stop=True)
    with pytest.raises(Cancelled):
        run(TEXT_TO_IMAGE, host, prompt="a red fox", seed=78)
    assert host.lines[-1].startswith("Stopped.")
