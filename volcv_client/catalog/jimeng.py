"""What several Jimeng picture models share: pages 85621/1817045 (4.0), /2275082 (4.6) and those of the 3.0 family."""

from __future__ import annotations

from ..money import Per
from . import shared
from .price import PICTURE_PRICES, Confidence, Price
from .spec import Area, Branch, BranchOption, Choice, Integer, Number, Origin, Picture, PictureLimits, Switch, Text

LEAST_AREA, MOST_AREA = 1024 * 1024, 4096 * 4096
ADVISED_PICTURES = 6

AREAS = (Area("width", "height", LEAST_AREA, MOST_AREA),)

MANY_PICTURES = PictureLimits(
    max_side=4096,
    max_base64=20_000_000,
    max_total_base64=64_000_000,
    origin=Origin.OFFICIAL,
    max_ratio=3,
    max_inline_base64=9_900_000,  # clients that send binary_data_base64 keep the whole request within 10 MB
    inline_side=2048,
)
"""Files of at most 15 MB, which the pages take as links."""

ONE_PICTURE = PictureLimits(
    max_side=4096, max_base64=4_700_000, max_total_base64=4_700_000, origin=Origin.OFFICIAL, max_ratio=3
)

RECOMMENDED_SIZES = (
    "1:1 1024x1024",
    "1:1 2048x2048",
    "4:3 2304x1728",
    "3:2 2496x1664",
    "16:9 2560x1440",
    "21:9 3024x1296",
    "1:1 4096x4096",
    "4:3 4694x3520",
    "3:2 4992x3328",
    "16:9 5404x3040",
    "21:9 6198x2656",
)
"""Of the page of 4.0."""


def pictures(most: int) -> tuple[Picture, ...]:
    """``image_1`` to ``image_<most>``, all optional; those beyond the advised number are advanced."""

    def picture(number: int) -> Picture:
        beyond = f" More than {ADVISED_PICTURES} pictures are not advised." if number > ADVISED_PICTURES else ""
        return Picture(
            name=f"image_{number}",
            origin=Origin.OFFICIAL,
            advanced=number > ADVISED_PICTURES,
            tooltip=f"Picture {number} that the prompt may speak of.{beyond}",
        )

    return tuple(map(picture, range(1, most + 1)))


def prompt() -> Text:
    return shared.prompt(
        "What to make, in Chinese or English, at most 800 characters. It may speak of picture 1, 2, ...",
        origin=Origin.OFFICIAL,
    )


def size_by() -> Branch:
    """The size of the result: an area whose shape the model chooses, two sides, or a recommended size."""

    def side(name: str) -> Integer:
        return Integer(
            name=name,
            default=2048,
            low=256,
            high=16384,
            origin=Origin.OFFICIAL,
            tooltip=f"{name.capitalize()} in pixels. Width times height must be from 1024 x 1024 to 4096 x 4096.",
        )

    area = Integer(
        name="size",
        default=2048 * 2048,
        low=LEAST_AREA,
        high=MOST_AREA,
        origin=Origin.OFFICIAL,
        tooltip="Pixels of the result, width times height; the model chooses the shape.",
    )
    recommended = Choice(
        name="preset_size",
        default="1:1 2048x2048",
        options={label: shared.sides(label) for label in RECOMMENDED_SIZES},
        origin=Origin.OFFICIAL,
        tooltip="Ratio and size in pixels, as the page of Jimeng 4.0 recommends them.",
    )
    return Branch(
        name="size_by",
        default="area",
        origin=Origin.OFFICIAL,
        options={
            "area": BranchOption(inputs=(area,), wire={}),
            "recommended size": BranchOption(inputs=(recommended,), wire={}),
            "width and height": BranchOption(inputs=(side("width"), side("height")), wire={}),
        },
        tooltip="area: the model chooses the shape. recommended size: one of the page's list. width and height: "
        "exactly that size.",
    )


def force_single() -> Switch:
    return Switch(
        name="force_single",
        default=False,
        origin=Origin.OFFICIAL,
        tooltip="Always one picture. Off: the model may make several, up to 15 minus the pictures given; each is "
        "charged.",
    )


def ratios() -> tuple[Number, Number]:
    """The least and the greatest width / height that the model may choose."""

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

    return ratio("min_ratio", 0.333, "smallest"), ratio("max_ratio", 3.0, "largest")


def price(amount: float, per: Per, date: str = "2026-03-31") -> Price:
    """CNY on the price page of Jimeng pictures, as digests have it."""
    return Price(amount=amount, per=per, source=PICTURE_PRICES, date=date, confidence=Confidence.DIGEST)


FAMILY_3_0 = price(0.2, "picture", "2026-04")
"""The "3.0 family" of the price page, whose members one client names."""
