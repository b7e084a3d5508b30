"""Small graphs for the tests."""

from __future__ import annotations

import base64
import copy
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from tests.generate.workflows import Graph, node

V14 = "Volcv_high_aes_general_v14"
OUTPAINTING = "Volcv_i2i_outpainting"
CONTROLNET = "Volcv_high_aes_scheduler_svr_controlnet_v2_0"


def text_to_image(seed: int, prompt: str = "a quiet harbour", **inputs: Any) -> dict[str, Any]:
    """A text-to-image node with everything that ComfyUI requires; small, so that the sandbox is quick."""
    values = {
        "prompt": prompt,
        "width": 128,
        "height": 128,
        "seed": seed,
        "scale": 3.0,
        "ddim_steps": 25,
        "use_rephraser": True,
        "count": 1,
    }
    return node(V14, "Text to image", **{**values, **inputs})


def outpainting(seed: int, **inputs: Any) -> dict[str, Any]:
    values = {
        "prompt": "more of it",
        "top": 0.0,
        "bottom": 0.0,
        "left": 0.0,
        "right": 0.25,
        "seed": seed,
        "scale": 7.0,
        "steps": 30,
        "strength": 0.8,
        "max_width": 1920,
        "max_height": 1920,
        "count": 1,
    }
    return node(OUTPAINTING, "Outpainting", **{**values, **inputs})


def save(source: str, prefix: str = "test") -> dict[str, Any]:
    return node("SaveImage", "Save", images=[source, 0], filename_prefix=prefix)


def shrink(source: str, width: int, height: int) -> dict[str, Any]:
    """Core's scaling node, so that tests move small pictures."""
    values = {"upscale_method": "area", "width": width, "height": height, "crop": "disabled"}
    return node("ImageScale", "Shrink", image=[source, 0], **values)


def plain(width: int, height: int, color: int) -> dict[str, Any]:
    """One picture of one colour (0xRRGGBB), from core."""
    return node("EmptyImage", "Plain", width=width, height=height, batch_size=1, color=color)


def reseeded(graph: Graph, seed: int) -> Graph:
    """The graph with seeds of its own, so that no earlier result is reused: seed, seed + 1, ..."""
    changed = copy.deepcopy(graph)
    for one in changed.values():
        if "seed" in one["inputs"]:
            one["inputs"]["seed"] = seed
            seed += 1
    return changed


def sent_pictures(body: Mapping[str, Any] | None) -> list[Image.Image]:
    """The pictures of a recorded request, in order."""
    found = (body or {}).get("binary_data_base64", [])
    return [Image.open(io.BytesIO(base64.b64decode(text, validate=True))) for text in found]


def sent_fields(body: Mapping[str, Any] | None) -> dict[str, Any]:
    """A recorded request without its pictures."""
    return {name: value for name, value in (body or {}).items() if name != "binary_data_base64"}
