"""What the drawings of the models beyond the seed pages show, on the shipped sandbox."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.gateway.helpers import (
    ANIME,
    CUT,
    EDIT,
    ENTITIES,
    ERASE,
    FACES,
    INPAINT,
    LENS,
    MASK,
    PHOTO,
    PICTURE,
    PORTRAITS,
    REFERENCE,
    REPAINT,
    SEEDEDIT,
    STYLES,
    TWICE,
    UPSCALE,
    V20,
    V20_L,
    V21_L,
    V30,
    XL_IMAGE,
    array,
    body,
    control,
    drawn,
    encode,
    finished,
    noise,
    picture_of,
    pictures,
    post,
)
from volcv_client.catalog.shared import PROMPTS
from volcv_client.sandbox import SandboxServer
from volcv_client.sandbox.job import MOST_PIXELS

STYLE, PORTRAIT = "img2img_cartoon_style", PORTRAITS[4]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def subject() -> Image.Image:
    """A red disc on light grey, 120 x 80, from 40,20 to 80,60."""
    picture = Image.new("RGB", (120, 80), (235, 235, 235))
    ImageDraw.Draw(picture).ellipse((40, 20, 80, 60), fill=(200, 30, 30))
    return picture


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
    reference = styled | {"binary_data_index": 0}
    data = post(server, body(XL_IMAGE, controlnet_args=control(), style_reference_args=reference, prompt="a cat"))
    assert data.json()["data"]["prompt_translated"] == "a cat"


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

    (cropped,) = forms(only_mask=0)
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
    assert forms()[0].tobytes() == whole.tobytes()
    (marked,) = forms(only_mask=3, logo_info={"add_logo": True})
    assert marked.mode == "RGBA" and marked.tobytes() != whole.tobytes()


def test_an_alpha_channel_is_the_subject(server: SandboxServer) -> None:
    picture = noise(40, 30).convert("RGBA")
    picture.putalpha(0)
    picture.paste((10, 200, 10, 255), (5, 6, 25, 16))
    (cropped,) = pictures(post(server, body(CUT, binary_data_base64=[encode(picture)], only_mask=0)))
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


def test_upscaling(server: SandboxServer) -> None:
    """4k has 4096 pixels on its long side; 8k as many as a drawing may have. Nothing shrinks."""
    flat = encode(Image.new("RGB", (60, 20), (90, 140, 200)))
    assert finished(server, UPSCALE, binary_data_base64=[flat], resolution="4k")[0].size == (4096, 1365)
    wide, tall = finished(server, UPSCALE, binary_data_base64=[flat], resolution="8k")[0].size
    assert (wide / tall, wide * tall) == (pytest.approx(3, rel=0.01), pytest.approx(MOST_PIXELS, rel=0.01))
    large = encode(Image.new("RGB", (4096, 1400)))
    assert finished(server, UPSCALE, binary_data_base64=[large])[0].size == (4096, 1400)


def test_detail_grows_with_the_scale(server: SandboxServer) -> None:
    edge = Image.new("RGB", (66, 22), (90, 90, 90))
    edge.paste((160, 160, 160), (33, 0, 66, 22))
    sent = {"binary_data_base64": [encode(edge)]}
    spread = [np.ptp(array(finished(server, UPSCALE, **sent, scale=scale)[0])[700:800]) for scale in (0, 100)]
    assert spread[0] < spread[1]


def test_jimeng_inpainting_paints_or_erases_the_white_region_only(server: SandboxServer) -> None:
    source, white = array(noise(96, 64)), np.asarray(Image.open(io.BytesIO(base64.b64decode(MASK)))) >= 128
    results = [array(finished(server, INPAINT, prompt=prompt)[0]) for prompt in ("a red boat", "\u5220\u9664")]
    for result in results:
        assert not (result != source).any(axis=2)[~white].any()
        assert (result != source).any(axis=2)[white].mean() > 0.9
    # What is erased is filled with the colours around it: noise, whose mean is grey.
    assert np.ptp(results[1][white].mean(axis=0)) < np.ptp(results[0][white].mean(axis=0))


def test_a_reference_keeps_its_size_unless_another_is_asked_for(server: SandboxServer) -> None:
    sent = {"binary_data_base64": picture_of(150, 90)}
    assert finished(server, REFERENCE, **sent)[0].size == (150, 90)
    assert finished(server, REFERENCE, **sent, width=512, height=768)[0].size == (512, 768)


def test_extraction_shows_the_product_on_white_or_what_is_on_it(server: SandboxServer) -> None:
    whole, flat = "jimeng_i2i_extract_tiled_images", "i2i_material_extraction"
    sent = {"binary_data_base64": [encode(subject())], "width": 1024, "height": 1100}
    product = finished(server, whole, **sent)[0].convert("RGB")
    assert product.size == (1024, 1100)
    assert array(product)[-4:, :4].min() > 240 and product.getpixel((512, 450)) != (255, 255, 255)
    logo, texture = (
        finished(server, flat, **sent, image_edit_prompt=PROMPTS[flat][one])[0] for one in ("logo", "texture")
    )
    assert [array(one)[450, :4, 1].max() < 80 for one in (logo, texture)] == [True, True]
    tile = array(texture.convert("RGB"))[300:900]
    assert np.abs(tile - tile[:, ::-1]).mean() < 3


def test_super_resolution_doubles_the_size(server: SandboxServer) -> None:
    def enlarged(**changes: Any) -> Image.Image:
        return pictures(post(server, body(TWICE, binary_data_base64=picture_of(260, 300), **changes)))[0]

    assert (enlarged().size, enlarged().format) == ((520, 600), "PNG")
    assert enlarged(result_format=1).format == "JPEG"
    contrasts = [array(enlarged(model_quality=quality)).std() for quality in ("HQ", "MQ", "LQ")]
    assert contrasts == sorted(contrasts, reverse=True)


def test_an_old_photo_gets_colours_if_wanted(server: SandboxServer) -> None:
    def colourful(color: int, source: Image.Image) -> float:
        sent = {"req_key": PHOTO, "if_color": color, "binary_data_base64": [encode(source)]}
        (found,) = pictures(post(server, sent, action="ConvertPhotoV2"))
        assert found.size == source.size
        return float(np.ptp(array(found)[16:], axis=2).mean())

    grey, coloured = noise(96, 64).convert("L"), subject()
    assert colourful(1, grey) > 10 > 3 > colourful(0, grey)
    assert colourful(1, coloured) > colourful(0, coloured)
    assert post(server, {"req_key": PHOTO, "binary_data_base64": [PICTURE]}, action="Unknown").json()["code"] == 50402


def test_every_entity_gets_a_mask_of_its_own(server: SandboxServer) -> None:
    source = Image.new("RGB", (200, 160), (230, 230, 230))
    for x, color in ((10, "red"), (80, "green"), (150, "blue")):
        source.paste(color, (x, 50, x + 40, 110))

    def masks(**changes: Any) -> list[Image.Image]:
        return pictures(post(server, body(ENTITIES, binary_data_base64=[encode(source)], **changes)))

    found = masks()
    assert {(one.mode, one.size) for one in found} == {("L", (200, 160))}
    # The ground is the largest; each thing is in one mask, and no place is in two.
    assert [one.getpixel((100, 20)) for one in found] == [255, 0, 0, 0]
    assert [sum(one.getpixel((x, 80)) == 255 for one in found) for x in (30, 100, 170)] == [1, 1, 1]
    assert sum(np.asarray(one, dtype=int) for one in found).max() == 255
    assert len(masks(max_entity=2)) == 2
    assert len(np.unique(masks(refine_mask=1)[1])) > 2


def test_faces_go_into_the_template_which_is_the_last_picture(server: SandboxServer) -> None:
    red, blue = (encode(Image.new("RGB", (60, 80), color)) for color in ("red", "blue"))
    template = encode(Image.new("RGB", (200, 160), (128, 128, 128)))

    def swapped(*faces: str, **changes: Any) -> Image.Image:
        return drawn(server, FACES, binary_data_base64=[*faces, template], **changes)

    one, two = swapped(red), swapped(red, blue, face_type="l2r")
    assert one.size == two.size == (200, 160)
    reds, blues = ((array(two)[..., here] - array(two)[..., there]) > 90 for here, there in ((0, 2), (2, 0)))
    assert reds.nonzero()[1].mean() < 80 and blues.nonzero()[1].mean() > 120
    below = array(swapped(red, blue, face_type="t2b"))
    assert ((below[..., 0] - below[..., 2]) > 90).nonzero()[0].mean() < 70
    pale = array(swapped(red, source_similarity="0"))
    assert (array(one)[64, 100, 0] - array(one)[64, 100, 2]) > 2 * (pale[64, 100, 0] - pale[64, 100, 2]) > 0
    assert post(server, body(FACES, source_similarity=0.5)).json()["code"] == 50204
    assert post(server, body(FACES, binary_data_base64=[template])).json()["code"] == 50206
