"""Character retention 3.0 (DreamO): official page 86081/1804562; size as clients send it, no range is known."""

from __future__ import annotations

from .. import shared
from ..spec import TASK, Example, Model, Origin, Picture

MODEL = Model(
    req_key="seed3l_single_ip",
    title="Character retention 3.0",
    group="Portrait & character",
    summary="Puts the person, animal or object of one reference picture into a new scene. Runs as a task.",
    page="https://www.volcengine.com/docs/86081/1804562",
    inputs=(
        Picture(
            name="image",
            required=True,
            origin=Origin.OFFICIAL,
            tooltip="Reference picture of one person, animal or object.",
        ),
        shared.prompt("The new scene, in Chinese or English.", origin=Origin.THIRD_PARTY),
        *shared.size(1024, ".", origin=Origin.THIRD_PARTY),
        shared.seed(),
        *shared.result_options(),
    ),
    modes={"task": TASK},
    native_only=True,
    service_seconds=15.0,
    aliases=("character", "subject", "reference", "ip adapter", "dreamo", "juese baochi", "doubao"),
    example=Example(
        title="Character retention 3.0: the same character elsewhere",
        caption="One reference picture and a sentence; 1024 x 768 at once, without super-resolution.",
        values={
            "prompt": "The same character stands on a snowy mountain pass at dawn and looks into the valley, wide "
            "shot, clear cold air, soft light",
            "width": 1024,
            "height": 768,
            "seed": 91,
        },
        pictures={"image": "character"},
    ),
)
