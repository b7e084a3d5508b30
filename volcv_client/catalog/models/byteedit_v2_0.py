"""General 2.0 Pro instruction edit: catalog section 5, gateway pages 289472056 and 275105941 (as a task)."""

from __future__ import annotations

from .. import shared
from ..spec import Advice, Example, Model, Number, Origin, Picture, Text

MODEL = Model(
    req_key="byteedit_v2.0",
    title="Instruction edit 2.0 Pro (SeedEdit)",
    group="Edit",
    summary="Changes a picture as a sentence says: clothes, background, style, things added or removed.",
    page="https://www.volcengine.com/docs/6791/1384311",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to change."),
        shared.prompt("What to change, in Chinese or English.", origin=Origin.OFFICIAL),
        Text(
            name="negative_prompt",
            multiline=True,
            advanced=True,
            origin=Origin.GATEWAY,
            tooltip="What the picture must not show; may stay empty.",
        ),
        shared.seed(),
        Number(
            name="scale",
            default=0.5,
            advice=Advice(0, 1),
            origin=Origin.GATEWAY,
            tooltip="Higher follows the prompt more and keeps less of the picture.",
        ),
        shared.mode("synchronous", shared.BOTH_MODES),
        shared.return_url(True, Origin.GATEWAY),
        shared.logo_info({}),
    ),
    modes=shared.BOTH_MODES,
    texts=("vlm_result",),
    aliases=("edit", "instruction", "seededit", "byteedit", "zhiling bianji", "bianji", "tongyong 2.0 pro", "doubao"),
    example=Example(
        title="Instruction edit 2.0 Pro: one sentence changes the picture",
        caption="The sentence says what changes and what stays; a scale of 0.6 follows it more than the default 0.5.",
        values={
            "prompt": "Put the robot into a sunny desert, keep its face and its pose",
            "scale": 0.6,
            "seed": 61,
        },
        pictures={"image": "character"},
    ),
)
