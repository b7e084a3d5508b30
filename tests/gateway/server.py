"""The gateway: the sandbox's server, made strict, recorded, signed and able to fail on demand."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from volcv_client.sandbox.api import API_PATH, Request
from volcv_client.sandbox.envelope import GatewayRefusal, Reply
from volcv_client.sandbox.job import Job
from volcv_client.sandbox.server import Handler, HttpServer, SandboxServer
from volcv_client.sandbox.stores import DONE, LOST

from .codes import Refusal
from .facts import Facts
from .faults import EXPIRED, Fate, Fault, FaultQueue, FaultReply
from .pages import DIRECTS, PAGES, RESULTS, SUBMITS
from .records import RecordedRequest, Records, code_of
from .signature import Keys, SignatureRefusal, SignedRequest, verify
from .upload import read_upload
from .validate import check, check_action, check_result_request, echo, page_of

NATIVE_PATH = "/"
CHUNK = 64 * 1024
#: What stands in a ``resp_data`` besides links: all is well, a subject was found, and the work is done.
RESP_DATA = {"code": 0, "status": 1, "progress": 100}
COMMON_KEYS = ("algorithm_base_resp", "binary_data_base64", "image_urls")


class FaultyHandler(Handler):
    """Sends replies that end early, late or never."""

    def send(self, reply: Reply) -> None:
        if not isinstance(reply, FaultReply):
            super().send(reply)
            return
        self.close_connection = self.close_connection or reply.endless or bool(reply.cut) or reply.drop
        if reply.drop or reply.cut == "before_headers":
            return
        if reply.cut == "in_headers":
            self.wfile.write(f"HTTP/1.1 {reply.status} OK\r\nContent-Type: appl".encode("ascii"))
            return
        self.send_response(reply.status)
        headers = {"Content-Type": reply.content_type, **reply.headers}
        if not reply.endless:
            headers.setdefault("Content-Length", str(len(reply.body)))
        if self.close_connection and not reply.cut:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut == "in_body" else reply.body)
        while reply.endless and not self.server.api.stopping.is_set():
            self.wfile.write(b"\0" * CHUNK)


class ClosingServer(HttpServer):
    """Sockets that can be closed while they are stalled."""

    def __init__(self, address: tuple[str, int], handler: type[Handler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._open_lock:
            left = list(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Gateway(SandboxServer):
    """A strict local gateway and native service; a context manager, or start() and stop().

    Settings as of the sandbox; and access_keys: the native service's keys with their secrets. session_tokens: the
    token that goes with a temporary access key. faults: failures to play. facts: what no page says, see :mod:`.facts`;
    its concurrency is ``max_in_flight`` unless that is set.

    ``requests`` are the POSTs on the two API paths so far, in order; ``charged`` counts those for which a picture was
    made or a task accepted, whether or not the answer arrived; ``uploads`` the files that were uploaded;
    ``peak_in_flight`` the most requests that were being served at one moment.
    """

    handler = FaultyHandler
    http_server = ClosingServer

    def __init__(
        self,
        *,
        access_keys: Mapping[str, str] | None = None,
        session_tokens: Mapping[str, str] | None = None,
        faults: Iterable[Fault] = (),
        facts: Facts = Facts(),  # noqa: B008  (immutable)
        **settings: Any,
    ) -> None:
        super().__init__(**{"max_in_flight": facts.calls, **settings})
        self.facts = facts
        self.uploads = self.peak_in_flight = 0
        self._keys = Keys(dict(access_keys or {}), dict(session_tokens or {}))
        self._faults = FaultQueue(faults)
        self._records = Records()
        self._fates: dict[str, Fate] = {}
        served = ((DIRECTS, self.process), (SUBMITS, self.submit), (RESULTS, self.result))
        self.actions = {name: partial(self.act, name, serve) for names, serve in served for name in names}

    @property
    def requests(self) -> list[RecordedRequest]:
        return self._records.snapshot()

    def inject(self, *faults: Fault) -> None:
        """Queue failures for the requests to come."""
        self._faults.add(faults)

    def clear(self) -> None:
        """Forget recorded requests, counters and queued faults; tasks and files stay."""
        self._records.clear()
        self._faults.clear()
        self.calls = self.charged = self.uploads = 0
        self.peak_in_flight = self._running

    def stop(self) -> None:
        """Stop serving and close every connection, also those being stalled or delayed."""
        http = self._http
        super().stop()
        if isinstance(http, ClosingServer):
            http.close_connections()

    def pause(self, seconds: float) -> bool:
        """Wait, ended early by stop(). False when the gateway is stopping."""
        return not self.stopping.wait(seconds)

    def reply(self, request: Request) -> Reply:
        if request.method != "POST" or request.path not in (API_PATH, NATIVE_PATH):
            return super().reply(request)
        self._records.begin(request, _object(request))
        reply = super().reply(request)
        lost = isinstance(reply, FaultReply) and (reply.drop or reply.cut)
        self._records.update(request, status=None if lost else reply.status, code=code_of(reply))
        return reply

    def route(self, request: Request) -> Reply:
        if request.method != "POST" or request.path != NATIVE_PATH:
            return super().route(request)
        try:
            return self.call(request)
        except SignatureRefusal as refusal:
            refusal.parameters = request.parameters
            raise
        except GatewayRefusal as refusal:
            # No gateway stands before the native service: it says that the model is not open to this account.
            raise Refusal(50400, refusal.detail) from None

    def authorize(self, request: Request) -> None:
        if request.path != NATIVE_PATH:
            super().authorize(request)
        # A body over the limit was not kept, so its signature cannot be checked; it is refused as too large.
        elif request.body is not None:
            headers = dict(request.headers.items())
            verify(SignedRequest("POST", request.path, request.query, headers, request.body), self._keys)

    @contextmanager
    def place(self, request: Request) -> Iterator[int]:
        self._records.update(request, in_flight=self._running + 1)
        with super().place(request) as number:
            self._records.update(request, in_flight=number)
            with self._lock:
                self.peak_in_flight = max(self.peak_in_flight, number)
            yield number

    def too_many(self) -> Refusal:
        return Refusal(self.facts.too_many)

    def act(
        self, action: str, serve: Callable[[dict[str, Any]], dict[str, Any]], body: dict[str, Any]
    ) -> dict[str, Any]:
        """What ``serve`` answers, to an action that the model is called by."""
        check_action(page_of(body), action)
        return serve(body)

    def charge(self, request: Request) -> None:
        if request.parameters.get("Action") in RESULTS:
            return
        super().charge(request)
        self._records.update(request, charged=True)

    def faulty(self, fault: Fault | None, serve: Callable[[], Reply]) -> Reply:
        """What ``serve`` answers, spoiled by a fault, or the fault's own answer."""
        if fault is None:
            return serve()
        if not self.pause(fault.delay):
            return FaultReply(0, b"", drop=True)
        reply = fault.reply() if fault.answers else fault.spoil(serve())
        return reply if self.pause(fault.stall) else FaultReply(0, b"", drop=True)

    def work(self, request: Request) -> Reply:
        action = request.parameters.get("Action", "")
        fault = self._faults.take("api", _object(request) or {}, action)

        def serve() -> Reply:
            reply = super(Gateway, self).work(request)
            if fault is not None and fault.task is not None and action in SUBMITS:
                self._fates[json.loads(reply.body)["data"]["task_id"]] = fault.task
            return reply

        return self.faulty(fault, serve)

    def read(self, request: Request) -> dict[str, Any]:
        body = super().read(request)
        kind = request.headers.get("Content-Type", "")
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise Refusal(50200, f"Content-Type must be application/json, got {kind[:80] or 'none'}")
        return body

    def check(self, body: Mapping[str, Any], *, task: bool) -> Job:
        body = self.facts.read_body(body)
        return self.facts.turn_masks(check(page_of(body), body, self.loader, task=task))

    def check_result(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return check_result_request(page_of(body), body)

    def result(self, body: dict[str, Any]) -> dict[str, Any]:
        data = super().result(body)
        fate = self._fates.get(body["task_id"])
        if fate is None or data["status"] == LOST:
            return data
        if isinstance(fate, str) and fate != EXPIRED:
            return {"status": fate}
        if data["status"] != DONE:
            return data
        if isinstance(fate, int):
            raise Refusal(fate, data={"status": DONE})
        return {"status": fate}

    def data(self, job: Job, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The page's own keys instead of those of the model's declaration."""
        page, data = PAGES[job.req_key], super().data(job, wanted)
        if "resp_data" in page.answer:
            data["resp_data"] = json.dumps({**RESP_DATA, **json.loads(data.get("resp_data", "{}"))})
        # A film, or pictures whose links stand in a text.
        if not data.keys() >= set(COMMON_KEYS):
            return data
        pictures = len(data["binary_data_base64"]) + len(data["image_urls"])
        extras = {
            **dict.fromkeys(("prompt", "custom_prompt", "prompt_translated"), job.prompt),
            "infer_ctx": {},
            "comfyui_cost": 1,
            "image_output": [f"uri://binary_data?index={index}" for index in range(pictures)],
            "contours_point": [],
            **data,
            **({} if page.inner_id else {"request_id": ""}),
        }
        answer = {**(echo(job.values) if page.echo else {}), **{key: extras.get(key, "") for key in page.answer}}
        return {**answer, **{key: data[key] for key in COMMON_KEYS}}

    def upload(self, request: Request) -> Reply:
        self.authorize(request)

        def serve() -> Reply:
            if request.body is not None:
                read_upload(request.headers.get("Content-Type", ""), request.body)
            reply = super(Gateway, self).upload(request)
            with self._lock:
                self.uploads += 1
            return reply

        return self.faulty(self._faults.take("upload", {}), serve)

    def download(self, request: Request) -> Reply:
        return self.faulty(self._faults.take("file", {}), lambda: super(Gateway, self).download(request))


def _object(request: Request) -> dict[str, Any] | None:
    """The JSON object in a body, None when there is none."""
    try:
        body = json.loads(request.body or b"")
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
