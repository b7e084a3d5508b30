"""Reads the sandbox's films, independently of the code that writes them: boxes of the MP4, pictures of the H.264."""

from __future__ import annotations

import struct
from typing import TypeAlias

import numpy as np
from PIL import Image

CONTAINERS = ("moov", "trak", "mdia", "minf", "dinf", "stbl")
Boxes: TypeAlias = "dict[str, tuple[int, bytes]]"
IDR, MOST_HEADER = 5, 12


def boxes(
    data: bytes, found: dict[str, tuple[int, bytes]] | None = None, start: int = 0
) -> dict[str, tuple[int, bytes]]:
    """Every box by its type: where its content starts in the file, and the content."""
    found, place = {} if found is None else found, 0
    while place < len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        assert 8 <= size <= len(data) - place
        name = kind.decode("ascii")
        content = data[place + 8 : place + size]
        found[name] = (start + place + 8, content)
        if name in CONTAINERS:
            boxes(content, found, start + place + 8)
        place += size
    return found


def samples(data: bytes) -> list[bytes]:
    """The frames' NAL units, found through the sample table; all stand in one chunk."""
    found = boxes(data)
    _, _, count = struct.unpack_from(">3I", found["stsz"][1])
    sizes = struct.unpack_from(f">{count}I", found["stsz"][1], 12)
    chunks, offset = struct.unpack_from(">2I", found["stco"][1], 4)
    assert (chunks, struct.unpack(">4I", found["stsc"][1][4:])) == (1, (1, 1, count, 1))
    assert (offset, sum(sizes)) == (found["mdat"][0], len(found["mdat"][1]))
    units = []
    for size in sizes:
        (length,) = struct.unpack_from(">I", data, offset)
        assert length == size - 4
        units.append(data[offset + 4 : offset + size])
        offset += size
    return units


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of the sample entry."""
    entry = boxes(data)["stsd"][1][8:]
    assert entry[4:8] == b"avc1"
    width, height = struct.unpack_from(">2H", entry, 32)
    return width, height


def frames_of(data: bytes) -> list[Image.Image]:
    """The different pictures of a film, as RGB: its IDR frames, whose macroblocks are all uncompressed."""
    width, height = size_of(data)
    units = samples(data)
    keys = struct.unpack_from(">I", boxes(data)["stss"][1], 4)[0]
    places = [place - 1 for place in struct.unpack_from(f">{keys}I", boxes(data)["stss"][1], 8)]
    assert places == [place for place, unit in enumerate(units) if unit[0] & 31 == IDR]
    return [decoded(units[place], -(-width // 16), -(-height // 16)).crop((0, 0, width, height)) for place in places]


def decoded(unit: bytes, wide: int, tall: int) -> Image.Image:
    """A slice of I_PCM macroblocks: 384 samples each, with 2 bytes before all but the first; then the stop bit."""
    payload = unit.replace(b"\0\0\3", b"\0\0")
    assert payload[-1] == 0x80
    length = wide * tall * 386 - 2
    assert 0 < len(payload) - 1 - length <= MOST_HEADER
    blocks = np.frombuffer(b"\x0d\0" + payload[-1 - length : -1], np.uint8).reshape(tall * wide, 386)
    assert (blocks[:, :2] == (0x0D, 0)).all()
    planes = []
    for start, side in ((2, 16), (258, 8), (322, 8)):
        plane = blocks[:, start : start + side * side].reshape(tall, wide, side, side).swapaxes(1, 2)
        planes.append(plane.reshape(tall * side, wide * side).astype(np.float32))
    luma, blue, red = planes[0], *(plane.repeat(2, axis=0).repeat(2, axis=1) - 128 for plane in planes[1:])
    luma = (luma - 16) * 255 / 219
    rgb = (luma + 1.596 * red, luma - 0.392 * blue - 0.813 * red, luma + 2.017 * blue)
    return Image.fromarray(np.clip(np.rint(np.stack(rgb, axis=2)), 0, 255).astype(np.uint8))
