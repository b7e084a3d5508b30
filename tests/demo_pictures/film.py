"""From linear light to picture files: tone curve, downsampling, blur, saving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from .sdf import Array


def filmic(rgb: Array) -> Array:
    """Map scene-linear RGB, shape (3, ...), to display-linear [0, 1] with a film-like shoulder.

    A little light leaks between the channels first, so strong highlights fade to
    white instead of clipping to a pure hue.
    """
    grey = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
    c = np.maximum(rgb * 0.94 + grey * 0.06, 0.0) * 0.62
    result: Array = np.clip(c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14), 0.0, 1.0)
    return result


def srgb(linear: Array) -> Array:
    """Encode display-linear [0, 1] with the sRGB curve."""
    c = np.clip(linear, 0.0, 1.0)
    return np.where(c <= 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055)


def shrink(image: Array, factor: int) -> Array:
    """Downsample an image of shape (C, H, W) by an integer factor.

    The (1, 2, 1) filter ahead of the block average widens the pixel's footprint: with
    few samples per pixel, steep edges would otherwise show steps.
    """
    c, h, w = image.shape
    wide = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = 0.25 * wide[:, :-2] + 0.5 * wide[:, 1:-1] + 0.25 * wide[:, 2:]
    image = 0.25 * rows[:, :, :-2] + 0.5 * rows[:, :, 1:-1] + 0.25 * rows[:, :, 2:]
    result: Array = image.reshape(c, h // factor, factor, w // factor, factor).mean(axis=(2, 4))
    return result


def blur(image: Array, radius: float) -> Array:
    """Gaussian-like blur of an image (C, H, W): three box passes, edges clamped.

    ``radius`` is the standard deviation in pixels.
    """
    half = max(1, round((4.0 * radius * radius + 1.0) ** 0.5 / 2.0 - 0.5))
    out = image.astype(np.float64)
    for axis in (1, 2):
        for _ in range(3):
            pad = [(0, 0), (0, 0), (0, 0)]
            pad[axis] = (half + 1, half)
            total = np.cumsum(np.pad(out, pad, mode="edge"), axis=axis)
            size = out.shape[axis]
            high = np.take(total, np.arange(size) + 2 * half + 1, axis=axis)
            low = np.take(total, np.arange(size), axis=axis)
            out = (high - low) / (2 * half + 1)
    return out.astype(np.float32)


def quantize(encoded: Array, dither: float = 0.5) -> Image.Image:
    """Round an encoded image (C, H, W) in [0, 1] to 8 bits with fixed-seed dither.

    ``dither`` is the amplitude in 8-bit steps; half a step hides banding in smooth gradients.
    """
    noise = np.random.default_rng(11).uniform(-dither, dither, encoded.shape[1:])
    data = np.clip(np.round(encoded * 255.0 + noise), 0, 255).astype(np.uint8)
    return Image.fromarray(data[0] if data.shape[0] == 1 else np.moveaxis(data, 0, -1))


def save(image: Image.Image, path: Path) -> None:
    """Write a picture: JPEG at quality 92, PNG fully optimised."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jpg":
        image.convert("RGB").save(path, quality=92, optimize=True, progressive=True)
    else:
        image.save(path, optimize=True)
