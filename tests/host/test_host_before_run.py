"""What ComfyUI refuses before a prompt runs, and when its own cache may answer. Charges are counted at the gateway."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Gateway
from tests.generate.workflows import node
from tests.host.client import Client, PromptRun
from tests.host.conftest import KEY
from tests.host.graphs import outpainting, plain, save, text_to_image
from tests.host.server import ComfyServer
from volcv_client.catalog import model
from volcv_client.catalog.spec import Branch, Widget

Graph = dict[str, dict[str, Any]]
Errors = dict[str, dict[str, str]]
"""Node id -> input -> error, as the frontend shows it at that input."""


def node_of(key: str, **inputs: Any) -> dict[str, Any]:
    """A model's node with the default of every widget that ComfyUI requires."""
    declared = model(key)
    values: dict[str, Any] = {"count": 1}
    for input_ in declared.inputs:
        if isinstance(input_, Widget) and not input_.advanced:
            values[input_.name] = input_.default
        if isinstance(input_, Branch):
            arm = input_.options[input_.default]
            values |= {f"{input_.name}.{child.name}": child.default for child in arm.inputs}
    return node(declared.node_id, declared.title, **{**values, **inputs})


def errors_of(answer: dict[str, Any]) -> Errors:
    return {
        key: {error["extra_info"]["input_name"]: f"{error['type']}: {error['details']}" for error in one["errors"]}
        for key, one in answer["node_errors"].items()
    }


def refused(client: Client, graph: Graph) -> Errors:
    """The errors of a graph of which nothing can run."""
    answer = client.submit(graph)
    assert answer.status_code == 400, answer.text
    return errors_of(answer.json())


def run_rest(client: Client, graph: Graph) -> tuple[PromptRun, Errors]:
    """The run of the branches that can run, and the errors of the others."""
    began = time.monotonic()
    answer = client.submit(graph)
    assert answer.status_code == 200, answer.text
    return client.follow(answer.json()["prompt_id"], began), errors_of(answer.json())


def complaint(name: str, text: str) -> str:
    return f"custom_validation_failed: {name} - {text}"


EMPTY_PROMPT = {"prompt": complaint("prompt", "prompt is empty. Fill it in; nothing was sent.")}


def test_behind_a_paid_node_nothing_is_charged(client: Client, gateway: Gateway, seed: int) -> None:
    graph = {
        "1": text_to_image(seed),
        "2": node_of("byteedit_v2.0", image=["1", 0], prompt=" \n"),
        "3": outpainting(seed, image=["2", 0]),
        "4": save("3"),
    }
    assert refused(client, graph) == {"2": EMPTY_PROMPT}
    assert gateway.requests == [] and gateway.charged == 0
    graph["2"]["inputs"] |= {"prompt": "make it night", "seed": seed}
    assert client.run(graph).end == "execution_success", "once the prompt is filled in"
    assert gateway.charged == 3


def test_beside_a_paid_node_the_other_runs(client: Client, gateway: Gateway, seed: int) -> None:
    """Its picture is saved, not lost behind the neighbour's error."""
    graph = {"1": text_to_image(seed), "2": save("1"), "3": text_to_image(seed + 1, prompt=""), "4": save("3")}
    done, errors = run_rest(client, graph)
    assert errors == {"3": EMPTY_PROMPT}
    assert done.end == "execution_success" and gateway.charged == 1
    assert client.pictures(done, "2")[0].size == (128, 128)
    assert done.files("4") == []


def test_a_picture_that_two_branches_need(client: Client, gateway: Gateway, seed: int) -> None:
    """The paid node has a branch of its own: it runs for that one only."""
    graph = {
        "1": text_to_image(seed),
        "2": save("1"),
        "3": node_of("seededit_v3.0", image=["1", 0], prompt=""),
        "4": save("3"),
    }
    done, errors = run_rest(client, graph)
    assert errors == {"3": EMPTY_PROMPT}
    assert len(done.files("2")) == 1 and gateway.charged == 1


def test_linked_texts_are_left_to_the_run(client: Client, gateway: Gateway, seed: int) -> None:
    graph = {
        "1": node("PrimitiveStringMultiline", "Text", value="a lighthouse"),
        "2": text_to_image(seed, prompt=["1", 0]),
        "3": save("2"),
    }
    assert client.run(graph).end == "execution_success"
    assert (gateway.requests[0].body or {})["prompt"] == "a lighthouse"
    graph["1"]["inputs"]["value"] = ""
    done = client.run(graph)
    assert done.end == "execution_error" and "prompt is empty" in done.error["exception_message"]
    assert gateway.charged == 1


@pytest.mark.parametrize("body", ['{"prompt": "a cat"', '["prompt"]'])
def test_bad_json(client: Client, gateway: Gateway, seed: int, body: str) -> None:
    graph = {"1": node_of("any", req_key="high_aes_general_v14", body=body, seed=seed), "2": save("1")}
    errors = refused(client, graph)["1"]
    assert set(errors) == {"req_key", "body"}
    assert errors["body"].startswith(complaint("body", "body is no JSON object"))
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ({"count": 65}, "value_bigger_than_max: count"),
        ({"count": 0}, "value_smaller_than_min: count"),
        ({"seed": -2}, "value_smaller_than_min: seed"),
        ({"ddim_steps": 0}, "value_smaller_than_min: ddim_steps"),
        ({"scale": 1e9}, "value_bigger_than_max: scale"),
        ({"on_refusal": "shrug"}, "value_not_in_list: on_refusal"),
        ({"width": "wide"}, "invalid_input_type: width"),
    ],
)
def test_limits_of_the_host(client: Client, gateway: Gateway, seed: int, inputs: dict[str, Any], error: str) -> None:
    """They stay in force beside checks of our own, and both are reported."""
    (name,) = inputs
    for prompt in ("a fox", ""):
        graph = {"1": text_to_image(**{"seed": seed, "prompt": prompt, **inputs}), "2": save("1")}
        errors = refused(client, graph)["1"]
        assert errors.pop(name).startswith(error)
        assert errors == ({} if prompt else EMPTY_PROMPT)
    assert gateway.requests == []


def test_a_link_of_the_wrong_type(client: Client, gateway: Gateway, seed: int) -> None:
    graph = {
        "1": plain(64, 64, 0xFF0000),
        "2": text_to_image(seed, prompt=["1", 0]),
        "3": save("2"),
        "4": outpainting(seed, image=["1", 0], mask=["1", 0]),
        "5": save("4"),
    }
    errors = refused(client, graph)
    assert errors["2"]["prompt"].startswith("return_type_mismatch")
    assert errors["4"]["mask"].startswith("return_type_mismatch")


def test_limits_of_named_numbers_and_combos(client: Client, gateway: Gateway, seed: int) -> None:
    """The host leaves those of our rules to us: still refused, also where the run would not use them."""
    graph = {"1": plain(64, 64, 0xFF0000), "2": outpainting(seed, image=["1", 0], top=-0.5), "3": save("2")}
    errors = refused(client, graph)["2"]
    assert set(errors) == {"top", "bottom", "left", "right"} and "top is -0.5." in errors["top"]
    graph["4"] = node("SolidMask", "Mask", value=1.0, width=64, height=64)
    graph["2"]["inputs"] |= {"mask": ["4", 0], "top": 2000.0}
    assert "top is 2000.0." in refused(client, graph)["2"]["mask"]
    graph["2"] = node_of("img2img_e_commerce_style", product_image=["1", 0], positive_prompt="table", light="moon")
    assert 'light is "moon"' in refused(client, graph)["2"]["light"]
    assert gateway.requests == []


def test_rules_over_several_inputs(client: Client, gateway: Gateway, seed: int) -> None:
    flat = dict.fromkeys(("top", "bottom", "left", "right"), 0.0)
    graph = {
        "1": plain(64, 64, 0xFF0000),
        "2": outpainting(seed, image=["1", 0], **flat),
        "3": save("2"),
        "4": node_of("img2img_e_commerce_style", positive_prompt="table"),
        "5": save("4"),
    }
    errors = refused(client, graph)
    assert set(errors["2"]) == {"top", "bottom", "left", "right"}
    assert "There is nothing to extend" in errors["2"]["left"]
    assert "There is no product picture" in errors["4"]["positive_prompt"]
    assert gateway.requests == []


def test_dynamic_combos_are_no_obstacle(client: Client, gateway: Gateway, seed: int) -> None:
    """The host passes them to every check; a text with one behind it is refused and runs like any other."""
    product = node_of("img2img_e_commerce_style", product_image=["1", 0], positive_prompt="", seed=seed)
    graph = {"1": plain(256, 256, 0x808080), "2": product, "3": save("2")}
    assert "positive_prompt is empty" in refused(client, graph)["2"]["positive_prompt"]
    product["inputs"] |= {"positive_prompt": "table,", "composition": "automatic"}
    arm = model("img2img_e_commerce_style").input("composition").revealed({"composition": "automatic"})
    product["inputs"] |= {f"composition.{child.name}": child.default for child in arm}
    done = client.run(graph)
    assert done.end == "execution_success", done.error
    styled = {"1": graph["1"], "2": node_of("stylise", image=["1", 0], seed=seed), "3": save("2")}
    assert client.run(styled).end == "execution_success"
    assert gateway.charged == 2


def test_a_request_id_that_is_not_stored(client: Client, gateway: Gateway, seed: int) -> None:
    """The recall node beside a paid one; with the id of a stored result it runs."""
    recall = node("Volcv_recall", "Recall", request_id="no-such-id", newest=1)
    paid = {"1": text_to_image(seed), "2": save("1")}
    done, errors = run_rest(client, {**paid, "3": recall, "4": save("3")})
    assert set(errors["3"]) == {"request_id"} and "no-such-id" in errors["3"]["request_id"]
    assert len(done.files("2")) == 1 and gateway.charged == 1
    shown = client.run({**paid, "9": node("PreviewAny", "Response", source=["1", 2])})
    (entry,) = json.loads(shown.outputs["9"]["text"][0])
    for stored in (f" {entry['request_id']}\n", "", " "):
        recall["inputs"]["request_id"] = stored
        assert client.run({"3": recall, "4": save("3", f"recall{len(stored)}")}).end == "execution_success"
    recall["inputs"]["newest"] = 65
    assert refused(client, {"3": recall, "4": save("3")})["3"]["newest"].startswith("value_bigger_than_max")
    assert gateway.charged == 1


@pytest.fixture(scope="module")
def bare_host(comfy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """A ComfyUI whose environment configures nothing."""
    with ComfyServer(comfy, tmp_path_factory.mktemp("bare"), {}) as server:
        yield server


@pytest.fixture
def other_gateway() -> Iterator[Gateway]:
    with Gateway(api_keys=(KEY,)) as server:
        yield server


def configure(host: ComfyServer, default: dict[str, Any], **content: Any) -> None:
    file = host.folder / "user" / "__volcv" / "config.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"profiles": {"default": default}, **content}), encoding="utf-8")


def test_without_a_key_or_an_address(bare_host: ComfyServer, gateway: Gateway, seed: int) -> None:
    """Every node says so at one of its inputs, also one that takes no text; in the user's language."""
    graph = {
        "1": text_to_image(seed),
        "2": node_of("lens_lqir", image=["1", 0]),
        "3": save("2"),
        "4": plain(64, 64, 0xFF0000),
        "5": save("4"),
    }
    with Client(bare_host.url) as client:
        configure(bare_host, {})
        done, errors = run_rest(client, graph)
        assert done.end == "execution_success" and len(done.files("5")) == 1
        assert errors.keys() == {"1", "2"}
        assert errors["1"]["prompt"].startswith(complaint("prompt", "No Volcengine gateway is set up yet."))
        assert errors["2"]["image"].startswith(complaint("image", "No Volcengine gateway is set up yet."))
        configure(bare_host, {"base_url": gateway.url})
        assert "no API key" in run_rest(client, graph)[1]["1"]["prompt"]
        configure(bare_host, {"api_key": KEY}, language="zh")
        said = run_rest(client, graph)[1]["1"]["prompt"]
        assert "\u7f51\u5173" in said and "gateway address" not in said
        configure(bare_host, {"base_url": gateway.url, "api_key": KEY}, language="zh")
        graph["1"]["inputs"]["prompt"] = ""
        assert "\u4e3a\u7a7a" in run_rest(client, graph)[1]["1"]["prompt"]
    assert gateway.requests == []
    assert "Traceback" not in bare_host.log


def test_the_cache_does_not_answer_for_another_service(
    bare_host: ComfyServer, gateway: Gateway, other_gateway: Gateway, seed: int
) -> None:
    """One graph with a fixed seed: tried in the sandbox, then with a key; elsewhere; without reuse."""
    graph = {"1": text_to_image(seed), "2": save("1")}
    real = {"base_url": gateway.url, "api_key": KEY}

    def status(done: PromptRun) -> str:
        assert done.end == "execution_success", done.error
        cached = [node for event in done.of_kind("execution_cached") for node in event.data["nodes"]]
        return "answered by ComfyUI's cache" if "1" in cached else done.texts["1"][-1]

    def charged() -> tuple[int, int]:
        return gateway.charged, other_gateway.charged

    with Client(bare_host.url) as client:
        configure(bare_host, {}, active="sandbox")
        assert "sandbox: not charged" in status(client.run(graph))
        assert "cache" in status(client.run(graph))
        configure(bare_host, real)
        done = client.run(graph)
        assert "1 call charged" in status(done) and charged() == (1, 0)
        assert gateway.url.encode() not in client.file_bytes(done.files("2")[0]), "the picture holds the prompt"
        assert "cache" in status(client.run(graph)) and charged() == (1, 0)
        configure(bare_host, {**real, "base_url": gateway.url + "/volcv/v1/"})
        assert "cache" in status(client.run(graph)), "the same service"
        configure(bare_host, {**real, "base_url": other_gateway.url})
        assert "1 call charged" in status(client.run(graph)) and charged() == (1, 1)
        configure(bare_host, {**real, "reuse": False})
        assert "1 call charged" in status(client.run(graph)) and charged() == (2, 1)
        assert "cache" in status(client.run(graph)) and charged() == (2, 1)
        configure(bare_host, real)
        assert "reused, not charged" in status(client.run(graph)) and charged() == (2, 1)
        configure(bare_host, {}, active="sandbox")
        assert "sandbox" in status(client.run(graph)) or "reused" in status(client.run(graph))
        assert charged() == (2, 1)
    assert "WARNING" not in bare_host.log.split("To see the GUI go to")[1]
