"""What most client tests need: a profile, a run to its end, small pictures, a reader for request bodies."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.gateway import Fault, Gateway
from volcv_client.calls.run import BatchInputs, Outcome, Run
from volcv_client.calls.service import Service, service_for
from volcv_client.catalog import model
from volcv_client.config import Profile
from volcv_client.images.pictures import decode
from volcv_client.request.payload import ArrayMask, ArrayPicture, PictureSource, defaults

HERE = Path(__file__).parent
DOCUMENTED: list[dict[str, Any]] = json.loads((HERE / "error_codes.json").read_text(encoding="utf-8"))
KEY = "canary-7f3d9b1c5e8a2046"
T2I = "high_aes_general_v14"
CHARACTER = "high_aes_ip_v20"
OUTPAINT = "i2i_outpainting"
CONTROLNET = "high_aes_scheduler_svr_controlnet_v2.0"
PRODUCT = "img2img_e_commerce_style"
SMALL: Mapping[str, Any] = {"prompt": "a cat", "width": 64, "height": 64}
"""Text to image at a size that is drawn at once."""

Decoded = NDArray[np.float32]


def profile(url: str, **changes: Any) -> Profile:
    return Profile(**{"base_url": url, "api_key": KEY, "timeout": 20.0, **changes})


@contextmanager
def sandbox(*faults: Fault, **options: Any) -> Iterator[Gateway]:
    with Gateway(api_keys=(KEY,), faults=faults, **options) as server:
        yield server


def start(
    service: Service,
    values: Mapping[str, Any] = SMALL,
    pictures: Mapping[str, Sequence[PictureSource]] | None = None,
    *,
    key: str = T2I,
    decoder: Callable[[bytes], Decoded] = decode,
    controls: Sequence[tuple[Sequence[PictureSource], str, float]] = (),
    watermark: Mapping[str, Any] | None = None,
) -> Run[Decoded]:
    one = model(key)
    batch = BatchInputs({**defaults(one), **values}, pictures or {}, controls, watermark)
    return Run(service, one, batch, lambda _, data: decoder(data))


def finish(run: Run[Decoded], seconds: float = 20.0) -> Outcome[Decoded]:
    ended = wait(run.futures, timeout=seconds)
    assert not ended.not_done, "the run did not end"
    return run.outcome()


def make(service: Service, *args: Any, **options: Any) -> Outcome[Decoded]:
    return finish(start(service, *args, **options))


def make_at(server: Gateway, *args: Any, **options: Any) -> Outcome[Decoded]:
    return make(service_for(profile(server.url)), *args, **options)


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


def colour(width: int = 48, height: int = 32, value: tuple[int, ...] = (200, 30, 60)) -> ArrayPicture:
    return ArrayPicture(np.full((height, width, len(value)), value, np.uint8))


def noise(width: int, height: int, channels: int = 3) -> ArrayPicture:
    return ArrayPicture(np.random.default_rng(7).integers(0, 256, (height, width, channels)).astype(np.uint8))


def half_mask(width: int, height: int) -> ArrayMask:
    """Selected on the right half."""
    mask = np.zeros((height, width), np.float32)
    mask[:, width // 2 :] = 1.0
    return ArrayMask(mask)


def opened(picture: str | bytes) -> Image.Image:
    """The picture in a file, or in a base64 text of a request, which must be bare."""
    data = base64.b64decode(picture, validate=True) if isinstance(picture, str) else picture
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def png(width: int = 8, height: int = 8, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (width, height), 128 if mode in ("L", "I;16") else "red").save(buffer, "PNG")
    return buffer.getvalue()


def seed_page(key: str) -> dict[str, Any]:
    """The example body of the model's seed page, with its syntax errors repaired."""
    loaded: dict[str, Any] = json.loads((HERE / "seeds" / f"{key}.json").read_text(encoding="utf-8"))
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
