"""Material extraction for print on demand: official page 85621/1925087, its sentences as a client copied them word for
word; size and lora_weight as clients send them."""

from __future__ import annotations

from .. import jimeng, shared
from ..spec import TASK, Advice, Example, Model, Number, Origin, Picture

REQ_KEY = "i2i_material_extraction"

MODEL = Model(
    req_key=REQ_KEY,
    title="Material extraction (print on demand)",
    group="Product",
    summary="Takes the pattern, packaging, logo or texture off a product and lays it flat. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/1925087",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The photo of the product."),
        shared.prompt_choice(
            REQ_KEY,
            "extract",
            field="image_edit_prompt",
            tooltip="What is taken off the product, in the words of the model's page: pattern, packaging, logo, or "
            "texture, which comes out tiled. custom: in your own words.",
            own="What is taken off and how it is shown, best in the page's manner: name it, ask for one flat picture "
            "without the product.",
        ),
        *shared.size(2048, ".", advice=Advice(1024, 4096), origin=Origin.THIRD_PARTY),
        Number(
            name="lora_weight",
            default=1.0,
            advice=Advice(0, 2),
            origin=Origin.THIRD_PARTY,
            advanced=True,
            tooltip="Weight of the adapter (LoRA) that the extraction is trained into.",
        ),
        shared.seed(),
        *shared.result_options(),
        shared.aigc_meta(),
    ),
    modes={"task": TASK},
    native_only=True,
    service_seconds=20.0,
    prices={REQ_KEY: jimeng.price(0.22, "picture")},
    aliases=("extract", "pattern", "logo", "texture", "print on demand", "pod", "sucai tiqu", "huaxing", "jimeng"),
    example=Example(
        title="Material extraction: what is printed on it",
        caption="The documented sentence for the logo. The sandbox shows where a print mostly is.",
        values={
            "extract": "logo",
            "width": 1024,
            "height": 1024,
            "seed": 85,
        },
        pictures={"image": "product"},
    ),
)
