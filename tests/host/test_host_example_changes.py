"""The example workflows that change a picture: what comes back, and what was sent for it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.gateway import Gateway
from tests.generate.workflows import example
from tests.host.client import Client, differences, pixels
from tests.host.examples import bodies, marked, original, run
from tests.host.graphs import sent_pictures
from volcv_client.catalog.examples import picture_path


@pytest.mark.parametrize(
    "title",
    [
        "Edit - One sentence",
        "Edit - SeedEdit 3.0",
        "Image to image - One of 17 styles",
        "Image to image - Style of a picture",
    ],
)
def test_changed_as_a_whole(
    title: str, client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int
) -> None:
    """The picture changes everywhere and keeps its size; what was sent is the picture itself."""
    one = example(title)
    done = run(client, one, object_info, seed)
    source = original(one.graph["1"]["inputs"]["picture"])
    (picture,) = client.pictures(done, one.results[0])
    assert picture.size == source.size
    assert marked(picture)
    assert differences(pixels(picture), pixels(source)) > 10
    assert differences(pixels(sent_pictures(bodies(gateway)[0])[0]), pixels(source)) < 1.5


def test_style_of_a_picture(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """The picture that gives a style goes behind the one that gives the shape."""
    run(client, example("Image to image - Style of a picture"), object_info, seed)
    shape, style = sent_pictures(bodies(gateway)[0])
    assert differences(pixels(shape), pixels(original("room"))) < 1.5
    assert differences(pixels(style), pixels(original("scene"))) < 1.5


@pytest.mark.parametrize("title", ["Inpaint - Repaint with a prompt", "Inpaint - Erase"])
def test_inpaint(title: str, client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """White is the box and nothing else, and nothing else changes."""
    one = example(title)
    done = run(client, one, object_info, seed)
    room, (picture,) = original("room"), client.pictures(done, one.results[0])
    assert picture.size == room.size
    put, white = one.graph["4"]["inputs"], one.graph["3"]["inputs"]
    left, top = put["x"], put["y"]
    box = (left, top, left + white["width"], top + white["height"])
    right, bottom = box[2:]
    assert differences(pixels(picture)[top:bottom, left:right], pixels(room)[top:bottom, left:right]) > 10
    outside = np.ones((768, 1024), bool)
    outside[top:bottom, left:right] = False
    assert differences(pixels(picture)[outside], pixels(room)[outside]) < 1.5
    sent, mask = sent_pictures(bodies(gateway)[0])
    assert (mask.mode, mask.format, mask.size) == ("L", "PNG", sent.size)
    assert mask.getbbox() == box
    assert mask.crop(box).getextrema() == (255, 255)


def test_restore(client: Client, object_info: dict[str, Any], seed: int) -> None:
    """The small picture comes back twice as large and with more contrast."""
    done = run(client, example("Restore - Low quality"), object_info, seed)
    (bad,), (good,) = client.pictures(done, "3"), client.pictures(done, "5")
    assert (bad.size, good.size) == ((320, 240), (640, 480))
    assert marked(good)
    small = good.resize(bad.size, Image.Resampling.BOX)
    assert 2 < differences(pixels(small), pixels(bad)) < 60
    assert pixels(small)[60:].std() > pixels(bad)[60:].std() * 1.1


def test_portraits(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """Two styles of the same photo. Without a seed every run is a new call."""
    one = example("Portrait - Single photo styles")
    done = run(client, one, object_info, seed)
    pictures = [client.pictures(done, key)[0] for key in one.results]
    photo = original("character")
    assert all(picture.size == photo.size and marked(picture) for picture in pictures)
    assert all(differences(pixels(a), pixels(b)) > 10 for a, b in combinations([*pictures, photo], 2))
    assert len({body["req_key"] for body in bodies(gateway)}) == 2


def test_cut_out(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """What was cut out is the product of the second model, and its mask is white there."""
    done = run(client, example("Segment - Cut out and restage"), object_info, seed)
    (picture,) = client.pictures(done, "6")
    assert picture.size == (1200, 1000)
    assert marked(picture)
    product, mask, scene = sent_pictures(bodies(gateway)[-1])
    assert (mask.mode, mask.format, mask.size, product.size) == ("L", "PNG", product.size, (1024, 1024))
    with Image.open(picture_path("product")) as file:
        alpha = np.asarray(file.convert("RGBA").getchannel("A")) >= 128
    white = np.asarray(mask) >= 128
    assert (white & alpha).sum() / (white | alpha).sum() > 0.9
    assert differences(pixels(scene), pixels(original("landscape"))) < 1.5
