"""Pictures and arrays: what every drawing needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageOps

FloatArray = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]
Color = tuple[int, int, int]
Size = tuple[int, int]
Box = tuple[int, int, int, int]
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Drawn:
    """A finished picture and its file format: JPEG (RGB only), or PNG where pixels must be exact."""

    image: Image.Image
    format: str = "JPEG"
    quality: int = 92


def to_rgb(picture: Image.Image) -> Image.Image:
    """Any picture as RGB: 16-bit scaled down, alpha flattened on white."""
    if picture.mode.startswith("I"):
        return to_picture(np.asarray(picture, dtype=np.float32) / 257).convert("RGB")
    if picture.has_transparency_data:
        flat = Image.new("RGBA", picture.size, WHITE)
        flat.alpha_composite(picture.convert("RGBA"))
        return flat.convert("RGB")
    return picture.convert("RGB")


def to_array(picture: Image.Image) -> FloatArray:
    """A picture as float32 [height, width, channels] or [height, width], 0..255."""
    return np.asarray(picture, dtype=np.float32)


def to_picture(values: npt.NDArray[Any]) -> Image.Image:
    """Float array [h, w, 3] or [h, w], 0..255, as a picture; clamped and rounded."""
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def cover(picture: Image.Image, size: Size) -> Image.Image:
    """Resize and crop so that the picture fills ``size``."""
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def shrunk(size: Size, long_side: int) -> Size:
    """``size`` scaled down to at most ``long_side`` px; larger pictures are drawn small and scaled up."""
    scale = min(1.0, long_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def rounded(size: Size, radius: int) -> Image.Image:
    """Mask of a rounded box, mode L, with a smooth outline."""
    mask = Image.new("L", (size[0] * 2, size[1] * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius * 2, fill=255)
    return mask.resize(size, Image.Resampling.LANCZOS)


def clamp(value: float, low: float, high: float) -> float:
    """``value`` kept within low..high."""
    return max(low, min(high, value))


def axes(size: Size) -> tuple[FloatArray, FloatArray]:
    """Column vector of y and row vector of x, both 0..1."""
    rows = ((np.arange(size[1], dtype=np.float32) + 0.5) / size[1])[:, None]
    return rows, ((np.arange(size[0], dtype=np.float32) + 0.5) / size[0])[None, :]
