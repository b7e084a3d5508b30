"""From the inputs of one call to its request, as the model's declaration says. Knows no req_key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..catalog.inputs import Attachment, Given
from ..catalog.sockets import FIRST_PICTURE
from ..catalog.spec import SYNCHRONOUS, Mode, Model, PictureLimits
from ..catalog.wire_path import put_all
from ..images.encode import EncodedImage, EncodeOptions
from ..messages import say
from .inputs import active_inputs, json_fields
from .json_body import PICTURES_FIELD


@dataclass(frozen=True)
class Request:
    """What is sent for one call: the JSON body, with inline images as the bytes of their files, and its action.

    ``notes``: what the encoding of images had to change, in the user's language. ``result_request``: fields of the
    request for a task's result (``req_json``).
    """

    body: Mapping[str, Any]
    mode: Mode = SYNCHRONOUS
    notes: tuple[str, ...] = ()
    result_request: Mapping[str, Any] = field(default_factory=dict)

    def identity(self) -> Mapping[str, Any]:
        """Everything that the answer depends on."""
        return {**self.body, "req_json": self.result_request} if self.mode.result_action else self.body


def build(model: Model, given: Given, *, lossless: bool = False) -> Request:
    """The request of one call with checked inputs. Encodes the images, so call it in a worker thread.

    Raises InputError if an image cannot be encoded within the service's limits.
    """
    body: dict[str, Any] = {"req_key": model.req_key}
    put_all(body, model.fixed)
    attachments: list[Attachment] = []
    active = list(active_inputs(model, given))
    for input_ in active:
        input_.write(body, given)
    for input_ in active:
        input_.attach(body, given, attachments)
    encoded = encode_within(model.limits, attachments, lossless=lossless)
    if encoded:
        body[PICTURES_FIELD] = [image.data for image in encoded]
    notes = [
        note for item, image in zip(attachments, encoded, strict=True) for note in encoding_notes(item.name, image)
    ]
    body |= json_fields(model, given)
    mode = model.mode(given)
    result_request = {name: body.pop(name) for name in mode.result_fields if name in body}
    return Request(body, mode, tuple(notes), result_request)


def encode_within(limits: PictureLimits, attachments: Sequence[Attachment], *, lossless: bool) -> list[EncodedImage]:
    """Every attachment as a file, within the limits per picture and per request."""
    each = [limits.max_base64] * len(attachments)
    encoded = encode_each(limits, attachments, each, lossless=lossless)
    pairs = list(zip(attachments, encoded, strict=True))
    pictures_size = sum(image.base64_length for item, image in pairs if item.fit_to is None)
    masks_size = sum(image.base64_length for image in encoded) - pictures_size
    if pictures_size + masks_size <= limits.max_total_base64:
        return encoded
    # Masks are small and keep the size of their picture, so only the pictures are reduced.
    share = max(0.0, limits.max_total_base64 - masks_size) / max(1, pictures_size)
    each = [int(image.base64_length * share) if item.fit_to is None else limits.max_base64 for item, image in pairs]
    return encode_each(limits, attachments, each, lossless=lossless)


def encode_each(
    limits: PictureLimits, attachments: Sequence[Attachment], max_base64: Sequence[int], *, lossless: bool
) -> list[EncodedImage]:
    """Every attachment as a file of at most so many characters of base64; masks as large as their pictures."""
    sizes: dict[str | None, tuple[int, int]] = {}
    encoded = []
    for item, most in zip(attachments, max_base64, strict=True):
        options = EncodeOptions(lossless, item.alpha, limits.max_side, most)
        image: EncodedImage = item.image.encode(options, sizes.get(item.fit_to))
        sizes[item.name] = image.width, image.height
        sizes.setdefault(FIRST_PICTURE, sizes[item.name])
        encoded.append(image)
    return encoded


def encoding_notes(name: str, image: EncodedImage) -> Iterator[str]:
    if image.resized_from:
        width, height = image.resized_from
        yield say("note.resized", name=name, before=f"{width}x{height}", after=f"{image.width}x{image.height}")
    elif image.quality:
        yield say("note.recompressed", name=name, quality=image.quality)
