"""General 2.1 text to image: catalog section 5; the gateway page 289472073 prints its body."""

from __future__ import annotations

from .. import shared
from ..spec import Advice, Example, Model, Origin, Seed

MODEL = Model(
    req_key="high_aes_general_v21_L",
    title="General 2.1 text to image",
    group="Text to image",
    summary="Makes a picture from a text, which a language model expands first.",
    page=shared.OVERVIEW,
    fixed={"model_version": "general_v2.1_L"},
    inputs=(
        shared.prompt("What the picture shows, in Chinese or English.", origin=Origin.GATEWAY),
        *shared.size(512, shared.BEFORE_SR, advice=Advice(256, 768), origin=Origin.GATEWAY),
        shared.seed(),
        shared.scale(3.5, 10, origin=Origin.GATEWAY),
        shared.steps(25, most=200, origin=Origin.GATEWAY, note=" 50 is plenty, higher values may time out."),
        shared.REQ_SCHEDULE_CONF,
        shared.use_pre_llm(True, Origin.GATEWAY),
        Seed(
            name="llm_seed",
            origin=Origin.GATEWAY,
            advanced=True,
            tooltip="Seed of the prompt's expansion; -1: expanded anew each time.",
        ),
        shared.use_sr(Origin.GATEWAY),
        shared.return_url(True, Origin.GATEWAY),
        shared.logo_info({}),
    ),
    texts=("rephraser_result", "pe_result", "predict_tags_result", "llm_result"),
    prices={"high_aes_general_v21_L": shared.SMART_DRAWING_PRICE},
    aliases=("text to image", "t2i", "txt2img", "wenshengtu", "tongyong 2.1", "doubao"),
    example=Example(
        title="General 2.1: a language model expands the prompt",
        caption="Asked for 576 x 384; super-resolution doubles it. The standard schedule keeps closer to the prompt.",
        values={
            "prompt": "Green hills behind a forest after the rain, low clouds",
            "width": 576,
            "height": 384,
            "req_schedule_conf": "standard",
            "seed": 72,
        },
    ),
)
