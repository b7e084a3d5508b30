"""Every kind of refusal, with its code and HTTP status, over real HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from PIL import Image

from tests.gateway import Gateway

from .helpers import CONTROL, FIRST, IP, OUT, PICTURE, SHOP, V14, body, encode, noise, post

MASK = encode(Image.new("L", (96, 64), 255))
GRAY_16 = encode(Image.new("I;16", (96, 64)))
WEB = "https://example.com/a.jpg"


@pytest.fixture(scope="module")
def server() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def control(**changes: Any) -> list[dict[str, Any]]:
    entry = {"type": "depth", "binary_data_index": 0, "strength": 0.6, **changes}
    return [{name: value for name, value in entry.items() if value is not None}]


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    # unknown names, missing fields, wrong types
    (V14, {"promt": "x"}, 50200, "promt"),
    (V14, {"image_urls": [WEB]}, 50200, "image_urls"),
    (OUT, {"width": 5}, 50200, "width"),
    (SHOP, {"prompt": "x"}, 50200, "prompt"),
    (V14, {"prompt": None}, 50201, "prompt"),
    (V14, {"prompt": ""}, 50201, "prompt"),
    (V14, {"prompt": " \n"}, 50201, "prompt"),
    (SHOP, {"positive_prompt": None}, 50201, "positive_prompt"),
    (SHOP, {"product_image_input": None}, 50201, "product_image_input"),
    (CONTROL, {"controlnet_args": None}, 50201, "controlnet_args"),
    (V14, {"prompt": 5}, 50204, "prompt"),
    (V14, {"seed": True}, 50204, "seed"),
    (V14, {"seed": 3.0}, 50204, "seed"),
    (V14, {"seed": "3"}, 50204, "seed"),
    (V14, {"ddim_steps": 25.0}, 50204, "ddim_steps"),
    (V14, {"scale": True}, 50204, "scale"),
    (V14, {"scale": "3"}, 50204, "scale"),
    (V14, {"use_rephraser": 1}, 50204, "use_rephraser"),
    (V14, {"return_url": "true"}, 50204, "return_url"),
    (IP, {"binary_data_base64": PICTURE}, 50204, "binary_data_base64"),
    (IP, {"binary_data_base64": [1]}, 50204, "binary_data_base64"),
    (CONTROL, {"controlnet_args": {}}, 50204, "controlnet_args"),
    (CONTROL, {"controlnet_args": ["depth"]}, 50204, "controlnet_args"),
    # documented values
    (V14, {"seed": -2}, 50200, "seed"),
    (CONTROL, {"sr_seed": -2}, 50200, "sr_seed"),
    (V14, {"model_version": "general_v2.0"}, 50200, "model_version"),
    (IP, {"cfg_rescale": 1.01}, 50200, "cfg_rescale"),
    (IP, {"cfg_rescale": -0.1}, 50200, "cfg_rescale"),
    (SHOP, {"product_weight": 1.31}, 50200, "product_weight"),
    (SHOP, {"light_position": "top light"}, 50200, "light_position"),
    (V14, {"width": 0}, 50200, "width"),
    (V14, {"width": 5000}, 50205, "width"),
    (IP, {"width": 2100}, 50205, "width"),
    # watermark
    (V14, {"logo_info": []}, 50204, "logo_info"),
    (V14, {"logo_info": {"add_logo": 1}}, 50204, "logo_info.add_logo"),
    (V14, {"logo_info": {"position": 4}}, 50200, "logo_info.position"),
    (V14, {"logo_info": {"position": 1.0}}, 50204, "logo_info.position"),
    (V14, {"logo_info": {"language": 2}}, 50200, "logo_info.language"),
    (V14, {"logo_info": {"opacity": 1.5}}, 50200, "logo_info.opacity"),
    (V14, {"logo_info": {"opacity": "1"}}, 50204, "logo_info.opacity"),
    (V14, {"logo_info": {"logo_text_content": 5}}, 50204, "logo_info.logo_text_content"),
    (V14, {"logo_info": {"text": "x"}}, 50200, "logo_info.text"),
    # pictures
    (IP, {"binary_data_base64": None}, 50206, "binary_data_base64"),
    (IP, {"binary_data_base64": [], "image_urls": []}, 50206, "binary_data_base64"),
    (IP, {"binary_data_base64": [PICTURE, PICTURE]}, 50200, "at most 1"),
    (OUT, {"binary_data_base64": [PICTURE, MASK, MASK], "left": None}, 50200, "at most 2"),
    (IP, {"binary_data_base64": ["data:image/png;base64," + PICTURE]}, 50207, "data:"),
    (IP, {"binary_data_base64": [PICTURE[:-3] + "*=="]}, 50207, "base64"),
    (IP, {"binary_data_base64": [PICTURE[:40] + "\n" + PICTURE[40:]]}, 50207, "base64"),
    (IP, {"binary_data_base64": [""]}, 50207, "decoded"),
    (IP, {"binary_data_base64": [base64.b64encode(b"no picture").decode()]}, 50207, "decoded"),
    (IP, {"binary_data_base64": [PICTURE[: len(PICTURE) // 8 * 4]]}, 50207, "decoded"),
    (IP, {"binary_data_base64": [encode(Image.new("RGB", (4097, 2)))]}, 50205, "4096"),
    (IP, {"binary_data_base64": ["A" * 5_000_004]}, 50213, "5000000"),
    (OUT, {"binary_data_base64": ["A" * 4_700_004]}, 50213, "4700000"),
    (IP, {"binary_data_base64": None, "image_urls": ["ftp://x/a.jpg"]}, 50200, "image_urls"),
    (IP, {"image_urls": ["file:///etc/passwd"]}, 50200, "image_urls"),
    # outpainting
    (OUT, {"left": None}, 50201, "left"),
    (OUT, {"left": 0}, 50200, "left"),
    (OUT, {"left": 0.0}, 50200, "left"),
    (OUT, {"left": 1.01}, 50200, "left"),
    (OUT, {"left": -0.1}, 50200, "left"),
    (OUT, {"max_width": 0}, 50200, "max_width"),
    (OUT, {"binary_data_base64": [PICTURE, MASK]}, 50200, "left"),
    (OUT, {"binary_data_base64": [PICTURE, PICTURE], "left": None}, 50215, "mode L"),
    (OUT, {"binary_data_base64": [PICTURE, GRAY_16], "left": None}, 50215, "mode L"),
    (OUT, {"binary_data_base64": [encode(noise(95, 64)), MASK], "left": None}, 50215, "equal size"),
    # controls
    (CONTROL, {"controlnet_args": []}, 50201, "controlnet_args"),
    (CONTROL, {"controlnet_args": control(type="scribble")}, 50200, "controlnet_args[0].type"),
    (CONTROL, {"controlnet_args": control(type=None)}, 50201, "controlnet_args[0].type"),
    (CONTROL, {"controlnet_args": control(strength=None)}, 50201, "controlnet_args[0].strength"),
    (CONTROL, {"controlnet_args": control(strength="1")}, 50204, "controlnet_args[0].strength"),
    (CONTROL, {"controlnet_args": control(binary_data_index=1)}, 50200, "binary_data_index"),
    (CONTROL, {"controlnet_args": control(binary_data_index=-1)}, 50200, "binary_data_index"),
    (CONTROL, {"controlnet_args": control(binary_data_index=0.0)}, 50204, "binary_data_index"),
    (CONTROL, {"controlnet_args": control(weight=1)}, 50200, "controlnet_args[0].weight"),
    # e-commerce
    (SHOP, {"product_image_input": "a.jpg"}, 50200, "product_image_input"),
    (SHOP, {"product_image_input": PICTURE}, 50200, "product_image_input"),
    (SHOP, {"product_image_input": "uri://binary_data?index=1"}, 50200, "product_image_input"),
    (SHOP, {"binary_data_base64": None}, 50200, "product_image_input"),
    (SHOP, {"ref_switch": True}, 50201, "ref_image_input"),
    (SHOP, {"mask_image_switch": True}, 50201, "mask_image_input"),
    (SHOP, {"upload_light_switch": True}, 50201, "light_image_input"),
    (SHOP, {"auto_composition_switch": True, "manual_composition_switch": True}, 50200, "composition"),
    (SHOP, {"preset_light_switch": True, "upload_light_switch": True}, 50200, "light_switch"),
    (SHOP, {"binary_data_base64": [PICTURE] * 5}, 50200, "at most 4"),
]


@pytest.mark.parametrize(("req_key", "changes", "code", "named"), REFUSED)
def test_refused(server: Gateway, req_key: str, changes: dict[str, Any], code: int, named: str) -> None:
    server.clear()
    answer = post(server, body(req_key, **changes))
    content = answer.json()
    assert (answer.status_code, content["code"]) == (400, code), content
    assert set(content) == {"code", "data", "message", "request_id", "status", "time_elapsed"}
    assert content["status"] == code
    assert content["data"] is None
    assert named in content["message"]
    assert server.charged == 0
    assert server.requests[-1].code == code


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (V14, {"scale": 3}),
    (V14, {"scale": 300.5, "ddim_steps": 999}),
    (V14, {"width": 1024, "height": 64}),
    (V14, {"logo_info": {"add_logo": False}}),
    (V14, {"logo_info": {}}),
    (IP, {"cfg_rescale": 1}),
    (IP, {"image_urls": [WEB]}),
    (IP, {"binary_data_base64": None, "image_urls": [WEB]}),
    (OUT, {"left": 1}),
    (OUT, {"prompt": "", "custom_prompt": "sea"}),
    (OUT, {"binary_data_base64": [PICTURE, MASK], "left": None}),
    (OUT, {"binary_data_base64": None, "left": None, "image_urls": [WEB, "http://other.example/m.png"]}),
    (CONTROL, {"use_sr": False, "sr_seed": -1, "sr_strength": 1, "sr_scale": 3.5, "sr_steps": 10}),
    (CONTROL, {"controlnet_args": control(strength=7)}),
    (SHOP, {"product_weight": 1.3}),
    (SHOP, {"product_image_input": WEB, "binary_data_base64": None}),
    (SHOP, {"seg_prompt": "", "fixed_positive_prompt": "x", "negative_prompt": "y"}),
    (SHOP, {"ref_image_input": FIRST}),
]


@pytest.mark.parametrize(("req_key", "changes"), ACCEPTED)
def test_accepted(server: Gateway, req_key: str, changes: dict[str, Any]) -> None:
    answer = post(server, body(req_key, **changes))
    assert (answer.status_code, answer.json()["code"]) == (200, 10000), answer.text[:300]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"req_key": NaN}', b"[" * 200_000, b"1" * 5000]
)
def test_body_that_is_no_json_object(server: Gateway, raw: bytes) -> None:
    answer = post(server, raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, 50200)


def test_content_type_must_be_json(server: Gateway) -> None:
    raw = json.dumps(body(V14)).encode()
    assert post(server, raw, headers={"Content-Type": "text/plain"}).json()["code"] == 50200
    assert post(server, raw).json()["code"] == 50200
    typed = {"Content-Type": "application/json; charset=utf-8"}
    assert post(server, raw, headers=typed).json()["code"] == 10000


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "1" + "0" * 400])
def test_numbers_beyond_json(server: Gateway, value: str) -> None:
    raw = json.dumps(body(V14, scale=0)).replace('"scale": 0', f'"scale": {value}').encode()
    answer = post(server, raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] in (50200, 50204)


@pytest.mark.parametrize(("key", "said"), [(None, "No bearer"), ("wrong", "Invalid token"), ("", "No bearer")])
def test_bearer(server: Gateway, key: str | None, said: str) -> None:
    answer = post(server, body(V14), key=key)
    error = answer.json()["error"]
    assert answer.status_code == 401
    assert error["type"] == "new_api_error"
    assert said in error["message"]
    assert "(request id: " in error["message"]


def test_wrong_version_action_path_method_and_model(server: Gateway) -> None:
    assert post(server, body(V14), version="2024-06-06").json()["code"] == 50402
    wrong = post(server, body(V14), action="CVProces")
    assert (wrong.status_code, wrong.json()["code"]) == (400, 50402)
    lost = post(server, body(V14), path="/v1/volcv")
    assert lost.status_code == 404
    assert lost.json()["error"]["message"].startswith("Invalid URL (POST /v1/volcv) ")
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        answer = requests.request(method, f"{server.url}/volcv/v1", timeout=5)
        assert answer.status_code == 404
        assert f"({method} /volcv/v1)" in answer.json()["error"]["message"]
    unknown = post(server, {"req_key": "jimeng_t2v_v99"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (503, "model_not_found")
    for content, code in (({}, 50201), ({"req_key": ""}, 50201), ({"req_key": 5}, 50204)):
        assert post(server, content).json()["code"] == code


@pytest.mark.parametrize(
    ("action", "key"), [("CVSync2AsyncGetResult", OUT), ("CVGetResult", "realman_avatar_picture_v2")]
)
def test_tasks_do_not_exist(server: Gateway, action: str, key: str) -> None:
    found = post(server, {"req_key": key, "task_id": "1", "req_json": "{}"}, action=action).json()
    assert (found["code"], found["data"]["status"]) == (10000, "not_found")
    assert post(server, {"req_key": key}, action=action).json()["code"] == 50201
    assert post(server, {"req_key": key, "task_id": 1}, action=action).json()["code"] == 50204
    assert post(server, {"task_id": "1"}, action=action).json()["code"] == 50201
    assert post(server, {"req_key": key, "task_id": "1"}, action=action, key="no").status_code == 401


def test_body_limit() -> None:
    with Gateway(max_body=20_000) as server:
        answer = post(server, body(V14, prompt="x" * 30_000))
        assert (answer.status_code, answer.json()["code"]) == (413, 50213)
        assert server.requests[0].body is None
        assert post(server, body(V14, prompt="x" * 10_000)).json()["code"] == 10000


def test_length_is_required(server: Gateway) -> None:
    answer = requests.post(f"{server.url}/volcv/v1", data=iter([b"{}"]), timeout=5)
    assert answer.status_code == 411


def test_several_keys() -> None:
    with Gateway(api_keys=("one", "two")) as server:
        assert post(server, body(V14), key="two").json()["code"] == 10000
        assert post(server, body(V14), key="sandbox").status_code == 401
        assert [row.headers["Authorization"] for row in server.requests] == [" two", "dbox"]
