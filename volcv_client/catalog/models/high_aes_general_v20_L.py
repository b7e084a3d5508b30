"""General 2.0 Pro text to image: catalog section 5, official pages docs/6791/1339374 and 1359424 (as a task)."""

from __future__ import annotations

from .. import shared
from ..spec import Example, Model, Origin

MODEL = Model(
    req_key="high_aes_general_v20_L",
    title="General 2.0 Pro text to image",
    group="Text to image",
    summary="Makes a picture from a text: closer to it and prettier than General 2.0, a little slower.",
    page="https://www.volcengine.com/docs/6791/1339374",
    fixed={"model_version": "general_v2.0_L"},
    inputs=(
        shared.prompt("What the picture shows, in Chinese or English.", origin=Origin.OFFICIAL),
        *shared.size(512, shared.BEFORE_SR, low=256, high=768, origin=Origin.OFFICIAL),
        shared.seed(),
        shared.scale(3.5, 10, origin=Origin.GATEWAY),
        shared.steps(16, most=50, origin=Origin.GATEWAY, note=" Best left as it is; high values may time out."),
        shared.REQ_SCHEDULE_CONF,
        shared.use_pre_llm(False, Origin.OFFICIAL, on_page=False),
        shared.use_sr(Origin.OFFICIAL),
        shared.mode("synchronous", shared.BOTH_MODES),
        shared.return_url(True, Origin.GATEWAY),
        shared.logo_info({}),
    ),
    modes=shared.BOTH_MODES,
    texts=("rephraser_result", "pe_result", "predict_tags_result", "llm_result"),
    prices={"high_aes_general_v20_L": shared.SMART_DRAWING_PRICE},
    aliases=("text to image", "t2i", "txt2img", "wenshengtu", "tongyong 2.0 pro", "general 2.0 L", "doubao"),
    example=Example(
        title="General 2.0 Pro: closer to the text",
        caption="Asked for 576 x 384; super-resolution doubles it.",
        values={
            "prompt": "Dunes of a wide desert, long shadows, a low sun",
            "width": 576,
            "height": 384,
            "seed": 73,
        },
    ),
)
