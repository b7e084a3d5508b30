"""What ``volcv demo`` asks of each model: values and pictures, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..catalog.spec import MaskPicture, Model, Picture, Text

PROMPT = "A blue ceramic teapot on a wooden table, soft morning light"
"""For required texts of a model without a job."""

PICTURE = "room"
"""For required pictures of a model without a job."""


@dataclass(frozen=True)
class DemoJob:
    """One picture to make. ``values``: by input name, over the defaults; ``pictures``: input name -> demo picture."""

    model: str
    values: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)


JOBS = (
    DemoJob(
        "img2img_e_commerce_style",
        {
            "positive_prompt": "marble table, golden bokeh, evening light, perfume advertisement,",
            "composition": "automatic",
            "canvas_width": 1200,
            "canvas_height": 1000,
            "auto_offset_x": 50,
            "auto_offset_y": 46,
            "auto_scale": 0.66,
            "light": "Top Left Light",
            "seed": 59,
        },
        {"product_image": "product", "ref_image": "scene"},
    ),
    DemoJob(
        "i2i_outpainting",
        {
            "prompt": "A wide mountain lake at sunset, snowy peaks on both sides",
            "top": 0.1,
            "bottom": 0.0,
            "left": 0.4,
            "right": 0.4,
            "seed": 31,
        },
        {"image": "landscape"},
    ),
    DemoJob(
        "high_aes_ip_v20",
        {
            "prompt": "The little robot waters tomatoes in a rooftop greenhouse, morning light",
            "width": 512,
            "height": 512,
            "ref_ip_weight": 0.8,
            "seed": 23,
        },
        {"image": "character"},
    ),
    DemoJob(
        "high_aes_scheduler_svr_controlnet_v2.0",
        {
            "prompt": "The same living room as a cabin in a winter forest, warm lamps",
            "control_type": "depth",
            "control_strength": 0.8,
            "seed": 47,
        },
        {"image": "room"},
    ),
    DemoJob(
        "high_aes_general_v14",
        {
            "prompt": "A lighthouse on a rocky coast before sunrise, calm sea, thin mist",
            "width": 768,
            "height": 512,
            "seed": 11,
        },
    ),
)


def all_jobs(models: Sequence[Model]) -> list[DemoJob]:
    """A job for each model, in the order of the table, then those without one."""
    order = {job.model: number for number, job in enumerate(JOBS)}
    return [job_for(model) for model in sorted(models, key=lambda one: order.get(one.req_key, len(JOBS)))]


def job_for(model: Model) -> DemoJob:
    """The model's job, or one with its defaults and something in what it requires."""
    for job in JOBS:
        if job.model == model.req_key:
            return job
    texts = {one.name: PROMPT for one in model.all_inputs() if isinstance(one, Text) and one.required}
    wanted = {name for one in model.requires for name in one.any_of[:1]}
    pictures = {
        one.name: PICTURE
        for one in model.pictures()
        if (one.required or one.name in wanted) and isinstance(one, Picture) and not isinstance(one, MaskPicture)
    }
    return DemoJob(model.req_key, texts, pictures)
