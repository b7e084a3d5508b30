"""Requests from raw bytes to a reply; everything but the socket."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .envelope import SUCCESS, GatewayRefusal, Refusal, envelope, to_bytes
from .faults import Fault, FaultQueue
from .files import FileStore
from .pictures import Loader
from .records import Records
from .replies import Reply, fault_reply, gateway_reply, gone, native_reply, service_reply, spoil
from .service import Service
from .signature import Keys, Request, SignatureRefusal, verify
from .tasks import TaskStore
from .upload import read_upload

API_PATH = "/volcv/v1"
NATIVE_PATH = "/"
UPLOAD_PATH = "/v1/files"
FILES_PATH = "/files/"
VERSION = "2022-08-31"
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What SandboxServer was asked for; its documentation says what each means."""

    api_keys: frozenset[str] = frozenset({"sandbox"})
    keys: Keys = field(default_factory=lambda: Keys({}, {}))
    max_in_flight: int | None = None
    delay: float = 0.0
    task_seconds: float = 0.0
    max_body: int = 64 * 1024 * 1024
    faults: tuple[Fault, ...] = ()


class State:
    """Everything the handlers share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faults = FaultQueue(settings.faults)
        self.records = Records()
        self.files = FileStore()
        self.stopping = threading.Event()
        self.url = ""
        tasks = TaskStore(settings.task_seconds)
        self.service = Service(self.files, self.file_url, Loader(self.own_file), tasks)

    def file_url(self, name: str) -> str:
        """Address of a stored file."""
        return f"{self.url}{FILES_PATH}{name}"

    def own_file(self, address: str) -> bytes | None:
        """Bytes behind one of this server's file addresses, None when dropped. LookupError for others."""
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


@dataclass(frozen=True)
class _Call:
    """One POST on an API path: ``body`` is None when it is no JSON object, ``problem`` says what is wrong with it."""

    query: Mapping[str, str]
    body: dict[str, Any] | None
    problem: Refusal | None
    number: int
    started: float

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


def handle_post(state: State, path: str, query_text: str, headers: Mapping[str, str], raw: bytes | None) -> Reply:
    """Answer one POST on the gateway's or the native API path. ``raw`` is None when it was over the limit."""
    query = {name: values[-1] for name, values in parse_qs(query_text, keep_blank_values=True).items()}
    body, problem = _parse(headers, raw, state.settings.max_body)
    number = state.records.begin(query, headers, body, len(raw or b""), path)
    call = _Call(query, body, problem, number, time.monotonic())
    entered = False
    try:
        if path == NATIVE_PATH:
            # A body over the limit was not kept, so its signature cannot be checked; it is refused below.
            if raw is not None:
                verify(Request("POST", path, query_text, headers, raw), state.settings.keys)
        else:
            _authorize(state, headers)
        entered = state.records.enter(number, state.settings.max_in_flight)
        if not entered:
            raise Refusal(50430, f"at most {state.settings.max_in_flight} requests at a time")
        reply = _serve(state, call)
    except Exception as error:  # a service answers its own faults with 50500 instead of hanging up
        reply = _refused(error, call, native=path == NATIVE_PATH)
    finally:
        # Freed before the answer is sent: a client that waits for its answer can never see a false 50430.
        if entered:
            state.records.leave()
    state.records.finish(number, None if reply.drop or reply.cut else reply.status, reply.code)
    return reply


def _refused(error: Exception, call: _Call, *, native: bool) -> Reply:
    if isinstance(error, Refusal):
        return service_reply(error.code, str(error), error.data, call.seconds, error.status)
    if isinstance(error, SignatureRefusal):
        action, version = call.query.get("Action", ""), call.query.get("Version", "")
        return native_reply(error.number, error.code, str(error), action, version, error.status)
    if isinstance(error, GatewayRefusal) and not native:
        return gateway_reply(error.code, str(error), error.status)
    if isinstance(error, GatewayRefusal):
        # No gateway stands before the native service: it says that the model is not open to this account.
        denied = Refusal(50400, str(error))
        return service_reply(denied.code, str(denied), None, call.seconds, denied.status)
    _log.error("sandbox request failed", exc_info=error)
    return service_reply(50500, f"Internal Error: {error}", None, call.seconds, 500)


def _serve(state: State, call: _Call) -> Reply:
    query, body = call.query, call.body or {}
    fault = state.faults.take("api", body, query.get("Action", ""))
    if fault is not None and not state.wait(fault.delay):
        return gone()
    if fault is not None and fault.answers:
        return fault_reply(fault) if state.wait(fault.stall) else gone()
    if call.problem is not None:
        raise call.problem
    if query.get("Version") != VERSION:
        raise Refusal(50402, f"Version must be {VERSION}, got {query.get('Version', 'none')[:80]}")
    action = state.service.actions.get(query.get("Action", ""))
    if action is None:
        raise Refusal(50402, f"unknown Action {query.get('Action', 'none')[:80]}")
    if not state.wait(state.settings.delay):
        return gone()
    data = action(body, lambda: state.records.charge(call.number), None if fault is None else fault.task)
    answer = envelope(SUCCESS, "Success", data, call.seconds)
    if fault is not None and fault.edit is not None:
        answer = fault.edit(answer)
    if fault is not None and not state.wait(fault.stall):
        return gone()
    code = answer.get("code") if isinstance(answer, dict) else None
    return spoil(Reply(200, to_bytes(answer), code=code), fault)


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


def _authorize(state: State, headers: Mapping[str, str]) -> None:
    scheme, _, key = _header(headers, "authorization").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise GatewayRefusal("invalid_token", "No bearer token provided")
    if key.strip() not in state.settings.api_keys:
        raise GatewayRefusal("invalid_token", "Invalid token")


def _parse(headers: Mapping[str, str], raw: bytes | None, limit: int) -> tuple[dict[str, Any] | None, Refusal | None]:
    if raw is None:
        return None, Refusal(50213, f"at most {limit} bytes are accepted", 413)
    kind = _header(headers, "content-type")
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


def handle_upload(state: State, headers: Mapping[str, str], raw: bytes | None) -> Reply:
    """Answer one POST on the upload path. ``raw`` is None when the body was larger than the limit."""
    try:
        _authorize(state, headers)
        fault = state.faults.take("upload", {})
        if fault is not None and not (state.wait(fault.delay) and state.wait(fault.stall)):
            return gone()
        if fault is not None and fault.answers:
            return fault_reply(fault)
        if raw is None:
            limit = state.settings.max_body
            raise GatewayRefusal("request_too_large", f"at most {limit} bytes are accepted", 413)
        upload = read_upload(_header(headers, "content-type"), raw)
    except GatewayRefusal as refusal:
        return gateway_reply(refusal.code, str(refusal), refusal.status)
    state.records.uploaded()
    answer = upload.answer(state.file_url(state.files.put(upload.data, upload.extension)))
    return spoil(Reply(200, to_bytes(answer if fault is None or fault.edit is None else fault.edit(answer))), fault)


def handle_file(state: State, name: str) -> Reply:
    """Answer a download under /files/."""
    fault = state.faults.take("file", {})
    if fault is not None and not (state.wait(fault.delay) and state.wait(fault.stall)):
        return gone()
    stored = state.files.get(name)
    if fault is not None and fault.answers and not (fault.endless and fault.status is None):
        return fault_reply(fault)
    if stored is None:
        return gateway_reply("not_found", f"no such file {name[:80]}", 404)
    return spoil(Reply(200, stored.data, stored.content_type), fault)
