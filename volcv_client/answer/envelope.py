"""Parses HTTP responses: the service's envelope, error bodies of gateways, HTML pages, garbage.

Shapes: catalog section 2. Any bytes give an :class:`Envelope` or raise a VolcvError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from ..errors import BadAnswerError, BusyError, Charged, RefusedError, ServiceFaultError
from ..messages import has
from ..redact import redact, remove_secrets
from ..request.json_body import PICTURES_FIELD
from .codes import CODES, HTTP_STATUSES, NAMES, SUCCESS, WORK_MAY_BE_DONE

REQUEST_ID = re.compile(r"request[ _]id:?\s*([A-Za-z0-9-]{6,64})", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>([^<]*)</title>", re.IGNORECASE)
REQUEST_ID_HEADERS = ("X-Tt-Logid", "X-Request-Id", "X-Oneapi-Request-Id")
CREDENTIAL_HINTS = re.compile(r"invalid[ _]?(api[ _]?)?key|invalid.*token|unauthori[sz]ed|\u4ee4\u724c", re.IGNORECASE)


@dataclass(frozen=True)
class RawAnswer:
    """An HTTP response: status, headers (case-insensitive mapping) and the whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @cached_property
    def body(self) -> dict[str, Any] | None:
        """The JSON object of the content, parsed once; None if it is none."""
        return json_object(self.content)


@dataclass(frozen=True)
class Envelope:
    """A successful answer. ``seconds`` is the service's own time; ``cost`` is ``comfyui_cost`` or None."""

    request_id: str
    seconds: float | None
    image_urls: tuple[str, ...]
    base64_pictures: tuple[str, ...]
    texts: Mapping[str, str]
    cost: float | None
    data: Mapping[str, Any]


def parse(raw: RawAnswer, *, texts: Iterable[str] = (), video: bool = False, secrets: Iterable[str] = ()) -> Envelope:
    """The envelope of a successful answer that holds at least one picture, or the link of a video.

    ``texts``: keys of ``data`` to keep as text; ``secrets`` are cut out of what errors quote. Raises the
    fitting RefusedError or BadAnswerError.
    """
    data, request_id, seconds = parse_data(raw, secrets=secrets)
    urls = strings([data.get("video_url")] if video else data.get("image_urls"))
    pictures = () if video else strings(data.get(PICTURES_FIELD))
    if not urls and not pictures:
        link = text_of(data.get("video_url"))
        key = "no_video" if video else "video_instead" if link else "no_picture"
        raise BadAnswerError(key, request_id=request_id, http_status=raw.status, link=link)
    return Envelope(
        request_id=request_id,
        seconds=seconds,
        image_urls=urls,
        base64_pictures=pictures,
        texts={key: text for key in texts if (text := text_of(data.get(key))).strip()},
        cost=amount(data.get("comfyui_cost")),
        data=data,
    )


def has_result(data: Mapping[str, Any]) -> bool:
    """Whether the answer to a poll holds a picture or a video link."""
    return bool(data.get("video_url") or strings(data.get("image_urls")) or strings(data.get(PICTURES_FIELD)))


def task_status(raw: RawAnswer) -> str:
    """``data.status`` of the answer to a poll, whatever else it holds; empty if it has none."""
    data = (raw.body or {}).get("data")
    return text_of(data.get("status")) if isinstance(data, dict) else ""


def parse_data(raw: RawAnswer, *, secrets: Iterable[str] = ()) -> tuple[dict[str, Any], str, float | None]:
    """``data`` of a successful answer (any content), request id, and the service's seconds."""
    secrets = tuple(secrets)
    body = raw.body
    if body is None:
        raise not_json(raw, secrets)
    code = number(body.get("code"))
    request_id = id_of(body.get("request_id"), raw, secrets)
    if body.get("error") or "ResponseMetadata" in body or code is None:
        raise gateway_error(raw, body, secrets)
    if code != SUCCESS:
        raise refused(code, raw, message=text_of(body.get("message")), request_id=request_id, secrets=secrets)
    data = body.get("data")
    if raw.status >= 400 or not isinstance(data, dict):
        raise BadAnswerError("no_data", request_id=request_id, http_status=raw.status, code=code)
    algorithm = data.get("algorithm_base_resp")
    if isinstance(algorithm, dict) and number(algorithm.get("status_code")) not in (0, None):
        message = text_of(algorithm.get("status_message"))
        status_code = number(algorithm.get("status_code"))
        error = refused(status_code or 0, raw, message=message, request_id=request_id, secrets=secrets)
        error.charged = Charged.MAYBE  # code 10000: the call counts as successful, and may be charged
        raise error
    return data, request_id, elapsed(body.get("time_elapsed"))


def json_object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def strings(value: object) -> tuple[str, ...]:
    """The non-empty strings of a list; anything else counts as an empty list."""
    return tuple(v for v in value if isinstance(v, str) and v.strip()) if isinstance(value, list) else ()


def text_of(value: object) -> str:
    """The text, with lone surrogates (which no file and no database takes) replaced; "" for anything else."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def amount(value: object) -> float | None:
    """A finite number as float; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e15 else None


def number(value: object) -> int | None:
    """An int, or a string of digits as one; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value) else None


def elapsed(value: object) -> float | None:
    """Seconds of a text such as "7.5s", "812ms" or "1m3.2s" (Go duration)."""
    if not isinstance(value, str):
        return None
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "\u00b5s": 1e-6, "ns": 1e-9}
    parts = re.findall(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(h|ms|us|\u00b5s|ns|m|s)", value)
    return sum(float(amount) * units[unit] for amount, unit in parts) if parts else None


def id_of(value: object, raw: RawAnswer, secrets: Iterable[str]) -> str:
    """The request id: ``value`` from the body, else one of the headers; one short line without secrets."""
    found = text_of(value) or next((raw.headers[name] for name in REQUEST_ID_HEADERS if raw.headers.get(name)), "")
    return redact(found, secrets)[:80]


def not_json(raw: RawAnswer, secrets: tuple[str, ...]) -> RefusedError | BadAnswerError:
    """The error for a body that is no JSON object: an HTML page (quoted by its title), plain text, or nothing."""
    start = remove_secrets(raw.content.decode("utf-8", "replace"), secrets)[:4096].strip()
    html = start.startswith("<")
    if html:
        title = TITLE.search(start)
        start = title[1] if title else ""
    start = redact(start)
    request_id = id_of(None, raw, secrets)
    if raw.status >= 300:
        return by_status(raw, message=start, request_id=request_id)
    key = "html_answer" if html else "not_json"
    return BadAnswerError(key, http_status=raw.status, request_id=request_id, service_message=start[:120])


def gateway_error(raw: RawAnswer, body: dict[str, Any], secrets: tuple[str, ...]) -> RefusedError | BadAnswerError:
    """The error for ``{"error": {...}}`` and ``ResponseMetadata.Error`` bodies, or for no known shape at all."""
    metadata = body.get("ResponseMetadata")
    inner = body.get("error")
    message = ""
    codes: list[int | str] = []
    request_id = body.get("request_id")
    if isinstance(metadata, dict):
        request_id = metadata.get("RequestId")
        inner = metadata.get("Error")
    if isinstance(inner, dict):
        message = text_of(inner.get("message")) or text_of(inner.get("Message"))
        codes = [c for c in map(inner.get, ("CodeN", "code", "Code", "type")) if isinstance(c, (int, str)) and c != ""]
    elif isinstance(inner, str):
        message = text_of(inner)
    found = REQUEST_ID.search(message)
    request_id = id_of(request_id or (found and found.group(1)), raw, secrets)
    message = redact(message, secrets)
    shown = redact(str(codes[0]), secrets)[:80] if codes else None
    meant = (known_code(one, named=isinstance(metadata, dict)) for one in codes)
    known = next((one for one in meant if one is not None), None)
    if known is not None:
        as_number = number(codes[0]) == known
        return refused(known, raw, message=message, request_id=request_id, shown=None if as_number else shown)
    if raw.status < 400 and inner is None:
        return BadAnswerError("unknown_shape", http_status=raw.status, request_id=request_id)
    if CREDENTIAL_HINTS.search(f"{shown} {message}"):
        return refused("gateway_auth", raw, message=message, request_id=request_id, shown=shown)
    return by_status(raw, message=message, request_id=request_id, code=shown)


def known_code(value: int | str, *, named: bool) -> int | str | None:
    """The code of the table for a number or name in an error body; None if unknown. ``named``: names of codes count."""
    as_number = number(value)
    if as_number is not None:
        return as_number if as_number in CODES else None
    found = NAMES.get(str(value), value) if named else value
    return found if found in CODES else None


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
    error = kind(
        key if has(f"error.{key}.message") else "unknown_code",
        code=shown or code,
        http_status=raw.status,
        request_id=request_id,
        service_message=redact(message, secrets),
        minutes=abs(minutes),
    )
    return with_retry_after(error, raw)


def minutes_ahead(raw: RawAnswer) -> int:
    """How far this machine's clock is ahead of the answer's Date, rounded; below 0 if behind, 0 without a Date."""
    moment = date_of(raw.headers.get("Date", ""))
    return round((datetime.now(timezone.utc) - moment).total_seconds() / 60) if moment else 0


def by_status(raw: RawAnswer, *, message: str, request_id: str, code: str | None = None) -> RefusedError:
    """The error for an HTTP status without a known code."""
    if 300 <= raw.status < 400:
        key, kind = "redirected", RefusedError
    elif raw.status in HTTP_STATUSES:
        key, kind = f"http_{raw.status}", HTTP_STATUSES[raw.status]
    elif raw.status >= 500:
        key, kind = "http_5xx", ServiceFaultError
    else:
        key, kind = "http_other", RefusedError
    error = kind(
        key,
        code=code,
        http_status=raw.status,
        request_id=request_id,
        service_message=message,
        charged=Charged.MAYBE if raw.status in WORK_MAY_BE_DONE else Charged.NO,
    )
    return with_retry_after(error, raw)


def with_retry_after(error: RefusedError, raw: RawAnswer) -> RefusedError:
    if isinstance(error, BusyError):
        error.retry_after = retry_after(raw.headers.get("Retry-After"))
    return error


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for (a number or an HTTP date); None if absent or unreadable.

    A date in the past and negative seconds give 0. The caller caps it.
    """
    if not value:
        return None
    text = value.strip()
    if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", text):
        return max(0.0, float(text))
    moment = date_of(text)
    return max(0.0, (moment - (now or datetime.now(timezone.utc))).total_seconds()) if moment else None


def date_of(text: str) -> datetime | None:
    """The moment of an HTTP date; None for anything else."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
