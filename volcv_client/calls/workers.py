"""A pool of daemon threads for calls.

concurrent.futures joins its threads when the interpreter exits, so that closing ComfyUI would wait minutes for an
answer; daemon threads end with the process.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

IDLE_SECONDS = 10.0


class Workers:
    """Runs jobs in FIFO order on at most ``max_threads`` threads, started on demand, ended when idle."""

    def __init__(self, name: str, max_threads: int) -> None:
        self._name = name
        self._max_threads = max_threads
        self._condition = threading.Condition()
        self._jobs: deque[Callable[[], None]] = deque()
        self._threads = 0
        self._idle = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Queue a job. It must not raise."""
        with self._condition:
            self._jobs.append(job)
            if self._idle >= len(self._jobs):
                self._condition.notify()
            elif self._threads < self._max_threads:
                self._threads += 1
                threading.Thread(target=self._run, name=f"{self._name}-{self._threads}", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._idle += 1
                arrived = self._condition.wait_for(lambda: bool(self._jobs), IDLE_SECONDS)
                self._idle -= 1
                if not arrived:
                    self._threads -= 1
                    return
                job = self._jobs.popleft()
            job()
            del job  # an idle thread must not keep the last call, and its pictures, in memory
