"""A run: the calls of one plan, their progress, and the result of all of them."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from .. import config
from ..catalog.shared import SKIP
from ..errors import (
    BatchError,
    BudgetError,
    Cancelled,
    CredentialError,
    ModerationError,
    ParameterError,
    QuotaError,
    SetupError,
    StoreError,
    VolcvError,
)
from ..images.batch import ImageBatch
from ..messages import say
from ..request.body import draft
from ..request.plan import Plan
from ..store.result import Result, ResultFile
from .call import Call, FileDecoder, Phase
from .cancel import CancelToken
from .executor import CallExecutor

HOPELESS = (CredentialError, QuotaError, SetupError, BudgetError, StoreError)
"""After one of these, the calls of the run that are not yet sent would fail the same way."""

SKIPPABLE = (ModerationError, ParameterError)
"""Refusals of one picture, which ``on_refusal`` may skip; anything else is a failure of the run."""


@dataclass(frozen=True)
class RunResult:
    """The result of a run.

    ``results`` in order of the calls, without the skipped ones; ``text`` what the service wrote; ``response`` a JSON
    list with one object per call; ``notes`` lines for the user; ``summary`` the last status line.
    """

    results: tuple[Result, ...]
    text: str
    response: str
    notes: tuple[str, ...]
    summary: str

    @property
    def problems(self) -> list[str]:
        """Why results could not be stored; these are among the notes."""
        return [result.problem for result in self.results if result.problem]

    @property
    def pictures(self) -> list[ResultFile]:
        """Every picture (or video) in order; see :class:`ResultFile`."""
        return [file for result in self.results for file in result.files]


class BatchRun:
    """The calls of a plan. Thread-safe.

    ``pixels``: the pictures as one array, if they were asked for, see :class:`ImageBatch`.
    """

    def __init__(
        self,
        executor: CallExecutor,
        plan: Plan,
        *,
        token: CancelToken | None = None,
        pixels: ImageBatch | None = None,
        on_change: Callable[[], None] | None = None,
        forms: tuple[str, ...] = (),
    ) -> None:
        """``on_change`` is called, from worker threads, whenever a call has ended. ``forms``: see :class:`Call`.
        Nothing is sent before start()."""
        self.model = plan.model
        self.token = token or CancelToken()
        self.pixels = pixels
        self._started = time.monotonic()
        self._plan_notes = plan.notes
        self._skip_refusals = plan.on_refusal == SKIP
        self._is_sandbox = executor.profile.name == config.SANDBOX
        self._on_change = on_change
        self._condition = threading.Condition()
        self._done = 0
        self.calls = [
            Call(
                plan.model,
                planned.seed,
                planned.random,
                draft=partial(draft, plan.model, planned.given, lossless=executor.profile.lossless),
                decoder=FileDecoder(pixels, position),
                on_end=self._call_ended,
                forms=forms,
                token=CancelToken(self.token),
            )
            for position, planned in enumerate(plan.calls)
        ]
        self._executor = executor

    def start(self) -> BatchRun:
        """Submit every call. Raises BudgetError if they exceed a limit of the profile; then none is sent."""
        self._executor.check_limits(self.calls)
        for call in self.calls:
            self._executor.submit(call)
        return self

    def _call_ended(self, call: Call) -> None:
        if isinstance(call.error, HOPELESS):
            self.cancel()
        with self._condition:
            self._done += 1
            self._condition.notify_all()
        if self._on_change is not None:
            self._on_change()

    @property
    def done(self) -> int:
        """Calls that have ended, well or not."""
        return self._done

    @property
    def ended(self) -> bool:
        return self._done == len(self.calls)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every call has ended, at most ``timeout`` seconds; whether they have."""
        with self._condition:
            return self._condition.wait_for(lambda: self.ended, timeout)

    def cancel(self) -> None:
        """Stop what has not been sent; what was sent is finished in the background and stored."""
        self.token.cancel()

    @property
    def exit_wait(self) -> float:
        """Seconds to wait for what was sent when the process is told to end."""
        return self._executor.profile.exit_wait

    def abandon(self) -> None:
        """Do not wait for anything when the process ends."""
        self._executor.shared.drained = True

    def status(self) -> str:
        """One line: where the calls stand, how long the oldest has been there, retries."""
        open_calls = [call for call in self.calls if not call.ended]
        several = len(self.calls) > 1
        parts = [say("status.done", done=self.done, total=len(self.calls))] if several else []
        for phase, count in sorted(Counter(call.phase for call in open_calls).items(), key=lambda item: ORDER[item[0]]):
            since = [call.phase_since for call in open_calls if call.phase is phase]
            if phase is not Phase.DONE and since:
                times = say("status.times", count=count) if several else ""
                parts.append(say(f"status.{phase.value}", seconds=int(time.monotonic() - min(since))) + times)
        if unknown := next((call.service_status for call in open_calls if call.service_status), ""):
            parts.append(say("status.unknown", status=unknown))
        backing_off = next((call for call in open_calls if call.phase is Phase.BACKING_OFF), None)
        if backing_off is not None:
            parts.append(say("status.retry", number=backing_off.retries, reason=backing_off.retry_reason))
        return say("status.between").join(parts)

    def responses(self) -> dict[int, dict[str, Any]]:
        """The objects of the ``response`` output by position, from 0: of every call that has a result or an error."""
        objects: dict[int, dict[str, Any]] = {}
        for position, call in enumerate(self.calls):
            if call.result is not None:
                objects[position] = call.result.response()
            elif isinstance(call.error, VolcvError):
                error = call.error
                objects[position] = {"error": str(error), "seed": call.seed, "request_id": error.request_id}
        return objects

    def result(self) -> RunResult:
        """The result, once every call has ended.

        Raises the error of a single or uniform failure, BatchError for several, Cancelled if cancelled. What
        succeeded is in the result store either way. The run forgets the errors: a raised exception refers to the
        frames that it passed, and these to the run, so that input and output pictures would stay in memory.
        """
        results = [call.result for call in self.calls if call.result is not None]
        response = response_json(self.responses().values())
        failures: list[tuple[int, VolcvError]] = []
        error = unexpected = None
        for position, call in enumerate(self.calls, 1):
            error, call.error = call.error, None
            if isinstance(error, VolcvError):
                failures.append((position, error))
            elif error is not None and not isinstance(error, Cancelled):
                unexpected = error
        try:
            if unexpected is not None:
                raise unexpected
            if not failures and len(results) < len(self.calls):
                raise Cancelled
            skip = self._skip_refusals and results and all(isinstance(error, SKIPPABLE) for _, error in failures)
            if failures and not skip:
                raise self._failure(failures)
            missing = [say("batch.line", position=position, error=error) for position, error in failures]
        finally:
            del error, unexpected, failures  # see above
        notes = dict.fromkeys([*self._plan_notes, *(note for result in results for note in result.notes), *missing])
        text = "\n".join([*filter(None, [texts_of(results)]), *missing])
        return RunResult(tuple(results), text, response, tuple(notes), self._summary(results))

    def _failure(self, failures: Sequence[tuple[int, VolcvError]]) -> VolcvError:
        first = failures[0][1]
        alike = len({(error.key, error.code) for _, error in failures}) == 1
        if len(self.calls) == 1 or (alike and isinstance(first, HOPELESS)):
            return first
        return BatchError(list(failures), len(self.calls))

    def _summary(self, results: Sequence[Result]) -> str:
        reused = sum(result.reused for result in results)
        seconds = f"{time.monotonic() - self._started:.1f}"
        made = say(f"made.{self.model.outputs[0].value}", count=sum(len(result.files) for result in results))
        if self._is_sandbox:
            return say("summary.sandbox", made=made, seconds=seconds)
        calls = sum(call.charges for call in self.calls)
        if reused == len(results) and not calls:
            return say("summary.reused", made=made)
        key = "summary.charged" if not reused else "summary.mixed"
        return say(key, made=made, seconds=seconds, charged=say("made.charged", count=calls), reused=reused)


ORDER = {phase: position for position, phase in enumerate(Phase)}


def texts_of(results: Iterable[Result]) -> str:
    """The ``text`` output: what the service wrote, one text a line."""
    return "\n".join(text for result in results for text in result.texts.values())


def response_json(objects: Iterable[Mapping[str, Any]]) -> str:
    """The ``response`` output."""
    return json.dumps(list(objects), ensure_ascii=False, indent=1)
