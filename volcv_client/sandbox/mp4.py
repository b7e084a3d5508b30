"""A minimal MP4 file (ISO/IEC 14496-12 and -14): one video track whose samples are JPEG pictures."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

from PIL import Image

#: Ticks per second of movie and track; a multiple of many frame counts, so that durations come out exact.
TICKS = 24_000
#: MPEG-4 object type of JPEG (ISO/IEC 10918-1) and stream type "visual", shifted as the descriptor wants it.
_JPEG, _VISUAL = 0x6C, (4 << 2) | 1
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def mux_jpegs(frames: Sequence[bytes], seconds: float) -> bytes:
    """The film of equally long ``frames``, all JPEG files of one size, ``seconds`` long in total."""
    step = round(seconds * TICKS / len(frames))
    head = _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isom", b"iso2", b"mp41")
    # The index holds file positions, and its own length does not depend on them.
    index = _moov(frames, step, len(head) + len(_moov(frames, step, 0)) + 8)
    return head + index + _box(b"mdat", *frames)


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + kind + content


def _full(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def _moov(frames: Sequence[bytes], step: int, start: int) -> bytes:
    width, height = Image.open(io.BytesIO(frames[0])).size
    length = step * len(frames)
    movie = struct.pack(">4I", 0, 0, TICKS, length)
    movie += struct.pack(">IHxx8x", 0x10000, 0x100) + _MATRIX + bytes(24) + struct.pack(">I", 2)
    track = struct.pack(">5I8x4H", 0, 0, 1, 0, length, 0, 0, 0, 0) + _MATRIX
    track += struct.pack(">2I", width << 16, height << 16)
    # 0x55C4 is the packed language code "und".
    media = struct.pack(">4I2H", 0, 0, TICKS, length, 0x55C4, 0)
    handler = struct.pack(">I4s12x", 0, b"vide") + b"sandbox\0"
    source = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    table = _table(frames, _entry(width, height, max(map(len, frames))), step, start)
    inner = _box(b"minf", _full(b"vmhd", bytes(8), flags=1), source, table)
    inner = _box(b"mdia", _full(b"mdhd", media), _full(b"hdlr", handler), inner)
    return _box(b"moov", _full(b"mvhd", movie), _box(b"trak", _full(b"tkhd", track, flags=3), inner))


def _table(frames: Sequence[bytes], entry: bytes, step: int, start: int) -> bytes:
    """The sample table: format, timing and place of every frame, all in one chunk."""
    count = len(frames)
    parts = _full(b"stsd", struct.pack(">I", 1), entry) + _full(b"stts", struct.pack(">3I", 1, count, step))
    parts += _full(b"stsc", struct.pack(">4I", 1, 1, count, 1))
    parts += _full(b"stsz", struct.pack(f">2I{count}I", 0, count, *map(len, frames)))
    return _box(b"stbl", parts, _full(b"stco", struct.pack(">2I", 1, start)))


def _entry(width: int, height: int, largest: int) -> bytes:
    decoder = struct.pack(">2B", _JPEG, _VISUAL) + struct.pack(">I", largest)[1:] + bytes(8)
    descriptor = struct.pack(">HB", 1, 0) + _described(4, decoder) + _described(6, b"\2")
    picture = struct.pack(">6xH16x2H2I4xH32xHh", 1, width, height, 0x480000, 0x480000, 1, 24, -1)
    return _box(b"mp4v", picture, _full(b"esds", _described(3, descriptor)))


def _described(tag: int, content: bytes) -> bytes:
    return struct.pack(">2B", tag, len(content)) + content
