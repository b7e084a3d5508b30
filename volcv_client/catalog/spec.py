"""What a model declaration can say.

A declaration is data: which inputs a req_key has, where each lands in the JSON body, which limits are
known and who states them. The body builder, the node schemas, the command line and the documentation all
read the same declarations; none of them knows a req_key.

A *wire path* names a place in the JSON body: ``"seed"``, ``"controlnet_args[0].type"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Condition: TypeAlias = "Mapping[str, str | bool]"
"""Input name -> the choice it must have, or whether that picture must be given (True) or absent (False)."""

INT_MAX = 2**31 - 1
"""Technical bound of integer widgets. It is also the seed's: no page states one (catalog section 3)."""


class Origin(str, Enum):
    """Who states a fact; see the head of the API catalog."""

    SEED = "seed page"
    OFFICIAL = "official"
    GATEWAY = "gateway"
    THIRD_PARTY = "third-party"


@dataclass(frozen=True)
class Advice:
    """A range known from third parties. Values outside it are sent all the same, with a note."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Input:
    """Anything a node shows: a widget or a socket.

    ``origin`` tells where the default and the limits come from. ``only_if`` keeps the input out of the
    body unless every condition holds.
    """

    name: str
    tooltip: str
    origin: Origin = Origin.SEED
    advanced: bool = False
    only_if: Condition = field(default_factory=dict)

    @property
    def help(self) -> str:
        """The tooltip with what is known about the range."""
        advice = getattr(self, "advice", None)
        if not advice:
            return self.tooltip
        return (
            f"{self.tooltip} Third parties report {advice.low:g} to {advice.high:g}; other values are sent with a note."
        )


@dataclass(frozen=True, kw_only=True)
class WireInput(Input):
    """A widget whose value goes into the body.

    ``wire`` lists the wire paths that get the value; None means one path equal to the name, an empty tuple
    means that the value steers the pack and is not sent. ``on_page`` False marks a field that the model's
    seed page does not print: it is left out while it has its default, which is the service's own.
    """

    wire: tuple[str, ...] | None = None
    on_page: bool = True

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.name,) if self.wire is None else self.wire


@dataclass(frozen=True, kw_only=True)
class Text(WireInput):
    default: str = ""
    multiline: bool = False
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class JsonBody(Text):
    """A text that holds a JSON object; its fields win over all others of the body."""


@dataclass(frozen=True, kw_only=True)
class Integer(WireInput):
    """``low``/``high`` are refused when crossed; ``advice`` is only mentioned."""

    default: int
    low: int = 0
    high: int = INT_MAX
    step: int = 1
    advice: Advice | None = None


@dataclass(frozen=True, kw_only=True)
class Seed(Integer):
    """An Integer with ComfyUI's control-after-generate; -1 lets the service pick."""

    default: int = -1
    low: int = -1


@dataclass(frozen=True, kw_only=True)
class Number(WireInput):
    """A float. ``omit`` is the value that means "leave the field out"."""

    default: float
    low: float = 0.0
    high: float = 1000.0
    step: float = 0.01
    advice: Advice | None = None
    omit: float | None = None


@dataclass(frozen=True, kw_only=True)
class Switch(WireInput):
    default: bool


@dataclass(frozen=True, kw_only=True)
class Choice(Input):
    """A combo. Each label stands for the wire values that it puts into the body."""

    default: str
    options: Mapping[str, Mapping[str, Json]]


@dataclass(frozen=True)
class BranchOption:
    """One arm of a Branch: the inputs that it shows and the wire values that it implies.

    Inputs of two arms may share a name only if they are the same.
    """

    inputs: tuple[WireInput | Choice, ...]
    wire: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class Branch(Input):
    """A combo whose inputs depend on the choice (ComfyUI's DynamicCombo)."""

    default: str
    options: Mapping[str, BranchOption]


@dataclass(frozen=True, kw_only=True)
class Picture(Input):
    """A picture that travels in ``binary_data_base64``.

    ``uri_path``: the model wants a URL string there, so the place in the array is named by
    ``uri://binary_data?index=N`` (the scheme of the e-commerce page's own answer). ``index_path``: the model wants
    the bare number there. ``url_input`` names the text input whose URL takes the picture's place.
    ``present``/``absent`` are wire values that follow from the picture being given or not, ``inline`` those that
    hold only for a picture sent inline. ``alpha``: the service reads transparency, so it is kept; elsewhere it is
    flattened onto white.
    """

    required: bool = False
    alpha: bool = False
    uri_path: str | None = None
    index_path: str | None = None
    url_input: str | None = None
    present: Mapping[str, Json] = field(default_factory=dict)
    absent: Mapping[str, Json] = field(default_factory=dict)
    inline: Mapping[str, Json] = field(default_factory=dict)


FIRST_PICTURE = ""


@dataclass(frozen=True, kw_only=True)
class MaskPicture(Picture):
    """A mask (0..1, 1 = selected), sent as an 8-bit grey PNG resized to the picture named by ``fit_to``, which may be
    FIRST_PICTURE, whichever is sent first."""

    fit_to: str


@dataclass(frozen=True, kw_only=True)
class Watermark(Input):
    """The visible watermark block. ``off`` is sent when nothing is connected."""

    off: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class Controls(Input):
    """Further controls: each adds its picture to the array and an object to the list at ``path``."""

    path: str


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


@dataclass(frozen=True)
class PictureLimits:
    """What the service takes per picture and per request.

    ``max_side`` and ``min_side`` in pixels; ``max_base64`` and ``max_total_base64`` in characters of base64 text;
    ``max_ratio`` of the long side to the short one, 0 if there is none. Larger pictures are reduced, smaller and
    longer ones refused.
    """

    max_side: int
    max_base64: int
    max_total_base64: int
    origin: Origin
    min_side: int = 0
    max_ratio: float = 0


GENERIC_LIMITS = PictureLimits(4096, 4_700_000, 8_000_000, Origin.OFFICIAL)
"""Portrait pages docs/6793/1357816 and /1324393 (catalog section 3); used where a model states none."""


@dataclass(frozen=True)
class Mode:
    """A way to call a model (catalog section 2, "Actions").

    ``action`` answers at once, or, with a ``result_action``, submits a task whose result that one asks for.
    ``result_fields``: body fields that go into the JSON text ``req_json`` of the second call instead.
    """

    action: str
    result_action: str = ""
    result_fields: tuple[str, ...] = ()


SYNCHRONOUS = Mode("CVProcess")
TASK = Mode("CVSync2AsyncSubmitTask", "CVSync2AsyncGetResult", ("return_url", "logo_info"))


class Output(str, Enum):
    """What a model makes, by the name of the node's output."""

    IMAGES = "images"
    VIDEO = "video"
    MASK = "mask"


@dataclass(frozen=True, kw_only=True)
class Model:
    """One req_key, or a family of them with equal inputs.

    ``name``: what a family is called; its ``req_key`` is the one of its default choice, the others stand in the
    wire values of its choices. ``fixed``: wire values without a widget. ``modes``: ways to call it by their labels;
    if there are several, the input ``mode`` chooses. ``texts``: keys of ``data`` that hold text worth showing.
    ``repeatable``: there is no chance in it, so that an equal request may be answered from the store.
    ``links_only``: it takes links to pictures and no inline ones. ``service_seconds``: how long the page's own
    answer took. ``native_only``: documented at the vendor's own service, but not at a gateway.
    """

    req_key: str
    title: str
    group: str
    summary: str
    page: str
    inputs: tuple[Input, ...]
    name: str = ""
    fixed: Mapping[str, Json] = field(default_factory=dict)
    requires: tuple[Require, ...] = ()
    areas: tuple[Area, ...] = ()
    texts: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = (Output.IMAGES,)
    limits: PictureLimits = GENERIC_LIMITS
    modes: Mapping[str, Mode] = field(default_factory=lambda: {"synchronous": SYNCHRONOUS})
    repeatable: bool = False
    links_only: bool = False
    native_only: bool = False
    service_seconds: float = 10.0
    aliases: tuple[str, ...] = ()

    @property
    def node_id(self) -> str:
        return "Volcv_" + (self.name or self.req_key.replace(".", "_"))

    @property
    def req_keys(self) -> tuple[str, ...]:
        """Every req_key that the node can call, its own first."""
        return (self.req_key, *(key for key in self.choices_of_req_key() if key != self.req_key))

    @property
    def any_req_key(self) -> bool:
        """Whether the user names the req_key; the declared one is then no model's."""
        return any(one.name == "req_key" for one in self.inputs)

    def choices_of_req_key(self) -> dict[str, dict[str, str]]:
        """The values of inputs that choose a req_key of the family, by req_key."""
        return {
            str(wire["req_key"]): {one.name: label}
            for one in self.inputs
            if isinstance(one, (Choice, Branch))
            for label, option in one.options.items()
            if "req_key" in (wire := option.wire if isinstance(option, BranchOption) else option)
        }

    @property
    def video(self) -> bool:
        return Output.VIDEO in self.outputs

    def mode(self, values: Mapping[str, object]) -> Mode:
        """The way to call it that the inputs choose."""
        return self.modes[str(values.get("mode", next(iter(self.modes))))]

    def all_inputs(self) -> Iterator[Input]:
        """Every input once, those inside a Branch after the Branch itself."""
        seen: set[str] = set()
        for outer in self.inputs:
            inner = [i for o in outer.options.values() for i in o.inputs] if isinstance(outer, Branch) else []
            for one in (outer, *inner):
                if one.name not in seen:
                    seen.add(one.name)
                    yield one

    def pictures(self) -> tuple[Picture, ...]:
        return tuple(i for i in self.inputs if isinstance(i, Picture))

    def input(self, name: str) -> Input:
        """The input of that name; KeyError if there is none."""
        for one in self.all_inputs():
            if one.name == name:
                return one
        raise KeyError(name)
