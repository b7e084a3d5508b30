"""The calls that have not ended, for whoever wants to show or stop them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .call import Call


@dataclass(frozen=True)
class Underway:
    """A call under way. ``number`` names it in this process; ``since`` is when it was submitted (monotonic)."""

    number: int
    call: Call[Any]
    since: float


_lock = threading.Lock()
_numbers = count(1)
_entries: dict[Call[Any], Underway] = {}


def enter(call: Call[Any]) -> None:
    """Note a call until its future is done. A call that is submitted again keeps its number."""
    with _lock:
        if call in _entries:
            return
        _entries[call] = Underway(next(_numbers), call, time.monotonic())
    call.future.add_done_callback(lambda _: leave(call))


def leave(call: Call[Any]) -> None:
    with _lock:
        _entries.pop(call, None)


def calls() -> list[Underway]:
    """Every call under way, oldest first."""
    with _lock:
        return list(_entries.values())
