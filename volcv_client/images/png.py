"""A fast PNG of an opaque photograph.

Pillow tries all five row filters on every row, which takes longer than compressing, and its default strategy looks
for repetitions that a photograph does not have. One filter (each sample minus the average of its left and upper
neighbour) and run-length matching make a smaller file in half of its fastest time; see docs/bench.md.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BLOCK_BYTES = 2**18
"""Samples that are filtered in one go: they and what is made of them fit a processor's second cache."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
AVERAGE = 3
EIGHT_BIT_RGB = (8, 2, 0, 0, 0)
"""Bit depth, colour type, and the only compression, filter method and interlacing."""


def of_opaque(image: Image.Image, most: int) -> bytes:
    """The PNG of a picture of mode RGB or RGBX; cut short as soon as it has more than ``most`` bytes."""
    file = BytesIO()
    file.write(SIGNATURE)
    write_chunk(file, b"IHDR", struct.pack(">2I5B", *image.size, *EIGHT_BIT_RGB))
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL + 1, zlib.Z_RLE)
    for rows in filtered(image):
        if data := packer.compress(rows.data):
            write_chunk(file, b"IDAT", data)
        if file.tell() > most:
            break
    write_chunk(file, b"IDAT", packer.flush())
    write_chunk(file, b"IEND", b"")
    return file.getvalue()


def write_chunk(file: BytesIO, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind)
    file.write(data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


def filtered(image: Image.Image) -> Iterator[NDArray[np.uint8]]:
    """The rows as PNG wants them, some at a time: the filter's number, then each sample minus its prediction."""
    width, height = image.size
    step = max(1, BLOCK_BYTES // (3 * width))
    above = np.zeros((1, 3 * width), np.uint8)
    for top in range(0, height, step):
        part = np.asarray(image.crop((0, top, width, min(height, top + step))).convert("RGB"))
        rows = part.reshape(len(part), 3 * width)
        upper = np.concatenate((above, rows[:-1]))
        # The average without a ninth bit: what both have, and half of what only one has.
        average = upper >> 1
        average[:, 3:] = upper[:, 3:] ^ rows[:, :-3]
        average[:, 3:] >>= 1
        average[:, 3:] += upper[:, 3:] & rows[:, :-3]
        block = np.empty((len(rows), 1 + 3 * width), np.uint8)
        block[:, 0] = AVERAGE
        np.subtract(rows, average, out=block[:, 1:])
        above = rows[-1:]
        yield block
