"""How the nodes behave inside ComfyUI: side by side, batches, seeds, interruption, failures, money."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import numpy as np
import pytest

from tests.gateway import Fault, Gateway
from tests.generate.workflows import node
from tests.host.client import Client, differences, pixels
from tests.host.graphs import outpainting, plain, save, sent_pictures, shrink, text_to_image
from tests.host.server import ComfyServer

RED, GREEN, BLUE = 0xC02020, 0x20A040, 0x2040C0


def slow(seconds: float, **match: Any) -> Fault:
    """Every request with those fields takes that long."""
    return Fault(times=None, stall=seconds, match=lambda body: all(body.get(k) == v for k, v in match.items()))


def settle(gateway: Gateway, charged: int, seconds: float = 5.0) -> None:
    """Wait until that many calls have been charged."""
    deadline = time.monotonic() + seconds
    while gateway.charged < charged and time.monotonic() < deadline:
        time.sleep(0.02)
    assert gateway.charged == charged
    time.sleep(0.2)


def sent_seeds(gateway: Gateway) -> list[int]:
    return [int((request.body or {})["seed"]) for request in gateway.requests]


def response(client: Client, graph: dict[str, Any]) -> list[dict[str, Any]]:
    """The parsed ``response`` output of node 1, by way of core's text preview."""
    done = client.run({**graph, "99": node("PreviewAny", "Response", source=["1", 2])})
    assert done.end == "execution_success", done.error
    found: list[dict[str, Any]] = json.loads(done.outputs["99"]["text"][0])
    return found


def test_two_nodes_run_side_by_side(client: Client, gateway: Gateway, seed: int) -> None:
    gateway.inject(slow(2.0))
    graph = {"1": text_to_image(seed), "2": save("1"), "3": text_to_image(seed + 1), "4": save("3")}
    done = client.run(graph)
    assert done.end == "execution_success"
    assert gateway.peak_in_flight == 2
    assert done.seconds < 3.2


def test_status_and_progress(client: Client, gateway: Gateway, seed: int) -> None:
    """The node says where its call is, moves its bar, and ends with what it cost; nobody else hears of it."""
    gateway.inject(slow(1.3))
    with Client(client.url) as other:
        done = client.run({"1": text_to_image(seed, count=2), "2": save("1")})
        assert [kind for kind, _ in other.drain(0.3) if kind in ("volcv.status", "preview")] == []
    texts = done.texts["1"]
    assert any("at the service, 1 s" in text for text in texts)
    assert texts[-1].startswith("2 pictures")
    assert "2 calls charged" in texts[-1]
    states = [event.data["nodes"].get("1", {}) for event in done.of_kind("progress_state")]
    assert {state.get("value") for state in states} >= {0, 2}
    assert max(state.get("max", 0) for state in states) == 2


def test_batch_times_count(client: Client, gateway: Gateway, seed: int) -> None:
    """B pictures and count C: B * C calls, results in order of pictures, then of seeds."""
    gateway.inject(slow(0.6, seed=seed))
    graph = {
        "1": plain(64, 48, RED),
        "2": plain(64, 48, GREEN),
        "3": node("ImageBatch", "Batch", image1=["1", 0], image2=["2", 0]),
        "4": outpainting(seed, image=["3", 0], right=1.0, count=2),
        "5": save("4"),
    }
    done = client.run(graph)
    assert done.end == "execution_success", done.error
    assert sorted(sent_seeds(gateway)) == [seed, seed, seed + 1, seed + 1]
    pictures = client.pictures(done, "5")
    assert [picture.size for picture in pictures] == [(128, 48)] * 4
    kept = [pixels(picture)[8:40, 4:60].reshape(-1, 3).mean(axis=0) for picture in pictures]
    for color, want in zip(kept, (RED, RED, GREEN, GREEN), strict=True):
        assert np.abs(color - [want >> 16, want >> 8 & 255, want & 255]).max() < 6
    grown = [pixels(picture) for picture in pictures]
    assert differences(grown[0], grown[1]) > 0.1, "another seed, another picture"


def test_repeated_batch(client: Client, gateway: Gateway, seed: int) -> None:
    """Identical pictures of a batch with a fixed seed are one request: made once, handed out three times."""
    graph = {
        "1": plain(64, 64, BLUE),
        "2": node("RepeatImageBatch", "Repeat", image=["1", 0], amount=3),
        "3": outpainting(seed, image=["2", 0]),
        "4": save("3"),
    }
    done = client.run(graph)
    assert len(done.files("4")) == 3
    assert gateway.charged == 1


def test_different_sizes_are_padded(client: Client, gateway: Gateway, seed: int) -> None:
    """An answer with two sizes becomes one batch: each picture whole, centred on black; the node says so."""
    small = client.run({"1": text_to_image(seed + 1, width=96, height=160), "2": save("1")})
    assert small.end == "execution_success"
    inline = base64.b64encode(client.file_bytes(small.files("2")[0])).decode()

    def second_picture(answer: dict[str, Any]) -> dict[str, Any]:
        answer["data"]["binary_data_base64"].append(inline)
        return answer

    gateway.inject(Fault(edit=second_picture))
    done = client.run({"1": text_to_image(seed, width=160, height=96), "2": save("1")})
    wide, tall = client.pictures(done, "2")
    assert wide.size == tall.size == (160, 160)
    assert pixels(wide)[:32].max() == 0
    assert pixels(wide)[32:128].std() > 5
    assert pixels(tall)[:, :32].max() == 0
    assert differences(pixels(tall)[:, 32:128], pixels(client.pictures(small, "2")[0])) < 1
    assert "centred on black at 160x160" in done.texts["1"][-1]


def test_random_seed_pays_every_time(client: Client, gateway: Gateway) -> None:
    graph = {"1": text_to_image(-1, "a different boat each time"), "2": save("1")}
    for _ in range(2):
        assert client.run(graph).end == "execution_success"
    assert sent_seeds(gateway) == [-1, -1]
    assert gateway.charged == 2


def test_fixed_seed_pays_once(client: Client, gateway: Gateway, seed: int) -> None:
    """Also when ComfyUI itself has forgotten the result, because another prompt ran in between."""
    graph = {"1": text_to_image(seed), "2": save("1")}
    first = client.run(graph)
    assert client.run(graph).end == "execution_success"
    assert gateway.charged == 1
    client.run({"1": text_to_image(seed + 1), "2": save("1")})
    again = client.run({"7": text_to_image(seed), "8": save("7", "another name")})
    assert gateway.charged == 2
    assert again.texts["7"][-1] == "1 picture, reused, not charged.\nSize: 128x128."
    assert differences(pixels(client.pictures(first, "2")[0]), pixels(client.pictures(again, "8")[0])) == 0


def test_response_output(client: Client, gateway: Gateway, seed: int) -> None:
    entries = response(client, {"1": text_to_image(seed, count=2), "2": save("1")})
    assert [entry["seed"] for entry in entries] == [seed, seed + 1]
    assert all(entry["request_id"] and not entry["reused"] for entry in entries)
    assert set(entries[0]) == {"request_id", "seed", "seconds", "image_urls", "texts", "cost", "reused"}


def test_pad_image_for_outpainting(client: Client, gateway: Gateway, seed: int) -> None:
    """Core's node feeds it directly, feathered mask and all; the sides are not sent then."""
    graph = {
        "1": plain(128, 96, RED),
        "2": node("ImagePadForOutpaint", "Pad", image=["1", 0], left=64, top=0, right=64, bottom=32, feathering=16),
        "3": outpainting(seed, image=["2", 0], mask=["2", 1], right=0.25),
        "4": save("3"),
    }
    done = client.run(graph)
    assert done.end == "execution_success", done.error
    assert client.pictures(done, "4")[0].size == (256, 128)
    body = gateway.requests[0].body or {}
    assert not {"top", "bottom", "left", "right"} & set(body)
    picture, mask = sent_pictures(body)
    assert (picture.size, mask.size, mask.mode) == ((256, 128), (256, 128), "L")
    row = np.asarray(mask)[40]
    assert (row[:64].min(), row[100:150].max(), row[192:].min()) == (255, 0, 255)
    assert 0 < row[70] < 255, "the feathering is kept"


def test_interrupt_while_waiting(client: Client, gateway: Gateway, seed: int) -> None:
    """Ends at once and as an interruption; what was sent is finished, stored and not paid again."""
    gateway.inject(slow(2.0))
    graph = {"1": text_to_image(seed), "2": save("1")}
    began = time.monotonic()
    prompt = client.queue(graph)
    deadline = began + 5
    while not gateway.requests and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    pressed = time.monotonic() - began
    client.interrupt()
    done = client.follow(prompt, began)
    assert done.end == "execution_interrupted"
    assert done.seconds - pressed < 0.5
    assert done.error == {}
    settle(gateway, 1)
    time.sleep(2.0)
    gateway.clear()
    again = client.run(graph)
    assert again.end == "execution_success"
    assert gateway.requests == []
    assert again.texts["1"][-1] == "1 picture, reused, not charged.\nSize: 128x128."


@pytest.mark.parametrize("code", [50412, 50400])
def test_refusal_is_an_error(client: Client, gateway: Gateway, seed: int, code: int) -> None:
    """Code, request id and a way out are in the message; there is no picture, and no second attempt."""
    gateway.inject(Fault(code=code, times=None))
    done = client.run({"1": text_to_image(seed), "2": save("1")})
    assert done.end == "execution_error"
    assert done.error["node_id"] == "1"
    message = done.error["exception_message"]
    assert str(code) in message
    assert "request id" in message
    assert all(part in message for part in done.texts["1"][-1].splitlines()[1:])
    assert done.outputs == {}
    assert len(gateway.requests) == 1
    assert gateway.charged == 0


def test_refused_parameter_names_the_request(client: Client, gateway: Gateway, seed: int) -> None:
    """The sandbox's own refusal, with the request id of its answer."""
    done = client.run({"1": text_to_image(seed, width=5000), "2": save("1")})
    assert done.end == "execution_error"
    assert "50205" in done.error["exception_message"]
    assert "request id" in done.error["exception_message"]


def test_failing_sibling_loses_nothing(client: Client, gateway: Gateway, seed: int) -> None:
    """One node fails while another waits: the other's paid result is there on the next run."""
    gateway.inject(slow(3.0, seed=seed), Fault(code=50412, match=lambda body: body.get("seed") == seed + 1))
    graph = {"1": text_to_image(seed), "2": save("1"), "3": text_to_image(seed + 1), "4": save("3")}
    failed = client.run(graph)
    assert failed.end == "execution_error"
    assert failed.error["node_id"] == "3"
    assert failed.seconds < 2.5, "the failure does not wait for the other call"
    settle(gateway, 1)
    time.sleep(3.0)
    gateway.clear()
    again = client.run(graph)
    assert again.end == "execution_success"
    assert sent_seeds(gateway) == [seed + 1]
    assert again.texts["1"][-1] == "1 picture, reused, not charged.\nSize: 128x128."


def test_half_a_batch_is_not_paid_again(client: Client, gateway: Gateway, seed: int) -> None:
    gateway.inject(Fault(code=50412, match=lambda body: body.get("seed") == seed + 1))
    graph = {"1": text_to_image(seed, count=3), "2": save("1")}
    failed = client.run(graph)
    assert failed.end == "execution_error"
    assert "Picture 2" in failed.error["exception_message"] or "50412" in failed.error["exception_message"]
    gateway.clear()
    assert client.run(graph).end == "execution_success"
    assert sent_seeds(gateway) == [seed + 1]


def test_watermark_and_example_picture(client: Client, gateway: Gateway, seed: int) -> None:
    graph = {
        "1": node(
            "Volcv_watermark", "Watermark", logo_text_content="mine", position="top left", language="English",
            opacity=0.5,
        ),
        "2": node("Volcv_example_picture", "Product", picture="product"),
        "3": shrink("2", 64, 64),
        "4": outpainting(seed, image=["3", 0], logo_info=["1", 0]),
        "5": save("4"),
    }  # fmt: skip
    assert client.run(graph).end == "execution_success"
    assert (gateway.requests[0].body or {})["logo_info"] == {
        "add_logo": True,
        "position": 2,
        "language": 1,
        "opacity": 0.5,
        "logo_text_content": "mine",
    }


def test_log_stays_clean(host: ComfyServer, client: Client, gateway: Gateway, seed: int) -> None:
    """A good run leaves no warning of ours and no picture data in ComfyUI's log."""
    before = len(host.log)
    assert client.run({"1": text_to_image(seed), "2": save("1")}).end == "execution_success"
    added = host.log[before:]
    assert "volcv" not in added
    assert max(map(len, added.splitlines() or [""])) < 400


def test_an_example_picture_is_shown_from_the_cache(client: Client, host: ComfyServer) -> None:
    """ComfyUI sends the stored preview to the page, also to one that was opened after the run."""
    graph = {"1": node("Volcv_example_picture", picture="room"), "2": save("1")}
    first = client.run(graph)
    with Client(host.url) as later:
        second = later.run({**graph, "2": save("1", "again")})
    assert second.of_kind("execution_cached")[0].data["nodes"] == ["1"]
    (shown,) = [event.data for event in second.of_kind("executed") if event.data["node"] == "1"]
    assert shown["output"]["images"] == first.files("1") != []
