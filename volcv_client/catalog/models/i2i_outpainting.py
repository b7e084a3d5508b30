"""Outpainting: seed page 002_b3f1e0e4302e2878.txt, catalog section 4.3.

Two ways to call it. Ratio mode: one picture and how far each side grows. Canvas mode: an already padded
picture and a mask that is white where the service paints.
"""

from __future__ import annotations

from .. import shared
from ..spec import Advice, Example, Integer, MaskPicture, Model, Number, Origin, Picture, Require

MODEL = Model(
    req_key="i2i_outpainting",
    title="Outpainting",
    group="Inpaint & outpaint",
    summary="Grows a picture beyond its edges: by a fraction per side, or into the white part of a mask.",
    page=shared.OVERVIEW,
    inputs=(
        Picture(name="image", required=True, tooltip="The picture to grow. With a mask: the already padded picture."),
        MaskPicture(
            name="mask",
            fit_to="image",
            origin=Origin.THIRD_PARTY,
            tooltip="White is painted, black is kept. Feed it from Pad Image for Outpainting; then top, bottom, left "
            "and right are not used.",
        ),
        shared.prompt(
            "What fills the new area; may stay empty. Keep it below 100 words.",
            required=False,
            wire=("prompt", "custom_prompt"),
        ),
        # The page's example has 1 for left and right, a call that triples the width; the catalog has 0.1 for all four.
        *shared.growth(0.1),
        shared.seed(),
        shared.scale(7.0, 20, "new area"),
        Integer(
            name="steps",
            default=30,
            low=1,
            advice=Advice(1, 50),
            tooltip="Sampling steps; more takes longer.",
        ),
        Number(
            name="strength",
            default=0.8,
            advice=Advice(0.1, 1),
            tooltip="Lower stays closer to the source.",
        ),
        Integer(
            name="max_width",
            default=1920,
            low=1,
            tooltip="The grown picture is reduced to fit this width in pixels.",
        ),
        Integer(
            name="max_height",
            default=1920,
            low=1,
            tooltip="The grown picture is reduced to fit this height in pixels.",
        ),
        shared.return_url(False),
        shared.logo_info({}),
    ),
    requires=(Require(shared.SIDES, why="nothing_to_extend", only_if={"mask": False}),),
    service_seconds=4.0,
    aliases=("outpaint", "expand", "uncrop", "kuotu", "doubao"),
    example=Example(
        title="Outpainting: a photo becomes a panorama",
        caption="40 % more on the left and on the right, 10 % at the top; the source keeps its place.",
        values={
            "prompt": "A wide mountain lake at sunset, snowy peaks on both sides",
            "top": 0.1,
            "bottom": 0.0,
            "left": 0.4,
            "right": 0.4,
            "seed": 31,
        },
        pictures={"image": "landscape"},
    ),
)
