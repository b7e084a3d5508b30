"""Waiting for runs in a terminal: the bar, and what Ctrl-C means."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ..calls import Phase
from ..messages import say
from ..run import Run
from .terminal import Progress, report

POLL_SECONDS = 0.1
AT_THE_SERVICE = (Phase.WORKING, Phase.DOWNLOADING, Phase.DECODING)


def follow(runs: Sequence[Run[Any]], progress: Progress) -> bool:
    """Wait until every call has ended; whether the user interrupted.

    The first Ctrl-C stops what has not been sent. What has been is paid for, so it is waited for and stored;
    a second Ctrl-C gives that up and raises KeyboardInterrupt.
    """
    interrupted = False
    while True:
        try:
            wait(runs, progress)
            return interrupted
        except KeyboardInterrupt:
            progress.clear()
            if interrupted:
                raise
            interrupted = True
            for run in runs:
                run.cancel()
            sent = sum(call.phase in AT_THE_SERVICE for run in runs for call in run.calls)
            if sent:
                report(say("cli.finishing", count=sent))


def wait(runs: Sequence[Run[Any]], progress: Progress) -> None:
    total = sum(len(run.calls) for run in runs)
    while (done := sum(run.done for run in runs)) < total:
        progress.update(done, total, status(runs, done, total))
        time.sleep(POLL_SECONDS)
    progress.clear()


def status(runs: Sequence[Run[Any]], done: int, total: int) -> str:
    """The status line of the run, or of the first unfinished one of several."""
    current = next((run for run in runs if run.done < len(run.calls)), None)
    if current is None or len(runs) == 1:
        return runs[0].status()
    parts = (say("status.done", done=done, total=total), f"{current.model.title}: {current.status()}")
    return say("status.between").join(parts)
