"""Answers as they go to the socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .envelope import GATEWAY_CODES, SERVICE_CODES, envelope, gateway_error, native_error, to_bytes
from .faults import Fault

JSON_TYPE = "application/json; charset=utf-8"


@dataclass
class Reply:
    """What to send. ``drop``: close without a byte. ``cut``: where to close early. ``endless``: no end."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    cut: str | None = None
    endless: bool = False
    drop: bool = False
    code: int | str | None = None


def gone() -> Reply:
    """The connection closed without a byte."""
    return Reply(0, b"", drop=True)


def service_reply(code: int, message: str, data: dict[str, Any] | None, seconds: float, status: int) -> Reply:
    return Reply(status, to_bytes(envelope(code, message, data, seconds)), code=code)


def gateway_reply(code: str, message: str, status: int) -> Reply:
    return Reply(status, to_bytes(gateway_error(message, code)), code=code)


def native_reply(number: int, code: str, message: str, action: str, version: str, status: int) -> Reply:
    return Reply(status, to_bytes(native_error(number, code, message, action, version)), code=code)


def fault_reply(fault: Fault) -> Reply:
    """The answer a fault stands for, without any work done."""
    headers = dict(fault.headers)
    if fault.redirect is not None:
        return Reply(fault.status or 302, b"", headers={"Location": fault.redirect, **headers}, cut=fault.cut)
    if isinstance(fault.code, int):
        status, message = SERVICE_CODES.get(fault.code, (400, "Error"))
        reply = service_reply(fault.code, fault.message or message, None, 0.001, fault.status or status)
    elif fault.code is not None:
        status, message = GATEWAY_CODES.get(fault.code, (400, "Bad request"))
        reply = gateway_reply(fault.code, fault.message or message, fault.status or status)
    else:
        status = fault.status or 200
        reply = gateway_reply("sandbox_fault", fault.message or f"status {status}", status)
        reply.code = None
    if fault.body is not None:
        reply.body, reply.content_type = fault.body, "text/html; charset=utf-8"
    reply.content_type = fault.content_type or reply.content_type
    reply.headers, reply.cut, reply.endless = headers, fault.cut, fault.endless
    return reply


def spoil(reply: Reply, fault: Fault | None) -> Reply:
    """``reply`` with what ``fault`` changes about a finished answer; in place."""
    if fault is not None:
        reply.cut, reply.endless, reply.headers = fault.cut, fault.endless, dict(fault.headers)
        reply.content_type = fault.content_type or reply.content_type
    return reply
