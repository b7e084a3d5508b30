"""The HTTP response as it arrived, and what its headers say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from ..redact import redact
from .json_values import json_object, text_of

REQUEST_ID_HEADERS = ("X-Tt-Logid", "X-Request-Id", "X-Oneapi-Request-Id")


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


def id_of(value: object, raw: RawAnswer, secrets: Iterable[str]) -> str:
    """The request id: ``value`` from the body, else one of the headers; one short line without secrets."""
    found = text_of(value) or next((raw.headers[name] for name in REQUEST_ID_HEADERS if raw.headers.get(name)), "")
    return redact(found, secrets)[:80]


def minutes_ahead(raw: RawAnswer) -> int:
    """How far this machine's clock is ahead of the answer's Date, rounded; below 0 if behind, 0 without a Date."""
    moment = date_of(raw.headers.get("Date", ""))
    return round((datetime.now(timezone.utc) - moment).total_seconds() / 60) if moment else 0


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
