"""The inputs of a call as results record them, and those of a call whose record has its request only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..catalog.inputs import Branch, Combo, Given, Input, JsonText, Numeric, Widget, WireInput
from ..catalog.sockets import FileSocket, Picture, Watermark
from ..catalog.spec import Model
from ..catalog.wire_path import INLINE_URI, UPLOAD_URI, get
from .json_body import PICTURES_FIELD

ABSENT = object()


def recorded_inputs(model: Model, given: Given) -> dict[str, Any]:
    """The inputs of one call as JSON, without pictures: widgets, the watermark's block, and None for what else was
    connected. The seed is the call's own; what controls the pack (``count``) is not part of a call."""
    inputs: dict[str, Any] = {}
    for input_ in model.all_inputs():
        if input_.name not in given:
            continue
        value = given[input_.name]
        if isinstance(input_, JsonText):
            value = without_pictures(value, input_.fields(given))
        elif not isinstance(input_, (Widget, Watermark)):
            value = None
        inputs[input_.name] = value
    return inputs


def without_pictures(text: Any, fields: Mapping[str, Any]) -> Any:
    """The user's own JSON, or the same without its inline pictures."""
    if PICTURES_FIELD not in fields:
        return text
    return json.dumps({name: value for name, value in fields.items() if name != PICTURES_FIELD}, ensure_ascii=False)


def read_back(model: Model, body: Mapping[str, Any], seed: int | None = None, task: bool = False) -> dict[str, Any]:
    """Inputs, as of :func:`recorded_inputs`, that make this request body (without its pictures).

    ``seed``: of the call, as far as it is known; ``task``: it was a task. What the body does not tell has its default.
    """
    found: dict[str, Any] = {}
    for input_ in model.inputs:
        found |= values_in(input_, model, body, task)
        if isinstance(input_, Branch):
            for inner in input_.revealed(found):
                found |= values_in(inner, model, body, task)
    for input_ in model.all_inputs():
        if input_.name == "seed" and seed is not None:
            found[input_.name] = seed
        if isinstance(input_, JsonText) and not input_.path:
            written = {path.split(".")[0].split("[")[0] for path in written_paths(model, found)}
            own = {name: value for name, value in body.items() if name not in {*written, PICTURES_FIELD, "req_key"}}
            found[input_.name] = json.dumps(own, ensure_ascii=False, indent=2)
    return found


def written_paths(model: Model, given: Given) -> Iterator[str]:
    for input_ in model.inputs:
        for one in (input_, *input_.revealed(given)):
            if isinstance(one, WireInput) and not isinstance(one, JsonText):
                yield from one.paths


def values_in(input_: Input, model: Model, body: Mapping[str, Any], task: bool) -> dict[str, Any]:
    """The input's value in a body by its name; of a picture also the URL that stands in its place."""
    if isinstance(input_, FileSocket):
        return file_in(input_, body)
    if isinstance(input_, Watermark):
        block = get(body, input_.name)
        return {input_.name: block} if isinstance(block, Mapping) and block.get("add_logo") else {}
    if isinstance(input_, Combo):
        return {input_.name: label_in(input_, model, body, task)}
    if isinstance(input_, JsonText) and input_.path:
        block = get(body, input_.path)
        return {input_.name: json.dumps(block, ensure_ascii=False) if block else input_.default}
    if isinstance(input_, WireInput) and input_.paths:
        omitted = input_.omit if isinstance(input_, Numeric) and input_.omit is not None else input_.default
        return {input_.name: get(body, input_.paths[0], omitted)}
    return {}


def label_in(combo: Combo, model: Model, body: Mapping[str, Any], task: bool) -> str:
    """The label whose wire values are all in the body; of several the one that, with its arm, says most of it."""
    chosen = model.choices_of_req_key().get(str(body.get("req_key")), {})
    if combo.name in chosen:
        return chosen[combo.name]
    if combo.name == "mode":
        return next((label for label, mode in model.modes.items() if bool(mode.result_action) is task), combo.default)
    says = {label: len(combo.implied(label)) + len(inner_paths(combo, label, body)) for label in fitting(combo, body)}
    best = [label for label, number in says.items() if number == max(says.values())]
    return combo.default if not best or combo.default in best else best[0]


def fitting(combo: Combo, body: Mapping[str, Any]) -> list[str]:
    """The labels whose wire values are all in the body."""
    implied = {label: combo.implied(label) for label in combo.options}
    return [label for label in implied if all(get(body, path, ABSENT) == one for path, one in implied[label].items())]


def inner_paths(combo: Combo, label: str, body: Mapping[str, Any]) -> list[str]:
    """The wire paths of a Branch's arm that the body has; of a combo those of the first label that fits."""
    paths: list[str] = []
    for inner in combo.options[label].inputs if isinstance(combo, Branch) else ():
        if isinstance(inner, WireInput):
            paths += [path for path in inner.paths if get(body, path, ABSENT) is not ABSENT]
        else:
            paths += next((inner.implied(one) for one in fitting(inner, body) if inner.implied(one)), {})
    return paths


def file_in(socket: FileSocket, body: Mapping[str, Any]) -> dict[str, Any]:
    uri_path, index_path = (socket.uri_path, socket.index_path) if isinstance(socket, Picture) else (None, None)
    path = socket.link_path or uri_path
    link = get(body, path.replace("[]", "[0]")) if path else None
    if socket.url_input and isinstance(link, str) and not link.startswith((INLINE_URI, UPLOAD_URI)):
        return {socket.url_input: link}
    connected = link is not None or (index_path and get(body, index_path) is not None)
    return {socket.name: None} if connected or socket.required else {}
