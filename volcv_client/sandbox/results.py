"""Finished work as files: pictures, or the frames of a film, and the texts that go with them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from .draw.base import Drawn
from .draw.marks import draw_logo
from .mp4 import mux_jpegs

FILM = "mp4"


@dataclass(frozen=True)
class Packed:
    """One encoded picture: its file, ``png`` or ``jpg``, and the JPEG quality for encoding it again."""

    data: bytes
    kind: str
    quality: int


@dataclass(frozen=True)
class Result:
    """What a request made. ``seconds``: length of the film that the pictures are frames of, 0 for pictures."""

    pictures: tuple[Packed, ...]
    texts: Mapping[str, Any]
    seconds: float = 0.0

    def files(self, logo: Mapping[str, Any] | None) -> list[tuple[bytes, str]]:
        """Every file as (bytes, extension), watermarked as ``logo`` says."""
        if self.seconds:
            frames = [_marked(item, logo).data for item in self.pictures]
            return [(mux_jpegs(frames, self.seconds), FILM)]
        marked = [_marked(item, logo if index == 0 else None) for index, item in enumerate(self.pictures)]
        return [(item.data, item.kind) for item in marked]


def pack(drawn: Drawn) -> Packed:
    """Encode a drawing."""
    return Packed(_encoded(drawn.image, drawn.format, drawn.quality), _EXTENSIONS[drawn.format], drawn.quality)


def _marked(item: Packed, logo: Mapping[str, Any] | None) -> Packed:
    if logo is None:
        return item
    picture = Image.open(io.BytesIO(item.data))
    # A mask stays a mask: a watermark would be part of what it selects.
    if picture.mode == "L":
        return item
    over = draw_logo(picture.convert("RGB"), logo)
    if picture.mode == "RGBA":
        over.putalpha(picture.getchannel("A"))
    kind = "PNG" if item.kind == "png" else "JPEG"
    return Packed(_encoded(over, kind, item.quality), item.kind, item.quality)


_EXTENSIONS = {"PNG": "png", "JPEG": "jpg"}


def _encoded(picture: Image.Image, kind: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    if kind == "PNG":
        picture.save(buffer, "PNG", compress_level=3)
    else:
        picture.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
