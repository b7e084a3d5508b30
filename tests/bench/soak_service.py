"""The service of a long run with kills: direct calls and tasks, pictures inline and by link, faults.

It sees the moments at which a kill hurts: the request has left, half of an answer or of a file has arrived, all of it
has and is being saved. The process that a request comes from is in its User-Agent.
"""

from __future__ import annotations

import base64
import io
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from PIL import Image

from .light import Handler, Server

REFUSALS = {"HTTP 429": (429, 50430, 0.02), "code 50430": (200, 50430, 0.02), "HTTP 500": (500, 50500, 0.02)}
"""Answers after which no work was done: HTTP status, code, share of the requests."""

BROKEN_LINKS = {"status 500": (500, 0.03), "status 404": (404, 0.02), "no picture": (200, 0.02)}
CUT, SLOW = 0.02, 0.04
KILL = 0.06
"""Share of the moments of each kind at which the client is killed."""

SAVING_SECONDS, REFUSED_SECONDS = 0.1, 0.03
"""An answer is decoded and saved, or a refusal read, within about this time after it arrived."""


def colour(number: int) -> tuple[int, int, int]:
    """Colour of the picture of a call, which tells whose it is."""
    return number // 256, number % 256, 77


def picture(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), colour(number)).save(buffer, "PNG")
    return buffer.getvalue()


class Service:
    """What was paid for (by seed), asked for and played. ``kill`` kills the process of that id; at most ``kills``
    are. Nothing goes wrong any more once it is ``calm``."""

    def __init__(self, kill: Callable[[int], bool], kills: int) -> None:
        self.url = ""
        self.calm = False
        self.kills_left = kills
        self.paid: Counter[int] = Counter()
        self.played: Counter[str] = Counter()
        self.tasks: dict[str, int] = {}
        self._kill = kill
        self._times: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def dice(self, kind: str, number: int) -> random.Random:
        """The chances of the next request of that kind for that call."""
        with self._lock:
            self._times[kind, number] += 1
            return random.Random(f"{kind} {number} {self._times[kind, number]}")

    def happens(self, dice: random.Random, chance: float, name: str = "") -> bool:
        hit = dice.random() < chance and not self.calm
        if hit and name:
            with self._lock:
                self.played[name] += 1
        return hit

    def kill(self, pid: int, moment: str) -> bool:
        with self._lock:
            if self.calm or not self.kills_left or not self._kill(pid):
                return False
            self.kills_left -= 1
            self.played[f"killed {moment}"] += 1
            return True

    def pay(self, number: int, *, task: bool) -> str:
        """Count a payment; the id of the task that was paid for, if it is one."""
        with self._lock:
            self.paid[number] += 1
            if not task:
                return ""
            task_id = str(7_000_000 + len(self.tasks))
            self.tasks[task_id] = number
            return task_id


class SoakHandler(Handler):
    service: Service

    def kill(self, dice: random.Random, moment: str, chance: float = KILL) -> bool:
        """Perhaps kill the client."""
        pid = int(self.headers["User-Agent"].rpartition("/")[2])
        return self.service.happens(dice, chance) and self.service.kill(pid, moment)

    def do_POST(self) -> None:
        content = self.rfile.read(length := int(self.headers["Content-Length"]))
        if len(content) < length:  # killed while it sent its request: no work is done
            self.close_connection = True
            return None
        body = json.loads(content)
        if "GetResult" in self.path:
            return self.poll(str(body["task_id"]))
        service, number = self.service, int(body["seed"])
        dice = service.dice("request", number)
        for name, (status, code, chance) in REFUSALS.items():
            if service.happens(dice, chance, name):
                refusal = {"code": code, "message": "no", "request_id": "r"}
                self.send(status, json.dumps(refusal).encode(), Retry_After="0.1")
                time.sleep(REFUSED_SECONDS * dice.random())
                self.kill(dice, "while it read a refusal", 0.5)
                return None
        task_id = service.pay(number, task="Submit" in self.path)
        if self.kill(dice, "when its request had left"):
            self.close_connection = True
            return None
        time.sleep(0.1 * dice.random())
        return self.answer(dice, {"task_id": task_id} if task_id else self.result(dice, number))

    def poll(self, task_id: str) -> None:
        number = self.service.tasks[task_id]
        dice = self.service.dice("poll", number)
        if self.service.happens(dice, 0.03, "poll with HTTP 500"):
            return self.send(500, b'{"code":50500,"message":"internal","request_id":"r"}')
        if self.service.happens(dice, 0.03, "poll: not found"):
            return self.answer(dice, {"status": "not_found"})
        if dice.random() < 0.5:
            return self.answer(dice, {"status": "in_queue"})
        return self.answer(dice, {"status": "done", **self.result(dice, number)})

    def result(self, dice: random.Random, number: int) -> Mapping[str, Any]:
        if dice.random() < 0.5:
            return {"image_urls": [f"{self.service.url}/{number}.png"]}
        return {"binary_data_base64": [base64.b64encode(picture(number)).decode()]}

    def answer(self, dice: random.Random, data: Mapping[str, Any]) -> None:
        envelope = {"code": 10000, "message": "Success", "request_id": "soak", "data": data}
        self.deliver(dice, json.dumps(envelope).encode(), "answer", "application/json")

    def do_GET(self) -> None:
        number = int(self.path.strip("/").partition(".")[0])
        dice = self.service.dice("link", number)
        for name, (status, chance) in BROKEN_LINKS.items():
            if self.service.happens(dice, chance, f"link: {name}"):
                return self.send(status, b"nothing to see", Content_Type="image/png")
        return self.deliver(dice, picture(number), "file", "image/png")

    def deliver(self, dice: random.Random, content: bytes, kind: str, content_type: str) -> None:
        """Send an answer or a file: cut, slowly, or with a kill in the middle or right after it."""
        half = len(content) // 2
        cut, slow = self.service.happens(dice, CUT, f"cut {kind}"), self.service.happens(dice, SLOW, f"slow {kind}")
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:half])
        self.wfile.flush()
        if cut or self.kill(dice, f"in the middle of an {kind}" if kind == "answer" else f"in the middle of a {kind}"):
            self.close_connection = True
            return
        time.sleep(0.5 * slow)
        self.wfile.write(content[half:])
        self.wfile.flush()
        time.sleep(SAVING_SECONDS * dice.random() * (not self.service.calm))
        self.kill(dice, f"while it saved an {kind}" if kind == "answer" else f"while it saved a {kind}")


class SoakServer(Server):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that were killed close their connections; anything else is an error of the bench."""
        import sys

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextmanager
def soak_service(kill: Callable[[int], bool], kills: int) -> Iterator[Service]:
    """A running service, in threads of this process."""
    service = Service(kill, kills)
    server = SoakServer(("127.0.0.1", 0), type("BoundHandler", (SoakHandler,), {"service": service}))
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
