"""Waiting for calls in a terminal: the bar, and what Ctrl-C means."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from ..calls.call import SENT
from ..calls.run import Run
from ..catalog.labels import title
from ..messages import say
from .terminal import Progress, report

POLL_SECONDS = 0.1


class Work(Protocol):
    """Something that goes on while the terminal waits."""

    def step(self) -> bool:
        """Do what can be done at once; whether everything has ended."""
        ...

    def place(self) -> tuple[int, int, str]:
        """How much of how much has ended, and the status line."""
        ...

    def runs(self) -> Iterable[Run[Any]]:
        """The runs that have not ended."""
        ...

    def cancel(self) -> None:
        """Stop what has not been sent."""
        ...


class Together:
    """Runs that were all started at once."""

    def __init__(self, runs: Sequence[Run[Any]]) -> None:
        self._runs = runs
        self._total = sum(len(run.calls) for run in runs)

    def step(self) -> bool:
        return sum(run.done for run in self._runs) == self._total

    def place(self) -> tuple[int, int, str]:
        done = sum(run.done for run in self._runs)
        current = next(iter(self.runs()), None)
        if current is None or len(self._runs) == 1:
            return done, self._total, self._runs[0].status()
        return done, self._total, status_of_several(done, self._total, title(current.model), current)

    def runs(self) -> Iterable[Run[Any]]:
        return (run for run in self._runs if run.done < len(run.calls))

    def cancel(self) -> None:
        for run in self._runs:
            run.cancel()


def status_of_several(done: int, total: int, name: str, run: Run[Any]) -> str:
    return say("status.between").join((say("status.done", done=done, total=total), f"{name}: {run.status()}"))


def follow(work: Work, progress: Progress) -> bool:
    """Wait until it has ended; whether the user interrupted.

    The first Ctrl-C stops what has not been sent. What has been is paid for, so it is waited for and stored;
    a second Ctrl-C gives that up and raises KeyboardInterrupt.
    """
    interrupted = False
    while True:
        try:
            while not work.step():
                progress.update(*work.place())
                time.sleep(POLL_SECONDS)
            progress.clear()
            return interrupted
        except KeyboardInterrupt:
            progress.clear()
            if interrupted:
                raise
            interrupted = True
            work.cancel()
            sent = sum(call.phase in SENT for run in work.runs() for call in run.calls)
            if sent:
                report(say("cli.finishing", count=sent))
