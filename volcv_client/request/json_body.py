"""Request bodies as JSON: sending, comparing, replacing inline images by links.

A body that is not yet sent holds inline images as the bytes of their files; they become base64 text on the way out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

from ..catalog.wire_path import INLINE_URI, UPLOAD_URI
from ..images.base64_text import base64_length, base64_pieces

PICTURES_FIELD = "binary_data_base64"
LINKS_FIELD = "image_urls"
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def prompt_of(body: Mapping[str, Any]) -> str:
    """The first prompt that is not empty, whatever the model calls it."""
    prompts = (text for name, text in body.items() if name.endswith("prompt") and isinstance(text, str))
    return next(filter(None, prompts), "")


def inline_files(body: Mapping[str, Any]) -> list[bytes]:
    """The inline images; none if the field holds something else, as a user's own JSON may."""
    files = body.get(PICTURES_FIELD)
    return list(files) if isinstance(files, list) and all(isinstance(file, bytes) for file in files) else []


def names_images(body: Mapping[str, Any]) -> bool:
    """Whether fields of a body name its inline images, so that links can stand there as well."""
    return any(map(is_inline_uri, body.values()))


def is_inline_uri(value: object) -> bool:
    return isinstance(value, str) and value.startswith(INLINE_URI)


def with_links(body: Mapping[str, Any], links: Sequence[str]) -> dict[str, Any]:
    """The body with links in place of its inline images, in array order."""
    linked = {
        name: links[int(value.removeprefix(INLINE_URI))] if is_inline_uri(value) else value
        for name, value in body.items()
        if name != PICTURES_FIELD
    }
    return linked if names_images(body) else {**linked, LINKS_FIELD: list(links)}


def with_uploads(value: Any, links: Sequence[str]) -> Any:
    """A body, or a part of it, with the links of uploaded files where :data:`UPLOAD_URI` stands for them."""
    if isinstance(value, Mapping):
        return {name: inner if name == PICTURES_FIELD else with_uploads(inner, links) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_uploads(inner, links) for inner in value]
    if isinstance(value, str) and value.startswith(UPLOAD_URI):
        return links[int(value.removeprefix(UPLOAD_URI))]
    return value


@dataclass(frozen=True)
class JsonBody:
    """The JSON text of a body, as bytes to stream. Images become base64 piece by piece during iteration.

    ``texts``: the JSON before, between and after the files in ``images``.
    """

    texts: tuple[bytes, ...]
    images: tuple[bytes, ...]

    def __len__(self) -> int:
        """Length of the whole text in bytes."""
        return sum(map(len, self.texts)) + sum(map(base64_length, self.images))

    def __iter__(self) -> Iterator[bytes]:
        yield self.texts[0]
        for image, text in zip(self.images, self.texts[1:], strict=True):
            yield from base64_pieces(image)
            yield text


def json_body(body: Mapping[str, Any], dumps: Callable[[Mapping[str, Any]], str] = COMPACT.encode) -> JsonBody:
    """The JSON text that ``dumps`` gives for a body: by default compact, as it is sent.

    Placeholders stand for the images while ``dumps`` runs: it would scan millions of base64 characters, none of which
    JSON escapes, with the GIL held.
    """
    files = inline_files(body)
    placeholder = uuid4().hex
    text = dumps({**body, PICTURES_FIELD: [placeholder] * len(files)} if files else body)
    return JsonBody(tuple(part.encode("utf-8", "replace") for part in text.split(placeholder)), tuple(files))


def fingerprint(body: Mapping[str, Any], *target: str) -> str:
    """Cache key of a request: SHA-256 of the body, its images included, and of the target that it is sent to."""
    parts = json_body(body, lambda without_images: SORTED.encode([*target, without_images]))
    sha = sha256()
    for part in (*parts.texts, *parts.images):
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.hexdigest()
