"""Inputs that several models have, declared once."""

from __future__ import annotations

from collections.abc import Mapping

from .spec import Advice, Choice, Integer, Json, Number, Origin, Seed, Switch, Text, Watermark

SERVICE_DEFAULT = "service default"

CONTROL_TYPES = ("canny", "depth", "pose")
CONTROL_STRENGTH = Number(
    name="strength",
    default=0.6,
    advice=Advice(0, 1),
    origin=Origin.THIRD_PARTY,
    tooltip="How strictly it is kept; 0 is almost no control.",
)

WATERMARK_POSITIONS = {"bottom right": 0, "bottom left": 1, "top left": 2, "top right": 3}
WATERMARK_LANGUAGES = {"Chinese": 0, "English": 1}
"""Labels and wire values of ``logo_info`` (catalog section 3)."""


def prompt(tooltip: str, *, name: str = "prompt", required: bool = True, wire: tuple[str, ...] | None = None) -> Text:
    return Text(name=name, tooltip=tooltip, multiline=True, required=required, wire=wire)


def seed() -> Seed:
    return Seed(
        name="seed",
        tooltip="-1: the service picks a seed, and every run is a new, charged picture. Any other value is "
        "repeatable: an identical request is reused from the result store and not charged again.",
        origin=Origin.OFFICIAL,
    )


def scale(default: float, high: float, follower: str = "picture") -> Number:
    return Number(
        name="scale",
        default=default,
        step=0.1,
        advice=Advice(1, high),
        tooltip=f"How closely the {follower} follows the prompt; higher is stricter.",
    )


def use_rephraser() -> Switch:
    return Switch(
        name="use_rephraser",
        default=True,
        tooltip="Let the service expand a short Chinese prompt; the expanded text comes out of the text output.",
    )


def return_url(default: bool) -> Switch:
    return Switch(
        name="return_url",
        default=default,
        advanced=True,
        tooltip="On: the service answers with links, which are downloaded at once. Off: the pictures come inside "
        "the answer. The result is the same; change it if one of the two ways is blocked in your network.",
    )


def logo_info(off: Mapping[str, Json]) -> Watermark:
    return Watermark(
        name="logo_info",
        tooltip="Visible watermark, from the Watermark node. Not connected: no watermark is drawn.",
        off={"add_logo": False, **off},
    )


COUNT = Integer(
    name="count",
    default=1,
    low=1,
    high=64,
    wire=(),
    tooltip="Pictures to make for each input picture. Each is one charged call; with a fixed seed they use seed, "
    "seed + 1, and so on.",
)
FAIL, SKIP = "fail", "skip"

ON_REFUSAL = Choice(
    name="on_refusal",
    default=FAIL,
    options={FAIL: {}, SKIP: {}},
    advanced=True,
    tooltip="When the service refuses some pictures of a batch. fail: the node fails after all calls have ended; what "
    "succeeded is kept and not charged again. skip: returns what succeeded and says what is missing.",
)

RUN_OPTIONS = (COUNT, ON_REFUSAL)
"""Every generating model has them; they steer the pack and are not sent."""
