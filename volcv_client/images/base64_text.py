"""Base64 text of picture files, the form in which they travel inside JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from ..errors import BadAnswerError

PIECE_BYTES = 3 * 2**18
"""Bytes per piece of streamed text; a multiple of 3, so that only the last piece is padded."""


def base64_length(data: bytes) -> int:
    """Characters of the base64 text of ``data``."""
    return -(-len(data) // 3) * 4


def base64_pieces(data: bytes) -> Iterator[bytes]:
    """The base64 text of ``data`` as ASCII, piece by piece, so that the whole text never is in memory."""
    for start in range(0, len(data), PIECE_BYTES):
        yield base64.b64encode(data[start : start + PIECE_BYTES])


def decode_base64(text: str) -> bytes:
    """The bytes of base64 text; a ``data:`` prefix and line breaks are tolerated. Raises BadAnswerError."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # prefix and line breaks are rare: they are looked for only after a failure
        bare = text.rpartition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(bare.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadAnswerError("bad_base64") from None
