"""General 2.0 character retention: seed page 001_5c2f26570e58dd89.txt, catalog section 4.2."""

from __future__ import annotations

from .. import shared
from ..spec import Advice, Example, Integer, Model, Number, Origin, Picture, PictureLimits, Switch

SIDE = Advice(256, 768)

MODEL = Model(
    req_key="high_aes_ip_v20",
    title="Character retention 2.0",
    group="Portrait & character",
    summary="Puts the person, animal or object of one reference picture into a new scene.",
    page="https://www.volcengine.com/docs/6791/1361423",
    inputs=(
        Picture(
            name="image",
            required=True,
            origin=Origin.OFFICIAL,
            tooltip="Reference picture of one person, animal or object.",
        ),
        shared.prompt("The new scene, in Chinese or English."),
        Integer(
            name="width",
            default=512,
            low=1,
            advice=SIDE,
            tooltip="Width in pixels before super-resolution; use_sr doubles it. Best near 512.",
        ),
        Integer(
            name="height",
            default=512,
            low=1,
            advice=SIDE,
            tooltip="Height in pixels before super-resolution; use_sr doubles it. Best near 512.",
        ),
        shared.seed(),
        Number(
            name="ref_ip_weight",
            default=0.7,
            advice=Advice(0, 1),
            tooltip="How much of the subject's look is kept.",
        ),
        Number(
            name="ref_id_weight",
            default=0.36,
            advice=Advice(0, 1),
            tooltip="How much of the face is kept; 0.2 to 0.4 works best.",
        ),
        shared.scale(3.5, 10),
        Integer(
            name="ddim_steps",
            default=9,
            low=1,
            advice=Advice(1, 200),
            tooltip="Sampling steps; 50 is plenty, more may time out.",
        ),
        Switch(name="use_sr", default=True, tooltip="Super-resolution: the picture comes out twice as wide and high."),
        Switch(
            name="desc_pushback",
            default=True,
            advanced=True,
            tooltip="Let the service describe the reference picture first; results are steadier.",
        ),
        Number(
            name="cfg_rescale",
            default=0.7,
            high=1.0,
            origin=Origin.OFFICIAL,
            advanced=True,
            tooltip="Tone, exposure and contrast. The official advice is to leave it as it is.",
        ),
        shared.return_url(True),
        shared.logo_info(
            {"position": 0, "language": 0, "opacity": 0.3, "logo_text_content": "This is a visible watermark"}
        ),
    ),
    texts=("rephraser_result", "pe_result", "predict_tags_result", "llm_result"),
    limits=PictureLimits(max_side=4096, max_base64=4_700_000, max_total_base64=4_700_000, origin=Origin.OFFICIAL),
    service_seconds=7.5,
    aliases=("character", "subject", "reference", "ip adapter", "juese baochi", "doubao"),
    example=Example(
        title="Character retention 2.0: the same character, a new scene",
        caption="One reference picture; super-resolution doubles the asked 512 x 640.",
        values={
            "prompt": "The same character walks through a lantern-lit night market after the rain, reflections on "
            "the wet pavement, warm light from the stalls, shallow depth of field, cinematic",
            "width": 512,
            "height": 640,
            "seed": 7301,
        },
        pictures={"image": "character"},
    ),
)
