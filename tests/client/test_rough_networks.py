"""What a network or a server in between may do to a connection: slow, dripping, chatty, or all too polite."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from urllib3 import HTTPResponse

from volcv_client.errors import (
    Cancelled,
    Charged,
    DownloadError,
    InputError,
    LostAnswerError,
    NotSentError,
    SetupError,
    UploadError,
)
from volcv_client.http import session
from volcv_client.http.transport import Transport
from volcv_client.request.json_body import json_body

from .helpers import KEY, SMALL, client_for, finish, make, png, profile, start, success, until
from .wire import Script, WireServer, response

LARGE = {**SMALL, "prompt": "a cat " * 2_000_000, "seed": 4}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

needs_read1 = pytest.mark.skipif(not hasattr(HTTPResponse, "read1"), reason="this urllib3 reads whole pieces only")


class SlowReader:
    """Reads a request's body as slowly as it is told, then answers; several requests on one connection."""

    def __init__(self, seconds: float, before: bytes = b"", pause: float = 0.0, only: int = 0) -> None:
        """``before``: sent ``pause`` seconds ahead of each answer, or of answer number ``only``."""
        self._seconds, self._before, self._pause, self._only = seconds, before, pause, only
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.read = 0.0
        self.answered = 0
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        data = b""
        while True:
            try:
                while b"\r\n\r\n" not in data:
                    piece = connection.recv(4096)
                    if not piece:
                        return
                    data += piece
                head, _, body = data.partition(b"\r\n\r\n")
                size = int(head.lower().split(b"content-length:")[1].split()[0])
                had, began = len(body), time.monotonic()
                while had < size:
                    piece = connection.recv(1 << 16)
                    if not piece:
                        return
                    had += len(piece)
                    self.read = had / size
                    time.sleep(max(0.0, self._seconds * self.read - (time.monotonic() - began)))
                self.answered += 1
                if self._before and self._only in (0, self.answered):
                    connection.sendall(self._before)
                    time.sleep(self._pause)
                answer = success(request_id=f"answer-to-call-{self.answered}")
                connection.sendall(response(answer, headers={"Connection": "keep-alive"}))
                data = b""
            except OSError:
                return


@pytest.fixture
def slow() -> Iterator[Any]:
    servers: list[SlowReader] = []

    def made(*arguments: Any, **options: Any) -> SlowReader:
        servers.append(SlowReader(*arguments, **options))
        return servers[-1]

    yield made
    for server in servers:
        server.close()


def interim(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nLink: </a.css>\r\n\r\n".encode()


def test_100_continue_is_skipped(slow: Any) -> None:
    server = slow(0.0, interim("100 Continue"), 0.2)
    client = client_for(profile(server.url))
    for number in (1, 2, 3):
        outcome = make(client, {**SMALL, "seed": number})
        assert outcome.results[0].request_id == f"answer-to-call-{number}"
    assert server.connections == 1


@pytest.mark.parametrize("status", ["101 Switching Protocols", "102 Processing", "103 Early Hints"])
@pytest.mark.parametrize("pause", [0.0, 0.2])
def test_an_interim_answer_is_a_lost_answer_and_the_next_call_gets_its_own(
    slow: Any, status: str, pause: float
) -> None:
    server = slow(0.0, interim(status), pause, only=2)
    client = client_for(profile(server.url))
    assert make(client, {**SMALL, "seed": 1}).results[0].request_id == "answer-to-call-1"
    with pytest.raises(LostAnswerError) as caught:
        make(client, {**SMALL, "seed": 2})
    assert (caught.value.key, caught.value.charged) == ("interim", Charged.MAYBE)
    assert caught.value.http_status == int(status[:3])
    for number in (3, 4):
        outcome = make(client, {**SMALL, "seed": number})
        assert outcome.results[0].request_id == f"answer-to-call-{number}"
    assert server.connections == 2


def test_an_interim_answer_to_an_upload_leaves_nothing_for_the_call_after_it(slow: Any) -> None:
    server = slow(0.0, interim("103 Early Hints"), 0.1, only=1)
    transport = Transport(profile(server.url))
    with pytest.raises(UploadError):
        transport.upload(server.url + "/v1/files", png())
    answer = transport.post("CVProcess", json_body({}), lambda: None)
    assert b"answer-to-call-2" in answer.content


def test_an_interim_answer_to_a_download_is_no_picture() -> None:
    early = Script(send=interim("103 Early Hints") + response(png(), kind="image/png"))
    with WireServer(early, Script(send=response(png(), kind="image/png"))) as server:
        transport = Transport(profile(server.url))
        with pytest.raises(DownloadError) as caught:
            transport.download(server.url + "/a.png")
        assert caught.value.key == "download_cut"
        assert transport.download(server.url + "/b.png") == png()


def test_a_gateway_that_stops_reading_ends_the_call_free_of_charge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CONNECT_SECONDS", 0.5)
    with WireServer(Script(read="headers", hold=30.0)) as server:
        began = time.monotonic()
        with pytest.raises(NotSentError) as caught:
            Transport(profile(server.url, timeout=30.0)).post("CVProcess", json_body(LARGE), lambda: None)
        assert (caught.value.key, caught.value.charged) == ("upload_cut", Charged.NO)
        assert time.monotonic() - began < 10


def test_the_time_limit_of_an_answer_begins_when_the_request_is_sent(slow: Any) -> None:
    server = slow(2.0)
    outcome = make(client_for(profile(server.url, timeout=1.0)), LARGE)
    assert outcome.results[0].request_id == "answer-to-call-1"


def test_an_interrupt_during_a_slow_upload_sends_no_more_and_costs_nothing(slow: Any) -> None:
    server = slow(6.0)
    run = start(client_for(profile(server.url)), LARGE)
    until(lambda: server.read > 0.05)
    run.cancel()
    with pytest.raises(Cancelled):
        finish(run)
    assert server.read < 0.9 and server.answered == 0


@needs_read1
@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"Content-Length: 60000\r\n\r\n",
        HEAD + b"Connection: close\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n",
    ],
    ids=["length", "until closed", "one large chunk"],
)
def test_a_dripping_answer_ends_at_the_time_limit(head: bytes) -> None:
    with WireServer(Script(send=head, forever=b" ", pause=0.05)) as server:
        began = time.monotonic()
        with pytest.raises(LostAnswerError) as caught:
            make(client_for(profile(server.url, timeout=1.0)), SMALL)
        assert caught.value.key == "timeout" and time.monotonic() - began < 4


@needs_read1
def test_a_dripping_download_ends_at_the_time_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 60000\r\n\r\n"
    with WireServer(Script(send=head + png()[:20], forever=b"x", pause=0.05)) as server:
        began = time.monotonic()
        with pytest.raises(DownloadError) as caught:
            Transport(profile(server.url, timeout=1.0)).download(server.url + "/a.png")
        assert caught.value.key == "download_timeout" and time.monotonic() - began < 4


@pytest.mark.parametrize(
    "script",
    [
        Script(send=HEAD + b"Connection: close\r\n\r\n", forever=b" " * 65536),
        pytest.param(Script(send=HEAD + b"Connection: close\r\n\r\n", forever=b" ", pause=0.05), marks=needs_read1),
        Script(send=response(b"[" * 200_000)),
    ],
    ids=["endless", "dripping", "deeply nested"],
)
def test_an_upload_service_that_answers_nonsense_is_told(script: Script) -> None:
    with WireServer(script) as server:
        transport = Transport(profile(server.url, timeout=1.0))
        began = time.monotonic()
        with pytest.raises(UploadError):
            transport.upload(server.url + "/v1/files", png())
        assert time.monotonic() - began < 4


@pytest.mark.parametrize("host", ["a..b.example", "a" * 64 + ".example"])
def test_a_host_name_that_cannot_be_one_is_told(host: str) -> None:
    with pytest.raises(DownloadError):
        Transport(profile("http://gateway.example")).download(f"http://{host}/a.png")
    with pytest.raises((SetupError, InputError)):
        make(client_for(profile(f"http://{host}")), SMALL)


def test_half_of_a_surrogate_pair_in_a_prompt_is_replaced() -> None:
    with WireServer(Script(send=response(success()))) as server:
        make(client_for(profile(server.url)), {**SMALL, "seed": 7, "prompt": "a \ud83d cat"})
        body = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])
    assert body["prompt"] == "a ? cat" and KEY not in body.values()


@pytest.mark.parametrize("seed", [10**25, -(10**25), True])
def test_a_seed_that_no_database_takes_costs_no_picture(seed: object) -> None:
    with WireServer(Script(send=response(success()))) as server:
        client = client_for(profile(server.url))
        given = {"req_key": "m", "body": json.dumps({"prompt": "x", "seed": seed})}
        assert len(make(client, given, key="any").pictures) == 1
        assert client.store.usage()[0] == 1
