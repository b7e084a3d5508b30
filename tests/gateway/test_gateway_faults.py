"""Failures on demand, concurrency, recording and lifetime, over real sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.gateway import Fault, Gateway

from .helpers import IP, V14, body, post

BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture
def server() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def file_address(server: Gateway) -> str:
    return str(post(server, body(V14, return_url=True)).json()["data"]["image_urls"][0])


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault(code=50511), 400, 50511),
        (Fault(code=50429), 429, 50429),
        (Fault(code=50500), 500, 50500),
        (Fault(code=50500, status=200), 200, 50500),
        (Fault(code=99999), 400, 99999),
    ],
)
def test_service_codes(server: Gateway, fault: Fault, status: int, code: int) -> None:
    server.inject(fault)
    answer = post(server, body(V14))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["data"] is None
    assert server.charged == 0
    assert post(server, body(V14)).json()["code"] == 10000
    assert [row.charged for row in server.requests] == [False, True]
    assert [row.status for row in server.requests] == [status, 200]


def test_gateway_codes_raw_bodies_and_headers(server: Gateway) -> None:
    page = b"<html>502 Bad Gateway</html>"
    server.inject(
        Fault(code="insufficient_user_quota"),
        Fault(status=502, body=page, headers={"Retry-After": "3"}),
        Fault(status=503, message="busy"),
        Fault(body=b"{", content_type="application/json"),
    )
    quota = post(server, body(V14))
    assert (quota.status_code, quota.json()["error"]["code"]) == (403, "insufficient_user_quota")
    html = post(server, body(V14))
    assert (html.status_code, html.content, html.headers["Retry-After"]) == (502, page, "3")
    assert html.headers["Content-Type"].startswith("text/html")
    busy = post(server, body(V14))
    assert busy.status_code == 503
    assert "busy" in busy.json()["error"]["message"]
    assert post(server, body(V14)).content == b"{"
    assert server.charged == 0


@pytest.mark.parametrize("cut", ["before_headers", "in_headers", "in_body"])
def test_cut_answers_are_charged(server: Gateway, cut: str) -> None:
    server.inject(Fault(cut=cut))
    if cut == "in_headers":
        # The standard library takes the headers it got for complete: a success without a body.
        assert post(server, body(V14)).content == b""
    else:
        with pytest.raises(BROKEN):
            post(server, body(V14))
    assert server.charged == 1
    assert server.requests[0].charged
    assert server.requests[0].status is None
    assert post(server, body(V14)).ok


def test_stall_is_charged_and_times_out(server: Gateway) -> None:
    server.inject(Fault(stall=30))
    with pytest.raises(requests.ReadTimeout):
        post(server, body(V14), timeout=0.6)
    assert server.charged == 1


def test_delay_comes_first_and_work_follows(server: Gateway) -> None:
    server.inject(Fault(delay=0.3))
    started = time.monotonic()
    assert post(server, body(V14)).json()["code"] == 10000
    assert time.monotonic() - started >= 0.3


def test_edit_changes_the_success_envelope(server: Gateway) -> None:
    def empty(answer: dict[str, Any]) -> dict[str, Any]:
        answer["data"]["binary_data_base64"] = []
        return answer

    server.inject(Fault(edit=empty))
    assert post(server, body(V14)).json()["data"]["binary_data_base64"] == []
    assert server.charged == 1


def test_match_times_and_rate(server: Gateway) -> None:
    server.inject(Fault(code=50411, times=2, match=lambda content: content.get("seed") == 5))
    codes = [post(server, body(V14, seed=seed)).json()["code"] for seed in (1, 5, 5, 5)]
    assert codes == [10000, 50411, 50411, 10000]
    server.clear()
    server.inject(Fault(code=50500, rate=0.5, times=None))
    hits = sum(post(server, body(V14, width=16, height=16)).status_code == 500 for _ in range(24))
    assert 4 <= hits <= 20
    server.clear()
    assert server.requests == []
    assert server.charged == 0
    assert post(server, body(V14)).ok


def test_file_faults(server: Gateway) -> None:
    address = file_address(server)
    whole = requests.get(address, timeout=5).content
    server.inject(
        Fault(where="file", status=404),
        Fault(where="file", redirect="http://127.0.0.1:9/x"),
        Fault(where="file", cut="in_body"),
        Fault(where="file", body=b"no picture", content_type="image/jpeg"),
    )
    assert requests.get(address, timeout=5).status_code == 404
    moved = requests.get(address, timeout=5, allow_redirects=False)
    assert (moved.status_code, moved.headers["Location"]) == (302, "http://127.0.0.1:9/x")
    with pytest.raises(BROKEN):
        requests.get(address, timeout=5)
    assert requests.get(address, timeout=5).content == b"no picture"
    assert requests.get(address, timeout=5).content == whole


def test_endless_file_ends_when_the_client_leaves(server: Gateway) -> None:
    address = file_address(server)
    server.inject(Fault(where="file", endless=True))
    with requests.get(address, timeout=5, stream=True) as answer:
        assert "Content-Length" not in answer.headers
        seen = 0
        for piece in answer.iter_content(65536):
            seen += len(piece)
            if seen > 3_000_000:
                break
    assert seen > 3_000_000


def test_concurrency_limit() -> None:
    with Gateway(max_in_flight=2, delay=0.5) as server, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(server, body(V14)), range(6)))
        codes = sorted(answer.json()["code"] for answer in answers)
        assert codes == [10000] * 2 + [50430] * 4
        assert sorted({answer.status_code for answer in answers}) == [200, 429]
        assert server.peak_in_flight == 2
        assert max(row.in_flight for row in server.requests) == 3
        assert post(server, body(V14)).ok


def test_a_client_that_waits_is_never_over_the_limit() -> None:
    with Gateway(max_in_flight=2) as server:

        def several(_: int) -> set[int]:
            small = body(V14, width=16, height=16)
            with requests.Session() as session:
                address = f"{server.url}/volcv/v1?Action=CVProcess&Version=2022-08-31"
                headers = {"Authorization": "Bearer sandbox"}
                found = [session.post(address, json=small, headers=headers, timeout=9) for _ in range(15)]
            return {answer.status_code for answer in found}

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(several, range(2))) == [{200}, {200}]
        assert server.peak_in_flight <= 2
        assert len(server.requests) == 30


def test_records(server: Gateway) -> None:
    sent = body(IP)
    post(server, sent, key="sandbox", headers={"X-Note": "1"})
    post(server, b"no json")
    first, second = server.requests
    assert first.action == "CVProcess"
    assert first.query == {"Action": "CVProcess", "Version": "2022-08-31"}
    assert first.headers["Authorization"] == "dbox"
    assert first.headers["X-Note"] == "1"
    assert first.body == sent
    assert (first.status, first.code, first.in_flight, first.charged) == (200, 10000, 1, True)
    assert abs(first.time - time.time()) < 60
    assert (second.body, second.code, second.charged) == (None, 50200, False)
    post(server, sent, path="/elsewhere")
    assert len(server.requests) == 2


def test_stop_is_prompt_with_stalled_idle_and_endless_clients(server: Gateway) -> None:
    address = file_address(server)
    server.inject(Fault(stall=60), Fault(where="file", endless=True), Fault(delay=60))
    idle = requests.Session()
    idle.get(server.url + "/x", timeout=5)

    def quiet(call: Callable[[], Any]) -> threading.Thread:
        def run() -> None:
            try:
                call()
            except requests.RequestException:
                return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    threads = [
        quiet(lambda: post(server, body(V14))),
        quiet(lambda: post(server, body(V14))),
        quiet(lambda: requests.get(address, timeout=20)),
    ]
    time.sleep(0.5)
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 1.0
    for thread in threads:
        thread.join(3)
        assert not thread.is_alive()


def test_parse() -> None:
    assert Fault.parse("code=50511,rate=0.02,times=3,delay=1") == Fault(code=50511, rate=0.02, times=3, delay=1.0)
    assert Fault.parse("status=429, retry_after=2, times=always") == Fault(
        status=429, headers={"Retry-After": "2"}, times=None
    )
    assert Fault.parse("where=file,endless=true").endless
    assert Fault.parse("code=model_not_found").code == "model_not_found"
    assert Fault.parse("body=<html>,content_type=text/html").body == b"<html>"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name=value"),
        ("code", "name=value"),
        ("cod=5", "'cod' is not known"),
        ("rate=often", "'rate'"),
        ("rate=2", "between 0 and 1"),
        ("times=0", "1 or more"),
        ("cut=here", "before_headers"),
        ("where=moon", "api, file"),
        ("status=42", "HTTP status"),
        ("delay=-1", "0 or more"),
        ("delay=nan", "0 or more"),
        ("stall=inf", "0 or more"),
        ("endless=maybe", "neither"),
        ("code=1,code=2", "twice"),
        ("code=", "code"),
    ],
)
def test_parse_errors(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Fault.parse(text)
