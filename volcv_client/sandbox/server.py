"""The HTTP server on loopback."""

from __future__ import annotations

import logging
import os
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from .api import Api, Request
from .envelope import Reply, gateway_error, to_bytes

Started = TypeVar("Started", bound="SandboxServer")
_log = logging.getLogger(__name__)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the API, sends its reply."""

    protocol_version = "HTTP/1.1"
    server_version = "volcv-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120
    server: HttpServer

    def handle_request(self) -> None:
        length, limit = self.headers.get("Content-Length", "0"), self.server.api.max_body
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.close_connection = True
            self.send(Reply(411, to_bytes(gateway_error("Content-Length is required", "length_required"))))
            return
        # A larger body is read all the same, else the client would see a reset instead of the answer.
        body = self.rfile.read(min(int(length), 4 * limit))
        self.close_connection = self.close_connection or len(body) < int(length)
        path, _, query = self.path.partition("?")
        kept = body if int(length) <= limit else None
        # A short body means that the client has gone: nobody is there to answer.
        if kept is None or len(body) == int(length):
            self.send(self.server.api.reply(Request(self.command, path, query, self.headers, kept)))

    do_POST = do_GET = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = handle_request

    def send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        headers = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body)), **reply.headers}
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        _log.debug(format, *args)


class HttpServer(ThreadingHTTPServer):
    """The sockets of a SandboxServer."""

    api: Api
    daemon_threads = True
    request_queue_size = 128
    # On Windows the option would let two servers share one port.
    allow_reuse_address = os.name != "nt"

    def server_bind(self) -> None:
        # HTTPServer looks the host's name up here, which can take seconds on a machine without DNS.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.debug("request from %s failed", client_address, exc_info=True)


class SandboxServer(Api):
    """The stand-in service on a port of its own; a context manager, or start() and stop(). Settings as of Api."""

    handler: type[Handler] = Handler
    http_server: type[HttpServer] = HttpServer

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, **settings: Any) -> None:
        super().__init__(**settings)
        self._address = (host, port)
        self._http: HttpServer | None = None

    @property
    def url(self) -> str:
        """Origin, ``http://127.0.0.1:PORT``. RuntimeError before start()."""
        if not self.origin:
            raise RuntimeError("the sandbox has not been started")
        return self.origin

    def start(self: Started) -> Started:
        """Bind and serve in the background. OSError when the port is taken; no effect when running."""
        if self._http is None:
            self._http = self.http_server(self._address, self.handler)
            self._http.api = self
            host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1"}.get(self._address[0], self._address[0])
            self.origin = f"http://{host}:{self._http.server_port}"
            self.stopping.clear()
            threading.Thread(target=self._http.serve_forever, args=(0.02,), name="volcv-sandbox", daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop serving; calls that are being delayed are answered at once."""
        http, self._http = self._http, None
        if http is not None:
            self.stopping.set()
            http.shutdown()
            http.server_close()

    def __enter__(self: Started) -> Started:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()
