"""From inputs to the JSON body, as the model's declaration says. Knows no req_key."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..catalog.shared import CONTROL_STRENGTH
from ..catalog.spec import (
    FIRST_PICTURE,
    SYNCHRONOUS,
    Area,
    Branch,
    Choice,
    Condition,
    Controls,
    Input,
    Integer,
    Json,
    JsonBody,
    MaskPicture,
    Mode,
    Model,
    Number,
    Picture,
    PictureLimits,
    Switch,
    Text,
    Watermark,
    WireInput,
)
from ..errors import InputError
from ..images import pictures
from ..images.pictures import Encoded, Encoding
from ..images.samples import Pixels
from ..messages import say
from .wire import INLINE_URI, PICTURES_FIELD, put, put_all


class PictureSource(Protocol):
    """A picture that can be encoded when its turn comes. ``size`` is (width, height) in pixels."""

    @property
    def size(self) -> tuple[int, int]: ...

    def encode(self, encoding: Encoding, size: tuple[int, int] | None) -> Encoded:
        """Encode within the limits. A mask is resized to ``size``; a picture ignores it."""
        ...


@dataclass(frozen=True)
class ArrayPicture:
    """A picture held as an array ``[H, W, C]``."""

    pixels: Pixels

    @property
    def size(self) -> tuple[int, int]:
        return int(self.pixels.shape[1]), int(self.pixels.shape[0])

    def encode(self, encoding: Encoding, size: tuple[int, int] | None) -> Encoded:
        return pictures.encode(self.pixels, encoding)


@dataclass(frozen=True)
class ArrayMask:
    """A mask held as an array ``[H, W]``, 1 (or 255) = selected."""

    pixels: NDArray[Any]

    @property
    def size(self) -> tuple[int, int]:
        return int(self.pixels.shape[1]), int(self.pixels.shape[0])

    @property
    def empty(self) -> bool:
        """Nothing is selected; ComfyUI hands out such masks for pictures without transparency."""
        return not np.any(self.pixels)

    def encode(self, encoding: Encoding, size: tuple[int, int] | None) -> Encoded:
        return pictures.encode_mask(self.pixels, size, encoding)


class SharedPicture:
    """A picture that several calls send: the first one encodes it, the others get the same bytes.

    An encoding is forgotten once ``uses`` calls have it; a call may ask for two, if the first is too large.
    """

    def __init__(self, source: PictureSource, uses: int) -> None:
        self._source = source
        self._uses = uses
        self._done: dict[tuple[Encoding, tuple[int, int] | None], tuple[Encoded, int]] = {}
        self._lock = threading.Lock()

    @property
    def size(self) -> tuple[int, int]:
        return self._source.size

    @property
    def empty(self) -> bool:
        return bool(getattr(self._source, "empty", False))

    def encode(self, encoding: Encoding, size: tuple[int, int] | None) -> Encoded:
        key = encoding, size
        with self._lock:
            done, left = self._done.get(key) or (self._source.encode(encoding, size), self._uses)
            self._done[key] = done, left - 1
            if left <= 1:
                del self._done[key]
        return done


@dataclass(frozen=True)
class Control:
    """One further control: its picture, its kind (canny, depth, pose) and its strength 0..1."""

    picture: PictureSource
    kind: str
    strength: float


@dataclass(frozen=True)
class Inputs:
    """What one call is made from. ``values``: widget values by input name; ``pictures``: the given ones."""

    values: Mapping[str, Any]
    pictures: Mapping[str, PictureSource] = field(default_factory=dict)
    controls: Sequence[Control] = ()
    watermark: Mapping[str, Json] | None = None


def defaults(model: Model) -> dict[str, Any]:
    """The default of every input that has one, by name."""
    return {one.name: default for one in model.all_inputs() if (default := getattr(one, "default", None)) is not None}


def active_inputs(model: Model, inputs: Inputs) -> Iterator[Input]:
    """The inputs that count, with those of the chosen arm of each Branch; conditions are applied."""
    for outer in model.inputs:
        arm = outer.options.get(inputs.values[outer.name]) if isinstance(outer, Branch) else None
        for one in (outer, *(arm.inputs if arm else ())):
            if holds(one.only_if, model, inputs):
                yield one


def holds(condition: Condition, model: Model, inputs: Inputs) -> bool:
    return all(
        is_given(model.input(name), inputs) is wanted if isinstance(wanted, bool) else inputs.values[name] == wanted
        for name, wanted in condition.items()
    )


def is_given(one: Input, inputs: Inputs) -> bool:
    """A picture that is there (as tensor or URL), a text that is not blank, a number above 0."""
    if isinstance(one, Picture):
        return one.name in inputs.pictures or bool(url_of(one, inputs))
    value = inputs.values.get(one.name)
    return bool(value.strip()) if isinstance(value, str) else bool(value and value > 0)


def url_of(picture: Picture, inputs: Inputs) -> str:
    return str(inputs.values.get(picture.url_input, "")).strip() if picture.url_input else ""


def check(model: Model, inputs: Inputs) -> list[str]:
    """Notes about unusual inputs. Raises InputError for inputs that cannot work; nothing was sent then."""
    notes: list[str] = []
    active = []
    for one in active_inputs(model, inputs):
        active.append(one)
        notes += check_one(one, inputs)
    for control in inputs.controls:
        notes += check_number(CONTROL_STRENGTH, control.strength)
    for picture in model.pictures():
        if picture in active and picture.name in inputs.pictures:
            check_limits(picture.name, inputs.pictures[picture.name].size, model.limits)
        elif picture.name in inputs.pictures:
            notes.append(say("note.picture_unused", name=picture.name))
    json_fields(model, inputs.values)
    names = {one.name for one in active}
    for area in model.areas:
        if {area.width, area.height} <= names and holds(area.only_if, model, inputs):
            check_area(area, inputs.values)
    for requirement in model.requires:
        if holds(requirement.only_if, model, inputs) and not any(
            is_given(model.input(name), inputs) for name in requirement.any_of
        ):
            raise InputError(requirement.why, names=", ".join(requirement.any_of))
    return notes


def json_fields(model: Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that JsonBody inputs hold. InputError for a text that is no JSON object."""
    fields: dict[str, Any] = {}
    for one in model.all_inputs():
        if isinstance(one, JsonBody) and (text := str(values.get(one.name) or "").strip()):
            fields |= json_object(one.name, text)
    return fields


def json_object(name: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError("bad_json", name=name, problem=str(error)) from None
    except RecursionError:
        raise InputError("bad_json", name=name, problem="nested too deeply") from None
    if not isinstance(found, dict):
        raise InputError("bad_json", name=name, problem=type(found).__name__)
    return found


def check_one(one: Input, inputs: Inputs) -> list[str]:
    value = inputs.values.get(one.name)
    if isinstance(one, (Branch, Choice)) and value not in one.options:
        raise InputError("bad_choice", name=one.name, value=value, allowed=", ".join(one.options))
    if isinstance(one, Text) and one.required and not str(value or "").strip():
        raise InputError("empty_text", name=one.name)
    if isinstance(one, Switch) and not isinstance(value, bool):
        raise InputError("bad_choice", name=one.name, value=value, allowed="true, false")
    if isinstance(one, (Integer, Number)):
        return check_number(one, value)
    if isinstance(one, Picture):
        return check_picture(one, inputs)
    return []


def check_number(one: Integer | Number, value: object) -> list[str]:
    kinds = (int,) if isinstance(one, Integer) else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not one.low <= value <= one.high:
        raise InputError("out_of_bounds", name=one.name, value=value, low=one.low, high=one.high)
    advice = one.advice
    omitted = isinstance(one, Number) and value == one.omit
    if advice and not omitted and not advice.low <= value <= advice.high:
        return [say("note.out_of_advice", name=one.name, value=value, low=advice.low, high=advice.high)]
    return []


def check_limits(name: str, size: tuple[int, int], limits: PictureLimits) -> None:
    short, long = sorted(size)
    shown = f"{size[0]}x{size[1]}"
    if short < limits.min_side:
        raise InputError("picture_too_small", name=name, size=shown, limit=limits.min_side)
    if limits.max_ratio and long > short * limits.max_ratio:
        raise InputError("picture_too_long", name=name, size=shown, limit=f"{limits.max_ratio:g}")


def check_area(area: Area, values: Mapping[str, Any]) -> None:
    low, high = area.sides
    for name in (area.width, area.height):
        if not low <= values[name] <= high:
            raise InputError("out_of_bounds", name=name, value=values[name], low=low, high=high)
    pixels = values[area.width] * values[area.height]
    if not area.low <= pixels <= area.high:
        size = f"{values[area.width]}x{values[area.height]}"
        raise InputError("bad_area", size=size, pixels=pixels, low=area.low, high=area.high)


def check_picture(one: Picture, inputs: Inputs) -> list[str]:
    if one.required and not is_given(one, inputs):
        raise InputError("no_image", name=one.name)
    url = url_of(one, inputs)
    if url and not re.match(r"https?://[^\s/]", url):
        raise InputError("bad_url", name=one.url_input, value=url[:60])
    if url and one.name in inputs.pictures:
        return [say("note.url_wins", name=one.name, url_input=one.url_input)]
    return []


@dataclass(frozen=True)
class Built:
    """A body ready to send, with the notes that building it gave (already in the user's language).

    ``result_request``: what a task's ``req_json`` says when its result is asked for.
    """

    body: Mapping[str, Any]
    mode: Mode = SYNCHRONOUS
    notes: tuple[str, ...] = ()
    result_request: Mapping[str, Any] = field(default_factory=dict)

    def identity(self) -> Mapping[str, Any]:
        """All that makes the answer what it is."""
        return {**self.body, "req_json": self.result_request} if self.mode.result_action else self.body


def build(model: Model, inputs: Inputs, *, lossless: bool = False) -> Built:
    """The body of one call. Encodes the pictures, so call it in a worker thread.

    Raises InputError if a picture cannot be made to fit the service's limits.
    """
    body: dict[str, Any] = {"req_key": model.req_key}
    put_all(body, model.fixed)
    active = list(active_inputs(model, inputs))
    for one in active:
        if not isinstance(one, (Picture, Controls, JsonBody)):
            put_value(body, one, inputs)
    attached = list(put_pictures(body, inputs, active))
    encoded = encode_within(model, attached, lossless)
    if encoded:
        body[PICTURES_FIELD] = [one.data for one in encoded]
    notes = [note for item, one in zip(attached, encoded, strict=True) for note in reduction_notes(item.name, one)]
    body |= json_fields(model, inputs.values)
    mode = model.mode(inputs.values)
    asked_later = {name: body.pop(name) for name in mode.result_fields if name in body}
    return Built(body, mode, tuple(notes), asked_later)


def put_value(body: dict[str, Any], one: Input, inputs: Inputs) -> None:
    """Write what a widget or a helper socket says."""
    if isinstance(one, Branch):
        put_all(body, one.options[inputs.values[one.name]].wire)
    elif isinstance(one, Choice):
        put_all(body, one.options[inputs.values[one.name]])
    elif isinstance(one, Watermark):
        put(body, one.name, dict(inputs.watermark or one.off))
    elif isinstance(one, WireInput):
        value = inputs.values[one.name]
        if isinstance(one, Text) and not one.multiline:
            value = value.strip()  # pasted names come with invisible spaces, which no service forgives
        unchanged = not one.on_page and value == getattr(one, "default", None)
        if not unchanged and not (isinstance(one, Number) and value == one.omit):
            put_all(body, dict.fromkeys(one.paths, value))


@dataclass(frozen=True)
class Attachment:
    """A picture that goes into the array: its input's name, how to encode it, which earlier one a mask fits."""

    name: str
    source: PictureSource
    alpha: bool = False
    fit_to: str | None = None


def put_pictures(body: dict[str, Any], inputs: Inputs, active: Sequence[Input]) -> Iterator[Attachment]:
    """Write what follows from the pictures; yields those that travel inline, in array order."""
    index = 0
    for one in active:
        if isinstance(one, Picture):
            url, source = url_of(one, inputs), inputs.pictures.get(one.name)
            put_all(body, one.present if url or source else one.absent)
            if url and one.uri_path:
                put(body, one.uri_path, url)
            elif source:
                if one.uri_path:
                    put(body, one.uri_path, f"{INLINE_URI}{index}")
                if one.index_path:
                    put(body, one.index_path, index)
                put_all(body, one.inline)
                yield Attachment(one.name, source, one.alpha, one.fit_to if isinstance(one, MaskPicture) else None)
                index += 1
    for one in active:
        if isinstance(one, Controls):
            for control in inputs.controls:
                entry = {"type": control.kind, "binary_data_index": index, "strength": control.strength}
                put(body, f"{one.path}[{len(body.get(one.path, []))}]", entry)
                yield Attachment(one.name, control.picture)
                index += 1


def encode_within(model: Model, attached: Sequence[Attachment], lossless: bool) -> list[Encoded]:
    """Encode every attachment within the limits per picture and per request."""
    sizes: dict[str | None, tuple[int, int]] = {}

    def encode(item: Attachment, most: int) -> Encoded:
        encoding = Encoding.within(model.limits, lossless=lossless, alpha=item.alpha)
        done = item.source.encode(replace(encoding, max_base64=most), sizes.get(item.fit_to))
        sizes[item.name] = done.width, done.height
        sizes.setdefault(FIRST_PICTURE, sizes[item.name])
        return done

    limits = model.limits
    encoded = [encode(item, limits.max_base64) for item in attached]
    pairs = list(zip(attached, encoded, strict=True))
    pictures_size = sum(one.text_size for item, one in pairs if item.fit_to is None)
    masks_size = sum(one.text_size for one in encoded) - pictures_size
    if pictures_size + masks_size > limits.max_total_base64:
        # Masks are small and must keep the size of their picture, so the pictures alone make room.
        share = max(0.0, limits.max_total_base64 - masks_size) / max(1, pictures_size)
        encoded = [
            encode(item, limits.max_base64 if item.fit_to else int(one.text_size * share)) for item, one in pairs
        ]
    return encoded


def reduction_notes(name: str, encoded: Encoded) -> Iterator[str]:
    if encoded.resized_from:
        width, height = encoded.resized_from
        yield say("note.resized", name=name, before=f"{width}x{height}", after=f"{encoded.width}x{encoded.height}")
    elif encoded.quality:
        yield say("note.recompressed", name=name, quality=encoded.quality)
