"""The error that an answer without a result stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from ..errors import BadAnswerError, BusyError, Charged, RefusedError, ServiceFaultError
from ..messages import has
from ..redact import redact, remove_secrets
from .codes import (
    CODES,
    CREDENTIAL_HINTS,
    EXPLICIT_REFUSALS,
    GAVE_UP,
    HTTP_STATUSES,
    NO_CHANNEL_HINTS,
    NO_WORK_DONE,
    TIMED_OUT,
    TIMEOUT_CODES,
    WORK_MAY_BE_DONE,
    known_code,
)
from .json_values import number
from .raw import RawAnswer, id_of, minutes_ahead, retry_after
from .reasons import codes_in, error_bodies, id_in, reason_in

REQUEST_ID = re.compile(r"request[ _]id:?\s*([A-Za-z0-9-]{6,64})", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>([^<]*)</title>", re.IGNORECASE)
TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
NAMES_REQ_KEY = re.compile("req[ _]?key", re.IGNORECASE)

UPSTREAM_ERROR = "upstream_error"
"""Code of the gpt-best family around whatever the service behind it said."""
LOWEST_SERVICE_CODE = 10000
"""Smaller codes are those of gateways and of HTTP."""
BAD_PARAMETER = 50200

READ_LENGTH = 2**16
"""Characters of a body that are looked at for a quotation."""
QUOTED = 200
"""Characters of a body that an error quotes if its reason stands nowhere in it."""


def failure(raw: RawAnswer, secrets: tuple[str, ...]) -> RefusedError | BadAnswerError:
    """The error of a JSON object that reports no success."""
    body = raw.body or {}
    chain = error_bodies(body)
    codes = [code for inner in chain for code in codes_in(inner)]
    reason = next(filter(None, map(reason_in, chain)), "")
    found = REQUEST_ID.search(reason)
    request_id = id_of(next(filter(None, map(id_in, chain)), found and found.group(1)), raw, secrets)
    message = redact(reason, secrets) or quote(json.dumps(body, ensure_ascii=False), secrets)
    shown = redact(str(codes[0]), secrets)[:80] if codes else None

    named = any("ResponseMetadata" in inner for inner in chain)
    known = next((one for one in (known_code(code, named=named) for code in codes) if one is not None), None)
    if TIMED_OUT.search(message) and (known in TIMEOUT_CODES or known is None):
        return by_status(raw, message=message, request_id=request_id, code=shown)
    if known is not None:
        as_number = number(codes[0]) == known
        return refused(known, raw, message=message, request_id=request_id, shown=None if as_number else shown)
    if raw.status < 400 and not (codes or body.get("error") or body.get("success") is False):
        return BadAnswerError("unknown_shape", http_status=raw.status, request_id=request_id, service_message=message)
    said = f"{shown} {message}"
    if CREDENTIAL_HINTS.search(said):
        return refused("gateway_auth", raw, message=message, request_id=request_id, shown=shown)
    if NO_CHANNEL_HINTS.search(said):
        return refused("model_not_found", raw, message=message, request_id=request_id, shown=shown)
    code = number(codes[0]) if codes and codes[0] == chain[0].get("code") else None
    if code is not None and code >= LOWEST_SERVICE_CODE:
        return refused(code, raw, message=message, request_id=request_id)
    if UPSTREAM_ERROR in codes and raw.status not in {*EXPLICIT_REFUSALS, 503}:
        return ServiceFaultError(
            UPSTREAM_ERROR,
            code=shown,
            http_status=raw.status,
            request_id=request_id,
            service_message=message,
            charged=Charged.MAYBE,
        )
    status = code if code in HTTP_STATUSES and raw.status < 400 else None
    return by_status(raw, message=message, request_id=request_id, code=shown, status=status)


def not_json(raw: RawAnswer, secrets: tuple[str, ...]) -> RefusedError | BadAnswerError:
    """The error of a body that is no JSON object: an HTML page (quoted by its title), plain text, or nothing."""
    body = remove_secrets(raw.content.decode("utf-8", "replace"), secrets)[:READ_LENGTH].strip()
    html = body.startswith("<")
    title = TITLE.search(body) if html else None
    text = title[1].strip() if title else ""
    message = quote(text or (TAGS.sub(" ", body) if html else body), secrets)
    request_id = id_of(None, raw, secrets)
    if raw.status >= 300:
        return by_status(raw, message=message, request_id=request_id)
    key = "html_answer" if html else "not_json"
    return BadAnswerError(key, http_status=raw.status, request_id=request_id, service_message=message)


def quote(text: str, secrets: Iterable[str]) -> str:
    """The start of a body as one short line of plain text, without secrets, escapes and base64."""
    text = remove_secrets(text, secrets).replace("\\n", " ").replace("\\", "")
    text = redact(text[:READ_LENGTH], secrets)  # once more: an escape may have stood inside a secret
    return text if len(text) <= QUOTED else text[: QUOTED - 3] + "..."


def refused(
    code: int | str,
    raw: RawAnswer,
    *,
    message: str = "",
    request_id: str = "",
    secrets: Iterable[str] = (),
    shown: str | None = None,
) -> RefusedError:
    """The error of a service or gateway code; an unknown code gives a RefusedError that says so."""
    row = CODES.get(code)
    kind = row.error if row else HTTP_STATUSES.get(raw.status, RefusedError)
    minutes = minutes_ahead(raw) if row and row.about_time else 0
    key = ("clock_ahead" if minutes > 0 else "clock_behind") if minutes else str(code)
    if code == BAD_PARAMETER and NAMES_REQ_KEY.search(message):
        key = "unknown_req_key"
    error = kind(
        key if has(f"error.{key}.message") else "unknown_code",
        code=shown or code,
        http_status=raw.status,
        request_id=request_id,
        service_message=redact(message, secrets),
        charged=Charged.MAYBE if row is None and raw.status in WORK_MAY_BE_DONE else Charged.NO,
        minutes=abs(minutes),
    )
    return with_retry_after(error, raw)


def by_status(
    raw: RawAnswer, *, message: str, request_id: str, code: str | None = None, status: int | None = None
) -> RefusedError:
    """The error of an HTTP status without a known code; of ``status``, if the body names one of its own."""
    status = status or raw.status
    if TIMED_OUT.search(message) and status not in EXPLICIT_REFUSALS | GAVE_UP:
        status = 504
    kind = HTTP_STATUSES.get(status, ServiceFaultError if status >= 500 else RefusedError)
    key = f"http_{status}"
    if 300 <= status < 400:
        key = "redirected"
    elif status in NO_WORK_DONE and status != 503:
        key = "http_unreached"
    elif status not in HTTP_STATUSES:
        key = "http_5xx" if status >= 500 else "http_other"
    worked = status in WORK_MAY_BE_DONE or (status >= 500 and status not in NO_WORK_DONE)
    error = kind(
        key,
        code=code,
        http_status=raw.status,
        request_id=request_id,
        service_message=message,
        charged=Charged.MAYBE if worked else Charged.NO,
    )
    return with_retry_after(error, raw)


def with_retry_after(error: RefusedError, raw: RawAnswer) -> RefusedError:
    if isinstance(error, BusyError):
        error.retry_after = retry_after(raw.headers.get("Retry-After"))
    return error
