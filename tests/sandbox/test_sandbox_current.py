"""What the drawings of the current models show, on the shipped sandbox."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from PIL import Image, ImageDraw

from tests.gateway.helpers import encode, pictures, post
from volcv_client.sandbox import SandboxServer

WEAR, SUBJECTS = "dressing_diffusionV2", "jimeng_realman_avatar_object_detection"
RED, GREEN, GREY = (200, 30, 30), (20, 160, 60), (235, 235, 235)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def shape(color: tuple[int, int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """A box on light grey, 300 x 300."""
    picture = Image.new("RGB", (300, 300), GREY)
    ImageDraw.Draw(picture).rectangle(box, fill=color)
    return picture


def worn(server: SandboxServer, *types: str) -> Image.Image:
    person, garment = shape(RED, (100, 20, 200, 279)), shape(GREEN, (50, 50, 250, 250))
    data = [{"type": one} for one in types]
    sent: dict[str, Any] = {"req_key": WEAR, "req_image_store_type": 0, "garment": {"data": data}}
    sent["binary_data_base64"] = [encode(person), *(encode(garment) for _ in types)]
    task = post(server, sent, action="CVSubmitTask").json()["data"]["task_id"]
    asked = {"req_key": WEAR, "task_id": task, "req_json": json.dumps({"return_url": False})}
    (picture,) = pictures(post(server, asked, action="CVGetResult"))
    return picture.convert("RGB")


def green(picture: Image.Image, height: int) -> bool:
    pixel = picture.getpixel((150, height))
    return isinstance(pixel, tuple) and pixel[1] > pixel[0] + 60


@pytest.mark.parametrize(
    ("types", "rows"),
    [
        (("upper",), [False, True, False]),
        (("bottom",), [False, False, True]),
        (("upper", "bottom"), [False, True, True]),
    ],
)
def test_a_garment_covers_the_part_of_the_person_that_its_type_names(
    server: SandboxServer, types: tuple[str, ...], rows: list[bool]
) -> None:
    picture = worn(server, *types)
    assert picture.size == (300, 300)
    assert [green(picture, height) for height in (100, 150, 230)] == rows


def test_each_subject_has_a_mask_of_the_picture_s_size(server: SandboxServer) -> None:
    file = io.BytesIO()
    shape(RED, (100, 20, 200, 279)).save(file, "PNG")
    headers = {"Authorization": "Bearer sandbox"}
    upload = requests.post(
        f"{server.url}/v1/files", files={"file": ("a.png", file.getvalue())}, headers=headers, timeout=5
    )
    answer = post(server, {"req_key": SUBJECTS, "image_url": upload.json()["url"]}).json()
    (link,) = json.loads(answer["data"]["resp_data"])["object_detection_result"]["mask"]["url"]
    mask = Image.open(io.BytesIO(requests.get(link, timeout=5).content))
    assert (mask.mode, mask.size) == ("L", (300, 300))
    assert (mask.getpixel((150, 150)), mask.getpixel((5, 5))) == (255, 0)
