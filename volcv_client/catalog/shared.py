"""Inputs that several models have, declared once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from .spec import (
    INT_MAX,
    SYNCHRONOUS,
    TASK,
    Advice,
    Branch,
    BranchOption,
    Choice,
    Confidence,
    Controls,
    Integer,
    Json,
    JsonText,
    MaskPicture,
    Mode,
    Number,
    Origin,
    Price,
    Seed,
    Switch,
    Text,
    Watermark,
)

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


def prompt(
    tooltip: str,
    *,
    name: str = "prompt",
    required: bool = True,
    wire: tuple[str, ...] | None = None,
    origin: Origin = Origin.SEED,
) -> Text:
    return Text(name=name, tooltip=tooltip, multiline=True, required=required, wire=wire, origin=origin)


def seed(result: str = "picture") -> Seed:
    return Seed(
        name="seed",
        tooltip=f"-1: the service picks a seed, and every run is a new, charged {result}. Any other value is "
        "repeatable: an identical request is reused from the result store and not charged again.",
        origin=Origin.OFFICIAL,
    )


def scale(
    default: float, high: float | None, follower: str = "picture", *, origin: Origin = Origin.SEED, note: str = ""
) -> Number:
    """``high``: upper end of the range 1..high that third parties report; None if no range is known."""
    return Number(
        name="scale",
        default=default,
        step=0.1,
        advice=Advice(1, high) if high else None,
        origin=origin,
        tooltip=f"How closely the {follower} follows the prompt; higher is stricter.{note}",
    )


def use_rephraser() -> Switch:
    return Switch(
        name="use_rephraser",
        default=True,
        tooltip="Let the service expand a short Chinese prompt; the expanded text comes out of the text output.",
    )


def return_url(default: bool, origin: Origin = Origin.SEED) -> Switch:
    return Switch(
        name="return_url",
        default=default,
        origin=origin,
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


def result_options() -> tuple[Switch, Watermark]:
    """Inputs that go into the polls of a task, not into its submission."""
    return return_url(True, Origin.OFFICIAL), logo_info({})


def address(name: str, replaces: str, what: str = "file") -> Text:
    """The address of what is online already."""
    return Text(
        name=name,
        wire=(),
        advanced=True,
        origin=Origin.OFFICIAL,
        tooltip=f"Public http(s) address of a {what}; it is sent instead of {replaces}.",
    )


def aigc_meta(*, late: bool = False) -> JsonText:
    """The implicit label of a result's file; it goes into the polls of a task (catalog section 3)."""
    return JsonText(
        name="aigc_meta",
        path="aigc_meta",
        fields_allowed={
            "content_producer": False,
            "producer_id": True,
            "content_propagator": False,
            "propagate_id": False,
        },
        letters=256,
        multiline=True,
        advanced=True,
        late=late,
        origin=Origin.OFFICIAL,
        tooltip="Implicit label that the service writes into the file: a JSON object with producer_id, and "
        "content_producer, content_propagator, propagate_id where you have them, each of at most 256 characters. "
        "Empty: no label.",
    )


def mode(default: str, modes: Mapping[str, Mode]) -> Choice:
    return Choice(
        name="mode",
        default=default,
        options={label: {} for label in modes},
        origin=Origin.OFFICIAL,
        advanced=True,
        tooltip="synchronous: one call that answers with the picture. task: the picture is ordered and asked for "
        "until it is there; an interrupted run is taken up again and not charged twice.",
    )


BOTH_MODES = {"synchronous": SYNCHRONOUS, "task": TASK}
"""Modes of a model that can be called directly and as a task (catalog section 2, "Actions")."""

SMART_DRAWING_PRICE = Price(
    amount=0.2,
    per="picture",
    source="https://www.volcengine.com/docs/6791/1366783",
    date="",
    confidence=Confidence.THIRD_PARTY,
)
"""General 2.0, 2.0 Pro and 2.1: labels of a client that links this page; the page itself was not read."""

OVERVIEW = "https://www.volcengine.com/docs/6791/1279296"
"""The official overview that the gateway's pages link, for models without a page of their own."""


def size(
    default: int,
    note: str,
    *,
    origin: Origin,
    low: int = 1,
    high: int = INT_MAX,
    advice: Advice | None = None,
) -> tuple[Integer, Integer]:
    """``width`` and ``height``, which have the same limits everywhere."""

    def side(name: str) -> Integer:
        return Integer(
            name=name,
            default=default,
            low=low,
            high=high,
            advice=advice,
            origin=origin,
            tooltip=f"{name.capitalize()} of the picture in pixels{note}",
        )

    return side("width"), side("height")


CUSTOM = "custom"


def sides(label: str) -> dict[str, Json]:
    """Wire values of a size by its label, ratio and size: ``4:3 1472x1104``."""
    width, _, height = label.split(" ")[1].partition("x")
    return {"width": int(width), "height": int(height)}


def preset_size(*labels: str, origin: Origin) -> Choice:
    """A choice of sizes that replace ``width`` and ``height``; for the labels see :func:`sides`.

    It stands behind the two inputs, so that its values are written over theirs.
    """
    return Choice(
        name="preset_size",
        default=CUSTOM,
        options={CUSTOM: {}, **{label: sides(label) for label in labels}},
        origin=origin,
        late=True,
        tooltip="custom: width and height as they are set. Otherwise a size that is recommended for the model; width "
        "and height do not count then.",
    )


PROMPTS: Mapping[str, Mapping[str, str]] = json.loads(
    Path(__file__).with_name("prompts.json").read_text(encoding="utf-8")
)
"""Sentences that a model's page gives to choose from, by req_key and label: Chinese, so they are no Python."""


def prompt_choice(req_key: str, name: str, *, field: str, tooltip: str, own: str) -> Branch:
    """A choice of the sentences that the model's page documents, and of a text of one's own.

    ``name``: the choice's; ``field``: where the sentence goes, and the input for the text of one's own. ``tooltip`` and
    ``own``: the tooltips of the two.
    """
    documented = PROMPTS[req_key]
    text = prompt(own, name=field, origin=Origin.OFFICIAL)
    return Branch(
        name=name,
        default=next(iter(documented)),
        options={
            **{label: BranchOption(inputs=(), wire={field: sentence}) for label, sentence in documented.items()},
            CUSTOM: BranchOption(inputs=(text,), wire={}),
        },
        origin=Origin.OFFICIAL,
        tooltip=tooltip,
    )


BEFORE_SR = " before super-resolution; use_sr doubles it. Best near 512."


def steps(
    default: int, *, origin: Origin, name: str = "ddim_steps", most: int | None = None, note: str = ""
) -> Integer:
    """``most``: upper end of the range 1..most that third parties report."""
    return Integer(
        name=name,
        default=default,
        low=1,
        advice=Advice(1, most) if most else None,
        origin=origin,
        tooltip=f"Sampling steps; more takes longer and adds detail.{note}",
    )


def use_pre_llm(default: bool, origin: Origin, *, on_page: bool = True) -> Switch:
    return Switch(
        name="use_pre_llm",
        default=default,
        on_page=on_page,
        origin=origin,
        tooltip="Let a language model expand the prompt first; good for short prompts, not needed for long ones.",
    )


def use_sr(origin: Origin) -> Switch:
    return Switch(
        name="use_sr",
        default=True,
        origin=origin,
        tooltip="Super-resolution: the picture comes out twice as wide and high, and takes longer.",
    )


REQ_SCHEDULE_CONF = Choice(
    name="req_schedule_conf",
    default="aesthetic",
    options={
        "aesthetic": {"req_schedule_conf": "general_v20_9B_pe"},
        "standard": {"req_schedule_conf": "general_v20_9B_rephraser"},
    },
    origin=Origin.OFFICIAL,
    tooltip="aesthetic: prettier pictures. standard: closer to the prompt, and shapes come out sounder.",
)


def result_file() -> tuple[Choice, Integer]:
    """File format of the picture in an answer, of models that restore one."""
    return (
        Choice(
            name="result_format",
            default="PNG",
            origin=Origin.OFFICIAL,
            advanced=True,
            options={"PNG": {"result_format": 0}, "JPEG": {"result_format": 1}},
            tooltip="File format of the answer: PNG is lossless, JPEG is smaller.",
        ),
        Integer(
            name="jpg_quality",
            default=95,
            high=100,
            only_if={"result_format": "JPEG"},
            origin=Origin.OFFICIAL,
            advanced=True,
            tooltip="Quality of the JPEG; only with result_format JPEG.",
        ),
    )


def mask(tooltip: str) -> MaskPicture:
    """The mask of a model that paints within ``image``; its polarity is known from clients only."""
    return MaskPicture(name="mask", required=True, fit_to="image", origin=Origin.THIRD_PARTY, tooltip=tooltip)


SIDES = ("top", "bottom", "left", "right")


def growth(default: float) -> tuple[Number, ...]:
    """How far outpainting grows each side. Not for a padded picture with a mask; ranges are known from clients only."""

    def side(name: str) -> Number:
        length = "height" if name in SIDES[:2] else "width"
        return Number(
            name=name,
            default=default,
            omit=0.0,
            advice=Advice(0, 1),
            origin=Origin.THIRD_PARTY,
            only_if={"mask": False},
            tooltip=f"How far the picture grows at the {name}, as a fraction of its {length}. 0: that side stays. "
            "Not used when a mask is connected.",
        )

    return tuple(map(side, SIDES))


def more_controls() -> Controls:
    return Controls(
        name="more_controls",
        path="controlnet_args",
        strength=CONTROL_STRENGTH,
        origin=Origin.THIRD_PARTY,
        tooltip="Further control pictures, from Control nodes.",
    )


COUNT = Integer(
    name="count",
    default=1,
    low=1,
    high=64,
    wire=(),
    tooltip="How many to make for each input picture, or from the text alone. Each is one charged call; with a fixed "
    "seed they use seed, seed + 1, and so on.",
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
"""Inputs of every generating model that control the pack and are not sent."""
