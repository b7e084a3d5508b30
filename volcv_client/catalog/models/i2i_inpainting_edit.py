"""Inpainting with a prompt: catalog section 5, gateway page 289473237."""

from __future__ import annotations

from .. import shared
from ..spec import Example, Model, Origin, Picture

MODEL = Model(
    req_key="i2i_inpainting_edit",
    title="Inpainting edit",
    group="Inpaint & outpaint",
    summary="Repaints the white part of a mask as the prompt says and leaves the rest of the picture. The vendor is "
    "retiring this model and names Jimeng inpainting in its place.",
    page=shared.OVERVIEW,
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to change."),
        shared.mask("White is repainted, black is kept. It is resized to the picture."),
        shared.prompt("What takes the place of the white part.", name="custom_prompt", origin=Origin.GATEWAY),
        shared.seed(),
        shared.scale(5.0, 20, "new part", origin=Origin.GATEWAY),
        shared.steps(25, name="steps", origin=Origin.GATEWAY),
        shared.return_url(False, Origin.OFFICIAL),
        shared.logo_info({}),
    ),
    successor="jimeng_image2image_dream_inpaint",
    service_seconds=2.2,
    aliases=("inpaint", "repaint", "edit", "mask", "tumo bianji", "jubu chonghui", "doubao"),
    example=Example(
        title="Inpainting edit: only the white part changes",
        caption="The mask is a box over the framed picture; the prompt says what takes its place.",
        values={
            "custom_prompt": "A round mirror in a thin brass frame on the wall",
            "seed": 63,
        },
        pictures={"image": "room"},
        masks={"mask": (0.488, 0.215, 0.719, 0.447)},
    ),
)
