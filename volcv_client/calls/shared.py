"""State that the clients of one process share."""

from __future__ import annotations

import threading
from itertools import count
from pathlib import Path

from ..store.results import ResultStore
from .call import Call
from .limiter import Limiter


class SharedState:
    """A limiter per credential, a store per folder, active calls. Thread-safe.

    ``exit_wait``: seconds to wait at the end of the process for calls at the service; ``drained``: that is over.
    """

    def __init__(self) -> None:
        self.exit_wait = 30.0
        self.drained = False
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._limiters: dict[str, Limiter] = {}
        self._stores: dict[Path, ResultStore] = {}
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

    def stores(self) -> list[ResultStore]:
        with self._lock:
            return list(self._stores.values())

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
