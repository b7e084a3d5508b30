"""What the pictures show, checked on pixels."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image, ImageDraw

from tests.gateway.helpers import CONTROL, IP, OUT, SHOP, V14, body, drawn, encode, noise, pictures, post
from volcv_client.sandbox import SandboxServer
from volcv_client.sandbox.draw import text

AMBER = (255, 190, 40)
SECOND = "uri://binary_data?index=1"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def array(picture: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(picture.convert("RGB"), dtype=np.int16)


def amber(picture: Image.Image) -> np.ndarray[Any, Any]:
    return np.abs(array(picture) - np.asarray(AMBER)).sum(axis=2) < 40


@pytest.mark.parametrize("size", [(512, 512), (640, 200), (129, 255), (8, 8)])
def test_text_to_image_size(server: SandboxServer, size: tuple[int, int]) -> None:
    assert drawn(server, V14, width=size[0], height=size[1]).size == size


@pytest.mark.parametrize("req_key", [V14, IP, OUT, CONTROL, SHOP])
def test_fixed_seed_repeats_and_random_seed_does_not(server: SandboxServer, req_key: str) -> None:
    def answer(seed: int) -> list[str]:
        content = post(server, body(req_key, seed=seed)).json()
        return list(content["data"]["binary_data_base64"])

    assert answer(7) == answer(7)
    assert answer(7) != answer(8)
    assert answer(-1) != answer(-1)


@pytest.mark.parametrize("req_key", [V14, IP, OUT, CONTROL, SHOP])
def test_every_picture_is_marked(server: SandboxServer, req_key: str) -> None:
    sizes = {
        V14: {"width": 400, "height": 400},
        IP: {"width": 400, "height": 400},
        SHOP: {"longer_side": 400},
    }
    photo = {} if req_key == V14 else {"binary_data_base64": [encode(Image.new("RGB", (300, 240), "navy"))]}
    picture = drawn(server, req_key, **{**sizes.get(req_key, {}), **photo})
    shown = picture.resize((256, round(256 * picture.height / picture.width)), Image.Resampling.BOX)
    assert amber(shown).sum() > 180


def test_character_doubles_with_use_sr_and_shows_the_subject(server: SandboxServer) -> None:
    photo = encode(Image.new("RGB", (200, 200), (250, 10, 200)))
    plain = drawn(server, IP, use_sr=False, width=256, height=320, binary_data_base64=[photo])
    assert plain.size == (256, 320)
    large = drawn(server, IP, use_sr=True, width=256, height=320, binary_data_base64=[photo])
    assert large.size == (512, 640)
    assert drawn(server, IP, width=256, height=320, binary_data_base64=[photo]).size == (512, 640)
    assert np.abs(array(large)[270, 256] - (250, 10, 200)).max() < 12


def test_outpainting_keeps_the_source_in_its_place(server: SandboxServer) -> None:
    source = noise(200, 100, 3)
    picture = drawn(server, OUT, binary_data_base64=[encode(source)], left=0.5, right=0.25, top=0.3, bottom=0.1)
    assert picture.size == (350, 140)
    assert np.array_equal(array(picture)[30:130, 100:300], array(source))
    assert amber(picture).any()


def test_outpainting_shrinks_to_fit(server: SandboxServer) -> None:
    source = Image.new("RGB", (400, 200), (10, 200, 30))
    picture = drawn(server, OUT, binary_data_base64=[encode(source)], left=1.0, max_width=200, max_height=500)
    assert picture.size == (200, 50)
    assert np.array_equal(array(picture)[25, 110:190], np.full((80, 3), (10, 200, 30)))
    grown = drawn(server, OUT, binary_data_base64=[encode(source)], left=0.5, max_width=9999, max_height=9999)
    assert grown.size == (600, 200)
    assert drawn(server, OUT, binary_data_base64=[encode(Image.new("RGB", (1400, 50)))]).size == (1920, 46)


def test_outpainting_canvas_keeps_black_and_paints_white(server: SandboxServer) -> None:
    source = noise(300, 200, 4)
    mask = Image.new("L", source.size, 255)
    mask.paste(0, (80, 60, 260, 190))
    mask.paste(127, (80, 60, 90, 190))
    mask.paste(128, (250, 60, 260, 190))
    picture = drawn(server, OUT, binary_data_base64=[encode(source), encode(mask)], left=None)
    same = (array(picture) == array(source)).all(axis=2)
    assert picture.size == source.size
    assert same[60:190, 80:250].all()
    assert same[60:190, 250:260].mean() < 0.1
    assert same[:60].mean() < 0.1
    assert amber(picture).any()


def house() -> Image.Image:
    picture = Image.new("RGB", (320, 240), (200, 220, 240))
    ImageDraw.Draw(picture).rectangle((60, 80, 260, 180), fill=(120, 40, 30))
    return picture


@pytest.mark.parametrize(("kind", "count"), [("canny", 2), ("depth", 1), ("pose", 1)])
def test_control_kinds(server: SandboxServer, kind: str, count: int) -> None:
    controls = [{"type": kind, "binary_data_index": 0, "strength": 1.0}]
    content = body(CONTROL, binary_data_base64=[encode(house())], controlnet_args=controls)
    found = pictures(post(server, content))
    assert [picture.size for picture in found] == [(320, 240)] * count
    none = [{**controls[0], "strength": 0.0}]
    plain = drawn(server, CONTROL, binary_data_base64=[encode(house())], controlnet_args=none)
    changed = np.abs(array(found[0])[:170] - array(plain)[:170]).sum(axis=2)
    assert changed.max() > 60
    if kind == "canny":
        edges = array(found[1])[:, :, 0]
        assert edges[100:170, 57:64].max(axis=1).min() == 255
        assert edges[100:160, 80:240].max() == 0
        assert changed[100:170, 57:64].max(axis=1).min() > 60


def test_several_controls_take_the_first_picture_size(server: SandboxServer) -> None:
    controls = [
        {"type": "depth", "binary_data_index": 1, "strength": 0.4},
        {"type": "canny", "binary_data_index": 0, "strength": 0.9},
    ]
    content = body(CONTROL, binary_data_base64=[encode(house()), encode(noise(50, 90))], controlnet_args=controls)
    assert [picture.size for picture in pictures(post(server, content))] == [(320, 240), (320, 240)]


RED = (220, 20, 30)


def product(size: tuple[int, int] = (200, 100)) -> Image.Image:
    """A red box, a quarter of the picture, on transparent ground."""
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    box = size[0] // 4, size[1] // 4, size[0] * 3 // 4 - 1, size[1] * 3 // 4 - 1
    ImageDraw.Draw(picture).rectangle(box, fill=(*RED, 255))
    return picture


def red_box(picture: Image.Image) -> tuple[int, int, int, int]:
    near = np.abs(array(picture) - np.asarray(RED)).sum(axis=2) < 60
    rows, columns = np.nonzero(near)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def close(found: tuple[int, int, int, int], wanted: tuple[int, int, int, int], slack: int = 2) -> bool:
    return all(abs(one - other) <= slack for one, other in zip(found, wanted, strict=True))


def shop(server: SandboxServer, **changes: Any) -> Image.Image:
    given = {"binary_data_base64": [encode(product())], "positive_prompt": "ocean", **changes}
    return drawn(server, SHOP, **given)


def test_product_original_composition(server: SandboxServer) -> None:
    picture = shop(server, longer_side=800)
    assert picture.size == (800, 400)
    assert close(red_box(picture), (200, 100, 600, 300))
    assert shop(server, longer_side=None).size == (1600, 800)


def test_product_automatic_composition(server: SandboxServer) -> None:
    size = {"auto_composition_switch": True, "canvas_width": 500, "canvas_height": 400}
    picture = shop(server, **size, auto_scale=0.5)
    assert picture.size == (500, 400)
    assert close(red_box(picture), (125, 138, 375, 262))
    moved = shop(server, **size, auto_scale=0.5, auto_offset_x=30, auto_offset_y=60)
    assert close(red_box(moved), (25, 178, 275, 302))


def test_product_manual_composition(server: SandboxServer) -> None:
    size = {"manual_composition_switch": True, "canvas_width": 500, "canvas_height": 400}
    picture = shop(server, **size, offset_x=70, offset_y=90)
    assert picture.size == (500, 400)
    assert close(red_box(picture), (70, 90, 170, 140))
    whole = shop(server, **size, offset_x=70, offset_y=90, crop_prodcut_switch=False)
    assert close(red_box(whole), (120, 115, 220, 165))


@pytest.mark.parametrize("invert", [True, False, None])
def test_product_mask(server: SandboxServer, invert: bool | None) -> None:
    mask = Image.new("L", (200, 100), 0 if invert is False else 255)
    mask.paste(255 if invert is False else 0, (100, 25, 150, 75))
    flat = Image.new("RGB", (200, 100), RED)
    picture = shop(
        server,
        binary_data_base64=[encode(flat), encode(mask)],
        mask_image_switch=True,
        mask_image_input=SECOND,
        mask_invert_switch=invert,
        longer_side=800,
    )
    assert close(red_box(picture), (400, 100, 600, 300), 3)


def test_product_segmentation_of_a_plain_background(server: SandboxServer) -> None:
    flat = Image.new("RGB", (200, 100), (245, 245, 245))
    flat.paste(product().convert("RGB").crop((50, 25, 150, 75)), (50, 25))
    picture = shop(server, binary_data_base64=[encode(flat, "JPEG")], longer_side=800)
    assert close(red_box(picture), (200, 100, 600, 300), 12)
    assert np.abs(array(picture)[200, 40] - 245).max() > 40


def test_product_light_and_reference(server: SandboxServer) -> None:
    size = {"auto_composition_switch": True, "canvas_width": 400, "canvas_height": 400}

    def halves(position: str) -> float:
        values = array(shop(server, **size, preset_light_switch=True, light_position=position)).sum(axis=2)
        return float(values[100:300, :60].mean() - values[100:300, -60:].mean())

    assert halves("Left Light") > halves("Right Light") + 60
    ramp = Image.linear_gradient("L").rotate(90).convert("RGB")
    lit = shop(
        server,
        **size,
        binary_data_base64=[encode(product()), encode(ramp)],
        upload_light_switch=True,
        light_image_input=SECOND,
    )
    values = array(lit).sum(axis=2)
    assert abs(values[100:300, :60].mean() - values[100:300, -60:].mean()) > 60
    green = shop(
        server,
        **size,
        binary_data_base64=[encode(product()), encode(Image.new("RGB", (90, 50), (20, 230, 20)))],
        ref_switch=True,
        ref_image_input=SECOND,
        ref_weight=1.0,
    )
    assert array(green)[60, 60, 1] > array(green)[60, 60, 2] + 60


def test_safe_product_is_not_relit(server: SandboxServer) -> None:
    light = {"preset_light_switch": True, "light_position": "Left Light", "product_weight": 0.0}
    safe = shop(server, longer_side=400, product_safe_switch=True, **light)
    assert np.abs(array(safe)[100, 280] - RED).max() < 12
    lit = shop(server, longer_side=400, **light)
    assert np.abs(array(lit)[100, 280] - RED).max() > 20


@pytest.mark.parametrize(("position", "left", "top"), [(0, 0, 0), (1, 1, 0), (2, 1, 1), (3, 0, 1)])
def test_watermark_corner(server: SandboxServer, position: int, left: int, top: int) -> None:
    logo = {"add_logo": True, "position": position, "language": 1, "logo_text_content": "OWN TEXT"}
    size = {"width": 600, "height": 600}
    plain = drawn(server, V14, **size, logo_info={**logo, "opacity": 0.0})
    marked = drawn(server, V14, **size, logo_info={**logo, "opacity": 1.0})
    rows, columns = np.nonzero(np.abs(array(marked) - array(plain)).sum(axis=2) > 200)
    assert rows.size > 30
    assert (columns.mean() < 200) == bool(left)
    assert (columns.mean() > 400) != bool(left)
    assert (rows.mean() < 100) == bool(top)
    assert (rows.mean() > 500) != bool(top)


def test_watermark_opacity_and_built_in_text(server: SandboxServer) -> None:
    def change(**logo: Any) -> int:
        plain = drawn(server, V14, width=300, height=300)
        marked = drawn(server, V14, width=300, height=300, logo_info={"add_logo": True, "position": 2, **logo})
        return int(np.abs(array(marked) - array(plain))[:40].sum())

    assert change(opacity=1) > 2 * change(opacity=0.3) > 0
    assert change(language=0) > 0
    assert change(language=0) != change(language=1)


def test_chinese_and_odd_prompts(server: SandboxServer) -> None:
    for prompt in ("\u4e00\u53ea\u72d7", "\U0001f600 ok", "x" * 5000, "a\n\tb\x00", "\u0e01\u0301"):
        assert drawn(server, V14, prompt=prompt).size == (128, 128)


def test_characters_without_a_font_become_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "wide_file", lambda: "")
    text.has_glyph.cache_clear()
    try:
        assert text.writable("a \u4e00 \U0001f600 \ud800\x00") == "a \\u4e00 \\U0001f600 \\ud800"
    finally:
        text.has_glyph.cache_clear()


def test_long_text_is_cut_to_the_room_it_has() -> None:
    mask = text.fit("word " * 5000, 200, 60, 40)
    assert mask.width <= 200
    assert mask.height <= 60
    assert mask.getbbox() is not None
    short = text.fit("short", 200, 60, 40)
    assert 45 <= short.height <= 60 and short.width > 60
    assert text.fit("x" * 3000, 200, 60, 40).width <= 200


def test_base64_and_address_answers(server: SandboxServer) -> None:
    for req_key in (V14, IP, OUT, CONTROL, SHOP):
        by_text = post(server, body(req_key)).json()["data"]
        by_url = post(server, body(req_key, return_url=True)).json()["data"]
        assert by_text["image_urls"] == []
        assert by_url["binary_data_base64"] == []
        (address,) = by_url["image_urls"]
        file = requests.get(address, timeout=5)
        assert file.headers["Content-Type"] == ("image/png" if req_key == OUT else "image/jpeg")
        assert int(file.headers["Content-Length"]) == len(file.content)
        assert address.startswith(server.url + "/files/")
        assert base64.b64encode(file.content).decode() == by_text["binary_data_base64"][0]
    assert requests.head(address, timeout=5).headers["Content-Length"] == str(len(file.content))
    assert requests.get(server.url + "/files/none.jpg", timeout=5).status_code == 404


def test_own_addresses_are_loaded(server: SandboxServer) -> None:
    made = post(server, body(OUT, return_url=True)).json()["data"]["image_urls"][0]
    picture = Image.open(requests.get(made, stream=True, timeout=5).raw).convert("RGB")
    again = drawn(server, OUT, binary_data_base64=None, image_urls=[made], left=1.0)
    assert np.array_equal(array(again)[:, picture.width :], array(picture))
    lost = post(server, body(OUT, binary_data_base64=None, image_urls=[server.url + "/files/x.png"]))
    assert lost.json()["code"] == 50207
    shown = shop(server, binary_data_base64=None, product_image_input=made, longer_side=200)
    assert shown.size[0] == 200


def test_texts(server: SandboxServer) -> None:
    data = post(server, body(V14, prompt="Vast armies")).json()["data"]
    assert data["rephraser_result"].startswith("Vast armies, ")
    assert "armies" in data["predict_tags_result"]
    off = post(server, body(V14, use_rephraser=False, use_predict_tags=False)).json()["data"]
    assert (off["rephraser_result"], off["predict_tags_result"]) == ("", "")
    chinese = post(server, body(CONTROL, prompt="\u4e00\u53ea\u72d7")).json()["data"]
    assert chinese["rephraser_result"].startswith("\u4e00\u53ea\u72d7\uff0c")
