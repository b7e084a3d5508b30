"""The models beyond the seed pages: what they refuse, and what their drawings show."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from volcv_client.sandbox import SandboxServer

from .helpers_sandbox import (
    ANIME,
    CUT,
    EDIT,
    ERASE,
    FILM,
    LENS,
    MASK,
    MORE,
    PICTURE,
    PORTRAITS,
    REPAINT,
    SEEDEDIT,
    STYLES,
    SUBMIT,
    V20,
    V20_L,
    V21_L,
    V30,
    XL_IMAGE,
    XL_TEXT,
    body,
    drawn,
    encode,
    finished,
    noise,
    pictures,
    post,
)

WEB = "https://example.com/a.jpg"
STYLE, COMIC, PORTRAIT = "img2img_cartoon_style", "img2img_comic_style", PORTRAITS[4]
TASKS_ONLY = (SEEDEDIT, FILM, "jimeng_t2i_v40")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def array(picture: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(picture.convert("RGB"), dtype=np.int16)


def subject() -> Image.Image:
    """A red disc on light grey, 120 x 80, from 40,20 to 80,60."""
    picture = Image.new("RGB", (120, 80), (235, 235, 235))
    ImageDraw.Draw(picture).ellipse((40, 20, 80, 60), fill=(200, 30, 30))
    return picture


def picture_of(width: int, height: int, kind: str = "PNG") -> list[str]:
    return [encode(Image.new("RGB", (width, height), (90, 120, 150)), kind)]


def control(**changes: Any) -> list[dict[str, Any]]:
    return [{"type": "depth", "binary_data_index": 0, "strength": 0.6, **changes}]


@pytest.mark.parametrize("req_key", [key for key in MORE if key not in TASKS_ONLY])
def test_the_smallest_body_is_enough(server: SandboxServer, req_key: str) -> None:
    server.clear()
    answer = post(server, body(req_key))
    assert (answer.status_code, answer.json()["code"]) == (200, 10000), answer.text[:300]
    data = answer.json()["data"]
    assert data["algorithm_base_resp"]["status_code"] == 0
    assert (len(data["binary_data_base64"]), data["image_urls"]) == (1, [])
    assert server.charged == 1


@pytest.mark.parametrize("req_key", [key for key in MORE if key not in TASKS_ONLY])
def test_unknown_and_missing_fields(server: SandboxServer, req_key: str) -> None:
    assert post(server, body(req_key, colour=1)).json()["code"] == 50200
    required = [name for name in ("prompt", "custom_prompt", "sub_req_key", "model_version") if name in body(req_key)]
    for name in required if req_key not in (V21_L, V20_L) else ["prompt"]:
        if name != "prompt" or req_key != XL_IMAGE:
            content = post(server, body(req_key, **{name: None})).json()
            assert (content["code"], name in content["message"]) == (50201, True)


@pytest.mark.parametrize("req_key", [EDIT, XL_IMAGE, REPAINT, ERASE, CUT, LENS, STYLE, COMIC, *PORTRAITS])
def test_a_picture_is_needed(server: SandboxServer, req_key: str) -> None:
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
def test_refused(server: SandboxServer, req_key: str, changes: dict[str, Any], code: int, named: str) -> None:
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
    server: SandboxServer, req_key: str, changes: dict[str, Any]
) -> None:
    answer = post(server, body(req_key, **changes))
    assert answer.json()["code"] == 10000, answer.text[:300]


def test_sizes(server: SandboxServer) -> None:
    assert drawn(server, V30, width=200, height=120).size == (200, 120)
    assert drawn(server, V21_L, width=96, height=64, use_sr=True).size == (192, 128)
    assert drawn(server, V21_L, width=96, height=64).size == (96, 64)
    assert drawn(server, ANIME, width=128, height=140, use_sr=True).size == (256, 280)
    anime = {"model_version": "anime_v1.3", "width": 576, "height": 600, "use_sr": True}
    assert drawn(server, ANIME, **anime, binary_data_base64=[PICTURE]).size == (576, 600)
    for req_key in (EDIT, XL_IMAGE, STYLE, PORTRAIT):
        assert drawn(server, req_key, binary_data_base64=picture_of(150, 90)).size == (150, 90)
    assert finished(server, SEEDEDIT, binary_data_base64=picture_of(150, 90))[0].size == (150, 90)


@pytest.mark.parametrize("req_key", [EDIT, XL_IMAGE, REPAINT, ERASE, CUT, LENS, STYLE, PORTRAIT])
@pytest.mark.parametrize(("mode", "size"), [("RGB", (1, 1)), ("RGBA", (3, 2)), ("I;16", (5, 40)), ("P", (300, 2))])
def test_odd_pictures(server: SandboxServer, req_key: str, mode: str, size: tuple[int, int]) -> None:
    sent = [encode(Image.new(mode, size, 200))]
    sent += [encode(Image.new("L", size, 255))] if req_key in (REPAINT, ERASE) else []
    assert post(server, body(req_key, binary_data_base64=sent)).json()["code"] == 10000


@pytest.mark.parametrize("req_key", [V30, V20, EDIT, XL_IMAGE, REPAINT, STYLE])
def test_fixed_seeds_repeat_and_others_differ(server: SandboxServer, req_key: str) -> None:
    def answer(seed: int) -> list[str]:
        return list(post(server, body(req_key, seed=seed)).json()["data"]["binary_data_base64"])

    assert answer(5) == answer(5) != answer(6)


@pytest.mark.parametrize("req_key", [REPAINT, ERASE])
def test_only_the_white_region_changes(server: SandboxServer, req_key: str) -> None:
    source = noise(96, 64)
    painted = np.asarray(Image.open(io.BytesIO(base64.b64decode(MASK)))) >= 128
    result = drawn(server, req_key)
    changed = (array(result) != array(source)).any(axis=2)
    assert not changed[~painted].any()
    assert changed[painted].mean() > 0.9
    black = encode(Image.new("L", (96, 64)))
    assert drawn(server, req_key, binary_data_base64=[PICTURE, black]).tobytes() == source.tobytes()


def test_looks_are_distinct(server: SandboxServer) -> None:
    chosen = [{"sub_req_key": f"{key}_{name}"} if name else {} for key in STYLES for name in STYLES[key] or [""]]
    keys = [key for key in STYLES for _ in STYLES[key] or [""]]
    photo = [encode(noise(24, 16).resize((96, 64), Image.Resampling.BICUBIC))]
    looks = [drawn(server, key, binary_data_base64=photo, **more) for key, more in zip(keys, chosen, strict=True)]
    looks += [drawn(server, key, binary_data_base64=photo) for key in PORTRAITS]
    middles = [array(look)[16:40] for look in looks]
    for place, first in enumerate(middles):
        for second in middles[place + 1 :]:
            assert np.abs(first - second).mean() > 1.5


def test_beautify_info_shows(server: SandboxServer) -> None:
    pale, dark = (drawn(server, PORTRAIT, beautify_info={"whitening": level}) for level in (2, 0))
    assert array(pale)[10:40].mean() > array(dark)[10:40].mean() + 5


def test_controls_and_style_reference(server: SandboxServer) -> None:
    two = [PICTURE, *picture_of(96, 64)]
    canny = pictures(post(server, body(XL_IMAGE, controlnet_args=control(type="canny"))))
    assert [picture.format for picture in canny] == ["JPEG", "PNG"]
    plain = drawn(server, XL_IMAGE, binary_data_base64=two)
    styled = {"style_weight": 1, "binary_data_index": 1}
    tinted = drawn(server, XL_IMAGE, binary_data_base64=two, style_reference_args=styled)
    assert np.abs(array(plain) - array(tinted)).mean() > 10
    data = post(
        server, body(XL_IMAGE, controlnet_args=control(), style_reference_args=styled | {"binary_data_index": 0})
    )
    echoed = data.json()["data"]
    assert (echoed["controlnet_args_0_type"], echoed["style_reference_args_style_weight"]) == ("depth", 1)
    assert (echoed["ddim_steps"], echoed["prompt_translated"]) == (20, "")


def test_rewritten_prompts_go_where_the_schedule_says(server: SandboxServer) -> None:
    def texts(req_key: str, **changes: Any) -> list[str]:
        data = post(server, body(req_key, **changes)).json()["data"]
        return [name for name in ("llm_result", "pe_result", "rephraser_result") if data.get(name)]

    assert texts(V30) == []
    assert texts(V30, use_pre_llm=True) == ["llm_result"]
    assert texts(V21_L) == ["pe_result"]
    assert texts(V21_L, req_schedule_conf="general_v20_9B_rephraser") == ["rephraser_result"]
    assert texts(V20_L) == []
    assert texts(V20) == ["rephraser_result"]


def test_cut_out_forms(server: SandboxServer) -> None:
    sent = [encode(subject())]

    def forms(**changes: Any) -> list[Image.Image]:
        return pictures(post(server, body(CUT, binary_data_base64=sent, **changes)))

    (cropped,) = forms()
    assert (cropped.format, cropped.mode) == ("PNG", "RGBA")
    assert abs(cropped.width - 41) <= 3 and abs(cropped.height - 41) <= 3
    middle, corner = cropped.getpixel((20, 20)), cropped.getpixel((0, 0))
    assert middle == (200, 30, 30, 255) and isinstance(corner, tuple) and corner[3] < 64
    (mask,) = forms(only_mask=1)
    assert (mask.format, mask.mode, mask.size) == ("PNG", "L", (120, 80))
    assert (mask.getpixel((60, 40)), mask.getpixel((5, 5))) == (255, 0)
    (flat,) = forms(only_mask=2, rgb=[0, 0, 255])
    assert (flat.mode, flat.size, flat.getpixel((0, 0))) == ("RGB", cropped.size, (0, 0, 255))
    (whole,) = forms(only_mask=3)
    assert (whole.mode, whole.size) == ("RGBA", (120, 80))
    assert whole.getchannel("A").tobytes() == mask.tobytes()
    whole_again, mask_again = forms(only_mask=4)
    assert (whole_again.tobytes(), mask_again.tobytes()) == (whole.tobytes(), mask.tobytes())
    (marked,) = forms(only_mask=3, logo_info={"add_logo": True})
    assert marked.mode == "RGBA" and marked.tobytes() != whole.tobytes()


def test_an_alpha_channel_is_the_subject(server: SandboxServer) -> None:
    picture = noise(40, 30).convert("RGBA")
    picture.putalpha(0)
    picture.paste((10, 200, 10, 255), (5, 6, 25, 16))
    (cropped,) = pictures(post(server, body(CUT, binary_data_base64=[encode(picture)])))
    assert (cropped.size, cropped.getpixel((0, 0))) == ((20, 10), (10, 200, 10, 255))


def test_restoring(server: SandboxServer) -> None:
    def restored(**changes: Any) -> Image.Image:
        return pictures(post(server, body(LENS, binary_data_base64=picture_of(200, 150), **changes)))[0]

    assert (restored().size, restored().format) == ((400, 300), "PNG")
    assert restored(resolution_boundary="144p").size == (200, 150)
    assert restored(result_format=1, jpg_quality=0, enable_hdr=True, enable_wb=True).format == "JPEG"
    sharp = {"binary_data_base64": [PICTURE], "result_format": 1}
    sizes = [len(post(server, body(LENS, **sharp, jpg_quality=quality)).text) for quality in (5, 95)]
    assert sizes[0] < sizes[1] / 2


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
def test_films_are_strict(server: SandboxServer, changes: dict[str, Any], code: int, named: str) -> None:
    answer = post(server, body(FILM, **changes), action=SUBMIT)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text[:300]
    assert named in answer.json()["message"]
