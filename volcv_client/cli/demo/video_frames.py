"""The sandbox's videos for the contact sheet: Motion JPEG, whose frames are whole JPEG files behind each other."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, features

_START = b"\xff\xd8\xff"
_MILLISECONDS, _QUALITY = 120, 70


def frames_of(video: bytes) -> list[bytes]:
    """The frames of a Motion-JPEG video, each a JPEG file (what follows its end mark is not part of it).

    Empty for a video of another kind. Inside a frame the bytes of a start mark cannot stand: the coder of JPEG
    stuffs them.
    """
    _, *frames = video.split(_START)
    return [_START + frame for frame in frames]


def animation(frames: Sequence[bytes]) -> bytes:
    """The frames as an animated WebP, because browsers do not play Motion JPEG; without WebP the first frame."""
    pictures = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    first, rest = pictures[0], pictures[1:]
    buffer = io.BytesIO()
    if features.check("webp"):
        first.save(buffer, "WEBP", save_all=True, append_images=rest, duration=_MILLISECONDS, loop=0, quality=_QUALITY)
    else:
        first.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
