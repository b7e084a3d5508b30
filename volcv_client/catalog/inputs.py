"""What is common to all inputs of a model, and the kinds that are widgets.

Each kind checks the value given for it and writes it into the request body. What is given for a call is a mapping by
input name, :data:`Given`: the value of a widget; the image of a Picture or MaskPicture; a list of controls, or a
watermark's block. Widgets are always in it; sockets that are not connected are not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, TypeAlias

from ..errors import InputError
from ..messages import say
from .wire_path import Json, put, put_all

Given: TypeAlias = "Mapping[str, Any]"
Condition: TypeAlias = "Mapping[str, str | bool]"
"""Input name -> the choice it must have, or whether that picture must be given (True) or absent (False)."""

INT_MAX = 2**31 - 1
"""Technical bound of integer widgets. It is also the seed's: no page states one (catalog section 3)."""

NUMBER_MAX = 1000.0
UNBOUNDED = (INT_MAX, -INT_MAX, NUMBER_MAX)
"""Technical bounds of widgets, which say nothing about the service."""


class Origin(str, Enum):
    """Source of a fact; see the head of the API catalog."""

    SEED = "seed page"
    OFFICIAL = "official"
    GATEWAY = "gateway"
    THIRD_PARTY = "third-party"


@dataclass(frozen=True)
class Advice:
    """A range known from third parties. Values outside it are sent all the same, with a note."""

    low: float
    high: float


@dataclass(frozen=True)
class Attachment:
    """An image for ``binary_data_base64``, whose order is the order of attachment.

    ``name``: its input. ``alpha``: transparency is kept. ``fit_to``: name of an earlier attachment whose size it is
    resized to, FIRST_PICTURE for the first; None: it keeps its own size. ``upload``: the file is uploaded and sent as
    a link; ``image`` may then be a :class:`..request.media.MediaFile`.
    """

    name: str
    image: Any
    alpha: bool = False
    fit_to: str | None = None
    upload: bool = False


@dataclass(frozen=True, kw_only=True)
class Input:
    """An input of a node: a widget or a socket.

    ``kind``: key of the class in the tables of the node schema and of the command. ``origin``: source of the default
    and the limits. ``only_if``: the input counts only if every condition holds. ``late``: added after the first
    release, so it is optional and stands behind all others: saved graphs hold widget values by position.
    """

    kind: ClassVar[str]

    name: str
    tooltip: str
    origin: Origin = Origin.SEED
    advanced: bool = False
    only_if: Condition = field(default_factory=dict)
    late: bool = False

    @property
    def help(self) -> str:
        """The tooltip with what is known about the range."""
        return self.tooltip

    def is_given(self, given: Given) -> bool:
        """Whether the user gave something of substance."""
        return self.name in given

    def revealed(self, given: Given) -> tuple[Input, ...]:
        """The inputs that belong to the given choice."""
        return ()

    def check(self, given: Given) -> list[str]:
        """Notes about an unusual value. Raises InputError for one that cannot work."""
        return []

    def write(self, body: dict[str, Any], given: Given) -> None:
        """Write the value into the body."""

    def attach(self, body: dict[str, Any], given: Given, attachments: list[Attachment]) -> None:
        """Append the images to the attachments, and write into the body what depends on their places."""


@dataclass(frozen=True, kw_only=True)
class Widget(Input):
    """An input with a default value."""

    default: Any

    def is_given(self, given: Given) -> bool:
        """Whether it is a text that is not blank or a number above 0."""
        value = given.get(self.name)
        return bool(value.strip()) if isinstance(value, str) else bool(value and value > 0)


@dataclass(frozen=True, kw_only=True)
class WireInput(Widget):
    """A widget whose value itself goes into the body.

    ``wire`` lists the wire paths that get the value; None means one path equal to the name, an empty tuple
    means that the value steers the pack and is not sent. ``on_page`` False marks a field that the model's
    seed page does not print: it is left out while it has its default, which is the service's own.
    """

    wire: tuple[str, ...] | None = None
    on_page: bool = True

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.name,) if self.wire is None else self.wire

    def write(self, body: dict[str, Any], given: Given) -> None:
        value = given[self.name]
        if self.on_page or value != self.default:
            put_all(body, dict.fromkeys(self.paths, value))


@dataclass(frozen=True, kw_only=True)
class Text(WireInput):
    kind = "text"
    default: str = ""
    multiline: bool = False
    required: bool = False

    def check(self, given: Given) -> list[str]:
        if self.required and not str(given.get(self.name) or "").strip():
            raise InputError("empty_text", name=self.name)
        return []

    def write(self, body: dict[str, Any], given: Given) -> None:
        """Names lose the spaces that come with pasting, which no service forgives; prompts stay as they are."""
        text = given[self.name]
        super().write(body, {self.name: text if self.multiline else text.strip()})


@dataclass(frozen=True, kw_only=True)
class JsonText(Text):
    """A text that holds a JSON object.

    ``path``: wire path of the object, which is sent unless it is empty; without one its fields win over all others of
    the body. ``fields_allowed``: the texts that the object may hold, and whether each is required; empty: any fields.
    ``letters``: characters that each of these texts may have.
    """

    kind = "json"
    path: str = ""
    fields_allowed: Mapping[str, bool] = field(default_factory=dict)
    letters: int = INT_MAX

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path,) if self.path else ()

    def fields(self, given: Given) -> dict[str, Any]:
        """The fields of the object; none for a blank text. Raises InputError if the text is no JSON object."""
        text = str(given.get(self.name) or "").strip() or "{}"
        try:
            fields = json.loads(text)
        except ValueError as error:
            raise InputError("bad_json", name=self.name, problem=str(error)) from None
        except RecursionError:
            raise InputError("bad_json", name=self.name, problem="nested too deeply") from None
        if not isinstance(fields, dict):
            raise InputError("bad_json", name=self.name, problem=type(fields).__name__)
        return fields

    def check(self, given: Given) -> list[str]:
        fields = self.fields(given)
        if fields and self.fields_allowed:
            self._check_fields(fields)
        return super().check(given)

    def _check_fields(self, fields: Mapping[str, Any]) -> None:
        required = [name for name, needed in self.fields_allowed.items() if needed]
        known = all(
            name in self.fields_allowed and isinstance(text, str) and len(text) <= self.letters
            for name, text in fields.items()
        )
        if not known or not all(fields.get(name) for name in required):
            allowed, needed = ", ".join(self.fields_allowed), ", ".join(required)
            raise InputError("bad_json_fields", name=self.name, allowed=allowed, required=needed, letters=self.letters)

    def write(self, body: dict[str, Any], given: Given) -> None:
        """Without a path nothing yet: the fields are added last, so that they win over the pictures as well."""
        if self.path and (fields := self.fields(given)):
            put(body, self.path, fields)


@dataclass(frozen=True, kw_only=True)
class Numeric(WireInput):
    """A number. ``low``/``high`` are refused when crossed, ``advice`` is only mentioned. ``omit`` is the value that
    means "leave the field out"."""

    types: ClassVar[tuple[type[float], ...]]

    default: float
    low: float
    high: float
    step: float
    advice: Advice | None = None
    omit: float | None = None

    @property
    def help(self) -> str:
        if not self.advice:
            return self.tooltip
        low, high = self.advice.low, self.advice.high
        return f"{self.tooltip} Third parties report {low:g} to {high:g}; other values are sent with a note."

    def check(self, given: Given) -> list[str]:
        value, advice = given.get(self.name), self.advice
        if isinstance(value, bool) or not isinstance(value, self.types) or not self.low <= value <= self.high:
            raise InputError("out_of_bounds", name=self.name, value=value, low=self.low, high=self.high)
        if advice and value != self.omit and not advice.low <= value <= advice.high:
            return [say("note.out_of_advice", name=self.name, value=value, low=advice.low, high=advice.high)]
        return []

    def write(self, body: dict[str, Any], given: Given) -> None:
        if given[self.name] != self.omit:
            super().write(body, given)


@dataclass(frozen=True, kw_only=True)
class Integer(Numeric):
    kind = "integer"
    types = (int,)
    default: int
    low: int = 0
    high: int = INT_MAX
    step: int = 1


@dataclass(frozen=True, kw_only=True)
class Seed(Integer):
    """An Integer with ComfyUI's control-after-generate; -1 lets the service pick."""

    kind = "seed"
    default: int = -1
    low: int = -1


@dataclass(frozen=True, kw_only=True)
class Number(Numeric):
    """A float; integers are taken as well."""

    kind = "number"
    types = (int, float)
    low: float = 0.0
    high: float = NUMBER_MAX
    step: float = 0.01


@dataclass(frozen=True, kw_only=True)
class Switch(WireInput):
    kind = "switch"
    default: bool

    def check(self, given: Given) -> list[str]:
        value = given.get(self.name)
        if not isinstance(value, bool):
            raise InputError("bad_choice", name=self.name, value=value, allowed="true, false")
        return []


@dataclass(frozen=True, kw_only=True)
class Combo(Widget):
    """A choice by label."""

    default: str
    options: Mapping[str, Any]

    def implied(self, label: str) -> Mapping[str, Json]:
        """The wire values that a label stands for."""
        raise NotImplementedError

    def check(self, given: Given) -> list[str]:
        value = given.get(self.name)
        if value not in self.options:
            raise InputError("bad_choice", name=self.name, value=value, allowed=", ".join(self.options))
        return []

    def write(self, body: dict[str, Any], given: Given) -> None:
        put_all(body, self.implied(given[self.name]))


@dataclass(frozen=True, kw_only=True)
class Choice(Combo):
    """A combo whose labels stand for wire values and nothing else."""

    kind = "choice"
    options: Mapping[str, Mapping[str, Json]]

    def implied(self, label: str) -> Mapping[str, Json]:
        return self.options[label]


@dataclass(frozen=True)
class BranchOption:
    """An arm of a Branch: the inputs that it shows and the wire values that it implies.

    Inputs of two arms may share a name only if they are the same.
    """

    inputs: tuple[WireInput | Choice, ...]
    wire: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class Branch(Combo):
    """A combo whose inputs depend on the choice (ComfyUI's DynamicCombo)."""

    kind = "branch"
    options: Mapping[str, BranchOption]

    def implied(self, label: str) -> Mapping[str, Json]:
        return self.options[label].wire

    def revealed(self, given: Given) -> tuple[Input, ...]:
        arm = self.options.get(given[self.name])
        return arm.inputs if arm else ()
