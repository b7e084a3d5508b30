"""Product extraction: official page 85621/2129114, its sentences as two clients copied them word for word.

The page's example once calls the field ``image_edit_prompt``; its table says ``edit_prompt``, which clients send.
"""

from __future__ import annotations

from .. import jimeng, shared
from ..spec import TASK, Example, Model, Origin, Picture

REQ_KEY = "jimeng_i2i_extract_tiled_images"

MODEL = Model(
    req_key=REQ_KEY,
    title="Product extraction",
    group="Product",
    summary="Takes a product out of a photo and shows it alone on pure white. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/2129114",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The photo that shows the product."),
        shared.prompt_choice(
            REQ_KEY,
            "extract",
            field="edit_prompt",
            tooltip="What is taken out, in the words of the model's page. outfit: clothes, hat, shoes and bag, laid "
            "flat. shoes: a pair at 45 degrees. bag, sofa, daily goods, jewellery: one front view. custom: in your "
            "own words.",
            own="What is taken out and how it is shown, best in the page's manner: name the thing, ask for one front "
            "view and a pure white background.",
        ),
        *shared.size(2048, ".", low=1024, high=4096, origin=Origin.OFFICIAL),
        shared.seed(),
        *shared.result_options(),
        shared.aigc_meta(),
    ),
    modes={"task": TASK},
    native_only=True,
    service_seconds=20.0,
    prices={REQ_KEY: jimeng.price(0.22, "picture")},
    aliases=("extract", "product", "cutout", "white background", "flat lay", "shangpin tiqu", "sucai tiqu", "jimeng"),
    example=Example(
        title="Product extraction: alone on white",
        caption="The documented sentence for daily goods; the ground goes, the thing stays.",
        values={
            "extract": "daily goods",
            "width": 1280,
            "height": 1024,
            "seed": 83,
        },
        pictures={"image": "product"},
    ),
)
