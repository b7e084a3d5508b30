"""Waiting for what other threads bring about."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(condition: Callable[[], object], seconds: float = 10.0, every: float = 0.005) -> None:
    """Wait until the condition holds; fails if it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(every)


def settled(read: Callable[[], int], seconds: float = 0.4) -> int:
    """The value of ``read()`` once there was time enough for it to go wrong."""
    time.sleep(seconds)
    return read()
