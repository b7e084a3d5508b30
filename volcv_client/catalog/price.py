"""List prices of models: what Volcengine's own service asks for; gateways have their own prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ..money import DEFAULT_CURRENCY, Per
from .wire_path import Json


class Confidence(str, Enum):
    """How close the source is to the official price page."""

    OFFICIAL = "official"
    DIGEST = "digest"
    THIRD_PARTY = "third-party"


@dataclass(frozen=True, kw_only=True)
class Price:
    """A list price: ``amount`` in ``currency`` (ISO 4217) for each ``per``; only what succeeded is charged.

    ``source``: address of the price page that it is read from or that the source cites. ``date``: when it was read,
    year-month-day as far as it is known, empty if the source has none.
    """

    amount: float
    per: Per
    source: str
    date: str
    confidence: Confidence
    currency: str = DEFAULT_CURRENCY


@dataclass(frozen=True)
class VideoLength:
    """Seconds of a video by the value of the body field that decides its length."""

    field: str
    seconds: Mapping[Json, float]


PICTURE_PRICES = "https://www.volcengine.com/docs/85621/1544714"
"""Price page of Jimeng pictures; known from digests (2026-03-31 and 2026-04)."""

VIDEO_PRICES = "https://www.volcengine.com/docs/85621/1544715"
"""Price page of Jimeng videos; known from digests (2026-04 to 2026-09-01)."""
