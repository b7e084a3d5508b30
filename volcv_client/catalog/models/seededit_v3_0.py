"""SeedEdit 3.0, instruction edit: catalog section 6."""

from __future__ import annotations

from .. import shared
from ..spec import TASK, Example, Model, Number, Origin, Picture

MODEL = Model(
    req_key="seededit_v3.0",
    title="SeedEdit 3.0",
    group="Edit",
    summary="Changes a picture as a sentence says: add, remove, replace, restyle. Runs as a task.",
    page="https://www.volcengine.com/docs/86081/1804546",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to change."),
        shared.prompt("What to change, one instruction at a time, in Chinese or English.", origin=Origin.OFFICIAL),
        Number(
            name="scale",
            default=0.5,
            high=1.0,
            origin=Origin.THIRD_PARTY,
            tooltip="How strongly the instruction works; lower keeps more of the picture.",
        ),
        shared.seed(),
        *shared.result_options(),
    ),
    modes={"task": TASK},
    native_only=True,
    aliases=("edit", "instruction", "seededit", "bianji", "zhiling bianji", "doubao"),
    example=Example(
        title="SeedEdit 3.0: the same, as a task",
        caption="Submitted first, then asked for until the result is there.",
        values={
            "prompt": "Turn the day into a starry night, keep the furniture where it is",
            "scale": 0.6,
            "seed": 62,
        },
        pictures={"image": "room"},
    ),
)
