"""Jimeng 4.0, generation and edit with up to ten pictures: catalog section 6."""

from __future__ import annotations

from .. import jimeng, shared
from ..spec import TASK, Example, Model, Number, Origin

MODEL = Model(
    req_key="jimeng_t2i_v40",
    title="Jimeng 4.0",
    group="Text to image",
    summary="Makes one or several large pictures from a text and up to ten pictures. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/1817045",
    inputs=(
        *jimeng.pictures(10),
        jimeng.prompt(),
        jimeng.size_by(),
        Number(
            name="scale",
            default=0.5,
            high=1.0,
            origin=Origin.OFFICIAL,
            tooltip="How much the text counts beside the pictures; higher follows the text.",
        ),
        jimeng.force_single(),
        *jimeng.ratios(),
        *shared.result_options(),
        shared.aigc_meta(late=True),
    ),
    areas=jimeng.AREAS,
    modes={"task": TASK},
    limits=jimeng.MANY_PICTURES,
    takes_links=True,
    native_only=True,
    service_seconds=20.0,
    prices={"jimeng_t2i_v40": jimeng.price(0.22, "picture")},
    single_field="force_single",
    aliases=("jimeng", "seedream", "text to image", "multi image", "edit", "wenshengtu", "duotu", "doubao"),
    example=Example(
        title="Jimeng 4.0: several pictures become one",
        caption="The prompt speaks of picture 1 and picture 2.",
        values={
            "prompt": "The little robot of picture 1 stands on the marble table of picture 2 and waves, small as "
            "a toy, warm bokeh light behind it, soft shadow on the marble, product photograph",
            "size_by": "width and height",
            "width": 1280,
            "height": 960,
            "force_single": True,
        },
        pictures={"image_1": "character", "image_2": "scene"},
    ),
)
