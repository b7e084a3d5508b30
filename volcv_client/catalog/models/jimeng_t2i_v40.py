"""Jimeng 4.0, generation and edit with up to ten pictures: catalog section 6."""

from __future__ import annotations

from .. import shared
from ..price import PICTURE_PRICES
from ..spec import (
    TASK,
    Area,
    Branch,
    BranchOption,
    Confidence,
    Example,
    Integer,
    Model,
    Number,
    Origin,
    Picture,
    PictureLimits,
    Price,
    Switch,
)

MOST_PICTURES = 10
ADVISED_PICTURES = 6


def picture(number: int) -> Picture:
    beyond = f" More than {ADVISED_PICTURES} pictures are not advised." if number > ADVISED_PICTURES else ""
    return Picture(
        name=f"image_{number}",
        origin=Origin.OFFICIAL,
        advanced=number > ADVISED_PICTURES,
        tooltip=f"Picture {number} that the prompt may speak of.{beyond}",
    )


def side(name: str) -> Integer:
    return Integer(
        name=name,
        default=2048,
        low=256,
        high=16384,
        origin=Origin.OFFICIAL,
        tooltip=f"{name.capitalize()} in pixels. Width times height must be from 1024 x 1024 to 4096 x 4096.",
    )


def ratio(name: str, default: float, meaning: str) -> Number:
    return Number(
        name=name,
        default=default,
        low=1 / 16,
        high=16.0,
        step=0.001,
        on_page=False,
        origin=Origin.OFFICIAL,
        advanced=True,
        tooltip=f"The {meaning} width divided by height that the model may choose.",
    )


MODEL = Model(
    req_key="jimeng_t2i_v40",
    title="Jimeng 4.0",
    group="Text to image",
    summary="Makes one or several large pictures from a text and up to ten pictures. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/1817045",
    inputs=(
        *map(picture, range(1, MOST_PICTURES + 1)),
        shared.prompt(
            "What to make, in Chinese or English, at most 800 characters. It may speak of picture 1, 2, ...",
            origin=Origin.OFFICIAL,
        ),
        Branch(
            name="size_by",
            default="area",
            origin=Origin.OFFICIAL,
            options={
                "area": BranchOption(
                    inputs=(
                        Integer(
                            name="size",
                            default=2048 * 2048,
                            low=1024 * 1024,
                            high=4096 * 4096,
                            origin=Origin.OFFICIAL,
                            tooltip="Pixels of the result, width times height; the model chooses the shape.",
                        ),
                    ),
                    wire={},
                ),
                "width and height": BranchOption(inputs=(side("width"), side("height")), wire={}),
            },
            tooltip="area: the model chooses the shape. width and height: exactly that size.",
        ),
        Number(
            name="scale",
            default=0.5,
            high=1.0,
            origin=Origin.OFFICIAL,
            tooltip="How much the text counts beside the pictures; higher follows the text.",
        ),
        Switch(
            name="force_single",
            default=False,
            origin=Origin.OFFICIAL,
            tooltip="Always one picture. Off: the model may make several, up to 15 minus the pictures given; each is "
            "charged.",
        ),
        ratio("min_ratio", 0.333, "smallest"),
        ratio("max_ratio", 3.0, "largest"),
        *shared.result_options(),
    ),
    areas=(Area("width", "height", 1024 * 1024, 4096 * 4096),),
    modes={"task": TASK},
    limits=PictureLimits(
        max_side=4096,
        max_base64=20_000_000,
        max_total_base64=64_000_000,
        origin=Origin.OFFICIAL,
        max_ratio=3,
        max_inline_base64=9_900_000,  # clients that send binary_data_base64 keep the whole request within 10 MB
        inline_side=2048,
    ),
    takes_links=True,
    native_only=True,
    service_seconds=20.0,
    prices={
        "jimeng_t2i_v40": Price(
            amount=0.22,
            per="picture",
            source=PICTURE_PRICES,
            date="2026-03-31",
            confidence=Confidence.DIGEST,
        )
    },
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
