"""Jimeng 3.0 image to image (smart reference): catalog section 6, official page 85621/1747301.

Clients offer sides up to 2016 and 3024 too, beyond the page's range.
"""

from __future__ import annotations

from .. import jimeng, shared
from ..spec import TASK, Branch, BranchOption, Example, Integer, Model, Number, Origin, Picture


def side(name: str) -> Integer:
    return Integer(
        name=name,
        default=1024,
        low=512,
        high=1536,
        step=16,
        origin=Origin.OFFICIAL,
        tooltip=f"{name.capitalize()} of the picture in pixels, a multiple of 16.",
    )


MODEL = Model(
    req_key="jimeng_i2i_v30",
    title="Jimeng 3.0 image to image",
    group="Image to image",
    summary="Changes a picture as a sentence says, or makes a new one after it. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/1747301",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to start from."),
        shared.prompt(
            "What to change or to make of the picture, in Chinese or English. Up to 120 characters are advised, 800 "
            "are the most.",
            origin=Origin.OFFICIAL,
        ),
        Branch(
            name="size_by",
            default="automatic",
            origin=Origin.OFFICIAL,
            options={
                "automatic": BranchOption(inputs=(), wire={}),
                "width and height": BranchOption(inputs=(side("width"), side("height")), wire={}),
            },
            tooltip="automatic: no size is sent, the service chooses. width and height: as set below.",
        ),
        Number(
            name="scale",
            default=0.5,
            high=1.0,
            origin=Origin.OFFICIAL,
            tooltip="How much the text counts beside the picture; higher follows the text and keeps less of the "
            "picture.",
        ),
        shared.seed(),
        *shared.result_options(),
        shared.aigc_meta(),
    ),
    modes={"task": TASK},
    limits=jimeng.ONE_PICTURE,
    native_only=True,
    prices={"jimeng_i2i_v30": jimeng.FAMILY_3_0},
    aliases=(
        *("image to image", "img2img", "i2i", "edit", "reference", "jimeng", "jimeng 3.0", "seedream"),
        *("tushengtu", "zhineng cankao", "bianji", "doubao"),
    ),
    example=Example(
        title="Jimeng 3.0: the same place in another light",
        caption="No size is sent, so the result has the picture's shape; scale 0.6 follows the text a little more.",
        values={
            "prompt": "Make it a moonlit winter night, snow on the ground, keep the mountains where they are",
            "scale": 0.6,
            "seed": 81,
        },
        pictures={"image": "landscape"},
    ),
)
