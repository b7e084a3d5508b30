"""Deterministic pictures with what a photograph has: detail, gradients and the noise of a sensor."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PICTURES = Path(__file__).resolve().parents[2] / "volcv_client" / "catalog" / "examples" / "pictures"
NAMES = ("landscape.jpg", "room.jpg", "character.jpg", "scene.jpg")


def photo(side: int, seed: int = 1) -> NDArray[np.float32]:
    """A picture ``[side, side, 3]``, 0..1: four demo pictures, darker towards the top, with noise."""
    random = np.random.default_rng(seed)
    canvas, half = Image.new("RGB", (side, side)), side // 2
    for place, name in enumerate(NAMES):
        with Image.open(PICTURES / name) as one:
            part = one.convert("RGB").resize((half, half), Image.Resampling.LANCZOS)
        canvas.paste(part, (place % 2 * half, place // 2 * half))
    values = np.asarray(canvas, dtype=np.float32) * np.linspace(0.85, 1, side, dtype=np.float32)[:, None, None]
    for channels, strength in ((1, 2.2), (3, 1.0)):
        values += np.float32(strength) * random.standard_normal((side, side, channels), dtype=np.float32)
    return np.clip(values, 0, 255, out=values) / np.float32(255)


def jpeg(side: int) -> bytes:
    """Such a picture as the service would send it."""
    buffer = io.BytesIO()
    Image.fromarray((photo(side) * 255).astype(np.uint8)).save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def psnr(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio in dB."""
    error = np.mean((first.astype(np.float32) - second) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def ssim(first: NDArray[np.uint8], second: NDArray[np.uint8], window: int = 8) -> float:
    """Mean structural similarity of the luma in windows of 8 x 8 (Wang et al. 2004, constants 0.01 and 0.03)."""
    weights = np.array([0.299, 0.587, 0.114])
    height, width = (side // window * window for side in first.shape[:2])

    def tiles(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        luma = picture[:height, :width] @ weights
        cut = luma.reshape(height // window, window, width // window, window).swapaxes(1, 2)
        return cut.reshape(-1, window * window)

    a, b = tiles(first), tiles(second)
    mean_a, mean_b = a.mean(1), b.mean(1)
    both = ((a - mean_a[:, None]) * (b - mean_b[:, None])).mean(1)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    bottom = (mean_a**2 + mean_b**2 + c1) * (a.var(1) + b.var(1) + c2)
    return float(np.mean(top / bottom))
