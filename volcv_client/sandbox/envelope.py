"""Bodies of the answers: service envelope, gateway errors, request ids (catalog sections 2 and 7)."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

SUCCESS = 10000

#: Documented codes: HTTP status and message. Where the catalog shows no HTTP status, 400 stands in.
SERVICE_CODES: dict[int, tuple[int, str]] = {
    10000: (200, "Success"),
    50200: (400, "Parameter Invalid"),
    50201: (400, "Parameter Missing"),
    50204: (400, "Parameter Type Error"),
    50205: (400, "Image Size Beyond Limit"),
    50206: (400, "No Image In Request"),
    50207: (400, "Image Decode Error"),
    50209: (400, "No Video In Request"),
    50210: (400, "Video Decode Error"),
    50211: (400, "Video Size Beyond Limit"),
    50213: (400, "Request Body Too Large"),
    50214: (400, "Video Too Long"),
    50215: (400, "Input invalid for this service."),
    50400: (400, "Access Denied"),
    50402: (400, "Action Not Found"),
    50411: (400, "Pre Img Risk Not Pass"),
    50412: (400, "Text Risk Not Pass"),
    50413: (400, "Post Text Risk Not Pass"),
    50429: (429, "Request Has Reached API Limit, Please Try Later"),
    50430: (429, "Request Has Reached API Concurrent Limit, Please Try Later"),
    50500: (500, "Internal Error"),
    50501: (500, "Internal RPC Error"),
    50511: (400, "Post Img Risk Not Pass"),
    50512: (400, "Post Text Risk Not Pass"),
    50513: (400, "Pre Video Risk Not Pass"),
    50514: (400, "Pre Audio Risk Not Pass"),
    50516: (400, "Post Video Risk Not Pass"),
    50517: (400, "Post Audio Risk Not Pass"),
    50518: (400, "Pre Img Risk Not Pass: Copyright"),
    50519: (400, "Post Img Risk Not Pass: Copyright"),
    50520: (400, "Risk Internal Error"),
    50521: (400, "Antidirt Internal Error"),
    50522: (400, "Image Copyright Internal Error"),
    60102: (400, "No Face Detected"),
    60208: (400, "Image Sensitive"),
    201304: (400, "Result Face Broken"),
}

#: Errors the gateway itself makes, outside the service envelope (catalog section 2, "Gateway-made errors").
GATEWAY_CODES: dict[str, tuple[int, str]] = {
    "invalid_token": (401, "Invalid token"),
    "invalid_request": (401, "The token has expired"),
    "insufficient_user_quota": (403, "The user quota is not enough"),
    "model_not_found": (503, "No available channel for this model"),
}


class Refusal(Exception):
    """A documented service error: ``code``, what was wrong, the HTTP status it travels with and its ``data``."""

    def __init__(self, code: int, detail: str, status: int | None = None, data: dict[str, Any] | None = None) -> None:
        known = SERVICE_CODES.get(code, (400, "Error"))
        super().__init__(f"{known[1]}: {detail}" if detail else known[1])
        self.code = code
        self.data = data
        self.status = known[0] if status is None else status


class GatewayRefusal(Exception):
    """An error of the gateway in front of the service: no envelope, an ``error`` object instead."""

    def __init__(self, code: str, detail: str = "", status: int | None = None) -> None:
        known = GATEWAY_CODES.get(code, (400, "Bad request"))
        super().__init__(detail or known[1])
        self.code = code
        self.status = known[0] if status is None else status


def request_id() -> str:
    """An id shaped like the seed pages': 14 digits of local time, then 20 upper-case hex digits."""
    return time.strftime("%Y%m%d%H%M%S") + secrets.token_hex(10).upper()


def algorithm_id() -> str:
    """The inner ``data.request_id``: 64 lower-case hex digits."""
    return secrets.token_hex(32)


def elapsed(seconds: float) -> str:
    """Seconds as the service prints them, e.g. ``"7.545501615s"``."""
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def envelope(code: int, message: str, data: dict[str, Any] | None, seconds: float) -> dict[str, Any]:
    """The service envelope. ``data`` is None for errors, as on the official pages."""
    return {
        "code": code,
        "data": data,
        "message": message,
        "request_id": request_id(),
        "status": code,
        "time_elapsed": elapsed(seconds),
    }


def gateway_error(message: str, code: str) -> dict[str, Any]:
    """The gateway's own error body (new-api family)."""
    text = f"{message} (request id: {request_id()})"
    return {"error": {"message": text, "type": "new_api_error", "code": code}}


def native_error(number: int, code: str, message: str, action: str, version: str) -> dict[str, Any]:
    """Body of the native service's own errors, made before the service is reached."""
    return {
        "ResponseMetadata": {
            "RequestId": request_id(),
            "Action": action,
            "Version": version,
            "Service": "cv",
            "Region": "cn-north-1",
            "Error": {"CodeN": number, "Code": code, "Message": message},
        }
    }


def invalid_url(method: str, path: str) -> dict[str, Any]:
    """Body of the gateway's 404 for a path or method it does not know."""
    message = f"Invalid URL ({method} {path})"
    return {"error": {"message": message, "type": "invalid_request_error", "param": "", "code": ""}}


def to_bytes(body: Mapping[str, object]) -> bytes:
    """JSON as sent: UTF-8, not escaped; a lone surrogate from a prompt becomes a question mark."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
