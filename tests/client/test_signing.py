"""Signed calls to the vendor's own service: the two published vectors, and one call over the wire."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone

import pytest
import requests

from volcv_client.auth import SignedAuth, canonical_request, signing_key
from volcv_client.config import NATIVE_URL, Profile
from volcv_client.service import service_for

from .helpers import make, success
from .wire import Script, WireServer, response

ACCESS = "AKLTEXAMPLEACCESSKEYID"
SECRET = "EXAMPLEsecretEXAMPLEsecretEXAMPLEsecret=="
MOMENT = datetime(2025, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
A = '{"req_key":"high_aes_general_v14","prompt":"a cat","return_url":true}'
B = '{"req_key":"i2i_outpainting","custom_prompt":"\u84dd\u8272\u7684\u6d77\u6d0b"}'
VECTORS = [
    (
        A,
        "d7ee651b173dbb57fcb4a96f29f797c5fcb64fceef48a03306a3ad6632bc9307",
        "24746b975fbe03a47e68711951bb43868623eb099e165c6b2eef9fb9edf3f423",
        "ddcf8d17429108a9c7d18acfcbbe47399ed769d85320ca3ede4dc879665b249f",
    ),
    (
        B,
        "a151410d6d7533f88a18c224612ec6f5254fa1507af374428c67e33d489a0f8d",
        "07f796bbab46ef4156b91dc25d4ec326a6c85048f55aed3f3091a151a579d713",
        "81de97738fc878000d6366d565c366940295d138c2304e7b4c084d2b42f49777",
    ),
]


def signed(body: str, url: str = NATIVE_URL + "/", session_token: str = "", **headers: str) -> requests.PreparedRequest:
    data = body.encode()
    return requests.Request(
        "POST",
        url,
        params={"Action": "CVProcess", "Version": "2022-08-31"},
        data=data,
        headers={"Content-Type": "application/json", **headers},
        auth=SignedAuth(ACCESS, SECRET, session_token, data, MOMENT),
    ).prepare()


def test_signing_key() -> None:
    expected = "5d34d40489cdd4e0f26460735869ee6af5daba1cd10a312dcca895e83199e4ef"
    assert signing_key(SECRET, "20250102").hex() == expected


@pytest.mark.parametrize(("body", "body_hash", "canonical_hash", "signature"), VECTORS, ids=["A", "B"])
def test_vectors(body: str, body_hash: str, canonical_hash: str, signature: str) -> None:
    assert hashlib.sha256(body.encode()).hexdigest() == body_hash
    headers = {
        "content-type": "application/json",
        "host": "visual.volcengineapi.com",
        "x-content-sha256": body_hash,
        "x-date": "20250102T030405Z",
    }
    canonical, names = canonical_request("/", "Version=2022-08-31&Action=CVProcess", headers, body_hash)
    assert hashlib.sha256(canonical.encode()).hexdigest() == canonical_hash
    assert names == "content-type;host;x-content-sha256;x-date"
    request = signed(body)
    assert request.headers["X-Date"] == "20250102T030405Z"
    assert request.headers["X-Content-Sha256"] == body_hash
    assert request.headers["Authorization"] == (
        f"HMAC-SHA256 Credential={ACCESS}/20250102/cn-north-1/cv/request, SignedHeaders={names}, Signature={signature}"
    )


def signature_of(request: requests.PreparedRequest) -> str:
    return str(request.headers["Authorization"]).rpartition("Signature=")[2]


def test_a_session_token_is_sent_and_signed() -> None:
    request = signed(A, session_token="token")
    assert request.headers["X-Security-Token"] == "token"
    assert "x-security-token" in str(request.headers["Authorization"])
    assert signature_of(request) != VECTORS[0][3]


def test_standard_ports_are_not_part_of_the_signed_host_and_others_are() -> None:
    assert signature_of(signed(A, url="https://visual.volcengineapi.com:443/")) == VECTORS[0][3]
    assert signature_of(signed(A, url="https://visual.volcengineapi.com:8443/")) != VECTORS[0][3]


def test_length_and_agent_are_not_signed() -> None:
    request = signed(A, **{"User-Agent": "someone", "Accept": "application/json"})
    assert signature_of(request) == VECTORS[0][3]


def test_over_the_wire_the_signature_fits_what_arrived() -> None:
    with WireServer(Script(send=response(success()))) as server:
        native = Profile(base_url=server.url, access_key=ACCESS, secret_key=SECRET, timeout=10.0)
        make(service_for(native), {"prompt": "\u72d7"})
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /?Action=CVProcess&Version=2022-08-31 HTTP/1.1"
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert headers["x-content-sha256"] == hashlib.sha256(body).hexdigest()
    covered = {name: headers[name] for name in ("content-type", "host", "x-content-sha256", "x-date")}
    moment = datetime.strptime(headers["x-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    again = requests.Request(
        "POST",
        f"http://{covered['host']}/?Action=CVProcess&Version=2022-08-31",
        headers={"Content-Type": covered["content-type"]},
        auth=SignedAuth(ACCESS, SECRET, "", body, moment),
    ).prepare()
    assert headers["authorization"] == again.headers["Authorization"]
    assert SECRET.encode() not in server.requests[0]
