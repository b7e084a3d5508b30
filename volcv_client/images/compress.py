"""Pillow images as the bytes of a JPEG or PNG file, without holding up the other threads of the process.

Pillow encodes into memory with the interpreter's lock held, and whoever else wants that lock, such as the host's
loop, waits. Into a real file it encodes without the lock. Linux has files that live in memory, so there the lock is
free; elsewhere encoders at least take turns, because several of them would only queue in front of the others.
"""

from __future__ import annotations

import io
import os
import threading
import zlib
from contextlib import suppress
from typing import IO, Any

from PIL import Image

from . import png

OPAQUE = ("RGB", "RGBX")
"""Pillow's modes of pictures without transparency."""

KEPT_BYTES = 2**20
"""What a scratch file keeps for the next picture; asking the system for fresh memory takes as long as writing it."""

_one_at_a_time = threading.Lock()
_of_thread = threading.local()


def compressed(image: Image.Image, jpeg_quality: int | None, most: int) -> bytes:
    """The picture as JPEG without chroma subsampling, or as PNG if ``jpeg_quality`` is None.

    A file that would have more than ``most`` bytes may be cut short.
    """
    if jpeg_quality is not None:
        return saved(image, "JPEG", quality=jpeg_quality, subsampling=0)
    if image.mode in OPAQUE:
        return png.of_opaque(image, most)
    return saved(image, "PNG", compress_level=1, compress_type=zlib.Z_RLE)


def saved(image: Image.Image, kind: str, **settings: Any) -> bytes:
    """The bytes of the file that Pillow writes."""
    file = scratch_file()
    if file is None:
        buffer = io.BytesIO()
        with _one_at_a_time:
            image.save(buffer, kind, **settings)
        return buffer.getvalue()
    file.seek(0)
    image.save(file, kind, **settings)
    size = file.seek(0, os.SEEK_CUR)
    file.seek(0)
    data = file.read(size)
    if size > KEPT_BYTES:
        file.truncate(KEPT_BYTES)
    return data


def scratch_file() -> IO[bytes] | None:
    """This thread's file in memory; None where the system has no such files."""
    if not hasattr(os, "memfd_create"):
        return None
    file: IO[bytes] | None = getattr(_of_thread, "file", None)
    if file is None:
        with suppress(OSError):  # forbidden here, or too many files are open
            file = _of_thread.file = os.fdopen(os.memfd_create("volcv"), "w+b", buffering=0)
    return file
