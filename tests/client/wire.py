"""A server that does exactly what a script says, byte by byte: what no well-behaved server can do."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

CERTIFICATE = Path(__file__).parent / "tls" / "server.pem"
"""Self-signed for 127.0.0.1 and localhost."""


@dataclass(frozen=True)
class Script:
    """What happens on one connection: read ("all", "headers" or "nothing"), send, hold, end.

    ``forever`` is sent again and again with ``pause`` seconds in between; ``hold``: seconds before the end;
    ``reset`` ends with a RST instead of a FIN.
    """

    read: str = "all"
    send: bytes = b""
    forever: bytes = b""
    pause: float = 0.0
    hold: float = 0.0
    reset: bool = False


def response(
    body: bytes | Mapping[str, Any] = b"",
    *,
    status: str = "200 OK",
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
    length: int | None = None,
) -> bytes:
    """A whole HTTP answer. ``length`` lies about its size."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    size = len(content) if length is None else length
    lines = {"Content-Type": kind, "Content-Length": str(size), "Connection": "close", **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


class WireServer:
    """Plays ``scripts`` connection after connection, the last one for all that follow."""

    def __init__(self, *scripts: Script, tls: bool = False, host: str = "127.0.0.1") -> None:
        self._scripts = scripts
        self._stopping = threading.Event()
        self._tls: ssl.SSLContext | None = None
        if tls:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(CERTIFICATE)
            self._tls.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        self._host = f"[{host}]" if ":" in host else host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, 0), family=family, backlog=64)
        self.port = int(self._socket.getsockname()[1])
        self.connections = 0
        self.requests: list[bytes] = []
        """What was read of each request, headers and body."""
        self.server_names: list[str | None] = []
        """The name that each TLS handshake asked for (SNI), None without one."""

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}"

    def __enter__(self) -> WireServer:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            threading.Thread(target=self._play, args=(connection, script), daemon=True).start()

    def _play(self, connection: socket.socket, script: Script) -> None:
        with suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            connection.settimeout(10)
            with connection:
                if script.read != "nothing":
                    request = read_request(connection, body=script.read == "all")
                    if not request:
                        return
                    self.requests.append(request)
                connection.sendall(script.send)
                while script.forever and not self._stopping.is_set():
                    connection.sendall(script.forever)
                    time.sleep(script.pause)
                self._stopping.wait(script.hold)
                if script.reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def read_request(connection: socket.socket, *, body: bool) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4096)
        if not piece:
            return data
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    sizes = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while body and sizes and len(rest) < int(sizes[0]):
        piece = connection.recv(1 << 16)
        if not piece:
            break
        rest += piece
    return head + b"\r\n\r\n" + rest


@contextmanager
def deaf() -> Iterator[str]:
    """An address that lets nobody in: its queue of waiting connections is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            waiting.append(one)
        time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for one in waiting:
                one.close()


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
