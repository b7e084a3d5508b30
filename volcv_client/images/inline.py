"""Pictures as base64 text, in which they travel inside JSON.

Text is made and read in pieces: the interpreter's lock is held meanwhile, and other threads wait for it.
"""

from __future__ import annotations

import base64
import binascii
import io
import time
from collections.abc import Iterator

from ..errors import BadAnswerError

PIECE = 3 * 2**18
"""Bytes of a picture that become, or come from, one piece of text."""


def text_size(data: bytes) -> int:
    """Characters of the base64 text of these bytes."""
    return -(-len(data) // 3) * 4


def text_pieces(data: bytes) -> Iterator[bytes]:
    """The base64 text of these bytes, piece by piece, as ASCII."""
    for at in range(0, len(data), PIECE):
        yield binascii.b2a_base64(data[at : at + PIECE], newline=False)


def from_base64(text: str | memoryview) -> bytes:
    """The bytes of one inline picture: of its text, or of a view of it. BadAnswerError if it is no base64."""
    try:
        try:
            return read_base64(text)
        except (binascii.Error, ValueError):  # a prefix and line breaks are rare, and looking for them takes time
            plain = text if isinstance(text, str) else str(text, "ascii")
            _, _, bare = plain.rpartition(",") if plain.startswith("data:") else ("", "", plain)
            return read_base64("".join(bare.split()))
    except (binascii.Error, ValueError):
        raise BadAnswerError("bad_base64") from None


def read_base64(text: str | memoryview) -> bytes:
    """The bytes of base64 without line breaks; binascii.Error or ValueError if it is something else."""
    step = PIECE // 3 * 4
    if len(text) <= step:
        return base64.b64decode(text, validate=True)
    whole = io.BytesIO()
    for at in range(0, len(text), step):
        if at:
            time.sleep(0)  # let whoever waits for the lock have it, such as the host's loop: it would take 5 ms more
        piece = base64.b64decode(text[at : at + step], validate=True)
        # Only the last piece may be padded.
        if len(piece) < PIECE and at + step < len(text):
            raise ValueError(at)
        whole.write(piece)
    return whole.getvalue()
