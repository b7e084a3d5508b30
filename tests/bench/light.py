"""A light stand-in for the service: one fixed picture after a fixed time, in a process of its own."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from .photos import jpeg
from .rows import ROOT

KEY = "bench-key-0123456789"
EVERY = {"busy": (50, 3), "fault": (100, 7), "cut": (200, 11)}
"""Of so many requests one fails, counted from the second number: 2 %, 1 % and 0.5 %."""


@dataclass
class State:
    """What the service is to do and what it has seen. ``paid``: pictures made, by prompt."""

    answer: bytes
    delay: float
    faults: bool
    lock: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0
    paid: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    spans: list[tuple[float, float]] = field(default_factory=list)

    def fate(self) -> str:
        with self.lock:
            self.number += 1
            kinds = EVERY.items() if self.faults else ()
            kind = next((name for name, (every, first) in kinds if self.number % every == first), "")
            if kind:
                self.failures[kind] += 1
            return kind


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    state: State

    def log_message(self, *_: Any) -> None: ...

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self) -> None:
        state = self.state
        with state.lock:
            most = max(state.paid.values(), default=0)
            seen = {"paid": state.paid.total(), "most": most, "failures": state.failures, "spans": state.spans}
            self.send(200, json.dumps(seen).encode())

    def do_POST(self) -> None:
        state, began = self.state, time.monotonic()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        prompt = str(json.loads(body).get("prompt")) if state.faults else ""
        kind = state.fate()
        if kind == "busy":
            return self.send(429, b'{"code":50430,"message":"too many","request_id":"r"}', Retry_After="1")
        if kind == "fault":
            return self.send(500, b'{"code":50500,"message":"internal","request_id":"r"}')
        time.sleep(state.delay)
        with state.lock:
            state.paid[prompt] += 1
            state.spans.append((began, time.monotonic()))
        if kind == "cut":
            self.close_connection = True
            self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + state.answer[:64])
            return None
        return self.send(200, state.answer)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@dataclass(frozen=True)
class Light:
    """A running light service."""

    url: str

    def seen(self) -> dict[str, Any]:
        """paid: pictures made; most: pictures made for one prompt; failures by kind; spans: (begin, end)."""
        session = requests.Session()
        session.trust_env = False
        with session:
            found: dict[str, Any] = session.get(self.url, timeout=30).json()
        return found


@contextmanager
def light(side: int, delay: float = 0.0, faults: bool = False) -> Iterator[Light]:
    """A light service whose pictures have that side, in a process of its own."""
    given = json.dumps({"side": side, "delay": delay, "faults": faults})
    command = [sys.executable, "-m", "tests.bench.light", given]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Light(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()


def main() -> None:
    given = json.loads(sys.argv[1])
    inline = base64.b64encode(jpeg(given["side"])).decode()
    data = {"binary_data_base64": [inline], "algorithm_base_resp": {"status_code": 0}}
    envelope = {"code": 10000, "message": "Success", "request_id": "bench", "data": data}
    Handler.state = State(json.dumps(envelope).encode(), given["delay"], given["faults"])
    server = Server(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
