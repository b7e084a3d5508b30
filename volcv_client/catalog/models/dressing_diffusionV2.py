"""Virtual try-on v2: current models, the official page; every field, default and range is the page's.

The pictures come inside the request (``req_image_store_type`` 0): the person, then one or two garments in the order of
``garment.data``. A protection mask has no place in that list, so it is sent as a link.
"""

from __future__ import annotations

from dataclasses import replace

from .. import shared
from ..spec import (
    TASK_ONLY,
    Choice,
    Condition,
    Example,
    Integer,
    MaskPicture,
    Model,
    Number,
    Origin,
    Picture,
    PictureLimits,
    Switch,
)

GARMENTS = ("full", "upper", "bottom")
SECOND: Condition = {"garment_2": True}


def garment_type(name: str, place: int, default: str, which: str, only_if: Condition) -> Choice:
    return Choice(
        name=name,
        default=default,
        options={kind: {f"garment.data[{place}].type": kind} for kind in GARMENTS},
        only_if=only_if,
        origin=Origin.OFFICIAL,
        tooltip=f"Where {which} garment is worn: upper, bottom, or full for dresses and suits.",
    )


def config(name: str) -> tuple[str, ...]:
    return (f"inference_config.{name}",)


def keep(part: str, default: bool, what: str) -> Switch:
    return Switch(
        name=f"keep_{part}",
        wire=config(f"keep_{part}"),
        default=default,
        advanced=True,
        origin=Origin.OFFICIAL,
        tooltip=f"Keep {what} as in model_image.",
    )


def factor(name: str, default: float, low: float, high: float, what: str) -> Number:
    return Number(
        name=name,
        wire=config(name),
        default=default,
        low=low,
        high=high,
        advanced=True,
        origin=Origin.OFFICIAL,
        tooltip=what,
    )


MODEL = Model(
    req_key="dressing_diffusionV2",
    title="Virtual try-on",
    group="Product",
    summary="Dresses a person in one or two garments from pictures of them. Runs as a task.",
    page=shared.OVERVIEW,
    inputs=(
        Picture(name="model_image", required=True, origin=Origin.OFFICIAL, tooltip="The person to dress."),
        Picture(name="garment_1", required=True, origin=Origin.OFFICIAL, tooltip="The garment, flat or worn."),
        Picture(
            name="garment_2",
            origin=Origin.OFFICIAL,
            tooltip="A second garment, such as trousers beside a shirt; may be left out.",
        ),
        MaskPicture(
            name="protect_mask",
            fit_to="model_image",
            link_path="model.protect_mask_url",
            origin=Origin.OFFICIAL,
            tooltip="White stays as it is in model_image. It is uploaded and sent as a link.",
        ),
        garment_type("garment_1_type", 0, "full", "the first", {}),
        garment_type("garment_2_type", 1, "bottom", "the second", SECOND),
        replace(shared.seed(), wire=config("seed")),
        Integer(
            name="num_steps",
            wire=config("num_steps"),
            default=16,
            low=8,
            high=50,
            origin=Origin.OFFICIAL,
            tooltip="Sampling steps; more takes longer and adds detail.",
        ),
        Switch(
            name="do_sr",
            wire=config("do_sr"),
            default=False,
            origin=Origin.OFFICIAL,
            tooltip="Super-resolution of the result.",
        ),
        keep("head", True, "head and hair"),
        keep("hand", False, "the hands"),
        keep("foot", False, "the feet"),
        keep("upper", False, "what is worn above the waist"),
        keep("lower", False, "what is worn below the waist"),
        Choice(
            name="tight_mask",
            default="loose",
            options={kind: {"inference_config.tight_mask": kind} for kind in ("tight", "loose", "bbox")},
            advanced=True,
            origin=Origin.OFFICIAL,
            tooltip="How closely the repainted area follows the body: tight, loose, or its bounding box.",
        ),
        factor("p_bbox_iou_ratio", 0.3, 0.0, 1.0, "Overlap from which a person counts as found."),
        factor("p_bbox_expand_ratio", 1.1, 1.0, 1.5, "How much the person's bounding box is widened."),
        Integer(
            name="max_process_side_length",
            wire=config("max_process_side_length"),
            default=1920,
            low=1080,
            high=4096,
            advanced=True,
            origin=Origin.OFFICIAL,
            tooltip="Longest side in pixels at which the picture is worked on.",
        ),
        *shared.result_options(),
        shared.aigc_meta(),
    ),
    fixed={"req_image_store_type": 0},
    modes={"task": TASK_ONLY},
    limits=PictureLimits(max_side=4096, max_base64=6_600_000, max_total_base64=19_800_000, origin=Origin.OFFICIAL),
    native_only=True,
    service_seconds=20.0,
    aliases=("try-on", "tryon", "vton", "garment", "clothes", "outfit", "huanzhuang", "shiyi", "dressing"),
    example=Example(
        title="Virtual try-on: a garment on a person",
        caption="The person, then the garment. The sandbox lays the garment over the picture.",
        values={"garment_1_type": "upper", "seed": 611},
        pictures={"model_image": "character", "garment_1": "garment"},
    ),
)
