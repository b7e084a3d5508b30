"""Cancellation: a flag that everything that waits looks at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..errors import Cancelled

POLL_SECONDS = 0.1
"""Interval between two looks at a condition that has no event of its own."""


class CancelToken:
    """Set once by the user. Cancelling a parent cancels its children."""

    def __init__(self, parent: CancelToken | None = None) -> None:
        self._event = threading.Event()
        self._parent = parent

    @property
    def cancelled(self) -> bool:
        return self._event.is_set() or (self._parent is not None and self._parent.cancelled)

    def cancel(self) -> None:
        self._event.set()


class SharedToken:
    """Token of a request that several calls wait for: cancelled when all of them are."""

    def __init__(self, first: CancelToken) -> None:
        self._tokens = [first]

    def join(self, token: CancelToken) -> None:
        self._tokens.append(token)

    @property
    def cancelled(self) -> bool:
        return all(token.cancelled for token in self._tokens)

    def check(self) -> None:
        """Raises Cancelled once cancelled."""
        if self.cancelled:
            raise Cancelled

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Sleep, at most until ``until()`` holds. Raises Cancelled as soon as cancelled."""
        end = time.monotonic() + seconds
        while not until():
            self.check()
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(POLL_SECONDS, left))
