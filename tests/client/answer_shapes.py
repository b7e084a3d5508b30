"""Shapes of answers that gateways and proxies were seen to send, as data, and what must come of each."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from tests.gateway import Fault
from volcv_client.errors import Charged

from .helpers import SMALL, T2I, success
from .wire import response

NO, MAYBE, YES = Charged.NO, Charged.MAYBE, Charged.YES
WITH_TASKS = "high_aes_general_v20"
REASON = "width is too odd"
LATER = "run it again"
CHANNEL = "No available channel for model seededit_v9 under group default (distributor)"
ANY: Mapping[str, Any] = {"req_key": "seededit_v9", "body": "{}"}
REQUEST_ID = "20240612140828519894A35E4283DB7C8AD"
TIMEOUT = "request timeout, cost 20002639us"


@dataclass(frozen=True)
class Shape:
    """One row. ``answer``: the whole response to every request; ``faults`` play in the sandbox instead.

    ``key``: of the error, empty where a picture comes out. ``calls``: requests at the server. ``says`` must stand in
    the English message, ``hides`` must not.
    """

    name: str
    answer: bytes = b""
    key: str = ""
    charged: Charged = NO
    calls: int = 1
    says: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    model: str = T2I
    values: Mapping[str, Any] = field(default_factory=lambda: SMALL)
    size: tuple[int, int] = (8, 8)


def said(name: str, body: Any, key: str = "http_400", status: int = 400, charged: Charged = NO, **more: Any) -> Shape:
    """A body from which the reason has to be found."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = response(content, status=f"{status} Refused")
    return Shape(f"reason: {name}", answer, key, charged, **{"says": (REASON, f"HTTP {status}"), **more})


REASONS = (
    said("error.message", {"error": {"message": REASON, "type": "x", "code": "teapot"}}, says=(REASON, "teapot")),
    said("error.msg", {"error": {"msg": REASON}}),
    said("error as text", {"error": REASON}),
    said("message with a string code", {"code": "InvalidParameter", "message": REASON}, says=(REASON, "InvalidP")),
    said("message with an HTTP-like code", {"code": 400, "message": REASON}),
    said("message without a code", {"message": REASON}),
    said("msg", {"code": -1, "msg": REASON}),
    said("error_msg", {"error_code": 17, "error_msg": REASON}, says=(REASON, "code 17")),
    said("errmsg", {"errcode": 40013, "errmsg": REASON}),
    said("error_description", {"error": "invalid_grant", "error_description": REASON}),
    said("detail as text", {"detail": REASON}),
    said(
        "detail as a list (422)",
        {"detail": [{"loc": ["body", "width"], "msg": REASON, "type": "value_error"}]},
        "http_other",
        422,
        says=(f"body.width: {REASON}", "HTTP 422"),
    ),
    said("errors as texts", {"errors": [REASON, "height too"]}, says=(f"{REASON}; height too",)),
    said("errors as objects", {"errors": [{"message": REASON, "field": "width"}]}),
    said("title and detail (RFC 9457)", {"type": "about:blank", "title": "Bad", "status": 400, "detail": REASON}),
    said("data.message", {"code": "fail", "message": "", "data": {"message": REASON}}),
    said("success: false, HTTP 200", {"success": False, "message": REASON}, "http_other", 200),
    said(
        "success: false and data.message, HTTP 200", {"success": False, "data": {"message": REASON}}, "http_other", 200
    ),
    said("code 401 in the body, HTTP 200", {"code": 401, "message": REASON}, "http_401", 200),
    said("message alone, HTTP 200", {"message": REASON}, "unknown_shape", 200, MAYBE),
    said("success without data", {"code": 10000, "message": REASON, "data": None}, "no_data", 200, MAYBE),
    said("success without a picture", success({"binary_data_base64": [], "message": REASON}), "no_picture", 200, MAYBE),
    said("ResponseMetadata", {"ResponseMetadata": {"Error": {"Code": "Odd", "Message": REASON}}}),
    said("JSON of an unknown shape", {"outcome": {"why": [REASON]}}, says=(f'"why": ["{REASON}"]',)),
    said("a JSON list", [{"why": REASON}]),
    said("plain text", REASON.encode()),
    said("HTML without a title", f"<html><style>a{{}}</style><p>{REASON}</p></html>".encode(), hides=("<p", "a{")),
    said("a long page of text", (REASON + " x" * 4000).encode(), says=(REASON, "...")),
    said("a link for the node", {"message": f"[[{REASON}|https://evil.example]]"}, hides=("[[", "https://evil")),
    said("markup for the node", {"message": f'<a href="//evil.example">{REASON}</a>'}, hides=("<a", "</a")),
    said("an address", {"message": f"{REASON}, see https://evil.example"}, hides=("https://evil",)),
)


def inner(code: int, message: str) -> str:
    return json.dumps({"code": code, "data": None, "message": message, "request_id": REQUEST_ID})


def upstream(name: str, text: Any, key: str, charged: Charged = NO, *, status: int = 406, **more: Any) -> Shape:
    """A gateway's error around what the service behind it said. ``text``: that, or the whole body."""
    whole = isinstance(text, dict) and "code" in text and isinstance(text["code"], str)
    body = text if whole else {"code": "upstream_error", "message": "", "upsream_message": text, "data": None}
    answer = response(body, status=f"{status} Not Acceptable")
    return Shape(f"upstream_error: {name}", answer, key, charged, **{"says": (f"HTTP {status}",), **more})


RISK = inner(50412, "Text Risk Not Pass")
ESCAPED = json.dumps(RISK)
UPSTREAM = (
    upstream("moderation", RISK, "50412", says=("Text Risk Not Pass", "code 50412", "HTTP 406", REQUEST_ID)),
    upstream("moderation, escaped twice", ESCAPED, "50412", says=("Text Risk Not Pass", "code 50412")),
    upstream("moderation, escaped twice, no quotes", ESCAPED[1:-1], "50412", says=("code 50412",)),
    upstream("moderation, as an object", json.loads(RISK), "50412", says=("code 50412",)),
    upstream(
        "moderation inside an error of its own",
        json.dumps({"code": -1, "message": f"not ok match: {RISK}"}),
        "50412",
        says=("Text Risk Not Pass", "code 50412"),
    ),
    upstream("moderation, upstream_message", {"code": "upstream_error", "upstream_message": RISK}, "50412"),
    upstream("moderation, in message", {"code": "upstream_error", "message": f"error: {RISK}"}, "50412"),
    upstream("moderation, HTTP 400", RISK, "50412", status=400),
    upstream("moderation, HTTP 500", RISK, "50412", status=500),
    upstream("moderation, HTTP 200", RISK, "50412", status=200),
    upstream("result refused", inner(50511, "Post Img Risk Not Pass"), "50511", calls=2),
    upstream("too many at once", inner(50430, "API Concurrent Limit"), "50430", calls=11, says=("code 50430",)),
    upstream("too many per second", inner(50429, "API Limit"), "50429", calls=11),
    upstream("internal error", inner(50500, "Internal Error"), "50500", calls=2),
    upstream(
        "internal error, timed out", inner(50501, f"Internal RPC Error: {TIMEOUT}"), "http_504", MAYBE, says=(LATER,)
    ),
    upstream("unknown service code", inner(59999, REASON), "unknown_code", says=("code 59999", REASON)),
    upstream("timed out", TIMEOUT, "http_504", MAYBE, says=("20002639us", LATER)),
    upstream("timed out, in message", {"code": "upstream_error", "message": TIMEOUT}, "http_504", MAYBE, says=(LATER,)),
    upstream("timed out, HTTP 500", TIMEOUT, "http_504", MAYBE, status=500, says=(LATER,)),
    upstream("Internal Error as text", "Internal Error", "upstream_error", MAYBE, says=("Internal Error", LATER)),
    upstream(
        "another service's words",
        {
            "code": "upstream_error",
            "upsream_message": {"task_id": "", "base_resp": {"status_code": 8, "status_msg": REASON}},
        },
        "upstream_error",
        MAYBE,
        says=(REASON,),
    ),
    upstream("HTTP 429", "slow down", "http_429", status=429, calls=11),
    Shape(
        "the service's code as text in error.code, HTTP 500",
        response({"error": {"message": "Text Risk Not Pass", "type": "x", "code": "50412"}}, status="500 Error"),
        "50412",
        says=("Text Risk Not Pass", "50412"),
    ),
    Shape(
        "the service's answer as text in error.message, HTTP 500",
        response({"error": {"message": f"status 400: {RISK}", "code": "bad_response"}}, status="500 Error"),
        "50412",
        says=("Text Risk Not Pass", "50412"),
    ),
)


def gave_up(status: int, text: str = "") -> Shape:
    """A status of a gateway or proxy that stopped waiting, or lost the service."""
    page = f"<html><head><title>{text or status}</title></head></html>".encode()
    return Shape(
        f"HTTP {status}, a page",
        response(page, status=f"{status} Trouble", kind="text/html"),
        f"http_{status}",
        MAYBE,
        says=(f"HTTP {status}", LATER),
        hides=("Run again", "task"),
    )


def advised(name: str, body: Any, status: int, key: str, *says: str, **more: Any) -> Shape:
    return Shape(name, response(body, status=f"{status} Refused"), key, says=says, **more)


NOT_OPENED = {"code": 50400, "message": "Access Denied", "data": None}
INVALID_URL = {"error": {"message": "Invalid URL (POST /volcv/v1)", "type": "invalid_request_error", "code": ""}}
NO_CHANNEL = {"error": {"message": CHANNEL, "type": "new_api_error", "code": "model_not_found"}}
NO_CHANNEL_ZH = {
    "error": {"message": "\u5206\u7ec4 default \u4e0b\u65e0\u53ef\u7528\u6e20\u9053", "type": "one_api_error"}
}
TIMED_OUT = {"code": "upstream_error", "message": "", "upsream_message": TIMEOUT, "data": None}
A_CAT = {"prompt": "a cat"}
BAD_KEY = {"code": 50200, "message": "Parameter req_key invalid"}


def on_any_model(name: str, body: Any, status: int, key: str, *says: str) -> Shape:
    return advised(f"{name}, Any model", body, status, key, *says, model="any", values=ANY)


def on_tasks(name: str, body: Any, status: int, key: str) -> Shape:
    """On a model that has a task mode."""
    more: Mapping[str, Any] = {"model": WITH_TASKS, "values": A_CAT, "charged": MAYBE}
    return advised(f"{name}, model with a task mode", body, status, key, "Set mode to task", **more)


STATUSES = (
    *map(gave_up, (408, 499, 500, 502, 504, 520, 522, 524)),
    advised("HTTP 521, a page", b"<title>521</title>", 521, "http_unreached", "HTTP 521"),
    advised("HTTP 599, no body", b"", 599, "http_5xx", LATER, "HTTP 599", charged=MAYBE),
    advised("HTTP 503, request timed out", b"upstream request timeout", 503, "http_504", LATER, charged=MAYBE),
    advised("HTTP 503, not connected", b"reset reason: connection timeout", 503, "http_503", "HTTP 503", calls=4),
    on_tasks("gives up at 20 s", TIMED_OUT, 406, "http_504"),
    on_tasks("HTTP 524", b"", 524, "http_524"),
    advised("50400", NOT_OPENED, 400, "50400", "the model is not opened", "the req_key is wrong", "no right"),
    on_any_model("50400", NOT_OPENED, 400, "50400_any", "the req_key is wrong", "the model is not opened", "no right"),
    on_any_model("50200 that names req_key", BAD_KEY, 400, "unknown_req_key", "does not know the req_key", "50200"),
    advised("404, Invalid URL", INVALID_URL, 404, "http_404", "gateway_path", "VOLCV_GATEWAY_PATH", "VOLCV_BASE_URL"),
    on_any_model("503, no channel", NO_CHANNEL, 503, "model_not_found_any", "spelling of req_key", CHANNEL),
    on_any_model("503, no channel, no code", NO_CHANNEL_ZH, 503, "model_not_found_any", "spelling of req_key"),
)


def encoded(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """A small picture file, red on the left."""
    image = Image.new("RGB", (16, 12), "white")
    image.paste("red", (0, 0, 8, 12))
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


SIZE = (16, 12)
FILE = encoded("PNG")
NOISE = bytes(range(256)) * 2
"""Its base64 holds every character of the alphabet."""
TEXT = base64.b64encode(FILE + NOISE).decode()
"""A picture with bytes behind its end."""


def picture(name: str, data: Mapping[str, Any] | str, **changes: Any) -> Shape:
    """An answer that holds one picture of 16 x 12 pixels."""
    body = success(**changes)
    body["data"] = data if isinstance(data, str) else {**body["data"], "binary_data_base64": [], **data}
    return Shape(f"picture: {name}", response(body), charged=YES, size=SIZE)


def inline(name: str, text: Any) -> Shape:
    return picture(name, {"binary_data_base64": text})


WRAPPED = "\r\n".join(TEXT[at : at + 76] for at in range(0, len(TEXT), 76))
DATA_URL = f"data:image/png;base64,{TEXT}"
BARE = {"binary_data_base64": [TEXT], "image_urls": []}
PICTURES = (
    inline("base64", [TEXT]),
    inline("base64 without padding", [TEXT.rstrip("=")]),
    inline("base64, URL-safe alphabet", [TEXT.replace("+", "-").replace("/", "_")]),
    inline("base64, URL-safe alphabet, no padding", [TEXT.translate({43: 45, 47: 95}).rstrip("=")]),
    inline("base64, spaces for plus signs", [TEXT.replace("+", " ")]),
    inline("base64, line breaks", [WRAPPED]),
    inline("base64, line breaks and spaces around", [f"\n {WRAPPED} \n"]),
    inline("base64 with a data: prefix", [DATA_URL]),
    inline("base64 with a data: prefix, no padding, spaces", [DATA_URL.rstrip("=").replace("+", " ")]),
    inline("a text instead of a list", TEXT),
    inline("a list as JSON text", json.dumps([TEXT])),
    picture("a data: link in image_urls", {"image_urls": [DATA_URL]}),
    picture("a data: link instead of a list", {"image_urls": DATA_URL}),
    picture("data as JSON text", json.dumps(BARE)),
    picture("no code", BARE, code=None, message=None),
    picture("code 0", BARE, code=0),
    picture("code as text", BARE, code="10000"),
    inline("JPEG", [base64.b64encode(encoded("JPEG", quality=95)).decode()]),
    inline("WebP", [base64.b64encode(encoded("WEBP", lossless=True)).decode()]),
    inline("BMP", [base64.b64encode(encoded("BMP")).decode()]),
    inline("GIF", [base64.b64encode(encoded("GIF")).decode()]),
    inline(
        "GIF, the first of two frames",
        [base64.b64encode(encoded("GIF", save_all=True, append_images=[Image.new("RGB", SIZE, "blue")])).decode()],
    ),
    inline("TIFF", [base64.b64encode(encoded("TIFF")).decode()]),
    inline("TIFF, compressed", [base64.b64encode(encoded("TIFF", compression="tiff_lzw")).decode()]),
    inline("AVIF", [base64.b64encode(encoded("AVIF", quality=100, subsampling="4:4:4")).decode()]),
    inline("JPEG 2000", [base64.b64encode(encoded("JPEG2000")).decode()]),
    inline("JPEG 2000, bare codestream", [base64.b64encode(encoded("JPEG2000", no_jp2=True)).decode()]),
    inline("QOI", [base64.b64encode(encoded("QOI")).decode()]),
)


def linked(name: str, urls: str, kind: str = "image/png", body: bytes = FILE) -> Shape:
    """An answer whose links, ``{url}`` in the JSON text ``urls``, lead to a file with that Content-Type."""

    def edit(answer: dict[str, Any]) -> dict[str, Any]:
        url = answer["data"]["image_urls"][0]
        answer["data"]["image_urls"] = json.loads(urls.replace("{url}", url))
        return answer

    faults = (Fault(edit=edit), Fault(where="file", status=200, body=body, content_type=kind))
    values = {**SMALL, "return_url": True}
    return Shape(f"link: {name}", charged=YES, faults=faults, values=values, size=SIZE)


LINKS = (
    linked("in a list", '["{url}"]'),
    linked("as a text instead of a list", '"{url}"'),
    linked("as an object with url", '[{"url": "{url}"}]'),
    linked("as one object", '{"url": "{url}"}'),
    linked("with blanks around", '[" {url} ", ""]'),
    *(
        linked(f"Content-Type {kind or 'missing'}", '["{url}"]', kind)
        for kind in ("text/plain", "application/x-tos", "application/mp4", "video/mp4", "text/html; charset=utf-8")
    ),
    linked("TIFF as application/x-tos", '["{url}"]', "application/x-tos", encoded("TIFF")),
    linked("AVIF as text/plain", '["{url}"]', "text/plain", encoded("AVIF", quality=100, subsampling="4:4:4")),
)

SHAPES = (*REASONS, *UPSTREAM, *STATUSES, *PICTURES, *LINKS)
