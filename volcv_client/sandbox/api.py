"""One POST on the API path, from raw bytes to a reply; everything but the socket."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .envelope import (
    GATEWAY_CODES,
    SERVICE_CODES,
    SUCCESS,
    GatewayRefusal,
    Refusal,
    envelope,
    gateway_error,
    to_bytes,
)
from .faults import Fault, FaultQueue
from .files import FileStore
from .pictures import Loader
from .records import Records
from .service import Service

API_PATH = "/volcv/v1"
FILES_PATH = "/files/"
VERSION = "2022-08-31"
JSON_TYPE = "application/json; charset=utf-8"
_log = logging.getLogger(__name__)
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")


@dataclass
class Reply:
    """What to send. ``drop``: close without a byte. ``cut``: where to close early. ``endless``: no end."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    cut: str | None = None
    endless: bool = False
    drop: bool = False
    code: int | str | None = None


class State:
    """Everything the handlers share."""

    def __init__(
        self,
        api_keys: Iterable[str],
        max_in_flight: int | None,
        delay: float,
        max_body: int,
        faults: Iterable[Fault],
    ) -> None:
        self.api_keys = frozenset(api_keys)
        self.max_in_flight = max_in_flight
        self.delay = delay
        self.max_body = max_body
        self.faults = FaultQueue(faults)
        self.records = Records()
        self.files = FileStore()
        self.stopping = threading.Event()
        self.url = ""
        self.service = Service(self.files, lambda name: f"{self.url}{FILES_PATH}{name}", Loader(self.own_file))
        self.actions: dict[str, Callable[[Mapping[str, Any], Callable[[], None]], dict[str, Any]]] = {
            "CVProcess": self.service.process,
            "CVSync2AsyncGetResult": self.service.task,
            "CVGetResult": self.service.task,
        }

    def own_file(self, address: str) -> bytes | None:
        """Bytes behind one of this server's result addresses, None when dropped. LookupError for others."""
        try:
            ours, asked = urlsplit(self.url), urlsplit(address)
            same = asked.port == ours.port and asked.hostname in (ours.hostname, *LOCAL_NAMES)
        except ValueError:
            raise LookupError(address) from None
        if not same or not asked.path.startswith(FILES_PATH):
            raise LookupError(address)
        stored = self.files.get(asked.path[len(FILES_PATH) :])
        return None if stored is None else stored.data

    def wait(self, seconds: float) -> bool:
        """Sleep, ended early by stop(). False when the server is stopping."""
        return not self.stopping.wait(seconds) if seconds > 0 else not self.stopping.is_set()


def service_reply(code: int, message: str, data: dict[str, Any] | None, seconds: float, status: int) -> Reply:
    return Reply(status, to_bytes(envelope(code, message, data, seconds)), code=code)


def gateway_reply(code: str, message: str, status: int) -> Reply:
    return Reply(status, to_bytes(gateway_error(message, code)), code=code)


def fault_reply(fault: Fault) -> Reply:
    """The answer a fault stands for, without any work done."""
    headers = dict(fault.headers)
    if fault.redirect is not None:
        return Reply(fault.status or 302, b"", headers={"Location": fault.redirect, **headers}, cut=fault.cut)
    if isinstance(fault.code, int):
        status, message = SERVICE_CODES.get(fault.code, (400, "Error"))
        reply = service_reply(fault.code, fault.message or message, None, 0.001, fault.status or status)
    elif fault.code is not None:
        status, message = GATEWAY_CODES.get(fault.code, (400, "Bad request"))
        reply = gateway_reply(fault.code, fault.message or message, fault.status or status)
    else:
        status = fault.status or 200
        reply = gateway_reply("sandbox_fault", fault.message or f"status {status}", status)
        reply.code = None
    if fault.body is not None:
        reply.body, reply.content_type = fault.body, "text/html; charset=utf-8"
    reply.content_type = fault.content_type or reply.content_type
    reply.headers, reply.cut, reply.endless = headers, fault.cut, fault.endless
    return reply


def handle_post(state: State, query_text: str, headers: Mapping[str, str], raw: bytes | None) -> Reply:
    """Answer one POST on the API path. ``raw`` is None when the body was larger than the limit."""
    query = {name: values[-1] for name, values in parse_qs(query_text, keep_blank_values=True).items()}
    body, problem = _parse(headers, raw, state.max_body)
    number = state.records.begin(query, headers, body, len(raw or b""))
    started = time.monotonic()
    entered = False
    try:
        _authorize(state, headers)
        entered = state.records.enter(number, state.max_in_flight)
        if not entered:
            raise Refusal(50430, f"at most {state.max_in_flight} requests at a time")
        reply = _serve(state, query, body, problem, number, started)
    except Refusal as refusal:
        seconds = time.monotonic() - started
        reply = service_reply(refusal.code, str(refusal), None, seconds, refusal.status)
    except GatewayRefusal as refusal:
        reply = gateway_reply(refusal.code, str(refusal), refusal.status)
    except Exception as error:  # a service answers its own faults with 50500 instead of hanging up
        _log.exception("sandbox request failed")
        seconds = time.monotonic() - started
        reply = service_reply(50500, f"Internal Error: {error}", None, seconds, 500)
    finally:
        # Freed before the answer is sent: a client that waits for its answer can never see a false 50430.
        if entered:
            state.records.leave()
    state.records.finish(number, None if reply.drop or reply.cut else reply.status, reply.code)
    return reply


def _serve(
    state: State,
    query: Mapping[str, str],
    body: dict[str, Any] | None,
    problem: Refusal | None,
    number: int,
    started: float,
) -> Reply:
    fault = state.faults.take("api", body or {})
    gone = Reply(0, b"", drop=True)
    if fault is not None and not state.wait(fault.delay):
        return gone
    if fault is not None and fault.answers:
        return fault_reply(fault) if state.wait(fault.stall) else gone
    if problem is not None:
        raise problem
    if query.get("Version") != VERSION:
        raise Refusal(50402, f"Version must be {VERSION}, got {query.get('Version', 'none')[:80]}")
    action = state.actions.get(query.get("Action", ""))
    if action is None:
        raise Refusal(50402, f"unknown Action {query.get('Action', 'none')[:80]}")
    if not state.wait(state.delay):
        return gone
    data = action(body or {}, lambda: state.records.charge(number))
    answer = envelope(SUCCESS, "Success", data, time.monotonic() - started)
    if fault is not None and fault.edit is not None:
        answer = fault.edit(answer)
    if fault is not None and not state.wait(fault.stall):
        return gone
    code = answer.get("code") if isinstance(answer, dict) else None
    reply = Reply(200, to_bytes(answer), code=code)
    if fault is not None:
        reply.cut, reply.headers = fault.cut, dict(fault.headers)
        reply.content_type = fault.content_type or reply.content_type
    return reply


def _authorize(state: State, headers: Mapping[str, str]) -> None:
    given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, key = given.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise GatewayRefusal("invalid_token", "No bearer token provided")
    if key.strip() not in state.api_keys:
        raise GatewayRefusal("invalid_token", "Invalid token")


def _parse(headers: Mapping[str, str], raw: bytes | None, limit: int) -> tuple[dict[str, Any] | None, Refusal | None]:
    if raw is None:
        return None, Refusal(50213, f"at most {limit} bytes are accepted", 413)
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None, Refusal(50200, "the body is not valid JSON")
    if not isinstance(body, dict):
        return None, Refusal(50200, "the body must be a JSON object")
    if kind.partition(";")[0].strip().lower() != "application/json":
        return body, Refusal(50200, f"Content-Type must be application/json, got {kind[:80] or 'none'}")
    return body, None


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def handle_file(state: State, name: str) -> Reply:
    """Answer a download under /files/."""
    fault = state.faults.take("file", {})
    gone = Reply(0, b"", drop=True)
    if fault is not None and not (state.wait(fault.delay) and state.wait(fault.stall)):
        return gone
    stored = state.files.get(name)
    if fault is not None and fault.answers and not (fault.endless and fault.status is None):
        return fault_reply(fault)
    if stored is None:
        return gateway_reply("not_found", f"no such file {name[:80]}", 404)
    reply = Reply(200, stored.data, stored.content_type)
    if fault is not None:
        reply.cut, reply.endless, reply.headers = fault.cut, fault.endless, dict(fault.headers)
        reply.content_type = fault.content_type or reply.content_type
    return reply
