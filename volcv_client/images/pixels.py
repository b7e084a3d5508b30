"""Pixel arrays: uint8 0..255 or float 0..1, ``[H, W, C]`` (``[H, W]`` for masks)."""

from __future__ import annotations

import os
import threading
from hashlib import sha256
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = "NDArray[np.uint8] | NDArray[np.floating]"

BLOCK_VALUES = 2**17
"""Values per row block: the float32 intermediate (512 KB) stays in the processor's cache."""

conversion_slots = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Held while a picture is encoded or decoded: more threads than cores only use more memory."""


def to_uint8(pixels: Pixels) -> NDArray[np.uint8]:
    """uint8 0..255 of float 0..1 (clamped, rounded, NaN becomes 0), block by block; uint8 is returned as it is."""
    if pixels.dtype == np.uint8:
        return pixels  # type: ignore[return-value]
    result = np.empty(pixels.shape, np.uint8)
    rows = max(1, BLOCK_VALUES // max(1, pixels[:1].size))
    with np.errstate(over="ignore"):  # values beyond float32 become infinite, and white
        for top in range(0, len(pixels), rows):
            block = pixels[top : top + rows].astype(np.float32)
            block *= 255
            np.rint(block, out=block)
            np.fmax(block, 0, out=block)  # unlike maximum, fmax replaces NaN
            np.minimum(block, 255, out=block)
            result[top : top + rows] = block
    return result


def pixels_digest(pixels: Pixels) -> str:
    """SHA-256 of the shape and the 8-bit samples, in hex; equal for a float picture and the uint8 it rounds to."""
    sha = sha256(repr(pixels.shape).encode())
    rows = max(1, BLOCK_VALUES // max(1, pixels[:1].size))
    for top in range(0, len(pixels), rows):
        sha.update(to_uint8(pixels[top : top + rows]).tobytes())
    return sha.hexdigest()
