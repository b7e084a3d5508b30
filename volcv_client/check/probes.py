"""What no page says, and the requests that settle it: a table, read by :mod:`.steps`.

Each question is a fact of one model. Its tries are sent in turn until one is not refused, so that a question costs at
most one charged call; the answer is read by a judge of :mod:`.judging`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..catalog.spec import Json
from ..store.entry import INLINE, LINKS
from .judging import Form, Judge, Region, Tint

DEFAULT_MODELS = (
    "high_aes_general_v14",
    "byteedit_v2.0",
    "i2i_outpainting",
    "img2img_e_commerce_style",
    "jimeng_t2i_v40",
)
"""Models that are run if none is named: a text to image, an edit, outpainting, the product picture, Jimeng 4.0."""


@dataclass(frozen=True)
class Variant:
    """One way to ask. ``fields`` of the JSON body that differ from the declaration's, None for a field that is left
    out; ``form`` of the pictures, empty for the usual one."""

    name: str = "as declared"
    fields: Mapping[str, Json] = field(default_factory=dict)
    form: str = ""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A question about a model. ``fact``: its name. ``values`` of inputs over those of the cheapest request,
    ``pictures``: input -> name of a picture, see :mod:`.cards`."""

    fact: str
    model: str
    pictures: Mapping[str, str]
    judge: Judge
    values: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[Variant, ...] = (Variant(),)


RED = "A plain wall painted in saturated red, nothing else, red everywhere"
BLUE = "A plain wall painted in saturated blue, nothing else, blue everywhere"
FORMS = (Variant(INLINE, form=INLINE), Variant(LINKS, form=LINKS))

PROBES: tuple[Probe, ...] = (
    Probe(  # seed page 002 has prompt, the SDKs have custom_prompt (catalog section 4.3)
        fact="prompt_field",
        model="i2i_outpainting",
        values={"prompt": RED, "top": 0.0, "bottom": 0.0, "left": 0.0, "right": 0.5, "strength": 1.0, "seed": 11},
        pictures={"image": "discs"},
        variants=(
            Variant("both", {"prompt": RED, "custom_prompt": BLUE}),
            Variant("prompt", {"prompt": RED, "custom_prompt": None}),
            Variant("custom_prompt", {"prompt": None, "custom_prompt": BLUE}),
        ),
        judge=Tint("prompt", "custom_prompt", (0.75, 0.05, 0.98, 0.95)),
    ),
    Probe(  # the page has URLs only; a sibling key of the SDK has uri://binary_data?index=N (catalog section 4.1)
        fact="pictures",
        model="img2img_e_commerce_style",
        values={"canvas_width": 512, "canvas_height": 512, "seed": 12},
        pictures={"product_image": "product"},
        variants=FORMS,
        judge=Form(),
    ),
    Probe(  # the page has image_urls only; clients send binary_data_base64 (current models)
        fact="pictures",
        model="jimeng_t2i_v40",
        values={"prompt": "Picture 1 without any change"},
        pictures={"image_1": "discs"},
        variants=FORMS,
        judge=Form(),
    ),
    Probe(  # white is known from a client only
        fact="mask",
        model="i2i_outpainting",
        values={"prompt": "A wide sandy beach in the sun", "strength": 1.0, "seed": 13},
        pictures={"image": "discs", "mask": "right_half"},
        judge=Region(),
    ),
    Probe(  # two clients send prompt, others custom_prompt (current models)
        fact="prompt_field",
        model="jimeng_img2img_seed3_painting_edit",
        values={"prompt": RED, "top": 0.0, "bottom": 0.0, "left": 0.0, "right": 0.5, "seed": 16},
        pictures={"image": "discs"},
        variants=(
            Variant("both", {"prompt": RED, "custom_prompt": BLUE}),
            Variant("prompt", {"prompt": RED}),
            Variant("custom_prompt", {"prompt": None, "custom_prompt": BLUE}),
        ),
        judge=Tint("prompt", "custom_prompt", (0.75, 0.05, 0.98, 0.95)),
    ),
    Probe(  # white is known from the older model only
        fact="mask",
        model="jimeng_img2img_seed3_painting_edit",
        values={"prompt": "A wide sandy beach in the sun", "seed": 17},
        pictures={"image": "discs", "mask": "right_half"},
        judge=Region(),
    ),
    Probe(  # white is known from clients and sibling models only
        fact="mask",
        model="i2i_inpainting",
        values={"seed": 14},
        pictures={"image": "discs", "mask": "right_box"},
        judge=Region(),
    ),
    Probe(  # white is known from sibling models only
        fact="mask",
        model="i2i_inpainting_edit",
        values={"custom_prompt": "A big bright yellow sunflower", "seed": 15},
        pictures={"image": "discs", "mask": "right_box"},
        judge=Region(),
    ),
)
