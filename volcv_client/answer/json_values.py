"""Values of JSON answers, read without trust: a value of another type counts as absent."""

from __future__ import annotations

import json
import re
from typing import Any

ESCAPES = 4
"""How often a JSON text inside a text may be escaped (gateways were seen to do it twice)."""

DURATION_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "\u00b5s": 1e-6, "ns": 1e-9}


def json_object(content: bytes | str) -> dict[str, Any] | None:
    """The JSON object of the content; None if it is none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def unpacked(value: object) -> object:
    """The JSON object or list that a text holds (some gateways send ``data`` as JSON text); else the value itself."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def embedded_object(text: str) -> dict[str, Any] | None:
    """The JSON object inside a text that may have words around it and be escaped several times; None if none."""
    for _ in range(ESCAPES):
        start, end = text.find("{"), text.rfind("}")
        if start < 0 or end < start:
            return None
        text = text[start : end + 1]
        if (found := json_object(text)) is not None:
            return found
        try:
            text = json.loads(f'"{text}"', strict=False)
        except ValueError:
            return None
    return None


def at(body: object, path: tuple[str, ...]) -> object:
    """The value behind the keys of ``path``, JSON texts on the way read; None if there is none."""
    for key in path:
        body = unpacked(body)
        body = body.get(key) if isinstance(body, dict) else None
    return body


def entries(value: object) -> tuple[str, ...]:
    """The non-empty texts of a list of texts, or of objects with a ``url``; one of them may stand for the list."""
    value = unpacked(value)
    items = value if isinstance(value, list) else [value]
    texts = (item.get("url") if isinstance(item, dict) else item for item in items)
    return tuple(text.strip() for text in texts if isinstance(text, str) and text.strip())


def text_of(value: object) -> str:
    """The text, with lone surrogates (which no file and no database takes) replaced; "" for anything else."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def amount(value: object) -> float | None:
    """A finite number as float; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e15 else None


def number(value: object) -> int | None:
    """An int, or a text of digits as one; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value) else None


def elapsed(value: object) -> float | None:
    """Seconds of a text such as "7.5s", "812ms" or "1m3.2s" (Go duration)."""
    if not isinstance(value, str):
        return None
    parts = re.findall(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(h|ms|us|\u00b5s|ns|m|s)", value)
    return sum(float(amount) * DURATION_UNITS[unit] for amount, unit in parts) if parts else None
