"""The service behind the gateway: a checked request in, the ``data`` object of a success envelope out."""

from __future__ import annotations

import base64
import io
import math
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from .draw.base import Drawer, Drawn, Order
from .draw.character import draw_character
from .draw.control import draw_control
from .draw.marks import draw_logo
from .draw.outpaint import draw_outpainting
from .draw.product import draw_product
from .draw.text_to_image import draw_text_to_image
from .envelope import GatewayRefusal, Refusal, algorithm_id
from .files import FileStore
from .pages import (
    CHARACTER,
    CONTROLNET,
    E_COMMERCE,
    OUTPAINTING,
    PAGES,
    TASK_FIELDS,
    TEXT_TO_IMAGE,
    Page,
)
from .pictures import Loader
from .texts import rephrase, tags
from .validate import Job, check, check_fields

DRAWERS: dict[str, Drawer] = {
    TEXT_TO_IMAGE: draw_text_to_image,
    CHARACTER: draw_character,
    OUTPAINTING: draw_outpainting,
    CONTROLNET: draw_control,
    E_COMMERCE: draw_product,
}

JPEG_QUALITY = 92


class Service:
    """Runs requests. ``files`` keeps result pictures; ``file_url`` turns a file name into its address."""

    def __init__(self, files: FileStore, file_url: Callable[[str], str], loader: Loader) -> None:
        self._files = files
        self._file_url = file_url
        self._loader = loader

    def process(self, body: Mapping[str, Any], made: Callable[[], None]) -> dict[str, Any]:
        """CVProcess: check, draw, answer. ``made`` is called once the pictures exist (the charged moment).

        Raises Refusal or GatewayRefusal."""
        started = time.monotonic()
        job = check(_page(body), body, self._loader)
        drawn = _draw(job)
        made()
        data: dict[str, Any] = {"algorithm_base_resp": {"status_code": 0, "status_message": "Success"}}
        encoded = [_encode(item) for item in drawn]
        by_url = bool(job.values["return_url"])
        texts = [] if by_url else [base64.b64encode(raw).decode("ascii") for raw, _ in encoded]
        data["binary_data_base64"] = texts
        data["image_urls"] = [self._file_url(self._files.put(*item)) for item in encoded] if by_url else []
        extras = _extras(job, len(drawn), time.monotonic() - started)
        data.update({key: extras[key] for key in job.page.answer})
        return data

    def task(self, body: Mapping[str, Any], made: Callable[[], None]) -> dict[str, Any]:
        """CVSync2AsyncGetResult and CVGetResult: no task ever exists here (catalog section 2)."""
        _page(body)
        check_fields(TASK_FIELDS, body)
        return {"status": "not_found"}


def _page(body: Mapping[str, Any]) -> Page:
    key = body.get("req_key")
    if "req_key" not in body:
        raise Refusal(50201, "'req_key' is required")
    if not isinstance(key, str):
        raise Refusal(50204, f"'req_key' must be a string, got {type(key).__name__}")
    if not key.strip():
        raise Refusal(50201, "'req_key' must not be empty")
    if key not in PAGES:
        raise GatewayRefusal("model_not_found", f"No available channel for model {key[:80]}")
    return PAGES[key]


def _draw(job: Job) -> list[Drawn]:
    seed = int(job.values["seed"])
    order = Order(
        prompt=job.prompt,
        seed=secrets.randbelow(2**31) if seed == -1 else seed,
        values=job.values,
        pictures=job.pictures,
        named=job.named,
    )
    drawn = DRAWERS[job.page.req_key](order)
    if job.logo is not None:
        drawn[0] = Drawn(draw_logo(drawn[0].image, job.logo), drawn[0].format)
    return drawn


def _encode(item: Drawn) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    if item.format == "PNG":
        item.image.save(buffer, "PNG", compress_level=3)
        return buffer.getvalue(), "png"
    item.image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue(), "jpg"


def _extras(job: Job, count: int, seconds: float) -> dict[str, Any]:
    """Every model-specific key of the seed pages' answers; the page picks its own."""
    rephrased = rephrase(job.prompt) if job.values.get("use_rephraser") else ""
    # The 1.4 page alone shows an empty inner request id.
    inner = "" if job.page.req_key == TEXT_TO_IMAGE else algorithm_id()
    return {
        "pe_result": "",
        "predict_tags_result": tags(job.prompt) if job.values.get("use_predict_tags") else "",
        "rephraser_result": rephrased,
        "request_id": inner,
        "comfyui_cost": max(1, math.ceil(seconds)),
        "image_output": [f"uri://binary_data?index={index}" for index in range(count)],
    }
