"""Erasing: catalog section 5, official page docs/6791/1223709.

Its seed defaults to 0, unlike every other model's: all sources print 0 (SDKs and clients), and erasing has one
wanted result, so that an identical run is reused and not charged again.
"""

from __future__ import annotations

from dataclasses import replace

from .. import shared
from ..spec import Choice, Example, Integer, Model, Number, Origin, Picture

SCALE = shared.scale(7.0, None, "new part", origin=Origin.OFFICIAL)

MODEL = Model(
    req_key="i2i_inpainting",
    title="Erase (inpainting)",
    group="Inpaint & outpaint",
    summary="Removes what the white part of a mask covers and fills the gap from its surroundings. Needs no prompt. "
    "The vendor is retiring this model and names Jimeng inpainting in its place.",
    page="https://www.volcengine.com/docs/6791/1223709",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to clean up."),
        shared.mask("White is erased, black is kept. It is resized to the picture."),
        Integer(
            name="dilate_size",
            default=15,
            origin=Origin.THIRD_PARTY,
            tooltip="How far the mask grows, in pixels, so that no rim of the erased thing remains.",
        ),
        Choice(
            name="quality",
            default="M",
            options={quality: {"quality": quality} for quality in ("H", "M", "L")},
            origin=Origin.THIRD_PARTY,
            tooltip="H: best and slowest. M: in between. L: quickest.",
        ),
        replace(
            shared.seed(),
            default=0,
            tooltip="An identical request is reused from the result store and not charged again; try another seed if "
            "the result is bad. -1: the service picks a seed, and every run is a new, charged picture.",
        ),
        shared.steps(30, name="steps", origin=Origin.OFFICIAL),
        Number(
            name="strength",
            default=0.8,
            low=0.1,
            high=1.0,
            origin=Origin.OFFICIAL,
            tooltip="Lower stays closer to the source.",
        ),
        replace(SCALE, low=1.0, high=20.0, advanced=True, tooltip="Guidance of the fill; higher is stricter."),
        shared.return_url(False, Origin.OFFICIAL),
        shared.logo_info({}),
    ),
    successor="jimeng_image2image_dream_inpaint",
    aliases=("erase", "remove object", "inpaint", "eraser", "tumo xiaochu", "xiaochu", "doubao"),
    example=Example(
        title="Erase: gone without a prompt",
        caption="The mask covers the floor lamp; its place is filled from the surroundings.",
        values={
            "quality": "H",
            "dilate_size": 12,
            "seed": 64,
        },
        pictures={"image": "room"},
        masks={"mask": (0.826, 0.26, 0.963, 0.814)},
    ),
)
