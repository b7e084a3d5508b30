"""Limiter: how many calls of one credential may be in flight.

The service states its limit only by refusing (50429, 50430, HTTP 429). The allowance is halved on a refusal and grows
back by one after a quiet time with enough successes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .cancel import POLL_SECONDS, CancelToken

GROW_AFTER_SECONDS = 60.0
GROW_AFTER_SUCCESSES = 10


class Limiter:
    """A semaphore per credential whose size follows the service's refusals. Thread-safe."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._condition = threading.Condition()
        self._clock = clock
        self._limit = limit
        self._enforced: int | None = None  # the allowance after refusals; None before the first refusal
        self._in_flight = 0
        self._reduced_at = float("-inf")
        self._successes = 0

    @property
    def allowed(self) -> int:
        """Calls that may be in flight at this moment."""
        return self._limit if self._enforced is None else min(self._limit, self._enforced)

    def set_limit(self, limit: int) -> None:
        """Change the configured limit; a smaller allowance that the service enforced stays."""
        with self._condition:
            self._limit = limit
            self._condition.notify_all()

    @contextmanager
    def slot(self, token: CancelToken) -> Iterator[float]:
        """Hold one slot; yields the time at which it was granted. Raises Cancelled while waiting."""
        with self._condition:
            while self._in_flight >= self.allowed:
                token.check()
                self._condition.wait(POLL_SECONDS)
            token.check()
            self._in_flight += 1
        try:
            yield self._clock()
        finally:
            with self._condition:
                self._in_flight -= 1
                self._condition.notify_all()

    def refused(self, granted_at: float) -> None:
        """Halve the allowance: the service refused a call, whose slot was granted at ``granted_at``, as one too many.

        Refusals of calls granted before the last reduction are ignored: they say nothing about the new allowance.
        """
        with self._condition:
            self._successes = 0
            if granted_at > self._reduced_at:
                self._enforced = max(1, self.allowed // 2)
                self._reduced_at = self._clock()

    def adopt(self, allowed: int, *, grown: bool) -> None:
        """Follow another process: allow no more than it since it was refused, or as many as it since it has grown."""
        with self._condition:
            if allowed > self.allowed if grown else allowed < self.allowed:
                self._change(max(1, allowed))

    def succeeded(self) -> bool:
        """Count a success; whether the allowance has grown by one, after enough of them in a time without refusals."""
        with self._condition:
            self._successes += 1
            quiet = self._clock() - self._reduced_at >= GROW_AFTER_SECONDS
            if self._enforced is None or not quiet or self._successes < GROW_AFTER_SUCCESSES:
                return False
            self._change(self._enforced + 1)
            return True

    def _change(self, allowed: int) -> None:
        self._enforced = allowed if allowed < self._limit else None
        self._successes = 0
        self._reduced_at = self._clock()
        self._condition.notify_all()
