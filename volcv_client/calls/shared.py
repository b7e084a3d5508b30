"""State that the clients of one process share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from ..request.body import Request
from ..store.results import ResultStore
from ..store.tasks import Task
from .call import Call
from .cancel import SharedToken
from .limiter import Limiter


@dataclass
class InFlight:
    """A request in flight: its leader's token, and the calls (with their bodies) that wait for its result."""

    token: SharedToken
    followers: list[tuple[Call, Request]] = field(default_factory=list)


class SharedState:
    """A limiter per credential, a store per folder, requests in flight, claimed tasks, active calls. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._limiters: dict[str, Limiter] = {}
        self._stores: dict[Path, ResultStore] = {}
        self._in_flight: dict[str, InFlight] = {}
        self._claimed: set[str] = set()
        self._active: dict[int, Call] = {}

    def limiter(self, credential: str, limit: int) -> Limiter:
        """The limiter of a credential, with its configured limit set."""
        with self._lock:
            limiter = self._limiters.setdefault(credential, Limiter(limit))
        limiter.set_limit(limit)
        return limiter

    def store(self, folder: Path) -> ResultStore:
        with self._lock:
            return self._stores.setdefault(folder, ResultStore(folder))

    def join(self, fingerprint: str, call: Call, body: Request, token: SharedToken) -> bool:
        """Single-flight: True makes the call the leader of its request, False makes it wait for the leader."""
        with self._lock:
            flight = self._in_flight.get(fingerprint)
            if flight is None:
                self._in_flight[fingerprint] = InFlight(token)
                return True
            flight.token.join(call.token)
            flight.followers.append((call, body))
            return False

    def land(self, fingerprint: str) -> list[tuple[Call, Request]]:
        """End the request in flight; returns the calls that waited for it."""
        with self._lock:
            return self._in_flight.pop(fingerprint).followers

    def claim(self, task: Task) -> bool:
        """Claim a task for a call; False if another call of this process has it."""
        with self._lock:
            free = task.task_id not in self._claimed
            self._claimed.add(task.task_id)
            return free

    def release(self, task: Task) -> None:
        with self._lock:
            self._claimed.discard(task.task_id)

    def is_claimed(self, task: Task) -> bool:
        with self._lock:
            return task.task_id in self._claimed

    def add_active(self, call: Call) -> None:
        """Number a call and list it as active. A call that is submitted again keeps its number."""
        with self._lock:
            call.number = call.number or next(self._numbers)
            self._active[call.number] = call

    def remove_active(self, call: Call) -> None:
        with self._lock:
            self._active.pop(call.number, None)

    def active_calls(self) -> list[Call]:
        """Calls that have not ended, oldest first."""
        with self._lock:
            return list(self._active.values())
