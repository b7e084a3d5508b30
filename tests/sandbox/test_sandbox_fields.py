"""What the shipped sandbox takes and refuses: fields and limits are those of the declarations."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import volcv_client.sandbox
from tests.gateway.helpers import (
    ANIME,
    CONTROL,
    CUT,
    ERASE,
    FILM,
    IP,
    JIMENG,
    MASK,
    OUT,
    PICTURE,
    RESULT,
    SHOP,
    SUBMIT,
    V14,
    V20,
    XL_IMAGE,
    body,
    drawn,
    encode,
    finished,
    poll,
    post,
    submit,
)
from volcv_client.catalog import Model, shared
from volcv_client.catalog.spec import Choice, Number, Origin, Picture
from volcv_client.sandbox import SandboxServer, fields
from volcv_client.sandbox.api import Request

WEB = "https://example.com/a.jpg"
LIGHT = {"upload_light_switch": True, "preset_light_switch": False}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.mark.parametrize("req_key", fields.models())
def test_every_declared_model_draws_its_smallest_body(server: SandboxServer, req_key: str) -> None:
    if all(mode.result_action for mode in fields.models()[req_key].modes.values()):
        data = poll(server, req_key, submit(server, req_key)).json()["data"]
        assert data["status"] == "done"
        assert data.get("video_url") or data.get("resp_data") or len(data["binary_data_base64"]) == 1
    elif fields.models()[req_key].links_at:
        assert "/files/" in post(server, body(req_key)).json()["data"]["resp_data"]
    else:
        assert drawn(server, req_key).width > 0


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    # missing
    (V14, {"prompt": None}, 50201, "prompt"),
    (V14, {"prompt": " \n"}, 50201, "prompt"),
    (SHOP, {"product_image_input": None}, 50201, "product_image"),
    (SHOP, LIGHT, 50201, "light_image"),
    (OUT, {"left": None}, 50201, "top, bottom, left, right"),
    (FILM, {"prompt": None}, 50201, "prompt"),
    (IP, {"binary_data_base64": None}, 50206, "binary_data_base64"),
    (ERASE, {"binary_data_base64": [PICTURE]}, 50206, "binary_data_base64"),
    # types
    (V14, {"prompt": 5}, 50204, "prompt"),
    (V14, {"seed": True}, 50204, "seed"),
    (V14, {"seed": "3"}, 50204, "seed"),
    (V14, {"ddim_steps": 25.0}, 50204, "ddim_steps"),
    (V14, {"use_rephraser": 1}, 50204, "use_rephraser"),
    (V14, {"return_url": "true"}, 50204, "return_url"),
    (V14, {"logo_info": []}, 50204, "logo_info"),
    (IP, {"binary_data_base64": PICTURE}, 50204, "binary_data_base64"),
    (IP, {"binary_data_base64": [1]}, 50204, "binary_data_base64"),
    (CONTROL, {"controlnet_args": {}}, 50204, "controlnet_args"),
    (CONTROL, {"controlnet_args": ["depth"]}, 50204, "controlnet_args"),
    (CONTROL, {"controlnet_args": [{"type": "depth", "strength": "1"}]}, 50204, "controlnet_args[].strength"),
    # limits
    (V14, {"seed": -2}, 50200, "seed"),
    (V14, {"width": 0}, 50200, "width"),
    (V20, {"width": 681}, 50200, "680"),
    (IP, {"cfg_rescale": 1.01}, 50200, "cfg_rescale"),
    (CUT, {"only_mask": 9}, 50200, "only_mask"),
    (CUT, {"rgb": [1, 2, 256]}, 50200, "rgb"),
    (CONTROL, {"controlnet_args": [{"type": "line"}]}, 50200, "canny, depth, pose"),
    (CONTROL, {"controlnet_args": [{"type": "depth", "binary_data_index": 3}]}, 50200, "binary_data_index"),
    (V14, {"logo_info": {"position": 4}}, 50200, "logo_info.position"),
    (V14, {"logo_info": {"opacity": 1.5}}, 50200, "logo_info.opacity"),
    (ANIME, {"width": 513}, 50200, "512"),
    (ANIME, {"model_version": "anime_v1.3", "width": 1088, "height": 1089}, 50200, str(1088 * 1088)),
    (JIMENG, {"width": 1024, "height": 1023}, 50200, str(1024 * 1024)),
    (JIMENG, {"size": 1024 * 1024 - 1}, 50200, "size"),
    # pictures
    (IP, {"binary_data_base64": [PICTURE, PICTURE]}, 50200, "at most 1"),
    (IP, {"binary_data_base64": ["data:image/png;base64," + PICTURE]}, 50207, "data:"),
    (IP, {"binary_data_base64": [PICTURE[:-3] + "*=="]}, 50207, "base64"),
    (IP, {"binary_data_base64": [PICTURE[: len(PICTURE) // 8 * 4]]}, 50207, "decoded"),
    (IP, {"binary_data_base64": [encode(Image.new("RGB", (4097, 2)))]}, 50205, "4096"),
    (OUT, {"binary_data_base64": ["A" * 4_700_004]}, 50213, "4700000"),
    (FILM, {"binary_data_base64": [encode(Image.new("RGB", (319, 400)))]}, 50205, "319 x 400"),
    (FILM, {"binary_data_base64": [encode(Image.new("RGB", (1000, 333)))]}, 50205, "1000 x 333"),
    (IP, {"binary_data_base64": None, "image_urls": ["ftp://x/a.jpg"]}, 50200, "image_urls"),
    (SHOP, {"product_image_input": "a.jpg"}, 50200, "product_image_input"),
    (SHOP, {"product_image_input": "uri://binary_data?index=1"}, 50200, "product_image_input"),
    # what no computer should draw
    (V14, {"width": 4097, "height": 4097}, 50205, "4097"),
    (SHOP, {"longer_side": 20_000}, 50205, "20000"),
]


@pytest.mark.parametrize(("req_key", "changes", "code", "named"), REFUSED)
def test_refused(server: SandboxServer, req_key: str, changes: dict[str, Any], code: int, named: str) -> None:
    before = server.charged
    answer = post(server, body(req_key, **changes), action=SUBMIT if req_key in (JIMENG, FILM) else "CVProcess")
    content = answer.json()
    assert (answer.status_code, content["code"], content["status"]) == (400, code, code), content
    assert content["data"] is None
    assert named in content["message"]
    assert server.charged == before


def test_wrong_keys_models_actions_and_paths(server: SandboxServer) -> None:
    for key, said in ((None, "No bearer"), ("wrong", "Invalid token")):
        answer = post(server, body(V14), key=key)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["type"]) == (401, "invalid_token", "new_api_error")
        assert said in error["message"]
    unknown = post(server, {"req_key": "no_such_model"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (503, "model_not_found")
    assert "no_such_model" in unknown.json()["error"]["message"]
    assert post(server, {"req_key": "any"}).status_code == 503
    assert post(server, {}).json()["code"] == 50201
    assert post(server, body(V14), action="CVProces").json()["code"] == 50402
    assert post(server, body(V14), version="2024-06-06").json()["code"] == 50402
    lost = post(server, body(V14), path="/v1/volcv")
    assert lost.status_code == 404 and "Invalid URL (POST /v1/volcv)" in lost.json()["error"]["message"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"req_key": NaN}', b"[" * 200_000])
def test_a_body_that_is_no_json_object(server: SandboxServer, raw: bytes) -> None:
    answer = post(server, raw)
    assert (answer.status_code, answer.json()["code"]) == (400, 50200)


def test_result_requests(server: SandboxServer) -> None:
    for changes, code in (
        ({"task_id": 7}, 50204),
        ({"req_json": {}}, 50204),
        ({"req_json": "{"}, 50200),
        ({"req_json": '{"logo_info": {"position": 4}}'}, 50200),
    ):
        assert post(server, {"req_key": V20, "task_id": "7", **changes}, action=RESULT).json()["code"] == code
    assert post(server, {"req_key": V20}, action=RESULT).json()["code"] == 50201


def test_fields_without_a_declaration_are_ignored(server: SandboxServer) -> None:
    plain = drawn(server, "byteedit_v2.0")
    assert drawn(server, "byteedit_v2.0", width="wide", callback_url=1).size == plain.size
    assert drawn(server, V14, use_sr=True).size == (128, 128)


def test_unsent_fields_have_the_declared_defaults(server: SandboxServer) -> None:
    assert drawn(server, V14, width=None, height=None).size == (512, 512)
    assert drawn(server, V20, use_sr=None).size == (512, 512)
    assert finished(server, JIMENG, size=None)[0].size == (2048, 2048)
    picture = drawn(server, ANIME, model_version="anime_v1.3", width=576, height=600, use_sr=True)
    assert picture.size == (576, 600)


def test_pictures_of_addresses_are_never_fetched(server: SandboxServer) -> None:
    first, again = (drawn(server, IP, binary_data_base64=None, image_urls=[WEB]) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    other = drawn(server, IP, binary_data_base64=None, image_urls=["https://other.example/a.jpg"])
    assert other.tobytes() != first.tobytes()
    assert drawn(server, OUT, binary_data_base64=None, image_urls=[WEB, WEB], left=None).size == (768, 768)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from([WEB, PICTURE, MASK]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
@settings(max_examples=150)
def test_no_body_breaks_it(server: SandboxServer, data: st.DataObject) -> None:
    req_key = data.draw(st.sampled_from([V14, IP, OUT, CONTROL, SHOP, CUT, XL_IMAGE, ERASE, ANIME, FILM]))
    names = {re.split(r"[.\[]", path)[0] for path in fields.fields_of(req_key)[0]}
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(names)), JUNK, max_size=2))
    raw = json.dumps({**body(req_key), **changes}, default=str).encode("utf-8", "replace")
    headers = Message()
    headers["Authorization"] = "Bearer sandbox"
    query = f"Action={SUBMIT if req_key == FILM else 'CVProcess'}&Version=2022-08-31"
    answer = json.loads(server.reply(Request("POST", "/volcv/v1", query, headers, raw)).body)
    assert answer.get("code") != 50500, answer


def test_a_model_that_is_added_is_served_from_its_declaration_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    added = Model(
        req_key="brand_new_v9",
        title="Brand new",
        group="Edit",
        summary="Came out yesterday.",
        page="https://example.com",
        inputs=(
            Picture(name="image", required=True, tooltip="-", origin=Origin.OFFICIAL),
            shared.prompt("-"),
            Number(name="power", default=0.5, high=1.0, tooltip="-", wire=("args.power",)),
            Choice(name="look", default="bright", options={"bright": {"look": 3}, "dark": {"look": 4}}, tooltip="-"),
            shared.seed(),
        ),
    )
    known = {**fields.models(), added.req_key: added}
    monkeypatch.setattr(fields, "models", lambda: known)
    with SandboxServer() as server:
        good = {"req_key": added.req_key, "prompt": "go", "seed": 1, "binary_data_base64": [PICTURE]}
        assert post(server, good).json()["code"] == 10000
        for changes, code in (
            ({"args": {"power": 2}}, 50200),
            ({"args": 1}, 50204),
            ({"look": 5}, 50200),
            ({"prompt": ""}, 50201),
            ({"binary_data_base64": []}, 50206),
        ):
            assert post(server, {**good, **changes}).json()["code"] == code, changes
    fields.fields_of.cache_clear()


def test_it_imports_the_catalog_and_the_paths_of_a_gateway_and_nothing_else_of_the_client() -> None:
    """And it is small: a stand-in, not a service."""
    folder = Path(volcv_client.sandbox.__file__).parent
    files = sorted(folder.rglob("*.py"))
    outer = set()
    for file in files:
        depth = len(file.relative_to(folder).parts)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level > depth:
                outer.add((node.module or "").split(".")[0])
    assert outer == {"catalog", "config"}
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) <= 2400
