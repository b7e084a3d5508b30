"""Keeps secrets and bulk out of everything that is shown or logged."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"
LONGEST = 400
PATTERNS = (
    (re.compile(r"(?i)\bbearer\s+[^\s\"',;]+"), f"Bearer {HIDDEN}"),
    (re.compile(r"\bsk-[A-Za-z0-9_*-]{6,}"), HIDDEN),
    (re.compile(r"(https?://[^\s\"'<>?]+)\?[^\s\"'<>]*"), r"\1"),
    (re.compile(r"[A-Za-z0-9+/]{120,}={0,2}"), "(base64)"),
)


def without(text: str, secrets: Iterable[str]) -> str:
    """``text`` with the given secrets replaced. Do this before cutting: half a secret would not be found."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be part of another
        if len(secret) >= 4:
            text = text.replace(secret, HIDDEN)
    return text


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without the given secrets, bearer tokens, query strings (signed URLs) and base64, one line, cut."""
    text = without(text, secrets)
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def last_four(secret: str) -> str:
    """The last four characters, or nothing for a secret too short to show any of."""
    return secret[-4:] if len(secret) >= 12 else ""
