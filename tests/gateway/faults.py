"""Failures on demand: what the gateway should do wrong, how often, and to which requests."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from volcv_client.sandbox.api import SUBMITS
from volcv_client.sandbox.envelope import Reply, envelope, gateway_error, to_bytes
from volcv_client.sandbox.stores import LOST, QUEUED, RUNNING

from .codes import GATEWAY_CODES, SERVICE_CODES

EXPIRED = "expired"
#: Code in the answer of a fault that names a status alone.
NO_CODE = "sandbox_fault"
FATES = (QUEUED, RUNNING, LOST, EXPIRED)

#: What becomes of a task: None for success, a service code it fails with, or a status it ends in.
Fate = int | str | None

CUTS = ("before_headers", "in_headers", "in_body")
PLACES = ("api", "file", "upload")

Body = dict[str, Any]


@dataclass
class FaultReply(Reply):
    """``drop``: close without a byte. ``cut``: where to close early. ``endless``: no end."""

    cut: str | None = None
    endless: bool = False
    drop: bool = False


@dataclass(frozen=True)
class Fault:
    """One kind of failure.

    A fault that answers on its own (status, code, body, redirect, endless on the API) does no work and
    charges nothing; ``cut``, ``edit``, ``stall`` and ``delay`` let the picture be made, so it
    counts as charged.

    times: how many requests it hits, None for always. rate: probability per request, 0..1, seeded.
    where: "api" for the POST endpoints, "file" for result downloads, "upload" for uploads.
    action: only requests with this Action, such as "CVSync2AsyncGetResult"; None for all.
    match: sees the request body ({} for files and for bodies that are no JSON object).
    status: HTTP status.
    code: service code (int, answered in the envelope) or gateway code (str, answered as an ``error`` object);
    each brings its documented HTTP status unless ``status`` is given.
    message: text of that answer. body: raw bytes to answer. content_type, headers: sent with the answer.
    delay: seconds to wait first. stall: seconds to hold the connection after reading the request.
    cut: close the socket before_headers, in_headers or in_body. edit: changes the success envelope.
    redirect: Location of a 302. endless: a body without end or Content-Length.
    task: what becomes of a submitted task, which is accepted and charged: a service code it fails with when its
    time is up (every request for its result gets it), "expired" at that time, "not_found" at once, or
    "in_queue" or "generating" for good. Such a fault waits for a request that submits a task.
    """

    times: int | None = 1
    rate: float = 1.0
    where: str = "api"
    action: str | None = None
    match: Callable[[Body], bool] | None = None
    status: int | None = None
    code: int | str | None = None
    message: str | None = None
    body: bytes | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: str | None = None
    stall: float = 0.0
    edit: Callable[[Body], Body] | None = None
    redirect: str | None = None
    endless: bool = False
    task: Fate = None

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError("fault times must be 1 or more, or None for always")
        if not 0.0 <= self.rate <= 1.0:
            raise ValueError("fault rate must be between 0 and 1")
        if self.where not in PLACES:
            raise ValueError(f"fault where must be one of {', '.join(PLACES)}")
        if self.cut is not None and self.cut not in CUTS:
            raise ValueError(f"fault cut must be one of {', '.join(CUTS)}")
        if isinstance(self.task, str) and self.task not in FATES:
            raise ValueError(f"fault task must be a service code or one of {', '.join(FATES)}")
        if self.status is not None and not 100 <= self.status <= 599:
            raise ValueError("fault status must be an HTTP status, 100 to 599")
        if not (0.0 <= self.delay < float("inf") and 0.0 <= self.stall < float("inf")):
            raise ValueError("fault delay and stall must be 0 or more seconds")

    @property
    def answers(self) -> bool:
        """True when the fault itself is the answer, so no work is done."""
        given = any(item is not None for item in (self.status, self.code, self.body, self.redirect))
        return given or (self.endless and self.where != "file")

    def reply(self) -> FaultReply:
        """The answer that the fault stands for, without any work done."""
        if self.redirect is not None:
            headers = {"Location": self.redirect, **self.headers}
            return FaultReply(self.status or 302, b"", headers=headers, cut=self.cut)
        if isinstance(self.code, int):
            status, message = SERVICE_CODES.get(self.code, (400, "Error"))
            body = to_bytes(envelope(self.code, self.message or message, None, 0.001))
        elif self.code is not None:
            status, message = GATEWAY_CODES.get(self.code, (400, "Bad request"))
            body = to_bytes(gateway_error(self.message or message, self.code))
        else:
            status = self.status or 200
            body = to_bytes(gateway_error(self.message or f"status {status}", NO_CODE))
        reply = FaultReply(self.status or status, body)
        if self.body is not None:
            reply.body, reply.content_type = self.body, "text/html; charset=utf-8"
        reply.content_type = self.content_type or reply.content_type
        reply.headers, reply.cut, reply.endless = dict(self.headers), self.cut, self.endless
        return reply

    def spoil(self, reply: Reply) -> FaultReply:
        """A finished answer with what the fault changes about it."""
        body = reply.body if self.edit is None else to_bytes(self.edit(json.loads(reply.body)))
        kind = self.content_type or reply.content_type
        return FaultReply(reply.status, body, kind, dict(self.headers), self.cut, self.endless)

    @staticmethod
    def parse(text: str) -> Fault:
        """Read ``"code=50511,rate=0.02,times=3,delay=1"``. Raises ValueError that names the bad part.

        Keys: times (a number or "always"), rate, where, action, status, code, message, body, content_type,
        retry_after, delay, cut, stall, redirect, endless, task.
        """
        values: dict[str, Any] = {}
        for part in text.split(","):
            name, equals, value = part.strip().partition("=")
            if not equals or not name:
                raise ValueError(f"fault part {part.strip()!r} is not of the form name=value")
            if name in values or (name == "retry_after" and "headers" in values):
                raise ValueError(f"fault key {name!r} is given twice")
            if name not in _READERS:
                raise ValueError(f"fault key {name!r} is not known; known: {', '.join(sorted(_READERS))}")
            try:
                parsed = _READERS[name](value)
            except ValueError as error:
                raise ValueError(f"fault key {name!r}: {error}") from None
            values["headers" if name == "retry_after" else name] = parsed
        return Fault(**values)


def _times(text: str) -> int | None:
    return None if text.lower() == "always" else int(text)


def _code(text: str) -> int | str:
    if text.isdigit():
        return int(text)
    if not text:
        raise ValueError("a service code (number) or gateway code (name) is needed")
    return text


def _flag(text: str) -> bool:
    flags = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in flags:
        raise ValueError(f"{text!r} is neither true nor false")
    return flags[text.lower()]


_READERS: dict[str, Callable[[str], Any]] = {
    "times": _times,
    "rate": float,
    "where": str,
    "action": str,
    "status": int,
    "code": _code,
    "message": str,
    "body": lambda text: text.encode("utf-8"),
    "content_type": str,
    "retry_after": lambda text: {"Retry-After": text},
    "delay": float,
    "cut": str,
    "stall": float,
    "redirect": str,
    "endless": _flag,
    "task": _code,
}


class FaultQueue:
    """Thread-safe list of faults; the first one that applies to a request is taken."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(0)
        self._left: list[tuple[Fault, int | None]] = []
        self.add(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        with self._lock:
            self._left.extend((fault, fault.times) for fault in faults)

    def clear(self) -> None:
        with self._lock:
            self._left.clear()

    def take(self, where: str, body: Body, action: str = "") -> Fault | None:
        """The fault for this request, or None. Uses up one of its ``times``."""
        with self._lock:
            for index, (fault, left) in enumerate(self._left):
                if fault.where != where or not _selects(fault, body, action):
                    continue
                if fault.rate < 1.0 and self._random.random() >= fault.rate:
                    continue
                if left == 1:
                    del self._left[index]
                elif left is not None:
                    self._left[index] = (fault, left - 1)
                return fault
        return None


def _selects(fault: Fault, body: Body, action: str) -> bool:
    if fault.action is not None and fault.action != action:
        return False
    if fault.task is not None and action not in SUBMITS:
        return False
    return fault.match is None or fault.match(body)
