"""The inputs of one call against a model's declaration: which of them count, and whether they can work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..catalog.inputs import Combo, Condition, Given, Input, JsonText, WireInput
from ..catalog.shared import RUN_OPTIONS
from ..catalog.spec import Control, Model, Picture, Require
from ..errors import InputError
from ..messages import say

if TYPE_CHECKING:
    from ..images.image import Image
    from .media import MediaFile

Convert: TypeAlias = "Callable[[Any], list[Image]]"
Converters: TypeAlias = "Mapping[str, Callable[[Any], Any]]"
"""Kind of input -> from what a caller gives to the client's own."""


def converters(
    to_images: Convert, to_masks: Convert, to_video: Callable[[Any], MediaFile], to_audio: Callable[[Any], MediaFile]
) -> Converters:
    """The converters of a caller with that type of pictures, masks, videos and sounds."""
    return {
        "picture": to_images,
        "mask": to_masks,
        "video": to_video,
        "audio": to_audio,
        "controls": lambda controls: [Control(to_images(image), kind, strength) for image, kind, strength in controls],
    }


def convert_inputs(model: Model, given: Mapping[str, Any], converters: Converters) -> dict[str, Any]:
    """What a user gives by name as :data:`Given`: converted by the kind of the input, the values of a Branch's arm
    flat, None left out. Raises InputError for an unknown name."""
    kinds = {input_.name: input_.kind for input_ in (*model.all_inputs(), *RUN_OPTIONS)}
    converted: dict[str, Any] = {}
    for name, value in given.items():
        if name not in kinds:
            raise InputError("unknown_input", name=name, known=", ".join(kinds))
        if kinds[name] == "branch" and isinstance(value, Mapping):
            converted |= value
        elif value is not None:
            converted[name] = converters[kinds[name]](value) if kinds[name] in converters else value
    return converted


def active_inputs(model: Model, given: Given) -> Iterator[Input]:
    """The inputs whose conditions hold, each Branch followed by the inputs of its chosen arm."""
    for outer in model.inputs:
        for input_ in (outer, *outer.revealed(given)):
            if holds(input_.only_if, model, given):
                yield input_


def sent_inputs(active: Sequence[Input], given: Given) -> Iterator[Input]:
    """The inputs without those whose values a later choice replaces: it writes to every one of their wire paths."""
    for place, input_ in enumerate(active, 1):
        paths = set(input_.paths) if isinstance(input_, WireInput) else set()
        later = (one for one in active[place:] if isinstance(one, Combo) and given[one.name] in one.options)
        if not paths or not paths <= {path for one in later for path in one.implied(given[one.name])}:
            yield input_


def holds(condition: Condition, model: Model, given: Given) -> bool:
    return all(
        model.input(name).is_given(given) is wanted if isinstance(wanted, bool) else given[name] in choices_in(wanted)
        for name, wanted in condition.items()
    )


def choices_in(wanted: str | tuple[str, ...]) -> tuple[str, ...]:
    """The choices that a condition names."""
    return (wanted,) if isinstance(wanted, str) else wanted


def check(model: Model, given: Given) -> list[str]:
    """Notes about unusual inputs. Raises InputError for inputs that cannot work."""
    active = list(active_inputs(model, given))
    sent = list(sent_inputs(active, given))
    notes = [note for input_ in sent for note in input_.check(given)]
    for socket in model.sockets():
        if socket.name not in given:
            continue
        if socket not in active:
            notes.append(say("note.picture_unused", name=socket.name))
        elif isinstance(socket, Picture):
            model.limits.check(socket.name, given[socket.name].size)
    names = {input_.name for input_ in sent}
    for area in model.areas:
        if {area.width, area.height} <= names and holds(area.only_if, model, given):
            area.check(given)
    for require in model.requires:
        check_require(model, require, given)
    return notes


def check_require(model: Model, require: Require, given: Given) -> None:
    """Raises InputError if none of the inputs is given of which one is needed."""
    needed = holds(require.only_if, model, given)
    if needed and not any(model.input(name).is_given(given) for name in require.any_of):
        raise InputError(require.why, names=", ".join(require.any_of))


def json_fields(model: Model, given: Given) -> dict[str, Any]:
    """The body fields that the user wrote as JSON; they win over all others. InputError for a text that is none."""
    fields: dict[str, Any] = {}
    for input_ in model.all_inputs():
        if isinstance(input_, JsonText) and not input_.path:
            fields |= input_.fields(given)
    return fields
