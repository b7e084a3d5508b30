"""General 1.4 text-to-image: seed page 004_20e4cfd30f361bb5.txt, catalog section 4.5."""

from __future__ import annotations

from .. import shared
from ..spec import Advice, Example, Model, Origin, Switch

MODEL = Model(
    req_key="high_aes_general_v14",
    title="General 1.4 text to image",
    group="Text to image",
    summary="Makes a picture from a text. Small and quick: at its best around 512 x 512.",
    page=shared.OVERVIEW,
    fixed={"model_version": "general_v1.4"},
    inputs=(
        shared.prompt("What the picture shows, in Chinese or English."),
        *shared.size(512, ".", origin=Origin.SEED, advice=Advice(128, 768)),
        shared.seed(),
        shared.scale(3.0, 30),
        shared.steps(25, origin=Origin.SEED, most=50),
        shared.use_rephraser(),
        Switch(
            name="use_predict_tags",
            default=True,
            origin=Origin.THIRD_PARTY,
            advanced=True,
            tooltip="Let the service tag the prompt; the tags come out of the text output.",
        ),
        shared.return_url(False),
        shared.logo_info(
            {"position": 0, "language": 0, "opacity": 0.3, "logo_text_content": "This is a visible watermark"}
        ),
    ),
    texts=("rephraser_result", "predict_tags_result"),
    service_seconds=16.5,
    aliases=("text to image", "t2i", "txt2img", "wenshengtu", "general 1.4", "doubao"),
    example=Example(
        title="General 1.4: a picture from a text",
        caption="Only a prompt and a size. The service also returns its expanded prompt and its tags.",
        values={
            "prompt": "Layered mountain ridges in morning mist, a pale sun rising over a calm valley, soft blue "
            "tones, fine detail, landscape photograph",
            "width": 768,
            "height": 512,
            "seed": 20250,
        },
    ),
)
