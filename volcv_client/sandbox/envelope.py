"""Answers: the service's envelope, the gateway's own errors and their codes (catalog sections 2 and 7)."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

SUCCESS = 10000


@dataclass
class Reply:
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A documented service error. ``CODES``: HTTP status (400 where the catalog shows none) and message by code."""

    CODES: ClassVar[Mapping[int, tuple[int, str]]] = {
        50200: (400, "Parameter Invalid"),
        50201: (400, "Parameter Missing"),
        50204: (400, "Parameter Type Error"),
        50205: (400, "Image Size Beyond Limit"),
        50206: (400, "No Image In Request"),
        50207: (400, "Image Decode Error"),
        50213: (400, "Request Body Too Large"),
        50402: (400, "Action Not Found"),
        50430: (429, "Request Has Reached API Concurrent Limit, Please Try Later"),
        50500: (500, "Internal Error"),
    }

    def __init__(
        self, code: int, detail: str = "", data: dict[str, Any] | None = None, status: int | None = None
    ) -> None:
        usual, message = self.CODES.get(code, (400, "Error"))
        self.code, self.data, self.status = code, data, status or usual
        super().__init__(f"{message}: {detail}" if detail else message)

    def reply(self, seconds: float) -> Reply:
        """The answer; ``seconds`` is what the request took. ``data`` is null on the official pages' errors."""
        return Reply(self.status, to_bytes(envelope(self.code, str(self), self.data, seconds)))


class GatewayRefusal(Refusal):
    """An error of the gateway in front of the service: an ``error`` object instead of the envelope."""

    def __init__(self, code: str, detail: str, status: int) -> None:
        super().__init__(0, detail, status=status)
        self.reason, self.detail = code, detail

    def reply(self, seconds: float) -> Reply:
        return Reply(self.status, to_bytes(gateway_error(self.detail, self.reason)))


def request_id() -> str:
    """An id shaped like the seed pages': 14 digits of local time, then 20 upper-case hex digits."""
    return time.strftime("%Y%m%d%H%M%S") + secrets.token_hex(10).upper()


def envelope(code: int, message: str, data: dict[str, Any] | None, seconds: float) -> dict[str, Any]:
    """The service envelope; ``time_elapsed`` reads like ``"7.545501615s"``."""
    elapsed = f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"
    ids = {"request_id": request_id(), "status": code, "time_elapsed": elapsed}
    return {"code": code, "data": data, "message": message, **ids}


def gateway_error(message: str, code: str) -> dict[str, Any]:
    """The gateway's own error body (new-api family)."""
    text = f"{message} (request id: {request_id()})"
    return {"error": {"message": text, "type": "new_api_error", "code": code}}


def to_bytes(body: Mapping[str, object]) -> bytes:
    """JSON as sent: UTF-8, not escaped; a lone surrogate from a prompt becomes a question mark."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
