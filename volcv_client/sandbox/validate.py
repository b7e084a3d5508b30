"""Strict checks of request bodies, in the order a service would make them: names, presence, types, values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from .envelope import Refusal
from .pages import (
    CHARACTER,
    CONTROL_FIELDS,
    CONTROLNET,
    E_COMMERCE,
    LOGO_FIELDS,
    OUTPAINTING,
    PICTURE_SIDE,
    Field,
    Page,
)
from .pictures import Loader

SIDES = ("top", "bottom", "left", "right")

_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("a string", lambda value: isinstance(value, str)),
    "picture": ("a string", lambda value: isinstance(value, str)),
    "bool": ("a boolean", lambda value: isinstance(value, bool)),
    "int": ("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "float": ("a number", lambda value: _is_number(value)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "objects": ("an array of objects", lambda value: _is_list_of(value, dict)),
    "texts": ("an array of strings", lambda value: _is_list_of(value, str)),
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

    @property
    def logo(self) -> Mapping[str, Any] | None:
        """The watermark asked for, defaults filled in; None when there is none."""
        given = self.values.get("logo_info") or {}
        logo = {spec.name: given.get(spec.name, spec.default) for spec in LOGO_FIELDS}
        return logo if logo["add_logo"] else None


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
    for spec in fields:
        if spec.name in body:
            _check_type(spec, body[spec.name], prefix + spec.name)
    for spec in fields:
        if spec.name in body:
            _check_value(spec, body[spec.name], prefix + spec.name)


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
    if spec.low is not None and (value < spec.low or (spec.low_open and value == spec.low)):
        bound = "greater than" if spec.low_open else "at least"
        raise Refusal(50200, f"'{name}' must be {bound} {spec.low:g}, got {value}")
    if spec.high is not None and value > spec.high:
        raise Refusal(50200, f"'{name}' must be at most {spec.high:g}, got {value}")
    if spec.size and value < 1:
        raise Refusal(50200, f"'{name}' must be a positive number of pixels, got {value}")
    if spec.size and value > PICTURE_SIDE:
        raise Refusal(50205, f"'{name}' must be at most {PICTURE_SIDE} px, got {value}")


def check(page: Page, body: Mapping[str, Any], loader: Loader) -> Job:
    """Check a CVProcess body of ``page`` and load its pictures. Raises Refusal with the documented code."""
    check_fields(page.fields, body)
    if "logo_info" in body:
        check_fields(LOGO_FIELDS, body["logo_info"], "logo_info.")
    values = {spec.name: body.get(spec.name, spec.default) for spec in page.fields}
    job = Job(page, values)
    count = _count_pictures(page, values)
    rule = _RULES.get(page.req_key)
    if rule is not None:
        rule(values, count)
    _load(job, loader)
    final = _PICTURE_RULES.get(page.req_key)
    if final is not None:
        final(job)
    return job


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
            like = job.pictures[0] if job.pictures and job.page.req_key == OUTPAINTING else None
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


def _outpainting(values: Mapping[str, Any], count: int) -> None:
    given = [name for name in SIDES if values[name] is not None]
    if count == 1 and not given:
        raise Refusal(50201, "one of 'top', 'bottom', 'left', 'right' is required with a single picture")
    if count == 2 and given:
        raise Refusal(50200, f"'{given[0]}' must be absent when a mask is sent")


def _controlnet(values: Mapping[str, Any], count: int) -> None:
    controls = values["controlnet_args"]
    if not controls:
        raise Refusal(50201, "'controlnet_args' must hold at least one entry")
    for position, control in enumerate(controls):
        prefix = f"controlnet_args[{position}]."
        check_fields(CONTROL_FIELDS, control, prefix)
        index = control["binary_data_index"]
        if index >= count:
            raise Refusal(50200, f"'{prefix}binary_data_index' is {index}, but {count} picture(s) were sent")


def _e_commerce(values: Mapping[str, Any], count: int) -> None:
    if count > 4:
        raise Refusal(50200, f"at most 4 picture(s) are accepted, got {count}")
    for first, second in (
        ("auto_composition_switch", "manual_composition_switch"),
        ("preset_light_switch", "upload_light_switch"),
    ):
        if values[first] and values[second]:
            raise Refusal(50200, f"'{first}' and '{second}' must not both be true")
    for switch, picture in (
        ("ref_switch", "ref_image_input"),
        ("mask_image_switch", "mask_image_input"),
        ("upload_light_switch", "light_image_input"),
    ):
        if values[switch] and values[picture] is None:
            raise Refusal(50201, f"'{picture}' is required when '{switch}' is true")


def _outpainting_pictures(job: Job) -> None:
    if len(job.pictures) < 2:
        return
    picture, mask = job.pictures
    if mask.mode != "L":
        raise Refusal(50215, f"the mask must be single-channel 8-bit (mode L), got mode {mask.mode}")
    if mask.size != picture.size:
        sizes = f"{picture.width}x{picture.height} and {mask.width}x{mask.height}"
        raise Refusal(50215, f"picture and mask must be of equal size, got {sizes}")


def _character_pictures(job: Job) -> None:
    doubled = 2 if job.values["use_sr"] else 1
    if max(job.values["width"], job.values["height"]) * doubled > PICTURE_SIDE:
        raise Refusal(50205, f"'width' and 'height' give more than {PICTURE_SIDE} px per side")


_RULES: dict[str, Callable[[Mapping[str, Any], int], None]] = {
    OUTPAINTING: _outpainting,
    CONTROLNET: _controlnet,
    E_COMMERCE: _e_commerce,
}

_PICTURE_RULES: dict[str, Callable[[Job], None]] = {
    OUTPAINTING: _outpainting_pictures,
    CHARACTER: _character_pictures,
}
