"""Jimeng inpainting, repaint and erase: catalog section 6, official page 85621/1976207.

Its seed defaults to the page's 101 and not to -1, like that of the older erasing model: a mask and a prompt have one
wanted result, so an identical run is reused and not charged again. The page takes -1 too.
"""

from __future__ import annotations

from dataclasses import replace

from .. import jimeng, shared
from ..spec import TASK, Example, MaskPicture, Model, Origin, Picture

MODEL = Model(
    req_key="jimeng_image2image_dream_inpaint",
    title="Jimeng inpainting",
    group="Inpaint & outpaint",
    summary="Repaints or erases the white part of a mask and leaves the rest of the picture. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/1976207",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to change."),
        MaskPicture(
            name="mask",
            required=True,
            fit_to="image",
            origin=Origin.OFFICIAL,
            tooltip="White is repainted or erased, black is kept. It is resized to the picture.",
        ),
        shared.prompt(
            "What takes the place of the white part, in Chinese or English, words to write between quotation marks; up "
            "to 120 characters are advised. To erase, only the Chinese word for delete (shanchu), which the help page "
            "and the example workflow hold.",
            origin=Origin.OFFICIAL,
        ),
        replace(
            shared.seed(),
            default=101,
            tooltip="101 is the service's own default. An identical request is reused from the result store and not "
            "charged again; try another seed if the result is bad. -1: the service picks a seed, and every run is a "
            "new, charged picture.",
        ),
        *shared.result_options(),
        shared.aigc_meta(),
    ),
    modes={"task": TASK},
    native_only=True,
    prices={"jimeng_image2image_dream_inpaint": jimeng.price(0.2, "call")},
    aliases=(
        *("inpaint", "repaint", "erase", "remove object", "eraser", "mask", "edit", "jimeng"),
        *("jubu chonghui", "xiaochu", "tumo", "jiaohu bianji", "doubao"),
    ),
    example=Example(
        title="Jimeng inpainting: only the white part changes",
        caption="The mask is a box over the framed picture; the prompt says what takes its place.",
        values={
            "prompt": 'A poster with the words "slow days" on the wall',
            "seed": 101,
        },
        pictures={"image": "room"},
        masks={"mask": (0.488, 0.215, 0.719, 0.447)},
    ),
)
