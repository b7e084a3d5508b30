"""Any req_key by name, for the model that came out yesterday: the gateway takes whatever it knows."""

from __future__ import annotations

from dataclasses import replace

from .. import shared
from ..spec import FIRST_PICTURE, TASK_ONLY, Example, JsonText, MaskPicture, Model, Origin, Picture, Seed, Text

MOST_PICTURES = 8
MODES = {**shared.BOTH_MODES, "task (CVSubmitTask)": TASK_ONLY}
BOTH = shared.mode("synchronous", MODES)
MODE = replace(BOTH, tooltip=f"{BOTH.tooltip} task (CVSubmitTask): the same for models of CVSubmitTask.")


def picture(number: int) -> Picture:
    return Picture(
        name=f"image_{number}",
        alpha=True,
        origin=Origin.GATEWAY,
        tooltip=f"Picture {number} of binary_data_base64. Pictures that are not connected leave no gap.",
    )


MODEL = Model(
    name="any",
    req_key="any",
    title="Any model",
    group="Tools",
    summary="Calls a model by its req_key, also one that this pack does not know yet.",
    page=shared.OVERVIEW,
    inputs=(
        *map(picture, range(1, MOST_PICTURES + 1)),
        MaskPicture(
            name="mask",
            fit_to=FIRST_PICTURE,
            origin=Origin.GATEWAY,
            tooltip="Goes behind the pictures, in grey and as large as the first of them. White is selected.",
        ),
        Text(name="req_key", required=True, origin=Origin.GATEWAY, tooltip="Name of the model at the service."),
        MODE,
        JsonText(
            name="body",
            multiline=True,
            default="{}",
            origin=Origin.GATEWAY,
            tooltip="The model's other fields as a JSON object. They win over the pictures and the seed.",
        ),
        Seed(
            name="seed",
            on_page=False,
            origin=Origin.GATEWAY,
            tooltip="-1: no seed is sent, and every run is a new, charged picture. Any other value is sent, and an "
            "identical request is reused from the result store.",
        ),
    ),
    modes=MODES,
    texts=("rephraser_result", "pe_result", "predict_tags_result", "llm_result", "vlm_result", "prompt_translated"),
    aliases=("custom", "raw", "generic", "any model", "renyi moxing", "zidingyi"),
    example=Example(
        title="Any model: by its name",
        caption="For a model that has no node yet: req_key and the JSON of its other fields.",
        values={
            "req_key": "high_aes_general_v30l_zt2i",
            "body": '{"prompt": "Rolling hills in spring light", "width": 1024, "height": 640}',
            "seed": 78,
        },
    ),
)
