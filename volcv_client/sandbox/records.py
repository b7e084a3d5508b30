"""What the sandbox saw: every POST on the API paths, how many ran at once, how many were charged."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

#: Bounds so that a sandbox left running for days does not eat the machine; tests never get near them.
MAX_RECORDS = 10_000
MAX_BODY_BYTES = 512 * 1024 * 1024

#: Headers of which only the last four characters are kept.
SECRET = ("authorization", "x-security-token")


@dataclass(frozen=True)
class RecordedRequest:
    """One POST. ``time`` in seconds since the epoch; ``in_flight`` counts this request too.

    ``path``: ``/volcv/v1`` for the gateway, ``/`` for the native service."""

    time: float
    action: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any] | None
    status: int | None = None
    code: int | str | None = None
    in_flight: int = 0
    charged: bool = False
    path: str = ""


class Records:
    """Thread-safe log with a counter of requests being served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: deque[tuple[int, int]] = deque()
        self._by_number: dict[int, RecordedRequest] = {}
        self._next = 0
        self._bytes = 0
        self._running = 0
        self.charged = 0
        self.uploads = 0
        self.peak = 0

    def begin(
        self, query: Mapping[str, str], headers: Mapping[str, str], body: dict[str, Any] | None, size: int, path: str
    ) -> int:
        """Note a request; returns its number. ``size`` is the body's length in bytes."""
        safe = {name: value[-4:] if name.lower() in SECRET else value for name, value in headers.items()}
        with self._lock:
            number = self._next
            self._next += 1
            row = RecordedRequest(time.time(), query.get("Action", ""), dict(query), safe, body, path=path)
            self._by_number[number] = replace(row, in_flight=self._running + 1)
            self._rows.append((number, size))
            self._bytes += size
            while len(self._rows) > MAX_RECORDS or (self._bytes > MAX_BODY_BYTES and len(self._rows) > 1):
                old, old_size = self._rows.popleft()
                self._by_number.pop(old, None)
                self._bytes -= old_size
        return number

    def enter(self, number: int, limit: int | None) -> bool:
        """Take a place among the served requests; False when ``limit`` are already being served."""
        with self._lock:
            self._update(number, in_flight=self._running + 1)
            if limit is not None and self._running >= limit:
                return False
            self._running += 1
            self.peak = max(self.peak, self._running)
            return True

    def leave(self) -> None:
        with self._lock:
            self._running -= 1

    def charge(self, number: int) -> None:
        """Work was done for this request."""
        with self._lock:
            self.charged += 1
            self._update(number, charged=True)

    def uploaded(self) -> None:
        """A file was uploaded."""
        with self._lock:
            self.uploads += 1

    def finish(self, number: int, status: int | None, code: int | str | None) -> None:
        """Note the answer. ``status`` is None when the connection is closed without one."""
        with self._lock:
            self._update(number, status=status, code=code)

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()
            self._by_number.clear()
            self._bytes = 0
            self.charged = self.uploads = 0
            self.peak = self._running

    def snapshot(self) -> list[RecordedRequest]:
        with self._lock:
            return [self._by_number[number] for number, _ in self._rows]

    def _update(self, number: int, **changes: Any) -> None:
        # A record may be gone already: clear() was called while its request ran.
        row = self._by_number.get(number)
        if row is not None:
            self._by_number[number] = replace(row, **changes)
