"""Uploads to the gateway's file store."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway import Fault, Gateway
from tests.gateway.upload import read_upload
from volcv_client.sandbox.envelope import GatewayRefusal
from volcv_client.sandbox.pictures import uploaded_file

from .helpers import EDIT, JIMENG, MASK, OUT, PICTURE, SHOP, body, finished, pictures, post

PNG = base64.b64decode(PICTURE)
BEARER = {"Authorization": "Bearer sandbox"}


@pytest.fixture(scope="module")
def server() -> Iterator[Gateway]:
    with Gateway(max_body=2_000_000) as running:
        yield running


def send(server: Gateway, data: bytes = PNG, filename: str = "a.png") -> requests.Response:
    return requests.post(f"{server.url}/v1/files", files={"file": (filename, data)}, headers=BEARER, timeout=5)


def test_an_upload_is_served_and_usable(server: Gateway) -> None:
    server.clear()
    answer = send(server)
    content = answer.json()
    assert answer.status_code == 200
    assert list(content) == ["id", "object", "bytes", "filename", "url"]
    assert (content["object"], content["bytes"], content["filename"]) == ("file", len(PNG), "a.png")
    assert content["url"].startswith(f"{server.url}/files/")
    assert content["url"].endswith(".png")
    fetched = requests.get(content["url"], timeout=5)
    assert (fetched.headers["Content-Type"], fetched.content) == ("image/png", PNG)
    assert (server.uploads, server.requests, server.charged) == (1, [], 0)
    url = content["url"]
    by_url = pictures(post(server, body(EDIT, binary_data_base64=None, image_urls=[url])))[0]
    assert by_url.tobytes() == pictures(post(server, body(EDIT)))[0].tobytes()
    assert post(server, body(SHOP, binary_data_base64=None, product_image_input=url)).json()["code"] == 10000
    assert finished(server, JIMENG, image_urls=[url])
    mask = send(server, base64.b64decode(MASK)).json()["url"]
    grown = post(server, body(OUT, binary_data_base64=None, left=None, image_urls=[url, mask]))
    assert pictures(grown)[0].size == (96, 64)
    server.clear()
    assert server.uploads == 0


def test_a_file_that_is_no_picture_is_kept_but_not_usable(server: Gateway) -> None:
    url = send(server, b"text", "notes.txt").json()["url"]
    assert requests.get(url, timeout=5).headers["Content-Type"] == "application/octet-stream"
    assert post(server, body(EDIT, binary_data_base64=None, image_urls=[url])).json()["code"] == 50207


def test_uploads_are_strict(server: Gateway) -> None:
    address = f"{server.url}/v1/files"
    part = ("a.png", PNG)
    wrong = [
        requests.post(address, headers=BEARER, timeout=5),
        requests.post(address, json={"file": PICTURE}, headers=BEARER, timeout=5),
        requests.post(address, data={"file": "text"}, headers=BEARER, timeout=5),
        requests.post(address, files={"image": part}, headers=BEARER, timeout=5),
        requests.post(address, files={"file": part}, data={"purpose": "vision"}, headers=BEARER, timeout=5),
        requests.post(address, files=[("file", part), ("file", part)], headers=BEARER, timeout=5),
        requests.post(address, files={"file": ("a.png", b"")}, headers=BEARER, timeout=5),
        requests.post(address, files={"file": (None, b"x")}, headers=BEARER, timeout=5),
    ]
    for answer in wrong:
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "new_api_error"), answer.request.body
        assert "request id" in answer.json()["error"]["message"]
    assert requests.post(address, files={"file": part}, timeout=5).status_code == 401
    assert requests.get(address, headers=BEARER, timeout=5).status_code == 404
    assert send(server, bytes(2_000_001)).status_code == 413


def test_upload_faults(server: Gateway) -> None:
    server.clear()
    server.inject(Fault(where="upload", status=500), Fault(where="upload", cut="before_headers"))
    assert send(server).status_code == 500
    assert server.uploads == 0
    with pytest.raises(requests.ConnectionError):
        send(server)
    assert server.uploads == 1
    assert send(server).ok


@given(data=st.binary(min_size=1, max_size=300), filename=st.text("abc .\u4e2d\"'", max_size=12))
@settings(max_examples=120, deadline=None)
def test_any_bytes_arrive_unchanged(data: bytes, filename: str) -> None:
    prepared = requests.Request("POST", "http://x/", files={"file": (f"a{filename}", data)}).prepare()
    raw = prepared.body
    assert isinstance(raw, bytes)
    assert read_upload(prepared.headers["Content-Type"], raw) == data
    assert uploaded_file(prepared.headers["Content-Type"], raw)[0] == data


@given(raw=st.binary(max_size=200))
@settings(max_examples=80, deadline=None)
def test_any_other_body_is_refused(raw: bytes) -> None:
    for head in (b"", b"--b\r\n", b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\n"):
        with pytest.raises(GatewayRefusal):
            read_upload("multipart/form-data; boundary=b", head + raw)
