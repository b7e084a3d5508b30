"""Jobs one after the other: few under way at a time, each recorded once it has ended."""

from __future__ import annotations

import gc
import json
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from .. import config
from ..calls.run import HOPELESS, Run
from ..calls.service import SPARE_WORKERS, Service
from ..errors import Cancelled, VolcvError
from ..messages import say
from .files import check_result
from .follow import status_of_several
from .job_reader import Job
from .job_record import Record
from .options import collect
from .run import entries, save
from .terminal import Progress, report, show

T = TypeVar("T")
Size = tuple[int, int]
GIVE_UP_AFTER = 5
"""Jobs of one model that fail in a row over the key, the balance or the settings; the others would, too."""

LONGEST_STEM = 60


@dataclass(eq=False)
class Started:
    """A job under way."""

    job: Job
    run: Run[Size]
    saved: dict[int, list[Path]] | None = None
    paid: Counter[str] | None = None


@dataclass
class Counts:
    """``calls`` counts what was charged and what was reused."""

    done: int = 0
    failed: int = 0
    calls: Counter[str] = field(default_factory=Counter)


class Queue:
    """Works off the jobs; see :class:`follow.Work`.

    New runs are started while fewer calls are open than the service has threads for: enough to keep every slot busy,
    and few enough that thousands of jobs need no more memory than ten. ``broken``: what made writing impossible.
    """

    def __init__(
        self, service: Service, jobs: Sequence[Job], record: Record, progress: Progress, *, as_json: bool, quiet: bool
    ) -> None:
        self.counts = Counts()
        self.total = len(jobs)
        self.broken: OSError | None = None
        self._service = service
        self._waiting = deque(jobs)
        self._record = record
        self._folder = record.path.parent
        self._progress = progress
        self._as_json = as_json
        self._quiet = quiet
        self._window = service.profile.max_concurrency + SPARE_WORKERS
        self._active: list[Started] = []
        self._hopeless: Counter[str] = Counter()
        self._ended = 0

    @property
    def left(self) -> int:
        """Jobs that were not sent, or not to their end."""
        return self.total - self.counts.done - self.counts.failed

    def runs(self) -> Iterable[Run[Any]]:
        return [one.run for one in self._active]

    def place(self) -> tuple[int, int, str]:
        done = self.total - len(self._waiting) - len(self._active)
        if not self._active:
            return done, self.total, say("status.done", done=done, total=self.total)
        first = self._active[0]
        return done, self.total, status_of_several(done, self.total, first.job.label, first.run)

    def cancel(self) -> None:
        self._waiting.clear()
        for one in self._active:
            one.run.cancel()

    def step(self) -> bool:
        for one in [one for one in self._active if one.run.done == len(one.run.calls)]:
            self._attempt(self._finish, one)
            self._active.remove(one)
            self._ended += 1
        if self._ended >= self._window:
            # A run, its calls and their errors know each other in circles; left to itself, the collector comes to
            # them, and to their pictures, after hundreds of jobs.
            gc.collect()
            self._ended = 0
        while self._waiting and sum(len(one.run.calls) - one.run.done for one in self._active) < self._window:
            self._attempt(self._start, self._waiting.popleft())
        return not self._active and not self._waiting

    def _attempt(self, act: Callable[[T], None], subject: T) -> None:
        """Do it; when nothing more can be written, stop sending and wait for what is paid for."""
        try:
            act(subject)
        except OSError as error:
            self.broken = self.broken or error
            self.cancel()

    def _start(self, job: Job) -> None:
        if self._hopeless[job.model.req_key] >= GIVE_UP_AFTER:
            return
        try:
            batch = collect(job.model, job.values).batch(job.model)
            run = Run(self._service, job.model, batch, lambda _, media: check_result(media))
        except VolcvError as error:
            self._close(job, self._entry(job, None), error)
        else:
            self._active.append(Started(job, run))

    def _finish(self, one: Started) -> None:
        """Save the pictures, then record it."""
        if one.paid is None:
            one.paid = self._paid(one.run)
            self.counts.calls += one.paid
        if self.broken is not None:
            return  # the result store has the pictures
        job, run = one.job, one.run
        self._progress.clear()
        if one.saved is None:
            one.saved = save(run, self._folder, stem_of(job))
        entry = self._entry(job, one)
        try:
            outcome = run.outcome()
        except Cancelled:
            if one.saved:
                self._close(job, entry, None, interrupted=True)
            return
        except Exception as error:  # whatever goes wrong with one job, the others are to be finished
            self._close(job, entry, error, one)
            return
        entry |= {name: value for name, value in (("text", outcome.text), ("notes", list(outcome.notes))) if value}
        self._close(job, entry, None, one)
        if not self._quiet:
            for note in outcome.notes:
                report(f"{job.label}: {note}")

    def _paid(self, run: Run[Size]) -> Counter[str]:
        """How many calls were charged and how many reused."""
        answers = [call.future.result() for call in run.calls if call.future.exception() is None]
        reused = sum(answer.reused for answer in answers)
        charged = 0 if self._service.profile.name == config.SANDBOX else len(answers) - reused
        return Counter(charged=charged, reused=reused)

    def _entry(self, job: Job, one: Started | None) -> dict[str, Any]:
        """The line of the record, as far as it does not depend on how the job ended."""
        calls = one.run.calls if one else []
        errors = [error for call in calls if isinstance(error := call.future.exception(), VolcvError)]
        answers = [call.future.result() for call in calls if call.future.exception() is None]
        saved, paid = (one.saved or {}, one.paid or Counter()) if one else ({}, Counter[str]())
        return {
            **({"id": job.name} if job.name else {}),
            "line": job.line,
            "key": job.model.req_key,
            "digest": job.digest,
            "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "files": [path.name for paths in saved.values() for path in paths],
            "request_ids": list(filter(None, [one.request_id for one in answers] + [one.request_id for one in errors])),
            "charged": paid["charged"],
            "reused": paid["reused"],
        }

    def _close(
        self,
        job: Job,
        entry: dict[str, Any],
        error: Exception | None,
        one: Started | None = None,
        *,
        interrupted: bool = False,
    ) -> None:
        """Record how a job ended, then tell it."""
        if interrupted:
            entry["error"] = say("cli.interrupted")
        elif error is not None:
            told = str(error) if isinstance(error, VolcvError) else f"{type(error).__name__}: {error}"
            entry |= {"error": told, "code": getattr(error, "code", None)}
            report(f"volcv: {job.label}: {told}")
        self._record.add(entry)
        self.counts.done += error is None and not interrupted
        self.counts.failed += error is not None
        self._print(entry, one)
        self._watch(job, error)

    def _print(self, entry: dict[str, Any], one: Started | None) -> None:
        files = [str(self._folder / name) for name in entry["files"]]
        if self._as_json:
            calls = entries(one.run, one.saved or {}) if one else []
            show(json.dumps({**entry, "files": files, "calls": calls}, ensure_ascii=False))
        else:
            for path in files:
                show(path)

    def _watch(self, job: Job, error: Exception | None) -> None:
        """Give up on a model whose jobs keep failing for a reason that is not theirs."""
        key = job.model.req_key
        self._hopeless[key] = self._hopeless[key] + 1 if isinstance(error, HOPELESS) else 0
        if self._hopeless[key] == GIVE_UP_AFTER and self._waiting:
            report(say("cli.jobs.given_up", key=key, count=GIVE_UP_AFTER))


def stem_of(job: Job) -> str:
    """What the job's pictures are called: its id, as far as a file name can hold it."""
    return re.sub(r"[^\w.-]", "_", job.name).lstrip(".")[:LONGEST_STEM]
