"""Signed calls to the vendor's own service: vectors, the vendor's signer, calls over the wire, refusals."""

from __future__ import annotations

import hashlib
import string
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from volcengine.auth.SignerV4 import SignerV4
from volcengine.auth.SignParam import SignParam
from volcengine.Credentials import Credentials

from volcv_client.config import NATIVE_URL, Profile
from volcv_client.errors import Charged, CredentialError
from volcv_client.http.auth import REGION, SERVICE, SignedAuth, canonical_request, signing_key

from .helpers import client_for, make, success
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
        auth=SignedAuth(ACCESS, SECRET, session_token, [data], MOMENT),
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
        make(client_for(native), {"prompt": "\u72d7"})
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
        auth=SignedAuth(ACCESS, SECRET, "", [body], moment),
    ).prepare()
    assert headers["authorization"] == again.headers["Authorization"]
    assert SECRET.encode() not in server.requests[0]


def vendors_authorization(
    url: str, query: dict[str, str], headers: dict[str, str], body: bytes, keys: tuple[str, str, str]
) -> str:
    """What the vendor's own package would send."""
    access_key, secret_key, session_token = keys
    param = SignParam()
    param.set_method("POST")
    param.set_date(MOMENT)
    param.set_path("/")
    param.set_query(dict(query))
    param.set_header_list({**headers, "Host": urlsplit(url).netloc})
    param.set_body(body)
    credentials = Credentials(access_key, secret_key, SERVICE, REGION, session_token)
    return str(SignerV4.sign_only(param, credentials).authorization)


VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
HEADER_VALUES = st.text(string.printable[:95], max_size=60).map(str.strip)
HEADERS = st.dictionaries(st.from_regex(r"X-[A-Z][a-z]{1,8}", fullmatch=True), HEADER_VALUES, max_size=4)


@given(
    url=st.sampled_from(
        ["https://h.example/", "https://h.example:443/", "http://h.example:80/", "http://h.example:81/"]
    ),
    query=st.dictionaries(ANY_TEXT.filter(bool), ANY_TEXT, max_size=5),
    headers=HEADERS,
    kind=HEADER_VALUES.filter(bool),
    body=st.binary(max_size=300) | ANY_TEXT.map(str.encode),
    keys=st.tuples(VISIBLE, VISIBLE | ANY_TEXT.filter(bool), st.just("") | VISIBLE),
)
def test_the_vendors_own_signer_signs_the_same(
    url: str, query: dict[str, str], headers: dict[str, str], kind: str, body: bytes, keys: tuple[str, str, str]
) -> None:
    sent = {**headers, "Content-Type": kind}
    request = requests.Request(
        "POST", url, params=query, data=body, headers=sent, auth=SignedAuth(*keys, [body], MOMENT)
    ).prepare()
    assert request.headers["Authorization"] == vendors_authorization(url, query, sent, body, keys)
    assert request.headers.get("X-Security-Token", "") == keys[2]


def refusal(code: int, name: str, offset: timedelta | None) -> Script:
    """A refusal of the native service whose clock is ``offset`` ahead of this machine's; None: it tells no date."""
    inner = {"CodeN": code, "Code": name, "Message": f"{name} of {ACCESS}"}
    headers = {}
    if offset is not None:
        headers["Date"] = format_datetime(datetime.now(timezone.utc) + offset, usegmt=True)
    body = {"ResponseMetadata": {"RequestId": "20250102030405ABCDEF", "Error": inner}}
    return Script(send=response(body, status="400 Bad Request", headers=headers))


def refused(script: Script) -> CredentialError:
    """How a refused call ends."""
    with WireServer(script) as server:
        native = Profile(base_url=server.url, access_key=ACCESS, secret_key=SECRET, timeout=10.0)
        with pytest.raises(CredentialError) as caught:
            make(client_for(native))
        assert len(server.requests) == 1, "the same signature would be refused again"
    assert caught.value.charged is Charged.NO
    assert not any(secret in str(caught.value) for secret in (ACCESS, SECRET))
    return caught.value


@pytest.mark.parametrize("name", ["InvalidTimestamp", "RequestExpired"])
@pytest.mark.parametrize(
    ("offset", "english", "chinese"),
    [
        (timedelta(minutes=-17), "17 min ahead", "\u5feb 17 \u5206\u949f"),
        (timedelta(hours=8), "480 min behind", "\u6162 480 \u5206\u949f"),
    ],
)
def test_a_wrong_clock_is_told_with_the_difference(
    name: str, offset: timedelta, english: str, chinese: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refused(refusal(100006 if name == "InvalidTimestamp" else 0, name, offset))
    assert english in str(error) and "Set the clock" in str(error)
    monkeypatch.setenv("VOLCV_LANG", "zh")
    assert chinese in str(error)


@pytest.mark.parametrize("offset", [None, timedelta(seconds=3)], ids=["no date", "the clocks agree"])
def test_a_clock_that_is_not_known_to_be_wrong_is_not_blamed(offset: timedelta | None) -> None:
    error = refused(refusal(100006, "InvalidTimestamp", offset))
    assert error.key == "100006" and "minute" not in str(error)


@pytest.mark.parametrize(
    ("code", "name", "part"),
    [
        (100009, "InvalidAccessKey", "VOLCV_ACCESS_KEY"),
        (100010, "SignatureDoesNotMatch", "secret key"),
        (100013, "AccessDenied", "administrator"),
        (100026, "InvalidSecurityToken", "session token"),
    ],
)
def test_a_refused_key_is_told_with_the_way_out(
    code: int, name: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refused(refusal(code, name, timedelta(hours=1)))
    assert (error.key, error.code) == (str(code), code)
    assert part in str(error) and str(code) in str(error)
    monkeypatch.setenv("VOLCV_LANG", "zh")
    assert not error.message.isascii() and not error.advice.isascii()
