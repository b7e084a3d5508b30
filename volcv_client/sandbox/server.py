"""The HTTP server on loopback."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import socketserver
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from .api import (
    API_PATH,
    FILES_PATH,
    NATIVE_PATH,
    UPLOAD_PATH,
    Settings,
    State,
    handle_file,
    handle_post,
    handle_upload,
)
from .envelope import gateway_error, invalid_url, to_bytes
from .faults import Fault
from .records import RecordedRequest
from .replies import Reply
from .signature import Keys

MAX_BODY = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_log = logging.getLogger(__name__)


class SandboxServer:
    """A strict local stand-in for gateway and native service; a context manager, or start() and stop().

    api_keys: the gateway's bearer keys. access_keys: the native service's keys with their secrets.
    session_tokens: the token that goes with a temporary access key. task_seconds: from the acceptance of a task
    to its end, 0 for done at the first look. max_in_flight: simultaneous requests before HTTP 429 with code 50430,
    None for no limit. delay: seconds every request takes at least. faults: failures to play. max_body: bytes
    of one request.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_keys: Iterable[str] = ("sandbox",),
        access_keys: Mapping[str, str] | None = None,
        session_tokens: Mapping[str, str] | None = None,
        max_in_flight: int | None = None,
        delay: float = 0.0,
        task_seconds: float = 0.0,
        faults: Iterable[Fault] = (),
        max_body: int = MAX_BODY,
    ) -> None:
        self._address = (host, port)
        settings = Settings(
            api_keys=frozenset(api_keys),
            keys=Keys(dict(access_keys or {}), dict(session_tokens or {})),
            max_in_flight=max_in_flight,
            delay=delay,
            task_seconds=task_seconds,
            max_body=max_body,
            faults=tuple(faults),
        )
        self._state = State(settings)
        self._http: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Origin, ``http://127.0.0.1:PORT``. RuntimeError before start()."""
        if not self._state.url:
            raise RuntimeError("the sandbox has not been started")
        return self._state.url

    def start(self) -> SandboxServer:
        """Bind and serve in the background. OSError when the port is taken; no effect when running."""
        if self._http is None:
            http = _Server(self._address, self._state)
            host = self._address[0] if self._address[0] not in ("", "0.0.0.0") else "127.0.0.1"
            self._state.url = f"http://{host}:{http.server_port}"
            self._state.stopping.clear()
            self._http = http
            self._thread = threading.Thread(
                target=http.serve_forever, kwargs={"poll_interval": 0.02}, name="volcv-sandbox", daemon=True
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and close every connection, also those being stalled or delayed."""
        http, thread = self._http, self._thread
        self._http = self._thread = None
        if http is None or thread is None:
            return
        self._state.stopping.set()
        http.shutdown()
        http.server_close()
        http.close_connections()
        thread.join(timeout=5)

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every POST on the two API paths so far, in order."""
        return self._state.records.snapshot()

    @property
    def charged(self) -> int:
        """Requests for which a picture was made or a task accepted, whether or not the answer arrived."""
        return self._state.records.charged

    @property
    def uploads(self) -> int:
        """Files that were uploaded."""
        return self._state.records.uploads

    @property
    def peak_in_flight(self) -> int:
        """The most requests that were being served at one moment."""
        return self._state.records.peak

    def inject(self, *faults: Fault) -> None:
        """Queue failures for the requests to come."""
        self._state.faults.add(faults)

    def clear(self) -> None:
        """Forget recorded requests, counters and queued faults; tasks and files stay."""
        self._state.records.clear()
        self._state.faults.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    # On Windows the option would let two servers share one port.
    allow_reuse_address = os.name != "nt"

    def __init__(self, address: tuple[str, int], state: State) -> None:
        self.state = state
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer looks the host's name up here, which can take seconds on a machine without DNS.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

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

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.debug("request from %s failed", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "volcv-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120
    server: _Server

    def do_POST(self) -> None:
        path, _, query = self.path.partition("?")
        ready, raw = self._read_body()
        if not ready:
            return
        headers = dict(self.headers.items())
        if path in (API_PATH, NATIVE_PATH):
            self._send(handle_post(self.server.state, path, query, headers, raw))
        elif path == UPLOAD_PATH:
            self._send(handle_upload(self.server.state, headers, raw))
        else:
            self._unknown()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not self._read_body()[0]:
            return
        if path.startswith(FILES_PATH):
            self._send(handle_file(self.server.state, path[len(FILES_PATH) :]))
        else:
            self._unknown()

    def _other(self) -> None:
        if self._read_body()[0]:
            self._unknown()

    do_HEAD = do_GET
    do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _other

    def _unknown(self) -> None:
        path = self.path.partition("?")[0]
        self._send(Reply(404, to_bytes(invalid_url(self.command, path[:200]))))

    def _read_body(self) -> tuple[bool, bytes | None]:
        """Whether to go on, and the request body: None when it is larger than the limit."""
        length = self.headers.get("Content-Length")
        if length is None and self.headers.get("Transfer-Encoding") is None:
            return True, b""
        if length is None or not (length.isascii() and length.isdigit()):
            self.close_connection = True
            self._send(Reply(411, to_bytes(gateway_error("Content-Length is required", "length_required"))))
            return False, None
        limit = self.server.state.settings.max_body
        if int(length) <= limit:
            raw = self.rfile.read(int(length))
            # A short body means that the client has gone: nobody is there to answer.
            self.close_connection = self.close_connection or len(raw) < int(length)
            return len(raw) == int(length), raw
        # The rest is read and thrown away, else the client would see a reset instead of the answer.
        left = min(int(length), 4 * limit)
        while left > 0:
            piece = self.rfile.read(min(_CHUNK, left))
            if not piece:
                break
            left -= len(piece)
        self.close_connection = True
        return True, None

    def _send(self, reply: Reply) -> None:
        if reply.drop or reply.cut == "before_headers":
            self.close_connection = True
            return
        if reply.cut == "in_headers":
            self.close_connection = True
            self.wfile.write(f"HTTP/1.1 {reply.status} OK\r\nContent-Type: appl".encode("ascii"))
            return
        self.send_response(reply.status)
        headers = {"Content-Type": reply.content_type, **reply.headers}
        if not reply.endless:
            headers.setdefault("Content-Length", str(len(reply.body)))
        if reply.endless or self.close_connection:
            self.close_connection = True
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if reply.cut == "in_body":
            self.close_connection = True
            self.wfile.write(reply.body[: len(reply.body) // 2])
            return
        self.wfile.write(reply.body)
        while reply.endless and not self.server.state.stopping.is_set():
            self.wfile.write(b"\0" * _CHUNK)

    def log_message(self, format: str, *args: Any) -> None:
        _log.debug(format, *args)
