"""What most client tests need: a profile, a run to its end, small pictures, a reader for request bodies."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from tests.gateway import Fault, Gateway
from tests.support import pictures
from tests.support.pictures import png as png
from tests.support.waiting import settled as settled
from tests.support.waiting import until as until
from volcv_client.calls.batch import BatchRun, RunResult
from volcv_client.catalog import model
from volcv_client.catalog.spec import Control
from volcv_client.client import Client, ClientPool
from volcv_client.config import Profile
from volcv_client.images.batch import ImageBatch
from volcv_client.images.image import Image, Mask
from volcv_client.request.plan import plan

HERE = Path(__file__).parent
BODIES = HERE / "bodies"
DOCUMENTED: list[dict[str, Any]] = json.loads((HERE / "error_codes.json").read_text(encoding="utf-8"))
KEY = "canary-7f3d9b1c5e8a2046"
T2I = "high_aes_general_v14"
CHARACTER = "high_aes_ip_v20"
OUTPAINT = "i2i_outpainting"
CONTROLNET = "high_aes_scheduler_svr_controlnet_v2.0"
PRODUCT = "img2img_e_commerce_style"
SMALL: Mapping[str, Any] = {"prompt": "a cat", "width": 64, "height": 64}
"""Text to image at a size that is drawn at once."""


def profile(url: str, **changes: Any) -> Profile:
    return Profile(**{"base_url": url, "api_key": KEY, "timeout": 20.0, **changes})


@contextmanager
def sandbox(*faults: Fault, **options: Any) -> Iterator[Gateway]:
    with Gateway(api_keys=(KEY,), faults=faults, **options) as server:
        yield server


POOL = ClientPool()
"""Clients of all tests: one per profile and state folder, as in ComfyUI."""


def client_for(profile: Profile) -> Client:
    return POOL.client(profile)


def start(
    client: Client,
    values: Mapping[str, Any] = SMALL,
    pictures: Mapping[str, Sequence[Image]] | None = None,
    *,
    key: str = T2I,
    controls: Sequence[Control] = (),
    watermark: Mapping[str, Any] | None = None,
) -> BatchRun:
    given = {**values, **(pictures or {}), "more_controls": controls or None, "logo_info": watermark}
    planned = plan(model(key), given)
    return client.start(planned, pixels=ImageBatch(len(planned.calls)))


def finish(run: BatchRun, seconds: float = 20.0) -> RunResult:
    assert run.wait(seconds), "the run did not end"
    return run.result()


def error_of(run: BatchRun, seconds: float = 20.0) -> Exception | None:
    """The error of the first call."""
    assert run.wait(seconds), "the run did not end"
    return run.calls[0].error


def make(client: Client, *args: Any, **options: Any) -> RunResult:
    return finish(start(client, *args, **options))


def make_at(server: Gateway, *args: Any, **options: Any) -> RunResult:
    return make(client_for(profile(server.url)), *args, **options)


def colour(width: int = 48, height: int = 32, value: tuple[int, ...] = (200, 30, 60)) -> Image:
    return Image(np.full((height, width, len(value)), value, np.uint8))


def noise(width: int, height: int, channels: int = 3) -> Image:
    return Image(pictures.noise(width, height, channels))


def half_mask(width: int, height: int) -> Mask:
    """Selected on the right half."""
    mask = np.zeros((height, width), np.float32)
    mask[:, width // 2 :] = 1.0
    return Mask(mask)


def opened(picture: str | bytes) -> PIL.Image.Image:
    """The picture in a file, or in a base64 text of a request, which must be bare."""
    data = base64.b64decode(picture, validate=True) if isinstance(picture, str) else picture
    image = PIL.Image.open(io.BytesIO(data))
    image.load()
    return image


def seed_page(key: str) -> dict[str, Any]:
    """The body that the model's page documents, with the syntax errors of seed pages repaired."""
    loaded: dict[str, Any] = json.loads((BODIES / f"{key}.json").read_text(encoding="utf-8"))
    return loaded


def success(data: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A success envelope as on the seed pages, with one inline picture unless ``data`` says otherwise."""
    return {
        "code": 10000,
        "data": {
            "algorithm_base_resp": {"status_code": 0, "status_message": "Success"},
            "binary_data_base64": [base64.b64encode(png()).decode()],
            "image_urls": [],
            **(data or {}),
        },
        "message": "Success",
        "request_id": "20240612140828519894A35E4283DB7C8AD",
        "status": 10000,
        "time_elapsed": "16.52978614s",
        **changes,
    }


IMAGE = {"image": [colour()]}
PRODUCT_SHOT = {"product_image": [colour()]}
SMALL_PRODUCT: Mapping[str, Any] = {"positive_prompt": "a table", "longer_side": 64}
"""A product picture at a size that is drawn at once."""


def without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def same_json(left: object, right: object) -> bool:
    """Equal, and not true for 1 or "1" for 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return left == right and isinstance(left, bool) == isinstance(right, bool)
