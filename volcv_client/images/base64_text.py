"""Base64 text of picture files, the form in which they travel inside JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from ..errors import BadAnswerError

PIECE_BYTES = 3 * 2**18
"""Bytes per piece of streamed text; a multiple of 3, so that only the last piece is padded."""

DIALECTS = bytes.maketrans(b"-_ ", b"+/+")


def base64_length(data: bytes) -> int:
    """Characters of the base64 text of ``data``."""
    return -(-len(data) // 3) * 4


def base64_pieces(data: bytes) -> Iterator[bytes]:
    """The base64 text of ``data`` as ASCII, piece by piece, so that the whole text never is in memory."""
    for start in range(0, len(data), PIECE_BYTES):
        yield base64.b64encode(data[start : start + PIECE_BYTES])


def decode_base64(text: str) -> bytes:
    """The bytes of base64 text in the dialects of gateways. Raises BadAnswerError.

    Tolerated: a ``data:`` prefix, missing padding, the URL-safe alphabet, line breaks, and spaces, which stand for
    plus signs (a form decoder's work) if the text has none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # dialects are rare: they are looked for only after a failure
        bare = text.strip()
        bare = bare.rpartition(",")[2] if bare.startswith("data:") else bare
    try:
        data = bare.encode("ascii")
        data = data.translate(None, b" ") if b"+" in data else data
        data = data.translate(DIALECTS, b"\r\n\t").rstrip(b"=")
        return base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
    except ValueError:
        raise BadAnswerError("bad_base64") from None
