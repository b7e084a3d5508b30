"""What a call is, where it stands, and what it brings."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from ..catalog.spec import Model
from ..images.media import Media
from ..request.payload import Built
from ..store.tasks import Task
from .cancel import CancelToken

P = TypeVar("P")


class Phase(str, Enum):
    """Where a call is."""

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
"""Phases in which a call is already paid for, or may be, and is finished whatever happens."""

SERVICE_WORKS = (Phase.WORKING, Phase.IN_QUEUE, Phase.GENERATING)
"""Phases in which there is nothing to do but to wait for the service."""


@dataclass(frozen=True)
class Answer(Generic[P]):
    """What one call brought. ``pictures`` are decoded by the caller's decoder; ``files`` are the raw bytes.

    ``seconds`` is the service's own time if it said so, else the measured one. ``reused``: nothing was charged.
    """

    request_id: str
    req_key: str
    seed: int | None
    seconds: float | None
    image_urls: tuple[str, ...]
    texts: Mapping[str, str]
    cost: float | None
    reused: bool
    files: tuple[Media, ...]
    pictures: tuple[P, ...]
    notes: tuple[str, ...] = ()


@dataclass(eq=False)
class Call(Generic[P]):
    """One picture to ask for, and where it stands.

    ``build`` makes the body (it encodes pictures, so it runs in a worker); ``decode`` turns picture bytes, or the
    file of a video, into what the caller wants and raises BadAnswerError for broken ones. ``task``: one that was
    submitted before and whose result is to be fetched; nothing is submitted then.
    """

    model: Model
    build: Callable[[], Built]
    decode: Callable[[Any], P]
    seed: int | None
    random_seed: bool
    task: Task | None = None
    token: CancelToken = field(default_factory=CancelToken)
    phase: Phase = Phase.QUEUED
    phase_since: float = field(default_factory=time.monotonic)
    retries: int = 0
    retry_reason: str = ""
    future: Future[Answer[P]] = field(default_factory=Future)

    def __post_init__(self) -> None:
        # Running from the start: nobody who waits for the future can cancel a call that may be paid for.
        self.future.set_running_or_notify_cancel()

    def enter(self, phase: Phase) -> None:
        self.phase_since = time.monotonic()
        self.phase = phase
