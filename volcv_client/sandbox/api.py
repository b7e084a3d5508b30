"""Requests to replies: everything but the socket."""

from __future__ import annotations

import base64
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qs

from ..catalog import Model
from ..config import UPLOAD_PATH
from .envelope import SUCCESS, GatewayRefusal, Refusal, Reply, envelope, to_bytes
from .fields import COMMON, check, check_value, model_of, models, parse_object
from .job import Job
from .pictures import Loader, uploaded_file
from .results import files_of, texts_of
from .stores import DONE, FileStore, TaskStore

API_PATH = "/volcv/v1"
FILES_PATH = "/files/"
VERSION = "2022-08-31"
PROCESS = "CVProcess"
SUBMITS = ("CVSync2AsyncSubmitTask", "CVSubmitTask")
RESULTS = ("CVSync2AsyncGetResult", "CVGetResult")
_log = logging.getLogger(__name__)


def direct_actions() -> set[str]:
    """Actions of the direct calls that models declare."""
    modes = [mode for model in models().values() for mode in model.modes.values()]
    return {mode.action for mode in modes if not mode.result_action}


def nested(model: Model, links: list[str]) -> dict[str, Any]:
    """The links at the model's own places in ``data``; the first step of a path holds JSON text."""
    found: dict[str, Any] = {}
    for path in model.links_at:
        head, *rest = path.split(".")
        value: Any = links[0] if model.video else links
        for name in reversed(rest):
            value = {name: value}
        found[head] = json.dumps(value) if rest else value
    return found


@dataclass(frozen=True, eq=False)
class Request:
    """One HTTP request. ``body`` is None when it was over the limit."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes | None
    started: float = field(default_factory=time.monotonic)

    @property
    def parameters(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.query, keep_blank_values=True).items()}

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Api:
    """The service. ``reply`` answers one request; a stricter service overrides the methods that it is made of.

    api_keys: accepted bearer keys. max_in_flight: simultaneous calls before HTTP 429 with code 50430, None for no
    limit. delay: seconds that every call takes at least. task_seconds: from the acceptance of a task to its end,
    0 for done at the first request for it. max_body: bytes of one request.

    ``calls`` and ``charged`` count the calls, and those for which a picture was made or a task accepted.
    """

    def __init__(
        self,
        *,
        api_keys: Iterable[str] = ("sandbox",),
        max_in_flight: int | None = None,
        delay: float = 0.0,
        task_seconds: float = 0.0,
        max_body: int = 64 * 1024 * 1024,
    ) -> None:
        self.api_keys = frozenset(api_keys)
        self.max_in_flight, self.delay, self.max_body = max_in_flight, delay, max_body
        self.origin = ""
        self.stopping = threading.Event()
        self.files, self.tasks, self.loader = FileStore(), TaskStore(task_seconds), Loader(self.own_file)
        self.calls = self.charged = self._running = 0
        self._lock = threading.Lock()
        self.actions: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            PROCESS: self.process,
            **dict.fromkeys(direct_actions(), self.process),
            **dict.fromkeys(SUBMITS, self.submit),
            **dict.fromkeys(RESULTS, self.result),
        }

    def reply(self, request: Request) -> Reply:
        """The answer to a request, whatever goes wrong."""
        try:
            return self.route(request)
        except Refusal as refusal:
            return refusal.reply(request.seconds)
        except Exception as error:  # a service answers its own faults with 50500 instead of hanging up
            _log.error("sandbox request failed", exc_info=error)
            return Refusal(50500, str(error)).reply(request.seconds)

    def route(self, request: Request) -> Reply:
        """The answer by method and path. Raises Refusal."""
        if request.method == "POST" and request.path == API_PATH:
            return self.call(request)
        if request.method == "POST" and request.path == UPLOAD_PATH:
            return self.upload(request)
        if request.method in ("GET", "HEAD") and request.path.startswith(FILES_PATH):
            return self.download(request)
        raise GatewayRefusal("", f"Invalid URL ({request.method} {request.path[:200]})", 404)

    def call(self, request: Request) -> Reply:
        """A call of the API: its key, a place among the calls being served, then the work."""
        with self._lock:
            self.calls += 1
        self.authorize(request)
        with self.place(request):
            return self.work(request)

    def authorize(self, request: Request) -> None:
        """GatewayRefusal for a request without a right key."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise GatewayRefusal("invalid_token", "No bearer token provided", 401)
        if key.strip() not in self.api_keys:
            raise GatewayRefusal("invalid_token", "Invalid token", 401)

    @contextmanager
    def place(self, request: Request) -> Iterator[int]:
        """A place among the calls being served, by number from 1, left before the answer is sent. Refusal 50430."""
        with self._lock:
            if self.max_in_flight is not None and self._running >= self.max_in_flight:
                raise self.too_many()
            self._running += 1
            number = self._running
        try:
            yield number
        finally:
            with self._lock:
                self._running -= 1

    def too_many(self) -> Refusal:
        """The refusal of a call beyond ``max_in_flight``."""
        return Refusal(50430, f"at most {self.max_in_flight} requests at a time")

    def work(self, request: Request) -> Reply:
        """The action that the query names. Raises Refusal."""
        body = self.read(request)
        version, name = (request.parameters.get(key, "none")[:80] for key in ("Version", "Action"))
        if version != VERSION:
            raise Refusal(50402, f"Version must be {VERSION}, got {version}")
        if name not in self.actions:
            raise Refusal(50402, f"unknown Action {name}")
        self.stopping.wait(self.delay)
        data = self.actions[name](body)
        if name not in RESULTS:
            self.charge(request)
        return Reply(200, to_bytes(envelope(SUCCESS, "Success", data, request.seconds)))

    def read(self, request: Request) -> dict[str, Any]:
        """The JSON object in a request's body. Refusal 50200 or 50213."""
        if request.body is None:
            raise Refusal(50213, f"at most {self.max_body} bytes are accepted", status=413)
        return parse_object(request.body, "the body")

    def charge(self, request: Request) -> None:
        """Note that work was done for a request."""
        with self._lock:
            self.charged += 1

    def process(self, body: dict[str, Any]) -> dict[str, Any]:
        """CVProcess: the ``data`` with the pictures."""
        return self.data(self.check(body, task=False), body)

    def submit(self, body: dict[str, Any]) -> dict[str, Any]:
        """CVSync2AsyncSubmitTask and CVSubmitTask: the ``data`` with the id of an accepted task."""
        return {"task_id": self.tasks.add(self.check(body, task=True))}

    def result(self, body: dict[str, Any]) -> dict[str, Any]:
        """CVSync2AsyncGetResult and CVGetResult: the status of a task, and the pictures once it is done."""
        wanted = self.check_result(body)
        status, job = self.tasks.find(body["task_id"], body["req_key"])
        # Drawn at every such request: drawings are deterministic.
        return {**(self.data(job, wanted) if job and status == DONE else {}), "status": status}

    def check(self, body: Mapping[str, Any], *, task: bool) -> Job:
        """The job of a body. Refusal, 50402 for a direct call of a task model; all others are taken as tasks too."""
        if not task and all(mode.result_action for mode in model_of(body).modes.values()):
            raise Refusal(50402, f"'{body['req_key']}' runs as a task: use {SUBMITS[0]}")
        return check(body, self.loader)

    def check_result(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """How a request for a task's result wants it delivered: ``req_json``. Raises Refusal."""
        model_of(body)
        if not isinstance(body.get("task_id"), str):
            raise Refusal(50204 if "task_id" in body else 50201, "'task_id' is required, a string")
        wanted = parse_object(body.get("req_json", "{}"), "req_json")
        for name, value in wanted.items():
            check_value(COMMON, name, value)
        return wanted

    def data(self, job: Job, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The ``data`` object with a job's pictures or film; ``wanted`` holds return_url, logo_info and aigc_meta."""
        logo = wanted.get("logo_info") or {}
        files = files_of(job, logo if logo.get("add_logo") else None)
        data: dict[str, Any] = {"algorithm_base_resp": {"status_code": 0, "status_message": "Success"}}
        if job.model.links_at:
            return {**data, **nested(job.model, [self.put(*file) for file in files])}
        if job.model.video:
            return {**data, "video_url": self.put(*files[0]), "aigc_meta_tagged": wanted.get("aigc_meta") is not None}
        by_url = bool(wanted.get("return_url"))
        data["request_id"] = secrets.token_hex(32)
        data["binary_data_base64"] = [] if by_url else [base64.b64encode(raw).decode() for raw, _ in files]
        data["image_urls"] = [self.put(*file) for file in files] if by_url else []
        return {**texts_of(job), **data}

    def upload(self, request: Request) -> Reply:
        """The gateway's file upload (catalog section 1)."""
        self.authorize(request)
        if request.body is None:
            raise GatewayRefusal("request_too_large", f"at most {self.max_body} bytes are accepted", 413)
        data, name, extension = uploaded_file(request.headers.get("Content-Type", ""), request.body)
        answer = {"id": f"file-{secrets.token_hex(12)}", "object": "file", "bytes": len(data), "filename": name}
        return Reply(200, to_bytes({**answer, "url": self.put(data, extension)}))

    def download(self, request: Request) -> Reply:
        """A result or an uploaded file."""
        name = request.path.removeprefix(FILES_PATH)
        stored = self.files.get(name)
        if stored is None:
            raise GatewayRefusal("not_found", f"no such file {name[:80]}", 404)
        return Reply(200, *stored)

    def put(self, data: bytes, extension: str) -> str:
        """Keep a file; returns its address."""
        return f"{self.origin}{FILES_PATH}{self.files.put(data, extension)}"

    def own_file(self, address: str) -> bytes | None:
        """Bytes behind one of this server's file addresses, None when dropped. LookupError for others."""
        if not address.startswith(self.origin + FILES_PATH):
            raise LookupError(address)
        return (self.files.get(address.removeprefix(self.origin + FILES_PATH)) or (None,))[0]
