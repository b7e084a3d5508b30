"""The batch that the pictures of a run are decoded into."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .decode import decode_image, new_array

Floats = NDArray[np.float32]


class ImageBatch:
    """Decodes the pictures of a run's calls into one array ``[N, H, W, 3]``, without a second copy of them.

    The first picture fixes H and W; the first picture of each position that has this size is decoded in place, every
    other into an array of its own until :meth:`stack`. Safe for several threads.
    """

    def __init__(self, count: int) -> None:
        """``count``: calls of the run; positions are 0 to count - 1."""
        self._count = count
        self._lock = threading.Lock()
        self._batch: Floats | None = None
        self._in_place: set[int] = set()
        self._pictures: dict[int, list[Floats]] = {}

    def decode(self, position: int, data: bytes) -> Floats:
        """Decode the next picture that the call at ``position`` brought: RGB float32 ``[H, W, 3]`` in 0..1.

        Raises as :func:`.decode.decode_image`; the other pictures of the position stay then.
        """
        claimed = False

        def place(height: int, width: int) -> Floats:
            nonlocal claimed
            with self._lock:
                if self._batch is None:
                    self._batch = np.empty((self._count, height, width, 3), np.float32)
                if position in self._in_place or self._batch.shape[1:3] != (height, width):
                    return new_array(height, width)
                self._in_place.add(position)
                claimed = True
                array: Floats = self._batch[position]
                return array

        try:
            picture = decode_image(data, place)
        except BaseException:  # MemoryError too
            if claimed:
                with self._lock:
                    self._in_place.discard(position)
            raise
        with self._lock:
            self._pictures.setdefault(position, []).append(picture)
        return picture

    def clear(self, position: int) -> None:
        """Forget the pictures of a position, whose call brings them again (a retry)."""
        with self._lock:
            self._in_place.discard(position)
            self._pictures.pop(position, None)

    def stack(self) -> tuple[Floats, bool]:
        """All pictures ``[N, H, W, 3]`` in order of positions, and whether sizes differed (see :func:`stack`)."""
        with self._lock:
            pictures = [one for position in sorted(self._pictures) for one in self._pictures[position]]
            if self._batch is not None and len(self._in_place) == len(pictures) == self._count:
                return self._batch, False
        return stack(pictures)


def stack(arrays: Sequence[Floats]) -> tuple[Floats, bool]:
    """At least one ``[H, W, ...]`` as ``[N, H, W, ...]``, and whether sizes differed.

    Smaller ones are centred on black (0); nothing is stretched or dropped.
    """
    if len(arrays) == 1:
        return arrays[0][None], False
    height, width = max(one.shape[0] for one in arrays), max(one.shape[1] for one in arrays)
    batch = np.zeros((len(arrays), height, width, *arrays[0].shape[2:]), np.float32)
    for target, one in zip(batch, arrays, strict=True):
        top, left = (height - one.shape[0]) // 2, (width - one.shape[1]) // 2
        target[top : top + one.shape[0], left : left + one.shape[1]] = one
    return batch, any(one.shape[:2] != (height, width) for one in arrays)
