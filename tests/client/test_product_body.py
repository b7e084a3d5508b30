"""What the product model sends: every composition, every light, pictures inline and as addresses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.gateway import Gateway
from volcv_client.client import Client

from .helpers import (
    PRODUCT,
    PRODUCT_SHOT,
    SMALL_PRODUCT,
    colour,
    half_mask,
    make,
    opened,
    same_json,
    seed_page,
    without,
)

Sent = dict[str, Any]
PRODUCT_PROMPT = {"positive_prompt": "table,room,warm tone,"}


def test_product_equals_its_seed_page(sent: Any) -> None:
    page = seed_page(PRODUCT)
    body = sent(PRODUCT, PRODUCT_PROMPT, PRODUCT_SHOT)
    pictures = ("product_image_input", "ref_image_input")
    assert same_json(without(body, "binary_data_base64", *pictures), without(page, *pictures))
    assert body["product_image_input"] == "uri://binary_data?index=0"
    assert "ref_image_input" not in body


CANVAS = {"canvas_width": 128, "canvas_height": 96}
AUTO_ON_PAGE = {
    "canvas_width": 1000,
    "canvas_height": 1000,
    "auto_offset_x": 50,
    "auto_offset_y": 50,
    "auto_scale": 0.7,
}
COMPOSITION = (
    *AUTO_ON_PAGE,
    "longer_side",
    "auto_composition_switch",
    "manual_composition_switch",
    "offset_x",
    "offset_y",
    "crop_prodcut_switch",
)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (
            {"composition": "original", "longer_side": 64},
            {**AUTO_ON_PAGE, "auto_composition_switch": False, "longer_side": 64},
        ),
        (
            {"composition": "automatic", **CANVAS, "auto_offset_x": 20, "auto_offset_y": 80, "auto_scale": 0.5},
            {**CANVAS, "auto_composition_switch": True, "auto_offset_x": 20, "auto_offset_y": 80, "auto_scale": 0.5},
        ),
        (
            {"composition": "manual", **CANVAS, "offset_x": -3, "offset_y": 9, "crop_prodcut_switch": False},
            {
                **CANVAS,
                "auto_composition_switch": False,
                "manual_composition_switch": True,
                "offset_x": -3,
                "offset_y": 9,
                "crop_prodcut_switch": False,
            },
        ),
    ],
)
def test_each_composition_sends_its_own_fields(sent: Any, chosen: Sent, expected: Sent) -> None:
    body = sent(PRODUCT, {"positive_prompt": "a table", **chosen}, PRODUCT_SHOT)
    assert same_json({name: body[name] for name in COMPOSITION if name in body}, expected)


POSITIONS = [f"{side} Light" for side in ("Left", "Right", "Top", "Bottom")] + [
    f"{side} Light" for side in ("Top Left", "Top Right", "Bottom Left", "Bottom Right")
]


@pytest.mark.parametrize("position", POSITIONS)
def test_each_light_direction(sent: Any, position: str) -> None:
    body = sent(PRODUCT, {**SMALL_PRODUCT, "light": position}, PRODUCT_SHOT)
    assert body["preset_light_switch"] is True
    assert body["upload_light_switch"] is False
    assert body["light_position"] == position


def test_light_from_a_picture(sent: Any) -> None:
    pictures = {**PRODUCT_SHOT, "light_image": [colour(20, 20)]}
    body = sent(PRODUCT, {**SMALL_PRODUCT, "light": "from light_image"}, pictures)
    assert body["upload_light_switch"] is True
    assert body["preset_light_switch"] is False
    assert body["light_image_input"] == "uri://binary_data?index=1"


def test_a_light_picture_without_that_light_is_not_sent(client: Client, server: Gateway) -> None:
    pictures = {**PRODUCT_SHOT, "light_image": [colour(20, 20)]}
    outcome = make(client, SMALL_PRODUCT, pictures, key=PRODUCT)
    body = server.requests[0].body
    assert body is not None
    assert "light_image_input" not in body
    assert len(body["binary_data_base64"]) == 1
    assert any("light_image" in note for note in outcome.notes)


def test_reference_picture_switches_itself_on(sent: Any) -> None:
    body = sent(PRODUCT, SMALL_PRODUCT, {**PRODUCT_SHOT, "ref_image": [colour(20, 30)]})
    assert body["ref_switch"] is True
    assert body["ref_image_input"] == "uri://binary_data?index=1"
    assert opened(body["binary_data_base64"][1]).size == (20, 30)


def test_product_mask_switches_itself_on(sent: Any) -> None:
    body = sent(PRODUCT, SMALL_PRODUCT, {**PRODUCT_SHOT, "product_mask": [half_mask(24, 16)]})
    assert body["mask_image_switch"] is True
    assert body["mask_invert_switch"] is False
    assert body["mask_image_input"] == "uri://binary_data?index=1"
    mask = opened(body["binary_data_base64"][1])
    assert (mask.mode, mask.size) == ("L", (48, 32))
    assert np.asarray(mask)[:, -4:].min() == 255


URLS = {
    "product_image_url": "https://pictures.example/p.png",
    "ref_image_url": "https://pictures.example/r.png",
    "mask_image_url": "https://pictures.example/m.png",
    "light_image_url": "https://pictures.example/l.png",
}


def test_addresses_take_precedence_over_pictures(client: Client, server: Gateway) -> None:
    pictures = {
        "product_image": [colour()],
        "ref_image": [colour()],
        "product_mask": [half_mask(48, 32)],
        "light_image": [colour()],
    }
    outcome = make(client, {**SMALL_PRODUCT, "light": "from light_image", **URLS}, pictures, key=PRODUCT)
    body = server.requests[0].body
    assert body is not None
    assert "binary_data_base64" not in body
    for name, url in zip(("product", "ref", "mask", "light"), URLS.values(), strict=True):
        assert body[f"{name}_image_input"] == url
    assert (body["ref_switch"], body["mask_image_switch"], body["upload_light_switch"]) == (True, True, True)
    assert body["mask_invert_switch"] is True
    assert sum("is filled in" in note for note in outcome.notes) == 4


def test_an_address_and_a_picture_keep_their_places(sent: Any) -> None:
    values = {**SMALL_PRODUCT, "product_image_url": URLS["product_image_url"]}
    body = sent(PRODUCT, values, {"ref_image": [colour(20, 30)]})
    assert body["product_image_input"] == URLS["product_image_url"]
    assert body["ref_image_input"] == "uri://binary_data?index=0"


def test_fields_missing_on_the_page_are_sent_only_when_changed(sent: Any) -> None:
    body = sent(PRODUCT, {**SMALL_PRODUCT, "negative_prompt": "people", "seg_prompt": "cup"}, PRODUCT_SHOT)
    assert (body["negative_prompt"], body["seg_prompt"]) == ("people", "cup")
    assert not {"fixed_positive_prompt", "fixed_negative_prompt"} & body.keys()
