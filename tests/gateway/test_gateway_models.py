"""The models beyond the seed pages: what they refuse, take and answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway import Gateway

from .helpers import (
    ANIME,
    CONTROL,
    CUT,
    EDIT,
    ERASE,
    FILM,
    FIRST,
    IP,
    LENS,
    MASK,
    MORE,
    OUT,
    PICTURE,
    PORTRAITS,
    REPAINT,
    SEEDEDIT,
    SHOP,
    SUBMIT,
    V14,
    V20,
    V20_L,
    V21_L,
    V30,
    XL_IMAGE,
    XL_TEXT,
    body,
    control,
    drawn,
    encode,
    noise,
    picture_of,
    pictures,
    post,
)

WEB = "https://example.com/a.jpg"
STYLE, COMIC, PORTRAIT = "img2img_cartoon_style", "img2img_comic_style", PORTRAITS[4]
TASKS_ONLY = (SEEDEDIT, FILM, "jimeng_t2i_v40")


@pytest.fixture(scope="module")
def server() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


@pytest.mark.parametrize("req_key", [key for key in MORE if key not in TASKS_ONLY])
def test_the_smallest_body_is_enough(server: Gateway, req_key: str) -> None:
    server.clear()
    answer = post(server, body(req_key))
    assert (answer.status_code, answer.json()["code"]) == (200, 10000), answer.text[:300]
    data = answer.json()["data"]
    assert data["algorithm_base_resp"]["status_code"] == 0
    assert (len(data["binary_data_base64"]), data["image_urls"]) == (1, [])
    assert server.charged == 1


@pytest.mark.parametrize("req_key", [key for key in MORE if key not in TASKS_ONLY])
def test_unknown_and_missing_fields(server: Gateway, req_key: str) -> None:
    assert post(server, body(req_key, colour=1)).json()["code"] == 50200
    required = [name for name in ("prompt", "custom_prompt", "sub_req_key", "model_version") if name in body(req_key)]
    for name in required if req_key not in (V21_L, V20_L) else ["prompt"]:
        if name != "prompt" or req_key != XL_IMAGE:
            content = post(server, body(req_key, **{name: None})).json()
            assert (content["code"], name in content["message"]) == (50201, True)


@pytest.mark.parametrize("req_key", [EDIT, XL_IMAGE, REPAINT, ERASE, CUT, LENS, STYLE, COMIC, *PORTRAITS])
def test_a_picture_is_needed(server: Gateway, req_key: str) -> None:
    assert post(server, body(req_key, binary_data_base64=None)).json()["code"] == 50206
    both = post(server, body(req_key, binary_data_base64=[PICTURE] * 3)).json()["code"]
    assert both == (10000 if req_key == XL_IMAGE else 50200)


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    (V30, {"use_pre_llm": 1}, 50204, "use_pre_llm"),
    (V30, {"width": 4097}, 50205, "width"),
    (V30, {"ddim_steps": 20}, 50200, "ddim_steps"),
    (V21_L, {"req_schedule_conf": "general"}, 50200, "req_schedule_conf"),
    (V21_L, {"llm_seed": -2}, 50200, "llm_seed"),
    (V21_L, {"width": 2100, "use_sr": True}, 50205, "width"),
    (V20_L, {"width": 255}, 50200, "width"),
    (V20_L, {"height": 769}, 50200, "height"),
    (V20_L, {"llm_seed": 1}, 50200, "llm_seed"),
    (V20, {"width": 681}, 50200, "width"),
    (V20, {"model_version": "general_v2.1"}, 50200, "model_version"),
    (V20, {"model_version": None}, 50201, "model_version"),
    (V20, {"use_pre_llm": True}, 50200, "use_pre_llm"),
    (XL_TEXT, {"negative_prompt": "x"}, 50200, "negative_prompt"),
    (ANIME, {"model_version": "anime_v1.4"}, 50200, "model_version"),
    (ANIME, {"width": 513}, 50200, "width"),
    (ANIME, {"width": 127}, 50200, "width"),
    (ANIME, {"binary_data_base64": [PICTURE]}, 50200, "text only"),
    (ANIME, {"model_version": "anime_v1.3"}, 50200, "576"),
    (ANIME, {"model_version": "anime_v1.3", "width": 1088, "height": 1089}, 50200, "width"),
    (ANIME, {"image_urls": [WEB]}, 50200, "image_urls"),
    (EDIT, {"seed": -2}, 50200, "seed"),
    (EDIT, {"scale": "0.5"}, 50204, "scale"),
    (EDIT, {"width": 512}, 50200, "width"),
    (XL_IMAGE, {"controlnet_args": control(type="line")}, 50200, "controlnet_args[0].type"),
    (XL_IMAGE, {"controlnet_args": control(strength=1.01)}, 50200, "controlnet_args[0].strength"),
    (XL_IMAGE, {"controlnet_args": control(binary_data_index=1)}, 50200, "controlnet_args[0].binary_data_index"),
    (XL_IMAGE, {"controlnet_args": {}}, 50204, "controlnet_args"),
    (XL_IMAGE, {"style_reference_args": []}, 50204, "style_reference_args"),
    (XL_IMAGE, {"style_reference_args": {"style_weight": 1.1}}, 50200, "style_reference_args.style_weight"),
    (XL_IMAGE, {"style_reference_args": {"id_weight": "1"}}, 50204, "style_reference_args.id_weight"),
    (XL_IMAGE, {"style_reference_args": {"binary_data_index": 1}}, 50200, "style_reference_args.binary_data_index"),
    (XL_IMAGE, {"style_reference_args": {"weight": 1}}, 50200, "style_reference_args.weight"),
    (REPAINT, {"scale": 0.9}, 50200, "scale"),
    (REPAINT, {"scale": 20.1}, 50200, "scale"),
    (REPAINT, {"prompt": "x"}, 50200, "prompt"),
    (REPAINT, {"binary_data_base64": [PICTURE]}, 50206, "binary_data_base64"),
    (REPAINT, {"binary_data_base64": [PICTURE, PICTURE]}, 50215, "mode L"),
    (REPAINT, {"binary_data_base64": [encode(noise(95, 64)), MASK]}, 50215, "equal size"),
    (ERASE, {"binary_data_base64": [PICTURE, PICTURE]}, 50215, "mode L"),
    (ERASE, {"strength": 0.09}, 50200, "strength"),
    (ERASE, {"scale": 21}, 50200, "scale"),
    (ERASE, {"custom_prompt": "x"}, 50200, "custom_prompt"),
    (ERASE, {"dilate_size": 1.5}, 50204, "dilate_size"),
    (PORTRAIT, {"beautify_info": []}, 50204, "beautify_info"),
    (PORTRAIT, {"beautify_info": {"whitening": "1"}}, 50204, "beautify_info.whitening"),
    (PORTRAIT, {"beautify_info": {"smooth": 1}}, 50200, "beautify_info.smooth"),
    (PORTRAIT, {"seed": 1}, 50200, "seed"),
    (PORTRAIT, {"prompt": "x"}, 50200, "prompt"),
    (CUT, {"only_mask": 5}, 50200, "only_mask"),
    (CUT, {"only_mask": True}, 50204, "only_mask"),
    (CUT, {"refine_mask": 3}, 50200, "refine_mask"),
    (CUT, {"rgb": [1, 2]}, 50200, "rgb"),
    (CUT, {"rgb": [1, 2, 256]}, 50200, "rgb"),
    (CUT, {"rgb": [1, 2, -2]}, 50200, "rgb"),
    (CUT, {"rgb": [1, 2, 3.0]}, 50204, "rgb"),
    (CUT, {"rgb": "1,2,3"}, 50204, "rgb"),
    (LENS, {"resolution_boundary": "4k"}, 50200, "resolution_boundary"),
    (LENS, {"result_format": 2}, 50200, "result_format"),
    (LENS, {"jpg_quality": 101}, 50200, "jpg_quality"),
    (LENS, {"hdr_strength": 1.1}, 50200, "hdr_strength"),
    (LENS, {"enable_hdr": 1}, 50204, "enable_hdr"),
    (LENS, {"logo_info": {}}, 50200, "logo_info"),
    (STYLE, {"sub_req_key": "x"}, 50200, "sub_req_key"),
    (COMIC, {"sub_req_key": "img2img_clay_style_3d"}, 50200, "sub_req_key"),
    (STYLE, {"binary_data_base64": picture_of(64, 64, "WEBP")}, 50200, "WEBP"),
    (STYLE, {"steps": 20}, 50200, "steps"),
]


@pytest.mark.parametrize(("req_key", "changes", "code", "named"), REFUSED)
def test_refused(server: Gateway, req_key: str, changes: dict[str, Any], code: int, named: str) -> None:
    server.clear()
    answer = post(server, body(req_key, **changes))
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text[:300]
    assert named in answer.json()["message"]
    assert server.charged == 0


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (V30, {"scale": 50}),
    (V21_L, {"scale": 0, "ddim_steps": 500, "model_version": "anything"}),
    (ANIME, {"model_version": "anime_v1.3", "width": 576, "height": 576, "binary_data_base64": [PICTURE]}),
    (EDIT, {"scale": 7}),
    (EDIT, {"binary_data_base64": None, "image_urls": [WEB]}),
    (XL_IMAGE, {"controlnet_args": [], "style_reference_args": {"id_weight": 9}}),
    (REPAINT, {"binary_data_base64": None, "image_urls": [WEB, WEB]}),
    (ERASE, {"quality": "best", "dilate_size": 99, "seed": -1}),
    (PORTRAIT, {"beautify_info": {"whitening": 5, "dermabrasion": -1}}),
    (CUT, {"rgb": [-1, -1, -1], "refine_mask": 2}),
    (STYLE, {"strength": 3.5, "binary_data_base64": picture_of(64, 64, "JPEG")}),
]


@pytest.mark.parametrize(("req_key", "changes"), ACCEPTED)
def test_ranges_that_only_third_parties_state_are_not_enforced(
    server: Gateway, req_key: str, changes: dict[str, Any]
) -> None:
    answer = post(server, body(req_key, **changes))
    assert answer.json()["code"] == 10000, answer.text[:300]


FILM_REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"prompt": None}, 50201, "prompt"),
    ({"prompt": " "}, 50201, "prompt"),
    ({"frames": 120}, 50200, "frames"),
    ({"frames": "121"}, 50204, "frames"),
    ({"aspect_ratio": "2:1"}, 50200, "aspect_ratio"),
    ({"binary_data_base64": picture_of(319, 400)}, 50205, "320"),
    ({"binary_data_base64": picture_of(1000, 333)}, 50205, "3 to 1"),
    ({"binary_data_base64": picture_of(400, 400, "BMP")}, 50200, "BMP"),
    ({"binary_data_base64": picture_of(400, 400) * 2}, 50200, "at most 1"),
    ({"return_url": True}, 50200, "return_url"),
]


@pytest.mark.parametrize(("changes", "code", "named"), FILM_REFUSED)
def test_films_are_strict(server: Gateway, changes: dict[str, Any], code: int, named: str) -> None:
    answer = post(server, body(FILM, **changes), action=SUBMIT)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text[:300]
    assert named in answer.json()["message"]


def test_parameters_are_echoed(server: Gateway) -> None:
    reference = {"style_weight": 1, "binary_data_index": 0}
    data = post(server, body(XL_IMAGE, controlnet_args=control(), style_reference_args=reference))
    echoed = data.json()["data"]
    assert (echoed["controlnet_args_0_type"], echoed["style_reference_args_style_weight"]) == ("depth", 1)
    assert (echoed["ddim_steps"], echoed["prompt_translated"]) == (20, "")


def test_full_size_comes_with_its_mask(server: Gateway) -> None:
    whole, mask = pictures(post(server, body(CUT, only_mask=4)))
    assert (whole.mode, mask.mode) == ("RGBA", "L")
    assert whole.getchannel("A").tobytes() == mask.tobytes()


def test_a_field_without_effect_is_ignored(server: Gateway) -> None:
    anime = {"model_version": "anime_v1.3", "width": 576, "height": 600, "use_sr": True}
    assert drawn(server, ANIME, **anime, binary_data_base64=[PICTURE]).size == (576, 600)


KEYS = {
    V14: {"predict_tags_result", "rephraser_result", "request_id"},
    IP: {"pe_result", "predict_tags_result", "rephraser_result", "request_id"},
    OUT: {"request_id"},
    CONTROL: {"predict_tags_result", "rephraser_result", "request_id"},
    SHOP: {"comfyui_cost", "image_output"},
}


@pytest.mark.parametrize("req_key", list(KEYS))
def test_success_envelope(server: Gateway, req_key: str) -> None:
    answer = post(server, body(req_key))
    content = answer.json()
    assert answer.headers["Content-Type"].startswith("application/json")
    assert set(content) == {"code", "data", "message", "request_id", "status", "time_elapsed"}
    assert (content["code"], content["status"], content["message"]) == (10000, 10000, "Success")
    assert len(content["request_id"]) == 34
    assert float(content["time_elapsed"].removesuffix("s")) >= 0
    common = {"algorithm_base_resp", "binary_data_base64", "image_urls"}
    assert set(content["data"]) == KEYS[req_key] | common
    assert content["data"]["algorithm_base_resp"] == {"status_code": 0, "status_message": "Success"}


def test_product_answers_name_their_picture(server: Gateway) -> None:
    assert post(server, body(SHOP)).json()["data"]["image_output"] == [FIRST]
