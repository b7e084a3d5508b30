"""Jobs in order: few active at a time, each recorded once it has ended."""

from __future__ import annotations

import json
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from .. import config
from ..calls.batch import HOPELESS, BatchRun
from ..calls.executor import SPARE_WORKERS
from ..client import Client
from ..errors import Cancelled, VolcvError
from ..messages import say
from ..request.plan import plan
from .files import responses_with_files, save_run
from .follow import status_of_several
from .job_reader import Job
from .job_record import Record
from .options import collect
from .terminal import Progress, report, show

T = TypeVar("T")
GIVE_UP_AFTER = 5
"""Jobs of one model that fail in a row over the key, the balance or the settings; the others would, too."""

LONGEST_STEM = 60


@dataclass(eq=False)
class ActiveJob:
    """A job whose run is active. ``saved``: paths by call position once the files are written; ``charged`` and
    ``reused`` are counted once."""

    job: Job
    run: BatchRun
    saved: dict[int, list[Path]] | None = None
    calls: Counter[str] | None = None


@dataclass
class Counts:
    """``calls`` counts what was charged and what was reused."""

    done: int = 0
    failed: int = 0
    calls: Counter[str] = field(default_factory=Counter)


class Queue:
    """Runs the jobs; see :class:`follow.Work`.

    New runs are started while fewer calls are open than the client has threads: enough to keep every slot busy, few
    enough that thousands of jobs need no more memory than ten. ``broken``: the error that made writing impossible.
    """

    def __init__(
        self, client: Client, jobs: Sequence[Job], record: Record, progress: Progress, *, as_json: bool, quiet: bool
    ) -> None:
        self.counts = Counts()
        self.total = len(jobs)
        self.broken: OSError | None = None
        self._client = client
        self._waiting = deque(jobs)
        self._record = record
        self._folder = record.path.parent
        self._progress = progress
        self._as_json = as_json
        self._quiet = quiet
        self._window = client.profile.max_concurrency + SPARE_WORKERS
        self._active: list[ActiveJob] = []
        self._hopeless: Counter[str] = Counter()

    @property
    def left(self) -> int:
        """Jobs that were not sent, or not to their end."""
        return self.total - self.counts.done - self.counts.failed

    def active_runs(self) -> Iterable[BatchRun]:
        return [active.run for active in self._active]

    def position(self) -> tuple[int, int, str]:
        done = self.total - len(self._waiting) - len(self._active)
        if not self._active:
            return done, self.total, say("status.done", done=done, total=self.total)
        first = self._active[0]
        return done, self.total, status_of_several(done, self.total, first.job.label, first.run)

    def cancel(self) -> None:
        self._waiting.clear()
        for active in self._active:
            active.run.cancel()

    def step(self) -> bool:
        for active in [active for active in self._active if active.run.ended]:
            self._attempt(self._finish, active)
            self._active.remove(active)
        while self._waiting and sum(len(run.calls) - run.done for run in self.active_runs()) < self._window:
            self._attempt(self._start, self._waiting.popleft())
        return not self._active and not self._waiting

    def _attempt(self, act: Callable[[T], None], subject: T) -> None:
        """Act; when nothing more can be written, stop sending and wait for what is charged."""
        try:
            act(subject)
        except OSError as error:
            self.broken = self.broken or error
            self.cancel()

    def _start(self, job: Job) -> None:
        if self._hopeless[job.model.req_key] >= GIVE_UP_AFTER:
            return
        try:
            run = self._client.start(plan(job.model, collect(job.model, job.values)))
        except VolcvError as error:
            self._close(job, self._entry(job, None), error)
        else:
            self._active.append(ActiveJob(job, run))

    def _finish(self, active: ActiveJob) -> None:
        """Save the pictures, then record the job."""
        if active.calls is None:
            active.calls = self._charged_and_reused(active.run)
            self.counts.calls += active.calls
        if self.broken is not None:
            return  # the result store has the pictures
        job, run = active.job, active.run
        self._progress.clear()
        if active.saved is None:
            active.saved = save_run(run, self._folder, stem_of(job))
        entry = self._entry(job, active)
        responses = responses_with_files(run, active.saved)
        try:
            result = run.result()
        except Cancelled:
            if active.saved:
                self._close(job, entry, None, responses, interrupted=True)
            return
        except Exception as error:  # whatever goes wrong with one job, the others are to be finished
            self._close(job, entry, error, responses)
            return
        extra = {"text": result.text, "notes": list(result.notes)}
        self._close(job, entry | {name: value for name, value in extra.items() if value}, None, responses)
        for note in dict.fromkeys(result.problems if self._quiet else result.notes):
            report(f"{job.label}: {note}")

    def _charged_and_reused(self, run: BatchRun) -> Counter[str]:
        reused = sum(call.result.reused for call in run.calls if call.result is not None)
        is_sandbox = self._client.profile.name == config.SANDBOX
        return Counter(charged=0 if is_sandbox else sum(call.charges for call in run.calls), reused=reused)

    def _entry(self, job: Job, active: ActiveJob | None) -> dict[str, Any]:
        """The line of the record, as far as it does not depend on how the job ended."""
        calls = active.run.responses().values() if active else ()
        saved, counts = (active.saved or {}, active.calls or Counter()) if active else ({}, Counter[str]())
        return {
            **({"id": job.name} if job.name else {}),
            "line": job.line,
            "key": job.model.req_key,
            "digest": job.digest,
            "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "files": [path.name for paths in saved.values() for path in paths],
            "request_ids": [call["request_id"] for call in calls if call["request_id"]],
            "charged": counts["charged"],
            "reused": counts["reused"],
        }

    def _close(
        self,
        job: Job,
        entry: dict[str, Any],
        error: Exception | None,
        responses: Sequence[dict[str, Any]] = (),
        *,
        interrupted: bool = False,
    ) -> None:
        """Record how a job ended, then report it."""
        if interrupted:
            entry["error"] = say("cli.interrupted")
        elif error is not None:
            text = str(error) if isinstance(error, VolcvError) else f"{type(error).__name__}: {error}"
            entry |= {"error": text, "code": getattr(error, "code", None)}
            report(f"volcv: {job.label}: {text}")
        self._record.add(entry)
        self.counts.done += error is None and not interrupted
        self.counts.failed += error is not None
        files = [str(self._folder / name) for name in entry["files"]]
        if self._as_json:
            show(json.dumps({**entry, "files": files, "calls": list(responses)}, ensure_ascii=False))
        else:
            for path in files:
                show(path)
        self._count_hopeless(job, error)

    def _count_hopeless(self, job: Job, error: Exception | None) -> None:
        """Give up on a model whose jobs keep failing for a reason that is not theirs."""
        key = job.model.req_key
        self._hopeless[key] = self._hopeless[key] + 1 if isinstance(error, HOPELESS) else 0
        if self._hopeless[key] == GIVE_UP_AFTER and self._waiting:
            report(say("cli.jobs.given_up", key=key, count=GIVE_UP_AFTER))


def stem_of(job: Job) -> str:
    """File stem of the job's pictures: its id, as far as a file name can hold it."""
    return re.sub(r"[^\w.-]", "_", job.name).lstrip(".")[:LONGEST_STEM]
