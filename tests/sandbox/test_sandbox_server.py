"""The shipped sandbox over real sockets: keys, counters, limits, uploads, files, lifetime."""

from __future__ import annotations

import base64
import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.gateway import Gateway
from tests.gateway.helpers import EDIT, JIMENG, MASK, OUT, PICTURE, SHOP, V14, body, finished, pictures, post
from volcv_client.sandbox import SandboxServer
from volcv_client.sandbox.stores import FileStore

PNG = base64.b64decode(PICTURE)
BEARER = {"Authorization": "Bearer sandbox"}


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def send(server: SandboxServer, data: bytes = PNG, filename: str = "a.png") -> requests.Response:
    return requests.post(f"{server.url}/v1/files", files={"file": (filename, data)}, headers=BEARER, timeout=5)


@pytest.mark.parametrize("server_class", [SandboxServer, Gateway])
def test_start_stop_and_address(server_class: type[SandboxServer]) -> None:
    server = server_class()
    with pytest.raises(RuntimeError):
        _ = server.url
    server.stop()
    assert server.start() is server
    assert server.start() is server
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(OSError):
        server_class(port=port).start()
    server.stop()
    with server:
        assert post(server, body(V14)).ok


@pytest.mark.parametrize("server_class", [SandboxServer, Gateway])
def test_keep_alive(server_class: type[SandboxServer]) -> None:
    with server_class() as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)
        used = set()
        for path in ("/volcv/v1", "/elsewhere", "/volcv/v1"):
            connection.request("POST", path, body=b"{}")
            used.add(connection.sock)
            answer = connection.getresponse()
            assert answer.version == 11
            assert answer.read()
        assert len(used) == 1
        connection.close()


def test_counters(server: SandboxServer) -> None:
    assert post(server, body(V14)).ok
    assert post(server, body(V14, seed="1")).status_code == 400
    assert post(server, body(V14), key="wrong").status_code == 401
    post(server, body(V14), path="/elsewhere")
    assert (server.calls, server.charged) == (3, 1)


def test_concurrency_limit_and_delay() -> None:
    with SandboxServer(max_in_flight=2, delay=0.5) as server, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(server, body(V14)), range(6)))
        assert sorted(answer.json()["code"] for answer in answers) == [10000] * 2 + [50430] * 4
        assert sorted({answer.status_code for answer in answers}) == [200, 429]
        assert post(server, body(V14)).ok


def test_a_stopping_server_does_not_wait(server: SandboxServer) -> None:
    with SandboxServer(delay=60) as slow, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, slow, body(V14))
        time.sleep(0.3)
        started = time.monotonic()
        slow.stop()
        assert answer.result(timeout=5).ok
        assert time.monotonic() - started < 3


def test_body_limit_and_length() -> None:
    with SandboxServer(max_body=20_000, api_keys=("one", "two")) as server:
        answer = post(server, body(V14, prompt="x" * 30_000), key="two")
        assert (answer.status_code, answer.json()["code"]) == (413, 50213)
        assert post(server, body(V14, prompt="x" * 10_000), key="one").json()["code"] == 10000
        chunked = requests.post(f"{server.url}/volcv/v1", data=iter([b"{}"]), timeout=5)
        assert chunked.status_code == 411


def test_an_upload_is_served_and_usable(server: SandboxServer) -> None:
    answer = send(server)
    content = answer.json()
    assert answer.status_code == 200
    assert list(content) == ["id", "object", "bytes", "filename", "url"]
    assert (content["object"], content["bytes"], content["filename"]) == ("file", len(PNG), "a.png")
    assert content["url"].startswith(f"{server.url}/files/") and content["url"].endswith(".png")
    fetched = requests.get(content["url"], timeout=5)
    assert (fetched.headers["Content-Type"], fetched.content) == ("image/png", PNG)
    assert server.charged == 0
    url = content["url"]
    by_url = pictures(post(server, body(EDIT, binary_data_base64=None, image_urls=[url])))[0]
    assert by_url.tobytes() == pictures(post(server, body(EDIT)))[0].tobytes()
    assert post(server, body(SHOP, binary_data_base64=None, product_image_input=url)).json()["code"] == 10000
    assert finished(server, JIMENG, image_urls=[url])
    mask = send(server, base64.b64decode(MASK)).json()["url"]
    grown = post(server, body(OUT, binary_data_base64=None, left=None, image_urls=[url, mask]))
    assert pictures(grown)[0].size == (96, 64)


def test_uploads_that_are_refused_or_no_pictures(server: SandboxServer) -> None:
    address = f"{server.url}/v1/files"
    assert requests.post(address, files={"file": ("a.png", PNG)}, timeout=5).status_code == 401
    for wrong in ({}, {"json": {"file": PICTURE}}, {"files": {"image": ("a.png", PNG)}}):
        assert requests.post(address, headers=BEARER, timeout=5, **wrong).status_code == 400  # type: ignore[arg-type]
    url = send(server, b"text", "notes.txt").json()["url"]
    assert requests.get(url, timeout=5).headers["Content-Type"] == "application/octet-stream"
    assert post(server, body(EDIT, binary_data_base64=None, image_urls=[url])).json()["code"] == 50207


def test_oldest_files_go_first() -> None:
    store = FileStore(max_files=3, max_bytes=100)
    names = [store.put(b"x" * 10, "jpg") for _ in range(4)]
    assert [store.get(name) is None for name in names] == [True, False, False, False]
    large = store.put(b"y" * 95, "png")
    assert [store.get(name) is None for name in names] == [True] * 4
    assert store.get(large) == (b"y" * 95, "image/png")
