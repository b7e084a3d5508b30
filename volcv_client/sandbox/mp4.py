"""A minimal MP4 file (ISO/IEC 14496-12 and -15): one video track of H.264 frames."""

from __future__ import annotations

import struct

from .h264 import Stream, configuration

#: Ticks per second of movie and track; a multiple of many frame counts, so that durations come out exact.
TICKS = 24_000
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def mux(stream: Stream, seconds: float) -> bytes:
    """The film of the stream's frames, equally long, ``seconds`` in total."""
    samples = [struct.pack(">I", len(frame)) + frame for frame in stream.frames]
    sizes = list(map(len, samples))
    step = round(seconds * TICKS / len(samples))
    head = _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isom", b"iso2", b"mp41")
    # The index holds file positions, and its own length does not depend on them.
    index = _moov(stream, sizes, step, len(head) + len(_moov(stream, sizes, step, 0)) + 8)
    return head + index + _box(b"mdat", *samples)


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + kind + content


def _full(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def _moov(stream: Stream, sizes: list[int], step: int, start: int) -> bytes:
    width, height = stream.size
    length = step * len(sizes)
    movie = struct.pack(">4I", 0, 0, TICKS, length)
    movie += struct.pack(">IHxx8x", 0x10000, 0x100) + _MATRIX + bytes(24) + struct.pack(">I", 2)
    track = struct.pack(">5I8x4H", 0, 0, 1, 0, length, 0, 0, 0, 0) + _MATRIX
    track += struct.pack(">2I", width << 16, height << 16)
    # 0x55C4 is the packed language code "und".
    media = struct.pack(">4I2H", 0, 0, TICKS, length, 0x55C4, 0)
    handler = struct.pack(">I4s12x", 0, b"vide") + b"sandbox\0"
    source = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    inner = _box(b"minf", _full(b"vmhd", bytes(8), flags=1), source, _table(stream, sizes, step, start))
    inner = _box(b"mdia", _full(b"mdhd", media), _full(b"hdlr", handler), inner)
    return _box(b"moov", _full(b"mvhd", movie), _box(b"trak", _full(b"tkhd", track, flags=3), inner))


def _table(stream: Stream, sizes: list[int], step: int, start: int) -> bytes:
    """The sample table: format, timing and place of every frame, all in one chunk; where playing can start."""
    count, keys = len(sizes), [place + 1 for place in stream.keys]
    parts = _full(b"stsd", struct.pack(">I", 1), _entry(stream)) + _full(b"stts", struct.pack(">3I", 1, count, step))
    parts += _full(b"stss", struct.pack(f">{len(keys) + 1}I", len(keys), *keys))
    parts += _full(b"stsc", struct.pack(">4I", 1, 1, count, 1))
    parts += _full(b"stsz", struct.pack(f">2I{count}I", 0, count, *sizes))
    return _box(b"stbl", parts, _full(b"stco", struct.pack(">2I", 1, start)))


def _entry(stream: Stream) -> bytes:
    picture = struct.pack(">6xH16x2H2I4xH32xHh", 1, *stream.size, 0x480000, 0x480000, 1, 24, -1)
    return _box(b"avc1", picture, _box(b"avcC", configuration(stream)))
