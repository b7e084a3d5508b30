"""The batch that a run's pictures are decoded into."""

from __future__ import annotations

import mmap
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..volcv_client.images import pictures
from .images import tensor_array, to_batch

MOST_ROOM = 2**30
"""Bytes that are made ready before pictures come; where more are needed, they do not come at once."""

PAGE_FLOATS = mmap.PAGESIZE // 4
TOUCHED_FLOATS = 2**20

_last_sizes: dict[str, tuple[int, int]] = {}
"""(height, width) of the last picture of each model."""


def new_batch(places: int, height: int, width: int) -> NDArray[np.float32]:
    """Memory for so many pictures. numpy asks the system for large pages, torch does not; small ones are slower."""
    return np.empty((places, height, width, 3), np.float32)


class Gallery:
    """Collects the pictures of a run into one batch without holding them twice.

    The first picture that arrives fixes the size of the batch; pictures of that size are decoded straight into
    their place. Others keep memory of their own until :meth:`batch` puts all together. Safe for several threads.
    """

    def __init__(self, model: str, places: int) -> None:
        """``places``: pictures that are expected, one per call."""
        self._model = model
        self._places = places
        self._lock = threading.Lock()
        self._room: NDArray[np.float32] | None = None
        self._batch: Tensor | None = None
        self._taken: set[int] = set()

    def make_room(self, wanted: Callable[[], bool]) -> None:
        """Have the system hand out the batch's memory now, as long as it is ``wanted`` and no picture is there.

        That takes as long as decoding the pictures, in a virtual machine several times as long, and would come on
        top of it when they are there. Their size is taken to be that of the model's last one.
        """
        height, width = _last_sizes.get(self._model, (0, 0))
        if not 0 < 12 * self._places * height * width <= MOST_ROOM:
            return
        try:
            room = new_batch(self._places, height, width).reshape(-1)
        except MemoryError:  # perhaps there is enough when the pictures come
            return
        for begin in range(0, room.size, TOUCHED_FLOATS):
            with self._lock:
                if self._batch is not None or not wanted():
                    return
                room[begin : begin + TOUCHED_FLOATS : PAGE_FLOATS] = 0
                self._room = room

    def decode(self, position: int, data: bytes) -> Tensor:
        """RGB float32 ``[1, H, W, 3]`` of a picture file that the call at ``position`` brought.

        Raises BadAnswerError as :func:`.images.bytes_to_tensor` does.
        """

        def place(height: int, width: int) -> NDArray[np.float32]:
            with self._lock:
                if self._batch is None:
                    with suppress(MemoryError):  # perhaps there is enough for one picture after the other
                        self._batch = torch.from_numpy(self._first(height, width))
                if self._batch is None or position in self._taken or self._batch.shape[1:3] != (height, width):
                    return pictures.new_place(height, width)
                self._taken.add(position)
                return tensor_array(self._batch[position])

        return torch.from_numpy(pictures.decode(data, place)).unsqueeze(0)

    def _first(self, height: int, width: int) -> NDArray[np.float32]:
        """The batch for pictures of that size: the room that was made, if it has that size."""
        room, self._room = self._room, None
        _last_sizes[self._model] = (height, width)
        if room is not None and room.size == self._places * height * width * 3:
            return room.reshape(self._places, height, width, 3)
        return new_batch(self._places, height, width)

    def batch(self, images: Sequence[Tensor]) -> tuple[Tensor, bool]:
        """One IMAGE of the decoded pictures in order, and whether sizes differed, as :func:`.images.to_batch`."""
        whole = self._batch
        if whole is not None and len(images) == self._places:
            starts = [one.data_ptr() for one in whole]
            if starts == [image.data_ptr() for image in images]:
                return whole, False
        return to_batch(images)
