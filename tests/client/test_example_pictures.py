"""The pictures that ship with the pack: sizes, content and the cut-out's transparency."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from volcv_client.catalog.examples import PICTURE_NAMES, picture_path

SIZES = {
    "product": (1024, 1024),
    "landscape": (1024, 768),
    "character": (768, 768),
    "room": (1024, 768),
    "light": (512, 512),
    "scene": (1024, 1024),
    "garment": (640, 640),
}


@pytest.mark.parametrize("name", PICTURE_NAMES)
def test_every_picture_is_there_and_shows_something(name: str) -> None:
    with Image.open(picture_path(name)) as picture:
        assert picture.size == SIZES[name]
        assert np.asarray(picture.convert("L")).std() > 20


def test_the_product_is_cut_out() -> None:
    with Image.open(picture_path("product")) as picture:
        low, high = picture.getchannel("A").getextrema()
    assert (low, high) == (0, 255)
