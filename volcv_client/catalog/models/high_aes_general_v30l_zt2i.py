"""General 3.0 text to image: catalog section 5, gateway page 285882094."""

from __future__ import annotations

from .. import shared
from ..spec import Advice, Example, Model, Origin

MODEL = Model(
    req_key="high_aes_general_v30l_zt2i",
    title="General 3.0 text to image",
    group="Text to image",
    summary="Makes a large picture from a text. The model is also known as Jimeng 3.0.",
    page="https://www.volcengine.com/docs/85128/1526761",
    inputs=(
        shared.prompt("What the picture shows, in Chinese or English.", origin=Origin.GATEWAY),
        *shared.size(
            1328,
            ". Good pairs: 1328 x 1328, 1472 x 1104, 1584 x 1056, 1664 x 936, 2016 x 864, and the same turned.",
            advice=Advice(512, 2048),
            origin=Origin.GATEWAY,
        ),
        shared.seed(),
        shared.scale(2.5, 10, origin=Origin.GATEWAY),
        shared.use_pre_llm(False, Origin.THIRD_PARTY, on_page=False),
        shared.return_url(True, Origin.GATEWAY),
        shared.logo_info({}),
        shared.preset_size(
            "1:1 1328x1328",
            "4:3 1472x1104",
            "3:4 1104x1472",
            "3:2 1584x1056",
            "2:3 1056x1584",
            "16:9 1664x936",
            "9:16 936x1664",
            "21:9 2016x864",
            origin=Origin.GATEWAY,
        ),
    ),
    texts=("rephraser_result", "pe_result", "predict_tags_result", "llm_result", "vlm_result"),
    aliases=("text to image", "t2i", "txt2img", "wenshengtu", "tongyong 3.0", "jimeng 3.0", "seedream", "doubao"),
    example=Example(
        title="General 3.0: a large picture from a text",
        caption="1152 x 768 at once, without super-resolution.",
        values={
            "prompt": "Snowy peaks behind a frozen lake, clear winter air",
            "width": 1152,
            "height": 768,
            "seed": 71,
        },
    ),
)
