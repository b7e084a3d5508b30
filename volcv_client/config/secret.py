"""Secrets as they are pasted: with quotes, line ends or the word Bearer around them."""

from __future__ import annotations

import re

AROUND = "\"'`\u00ad\u200b\u200c\u200d\u200e\u200f\u2018\u2019\u201c\u201d\u2060\ufeff"
"""Quotes, straight and typographic, and characters without a width. Spaces of every kind are stripped as well."""
BEARER = re.compile(r"\A(authorization\s*:\s*)?bearer(\s+|\Z)", re.IGNORECASE)


def clean_secret(text: str) -> str:
    """The secret inside ``text``. What stands inside the secret itself is left as it is."""
    while (less := BEARER.sub("", text.strip().strip(AROUND))) != text:
        text = less
    return text
