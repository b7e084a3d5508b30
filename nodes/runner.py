"""Runs a catalog entry: node inputs in, tensors and texts out. Knows no ComfyUI.

What it needs of its surroundings is a :class:`Host`; the tests bring one of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from torch import Tensor

from ..volcv_client import config
from ..volcv_client.calls.cancel import CancelToken
from ..volcv_client.calls.run import (
    POLL_SECONDS,
    BatchInputs,
    Outcome,
    Run,
    calls_of,
    response_entry,
    response_of,
    texts_of,
)
from ..volcv_client.calls.service import service_for, stored_answer
from ..volcv_client.catalog.spec import Branch, Controls, MaskPicture, Model, Output, Picture, Watermark
from ..volcv_client.errors import Cancelled, StoreError, VolcvError
from ..volcv_client.images.media import is_video
from ..volcv_client.messages import say
from ..volcv_client.request.payload import PictureSource, defaults
from ..volcv_client.store.results import Result, store_at
from .gallery import Gallery
from .images import bytes_to_mask, bytes_to_tensor, mask_batch, picture_batch, to_batch, to_mask_batch

P = TypeVar("P")
PREVIEW_SIDE = 512


class Host(Protocol):
    """What a run needs of the program around it."""

    def status(self, text: str) -> None:
        """Show a line on the node."""

    async def progress(self, done: int, total: int, preview: Tensor | None) -> None:
        """Move the progress bar; ``preview`` is the first finished picture ``[1, H, W, 3]``."""

    def interrupted(self) -> bool:
        """Whether the user wants to stop."""


def batch_inputs(model: Model, given: Mapping[str, Any]) -> BatchInputs:
    """Node inputs as the client wants them: widgets flat and complete, pictures as batches."""
    values = defaults(model)
    sources: dict[str, Sequence[PictureSource]] = {}
    controls: list[tuple[Sequence[PictureSource], str, float]] = []
    watermark: Mapping[str, Any] | None = None
    declared = {one.name: one for one in model.inputs}
    for name, value in given.items():
        one = declared.get(name)
        if value is None:
            continue
        if isinstance(one, MaskPicture):
            sources[name] = mask_batch(value)
        elif isinstance(one, Picture):
            sources[name] = picture_batch(value)
        elif isinstance(one, Controls):
            controls = [(picture_batch(link.image), link.control_type, link.strength) for link in value.chain()]
        elif isinstance(one, Watermark):
            watermark = value
        elif isinstance(one, Branch):
            values |= value
        else:
            values[name] = value
    return BatchInputs(values, sources, controls, watermark)


@dataclass(frozen=True)
class NodeResult:
    """What a node hands out; only what its model makes is there.

    ``images`` and ``mask`` as ComfyUI's IMAGE and MASK; ``video``: files, one per call.
    """

    text: str
    response: str
    images: Tensor | None = None
    mask: Tensor | None = None
    video: Sequence[Path] = ()


class Collector(Protocol[P]):
    """Takes what the calls of a run bring, and makes of it what the node hands out."""

    def decode(self, position: int, media: Any) -> P: ...

    def make_room(self, wanted: Callable[[], bool]) -> None:
        """Prepare for what the calls will bring, in a thread, as long as that is ``wanted``."""

    def result(self, outcome: Outcome[P]) -> tuple[NodeResult, list[str]]:
        """The node's result, and what the user should know about how it was put together."""


class ImageCollector:
    """IMAGE, and MASK if the model makes one."""

    def __init__(self, model: Model, places: int) -> None:
        self._gallery = Gallery(model.req_key, places)
        self._masks = Output.MASK in model.outputs
        self.decode = self._gallery.decode
        self.make_room = self._gallery.make_room

    def result(self, outcome: Outcome[Tensor]) -> tuple[NodeResult, list[str]]:
        batch, padded = self._gallery.batch(outcome.pictures)
        mask = None
        if self._masks:
            files = [one for answer in outcome.answers for one in answer.files if isinstance(one, bytes)]
            mask = to_mask_batch([bytes_to_mask(data) for data in files])
        return NodeResult(outcome.text, outcome.response, batch, mask), batch_notes(outcome, batch, padded)


class VideoCollector:
    """VIDEO: what was streamed to the store stays there."""

    def decode(self, position: int, media: Path) -> Path:
        return media

    def make_room(self, wanted: Callable[[], bool]) -> None: ...

    def result(self, outcome: Outcome[Path]) -> tuple[NodeResult, list[str]]:
        return NodeResult(outcome.text, outcome.response, video=outcome.pictures), []


async def run_model(model: Model, given: Mapping[str, Any], host: Host) -> NodeResult:
    """What one node hands out.

    Raises VolcvError, or Cancelled within a poll interval of the user's interrupt. Calls run in their own
    threads: what was sent is finished and stored whatever happens to this coroutine or its event loop.
    """
    token = CancelToken()
    try:
        run, collector = await asyncio.to_thread(start, model, given, token)
        await watch(run, host, collector.make_room)
        outcome = run.outcome()
        result, notes = await asyncio.to_thread(collector.result, outcome)
    except VolcvError as error:
        host.status(str(error))
        raise
    except BaseException:  # interrupted, or the loop is torn down: what is not sent must not be
        token.cancel()
        raise
    host.status("\n".join([outcome.summary, *outcome.notes, *notes]))
    return result


def start(model: Model, given: Mapping[str, Any], token: CancelToken) -> tuple[Run[Any], Collector[Any]]:
    """A started run and what collects its results."""
    inputs = batch_inputs(model, given)
    collector: Collector[Any] = VideoCollector() if model.video else ImageCollector(model, calls_of(inputs))
    return Run(service_for(config.profile()), model, inputs, collector.decode, token), collector


def recall(request_id: str, newest: int) -> tuple[NodeResult, str]:
    """What stored results hold, and a text about it: the one with that id, or the newest ones that are pictures.

    Raises StoreError if there is none, or if the one with that id is a video.
    """
    found = store_at(config.home() / "results").recall(request_id, newest, holds_pictures)
    if not all(map(holds_pictures, found)):
        raise StoreError("video_stored", request=request_id)
    answers = [stored_answer(result, bytes_to_tensor) for result in found]
    pictures = [picture for answer in answers for picture in answer.pictures]
    batch, padded = to_batch(pictures)
    status = say("summary.reused", made=say("made.images", count=len(pictures)))
    result = NodeResult(texts_of(answers), response_of(map(response_entry, answers)), batch)
    return result, "\n".join([status, size_note(batch, padded)])


def holds_pictures(result: Result) -> bool:
    return not any(map(is_video, result.files))


async def watch(run: Run[Any], host: Host, make_room: Callable[[Callable[[], bool]], None]) -> None:
    """Wait until every call has ended, showing where they are. Raises Cancelled once interrupted.

    ``make_room`` is called once in a thread, when there is nothing to do but to wait for the service.
    """
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()

    def wake(_: object) -> None:
        with suppress(RuntimeError):  # the prompt, and its loop with it, ended before the call did
            loop.call_soon_threadsafe(woken.set)

    for future in run.futures:
        future.add_done_callback(wake)
    shown, done, prepared = "", -1, False
    while True:
        woken.clear()
        if host.interrupted():
            raise Cancelled
        if run.done != done:
            done = run.done
            await host.progress(done, len(run.calls), preview_of(run.first_picture()))
        if done == len(run.calls):
            return
        if run.status() != shown:
            shown = run.status()
            host.status(shown)
        if not prepared and run.only_waits():
            prepared = True
            loop.run_in_executor(None, make_room, run.only_waits)
        try:
            await asyncio.wait_for(woken.wait(), POLL_SECONDS)
        except (TimeoutError, asyncio.TimeoutError):
            continue


def preview_of(image: object) -> Tensor | None:
    """Every n-th pixel of ``[1, H, W, 3]``, small enough to be shown without holding up the host's loop."""
    if not isinstance(image, Tensor):
        return None
    step = -(-max(image.shape[1:3]) // PREVIEW_SIDE)
    return image[:, ::step, ::step]


def batch_notes(outcome: Outcome[Tensor], batch: Tensor, padded: bool) -> list[str]:
    """What the user should know about how the pictures were put together."""
    notes = [say("note.several", count=len(answer.pictures)) for answer in outcome.answers if len(answer.pictures) > 1]
    return list(dict.fromkeys([size_note(batch, padded), *notes]))


def size_note(batch: Tensor, padded: bool) -> str:
    """How large the pictures are; what ComfyUI writes under a preview is the preview's size."""
    return say("note.padded" if padded else "note.size", width=batch.shape[2], height=batch.shape[1])
