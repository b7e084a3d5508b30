"""Jimeng 3.0 and 3.1 text to image: catalog section 6, official pages 85621/1616429 and /1756900.

Both take the same fields; size ranges and recommended sizes are as clients copied them.
"""

from __future__ import annotations

from .. import jimeng, shared
from ..spec import TASK, Advice, Choice, Example, Model, Origin

VERSIONS = {"3.1": "jimeng_t2i_v31", "3.0": "jimeng_t2i_v30"}

MODEL = Model(
    req_key=VERSIONS["3.1"],
    title="Jimeng 3.0 and 3.1 text to image",
    group="Text to image",
    summary="Makes a large picture from a text. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/1756900",
    inputs=(
        shared.prompt(
            "What the picture shows, in Chinese or English. Up to 120 characters are advised, 800 are the most.",
            origin=Origin.OFFICIAL,
        ),
        *shared.size(
            1328,
            ", the long side at most 3 times the short one. Good pairs: 1328 x 1328, 1472 x 1104, 1584 x 1056, "
            "1664 x 936, 2016 x 864, 2048 x 2048, and the same turned.",
            advice=Advice(512, 2048),
            origin=Origin.THIRD_PARTY,
        ),
        shared.seed(),
        shared.use_pre_llm(True, Origin.OFFICIAL),
        *shared.result_options(),
        shared.preset_size(
            "1:1 1328x1328",
            "4:3 1472x1104",
            "3:2 1584x1056",
            "16:9 1664x936",
            "21:9 2016x864",
            "1:1 2048x2048",
            origin=Origin.THIRD_PARTY,
        ),
        Choice(
            name="version",
            default="3.1",
            options={version: {"req_key": key} for version, key in VERSIONS.items()},
            origin=Origin.OFFICIAL,
            late=True,
            tooltip="Each version is a model of its own, with a seed that means another picture. 3.1: more varied and "
            "vivid. 3.0: the older one, strong at lettering and layout.",
        ),
        shared.aigc_meta(late=True),
    ),
    modes={"task": TASK},
    native_only=True,
    prices=dict.fromkeys(VERSIONS.values(), jimeng.FAMILY_3_0),
    aliases=(
        *("text to image", "t2i", "txt2img", "wenshengtu", "jimeng", "jimeng 3.0", "jimeng 3.1", "seedream"),
        *("haibao", "doubao"),
    ),
    example=Example(
        title="Jimeng 3.1: a large picture from a text",
        caption="1472 x 1104 at once. The task is submitted first, then asked for until the result is there.",
        values={
            "prompt": "Mountain ridges at the blue hour, a pale moon above the valleys, thin mist, cold clear air",
            "width": 1472,
            "height": 1104,
            "seed": 79,
        },
    ),
)
