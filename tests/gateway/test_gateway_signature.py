"""The native service: signatures, and what follows once they are right.

The client under test here is the standard library alone: neither the pack's own signing nor the sandbox's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway import Fault, Gateway
from tests.gateway.signature import Keys, SignatureRefusal, SignedRequest, verify

from .helpers import RESULT, SUBMIT, V14, V20, body

AK, SK = "AKLTEXAMPLEACCESSKEYID", "EXAMPLEsecretEXAMPLEsecretEXAMPLEsecret=="
TEMPORARY, TOKEN = "AKTPTEMPORARY", "token+/=="
KEYS = Keys({AK: SK, TEMPORARY: SK}, {TEMPORARY: TOKEN})
NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
QUERY = "Action=CVProcess&Version=2022-08-31"
BODY_A = b'{"req_key":"high_aes_general_v14","prompt":"a cat","return_url":true}'
BODY_B = '{"req_key":"i2i_outpainting","custom_prompt":"\u84dd\u8272\u7684\u6d77\u6d0b"}'.encode()
#: Catalog section 8: body, its hash, and the signature made by two independent implementations.
VECTORS = [
    (
        BODY_A,
        "d7ee651b173dbb57fcb4a96f29f797c5fcb64fceef48a03306a3ad6632bc9307",
        "ddcf8d17429108a9c7d18acfcbbe47399ed769d85320ca3ede4dc879665b249f",
    ),
    (
        BODY_B,
        "a151410d6d7533f88a18c224612ec6f5254fa1507af374428c67e33d489a0f8d",
        "81de97738fc878000d6366d565c366940295d138c2304e7b4c084d2b42f49777",
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Gateway]:
    with Gateway(access_keys={AK: SK, TEMPORARY: SK}, session_tokens={TEMPORARY: TOKEN}) as running:
        yield running


def sign(
    raw: bytes,
    host: str,
    *,
    query: str = QUERY,
    moment: datetime | None = None,
    key: str = AK,
    secret: str = SK,
    token: str | None = None,
    leave_out: tuple[str, ...] = (),
    queries: bool = False,
) -> dict[str, str]:
    """Headers of a signed POST; ``leave_out`` names headers that are sent but not signed; ``queries``: whether the
    signed queries are named."""
    stamp = (moment or datetime.now(timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
    sent = {
        "content-type": "application/json",
        "host": host,
        "x-content-sha256": hashlib.sha256(raw).hexdigest(),
        "x-date": stamp,
    }
    if token is not None:
        sent["x-security-token"] = token
    signed = sorted(name for name in sent if name not in leave_out)
    block = "".join(f"{name}:{sent[name]}\n" for name in signed)
    pairs = "&".join(sorted(query.split("&")))
    canonical = f"POST\n/\n{pairs}\n{block}\n{';'.join(signed)}\n{sent['x-content-sha256']}"
    scope = f"{stamp[:8]}/cn-north-1/cv/request"
    text = f"HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    chain = secret.encode()
    for part in scope.split("/"):
        chain = hmac.new(chain, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(chain, text.encode(), hashlib.sha256).hexdigest()
    names = f"SignedQueries={';'.join(sorted(pair.partition('=')[0] for pair in query.split('&')))}, " * queries
    sent["authorization"] = (
        f"HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={';'.join(signed)}, {names}Signature={signature}"
    )
    return sent


def call(server: Gateway, content: Any, *, action: str = "CVProcess", **signing: Any) -> requests.Response:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    query = f"Action={action}&Version=2022-08-31"
    headers = sign(raw, server.url.removeprefix("http://"), query=query, **signing)
    return requests.post(f"{server.url}/?{query}", data=raw, headers=headers, timeout=10)


def request(raw: bytes = BODY_A, query: str = QUERY, **changes: str | None) -> SignedRequest:
    """Vector A as a request; keywords replace headers, with underscores for dashes; None removes one."""
    headers: dict[str, str | None] = dict(sign(raw, "visual.volcengineapi.com", moment=NOW, query=query))
    headers.update({name.replace("_", "-"): value for name, value in changes.items()})
    kept = {name: value for name, value in headers.items() if value is not None}
    return SignedRequest("POST", "/", query, kept, raw)


@pytest.mark.parametrize(("raw", "digest", "signature"), VECTORS)
def test_vectors(raw: bytes, digest: str, signature: str) -> None:
    authorization = (
        f"HMAC-SHA256 Credential={AK}/20250102/cn-north-1/cv/request, "
        f"SignedHeaders=content-type;host;x-content-sha256;x-date, Signature={signature}"
    )
    headers = {
        "Content-Type": "application/json",
        "Host": "visual.volcengineapi.com",
        "X-Date": "20250102T030405Z",
        "X-Content-Sha256": digest,
        "Authorization": authorization,
        "User-Agent": "anything",
    }
    verify(SignedRequest("POST", "/", QUERY, headers, raw), KEYS, NOW)
    verify(SignedRequest("POST", "/", "Version=2022-08-31&Action=CVProcess", headers, raw), KEYS, NOW)
    verify(SignedRequest("POST", "/", QUERY, {**headers, "Host": "visual.volcengineapi.com:443"}, raw), KEYS, NOW)
    wrong = SignedRequest("POST", "/", QUERY, {**headers, "Authorization": authorization[:-1] + "x"}, raw)
    with pytest.raises(SignatureRefusal):
        verify(wrong, KEYS, NOW)


A = request().headers["authorization"]
WRONG: list[tuple[str, dict[str, str | None], str, int, int]] = [
    ("no header", {"authorization": None}, "MissingAuthenticationToken", 100003, 401),
    ("bearer", {"authorization": "Bearer sandbox"}, "InvalidAuthorization", 100024, 400),
    ("algorithm", {"authorization": A.replace("HMAC-SHA256", "HMAC-SHA1")}, "InvalidAuthorization", 100024, 400),
    ("no signature", {"authorization": A.partition(", Signature")[0]}, "InvalidAuthorization", 100024, 400),
    ("more", {"authorization": A + ", X=1"}, "InvalidAuthorization", 100024, 400),
    ("region", {"authorization": A.replace("cn-north-1", "cn-north-2")}, "InvalidCredential", 100025, 400),
    ("service", {"authorization": A.replace("/cv/", "/iam/")}, "InvalidCredential", 100025, 400),
    ("aws4", {"authorization": A.replace("/request", "/aws4_request")}, "InvalidCredential", 100025, 400),
    ("other day", {"authorization": A.replace("/20250102/", "/20250103/")}, "InvalidCredential", 100025, 400),
    ("no day", {"authorization": A.replace("/20250102/", "/")}, "InvalidCredential", 100025, 400),
    ("host left out", {"authorization": A.replace(";host", "")}, "SignatureDoesNotMatch", 100010, 401),
    (
        "queries",
        {"authorization": A.replace(", Sig", ", SignedQueries=Action, Sig")},
        "InvalidAuthorization",
        100024,
        400,
    ),
    ("unsigned date", {"authorization": A.replace(";x-date", "")}, "InvalidAuthorization", 100024, 400),
    (
        "unsorted",
        {"authorization": A.replace("content-type;host", "host;content-type")},
        "InvalidAuthorization",
        100024,
        400,
    ),
    ("capitals", {"authorization": A.replace(";host", ";Host")}, "InvalidAuthorization", 100024, 400),
    ("no date", {"x_date": None}, "MissingRequestInfo", 100004, 400),
    ("no hash", {"x_content_sha256": None}, "MissingRequestInfo", 100004, 400),
    ("signed but absent", {"content_type": None}, "MissingRequestInfo", 100004, 400),
    ("date form", {"x_date": "2025-01-02T03:04:05Z"}, "InvalidTimestamp", 100006, 400),
    ("date value", {"x_date": "20250102T250405Z"}, "InvalidTimestamp", 100006, 400),
    ("other date", {"x_date": "20250102T030406Z"}, "SignatureDoesNotMatch", 100010, 401),
    ("key", {"authorization": A.replace(AK, "AKLTOTHER")}, "InvalidAccessKey", 100009, 401),
    (
        "hash of another body",
        {"x_content_sha256": hashlib.sha256(b"").hexdigest()},
        "SignatureDoesNotMatch",
        100010,
        401,
    ),
    ("other type", {"content_type": "text/plain"}, "SignatureDoesNotMatch", 100010, 401),
    ("other host", {"host": "example.com"}, "SignatureDoesNotMatch", 100010, 401),
    ("letters", {"authorization": A[:-1] + "\u00e9"}, "SignatureDoesNotMatch", 100010, 401),
    ("unsigned token", {"x_security_token": TOKEN}, "InvalidAuthorization", 100024, 400),
]


@pytest.mark.parametrize(("case", "changes", "code", "number", "status"), WRONG)
def test_wrong_requests(case: str, changes: dict[str, str | None], code: str, number: int, status: int) -> None:
    with pytest.raises(SignatureRefusal) as caught:
        verify(request(**changes), KEYS, NOW)
    assert (caught.value.code, caught.value.number, caught.value.status) == (code, number, status), case
    assert SK not in str(caught.value)


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_a_clock_may_be_fifteen_minutes_off(minutes: int) -> None:
    verify(request(), KEYS, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-16, 16, 60 * 24])
def test_a_clock_further_off_is_told_the_time(minutes: int) -> None:
    now = NOW + timedelta(minutes=minutes)
    with pytest.raises(SignatureRefusal, match=now.strftime("%Y%m%dT%H%M%SZ")) as caught:
        verify(request(), KEYS, now)
    assert caught.value.code == "InvalidTimestamp"


def test_another_query_or_body_breaks_the_signature() -> None:
    good = request()
    for changed in (
        SignedRequest("POST", "/", QUERY.replace("CVProcess", "CVSubmitTask"), good.headers, good.body),
        SignedRequest("POST", "/", QUERY + "&X=1", good.headers, good.body),
        SignedRequest("POST", "/x", QUERY, good.headers, good.body),
        SignedRequest("GET", "/", QUERY, good.headers, good.body),
        SignedRequest("POST", "/", QUERY, good.headers, good.body + b" "),
    ):
        with pytest.raises(SignatureRefusal) as caught:
            verify(changed, KEYS, NOW)
        assert caught.value.code == "SignatureDoesNotMatch"


@given(name=st.text(max_size=8), value=st.text(max_size=12), raw=st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_query_and_body_can_be_signed(name: str, value: str, raw: bytes) -> None:
    query = f"{QUERY}&X{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
    verify(request(raw, query), KEYS, NOW)


NODE = ("content-type", "host")
"""Headers that the vendor's Node SDK sends without signing them."""


@pytest.mark.parametrize("queries", [False, True])
@pytest.mark.parametrize("leave_out", [(), ("content-type",), NODE])
def test_a_signed_call_works(server: Gateway, leave_out: tuple[str, ...], queries: bool) -> None:
    server.clear()
    answer = call(server, body(V14), leave_out=leave_out, queries=queries)
    assert (answer.status_code, answer.json()["code"]) == (200, 10000)
    (row,) = server.requests
    assert (row.path, row.charged, len(row.headers["authorization"])) == ("/", True, 4)


def test_a_temporary_key_signed_as_the_node_sdk_does(server: Gateway) -> None:
    signing = {"key": TEMPORARY, "token": TOKEN, "queries": True}
    assert call(server, body(V14), leave_out=NODE, **signing).status_code == 200
    unsigned = call(server, body(V14), leave_out=(*NODE, "x-security-token"), **signing)
    assert unsigned.json()["ResponseMetadata"]["Error"]["Code"] == "InvalidAuthorization"


def test_a_signed_task(server: Gateway) -> None:
    task_id = call(server, body(V20), action=SUBMIT).json()["data"]["task_id"]
    found = call(server, {"req_key": V20, "task_id": task_id}, action=RESULT).json()
    assert found["data"]["status"] == "done"


def test_a_temporary_key_needs_its_token(server: Gateway) -> None:
    server.clear()
    assert call(server, body(V14), key=TEMPORARY, token=TOKEN).status_code == 200
    assert server.requests[0].headers["x-security-token"] == TOKEN[-4:]
    for key, token in ((TEMPORARY, "other"), (TEMPORARY, None), (AK, TOKEN)):
        answer = call(server, body(V14), key=key, token=token)
        assert answer.status_code == 401
        assert answer.json()["ResponseMetadata"]["Error"]["Code"] == "InvalidSecurityToken"


def test_the_shape_of_a_refusal(server: Gateway) -> None:
    server.clear()
    answer = call(server, body(V14), secret="other")
    assert answer.status_code == 401
    content = answer.json()
    assert list(content) == ["ResponseMetadata"]
    meta = content["ResponseMetadata"]
    assert meta.pop("RequestId")
    assert meta.pop("Error").items() >= {"CodeN": 100010, "Code": "SignatureDoesNotMatch"}.items()
    assert meta == {"Action": "CVProcess", "Version": "2022-08-31", "Service": "cv", "Region": "cn-north-1"}
    assert server.charged == 0
    assert (server.requests[0].status, server.requests[0].code) == (401, "SignatureDoesNotMatch")


def test_a_bearer_key_does_not_open_the_native_service_nor_the_other_way(server: Gateway) -> None:
    native = requests.post(
        f"{server.url}/?{QUERY}", json=body(V14), headers={"Authorization": "Bearer sandbox"}, timeout=5
    )
    assert native.json()["ResponseMetadata"]["Error"]["Code"] == "InvalidAuthorization"
    raw = json.dumps(body(V14)).encode()
    headers = sign(raw, server.url.removeprefix("http://"))
    gateway = requests.post(f"{server.url}/volcv/v1?{QUERY}", data=raw, headers=headers, timeout=5)
    assert (gateway.status_code, gateway.json()["error"]["code"]) == (401, "invalid_token")
    with Gateway() as closed:
        assert call(closed, body(V14)).json()["ResponseMetadata"]["Error"]["Code"] == "InvalidAccessKey"


def test_service_errors_and_faults_behind_a_signature(server: Gateway) -> None:
    assert call(server, body(V14, seed="1")).json()["code"] == 50204
    assert call(server, b"[]").json()["code"] == 50200
    assert call(server, {"req_key": "no_such_model"}).json()["code"] == 50400
    assert call(server, body(V14), action="Nonsense").json()["code"] == 50402
    server.inject(Fault(code=50430))
    assert call(server, body(V14)).status_code == 429
    page = b'{"ResponseMetadata":{"Error":{"CodeN":100018,"Code":"FlowLimitExceeded","Message":"x"}}}'
    server.inject(Fault(status=429, body=page, content_type="application/json"))
    assert call(server, body(V14)).content == page
    assert requests.get(f"{server.url}/?{QUERY}", timeout=5).status_code == 404


def test_a_signed_body_over_the_limit() -> None:
    with Gateway(access_keys={AK: SK}, max_body=20_000) as small:
        answer = call(small, body(V14, prompt="x" * 30_000))
        assert (answer.status_code, answer.json()["code"]) == (413, 50213)
