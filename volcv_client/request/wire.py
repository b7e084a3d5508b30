"""Bodies as JSON: writing a value at a wire path, sending, comparing, swapping inline pictures for links.

In a body that is not yet written, inline pictures are the bytes of their files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import uuid4

from ..catalog.spec import Json, Model
from ..images.inline import text_pieces, text_size

PICTURES_FIELD = "binary_data_base64"
LINKS_FIELD = "image_urls"
INLINE_URI = "uri://binary_data?index="
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
PATH_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]+)\]")


def put_all(body: dict[str, Any], entries: Mapping[str, Json]) -> None:
    for path, value in entries.items():
        put(body, path, value)


def put(body: dict[str, Any], path: str, value: object) -> None:
    """Set a wire path such as ``controlnet_args[0].type``; lists grow by one element at most."""
    steps: list[str | int] = [int(m[2]) if m[2] else m[1] for m in PATH_STEP.finditer(path)]
    target: Any = body
    for step, following in pairwise(steps):
        fresh: Callable[[], Any] = list if isinstance(following, int) else dict
        if isinstance(target, list):
            if step == len(target):
                target.append(fresh())
            target = target[int(step)]
        else:
            target = target.setdefault(step, fresh())
    last = steps[-1]
    if isinstance(target, list) and last == len(target):
        target.append(value)
    else:
        target[last] = value


def prompt_of(body: Mapping[str, Any]) -> str:
    """The text that a body asks for, whatever the model calls it."""
    found = (text for name, text in body.items() if name.endswith("prompt") and isinstance(text, str))
    return next(filter(None, found), "")


def inline_files(body: Mapping[str, Any]) -> list[bytes]:
    """The pictures that wait to become base64; none if the field holds something else, as a user's own JSON may."""
    found = body.get(PICTURES_FIELD)
    return list(found) if isinstance(found, list) and all(isinstance(one, bytes) for one in found) else []


def takes_links(body: Mapping[str, Any], model: Model) -> bool:
    """Whether the inline pictures of a body could be sent as links instead, wherever the model names them."""
    return bool(inline_files(body)) and (model.links_only or any(map(is_inline_uri, body.values())))


def is_inline_uri(value: object) -> bool:
    return isinstance(value, str) and value.startswith(INLINE_URI)


def with_links(body: Mapping[str, Any], links: Sequence[str]) -> dict[str, Any]:
    """The body with links in place of its inline pictures, in array order."""
    named = {
        name: links[int(value.removeprefix(INLINE_URI))] if is_inline_uri(value) else value
        for name, value in body.items()
        if name != PICTURES_FIELD
    }
    return named if any(map(is_inline_uri, body.values())) else {**named, LINKS_FIELD: list(links)}


@dataclass(frozen=True)
class Message:
    """The JSON text of a body. Pictures become base64 only while it is gone through, piece by piece.

    ``texts``: what stands before, between and after the pictures.
    """

    texts: tuple[bytes, ...]
    pictures: tuple[bytes, ...]

    def __len__(self) -> int:
        return sum(map(len, self.texts)) + sum(map(text_size, self.pictures))

    def __iter__(self) -> Iterator[bytes]:
        yield self.texts[0]
        for picture, text in zip(self.pictures, self.texts[1:], strict=True):
            yield from text_pieces(picture)
            yield text


def message(body: Mapping[str, Any], write: Callable[[Mapping[str, Any]], str] = COMPACT.encode) -> Message:
    """The body as ``write`` makes JSON of it, compact by default, as it is sent.

    The writer gets placeholders instead of the pictures: it would look at each of their millions of characters,
    which are never special in JSON, and hold up the other threads of the process meanwhile.
    """
    inline = inline_files(body)
    mark = uuid4().hex
    text = write({**body, PICTURES_FIELD: [mark] * len(inline)} if inline else body)
    return Message(tuple(one.encode("utf-8", "replace") for one in text.split(mark)), tuple(inline))


def digest(body: Mapping[str, Any], *where: str) -> str:
    """SHA-256 of a body and of where it goes, equal for equal ones."""
    said = message(body, lambda lean: SORTED.encode([*where, lean]))
    made = sha256()
    for part in (*said.texts, *said.pictures):
        made.update(len(part).to_bytes(8, "big"))
        made.update(part)
    return made.hexdigest()
