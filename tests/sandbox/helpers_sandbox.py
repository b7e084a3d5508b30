"""Requests and pictures shared by the sandbox tests."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import requests
from PIL import Image

from volcv_client.sandbox import SandboxServer

V14 = "high_aes_general_v14"
IP = "high_aes_ip_v20"
OUT = "i2i_outpainting"
CONTROL = "high_aes_scheduler_svr_controlnet_v2.0"
SHOP = "img2img_e_commerce_style"
FIRST = "uri://binary_data?index=0"


def encode(picture: Image.Image, kind: str = "PNG") -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


PICTURE = encode(noise(96, 64))


def body(req_key: str, **changes: Any) -> dict[str, Any]:
    """A small valid body of a model; None as a value removes the field."""
    base: dict[str, dict[str, Any]] = {
        V14: {"prompt": "a cat", "seed": 1, "width": 128, "height": 128},
        IP: {"prompt": "a cat", "seed": 1, "width": 128, "height": 128, "binary_data_base64": [PICTURE]},
        OUT: {"binary_data_base64": [PICTURE], "seed": 1, "left": 0.5},
        CONTROL: {
            "prompt": "a cat",
            "seed": 1,
            "binary_data_base64": [PICTURE],
            "controlnet_args": [{"type": "depth", "binary_data_index": 0, "strength": 0.6}],
        },
        SHOP: {
            "positive_prompt": "table",
            "seed": 1,
            "longer_side": 128,
            "product_image_input": FIRST,
            "binary_data_base64": [PICTURE],
        },
    }
    merged = {"req_key": req_key, **base[req_key], **changes}
    return {name: value for name, value in merged.items() if value is not None}


def post(
    server: SandboxServer,
    content: Any,
    *,
    action: str = "CVProcess",
    version: str = "2022-08-31",
    key: str | None = "sandbox",
    path: str = "/volcv/v1",
    timeout: float = 20,
    **more: Any,
) -> requests.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    headers.update(more.pop("headers", {}))
    arguments = {"data": content} if isinstance(content, bytes) else {"json": content}
    return requests.post(
        f"{server.url}{path}?Action={action}&Version={version}",
        headers=headers,
        timeout=timeout,
        **arguments,
        **more,
    )


def pictures(answer: requests.Response) -> list[Image.Image]:
    """The pictures of a base64 answer."""
    content = answer.json()
    assert content["code"] == 10000, content
    return [
        Image.open(io.BytesIO(base64.b64decode(text, validate=True))) for text in content["data"]["binary_data_base64"]
    ]


def drawn(server: SandboxServer, req_key: str, **changes: Any) -> Image.Image:
    """The first picture of a model, loaded, as RGB."""
    return pictures(post(server, body(req_key, **changes)))[0].convert("RGB")
