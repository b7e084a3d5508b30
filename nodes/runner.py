"""Runs a model for a node: node inputs in, tensors and texts out. Imports no ComfyUI; tests bring their own Host."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..volcv_client.calls.batch import BatchRun, RunResult, response_json, texts_of
from ..volcv_client.calls.cancel import CancelToken
from ..volcv_client.catalog.spec import Model, Output
from ..volcv_client.client import ClientPool
from ..volcv_client.errors import Cancelled, StoreError, VolcvError, without_frames
from ..volcv_client.images.batch import ImageBatch, stack
from ..volcv_client.images.decode import decode_mask
from ..volcv_client.messages import say
from ..volcv_client.request.inputs import convert_inputs, converters
from ..volcv_client.request.plan import plan
from ..volcv_client.store.entry import Entry, State
from ..volcv_client.store.result import Result
from . import status
from .images import to_images, to_masks
from .media import audio_file, video_file
from .progress import course
from .status import NodeStatus

POLL_SECONDS = 0.1
BAR_SECONDS = 0.25
"""Interval at which the progress bar moves while calls are at the service."""


clients = ClientPool()
"""The clients of this ComfyUI, shared by all nodes."""

CONVERTERS = converters(to_images, to_masks, video_file, audio_file)


class Host(Protocol):
    """The program around a run."""

    def status(self, text: str) -> None:
        """Show a line on the node while it runs."""

    def outcome(self, status: NodeStatus) -> None:
        """Show how the run ended."""

    async def progress(self, done: float, total: int) -> None:
        """Move the progress bar."""

    def interrupted(self) -> bool:
        """Whether the user wants to stop."""


@dataclass(frozen=True)
class NodeResult(RunResult):
    """A run's result with the node's outputs: IMAGE ``[B, H, W, 3]`` and MASK ``[B, H, W]``, float32 0..1, or videos
    as files, one per call. Only what the model makes is there."""

    images: Tensor | None = None
    mask: Tensor | None = None
    video: Sequence[Path] = ()

    @property
    def status(self) -> NodeStatus:
        return status.done(self.summary, self.notes)


async def run_model(model: Model, given: Mapping[str, Any], host: Host) -> NodeResult:
    """Run a model. ``given``: node inputs by name; tensors become numpy arrays here, once.

    Raises VolcvError, or Cancelled within a poll interval of the user's interrupt. Calls run in their own threads:
    what was sent is finished and stored whatever happens to this coroutine or its event loop.
    """
    failure: VolcvError | Cancelled
    try:
        return await run_and_collect(model, given, host)
    except (VolcvError, Cancelled) as error:
        failure = without_frames(error)  # ComfyUI keeps the traceback in a reference cycle
    given = {}
    try:
        raise failure
    finally:
        del failure


async def run_and_collect(model: Model, given: Mapping[str, Any], host: Host) -> NodeResult:
    loop, changed, token = asyncio.get_running_loop(), asyncio.Event(), CancelToken()

    def wake() -> None:
        with suppress(RuntimeError):  # the prompt, and its loop with it, ended before the call did
            loop.call_soon_threadsafe(changed.set)

    try:
        run = await asyncio.to_thread(start, model, given, token, wake)
        await watch(run, host, changed)
        result = await asyncio.to_thread(collect, run)
    except VolcvError as error:
        host.outcome(status.failed(error))
        raise
    except BaseException:  # interrupted, or the loop is torn down: calls that are not sent must not be
        token.cancel()
        host.outcome(status.stopped())
        raise
    host.outcome(result.status)
    return result


def start(model: Model, given: Mapping[str, Any], token: CancelToken, wake: Callable[[], None]) -> BatchRun:
    client = clients.client()
    planned = plan(model, convert_inputs(model, given, CONVERTERS))
    pixels = None if model.video else ImageBatch(len(planned.calls))
    return client.start(planned, token=token, pixels=pixels, on_change=wake)


async def watch(run: BatchRun, host: Host, changed: asyncio.Event) -> None:
    """Wait until every call has ended, showing where they stand. Raises Cancelled once interrupted."""
    shown, done, moved = "", -1, 0.0
    while True:
        changed.clear()
        if host.interrupted():
            raise Cancelled
        now = time.monotonic()
        expected = course(run.calls, run.model.service_seconds, now)
        if run.done != done:
            done, moved = run.done, now
            await host.progress(done, len(run.calls))
        elif expected.done > done and now - moved >= BAR_SECONDS:
            moved = now
            await host.progress(expected.done, len(run.calls))
        if done == len(run.calls):
            return
        left = [say("status.left", seconds=expected.left)] if expected.left else []
        if (line := say("status.between").join([run.status(), *left])) != shown:
            shown = line
            host.status(shown)
        with suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(changed.wait(), POLL_SECONDS)


def collect(run: BatchRun) -> NodeResult:
    """The outputs of an ended run. Raises the run's error."""
    result = run.result()
    if run.pixels is None:
        videos = [file.path for file in result.pictures if file.path is not None]
        return NodeResult(**vars(result), video=videos)
    batch, padded = run.pixels.stack()
    several = {len(one.files) for one in result.results if len(one.files) > 1}
    notes = [size_note(batch, padded), *(say("note.several", count=count) for count in several)]
    mask = None
    if Output.MASK in run.model.outputs:
        masks, _ = stack([decode_mask(file.read()) for file in result.pictures])
        mask = torch.from_numpy(masks)
    return NodeResult(**vars(replace(result, notes=(*result.notes, *notes))), images=torch.from_numpy(batch), mask=mask)


async def recall(request_id: str, newest: int, host: Host) -> NodeResult:
    """Results as a node's outputs: the one with that id, or the newest ones that are pictures.

    ``request_id``: also a task id. A result that is paid and not stored yet is fetched, which charges nothing. Raises
    VolcvError, among them the StoreErrors of :func:`stored_results`; Cancelled once interrupted.
    """
    entry = await asyncio.to_thread(paid_entry, request_id)
    fetched = await fetch(entry, host) if entry else None
    return await asyncio.to_thread(recalled, request_id, newest, fetched)


def paid_entry(name: str) -> Entry | None:
    """The call of that request id or task id whose result is paid and not stored yet; None if there is none."""
    entry = clients.store().journal.by_name(name)
    return entry if entry and entry.state in (State.SUBMITTED, State.ANSWERED) else None


async def fetch(entry: Entry, host: Host) -> Result:
    """The result of an earlier call. Raises VolcvError, or Cancelled once interrupted."""
    call = await asyncio.to_thread(lambda: clients.client_for(entry).fetch(entry))
    shown = ""
    try:
        while not call.ended:
            if host.interrupted():
                raise Cancelled
            seconds = int(time.monotonic() - call.phase_since)
            if (line := say(f"status.{call.phase.value}", seconds=seconds)) != shown:
                shown = line
                host.status(shown)
            await asyncio.sleep(POLL_SECONDS)
    except BaseException:  # interrupted, or the loop is torn down
        call.token.cancel()
        raise
    if call.result is None:
        raise call.error or Cancelled
    return call.result


def stored_results(request_id: str, newest: int = 1) -> list[Result]:
    """The stored result with that request id or task id, or the newest ones that are pictures.

    Raises StoreError if there is none, or if the one with that id is a video.
    """
    entry = clients.store().journal.by_name(request_id)
    if entry and entry.state is State.COMPLETE and entry.result.files:
        return pictures_of([entry.result])
    return pictures_of(clients.store().recall(request_id, newest, lambda result: not result.is_video))


def pictures_of(results: list[Result]) -> list[Result]:
    """The results. Raises StoreError if one is a video."""
    if video := next((result for result in results if result.is_video), None):
        raise StoreError("video_stored", request=video.request_id)
    return results


def check_recall(request_id: str) -> None:
    """Raise StoreError if :func:`recall` cannot bring a result with that id."""
    if paid_entry(request_id) is None:
        stored_results(request_id)


def recalled(request_id: str, newest: int, fetched: Result | None) -> NodeResult:
    """What was fetched, or else the :func:`stored_results`, as a node's outputs. Raises StoreError."""
    stored = pictures_of([fetched]) if fetched else stored_results(request_id, newest)
    results = [replace(result, reused=True) for result in stored]
    batch, padded = stack([file.pixels() for result in results for file in result.files])
    summary = say("summary.reused", made=say("made.images", count=len(batch)))
    response = response_json(result.response() for result in results)
    notes = (size_note(batch, padded), *(note for result in results for note in result.notes))
    return NodeResult(tuple(results), texts_of(results), response, notes, summary, torch.from_numpy(batch))


async def recall_video(request_id: str, host: Host) -> NodeResult:
    """As :func:`recall`, for the video with that id, or the newest one."""
    entry = await asyncio.to_thread(paid_entry, request_id)
    fetched = await fetch(entry, host) if entry else None
    return await asyncio.to_thread(recalled_video, request_id, fetched)


def stored_video(request_id: str) -> Result:
    """The stored video with that request id or task id, or the newest one. StoreError if there is none."""
    entry = clients.store().journal.by_name(request_id)
    if entry and entry.state is State.COMPLETE and entry.result.files:
        return video_of(entry.result)
    return video_of(clients.store().recall(request_id, 1, lambda result: result.is_video)[0])


def video_of(result: Result) -> Result:
    if not result.is_video:
        raise StoreError("picture_stored", request=result.request_id)
    return result


def check_recall_video(request_id: str) -> None:
    """Raise StoreError if :func:`recall_video` cannot bring a video with that id."""
    if paid_entry(request_id) is None:
        stored_video(request_id)


def recalled_video(request_id: str, fetched: Result | None) -> NodeResult:
    """What was fetched, or else the :func:`stored_video`, as a node's outputs. Raises StoreError."""
    result = replace(video_of(fetched) if fetched else stored_video(request_id), reused=True)
    videos = [file.path for file in result.files if file.path is not None and file.size]
    summary = say("summary.reused", made=say("made.video", count=len(videos)))
    response = response_json([result.response()])
    return NodeResult((result,), texts_of([result]), response, result.notes, summary, video=videos)


def size_note(batch: NDArray[np.float32], padded: bool) -> str:
    """Size of the pictures; what ComfyUI writes under a preview is the preview's size."""
    return say("note.padded" if padded else "note.size", width=batch.shape[2], height=batch.shape[1])
