"""General 2.0 text to image: catalog section 5, official page docs/6791/1347773 (as a task).

The gateway page 289472081, which the catalog does not list, prints return_url, logo_info and the two texts. The
official SDK's request has use_rephraser, without a default.
"""

from __future__ import annotations

from dataclasses import replace

from .. import shared
from ..spec import Example, Model, Origin

MODEL = Model(
    req_key="high_aes_general_v20",
    title="General 2.0 text to image",
    group="Text to image",
    summary="Makes a picture from a text. Quicker than General 2.0 Pro.",
    page="https://www.volcengine.com/docs/6791/1347773",
    fixed={"model_version": "general_v2.0"},
    inputs=(
        shared.prompt("What the picture shows, in Chinese or English.", origin=Origin.OFFICIAL),
        *shared.size(512, shared.BEFORE_SR, low=256, high=680, origin=Origin.OFFICIAL),
        shared.seed(),
        shared.scale(3.5, None, origin=Origin.OFFICIAL),
        shared.steps(16, origin=Origin.GATEWAY),
        shared.use_sr(Origin.OFFICIAL),
        shared.mode("synchronous", shared.BOTH_MODES),
        shared.return_url(True, Origin.GATEWAY),
        shared.logo_info({}),
        replace(shared.use_rephraser(), on_page=False, origin=Origin.OFFICIAL, late=True),
    ),
    modes=shared.BOTH_MODES,
    texts=("rephraser_result", "predict_tags_result"),
    prices={"high_aes_general_v20": shared.SMART_DRAWING_PRICE},
    aliases=("text to image", "t2i", "txt2img", "wenshengtu", "tongyong 2.0", "general 2.0 S", "doubao"),
    example=Example(
        title="General 2.0: the quicker sister",
        caption="Asked for 576 x 384; super-resolution doubles it.",
        values={
            "prompt": "Clouds at dusk above purple mountains, wide view",
            "width": 576,
            "height": 384,
            "seed": 74,
        },
    ),
)
