"""AI product picture 3.0: official page 85621/1956024 (its title and req_key), fields as two clients send them.

By its name the successor of ``img2img_e_commerce_style``, with fewer settings and the picture as base64.
"""

from __future__ import annotations

from .. import jimeng, shared
from ..spec import TASK, Example, Model, Origin, Picture, Text

REQ_KEY = "i2i_dreamlight3_0_background_replace"

MODEL = Model(
    req_key=REQ_KEY,
    title="Product picture 3.0",
    group="Product",
    summary="Gives the product of a photo a new background as the prompt says. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/1956024",
    inputs=(
        Picture(name="image", required=True, origin=Origin.THIRD_PARTY, tooltip="Photo of the product."),
        shared.prompt("The new background, in Chinese or English.", origin=Origin.THIRD_PARTY),
        Text(
            name="seg_prompt",
            on_page=False,
            origin=Origin.THIRD_PARTY,
            tooltip="Names the object to keep when the photo holds several; empty: the service decides.",
        ),
        *shared.result_options(),
    ),
    modes={"task": TASK},
    native_only=True,
    service_seconds=20.0,
    prices={REQ_KEY: jimeng.FAMILY_3_0},
    aliases=("product", "e-commerce", "background", "product photo", "shangpin tu", "dianshang", "huan beijing"),
    example=Example(
        title="Product picture 3.0: a new background in one sentence",
        caption="No composition and no light to set; the service finds the product and stages it.",
        values={"prompt": "On a rock in a green forest, morning mist, soft side light, cosmetics advertisement"},
        pictures={"image": "product"},
    ),
)
