"""Waiting for runs in a terminal: the progress bar, and what Ctrl-C means."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from ..calls.batch import BatchRun
from ..calls.call import SENT
from ..catalog.labels import title
from ..messages import say
from .terminal import Progress, report

POLL_SECONDS = 0.1


class Work(Protocol):
    """Something that goes on while the terminal waits."""

    def step(self) -> bool:
        """Do what can be done at once; whether everything has ended."""
        ...

    def position(self) -> tuple[int, int, str]:
        """How many have ended, of how many, and the status line."""
        ...

    def active_runs(self) -> Iterable[BatchRun]:
        """Runs that have not ended."""
        ...

    def cancel(self) -> None:
        """Stop what has not been sent."""
        ...


class Runs:
    """Runs that were all started at once."""

    def __init__(self, runs: Sequence[BatchRun]) -> None:
        self._runs = runs

    def step(self) -> bool:
        return all(run.ended for run in self._runs)

    def position(self) -> tuple[int, int, str]:
        done, total = sum(run.done for run in self._runs), sum(len(run.calls) for run in self._runs)
        current = next(iter(self.active_runs()), None)
        if current is None or len(self._runs) == 1:
            return done, total, self._runs[0].status()
        return done, total, status_of_several(done, total, title(current.model), current)

    def active_runs(self) -> Iterable[BatchRun]:
        return (run for run in self._runs if not run.ended)

    def cancel(self) -> None:
        for run in self._runs:
            run.cancel()


def status_of_several(done: int, total: int, label: str, run: BatchRun) -> str:
    return say("status.between").join((say("status.done", done=done, total=total), f"{label}: {run.status()}"))


def follow(work: Work, progress: Progress) -> bool:
    """Wait until the work has ended; whether the user interrupted (Ctrl-C or SIGTERM).

    The first time stops what has not been sent. What has is charged, so it is waited for, at most the profile's
    ``exit_wait`` seconds, and stored; the second time gives that up and raises KeyboardInterrupt.
    """
    deadline = None
    while True:
        try:
            while not work.step() and (deadline is None or time.monotonic() < deadline):
                progress.update(*work.position())
                time.sleep(POLL_SECONDS)
            progress.clear()
            if deadline is not None:
                abandon(work)
            return deadline is not None
        except KeyboardInterrupt:
            progress.clear()
            if deadline is not None:
                abandon(work)
                raise
            try:
                deadline = stop(work)
            except KeyboardInterrupt:
                abandon(work)
                raise


def stop(work: Work) -> float:
    """Stop what has not been sent; until when to wait for the rest (time.monotonic())."""
    work.cancel()
    runs = list(work.active_runs())
    seconds = max((run.exit_wait for run in runs), default=0.0)
    sent = sum(call.phase in SENT for run in runs for call in run.calls)
    if sent:
        report(say("exit.waiting", count=sent, seconds=round(seconds)))
    return time.monotonic() + seconds


def abandon(work: Work) -> None:
    """Leave what has not ended."""
    left = [run for run in work.active_runs() if not run.ended]
    for run in left:
        run.abandon()
    if left:
        report(say("exit.left"))
