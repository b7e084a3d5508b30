"""Strict checks of request bodies, in the order a service would make them: names, presence, types, values."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from .envelope import Refusal
from .pages import LATER, LOGO_FIELDS, PICTURE_SIDE, TASK_FIELDS, Field, Page
from .pictures import Loader
from .rules import check_pictures, check_values

_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("a string", lambda value: isinstance(value, str)),
    "picture": ("a string", lambda value: isinstance(value, str)),
    "json": ("a string that holds a JSON object", lambda value: isinstance(value, str)),
    "bool": ("a boolean", lambda value: isinstance(value, bool)),
    "int": ("an integer", lambda value: _is_int(value)),
    "float": ("a number", lambda value: _is_number(value)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "objects": ("an array of objects", lambda value: _is_list_of(value, dict)),
    "texts": ("an array of strings", lambda value: _is_list_of(value, str)),
    "ints": ("an array of integers", lambda value: isinstance(value, list) and all(map(_is_int, value))),
}


@dataclass
class Job:
    """A request that passed every check: ``values`` with defaults filled in and the decoded pictures."""

    page: Page
    values: dict[str, Any]
    pictures: list[Image.Image] = field(default_factory=list)
    named: dict[str, Image.Image] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        """The text that steers the picture, whatever its field is called."""
        for name in ("prompt", "custom_prompt", "positive_prompt"):
            text = str(self.values.get(name) or "").strip()
            if text:
                return text
        return ""


@dataclass(frozen=True)
class Delivery:
    """How an answer carries its pictures: as addresses or base64, with which watermark."""

    by_url: bool = False
    logo: Mapping[str, Any] | None = None
    labelled: bool = False

    @staticmethod
    def of(values: Mapping[str, Any]) -> Delivery:
        """Read return_url, logo_info and aigc_meta from a checked object."""
        given = values.get("logo_info") or {}
        logo = {spec.name: given.get(spec.name, spec.default) for spec in LOGO_FIELDS}
        wanted = logo if logo["add_logo"] else None
        return Delivery(bool(values.get("return_url")), wanted, values.get("aigc_meta") is not None)


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
    for number in value if isinstance(value, list) else [value]:
        _check_bounds(spec, number, name)


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


def check(page: Page, body: Mapping[str, Any], loader: Loader, *, task: bool = False) -> Job:
    """Check the body of a CVProcess request, or of a submitted ``task``, and load its pictures.

    Raises Refusal with the documented code."""
    fields = [spec for spec in page.fields if not (task and spec.name in LATER)]
    check_fields(fields, body)
    values = {spec.name: body.get(spec.name, spec.default) for spec in fields}
    count = _count_pictures(page, values)
    check_values(page, values, count)
    job = Job(page, values)
    _load(job, loader)
    check_pictures(page, job.pictures)
    return job


def check_result_request(body: Mapping[str, Any]) -> Delivery:
    """Check the body of a request for a task's result. Raises Refusal."""
    check_fields(TASK_FIELDS, body)
    return Delivery.of(parse_object(body["req_json"], "req_json") if "req_json" in body else {})


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


def _load(job: Job, loader: Loader) -> None:
    values = job.values
    encoded = values.get("binary_data_base64") or []
    limit = job.page.base64_bytes
    for index, text in enumerate(encoded):
        job.pictures.append(loader.from_base64(text, f"binary_data_base64[{index}]", limit))
    if not encoded:
        for index, url in enumerate(values.get("image_urls") or []):
            like = job.pictures[0] if job.pictures and job.page.masked else None
            job.pictures.append(loader.from_url(url, f"image_urls[{index}]", limit, mask_like=like))
    for spec in job.page.fields:
        if spec.kind == "picture" and values[spec.name] is not None:
            place = _reference(spec.name, values[spec.name], len(encoded))
            if place is not None:
                job.named[spec.name] = job.pictures[place]
            else:
                like = job.named["product_image_input"] if spec.name == "mask_image_input" else None
                picture = loader.from_url(values[spec.name], spec.name, limit, mask_like=like)
                job.named[spec.name] = picture


def _reference(name: str, text: str, available: int) -> int | None:
    """Index of a ``uri://binary_data?index=N`` reference, None for a web address. Raises 50200 otherwise."""
    if text.startswith(("http://", "https://")):
        return None
    head, _, number = text.partition("uri://binary_data?index=")
    if head or not (number.isascii() and number.isdigit()):
        forms = "an http(s) address or uri://binary_data?index=N"
        raise Refusal(50200, f"'{name}' must be {forms}, got {text[:80]!r}")
    if len(number) > 6 or int(number) >= available:
        raise Refusal(50200, f"'{name}' points at picture {number[:12]}, but {available} were sent")
    return int(number)
