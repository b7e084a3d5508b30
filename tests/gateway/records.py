"""What the gateway saw: every POST on the API paths, how many ran at once, what each was answered."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

from volcv_client.sandbox.api import Request
from volcv_client.sandbox.envelope import Reply

from .faults import NO_CODE

#: Bounds of a gateway that is left running for days; tests never get near them.
MAX_RECORDS = 10_000
MAX_BODY_BYTES = 512 * 1024 * 1024

#: Headers of which only the last four characters are kept.
SECRET = ("authorization", "x-security-token")


@dataclass(frozen=True)
class RecordedRequest:
    """One POST. ``time`` in seconds since the epoch; ``in_flight`` counts this request too.

    ``status`` and ``code`` are None while there is no answer, or none that arrived. ``path``: ``/volcv/v1`` for the
    gateway, ``/`` for the native service."""

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
    """Thread-safe, in the order of arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[Request, RecordedRequest] = {}
        self._bytes = 0

    def begin(self, request: Request, body: dict[str, Any] | None) -> None:
        """Note a request; ``body`` is None when it is no JSON object."""
        safe = {name: value[-4:] if name.lower() in SECRET else value for name, value in request.headers.items()}
        query = request.parameters
        row = RecordedRequest(time.time(), query.get("Action", ""), query, safe, body, in_flight=1, path=request.path)
        with self._lock:
            self._rows[request] = row
            self._bytes += len(request.body or b"")
            while len(self._rows) > MAX_RECORDS or (self._bytes > MAX_BODY_BYTES and len(self._rows) > 1):
                oldest = next(iter(self._rows))
                del self._rows[oldest]
                self._bytes -= len(oldest.body or b"")

    def update(self, request: Request, **changes: Any) -> None:
        """Note what became of a request, unless clear() was called while it ran."""
        with self._lock:
            if request in self._rows:
                self._rows[request] = replace(self._rows[request], **changes)

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()
            self._bytes = 0

    def snapshot(self) -> list[RecordedRequest]:
        with self._lock:
            return list(self._rows.values())


def code_of(reply: Reply) -> int | str | None:
    """The code in an answer: the service's, the gateway's or the native service's; none of a fault without one."""
    try:
        content = json.loads(reply.body)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    error = content.get("error") or content.get("ResponseMetadata", {}).get("Error")
    found = content.get("code") if error is None else error.get("code", error.get("Code"))
    return found if isinstance(found, int | str) and found != NO_CODE else None
