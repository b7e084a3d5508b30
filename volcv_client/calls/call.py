"""A call: one request, where it stands, and its result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from ..catalog.spec import Model
from ..errors import without_frames
from ..images.batch import ImageBatch
from ..images.decode import AnswerPixels, verify_image
from ..request.body import Draft
from ..store.entry import Entry
from ..store.result import Result, ResultFile
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

    ``draft`` makes the draft of its request. ``decoder`` takes the files of its answer. ``on_end`` is called once, in
    the thread that ended the call. All three are dropped at the end, so that a finished call holds no pictures.
    ``entry``: an earlier call, whose result is fetched and nothing is sent. ``forms`` that its pictures are sent in, in
    turn; empty for what is known of the service. ``number`` identifies the call in this process. ``refusals``: codes of
    attempts that were repeated. ``charges``: charged calls that it made. ``service_status``: status of its task that is
    not documented.
    """

    model: Model
    seed: int | None
    random_seed: bool
    draft: Callable[[], Draft] | None = field(default=None, repr=False)
    decoder: FileDecoder | None = field(default=None, repr=False)
    on_end: Callable[[Call], None] | None = field(default=None, repr=False)
    entry: Entry | None = None
    forms: tuple[str, ...] = ()
    token: CancelToken = field(default_factory=CancelToken)
    number: int = 0
    submitted: float = field(default_factory=time.monotonic)
    phase: Phase = Phase.QUEUED
    phase_since: float = field(default_factory=time.monotonic)
    retries: int = 0
    retry_reason: str = ""
    refusals: list[int | str | None] = field(default_factory=list)
    service_status: str = ""
    charges: int = 0
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
        on_end, self.draft, self.decoder, self.on_end = self.on_end, None, None, None
        self.enter(Phase.DONE)
        if on_end is not None:
            on_end(self)


class FileDecoder:
    """Decodes the files of the answer of the call at that position, in order, into the batch; without one, only checks
    that they decode. A video was checked while it was downloaded."""

    def __init__(self, pixels: ImageBatch | None = None, position: int = 0) -> None:
        self._pixels = pixels
        self._position = position
        self._total = AnswerPixels()

    def clear(self) -> None:
        """Forget what was decoded: the files come again."""
        self._total = AnswerPixels()
        if self._pixels is not None:
            self._pixels.clear(self._position)

    def decode(self, file: ResultFile) -> None:
        """Decode the next file. Raises BadAnswerError for a broken picture, or more pixels than an answer may have."""
        if file.is_video:
            return
        data = file.read()
        self._total.add(data)
        if self._pixels is not None:
            self._pixels.decode(self._position, data)
        else:
            verify_image(data)
