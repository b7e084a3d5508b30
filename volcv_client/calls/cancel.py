"""Cancellation: a flag that everything that waits looks at."""

from __future__ import annotations

import threading
import time

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

    def check(self) -> None:
        """Raises Cancelled once cancelled."""
        if self.cancelled:
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Sleep. Raises Cancelled as soon as cancelled."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(POLL_SECONDS, left))
        self.check()
