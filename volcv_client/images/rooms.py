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

NOT_WRITTEN = 0x00FFFFFF
"""The largest number that a pixel without its fourth byte can be."""

GAPLESS = ("JPEG",)
"""Formats whose decoder fills in what a file lacks, so that every pixel is written."""

KEPT_BYTES = 2**22
"""Rooms of this size are kept for the next picture: what the system hands out anew is slower than what is there."""

_kept: list[mmap.mmap] = []


@dataclass(frozen=True)
class Room:
    """``values``: four bytes a pixel ``[H, W]``, filled once the picture is loaded; ``watched``: rows that were 0."""

    values: NDArray[np.uint32]
    core: Any
    watched: slice

    def holds(self, image: Image.Image) -> bool:
        """Whether the pixels of a loaded picture are here, and not in memory that Pillow took after all."""
        return cast(Any, image).im is self.core

    def has_gaps(self) -> bool:
        """Whether some pixels were not written, which Pillow does not tell of a PNG whose data end too early.

        Of an RGB picture Pillow sets the fourth byte of every pixel that it writes.
        """
        numbers = self.values.view("<u4")  # the fourth byte is the highest of the number
        watched = numbers[self.watched]
        return bool(watched.min(initial=NOT_WRITTEN + 1) <= NOT_WRITTEN < max(numbers[0, 0], watched.max(initial=0)))


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
        yield furnished(image, memory, watched_rows(image))
    finally:
        if size <= KEPT_BYTES:
            _kept.append(memory)


def watched_rows(image: ImageFile.ImageFile) -> slice:
    """The rows that show whether all were written, and that must be blank before.

    Of a plain PNG the last one, because Pillow writes one row after the other; of one with several passes, or with
    a first frame that is smaller than the picture, any. Of one with an opacity all, because it has no byte to spare.
    """
    if image.format in GAPLESS:
        return slice(0, 0)
    whole = [extents for _, extents, *_ in image.tile] == [(0, 0, *image.size)]
    in_order = image.format == "PNG" and image.mode == "RGB" and whole and not image.info.get("interlace")
    return slice(-1, None) if in_order else slice(None)


def taken(size: int) -> mmap.mmap:
    """At least so many bytes."""
    if size <= KEPT_BYTES:
        with suppress(IndexError):
            return _kept.pop()
        size = KEPT_BYTES
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_ANONYMOUS") else {}
    memory = mmap.mmap(-1, size, **flags)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without them
            memory.madvise(mmap.MADV_HUGEPAGE)  # thousands of small pages take long to get, and to give back
    return memory


def furnished(image: ImageFile.ImageFile, memory: mmap.mmap, watched: slice) -> Room | None:
    try:
        core = cast(Any, Image).core.map_buffer(memory, image.size, "raw", 0, (image.mode, 0, 1))
        cast(Any, image).im = core
    except (AttributeError, TypeError, ValueError):  # a Pillow without this way in
        return None
    values = np.frombuffer(memory, np.uint32, image.width * image.height).reshape(image.height, image.width)
    values[watched] = 0
    return Room(values, core, watched)
