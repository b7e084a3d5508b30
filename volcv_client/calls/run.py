"""One run of a model: from batched inputs to calls, their progress, and what came of them.

The nodes and the command run exactly this; they differ in how they wait.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, TypeVar

from .. import config
from ..catalog.shared import COUNT, ON_REFUSAL, SKIP
from ..catalog.spec import INT_MAX, Model
from ..errors import (
    BatchError,
    Cancelled,
    CredentialError,
    InputError,
    ModerationError,
    ParameterError,
    QuotaError,
    SetupError,
    VolcvError,
)
from ..messages import say
from ..request.payload import Built, Control, Inputs, PictureSource, SharedPicture, build, check, json_fields
from .call import SERVICE_WORKS, Answer, Call, Phase
from .cancel import CancelToken
from .service import Service

P = TypeVar("P")
POLL_SECONDS = 0.1
SETTLED_SECONDS = 0.5
HOPELESS = (CredentialError, QuotaError, SetupError)
"""After one of these, the calls of the run that are not yet sent would only fail the same way."""

SKIPPABLE = (ModerationError, ParameterError)
"""Refusals of one picture; anything else is a failure of the run."""


@dataclass(frozen=True)
class BatchInputs:
    """Inputs of a run. Every picture is a batch: one source per picture, or one for all."""

    values: Mapping[str, Any]
    pictures: Mapping[str, Sequence[PictureSource]] = field(default_factory=dict)
    controls: Sequence[tuple[Sequence[PictureSource], str, float]] = ()
    watermark: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Outcome(Generic[P]):
    """What a run brought.

    ``answers`` in order of pictures; ``text`` what the service wrote; ``response`` a JSON list with one object
    per call; ``notes`` lines for the user; ``summary`` the last status line.
    """

    answers: tuple[Answer[P], ...]
    text: str
    response: str
    notes: tuple[str, ...]
    summary: str

    @property
    def pictures(self) -> list[P]:
        return [picture for answer in self.answers for picture in answer.pictures]


def batch_sizes(inputs: BatchInputs) -> dict[str, int]:
    """Number of pictures by input name."""
    sizes = {name: len(batch) for name, batch in inputs.pictures.items()}
    return sizes | {f"more_controls {n}": len(batch) for n, (batch, _, _) in enumerate(inputs.controls, 1)}


def calls_of(inputs: BatchInputs) -> int:
    """How many calls a run of these inputs makes: pictures in the batch times ``count``."""
    return int(max([1, *batch_sizes(inputs).values()]) * inputs.values.get(COUNT.name, COUNT.default))


def split(inputs: BatchInputs, count: int) -> list[Inputs]:
    """One Inputs per picture of the batch, for ``count`` calls each. Raises InputError if batch sizes do not match."""
    sizes = batch_sizes(inputs)
    most = max([1, *sizes.values()])
    if any(size not in (1, most) for size in sizes.values()):
        raise InputError("batch_mismatch", sizes=", ".join(f"{name}: {size}" for name, size in sizes.items()))

    def spread(batch: Sequence[PictureSource]) -> Sequence[PictureSource]:
        uses = count * (most // len(batch))
        shared = [SharedPicture(source, uses) for source in batch] if uses > 1 else batch
        return [*shared] * (most // len(batch))

    pictures = {name: spread(batch) for name, batch in inputs.pictures.items()}
    controls = [(spread(batch), kind, strength) for batch, kind, strength in inputs.controls]
    return [
        Inputs(
            inputs.values,
            {name: batch[index] for name, batch in pictures.items()},
            [Control(batch[index], kind, strength) for batch, kind, strength in controls],
            inputs.watermark,
        )
        for index in range(most)
    ]


def without_empty_masks(model: Model, inputs: Inputs) -> tuple[Inputs, list[str]]:
    """The inputs without masks that select nothing. InputError if the model needs one of them."""
    empty = [name for name, source in inputs.pictures.items() if getattr(source, "empty", False)]
    for picture in model.pictures():
        if picture.required and picture.name in empty:
            raise InputError("empty_mask", name=picture.name)
    kept = {name: source for name, source in inputs.pictures.items() if name not in empty}
    return replace(inputs, pictures=kept), [say("note.empty_mask", name=name) for name in empty]


class Run(Generic[P]):
    """The calls of one run, started at once."""

    def __init__(
        self,
        service: Service,
        model: Model,
        batch: BatchInputs,
        decode: Callable[[int, bytes], P],
        token: CancelToken | None = None,
    ) -> None:
        """Check everything, then start. Raises InputError before any call is made.

        ``decode`` gets the place of a call in the run, from 0, and the bytes of each of its pictures.
        """
        self.model = model
        self.token = token or CancelToken()
        self.started = time.monotonic()
        self.notes: dict[str, None] = {}
        self.calls: list[Call[P]] = []
        self._sandbox = service.profile.name == config.SANDBOX
        self._on_refusal = batch.values.get(ON_REFUSAL.name, ON_REFUSAL.default)
        seeded = self._seeded(batch.values)
        for inputs in split(batch, len(seeded)):
            given, notes = without_empty_masks(model, inputs)
            for values in seeded:
                one = replace(given, values=values)
                self.notes |= dict.fromkeys([*notes, *check(model, one)])
                self.calls.append(self._call(service, one, decode))
        for call in self.calls:
            call.future.add_done_callback(self._stop_if_hopeless)
            service.submit(call)

    @staticmethod
    def _seeded(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The values of each picture that is made from one input: seed, seed + 1, ..."""
        count, seed = values.get(COUNT.name, 1), values.get("seed", -1)
        if isinstance(count, bool) or not isinstance(count, int) or not COUNT.low <= count <= COUNT.high:
            raise InputError("out_of_bounds", name=COUNT.name, value=count, low=COUNT.low, high=COUNT.high)
        if seed < 0:
            return [values] * count
        if seed + count - 1 > INT_MAX:
            raise InputError("seed_too_high", seed=seed, count=count, high=INT_MAX - count + 1)
        return [{**values, "seed": seed + offset} for offset in range(count)]

    def _call(self, service: Service, inputs: Inputs, decode: Callable[[int, bytes], P]) -> Call[P]:
        told = json_fields(self.model, inputs.values).get("seed")
        seed = told if type(told) is int and told <= INT_MAX else inputs.values.get("seed", -1)

        def body() -> Built:
            return build(self.model, inputs, lossless=service.profile.lossless)

        token = CancelToken(self.token)
        known, random = (seed, False) if seed >= 0 else (None, not self.model.repeatable)
        return Call(self.model, body, partial(decode, len(self.calls)), known, random, token=token)

    def _stop_if_hopeless(self, future: Future[Answer[P]]) -> None:
        if isinstance(future.exception(), HOPELESS):
            self.cancel()

    @property
    def futures(self) -> list[Future[Answer[P]]]:
        return [call.future for call in self.calls]

    @property
    def done(self) -> int:
        """Calls that have ended, well or not."""
        return sum(future.done() for future in self.futures)

    def cancel(self) -> None:
        """Stop what has not been sent; what has been is finished in the background and stored."""
        self.token.cancel()

    def only_waits(self) -> bool:
        """Whether all calls that are neither done nor queued have been at the service for a while."""
        if self.token.cancelled:
            return False
        begun = [call for call in self.calls if call.phase not in (Phase.QUEUED, Phase.WAITING, Phase.DONE)]
        recently = time.monotonic() - SETTLED_SECONDS
        return bool(begun) and all(call.phase in SERVICE_WORKS and call.phase_since < recently for call in begun)

    def first_picture(self) -> P | None:
        """The first finished picture, for a preview."""
        for future in self.futures:
            if future.done() and future.exception() is None and future.result().pictures:
                return future.result().pictures[0]
        return None

    def status(self) -> str:
        """One line: where the calls are, how long the oldest has been at the service, retries."""
        open_calls = [call for call in self.calls if not call.future.done()]
        parts = [say("status.done", done=self.done, total=len(self.calls))] if len(self.calls) > 1 else []
        phases = Counter(call.phase for call in open_calls)
        for phase in Phase:
            calls = [call for call in open_calls if call.phase is phase]
            if calls and phase is not Phase.DONE:
                seconds = int(time.monotonic() - min(call.phase_since for call in calls))
                many = say("status.times", count=phases[phase]) if len(self.calls) > 1 else ""
                parts.append(say(f"status.{phase.value}", seconds=seconds) + many)
        backing_off = [call for call in open_calls if call.phase is Phase.BACKING_OFF]
        if backing_off:
            parts.append(say("status.retry", number=backing_off[0].retries, reason=backing_off[0].retry_reason))
        return say("status.between").join(parts)

    def outcome(self) -> Outcome[P]:
        """What came of it, once every future is done.

        Raises the error of a single or uniform failure, BatchError for several, Cancelled if cancelled. What
        succeeded is in the result store either way.
        """
        answers: list[Answer[P]] = []
        failures: list[tuple[int, VolcvError]] = []
        entries: list[dict[str, Any]] = []
        for position, call in enumerate(self.calls, 1):
            error = call.future.exception()
            if error is None:
                answers.append(call.future.result())
                entries.append(response_entry(answers[-1]))
            elif isinstance(error, VolcvError):
                failures.append((position, error))
                entries.append({"error": str(error), "seed": call.seed, "request_id": error.request_id})
            elif not isinstance(error, Cancelled):
                raise error
        if not failures and len(answers) < len(self.calls):
            raise Cancelled
        skip = self._on_refusal == SKIP and all(isinstance(error, SKIPPABLE) for _, error in failures)
        if failures and not (skip and answers):
            raise self._failure(failures)
        missing = [say("batch.line", position=position, error=error) for position, error in failures]
        notes = dict.fromkeys([*self.notes, *(note for answer in answers for note in answer.notes), *missing])
        return Outcome(
            tuple(answers),
            "\n".join([*filter(None, [texts_of(answers)]), *missing]),
            response_of(entries),
            tuple(notes),
            self._summary(answers),
        )

    def _failure(self, failures: list[tuple[int, VolcvError]]) -> VolcvError:
        first = failures[0][1]
        alike = len({(error.key, error.code) for _, error in failures}) == 1
        if len(self.calls) == 1 or (alike and isinstance(first, HOPELESS)):
            return first
        return BatchError(failures, len(self.calls))

    def _summary(self, answers: Sequence[Answer[P]]) -> str:
        reused = sum(answer.reused for answer in answers)
        seconds = f"{time.monotonic() - self.started:.1f}"
        count = sum(len(answer.pictures) for answer in answers)
        made = say(f"made.{self.model.outputs[0].value}", count=count)
        if self._sandbox:
            return say("summary.sandbox", made=made, seconds=seconds)
        if reused == len(answers):
            return say("summary.reused", made=made)
        name = "summary.charged" if not reused else "summary.mixed"
        return say(name, made=made, seconds=seconds, charged=len(answers) - reused, reused=reused)


def texts_of(answers: Iterable[Answer[Any]]) -> str:
    """Everything that the service wrote, one text a line."""
    return "\n".join(text for answer in answers for text in answer.texts.values())


def response_of(entries: Iterable[Mapping[str, Any]]) -> str:
    """The ``response`` output."""
    return json.dumps(list(entries), ensure_ascii=False, indent=1)


def response_entry(answer: Answer[Any]) -> dict[str, Any]:
    """What the ``response`` output says about one call."""
    return {
        "request_id": answer.request_id,
        "seed": answer.seed,
        "seconds": answer.seconds,
        "image_urls": list(answer.image_urls),
        "texts": dict(answer.texts),
        "cost": answer.cost,
        "reused": answer.reused,
    }
