"""Jimeng 4.6, generation and edit with up to 14 pictures: catalog section 6, official page 85621/2275082.

As 4.0, but for the number of pictures and the scale, which is a whole number. It has no seed.
"""

from __future__ import annotations

from .. import jimeng, shared
from ..spec import TASK, Example, Integer, Model, Origin

MODEL = Model(
    req_key="jimeng_seedream46_cvtob",
    title="Jimeng 4.6",
    group="Text to image",
    summary="Makes one or several large pictures from a text and up to 14 pictures. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/2275082",
    inputs=(
        *jimeng.pictures(14),
        jimeng.prompt(),
        jimeng.size_by(),
        Integer(
            name="scale",
            default=50,
            low=1,
            high=100,
            origin=Origin.OFFICIAL,
            tooltip="How much the text counts beside the pictures; higher follows the text.",
        ),
        jimeng.force_single(),
        *jimeng.ratios(),
        *shared.result_options(),
        shared.aigc_meta(),
    ),
    areas=jimeng.AREAS,
    modes={"task": TASK},
    limits=jimeng.MANY_PICTURES,
    takes_links=True,
    native_only=True,
    service_seconds=20.0,
    prices={"jimeng_seedream46_cvtob": jimeng.price(0.22, "picture")},
    single_field="force_single",
    aliases=(
        *("jimeng", "jimeng 4.6", "seedream", "seedream 4.6", "text to image", "multi image", "edit"),
        *("wenshengtu", "tushengtu", "duotu", "doubao"),
    ),
    example=Example(
        title="Jimeng 4.6: a poster from pictures",
        caption="The prompt names the words to write, between quotation marks, and the pictures to use.",
        values={
            "prompt": 'Travel poster with the headline "QUIET LAKES" above the landscape of picture 1; the robot of '
            "picture 2 sits small on the shore, flat colours, wide margins",
            "size_by": "width and height",
            "width": 960,
            "height": 1280,
            "scale": 60,
            "force_single": True,
        },
        pictures={"image_1": "landscape", "image_2": "character"},
    ),
)
