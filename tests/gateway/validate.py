"""Strict checks of request bodies, in the order a service would make them: names, presence, types, values."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from PIL import Image

from volcv_client.sandbox.envelope import GatewayRefusal
from volcv_client.sandbox.job import Job
from volcv_client.sandbox.pictures import Loader

from .codes import Refusal
from .pages import LATER, PAGES, PICTURE_SIDE, Field, Page, result_fields
from .pages.fields import PICTURE_KINDS
from .rules import check_pictures, check_values, ignored
from .stand_in import model_for

_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("a string", lambda value: isinstance(value, str)),
    "picture": ("a string", lambda value: isinstance(value, str)),
    "picture_url": ("a string", lambda value: isinstance(value, str)),
    "url": ("a string", lambda value: isinstance(value, str)),
    "urls": ("an array of strings", lambda value: _is_list_of(value, str)),
    "json": ("a string that holds a JSON object", lambda value: isinstance(value, str)),
    "bool": ("a boolean", lambda value: isinstance(value, bool)),
    "int": ("an integer", lambda value: _is_int(value)),
    "float": ("a number", lambda value: _is_number(value)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "objects": ("an array of objects", lambda value: _is_list_of(value, dict)),
    "texts": ("an array of strings", lambda value: _is_list_of(value, str)),
    "ints": ("an array of integers", lambda value: isinstance(value, list) and all(map(_is_int, value))),
}


_ADDRESSES = ("url", "urls", "picture_url")


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond what a float can hold
        return False


def _is_list_of(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def check_fields(fields: Sequence[Field], body: Mapping[str, Any], prefix: str = "") -> None:
    """Refuse unknown names (50200), missing ones (50201), wrong types (50204), bad values (50200, 50205)."""
    known = {spec.name for spec in fields}
    for name in body:
        if name not in known:
            raise Refusal(50200, f"unknown field '{prefix}{name}'")
    for spec in fields:
        if spec.required and spec.name not in body:
            raise Refusal(50201, f"'{prefix}{spec.name}' is required")
    given = [(spec, body[spec.name], prefix + spec.name) for spec in fields if spec.name in body]
    for check_one in (_check_type, _check_value, _check_inside):
        for spec, value, name in given:
            check_one(spec, value, name)


def _check_type(spec: Field, value: Any, name: str) -> None:
    words, test = _KINDS[spec.kind]
    if not test(value):
        kind = "null" if value is None else type(value).__name__
        raise Refusal(50204, f"'{name}' must be {words}, got {kind}")


def _check_value(spec: Field, value: Any, name: str) -> None:
    # An empty text counts as missing: the service cannot tell the two apart.
    if spec.required and spec.kind == "string" and not value.strip():
        raise Refusal(50201, f"'{name}' must not be empty")
    if spec.choices and value not in spec.choices:
        allowed = ", ".join(str(choice) for choice in spec.choices)
        raise Refusal(50200, f"'{name}' must be one of {allowed}; got {value!r}")
    if spec.letters is not None and len(value) > spec.letters:
        raise Refusal(50200, f"'{name}' must be at most {spec.letters} characters, got {len(value)}")
    if spec.items is not None and len(value) != spec.items:
        raise Refusal(50200, f"'{name}' must hold {spec.items} numbers, got {len(value)}")
    for one in value if isinstance(value, list) else [value]:
        if spec.kind in _ADDRESSES and not one.startswith(("http://", "https://")):
            raise Refusal(50200, f"'{name}' must be an http or https address, got {one[:80]!r}")
        _check_bounds(spec, one, name)


def _check_bounds(spec: Field, value: Any, name: str) -> None:
    if spec.low is not None and (value < spec.low or (spec.low_open and value == spec.low)):
        bound = "greater than" if spec.low_open else "at least"
        raise Refusal(50200, f"'{name}' must be {bound} {spec.low:g}, got {value}")
    if spec.high is not None and value > spec.high:
        raise Refusal(50200, f"'{name}' must be at most {spec.high:g}, got {value}")
    if spec.size and value < 1:
        raise Refusal(50200, f"'{name}' must be a positive number of pixels, got {value}")
    if spec.size and value > PICTURE_SIDE:
        raise Refusal(50205, f"'{name}' must be at most {PICTURE_SIDE} px, got {value}")


def _check_inside(spec: Field, value: Any, name: str) -> None:
    if spec.fields is None:
        return
    if spec.kind == "objects":
        for position, entry in enumerate(value):
            check_fields(spec.fields, entry, f"{name}[{position}].")
        return
    check_fields(spec.fields, parse_object(value, name) if spec.kind == "json" else value, f"{name}.")


def parse_object(text: str, name: str) -> dict[str, Any]:
    """The JSON object inside a string field. Raises Refusal 50200."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal(50200, f"'{name}' does not hold valid JSON") from None
    if not isinstance(content, dict):
        raise Refusal(50200, f"'{name}' must hold a JSON object, got {type(content).__name__}")
    return content


def page_of(body: Mapping[str, Any]) -> Page:
    """The page of a body's model. Refusal 50201 or 50204; GatewayRefusal for a model that no page describes."""
    key = body.get("req_key")
    if "req_key" not in body:
        raise Refusal(50201, "'req_key' is required")
    if not isinstance(key, str):
        raise Refusal(50204, f"'req_key' must be a string, got {type(key).__name__}")
    if not key.strip():
        raise Refusal(50201, "'req_key' must not be empty")
    if key not in PAGES:
        raise GatewayRefusal("model_not_found", f"No available channel for model {key[:80]}", 503)
    return PAGES[key]


def check_action(page: Page, action: str) -> None:
    """Refusal 50402 for an action that the model is not called by."""
    if not any(action in way for way in page.actions):
        ways = ", ".join(" and ".join(way) for way in page.actions)
        raise Refusal(50402, f"'{page.req_key}' is not called by {action}: use {ways}")


def check(page: Page, body: Mapping[str, Any], loader: Loader, *, task: bool = False) -> Job:
    """Check the body of a direct call, or of a submitted ``task``, and load its pictures.

    Raises Refusal with the documented code."""
    fields = [spec for spec in page.fields if not (task and spec.name in LATER)]
    check_fields(fields, body)
    values = {spec.name: body.get(spec.name, spec.default) for spec in fields}
    check_values(page, values, _count_pictures(page, values))
    pictures = _load(page, values, loader)
    named = _load_named(page, body, pictures, loader)
    check_pictures(page, pictures, named)
    seed = values.get("seed")
    model, unsaid = model_for(page)
    kept = {name: value for name, value in values.items() if value is not None and name not in ignored(page, values)}
    return Job(
        model=model,
        values={**unsaid, **kept},
        sent=body,
        seed=secrets.randbelow(2**31) if seed in (None, -1) else seed,
        pictures=pictures or list(named.values()),
        named=named,
    )


def check_result_request(page: Page, body: Mapping[str, Any]) -> dict[str, Any]:
    """How the body of a request for a task's result wants it delivered. Raises Refusal."""
    check_fields(result_fields(page), body)
    return parse_object(body["req_json"], "req_json") if "req_json" in body else {}


def echo(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Parameters flattened to one level, without the pictures (catalog section 2)."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(echo(value, f"{prefix}{name}_"))
        elif isinstance(value, list):
            entries = {f"{name}_{place}": item for place, item in enumerate(value) if isinstance(item, Mapping)}
            flat.update(echo(entries, prefix))
        elif value is not None:
            flat[prefix + name] = value
    return flat


def _count_pictures(page: Page, values: Mapping[str, Any]) -> int:
    """How many pictures the arrays hold; base64 wins when both are filled (catalog section 3)."""
    encoded = values.get("binary_data_base64") or []
    urls = values.get("image_urls") or []
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise Refusal(50200, f"'image_urls' must hold http or https addresses, got {url[:80]!r}")
    count = len(encoded) or len(urls)
    if page.pictures is None:
        return count
    least, most = page.pictures
    if count < least:
        raise Refusal(50206, "'binary_data_base64' or 'image_urls' must hold a picture")
    if most is not None and count > most:
        raise Refusal(50200, f"at most {most} picture(s) are accepted, got {count}")
    return count


def _load(page: Page, values: Mapping[str, Any], loader: Loader) -> list[Image.Image]:
    """The pictures of the array; base64 wins when both are filled."""
    encoded = values.get("binary_data_base64") or []
    most = page.request_base64_bytes
    if most is not None and sum(map(len, encoded)) > most:
        raise Refusal(50213, f"'binary_data_base64' holds more than {most} bytes")
    if encoded:
        return [
            loader.inline(text, f"binary_data_base64[{index}]", page.base64_bytes) for index, text in enumerate(encoded)
        ]
    pictures: list[Image.Image] = []
    for index, url in enumerate(values.get("image_urls") or []):
        picture = loader.linked(url, f"image_urls[{index}]")
        pictures.append(_mask_like(pictures[0], picture) if pictures and page.masked else picture)
    return pictures


def _load_named(
    page: Page, body: Mapping[str, Any], pictures: Sequence[Image.Image], loader: Loader
) -> dict[str, Image.Image]:
    """The pictures that fields name, by the paths of the fields."""
    named = {path: loader.named(text, path, pictures) for path, text in _picture_texts(page.fields, body)}
    if "mask_image_input" in named:
        named["mask_image_input"] = _mask_like(named["product_image_input"], named["mask_image_input"])
    return named


def _picture_texts(fields: Sequence[Field], body: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for spec in fields:
        value, path = body.get(spec.name), prefix + spec.name
        if value is None:
            continue
        if spec.kind in PICTURE_KINDS:
            yield path, value
        elif spec.fields and spec.kind == "objects":
            for position, entry in enumerate(value):
                yield from _picture_texts(spec.fields, entry, f"{path}[{position}].")
        elif spec.fields and spec.kind == "object":
            yield from _picture_texts(spec.fields, value, f"{path}.")


def _mask_like(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The mask; for an address that was not fetched, a white border around a black middle in the picture's size."""
    if mask.format is not None:
        return mask
    made = Image.new("L", picture.size, 255)
    inset = picture.width // 5, picture.height // 5
    right, bottom = (max(edge + 1, side - edge) for edge, side in zip(inset, picture.size, strict=True))
    made.paste(0, (*inset, right, bottom))
    return made
