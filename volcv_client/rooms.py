"""Memory that Pillow decodes pictures into.

Pillow takes its own from the process's heap and blanks it, and hands out the samples as a copy, all with the
interpreter's lock held: 70 ms at 4096 px, in which the host's loop stands still. From memory of ours the samples are
read as they are.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

KEPT_BYTES = 2**22
"""Rooms of this size are kept for the next picture: what the system hands out anew is slower than what is there."""

_kept: list[mmap.mmap] = []


@dataclass(frozen=True)
class Room:
    """``values``: four bytes a pixel ``[H, W]``, filled once the picture is loaded."""

    values: NDArray[np.uint32]
    core: Any

    def holds(self, image: Image.Image) -> bool:
        """Whether the pixels of a loaded picture are here, and not in memory that Pillow took after all."""
        return cast(Any, image).im is self.core

    def has_gaps(self) -> bool:
        """Whether some pixels were not written, which Pillow does not tell of a PNG whose data end too early.

        Of an RGB picture Pillow sets the fourth byte of every pixel that it writes; the room was blank before.
        """
        numbers = self.values.view("<u4")  # the fourth byte is the highest of the number
        return bool(numbers.min() <= 0x00FFFFFF and numbers.max() >= 0xFF000000)


@contextmanager
def room_for(image: ImageFile.ImageFile) -> Iterator[Room | None]:
    """Have Pillow load an opened picture into a room; None if its mode has other samples, or Pillow cannot."""
    if image.mode not in ("RGB", "RGBA"):
        yield None
        return
    size = 4 * image.width * image.height
    try:
        memory = taken(size)
    except (OSError, MemoryError):  # the system has none; perhaps Pillow finds some
        yield None
        return
    try:
        yield furnished(image, memory)
    finally:
        if size <= KEPT_BYTES:
            _kept.append(memory)


def taken(size: int) -> mmap.mmap:
    """At least so many bytes, blank."""
    if size <= KEPT_BYTES:
        with suppress(IndexError):
            memory = _kept.pop()
            np.frombuffer(memory, np.uint8, size).fill(0)
            return memory
        size = KEPT_BYTES
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_ANONYMOUS") else {}
    memory = mmap.mmap(-1, size, **flags)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without them
            memory.madvise(mmap.MADV_HUGEPAGE)  # thousands of small pages take long to get, and to give back
    return memory


def furnished(image: ImageFile.ImageFile, memory: mmap.mmap) -> Room | None:
    try:
        core = cast(Any, Image).core.map_buffer(memory, image.size, "raw", 0, (image.mode, 0, 1))
        cast(Any, image).im = core
    except (AttributeError, TypeError, ValueError):  # a Pillow without this way in
        return None
    values = np.frombuffer(memory, np.uint32, image.width * image.height).reshape(image.height, image.width)
    return Room(values, core)
