"""What most client tests need: a profile, a run to its end, small pictures, a reader for request bodies."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from tests.gateway import Fault, Gateway
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


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that another thread brings about; fails if it does not happen."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def settled(read: Callable[[], int], seconds: float = 0.4) -> int:
    """What ``read()`` says once there was time enough for it to go wrong."""
    time.sleep(seconds)
    return read()


def colour(width: int = 48, height: int = 32, value: tuple[int, ...] = (200, 30, 60)) -> Image:
    return Image(np.full((height, width, len(value)), value, np.uint8))


def noise(width: int, height: int, channels: int = 3) -> Image:
    return Image(np.random.default_rng(7).integers(0, 256, (height, width, channels)).astype(np.uint8))


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


def png(width: int = 8, height: int = 8, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new(mode, (width, height), 128 if mode in ("L", "I;16") else "red").save(buffer, "PNG")
    return buffer.getvalue()


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
