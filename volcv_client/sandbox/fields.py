"""Fields of request bodies, read from the model declarations; fields that these do not name are ignored."""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from PIL import Image

from ..catalog import Model, all_models
from ..catalog.inputs import JsonText, WireInput
from ..catalog.shared import WATERMARK_LANGUAGES, WATERMARK_POSITIONS
from ..catalog.wire_path import get
from .envelope import GatewayRefusal, Refusal
from .job import Job
from .pictures import Loader

ARRAYS = ("binary_data_base64", "image_urls")


@dataclass(frozen=True)
class Field:
    """What is known of one place in a body. ``options``: values that a choice of the node puts there, the only ones
    if ``closed``; outside them ``low`` to ``high`` are accepted."""

    kind: type
    low: float = -math.inf
    high: float = math.inf
    options: list[Any] = field(default_factory=list)
    closed: bool = False

    def offers(self, value: Any) -> bool:
        return any(type(one) is type(value) and one == value for one in self.options)

    def check(self, path: str, value: Any) -> None:
        """Refusal 50204 for a value of another type, 50200 for one beyond the limits or the options."""
        fits = isinstance(value, (int, float) if self.kind is float else self.kind)
        if not fits or (isinstance(value, bool) and self.kind is not bool) or value in (math.inf, -math.inf):
            raise Refusal(50204, f"'{path}' must be of type {self.kind.__name__}, got {type(value).__name__}")
        if self.closed and self.kind is not bool:
            raise Refusal(50200, f"'{path}' must be one of {', '.join(map(str, self.options))}; got {value!r}")
        if self.kind in (int, float) and not self.low <= value <= self.high:
            raise Refusal(50200, f"'{path}' must be from {self.low:g} to {self.high:g}, got {value}")


#: Fields of every model (catalog section 3).
COMMON: Mapping[str, Field] = {
    **{f"{name}[]": Field(str) for name in ARRAYS},
    "return_url": Field(bool),
    "logo_info.add_logo": Field(bool),
    "logo_info.position": Field(int, options=list(WATERMARK_POSITIONS.values()), closed=True),
    "logo_info.language": Field(int, options=list(WATERMARK_LANGUAGES.values()), closed=True),
    "logo_info.opacity": Field(float, 0.0, 1.0),
    "logo_info.logo_text_content": Field(str),
}


@lru_cache(maxsize=1)
def models() -> Mapping[str, Model]:
    """Every model by each of its req_keys."""
    return {key: model for model in all_models() if not model.any_req_key for key in model.req_keys}


@lru_cache(maxsize=256)
def fields_of(req_key: str) -> tuple[Mapping[str, Field], Mapping[str, Any]]:
    """Fields of a model by their paths, without indices (``controlnet_args[].type``), and values of unsent ones."""
    model = models()[req_key]
    found, defaults = dict(COMMON), dict(model.fixed)
    inputs: list[Any] = list(model.all_inputs())
    for one in inputs:
        for path in one.paths if isinstance(one, WireInput) and not isinstance(one, JsonText) else ():
            limits = getattr(one, "low", -math.inf), getattr(one, "high", math.inf)
            found[_plain(path)] = Field(type(one.default), *limits)
            # Inputs inside a branch have no default: each arm has its own.
            if one in model.inputs and getattr(one, "omit", None) is None:
                defaults[path] = one.default
        for name, kind in (("uri_path", str), ("link_path", str), ("index_path", int)):
            if getattr(one, name, None):
                found[_plain(getattr(one, name))] = Field(kind)
        for path, value in [pair for part in ("present", "absent") for pair in getattr(one, part, {}).items()]:
            found.setdefault(_plain(path), Field(type(value)))
    for one in inputs:
        for label, option in getattr(one, "options", {}).items():
            for path, value in _wire(option).items():
                found.setdefault(_plain(path), Field(type(value), closed=True)).options.append(value)
                if one in model.inputs and label == one.default:
                    defaults.setdefault(path, value)
    return found, {path: value for path, value in defaults.items() if path.isidentifier()}


def _plain(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)


def _wire(option: Any) -> Mapping[str, Any]:
    """The body values of one option of a choice."""
    wire: Mapping[str, Any] = getattr(option, "wire", option)
    return wire


def check_value(found: Mapping[str, Field], path: str, value: Any) -> None:
    """Refusal for a value that is not what its field takes, here or further inside."""
    known = found.get(path)
    if known is not None and known.offers(value):
        return
    for mark, kind in (("[]", list), (".", dict)):
        if any(other.startswith(path + mark) for other in found):
            Field(kind).check(path, value)
            for name, inner in value.items() if isinstance(value, dict) else (("", one) for one in value):
                check_value(found, path + mark + name, inner)
            return
    if known is not None:
        known.check(path, value)


def model_of(body: Mapping[str, Any]) -> Model:
    """The model that a body is for. Refusal 50201; GatewayRefusal for a model that is not there."""
    key = str(body.get("req_key") or "")
    if not key.strip():
        raise Refusal(50201, "'req_key' is required")
    if key not in models():
        raise GatewayRefusal("model_not_found", f"No available channel for model {key[:80]}", 503)
    return models()[key]


def check(body: Mapping[str, Any], loader: Loader) -> Job:
    """The job of a request body. Raises Refusal with the documented code."""
    model = model_of(body)
    found, defaults = fields_of(body["req_key"])
    for one in model.all_inputs():
        paths: Sequence[str] = getattr(one, "paths", ())
        if paths and getattr(one, "required", False) and not any(_given(body.get(path)) for path in paths):
            raise Refusal(50201, f"'{paths[0]}' is required")
    for name, value in body.items():
        check_value(found, name, value)
    heads = {"req_key", *(re.split(r"[.\[]", path)[0] for path in found)}
    values = {**defaults, **{name: value for name, value in body.items() if name in heads}}
    pictures = [*_load_array(model, body, loader), *_load_links(model, body, loader)]
    _check_together(model, values, len(pictures))
    paths = [one.uri_path for one in model.pictures() if one.uri_path and values.get(one.uri_path)]
    named = {path: loader.named(str(values[path]), path, pictures) for path in paths}
    seed = int(values.get("seed", -1))
    return Job(model, values, body, secrets.randbelow(2**31) if seed == -1 else seed, pictures, named)


def _given(value: Any) -> bool:
    return bool(str(value or "").strip())


def _check_together(model: Model, values: dict[str, Any], pictures: int) -> None:
    """Refusal 50201 where one of several inputs is needed, 50200 for sides whose product is out of range.

    Values that do not apply, with the others being what they are, are dropped."""
    array = [one.name for one in model.pictures() if not (one.uri_path or one.link_path)]
    chosen = model.choices_of_req_key().get(values["req_key"], {})

    def has(name: str) -> bool:
        one: Any = model.input(name)
        if name in array:
            return array.index(name) < pictures
        places = getattr(one, "uri_path", None) or getattr(one, "link_path", None)
        paths = [places.replace("[]", "[0]")] if places else one.paths
        return any(_given(get(values, path)) for path in paths)

    def matches(name: str, wanted: str | bool) -> bool:
        one: Any = model.input(name)
        if name in chosen:
            return chosen[name] == wanted
        return has(name) is wanted if isinstance(wanted, bool) else _wire(one.options[wanted]).items() <= values.items()

    def holds(condition: Mapping[str, str | bool]) -> bool:
        return all(matches(name, wanted) for name, wanted in condition.items())

    for one in model.all_inputs():
        for path in () if holds(one.only_if) else getattr(one, "paths", ()):
            values.pop(path, None)
    for need in model.requires:
        if holds(need.only_if) and not any(map(has, need.any_of)):
            raise Refusal(50201, f"one of '{', '.join(need.any_of)}' is required")
    for area in model.areas:
        wide, tall = values.get(area.width), values.get(area.height)
        if wide and tall and holds(area.only_if):
            low, high = area.sides
            if not (low <= min(wide, tall) <= max(wide, tall) <= high and area.low <= wide * tall <= area.high):
                wanted = f"{low} to {high} px each and {area.low} to {area.high} multiplied"
                raise Refusal(50200, f"'width' and 'height' must be {wanted}, got {wide} and {tall}")


def _load_array(model: Model, body: Mapping[str, Any], loader: Loader) -> list[Image.Image]:
    """The pictures of the array; base64 wins where both are sent (catalog section 3)."""
    name = next((one for one in ARRAYS if body.get(one)), ARRAYS[0])
    inline = [one for one in model.pictures() if not one.link_path]
    sent, limits, most = body.get(name) or [], model.limits, len(inline)
    if len(sent) < sum(one.required for one in inline if not one.uri_path):
        raise Refusal(50206, f"'{ARRAYS[0]}' or '{ARRAYS[1]}' must hold a picture")
    # Further controls bring pictures of their own.
    if most and len(sent) > most and not any(one.kind == "controls" for one in model.inputs):
        raise Refusal(50200, f"at most {most} picture(s) are accepted, got {len(sent)}")
    load = partial(loader.inline, limit=limits.max_base64) if name == ARRAYS[0] else loader.linked
    found = [load(text, name) for text in sent]
    for picture in found:
        short, long = sorted(picture.size)
        if short < limits.min_side or long > limits.max_side or (limits.max_ratio and long > limits.max_ratio * short):
            raise Refusal(50205, f"a picture of {picture.width} x {picture.height} px")
    return found


def _load_links(model: Model, body: Mapping[str, Any], loader: Loader) -> list[Image.Image]:
    """The pictures that the model takes as links only, each place once."""
    paths = dict.fromkeys(one.link_path for one in model.pictures() if one.link_path)
    texts = {path: get(body, path.removesuffix("[]")) or [] for path in paths}
    places = [(path, text) for path, one in texts.items() for text in (one if isinstance(one, list) else [one])]
    return [loader.linked(text, path) for path, text in places]


def parse_object(text: Any, name: str) -> dict[str, Any]:
    """The JSON object in the text or bytes of a field or body. Raises Refusal 50204 or 50200."""
    if not isinstance(text, str | bytes):
        raise Refusal(50204, f"'{name}' must be a string, got {type(text).__name__}")
    try:
        # NaN and the like are not JSON: no integer can be made of them.
        content = json.loads(text, parse_constant=int)
    except (ValueError, RecursionError):
        raise Refusal(50200, f"'{name}' is not valid JSON") from None
    if not isinstance(content, dict):
        raise Refusal(50200, f"'{name}' must be a JSON object, got {type(content).__name__}")
    return content
