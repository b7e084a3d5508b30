"""Everything that can go wrong with one picture, as data: what happens on the wire, and what must come of it.

``calls`` counts requests at the server; ``charged`` is what the message says about the money. Every case is run
with the retry table in force, its waits cut short.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from tests.gateway import Fault
from volcv_client.errors import (
    BadAnswerError,
    BusyError,
    Charged,
    CredentialError,
    DownloadError,
    LostAnswerError,
    ModerationError,
    NotSentError,
    ParameterError,
    QuotaError,
    RefusedError,
    ServiceFaultError,
    VolcvError,
)

from .helpers import DOCUMENTED, T2I, png, success
from .wire import Script, response

NO, MAYBE, YES = Charged.NO, Charged.MAYBE, Charged.YES
Json = dict[str, Any]

HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Oops</h1></body></html>"
REQUEST_ID = "20240612140828519894A35E4283DB7C8AD"


@dataclass(frozen=True)
class Case:
    """One row. ``at``: the sandbox (default), a scripted server, or an address without a server.

    ``fault`` plays in the sandbox for every request, ``script`` on every connection of the scripted server.
    ``downloads`` counts connections that fetch the picture, None where the sandbox does not count them.
    ``parts`` must stand in the message besides the code, the status and the request id that came over the wire.
    """

    name: str
    error: type[VolcvError]
    key: str
    calls: int = 1
    charged: Charged = NO
    fault: Fault | None = None
    script: Script | None = None
    address: str = ""
    tls: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    model: str = T2I
    code: int | str | None = None
    status: int | None = None
    request_id: bool = False
    paid: bool = False
    documented: bool = True


def api(name: str, error: type[VolcvError], key: str, calls: int = 1, charged: Charged = NO, **fault: Any) -> Case:
    """The sandbox answers the call itself wrongly, with no work done."""
    status = fault.get("status")
    return Case(name, error, key, calls, charged, Fault(times=None, **fault), status=status, request_id=True)


def gateway(name: str, error: type[VolcvError], key: str, status: int, calls: int = 1, **fault: Any) -> Case:
    one = api(name, error, key, calls, status=status, **fault)
    return replace(one, code=fault.get("code") if key != f"http_{status}" else None)


KINDS: Mapping[type[RefusedError], frozenset[int]] = {
    CredentialError: frozenset({50400}),
    BusyError: frozenset({50429, 50430}),
    ModerationError: frozenset({50411, 50412, 50413, 50511, 50512, 50513, 50514, 50516, 50517, 50518, 50519, 60208}),
    ServiceFaultError: frozenset({50500, 50501, 50520, 50521, 50522, 201304}),
}
CALLS = {50429: 11, 50430: 11, 50500: 2, 50501: 2, 50511: 2, 50519: 2}


def service_codes() -> list[Case]:
    """Every documented code, with its own HTTP status (400 where none is known) and with 200."""
    rows = []
    for code in (row["code"] for row in DOCUMENTED if isinstance(row["code"], int) and "name" not in row):
        kind = next((kind for kind, codes in KINDS.items() if code in codes), ParameterError)
        http = next(row["http"] for row in DOCUMENTED if row["code"] == code) or 400
        for status in (http, 200):
            one = api(f"code {code}, HTTP {status}", kind, str(code), CALLS.get(code, 1), code=code, status=status)
            rows.append(replace(one, code=code, documented=status == http))
    return rows


def native_codes() -> list[Case]:
    """Every documented code of the vendor's own entrance, as it answers it."""
    return [
        wire(
            f"code {row['code']}, {row['name']}",
            CredentialError,
            str(row["code"]),
            Script(send=refused_natively(row["http"], CodeN=row["code"], Code=row["name"], Message=row["message"])),
            code=row["code"],
            status=row["http"],
            request_id=True,
        )
        for row in DOCUMENTED
        if "name" in row
    ]


def refused_natively(status: int, **error: Any) -> bytes:
    return response({"ResponseMetadata": {"RequestId": REQUEST_ID, "Error": error}}, status=f"{status} Refused")


def edited(change: Callable[[Json], None]) -> Callable[[Json], Json]:
    def edit(answer: Json) -> Json:
        change(answer)
        return answer

    return edit


def in_data(**values: Any) -> Callable[[Json], Json]:
    return edited(lambda answer: answer["data"].update(values))


def broken(name: str, key: str, edit: Callable[[Json], Json]) -> Case:
    """The service worked and was paid, but what it says cannot be used."""
    fault = Fault(times=None, edit=edit)
    return Case(name, BadAnswerError, key, 1, MAYBE, fault, request_id=True, paid=True)


def inline(data: bytes) -> Callable[[Json], Json]:
    return in_data(binary_data_base64=[base64.b64encode(data).decode()])


def bomb() -> bytes:
    """A small file that unfolds into 400 megapixels."""
    buffer = io.BytesIO()
    Image.new("1", (20000, 20000)).save(buffer, "PNG")
    return buffer.getvalue()


def link(
    name: str, key: str, fault: Fault, *, status: int | None = None, error: type[VolcvError] | None = None
) -> Case:
    """The answer is fine and paid, but the picture behind its link cannot be had."""
    return Case(
        name,
        error or DownloadError,
        key,
        1,
        YES if error is None else MAYBE,
        fault,
        values={"return_url": True},
        status=status,
        request_id=True,
        paid=True,
    )


def leads_to(url: str) -> Fault:
    return Fault(times=None, edit=in_data(image_urls=[url], binary_data_base64=[]))


def file(**fault: Any) -> Fault:
    return Fault(times=None, where="file", **fault)


def wire(name: str, error: type[VolcvError], key: str, script: Script, calls: int = 1, **more: Any) -> Case:
    charged = MAYBE if error in (LostAnswerError, BadAnswerError) else NO
    return Case(name, error, key, calls, charged, script=script, **more)


WHOLE = response(success(request_id=REQUEST_ID))
HEAD_END = WHOLE.index(b"\r\n\r\n") + 4

MATRIX: tuple[Case, ...] = (
    # The gateway refuses.
    gateway("401, bad key", CredentialError, "gateway_auth", 401, code="invalid_token"),
    gateway("401, expired key", CredentialError, "invalid_request", 401, code="invalid_request"),
    replace(api("401, no body", CredentialError, "http_401", status=401, body=b""), request_id=False),
    gateway("402", QuotaError, "http_402", 402),
    gateway("403, balance used up", QuotaError, "insufficient_user_quota", 403, code="insufficient_user_quota"),
    gateway("403", QuotaError, "http_403", 403),
    gateway("404", ParameterError, "http_404", 404),
    gateway("413", ParameterError, "http_413", 413),
    gateway("418, unknown code", RefusedError, "http_other", 418, code="teapot"),
    gateway("429", BusyError, "http_429", 429, calls=11),
    gateway("503", BusyError, "http_503", 503, calls=4),
    gateway("503, no channel", BusyError, "model_not_found", 503, calls=4, code="model_not_found"),
    replace(api("500, no body", ServiceFaultError, "http_500", 1, MAYBE, status=500, body=b""), request_id=False),
    replace(api("502, HTML", ServiceFaultError, "http_502", 1, MAYBE, status=502, body=HTML), request_id=False),
    replace(api("504, HTML", ServiceFaultError, "http_504", 1, MAYBE, status=504, body=HTML), request_id=False),
    replace(
        api("redirect", RefusedError, "redirected", status=301, redirect="https://elsewhere.example/"), request_id=False
    ),
    wire(
        "ResponseMetadata.Error",
        CredentialError,
        "http_401",
        Script(send=refused_natively(401, Code="MissingSignature")),
        code="MissingSignature",
        status=401,
        request_id=True,
    ),
    # The service refuses.
    *service_codes(),
    *native_codes(),
    replace(api("unknown code 59999", ParameterError, "unknown_code", code=59999, status=400), code=59999),
    # Something comes back that is no answer.
    replace(api("200, HTML", BadAnswerError, "html_answer", 1, MAYBE, status=200, body=HTML), request_id=False),
    replace(api("200, empty", BadAnswerError, "not_json", 1, MAYBE, status=200, body=b""), request_id=False),
    replace(
        api("200, other JSON", BadAnswerError, "unknown_shape", 1, MAYBE, status=200, body=b"{}"), request_id=False
    ),
    wire("endless answer", BadAnswerError, "answer_too_large", Script(send=WHOLE[:17] + b"\r\n", forever=b" " * 65536)),
    wire("no HTTP at all", LostAnswerError, "cut", Script(send=b"SSH-2.0-OpenSSH_9.6\r\n")),
    # The service worked, but its answer cannot be used.
    broken("data: null", "no_data", edited(lambda answer: answer.update(data=None))),
    replace(
        broken(
            "algorithm_base_resp not 0",
            "unknown_code",
            in_data(algorithm_base_resp={"status_code": -1, "status_message": "no luck"}),
        ),
        error=RefusedError,
        code=-1,
        status=200,
    ),
    broken("empty lists", "no_picture", in_data(binary_data_base64=[], image_urls=[])),
    broken("bad base64", "bad_base64", in_data(binary_data_base64=["@@@not base64@@@"])),
    broken("no picture in the base64", "picture_broken", inline(b"hello")),
    broken("truncated picture", "picture_broken", inline(png(64, 64)[:-20])),
    broken("decompression bomb", "picture_bomb", inline(bomb())),
    # The link in the answer does not bring the picture.
    link("link expired, 403", "link_expired", file(status=403, body=b"<Error/>"), status=403),
    link("link expired, 404", "link_expired", file(status=404), status=404),
    link("link, 500", "download_status", file(status=500), status=500),
    link("link, dropped", "download_cut", file(cut="before_headers")),
    link("link, cut inside the picture", "download_cut", file(cut="in_body")),
    link("link, stalled", "download_timeout", file(stall=30.0)),
    link("link, endless", "picture_endless", file(endless=True)),
    link("link, a web page", "not_a_picture", file(status=200, body=HTML, content_type="text/html")),
    link(
        "link, no picture",
        "picture_broken",
        file(status=200, body=b"not one", content_type="image/png"),
        error=BadAnswerError,
    ),
    link("file: link", "bad_link", leads_to("file:///etc/passwd")),
    link("link without a host", "bad_link", leads_to("http:///picture.png")),
    link("private link", "private_link", leads_to("http://10.0.0.1/picture.png")),
    link("link-local link", "private_link", leads_to("http://169.254.169.254/latest/meta-data/")),
    link("link redirected to a private address", "private_link", file(redirect="http://192.168.1.1/")),
    link("link redirected to file:", "bad_link", file(redirect="file:///etc/passwd")),
    link("link redirected to nonsense", "bad_link", file(redirect="http://[")),
    link("link redirected for ever", "too_many_redirects", file(redirect="/files/round.png")),
    # The connection fails.
    Case("connection refused", NotSentError, "not_connected", 0, address="closed port"),
    Case("no connection in time", NotSentError, "connect_timeout", 0, address="deaf"),
    Case("unknown host", NotSentError, "unknown_host", 0, address="http://gateway.invalid"),
    Case(
        "proxy refuses",
        NotSentError,
        "proxy",
        0,
        address="https://gateway.example",
        environment={"HTTPS_PROXY": "http://127.0.0.1:1"},
    ),
    wire("TLS: certificate not trusted", NotSentError, "tls", Script(send=WHOLE), calls=0, tls=True),
    wire(
        "cut during the upload",
        NotSentError,
        "upload_cut",
        Script(read="headers", reset=True),
        calls=3,
        values={"prompt": "a cat " * 2_000_000},
    ),
    wire(
        "interim answer in place of the answer",
        LostAnswerError,
        "interim",
        Script(send=b"HTTP/1.1 103 Early Hints\r\n\r\n" + WHOLE),
        status=103,
    ),
    wire("dropped before the headers", LostAnswerError, "cut", Script()),
    wire("dropped inside the headers", LostAnswerError, "cut", Script(send=WHOLE[:30])),
    wire("dropped after the headers", LostAnswerError, "cut", Script(send=WHOLE[:HEAD_END])),
    wire("dropped inside the body", LostAnswerError, "cut", Script(send=WHOLE[: HEAD_END + 40])),
    wire("reset instead of an answer", LostAnswerError, "cut", Script(reset=True)),
    wire("stalled before the answer", LostAnswerError, "timeout", Script(hold=30.0)),
    wire("stalled inside the answer", LostAnswerError, "timeout", Script(send=WHOLE[: HEAD_END + 40], hold=30.0)),
    wire(
        "answer in a trickle",
        LostAnswerError,
        "timeout",
        Script(send=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", forever=b"1\r\n \r\n", pause=0.05),
    ),
    wire(
        "TLS: cut instead of an answer",
        LostAnswerError,
        "cut",
        Script(),
        tls=True,
        environment={"REQUESTS_CA_BUNDLE": "our certificate"},
    ),
    wire(
        "TLS: cut inside the answer",
        LostAnswerError,
        "cut",
        Script(send=WHOLE[: HEAD_END + 40], reset=True),
        tls=True,
        environment={"REQUESTS_CA_BUNDLE": "our certificate"},
    ),
)
