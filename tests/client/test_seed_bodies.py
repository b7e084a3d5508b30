"""What each model sends, as the server received it over real HTTP."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.gateway import Gateway
from volcv_client.catalog import all_models, model
from volcv_client.catalog.spec import Control, FileSocket, Model, Picture
from volcv_client.catalog.wire_path import get, put
from volcv_client.client import Client
from volcv_client.errors import InputError, ParameterError
from volcv_client.images.image import Image, Mask
from volcv_client.request.body import build
from volcv_client.request.inputs import active_inputs, check, holds
from volcv_client.request.json_body import PICTURES_FIELD
from volcv_client.request.media import MediaFile
from volcv_client.request.plan import plan

from .helpers import (
    BODIES,
    CHARACTER,
    CONTROLNET,
    IMAGE,
    KEY,
    OUTPAINT,
    PRODUCT,
    PRODUCT_SHOT,
    SMALL,
    SMALL_PRODUCT,
    T2I,
    client_for,
    colour,
    finish,
    half_mask,
    make,
    noise,
    opened,
    profile,
    same_json,
    seed_page,
    without,
)
from .wire import Script, WireServer, response

OFF = {"add_logo": False}
SEEDS = (T2I, CHARACTER, OUTPAINT, CONTROLNET, PRODUCT)
PICTURES = {"picture": colour(360, 320), "mask": half_mask(36, 32)}

Sent = dict[str, Any]
PRODUCT_PROMPT: Mapping[str, Any] = {"positive_prompt": "table,room,warm tone,"}


def test_request_line_and_headers() -> None:
    answer = {"code": 50200, "message": "no", "request_id": "x", "data": None}
    with WireServer(Script(send=response(answer, status="400 Bad Request"))) as server:
        with pytest.raises(ParameterError, match="50200"):
            make(client_for(profile(server.url + "/volcv/v1/")), {"prompt": "\u72d7"})
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        assert lines[0] == "POST /volcv/v1?Action=CVProcess&Version=2022-08-31 HTTP/1.1"
        assert headers["authorization"] == f"Bearer {KEY}"
        assert headers["content-type"] == "application/json"
        assert headers["content-length"] == str(len(body))
        assert "transfer-encoding" not in headers
        assert "\u72d7".encode() in body


def test_text_to_image_equals_its_seed_page(sent: Any) -> None:
    page = seed_page(T2I)
    body = sent(T2I, {"prompt": page["prompt"]})
    assert same_json(body, page)


def test_character_equals_its_seed_page(sent: Any) -> None:
    page = seed_page(CHARACTER)
    body = sent(CHARACTER, {"prompt": page["prompt"]}, IMAGE)
    assert same_json(without(body, "binary_data_base64"), without(page, "image_urls"))
    assert opened(body["binary_data_base64"][0]).size == (48, 32)


def test_outpainting_equals_its_seed_page(sent: Any) -> None:
    page = seed_page(OUTPAINT)
    body = sent(OUTPAINT, {"prompt": page["prompt"], "left": 1.0, "right": 1.0}, IMAGE)
    extra = {"custom_prompt": page["prompt"], "return_url": False, "logo_info": OFF}
    assert same_json(without(body, "binary_data_base64"), {**without(page, "binary_data_base64"), **extra})


def test_outpainting_sides_default_to_a_tenth(sent: Any) -> None:
    body = sent(OUTPAINT, {}, IMAGE)
    assert [body[side] for side in ("top", "bottom", "left", "right")] == [0.1] * 4
    assert (body["prompt"], body["custom_prompt"]) == ("", "")


def test_controlnet_equals_its_seed_page(sent: Any) -> None:
    page = seed_page(CONTROLNET)
    body = sent(CONTROLNET, {"prompt": page["prompt"]}, IMAGE)
    assert same_json(without(body, "binary_data_base64"), without(page, "image_urls"))
    assert len(body["binary_data_base64"]) == 1


@pytest.mark.parametrize(
    ("key", "default"), [(T2I, False), (OUTPAINT, False), (CHARACTER, True), (CONTROLNET, True), (PRODUCT, True)]
)
def test_return_url_default(sent: Any, key: str, default: bool) -> None:
    pictures = {T2I: {}, PRODUCT: PRODUCT_SHOT}.get(key, IMAGE)
    body = sent(key, SMALL_PRODUCT if key == PRODUCT else {"prompt": "a cat"}, pictures)
    assert body["return_url"] is default


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_a_side_of_zero_is_left_out(sent: Any, side: str) -> None:
    body = sent(OUTPAINT, {side: 0.0}, IMAGE)
    assert side not in body
    assert {"top", "bottom", "left", "right"} - body.keys() == {side}


def test_nothing_to_extend_is_refused_before_any_call(client: Client, server: Gateway) -> None:
    with pytest.raises(InputError) as caught:
        make(client, dict.fromkeys(("top", "bottom", "left", "right"), 0.0), IMAGE, key=OUTPAINT)
    assert caught.value.key == "nothing_to_extend"
    assert not server.requests


def test_canvas_mode_sends_picture_and_grey_mask_and_no_sides(sent: Any) -> None:
    body = sent(OUTPAINT, {"prompt": "sea"}, {**IMAGE, "mask": [half_mask(24, 16)]})
    picture, mask = map(opened, body["binary_data_base64"])
    assert not {"top", "bottom", "left", "right"} & body.keys()
    assert (mask.format, mask.mode, mask.size) == ("PNG", "L", picture.size)
    values = np.asarray(mask)
    assert values[:, :20].max() == 0
    assert values[:, 28:].min() == 255


def test_an_empty_mask_counts_as_none(client: Client, server: Gateway) -> None:
    outcome = make(client, {}, {**IMAGE, "mask": [Mask(np.zeros((64, 64), np.float32))]}, key=OUTPAINT)
    body = server.requests[0].body
    assert body is not None
    assert len(body["binary_data_base64"]) == 1
    assert "top" in body
    assert any("mask" in note for note in outcome.notes)


def test_a_mask_follows_its_picture_when_that_is_reduced(client: Client, server: Gateway) -> None:
    one = model(OUTPAINT)
    tight = replace(one, limits=replace(one.limits, max_base64=40_000))
    pictures = {"image": [noise(260, 170)], "mask": [half_mask(260, 170)]}
    outcome = finish(client.start(plan(tight, pictures)))
    body = server.requests[0].body
    assert body is not None
    picture, mask = map(opened, body["binary_data_base64"])
    assert picture.width < 260
    assert mask.size == picture.size
    assert any(note.startswith("image was reduced from 260x170") for note in outcome.notes)


@pytest.mark.parametrize("kind", ["canny", "depth", "pose"])
def test_control_type_and_strength(sent: Any, kind: str) -> None:
    body = sent(CONTROLNET, {"prompt": "a dog", "control_type": kind, "control_strength": 0.25}, IMAGE)
    assert body["controlnet_args"] == [{"type": kind, "binary_data_index": 0, "strength": 0.25}]


def test_further_controls_point_at_further_pictures(sent: Any) -> None:
    second, third = colour(40, 40, (1, 2, 3)), colour(20, 20, (9, 9, 9))
    body = sent(
        CONTROLNET,
        {"prompt": "a dog"},
        IMAGE,
        controls=[Control([second], "canny", 0.3), Control([third], "pose", 0.9)],
    )
    assert body["controlnet_args"] == [
        {"type": "depth", "binary_data_index": 0, "strength": 0.6},
        {"type": "canny", "binary_data_index": 1, "strength": 0.3},
        {"type": "pose", "binary_data_index": 2, "strength": 0.9},
    ]
    assert [opened(text).size for text in body["binary_data_base64"]] == [(48, 32), (40, 40), (20, 20)]


SR = ("sr_seed", "sr_strength", "sr_scale", "sr_steps")


@pytest.mark.parametrize(("choice", "value"), [("service default", None), ("on", True), ("off", False)])
def test_super_resolution(sent: Any, choice: str, value: bool | None) -> None:
    body = sent(CONTROLNET, {"prompt": "a dog", "use_sr": choice, "sr_seed": 7, "sr_steps": 12}, IMAGE)
    assert body.get("use_sr") is value
    if value:
        assert [body[name] for name in SR] == [7, 0.4, 3.5, 12]
    else:
        assert not set(SR) & body.keys()


def test_the_edge_map_is_not_lost(client: Client) -> None:
    outcome = make(client, {"prompt": "a dog", "control_type": "canny"}, IMAGE, key=CONTROLNET)
    assert len(outcome.results) == 1
    assert len(outcome.pictures) == 2


@pytest.mark.parametrize(
    ("key", "values", "pictures", "error"),
    [
        (T2I, {"prompt": "  "}, {}, "empty_text"),
        (CHARACTER, {"prompt": ""}, IMAGE, "empty_text"),
        (CONTROLNET, {"prompt": ""}, IMAGE, "empty_text"),
        (PRODUCT, {"positive_prompt": "\n"}, PRODUCT_SHOT, "empty_text"),
        (CHARACTER, {"prompt": "a cat"}, {}, "no_image"),
        (CONTROLNET, {"prompt": "a cat"}, {}, "no_image"),
        (OUTPAINT, {}, {}, "no_image"),
        (PRODUCT, PRODUCT_PROMPT, {}, "no_product"),
        (PRODUCT, {**PRODUCT_PROMPT, "light": "from light_image"}, PRODUCT_SHOT, "no_light_image"),
        (PRODUCT, {**PRODUCT_PROMPT, "product_image_url": "file:///etc/passwd"}, {}, "bad_url"),
        (PRODUCT, {**PRODUCT_PROMPT, "light": "moon"}, PRODUCT_SHOT, "bad_choice"),
        (PRODUCT, {**PRODUCT_PROMPT, "composition": "free"}, PRODUCT_SHOT, "bad_choice"),
        (T2I, {"prompt": "a cat", "seed": -2}, {}, "out_of_bounds"),
        (T2I, {"prompt": "a cat", "seed": 2**31}, {}, "seed_too_high"),
        (T2I, {"prompt": "a cat", "scale": float("nan")}, {}, "out_of_bounds"),
        (T2I, {"prompt": "a cat", "count": 0}, {}, "out_of_bounds"),
        (T2I, {"prompt": "a cat", "count": 2, "seed": 2**31 - 1}, {}, "seed_too_high"),
        (CHARACTER, {"prompt": "a cat"}, {"image": []}, "batch_mismatch"),
    ],
)
def test_inputs_that_cannot_work_are_refused_before_any_call(
    client: Client,
    server: Gateway,
    key: str,
    values: Mapping[str, Any],
    pictures: Mapping[str, Sequence[Image]],
    error: str,
) -> None:
    with pytest.raises(InputError) as caught:
        make(client, values, pictures, key=key)
    assert caught.value.key == error
    assert not server.requests


def test_values_outside_third_party_ranges_are_sent_with_a_note(client: Client, server: Gateway) -> None:
    outcome = make(client, {"prompt": "a cat", "width": 64, "height": 64, "scale": 31.0})
    body = server.requests[0].body
    assert body is not None
    assert (body["width"], body["scale"]) == (64, 31.0)
    assert any(note.startswith("width is 64") for note in outcome.notes)
    assert any(note.startswith("scale is 31") for note in outcome.notes)


def test_watermark_replaces_the_page_s_block(sent: Any) -> None:
    mark = {"add_logo": True, "position": 2, "language": 1, "opacity": 0.5, "logo_text_content": "mine"}
    assert sent(T2I, SMALL, watermark=mark)["logo_info"] == mark


def test_batches_and_counts_become_calls_in_order(client: Client, server: Gateway) -> None:
    pictures = {"image": [colour(48, 32), colour(64, 32)]}
    outcome = make(client, {"prompt": "a cat", "seed": 5, "count": 2}, pictures, key=CONTROLNET)
    arrived = []
    for request in server.requests:
        assert request.body is not None
        arrived.append((opened(request.body["binary_data_base64"][0]).width, request.body["seed"]))
    assert sorted(arrived) == [(48, 5), (48, 6), (64, 5), (64, 6)]
    assert [answer.seed for answer in outcome.results] == [5, 6, 5, 6]
    assert "count" not in (server.requests[0].body or {})


def test_a_single_picture_serves_a_whole_batch(client: Client, server: Gateway) -> None:
    pictures = {"image": [colour(48, 32), colour(64, 32)], "mask": [half_mask(10, 10)]}
    make(client, {}, pictures, key=OUTPAINT)
    assert len(server.requests) == 2


def test_batches_of_different_sizes_are_refused(client: Client, server: Gateway) -> None:
    pictures = {"image": [colour()] * 3, "mask": [half_mask(10, 10)] * 2}
    with pytest.raises(InputError, match="different sizes"):
        make(client, {}, pictures, key=OUTPAINT)
    assert not server.requests


def test_no_body_ever_has_a_data_prefix(sent: Any) -> None:
    body = sent(CHARACTER, SMALL, IMAGE)
    text = body["binary_data_base64"][0]
    assert base64.b64decode(text, validate=True).startswith(b"\xff\xd8\xff")


def test_there_are_seed_pages_for_all_models() -> None:
    assert set(SEEDS) <= {one.req_key for one in all_models()}


def inputs_of_page(one: Model, page: Sent) -> Sent:
    """The choices that name the page's req_key, its texts and addresses, and files for the pictures that must be
    inside the request; everything else as by default."""
    given = one.defaults() | one.choices_of_req_key().get(page["req_key"], {})
    active = list(active_inputs(one, given))
    needed = {rule.any_of[0] for rule in one.requires if holds(rule.only_if, one, given)}
    for input_ in active:
        if input_.kind == "text" and input_.name in page:
            given[input_.name] = page[input_.name]
        elif isinstance(input_, FileSocket) and input_.url_input:
            given[input_.url_input] = get(page, (input_.link_path or "").replace("[]", "[0]"), "")
        elif isinstance(input_, Picture) and (input_.required or input_.name in needed):
            given[input_.name] = PICTURES[input_.kind]
    return given


@pytest.mark.parametrize("key", sorted({path.stem for path in BODIES.glob("*.json")} - {*SEEDS}))
def test_the_body_at_the_defaults_is_the_documented_one(key: str) -> None:
    one, page = model(key), seed_page(key)
    given = inputs_of_page(one, page)
    assert check(one, given) == []
    built = build(one, given)
    assert same_json(without(built.body, PICTURES_FIELD), without(page, PICTURES_FIELD, "image_urls"))
    pictures = page.get("image_urls") or page.get(PICTURES_FIELD) or ()
    assert len(built.body.get(PICTURES_FIELD, ())) == len(pictures)
    assert not built.uploads
    asked = {"return_url": True, "logo_info": OFF} if built.mode.result_action else {}
    declared = {input_.name for input_ in one.inputs}
    assert same_json(built.result_request, {name: asked[name] for name in asked.keys() & declared})


FILES = {**PICTURES, "video": MediaFile(b"video"), "audio": MediaFile(b"sound")}
LINKED: Mapping[str, Mapping[str, str]] = {
    "jimeng_dreamactor_m20_gen_video": {"video": "video_url"},
    "jimeng_dream_actor_m1_gen_video_cv": {"image": "image_url", "video": "video_url"},
    "jimeng_realman_avatar_object_detection": {"image": "image_url"},
    "jimeng_realman_avatar_picture_omni_v15": {"image": "image_url", "audio": "audio_url", "mask": "mask_url[0]"},
    "realman_change_lips": {"video": "url", "audio": "pure_audio_url"},
    "realman_change_lips_basic_chimera": {"video": "url", "audio": "pure_audio_url"},
    "video_translate_v2_cvtob": {"video": "video_url"},
    "dressing_diffusionV2": {"protect_mask": "model.protect_mask_url"},
    "i2i_portrait_photo": {"image": "image_input"},
    "i2i_multi_style_zx2x": {"image": "image_input1"},
    "pippit_iv2v_v20_cvtob": {"image_2": "img_url_list[0]", "image_8": "img_url_list[1]"},
    "pippit_iv2v_v20_cvtob_with_vinput": {"image_3": "img_url_list[0]", "video": "video_url_list[0]"},
}
"""Sockets in the order of the node, and where the page has the link of each file."""


@pytest.mark.parametrize("key", LINKED)
def test_a_link_stands_where_the_page_has_it(key: str) -> None:
    one, page = model(key), seed_page(key)
    given = inputs_of_page(one, page)
    for place, (name, path) in enumerate(LINKED[key].items()):
        socket = next(i for i in one.sockets() if i.name == name)
        given |= {name: FILES[socket.kind], **({socket.url_input: ""} if socket.url_input else {})}
        put(page, path, f"uri://upload?index={place}")
    built = build(one, given)
    assert same_json(without(built.body, PICTURES_FIELD), without(page, PICTURES_FIELD, "image_urls"))
    assert len(built.uploads) == len(LINKED[key])


def test_every_link_of_a_declaration_is_compared_with_its_page() -> None:
    paths = {key: {path.split("[")[0] for path in links.values()} for key, links in LINKED.items()}
    declared = {
        (key, socket.link_path.split("[")[0])
        for one in all_models()
        for key in one.req_keys
        for socket in one.sockets()
        if socket.link_path and holds(socket.only_if, one, one.defaults() | one.choices_of_req_key().get(key, {}))
    }
    assert {(key, path) for key in paths for path in paths[key]} == declared
