"""Jimeng 2.1 text to image: official page 85621/1537648; the only Jimeng model that CVProcess takes."""

from __future__ import annotations

from .. import shared
from ..spec import Example, Model, Origin

MODEL = Model(
    req_key="jimeng_high_aes_general_v21_L",
    title="Jimeng 2.1 text to image",
    group="Text to image",
    summary="Makes a picture from a text. Answers at once, unlike the newer Jimeng models, which run as tasks.",
    page="https://www.volcengine.com/docs/85621/1537648",
    inputs=(
        shared.prompt("What the picture shows, in Chinese or English.", origin=Origin.OFFICIAL),
        *shared.size(512, shared.BEFORE_SR, low=256, high=768, origin=Origin.OFFICIAL),
        shared.seed(),
        shared.use_pre_llm(True, Origin.OFFICIAL),
        shared.use_sr(Origin.OFFICIAL),
        shared.return_url(False, Origin.OFFICIAL),
        shared.logo_info({}),
        shared.preset_size(
            "1:1 512x512",
            "4:3 512x384",
            "3:4 384x512",
            "3:2 512x341",
            "2:3 341x512",
            "16:9 512x288",
            "9:16 288x512",
            origin=Origin.OFFICIAL,
        ),
    ),
    native_only=True,
    texts=("llm_result", "rephraser_result"),
    aliases=("text to image", "t2i", "txt2img", "wenshengtu", "jimeng", "jimeng 2.1", "doubao"),
    example=Example(
        title="Jimeng 2.1: wide, from a preset size",
        caption="The preset 16:9 of 512 x 288; super-resolution doubles it.",
        values={
            "prompt": "A lighthouse above a stormy sea, waves against the rocks, the first light of the morning",
            "preset_size": "16:9 512x288",
            "seed": 94,
        },
    ),
)
