"""General XL Pro text to image: catalog section 5, gateway page 289472120, SDK example."""

from __future__ import annotations

from .. import shared
from ..spec import Example, Model, Origin

MODEL = Model(
    req_key="t2i_xl_sft",
    title="General XL Pro text to image",
    group="Text to image",
    summary="Makes a picture from a text. The service translates it to English first.",
    page=shared.OVERVIEW,
    inputs=(
        shared.prompt(
            "What the picture shows, in Chinese or English; the translation comes out of the text output.",
            origin=Origin.GATEWAY,
        ),
        *shared.size(1024, ".", origin=Origin.OFFICIAL),
        shared.seed(),
        shared.scale(7.0, None, origin=Origin.GATEWAY),
        shared.steps(20, origin=Origin.GATEWAY),
        shared.return_url(True, Origin.GATEWAY),
        shared.logo_info({}),
    ),
    texts=("prompt",),
    aliases=("text to image", "t2i", "txt2img", "xl", "sdxl", "wenshengtu", "tongyong xl pro", "doubao"),
    example=Example(
        title="General XL Pro: text to image",
        caption="The service translates the prompt to English and says so in its answer.",
        values={
            "prompt": "Fields of pink flowers before soft hills, spring haze",
            "width": 1152,
            "height": 768,
            "seed": 75,
        },
    ),
)
