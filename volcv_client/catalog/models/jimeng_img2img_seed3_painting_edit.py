"""Jimeng smart outpainting: official page 85621/2375477, fields as clients copied them.

One of two ways: how far each side grows, or an already padded picture with a mask; the sides are then left out. The
text goes into ``prompt``, as two clients send it; others say ``custom_prompt``, a field of the older model.
"""

from __future__ import annotations

from .. import shared
from ..spec import TASK, Example, MaskPicture, Model, Origin, Picture, Require

MODEL = Model(
    req_key="jimeng_img2img_seed3_painting_edit",
    title="Jimeng outpainting",
    group="Inpaint & outpaint",
    summary="Grows a picture beyond its edges: by a fraction per side, or into the white part of a mask. Runs as a "
    "task.",
    page="https://www.volcengine.com/docs/85621/2375477",
    inputs=(
        Picture(
            name="image",
            required=True,
            origin=Origin.OFFICIAL,
            tooltip="The picture to grow. With a mask: the already padded picture.",
        ),
        MaskPicture(
            name="mask",
            fit_to="image",
            origin=Origin.THIRD_PARTY,
            tooltip="White is painted, black is kept. Feed it from Pad Image for Outpainting; then top, bottom, left "
            "and right are not used.",
        ),
        shared.prompt(
            "What fills the new area; may stay empty. At most 800 characters.",
            required=False,
            origin=Origin.THIRD_PARTY,
        ),
        *shared.growth(0.1),
        shared.seed(),
        *shared.result_options(),
        shared.aigc_meta(),
    ),
    requires=(Require(shared.SIDES, why="nothing_to_extend", only_if={"mask": False}),),
    modes={"task": TASK},
    native_only=True,
    service_seconds=15.0,
    aliases=("outpaint", "expand", "uncrop", "kuotu", "zhineng kuotu", "jimeng", "jimeng outpaint", "doubao"),
    example=Example(
        title="Jimeng outpainting: a wide photo becomes a tall one",
        caption="45 % more at the top and 20 % at the bottom; left and right stay as they are.",
        values={
            "prompt": "A high evening sky with thin clouds above the mountains, calm water in the foreground",
            "top": 0.45,
            "bottom": 0.2,
            "left": 0.0,
            "right": 0.0,
            "seed": 37,
        },
        pictures={"image": "landscape"},
    ),
)
