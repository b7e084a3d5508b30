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


def test_edit(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """Two models change the same picture by the same sentence."""
    done = run(client, example("Edit - One sentence"), object_info, seed)
    source = original("character")
    for key in ("4", "6"):
        (picture,) = client.pictures(done, key)
        assert picture.size == source.size
        assert marked(picture)
        assert differences(pixels(picture), pixels(source)) > 10
    sent = bodies(gateway)
    assert sent[0]["prompt"] == sent[1]["prompt"]
    for body in sent:
        (picture,) = sent_pictures(body)
        assert differences(pixels(picture), pixels(source)) < 1.5


@pytest.mark.parametrize(("key", "call", "box"), [("6", 0, (500, 165, 736, 343)), ("10", 1, (846, 200, 986, 625))])
def test_inpaint(
    key: str,
    call: int,
    box: tuple[int, int, int, int],
    client: Client,
    gateway: Gateway,
    object_info: dict[str, Any],
    seed: int,
) -> None:
    """White is the box and nothing else, and nothing else changes."""
    done = run(client, example("Inpaint - Edit and erase"), object_info, seed)
    room, (picture,) = original("room"), client.pictures(done, key)
    assert picture.size == room.size
    left, top, right, bottom = box
    assert differences(pixels(picture)[top:bottom, left:right], pixels(room)[top:bottom, left:right]) > 10
    outside = np.ones((768, 1024), bool)
    outside[top:bottom, left:right] = False
    assert differences(pixels(picture)[outside], pixels(room)[outside]) < 1.5
    sent, mask = sent_pictures(bodies(gateway)[call])
    assert (mask.mode, mask.format, mask.size) == ("L", "PNG", sent.size)
    assert mask.getbbox() == box
    assert mask.crop(box).getextrema() == (255, 255)


def test_style(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """The style changes the whole picture; the picture that gives a style goes behind the one that gives the shape."""
    done = run(client, example("Image to image - Style and reference"), object_info, seed)
    for key, name in (("3", "landscape"), ("7", "room")):
        (picture,) = client.pictures(done, key)
        assert picture.size == original(name).size
        assert marked(picture)
        assert differences(pixels(picture), pixels(original(name))) > 10
    shape, style = sent_pictures(bodies(gateway)[1])
    assert differences(pixels(shape), pixels(original("room"))) < 1.5
    assert differences(pixels(style), pixels(original("scene"))) < 1.5


def test_restore(client: Client, object_info: dict[str, Any], seed: int) -> None:
    """The small picture comes back twice as large and with more contrast."""
    done = run(client, example("Restore - Low quality"), object_info, seed)
    (bad,), (good,) = client.pictures(done, "4"), client.pictures(done, "6")
    assert (bad.size, good.size) == ((320, 240), (640, 480))
    assert marked(good)
    small = good.resize(bad.size, Image.Resampling.BOX)
    assert 2 < differences(pixels(small), pixels(bad)) < 60
    assert pixels(small)[60:].std() > pixels(bad)[60:].std() * 1.1


def test_portraits(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """Four styles of the same photo. Without a seed every run is a new call."""
    one = example("Portrait - Single photo styles")
    done = run(client, one, object_info, seed)
    pictures = [client.pictures(done, key)[0] for key in one.results]
    photo = original("character")
    assert all(picture.size == photo.size and marked(picture) for picture in pictures)
    assert all(differences(pixels(a), pixels(b)) > 10 for a, b in combinations([*pictures, photo], 2))
    assert len({body["req_key"] for body in bodies(gateway)}) == 4


def test_cut_out(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """What was cut out is the product of the second model, and its mask is white there."""
    done = run(client, example("Segment - Cut out and restage"), object_info, seed)
    (cut,), (picture,) = client.pictures(done, "3"), client.pictures(done, "6")
    assert (cut.size, picture.size) == ((1024, 1024), (1200, 1000))
    assert marked(picture)
    product, mask, scene = sent_pictures(bodies(gateway)[-1])
    assert (mask.mode, mask.format, mask.size) == ("L", "PNG", product.size)
    with Image.open(picture_path("product")) as file:
        alpha = np.asarray(file.convert("RGBA").getchannel("A")) >= 128
    white = np.asarray(mask) >= 128
    assert (white & alpha).sum() / (white | alpha).sum() > 0.9
    assert differences(pixels(scene), pixels(original("landscape"))) < 1.5
