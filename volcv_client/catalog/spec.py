"""The vocabulary of a model declaration: the model itself, and the kinds of inputs from their own modules.

A declaration is data: which inputs a req_key has, where each lands in the JSON body, which limits are known and who
states them. The request builder, the node schemas, the command line and the documentation all read the same
declarations; none of them knows a req_key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from ..errors import InputError
from .inputs import INT_MAX as INT_MAX
from .inputs import Advice as Advice
from .inputs import Branch as Branch
from .inputs import BranchOption as BranchOption
from .inputs import Choice as Choice
from .inputs import Combo as Combo
from .inputs import Condition as Condition
from .inputs import Given
from .inputs import Input as Input
from .inputs import Integer as Integer
from .inputs import JsonText as JsonText
from .inputs import Number as Number
from .inputs import Numeric as Numeric
from .inputs import Origin as Origin
from .inputs import Seed as Seed
from .inputs import Switch as Switch
from .inputs import Text as Text
from .inputs import Widget as Widget
from .inputs import WireInput as WireInput
from .price import Confidence as Confidence
from .price import Price as Price
from .price import VideoLength as VideoLength
from .sockets import FIRST_PICTURE as FIRST_PICTURE
from .sockets import Audio as Audio
from .sockets import Control as Control
from .sockets import Controls as Controls
from .sockets import FileSocket as FileSocket
from .sockets import MaskPicture as MaskPicture
from .sockets import Picture as Picture
from .sockets import Video as Video
from .sockets import Watermark as Watermark
from .wire_path import Json as Json


@dataclass(frozen=True)
class Require:
    """At least one of the inputs must be given (a picture, a non-empty text, a number above 0).

    ``why`` is a message key that says what is missing in the user's words.
    """

    any_of: tuple[str, ...]
    why: str
    only_if: Condition = field(default_factory=dict)


@dataclass(frozen=True)
class Area:
    """Two sides whose product, in pixels, must be from ``low`` to ``high``; checked where both are shown.

    ``sides``: the least and the most that each of them may be, where that depends on a condition too.
    """

    width: str
    height: str
    low: int
    high: int
    sides: tuple[int, int] = (0, INT_MAX)
    only_if: Condition = field(default_factory=dict)

    def check(self, given: Given) -> None:
        """Raises InputError for a side or an area outside the limits."""
        low, high = self.sides
        width, height = given[self.width], given[self.height]
        for name, value in ((self.width, width), (self.height, height)):
            if not low <= value <= high:
                raise InputError("out_of_bounds", name=name, value=value, low=low, high=high)
        pixels = width * height
        if not self.low <= pixels <= self.high:
            raise InputError("bad_area", size=f"{width}x{height}", pixels=pixels, low=self.low, high=self.high)


@dataclass(frozen=True)
class PictureLimits:
    """What the service takes per picture and per request.

    ``max_side`` and ``min_side`` in pixels; ``max_base64`` and ``max_total_base64`` in characters of base64 text;
    ``max_ratio`` of the long side to the short one, 0 if there is none. Larger pictures are reduced, smaller and
    longer ones refused. ``max_inline_base64``: as ``max_total_base64``, where less fits into a request than may be
    sent as links, else 0; pictures beyond it are reduced to ``inline_side`` pixels first.
    """

    max_side: int
    max_base64: int
    max_total_base64: int
    origin: Origin
    min_side: int = 0
    max_ratio: float = 0
    max_inline_base64: int = 0
    inline_side: int = 0

    def check(self, name: str, size: tuple[int, int]) -> None:
        """Raises InputError for a picture (width, height) that cannot be reduced to fit."""
        short, long = sorted(size)
        shown = f"{size[0]}x{size[1]}"
        if short < self.min_side:
            raise InputError("picture_too_small", name=name, size=shown, limit=self.min_side)
        if self.max_ratio and long > short * self.max_ratio:
            raise InputError("picture_too_long", name=name, size=shown, limit=f"{self.max_ratio:g}")


GENERIC_LIMITS = PictureLimits(4096, 4_700_000, 8_000_000, Origin.OFFICIAL)
"""Portrait pages docs/6793/1357816 and /1324393 (catalog section 3); used where a model states none."""


@dataclass(frozen=True)
class Mode:
    """A way to call a model (catalog section 2, "Actions").

    ``action`` answers at once; or it submits a task, and ``result_action`` asks for the task's result.
    ``result_fields``: body fields that go into the JSON text ``req_json`` of the second call instead.
    """

    action: str
    result_action: str = ""
    result_fields: tuple[str, ...] = ()


RESULT_FIELDS = ("return_url", "logo_info", "aigc_meta")

SYNCHRONOUS = Mode("CVProcess")
TASK = Mode("CVSync2AsyncSubmitTask", "CVSync2AsyncGetResult", RESULT_FIELDS)
TASK_ONLY = Mode("CVSubmitTask", "CVGetResult", RESULT_FIELDS)
"""A task of the models that have no direct call (catalog section 2)."""


class Output(str, Enum):
    """A kind of result, by the name of the node's output."""

    IMAGES = "images"
    VIDEO = "video"
    MASK = "mask"


Box: TypeAlias = "tuple[float, float, float, float]"
"""Left, top, right and bottom as parts of a picture's width and height, 0..1."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A request that shows a model at work, for the demo, the help page's picture and a workflow.

    ``title`` and ``caption`` are English; translations are in ``locales``. ``values``: by input name, over the
    defaults. ``pictures``: input name -> name of a shipped picture, see :mod:`.examples`. ``masks``: input name -> the
    box that is white in it.
    """

    title: str
    caption: str
    values: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    masks: Mapping[str, Box] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A req_key, or a family of them with equal inputs.

    ``name``: name of a family; its ``req_key`` is that of its default choices, the others stand in the wire values of
    its choices, or in ``variants`` where several choices decide together: req_key -> the choices that select it, of
    which the first that fits counts. ``fixed``: wire values without a widget. ``modes``: ways to call it by their
    labels; if there are several, the input ``mode`` chooses. ``texts``: keys of ``data`` that hold text worth showing.
    ``repeatable``: deterministic without a seed, so that an equal request may be answered from the store.
    ``takes_links``: its page takes links to pictures; the service may take them inside the request as well.
    ``service_seconds``: duration of the call on the model's page. ``native_only``: documented at the vendor's own
    service, but not at a gateway. ``links_at``: places in ``data`` of result links that are not in the usual fields;
    JSON texts on the way are read. ``successor``: req_key that the vendor names in place of a model that it retires.
    ``prices``: list prices by req_key, as far as they are known; ``single_field``: body field that holds an answer to
    one picture, empty if a call never returns more; ``video_length``: seconds of its videos, if a field decides them.
    ``example``: None for one made of the required inputs.
    """

    req_key: str
    title: str
    group: str
    summary: str
    page: str
    inputs: tuple[Input, ...]
    name: str = ""
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixed: Mapping[str, Json] = field(default_factory=dict)
    requires: tuple[Require, ...] = ()
    areas: tuple[Area, ...] = ()
    texts: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = (Output.IMAGES,)
    limits: PictureLimits = GENERIC_LIMITS
    modes: Mapping[str, Mode] = field(default_factory=lambda: {"synchronous": SYNCHRONOUS})
    repeatable: bool = False
    takes_links: bool = False
    native_only: bool = False
    links_at: tuple[str, ...] = ()
    successor: str = ""
    service_seconds: float = 10.0
    prices: Mapping[str, Price] = field(default_factory=dict)
    single_field: str = ""
    video_length: VideoLength | None = None
    aliases: tuple[str, ...] = ()
    example: Example | None = None

    @property
    def node_id(self) -> str:
        return "Volcv_" + (self.name or self.req_key.replace(".", "_"))

    @property
    def req_keys(self) -> tuple[str, ...]:
        """Every req_key that the node can call, its own first."""
        return (self.req_key, *(key for key in self.choices_of_req_key() if key != self.req_key))

    @property
    def any_req_key(self) -> bool:
        """Whether the user names the req_key; the declared req_key is then a placeholder."""
        return any(input_.name == "req_key" for input_ in self.inputs)

    def choices_of_req_key(self) -> dict[str, dict[str, str]]:
        """The values of inputs that choose a req_key of the family, by req_key."""
        return {key: dict(choices) for key, choices in self.variants.items()} | {
            str(implied["req_key"]): {combo.name: label}
            for combo in self.inputs
            if isinstance(combo, Combo)
            for label in combo.options
            if "req_key" in (implied := combo.implied(label))
        }

    def req_key_of(self, given: Given) -> str:
        """The req_key that the ``variants`` give, before the wire values of single choices."""
        fitting = (
            key
            for key, choices in self.variants.items()
            if all(given.get(name) == label for name, label in choices.items())
        )
        return next(fitting, self.req_key)

    @property
    def video(self) -> bool:
        return Output.VIDEO in self.outputs

    def mode(self, given: Given) -> Mode:
        """The way to call it that the input ``mode`` chooses."""
        return self.modes[str(given.get("mode", next(iter(self.modes))))]

    def all_inputs(self) -> Iterator[Input]:
        """Every input once, those inside a Branch after the Branch itself."""
        seen: set[str] = set()
        for outer in self.inputs:
            inner = [i for arm in outer.options.values() for i in arm.inputs] if isinstance(outer, Branch) else []
            for input_ in (outer, *inner):
                if input_.name not in seen:
                    seen.add(input_.name)
                    yield input_

    def pictures(self) -> tuple[Picture, ...]:
        return tuple(i for i in self.inputs if isinstance(i, Picture))

    def sockets(self) -> tuple[FileSocket, ...]:
        """Pictures, videos and sounds."""
        return tuple(i for i in self.inputs if isinstance(i, FileSocket))

    def input(self, name: str) -> Input:
        """The input of that name; KeyError if there is none."""
        for input_ in self.all_inputs():
            if input_.name == name:
                return input_
        raise KeyError(name)

    def defaults(self) -> dict[str, Any]:
        """The default of every widget, by name."""
        return {widget.name: widget.default for widget in self.all_inputs() if isinstance(widget, Widget)}
