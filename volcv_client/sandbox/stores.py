"""What the sandbox keeps in memory: result and uploaded files, and submitted tasks (catalog section 2)."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from .job import Job

CONTENT_TYPES = {
    **{name: f"image/{name}" for name in ("png", "webp", "bmp", "gif")},
    "jpg": "image/jpeg",
    "mp4": "video/mp4",
    "bin": "application/octet-stream",
}
#: Seconds after which the service forgets a task: about 12 hours.
KEPT = 12 * 3600.0
#: Bound of a sandbox that is left running; each task holds its pictures.
MAX_TASKS = 2000

QUEUED, RUNNING, DONE, LOST = "in_queue", "generating", "done", "not_found"


class FileStore:
    """Thread-safe; the oldest files go first once there are too many of them or too many bytes."""

    def __init__(self, max_files: int = 512, max_bytes: int = 256 * 1024 * 1024) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, tuple[bytes, str]] = {}
        self._limits = max_files, max_bytes

    def put(self, data: bytes, extension: str) -> str:
        """Keep ``data``; returns its name, ``<random id>.<extension>``."""
        name = f"{secrets.token_hex(16)}.{extension}"
        with self._lock:
            self._files[name] = data, CONTENT_TYPES[extension]
            total = sum(len(kept) for kept, _ in self._files.values())
            while len(self._files) > 1 and (len(self._files) > self._limits[0] or total > self._limits[1]):
                total -= len(self._files.pop(next(iter(self._files)))[0])
        return name

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Content and content type, None when there is no such file (any more)."""
        with self._lock:
            return self._files.get(name)


class TaskStore:
    """Thread-safe. ``seconds``: from acceptance to done; ``clock``: seconds that only go forward."""

    def __init__(self, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._tasks: dict[str, tuple[Job, float]] = {}

    def add(self, job: Job) -> str:
        """Accept a task; returns its id, 19 digits like the service's own."""
        task_id = f"7{secrets.randbelow(10**18):018d}"
        with self._lock:
            self._tasks[task_id] = job, self._clock()
            while len(self._tasks) > MAX_TASKS:
                del self._tasks[next(iter(self._tasks))]
        return task_id

    def find(self, task_id: str, req_key: str) -> tuple[str, Job | None]:
        """A task's status, a third of the time in_queue, then generating, then done, and its job if there is one."""
        with self._lock:
            job, born = self._tasks.get(task_id, (None, 0.0))
        age = self._clock() - born
        if job is None or job.req_key != req_key or age > KEPT:
            return LOST, None
        return (QUEUED if age < self._seconds / 3 else RUNNING if age < self._seconds else DONE), job
