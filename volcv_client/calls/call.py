"""A call: one request, where it stands, and its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from ..catalog.spec import Model
from ..errors import without_frames
from ..images.batch import ImageBatch
from ..images.decode import AnswerPixels, verify_image
from ..request.body import Request
from ..store.result import Result, ResultFile
from ..store.tasks import Task
from .cancel import CancelToken


class Phase(str, Enum):
    """Where a call stands."""

    QUEUED = "queued"
    ENCODING = "encoding"
    WAITING = "waiting"
    UPLOADING = "uploading"
    WORKING = "working"
    IN_QUEUE = "in_queue"
    GENERATING = "generating"
    BACKING_OFF = "backing_off"
    DOWNLOADING = "downloading"
    DECODING = "decoding"
    DONE = "done"


SENT = (Phase.WORKING, Phase.DOWNLOADING, Phase.DECODING)
"""Phases in which a call is charged, or may be; it is finished whatever happens."""

TASK_PENDING = (Phase.IN_QUEUE, Phase.GENERATING)
"""Phases in which a call may stop waiting without loss: the next run resumes its task."""


@dataclass(eq=False)
class Call:
    """One request. It ends with ``result`` or ``error`` (a VolcvError, Cancelled, or an unexpected exception).

    ``build`` builds the request body; it encodes pictures, so it runs in a worker thread. ``decode`` decodes the
    files of an answer and raises BadAnswerError for broken pictures. ``on_end`` is called once, in the thread that
    ended the call. All three are dropped at the end, so that a finished call holds no pictures. ``task``: submitted
    earlier; its result is fetched and nothing is submitted. ``number`` identifies the call in this process.
    """

    model: Model
    seed: int | None
    random_seed: bool
    build: Callable[[], Request] | None = field(repr=False)
    decode: Callable[[Sequence[ResultFile]], None] | None = field(default=None, repr=False)
    on_end: Callable[[Call], None] | None = field(default=None, repr=False)
    task: Task | None = None
    token: CancelToken = field(default_factory=CancelToken)
    number: int = 0
    submitted: float = field(default_factory=time.monotonic)
    phase: Phase = Phase.QUEUED
    phase_since: float = field(default_factory=time.monotonic)
    retries: int = 0
    retry_reason: str = ""
    result: Result | None = None
    error: Exception | None = None

    def enter(self, phase: Phase) -> None:
        self.phase_since = time.monotonic()
        self.phase = phase

    @property
    def ended(self) -> bool:
        return self.phase is Phase.DONE

    def succeed(self, result: Result) -> None:
        self.result = result
        self._end()

    def fail(self, error: Exception) -> None:
        self.error = without_frames(error)
        self._end()

    def _end(self) -> None:
        on_end, self.build, self.decode, self.on_end = self.on_end, None, None, None
        self.enter(Phase.DONE)
        if on_end is not None:
            on_end(self)


def decode_files(pixels: ImageBatch | None, position: int, files: Sequence[ResultFile]) -> None:
    """Decode the pictures of the call at that position into the batch; without one, only check that they decode.

    Raises BadAnswerError for broken pictures, and for more pixels than one answer may have; the position is empty
    then. A video was checked while it was downloaded.
    """
    if pixels is not None:
        pixels.clear(position)  # a retry brings them again
    total = AnswerPixels()
    try:
        for file in files:
            if file.is_video:
                continue
            data = file.read()
            total.add(data)
            if pixels is not None:
                pixels.decode(position, data)
            else:
                verify_image(data)
    except BaseException:  # MemoryError too
        if pixels is not None:
            pixels.clear(position)
        raise
