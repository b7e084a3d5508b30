"""Submitted tasks: how far each one is, and the pictures it ended with (catalog section 2)."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from .results import Result
from .validate import Job

#: Seconds after which the service forgets a task: about 12 hours.
KEPT = 12 * 3600.0
#: Bound so that a sandbox left running does not eat the machine; each task holds its pictures.
MAX_TASKS = 2000

SUBMIT_ACTIONS = ("CVSync2AsyncSubmitTask", "CVSubmitTask")
RESULT_ACTIONS = ("CVSync2AsyncGetResult", "CVGetResult")

QUEUED, RUNNING, DONE, LOST, EXPIRED = "in_queue", "generating", "done", "not_found", "expired"
FATES = (QUEUED, RUNNING, LOST, EXPIRED)

#: What becomes of a task: None for success, a service code it fails with, or a status it ends in.
Fate = int | str | None


@dataclass
class Task:
    """One accepted task. ``work`` is the job until somebody asks for the result, then the result."""

    req_key: str
    fate: Fate
    born: float
    work: Job | Result
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def finish(self, run: Callable[[Job], Result]) -> Result:
        """The result; ``run`` makes it the first time."""
        with self._lock:
            if isinstance(self.work, Job):
                self.work = run(self.work)
            return self.work


class TaskStore:
    """Thread-safe. ``seconds``: from acceptance to done; ``clock``: seconds that only go forward."""

    def __init__(self, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._tasks: OrderedDict[str, Task] = OrderedDict()

    def add(self, job: Job, fate: Fate) -> str:
        """Accept a task; returns its id, 19 digits like the service's own."""
        task_id = f"7{secrets.randbelow(10**18):018d}"
        with self._lock:
            self._tasks[task_id] = Task(job.page.req_key, fate, self._clock(), job)
            while len(self._tasks) > MAX_TASKS:
                self._tasks.popitem(last=False)
        return task_id

    def find(self, task_id: str, req_key: str) -> Task | None:
        """The task of that id and model, None when there is none (any more)."""
        with self._lock:
            task = self._tasks.get(task_id)
            if task is not None and self._clock() - task.born > KEPT:
                del self._tasks[task_id]
                return None
        return task if task is not None and task.req_key == req_key else None

    def status(self, task: Task) -> str:
        """One third of the time in_queue, then generating, then done, unless its fate says otherwise."""
        if task.fate in (QUEUED, RUNNING, LOST):
            return str(task.fate)
        age = self._clock() - task.born
        if age < self._seconds / 3:
            return QUEUED
        if age < self._seconds:
            return RUNNING
        return EXPIRED if task.fate == EXPIRED else DONE
