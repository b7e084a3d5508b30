"""Makes texts fit to be shown or logged: no secrets, signed URLs, base64, markup or links."""

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

MARKUP = re.compile(r"\[(?=\[)|<(?=[A-Za-z/!])|_(?=_LNK)")
"""Starts of what ComfyUI renders in the text of a node: ``[[label|url]]``, tags, and its own placeholder for links."""
LINK = re.compile(r"(?i)\b(https?|ftp|file)(://)|\b(www)\.")
"""Starts of what ComfyUI turns into a link there."""


def without_markup(text: str) -> str:
    """``text`` with the start of markup replaced, so that a node shows it as it stands."""
    return MARKUP.sub(lambda start: {"<": "\u2039", "[": "[ "}.get(start[0], "_ "), text)


def without_links(text: str) -> str:
    """``text`` with addresses in the usual form that is no link: ``https[:]//host/path``."""
    return LINK.sub(lambda start: f"{start[1]}[:]//" if start[1] else f"{start[3]}[.]", text)


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
