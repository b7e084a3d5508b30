"""Samples as 8 bits and as floats. Everything here is done in blocks and without the interpreter's lock.

A quad is a pixel of four bytes, as Pillow keeps it: red, green, blue, and one that says nothing.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = "NDArray[np.uint8] | NDArray[np.floating]"

FLOATS_BLOCK = 2**19
"""Bytes of float32 samples that are made into 8 bits in one go, so that what lies between stays in the caches."""

QUADS_BLOCK = 2**16
"""Pixels that are made into floats in one go."""

BITS_OF_255 = np.float32(255).view(np.uint32)


def quantize(rows: Pixels, scaled: NDArray[np.float32], target: NDArray[np.uint8]) -> None:
    """Write float 0..1 as uint8 by clamping and rounding; NaN becomes 0. ``scaled`` is room for what lies between."""
    if rows.dtype == np.uint8:
        np.copyto(target, rows)
        return
    with np.errstate(over="ignore"):  # a value near the largest float becomes infinite, and white
        np.multiply(rows, np.float32(255.0), out=scaled, dtype=np.float32)
    np.rint(scaled, out=scaled)
    # One cheap look spares nearly every picture the clamping: read as unsigned integers, floats of 0 to 255 are in
    # order, and negative ones and NaN are above them.
    if scaled.view(np.uint32).max(initial=0) > BITS_OF_255:
        np.fmax(scaled, 0.0, out=scaled)  # unlike clip, this replaces NaN
        np.fmin(scaled, 255.0, out=scaled)
    np.copyto(target, scaled, casting="unsafe")


def to_uint8(pixels: Pixels) -> NDArray[np.uint8]:
    """uint8 of float 0..1 by clamping and rounding; uint8 is passed through."""
    if pixels.dtype == np.uint8:
        return pixels  # type: ignore[return-value]
    values = np.empty(pixels.shape, np.uint8)
    step = max(1, FLOATS_BLOCK // max(1, 4 * pixels[:1].size))
    scaled = np.empty((step, *pixels.shape[1:]), np.float32)
    for top in range(0, len(pixels), step):
        rows = pixels[top : top + step]
        quantize(rows, scaled[: len(rows)], values[top : top + step])
    return values


def packed(pixels: int) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Memory for so many pixels without gaps, as samples and as quads: each begins three bytes after the last one.

    A quad's fourth byte is the first of the next pixel.
    """
    samples = np.empty(3 * pixels + 1, np.uint8)
    return samples[:-1], np.ndarray((pixels,), np.uint32, samples.data, 0, (3,))


def to_quads(pixels: Pixels) -> NDArray[np.uint32]:
    """Quads ``[H, W]`` of a picture ``[H, W, 3]``, float 0..1 or uint8."""
    height, width = pixels.shape[:2]
    values = np.empty((height, width), np.uint32)
    step = max(1, FLOATS_BLOCK // (12 * width))
    scaled = np.empty((step, width, 3), np.float32)
    samples, quads = packed(step * width)
    for top in range(0, height, step):
        rows = pixels[top : top + step]
        quantize(rows, scaled[: len(rows)], samples[: rows.size].reshape(rows.shape))
        values[top : top + step] = quads[: len(rows) * width].reshape(len(rows), width)
    return values


def from_quads(values: NDArray[np.uint32], target: NDArray[np.float32]) -> NDArray[np.float32]:
    """Write the samples of quads ``[H, W]`` divided by 255 into ``target`` ``[H, W, 3]``, which must be contiguous."""
    flat, floats = values.reshape(-1), target.reshape(-1)
    samples, quads = packed(min(QUADS_BLOCK, flat.size))
    for begin in range(0, flat.size, QUADS_BLOCK):
        block = flat[begin : begin + QUADS_BLOCK]
        # Written in order, so that each pixel covers the fourth byte of the one before.
        quads[: block.size] = block
        here = floats[3 * begin : 3 * (begin + block.size)]
        np.divide(samples[: here.size], np.float32(255.0), out=here, dtype=np.float32)
    return target
