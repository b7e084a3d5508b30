"""Jimeng upscale to 4K or 8K: catalog section 6, official page 85621/2164806.

Its page has neither a prompt nor a seed, so an equal request is answered from the result store.
"""

from __future__ import annotations

from .. import jimeng, shared
from ..spec import TASK, Choice, Example, Integer, Model, Origin, Picture

MODEL = Model(
    req_key="jimeng_i2i_seed3_tilesr_cvtob",
    title="Jimeng upscale to 4K and 8K",
    group="Restore & upscale",
    summary="Enlarges a picture to 4K or 8K and adds fine detail. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/2164806",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to enlarge."),
        Choice(
            name="resolution",
            default="4k",
            options={label: {"resolution": label} for label in ("4k", "8k")},
            origin=Origin.OFFICIAL,
            tooltip="Size of the result. 8k is four times as large and takes a lot of memory.",
        ),
        Integer(
            name="scale",
            default=50,
            high=100,
            origin=Origin.OFFICIAL,
            tooltip="How much detail is made up. 0: nearly as it is. 100: the most, and furthest from the picture.",
        ),
        *shared.result_options(),
        shared.aigc_meta(),
    ),
    modes={"task": TASK},
    limits=jimeng.ONE_PICTURE,
    native_only=True,
    repeatable=True,
    prices={"jimeng_i2i_seed3_tilesr_cvtob": jimeng.price(0.4, "call")},
    aliases=(
        *("upscale", "super resolution", "enlarge", "4k", "8k", "restore", "jimeng"),
        *("chaoqing", "zhineng chaoqing", "chaofen", "fangda", "doubao"),
    ),
    example=Example(
        title="Jimeng upscale: four times as wide",
        caption="From 1024 to 4096 pixels; scale says how much detail may be made up.",
        values={"resolution": "4k", "scale": 40},
        pictures={"image": "landscape"},
    ),
)
