"""What several video models share."""

from __future__ import annotations

from .inputs import Condition
from .price import VIDEO_PRICES
from .spec import Choice, Confidence, Origin, PictureLimits, Price, VideoLength

FIRST_FRAME = PictureLimits(
    max_side=4096, max_base64=4_700_000, max_total_base64=9_400_000, origin=Origin.OFFICIAL, min_side=320, max_ratio=3
)
"""Frames that Jimeng videos begin and end with (catalog section 6)."""

VIDEO_LENGTH = VideoLength("frames", {121: 5.0, 241: 10.0})
"""24 frames a second and one."""


def frames() -> Choice:
    return Choice(
        name="frames",
        default="121 (5 s)",
        origin=Origin.OFFICIAL,
        options={f"{frames} ({seconds:g} s)": {"frames": frames} for frames, seconds in VIDEO_LENGTH.seconds.items()},
        tooltip="Length of the video, 24 frames a second.",
    )


def aspect_ratio(only_if: Condition) -> Choice:
    return Choice(
        name="aspect_ratio",
        default="16:9",
        origin=Origin.OFFICIAL,
        only_if=only_if,
        options={label: {"aspect_ratio": label} for label in ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")},
        tooltip="Shape of the video. With a picture the picture decides.",
    )


def video_price(amount: float, date: str = "2026-09-01") -> Price:
    """Price of a second, as digests of the price page have it (prices page, "Prices")."""
    return Price(amount=amount, per="second", source=VIDEO_PRICES, date=date, confidence=Confidence.DIGEST)
