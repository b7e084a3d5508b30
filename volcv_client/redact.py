"""Removes secrets, signed URLs and base64 from texts before they are shown or logged."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"
MAX_LENGTH = 400
PATTERNS = (
    (re.compile(r"(?i)\bbearer\s+[^\s\"',;]+"), f"Bearer {HIDDEN}"),
    (re.compile(r"\bsk-[A-Za-z0-9_*-]{6,}"), HIDDEN),
    (re.compile(r"(https?://[^\s\"'<>?]+)\?[^\s\"'<>]*"), r"\1"),
    (re.compile(r"[A-Za-z0-9+/]{120,}={0,2}"), "(base64)"),
)


def remove_secrets(text: str, secrets: Iterable[str]) -> str:
    """``text`` with secrets of four or more characters replaced. Do this before truncating, which could split one."""
    for secret in sorted(secrets, key=len, reverse=True):  # a secret may contain a shorter one
        if len(secret) >= 4:
            text = text.replace(secret, HIDDEN)
    return text


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` as one line of at most ``MAX_LENGTH``, without secrets, bearer tokens, URL queries and base64."""
    text = remove_secrets(text, secrets)
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 3] + "..."


def secret_suffix(secret: str) -> str:
    """The last four characters, to tell keys apart; empty if the secret has fewer than twelve."""
    return secret[-4:] if len(secret) >= 12 else ""
